"""Names of the parties of a conversation, as far as the export knows them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from qa_toolkit.conversations.importers._model import Person
from qa_toolkit.conversations.redaction._model import Found
from qa_toolkit.conversations.redaction._numbers import plain_digits
from qa_toolkit.conversations.redaction._phones import SHORTEST, TAIL
from qa_toolkit.conversations.redaction._unseen import without_unseen
from qa_toolkit.conversations.redaction._words import UNSPACED, WORD, Words, fold, one_of, spellings

STRONG, WORDLIKE, WEAK = 2, 1, 0
MOST_PEOPLE: Final = 500  # that are told apart; all further ones are one
_PHONE: Final = re.compile(r"\+?[\d\s().\-/]{6,30}")
_GAP: Final = re.compile(r"[\s.,_'’\-\u2010-\u2013]{1,3}|\s[^\W\d_]\.?\s")  # or a middle initial
_GREETED: Final = re.compile(rf"(?<![^\W_]){one_of('names', 'greetings')}[\s,.:!–-]{{1,4}}$", re.IGNORECASE)
_ENDS: Final = '.!?:;…\n\r•*"“”„«»'
_MONTHS: Final = Words("names", "months")
_DATED: Final = re.compile(rf"(?:\d(?:st|nd|rd|th)?\.?|\b{one_of('names', 'dated')})[\s-]$", re.IGNORECASE)
_PARTICLES: Final = Words("names", "particles")
_ROLES: Final = Words("names", "roles")
_COMMON: Final = Words("names", "common")


@dataclass
class _Part:
    """A word of names: whose, and how sure it is that the word alone is meant as one."""

    people: set[int] = field(default_factory=set)
    sure: int = WEAK


class Parties:
    """Whom the texts of one conversation may name.

    Parameters
    ----------
    people : iterable of Person
        The first who bears a name that several bear is meant by it.
    """

    def __init__(self, people: Iterable[Person]) -> None:
        self._labels: list[str] = []
        self._parts: dict[str, _Part] = {}
        self._whole: list[tuple[str, int]] = []
        self.numbers: dict[str, str] = {}
        for person in people:
            self._add(person)
        self._whole = list(dict.fromkeys(self._whole))

    def _add(self, person: Person) -> None:
        known = [value for given in person.values if given and (value := without_unseen(given).strip())]
        if len(self._labels) < MOST_PEOPLE:
            self._labels.append("AGENT" if person.role == "agent" else "CUSTOMER")
        index = len(self._labels) - 1
        for value in known:
            if "@" in value:
                self._add_address(value, index)
            elif _PHONE.fullmatch(value) and len(digits := plain_digits(value)) >= SHORTEST:
                self.numbers[digits[-TAIL:]] = digits
            else:
                self._add_name(value, index)

    def _add_address(self, value: str, index: int) -> None:
        """Take an address, and the name that may stand beside it."""
        name: list[str] = []
        for word in value.split():
            local, at, _ = word.lstrip("(<[\"'").partition("@")
            if at and local:
                self._add_words(local, index, WORDLIKE)
            elif word != "@":
                name.append(word.lstrip("@"))
            else:  # a firm, such as in "Nora @ Lamps Ltd"
                break
        if name:
            self._add_name(" ".join(name), index)

    def _add_name(self, name: str, index: int) -> None:
        lower = _lower(name)
        if UNSPACED.search(name):
            self._whole += ((part, index) for part in {lower, *lower.split()} if len(part) > 1)
        elif any(c.isdigit() for c in name) and len(name) > 4:
            self._whole.append((lower, index))
        self._add_words(name, index, STRONG)

    def _add_words(self, name: str, index: int, sure: int) -> None:
        for word in WORD.findall(name):
            for spelling in spellings(word):
                self._note(spelling, index, min(sure, _sureness(spelling)))
                if len(spelling) > 3 and not spelling.endswith("s"):
                    self._note(spelling + "s", index, min(sure, _sureness(spelling)))

    def _note(self, word: str, index: int, sure: int) -> None:
        part = self._parts.setdefault(word, _Part())
        part.people.add(index)
        part.sure = max(part.sure, sure)

    def in_text(self, text: str) -> bool:
        """Say quickly whether a name may stand in a text."""
        lower = _lower(text)
        if lower.isascii():
            return not self._parts.keys().isdisjoint(WORD.findall(lower)) or self._any_whole(lower)
        return not self._parts.keys().isdisjoint(map(fold, set(WORD.findall(lower)))) or self._any_whole(lower)

    def _any_whole(self, lower: str) -> bool:
        return any(name in lower for name, _ in self._whole)

    def find(self, text: str, addresses: Sequence[tuple[int, int]] = ()) -> Iterator[Found]:
        """Find the names in a text; a name does not go on into an e-mail address behind it."""
        for run in self._runs(text, addresses):
            yield from self._named(run, text)
        lower = _lower(text)
        for name, index in self._whole:
            start = lower.find(name)
            while start != -1:
                end = start + len(name)
                if UNSPACED.search(name) or not (lower[start - 1 : start].isalnum() or lower[end : end + 1].isalnum()):
                    yield Found(start, end, self._labels[index], str(index))
                start = lower.find(name, end)

    def _runs(self, text: str, addresses: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int, _Part]]]:
        """Yield words of names that stand side by side and can mean one person."""
        run: list[tuple[int, int, _Part]] = []
        people: set[int] = set()
        for match in WORD.finditer(text):
            part = self._parts.get(fold(match.group()))
            if part is None or any(start <= match.start() < end for start, end in addresses):
                continue
            if run and (not people & part.people or not _GAP.fullmatch(text, run[-1][1], match.start())):
                yield run
                run = []
            people = people & part.people if run else set(part.people)
            run.append((match.start(), match.end(), part))
        if run:
            yield run

    def _named(self, run: list[tuple[int, int, _Part]], text: str) -> Iterator[Found]:
        while run and run[0][2].sure == WEAK:
            run = run[1:]
        while run and run[-1][2].sure == WEAK:
            run = run[:-1]
        if not run:
            return
        whole = any(part.sure == STRONG for *_, part in run) or len({id(part) for *_, part in run}) > 1
        if not whole and not _is_written_as_name(text, *run[0][:2]):
            return
        people = set.intersection(*(part.people for *_, part in run))
        index = min(people)
        yield Found(run[0][0], run[-1][1], self._labels[index], str(index))


def _lower(text: str) -> str:
    """Return a text in small letters, of the same length: the İ alone would become two characters."""
    return text.replace("\u0130", "i").lower()


def _sureness(word: str) -> int:
    if word in _PARTICLES or word in _ROLES or len(word) < 2:
        return WEAK
    return WORDLIKE if word in _COMMON or len(word) < 3 else STRONG


def _is_written_as_name(text: str, start: int, end: int) -> bool:
    """Say whether a word that is a name too is meant as one: capitalised where words are not, or greeted."""
    word = text[start:end]
    before = text[max(0, start - 20) : start]
    if _GREETED.search(before):
        return True
    if not word[0].isupper() or not word[1:].islower():
        return False
    if word.lower() in _MONTHS and (_DATED.search(before) or text[end : end + 2].strip()[:1].isdigit()):
        return False
    bare, after = before.rstrip(" \t(-–—'’"), text[end : end + 4].lstrip(" \t.,!")
    alone = (not bare or bare[-1] in "\r\n") and (not after or after[0] in "\r\n")
    return alone or (bool(bare) and bare[-1] not in _ENDS)  # a line of its own is a signature
