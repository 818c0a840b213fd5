"""How many are drawn from each stratum, so that a larger sample takes none away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling.frames import OTHERS, Counts, Floats, Strata

ALLOCATIONS: Final = ("proportional", "equal", "neyman")


def allocate(sizes: Counts, weights: Floats, total: int) -> Counts:
    """Share `total` among strata: one each, then by the divisors 1, 3, 5, ... of Sainte-Laguë.

    The k-th seat of a stratum has the claim weight / (2 k - 1), and the largest claims are met. They do not depend on
    `total`, so more seats leave everybody what they had (Balinski and Young 2001, "Fair representation", on house
    monotony), which rounding by largest remainders does not.

    Parameters
    ----------
    sizes : numpy.ndarray of int, shape (H,)
        The most that a stratum can give.
    weights : numpy.ndarray, shape (H,)
        Not negative; shares are proportional to them, as far as sizes and the first seats allow.
    total : int
        From H to the sum of sizes.

    Returns
    -------
    numpy.ndarray of int, shape (H,)
        1 <= share <= size; they sum to `total`.
    """
    codes = np.repeat(np.arange(len(sizes)), sizes)
    seat = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    claims = np.where(seat == 0, np.inf, weights[codes] / (2 * seat + 1))
    # Of equal claims the earlier seats go first, so that strata without a weight fill alike.
    first = np.lexsort((codes, seat, -claims))[:total]
    return np.bincount(codes[first], minlength=len(sizes))


def allocation_weights(strata: Strata, allocation: str, spread: Mapping[str, float] | None) -> Floats:
    """Return what the shares of strata are proportional to: N_h, 1, or N_h S_h (Neyman 1934).

    Raises
    ------
    SamplingError
        If Neyman's allocation has no spread for a stratum.
    """
    sizes = strata.sizes.astype(np.float64)
    if allocation == "equal":
        return np.ones(len(sizes))
    if allocation == "proportional":
        return sizes
    known = spread or {}
    missing = [label for label in strata.labels if label not in known]
    if missing:
        raise SamplingError(
            f"spread has no value for the stratum {missing[0]!r} ({len(missing)} in all); allocation='neyman' needs "
            "the standard deviation within each stratum"
        )
    return np.asarray(sizes * [known[label] for label in strata.labels])


def pool(strata: Strata, total: int) -> tuple[Strata, tuple[str, ...]]:
    """Put the smallest strata together where there are more than `total`, so that every conversation keeps a chance.

    Returns
    -------
    Strata
        At most `total` strata.
    tuple of str
        The labels of those that were put together, sorted.
    """
    surplus = len(strata.labels) - total
    if surplus <= 0:
        return strata, ()
    small = np.argsort(strata.sizes, kind="stable")[: surplus + 1]
    pooled = sorted(strata.labels[i] for i in small)
    kept = [label for i, label in enumerate(strata.labels) if i not in set(small.tolist())]
    others = OTHERS
    while others in kept:
        others += "+"
    labels = sorted([*kept, others])
    place = {label: i for i, label in enumerate(labels)}
    new = np.array([place.get(label, place[others]) for label in strata.labels], dtype=np.int64)
    new[small] = place[others]
    return Strata(tuple(labels), new[strata.codes]), tuple(pooled)
