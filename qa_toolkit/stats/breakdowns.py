"""Columns to break estimates down by, which neither ratings nor a sample have by themselves."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from qa_toolkit.stats.frames import require


def by_source_list(ratings: pd.DataFrame, lists: pd.DataFrame) -> pd.DataFrame:
    """Repeat each rating under every source list that its commandment serves, for ``pass_rates(..., by="source")``.

    Parameters
    ----------
    ratings : pandas.DataFrame
        With ``commandment``. Ratings of a commandment that serves no list are left out.
    lists : pandas.DataFrame
        ``commandment``, ``source``; a pair that stands there twice counts once.

    Returns
    -------
    pandas.DataFrame
        The rows of `ratings` with the categorical column ``source``.

    Raises
    ------
    SchemaError
        If a frame lacks a column.
    """
    require("ratings", ratings, ["commandment"])
    require("lists", lists, ["commandment", "source"])
    commandments = ratings["commandment"].astype("category").cat
    pairs = lists[["commandment", "source"]].drop_duplicates()
    at = commandments.categories.get_indexer(pd.Index(pairs["commandment"]))
    pairs, at = pairs[at >= 0], at[at >= 0]
    served = np.append(np.bincount(at, minlength=len(commandments.categories)), 0)  # the last: a missing commandment
    times = served[commandments.codes]
    rows = np.repeat(np.arange(len(ratings)), times)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
    first = (np.cumsum(served) - served)[commandments.codes]
    sources = pd.Categorical(pairs["source"])[np.argsort(at, kind="stable")]
    return ratings.iloc[rows].assign(source=sources[first[rows] + within]).reset_index(drop=True)


def week_of(started_at: pd.Series[Any]) -> pd.Series[Any]:
    """Return the ISO week of each time, such as "2026-W07", in the time zone that it has; missing stays missing."""
    iso = started_at.dt.isocalendar()
    weeks: pd.Series[Any] = iso["year"].astype("str") + "-W" + iso["week"].astype("str").str.zfill(2)
    return weeks.astype("str").rename("week")
