"""Days, and what a list offers to choose from."""

from __future__ import annotations

from datetime import date
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
