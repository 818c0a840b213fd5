"""How good a ranking is: measures for each query, their means with intervals, and the difference of two rankers.

A ranker is any callable ``(text, k, **filters)`` that returns the ids of at most `k` exemplars, best first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.errors import InvalidActError, SchemaError
from qa_toolkit.suggest.encoders import Progress
from qa_toolkit.suggest.measures import MEASURES, Array, measured, parsed

QUERY: Final = ("query_id", "text")
QRELS: Final = ("query_id", "exemplar_id", "gain")
CLUSTER: Final = "cluster"
LEAST: Final = 10  # units: with fewer, percentiles of a bootstrap are far too narrow
AT_ONCE: Final = 2_000_000  # counts that are held in memory: 16 MB


class Ranker(Protocol):
    """What finds exemplars for a text."""

    def __call__(self, text: str, k: int, /, **filters: Any) -> Sequence[str]:
        """Return the ids of at most `k` exemplars, best first, each once."""


@dataclass(frozen=True)
class Evaluation:
    """What one ranker reached on a set of queries.

    Parameters
    ----------
    name : str
        Of the ranker.
    per_query : pandas.DataFrame, shape (n_queries, n_measures)
        By ``query_id``; one column for each measure, each value from 0 to 1.
    clusters : numpy.ndarray of int, shape (n_queries,)
        Queries of one cluster are redrawn together; all different where queries are independent.
    ranked : dict of str to list of str
        The ids that were found, by query.
    """

    name: str
    per_query: pd.DataFrame
    clusters: npt.NDArray[np.int64]
    ranked: dict[str, list[str]]

    def summary(self, level: float = 0.95, replicates: int = 2000, seed: int = 0) -> pd.DataFrame:
        """Return the mean of each measure with a percentile bootstrap interval over queries.

        Parameters
        ----------
        level : float
            Of the intervals, above 0 and below 1.
        replicates : int
            How often the queries are redrawn.
        seed : int

        Returns
        -------
        pandas.DataFrame
            Columns ``ranker``, ``measure``, ``mean``, ``low``, ``high``, ``n`` (queries). With fewer than 10
            independent queries the limits are missing: a percentile interval is far too narrow then.

        References
        ----------
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, section 13.3.
        """
        mean, low, high = _means(self.per_query.to_numpy(), self.clusters, level, replicates, seed)
        out = {"measure": self.per_query.columns, "mean": mean, "low": low, "high": high, "n": len(self.per_query)}
        return pd.DataFrame(out).assign(ranker=self.name)[["ranker", "measure", "mean", "low", "high", "n"]]


@dataclass(frozen=True)
class Comparison:
    """The difference of two rankers on the same queries, `a` minus `b`.

    Parameters
    ----------
    a, b : str
        Names of the rankers.
    table : pandas.DataFrame
        Columns ``measure``, ``a``, ``b`` (means), ``difference``, ``low``, ``high``, ``better``, ``worse``, ``same``
        (queries for which `a` has more, less or as much), ``n``, and ``verdict``, a sentence that follows the interval.
    """

    a: str
    b: str
    table: pd.DataFrame

    def wins(self, measure: str = MEASURES[0]) -> bool:
        """Return whether `a` is better than `b` for sure: the whole interval of the difference is above 0."""
        rows = self.table.loc[self.table["measure"] == measure, "low"]
        if rows.empty:
            raise InvalidActError(f"{measure} was not compared: ask for one of {', '.join(self.table['measure'])}")
        return bool(rows.iloc[0] > 0)


def evaluate(
    ranker: Ranker,
    queries: pd.DataFrame,
    qrels: pd.DataFrame,
    *,
    name: str = "ranker",
    measures: Sequence[str] = MEASURES,
    progress: Progress | None = None,
) -> Evaluation:
    """Rank for each query and measure how high the relevant exemplars stand.

    Parameters
    ----------
    ranker : Ranker
        Called with the text, the largest k of `measures`, and what other columns of `queries` hold.
    queries : pandas.DataFrame
        Columns ``query_id`` and ``text``; ``cluster``, if some queries depend on each other (they share a
        conversation). Every other column, such as ``commandment``, is a filter of that name; missing is none.
    qrels : pandas.DataFrame
        Columns ``query_id``, ``exemplar_id``, ``gain``: 0 is not relevant, 1 and more are ever more useful.
    name : str
        Of the ranker, for people.
    measures : sequence of str
        ``ndcg@k``, ``mrr@k`` or ``hit@k``; see `qa_toolkit.suggest.measures.measured`.
    progress : callable, optional
        Called with queries done and queries in all.

    Returns
    -------
    Evaluation

    Raises
    ------
    SchemaError
        A column is missing, an id stands twice, a gain is negative, or a query has no relevant exemplar: no
        ranker could find one, so leave such queries out and say how many.
    InvalidActError
        A measure is unknown, or the ranker returned an exemplar twice.
    """
    depths = [parsed(measure)[1] for measure in measures]
    if not depths:
        raise InvalidActError(f"there is nothing to measure: ask for some of {', '.join(MEASURES)}")
    gains = _gains(queries, qrels)
    filters = queries.drop(columns=[*QUERY, CLUSTER], errors="ignore").astype(object).to_dict("records")
    ranked: dict[str, list[str]] = {}
    for query_id, text, given in zip(queries["query_id"], queries["text"], filters, strict=True):
        asked = {str(column): value for column, value in given.items() if not _missing(value)}
        ranked[query_id] = list(ranker(text, max(depths), **asked))
        if progress:
            progress(len(ranked), len(queries))
    rows = [measured(ranked[query_id], gains[query_id], measures) for query_id in queries["query_id"]]
    index = pd.Index(queries["query_id"], name="query_id")
    unit = queries[CLUSTER] if CLUSTER in queries else pd.Series(np.arange(len(queries)))
    return Evaluation(name, pd.DataFrame(rows, index=index, columns=list(measures)), pd.factorize(unit)[0], ranked)


def compare(a: Evaluation, b: Evaluation, level: float = 0.95, replicates: int = 2000, seed: int = 0) -> Comparison:
    """Compare two rankers on the same queries by a paired bootstrap.

    Queries are redrawn, each with what both rankers reached on it, and the percentiles of the mean difference are
    its interval. The interval is of one comparison: of many at once, 5 % look like a difference where there is none.

    Parameters
    ----------
    a, b : Evaluation
        Of the same queries and measures.
    level : float
    replicates : int
    seed : int

    Returns
    -------
    Comparison

    Raises
    ------
    InvalidActError
        The queries or the measures differ.

    References
    ----------
    Sakai (2006), SIGIR, 525-532: the paired bootstrap over topics.
    """
    if set(a.per_query.index) != set(b.per_query.index) or list(a.per_query.columns) != list(b.per_query.columns):
        raise InvalidActError(f"{a.name} and {b.name} were not measured alike: evaluate both on the same queries")
    gap = a.per_query.to_numpy() - b.per_query.loc[a.per_query.index].to_numpy()
    difference, low, high = _means(gap, a.clusters, level, replicates, seed)
    out = pd.DataFrame(
        {
            "measure": a.per_query.columns,
            "a": a.per_query.mean().to_numpy(),
            "b": b.per_query.mean().to_numpy(),
            "difference": difference,
            "low": low,
            "high": high,
            "better": (gap > 0).sum(axis=0),
            "worse": (gap < 0).sum(axis=0),
            "same": (gap == 0).sum(axis=0),
            "n": len(gap),
        }
    )
    limits = zip(out["measure"], out["low"], out["high"], strict=True)
    return Comparison(a.name, b.name, out.assign(verdict=[_verdict(a.name, b.name, *row) for row in limits]))


def _verdict(a: str, b: str, measure: str, low: float, high: float) -> str:
    if np.isnan(low):
        return f"{measure}: too few queries to tell {a} from {b}; {LEAST} independent ones are the least."
    bounds = f"between {low:+.3f} and {high:+.3f}"
    if low > 0:
        return f"{measure}: {a} is better than {b}, by {bounds}."
    if high < 0:
        return f"{measure}: {a} is worse than {b}, by {bounds}."
    if low == high:
        return f"{measure}: {a} and {b} are the same on every query."
    return f"{measure}: no difference between {a} and {b} is shown; it may be anything {bounds}."


def _means(
    values: Array, clusters: npt.NDArray[np.int64], level: float, replicates: int, seed: int
) -> tuple[Array, Array, Array]:
    """Return the mean of each column and the percentiles of the means of redrawn clusters."""
    if not 0 < level < 1 or replicates < 1:
        raise InvalidActError(f"level is {level}, replicates {replicates}: give a level such as 0.95, and 1 or more")
    sizes = np.bincount(clusters).astype(np.float64)
    sums = np.stack([np.bincount(clusters, weights=column) for column in values.T], axis=1)
    n = len(sizes)
    mean = sums.sum(axis=0) / sizes.sum()
    if n < LEAST:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    rng, some = np.random.default_rng(seed), max(1, AT_ONCE // n)
    parts = []
    for done in range(0, replicates, some):
        counts = rng.multinomial(n, np.full(n, 1 / n), size=min(some, replicates - done)).astype(np.float64)
        parts.append((counts @ sums) / (counts @ sizes)[:, None])
    low, high = np.quantile(np.concatenate(parts), [(1 - level) / 2, (1 + level) / 2], axis=0)
    return mean, low, high


def _gains(queries: pd.DataFrame, qrels: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Check both frames and return the gains above 0 by query."""
    check_columns(queries, QUERY, "queries")
    check_columns(qrels, QRELS, "qrels")
    _refuse(queries, queries["query_id"].duplicated(), "query_id", "stands twice among the queries")
    _refuse(qrels, ~(qrels["gain"] >= 0), "gain", "must be a number from 0")
    _refuse(qrels, qrels.duplicated(["query_id", "exemplar_id"]), "exemplar_id", "stands twice for one query")
    out: dict[str, dict[str, float]] = {}
    relevant = qrels[qrels["gain"] > 0]
    for query_id, exemplar_id, gain in zip(
        relevant["query_id"], relevant["exemplar_id"], relevant["gain"], strict=True
    ):
        out.setdefault(query_id, {})[exemplar_id] = float(gain)
    reason = "has no relevant exemplar, which no ranker could find: leave such queries out, and say how many"
    _refuse(queries, ~queries["query_id"].isin(list(out)), "query_id", reason)
    if queries.empty:
        raise SchemaError("there are no queries: give at least one", pd.DataFrame(columns=["row", "column", "reason"]))
    return out


def check_columns(frame: pd.DataFrame, wanted: Iterable[str], what: str) -> None:
    """Raise SchemaError if a frame has not all of some columns."""
    missing = [column for column in wanted if column not in frame]
    if missing:
        failures = pd.DataFrame([{"row": None, "column": name, "reason": "is missing"} for name in missing])
        raise SchemaError(f"the {what} have no column {', '.join(missing)}", failures)


def _refuse(frame: pd.DataFrame, wrong: pd.Series[Any], column: str, reason: str) -> None:
    if wrong.any():
        rows = np.flatnonzero(wrong.to_numpy(dtype=bool))
        failures = pd.DataFrame({"row": rows, "column": column, "reason": reason})
        first = frame[column].iloc[rows[0]]
        raise SchemaError(f"{column} {first!r} {reason} ({len(rows)} of {len(frame)} rows)", failures)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA or value is pd.NaT
