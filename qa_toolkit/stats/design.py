"""How reviewed conversations were drawn, and what each adds to each group: the ground of every variance."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from qa_toolkit.stats.codes import Codes, add_up, observed

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Design:
    """How the reviewed conversations were drawn.

    Parameters
    ----------
    weights : ndarray, shape (n,)
        How many conversations of the frame each stands for.
    strata : ndarray of int64, shape (n,)
        Number of the stratum, from 0.
    clusters : ndarray of int64, shape (n,), optional
        Number of the cluster, from 0. Conversations of one cluster are alike; those of two are independent.
    """

    weights: Array
    strata: Codes
    clusters: Codes | None = None

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

    def known(self) -> Cells:
        """Return the cells that have something to say."""
        known = self.bottom > 0
        return Cells(self.group[known], self.unit[known], self.top[known], self.bottom[known], self.groups)

    def sums(self, values: Array) -> Array:
        """Add `values`, one for each cell, up by group: shape (groups,)."""
        return add_up(self.group, values, self.groups)


@dataclass(frozen=True)
class Parts:
    """The linearised parts of estimates, one for each pair of a group and an independent unit of the design.

    Parameters
    ----------
    group : ndarray of int64, shape (parts,)
    stratum : ndarray of int64, shape (parts,)
    value : ndarray, shape (parts, estimates)
        Of one or more estimates of each group.
    chance : ndarray, shape (parts,)
        How much of the unit's part is chance: 1, or 1 - probability where the frame is finite.
    inside : ndarray of bool, shape (parts,)
        Whether the unit has something to say about the group.
    sizes, whole : ndarray, shape (strata,)
        How many units each stratum has, and the sum of their `chance`.
    groups : int
    """

    group: Codes
    stratum: Codes
    value: Array
    chance: Array
    inside: npt.NDArray[np.bool_]
    sizes: Codes
    whole: Array
    groups: int

    @classmethod
    def of(cls, cells: Cells, value: Array, design: Design, finite: bool) -> Parts:
        """Make the parts of `cells` from the `value`, shape (cells, estimates), of each."""
        inside = cells.bottom > 0
        if design.clusters is None:
            chance = np.clip(1 - 1 / design.weights, 0, 1) if finite else np.ones(len(design.weights))
            whole = add_up(design.strata, chance, len(design.sizes))
            stratum, chance = design.strata[cells.unit], chance[cells.unit]
            return cls(cells.group, stratum, value, chance, inside, design.sizes, whole, cells.groups)
        if finite:
            raise ValueError(
                "clusters are about the practice that conversations come from, and finite=True is about exactly these "
                "conversations; leave one of them out"
            )
        strata = joined_strata(design.strata, design.clusters)
        sizes = np.bincount(strata)
        part, first = observed(cells.group * len(strata) + design.clusters[cells.unit], cells.groups * len(strata))
        value = np.column_stack([add_up(part, column, len(first)) for column in value.T])
        stratum, inside = strata[design.clusters[cells.unit[first]]], add_up(part, inside, len(first)) > 0
        return cls(
            cells.group[first], stratum, value, np.ones(len(first)), inside, sizes, sizes.astype(float), cells.groups
        )

    def covariances(self) -> Array:
        """Return the covariance of each group's estimates, shape (groups, estimates, estimates).

        Within a stratum, what a unit adds is held against the mean of the stratum, both weighted by `chance`; a
        stratum of one unit is held against the mean of all, which is 0.

        References
        ----------
        Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, 5.6 to 5.8; for `chance`, Hájek's estimator
        in Matei and Tillé (2005), Journal of Official Statistics 21, 543-570.
        """
        pair, first = self._pairs
        group, n, whole = self.group[first], self.sizes[self.stratum[first]], self.whole[self.stratum[first]]
        number = self.value.shape[1]
        out = np.zeros((self.groups, number, number))
        sums = [add_up(pair, self.chance * column, len(first)) for column in self.value.T]
        for i in range(number):
            for j in range(i, number):
                products = add_up(pair, self.chance * self.value[:, i] * self.value[:, j], len(first))
                mean = np.divide(sums[i] * sums[j], whole, out=np.zeros(len(first)), where=whole > 0)
                spread = np.where(n == 1, products, (products - mean) * n / np.maximum(n - 1, 1))
                out[:, i, j] = out[:, j, i] = add_up(group, spread, self.groups)
        return out

    def counts(self) -> tuple[Array, Array, Array]:
        """Return, of each group, how many units are inside, how many are in the strata that it touches, and these."""
        pair, first = self._pairs
        touched = add_up(pair, self.inside, len(first)) > 0
        group, beside = self.group[first], self.sizes[self.stratum[first]] * touched
        inside = add_up(self.group, self.inside, self.groups)
        return inside, add_up(group, beside, self.groups), add_up(group, touched, self.groups)

    @cached_property
    def _pairs(self) -> tuple[Codes, Codes]:
        strata = len(self.sizes)
        return observed(self.group * strata + self.stratum, self.groups * strata)


def joined_strata(strata: Codes, clusters: Codes) -> Codes:
    """Return the stratum of each cluster, from 0, such that clusters are whole.

    Strata that share a cluster are taken as one, because what they tell is not independent. Strata that then have only
    one cluster are taken together, because one cluster shows no spread.

    Parameters
    ----------
    strata, clusters : ndarray of int64, shape (n,)
        Of each conversation.
    """
    number, units = int(strata.max(initial=0)) + 1, int(clusters.max(initial=-1)) + 1
    links = coo_array((np.ones(len(strata)), (strata, number + clusters)), shape=(number + units, number + units))
    _, component = connected_components(links, directed=False)
    joined = component[number:].astype(np.int64)
    lonely = np.bincount(joined)[joined] == 1
    joined[lonely] = number + units
    return observed(joined, number + units + 1)[0]
