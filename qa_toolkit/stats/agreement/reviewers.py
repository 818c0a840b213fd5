"""Each reviewer against the others, any two against each other, and each at two times."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import NotFoundError, instead
from qa_toolkit.stats.agreement._coded import NA, RATINGS, Coded, coded
from qa_toolkit.stats.agreement._compared import NO_VALUE, SCORES, Compared, row_of
from qa_toolkit.stats.agreement._formulas import ratio
from qa_toolkit.stats.agreement._sums import Array, Whole
from qa_toolkit.stats.agreement._words import verdict_on_one
from qa_toolkit.stats.frames import checked_ratings

OVERALL: Final = "overall"


def reviewer_agreement(ratings: pd.DataFrame, seed: int = 0, replicates: int = 1000) -> pd.DataFrame:
    """Hold each reviewer against the consensus of the others, the harshest first.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``.
    seed, replicates : int
        Of the bootstrap over conversations.

    Returns
    -------
    pandas.DataFrame
        One row for each reviewer, in order of ``severity``: ``reviewer``, ``n`` (conversations in which a rating on
        the scale met a consensus on the scale), ``n_ratings``, ``n_differ_on_na`` (ratings where one says that the
        commandment does not apply and the other that it does), ``percent``, ``kappa`` (Cohen's) and ``ac1`` against
        the consensus, ``severity`` (the reviewer's ratings minus the mean of the others', in score points: pass 1,
        partial 0.5, fail 0; below 0 is harsher), each with ``_low`` and ``_high``, ``n_apart`` (conversations
        in which the reviewer is harsher or milder), ``look_at`` (the two values that are confused most often),
        ``note`` (why something is missing), ``verdict``.

    Raises
    ------
    SchemaError
        If `ratings` do not have the shape that they must have.

    Notes
    -----
    The consensus is the value that most of the others gave, without the reviewer's own; where they are split there is
    none, and the rating counts for severity only. Of 20 reviewers who are all alike, one looks harsh or mild by chance.
    """
    units = coded(ratings)
    compared = _against_the_others(units)
    rows = []
    for place, name in enumerate(units.reviewers):
        row = row_of(compared.where(units.reviewer == place), seed, replicates)
        words = verdict_on_one(row, "with the others", "milder than they", "harsher than they")
        rows.append({"reviewer": name} | row | {"verdict": words})
    return _table(rows, ["reviewer"], "severity")


def confusion(ratings: pd.DataFrame, reviewer: Any = None, other: Any = None) -> pd.DataFrame:
    """Count which value meets which: a reviewer's in rows, the consensus of the others or another's in columns.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``; of one commandment, to see what is confused there.
    reviewer : str, optional
        Whose ratings stand in rows; everybody's with none, each against the consensus of the others.
    other : str, optional
        Whose ratings stand in columns; the consensus of the others with none.

    Returns
    -------
    pandas.DataFrame, shape (4, 4)
        Numbers of ratings; fail, partial, pass and na in rows and columns.

    Raises
    ------
    NotFoundError
        If there is no such reviewer, or `other` is named without `reviewer`.
    SchemaError
        If `ratings` do not have the shape that they must have.
    """
    units = coded(ratings)
    if other is None:
        compared = _against_the_others(units)
        if reviewer is not None:
            compared = compared.where(units.reviewer == _place(units, reviewer))
    else:
        first, second = (_place(units, name) for name in (reviewer, other))
        at = _pairs(units)
        forth = np.flatnonzero((units.reviewer[at[0]] == first) & (units.reviewer[at[1]] == second))
        back = np.flatnonzero((units.reviewer[at[0]] == second) & (units.reviewer[at[1]] == first))
        compared = _one_another(units, np.hstack([at[:, forth], at[::-1, back]]))
    names = pd.Index(RATINGS)
    columns = names.rename("consensus of the others" if other is None else str(other))
    return pd.DataFrame(compared.table(), names.rename("reviewer" if reviewer is None else str(reviewer)), columns)


def reviewer_pairs(ratings: pd.DataFrame, seed: int = 0, replicates: int = 1000) -> pd.DataFrame:
    """Hold each two reviewers who rated the same conversations against each other.

    Parameters
    ----------
    ratings, seed, replicates
        As for `reviewer_agreement`.

    Returns
    -------
    pandas.DataFrame
        One row for each pair, those who agree least first: ``first``, ``second`` and the columns of
        `reviewer_agreement`; ``severity`` is the first's ratings minus the second's.
    """
    units = coded(ratings)
    at = _pairs(units)
    q = max(len(units.reviewers), 1)
    pair = units.reviewer[at[0]] * q + units.reviewer[at[1]]
    order = np.argsort(pair, kind="stable")
    found, starts = np.unique(pair[order], return_index=True)
    compared, rows = _one_another(units, at), []
    for code, part in zip(found, np.split(order, starts[1:]) if len(found) else [], strict=True):
        row = row_of(compared.where(part), seed, replicates)
        words = verdict_on_one(row, "with the other", "the first is milder", "the first is harsher")
        names = {"first": units.reviewers[code // q], "second": units.reviewers[code % q]}
        rows.append(names | row | {"verdict": words})
    return _table(rows, ["first", "second"], "ac1")


def intra_rater(first: pd.DataFrame, second: pd.DataFrame, seed: int = 0, replicates: int = 1000) -> pd.DataFrame:
    """Hold the ratings that reviewers gave against those that the same reviewers gave at another time.

    Parameters
    ----------
    first, second : pandas.DataFrame
        ``reviewer``, ``conversation_id``, ``commandment``, ``rating``; what stands in one of them only is left out.
    seed, replicates : int
        Of the bootstrap over conversations.

    Returns
    -------
    pandas.DataFrame
        One row for each reviewer of both frames and a last one, "overall", with the columns of
        `reviewer_agreement`; ``severity`` is the second time minus the first, above 0 where the reviewer was milder.

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.
    """
    key = ["reviewer", "conversation_id", "commandment"]
    once, again = (checked_ratings(frame)[[*key, "rating"]].astype("str") for frame in (first, second))
    both = once.merge(again, on=key, suffixes=("_first", "_second"))
    own, other = (
        np.asarray(pd.Index(RATINGS).get_indexer(pd.Index(both[f"rating_{time}"]))) for time in ("second", "first")
    )
    conversation = pd.factorize(both["conversation_id"], sort=True)[0]
    compared = Compared(own, other, SCORES[own] - SCORES[other], conversation)
    parts = {name: np.asarray(both["reviewer"] == name) for name in sorted(both["reviewer"].unique())}
    rows = []
    for name, part in [*parts.items(), (OVERALL, slice(None))]:
        row = row_of(compared.where(part), seed, replicates)
        words = verdict_on_one(row, "with the first time", "milder the second time", "harsher the second time")
        rows.append({"reviewer": name} | row | {"verdict": words})
    return pd.DataFrame(rows)


def _table(rows: list[dict[str, Any]], names: list[str], by: str) -> pd.DataFrame:
    """Return rows in order of a column; with none, the columns alone."""
    if rows:
        return pd.DataFrame(rows).sort_values(by, kind="stable", ignore_index=True)
    none = np.zeros(0, dtype=np.int64)
    columns = row_of(Compared(none, none, np.zeros(0), none), 0, 0)
    return pd.DataFrame(columns=[*names, *columns, "verdict"])


def _place(units: Coded, name: Any) -> int:
    if name not in units.reviewers:
        known = list(map(str, units.reviewers))
        raise NotFoundError(f"there are no ratings by {name!r}: {instead(str(name), known)}")
    return units.reviewers.index(name)


def _against_the_others(units: Coded) -> Compared:
    """Return every rating beside the consensus of the others, and its distance from their mean."""
    others = units.counts[units.unit]
    others[np.arange(len(others)), units.rating] -= 1
    most = others.max(1, initial=0)
    consensus = np.where((others == most[:, None]).sum(1) == 1, others.argmax(1), NO_VALUE)
    scores = SCORES[:NA]
    mean = ratio(others[:, :NA] @ scores, others[:, :NA].sum(1))
    return Compared(units.rating, consensus, _rounded(SCORES[units.rating] - mean), units.conversation[units.unit])


def _rounded(difference: Array) -> Array:
    """Return differences without the noise of floating numbers, so that equal ones are of one kind."""
    return np.asarray(np.round(difference, 12))


def _pairs(units: Coded) -> Whole:
    """Return the places of each two ratings of a unit, shape (2, pairs); the first's reviewer comes first in order."""
    n = len(units.unit)
    most = int(units.counts.sum(1).max(initial=0))
    each = []
    for apart in range(1, most):
        start = np.flatnonzero(units.unit[: max(n - apart, 0)] == units.unit[apart:])
        each.append(np.stack([start, start + apart]))
    return np.hstack(each) if each else np.zeros((2, 0), dtype=np.int64)


def _one_another(units: Coded, at: Whole) -> Compared:
    own, other = units.rating[at[0]], units.rating[at[1]]
    return Compared(own, other, SCORES[own] - SCORES[other], units.conversation[units.unit[at[0]]])
