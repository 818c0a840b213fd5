"""What a report says of the reviewers: how far they agree, and who reviewed how much."""

from __future__ import annotations

import pandas as pd

from qa_toolkit.stats import agreement, overturn_rates


def agreement_frame(mine: pd.DataFrame, names: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return `agreement` in the order of the rubric, with ``title``; overall comes last."""
    table = agreement(mine, seed)
    place = {commandment: i for i, commandment in enumerate(names["commandment"])}
    table = table.sort_values("commandment", key=lambda c: c.map(place), na_position="last", ignore_index=True)
    table.insert(1, "title", table["commandment"].map(names.set_index("commandment")["title"]).fillna("Overall"))
    return table


def reviewers_frame(reviews: pd.DataFrame, time_spent: pd.DataFrame | None) -> pd.DataFrame:
    """Count the reviews of each reviewer.

    Parameters
    ----------
    reviews : pandas.DataFrame
        ``reviewer``, ``conversation_id`` of the submitted reviews.
    time_spent : pandas.DataFrame or None
        As from ``store.time_spent()``.

    Returns
    -------
    pandas.DataFrame
        ``reviewer``, ``reviews``, ``rated_twice`` (conversations that somebody else rated too), ``timed`` (reviews of
        which the time is known) and ``minutes`` (the median of those, without idle time).
    """
    each = reviews["conversation_id"].map(reviews["conversation_id"].value_counts())
    marked = reviews.assign(rated_twice=(each > 1).astype("int64"))
    table = marked.groupby("reviewer").agg(reviews=("conversation_id", "size"), rated_twice=("rated_twice", "sum"))
    seconds = pd.Series(index=pd.MultiIndex.from_arrays([[], []]), dtype="float64")
    if time_spent is not None:
        seconds = time_spent.groupby(["reviewer", "conversation_id"])["seconds"].sum()
    marked["seconds"] = seconds.reindex(pd.MultiIndex.from_frame(marked[["reviewer", "conversation_id"]])).to_numpy()
    times = marked.groupby("reviewer")["seconds"].agg(["count", "median"])
    return table.assign(timed=times["count"], minutes=times["median"] / 60).reset_index()


def disputes_frame(
    disputes: pd.DataFrame | None, rubric_hash: str, ids: pd.Series[str], names: pd.DataFrame
) -> pd.DataFrame:
    """Return `overturn_rates` of disputes of ratings by one rubric in some conversations, with ``title``."""
    columns = ["conversation_id", "rubric_hash", "commandment", "state"]
    found = pd.DataFrame(columns=columns) if disputes is None else disputes[columns]
    found = found[(found["rubric_hash"] == rubric_hash) & found["conversation_id"].isin(ids)]
    table = overturn_rates(found, names["commandment"].tolist())
    table.insert(1, "title", table["commandment"].map(names.set_index("commandment")["title"]).fillna("Overall"))
    return table
