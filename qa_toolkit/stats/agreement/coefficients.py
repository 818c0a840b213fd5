"""Percent, Cohen's and Fleiss' kappa, Gwet's AC1 and AC2, Krippendorff's alpha: each with an interval.

All but Cohen's kappa work on counts, shape (units, categories): how many reviewers gave a unit each category. A
missing rating makes the row's sum smaller. Intervals come from drawing clusters of units again, such as conversations.
Formulas and sources are in ``docs/statistics.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.stats.agreement import _formulas as formulas
from qa_toolkit.stats.agreement._formulas import Array, Metric, Weights
from qa_toolkit.stats.agreement._intervals import (
    NOTHING_TWICE,
    ONE_CATEGORY,
    Coefficient,
    gwet_analytic,
    interval_of,
    missing,
    value_of,
)
from qa_toolkit.stats.agreement._sums import Sums, Whole, sums_of
from qa_toolkit.stats.frames import SCALE, refuse


def percent_agreement(
    counts: npt.ArrayLike,
    weights: Weights = "identity",
    clusters: npt.ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Coefficient:
    """Return the share of agreeing pairs of ratings, averaged over the units with two ratings or more.

    Parameters
    ----------
    counts : array_like, shape (units, categories)
        How many reviewers gave a unit each category; categories in order if `weights` are not "identity".
    weights : {"identity", "linear", "quadratic", "ordinal"}
        How near two categories count as agreeing.
    clusters : array_like, shape (units,), optional
        What is drawn again, such as conversations; each unit by itself with none.
    replicates : int
        Bootstrap samples; 0 gives no interval.
    seed : int
        Of the bootstrap.
    level : float
        Confidence.

    Returns
    -------
    Coefficient
        Its interval is the percentile bootstrap's and Wilson's, whichever reaches further: where few differ, the
        bootstrap alone is too narrow.
    """
    n, reason = _counts(counts)
    if reason:
        return missing(reason)
    w = formulas.weight_matrix(n.shape[1], weights)
    if replicates == 0:
        return value_of(formulas.total_pairs(n), formulas.percent(w))
    return interval_of(_of_pairs(n, clusters, formulas.pair_shares), formulas.percent(w), replicates, seed, level)


def gwet_ac(
    counts: npt.ArrayLike,
    weights: Weights = "identity",
    clusters: npt.ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Coefficient:
    """Return Gwet's AC1 (`weights` "identity") or AC2.

    Parameters are those of `percent_agreement`; with `replicates` 0 the interval is Gwet's analytic one, with
    Student's t and a variance between clusters.

    Notes
    -----
    The interval never ends nearer than Wilson's interval of the percent would put it, chance being as it is: where
    few ratings differ, both the bootstrap and the analytic interval are too narrow.

    References
    ----------
    Gwet (2008), British Journal of Mathematical and Statistical Psychology 61, 29-48; Gwet (2014), Handbook of
    Inter-Rater Reliability, 4th ed.
    """
    n, reason = _counts(counts)
    if reason:
        return missing(reason)
    q = n.shape[1]
    w = formulas.weight_matrix(q, weights)
    if replicates == 0:
        return gwet_analytic(n, w, clusters, level)
    formula = formulas.gwet(w, slice(0, q * q), slice(q * q, None))
    return interval_of(sums_of(n, _pairs_and_shares, clusters), formula, replicates, seed, level)


def fleiss_kappa(
    counts: npt.ArrayLike,
    weights: Weights = "identity",
    clusters: npt.ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Coefficient:
    """Return Fleiss' kappa, for two reviewers or more, who need not be the same for each unit.

    Parameters are those of `percent_agreement`. Units may have gaps (Gwet 2014); without gaps it is the kappa of
    Fleiss (1971). Missing where only one value was given.

    References
    ----------
    Fleiss (1971), Psychological Bulletin 76, 378-382.
    """
    n, reason = _counts(counts)
    if reason:
        return missing(reason)
    q = n.shape[1]
    w = formulas.weight_matrix(q, weights)
    formula = formulas.fleiss(w, slice(0, q * q), slice(q * q, None))
    if replicates == 0:
        return value_of(np.append(formulas.total_pairs(n), formulas.total_shares(n)), formula)
    return interval_of(sums_of(n, _pairs_and_shares, clusters), formula, replicates, seed, level)


def cohen_kappa(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    weights: Weights = "identity",
    categories: Sequence[Any] = (),
    clusters: npt.ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Coefficient:
    """Return Cohen's kappa of two reviewers, each with a leaning of his own.

    Parameters
    ----------
    first, second : array_like, shape (units,)
        What each gave; a unit with a missing value (None, NaN) is left out.
    weights, clusters, replicates, seed, level
        As for `percent_agreement`.
    categories : sequence, optional
        All values, in order. With none: fail, partial, pass (``na`` is missing) if the values are these, else the
        values sorted.

    Raises
    ------
    SchemaError
        If a value is none of `categories`.

    References
    ----------
    Cohen (1960), Educational and Psychological Measurement 20, 37-46; with weights: Cohen (1968), Psychological
    Bulletin 70, 213-220.
    """
    given = [pd.factorize(np.asarray(values)) for values in (first, second)]
    known = list(categories) or _categories({*given[0][1], *given[1][1]})
    if len(known) < 2:
        return missing(ONE_CATEGORY if known else NOTHING_TWICE)
    codes = [_places(name, *found, known) for name, found in zip(("first", "second"), given, strict=True)]
    kept = (codes[0] >= 0) & (codes[1] >= 0)
    q = len(known)
    w = formulas.weight_matrix(q, weights)

    cells = (codes[0] * q + codes[1])[kept, None]
    ids = None if clusters is None else np.asarray(clusters)[kept]
    if not len(cells):
        return missing(NOTHING_TWICE)
    if replicates == 0:
        return value_of(np.bincount(cells[:, 0], minlength=q * q).astype(float), formulas.cohen(w))
    sums = sums_of(cells, lambda cell: np.eye(q * q)[cell[:, 0]], ids)
    return interval_of(sums, formulas.cohen(w), replicates, seed, level)


def _categories(values: set[Any]) -> list[Any]:
    return list(SCALE) if values and values <= {*SCALE, "na"} else sorted(values)


def _places(name: str, codes: Whole, values: npt.NDArray[Any], known: list[Any]) -> Whole:
    """Return the place of each value among the known ones, -1 where it is missing."""
    places = {value: place for place, value in enumerate(known)}
    if known == list(SCALE):
        places["na"] = -1
    unknown = [value not in places for value in values]
    if any(unknown):
        frame = pd.DataFrame({name: pd.Series(values).take(np.maximum(codes, 0)).to_numpy()})
        bad = pd.Series(np.append(unknown, False)[codes], index=frame.index)
        refuse("ratings", frame, bad, name, f"is none of {', '.join(map(str, known))}")
    return np.array([*(places[value] for value in values), -1], dtype=np.int64)[codes]  # the last: missing


def krippendorff_alpha(
    counts: npt.ArrayLike,
    metric: Metric = "ordinal",
    clusters: npt.ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Coefficient:
    """Return Krippendorff's alpha, with an interval from drawing the clusters again.

    Parameters
    ----------
    counts : array_like, shape (units, categories)
        Categories in order, at equal distances for "interval".
    metric : {"nominal", "ordinal", "interval"}
    clusters, replicates, seed, level
        As for `percent_agreement`.

    Returns
    -------
    Coefficient
        Missing where only one value was ever used, for which alpha is not defined.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
    """
    n, reason = _counts(counts)
    if reason:
        return missing(reason)
    formula = formulas.alpha(metric)
    if replicates == 0:
        return value_of(formulas.total_coincidences(n), formula)
    return interval_of(_of_pairs(n, clusters, formulas.coincidences), formula, replicates, seed, level)


def _counts(counts: npt.ArrayLike) -> tuple[Whole, str]:
    """Return counts as whole numbers, and why no coefficient can be had of them, or nothing."""
    given = np.asarray(counts)
    with np.errstate(invalid="ignore"):
        n = given.astype(np.int64, copy=False)
    if n.ndim != 2 or n.min(initial=0) < 0 or (n is not given and not np.array_equal(n, given)):
        raise ValueError("counts must be whole numbers from 0 on, in the shape (units, categories)")
    if n.shape[1] < 2:
        return n, ONE_CATEGORY
    return n, "" if (n @ np.ones(n.shape[1], dtype=np.int64)).max(initial=0) >= 2 else NOTHING_TWICE


def _of_pairs(n: Whole, clusters: npt.ArrayLike | None, adds: Callable[[Whole], Array]) -> Sums:
    twice = n.sum(1) >= 2
    return sums_of(n[twice], adds, None if clusters is None else np.asarray(clusters)[twice])


def _pairs_and_shares(n: Whole) -> Array:
    return np.hstack([formulas.pair_shares(n), formulas.value_shares(n)])
