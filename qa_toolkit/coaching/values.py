"""Days, counts, filters, and what a list offers to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pandas as pd

from qa_toolkit.errors import InvalidActError


def values(column: pd.Series[Any]) -> list[str]:
    """Return what stands in a column, once each, in order."""
    return sorted(column.dropna().unique())


def day(text: str) -> pd.Timestamp:
    """Return the beginning of a day such as "2026-03-31" (UTC), or raise InvalidActError."""
    try:
        return pd.Timestamp(date.fromisoformat(text), tz="UTC")
    except ValueError as error:
        raise InvalidActError(f"{text!r} is no day; write it as 2026-03-31") from error


def iso_day(day: str | date) -> str:
    """Return a day as it is written, such as "2026-03-31"; "" for none; or raise InvalidActError."""
    try:
        if isinstance(day, datetime):
            raise ValueError
        if isinstance(day, date):
            return day.isoformat()
        return date.fromisoformat(day.strip()).isoformat() if day.strip() else ""
    except (ValueError, AttributeError):
        raise InvalidActError(f"{day!r} is no day; write it as 2026-03-31, or leave it empty") from None


def filtered(
    faults: pd.DataFrame, equal: Mapping[str, str | None], since: str | None, until: str | None
) -> pd.DataFrame:
    """Return the faults with these values in these columns, of these days; None and "" do not filter."""
    for column, value in equal.items():
        if value:
            faults = faults[faults[column] == value]
    if since:
        faults = faults[faults["started_at"] >= day(since)]
    if until:
        faults = faults[faults["started_at"] < day(until)]
    return faults


def fault_counts(faults: pd.DataFrame, rates: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each agent of `Project.faults` with the number of fails and partials, and the rate, in order of name.

    What several reviewers found in one conversation counts once, as the worst of them.
    """
    faults = faults.drop_duplicates(["agent", "conversation_id", "commandment"])  # a fail comes first
    counts = faults.groupby(["agent", "rating"], observed=True).size().unstack(fill_value=0)
    counts = counts.reindex(columns=["fail", "partial"], fill_value=0).sort_index()
    return [
        {"agent": str(agent), "fail": int(fails), "partial": int(partials), "rate": rates.get(str(agent))}
        for agent, fails, partials in counts.itertuples()
    ]
