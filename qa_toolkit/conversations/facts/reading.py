"""A conversation as the rules read it: sentences, without what is quoted, and the phrases found in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from qa_toolkit.conversations.facts.model import Span, Turn
from qa_toolkit.conversations.facts.phrases import Phrases

LONGEST_READ: Final = 20_000  # code points of one message
MOST_READ: Final = 2_000_000  # code points of one conversation
HIDDEN: Final = "\u25af"  # stands for each code point of a quotation; no phrase matches across it
_STRAIGHT: Final = str.maketrans("’‘ʼ´`\u00a0", "'''''\u0020")
_QUOTED_LINES: Final = re.compile(r"^[ \t]{0,8}(?:>|&gt;).*$", re.MULTILINE)
_REPLIED_TO: Final = re.compile(
    r"^[ \t]{0,8}(?:On .{4,160}wrote:|-{2,}\s?(?:Original|Forwarded) Message\s?-{2,})[ \t]{0,8}$",
    re.MULTILINE | re.IGNORECASE,
)
_IN_QUOTES: Final = re.compile(r'"[^"\n]{1,400}"|“[^”\n]{1,400}”|„[^“”\n]{1,400}[“”]|«[^»\n]{1,400}»')
_ENDS: Final = re.compile(r"[.?!…]+[\"')\]]{0,3}(?=\s|$)|\n[ \t]{0,8}\n|\n")
_SHORT: Final = 45  # code points: a line this short was not wrapped but ended
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|no|nr|approx|vs|st|e\.g|i\.e|a\.m|p\.m|incl|ext|min)\.)$", re.I
)
_WORDS: Final = re.compile(r"\w+(?:'\w+)*")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a message, as a range of its code points."""

    start: int
    end: int
    text: str

    @property
    def asks(self) -> bool:
        """Whether it ends with a question mark."""
        return self.text.rstrip(" \n\t\"')]").endswith("?")


@dataclass(frozen=True)
class Hit:
    """A phrase found in a message."""

    start: int
    end: int
    sentence: int


class Passage:
    """One message as it is read.

    Parameters
    ----------
    turn : Turn
    phrases : Phrases
    limit : int
        Code points to read at most.
    """

    def __init__(self, turn: Turn, phrases: Phrases, limit: int) -> None:
        self.turn = turn
        self.position = turn.position
        self.role = turn.role
        self.cut = len(turn.text) > limit
        self.text = mask(turn.text[:limit])
        self._phrases = phrases
        self._hits: dict[str, list[Hit]] = {}

    @cached_property
    def sentences(self) -> list[Sentence]:
        """Its sentences, in order."""
        return list(split(self.text))

    @cached_property
    def _candidates(self) -> dict[str, list[re.Pattern[str]]]:
        found = self._phrases.candidates(words_of(self.text))
        return {group: [p.expression for p in patterns] for group, patterns in found.items()}

    @cached_property
    def _starts(self) -> list[int]:
        return [s.start for s in self.sentences]

    def hits(self, group: str) -> list[Hit]:
        """Return where phrases of `group` stand, in order."""
        if group not in self._hits:
            spans = {m.span() for e in self._candidates.get(group, ()) for m in e.finditer(self.text)}
            self._hits[group] = [Hit(*span, self._sentence_at(span[1] - 1)) for span in sorted(spans)]
        return self._hits[group]

    def _sentence_at(self, at: int) -> int:
        return max(0, bisect_right(self._starts, at) - 1)

    def says(self, group: str, sentence: int | None = None) -> bool:
        """Tell whether a phrase of `group` stands in the message, or in one sentence of it."""
        return any(sentence is None or hit.sentence == sentence for hit in self.hits(group))

    def span(self, hit: Hit) -> Span:
        """Return the place of a hit as evidence."""
        return Span(self.position, hit.start, hit.end)

    def sentence_span(self, index: int) -> Span:
        """Return a whole sentence as evidence."""
        sentence = self.sentences[index]
        return Span(self.position, sentence.start, sentence.end)


class Reading:
    """A whole conversation as it is read."""

    def __init__(self, turns: Sequence[Turn], phrases: Phrases) -> None:
        self.turns = turns
        left = MOST_READ
        self.passages: list[Passage] = []
        for turn in turns:
            self.passages.append(Passage(turn, phrases, max(0, min(LONGEST_READ, left))))
            left -= len(turn.text)

    def by(self, *roles: str) -> list[Passage]:
        """Return the passages of these roles."""
        return [p for p in self.passages if p.role in roles]

    @property
    def cut(self) -> list[int]:
        """Positions of the messages that were not read to their end."""
        return [p.position for p in self.passages if p.cut]


def mask(text: str) -> str:
    """Hide what is quoted, and straighten apostrophes; every code point keeps its place."""
    text = text.translate(_STRAIGHT)
    earlier = _REPLIED_TO.search(text)
    if earlier:
        text = text[: earlier.start()] + HIDDEN * (len(text) - earlier.start())
    for quoted in (_QUOTED_LINES, _IN_QUOTES):
        text = quoted.sub(lambda m: HIDDEN * len(m.group()), text)
    return text


def words_of(text: str) -> set[str]:
    """Return the words of a text in lower case: "don't" as "dont", and as its parts."""
    words: set[str] = set()
    for word in set(_WORDS.findall(text.lower())):
        words.add(word.replace("'", ""))
        if "'" in word:
            words.update(word.split("'"))
    return words


def split(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a text that hold anything."""
    start = 0
    for match in _ENDS.finditer(text):
        if match.start() < start or not _is_end(text, start, match):
            continue
        yield from _sentence(text, start, match.end())
        start = match.end()
    yield from _sentence(text, start, len(text))


def _is_end(text: str, start: int, match: re.Match[str]) -> bool:
    if match.group() == "\n":
        line = max(start, text.rfind("\n", start, match.start()) + 1)
        return match.start() - line < _SHORT or text[match.end() : match.end() + 1] in "-*•–0123456789"
    return not (match.group() == "." and _ABBREVIATED.search(text, max(0, match.end() - 8), match.end()))


def _sentence(text: str, start: int, end: int) -> Iterator[Sentence]:
    body = text[start:end]
    left = start + len(body) - len(body.lstrip())
    right = start + len(body.rstrip())
    if right > left and any(c.isalnum() or c in "?!" for c in text[left:right]):
        yield Sentence(left, right, text[left:right])
