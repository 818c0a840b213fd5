"""The small language of phrase lists, made into regular expressions that are safe on any text.

    sorry                a word; upper and lower case are one, ' may be missing, - may be a space
    apolog*              a word that begins so
    (we|i) (are|am)      one of these
    (very|so)?           may be left out
    ...                  up to four words
    #                    a number in digits
    [weekday]            one of the words under that name in [words], or one of `VALUES`
    ^sorry   forget$     at the beginning, at the end of a sentence

Nothing in it repeats without bound, so the time to look through a text grows in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

GAP: Final = 4  # words for "..."
MOST_GAPS: Final = 3  # in one phrase
DEEPEST: Final = 20  # brackets in brackets
LONGEST: Final = 3_000  # characters of one phrase
_TOKEN: Final = re.compile(r"\s+|\.\.\.|[()|?^$]|\[[\w-]+\]|#|'?[^\W_](?:[\w'’-]|[./](?=\w))*\*?|.", re.DOTALL)
_WORD: Final = re.compile(r"'?[^\W_](?:[\w'’-]|[./](?=\w))*\*?")
_SEPARATORS: Final = r"\s,;:()*/_#\"“”\-–—"
_SPACE: Final = rf"[{_SEPARATORS}]{{1,4}}"
# What may stand between two words of a phrase; no end of a sentence.
_BETWEEN: Final = rf"(?:{_SPACE}|(?='))"
# A word of a gap holds no separator and ends with one: a text can be read in one way only, and so in linear time.
_ANY: Final = rf"[^{_SEPARATORS}]{{1,24}}"
_GAP: Final = rf"(?:{_ANY}{_SPACE}){{0,{GAP}}}?"
_LAST_GAP: Final = rf"(?:{_SPACE}{_ANY}){{0,{GAP}}}?"
_ENDING: Final = r"\w{0,14}"
NUMBER: Final = r"\d{1,6}"
DIGITS: Final = "#"  # stands among the words of a text that has digits
_DIGITS: Final = (frozenset({DIGITS}),)


class PatternError(ValueError):
    """A phrase that is not written as the language asks."""


@dataclass(frozen=True)
class Piece:
    """A part of a phrase: its expression, and sets of words; a text that it matches has a word of each set."""

    expression: str
    needs: tuple[frozenset[str], ...] = ()
    optional: bool = False
    kind: str = "word"


@dataclass(frozen=True)
class Pattern:
    """A phrase, ready to be looked for.

    Parameters
    ----------
    source : str
        As it stands in the list.
    text : str
        The regular expression made of it.
    words : frozenset of str
        A text that matches has one of these, without apostrophes; ``x*`` is any word that begins with x.
    rest : tuple of frozenset of str
        It has one of each of these too. `words` are those that fewest texts have.
    """

    source: str
    text: str
    words: frozenset[str]
    rest: tuple[frozenset[str], ...]

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """The regular expression, compiled when it is first needed: most never are."""
        return re.compile(self.text, re.IGNORECASE if self.minds_case else 0)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where it stands in a sentence that is in lower case, unless it minds case.

        That a word begins where it is found is seen to here: an expression that began with such a condition would be
        tried at each character.
        """
        at = 0
        while match := self.expression.search(text, at):
            start, end = match.span()
            if start == 0 or text[start] == "'" or not (text[start - 1].isalnum() or text[start - 1] == "_"):
                yield start, end
                at = max(end, start + 1)
            else:
                at = start + 1

    @cached_property
    def minds_case(self) -> bool:
        """Whether it is to be looked for in the text as it was written, not in lower case."""
        return "(?-i:" in self.text


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
    words = min(piece.needs, key=lambda words: (len(words & common), len(words)), default=frozenset[str]())
    rest = tuple(need for need in piece.needs if need is not words)
    return Pattern(source, piece.expression, words, rest)


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
        self.depth = 0
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
        needs = (frozenset[str]().union(*map(self._rarest, options)),) if all(o.needs for o in options) else ()
        return Piece("(?:" + "|".join(o.expression for o in options) + ")", needs)

    def _sequence(self) -> Piece:
        pieces: list[Piece] = []
        while self._next() not in ("", "|", ")"):
            pieces.append(self._item())
        if pieces and pieces[0].kind == "gap":
            raise PatternError("begins a part with a gap (...); begin with a word")
        if not any(p.kind == "word" and not p.optional for p in pieces):
            raise PatternError("has an empty part, or one in which nothing must be there")
        return Piece(_join(pieces), tuple(need for p in pieces if not p.optional for need in p.needs))

    def _rarest(self, piece: Piece) -> frozenset[str]:
        return min(piece.needs, key=lambda words: (len(words & self.common), len(words)))

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
            self.depth += 1
            if self.depth > DEEPEST:
                raise PatternError(f"has more than {DEEPEST} brackets in one another; write it as several phrases")
            piece = self._choice()
            self.depth -= 1
            if self._next() != ")":
                raise PatternError("has a '(' without its ')'")
            self.at += 1
            return Piece(f"(?:{piece.expression})", piece.needs)
        if sign in _SIGNS:
            return _SIGNS[sign]
        if sign.startswith("[") and len(sign) > 1:
            known = {**VALUES, **self.named, "name": _name(self.common)}
            if sign[1:-1] not in known:
                raise PatternError(f"uses {sign}, which is not under [words]")
            return known[sign[1:-1]]
        if _WORD.fullmatch(sign):
            return _word(sign)
        raise PatternError(f"has {sign!r}, which means nothing here; only words and ( | ) ? ... [name] # * ^ $ do")


