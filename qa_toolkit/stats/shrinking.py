"""Rates of agents that borrow from each other: what a few reviews of one tell, beside what those of all tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from scipy import special

from qa_toolkit.stats.design import Array
from qa_toolkit.stats.estimates import TOO_FEW, grouped_ratings
from qa_toolkit.stats.frames import check_level
from qa_toolkit.stats.hajek import hajek

GRID: Final = 40  # places on each axis; twice as many change no limit by a tenth of a point
REACH: Final = 5.0  # standard deviations of the second, finer grid
MEANS: Final = (-9.0, 9.0)  # logits, from 0.01% to 99.99%
SPREADS: Final = (0.01, 1.0)  # 1/√M, from all alike to a flat distribution


def shrunk_rates(
    ratings: pd.DataFrame,
    sample: pd.DataFrame,
    by: str = "agent",
    each: str | Sequence[str] = (),
    rating: str = "pass",
    level: float = 0.95,
    cluster: str | None = None,
) -> pd.DataFrame:
    """Estimate rates of agents pulled to the rate of all, the more the fewer reviews they have.

    The true rates are taken to follow a beta distribution, whose mean and spread come from all agents together; how
    far these two are uncertain is in the interval. Order and compare agents by these rates, not by the plain ones:
    of few reviews, the plain ones show mostly chance. Not for an agent who is known to be unlike the others.

    Parameters
    ----------
    ratings, sample, rating, level, cluster
        As in `pass_rates`.
    by : str
        What borrows from each other: a column of `ratings` or `sample`.
    each : str or list of str
        Each value of these columns, such as ``commandment``, is worked out by itself.

    Returns
    -------
    pandas.DataFrame
        The columns of `each` and `by`, ``n``, ``n_effective``, ``rate``, ``low``, ``high`` as in `pass_rates`,
        ``shrunk``, ``shrunk_low``, ``shrunk_high``, ``pull`` (the part of `shrunk` that comes from all, in [0, 1]),
        ``too_few`` (to rank by: fewer than 20).

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.

    References
    ----------
    Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., 5.3: the beta-binomial model on a grid.
    """
    check_level(level)
    columns = [each] if isinstance(each, str) else list(each)
    found = grouped_ratings(ratings, sample, [*columns, by], rating, cluster)
    of = hajek(found.cells, found.design, finite=False, level=level, is_mean=False)
    family = pd.factorize(pd.Series([key[:-1] for key in found.keys], dtype=object))[0]
    shrunk = np.full((4, len(family)), np.nan)
    for number in range(int(family.max(initial=-1)) + 1):
        own = np.flatnonzero((family == number) & (of.n > 0))
        if len(own):
            shrunk[:, own] = shrunk_shares(of.value[own], of.n_effective[own], level)
    rates = {"rate": of.value, "low": of.low, "high": of.high}
    rates |= dict(zip(("shrunk", "shrunk_low", "shrunk_high", "pull"), shrunk, strict=True))
    few = np.minimum(of.n, of.n_effective) < TOO_FEW
    return found.table(n=of.n, n_effective=of.n_effective, **rates, too_few=few)


def shrunk_shares(rate: Array, n: Array, level: float = 0.95) -> tuple[Array, Array, Array, Array]:
    """Return shares pulled together, the limits of each, and how far each is pulled.

    Parameters
    ----------
    rate, n : ndarray, shape (groups,)
        Share and (effective) size of each group, above 0.
    level : float
    """
    model = _Model(rate * n, n)
    axes = [np.linspace(*ends, GRID) for ends in (MEANS, SPREADS)]
    pairs, weight = model.weighted(*axes)
    axes = [_finer(*part, weight) for part in zip(pairs, axes, (MEANS, SPREADS), strict=True)]
    pairs, weight = model.weighted(*axes)
    a, b = model.after(*pairs)
    size = a + b
    middle = weight @ (a / size)
    variance = weight @ (a / size * (1 - a / size) / (size + 1) + (a / size) ** 2) - middle**2
    known = middle * (1 - middle) / variance - 1  # the size of the beta distribution with this mean and variance
    tail = (1 - level) / 2
    low, high = (special.betaincinv(middle * known, (1 - middle) * known, part) for part in (tail, 1 - tail))
    pull = weight @ ((size - n) / size)
    return middle, np.asarray(low), np.asarray(high), pull


def _finer(values: Array, axis: Array, ends: tuple[float, float], weight: Array) -> Array:
    """Return a grid of the part of an axis that has weight; `values` are those of the axis in all pairs."""
    middle = float(weight @ values)
    reach = max(REACH * float(np.sqrt(weight @ (values - middle) ** 2)), float(axis[1] - axis[0]))
    return np.linspace(max(middle - reach, ends[0]), min(middle + reach, ends[1]), GRID)


@dataclass(frozen=True)
class _Model:
    """Beta-binomial counts, with flat priors of the mean and of 1/M, M being what the rate of all is worth in reviews.

    Flat in 1/√M, the intervals covered only 92% at 5 and 10 reviews each: too often, agents came out as all alike.

    Parameters
    ----------
    hits, n : ndarray, shape (groups,)
    """

    hits: Array
    n: Array

    def weighted(self, logit: Array, spread: Array) -> tuple[tuple[Array, Array], Array]:
        """Return all pairs of a mean, as a logit, and a spread, and the weight of each, shape (pairs,)."""
        pairs = tuple(part.ravel() for part in np.meshgrid(logit, spread, indexing="ij"))
        (a, b), mean, size = self.after(*pairs), special.expit(pairs[0]), 1 / pairs[1] ** 2
        before = special.betaln(mean * size, (1 - mean) * size)
        evidence = (special.betaln(a, b) - before[:, None]).sum(1)
        evidence += np.log(mean * (1 - mean)) + np.log(pairs[1])  # what makes the priors flat on these axes
        weight = np.exp(evidence - evidence.max())
        return (pairs[0], pairs[1]), weight / weight.sum()

    def after(self, logit: Array, spread: Array) -> tuple[Array, Array]:
        """Return the two counts of each group's beta distribution, of shape (pairs, groups)."""
        mean, size = special.expit(logit), 1 / spread**2
        return (mean * size)[:, None] + self.hits, ((1 - mean) * size)[:, None] + self.n - self.hits
