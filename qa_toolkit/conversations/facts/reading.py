"""A conversation as the rules read it: sentences, without what is quoted, and the phrases found in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from qa_toolkit.conversations.facts.model import Span, Turn
from qa_toolkit.conversations.facts.patterns import DIGITS
from qa_toolkit.conversations.facts.phrases import Phrases
from qa_toolkit.conversations.facts.stems import content_stems

LONGEST_READ: Final = 20_000  # code points of one message
MOST_READ: Final = 2_000_000  # code points of one conversation
MOST_TOLD: Final = 200  # sentences of a message that questions are compared with
HIDDEN: Final = "\u25af"  # stands for each code point of a quotation; no phrase matches across it
_STRAIGHT: Final = str.maketrans("’‘ʼ´`\u00a0", "'''''\u0020")
_QUOTED_LINES: Final = re.compile(r"^[ \t]{0,8}(?:>|&gt;).*$", re.MULTILINE)
# What follows is an earlier message, unless its lines are marked as quoted: then an answer may stand below.
_REPLIED_TO: Final = re.compile(
    r"^[ \t]{0,8}(?:(?:On|Am|Le|El) .{4,160}(?:wrote|schrieb.{0,80}|a écrit|escribió)\s?:"
    r"|-{2,}\s?(?:Original|Forwarded) Message\s?-{2,})[ \t]{0,8}$(?!\s{0,4}>)",
    re.MULTILINE | re.IGNORECASE,
)
_IN_QUOTES: Final = re.compile(r'"[^"\n]{1,400}"|“[^”\n]{1,400}”|„[^“”\n]{1,400}[“”]|«[^»\n]{1,400}»')
_ENDS: Final = re.compile(r"[.?!…]+[\"')\]]{0,3}(?=\s|$)|\n[ \t]{0,8}\n|\n")
_SHORT: Final = 45  # code points: a line this short was not wrapped but ended
# A point after these ends no sentence: "Mr.", "4. Mai", "1. Open the door".
_ABBREVIATED: Final = re.compile(
    r"(?:\b(?:mr|mrs|ms|dr|prof|no|nr|approx|vs|st|e\.g|i\.e|a\.m|p\.m|incl|ext|min)|(?<![\d.,])\d{1,2})\.$",
    re.IGNORECASE,
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


class Hit(NamedTuple):
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
        self.text = mask(turn.text[:limit], quotes=turn.role != "system")
        self._phrases = phrases

    @cached_property
    def sentences(self) -> list[Sentence]:
        """Its sentences, in order."""
        return list(split(self.text))

    @cached_property
    def stems(self) -> frozenset[str]:
        """Its content words, cut to stems."""
        return self._stems(self.text)

    @cached_property
    def words(self) -> set[str]:
        """Its words."""
        return words_of(self.text)

    def opposites(self, sentence: int) -> frozenset[str]:
        """Return the words of one sentence by which questions differ."""
        return self._phrases.opposites & words_of(self.sentences[sentence].text)

    def choice(self, sentence: int) -> tuple[str, str] | None:
        """Return the two words that one sentence lets choose from, if it does."""
        match = self._phrases.choice.search(self.sentences[sentence].text)
        return (match[1].lower(), match[2].lower()) if match else None

    @cached_property
    def told(self) -> list[frozenset[str]]:
        """The content words of each of its first sentences that ask nothing."""
        told = [i for i, sentence in enumerate(self.sentences) if not sentence.asks][:MOST_TOLD]
        return [self.stems_of(index) for index in told]

    def stems_of(self, sentence: int) -> frozenset[str]:
        """Return the content words of one sentence."""
        return self._stems(self.sentences[sentence].text)

    def _stems(self, text: str) -> frozenset[str]:
        return content_stems(text, self._phrases.empty, self._phrases.same)

    @cached_property
    def _hits(self) -> dict[str, list[Hit]]:
        """Every phrase of the list that stands in the message, by group, in order."""
        found: dict[str, set[Hit]] = {}
        for index, sentence in enumerate(self.sentences):
            lower = lowered(sentence.text)
            for group, pattern in self._phrases.candidates(words_of(lower), self.role):
                text = sentence.text if pattern.minds_case else lower
                for start, end in pattern.find(text):
                    found.setdefault(group, set()).add(Hit(sentence.start + start, sentence.start + end, index))
        return {group: sorted(hits) for group, hits in found.items()}

    def hits(self, group: str) -> list[Hit]:
        """Return where phrases of `group` stand, in order."""
        return self._hits.get(group, [])

    @cached_property
    def _groups(self) -> dict[int, set[str]]:
        """The groups of which a phrase stands in each sentence."""
        groups: dict[int, set[str]] = {}
        for group, hits in self._hits.items():
            for hit in hits:
                groups.setdefault(hit.sentence, set()).add(group)
        return groups

    def names(self, section: str, sentence: int | None = None) -> frozenset[str]:
        """Return which groups of `section` have a phrase in the message, or in one sentence of it."""
        groups = self._hits if sentence is None else self._groups.get(sentence, ())
        return frozenset(group.split(".", 1)[1] for group in groups if group.startswith(section + "."))

    def says(self, group: str, sentence: int | None = None) -> bool:
        """Tell whether a phrase of `group` stands in the message, or in one sentence of it."""
        return group in (self._hits if sentence is None else self._groups.get(sentence, ()))

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
        self.phrases = phrases
        left = MOST_READ
        self._by: dict[tuple[str, ...], list[Passage]] = {}
        self.passages: list[Passage] = []
        for turn in turns:
            self.passages.append(Passage(turn, phrases, max(0, min(LONGEST_READ, left))))
            left -= len(turn.text)

    def by(self, *roles: str) -> list[Passage]:
        """Return the passages of these roles."""
        if roles not in self._by:
            self._by[roles] = [p for p in self.passages if p.role in roles]
        return self._by[roles]

    @cached_property
    def cut(self) -> list[int]:
        """Positions of the messages that were not read to their end."""
        return [p.position for p in self.passages if p.cut]


def mask(text: str, quotes: bool = True) -> str:
    """Hide what is quoted, and straighten apostrophes; every code point keeps its place.

    Without `quotes`, what stands in quotation marks stays: system messages put their own words there.
    """
    text = text.translate(_STRAIGHT)
    earlier = _REPLIED_TO.search(text)
    if earlier:
        text = text[: earlier.start()] + HIDDEN * (len(text) - earlier.start())
    for quoted in (_QUOTED_LINES, _IN_QUOTES)[: 1 + quotes]:
        text = quoted.sub(lambda m: HIDDEN * len(m.group()), text)
    return text


def lowered(text: str) -> str:
    """Return a text in lower case, each code point in its place."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def words_of(text: str) -> set[str]:
    """Return the words of a text in lower case: "don't" as "dont", and as its parts; and a sign for digits."""
    words = {DIGITS} if any(map(str.isdigit, text)) else set()
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
