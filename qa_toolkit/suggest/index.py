"""Search over vectors, and the one way in which rows are put in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from qa_toolkit.errors import EncoderError

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
# What a row must be like, as a database is asked for it: column, operator (=, !=, <, >=, in, not in, holds, lacks,
# empty), value.
Condition = tuple[str, str, Any]
# Where a filter leaves less than this share of the rows, it is faster to copy their vectors than to look at all.
FEW: Final = 0.05


LEAST: Final = 50  # rows: what fewer have in common is mostly what each of them says


@dataclass(frozen=True)
class Part:
    """Rows that may be suggested: which they are, and how a database is asked for just these."""

    mask: Mask
    where: tuple[Condition, ...] = ()


class Index(Protocol):
    """What searches vectors of length 1, one for each row. Whatever it is inside, these answer alike."""

    def search(self, query: Scores, part: Part, n: int) -> Rows:
        """Return the `n` rows of `part` with the highest cosine, best first; equal ones by row."""

    def scores(self, query: Scores, rows: Rows) -> Scores:
        """Return the cosine of `query` (shape (dim,)) with each of `rows`, to six decimals."""

    def vectors(self, rows: Rows) -> Scores:
        """Return the vectors of `rows`, shape (len(rows), dim)."""

    def mean(self) -> Scores:
        """Return what the vectors have in common, shape (dim,), of all or of many of them; see `common`."""

    def add(self, vectors: Scores) -> None:
        """Add vectors, as the rows after the last one."""


class DenseIndex:
    """Vectors in memory; a search looks at all of them (15 ms for 100,000 of 384 dimensions).

    Parameters
    ----------
    vectors : numpy.ndarray of float32, shape (n, dim)
        Of length 1, so that the inner product is the cosine.
    """

    def __init__(self, vectors: Scores) -> None:
        # What is added later stays apart: to copy all vectors for one takes longer than to search them.
        self._parts = [np.ascontiguousarray(vectors, dtype=np.float32)]

    def search(self, query: Scores, part: Part, n: int) -> Rows:
        """Return the `n` rows of `part` with the highest cosine, best first; equal ones by row."""
        mask = part.mask
        rows = np.flatnonzero(mask)
        if len(rows) < FEW * len(mask):
            return rows[best(self.scores(query, rows), n)]
        found = np.concatenate([cosines(part, query) for part in self._parts])
        return best(found, n) if len(rows) == len(mask) else rows[best(found[rows], n)]

    def scores(self, query: Scores, rows: Rows) -> Scores:
        """Return the cosine of `query` (shape (dim,)) with each of `rows`, to six decimals."""
        return cosines(self.vectors(rows), query)

    def vectors(self, rows: Rows) -> Scores:
        """Return the vectors of `rows`, shape (len(rows), dim)."""
        return gathered(self._parts, rows)

    def mean(self) -> Scores:
        """Return the mean of all vectors."""
        return common(*self._parts)

    def add(self, vectors: Scores) -> None:
        """Add vectors, as the rows after the last one."""
        parts = [part for part in (*self._parts[1:], vectors.astype(np.float32)) if len(part)]
        first = [part for part in self._parts[:1] if len(part)]
        self._parts = [*first, *([np.concatenate(parts)] if parts else [])] or self._parts

    def __repr__(self) -> str:
        return f"exact: all of {sum(map(len, self._parts)):,} rows are compared"


def common(*parts: Scores) -> Scores:
    """Return what the vectors of parts have in common, shape (dim,): their mean; 0 where there are fewer than 50."""
    n = sum(map(len, parts))
    if n < LEAST:
        return np.zeros(parts[0].shape[1:], dtype=np.float32)
    total = sum(part.sum(axis=0, dtype=np.float64) for part in parts)
    # Rounded, so that it does not matter in which parts the rows come.
    return np.asarray(np.round(total / n, 6), dtype=np.float32)


def gathered(parts: Sequence[npt.NDArray[np.floating]], rows: Rows) -> Scores:
    """Return the vectors of `rows` out of parts that follow one another, in single precision."""
    if len(parts) == 1:
        return np.asarray(parts[0][rows], dtype=np.float32)
    out = np.empty((len(rows), parts[0].shape[1]), dtype=np.float32)
    start = 0
    for part in parts:
        here = (rows >= start) & (rows < start + len(part))
        out[here] = part[rows[here] - start]
        start += len(part)
    return out


def cosines(vectors: Scores, query: Scores) -> Scores:
    """Return the cosine of `query` (shape (dim,)) with each vector of length 1, to six decimals.

    Raises
    ------
    EncoderError
        If they do not have the same length.
    """
    if query.shape != vectors.shape[1:]:
        raise EncoderError(
            f"the query has {query.size} numbers, the vectors of the exemplars {vectors.shape[1]}: they are of two "
            "models, so build the suggester anew with the encoder that you search with"
        )
    # The rounding makes equal rows equal: the last bits depend on where a row stands in the matrix.
    return np.asarray(np.round(vectors @ query, 6), dtype=np.float32)


def best(scores: npt.NDArray[np.floating], n: int) -> Rows:
    """Return the positions of the `n` highest scores, highest first; equal ones in their order."""
    kept = np.arange(len(scores))
    if n < len(scores):
        least = np.partition(scores, len(scores) - n)[len(scores) - n]
        kept = np.flatnonzero(scores >= least)  # more than n where some are equal
    return kept[np.argsort(-scores[kept], kind="stable")][:n]
