"""The rates of a report: over everything, by commandment and by what is known of a conversation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import pandas as pd

from qa_toolkit.errors import NotFoundError, instead
from qa_toolkit.rubric import Rubric, load_clauses, load_source_lists
from qa_toolkit.stats import Tally, mean_score, score_difference, week_of

ALL: Final = "All commandments"
SCORE: Final = "Mean score"
MEASURES: Final = {
    "score": SCORE,
    "score_without_critical": "Mean score before critical failures",
    "spoiled": "Conversations with a critical failure",
}


def items_of(rubric: Rubric) -> pd.DataFrame:
    """Return ``commandment``, ``title``, ``heading``, ``weight``, ``critical`` of a rubric, in its order."""
    rows = [(c.id, c.title, rubric.groups.get(c.group, c.group), c.weight, c.critical) for c in rubric.commandments]
    return pd.DataFrame(rows, columns=["commandment", "title", "heading", "weight", "critical"])


def known_of(sample: pd.DataFrame, conversations: pd.DataFrame, team: str, csat: str = "labels.csat") -> pd.DataFrame:
    """Return a sample with ``agent``, ``team``, ``channel``, ``plan``, ``week`` and ``csat`` of its conversations."""
    about = pd.DataFrame({"conversation_id": conversations["conversation_id"]})
    for name in ("agent", "channel", "plan"):
        about[name] = conversations.get(name)
    about["team"] = _values(conversations, team)
    about["csat"] = pd.to_numeric(pd.Series(_values(conversations, csat), index=about.index), errors="coerce")
    about["week"] = week_of(conversations["started_at"]) if "started_at" in conversations else None
    return sample.merge(about, how="left", on="conversation_id")


def refuse_unknown(conversations: pd.DataFrame, column: str, usual: str) -> None:
    """Raise a NotFoundError if somebody asks for a column, or a label, that no conversation has."""
    if column == usual or conversations.empty or any(pd.notna(_values(conversations, column))):
        return
    labels = conversations["labels"].tolist() if "labels" in conversations else []
    known = [name for name in ("agent", "channel", "plan", "language") if name in conversations]
    known += sorted({f"labels.{path}" for found in labels for path in _paths(found)})
    raise NotFoundError(f"no conversation of the sample has {column!r}; {instead(column, known)}")


def _paths(labels: Any) -> Iterator[str]:
    """Yield the labels of a conversation, what is nested with dots."""
    for key, value in (labels if isinstance(labels, dict) else {}).items():
        yield from (f"{key}.{path}" for path in _paths(value)) if isinstance(value, dict) else [str(key)]


def _values(conversations: pd.DataFrame, column: str) -> Any:
    """Return a column, or a label as text; missing where there is none."""
    if column in conversations and column != "labels":
        return conversations[column]
    *path, last = column.removeprefix("labels.").split(".")
    labels = conversations["labels"].tolist() if "labels" in conversations else []
    return [_label(found, [*path, last]) for found in labels] or None


def _label(found: Any, path: list[str]) -> str | None:
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return str(found) if isinstance(found, (str, int, float)) and str(found).strip() else None


def rate_frames(
    mine: pd.DataFrame, scores: pd.DataFrame, known: pd.DataFrame, rubric: Rubric, finite: bool
) -> dict[str, pd.DataFrame]:
    """Estimate everything that a report shows a rate of.

    Parameters
    ----------
    mine : pandas.DataFrame
        Ratings of conversations of the sample, by `rubric`.
    scores : pandas.DataFrame
        From `qa_toolkit.stats.weighted_score`.
    known : pandas.DataFrame
        From `known_of`.
    rubric : Rubric
    finite : bool
        As in `qa_toolkit.stats.pass_rates`; comparisons are always about the practice.

    Returns
    -------
    dict of str to pandas.DataFrame
        As `qa_toolkit.report.Report` names them.
    """
    names = items_of(rubric)[["commandment", "title", "heading"]]
    tally = Tally(mine, known)
    sections = {str(h): list(part["commandment"]) for h, part in names.groupby("heading", sort=False)}
    return {
        "scores": _overall(tally, scores, known, finite),
        "plans": _by(tally, scores, known, "plan", finite),
        "free_and_paying": _free_and_paying(tally, scores, known, names),
        "commandments": names.merge(
            _both(tally.rates(finite=finite), tally.scores.rates(finite=finite)), on="commandment"
        ),
        "groups": _pooled(tally, sections, "heading", finite),
        **_source_frames(tally, rubric, finite),
        **{f"{by}s": _by(tally, scores, known, by, finite) for by in ("agent", "team", "channel", "week")},
    }


def _overall(tally: Tally, scores: pd.DataFrame, known: pd.DataFrame, finite: bool) -> pd.DataFrame:
    rates = tally.rates([], finite).rename(columns={"rate": "mean"})
    spoiled = scores.assign(spoiled=(scores["critical_failures"] > 0).astype("float64"))
    means = [mean_score(spoiled, known, score=c, finite=finite).assign(measure=title) for c, title in MEASURES.items()]
    return pd.concat([rates.assign(measure="Pass rate over all commandments"), *means], ignore_index=True)[
        ["measure", *rates.columns]
    ]


def _by(tally: Tally, scores: pd.DataFrame, known: pd.DataFrame, by: str, finite: bool) -> pd.DataFrame:
    """Return pass rate and mean score of each value of a column; of none, where nothing is known of it."""
    table = _both(tally.rates(by, finite), mean_score(scores, known, by, finite=finite))
    return table.head(0) if known[by].isna().all() else table


def _pooled(tally: Tally, sets: Mapping[str, Collection[str]], name: str, finite: bool) -> pd.DataFrame:
    return _both(tally.pooled(sets, name, finite), tally.scores.pooled(sets, name, finite))


def _both(rates: pd.DataFrame, means: pd.DataFrame) -> pd.DataFrame:
    """Return a table of pass rates with the mean scores of the same rows beside them."""
    key = means.columns[0]
    scores = means[[key, "mean", "low", "high"]]
    return rates.merge(scores.rename(columns={"mean": "score", "low": "score_low", "high": "score_high"}), on=key)


def _free_and_paying(tally: Tally, scores: pd.DataFrame, known: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Compare free customers with paying ones: over all, by score, then for each commandment."""
    sides = ("plan", "free", "paying")
    each = tally.difference(*sides)
    first = [
        table.assign(commandment=title, title=title, heading="")
        for title, table in (
            (ALL, tally.difference(*sides, each=[])),
            (SCORE, score_difference(scores, known, *sides)),
        )
    ]
    table = pd.concat([*first, names.merge(each, on="commandment")], ignore_index=True)
    return table[["commandment", "title", "heading", *(c for c in each.columns if c != "commandment")]]


