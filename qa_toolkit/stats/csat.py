"""Whether quality as reviewed goes with satisfaction as customers report it; formulas in ``docs/statistics.md``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import special

from qa_toolkit.stats.codes import Codes, add_up, codes_of, observed
from qa_toolkit.stats.design import Array, Cells, Design, Parts
from qa_toolkit.stats.frames import VALUES, coded_ratings, refuse, require
from qa_toolkit.stats.responses import answered

TOO_FEW: Final = 20
SCORE: Final = "score"
NOTHING: Final = 1e-12
FEWEST: Final = 3  # observations, at which an interval is as wide as can be
COLUMNS: Final = (
    *("measure", "n", "pearson", "pearson_low", "pearson_high", "spearman", "spearman_low", "spearman_high"),
    *("too_few", "verdict"),
)


@dataclass(frozen=True)
class CsatCorrelation:
    """How reviews go with CSAT, among the customers who answered.

    Parameters
    ----------
    table : pandas.DataFrame
        ``measure`` ("score", or a commandment), ``n`` (conversations reviewed and answered), ``pearson``, ``spearman``
        in [-1, 1] with ``_low`` and ``_high``, missing where one of the two does not vary; ``too_few`` (n below 20),
        ``verdict``, which follows the interval of Spearman's.
    answered : float
        The estimated share of conversations whose customer answered the survey.
    note : str
        What it says and what it does not.
    """

    table: pd.DataFrame
    answered: float
    note: str


def csat_correlation(
    reviews: pd.DataFrame, sample: pd.DataFrame, csat: pd.DataFrame, score: str = SCORE, level: float = 0.95
) -> CsatCorrelation:
    """Correlate scores, or the ratings of each commandment, with CSAT; weighted by the design of the sample.

    A conversation that several reviewers rated counts once, with their mean.

    Parameters
    ----------
    reviews : pandas.DataFrame
        Scores as from `weighted_score` or ``project.scores()``: ``conversation_id`` and the column `score`. Or ratings
        as from ``store.ratings(submitted=True)``: a row of the result for each commandment, with pass 1, partial 0.5,
        fail 0, and ``na`` left out.
    sample : pandas.DataFrame
        As in `checked_sample`.
    csat : pandas.DataFrame
        ``conversation_id`` (each once) and ``csat``, a number on one scale; missing where the customer did not answer.
    score : str
        The column of scores.
    level : float
        Confidence, in (0, 1).

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.

    References
    ----------
    Fisher (1921), Metron 1, 3-32. Croux and Dehon (2010), Statistical Methods and Applications 19, 497-515, for the
    influence of an observation on Spearman's.
    """
    require("csat", csat, ["conversation_id", "csat"])
    refuse("csat", csat, csat["conversation_id"].duplicated().to_numpy(), "conversation_id", "stands twice")
    given = pd.to_numeric(csat["csat"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    refuse("csat", csat, np.isnan(given) & csat["csat"].notna().to_numpy(), "csat", "is not a number")
    measure, names, value, conversation = _measures(reviews, score)
    answers = answered(conversation, sample)
    place = pd.Index(csat["conversation_id"]).get_indexer(pd.Index(answers.sample["conversation_id"]))
    satisfaction = np.append(given, np.nan)[place]
    told = np.append(~np.isnan(satisfaction), False)  # the last: of a conversation without weight
    known = np.flatnonzero(told[answers.at] & ~np.isnan(value))
    measure, unit = measure[known], answers.at[known]
    cell, first = observed(measure * len(satisfaction) + unit, len(names) * len(satisfaction))
    mean = add_up(cell, value[known], len(first)) / np.bincount(cell, minlength=len(first))
    measure, unit = measure[first], unit[first]
    rows = []
    for number, name in enumerate(names):
        mine = np.flatnonzero(measure == number)
        rows.append(_row(str(name), mean[mine], satisfaction[unit[mine]], unit[mine], answers.design, level))
    weights = answers.design.weights
    share = float(weights[~np.isnan(satisfaction)].sum() / weights.sum()) if len(weights) else np.nan
    return CsatCorrelation(pd.DataFrame(rows, columns=list(COLUMNS)), share, _note(share))


def _measures(reviews: pd.DataFrame, score: str) -> tuple[Codes, list[str], Array, pd.Series[Any]]:
    """Return the measure of each row, the names of the measures, the values, and the conversations."""
    if "rating" not in reviews:
        require("reviews", reviews, ["conversation_id", score])
        value = reviews[score].to_numpy(dtype=np.float64, na_value=np.nan)
        return np.zeros(len(reviews), dtype=np.int64), [score], value, reviews["conversation_id"]
    rated = coded_ratings(reviews)
    words, labels = codes_of(rated["rating"])
    commandments, names = codes_of(rated["commandment"])
    order = np.argsort(np.array(names, dtype=object), kind="stable")
    values = np.array([VALUES.get(label, np.nan) for label in labels] + [np.nan])
    return np.argsort(order)[commandments], [str(names[i]) for i in order], values[words], rated["conversation_id"]


def _row(name: str, x: Array, y: Array, unit: Codes, design: Design, level: float) -> dict[str, Any]:
    weights = design.weights[unit]
    row: dict[str, Any] = {"measure": name, "n": len(x), "too_few": len(x) < TOO_FEW}
    for kind, correlate in (("pearson", pearson), ("spearman", spearman)):
        value, influence = correlate(x, y, weights)
        low, high = _limits(value, influence, unit, design, level)
        row |= {kind: value, f"{kind}_low": low, f"{kind}_high": high}
    row["verdict"] = _verdict(row["spearman_low"], row["spearman_high"], row["too_few"])
    return row


def pearson(x: Array, y: Array, weights: Array) -> tuple[float, Array]:
    """Return Pearson's weighted correlation, and what each observation moves it by; missing where one does not vary.

    Parameters
    ----------
    x, y, weights : ndarray, shape (n,)
    """
    share = weights / weights.sum()
    x, y = x - share @ x, y - share @ y
    parts = (x * y, x**2, y**2)
    return _correlation(share, parts, parts)


def spearman(x: Array, y: Array, weights: Array) -> tuple[float, Array]:
    """Return Spearman's weighted correlation, and what each observation moves it by, also by moving others' ranks.

    A rank is the weighted share of what lies below, and half of what is equal. Parameters are those of `pearson`.
    """
    share = weights / weights.sum()
    at_x, at_y = (np.unique(side, return_inverse=True)[1] for side in (x, y))
    f, g = (_below(at, share) - 0.5 for at in (at_x, at_y))
    parts = (f * g, f**2, g**2)
    moved = (
        parts[0] + _above(at_x, share * g) + _above(at_y, share * f),
        parts[1] + 2 * _above(at_x, share * f),
        parts[2] + 2 * _above(at_y, share * g),
    )
    return _correlation(share, parts, moved)


def _below(at: Codes, values: Array) -> Array:
    """Return for each observation the sum of the values of those below it, and half of those equal to it."""
    sums = np.bincount(at, values)
    return np.asarray((np.cumsum(sums) - sums / 2)[at])


def _above(at: Codes, values: Array) -> Array:
    """Return for each observation the sum of the values of those above it, and half of those equal to it."""
    return np.asarray(values.sum() - _below(at, values))


def _correlation(share: Array, parts: tuple[Array, ...], moved: tuple[Array, ...]) -> tuple[float, Array]:
    """Return a correlation from the parts of a covariance and of two variances, and from what moves these."""
    both, first, second = (float(share @ part) for part in parts)
    if min(first, second) < NOTHING:
        return np.nan, np.full(len(share), np.nan)
    root = np.sqrt(first * second)
    value = both / root
    a, b, c = (part - share @ part for part in moved)
    return value, share * (a / root - value / 2 * (b / first + c / second))


def _limits(value: float, influence: Array, unit: Codes, design: Design, level: float) -> tuple[float, float]:
    """Return Fisher's interval of a correlation, with the variance of its influence."""
    if np.isnan(value):
        return np.nan, np.nan
    weights = design.weights[unit]
    kish = float(weights.sum() ** 2 / (weights**2).sum())
    if kish <= FEWEST:
        return -1.0, 1.0
    tail = float(special.stdtrit(kish - 2, (1 + level) / 2))
    if 1 - value**2 < NOTHING:  # all on one line: no variance, and no width but for this
        end = float(np.tanh(np.arctanh(1 - 1 / kish) - tail / np.sqrt(kish - FEWEST)))
        return (end, 1.0) if value > 0 else (-1.0, -end)
    ones = np.ones(len(unit))
    cells = Cells(np.zeros(len(unit), dtype=np.int64), unit, ones, ones, 1)
    variance = float(Parts.of(cells, influence[:, None], design, finite=False).covariances()[0, 0, 0])
    # The factor makes it that of Fisher for independent normal variables.
    half = tail * np.sqrt(variance * kish / (kish - FEWEST)) / (1 - value**2)
    return float(np.tanh(np.arctanh(value) - half)), float(np.tanh(np.arctanh(value) + half))


def _verdict(low: float, high: float, few: bool) -> str:
    if few:
        return "too few to say"
    if np.isnan(low):
        return "does not vary"
    if low > 0:
        return "higher where customers are more satisfied"
    return "lower where customers are more satisfied" if high < 0 else "no connection shown"


def _note(share: float) -> str:
    if np.isnan(share):
        return "Nothing is reviewed yet."
    return (
        f"Only customers who answered the survey count: an estimated {share:.0%} of conversations. Who answers is "
        "often very content or very angry, so this says little of the others. A connection is no proof that the one "
        "makes the other."
    )
