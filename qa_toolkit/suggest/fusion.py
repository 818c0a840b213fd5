"""One order out of several: reciprocal rank fusion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from qa_toolkit.errors import InvalidActError
from qa_toolkit.suggest.index import Rows, best

# Reciprocal rank fusion. Cormack, Clarke and Buettcher (2009) have 60 for whole result lists; for the first ten, 10 was
# better on every development half (benchmarks/retrieval.py).
RRF_K: Final = 10


@dataclass(frozen=True)
class Weights:
    """How much each order of the exemplars counts in the fused one.

    Of six, 2, 1, 1 was best on the sample data and near the best elsewhere (development halves; docs/statistics.md).

    Parameters
    ----------
    situation : float
        Likeness of what was asked to the situation that an exemplar answered.
    answer : float
        Likeness of what was asked to the answer itself.
    words : float
        Words in common with situation or answer (BM25).

    Raises
    ------
    InvalidActError
        If one is negative or no number, or all are 0.
    """

    situation: float = 2.0
    answer: float = 1.0
    words: float = 1.0

    def __post_init__(self) -> None:
        given = (self.situation, self.answer, self.words)
        if not all(np.isfinite(weight) and weight >= 0 for weight in given) or not any(given):
            raise InvalidActError(f"weights are {given}: give numbers from 0, at least one of them above 0")


def fused(orders: Sequence[tuple[Rows, float]]) -> tuple[Rows, npt.NDArray[np.float64]]:
    """Return the rows of all orders, best first, with the sum of weight / (10 + rank); equal ones by row.

    Parameters
    ----------
    orders : sequence of (rows, weight)
        Rows best first; a row that an order does not hold gets nothing from it.

    References
    ----------
    Cormack, Clarke and Buettcher (2009), SIGIR, 758-759.
    """
    rows = np.unique(np.concatenate([found for found, weight in orders if weight] or [np.zeros(0, dtype=np.int64)]))
    scores = np.zeros(len(rows))
    for found, weight in orders:
        if weight:
            scores[np.searchsorted(rows, found)] += weight / (RRF_K + 1 + np.arange(len(found)))
    order = best(scores, len(scores))
    return rows[order], scores[order]
