"""Limits of a funnel plot: how far from the common rate chance alone can bring an agent."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from qa_toolkit.stats.frames import check_level, choose

STEPS = 60


def funnel_limits(
    rate: float, n: npt.ArrayLike, level: float = 0.95, interval: str = "wilson"
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return between which rates an agent must lie whose interval holds the common rate.

    Draw them at 95% and at 99.8%: of 20 agents who are all alike, one lies outside of the first, of 500 one outside
    of the second.

    Parameters
    ----------
    rate : float
        The common rate, in [0, 1].
    n : array_like
        (Effective) numbers of reviews, above 0.
    level : float
        Confidence, in (0, 1).
    interval : {"wilson", "clopper-pearson"}
        Of `pass_rates`, so that plot and table say the same. The second is exact for the binomial distribution.

    Returns
    -------
    low, high : ndarray, of the shape of `n`
        In [0, 1]; 0 or 1 where no rate is far enough.

    Raises
    ------
    ValueError
        If an argument is none of what it can be.

    References
    ----------
    Spiegelhalter (2005), Statistics in Medicine 24, 1185-1202.
    """
    choose("interval", interval, ["wilson", "clopper-pearson"])
    check_level(level)
    if not 0 <= rate <= 1:
        raise ValueError(f"rate is {rate}; it must be a share from 0 to 1")
    size = np.asarray(n, dtype=np.float64)
    if interval == "wilson":
        reach = special.ndtri((1 + level) / 2) * np.sqrt(rate * (1 - rate) / size)
        return np.maximum(rate - reach, 0.0), np.minimum(rate + reach, 1.0)
    tail = (1 - level) / 2
    return _lowest(rate, size, tail), 1 - _lowest(1 - rate, size, tail)


def _lowest(rate: float, n: Any, tail: float) -> npt.NDArray[np.float64]:
    """Return the hits / n at which P(X <= hits) is `tail`, by halving; 0 where even none has a greater chance."""
    low, high = np.zeros(np.shape(n)), n * np.ones(np.shape(n))
    for _ in range(STEPS):
        middle = (low + high) / 2
        rare = special.betainc(np.maximum(n - middle, 1e-300), middle + 1, 1 - rate) < tail
        low, high = np.where(rare, middle, low), np.where(rare, high, middle)
    return np.asarray(high / n)
