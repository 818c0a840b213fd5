"""The rows of a sample: what the parts of a plan have drawn, and who is next in their order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
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
        return f"{head}{self._endings[code]}"

    @cached_property
    def _endings(self) -> list[str]:
        columns = ", ".join(self.part.by)
        counts = zip(self.strata.labels, self.shares.tolist(), self.strata.sizes.tolist(), strict=True)
        return [f"{f' within {columns} = {x}' if columns else ''}, {n:,} of {size:,}" for x, n, size in counts]

    def _weighted(self, row: int) -> str:
        note = f" ({self.notes[row]})" if self.notes and self.notes[row] else ""
        if self.part.is_risk:
            return f"risk {self.values[row]:.2f}{note}"
        return f"{self.part.size} {self.values[row]:.4g}{note}"


@dataclass(frozen=True)
class Picked:
    """What was picked for diversity.

    Parameters
    ----------
    rows, reserve : numpy.ndarray of int
        In the order in which they were picked.
    nearest : numpy.ndarray
        The cosine of each to the nearest that was there before, first of `rows`, then of `reserve`.
    numbers : numpy.ndarray of int, shape (N,)
        Random numbers that put them in order among the drawn.
    """

    rows: Indices
    reserve: Indices
    nearest: Floats
    numbers: Counts

    def words(self) -> dict[int, str]:
        """Return in plain words why each row is picked."""
        rows = np.concatenate([self.rows, self.reserve]).tolist()
        near = [f" (similarity to the nearest {cosine:.2f})" if cosine > -1 else "" for cosine in self.nearest.tolist()]
        return {row: f"unlike the others{text}; not for estimates" for row, text in zip(rows, near, strict=True)}


@dataclass(frozen=True)
class Union:
    """All that a plan has drawn and picked from a frame of N conversations.

    A conversation is in the sample if one of the parts, which are independent, has drawn it: pi = 1 - (1 - pi_1)
    (1 - pi_2) ...

    Parameters
    ----------
    ids : sequence of str
    parts : sequence of Drawn
    picked : Picked, optional
    by_number : bool
        Whether the sample is in the order of the random numbers, as in plans of version 1.
    """

    ids: Sequence[str]
    parts: Sequence[Drawn]
    picked: Picked | None = None
    by_number: bool = False

    @cached_property
    def taken(self) -> Mask:
        """Whether each conversation is drawn by any part, shape (N,)."""
        taken = np.zeros(len(self.ids), dtype=bool)
        for part in self.parts:
            taken |= part.taken
        return taken

    @cached_property
    def pi(self) -> Floats:
        """The inclusion probabilities, shape (N,)."""
        if len(self.parts) == 1:
            return self.parts[0].pi
        return np.asarray(1 - np.prod([1 - part.pi for part in self.parts], axis=0))

    @cached_property
    def strata(self) -> Strata:
        """The strata of the sample: those of the parts where all have them, else one.

        Within a stratum every part has drawn a fixed number, so that variances within strata are right.
        """
        if self.parts and (len(self.parts) == 1 or all(part.part.by for part in self.parts)):
            return self.parts[0].strata
        return Strata(("all",), np.zeros(len(self.ids), dtype=np.int64))

    def items(self) -> pd.DataFrame:
        """Return the rows of the sample in random order."""
        place = np.full(len(self.ids), np.inf)
        # Given that a conversation is drawn, its number over its probability says nothing of how large it is.
        for part in self.parts:
            even = self.by_number or (part.part.is_even and len(self.parts) == 1)
            own = uniform(part.numbers) / (1 if even else part.pi)
            place = np.where(part.taken & np.isinf(place), own, place)
        if self.picked is not None:
            place[self.picked.rows] = uniform(self.picked.numbers)[self.picked.rows]
        rows = np.flatnonzero(np.isfinite(place))
        rows = rows[np.argsort(place[rows], kind="stable")]
        by = np.column_stack([part.taken[rows] for part in self.parts]) if self.parts else np.empty((len(rows), 0))
        return self._frame(list(zip(rows.tolist(), [np.flatnonzero(row).tolist() for row in by], strict=True)))

    def reserve(self) -> pd.DataFrame:
        """Return those next in the order of each part, in the order in which they are used."""
        free, found = ~self.taken, list[tuple[int, list[int]]]()
        if self.picked is not None:
            free[self.picked.rows] = False
        for k, part in enumerate(self.parts):
            rows = _reserve(part, free)
            free[rows] = False
            found += [(row, [k]) for row in rows.tolist()]
        if self.picked is not None:
            found += [(row, []) for row in self.picked.reserve.tolist() if free[row]]
        return self._frame(found)

    def _frame(self, rows: Sequence[tuple[int, Sequence[int]]]) -> pd.DataFrame:
        """Return rows with the parts that have drawn them; those that none has drawn are picked."""
        nearest = {} if self.picked is None else self.picked.words()
        strata, pi = self.strata, self.pi if self.parts else None
        columns: dict[str, Any] = {
            "conversation_id": [self.ids[row] for row, _ in rows],
            "stratum": [strata.labels[strata.codes[row]] for row, _ in rows],
            "inclusion_probability": [np.nan if pi is None or not by else pi[row] for row, by in rows],
            "reason": ["; ".join(self.parts[k].reason(row) for k in by) or nearest[row] for row, by in rows],
            "part": [self.parts[by[0]].kind(row) if by else "diverse" for row, by in rows],
        }
        kinds = {**dict.fromkeys(columns, "str"), "inclusion_probability": "float64"}
        return pd.DataFrame(columns).astype(kinds)


def reserve_size(drawn: Any) -> Any:
    """Return how many are kept in reserve for so many drawn: a fifth and three at the least; none for none."""
    return (np.maximum(LEAST_RESERVE, np.ceil(RESERVE * np.asarray(drawn))) * (np.asarray(drawn) > 0)).astype(np.int64)


def _reserve(drawn: Drawn, free: Mask) -> Indices:
    """Return those of `free` that are next in order in each stratum and of each kind."""
    group = drawn.strata.codes * 2 + drawn.is_core
    wanted = reserve_size(np.bincount(group[drawn.taken], minlength=2 * len(drawn.shares)))
    rest = drawn.order[free[drawn.order]]
    place = pd.Series(group[rest]).groupby(group[rest]).cumcount().to_numpy()
    return np.asarray(rest[place < wanted[group[rest]]])
