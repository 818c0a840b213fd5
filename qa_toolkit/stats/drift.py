"""Whether a reviewer becomes stricter or milder over time; formulas in ``docs/statistics.md``."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qa_toolkit.stats import effects
from qa_toolkit.stats.breakdowns import week_of
from qa_toolkit.stats.codes import Codes, add_up, codes_of, observed
from qa_toolkit.stats.coding import Coded, coded
from qa_toolkit.stats.comparing import holm
from qa_toolkit.stats.design import Array
from qa_toolkit.stats.estimates import TOO_FEW
from qa_toolkit.stats.frames import refuse, require
from qa_toolkit.stats.severity import Model, centred, conversations_of, rows_of, shared_error

PERIODS: Final = ("W", "M", "Q")
NOTHING: Final = 1e-6
FEW: Final = 5  # conversations in a period, below which it does not count in the verdict
PERIOD = ("reviewer", "period", "n", "severity", "low", "high", "too_few")
REVIEWER = ("reviewer", "n", "periods", "change", "low", "high", "p_value", "verdict")


@dataclass(frozen=True)
class Drift:
    """How strict each reviewer was in each period.

    Parameters
    ----------
    periods : pandas.DataFrame
        ``reviewer``, ``period``, ``n`` (conversations), ``severity``, ``low``, ``high`` (how far below the average
        reviewer this one rated the same work in that period, after what changed for all is taken out), ``too_few``
        (fewer than 5: left out of the verdict).
    reviewers : pandas.DataFrame
        ``reviewer``, ``n``, ``periods`` (with 5 conversations or more), ``change`` (of the severity from the first of
        these to the last, along a straight line; above 0 is stricter), ``low``, ``high``, ``p_value`` (of no change at
        all, corrected by Holm for the number of reviewers), ``verdict``.
    note : str
        What to heed.
    """

    periods: pd.DataFrame
    reviewers: pd.DataFrame
    note: str


def reviewer_drift(ratings: pd.DataFrame, sample: pd.DataFrame, period: str = "M", level: float = 0.95) -> Drift:
    """Estimate how strict each reviewer is in each period, and say who changed.

    The model is that of `strictness`, with an effect for each reviewer in each period. What changed for all reviewers
    alike is taken for a change of the work and is taken out. So drift is against the other reviewers.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``, with ``rated_at``.
    sample : pandas.DataFrame
        As in `strictness`.
    period : {"W", "M", "Q"}
        ISO weeks, months or quarters of ``rated_at``, in the time zone that it has.
    level : float
        Confidence of the intervals; a verdict needs a corrected p-value below 1 - `level`.

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.
    ValueError
        If `period` is none of these.

    References
    ----------
    Liang and Zeger (1986), Biometrika 73, 13-22. Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    if period not in PERIODS:
        raise ValueError(f"period is {period!r}; it is W (weeks), M (months) or Q (quarters)")
    require("ratings", ratings, ["rated_at"])
    refuse("ratings", ratings, ratings["rated_at"].isna().to_numpy(), "rated_at", "is missing")
    found = coded(ratings, sample)
    return drift_of(found, shared_error(found), ratings["rated_at"], period, level)


def drift_of(found: Coded, shared: float, rated_at: pd.Series[Any], period: str = "M", level: float = 0.95) -> Drift:
    """Return `reviewer_drift` of coded ratings, with the `shared_error` of theirs; no time of `rated_at` is missing."""
    if not len(found.value):
        periods, reviewers = (pd.DataFrame(columns=list(columns)) for columns in (PERIOD, REVIEWER))
        return Drift(periods, reviewers, "Nothing is rated yet.")
    levels = _levels(found, *_periods(rated_at, found.row, period))
    model = Model(found, effects.fit(_rows(found, levels), shared))
    tables, rows = zip(*(_reviewer(model, levels, r, level) for r in range(len(found.reviewers))), strict=True)
    p_values = holm(np.array([row["p_value"] for row in rows]))
    for row, p_value in zip(rows, p_values, strict=True):
        row |= {"p_value": float(p_value)}
        row["verdict"] = _verdict(row, 1 - level)
    periods, reviewers = pd.concat(tables, ignore_index=True), pd.DataFrame(rows)
    return Drift(periods[list(PERIOD)], reviewers[list(REVIEWER)], _note(levels, len(found.reviewers)))


