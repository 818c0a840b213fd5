"""Weighted shares and means of a stratified sample, for all groups of a table at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from qa_toolkit.stats.codes import Codes, add_up, observed
from qa_toolkit.stats.intervals import wilson_limits

Array = npt.NDArray[np.float64]
ALIKE = 1e-18  # a variance below this is the rounding of ratings that are all alike
NOTHING_LEFT = 1e-12


@dataclass(frozen=True)
class Design:
    """How the reviewed conversations were drawn.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        How many conversations of the frame each stands for.
    strata : ndarray of int64, shape (n,)
        Number of the stratum, from 0.
    """

    weights: Array
    strata: Codes

    @property
    def sizes(self) -> Codes:
        """How many of the reviewed conversations each stratum has, shape (strata,)."""
        return np.bincount(self.strata)


@dataclass(frozen=True)
class Cells:
    """What each conversation adds to each group; a conversation without a cell in a group is outside of it.

    Parameters
    ----------
    group, unit : ndarray of int64, shape (cells,)
        The group, from 0, and the conversation, as its place in the design. A pair stands there once.
    top, bottom : ndarray, shape (cells,)
        The parts of Σ w top / Σ w bottom.
    groups : int
        How many groups there are.
    """

    group: Codes
    unit: Codes
    top: Array
    bottom: Array
    groups: int

    def sums(self, values: Array) -> Array:
        """Add `values`, one for each cell, up by group: shape (groups,)."""
        return add_up(self.group, values, self.groups)


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


def ratios(cells: Cells, design: Design) -> tuple[Array, Array, Array]:
    """Return Σ w bottom and Σ w top / Σ w bottom of each group, and the linearised part of each cell in the ratio.

    References
    ----------
    Hájek (1971). Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, 5.6 to 5.8.
    """
    weights = design.weights[cells.unit]
    total = cells.sums(weights * cells.bottom)
    with np.errstate(invalid="ignore"):
        value = cells.sums(weights * cells.top) / np.where(total > 0, total, np.nan)
    of, whole = value[cells.group], total[cells.group]
    parts = np.where(whole > 0, weights * (cells.top - of * cells.bottom) / np.where(whole > 0, whole, 1.0), 0.0)
    return total, value, parts


def hajek(cells: Cells, design: Design, finite: bool, level: float, is_mean: bool) -> Estimates:
    """Estimate the share or the mean Σ w top / Σ w bottom of each group, with Wilson's interval on its effective size.

    Parameters
    ----------
    cells : Cells
    design : Design
    finite : bool
        True: about exactly the conversations of the frame. False: about the practice that they come from.
    level : float
    is_mean : bool
        False: a share of Σ bottom things, so that the effective size can be no larger than they are many.
    """
    total, value, parts = ratios(cells, design)
    inside = cells.bottom > 0
    n = np.bincount(cells.group[inside], minlength=cells.groups).astype(np.int64)
    units = np.full(cells.groups, np.inf) if is_mean else cells.sums(cells.bottom)
    pairs = Pairs.of(cells, design)
    variance = pairs.variances(parts, cells, design, finite)
    weights = design.weights[cells.unit] * inside
    left = 1 - n / np.maximum(np.maximum(n, 1), cells.sums(weights)) if finite else np.ones(cells.groups)
    beside = pairs.beside(inside, design)
    tail = (1 + level) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        by_weights = total**2 / cells.sums((weights * cells.bottom) ** 2) / left
        degrees = (_t(units - 1, tail) / _t(n - 1.0, tail)) ** 2
        by_variance = degrees * value * (1 - value) / variance * beside / np.maximum(beside - 1, 1)
        effective = np.where(variance < ALIKE, by_weights, np.minimum(units / left, by_variance))
    effective = np.where(n == 0, 0.0, np.where(left < NOTHING_LEFT, np.inf, effective))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = wilson_limits(value, effective, level)
    return Estimates(n, effective, value, low, high)


def _t(degrees: npt.NDArray[Any], tail: float) -> Array:
    found: Array = special.stdtrit(np.maximum(np.where(np.isinf(degrees), 1.0, degrees), 1.0), tail)
    found[np.isinf(degrees)] = special.ndtri(tail)
    return found


@dataclass(frozen=True)
class Pairs:
    """The pairs of a group and a stratum that have cells.

    Parameters
    ----------
    pair : ndarray of int64, shape (cells,)
        The pair of each cell, from 0.
    group, stratum : ndarray of int64, shape (pairs,)
    groups : int
    """

    pair: Codes
    group: Codes
    stratum: Codes
    groups: int

    @classmethod
    def of(cls, cells: Cells, design: Design) -> Pairs:
        """Return the pairs that `cells` touch."""
        strata = len(design.sizes)
        pair, first = observed(cells.group * strata + design.strata[cells.unit], cells.groups * strata)
        return cls(pair, cells.group[first], design.strata[cells.unit[first]], cells.groups)

    def variances(self, parts: Array, cells: Cells, design: Design, finite: bool) -> Array:
        """Return the variance of each group's sum of the linearised `parts` of its cells, shape (groups,).

        If `finite`, what a conversation adds is held against the mean of its stratum, both weighted by
        1 - probability, so that what was sure to be drawn adds nothing. A stratum with one conversation is held
        against the mean of all, which is 0.

        References
        ----------
        Hájek's estimator in Matei and Tillé (2005), Journal of Official Statistics 21, 543-570.
        """
        chance = np.clip(1 - 1 / design.weights, 0, 1) if finite else np.ones(len(design.weights))
        n, whole = design.sizes[self.stratum], add_up(design.strata, chance, len(design.sizes))[self.stratum]
        c = chance[cells.unit]
        squares, sums = (add_up(self.pair, c * values, len(n)) for values in (parts**2, parts))
        spread = squares - np.divide(sums**2, whole, out=np.zeros(len(n)), where=whole > 0)
        spread = np.where(n == 1, squares, np.maximum(spread, 0) * n / np.maximum(n - 1, 1))
        return add_up(self.group, spread, self.groups)

    def beside(self, inside: npt.NDArray[np.bool_], design: Design) -> Array:
        """Return how many reviewed conversations are in the strata that each group touches, shape (groups,)."""
        touched = add_up(self.pair, inside, len(self.group)) > 0
        return add_up(self.group, design.sizes[self.stratum] * touched, self.groups)


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
    units = np.arange(len(top))
    found = hajek(Cells(np.zeros(len(top), dtype=np.int64), units, top, bottom, 1), design, finite, level, is_mean)
    return Estimate(
        int(found.n[0]), *(float(part[0]) for part in (found.n_effective, found.value, found.low, found.high))
    )
