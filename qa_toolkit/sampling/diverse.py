"""Picking conversations that are unlike all others, to find kinds of problem that nobody thought of.

They are picked and not drawn: there is no probability with which a conversation is picked, so none can be in an
estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling.frames import Counts

Matrix = npt.NDArray[np.float32]
Vectors = npt.NDArray[Any] | Callable[[Sequence[str]], npt.NDArray[Any]]
BLOCK: Final = 64
DIGITS: Final = 5  # similarities that differ by less are ties, so that every machine picks the same


def unit_vectors(vectors: Vectors | None, ids: Sequence[str], rows: npt.NDArray[np.intp], n_rows: int) -> Matrix:
    """Return the vectors of the conversations that are picked from, each of length 1.

    Parameters
    ----------
    vectors : numpy.ndarray, shape (n_rows, dim), or callable, or None
        One row for each conversation of the frame that was given; or what returns one for each of the ids it is given.
    ids : sequence of str
        Of the conversations that are picked from.
    rows : numpy.ndarray of int
        Their places in the frame.
    n_rows : int
        Size of the frame.

    Raises
    ------
    SamplingError
        If there is not one vector of finite numbers for each.
    """
    if vectors is None:
        raise SamplingError("diverse needs vectors: an array with one row for each conversation, such as embeddings")
    found = vectors(ids) if callable(vectors) else np.asarray(vectors)
    wanted = len(ids) if callable(vectors) else n_rows
    if found.ndim != 2 or len(found) != wanted or not found.shape[1]:
        raise SamplingError(f"vectors have the shape {found.shape}; they must have one row for each of {wanted:,} rows")
    own = np.asarray(found if callable(vectors) else found[rows], dtype=np.float32)
    if not np.isfinite(own).all():
        raise SamplingError("vectors hold what is no finite number; embed these conversations again")
    length = np.linalg.norm(own, axis=1, keepdims=True)
    return np.asarray(np.divide(own, length, out=np.zeros_like(own), where=length > 0))


def farthest_first(
    vectors: Matrix, start: npt.NDArray[np.intp], numbers: Counts, n: int
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float64]]:
    """Pick, one after the other, what is least like all that is there (Gonzalez 1985; "k-center").

    Parameters
    ----------
    vectors : numpy.ndarray, shape (N, dim)
        Of length 1.
    start : numpy.ndarray of int
        What is there already. If nothing is, the first is the one with the smallest number.
    numbers : numpy.ndarray of int, shape (N,)
        Random numbers, which decide among the equally far.
    n : int
        How many; at most N less those there.

    Returns
    -------
    rows : numpy.ndarray of int, shape (n,)
        In the order in which they were picked.
    nearest : numpy.ndarray, shape (n,)
        The cosine of each to the nearest of those before it; -1 for the first of all.
    """
    nearest = np.full(len(vectors), -1.0, dtype=np.float32)
    for first in range(0, len(start), BLOCK):
        some = vectors @ vectors[start[first : first + BLOCK]].T
        np.maximum(nearest, some.max(axis=1), out=nearest)
    nearest = np.round(nearest, DIGITS)
    open_ = np.ones(len(vectors), dtype=bool)
    open_[start] = False
    rows, cosines = np.empty(n, dtype=np.intp), np.empty(n)
    for place in range(n):
        least = np.where(open_, nearest, np.inf)
        ties = np.flatnonzero(least == least.min())
        row = ties[np.argmin(numbers[ties])]
        rows[place], cosines[place], open_[row] = row, nearest[row], False
        np.maximum(nearest, np.round(vectors @ vectors[row], DIGITS), out=nearest)
    return rows, cosines
