"""Search over vectors, and the one way in which rows are put in order."""

from __future__ import annotations

from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from qa_toolkit.errors import EncoderError

Mask = npt.NDArray[np.bool_]
Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
# Where a filter leaves less than this share of the rows, it is faster to copy their vectors than to look at all.
FEW: Final = 0.05


class Index(Protocol):
    """What searches vectors of length 1, one for each row. Whatever it is inside, these answer alike."""

    def search(self, query: Scores, mask: Mask, n: int) -> Rows:
        """Return the `n` rows that `mask` allows with the highest cosine, best first; equal ones by row."""

    def scores(self, query: Scores, rows: Rows) -> Scores:
        """Return the cosine of `query` (shape (dim,)) with each of `rows`, to six decimals."""

    def vectors(self, rows: Rows) -> Scores:
        """Return the vectors of `rows`, shape (len(rows), dim)."""


class DenseIndex:
    """Vectors in memory; a search looks at all of them (15 ms for 100,000 of 384 dimensions).

    Parameters
    ----------
    vectors : numpy.ndarray of float32, shape (n, dim)
        Of length 1, so that the inner product is the cosine.
    """

    def __init__(self, vectors: Scores) -> None:
        self._vectors = np.ascontiguousarray(vectors, dtype=np.float32)

    def search(self, query: Scores, mask: Mask, n: int) -> Rows:
        """Return the `n` rows that `mask` allows with the highest cosine, best first; equal ones by row."""
        rows = np.flatnonzero(mask)
        if len(rows) < FEW * len(mask):
            return rows[best(self.scores(query, rows), n)]
        cosines = self._cosines(self._vectors, query)
        return best(cosines, n) if len(rows) == len(mask) else rows[best(cosines[rows], n)]

    def scores(self, query: Scores, rows: Rows) -> Scores:
        """Return the cosine of `query` (shape (dim,)) with each of `rows`, to six decimals."""
        return self._cosines(self._vectors[rows], query)

    def vectors(self, rows: Rows) -> Scores:
        """Return the vectors of `rows`, shape (len(rows), dim)."""
        return self._vectors[rows]

    def _cosines(self, vectors: Scores, query: Scores) -> Scores:
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
