"""Vectors of exemplars that a PostgreSQL with pgvector searches; what it gives is put in order here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from qa_toolkit.store.exemplar_search import ExemplarSet
from qa_toolkit.store.exemplars import ExemplarStore
from qa_toolkit.suggest.encoders import unit
from qa_toolkit.suggest.index import LEAST, Part, Rows, Scores, best, cosines

# Up to so many allowed rows the server compares all, which takes some milliseconds, and none is missed.
FEW: Final = 20_000
MORE: Final = 100  # rows beyond those asked for, so that rounding does not decide which are among them
KEPT: Final = 20_000  # vectors that are kept in memory, so that what was found is not fetched again
Lost = Callable[[Rows], Scores]


class ServerIndex:
    """Vectors on a server, one for each row; a search fetches the nearest ones and puts them in order.

    Parameters
    ----------
    store : ExemplarStore
    found : ExemplarSet
    side : str
        ``"situation"`` or ``"answer"``.
    ids : sequence of str
        Of the exemplars, by row.
    elsewhere : numpy.ndarray of int64
        Rows that the server does not have, or has otherwise; they are searched here.
    lost : callable
        Makes the vectors of rows that the server does not have.
    """

    def __init__(
        self, store: ExemplarStore, found: ExemplarSet, side: str, ids: Sequence[str], elsewhere: Rows, lost: Lost
    ) -> None:
        self._store, self._set, self._side, self._lost = store, found, side, lost
        self._ids = np.array(ids, dtype=object)
        self._row_of = {one: row for row, one in enumerate(ids)}
        self._n = len(ids)
        for row in elsewhere.tolist():
            del self._row_of[ids[row]]
        self._here, self._own = elsewhere, lost(elsewhere) if len(elsewhere) else np.zeros((0, found.dim), np.float32)
        self._held: dict[int, Scores] = {}
        self._mean: Scores | None = None

    def __repr__(self) -> str:
        rows = f"{self._n:,} rows"
        own = f"; {len(self._here):,} of them in memory" if len(self._here) else ""
        if self._set.looked is None:
            return f"exact (pgvector): all of {rows} are compared{own}"
        return (
            f"approximate (pgvector, HNSW): {rows}, {100 * (self._set.recall or 0):.1f}% of the ten nearest ones are "
            f"found; where a filter leaves {FEW:,} or fewer, all of them are compared{own}"
        )

    def search(self, query: Scores, part: Part, n: int) -> Rows:
        """Return about the `n` rows of `part` with the highest cosine, best first; equal ones by row."""
        if query.shape != (self._set.dim,):
            cosines(self._own, query)  # says what is wrong
        rows = np.concatenate([self._there(query, part, n), self._here[part.mask[self._here]]])
        rows.sort()
        return rows[best(self.scores(query, rows), n)]

    def scores(self, query: Scores, rows: Rows) -> Scores:
        """Return the cosine of `query` (shape (dim,)) with each of `rows`, to six decimals."""
        return cosines(self.vectors(rows), query)

    def vectors(self, rows: Rows) -> Scores:
        """Return the vectors of `rows`, shape (len(rows), dim)."""
        out = np.empty((len(rows), self._set.dim), dtype=np.float32)
        here = np.isin(rows, self._here)
        places = {row: at for at, row in enumerate(self._here.tolist())}
        out[here] = self._own[[places[row] for row in rows[here].tolist()]]
        held = self._held  # another search may begin with an empty one meanwhile
        fetched = self._fetch([row for row in rows[~here].tolist() if row not in held])
        for at in np.flatnonzero(~here).tolist():
            row = int(rows[at])
            out[at] = fetched[row] if row in fetched else held[row]
        return out

    def mean(self) -> Scores:
        """Return what all vectors have in common; see `common`."""
        if self._n < LEAST:
            return np.zeros(self._set.dim, dtype=np.float32)
        if self._mean is None:
            self._mean = self._store.mean(self._set, self._side)
        n = self._n - len(self._here)
        total = self._mean * n + (self._own.sum(axis=0) if len(self._own) else 0)
        return np.asarray(np.round(total / self._n, 6), dtype=np.float32)

    def add(self, vectors: Scores) -> None:
        """Add vectors, as the rows after the last one; they are searched here."""
        self._here = np.concatenate([self._here, np.arange(self._n, self._n + len(vectors))])
        self._own = np.concatenate([self._own, vectors.astype(np.float32)])
        self._n += len(vectors)

    def _there(self, query: Scores, part: Part, n: int) -> Rows:
        """Return the nearest rows that the server has, in any order, and keep their vectors."""
        allowed, inside = int(np.count_nonzero(part.mask)), self._n - len(self._here)
        if not query.any():  # like nothing, so all are alike; no index finds them
            return np.flatnonzero(part.mask & ~np.isin(np.arange(self._n), self._here))[:n]
        exact, limit = self._set.looked is None or allowed <= FEW, n + MORE
        while allowed and inside:
            ids, sent = self._store.nearest(self._set, self._side, query, part.where, limit, exact=exact)
            rows = np.array([self._row_of.get(one, -1) for one in ids], dtype=np.int64)
            # What was put there since by who has read more of the log is not ours to suggest.
            ours = rows >= 0
            ours[ours] = part.mask[rows[ours]]
            if ours.sum() >= min(n, allowed) or len(ids) < limit:
                self._keep(dict(zip(rows[ours].tolist(), unit(sent[ours]), strict=True)))
                return rows[ours]
            limit *= 4
        return np.zeros(0, dtype=np.int64)

    def _fetch(self, rows: Sequence[int]) -> dict[int, Scores]:
        """Return the vectors of rows that are not kept, and keep them."""
        if not rows:
            return {}
        found = self._store.vectors(self._set, self._side, [str(self._ids[row]) for row in rows])
        known = [row for row in rows if self._ids[row] in found]
        out = dict(zip(known, unit(np.stack([found[self._ids[row]] for row in known])), strict=True)) if known else {}
        gone = [row for row in rows if self._ids[row] not in found]
        if gone:
            out |= zip(gone, self._lost(np.array(gone, dtype=np.int64)), strict=True)
        self._keep(out)
        return out

    def _keep(self, vectors: dict[int, Scores]) -> None:
        if len(self._held) > KEPT:
            self._held = {}
        self._held.update(vectors)
