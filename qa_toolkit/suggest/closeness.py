"""How close an exemplar is to what is asked, and from where on it is not close enough to be suggested."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.errors import InvalidActError, SchemaError

Array = npt.NDArray[np.float64]
# Of the logistic regression: keeps the coefficients finite where relevant and other suggestions do not overlap.
RIDGE: Final = 1e-3
LEAST_RELEVANT: Final = 20
SHORT: Final = 12  # words


@dataclass(frozen=True)
class Closeness:
    """The share of suggestions with these likenesses that were relevant, by a logistic regression.

    Parameters
    ----------
    model : str
        Id of the encoder that it was fitted with: cosines of two models do not compare.
    intercept, situation, answer, words : float
        Of the log odds: for the cosine with the situation, the cosine with the answer, and the share of the
        weight of the words that are asked (inverse document frequency) that situation and answer hold.
    least : float
        From 0 to 1; what is less close is not suggested.
    least_short : float or None
        The same where at most 12 words are asked: so few are less like a whole situation. None: `least`.

    Raises
    ------
    InvalidActError
        If a coefficient is negative or no number, or `least` is not from 0 to 1.
    """

    model: str
    intercept: float
    situation: float
    answer: float
    words: float
    least: float
    least_short: float | None = None

    def __post_init__(self) -> None:
        slopes, leasts = (self.situation, self.answer, self.words), (self.least, self.least_short or 0.0)
        if not np.isfinite([self.intercept, *slopes]).all() or min(slopes) < 0 or not all(0 <= x <= 1 for x in leasts):
            raise InvalidActError("a closeness needs coefficients from 0, and a least one from 0 to 1")

    def least_for(self, text: str) -> float:
        """Return what is close enough for what is asked."""
        if self.least_short is None or len(text.split()) > SHORT:
            return self.least
        return self.least_short

    def of(self, situation: Any, answer: Any, words: Any) -> Array:
        """Return how close suggestions are, each from 0 to 1."""
        odds = self.intercept + self.situation * situation + self.answer * answer + self.words * words
        return np.asarray(1 / (1 + np.exp(-np.asarray(odds, dtype=np.float64))))


# Fitted with keep=0.95 on half of 720 queries, and the least for short ones on half of others; docs/statistics.md says
# on which, and what they did on the other halves.
MEASURED: Final = {"all-MiniLM-L6-v2@53aa5117": (-6.4867, 5.7395, 3.4885, 3.1525, 0.0439, 0.0183)}


def measured_closeness(model: str) -> Closeness | None:
    """Return the closeness that comes with the package for a model, whatever its precision; None if there is none."""
    known = MEASURED.get(model.rpartition("/")[0])
    return Closeness(model, *known) if known else None


@dataclass(frozen=True)
class Fitted:
    """A closeness, and what its threshold does to the suggestions that it was fitted on.

    Parameters
    ----------
    closeness : Closeness
        For `Suggester`.
    kept : float
        Share of the relevant suggestions that are still shown.
    hidden : float
        Share of the others that are not.
    abstained : float
        Share of the queries without a relevant exemplar for which nothing is shown; missing (NaN) if there were none.
    n : int
        Suggestions.
    """

    closeness: Closeness
    kept: float
    hidden: float
    abstained: float
    n: int


class Suggesting(Protocol):
    """What `fit_threshold` asks of a suggester."""

    @property
    def model_id(self) -> str:
        """Of its encoder."""

    @property
    def suggest(self) -> Callable[..., Collection[Any]]:
        """Returns suggestions for a text, at most k, with filters and a least closeness."""


def fit_threshold(
    suggester: Suggesting, queries: pd.DataFrame, relevant: pd.DataFrame, *, keep: float = 0.95, k: int = 5
) -> Fitted:
    """Fit how close an exemplar is, and the threshold, on queries whose relevant exemplars are known.

    The threshold is the highest one at which `keep` of the relevant suggestions are still shown. It asks for no cost
    of a useless suggestion, and where only a part of what is relevant is known, it does not move.

    Parameters
    ----------
    suggester : Suggester
    queries : pandas.DataFrame
        ``query_id`` and ``text``; other columns, such as ``commandment``, are filters; missing is none. Take in
        some queries for which nothing is relevant: what is shown for them is what the threshold is for.
    relevant : pandas.DataFrame
        ``query_id``, ``exemplar_id``; with a column ``gain``, only rows in which it is above 0.
    keep : float
        Above 0, at most 1.
    k : int
        So many suggestions of each query are looked at.

    Returns
    -------
    Fitted

    Raises
    ------
    SchemaError
        If a column is missing.
    InvalidActError
        If `keep` is out of its range, or fewer than 20 suggestions, or all of them, are relevant.
    """
    if not 0 < keep <= 1:
        raise InvalidActError(f"keep is {keep}: give the share of relevant suggestions to keep, such as 0.95")
    found = suggested(suggester, queries, pairs_of(queries, relevant), k)
    return fitted(suggester.model_id, found, keep)


def fitted(model: str, found: pd.DataFrame, keep: float) -> Fitted:
    """Fit on suggestions: ``query_id``, ``situation``, ``answer``, ``words``, ``relevant``, ``answerable``."""
    good = found["relevant"].to_numpy(dtype=bool)
    if good.sum() < LEAST_RELEVANT or good.all():
        raise InvalidActError(
            f"{good.sum()} of {len(good)} suggestions are relevant: give more queries, until {LEAST_RELEVANT} are and "
            "some are not"
        )
    likeness = found[["situation", "answer", "words"]].to_numpy(dtype=np.float64)
    intercept, situation, answer, words = _logistic(likeness, good)
    draft = Closeness(model, intercept, situation, answer, words, 0.0)
    close = draft.of(*likeness.T)
    # Rounded down, so that the suggestion at the threshold itself is shown.
    least = float(np.floor(np.quantile(close[good], 1 - keep, method="lower") * 1e4) / 1e4)
    closeness = replace(draft, least=least)
    return effect(closeness, found)


def effect(closeness: Closeness, found: pd.DataFrame) -> Fitted:
    """Return what a threshold does to suggestions, for example to some that it was not fitted on."""
    good = found["relevant"].to_numpy(dtype=bool)
    shown = closeness.of(*found[["situation", "answer", "words"]].to_numpy(dtype=np.float64).T) >= closeness.least
    nothing = found.assign(shown=shown)[~found["answerable"].to_numpy(dtype=bool)]
    abstained = 1 - _mean(nothing.groupby("query_id")["shown"].max().to_numpy(dtype=bool))
    return Fitted(closeness, _mean(shown[good]), 1 - _mean(shown[~good]), abstained, len(found))


def _mean(values: npt.NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _logistic(x: Array, good: npt.NDArray[np.bool_]) -> tuple[float, ...]:
    """Return intercept and coefficients, none of these below 0: what is more alike is never less close."""
    from scipy.optimize import minimize  # takes half a second, and only fitting needs it

    rows = np.column_stack([np.ones(len(x)), x])

    def loss(weights: Array) -> tuple[float, Array]:
        odds = rows @ weights
        value = np.logaddexp(0, odds).sum() - odds[good].sum() + RIDGE * (weights[1:] ** 2).sum()
        slope = rows.T @ (1 / (1 + np.exp(-odds)) - good) + 2 * RIDGE * np.array([0, *weights[1:]])
        return float(value), slope

    bounds = [(None, None), *[(0, None)] * x.shape[1]]
    best = minimize(loss, np.zeros(rows.shape[1]), jac=True, bounds=bounds, method="L-BFGS-B")
    return tuple(round(float(weight), 4) for weight in best.x)


def pairs_of(queries: pd.DataFrame, relevant: pd.DataFrame) -> Mapping[str, set[str]]:
    """Return the relevant exemplars of each query, after checking both frames."""
    for name, frame, wanted in (
        ("queries", queries, ("query_id", "text")),
        ("relevant", relevant, ("query_id", "exemplar_id")),
    ):
        missing = [column for column in wanted if column not in frame]
        if missing:
            failures = pd.DataFrame([{"row": None, "column": one, "reason": "is missing"} for one in missing])
            raise SchemaError(f"the frame of {name} has no column {', '.join(missing)}", failures)
    rows = relevant[relevant["gain"] > 0] if "gain" in relevant else relevant
    found: dict[str, set[str]] = {query_id: set() for query_id in queries["query_id"]}
    for query_id, exemplar_id in zip(rows["query_id"], rows["exemplar_id"], strict=True):
        found.setdefault(query_id, set()).add(exemplar_id)
    return found


def suggested(suggester: Suggesting, queries: pd.DataFrame, pairs: Mapping[str, set[str]], k: int) -> pd.DataFrame:
    """Return the likenesses of what is suggested for each query, whatever is too far, and whether it is relevant."""
    rows = []
    for record in queries.drop(columns="cluster", errors="ignore").to_dict("records"):
        query_id, text = record.pop("query_id"), record.pop("text")
        filters = {str(name): value for name, value in record.items() if not pd.isna(value)}
        for one in suggester.suggest(text, k, least=0, **filters):
            good = one.exemplar_id in pairs[query_id]
            rows.append((query_id, one.dense, one.dense_answer, one.words, good, bool(pairs[query_id])))
    names = ["query_id", "situation", "answer", "words", "relevant", "answerable"]
    return pd.DataFrame(rows, columns=names)
