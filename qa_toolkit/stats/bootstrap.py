"""The rescaled bootstrap of Rao and Wu: intervals of means where no closed formula is at home."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from qa_toolkit.stats.codes import Codes, observed
from qa_toolkit.stats.design import Array, Cells, Design, joined_strata

AT_ONCE = 2_000_000  # counts that are held in memory: 16 MB
LEAST = 2  # units of a stratum that show a spread


@dataclass(frozen=True)
class Bootstrap:
    """Redraws the independent units of a design: n - 1 of the n of each stratum, with replacement.

    Each drawn one counts n / (n - 1), so that the spread of the replicates is the variance of the design. Strata of
    one unit are redrawn together; a single such stratum goes with the smallest other.

    Parameters
    ----------
    design : Design
    replicates, seed : int

    References
    ----------
    Rao, Wu (1988), JASA 83, 231-241. Rao, Wu, Yue (1992), Survey Methodology 18, 209-217.
    """

    design: Design
    replicates: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if self.replicates < 1:
            raise ValueError(f"replicates is {self.replicates}; it must be a whole number from 1 on, such as 1000")

    def means(self, cells: Cells) -> Array:
        """Return Σ w top / Σ w bottom of each group in each replicate, shape (replicates, groups).

        Missing where a replicate drew nothing of a group, and everywhere where there is one unit only.
        """
        of, strata = self._units()
        out = np.full((self.replicates, cells.groups), np.nan)
        if len(strata) < LEAST:
            return out
        weights = self.design.weights[cells.unit]
        columns = np.concatenate([cells.group, cells.groups + cells.group])
        values = np.concatenate([weights * cells.top, weights * cells.bottom])
        rows = np.tile(of[cells.unit], 2)
        sums = sparse.csr_array((values, (columns, rows)), shape=(2 * cells.groups, len(strata)))
        done = 0
        for counts in self._counts(strata):
            top, bottom = np.split((sums @ counts.T).T, 2, axis=1)
            np.divide(top, bottom, out=out[done : done + len(counts)], where=bottom > 0)
            done += len(counts)
        return out

    def _units(self) -> tuple[Codes, Codes]:
        """Return the unit of each conversation and the stratum of each unit, which has two units at least."""
        design = self.design
        if design.clusters is None:
            of, strata = np.arange(len(design.weights)), design.strata
        else:
            of, strata = design.clusters, joined_strata(design.strata, design.clusters)
        strata = observed(np.where(np.bincount(strata)[strata] == 1, strata.max(initial=0) + 1, strata), len(of) + 2)[0]
        sizes = np.bincount(strata)
        if len(sizes) > 1 and sizes.min() == 1:
            smallest = int(np.argsort(sizes, kind="stable")[1])
            strata = observed(np.where(strata == sizes.argmin(), smallest, strata), len(sizes))[0]
        return of, strata

    def _counts(self, strata: Codes) -> Iterator[Array]:
        """Draw how much each unit counts in some replicates at a time, shape (some, units)."""
        rng = np.random.default_rng(self.seed)
        order, sizes = np.argsort(strata, kind="stable"), np.bincount(strata)
        size = np.repeat(sizes, sizes - 1)
        start = np.repeat(np.cumsum(sizes) - sizes, sizes - 1)
        factor = (sizes / (sizes - 1))[strata]
        some = max(1, AT_ONCE // len(strata))
        for done in range(0, self.replicates, some):
            number = min(some, self.replicates - done)
            counts = np.empty((number, len(strata)))
            for row in counts:
                drawn = order[start + (rng.random(len(size)) * size).astype(np.int64)]
                row[:] = np.bincount(drawn, minlength=len(strata)) * factor
            yield counts


def percentile_limits(replicates: Array, freedom: Array, level: float) -> tuple[Array, Array]:
    """Return the limits of each group between percentiles of its replicates, moved out as t is wider than normal.

    Parameters
    ----------
    replicates : ndarray, shape (replicates, groups)
    freedom : ndarray, shape (groups,)
        Degrees of freedom.
    level : float

    References
    ----------
    Hesterberg (2015), The American Statistician 69, 371-386: the expanded percentile interval.
    """
    tails = special.ndtr(special.stdtrit(np.maximum(freedom, 1.0), (1 - level) / 2))
    low, high = np.full(len(tails), np.nan), np.full(len(tails), np.nan)
    for group, tail in enumerate(tails):
        found = replicates[:, group]
        found = found[~np.isnan(found)]
        if len(found):
            low[group], high[group] = np.quantile(found, [tail, 1 - tail])
    return low, high
