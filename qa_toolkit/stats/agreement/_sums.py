"""Sums that coefficients are made of, by cluster, and clusters drawn again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

Array = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
DRAWS_AT_ONCE = 4_000_000  # numbers of a block of replicates, 32 MB
COST_OF_A_BINOMIAL: Final = 12  # draws of single clusters that take as long as the number of one kind


@dataclass(frozen=True)
class Sums:
    """What clusters add to the sums of a coefficient.

    Parameters
    ----------
    each : ndarray, shape (kinds, columns)
        What a cluster of each kind adds; clusters that add alike are of one kind.
    times : ndarray of int, shape (kinds,)
        How many clusters are of each kind.
    """

    each: Array
    times: Whole

    @property
    def clusters(self) -> int:
        """How many clusters there are."""
        return int(self.times.sum())

    def total(self) -> Array:
        """Return the sums over all clusters, shape (columns,)."""
        return np.asarray(self.times @ self.each, dtype=float)

    def again(self, replicates: int, seed: int) -> Array:
        """Return the sums of as many clusters drawn with replacement, shape (replicates, columns)."""
        kinds, k = len(self.times), self.clusters
        rng = np.random.default_rng(seed)
        single = kinds * COST_OF_A_BINOMIAL >= k  # nearly every cluster is of its own kind: count single draws
        kind = np.repeat(np.arange(kinds), self.times) if single else None
        size = max(1, DRAWS_AT_ONCE // (k if single else kinds))
        drawn = []
        for start in range(0, replicates, size):
            block = min(size, replicates - start)
            if kind is None:
                times = rng.multinomial(k, self.times / k, block)
            else:
                places = kind[rng.integers(k, size=(block, k))] + np.arange(block)[:, None] * kinds
                times = np.bincount(places.ravel(), minlength=block * kinds).reshape(block, kinds)
            drawn.append(times @ self.each)
        return np.concatenate(drawn)


def how_many(ids: Whole) -> int:
    """Return how many different numbers from 0 on there are."""
    return int(np.count_nonzero(np.bincount(ids)))


def sums_of(rows: Whole, adds: Callable[[Whole], Array], clusters: npt.ArrayLike | None = None) -> Sums:
    """Add up units by cluster.

    Parameters
    ----------
    rows : ndarray of int, shape (units, fields)
        Units with equal rows add alike.
    adds : callable
        From distinct rows to what a unit of each adds, shape (distinct, columns).
    clusters : array_like, shape (units,), optional
        Units of one cluster are drawn together; each unit by itself with none.
    """
    distinct, at, times = _alike(rows)
    each = adds(distinct)
    if clusters is None:
        return Sums(each, times)
    ids, names = pd.factorize(np.asarray(clusters), sort=True)
    if len(names) == len(rows):
        return Sums(each, times)
    joined = sparse.csr_array((np.ones(len(rows)), (ids, at)), shape=(len(names), len(distinct)))
    return Sums(np.asarray(joined @ each, dtype=float), np.ones(len(names), dtype=np.int64))


def _alike(rows: Whole) -> tuple[Whole, Whole, Whole]:
    """Return the distinct rows in order, which of them each row is, and how often each occurs."""
    if not rows.size:
        return rows, np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=np.int64)
    bases = [int(top) + 1 for top in rows.max(0)]
    if np.prod(np.array(bases, dtype=float)) > 2**62:  # too many possible rows for one whole number
        distinct, at, times = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
        return distinct, at.reshape(-1), times
    key = np.zeros(len(rows), dtype=np.int64)
    for column, base in zip(rows.T, bases, strict=True):
        key = key * base + column
    at, found = pd.factorize(key)
    order = np.argsort(found)
    place = np.empty_like(order)
    place[order] = np.arange(len(order))
    at = place[at]
    first = np.empty(len(found), dtype=np.int64)
    first[at[::-1]] = np.arange(len(rows))[::-1]
    return rows[first], at, np.bincount(at, minlength=len(found))
