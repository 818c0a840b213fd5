"""The small language of phrase lists, made into regular expressions that are safe on any text.

    sorry                a word; upper and lower case are one, ' may be missing, - may be a space
    apolog*              a word that begins so
    (we|i) (are|am)      one of these
    (very|so)?           may be left out
    ...                  up to four words
    [weekday]            one of the words under that name in [words]
    ^sorry   forget$     at the beginning, at the end of a sentence

Nothing in it repeats without bound, so the time to look through a text grows in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

GAP: Final = 4  # words for "..."
MOST_GAPS: Final = 2  # in one phrase
LONGEST: Final = 400  # characters of one phrase
_TOKEN: Final = re.compile(r"\s+|\.\.\.|[()|?^$]|\[[\w-]+\]|#|[^\W_][\w'’-]*\*?|.", re.DOTALL)
_WORD: Final = re.compile(r"[^\W_][\w'’-]*\*?")
_BETWEEN: Final = r"[\s,;:()*/_\-–—]{1,4}"  # what may stand between two words of a phrase; no end of a sentence
_GAP: Final = rf"(?:[\w'’€$£%.-]{{1,24}}{_BETWEEN}){{0,{GAP}}}?"
_ENDING: Final = r"\w{0,14}"
NUMBER: Final = r"\d{1,6}"


class PatternError(ValueError):
    """A phrase that is not written as the language asks."""


@dataclass(frozen=True)
class Piece:
    """A part of a phrase: its expression, and words of which a text that it matches has at least one.

    An empty set of words says that nothing is known of such a text.
    """

    expression: str
    words: frozenset[str] = frozenset()
    optional: bool = False
    kind: str = "word"


@dataclass(frozen=True)
class Pattern:
    """A phrase, ready to be looked for.

    Parameters
    ----------
    source : str
        As it stands in the list.
    expression : re.Pattern
    words : frozenset of str
        A text that matches has at least one of these, without apostrophes; ``x*`` is any word that begins with x.
    """

    source: str
    expression: re.Pattern[str]
    words: frozenset[str]


def compile_pattern(source: str, named: Mapping[str, Piece], common: frozenset[str] = frozenset()) -> Pattern:
    """Make a pattern of a phrase.

    Parameters
    ----------
    source : str
    named : mapping of str to Piece
        What ``[name]`` stands for.
    common : frozenset of str
        Words that stand in nearly every text, so that to look for them first saves nothing.

    Raises
    ------
    PatternError
        Saying what is wrong with the phrase.
    """
    if len(source) > LONGEST:
        raise PatternError(f"is longer than {LONGEST} characters; write it as several phrases")
    if source.count("...") > MOST_GAPS:
        raise PatternError(f"has more than {MOST_GAPS} gaps (...); write it as several phrases")
    piece = _Reader(source, named, common).read()
    if not piece.words:
        raise PatternError("has no word that must be there; begin with one")
    return Pattern(source, re.compile(piece.expression, re.IGNORECASE), piece.words)


def name_words(sources: Mapping[str, list[str]]) -> dict[str, Piece]:
    """Return the pieces for the lists under ``[words]``; each may use those before it.

    Raises
    ------
    PatternError
        Naming the list that is wrong.
    """
    named: dict[str, Piece] = {}
    for name, words in sources.items():
        try:
            named[name] = _Reader("(" + "|".join(words) + ")", named, frozenset()).read(whole=False)
        except PatternError as error:
            raise PatternError(f"{name} {error}") from error
    return named


class _Reader:
    """Reads one phrase, by recursive descent."""

    def __init__(self, source: str, named: Mapping[str, Piece], common: frozenset[str]) -> None:
        self.tokens = [t.group() for t in _TOKEN.finditer(source) if t.group().strip()]
        self.at = 0
        self.named = named
        self.common = common

    def read(self, whole: bool = True) -> Piece:
        piece = self._choice()
        if self.at < len(self.tokens):
            raise PatternError(f"has {self._next()!r} without its '('")
        return _bounded(piece) if whole else piece

    def _next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _choice(self) -> Piece:
        options = [self._sequence()]
        while self._next() == "|":
            self.at += 1
            options.append(self._sequence())
        if len(options) == 1:
            return options[0]
        words = frozenset[str]().union(*(o.words for o in options)) if all(o.words for o in options) else frozenset()
        return Piece("(?:" + "|".join(o.expression for o in options) + ")", words)

    def _sequence(self) -> Piece:
        pieces: list[Piece] = []
        while self._next() not in ("", "|", ")"):
            pieces.append(self._item())
        if pieces and "gap" in (pieces[0].kind, pieces[-1].kind):
            raise PatternError("has a gap (...) that is not between two words")
        if not any(p.kind == "word" and not p.optional for p in pieces):
            raise PatternError("has an empty part, or one in which nothing must be there")
        return Piece(_join(pieces), self._rarest(pieces))

    def _rarest(self, pieces: list[Piece]) -> frozenset[str]:
        known = [p.words for p in pieces if p.words and not p.optional]
        return min(known, key=lambda words: (len(words & self.common), len(words)), default=frozenset())

    def _item(self) -> Piece:
        token = self._next()
        self.at += 1
        piece = self._single(token)
        if self._next() == "?":
            self.at += 1
            return Piece(piece.expression, optional=True)
        return piece

    def _single(self, sign: str) -> Piece:
        if sign == "(":
            piece = self._choice()
            if self._next() != ")":
                raise PatternError("has a '(' without its ')'")
            self.at += 1
            return Piece(f"(?:{piece.expression})", piece.words)
        if sign in _SIGNS:
            return _SIGNS[sign]
        if sign.startswith("[") and len(sign) > 1:
            if sign[1:-1] not in self.named:
                raise PatternError(f"uses {sign}, which is not under [words]")
            return self.named[sign[1:-1]]
        if _WORD.fullmatch(sign):
            return _word(sign)
        raise PatternError(f"has {sign!r}, which means nothing here; only words and ( | ) ? ... [name] # * ^ $ do")


_SIGNS: Final[Mapping[str, Piece]] = {
    "...": Piece(_GAP, kind="gap"),
    "#": Piece(NUMBER),
    "^": Piece(r"(?:(?<=[.?!\n…])|\A)[\s\"'(*•–-]{0,4}", kind="edge"),
    "$": Piece(r"(?=[\s,)\"']{0,3}(?:[.?!…\n]|\Z))", kind="edge"),
}


def _word(token: str) -> Piece:
    bare = token.rstrip("*").replace("’", "'")
    expression = "".join(_LETTERS.get(c, re.escape)(c) for c in bare)
    key = bare.replace("'", "").lower()
    first = key.split("-")[0]
    if token.endswith("*"):
        return Piece(expression + _ENDING, frozenset({(key if first == key else first) + "*"}))
    return Piece(expression, frozenset({key if first == key else first + "*"}))


_LETTERS: Final[Mapping[str, Callable[[str], str]]] = {"'": lambda _: "'?", "-": lambda _: "[- ]?"}


def _join(pieces: list[Piece]) -> str:
    """Put what may stand between words between the pieces; an optional one and a gap bring their own."""
    out = ""
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        if piece.kind in ("gap", "edge"):
            out += piece.expression
        elif not piece.optional:
            follows = _needs_space(pieces[index + 1 :])
            out += piece.expression + (rf"\b{_BETWEEN}" if follows else "")
        elif last or not _needs_space(pieces[index + 1 :]):
            out += rf"(?:{'' if _ends_open(pieces[:index]) else _BETWEEN}{piece.expression})?"
        else:
            out += rf"(?:{piece.expression}\b{_BETWEEN})?"
    return out


def _needs_space(rest: list[Piece]) -> bool:
    """Whether a word or gap that must be there follows."""
    return any(p.kind == "gap" or (p.kind == "word" and not p.optional) for p in rest)


def _ends_open(before: list[Piece]) -> bool:
    return not any(p.kind == "word" for p in before)


def _bounded(piece: Piece) -> Piece:
    return Piece(rf"(?<!\w){piece.expression}(?!\w)", piece.words)
