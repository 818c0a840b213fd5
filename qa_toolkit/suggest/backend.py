"""What can hold the vectors and the words of exemplars elsewhere, such as a database; a suggester is handed it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.suggest.encoders import Progress
from qa_toolkit.suggest.index import Index, Mask, Part, Rows, Scores


class Words(Protocol):
    """What searches the words of texts, one for each row; see `qa_toolkit.suggest.lexical.LexicalIndex`."""

    def add(self, texts: Iterable[str]) -> None:
        """Add texts, as the rows after the last one."""

    def scores(self, text: str, allowed: Part | None = None) -> Scores:
        """Return the BM25 score of every row for `text`; only those of `allowed` rows are looked at."""

    def search(self, scores: Scores, mask: Mask, n: int) -> Rows:
        """Return the `n` rows that `mask` allows with the highest `scores` above 0, best first; equal ones by row."""

    def shared(self, text: str, row: int, limit: int = 5) -> tuple[str, ...]:
        """Return content words that `text` and the row have in common, rarest first."""

    def held(self, text: str, rows: Rows) -> npt.NDArray[np.float64]:
        """Return, for each of `rows`, the share of the weight of the words of `text` that it holds, 0 to 1."""

    def matching(self, text: str, texts: Sequence[str]) -> str:
        """Return the sentence of `texts` that holds the heaviest content words of `text`."""


class Backend(Protocol):
    """What makes the indexes and the words over exemplars that stand in the order of their ids."""

    def over(self, exemplars: pd.DataFrame, progress: Progress | None) -> tuple[tuple[Index, Index], Words]:
        """Return the indexes of situations and of answers, and the words of both."""
