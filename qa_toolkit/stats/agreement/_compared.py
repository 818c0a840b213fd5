"""Two ratings of each unit held against each other: how often they are the same, and which is the milder."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from qa_toolkit.stats.agreement import _formulas as formulas
from qa_toolkit.stats.agreement._coded import NA, RATINGS
from qa_toolkit.stats.agreement._formulas import Array, Formula
from qa_toolkit.stats.agreement._intervals import NOTHING_TWICE, Coefficient, missing, with_interval
from qa_toolkit.stats.agreement._sums import Whole, how_many, sums_of
from qa_toolkit.stats.agreement._words import TOO_FEW, TOO_FEW_DIFFER, limits, notes, pair_of_values
from qa_toolkit.stats.frames import SCALE, VALUES

NO_VALUE: Final = -1  # of a consensus where the others are split
SCORES: Final = np.array([*(VALUES[value] for value in SCALE), np.nan, np.nan])  # na, and NO_VALUE, have none
Q: Final = len(SCALE)
SAME = formulas.weight_matrix(Q, "identity")
CELLS, SHARES, DIFFERENCE, COUNTED = slice(0, Q * Q), slice(Q * Q, Q * Q + Q), Q * Q + Q, Q * Q + Q + 1
FORMULAS: Final = {
    "percent": formulas.percent(SAME, CELLS),
    "kappa": formulas.cohen(SAME, CELLS),
    "ac1": formulas.gwet(SAME, CELLS, SHARES),
    "severity": Formula(lambda sums: formulas.ratio(sums[..., DIFFERENCE], sums[..., COUNTED])),
}


@dataclass(frozen=True)
class Compared:
    """Ratings beside others of the same units.

    Parameters
    ----------
    own, other : ndarray of int, shape (units,)
        Places in `RATINGS`; `other` can be `NO_VALUE`.
    difference : ndarray, shape (units,)
        By how much the own rating is the milder, in score points from -1 to 1; missing where either is ``na``.
    conversation : ndarray of int, shape (units,)
    """

    own: Whole
    other: Whole
    difference: Array
    conversation: Whole

    def where(self, kept: Any) -> Compared:
        """Return those that are `kept`, a mask or places."""
        return Compared(self.own[kept], self.other[kept], self.difference[kept], self.conversation[kept])

    def table(self) -> Whole:
        """Return how often each own rating met each other one, shape (4, 4)."""
        told, q = self.other >= 0, len(RATINGS)
        return np.bincount(self.own[told] * q + self.other[told], minlength=q * q).reshape(q, q)


def row_of(compared: Compared, seed: int, replicates: int) -> dict[str, Any]:
    """Return the columns of a table about one comparison, without its verdict."""
    scaled = (compared.own < NA) & (compared.other < NA) & (compared.other >= 0)
    n = how_many(compared.conversation[scaled])
    apart = compared.difference
    found = _coefficients(compared, scaled, seed, replicates)
    table = compared.table()
    return {
        "n": n,
        "n_ratings": int(scaled.sum()),
        "n_differ_on_na": int(table[NA].sum() + table[:, NA].sum() - 2 * table[NA, NA]),
        **limits(found),
        "n_apart": how_many(compared.conversation[np.nan_to_num(apart) != 0]),
        "look_at": pair_of_values(np.triu(table + table.T, 1)),
        "note": notes(found),
    }


def _coefficients(compared: Compared, scaled: Any, seed: int, replicates: int) -> dict[str, Coefficient]:
    counted = np.isfinite(compared.difference)
    kept = scaled | counted
    if not kept.any():
        return dict.fromkeys(FORMULAS, missing(NOTHING_TWICE))
    differences, place = np.unique(np.where(counted, compared.difference, 0.0), return_inverse=True)
    cell = np.where(scaled, compared.own * Q + compared.other, Q * Q)  # the last: no cell
    each = np.eye(Q * Q + 1)[:, :-1]

    def adds(rows: Whole) -> Array:
        cells = each[rows[:, 0]]
        square = cells.reshape(-1, Q, Q)
        shares = (square.sum(1) + square.sum(2)) / 2
        return np.column_stack([cells, shares, differences[rows[:, 1]] * rows[:, 2], rows[:, 2]])

    rows = np.column_stack([cell, place, counted])[kept]
    sums = sums_of(rows.astype(np.int64), adds, compared.conversation[kept])
    again = sums.again(replicates, seed) if replicates else None
    usual = np.bincount(cell[scaled], minlength=1).argmax() if scaled.any() else 0
    few = how_many(compared.conversation[scaled & (cell != usual)]) < TOO_FEW
    split = "" if scaled.any() else "the others are split on every rating"
    reasons = {"percent": split, "ac1": split, "kappa": split or (TOO_FEW_DIFFER if few else "")}
    found = {
        name: missing(reasons[name]) if reasons.get(name) else with_interval(sums, again, formula)
        for name, formula in FORMULAS.items()
    }
    if not differences.any():  # the bootstrap would say that this is known exactly
        severity = found["severity"]
        found["severity"] = dataclasses.replace(
            severity, low=np.nan, high=np.nan, note="no interval: no rating differs"
        )
    return found
