"""Estimates from a sample: weighted by its design, always with n and an interval.

Formulas and sources are in ``docs/statistics.md``. No function returns a bare mean of ratings: every one
needs the sample with its inclusion probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from qa_toolkit.stats.codes import codes_of
from qa_toolkit.stats.frames import SCALE, choose, coded_ratings, require
from qa_toolkit.stats.grouping import Grouped, grouped
from qa_toolkit.stats.hajek import Estimates, hajek

TOO_FEW: Final = 20  # below this, a list of the best and the worst is mostly chance


def pass_rates(
    ratings: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str] = "commandment",
    rating: str = "pass",
    finite: bool = False,
    level: float = 0.95,
    interval: str = "wilson",
    cluster: str | None = None,
) -> pd.DataFrame:
    """Estimate the share of `rating` among the applicable ratings; ``na`` is left out.

    A conversation that several reviewers rated counts once, with their mean. What was drawn but is not reviewed
    is made up for by the reviewed ones of its stratum. Ratings of conversations outside the sample have no
    weight and are left out.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``.
    sample : pandas.DataFrame
        As from ``store.sample(name)``: ``conversation_id``, ``stratum``, ``inclusion_probability``, if there
        ``status`` and ``part``, and the columns of `by` that describe a conversation, such as ``agent``. A
        conversation that was replaced counts as not reviewed, one out of scope as reviewed with nothing applicable;
        one without an inclusion probability takes no part.
    by : str or list of str
        Columns of `ratings` or `sample`; an empty list estimates over everything.
    rating : {"pass", "partial", "fail"}
    finite, level
        As in `hajek_rate`.
    interval : {"wilson", "clopper-pearson"}
        Wilson's covers the truth as often as it says on average; Clopper and Pearson's never less often, so it is
        the one for gates. Both are on the effective size.
    cluster : str, optional
        A column of `sample`, such as ``customer`` or ``agent``, whose conversations are not independent of each
        other: the interval is then about others of that kind too, and wider. Not with ``finite=True``.

    Returns
    -------
    pandas.DataFrame
        One row for each group: the columns of `by`, ``n`` (conversations), ``n_effective``, ``rate``, ``low``,
        ``high``, ``too_few`` (to rank by: fewer than 20).

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have, or no conversation has an inclusion probability.
    ValueError
        If an argument is none of what it can be.
    """
    found = grouped_ratings(ratings, sample, by, rating, cluster)
    return _table(found, hajek(found.cells, found.design, finite, level, is_mean=False, interval=interval), "rate")


def grouped_ratings(
    ratings: pd.DataFrame, sample: pd.DataFrame, by: str | Sequence[str], rating: str, cluster: str | None
) -> Grouped:
    """Return the cells of the share of `rating` among what applies; parameters are those of `pass_rates`."""
    choose("rating", rating, SCALE)
    rated = coded_ratings(ratings)
    codes, values = codes_of(rated["rating"])
    marks = (values == rating).astype(np.float64)[codes], (values != "na").astype(np.float64)[codes]
    return grouped("ratings", rated, sample, by, marks, ["commandment"], cluster)


def mean_score(
    scores: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str] = (),
    score: str = "score",
    finite: bool = False,
    level: float = 0.95,
    cluster: str | None = None,
) -> pd.DataFrame:
    """Estimate the mean of a score in [0, 1] from `weighted_score`; parameters and result as in `pass_rates`.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, ``n``, ``n_effective``, ``mean``, ``low``, ``high``, ``too_few``.
    """
    found = grouped_scores(scores, sample, by, score, cluster)
    return _table(found, hajek(found.cells, found.design, finite, level, is_mean=True), "mean")


def grouped_scores(
    scores: pd.DataFrame, sample: pd.DataFrame, by: str | Sequence[str], score: str, cluster: str | None
) -> Grouped:
    """Return the cells of the mean of a score; parameters are those of `mean_score`."""
    require("scores", scores, [score])
    values = scores[score].to_numpy(dtype=np.float64, na_value=np.nan)
    there = ~np.isnan(values)
    marks = np.where(there, values, 0.0), there.astype(np.float64)
    return grouped("scores", scores, sample, by, marks, cluster=cluster)


def _table(found: Grouped, of: Estimates, value: str) -> pd.DataFrame:
    numbers = {"n": of.n, "n_effective": of.n_effective, value: of.value, "low": of.low, "high": of.high}
    return found.table(**numbers, too_few=np.minimum(of.n, of.n_effective) < TOO_FEW)