@dataclass(frozen=True)
class _Levels:
    """The pairs of a reviewer and a period, l of them.

    Parameters
    ----------
    of : ndarray of int64, shape (m,)
        The pair of each rating.
    reviewer, period : ndarray of int64, shape (l,)
    weight, kish : ndarray, shape (l,)
        Weight of what was rated, and to how many conversations of equal weight it amounts.
    n : ndarray of int64, shape (l,)
    names : list of str
        Of the periods, in order.
    contrasts : ndarray, shape (l, l)
        What the severity of each pair is of the effects of all pairs.
    known : ndarray of bool, shape (l,)
        Whether there are others to hold it against.
    """

    of: Codes
    reviewer: Codes
    period: Codes
    weight: Array
    kish: Array
    n: Codes
    names: list[str]
    contrasts: Array
    known: npt.NDArray[np.bool_]


def _periods(rated_at: pd.Series[Any], rows: Codes, period: str) -> tuple[Codes, list[str]]:
    """Return the period of some rows, in the order of time, without gaps, and their names."""
    days = rated_at.dt.tz_localize(None).dt.floor("D")
    codes, values = codes_of(days)
    times = pd.Series(values)
    names = week_of(times) if period == "W" else times.dt.to_period(period).astype("str")
    named = pd.Categorical(names)  # sorted as text, which is the order of time
    found = named.codes.astype(np.int64)[codes[rows]]
    used = np.flatnonzero(np.bincount(found, minlength=len(named.categories)))
    number = np.zeros(len(named.categories), dtype=np.int64)
    number[used] = np.arange(len(used))
    return number[found], list(named.categories[used])


def _levels(found: Coded, period: Codes, names: list[str]) -> _Levels:
    size = len(names)
    key = found.reviewer * size + period
    of, first = observed(key, len(found.reviewers) * size)
    reviewer, when = found.reviewer[first], period[first]
    weight = add_up(of, found.weight, len(first))
    n, kish = conversations_of(found, of, len(first))
    return _Levels(of, reviewer, when, weight, kish, n, names, *_against_the_others(reviewer, when, weight))


def _against_the_others(reviewer: Codes, period: Codes, weight: Array) -> tuple[Array, npt.NDArray[np.bool_]]:
    """Return how severities come from the effects of pairs, and which of them are known.

    The effects of the periods are those of reviewer + period, fitted to the effects of pairs by weighted least squares.
    A severity is the effect of its pair less that of the period, turned round. It tells nothing where the fit goes
    through the pair whatever was rated: where the reviewer had no others beside, or only such as had no other period.
    """
    n_reviewers, n_periods = int(reviewer.max()) + 1, int(period.max()) + 1
    both = np.hstack([np.eye(n_reviewers)[reviewer], np.eye(n_periods)[period]])
    fitted = np.linalg.pinv((both.T * weight) @ both, hermitian=True) @ (both.T * weight)
    contrasts = fitted[n_reviewers + period] - np.eye(len(reviewer))
    once = np.bincount(reviewer)[reviewer] == 1
    known = np.where(once, np.bincount(period)[period] > 1, (both * fitted.T).sum(1) < 1 - NOTHING)
    return contrasts - weight @ contrasts / weight.sum(), known


def _rows(found: Coded, levels: _Levels) -> effects.Rows:
    rows = rows_of(found)
    n, agents, _, commandments = rows.sizes
    return replace(rows, factor=levels.of, sizes=(n, agents, len(levels.n), commandments))


