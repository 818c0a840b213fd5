"""Weighted shares and means of a stratified sample, for all groups of a table at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from qa_toolkit.stats.codes import Codes
from qa_toolkit.stats.design import Array, Cells, Design, Parts
from qa_toolkit.stats.intervals import limits

ALIKE = 1e-18  # a variance below this is the rounding of ratings that are all alike
NOTHING_LEFT = 1e-12


@dataclass(frozen=True)
class Estimate:
    """An estimated share or mean.

    Parameters
    ----------
    n : int
        Conversations that have something to say.
    n_effective : float
        The size of a simple random sample that would tell as much.
    value, low, high : float
        Estimate and limits of the interval, in [0, 1]; missing where n is 0.
    """

    n: int
    n_effective: float
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Precision:
    """How much the ratings of each group tell; arrays of shape (groups,).

    Parameters
    ----------
    n : ndarray of int64
        Conversations that have something to say.
    value : ndarray
        The share or mean.
    variance : ndarray
        Of the value.
    by_weights : ndarray
        The size of a simple random sample whose weights vary as little (Kish 1965).
    units : ndarray
        How many things `value` is a share of; infinite for a mean.
    freedom : ndarray
        Degrees of freedom of the variance.
    correction : ndarray
        m / (m - 1), with m the units beside which the variance is worked out.
    left : ndarray
        The part of the group that is not reviewed, or 1 where the interval is not about the frame.
    clusters : ndarray, optional
        How many clusters each group has.
    """

    n: Codes
    value: Array
    variance: Array
    by_weights: Array
    units: Array
    freedom: Array
    correction: Array
    left: Array
    clusters: Array | None

    @classmethod
    def of(cls, cells: Cells, design: Design, finite: bool, is_mean: bool) -> Precision:
        """Work out the ratio of each group and its variance."""
        total, value, linear = ratios(cells, design)
        parts = Parts.of(cells, linear[:, None], design, finite)
        variance = parts.covariances()[:, 0, 0]
        inside, beside, strata = parts.counts()
        applies = cells.bottom > 0
        n = cells.sums(applies.astype(np.float64)).astype(np.int64)
        weights = design.weights[cells.unit] * applies
        frame = np.maximum(np.maximum(n, 1), cells.sums(weights))
        left = 1 - n / frame if finite else np.ones(cells.groups)
        squares = cells.sums((weights * cells.bottom) ** 2)
        by_weights = np.divide(total**2, squares, out=np.zeros(cells.groups), where=squares > 0)
        units = np.full(cells.groups, np.inf) if is_mean else cells.sums(cells.bottom)
        clusters = None if design.clusters is None else inside
        freedom = inside - (1 if clusters is None else strata)
        correction = beside / np.maximum(beside - 1, 1)
        return cls(n, value, variance, by_weights, units, freedom, correction, left, clusters)

    def effective(self, level: Any) -> Array:
        """Return the size of a simple random sample that would tell as much, at one or each group's own `level`.

        References
        ----------
        Korn and Graubard (1998), Survey Methodology 24, 193-201.
        """
        tail = (1 + level) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            # At a level of next to nothing, both are rounded to 0.
            degrees = np.nan_to_num((_t(self.units - 1, tail) / _t(self.freedom, tail)) ** 2, nan=1.0, posinf=np.inf)
            by_weights = self.by_weights / self.left
            by_variance = degrees * self.value * (1 - self.value) / self.variance * self.correction
            most = self.units / self.left
        if self.clusters is not None:  # all alike: only the number of clusters is left to widen the interval
            by_weights = np.minimum(most, by_weights * (_t(self.n - 1, tail) / _t(self.freedom, tail)) ** 2)
        found = np.where(self.variance < ALIKE, by_weights, np.minimum(most, by_variance))
        if self.clusters is not None:  # one cluster says nothing about others: as much as one conversation
            found = np.where(self.clusters == 1, np.minimum(found, 1.0), found)
        return np.where(self.n == 0, 0.0, np.where(self.left < NOTHING_LEFT, np.inf, found))

    def limits(self, level: Any, interval: str = "wilson") -> tuple[Array, Array]:
        """Return the limits of the interval at one or each group's own `level`."""
        return limits(self.value, self.effective(level), level, interval)


