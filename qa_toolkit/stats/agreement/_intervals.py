"""Coefficients with their intervals: from clusters drawn again, and Gwet's analytic one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qa_toolkit.stats.agreement._formulas import CERTAIN, Array, Formula
from qa_toolkit.stats.agreement._sums import Sums, Whole
from qa_toolkit.stats.intervals import wilson

NOTHING_TWICE: Final = "nothing was rated twice"
ONE_VALUE: Final = "only one value was given, so that chance alone would agree always"
ONE_CATEGORY: Final = "there is one category only"
ONE_CLUSTER: Final = "one unit alone has no interval"
MOSTLY_ONE_VALUE: Final = "no interval: too few ratings differ from the usual one"
FEW_DISAGREE: Final = 10  # clusters below which too little is left to draw from
UNDEFINED: Final = 0.05  # share of replicates without a value from which on their quantiles mean nothing


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement with its interval.

    Parameters
    ----------
    value, low, high : float
        Missing where they are not defined.
    se : float
        Standard error.
    note : str
        Why something is missing; empty if nothing is.
    """

    value: float
    low: float
    high: float
    se: float
    note: str = ""


def missing(note: str) -> Coefficient:
    """Return a coefficient that is not defined, and why."""
    return Coefficient(np.nan, np.nan, np.nan, np.nan, note)


def value_of(total: Array, formula: Formula) -> Coefficient:
    """Return a coefficient of sums over all units, without an interval."""
    value = float(formula.value(total))
    return missing(ONE_VALUE) if np.isnan(value) else Coefficient(value, np.nan, np.nan, np.nan)


def interval_of(sums: Sums, formula: Formula, replicates: int, seed: int, level: float) -> Coefficient:
    """Draw clusters again and return a coefficient of them; see `with_interval`."""
    again = sums.again(replicates, seed) if replicates and sums.clusters else None
    return with_interval(sums, again, formula, level)


def with_interval(sums: Sums, again: Array | None, formula: Formula, level: float = 0.95) -> Coefficient:
    """Return a coefficient of sums with its interval.

    Parameters
    ----------
    sums : Sums
    again : ndarray, shape (replicates, columns), optional
        The sums of clusters drawn again; with none there is no interval.
    formula : Formula
    level : float
        Confidence.
    """
    value = float(formula.value(sums.total()))
    if np.isnan(value):
        return missing(ONE_VALUE)
    if again is None:
        return Coefficient(value, np.nan, np.nan, np.nan)
    if sums.clusters < 2 and not formula.always:
        return Coefficient(value, np.nan, np.nan, np.nan, ONE_CLUSTER)
    drawn = formula.value(again)
    if np.isnan(drawn).mean() > UNDEFINED:
        return Coefficient(value, np.nan, np.nan, np.nan, MOSTLY_ONE_VALUE)
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    if formula.agreed is not None:
        few = int(sums.times[formula.agreed(sums.each)[0] < CERTAIN].sum()) < FEW_DISAGREE
        if few or formula.always:
            near, far = _wilson_limits(sums, again, formula.agreed, few, level)
            low, high = min(low, near), max(high, far)
    return Coefficient(value, float(low), float(high), float(np.nanstd(drawn)))


def _wilson_limits(
    sums: Sums, again: Array, agreed: Callable[[Array], tuple[Array, Array]], few: bool, level: float
) -> tuple[float, float]:
    """Return Wilson's limits of the observed agreement, taken beyond chance.

    The size is that of a simple random sample in which the agreement would vary as much. Where few clusters disagree,
    it is at most the number of clusters with pairs: how much they disagree tells too little of how much others will.
    """
    share, chance = map(float, agreed(sums.total()))
    variance = float(np.nanvar(agreed(again)[0]))
    clusters = float(sums.times[np.isfinite(agreed(sums.each)[0])].sum())
    size = share * (1 - share) / variance if variance > 1e-15 else clusters
    low, high = wilson(share, min(size, clusters) if few else size, level)
    return (low - chance) / (1 - chance), (high - chance) / (1 - chance)


def gwet_analytic(counts: Whole, w: Array, clusters: npt.ArrayLike | None, level: float) -> Coefficient:
    """Return Gwet's coefficient of counts that have a unit rated twice, with his interval between clusters."""
    n = counts.astype(float)
    ids = np.arange(len(n)) if clusters is None else pd.factorize(np.asarray(clusters))[0]
    m = n.sum(1)
    n, ids, m = n[m > 0], ids[m > 0], m[m > 0]
    twice = m >= 2
    agreed = np.where(twice, (n * (n @ w - 1)).sum(1) / np.maximum(m * (m - 1), 1), 0.0)
    shares = (n / m[:, None]).mean(0)
    scale = w.sum() / (len(w) * (len(w) - 1))
    observed, chance = agreed.sum() / twice.sum(), scale * (shares * (1 - shares)).sum()
    value = float((observed - chance) / (1 - chance))
    each = len(n) / twice.sum() * (agreed - chance * twice) / (1 - chance)
    each -= 2 * (1 - value) * (scale * (n / m[:, None]) @ (1 - shares) - chance) / (1 - chance)
    totals = np.bincount(ids, each - value)[np.unique(ids)]
    k = len(totals)
    if k < 2 or observed > CERTAIN:
        low = (wilson(float(observed), float(min(k, twice.sum())), level)[0] - chance) / (1 - chance)
        return Coefficient(value, float(low), 1.0, np.nan if k < 2 else 0.0)
    se = float(np.sqrt(k / (k - 1) * (totals**2).sum()) / len(n))
    half = float(special.stdtrit(k - 1, (1 + level) / 2)) * se
    return Coefficient(value, max(-1.0, value - half), min(1.0, value + half), se)
