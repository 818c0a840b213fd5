"""From what is asked to the rows that are taken: three orders, fused, without what is too far or said twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.suggest.backend import Words
from qa_toolkit.suggest.closeness import Closeness
from qa_toolkit.suggest.fusion import Weights, fused
from qa_toolkit.suggest.index import Index, Mask, Part, Rows, Scores, best
from qa_toolkit.suggest.smoothing import CANDIDATES, smoothed_order, supported
from qa_toolkit.suggest.together import together
from qa_toolkit.suggest.variety import Chosen

# So many of each order are fused: what stands lower in all three does not come up.
DEPTH: Final = 1000
# So many of the fused ones, and 20 for each that is asked for, are looked at for duplicates and variety.
POOL: Final = 200
# What a reviewer marked as good for the commandment counts more than what was rated pass with it as evidence.
MARKED: Final = 1.2


@dataclass(frozen=True)
class Query:
    """What is asked: as a text, as the vectors that situations and answers are compared with, and by its words."""

    text: str
    situation: Scores
    answer: Scores
    lexical: Scores
    # Closeness is known of a situation only: two answers are always more alike than a situation and an answer.
    is_situation: bool = True


@dataclass(frozen=True)
class Found:
    """A row that is taken: its fused score, its likeness to what is asked, and how close that is (None: not known)."""

    row: int
    score: float
    situation: float
    answer: float
    words: float
    closeness: float | None


class Search:
    """Ranks the rows of exemplars.

    Parameters
    ----------
    situations, answers : Index
        Of the vectors, one for each row.
    lexical : Words
    keys : sequence of str
        `answer_key` of each row.
    conversations : pandas.Series of str
        The conversation of each row.
    weights : Weights
    closeness : Closeness or None
        None: how close a row is, is not known, and none is too far.
    means : tuple of two numpy.ndarray, shape (dim,)
        What all situations, and all answers, have in common; see `common`.
    """

    def __init__(
        self,
        situations: Index,
        answers: Index,
        lexical: Words,
        keys: Sequence[str],
        conversations: pd.Series[str],
        weights: Weights,
        closeness: Closeness | None,
        means: tuple[Scores, Scores],
    ) -> None:
        self._situations, self._answers, self._lexical = situations, answers, lexical
        self._keys, self._conversations = keys, conversations
        self._weights = weights
        self._closeness = closeness
        self._mean, self._mean_answer = means

    def best(
        self,
        query: Query,
        parts: Sequence[Part],
        n: int,
        variety: float,
        least: float,
        marked: Mask | None = None,
    ) -> tuple[list[Found], float]:
        """Return at most `n` rows, those of the first part first, and the highest closeness that was seen.

        Parameters
        ----------
        query : Query
        parts : sequence of Part
        n : int
        variety : float
            As in `Chosen`.
        least : float
            Rows that are less close are passed over.
        marked : mask, optional
            Rows whose fused score counts 1.2 times.
        """
        chosen = Chosen(self._keys, variety)
        found: list[Found] = []
        closest = 0.0
        for part in parts:
            if len(found) < n:
                taken, near = self._taken(query, part, n - len(found), chosen, least, marked)
                found, closest = found + taken, max(closest, near)
        return found, closest

    def _taken(
        self, query: Query, part: Part, n: int, chosen: Chosen, least: float, marked: Mask | None
    ) -> tuple[list[Found], float]:
        found: list[Found] = []
        size, depth, pool, closest = int(part.mask.sum()), DEPTH, max(POOL, 20 * n), 0.0
        while size:
            rows, scores = self._supported(*_favoured(*self._fused(query, part, depth), marked))
            looked = self._looked_at(query, rows[:pool], scores[:pool])
            near = [one for one in looked if one.closeness is None or one.closeness >= least]
            closest = max([closest, *(one.closeness or 0.0 for one in looked)])
            kept = np.array([one.row for one in near], dtype=np.int64)
            worth = np.array([one.score for one in near])
            answers, conversations = self._answers.vectors(kept), self._conversations.iloc[kept].to_numpy(dtype=object)
            found += [near[i] for i in chosen.take(kept, worth, answers, conversations, n - len(found))]
            # Nearly all said the same: look further down. What stands below one that is too far is hardly closer.
            if len(found) == n or len(near) < len(looked) or (depth >= size and pool >= len(rows)):
                break
            depth, pool = depth * 10, pool * 10
        return found, closest

    def _fused(self, query: Query, part: Part, depth: int) -> tuple[Rows, npt.NDArray[np.float64]]:
        asked = bool(query.situation.any())  # no text is like nothing: what it would order by is the order of the rows
        answers, situations = together(
            lambda: self._answers.search(query.answer, part, depth),
            lambda: self._nearest(query.situation, part, depth),
        )
        orders = [
            (situations, self._weights.situation * asked),
            (answers, self._weights.answer),
            (self._lexical.search(query.lexical, part.mask, depth), self._weights.words),
        ]
        return fused(orders)

    def _nearest(self, query: Scores, part: Part, depth: int) -> Rows:
        rows = self._situations.search(query, part, depth)
        order = smoothed_order(query, self._situations.vectors(rows[:CANDIDATES]), self._mean)
        return np.concatenate([rows[order], rows[CANDIDATES:]])

    def _supported(self, rows: Rows, scores: npt.NDArray[np.float64]) -> tuple[Rows, npt.NDArray[np.float64]]:
        first = supported(scores[:POOL], self._answers.vectors(rows[:POOL]), self._mean_answer)
        order = best(first, len(first))
        return np.concatenate([rows[order], rows[POOL:]]), np.concatenate([first[order], scores[POOL:]])

    def _looked_at(self, query: Query, rows: Rows, scores: npt.NDArray[np.float64]) -> list[Found]:
        situation = self._situations.scores(query.situation, rows).astype(np.float64)
        answer = self._answers.scores(query.answer, rows).astype(np.float64)
        words = self._lexical.held(query.text, rows)
        known = self._closeness if query.is_situation else None
        close = [None] * len(rows) if known is None else known.of(situation, answer, words).tolist()
        columns = (rows.tolist(), scores.tolist(), situation.tolist(), answer.tolist(), words.tolist(), close)
        return [Found(*one) for one in zip(*columns, strict=True)]


def _favoured(rows: Rows, scores: npt.NDArray[np.float64], marked: Mask | None) -> tuple[Rows, npt.NDArray[np.float64]]:
    if marked is None:
        return rows, scores
    scores = np.where(marked[rows], MARKED * scores, scores)
    order = best(scores, len(scores))
    return rows[order], scores[order]
