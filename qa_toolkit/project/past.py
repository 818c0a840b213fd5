"""The time that a project is looked at as of."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Final

from qa_toolkit.errors import StoreError

ADVICE: Final = "write a date, such as '2026-03-31', or a time with its zone, such as '2026-03-31T18:00+02:00'"


def moment(when: str | date, begins: bool = False) -> datetime:
    """Return a time in UTC; a date means its end, the last microsecond before the next one, or its begin.

    Raises
    ------
    StoreError
        If `when` is neither a date nor a time with a zone.
    """
    found = _parsed(when) if isinstance(when, str) else when
    if isinstance(found, datetime):
        if found.tzinfo is None:  # so it is for pandas' NaT, too
            raise StoreError(f"{str(when)!r} has no time zone; {ADVICE}")
        try:
            return found.astimezone(UTC)
        except OverflowError:  # before the year 1, or after 9999
            raise StoreError(f"{str(when)!r} lies outside of the years 1 to 9999 in UTC; {ADVICE}") from None
    if isinstance(found, date):
        return datetime.combine(found, time.min if begins else time.max, UTC)
    raise StoreError(f"{when!r} is no date; {ADVICE}")


def _parsed(text: str) -> date | None:
    for kind in (date, datetime):
        try:
            return kind.fromisoformat(text.strip())
        except ValueError:
            continue
    return None
