"""Intervals of a share."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from scipy import special

from qa_toolkit.stats.frames import choose


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
    low, high = wilson_limits(np.float64(rate), np.float64(n), level)
    return float(low), float(high)


def wilson_limits(rate: Any, n: Any, level: Any) -> tuple[Any, Any]:
    """Return what `wilson` returns, for arrays."""
    z2 = special.ndtri((1 + level) / 2) ** 2 / n
    middle, half = (rate + z2 / 2) / (1 + z2), np.sqrt(z2 * (rate * (1 - rate) + z2 / 4)) / (1 + z2)
    return np.maximum(0.0, np.minimum(middle - half, rate)), np.minimum(1.0, np.maximum(middle + half, rate))


def clopper_pearson(rate: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share, never too narrow: for gates, where Wilson's is for showing.

    Parameters are those of `wilson`; an effective `n` need not be whole (Korn and Graubard 1998).

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26, 404-413.
    """
    low, high = clopper_pearson_limits(np.float64(rate), np.float64(n), level)
    return float(low), float(high)


def clopper_pearson_limits(rate: Any, n: Any, level: Any) -> tuple[Any, Any]:
    """Return what `clopper_pearson` returns, for arrays; infinite n gives no width."""
    tail, endless = (1 - level) / 2, np.isinf(n)
    size = np.where(endless, 1.0, n)
    hits = rate * size
    low = np.where(hits > 0, special.betaincinv(hits, size - hits + 1, tail), 0.0)
    high = np.where(hits < size, special.betaincinv(hits + 1, size - hits, 1 - tail), 1.0)
    return np.where(endless, rate, low), np.where(endless, rate, high)


def limits(rate: Any, n: Any, level: Any, interval: str) -> tuple[Any, Any]:
    """Return the limits of shares by the name of an interval; missing where nothing was seen (n is 0)."""
    choose("interval", interval, FORMULAS)
    seen = n > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = FORMULAS[interval](rate, np.where(seen, n, 1.0), level)
    return np.where(seen, low, np.nan), np.where(seen, high, np.nan)


FORMULAS: Final = {"wilson": wilson_limits, "clopper-pearson": clopper_pearson_limits}
