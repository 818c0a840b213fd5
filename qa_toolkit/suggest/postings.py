"""Which words texts hold, and how often: by text and by word, in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
BLOCK: Final = 1 << 14  # counts that are worked on at once: they stay near the processor


class Postings:
    """Counts of words in some texts, as two sparse matrices of the same counts.

    Parameters
    ----------
    by_text : scipy.sparse.csr_matrix
        Counts, a row for each text and a column for each word.
    lengths : numpy.ndarray of int
        Words of each text.
    """

    def __init__(self, by_text: Any, lengths: npt.NDArray[np.int64]) -> None:
        self.lengths = lengths
        self._by_text, self._by_word = by_text, by_text.tocsc()

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]], numbers: dict[str, int]) -> Postings:
        """Return the counts of the words of texts, by the numbers of the words; new ones are added to these."""
        from scipy.sparse import csr_matrix  # takes a moment, and only suggestions need it

        words, ends = array("i"), array("q", [0])
        for text in texts:
            words.extend([numbers.setdefault(word, len(numbers)) for word in text])
            ends.append(len(words))
        starts = np.frombuffer(ends, dtype=np.int64)
        found = np.frombuffer(words, dtype=np.int32) if words else np.zeros(0, dtype=np.int32)
        shape = (len(starts) - 1, len(numbers))
        by_text = csr_matrix((np.ones(len(found), dtype=np.int32), found, starts), shape=shape)
        by_text.sum_duplicates()
        return cls(_small(by_text), np.diff(starts))

    def joined(self, later: Postings) -> Postings:
        """Return the counts of these texts and, after them, of later ones."""
        from scipy.sparse import csr_matrix, vstack

        a, b = self._by_text, later._by_text  # the later one knows all words
        a = csr_matrix((a.data, a.indices, a.indptr), shape=(a.shape[0], b.shape[1]))
        return Postings(vstack([a, b], format="csr"), np.concatenate([self.lengths, later.lengths]))

    def __len__(self) -> int:
        return len(self.lengths)

    def held(self, row: int) -> Numbers:
        """Return the numbers of the words that a text holds."""
        found: Numbers = self._by_text.indices[self._by_text.indptr[row] : self._by_text.indptr[row + 1]]
        return found

    def frequency(self, number: int) -> int:
        """Return how many of the texts hold a word."""
        part = self._part(number)
        return int(part.stop - part.start)

    def scores(self, numbers: Sequence[int], weights: Sequence[float], norms: Floats) -> Floats:
        """Return the sum of weight * count / (norm + count) over some words, for each text.

        Parameters
        ----------
        numbers : sequence of int
            Of the words.
        weights : sequence of float
            Of the words.
        norms : numpy.ndarray of float32
            Of the texts.
        """
        from scipy.sparse import csc_matrix

        parts = [self._part(number) for number in numbers]
        ends = np.cumsum([0] + [part.stop - part.start for part in parts])
        rows = np.concatenate([self._by_word.indices[part] for part in parts] or [np.zeros(0, dtype=np.int32)])
        values = np.concatenate([self._by_word.data[part] for part in parts] or [rows]).astype(np.float32)
        for start in range(0, len(rows), BLOCK):
            counts = values[start : start + BLOCK]
            np.divide(counts, norms.take(rows[start : start + BLOCK]) + counts, out=counts)
        matrix = csc_matrix((values, rows, ends), shape=(len(self), len(parts)))
        return np.asarray(matrix @ np.array(weights, dtype=np.float32), dtype=np.float32)

    def _part(self, number: int) -> slice:
        # A word that came up in later texts only has no column here.
        if number >= self._by_word.shape[1]:
            return slice(0, 0)
        return slice(int(self._by_word.indptr[number]), int(self._by_word.indptr[number + 1]))


def _small(counts: Any) -> Any:
    """Return a matrix of counts in the smallest numbers that hold them: mostly one byte each."""
    return counts.astype(np.min_scalar_type(int(counts.data.max(initial=0))))