def _source_frames(tally: Tally, rubric: Rubric, finite: bool) -> dict[str, pd.DataFrame]:
    """Return the rates of the source lists, and of each clause of them, that commandments of the rubric serve."""
    clauses, titles = load_clauses(), load_source_lists()
    serving = {one: tuple(c.id for c in rubric.commandments if one in c.clauses) for one in clauses}
    lists: dict[str, set[str]] = {}
    for one, commandments in serving.items():
        if commandments:
            lists.setdefault(clauses[one].source, set()).update(commandments)
    sources = _pooled(tally, lists, "source", finite)
    sources.insert(1, "list", sources["source"].map(titles))
    # Many clauses are served by the same commandments, and those have the same rate.
    sets = {" ".join(commandments): commandments for commandments in serving.values() if commandments}
    rates = tally.pooled(sets, "commandments", finite)
    rows = [
        (titles[clause.source], clause.item, clause.gist, " ".join(serving[one]), clause.met_by or "")
        for one, clause in clauses.items()
        if clause.source in lists
    ]
    about = pd.DataFrame(rows, columns=["list", "item", "gist", "commandments", "met_by"])
    found = about.merge(rates, how="left", on="commandments").fillna({"n": 0, "too_few": False})
    return {"sources": sources, "clauses": found.astype({"n": "int64", "too_few": "bool"})}
