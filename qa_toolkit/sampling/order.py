"""Order sampling with permanent random numbers, and the probabilities that it gives.

With u the random number of a conversation and x its measure of size, the n conversations of a stratum with the
smallest q = u / (1 - u) / x are drawn. This is Pareto sampling (Rosén 1997) with the odds of inclusion proportional to
x: pi = t x / (1 + t x), with t such that pi sums to n. As q does not depend on n, a larger sample holds every smaller
one. Where x is the same for all, it is simple random sampling and pi = n / N.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from qa_toolkit.sampling.frames import Counts, Floats

LARGEST: Final = 2**63 - 1  # 63 bits fit int64
STEPS: Final = 100


def random_numbers(seed: str, ids: Sequence[str]) -> Counts:
    """Return the permanent random number of each id, shape (N,): 63 bits of the blake2b hash of ``seed|id``."""
    blake2b, head = hashlib.blake2b, f"{seed}|"
    digests = b"".join(blake2b((head + found).encode(), digest_size=8).digest() for found in ids)
    return (np.frombuffer(digests, dtype=">u8") >> np.uint64(1)).astype(np.int64)


def uniform(numbers: Counts) -> Floats:
    """Return random numbers as they lie in (0, 1)."""
    return np.asarray((numbers + 0.5) / (LARGEST + 1.0))


def ranking(numbers: Counts, measure: Floats, codes: Counts) -> tuple[npt.NDArray[np.intp], Counts]:
    """Return the order in which the conversations of each stratum are drawn.

    Parameters
    ----------
    numbers : numpy.ndarray of int, shape (N,)
    measure : numpy.ndarray, shape (N,)
        Above 0.
    codes : numpy.ndarray of int, shape (N,)
        The stratum of each.

    Returns
    -------
    order : numpy.ndarray of int, shape (N,)
        Indices, by stratum and within it in the order of the draw.
    rank : numpy.ndarray of int, shape (N,)
        The place of each conversation within its stratum, from 0.
    """
    q = (numbers + 0.5) / ((LARGEST - numbers) + 0.5) / measure
    order = np.lexsort((numbers, q, codes))
    sizes = np.bincount(codes)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return order, rank


def inclusion_probabilities(measure: Floats, codes: Counts, shares: Counts) -> Floats:
    """Return the probability with which each conversation is drawn.

    Parameters
    ----------
    measure : numpy.ndarray, shape (N,)
        Above 0.
    codes : numpy.ndarray of int, shape (N,)
        The stratum of each.
    shares : numpy.ndarray of int, shape (H,)
        How many are drawn from each stratum: at least one, at most its size.

    Returns
    -------
    numpy.ndarray, shape (N,)
        In (0, 1]; they sum to the share of each stratum.
    """
    sizes = np.bincount(codes, minlength=len(shares))
    fraction = shares / sizes
    logs = np.log(measure)
    low, high = np.full(len(shares), np.inf), np.full(len(shares), -np.inf)
    np.minimum.at(low, codes, logs)
    np.maximum.at(high, codes, logs)
    unequal = (low < high) & (shares < sizes)
    if not unequal.any():
        return np.asarray(fraction[codes])
    inner = np.flatnonzero(unequal[codes])
    found = np.asarray(fraction[codes])
    found[inner] = _solve(logs[inner], codes[inner], shares, np.where(unequal, fraction, 0.5), low, high)
    return found


def _solve(logs: Floats, codes: Counts, shares: Counts, fraction: Floats, low: Floats, high: Floats) -> Floats:
    """Find log t of each stratum by Newton's steps, kept within a bracket that a bisection narrows."""
    middle = np.log(fraction / (1 - fraction))
    bottom, top = middle - high, middle - low
    log_t = middle - np.bincount(codes, logs, len(shares)) / np.maximum(np.bincount(codes, minlength=len(shares)), 1)
    there = np.bincount(codes, minlength=len(shares)) > 0
    bottom, top, log_t = (np.where(there, value, 0.0) for value in (bottom, top, log_t))
    pi = np.empty_like(logs)
    for _ in range(STEPS):
        pi = 1 / (1 + np.exp(-(log_t[codes] + logs)))
        excess = np.where(there, np.bincount(codes, pi, len(shares)) - shares, 0.0)
        if (np.abs(excess) <= 1e-11 * shares).all():
            break
        bottom, top = np.where(excess < 0, log_t, bottom), np.where(excess > 0, log_t, top)
        slope = np.bincount(codes, pi * (1 - pi), len(shares))
        step = log_t - excess / np.where(slope > 0, slope, 1.0)
        log_t = np.where((bottom < step) & (step < top) & (slope > 0), step, (bottom + top) / 2)
    return pi
