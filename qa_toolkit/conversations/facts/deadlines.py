"""Read by when something is to be done: "by Friday", "within two hours", "in 3-5 business days", "at 10 tomorrow"."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from qa_toolkit.conversations.facts.hours import WEEKDAYS
from qa_toolkit.conversations.facts.patterns import Piece

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
END: Final = time(23, 59)
OFFICE_ENDS: Final = time(17)
EARLY: Final = 6  # before this hour, "in the morning" is the same day
_PARTS: Final[Mapping[str, time]] = {
    "this-morning": time(12),
    "morning": time(12),
    "afternoon": time(18),
    "evening": END,
    "noon": time(12),
    "midnight": END,
    "end-of-business": OFFICE_ENDS,
    "end-of-day": END,
}
NAMES: Final = (
    "within", "allow", "at-most", "next", "to",
    "minute", "hour", "day", "business-day", "week", "month", "article", "half-hour",
    "the-hour", "today", "tonight", "tomorrow", "day-after-tomorrow", *WEEKDAYS, *MONTHS, *_PARTS, "end-of-week",
    "end-of-next-week", "end-of-month", "half-past", "quarter-past", "quarter-to", "am", "pm", "oclock",
)  # fmt: skip
"""What may stand under ``[deadline]``, beside numbers in words: ``n1``, ``n2`` and so on."""
NUMBER: Final = re.compile(r"n\d{1,3}")
_SPACE: Final = r"[\s,]{1,3}"
_MOST: Final = 1000  # of a unit; a longer time is no deadline


@dataclass(frozen=True)
class Deadline:
    """A time by which something is to be done, and where the words of it stand."""

    start: int
    end: int
    at: datetime


class DeadlineReader:
    """Finds deadlines in text, by the words of one language.

    Parameters
    ----------
    times : mapping of str to Piece
        What stands under ``[deadline]`` in a phrase list.
    """

    def __init__(self, times: Mapping[str, Piece]) -> None:
        self.times = times
        number = self._any(*(name for name in times if name == "article" or NUMBER.fullmatch(name)))
        count = rf"(?:\d{{1,3}}|{number}(?:\s?\(\d{{1,3}}\))?)"
        span = rf"(?P<most>{count})|(?P<least>{count})\s?(?:-|–|{self._any('to')})\s?(?P<upper>{count})"
        unit = "|".join(
            f"(?P<{name.replace('-', '_')}>{self._any(name)})"
            for name in ("business-day", "minute", "hour", "day", "week", "month")
        )
        within = rf"(?:{self._any('within')}{_SPACE}|{self._any('allow')}{_SPACE}(?P<after>))"
        self._within = re.compile(
            rf"(?<!\w)(?:{within}(?:(?P<half>{self._any('half-hour')})|(?P<whole>{self._any('the-hour')})(?!\w)"
            rf"|(?:{span})[\s-]?(?:{unit}))|(?P<bare>\d{{1,3}})[\s-]?(?:{unit.replace('?P<', '?P<b_')})"
            rf"(?=\s{self._any('at-most')}(?!\w)))(?!\w)",
            re.IGNORECASE,
        )
        self._day = re.compile(self._day_expression(), re.IGNORECASE)
        self._clock = re.compile(self._clock_expression(), re.IGNORECASE)
        self._part = re.compile(self._named(*_PARTS), re.IGNORECASE)
        self._weeks = re.compile(self._named("end-of-next-week", "end-of-week", "end-of-month"), re.IGNORECASE)

    def _any(self, *names: str) -> str:
        expressions = [self.times[name].expression for name in names if name in self.times]
        return "(?:" + "|".join(expressions) + ")" if expressions else r"(?!)"

    def _named(self, *names: str) -> str:
        """Return an expression with a group for each name."""
        groups = (f"(?P<{name.replace('-', '_')}>{self._any(name)})" for name in names)
        return r"(?<!\w)(?:" + "|".join(groups) + r")(?!\w)"

    def _day_expression(self) -> str:
        names = ("day-after-tomorrow", "today", "tonight", "tomorrow", *WEEKDAYS)
        days = "|".join(f"(?P<{name.replace('-', '_')}>{self._any(name)})" for name in names)
        months = "|".join(f"(?P<{m}>{self._any(m)})" for m in MONTHS)
        after = "|".join(f"(?P<after_{m}>{self._any(m)})" for m in MONTHS)
        ordinal = r"(?:st|nd|rd|th|\.)?"
        dated = (
            rf"(?P<iso>\d{{4}}-\d{{2}}-\d{{2}})|(?:the\s)?(?P<d1>\d{{1,2}}){ordinal}\s(?:of\s)?(?:{months})"
            rf"|(?:{after})\s(?:the\s)?(?P<d2>\d{{1,2}}){ordinal}(?!\w)|(?:the\s)(?P<d3>\d{{1,2}})(?:st|nd|rd|th)"
        )
        return rf"(?<!\w)(?:(?P<next>{self._any('next')})\s)?(?:{dated}|{days})(?!\w|'s)"

    def _clock_expression(self) -> str:
        words = "|".join(f"(?P<w{n}>{self._any(f'n{n}')})" for n in range(1, 13) if f"n{n}" in self.times)
        am, pm = self._any("am"), self._any("pm")
        unit = self._any("minute", "hour", "day", "business-day", "week", "month")
        ending = rf"\s?(?:{am}|{pm}|{self._any('oclock')})"  # 4.30 without it is a sum or a version
        return (
            rf"(?<![\w:.,/€$£-])(?:(?P<h>\d{{1,2}})(?::(?P<m>\d{{2}})|\.(?P<m2>\d{{2}})(?={ending}))\s?(?:(?P<am1>{am})|(?P<pm1>{pm}))?"
            rf"|(?:(?P<h2>\d{{1,2}})|{words})\s?(?:(?P<am2>{am})|(?P<pm2>{pm})|{self._any('oclock')})"
            rf"|(?:(?P<half_past>{self._any('half-past')})|(?P<quarter_past>{self._any('quarter-past')})"
            rf"|(?P<quarter_to>{self._any('quarter-to')}))\s(?:(?P<h4>\d{{1,2}})|{words.replace('?P<w', '?P<u')})"
            rf"|(?<=\b(?:at|by)\s)(?:(?P<h3>\d{{1,2}})|{words.replace('?P<w', '?P<v')}))"
            rf"(?![\w:%/]|\.\d|[\s-]?{unit})"
        )

    def find(self, text: str, now: datetime) -> Iterator[Deadline]:
        """Yield the deadlines in a sentence that was written at `now`, in the zone of `now`."""
        taken: list[tuple[int, int]] = []
        for match in self._within.finditer(text):
            deadline = self._length(match, now)
            if deadline:
                start = match.start() if match["after"] is None else match.start("after")
                taken.append(match.span())
                yield Deadline(start, match.end(), deadline)
        day = self._day_of(text, now, taken)
        clock = self._clock_of(text, [*taken, day[:2]] if day else taken, day is not None, now)
        yield from _joined(now, day, clock)

    def _length(self, match: re.Match[str], now: datetime) -> datetime | None:
        group = match.groupdict()
        if group["half"]:
            return now + timedelta(minutes=30)
        if group["whole"]:
            return now + timedelta(hours=1)
        number = self._number(group["bare"] or group["upper"] or group["most"])
        names = ("business_day", "minute", "hour", "day", "week", "month")
        unit = next(u for u in names if group[u] or group["b_" + u])
        return add(now, number, unit) if 0 < number < _MOST else None

    def _number(self, text: str) -> int:
        text = text.partition("(")[0].strip()
        if text.isdigit():
            return int(text)
        for name, piece in self.times.items():
            if NUMBER.fullmatch(name) and re.fullmatch(piece.expression, text, re.IGNORECASE):
                return int(name[1:])
        return 1

    def _day_of(self, text: str, now: datetime, taken: list[tuple[int, int]]) -> tuple[int, int, date, time] | None:
        week = self._weeks.search(text)
        if week and not _inside(week.span(), taken):
            return (*week.span(), _end_of(str(week.lastgroup), now.date()), END)
        # Of several days, the deadline is mostly the last: "the parts come on Monday, we fit them on Tuesday".
        last = None
        for match in self._day.finditer(text):
            found = None if _inside(match.span(), taken) else self._date(match, now.date())
            if found:
                last = (*match.span(), found, END)
        return last

    def _date(self, match: re.Match[str], today: date) -> date | None:
        group = match.groupdict()
        try:
            if group["iso"]:
                return date.fromisoformat(group["iso"])
            number = int(group["d1"] or group["d2"] or group["d3"] or 0)
            if number:
                month = next((i for i, m in enumerate(MONTHS, 1) if group[m] or group["after_" + m]), 0)
                return _coming(today, number, month)
        except ValueError:
            return None
        for name, days in (("today", 0), ("tonight", 0), ("tomorrow", 1), ("day_after_tomorrow", 2)):
            if group[name]:
                return today + timedelta(days=days)
        weekday = next(i for i, name in enumerate(WEEKDAYS) if group[name])
        ahead = (weekday - today.weekday()) % 7 or 7
        if group["next"] and weekday > today.weekday():
            ahead += 7
        return today + timedelta(days=ahead)

    def _clock_of(
        self, text: str, taken: list[tuple[int, int]], has_day: bool, now: datetime
    ) -> tuple[int, int, time, bool] | None:
        """Return an hour, where its words stand, and whether it is that of the next day unless a day is named."""
        for match in self._clock.finditer(text):
            if not _inside(match.span(), taken):
                clock = self._hour(match, now, has_day)
                if clock:
                    return (*match.span(), clock, False)
        for match in self._part.finditer(text):
            if not _inside(match.span(), taken):
                name = str(match.lastgroup).replace("_", "-")
                return (*match.span(), _PARTS[name], name == "morning" and now.hour >= EARLY)
        return None

    def _hour(self, match: re.Match[str], now: datetime, has_day: bool) -> time | None:
        group = match.groupdict()
        digits = next((group[h] for h in ("h", "h2", "h3", "h4") if group[h]), None)
        hour = int(digits) if digits else next((n for n in range(1, 13) if any(group.get(f"{g}{n}") for g in "uvw")), 0)
        minute = int(group["m"] or group["m2"] or 0)
        is_am, is_pm = group["am1"] or group["am2"], group["pm1"] or group["pm2"]
        if is_pm and hour < 12:
            hour += 12
        elif is_am and hour == 12:
            hour = 0
        elif not is_am and not is_pm and not group["h"] and hour < 12:
            # "at three" is in the afternoon, "by ten" this morning unless that is past
            hour += 12 if hour < 8 or (not has_day and hour <= now.hour) else 0
        minute = 30 if group["half_past"] else 15 if group["quarter_past"] else 45 if group["quarter_to"] else minute
        hour -= bool(group["quarter_to"])
        return time(hour, minute) if 0 <= hour < 24 and minute < 60 else None


def _joined(
    now: datetime, day: tuple[int, int, date, time] | None, clock: tuple[int, int, time, bool] | None
) -> Iterator[Deadline]:
    """Yield the one deadline of a day and an hour."""
    if day is None and clock is None:
        return
    if day is None and clock is not None:
        start, end, hour, next_day = clock
        at = datetime.combine(now.date(), hour, now.tzinfo)
        yield Deadline(start, end, at if at > now and not next_day else at + timedelta(days=1))
    elif day is not None:
        start, end, on, hour = day
        if clock is not None:
            start, end, hour = min(start, clock[0]), max(end, clock[1]), clock[2]
        yield Deadline(start, end, datetime.combine(on, hour, now.tzinfo))


def add(now: datetime, number: int, unit: str) -> datetime:
    """Return `now` and `number` of `unit`; a length in days ends with its last day.

    Hours are hours that pass, whatever the clocks do meanwhile.
    """
    if unit in ("minute", "hour"):
        zone = now.tzinfo
        return (now.astimezone(UTC) + timedelta(**{unit + "s": number})).astimezone(zone)
    day = now.date()
    if unit == "business_day":
        while number:
            day += timedelta(days=1)
            number -= day.weekday() < 5
    elif unit == "month":
        month = day.month - 1 + number
        year, month = day.year + month // 12, month % 12 + 1
        day = date(year, month, min(day.day, monthrange(year, month)[1]))
    else:
        day += timedelta(days=number * (7 if unit == "week" else 1))
    return datetime.combine(day, END, now.tzinfo)


def _end_of(name: str, today: date) -> date:
    """Return the last day of a week (its Friday; on a weekend, the next) or of the month."""
    if name == "end_of_month":
        return today.replace(day=monthrange(today.year, today.month)[1])
    friday = today + timedelta(days=(4 - today.weekday()) % 7)
    return friday + timedelta(days=7 if name == "end_of_next_week" and today.weekday() < 5 else 0)


def _coming(today: date, day: int, month: int) -> date:
    """Return the next day of that number, in that month if it is not 0."""
    if month:
        this = date(today.year, month, day)
        return this if this >= today - timedelta(days=60) else date(today.year + 1, month, day)
    for ahead in range(13):
        index = today.month - 1 + ahead
        year, month = today.year + index // 12, index % 12 + 1
        if day <= monthrange(year, month)[1] and date(year, month, day) >= today:
            return date(year, month, day)
    raise ValueError(day)


def _inside(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in taken)
