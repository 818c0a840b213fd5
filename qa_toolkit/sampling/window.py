"""Which conversations of a frame are drawn from: those of a window of time, and those with certain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling.frames import label_of, values_of

TIME = "started_at"


def instant(name: str, value: Any) -> str:
    """Return a date or a time as ISO text in UTC; one without a zone is taken to be in UTC.

    Raises
    ------
    SamplingError
        If it is neither.
    """
    try:
        at = pd.Timestamp(datetime.fromisoformat(value) if isinstance(value, str) else value)
    except (TypeError, ValueError):
        at = pd.Timestamp("NaT")
    if pd.isna(at) or not isinstance(value, str | date | np.datetime64):
        raise SamplingError(f"{name} is {value!r}; it must be a date or a time, such as '2026-03-01'")
    return str((at.tz_localize("UTC") if at.tzinfo is None else at.tz_convert("UTC")).isoformat())


def wanted_values(where: Any) -> dict[str, list[Any]]:
    """Return the values that are wanted of each column, as a plan keeps them.

    Raises
    ------
    SamplingError
        If they are not given as a column with a value or a list of values.
    """
    if not isinstance(where, Mapping) or not all(isinstance(column, str) for column in where):
        raise SamplingError("where must give a value or a list of values for a column, such as {'channel': 'email'}")
    wanted = {c: list(v) if isinstance(v, list | tuple | set | frozenset) else [v] for c, v in where.items()}
    for column, values in wanted.items():
        if not values or not all(isinstance(v, str | int | float | np.generic | None) for v in values):
            raise SamplingError(f"where gives {where[column]!r} for {column!r}; give text, a number or a list of them")
    return {column: [_plain(value) for value in values] for column, values in wanted.items()}


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and math.isnan(plain) else plain


def within(
    conversations: pd.DataFrame, since: str | None, until: str | None, where: Mapping[str, list[Any]] | None
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the conversations that are drawn from.

    Parameters
    ----------
    conversations : pandas.DataFrame
    since, until : str, optional
        ISO times; a conversation is in the window if ``since <= started_at < until``.
    where : mapping of str to list, optional
        As from `wanted_values`. Of a list, such as tags, one wanted value is enough. None stands for a missing value.

    Returns
    -------
    pandas.DataFrame
    dict of str to int
        How many were left out, by why; those without a time lie in no window.

    Raises
    ------
    SamplingError
        If a column is not there.
    """
    left_out: dict[str, int] = {}

    def keep(frame: pd.DataFrame, mask: npt.NDArray[np.bool_], why: str) -> pd.DataFrame:
        if not mask.all():
            left_out[why] = int((~mask).sum())
        return frame[mask]

    if since is not None or until is not None:
        if TIME not in conversations:
            raise SamplingError(f"since and until need a column {TIME}; the frame has none")
        at = pd.to_datetime(conversations[TIME], utc=True, errors="coerce", format="ISO8601")
        conversations, at = keep(conversations, at.notna().to_numpy(), "no time"), at[at.notna()]
        low, high = pd.Timestamp(since or "1678-01-01T00Z"), pd.Timestamp(until or "2261-01-01T00Z")
        conversations = keep(conversations, ((at >= low) & (at < high)).to_numpy(), "outside the window")
    for column, values in (where or {}).items():
        keys = {_key(value) for value in values}
        mask = [_matches(value, keys) for value in values_of(conversations, column)]
        conversations = keep(conversations, np.array(mask, dtype=bool), f"other {column}")
    return conversations, left_out


def _matches(value: Any, keys: set[str]) -> bool:
    if isinstance(value, list | tuple):
        return any(_key(one) in keys for one in value)
    return _key(value) in keys


def _key(value: Any) -> str:
    """Return a value as text, so that 5, 5.0 and "5" of a command line are the same."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else label_of(value)
