"""Search among very many vectors: FAISS finds the candidates, the full vectors put them in order.

Nothing here imports faiss before it is needed: it is an optional part (``pip install "qa-toolkit[index]"``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qa_toolkit.errors import InvalidActError
from qa_toolkit.suggest.index import Mask, Part, Rows, Scores, best, common, cosines, gathered

Halves = npt.NDArray[np.float16]
# Up to so many allowed rows are all compared: that takes some milliseconds and misses none.
FEW: Final = 20_000
LEAST_RECALL: Final = 0.97
LEAST_PROBES: Final = 16  # cells, however few would do for situations that are among the rows
SAMPLE: Final = 200  # rows whose nearest ones are looked up to measure the recall
NEAREST: Final = 10
BLOCK: Final = 50_000  # rows that are turned into single precision at once: 77 MB
PER_CELL: Final = 64  # rows that k-means looks at for each cell
ROUNDS: Final = 10  # of k-means


def has_faiss() -> bool:
    """Return whether FAISS is installed."""
    return find_spec("faiss") is not None


@dataclass(frozen=True)
class Recall:
    """The share of the ten nearest rows that a search finds, on a sample of situations.

    Parameters
    ----------
    share : float
        0 to 1.
    n : int
        Situations of the sample.
    probes : int
        Cells that are looked at.
    """

    share: float
    n: int
    probes: int


class ApproximateIndex:
    """Vectors in half precision and, in one byte a number, in cells (FAISS, ``IVF,SQ8``); a search looks at some cells.

    What the cells give is put in order by the vectors in half precision. Where a filter leaves fewer rows, more cells
    are looked at; where it leaves 20,000 or fewer, all rows that it leaves are compared, and none is missed.

    Parameters
    ----------
    vectors : numpy.ndarray of float16, shape (n, dim)
        Of length 1; it may be mapped from a file.
    cells : faiss.IndexIVF
        Of the same rows.
    recall : Recall
        As measured; so many cells are looked at.

    Attributes
    ----------
    kept : numpy.ndarray of float16
        `vectors`, without what was added later; in the order of the rows, unless it was made by `placed`.

    References
    ----------
    Jegou, Douze and Schmid (2011), IEEE TPAMI 33, 117-128 (cells); Douze et al. (2024), arXiv 2401.08281 (FAISS).
    """

    def __init__(self, vectors: Halves, cells: Any, recall: Recall) -> None:
        self.kept, self.cells, self.recall = vectors, cells, recall
        self._later: list[Halves] = []
        self._places: Rows | None = None  # of the rows in `kept` and, after it, what was added; None: as they come

    @classmethod
    def built(cls, vectors: Halves, asked: Halves) -> ApproximateIndex:
        """Return the index over `vectors`, its cells found by k-means on a sample.

        So many cells are looked at that a recall of 0.97 is reached, measured with a sample of `asked` as queries:
        one vector for each row, whose own row does not count.
        """
        faiss = import_module("faiss")
        n, dim = vectors.shape
        n_cells = max(1, round(math.sqrt(n)))
        cells = faiss.index_factory(dim, f"IVF{n_cells},SQ8", faiss.METRIC_INNER_PRODUCT)
        cells.cp.niter, cells.cp.min_points_per_centroid = ROUNDS, 1
        rows = np.sort(np.random.default_rng(1).choice(n, min(n, n_cells * PER_CELL), replace=False))
        cells.train(vectors[rows].astype(np.float32))
        for start in range(0, n, BLOCK):
            cells.add(vectors[start : start + BLOCK].astype(np.float32))
        found = cls(vectors, cells, Recall(0.0, 0, 1))
        found.measure(lambda rows: asked[rows].astype(np.float32))
        return found

    def place(self, places: Rows, vectors: Scores) -> None:
        """Become the index of other rows, most of which are among these: nothing is trained anew.

        Parameters
        ----------
        places : numpy.ndarray of int, shape (m,)
            For each of the other rows, which one of these it is; each at most once. -1: none.
        vectors : numpy.ndarray, shape (number of -1, dim)
            Of those that are none.
        """
        known, new = np.flatnonzero(places >= 0), np.flatnonzero(places < 0)
        rows = np.full(len(self.kept), -1, dtype=np.int64)
        rows[places[known]] = known
        _renumber(self.cells, rows)
        self.cells.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), new)
        self._later, self._places = [vectors.astype(np.float16)], places.copy()
        self._places[new] = len(self.kept) + np.arange(len(new))

    def __len__(self) -> int:
        return len(self.kept) + sum(map(len, self._later)) if self._places is None else len(self._places)

    def __repr__(self) -> str:
        looked, found = f"{self.recall.probes} of {self.cells.nlist} cells", f"{100 * self.recall.share:.1f}%"
        return (
            f"approximate (FAISS): {len(self):,} rows, {looked} are looked at; {found} of the ten nearest rows "
            f"are found, measured with {self.recall.n} of the situations"
        )

    def search(self, query: Scores, part: Part, n: int) -> Rows:
        """Return about the `n` rows of `part` with the highest cosine, best first; equal ones by row."""
        mask = part.mask
        allowed = int(np.count_nonzero(mask))
        if allowed <= FEW or n >= allowed:
            rows = np.flatnonzero(mask)
        else:
            # As many cells as for all rows, more where a filter thins them out, and enough to hold n rows.
            cells, wanted = self.cells.nlist, 2 * (n + 100) / allowed
            probes = math.ceil(max(self.recall.probes * len(mask) / allowed, cells * wanted))
            rows = self._candidates(query, mask, n + 100, min(cells, probes))
            if len(rows) < n:
                rows = self._candidates(query, mask, n + 100, cells)
        return rows[best(self.scores(query, rows), n)]

    def scores(self, query: Scores, rows: Rows) -> Scores:
        """Return the cosine of `query` (shape (dim,)) with each of `rows`, to six decimals."""
        return cosines(self.vectors(rows), query)

    def vectors(self, rows: Rows) -> Scores:
        """Return the vectors of `rows`, shape (len(rows), dim)."""
        return gathered((self.kept, *self._later), rows if self._places is None else self._places[rows])

    def blocks(self) -> Iterator[Halves]:
        """Yield the vectors of all rows in their order, in half precision, some at a time."""
        for start in range(0, len(self), BLOCK):
            yield self.vectors(np.arange(start, min(start + BLOCK, len(self)))).astype(np.float16)

    def mean(self) -> Scores:
        """Return the mean of rows that are spread over all, about 50,000 of them."""
        return common(self.vectors(np.arange(0, len(self), max(1, len(self) // BLOCK))))

    def add(self, vectors: Scores) -> None:
        """Add vectors, as the rows after the last one.

        Raises
        ------
        InvalidActError
            If some were added to a copy of this index: both have the same cells.
        """
        if self.cells.ntotal != len(self):
            raise InvalidActError("exemplars were added to a suggester of the same index: add them to that one")
        rows = np.arange(len(self), len(self) + len(vectors))
        self.cells.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), rows)
        if self._places is not None:
            self._places = np.concatenate([self._places, len(self.kept) + len(self._later[0]) + rows - len(self)])
        self._later = [np.concatenate([*self._later, vectors.astype(np.float16)])]

    def _candidates(self, query: Scores, mask: Mask, n: int, probes: int) -> Rows:
        faiss = import_module("faiss")
        bits = np.packbits(mask, bitorder="little")
        chosen = None if mask.all() else faiss.IDSelectorBitmap(bits)
        settings = faiss.SearchParametersIVF(nprobe=probes, sel=chosen)
        _, found = self.cells.search(query[None].astype(np.float32), n, params=settings)
        return np.sort(found[0][(found[0] >= 0) & (found[0] < len(mask))])  # later ones are those of a copy

    def measure(self, asked: Callable[[Rows], Scores]) -> None:
        """Look at so many cells from now on that the recall is 0.97, as measured with what is asked at some rows."""
        n = len(self)
        rows = np.sort(np.random.default_rng(2).choice(n, min(n, SAMPLE), replace=False))
        queries = asked(rows)
        wanted, everything, probes = self._nearest(queries), np.ones(n, dtype=bool), min(LEAST_PROBES, self.cells.nlist)
        while True:
            found = [self._candidates(q, everything, NEAREST + 1 + 100, probes) for q in queries]
            near = [c[best(self.scores(q, c), NEAREST + 1)] for q, c in zip(queries, found, strict=True)]
            share = float(np.mean([_overlap(a, b, row) for a, b, row in zip(near, wanted, rows, strict=True)]))
            if share >= LEAST_RECALL or probes >= self.cells.nlist:
                self.recall = Recall(share, len(rows), probes)
                return
            probes = min(probes + probes // 2 + 1, self.cells.nlist)

    def _nearest(self, queries: Scores) -> Rows:
        """Return the rows that are nearest to each query, found by comparing all."""
        tops, scores = [], []
        for number, part in enumerate(self.blocks()):
            block = np.round(queries @ part.astype(np.float32).T, 6)
            top = np.argsort(-block, axis=1, kind="stable")[:, : NEAREST + 1]
            tops.append(top + number * BLOCK)
            scores.append(np.take_along_axis(block, top, axis=1))
        order = np.argsort(-np.concatenate(scores, axis=1), axis=1, kind="stable")[:, : NEAREST + 1]
        return np.take_along_axis(np.concatenate(tops, axis=1), order, axis=1)


def _overlap(found: Rows, wanted: Rows, itself: int) -> float:
    """Return the share of `wanted` that was found; that a row finds itself does not count."""
    others = set(wanted.tolist()) - {itself}
    return len(others & set(found.tolist())) / max(1, len(others))


def _renumber(cells: Any, rows: Rows) -> None:
    """Give each vector in the cells the number of its row; one that is of no row any more (-1) goes."""
    faiss, lists = import_module("faiss"), cells.invlists
    gone = np.flatnonzero(rows < 0)
    if len(gone):
        cells.remove_ids(faiss.IDSelectorBatch(gone))
    for cell in range(cells.nlist):
        if lists.list_size(cell):
            numbers = faiss.rev_swig_ptr(lists.get_ids(cell), lists.list_size(cell))
            numbers[:] = rows[numbers]
