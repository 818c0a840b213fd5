"""Times: read, brought to UTC, and refused where nobody could say which hour was meant."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final

Decided = Counter[tuple[str, str]]

EXAMPLE: Final = "such as 2026-03-03T08:14:00+00:00"
NOT_A_TIME: Final = f"is not a time {EXAMPLE}"
TWICE: Final = ("time", "of an hour that the clocks strike twice, the first was taken")
UNIX: Final = {10: ("seconds", 1), 13: ("milliseconds", 1_000)}  # digits of any time between 2001 and 2286
NUMERIC: Final = re.compile(
    r"([0-9]{1,4})([./-])([0-9]{1,2})\2([0-9]{1,4})"  # a day
    r"(?:[ T,]+([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,6})[0-9]*)?)?\s?([AaPp])?(?:\.?[Mm]\.?)?)?"
    r"\s?(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?"
)


class TimeError(ValueError):
    """A time cannot be taken; the message goes on after ``sent_at ...``."""


def utc(value: str | datetime, zone: tzinfo | None, decided: Decided) -> datetime:
    """Return a time as a naive `datetime.datetime` in UTC.

    Parameters
    ----------
    value : str or datetime.datetime
        ISO 8601, if it is text.
    zone : datetime.tzinfo or None
        Of a time that comes without one; None refuses it.
    decided : Counter
        Counts how often an hour that is there twice was taken as the first.

    Raises
    ------
    TimeError
        If it is no time, or it is not known which.
    """
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
        if time.tzinfo is None:
            time = _in_zone(time, zone, decided)
        return time.astimezone(UTC).replace(tzinfo=None)
    except TimeError:
        raise
    except (ValueError, OverflowError):
        raise TimeError(NOT_A_TIME) from None


def _in_zone(time: datetime, zone: tzinfo | None, decided: Decided) -> datetime:
    if zone is None:
        raise TimeError(f"has no time zone; give one, {EXAMPLE}, or name that of all")
    first, second = time.replace(tzinfo=zone, fold=0), time.replace(tzinfo=zone, fold=1)
    early, late = first.utcoffset() or timedelta(), second.utcoffset() or timedelta()
    if early < late:
        raise TimeError(f"does not exist in {zone}, where the clocks were put forward then; is the zone right?")
    if early > late:
        decided[TWICE] += 1
    return first


def read_time(text: str, dayfirst: bool | None, decided: Decided) -> datetime:
    """Return the time that a cell of a table has, with or without a zone.

    ISO 8601 and what is close to it, Unix seconds and milliseconds, ``04.03.2026 14:05`` (the day first), and
    ``03/04/2026 2:05 PM`` where it is known whether the day or the month comes first.

    Parameters
    ----------
    text : str
    dayfirst : bool or None
        Of days with slashes or dashes; None: not known, so that only days that can be read in one way are taken.
    decided : Counter
        Counts what was taken to mean something.

    Raises
    ------
    TimeError
        If it is none of them, or can be read in two ways.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        found = NUMERIC.fullmatch(text)
    try:
        return _numeric(found, dayfirst, decided) if found else _unix(text, decided)
    except TimeError:
        raise
    except (ValueError, OverflowError):
        raise TimeError(NOT_A_TIME) from None


def _unix(text: str, decided: Decided) -> datetime:
    unit, scale = UNIX.get(len(text), ("", 0)) if text.isascii() and text.isdigit() else ("", 0)
    if not scale:
        raise TimeError(NOT_A_TIME)
    decided["time", f"a number was taken as Unix {unit}"] += 1
    return datetime.fromtimestamp(0, UTC) + timedelta(seconds=1) * int(text) / scale


def _numeric(found: re.Match[str], dayfirst: bool | None, decided: Decided) -> datetime:
    year, month, day = _day(found, dayfirst, decided)
    hour, minute, second = (int(found[place] or 0) for place in (5, 6, 7))
    if found[9]:
        if not 1 <= hour <= 12:
            raise TimeError(NOT_A_TIME)
        hour = hour % 12 + 12 * (found[9] in "Pp")
    micro = int((found[8] or "0").ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, micro, tzinfo=_offset(found[10]))


def _day(found: re.Match[str], dayfirst: bool | None, decided: Decided) -> tuple[int, int, int]:
    first, sign, second, third = found[1], found[2], int(found[3]), found[4]
    if len(first) == 4 and len(third) <= 2:
        return int(first), second, int(third)
    if len(first) > 2 or len(third) != 4:
        raise TimeError(NOT_A_TIME)
    known = sign == "." or shown_order(found)
    if known is None:
        if dayfirst is None and int(first) != second:
            raise TimeError("can be day/month or month/day; say which comes first (dayfirst=, or --day-first)")
        known = bool(dayfirst)
        decided["time", f"the {'day' if known else 'month'} was taken to come first"] += int(first) != second
    return (int(third), second, int(first)) if known else (int(third), int(first), second)


def shown_order(found: re.Match[str] | None) -> bool | None:
    """Say whether a day with slashes or dashes shows by itself that the day (True) or the month (False) is first."""
    if found is None or found[2] == "." or len(found[4]) != 4:
        return None
    return True if int(found[1]) > 12 else False if int(found[3]) > 12 else None


def _offset(zone: str | None) -> tzinfo | None:
    if not zone:
        return None
    if zone[0] not in "+-":
        return UTC
    shift = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return timezone(shift if zone[0] == "+" else -shift)


class DayOrder:
    """What the days of a whole column show of whether the day or the month comes first."""

    def __init__(self) -> None:
        self._shown: set[bool] = set()

    def look(self, text: str) -> None:
        """Take one cell into account."""
        if text[4:5] != "-" and len(self._shown) < 2:
            order = shown_order(NUMERIC.fullmatch(text))
            self._shown |= set() if order is None else {order}

    @property
    def dayfirst(self) -> bool | None:
        """True or False where all that show it agree, else None."""
        return next(iter(self._shown)) if len(self._shown) == 1 else None
