"""The weighted score of each review, as a frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.stats.codes import add_up, codes_of, combined, observed
from qa_toolkit.stats.design import Array
from qa_toolkit.stats.frames import VALUES, coded_ratings, refuse, require


def weighted_score(ratings: pd.DataFrame, commandments: pd.DataFrame) -> pd.DataFrame:
    """Score each review: sum(weight x value) / sum(weight) over what applies, and 0 after a critical failure.

    The value is 1 for pass, 0.5 for partial, 0 for fail; ``na`` leaves both sums. These are scores of single
    reviews; `mean_score` estimates from them.

    Parameters
    ----------
    ratings : pandas.DataFrame
    commandments : pandas.DataFrame
        ``commandment``, ``weight``, ``critical`` (bool).

    Returns
    -------
    pandas.DataFrame
        ``reviewer``, ``conversation_id``, ``score`` and ``score_without_critical`` in [0, 1] (missing where
        nothing applied), ``critical_failures`` (how many), ``n_applicable``.

    Raises
    ------
    SchemaError
        If a rated commandment is not in `commandments`.
    """
    rated, weight, critical = _with_rubric(ratings, commandments)
    codes, values = codes_of(rated["rating"])
    value = np.array([VALUES.get(name, np.nan) for name in values])[codes]
    applies = ~np.isnan(value)
    key = [codes_of(rated[column]) for column in ("reviewer", "conversation_id")]
    review, first = observed(*combined(((part, len(there) + 1) for part, there in key), len(rated)))
    marks = (weight * np.where(applies, value, 0.0), weight * applies, critical & (value == 0), applies)
    points, whole, failures, n = (add_up(review, mark, len(first)) for mark in marks)
    without = np.divide(points, whole, out=np.full(len(first), np.nan), where=whole > 0)
    out = ratings[["reviewer", "conversation_id"]].iloc[first].assign(
        score=np.where(failures > 0, 0.0, without), score_without_critical=without,
        critical_failures=failures.astype(np.int64), n_applicable=n.astype(np.int64),
    )  # fmt: skip
    return out.dropna(subset=["reviewer", "conversation_id"]).sort_values(
        ["reviewer", "conversation_id"], ignore_index=True
    )


def _with_rubric(
    ratings: pd.DataFrame, commandments: pd.DataFrame
) -> tuple[pd.DataFrame, Array, npt.NDArray[np.bool_]]:
    """Return checked ratings, and the weight of each and whether it is of a critical commandment."""
    require("commandments", commandments, ["commandment", "weight", "critical"])
    refuse("commandments", commandments, commandments.duplicated("commandment"), "commandment", "stands twice")
    rated = coded_ratings(ratings)
    codes, names = codes_of(rated["commandment"])
    place = np.append(pd.Index(commandments["commandment"]).get_indexer(names), -1)[codes]
    refuse("ratings", rated, place < 0, "commandment", "is not in the rubric; keep the ratings of one rubric_hash")
    weights, critical = (commandments[column].to_numpy() for column in ("weight", "critical"))
    return rated, weights.astype(np.float64)[place], critical.astype(np.bool_)[place]
