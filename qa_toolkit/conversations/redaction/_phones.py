"""Phone numbers, in the formats of the team's countries and in the international one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Any, Final

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from qa_toolkit.conversations.redaction._model import Found
from qa_toolkit.conversations.redaction._numbers import Group, Run
from qa_toolkit.conversations.redaction._words import Words

LONGEST: Final = 15  # digits, by E.164
SHORTEST: Final = 7
FEWEST_IN_CONTEXT: Final = 6  # where a word says that it is a phone number
TAIL: Final = 7  # digits by which a number is known again, however its beginning is written
_CONTEXT: Final = 48  # characters before a number that are looked at
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_IS_NONE: Final = Words("numbers", "none")
_IS_PHONE: Final = Words("numbers", "phone")
_BETWEEN: Final = Words("numbers", "between")
_OF_NUMBERS: Final = ("nummer", "number", "nr", "code", "id", "key", "size", "memory")
_DATE: Final = re.compile(
    r"(?:(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12]\d|3[01])|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)?\d\d)(?!\d|[-/.]\d)"
)
_MONEY_BEFORE: Final = re.compile(r"(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF))\s?$")
_MONEY_AFTER: Final = re.compile(
    r"\s?(?:[€£¥%]|(?:EUR|USD|GBP|CHF|euros?|dollars?|pounds?|bytes?|[kKMG]i?B|ms|px|kWh|km|kg)\b)"
)
_CENTS: Final = re.compile(r",\d\d?\b")
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}(?:[. ]\d{3})+")
_APART: Final = re.compile(r" [-/–] ?|\s{2,}|\) ?\(")
_IN_LINK: Final = re.compile(r"(?:wa\.me/|tel:|phone=|%2B|\+)$", re.IGNORECASE)


def find_phones(
    run: Run, text: str, regions: tuple[str, ...], known: Collection[str], in_link: bool
) -> Iterator[Found]:
    """Find phone numbers in a run of digits.

    Parameters
    ----------
    run : Run
    text : str
        In which it stands.
    regions : tuple of str
        Countries whose national formats are read, such as ``("US", "GB")``.
    known : collection of str
        The last digits of the parties' own numbers.
    in_link : bool
        Numbers in links name pages, unless the link says otherwise.
    """
    if in_link and not _IN_LINK.search(text, max(0, run.start - _CONTEXT), run.start):
        return
    for groups in _parts(run, text):
        yield from _in_groups(groups, text, regions, known)


def _parts(run: Run, text: str) -> Iterator[list[Group]]:
    """Cut a run where two numbers stand side by side, and at dates."""
    start, end = run.start, run.groups[-1].end
    dates = [match.span() for match in _DATE.finditer(text, start, end)]
    cuts = dates + [match.span() for match in _APART.finditer(text, start, end)]
    part: list[Group] = []
    for group in run.groups:
        if any(a <= group.start < b for a, b in dates):
            continue
        if part and any(part[-1].end <= b and a <= group.start for a, b in cuts if b > part[-1].end):
            yield part
            part = []
        part.append(group)
    if part:
        yield part


def _in_groups(groups: list[Group], text: str, regions: tuple[str, ...], known: Collection[str]) -> Iterator[Found]:
    first = 0
    while first < len(groups):
        last = _longest(groups, first, text, regions, known)
        if last is not None:
            start, digits = _start(groups[first], text), "".join(g.digits for g in groups[first : last + 1])
            # Of a party's own number, the beginning may be left out; the rest is what is the same.
            tail = digits[-TAIL:]
            key = tail if tail in known else normal(digits, _prefix(groups[first], text), regions)
            yield Found(start, groups[last].end, "PHONE", key)
            first = last
        first += 1


def _longest(
    groups: list[Group], first: int, text: str, regions: tuple[str, ...], known: Collection[str]
) -> int | None:
    """Return the last group of the longest number that begins with a group."""
    if first and not _may_begin(groups[first], text):
        return None
    for last in range(min(first + 7, len(groups) - 1), first - 1, -1):
        if _is_phone(groups[first : last + 1], text, regions, known):
            return last
    return None


def _may_begin(group: Group, text: str) -> bool:
    """Say whether a number may begin within a run: where a person would set it off."""
    return text[group.start - 1] not in ".-" and (group.digits.startswith("0") or _prefix(group, text) == "+")


def _prefix(group: Group, text: str) -> str:
    before = text[max(0, group.start - 3) : group.start].rstrip("(")
    return "+" if before.endswith("+") and not before[-2:-1].isalnum() else ""


def _start(group: Group, text: str) -> int:
    start = group.start
    while start and text[start - 1] in "+(":
        start -= 1
    return start


def _is_phone(groups: list[Group], text: str, regions: tuple[str, ...], known: Collection[str]) -> bool:
    digits = "".join(group.digits for group in groups)
    if not FEWEST_IN_CONTEXT <= len(digits) <= LONGEST:
        return False
    if digits[-TAIL:] in known:
        return True
    prefix = _prefix(groups[0], text)
    if prefix:
        return _is_possible(digits)
    start, end = groups[0].start, groups[-1].end
    said = _word_before(text, start)
    if said in _IS_NONE or (said.endswith(_OF_NUMBERS) and said not in _IS_PHONE) or _is_money(text, start, end):
        return False
    if said in _IS_PHONE:
        return not _is_decimal(text[start:end])
    return _has_shape(groups, text[start:end]) and _is_valid(digits, regions)


def _is_money(text: str, start: int, end: int) -> bool:
    if _MONEY_BEFORE.search(text, max(0, start - 5), start) or _MONEY_AFTER.match(text, end):
        return True
    return bool(_CENTS.match(text, end) and _THOUSANDS.fullmatch(text, start, end))


def _word_before(text: str, start: int) -> str:
    """Return the word before a number that may say what it is; digits between them belong to another number."""
    before = text[max(0, start - _CONTEXT) : start]
    end = len(before)
    for match in reversed(list(_LETTERS.finditer(before))):
        if any(map(str.isdecimal, before[match.end() : end])):
            return ""
        word = match.group().lower()
        if word not in _BETWEEN:
            return word
        end = match.start()
    return ""


def _has_shape(groups: list[Group], written: str) -> bool:
    """Say whether digits are grouped as phone numbers are: not as versions, decimals and dates."""
    return all(len(group.digits) > 1 for group in groups[1:]) and not _is_decimal(written) and not _DATE.match(written)


def _is_decimal(written: str) -> bool:
    whole, dot, rest = written.partition(".")
    return bool(dot) and whole.isdecimal() and rest.isdecimal()


@lru_cache(maxsize=4096)
def _is_possible(digits: str) -> bool:
    try:
        return len(digits) >= SHORTEST and phonenumbers.is_possible_number(phonenumbers.parse("+" + digits))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(maxsize=4096)
def _is_valid(digits: str, regions: tuple[str, ...]) -> bool:
    return _parsed(digits, regions) is not None


def _parsed(digits: str, regions: tuple[str, ...]) -> phonenumbers.PhoneNumber | None:
    if digits.startswith("00"):
        return _parse("+" + digits[2:], None)
    for region in regions:
        if _may_be_of(region, digits):
            number = _parse(digits, region)
            if number is not None:
                return number
    return None


def _parse(digits: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _may_be_of(region: str, digits: str) -> bool:
    """Say quickly that most numbers are of another country: to parse one costs thirty times as much."""
    prefix, code, pattern = _plan(region)
    if prefix == "0":
        # Where numbers begin with 0 at home, people write it, or the country.
        return (digits.startswith("0") and bool(pattern.fullmatch(digits[1:]))) or (
            digits.startswith(code) and bool(pattern.fullmatch(digits[len(code) :]))
        )
    national = digits.removeprefix(prefix) if prefix else digits
    return bool(pattern.fullmatch(national) or pattern.fullmatch(digits.removeprefix(code)))


@lru_cache(maxsize=300)
def _plan(region: str) -> tuple[str, str, re.Pattern[str]]:
    metadata: Any = PhoneMetadata.metadata_for_region(region)
    pattern = re.compile(metadata.general_desc.national_number_pattern)
    return metadata.national_prefix or "", str(metadata.country_code), pattern


def normal(digits: str, prefix: str, regions: tuple[str, ...]) -> str:
    """Return a number in its international form, as far as it can be told."""
    if prefix:
        return prefix + _without_trunk(digits)
    number = _parsed(digits, regions)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number is not None else digits


def _without_trunk(digits: str) -> str:
    """Read ``+49 (0) 30`` as ``+49 30``."""
    number = _parse("+" + digits, None)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:] if number is not None else digits
