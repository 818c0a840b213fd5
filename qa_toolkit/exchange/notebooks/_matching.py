"""Whether a text holds words of conversations, by runs of words; memory does not grow with the conversations.

Three things tell: five words in a row that stand in at most three conversations; eight words in a row, in however many;
and what is short but private: a whole short text, an address, a long number, a customer's name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

RUN: Final = 5  # words
LONG_RUN: Final = 8
RARE: Final = 3  # conversations
SHORTEST: Final = 10  # characters of a whole short text with a digit in it
SHORTEST_PLAIN: Final = 16  # of one without; "thank you" and "name change" tell nothing
SHORTEST_NAME: Final = 3
# Scripts without spaces between words: each character is one.
_ALONE: Final = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD: Final = re.compile(rf"[{_ALONE}]|[^\W{_ALONE}]+")
_ANSI: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_TIMES: Final = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{4}|\d{1,2}:\d\d")
_NUMBER: Final = re.compile(r"\d(?:[ ./-]?\d){6,}")
_BETWEEN_ADDRESSES: Final = re.compile(r"[\s<>\"'(),;:\[\]{}|\\]+")
NAME: Final = "name"
TEXT: Final = "text"

Texts = Iterable[tuple[str, str, str]]


class Matcher:
    """Finds out which of many texts hold words of conversations: `want` each, `read` the conversations, ask `found`."""

    def __init__(self) -> None:
        self._wanted: set[int] = set()
        self._words: set[str] = set()
        self._where: dict[int, set[str]] = {}  # in which conversations something wanted stands, up to one above RARE
        self._telling: set[int] = set()  # what tells in however many

    def __len__(self) -> int:
        return len(self._wanted)

    def want(self, text: str) -> None:
        """Note what is to be looked for."""
        words = words_of(text)
        self._words.update(words)
        for length in range(1, RUN + 1):
            self._wanted.update(map(hash, _runs(words, length)))
        self._wanted.update(map(hash, _marks(text)))

    def read(self, texts: Texts) -> None:
        """Look through conversations: (conversation_id, kind, text), where the kind is "text" or "name"."""
        for conversation_id, kind, text in texts:
            words = words_of(text)
            if kind == NAME:
                self._see_name(conversation_id, words)
            elif len(words) < RUN:
                self._see_short(conversation_id, words)
            else:
                self._see_runs(conversation_id, words)
            self._note(conversation_id, (hash(mark) for mark in _marks(text)))

    def found(self, text: str) -> str:
        """Return the first words of a text that was wanted which stand in the conversations that were read, or ""."""
        words = words_of(text)
        short = (run for length in range(1, RUN + 1) for run in _runs(words, length))
        marks = list(_marks(text))
        rare = next((run for run in short if self._tells(hash(run))), None)
        mark = next((mark for mark in marks if self._tells(hash(mark))), None)
        if rare or mark:
            return " ".join(rare) if rare else mark[1] if mark else ""
        stretches = _stretches([hash(run) for run in _runs(words, RUN)])
        start = next((i for i, stretch in enumerate(stretches) if stretch in self._telling), None)
        return "" if start is None else " ".join(words[start : start + LONG_RUN])

    def _tells(self, one: int) -> bool:
        return one in self._telling or 0 < len(self._where.get(one, ())) <= RARE

    def _see_name(self, conversation_id: str, words: Sequence[str]) -> None:
        one = hash(tuple(words))
        if len(words) > 1 and one in self._wanted:
            self._telling.add(one)
        elif len(words) == 1 and len(words[0]) >= SHORTEST_NAME:
            self._note(conversation_id, [one])

    def _see_short(self, conversation_id: str, words: Sequence[str]) -> None:
        numbered = any(c.isdecimal() for word in words for c in word)
        if (len(words) > 1 or numbered) and sum(map(len, words)) >= (SHORTEST if numbered else SHORTEST_PLAIN):
            self._note(conversation_id, [hash(tuple(words))])

    def _see_runs(self, conversation_id: str, words: Sequence[str]) -> None:
        if sum(map(self._words.__contains__, words)) < RUN:  # so it is with most, and quickly seen
            return
        runs = [hash(run) for run in _runs(words, RUN)]
        if self._wanted.isdisjoint(runs):
            return
        self._note(conversation_id, runs)
        self._telling.update(hash(stretch) for stretch in _joined(runs) if self._wanted.issuperset(stretch))

    def _note(self, conversation_id: str, found: Iterable[int]) -> None:
        for one in found:
            if one in self._wanted:
                where = self._where.setdefault(one, set())
                if len(where) <= RARE:
                    where.add(conversation_id)


def words_of(text: str) -> list[str]:
    """Return the words of a text as they are compared: without capitals, colours and other ways of writing a letter."""
    plain = _ANSI.sub("", text) if "\x1b" in text else text
    return _WORD.findall((plain if plain.isascii() else unicodedata.normalize("NFKC", plain)).casefold())


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return zip(*(words[start:] for start in range(length)), strict=False)


def _joined(runs: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield what is in a row; so many runs of five words, each one word on, are eight words."""
    return zip(*(runs[start:] for start in range(LONG_RUN - RUN + 1)), strict=False)


def _stretches(runs: Sequence[int]) -> Iterator[int]:
    return (hash(stretch) for stretch in _joined(runs))


def _marks(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is private by itself, wherever it stands: addresses and long numbers, but no dates."""
    if "@" in text:
        parts = (part.strip(".").casefold() for part in _BETWEEN_ADDRESSES.split(text) if "@" in part)
        yield from (("@", part) for part in parts if 0 < part.find("@") < len(part) - 1)
    if _NUMBER.search(text):
        for number in _NUMBER.findall(_TIMES.sub("|", text)):
            yield "#", "".join(filter(str.isdecimal, number))
