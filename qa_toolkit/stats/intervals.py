"""Intervals of a share, and weighted shares and means of a stratified sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]


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


def wilson(rate: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval of a share.

    Parameters
    ----------
    rate : float
        The share, in [0, 1].
    n : float
        Its (effective) sample size, above 0; infinite gives no width.
    level : float
        Confidence, in (0, 1).

    References
    ----------
    Wilson (1927), JASA 22, 209-212. Brown, Cai, DasGupta (2001), Statistical Science 16, 101-133.
    """
    z2 = special.ndtri((1 + level) / 2) ** 2 / n
    middle, half = (rate + z2 / 2) / (1 + z2), np.sqrt(z2 * (rate * (1 - rate) + z2 / 4)) / (1 + z2)
    return float(max(0.0, min(middle - half, rate))), float(min(1.0, max(middle + half, rate)))


def clopper_pearson(rate: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share, never too narrow: for gates, where Wilson's is for showing.

    Parameters are those of `wilson`; an effective `n` need not be whole (Korn and Graubard 1998).

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413.
    """
    hits, tail = rate * n, (1 - level) / 2
    low = special.betaincinv(hits, n - hits + 1, tail) if hits > 0 else 0.0
    high = special.betaincinv(hits + 1, n - hits, 1 - tail) if hits < n else 1.0
    return float(low), float(high)


def hajek_rate(
    hits: Array,
    applicable: Array,
    weights: Array,
    strata: npt.NDArray[np.int64],
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
    return _hajek(hits, applicable, weights, strata, finite, level, units=float(applicable.sum()))


def hajek_mean(
    values: Array,
    inside: Array,
    weights: Array,
    strata: npt.NDArray[np.int64],
    finite: bool = False,
    level: float = 0.95,
) -> Estimate:
    """Estimate a weighted mean of values in [0, 1], sum(w value) / sum(w inside).

    Parameters are those of `hajek_rate`; `inside` is 1 for a conversation of the group and 0 for another,
    whose value must be 0 too.
    """
    return _hajek(values, inside, weights, strata, finite, level, units=np.inf)


def _hajek(
    top: Array, bottom: Array, weights: Array, strata: npt.NDArray[np.int64], finite: bool, level: float, units: float
) -> Estimate:
    inside = bottom > 0
    n, total = int(inside.sum()), float((weights * bottom).sum())
    if n == 0:
        return Estimate(0, 0.0, np.nan, np.nan, np.nan)
    rate = float((weights * top).sum()) / total
    variance = _variance(weights * (top - rate * bottom) / total, weights, strata, finite)
    rest = 1 - n / max(n, float(weights[inside].sum())) if finite else 1.0  # the part of the group not reviewed
    if rest < 1e-12:
        return Estimate(n, np.inf, rate, rate, rate)
    if variance < 1e-18:  # all alike: the variance says nothing, the number of conversations does
        effective = total**2 / float(((weights * bottom) ** 2).sum()) / rest
    else:
        beside = int(np.isin(strata, strata[inside]).sum())
        tail = (1 + level) / 2
        degrees = (_t(units - 1, tail) / _t(n - 1, tail)) ** 2
        effective = min(units / rest, degrees * rate * (1 - rate) / variance * beside / max(beside - 1, 1))
    return Estimate(n, effective, rate, *wilson(rate, effective, level))


def _t(degrees: float, tail: float) -> float:
    return float(special.ndtri(tail) if np.isinf(degrees) else special.stdtrit(max(degrees, 1.0), tail))


def _variance(z: Array, weights: Array, strata: npt.NDArray[np.int64], finite: bool) -> float:
    """Return the variance of a linearised estimate; a stratum with one conversation is held against the mean of all."""
    n = np.bincount(strata)
    squares, sums = np.bincount(strata, z**2), np.bincount(strata, z)
    spread = np.maximum(squares - sums**2 / np.maximum(n, 1), 0) * n / np.maximum(n - 1, 1)
    spread = np.where(n == 1, squares, spread)
    rest = 1 - n / np.maximum(np.bincount(strata, weights), np.maximum(n, 1)) if finite else np.ones(len(n))
    return float((spread * rest).sum())
