"""The table of agreement: each commandment, and overall, with a verdict in plain words."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.stats.agreement import _formulas as formulas
from qa_toolkit.stats.agreement._coded import NA, RATINGS, Coded, coded
from qa_toolkit.stats.agreement._formulas import Array
from qa_toolkit.stats.agreement._intervals import NOTHING_TWICE, Coefficient, missing, with_interval
from qa_toolkit.stats.agreement._sums import Whole, how_many, sums_of
from qa_toolkit.stats.agreement._words import TOO_FEW, TOO_FEW_DIFFER, limits, notes, pair_of_values, verdict
from qa_toolkit.stats.frames import SCALE

OVERALL: Final = "overall"
Q: Final = len(SCALE)
SAME, NEAR = formulas.weight_matrix(Q, "identity"), formulas.weight_matrix(Q, "ordinal")
PAIRS, COINCIDENCES = slice(0, Q * Q), slice(Q * Q, 2 * Q * Q)  # the columns that `_adds` gives
SHARES, CELLS = slice(2 * Q * Q, 2 * Q * Q + Q), slice(2 * Q * Q + Q, None)
FORMULAS: Final = {
    "percent": formulas.percent(SAME, PAIRS),
    "kappa": formulas.fleiss(SAME, PAIRS, SHARES),
    "ac1": formulas.gwet(SAME, PAIRS, SHARES),
    "ac2": formulas.gwet(NEAR, PAIRS, SHARES),
    "alpha": formulas.alpha("ordinal", COINCIDENCES),
}


def count_ratings(frame: pd.DataFrame, categories: tuple[str, ...] = SCALE) -> pd.DataFrame:
    """Count the ratings of each unit, a conversation under a commandment.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``conversation_id``, ``commandment``, ``rating``; ratings outside `categories`, such as ``na``, are
        left out.

    Returns
    -------
    pandas.DataFrame, shape (units, len(categories))
        Indexed by commandment and conversation_id, with the categories in their order as columns.
    """
    rated = frame[frame["rating"].isin(categories)]
    by = ["commandment", "conversation_id", "rating"]
    counts = rated.groupby(by, sort=True, observed=True).size().unstack(fill_value=0)
    counts.columns = pd.Index(counts.columns.astype("str"), name="rating")
    return counts.reindex(columns=list(categories), fill_value=0)


def agreement(ratings: pd.DataFrame, seed: int = 0, replicates: int = 1000) -> pd.DataFrame:
    """Say for each commandment, and overall, how far the reviewers agree, and where to look where they do not.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``. The scale is ordinal: fail, partial, pass. ``na`` is missing
        and counted apart.
    seed, replicates : int
        Of the bootstrap over conversations.

    Returns
    -------
    pandas.DataFrame
        One row for each commandment and a last one, "overall": ``n`` (conversations that two reviewers or more
        rated on the scale; all other numbers but the next two and ``look_at`` are about these), ``n_both`` (that
        two or more rated at all), ``n_differ_on_na`` (of those, where some say that it does not apply and others
        do not), then five coefficients, each with its limits in ``_low`` and ``_high``: ``percent``, ``kappa``
        (Cohen's if there are just two reviewers, else Fleiss'), ``ac1``, ``ac2`` (Gwet's, with ordinal weights)
        and ``alpha`` (Krippendorff's, ordinal); kappa and alpha are missing below 10 conversations with a value
        other than the usual one. Then ``share_pass`` and ``n_faults`` (ratings partial or fail),
        ``fault_agreement`` (given one says fault, how often another does), ``look_at`` (the two values that are
        confused most often, such as "partial / pass", whose texts in the rubric should be read together; empty
        where all agree), ``verdict`` and ``note`` (why something is missing).

    Raises
    ------
    SchemaError
        If `ratings` do not have the shape that they must have.
    """
    units = coded(ratings)
    cells = _cells(units)
    order = np.argsort(units.commandment, kind="stable")
    edges = np.searchsorted(units.commandment[order], np.arange(len(units.commandments) + 1))
    parts = [order[start:end] for start, end in pairwise(edges)]
    named = [*zip(units.commandments, parts, strict=True), (OVERALL, np.arange(len(units.counts)))]
    rows = [
        {"commandment": name}
        | _row(units.conversation[part], units.counts[part], None if cells is None else cells[part], seed, replicates)
        for name, part in named
    ]
    return pd.DataFrame(rows)


def _cells(units: Coded) -> Whole | None:
    """Return the cell of each unit in the table of two reviewers; none if there are more, who differ by unit."""
    if len(np.unique(units.reviewer)) != 2:
        return None
    first, second = units.rating.reshape(-1, 2).T  # each unit has both, in order
    return np.asarray(np.where((first < NA) & (second < NA), first * Q + second, 0))


def _row(conversation: Whole, both: Whole, cells: Whole | None, seed: int, replicates: int) -> dict[str, Any]:
    on_scale = both[:, :NA]
    kept = on_scale.sum(1) >= 2
    ids, n = conversation[kept], on_scale[kept]
    usual = n.sum(0).argmax()
    enough = how_many(ids[n.sum(1) > n[:, usual]]) >= TOO_FEW
    found = _coefficients(n, ids, None if cells is None else cells[kept], enough, seed, replicates)
    differ = (both[:, NA] > 0) & (both[:, NA] < both.sum(1))
    faults, others = n[:, :2].sum(1), n.sum(1) - 1
    chances = (faults * others).sum()
    conversations = how_many(ids)
    return {
        "n": conversations,
        "n_both": how_many(conversation),
        "n_differ_on_na": how_many(conversation[differ]),
        **limits(found),
        "share_pass": n[:, 2].sum() / n.sum() if len(n) else np.nan,
        "n_faults": int(faults.sum()),
        "fault_agreement": (faults * (faults - 1)).sum() / chances if chances else np.nan,
        "look_at": pair_of_values(np.triu(formulas.total_pairs(both).reshape(len(RATINGS), -1), 1)),
        "verdict": verdict(conversations, found["ac1"], found["alpha"]),
        "note": notes(found),
    }


def _coefficients(
    n: Whole, ids: Whole, cells: Whole | None, enough: bool, seed: int, replicates: int
) -> dict[str, Coefficient]:
    if not len(n):
        return dict.fromkeys(FORMULAS, missing(NOTHING_TWICE))
    sums = sums_of(n if cells is None else np.column_stack([n, cells]), _adds, ids)
    again = sums.again(replicates, seed) if replicates else None
    used = FORMULAS if cells is None else FORMULAS | {"kappa": formulas.cohen(SAME, CELLS)}
    left_out = () if enough else ("kappa", "alpha")
    return {
        name: missing(TOO_FEW_DIFFER) if name in left_out else with_interval(sums, again, formula)
        for name, formula in used.items()
    }


def _adds(rows: Whole) -> Array:
    n = rows[:, :Q]
    sums = [formulas.pair_shares(n), formulas.coincidences(n), formulas.value_shares(n)]
    return np.hstack([*sums, np.eye(Q * Q)[rows[:, Q]]] if rows.shape[1] > Q else sums)
