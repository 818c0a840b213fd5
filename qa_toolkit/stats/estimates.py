"""Estimates from a sample: weighted by its design, always with n and an interval.

Formulas and sources are in ``docs/statistics.md``. No function returns a bare mean of ratings: every one
needs the sample with its inclusion probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.stats.codes import add_up, codes_of, combined, observed
from qa_toolkit.stats.frames import VALUES, coded_ratings, refuse, require
from qa_toolkit.stats.grouping import Grouped, grouped
from qa_toolkit.stats.hajek import Array, hajek

TOO_FEW: Final = 20  # below this, a list of the best and the worst is mostly chance


def pass_rates(
    ratings: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str] = "commandment",
    rating: str = "pass",
    finite: bool = False,
    level: float = 0.95,
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

    Returns
    -------
    pandas.DataFrame
        One row for each group: the columns of `by`, ``n`` (conversations), ``n_effective``, ``rate``, ``low``,
        ``high``, ``too_few`` (to rank by: fewer than 20).

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have, or no conversation has an inclusion probability.
    """
    found = _grouped_ratings(ratings, sample, by, rating)
    return _rates(found, finite, level, "rate")


def _grouped_ratings(ratings: pd.DataFrame, sample: pd.DataFrame, by: str | Sequence[str], rating: str) -> Grouped:
    rated = coded_ratings(ratings)
    codes, values = codes_of(rated["rating"])
    marks = (values == rating).astype(np.float64)[codes], (values != "na").astype(np.float64)[codes]
    return grouped("ratings", rated, sample, by, marks, ["commandment"])


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


def mean_score(
    scores: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str] = (),
    score: str = "score",
    finite: bool = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the mean of a score in [0, 1] from `weighted_score`; parameters and result as in `pass_rates`.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, ``n``, ``n_effective``, ``mean``, ``low``, ``high``, ``too_few``.
    """
    require("scores", scores, [score])
    values = scores[score].to_numpy(dtype=np.float64, na_value=np.nan)
    there = ~np.isnan(values)
    marks = np.where(there, values, 0.0), there.astype(np.float64)
    return _rates(grouped("scores", scores, sample, by, marks), finite, level, "mean")


def _rates(found: Grouped, finite: bool, level: float, value: str) -> pd.DataFrame:
    of = hajek(found.cells, found.design, finite, level, is_mean=value == "mean")
    numbers = {"n": of.n, "n_effective": of.n_effective, value: of.value, "low": of.low, "high": of.high}
    return found.table(**numbers, too_few=np.minimum(of.n, of.n_effective) < TOO_FEW)


def difference(rates: pd.DataFrame, by: str, first: str, second: str) -> pd.DataFrame:
    """Compare two groups of `pass_rates`: first minus second, with Newcombe's interval from their weighted limits.

    Parameters
    ----------
    rates : pandas.DataFrame
        From `pass_rates` with ``finite=False``; its groups must not share conversations.
    by : str
        The column that holds `first` and `second`; other columns, such as ``commandment``, give a row each.

    Returns
    -------
    pandas.DataFrame
        The other columns, ``difference``, ``low``, ``high`` in [-1, 1], ``n_first``, ``n_second``, ``verdict``.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    require("rates", rates, [by, "n", "rate", "low", "high"])
    keys = [c for c in rates.columns[: list(rates.columns).index("n")] if c != by]
    sides = [rates[rates[by] == name].set_index(keys) if keys else rates[rates[by] == name] for name in (first, second)]
    a, b = sides if keys else [side.reset_index(drop=True) for side in sides]
    common = a.index.intersection(b.index)
    a, b = a.loc[common], b.loc[common]
    gap = a["rate"] - b["rate"]
    out = pd.DataFrame({"difference": gap})
    out["low"] = gap - np.sqrt((a["rate"] - a["low"]) ** 2 + (b["high"] - b["rate"]) ** 2)
    out["high"] = gap + np.sqrt((a["high"] - a["rate"]) ** 2 + (b["rate"] - b["low"]) ** 2)
    out["n_first"], out["n_second"] = a["n"], b["n"]
    out["verdict"] = [
        _compared(low, high, few, first, second)
        for low, high, few in zip(out["low"], out["high"], a["too_few"] | b["too_few"], strict=True)
    ]
    return out.reset_index(drop=not keys)


def _compared(low: float, high: float, few: bool, first: str, second: str) -> str:
    if few:
        return "too few to compare"
    if low > 0 or high < 0:
        return f"{first if low > 0 else second} higher"
    return "no difference shown"
