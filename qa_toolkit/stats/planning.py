"""How many reviews a question needs, and what so many reviews can tell; formulas are in ``docs/statistics.md``."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qa_toolkit.errors import SamplingError, whole_number
from qa_toolkit.stats.frames import require
from qa_toolkit.stats.intervals import wilson

POWER: Final = 0.8
ROUNDING: Final = 1e-9  # what floating point may add to a whole number


def reviews_needed(
    margin: float, level: float = 0.95, rate: float = 0.5, size: int | None = None, completion: float = 1.0
) -> int:
    """Return how many reviews of a simple random sample give a rate to within ± `margin`.

    n₀ = z² rate (1 − rate) / margin², and n = n₀ / (1 + (n₀ − 1) / size) for a finite population.

    Parameters
    ----------
    margin : float
        Half the width of the interval, in (0, 1): 0.05 for ± 5 percentage points.
    level : float
        Confidence, in (0, 1).
    rate : float
        The rate that is expected, in (0, 1); 0.5 needs most.
    size : int, optional
        Conversations that there are; without it, any number.
    completion : float
        The share of drawn conversations that will be reviewed, in (0, 1]; the rest is drawn on top.

    Raises
    ------
    SamplingError
        If a number lies outside its range.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., 4.4.
    """
    for name, share in (("margin", margin), ("level", level), ("rate", rate)):
        _share(name, share)
    if not 0 < completion <= 1:
        raise SamplingError(f"completion is {completion}; it must be above 0 and at most 1, such as 0.9")
    n = _z(level) ** 2 * rate * (1 - rate) / margin**2
    if size is not None:
        n /= 1 + (n - 1) / whole_number("size", size)
    needed = max(1, math.ceil(n / completion - ROUNDING))
    return needed if size is None else min(needed, size)


def margin_of(n: int, level: float = 0.95, rate: float = 0.5, size: int | None = None) -> float:
    """Return the ± that `n` reviews of a simple random sample give; the inverse of `reviews_needed`."""
    for name, share in (("level", level), ("rate", rate)):
        _share(name, share)
    n = whole_number("n", n)
    rest = 1.0 if size is None else max(0.0, (whole_number("size", size) - n) / max(size - 1, 1))
    return float(_z(level) * math.sqrt(rate * (1 - rate) / n * rest))


def to_see_one(rate: float, chance: float = 0.95, size: int | None = None) -> int:
    """Return how many reviews show at least one fault with this `chance`, if so many conversations have it.

    Parameters
    ----------
    rate : float
        The share of conversations with the fault, in (0, 1).
    chance : float
        In (0, 1).
    size : int, optional
        Conversations that there are; then `rate` of them, rounded, have the fault, and one at least.

    Notes
    -----
    ln(1 − chance) / ln(1 − rate); with `size`, the smallest n for which the hypergeometric chance of none is no more
    than 1 − chance.
    """
    _share("rate", rate)
    _share("chance", chance)
    if size is None:
        return math.ceil(math.log(1 - chance) / math.log(1 - rate) - ROUNDING)
    size = whole_number("size", size)
    faulty = max(1, round(rate * size))
    n = np.arange(1, size - faulty + 1)
    unseen = np.exp(_log_ways(size - faulty, n) - _log_ways(size, n))
    return int((unseen > 1 - chance + ROUNDING).sum()) + 1


def to_compare(first: float, second: float, power: float = POWER, level: float = 0.95) -> int:
    """Return how many reviews each of two groups needs, so that a difference of their rates is seen.

    (z_level + z_power)² (p₁(1 − p₁) + p₂(1 − p₂)) / (p₁ − p₂)².

    Parameters
    ----------
    first, second : float
        The rates, in (0, 1).
    power : float
        With which chance the interval of the difference leaves out 0.
    level : float
        Confidence of that interval.

    References
    ----------
    Fleiss, Levin, Paik (2003), Statistical Methods for Rates and Proportions, 3rd ed., chapter 4.
    """
    for name, share in (("first", first), ("second", second), ("power", power), ("level", level)):
        _share(name, share)
    if math.isclose(first, second):
        raise SamplingError(f"both rates are {first}; there is no difference to see, so no number of reviews shows it")
    spread = first * (1 - first) + second * (1 - second)
    needed = float(_z(level) + special.ndtri(power)) ** 2 * spread / (first - second) ** 2
    return math.ceil(needed - ROUNDING)


@dataclass(frozen=True)
class Telling:
    """What `n` reviews can and cannot tell; `str` puts it into words.

    Parameters
    ----------
    n : int
        Reviews of one agent.
    better, worse : float
        True rates of two agents that are compared.
    low : float
        Lower limit of the rate if all `n` pass.
    worse_ahead, level_with : float
        The chance that the worse agent has more passes, and that both have as many.
    needed : int
        Reviews of each, so that the difference shows with a chance of 80%.
    unseen : float
        The chance to see no fault which one conversation in ten has.
    """

    n: int
    better: float
    worse: float
    low: float
    worse_ahead: float
    level_with: float
    needed: int
    unseen: float

    def __str__(self) -> str:
        return (
            f"{self.n:,} reviews: even if all pass, the true rate may be as low as {self.low:.0%}. Of two agents with "
            f"true rates of {self.better:.0%} and {self.worse:.0%}, the worse one looks better {self.worse_ahead:.0%} "
            f"of the time, and as good {self.level_with:.0%}; to tell them apart takes {self.needed:,} reviews each. "
            f"A fault that one conversation in ten has stays unseen {self.unseen:.0%} of the time. What they can do: "
            "show examples to coach with, and add up over agents and weeks."
        )


def what_n_tells(n: int, better: float = 0.9, worse: float = 0.8, level: float = 0.95) -> Telling:
    """Return what `n` reviews of one agent can and cannot tell.

    Parameters
    ----------
    n : int
    better, worse : float
        True rates of two agents, in (0, 1), `better` above `worse`.
    level : float
        Confidence.

    Raises
    ------
    SamplingError
        If a number lies outside its range.
    """
    n = whole_number("n", n)
    needed = to_compare(better, worse, level=level)
    if better < worse:
        raise SamplingError(f"better is {better} and worse {worse}; give the higher rate as better")
    passes = np.arange(n + 1)
    of_better, of_worse = (
        np.exp(_log_ways(n, passes) + passes * math.log(rate) + (n - passes) * math.log1p(-rate))
        for rate in (better, worse)
    )
    ahead = float((of_better * special.bdtrc(passes, n, worse)).sum())
    return Telling(
        n, better, worse, wilson(1.0, n, level)[0], ahead, float((of_better * of_worse).sum()), needed, 0.9**n
    )


@dataclass(frozen=True)
class Pace:
    """The time that a review takes.

    Parameters
    ----------
    minutes, low, high : float
        Mean and limits of its interval; the limits are missing where one review says nothing of the spread.
    n : int
        Submitted reviews with a recorded time; 0 if the minutes were given and not measured.
    """

    minutes: float
    low: float
    high: float
    n: int


def review_pace(times: pd.DataFrame, level: float = 0.95) -> Pace:
    """Return the mean time of a review, with an interval that knows that reviewers differ.

    Parameters
    ----------
    times : pandas.DataFrame
        ``reviewer``, ``conversation_id``, ``seconds`` (without idle ones) of submitted reviews.
    level : float
        Confidence. The variance is between reviewers where there are several, else between reviews.
    """
    require("times", times, ["reviewer", "conversation_id", "seconds"])
    minutes = times.groupby(["reviewer", "conversation_id"], observed=True)["seconds"].sum() / 60
    minutes = minutes[minutes > 0]
    n = len(minutes)
    if n == 0:
        return Pace(np.nan, np.nan, np.nan, 0)
    mean = float(minutes.mean())
    rest = minutes - mean
    totals = rest.groupby(level="reviewer").sum()
    if len(totals) < 2:
        totals = rest
    k = len(totals)
    if k < 2:
        return Pace(mean, np.nan, np.nan, n)
    half = special.stdtrit(k - 1, (1 + level) / 2) * math.sqrt(k / (k - 1) * float((totals**2).sum())) / n
    return Pace(mean, max(0.0, mean - half), mean + half, n)


def _log_ways(n: int, k: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return the logarithm of how many ways there are to choose k of n."""
    return np.asarray(-special.betaln(n - k + 1, k + 1) - math.log(n + 1))


def _z(level: float) -> float:
    return float(special.ndtri((1 + level) / 2))


def _share(name: str, value: float) -> None:
    if not 0 < value < 1:
        raise SamplingError(f"{name} is {value}; it must be above 0 and below 1, such as 0.95 for 95%")
