"""The numbers of a report, as frames; everything shown is made from these."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from qa_toolkit.rubric import Rubric
from qa_toolkit.stats import agreement, difference, mean_score, pass_rates, weighted_score


@dataclass(frozen=True)
class Coverage:
    """How much of the sample is reviewed.

    Parameters
    ----------
    conversations : int
        In the frame that the sample was drawn from.
    drawn, reviewed : int
        Conversations in the sample, and those with a submitted review.
    reviewers, reviews : int
        People, and submitted reviews of conversations of the sample.
    rated_twice : int
        Conversations of the sample that two reviewers or more rated.
    outside, other_rubric : int
        Conversations outside the sample, and ratings by another rubric or version: both left out.
    strata : pandas.DataFrame
        ``stratum``, ``conversations``, ``drawn``, ``reviewed``. A stratum with none reviewed is not in any estimate.
    """

    conversations: int
    drawn: int
    reviewed: int
    reviewers: int
    reviews: int
    rated_twice: int
    outside: int
    other_rubric: int
    strata: pd.DataFrame

    def __str__(self) -> str:
        text = (
            f"{self.drawn:,} of {self.conversations:,} conversations were drawn, {self.reviewed:,} of them are "
            f"reviewed, {self.rated_twice:,} by more than one reviewer."
        )
        silent = int((self.strata["reviewed"] == 0).sum())
        if silent:
            text += f" {silent:,} of {len(self.strata):,} strata have no review yet: the numbers do not speak for them."
        if self.outside:
            text += f" Reviews of {self.outside:,} conversations outside the sample are left out."
        if self.other_rubric:
            text += f" {self.other_rubric:,} ratings by another rubric or version are left out."
        return text


@dataclass(frozen=True)
class Summary:
    """All numbers of a report.

    Parameters
    ----------
    rubric : str
        Title and version.
    coverage : Coverage
    scores : pandas.DataFrame
        Pass rate over all commandments, mean weighted score, the same before critical failures, share of
        conversations with one.
    commandments, groups, agents, plans : pandas.DataFrame
        As from `pass_rates`. ``commandments`` has ``title`` and ``heading``, in the order of the rubric, and
        ``agents`` the mean score too; agents are in order of name, because a league table would rank chance.
    free_and_paying : pandas.DataFrame
        As from `difference`: free customers minus paying ones, for each commandment.
    agreement : pandas.DataFrame
        As from `agreement`, with ``title``.
    """

    rubric: str
    coverage: Coverage
    scores: pd.DataFrame
    commandments: pd.DataFrame
    groups: pd.DataFrame
    agents: pd.DataFrame
    plans: pd.DataFrame
    free_and_paying: pd.DataFrame
    agreement: pd.DataFrame


def summarise(
    ratings: pd.DataFrame,
    sample: pd.DataFrame,
    conversations: pd.DataFrame,
    rubric: Rubric,
    finite: bool = False,
    seed: int = 0,
) -> Summary:
    """Work out all numbers of a report.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``; those by another rubric are left out and counted.
    sample, conversations : pandas.DataFrame
        As from ``store.sample(name)`` and ``store.conversations()``.
    rubric : Rubric
    finite : bool
        True: intervals are about exactly the conversations of the frame. False: about the practice that they
        come from. Comparisons of plans are always about the practice.
    seed : int
        Of the bootstrap of alpha.
    """
    known = sample.merge(conversations[["conversation_id", "agent", "plan"]], how="left", on="conversation_id")
    rated = ratings[ratings["rubric_hash"] == rubric.hash] if "rubric_hash" in ratings else ratings
    mine = rated[rated["conversation_id"].isin(sample["conversation_id"])]
    items = _items(rubric)
    mine = mine.merge(items[["commandment", "heading"]], how="left", on="commandment")
    names = items.drop(columns=["weight", "critical"])
    scores = weighted_score(mine, items)
    by_plan = pass_rates(mine, known, ["commandment", "plan"])
    agents = pass_rates(mine, known, "agent", finite=finite)
    means = mean_score(scores, known, "agent", finite=finite).rename(
        columns={"mean": "score", "low": "score_low", "high": "score_high"}
    )
    return Summary(
        f"{rubric.title}, version {rubric.version}",
        _coverage(ratings, rated, mine, sample),
        pd.concat([_pass_rate(mine, known, finite), *_scores(scores, known, finite)], ignore_index=True),
        names.merge(pass_rates(mine, known, finite=finite), on="commandment"),
        names[["heading"]].drop_duplicates().merge(pass_rates(mine, known, "heading", finite=finite), on="heading"),
        agents.merge(means[["agent", "score", "score_low", "score_high"]], on="agent"),
        pass_rates(mine, known, "plan", finite=finite),
        names.merge(difference(by_plan, "plan", "free", "paying"), on="commandment"),
        _agreement(mine, names, seed),
    )


def _items(rubric: Rubric) -> pd.DataFrame:
    rows = [(c.id, c.title, rubric.groups.get(c.group, c.group), c.weight, c.critical) for c in rubric.commandments]
    return pd.DataFrame(rows, columns=["commandment", "title", "heading", "weight", "critical"])


def _pass_rate(mine: pd.DataFrame, known: pd.DataFrame, finite: bool) -> pd.DataFrame:
    rates = pass_rates(mine, known, by=[], finite=finite).rename(columns={"rate": "mean"})
    rates.insert(0, "measure", "Pass rate over all commandments")
    return rates


def _scores(scores: pd.DataFrame, known: pd.DataFrame, finite: bool) -> list[pd.DataFrame]:
    spoiled = scores.assign(spoiled=(scores["critical_failures"] > 0).astype("float64"))
    columns = {
        "score": "Mean score",
        "score_without_critical": "Mean score before critical failures",
        "spoiled": "Conversations with a critical failure",
    }
    return [mean_score(spoiled, known, score=c, finite=finite).assign(measure=title) for c, title in columns.items()]


def _agreement(mine: pd.DataFrame, names: pd.DataFrame, seed: int) -> pd.DataFrame:
    table = agreement(mine, seed)
    place = {commandment: i for i, commandment in enumerate(names["commandment"])}
    table = table.sort_values("commandment", key=lambda c: c.map(place), na_position="last", ignore_index=True)
    table.insert(1, "title", table["commandment"].map(names.set_index("commandment")["title"]).fillna("Overall"))
    return table


def _coverage(ratings: pd.DataFrame, rated: pd.DataFrame, mine: pd.DataFrame, sample: pd.DataFrame) -> Coverage:
    reviews = mine[["reviewer", "conversation_id"]].drop_duplicates()
    each = reviews["conversation_id"].value_counts()
    marked = sample.assign(
        conversations=1 / sample["inclusion_probability"], reviewed=sample["conversation_id"].isin(each.index)
    )
    strata = marked.groupby("stratum").agg(
        conversations=("conversations", "sum"), drawn=("reviewed", "size"), reviewed=("reviewed", "sum")
    )
    return Coverage(
        conversations=round(strata["conversations"].sum()),
        drawn=len(sample),
        reviewed=len(each),
        reviewers=reviews["reviewer"].nunique(),
        reviews=len(reviews),
        rated_twice=int((each > 1).sum()),
        outside=rated.loc[~rated["conversation_id"].isin(sample["conversation_id"]), "conversation_id"].nunique(),
        other_rubric=len(ratings) - len(rated),
        strata=strata.round().astype("int64").reset_index(),
    )
