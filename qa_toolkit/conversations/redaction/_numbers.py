"""Digits that belong together, as people write numbers of cards and phones: with spaces, dots, hyphens, brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from stdnum import luhn

from qa_toolkit.conversations.redaction._model import Found

# One class of characters and no choice within it: a text can be cut into runs in one way, and so in linear time.
_SEPARATORS: Final = " \u00a0\u202f().\\-/\u2010-\u2015"
_RUN: Final = re.compile(rf"\d[\d{_SEPARATORS}]{{4,}}\d")
_GROUP: Final = re.compile(r"\d+")
FEWEST: Final = 6
_CARD_DIGITS: Final = range(12, 20)
_ISSUERS: Final = re.compile(
    r"4\d{15}(?:\d{3})?|(?:5[1-5]|2(?:2[2-9]|[3-6]\d|7[01]))\d{14}|2720\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}|(?:50|5[6-8]|6\d)\d{10,17}"
)


@dataclass(frozen=True)
class Group:
    """Digits without anything between them."""

    start: int
    end: int
    digits: str


@dataclass(frozen=True)
class Run:
    """Groups of digits with nothing but separators between them, on one line."""

    groups: list[Group]

    @property
    def start(self) -> int:
        """Where its first digit stands."""
        return self.groups[0].start

    @cached_property
    def digits(self) -> str:
        """All its digits."""
        return "".join(group.digits for group in self.groups)


def plain_digits(text: str) -> str:
    """Return the digits of a text, whatever their script, as 0 to 9."""
    if text.isascii() and text.isdecimal():
        return text
    return "".join(c if c.isascii() else str(int(c)) for c in text if c.isdecimal())


def runs(text: str) -> Iterator[Run]:
    """Yield the runs of a text that have enough digits to be a number of anything; a code with letters is none."""
    for match in _RUN.finditer(text):
        start, end = match.span()
        groups = [Group(g.start(), g.end(), plain_digits(g.group())) for g in _GROUP.finditer(text, start, end)]
        if text[start - 1 : start].isalpha():
            groups = groups[1:]
        if text[end : end + 1].isalpha():
            groups = groups[:-1]
        if sum(len(group.digits) for group in groups) >= FEWEST:
            yield Run(groups)


def find_cards(run: Run) -> Iterator[Found]:
    """Find card numbers by issuer, length and check digit."""
    groups, first = run.groups, 0
    while first < len(groups) and len(run.digits) >= _CARD_DIGITS.start:
        found = _card_at(groups, first)
        if found:
            yield Found(groups[first].start, groups[found[0]].end, "CARD", found[1])
            first = found[0]
        first += 1


def _card_at(groups: list[Group], first: int) -> tuple[int, str] | None:
    """Return the last group and the digits of the longest card number that begins with a group."""
    digits, best = "", None
    for last in range(first, min(first + 10, len(groups))):
        if last > first and groups[last].start - groups[last - 1].end > 1:
            break  # card numbers have one space or hyphen between their groups
        digits += groups[last].digits
        if len(digits) >= _CARD_DIGITS.stop:
            break
        if len(digits) in _CARD_DIGITS and _ISSUERS.fullmatch(digits) and luhn.is_valid(digits):
            best = last, digits
    return best