def _reviewer(model: Model, levels: _Levels, reviewer: int, level: float) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the periods of a reviewer, and the change over them."""
    mine = np.flatnonzero(levels.reviewer == reviewer)
    mine = mine[np.argsort(levels.period[mine])]
    contrasts = np.zeros((len(mine), len(model.fit.other)))
    contrasts[:, : len(levels.n)] = levels.contrasts[mine]
    severity, influence = model.estimate(contrasts)
    covariance = influence.T @ centred(influence, model.found.design)
    known, few = levels.known[mine], levels.n[mine] < FEW
    half = special.stdtrit(np.maximum(levels.kish[mine] - 1, 1), (1 + level) / 2) * np.sqrt(np.diag(covariance))
    value = np.where(known & _estimable(contrasts, model.fit), severity, np.nan)
    table = pd.DataFrame({"reviewer": model.found.reviewers[reviewer], "n": levels.n[mine], "severity": value})
    table["period"] = [levels.names[period] for period in levels.period[mine]]
    table = table.assign(low=value - half, high=value + half, too_few=few)
    there = np.flatnonzero(known & ~few)
    steps = np.diff(np.eye(len(mine))[there], axis=0) @ contrasts
    row: dict[str, Any] = {"reviewer": model.found.reviewers[reviewer], "n": int(levels.n[mine].sum())}
    row |= {"periods": int((~few).sum())} | dict.fromkeys(("change", "low", "high", "p_value"), np.nan)
    row["alone"] = not known.any() or not _estimable(steps, model.fit).all()
    if len(there) > 1 and not row["alone"] and levels.n[mine[there]].sum() >= TOO_FEW:
        row |= _change(levels, mine[there], severity[there], covariance[np.ix_(there, there)], level)
    return table, row


def _change(levels: _Levels, pairs: Codes, severity: Array, covariance: Array, level: float) -> dict[str, float]:
    """Return the change along a straight line, and the p-value of no change at all.

    It is twice the smaller one of two tests: of the line (Student's t), and of any difference between the periods
    (Hotelling's T squared), so that going up and down again is seen too.
    """
    at, n = levels.period[pairs], levels.n[pairs]
    line = n * (at - n @ at / n.sum())
    line = line / (line @ at) * (at[-1] - at[0])
    change, error = float(line @ severity), float(np.sqrt(line @ covariance @ line))
    degrees = max(float(levels.kish[pairs].sum()) - len(at), 1.0)
    half = float(special.stdtrit(degrees, (1 + level) / 2)) * error
    p_value = 2 * float(special.stdtr(degrees, -abs(change) / max(error, NOTHING)))
    steps = len(at) - 1
    if 1 < steps < degrees:
        step = np.diff(severity)
        between = np.diff(np.diff(covariance, axis=0), axis=1)
        square = float(step @ np.linalg.pinv(between, hermitian=True) @ step)
        among = degrees - steps + 1
        p_value = min(1.0, 2 * min(p_value, float(special.fdtrc(steps, among, square * among / (degrees * steps)))))
    return {"change": change, "low": change - half, "high": change + half, "p_value": p_value}


def _estimable(contrasts: Array, fit: effects.Fit) -> npt.NDArray[np.bool_]:
    """Say of each contrast whether the ratings tell it."""
    return np.asarray(np.abs(contrasts @ fit.null).max(1, initial=0.0) < NOTHING)


def _verdict(row: dict[str, Any], below: float) -> str:
    if row["alone"]:
        return "nobody to compare with"
    if np.isnan(row["p_value"]):
        return "too few to say"
    if row["p_value"] >= below:
        return "no drift shown"
    if row["low"] <= 0 <= row["high"]:
        return "goes up and down"
    return "became stricter than the others" if row["change"] > 0 else "became milder than the others"


def _note(levels: _Levels, n_reviewers: int) -> str:
    if n_reviewers == 1:
        return "One reviewer rated everything: a drift cannot be told from a change of the agents' work."
    if len(levels.names) == 1:
        return "Everything was rated in one period: there is nothing to compare it with."
    return (
        "Drift is against the other reviewers: what changed for all of them alike is taken for a change of the work. "
        "An agent who changed and is rated by one reviewer only looks like that reviewer's drift; conversations that "
        "several reviewers rate tell the two apart."
    )
