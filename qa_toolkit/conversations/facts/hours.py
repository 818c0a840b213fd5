"""Business hours: the calendar of a team, and how much of a wait lies within it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from qa_toolkit.errors import FactsError, instead

Hours = tuple[tuple[time, time], ...]
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OFFICE: Final[Mapping[str, Hours]] = MappingProxyType({day: ((time(9), time(17)),) for day in WEEKDAYS[:5]})
_RANGE: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})")
LONGEST: Final = timedelta(days=3660)  # of a wait: beyond it something is wrong with the times
DAY: Final = timedelta(days=1)
_TEXTS: Final = ("timezone", "country", "subdivision")
_KEYS: Final = (*_TEXTS, "closed", "hours")


@dataclass(frozen=True)
class Calendar:
    """When a team works.

    Parameters
    ----------
    timezone : str
        IANA name.
    country, subdivision : str or None
        Whose public holidays are off, as the package ``holidays`` names them: ``"DE"``, ``"BE"``.
    closed : tuple of date
        Further days off.
    hours : mapping of str to tuple of (time, time)
        Open hours by weekday; a weekday that is left out is closed. An end of 00:00 is the end of the day.

    Raises
    ------
    FactsError
        If the zone, the country or the subdivision is unknown.
    """

    timezone: str = "UTC"
    country: str | None = None
    subdivision: str | None = None
    closed: tuple[date, ...] = ()
    hours: Mapping[str, Hours] = field(default_factory=lambda: OFFICE)

    def __post_init__(self) -> None:
        problems = [*_zone_problems(self.timezone), *_country_problems(self.country, self.subdivision)]
        if problems:
            raise FactsError("; ".join(problems))

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone of `timezone`."""
        return ZoneInfo(self.timezone)

    def is_working_day(self, day: date) -> bool:
        """Tell whether the team works at all on `day`."""
        return bool(self.hours.get(WEEKDAYS[day.weekday()])) and day not in self.closed and not self._is_holiday(day)

    def business_time(self, start: datetime, end: datetime) -> timedelta:
        """Return how much of the time from `start` to `end`, both with a zone, is business hours.

        A day on which the clocks change counts the hours that really pass.
        """
        if end - start > LONGEST:
            raise FactsError(f"{start} to {end} is more than ten years; check the times of the messages")
        # Two times of one zone are subtracted by their wall clocks, which change.
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        total = timedelta()
        for opens, closes in self._open(start, end):
            total += max(timedelta(), min(end, closes) - max(start, opens))
        return total

    def _open(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= last:
            if self.is_working_day(day):
                for opens, closes in self.hours[WEEKDAYS[day.weekday()]]:
                    until = day + DAY if closes == time(0) else day
                    yield (
                        datetime.combine(day, opens, self.zone).astimezone(UTC),
                        datetime.combine(until, closes, self.zone).astimezone(UTC),
                    )
            day += DAY

    def _is_holiday(self, day: date) -> bool:
        return self.country is not None and day in _holidays(self.country, self.subdivision)


@lru_cache(maxsize=32)
def _holidays(country: str, subdivision: str | None) -> Any:
    import holidays  # takes a tenth of a second, and only few need it

    return holidays.country_holidays(country, subdiv=subdivision)


def _zone_problems(name: str) -> list[str]:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return [f"timezone {name!r} is unknown; give an IANA name such as 'Europe/Berlin'"]
    return []


def _country_problems(country: str | None, subdivision: str | None) -> list[str]:
    if country is None:
        return [] if subdivision is None else [f"subdivision {subdivision!r} needs a country"]
    if subdivision == "":
        return ["subdivision is empty; name one, or leave it out"]
    if _is_known(country, subdivision):
        return []
    if subdivision is not None and _is_known(country, None):
        return [f"subdivision {subdivision!r} of {country!r} is unknown to the package holidays"]
    return [f"country {country!r} is unknown to the package holidays; give a code such as 'DE'"]


def _is_known(country: str, subdivision: str | None) -> bool:
    if not re.fullmatch(r"[A-Z]{2,3}", country):  # the package would take any of its names, such as a class
        return False
    try:
        _holidays(country, subdivision)
    except NotImplementedError:
        return False
    return True


def read_hours(texts: list[str]) -> Hours:
    """Read the hours of one day, such as ``["09:00-12:30", "13:30-17:00"]``; ``24:00`` is its end.

    Raises
    ------
    FactsError
        If one is no range, ends before it begins, or overlaps with another.
    """
    ranges = sorted(_range(text) for text in texts)
    for (_, end), (start, _) in pairwise(ranges):
        if start < end:
            raise FactsError(f"{', '.join(texts)}: these hours overlap; write them as one range")
    return tuple((_clock(start), _clock(end)) for start, end in ranges)


def _range(text: str) -> tuple[int, int]:
    match = _RANGE.fullmatch(text.strip()) if isinstance(text, str) else None
    if match:
        h1, m1, h2, m2 = map(int, match.groups())
        start, end = h1 * 60 + m1, h2 * 60 + m2
        if start < end <= 24 * 60 and m1 < 60 and m2 < 60:
            return start, end
    raise FactsError(f"{text!r} are no hours; write them as '09:00-17:00', the later time last")


def _clock(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def make_calendar(table: Mapping[str, Any]) -> Calendar:
    """Make a calendar of the table ``[calendar]`` of a team's settings.

    Parameters
    ----------
    table : mapping
        ``timezone``, ``country``, ``subdivision``, ``closed`` (dates) and ``hours`` (lists of ranges by weekday).

    Raises
    ------
    FactsError
        With all that is wrong, one problem a line.
    """
    problems = [f"{key!r} is no known key; {instead(key, _KEYS)}" for key in table if key not in _KEYS]
    problems += [
        f"{k} must be a text in quotes; it is {table[k]!r}" for k in _TEXTS if not isinstance(table.get(k, ""), str)
    ]
    closed = table.get("closed", [])
    if not isinstance(closed, list) or any(type(day) is not date for day in closed):
        problems.append("closed must be a list of dates without quotes, such as [2026-12-24]")
    hours = _hours(table.get("hours", None), problems)
    if not problems:
        problems += _zone_problems(table.get("timezone", "UTC"))
        problems += _country_problems(table.get("country"), table.get("subdivision"))
    if problems:
        raise FactsError("\n".join(problems))
    words = {key: table[key] for key in _TEXTS if key in table}
    return Calendar(**words, closed=tuple(closed), hours=hours)


def _hours(table: Any, problems: list[str]) -> Mapping[str, Hours]:
    if table is None:
        return OFFICE
    if not isinstance(table, dict):
        problems.append("hours must be a table: begin it with a line [calendar.hours]")
        return OFFICE
    hours = {}
    for day, texts in table.items():
        if day not in WEEKDAYS:
            problems.append(f"hours.{day} is no weekday; {instead(day, WEEKDAYS)}")
        elif not isinstance(texts, list):
            problems.append(f'hours.{day} must be a list, such as ["09:00-17:00"]; [] is closed')
        else:
            try:
                hours[day] = read_hours(texts)
            except FactsError as error:
                problems.append(f"hours.{day}: {error}")
    return MappingProxyType(hours)