VALUES: Final[Mapping[str, Piece]] = {
    "no": Piece(r"(?:(?:no|nr|num)\.?|number)", (frozenset({"no", "nr", "num", "number"}),)),
    "code": Piece(r"(?=[\w/.-]{0,14}\d)[A-Za-z0-9][\w/.-]{2,19}", _DIGITS),
    "name": Piece(r"(?-i:[A-Z][a-zà-ÿ'-]{1,19})"),
    "version": Piece(r"v?\d{1,3}(?:\.\d{1,4}){1,3}", _DIGITS),
    "money": Piece(
        r"(?:[€$£¥]\s?\d[\d.,]{0,9}|\d[\d.,]{0,9}\s?(?:€|£|eur\b|euros?|dollars?|pounds?|usd|gbp|quid|bucks))", _DIGITS
    ),
    "model": Piece(r"(?-i:[A-Z]{1,6}-?\d{1,5}[A-Za-z]{0,3})", _DIGITS),
    "decimal": Piece(r"\d{1,6}[.,]\d\d(?!\d)", _DIGITS),
    "percent": Piece(r"\d{1,3}\s?%", _DIGITS),
}
"""Names that need no list: a code of letters and digits, a capitalised word, a version, a model, sums, a percentage."""


def _name(common: frozenset[str]) -> Piece:
    """Return a capitalised word that is none of the frequent ones, which begin sentences."""
    others = "|".join(sorted(map(re.escape, common)))
    return Piece(rf"(?=(?-i:[A-Z]))(?!(?:{others})\b){VALUES['name'].expression}") if others else VALUES["name"]


_SIGNS: Final[Mapping[str, Piece]] = {
    "...": Piece(_GAP, kind="gap"),
    "#": Piece(NUMBER, _DIGITS),
    "^": Piece(r"\A[\s\"'(*•–-]{0,4}", kind="edge"),
    "$": Piece(r"(?=[\s,)\"']{0,3}[.?!…]{0,9}\s{0,3}\Z)", kind="edge"),
}


def _word(token: str) -> Piece:
    bare = token.rstrip("*").replace("’", "'").lower()
    expression = "".join(_LETTERS.get(c, re.escape)(c) for c in bare)
    key = bare.replace("'", "")
    if not key[:1].isalnum() or "." in key or "/" in key:
        return Piece(expression)  # how a text is cut into words does not keep these whole
    first = key.split("-")[0]
    if token.endswith("*"):
        return Piece(expression + _ENDING, (frozenset({(key if first == key else first) + "*"}),))
    return Piece(expression, (frozenset({key if first == key else first + "*"}),))


_LETTERS: Final[Mapping[str, Callable[[str], str]]] = {"'": lambda _: "'?", "-": lambda _: "[- ]?"}


def _join(pieces: list[Piece]) -> str:
    """Put what may stand between words between the pieces; an optional one and a gap bring their own."""
    out = ""
    for index, piece in enumerate(pieces):
        last = index == len(pieces) - 1
        if piece.kind == "gap" and last:
            out += _LAST_GAP
        elif piece.kind in ("gap", "edge"):
            out += piece.expression
        elif not piece.optional:
            follows = _needs_space(pieces[index + 1 :])
            out += piece.expression + (_BETWEEN if follows else "")
        elif last or not _needs_space(pieces[index + 1 :]):
            out += rf"(?:{'' if _ends_open(pieces[:index]) else _BETWEEN}{piece.expression})?"
        else:
            out += rf"(?:{piece.expression}{_BETWEEN})?"
    return out


def _needs_space(rest: list[Piece]) -> bool:
    """Whether a word that must be there follows."""
    return any(p.kind == "word" and not p.optional for p in rest)


def _ends_open(before: list[Piece]) -> bool:
    return not any(p.kind == "word" for p in before)


def _bounded(piece: Piece) -> Piece:
    return Piece(rf"{piece.expression}(?!\w|'t\b)", piece.needs)
