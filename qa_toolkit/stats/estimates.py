"""Estimates from a sample: weighted by its design, always with n and an interval.

Formulas and sources are in ``docs/statistics.md``. No function returns a bare mean of ratings: every one
needs the sample with its inclusion probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.stats.frames import VALUES, checked_ratings, checked_sample, refuse, require
from qa_toolkit.stats.intervals import hajek_mean, hajek_rate

TOO_FEW: Final = 20  # below this, a list of the best and the worst is mostly chance
NONE: Final = "(none)"


def pass_rates(
    ratings: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str] = "commandment",
    rating: str = "pass",
    finite: bool = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the share of `rating` among the applicable ratings; ``na`` is left out.

    A conversation that several reviewers rated counts once, with their mean. What was drawn but is not reviewed
    is made up for by the reviewed ones of its stratum. Ratings of conversations outside the sample have no
    weight and are left out.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``.
    sample : pandas.DataFrame
        ``conversation_id``, ``stratum``, ``inclusion_probability``, and the columns of `by` that describe
        a conversation, such as ``agent``.
    by : str or list of str
        Columns of `ratings` or `sample`; an empty list estimates over everything.
    rating : {"pass", "partial", "fail"}
    finite, level
        As in `hajek_rate`.

    Returns
    -------
    pandas.DataFrame
        One row for each group: the columns of `by`, ``n`` (conversations), ``n_effective``, ``rate``, ``low``,
        ``high``, ``too_few`` (to rank by: fewer than 20).

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.
    """
    columns = [by] if isinstance(by, str) else list(by)
    own = [c for c in columns if c not in sample]
    require("ratings", ratings, own)
    rated = checked_ratings(ratings)
    marks = rated.assign(top=(rated["rating"] == rating).astype(float), bottom=(rated["rating"] != "na").astype(float))
    unit = list(dict.fromkeys(["conversation_id", "commandment", *own]))
    marks = marks.groupby(unit, dropna=False)[["top", "bottom"]].mean().reset_index()
    return _estimates(marks, sample, columns, own, finite, level, is_mean=False).rename(columns={"value": "rate"})


def weighted_score(ratings: pd.DataFrame, commandments: pd.DataFrame) -> pd.DataFrame:
    """Score each review: sum(weight x value) / sum(weight) over what applies, and 0 after a critical failure.

    The value is 1 for pass, 0.5 for partial, 0 for fail; ``na`` leaves both sums. These are scores of single
    reviews; `mean_score` estimates from them.

    Parameters
    ----------
    ratings : pandas.DataFrame
    commandments : pandas.DataFrame
        ``commandment``, ``weight``, ``critical`` (bool).

    Returns
    -------
    pandas.DataFrame
        ``reviewer``, ``conversation_id``, ``score`` and ``score_without_critical`` in [0, 1] (missing where
        nothing applied), ``critical_failures`` (how many), ``n_applicable``.

    Raises
    ------
    SchemaError
        If a rated commandment is not in `commandments`.
    """
    require("commandments", commandments, ["commandment", "weight", "critical"])
    rated = checked_ratings(ratings)[["reviewer", "conversation_id", "commandment", "rating"]]
    reason = "is not in the rubric; keep the ratings of one rubric_hash"
    refuse("ratings", rated, ~rated["commandment"].isin(commandments["commandment"]), "commandment", reason)
    rated = rated.merge(commandments[["commandment", "weight", "critical"]], on="commandment")
    applies = rated["rating"] != "na"
    rated["n_applicable"] = applies.astype("int64")
    rated["weight"] = rated["weight"].where(applies, 0.0)
    rated["points"] = rated["weight"] * rated["rating"].map(VALUES).astype("float64").fillna(0.0)
    rated["critical_failures"] = (rated["critical"].astype(bool) & (rated["rating"] == "fail")).astype("int64")
    sums = ["points", "weight", "critical_failures", "n_applicable"]
    out = rated.groupby(["reviewer", "conversation_id"])[sums].sum().reset_index()
    out["score_without_critical"] = out["points"] / out["weight"].where(out["weight"] > 0)
    out["score"] = out["score_without_critical"].mask(out["critical_failures"] > 0, 0.0)
    return out[["reviewer", "conversation_id", "score", "score_without_critical", "critical_failures", "n_applicable"]]


