"""The rows of a sample: what the parts of a plan have drawn, and who is next in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.sampling.frames import Counts, Floats, Strata
from qa_toolkit.sampling.order import uniform
from qa_toolkit.sampling.plan import Part

LEAST_RESERVE: Final = 3
RESERVE: Final = 0.2
Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Drawn:
    """What one part of a plan has drawn from a frame of N conversations in H strata.

    Parameters
    ----------
    part : Part
    strata : Strata
    pooled : tuple of str
        Strata that were put together.
    shares : numpy.ndarray of int, shape (H,)
        How many were drawn from each stratum.
    numbers : numpy.ndarray of int, shape (N,)
        The permanent random numbers.
    values : numpy.ndarray, shape (N,)
        Of the column of sizes.
    notes : sequence of str
        Where each size comes from, in words; empty if nothing says so.
    measure : numpy.ndarray, shape (N,)
        What the odds of being drawn are proportional to.
    order, rank : numpy.ndarray of int, shape (N,)
        As from `qa_toolkit.sampling.order.ranking`.
    pi : numpy.ndarray, shape (N,)
        The inclusion probabilities.
    is_core : numpy.ndarray of bool, shape (N,)
        Whether a conversation is in the random core, if it is drawn.
    """

    part: Part
    strata: Strata
    pooled: tuple[str, ...]
    shares: Counts
    numbers: Counts
    values: Floats
    notes: Sequence[str]
    measure: Floats
    order: Indices
    rank: Counts
    pi: Floats
    is_core: Mask

    @property
    def taken(self) -> Mask:
        """Whether each conversation is drawn, shape (N,)."""
        return np.asarray(self.rank < self.shares[self.strata.codes])

    def kind(self, row: int) -> str:
        """Return what a row is drawn as: random, core or weighted."""
        if self.part.size is None:
            return "random"
        return "core" if self.is_core[row] else "weighted"

    def reason(self, row: int) -> str:
        """Return in plain words why a row is drawn."""
        code, kind = self.strata.codes[row], self.kind(row)
        head = {"random": "random" if self.part.by else "simple random", "core": "random core"}.get(kind)
        head = head or self._weighted(row)
        inside = f" within {', '.join(self.part.by)} = {self.strata.labels[code]}" if self.part.by else ""
        return f"{head}{inside}, {self.shares[code]:,} of {self.strata.sizes[code]:,}"

    def _weighted(self, row: int) -> str:
        note = f" ({self.notes[row]})" if self.notes and self.notes[row] else ""
        if self.part.is_risk:
            return f"risk {self.values[row]:.2f}{note}"
        return f"{self.part.size} {self.values[row]:.4g}{note}"


def items_of(ids: Sequence[str], parts: Sequence[Drawn]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the items of a sample in random order, and the reserve in the order in which it is used.

    Returns
    -------
    tuple of pandas.DataFrame
        ``conversation_id``, ``stratum``, ``inclusion_probability``, ``reason``, ``part``.
    """
    [drawn] = parts
    # Given that a conversation is drawn, its number over its probability says nothing of how large it is.
    place = uniform(drawn.numbers) / (1 if drawn.part.is_even else drawn.pi)
    rows = np.flatnonzero(drawn.taken)
    rows = rows[np.lexsort((drawn.numbers[rows], place[rows]))]
    return _frame(ids, drawn, rows), _frame(ids, drawn, _reserve(drawn))


def _reserve(drawn: Drawn) -> Indices:
    """Return those next in order: a fifth of what was drawn of each stratum and kind, and three at the least."""
    group = drawn.strata.codes * 2 + drawn.is_core
    taken = drawn.taken
    drawn_of_each = np.bincount(group[taken], minlength=2 * len(drawn.shares))
    wanted = np.maximum(LEAST_RESERVE, np.ceil(RESERVE * drawn_of_each)) * (drawn_of_each > 0)
    rest = drawn.order[~taken[drawn.order]]
    place = pd.Series(group[rest]).groupby(group[rest]).cumcount().to_numpy()
    return np.asarray(rest[place < wanted[group[rest]]])


def _frame(ids: Sequence[str], drawn: Drawn, rows: Indices) -> pd.DataFrame:
    places = rows.tolist()
    labels = drawn.strata.labels
    columns: dict[str, Any] = {
        "conversation_id": [ids[row] for row in places],
        "stratum": [labels[code] for code in drawn.strata.codes[rows].tolist()],
        "inclusion_probability": drawn.pi[rows],
        "reason": [drawn.reason(row) for row in places],
        "part": [drawn.kind(row) for row in places],
    }
    texts = {name: "str" for name in columns if name != "inclusion_probability"}
    return pd.DataFrame(columns).astype(texts)
