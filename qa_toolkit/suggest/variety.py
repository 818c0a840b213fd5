"""Which of the best are taken: no answer twice, other conversations first, as different ones as are asked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from qa_toolkit.suggest.index import Rows, Scores

# Cosine of two answers that say the same with another name, number or greeting in it.
SAME_ANSWER: Final = 0.95
AGAIN: Final = 4.0  # more than any two can be apart
WORD: Final = re.compile(r"\w+")


def answer_key(answer: str) -> str:
    """Return what is equal for answers that differ in case, white space, punctuation or Unicode form only."""
    text = unicodedata.normalize("NFKC", answer).casefold()
    return " ".join(WORD.findall(text)) or text.strip()


class Chosen:
    """The answers that were taken so far, each unlike the others.

    Parameters
    ----------
    keys : sequence of str
        `answer_key` of every row.
    variety : float
        0 takes the best ones; towards 1, ever more those that are unlike what was taken.
    """

    def __init__(self, keys: Sequence[str], variety: float) -> None:
        self._keys = keys
        self._variety = variety
        self._seen: set[str] = set()
        self._told: set[str] = set()
        self._taken: list[Scores] = []

    def take(
        self,
        rows: Rows,
        scores: npt.NDArray[np.float64],
        vectors: Scores,
        conversations: npt.NDArray[np.object_],
        n: int,
    ) -> Iterable[int]:
        """Yield the positions in `rows` of at most `n` answers, by maximal marginal relevance.

        The next one has the highest (1 - variety) * relevance - variety * likeness, where relevance is its share
        of the highest score, and likeness its highest cosine with an answer that was taken. An answer with the key
        of one that was taken, or a cosine of 0.95 or more with it, says the same and is passed over. A further one of
        a conversation comes when no other conversation has one left.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (m,)
            Best first.
        scores : numpy.ndarray, shape (m,)
        vectors : numpy.ndarray, shape (m, dim)
            Of the answers.
        conversations : numpy.ndarray of str, shape (m,)
        n : int

        References
        ----------
        Carbonell and Goldstein (1998), SIGIR, 335-336.
        """
        free = np.array([self._keys[row] not in self._seen for row in rows], dtype=bool)
        nearest = np.zeros(len(rows), dtype=np.float32)
        for vector in self._taken:
            nearest = np.maximum(nearest, vectors @ vector)
        relevance = scores / scores.max(initial=1e-12)
        again = AGAIN * np.array([one in self._told for one in conversations], dtype=np.float64)
        for _ in range(n):
            free &= nearest < SAME_ANSWER
            if not free.any():
                return
            worth = np.where(free, (1 - self._variety) * relevance - self._variety * nearest - again, -np.inf)
            # Rounded, so that sums in another order on another machine do not change who is first.
            at = int(np.argmax(np.round(worth, 9)))
            self._seen.add(self._keys[rows[at]])
            self._taken.append(vectors[at])
            self._told.add(conversations[at])
            again[conversations == conversations[at]] = AGAIN
            yield at
            free[at] = False
            free &= np.array([self._keys[row] not in self._seen for row in rows], dtype=bool)
            nearest = np.maximum(nearest, vectors @ vectors[at])
