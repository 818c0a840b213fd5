"""Estimates from a sample: weighted by its design, always with n and an interval.

Formulas and sources are in ``docs/statistics.md``. No function returns a bare mean of ratings: every one
needs the sample with its inclusion probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from qa_toolkit.stats.bootstrap import Bootstrap, percentile_limits
from qa_toolkit.stats.codes import codes_of
from qa_toolkit.stats.frames import SCALE, VALUES, check_level, choose, coded_ratings, numbers_of, refuse, require
from qa_toolkit.stats.grouping import Grouped, grouped, grouped_alike
from qa_toolkit.stats.hajek import Estimates, Precision, hajek

LEAST_WIDTH: Final = 1e-12  # a narrower interval is the rounding of scores that are all alike
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
    check_level(level)
    found = grouped_ratings(ratings, sample, by, rating, cluster)
    return table_of(found, hajek(found.cells, found.design, finite, level, is_mean=False, interval=interval), "rate")


def grouped_ratings(
    ratings: pd.DataFrame, sample: pd.DataFrame, by: str | Sequence[str], rating: str, cluster: str | None
) -> Grouped:
    """Return the cells of the share of `rating` among what applies; parameters are those of `pass_rates`."""
    return ratings_alike(ratings, sample, by, [rating], cluster)[0]


def ratings_alike(
    ratings: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str],
    shown: Sequence[str | None],
    cluster: str | None,
) -> list[Grouped]:
    """Return the cells of the share of each of some ratings; for None, of the mean of pass 1, partial 0.5, fail 0."""
    for rating in shown:
        choose("rating", rating or SCALE[0], SCALE)
    columns = [by] if isinstance(by, str) else by
    rated = coded_ratings(ratings, [column for column in columns if column not in sample])
    codes, values = codes_of(rated["rating"])
    tops = [np.array([_value(value, rating) for value in values])[codes] for rating in shown]
    applies = (values != "na").astype(np.float64)[codes]
    return grouped_alike("ratings", rated, sample, by, tops, applies, ["commandment"], cluster)


def _value(value: str, rating: str | None) -> float:
    return VALUES.get(value, 0.0) if rating is None else float(value == rating)


def mean_score(
    scores: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str] = (),
    score: str = "score",
    finite: bool = False,
    level: float = 0.95,
    interval: str = "wilson",
    cluster: str | None = None,
    replicates: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Estimate the mean of a score, such as from `weighted_score`; parameters and result as in `pass_rates`.

    Parameters
    ----------
    scores : pandas.DataFrame
        ``conversation_id``, the score, and the columns of `by` that the sample does not have.
    interval : {"wilson", "bootstrap"}
        Wilson's is for scores in [0, 1]. The bootstrap needs no bounds and follows a lopsided spread; it is about the
        practice, so it does not go with ``finite=True``.
    replicates, seed : int
        Of the bootstrap.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, ``n``, ``n_effective``, ``mean``, ``low``, ``high``, ``too_few``.

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have, or a score lies outside of [0, 1] with ``"wilson"``.
    ValueError
        If an argument is none of what it can be.
    """
    choose("interval", interval, ["wilson", "bootstrap"])
    check_level(level)
    found = grouped_scores(scores, sample, by, score, cluster)
    if interval == "wilson":
        values = numbers_of("scores", scores, score)
        outside = (values < 0) | (values > 1)
        refuse("scores", scores, outside, score, "is not in [0, 1]; use interval='bootstrap' for another scale")
        return table_of(found, hajek(found.cells, found.design, finite, level, is_mean=True), "mean")
    if finite:
        raise ValueError("the bootstrap is about the practice; use interval='wilson' with finite=True")
    return table_of(found, _bootstrapped(found, level, Bootstrap(found.design, replicates, seed)), "mean")


def _bootstrapped(found: Grouped, level: float, redraw: Bootstrap) -> Estimates:
    """Return means with percentiles of the bootstrap, or what Wilson says where all scores of a group are alike."""
    cells = found.cells
    each = cells.top[cells.bottom > 0] / cells.bottom[cells.bottom > 0]
    start = each.min(initial=0.0)
    length = each.max(initial=1.0) - start
    scaled = replace(cells, top=(cells.top - start * cells.bottom) / length)  # from 0 to 1, as effective sizes need
    of = Precision.of(scaled, found.design, finite=False, is_mean=True)
    closed, open_ = of.limits(level), percentile_limits(redraw.means(scaled), of.freedom, level)
    alike = ~(open_[1] - open_[0] > LEAST_WIDTH)
    low, high = (np.where(alike, a, b) * length + start for a, b in zip(closed, open_, strict=True))
    return Estimates(of.n, of.effective(level), of.value * length + start, low, high)


def grouped_scores(
    scores: pd.DataFrame, sample: pd.DataFrame, by: str | Sequence[str], score: str, cluster: str | None
) -> Grouped:
    """Return the cells of the mean of a score; parameters are those of `mean_score`."""
    require("scores", scores, [score])
    values = numbers_of("scores", scores, score)
    there = ~np.isnan(values)
    marks = np.where(there, values, 0.0), there.astype(np.float64)
    return grouped("scores", scores, sample, by, marks, cluster=cluster)


def table_of(found: Grouped, of: Estimates, value: str) -> pd.DataFrame:
    """Return the table of estimates, with `value` as the name of their column."""
    numbers = {"n": of.n, "n_effective": of.n_effective, value: of.value, "low": of.low, "high": of.high}
    return found.table(**numbers, too_few=np.minimum(of.n, of.n_effective) < TOO_FEW)
