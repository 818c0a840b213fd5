"""Fusion weights and threshold, fitted on what coaches judged, and taken only if they win on what was held out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import InvalidActError
from qa_toolkit.suggest.closeness import LEAST_RELEVANT, Closeness, fitted, pairs_of, suggested
from qa_toolkit.suggest.evaluation import CLUSTER, LEAST, Comparison, Evaluation, compare, evaluate
from qa_toolkit.suggest.fusion import Weights
from qa_toolkit.suggest.pairs import newer
from qa_toolkit.suggest.suggester import Suggester

MEASURE: Final = "ndcg@10"
BRIER: Final = "1 - brier"
AT: Final = "at"
KEEP: Final = 0.95
LOOKED_AT: Final = 5
GRID: Final = tuple(
    Weights(*one)
    for one in (
        (1, 1, 1),
        (2, 1, 1),
        (1, 2, 1),
        (1, 1, 2),
        (2, 2, 1),
        (2, 1, 2),
        (1, 2, 2),
        (4, 1, 1),
        (1, 4, 1),
        (1, 1, 4),
        (1, 1, 0),
        (1, 0, 1),
        (0, 1, 1),
    )
)


@dataclass(frozen=True)
class Refit:
    """What refitting found.

    Parameters
    ----------
    weights : Weights or None
        Better ones; None: those that are used stay.
    closeness : Closeness or None
        A better one; None: the one that is used stays.
    order, threshold : Comparison or None
        New minus old on the held-out half; None where nothing was compared.
    pairs, held_out : int
        Situations with a relevant exemplar, in all and on the held-out half.
    words : tuple of str
        What came of it, for people.
    """

    weights: Weights | None
    closeness: Closeness | None
    order: Comparison | None
    threshold: Comparison | None
    pairs: int
    held_out: int
    words: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self.words)


def refit(suggester: Suggester, queries: pd.DataFrame, relevant: pd.DataFrame) -> Refit:
    """Choose weights and fit a closeness on the older half of the conversations, and compare on the newer half.

    The weights are those of 13 sets with the highest mean nDCG@10; they win if the whole interval of a paired bootstrap
    over held-out conversations is above 0. The closeness wins in the same way by its Brier score, over the suggestions
    of the held-out situations when no commandment is asked for, as the threshold counts only then.

    Parameters
    ----------
    suggester : Suggester
        As it is used now.
    queries : pandas.DataFrame
        ``query_id``, ``text``, ``cluster`` (the conversation), ``at`` (when it began; missing counts as newest); other
        columns are filters.
    relevant : pandas.DataFrame
        ``query_id``, ``exemplar_id``, ``gain``: 0 is not useful.

    Returns
    -------
    Refit

    References
    ----------
    Sakai (2006), SIGIR, 525-532 (paired bootstrap); Brier (1950), Monthly Weather Review 78, 1-3.
    """
    known = set(relevant.loc[relevant["gain"] > 0, "query_id"])
    older, newer = halves(queries)
    answered = [half[half["query_id"].isin(known)] for half in (older, newer)]
    numbers = sum(map(len, answered)), len(answered[1])
    fewest = min(half[CLUSTER].nunique() for half in answered)
    if fewest < LEAST:
        return Refit(None, None, None, None, *numbers, (_too_few(fewest),))
    weights, order, said = _better_order(suggester, answered[0], answered[1], relevant)
    found = suggester.with_settings(weights) if weights else suggester
    closeness, threshold, also = _better_closeness(found, older, newer, relevant)
    return Refit(weights, closeness, order, threshold, *numbers, (said, also))


def halves(queries: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the queries of the older half of the conversations, and those of the newer half."""
    new = newer(queries, (queries[CLUSTER].nunique() + 1) // 2)
    return queries[~new].reset_index(drop=True), queries[new].reset_index(drop=True)


def _too_few(fewest: int) -> str:
    return (
        f"Nothing was fitted: {fewest} conversations of one half have a suggestion that was used, and {LEAST} are the "
        "least. Judge more suggestions, of different conversations."
    )


def _better_order(
    suggester: Suggester, fit: pd.DataFrame, held: pd.DataFrame, relevant: pd.DataFrame
) -> tuple[Weights | None, Comparison | None, str]:
    now = suggester.weights
    tried = {w: _evaluated(suggester.with_settings(w), fit, relevant) for w in (now, *GRID)}
    reached = {w: float(found.per_query[MEASURE].mean()) for w, found in tried.items()}
    best = max(reached, key=lambda weights: reached[weights])  # of equal ones the first: those that are used
    if best == now:
        return None, None, f"Weights: those that are used, {_shown(now)}, were the best on the older half, and stay."
    found = compare(
        _evaluated(suggester.with_settings(best), held, relevant, f"weights {_shown(best)}"),
        _evaluated(suggester, held, relevant, f"weights {_shown(now)}"),
    )
    won = found.wins(MEASURE)
    return best if won else None, found, f"{found.table['verdict'][0]} {_end(won)}"


def _evaluated(suggester: Suggester, queries: pd.DataFrame, relevant: pd.DataFrame, name: str = "") -> Evaluation:
    def rank(text: str, k: int, /, **filters: Any) -> Sequence[str]:
        return [one.exemplar_id for one in suggester.suggest(text, k, least=0, **filters)]

    asked = queries.drop(columns=AT)
    qrels = relevant[relevant["query_id"].isin(queries["query_id"])]
    return evaluate(rank, asked, qrels, name=name, measures=(MEASURE,))


def _better_closeness(
    suggester: Suggester, older: pd.DataFrame, newer: pd.DataFrame, relevant: pd.DataFrame
) -> tuple[Closeness | None, Comparison | None, str]:
    fit, held = (_looked_at(suggester, half, relevant) for half in (older, newer))
    try:
        new = fitted(suggester.model_id, fit, KEEP).closeness
    except InvalidActError:
        few = f"Threshold: fewer than {LEAST_RELEVANT} relevant suggestions on the older half; it stays as it is."
        return None, None, few
    share = float(fit["relevant"].mean())
    old = suggester.closeness.of if suggester.closeness else lambda one, *_: np.full(len(one), share)
    clusters = newer.set_index("query_id")[CLUSTER]
    found = compare(
        _scored("the new closeness", new.of, held, clusters),
        _scored("the old one" if suggester.closeness else "the mean share", old, held, clusters),
    )
    won = found.wins(BRIER)
    return new if won else None, found, f"{found.table['verdict'][0]} {_end(won)}"


def _looked_at(suggester: Suggester, queries: pd.DataFrame, relevant: pd.DataFrame) -> pd.DataFrame:
    asked = queries.drop(columns=[AT, "commandment"], errors="ignore")
    return suggested(suggester, asked, pairs_of(asked, relevant), LOOKED_AT)


def _scored(name: str, of: Callable[..., Any], found: pd.DataFrame, clusters: pd.Series[Any]) -> Evaluation:
    close = of(*(found[part].to_numpy(dtype=np.float64) for part in ("situation", "answer", "words")))
    score = 1 - (close - found["relevant"].to_numpy(dtype=np.float64)) ** 2
    by_query = pd.DataFrame({BRIER: score}).groupby(found["query_id"].to_numpy()).mean()
    return Evaluation(name, by_query, pd.factorize(clusters.loc[by_query.index])[0], {})


def _shown(weights: Weights) -> str:
    return f"{weights.situation:g}, {weights.answer:g}, {weights.words:g}"


def _end(won: bool) -> str:
    return "It is taken." if won else "The old one stays."
