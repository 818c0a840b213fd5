"""Measures of one ranked list: nDCG, reciprocal rank, hit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from qa_toolkit.errors import InvalidActError

MEASURES: Final = ("ndcg@10", "mrr@10", "hit@5")
NAME: Final = re.compile(r"(ndcg|mrr|hit)@([1-9]\d*)")
Array = npt.NDArray[np.float64]


def measured(ranked: Sequence[str], gains: Mapping[str, float], measures: Sequence[str] = MEASURES) -> list[float]:
    """Return the measures of one ranked list, each from 0 to 1.

    ``ndcg@k`` is Σ gain(i) / log2(i + 1) over the first k ranks i, divided by what the best order of all relevant
    exemplars reaches. ``mrr@k`` is 1 / rank of the first relevant one, 0 if none is among the first k. ``hit@k``
    is 1 if a relevant one is among the first k, else 0.

    Parameters
    ----------
    ranked : sequence of str
        Ids, best first, each once; it may be shorter than k.
    gains : mapping of str to float
        Of the relevant exemplars; all others have 0.
    measures : sequence of str

    Raises
    ------
    InvalidActError
        A measure is unknown, or an id stands twice in `ranked`: it would count twice.

    References
    ----------
    Järvelin and Kekäläinen (2002), ACM TOIS 20, 422-446, with linear gains as in scikit-learn's ``ndcg_score``.
    Voorhees (1999), TREC-8 question answering track report (reciprocal rank).
    """
    if len(set(ranked)) < len(ranked):
        twice = next(found for i, found in enumerate(ranked) if found in ranked[:i])
        raise InvalidActError(f"the ranker returned {twice} twice: return each exemplar once")
    found = np.array([gains.get(exemplar, 0.0) for exemplar in ranked], dtype=np.float64)
    best = np.sort(np.fromiter(gains.values(), dtype=np.float64, count=len(gains)))[::-1]
    return [_value(*parsed(measure), found, best) for measure in measures]


def parsed(name: str) -> tuple[str, int]:
    """Return the kind and the depth of a measure."""
    found = NAME.fullmatch(name)
    if not found:
        raise InvalidActError(f"{name!r} is no measure: give ndcg@k, mrr@k or hit@k with k from 1, such as ndcg@10")
    return found[1], int(found[2])


def _value(kind: str, k: int, found: Array, best: Array) -> float:
    top = found[:k]
    if kind == "ndcg":
        return float(_discounted(top) / _discounted(best[:k]))
    hits = np.flatnonzero(top > 0)
    if not len(hits):
        return 0.0
    return 1.0 if kind == "hit" else float(1 / (hits[0] + 1))


def _discounted(gains: Array) -> float:
    return float(np.sum(gains / np.log2(np.arange(2, len(gains) + 2))))
