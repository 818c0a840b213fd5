"""Which words texts hold, and how often: by text and by word, in little memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int32]


class Postings:
    """Counts of words in some texts, as two sparse matrices of the same counts.

    Parameters
    ----------
    texts : iterable of sequences of str
        The words of each text.
    numbers : dict of str to int
        Number of each word; new ones are added.
    """

    def __init__(self, texts: Iterable[Sequence[str]], numbers: dict[str, int]) -> None:
        from scipy.sparse import csr_matrix  # takes a moment, and only suggestions need it

        words, ends = array("i"), array("q", [0])
        for text in texts:
            words.extend([numbers.setdefault(word, len(numbers)) for word in text])
            ends.append(len(words))
        starts = np.frombuffer(ends, dtype=np.int64)
        self.lengths = np.diff(starts)
        found = np.frombuffer(words, dtype=np.int32) if words else np.zeros(0, dtype=np.int32)
        shape = (len(self.lengths), len(numbers))
        by_text = csr_matrix((np.ones(len(found), dtype=np.int32), found, starts), shape=shape)
        by_text.sum_duplicates()
        self._by_text, self._by_word = by_text, by_text.tocsc()

    def __len__(self) -> int:
        return len(self.lengths)

    def held(self, row: int) -> Numbers:
        """Return the numbers of the words that a text holds."""
        return _part(self._by_text, row)[0]

    def holding(self, number: int) -> tuple[Numbers, Numbers]:
        """Return the rows of the texts that hold a word, and how often they do."""
        # A word that came up in later texts only has no column here.
        return _part(self._by_word, number) if number < self._by_word.shape[1] else (_NONE, _NONE)


_NONE: Numbers = np.zeros(0, dtype=np.int32)


def _part(matrix: Any, line: int) -> tuple[Numbers, Numbers]:
    part = slice(matrix.indptr[line], matrix.indptr[line + 1])
    return matrix.indices[part], matrix.data[part]
