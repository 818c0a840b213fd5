"""Waits: first response, and the longest on either side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from qa_toolkit.conversations.facts.hours import LONGEST, Calendar
from qa_toolkit.conversations.facts.model import Fact, Span, Turn, found, not_computed

YEARS: Final = range(1900, 2200)  # times outside stand for "unknown" in some exports, and calendars end


@dataclass(frozen=True)
class Untimed:
    """A turn whose time cannot be right, and so is not known."""

    position: int
    role: str
    author: str | None
    text: str
    sent_at: None = None


def without_impossible_times(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Return the turns; those of year 1 or 9999 without their time."""
    return [t if _is_possible(t.sent_at) else Untimed(t.position, t.role, t.author, t.text) for t in turns]


def _is_possible(time: datetime | None) -> bool:
    return time is None or time.year in YEARS


@dataclass(frozen=True)
class Wait:
    """A wait from one message to the next of the other side."""

    since: int
    until: int
    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """Time on the clock."""
        return self.end - self.start


def find_timing(kind: str, turns: Sequence[Turn], calendar: Calendar) -> Fact:
    """Compute one of `TIMINGS`; bots, system messages and notes are nobody's answer."""
    if all(turn.sent_at is None for turn in turns):
        return not_computed(kind, "the messages carry no times")
    wait = _CHOSEN[kind](turns)
    if wait is None:
        return Fact(kind, "none-found", "none found: no message of the one side has an answer of the other after it")
    if wait.length > LONGEST:
        return not_computed(kind, f"messages {wait.since + 1} and {wait.until + 1} are more than ten years apart")
    minutes = int(wait.length.total_seconds() // 60)
    text = f"{_LEADS[kind]} {duration(wait.length)}; {_business(wait, calendar)}"
    return found(kind, text, Span(wait.since), Span(wait.until), outcome=str(minutes))


def _business(wait: Wait, calendar: Calendar) -> str:
    time = calendar.business_time(wait.start, wait.end)
    return f"{duration(time)} of business hours" if time else "none of it business hours"


def duration(time: timedelta) -> str:
    """Return e.g. ``"3 h 12 min"``; whole minutes, or seconds where it is less than one."""
    seconds = int(time.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    days, minutes = divmod(seconds // 60, 24 * 60)
    parts = ((days, "d"), (minutes // 60, "h"), (minutes % 60, "min"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n)


def waits(turns: Sequence[Turn], waiting: str, answering: str) -> Iterator[Wait]:
    """Yield each wait of one role for another, from the first message of a run to the next answer."""
    since: Turn | None = None
    for turn in turns:
        if turn.role == waiting and since is None:
            since = turn
        elif turn.role == answering and since is not None:
            if since.sent_at is not None and turn.sent_at is not None and turn.sent_at >= since.sent_at:
                yield Wait(since.position, turn.position, since.sent_at.astimezone(UTC), turn.sent_at.astimezone(UTC))
            since = None


def _first(turns: Sequence[Turn]) -> Wait | None:
    first = next((t.position for t in turns if t.role == "customer"), None)
    return next((w for w in waits(turns, "customer", "agent") if w.since == first), None)


def _longest(waiting: str, answering: str) -> Callable[[Sequence[Turn]], Wait | None]:
    return lambda turns: max(waits(turns, waiting, answering), key=lambda w: w.length, default=None)


_CHOSEN: Final[Mapping[str, Callable[[Sequence[Turn]], Wait | None]]] = MappingProxyType(
    {
        "first-response": _first,
        "customer-wait": _longest("customer", "agent"),
        "agent-wait": _longest("agent", "customer"),
    }
)
_LEADS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "first-response": "First response after",
        "customer-wait": "The customer waited",
        "agent-wait": "The agent waited",
    }
)