def mean_score(
    scores: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str] = (),
    score: str = "score",
    finite: bool = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate the mean of a score in [0, 1] from `weighted_score`; parameters and result as in `pass_rates`.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, ``n``, ``n_effective``, ``mean``, ``low``, ``high``, ``too_few``.
    """
    columns = [by] if isinstance(by, str) else list(by)
    require("scores", scores, ["conversation_id", score])
    own = [c for c in columns if c not in sample]
    require("scores", scores, own)
    marks = scores.assign(top=scores[score].fillna(0.0), bottom=scores[score].notna().astype(float))
    marks = marks.groupby(["conversation_id", *own], dropna=False)[["top", "bottom"]].mean().reset_index()
    return _estimates(marks, sample, columns, own, finite, level, is_mean=True).rename(columns={"value": "mean"})


def _estimates(
    marks: pd.DataFrame,
    sample: pd.DataFrame,
    columns: list[str],
    own: list[str],
    finite: bool,
    level: float,
    is_mean: bool,
) -> pd.DataFrame:
    require("sample", sample, [c for c in columns if c not in own])
    reviewed = _reviewed(checked_sample(sample), marks["conversation_id"])
    at = reviewed.index.get_indexer(pd.Index(marks["conversation_id"]))
    marks, at = marks[at >= 0], at[at >= 0]
    weights, strata = reviewed["weight"].to_numpy(), reviewed["code"].to_numpy()
    others = [c for c in columns if c not in own]
    estimate = hajek_mean if is_mean else hajek_rate
    rows = []
    for key, rows_at in _groups(marks, own):
        top, bottom = (np.bincount(at[rows_at], marks[c].to_numpy()[rows_at], len(reviewed)) for c in ("top", "bottom"))
        for other, members in _groups(reviewed, others):
            inside = np.zeros(len(reviewed))
            inside[members] = 1.0
            found = estimate(top * inside, bottom * inside, weights, strata, finite, level)
            rows.append({**key, **other, **asdict(found), "too_few": min(found.n, found.n_effective) < TOO_FEW})
    kinds: dict[str, Any] = {"n": "int64", **dict.fromkeys(["n_effective", "value", "low", "high"], "float64")}
    out = pd.DataFrame(rows, columns=[*columns, *kinds, "too_few"]).astype(kinds | {"too_few": "bool"})
    return out.sort_values(columns, ignore_index=True, key=lambda c: c.astype("str")) if columns else out


def _groups(frame: pd.DataFrame, columns: list[str]) -> Iterator[tuple[dict[str, Any], npt.NDArray[np.intp]]]:
    if not columns:
        yield {}, np.arange(len(frame))
        return
    filled = frame[columns].astype(object).where(frame[columns].notna(), NONE)
    for key, rows in filled.groupby(columns).indices.items():
        values = key if isinstance(key, tuple) else (key,)
        yield dict(zip(columns, values, strict=True)), np.asarray(rows)


def _reviewed(sample: pd.DataFrame, ids: pd.Series[Any]) -> pd.DataFrame:
    """Return the reviewed part of the sample by conversation_id, its weights raised to stand for the whole stratum."""
    drawn = sample.assign(weight=1 / sample["inclusion_probability"], stratum=sample["stratum"].fillna(NONE))
    reviewed = drawn[drawn["conversation_id"].isin(ids)].set_index("conversation_id")
    whole = drawn.groupby("stratum")["weight"].sum()
    part = reviewed.groupby("stratum")["weight"].sum()
    reviewed["weight"] *= reviewed["stratum"].map(whole / part).astype("float64")
    reviewed["code"] = reviewed["stratum"].astype("category").cat.codes.astype("int64")
    return reviewed


def difference(rates: pd.DataFrame, by: str, first: str, second: str) -> pd.DataFrame:
    """Compare two groups of `pass_rates`: first minus second, with Newcombe's interval from their weighted limits.

    Parameters
    ----------
    rates : pandas.DataFrame
        From `pass_rates` with ``finite=False``; its groups must not share conversations.
    by : str
        The column that holds `first` and `second`; other columns, such as ``commandment``, give a row each.

    Returns
    -------
    pandas.DataFrame
        The other columns, ``difference``, ``low``, ``high`` in [-1, 1], ``n_first``, ``n_second``, ``verdict``.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    require("rates", rates, [by, "n", "rate", "low", "high"])
    keys = [c for c in rates.columns[: list(rates.columns).index("n")] if c != by]
    sides = [rates[rates[by] == name].set_index(keys) if keys else rates[rates[by] == name] for name in (first, second)]
    a, b = sides if keys else [side.reset_index(drop=True) for side in sides]
    common = a.index.intersection(b.index)
    a, b = a.loc[common], b.loc[common]
    gap = a["rate"] - b["rate"]
    out = pd.DataFrame({"difference": gap})
    out["low"] = gap - np.sqrt((a["rate"] - a["low"]) ** 2 + (b["high"] - b["rate"]) ** 2)
    out["high"] = gap + np.sqrt((a["high"] - a["rate"]) ** 2 + (b["rate"] - b["low"]) ** 2)
    out["n_first"], out["n_second"] = a["n"], b["n"]
    out["verdict"] = [
        _compared(low, high, few, first, second)
        for low, high, few in zip(out["low"], out["high"], a["too_few"] | b["too_few"], strict=True)
    ]
    return out.reset_index(drop=not keys)


def _compared(low: float, high: float, few: bool, first: str, second: str) -> str:
    if few:
        return "too few to compare"
    if low > 0 or high < 0:
        return f"{first if low > 0 else second} higher"
    return "no difference shown"