@dataclass(frozen=True)
class Estimates:
    """Estimates of all groups; arrays of shape (groups,), missing where `n` is 0.

    Parameters
    ----------
    n : ndarray of int64
        Conversations that have something to say.
    n_effective : ndarray
        The size of a simple random sample that would tell as much.
    value, low, high : ndarray
    """

    n: Codes
    n_effective: Array
    value: Array
    low: Array
    high: Array


def hajek(
    cells: Cells, design: Design, finite: bool, level: float, is_mean: bool, interval: str = "wilson"
) -> Estimates:
    """Estimate the share or the mean Σ w top / Σ w bottom of each group, with an interval on its effective size.

    Parameters
    ----------
    cells : Cells
    design : Design
    finite : bool
        True: about exactly the conversations of the frame. False: about the practice that they come from.
    level : float
    is_mean : bool
        False: a share of Σ bottom things, so that the effective size can be no larger than they are many.
    interval : {"wilson", "clopper-pearson"}
    """
    found = Precision.of(cells, design, finite, is_mean)
    return Estimates(found.n, found.effective(level), found.value, *found.limits(level, interval))


def ratios(cells: Cells, design: Design) -> tuple[Array, Array, Array]:
    """Return Σ w bottom and Σ w top / Σ w bottom of each group, and the linearised part of each cell in the ratio.

    References
    ----------
    Hájek (1971). Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, 5.6 to 5.8.
    """
    weights = design.weights[cells.unit]
    total = cells.sums(weights * cells.bottom)
    whole = np.where(total > 0, total, 1.0)  # of a group with nothing to say, all parts are 0
    value = cells.sums(weights * cells.top) / whole
    parts = weights * (cells.top - value[cells.group] * cells.bottom) / whole[cells.group]
    return total, np.where(total > 0, value, np.nan), parts


def _t(degrees: npt.NDArray[Any], tail: Any) -> Array:
    endless = np.isinf(degrees)
    found = special.stdtrit(np.maximum(np.where(endless, 1.0, degrees), 1.0), tail)
    return np.asarray(np.where(endless, special.ndtri(tail), found))


def hajek_rate(
    hits: Array,
    applicable: Array,
    weights: Array,
    strata: Codes,
    finite: bool = False,
    level: float = 0.95,
) -> Estimate:
    """Estimate a weighted share, sum(w hits) / sum(w applicable), with a Wilson interval on its effective size.

    Parameters
    ----------
    hits, applicable : ndarray, shape (n,)
        For each reviewed conversation, how much it counts as a hit and how much as applicable; 0 for one that
        is outside the group, which must be kept because the variance needs it.
    weights : ndarray, shape (n,)
        1 / inclusion probability.
    strata : ndarray of int, shape (n,)
        Number of the stratum, from 0.
    finite : bool
        True: the interval is about exactly the conversations of the frame, so it shrinks to nothing when all
        are reviewed. False: about the practice that they come from, as comparisons need (Cochran 1977, 2.14).
    level : float
        Confidence.
    """
    return _one(hits, applicable, Design(weights, strata), finite, level, is_mean=False)


def hajek_mean(
    values: Array,
    inside: Array,
    weights: Array,
    strata: Codes,
    finite: bool = False,
    level: float = 0.95,
) -> Estimate:
    """Estimate a weighted mean of values in [0, 1], sum(w value) / sum(w inside).

    Parameters are those of `hajek_rate`; `inside` is 1 for a conversation of the group and 0 for another,
    whose value must be 0 too.
    """
    return _one(values, inside, Design(weights, strata), finite, level, is_mean=True)


def _one(top: Array, bottom: Array, design: Design, finite: bool, level: float, is_mean: bool) -> Estimate:
    cells = Cells(np.zeros(len(top), dtype=np.int64), np.arange(len(top)), top, bottom, 1)
    found = hajek(cells, design, finite, level, is_mean)
    return Estimate(int(found.n[0]), *(float(x[0]) for x in (found.n_effective, found.value, found.low, found.high)))
