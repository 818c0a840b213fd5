"""How much of a sample is reviewed, and what became of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from qa_toolkit.stats.frames import originals

OUTSIDE = "out of scope"
COUNTS = ["drawn", "reviewed", "waiting", "replaced", "out_of_scope"]


@dataclass(frozen=True)
class Coverage:
    """How much of the sample is reviewed.

    Parameters
    ----------
    conversations : int
        In the frame that the sample was drawn from.
    drawn : int
        Conversations that the draw gave, also those that were replaced later.
    reviewed, waiting : int
        Conversations with a submitted review, and those without, that somebody can still review.
    replaced, out_of_scope : int
        Conversations of the draw that another took the place of; that were not meant to be in the frame.
    not_for_estimates : int
        Reviewed conversations whose chance to be drawn is not known: no rate counts them.
    reviewers, reviews : int
        People, and submitted reviews of conversations of the sample.
    rated_twice : int
        Conversations of the sample that two reviewers or more rated.
    outside, other_rubric : int
        Conversations outside the sample, and reviews by another rubric or version: both left out.
    strata, silent : int
        Strata of the draw, and those of them that have no review: they are in no estimate.
    """

    conversations: int
    drawn: int
    reviewed: int
    waiting: int
    replaced: int
    out_of_scope: int
    not_for_estimates: int
    reviewers: int
    reviews: int
    rated_twice: int
    outside: int
    other_rubric: int
    strata: int
    silent: int

    def __str__(self) -> str:
        text = (
            f"{self.drawn:,} of {self.conversations:,} conversations were drawn, {self.reviewed:,} of them are "
            f"reviewed, {self.rated_twice:,} by more than one reviewer."
        )
        silent = f"{self.silent:,} of {self.strata:,} strata have no review yet: the numbers do not speak for them."
        rest = [
            (self.waiting, f"{self.waiting:,} {'waits' if self.waiting == 1 else 'wait'} for a review."),
            (self.replaced, f"{self.replaced:,} could not be reviewed and {_was(self.replaced)} replaced."),
            (self.out_of_scope, f"{self.out_of_scope:,} turned out not to belong in the frame."),
            (
                self.not_for_estimates,
                f"{self.not_for_estimates:,} {_was(self.not_for_estimates)} picked, not drawn: no rate counts them.",
            ),
            (self.silent, silent),
            (self.outside, f"Reviews of {_count(self.outside, 'conversation')} outside the sample are left out."),
            (self.other_rubric, f"{_count(self.other_rubric, 'review')} by another rubric or version left out."),
        ]
        return " ".join([text, *(words for count, words in rest if count)])


def _count(n: int, word: str) -> str:
    return f"{n:,} {word}{'s' * (n != 1)}"


def _was(n: int) -> str:
    return "was" if n == 1 else "were"


def cover(
    sample: pd.DataFrame,
    reviews: pd.DataFrame,
    outside: int,
    other_rubric: int,
    replacements: pd.DataFrame | None = None,
    sizes: Mapping[str, int] | None = None,
) -> tuple[Coverage, dict[str, pd.DataFrame]]:
    """Count what became of a sample.

    Parameters
    ----------
    sample : pandas.DataFrame
        As from ``store.sample(name)``; without ``part`` and ``status``, all of it counts as drawn at random.
    reviews : pandas.DataFrame
        ``reviewer``, ``conversation_id`` of the submitted reviews of its conversations.
    outside, other_rubric : int
        As in `Coverage`.
    replacements : pandas.DataFrame, optional
        As from ``store.replacements(name)``.
    sizes : mapping of str to int, optional
        Conversations of the frame in each stratum. Where they are not said, they are estimated by Σ 1/π.

    Returns
    -------
    Coverage
    dict of str to pandas.DataFrame
        ``strata`` (``stratum``, ``conversations``, then the counts of `Coverage` and ``share_replaced``: of those in
        scope), ``parts`` (``part``, the counts, ``chance_low`` and ``chance_high``: the inclusion probabilities)
        and ``replaced`` (``conversation_id``, ``stratum``, ``status``, ``substitute``, ``reason``, ``actor``).
    """
    each = reviews["conversation_id"].value_counts()
    marked = _marked(sample, each.index)
    strata = _counted(marked, "stratum")
    strata.insert(1, "conversations", _frame_sizes(marked, sizes or {}).reindex(strata["stratum"]).to_numpy())
    strata["share_replaced"] = strata["replaced"] / (strata["drawn"] - strata["out_of_scope"]).where(lambda n: n > 0)
    total = strata[["conversations", *COUNTS]].sum()
    unknown = marked["inclusion_probability"].isna()
    coverage = Coverage(
        **{name: int(total[name]) for name in ("conversations", *COUNTS)},
        not_for_estimates=int((marked["reviewed"] & unknown).sum()),
        reviewers=reviews["reviewer"].nunique(),
        reviews=len(reviews),
        rated_twice=int((each > 1).sum()),
        outside=outside,
        other_rubric=other_rubric,
        strata=len(strata),
        silent=int((strata["reviewed"] == 0).sum()),
    )
    return coverage, {"strata": strata, "parts": _parts(marked), "replaced": _gone(marked, replacements)}


def _gone(marked: pd.DataFrame, replacements: pd.DataFrame | None) -> pd.DataFrame:
    """Return what left the sample, with what came in its place and why."""
    gone = marked.loc[marked["status"].isin(["replaced", OUTSIDE]), ["conversation_id", "stratum", "status"]]
    why = ["conversation_id", "substitute", "reason", "actor"]
    known = pd.DataFrame(columns=why, dtype="str") if replacements is None else replacements[why]
    return gone.merge(known, how="left", on="conversation_id")


def _marked(sample: pd.DataFrame, reviewed: pd.Index[str]) -> pd.DataFrame:
    marked = sample.assign(
        stratum=sample["stratum"].astype("str").fillna("(none)"),
        part=sample.get("part", "random"),
        status=sample.get("status", "drawn"),
    )
    status, drawn = marked["status"], originals(sample)
    is_reviewed = reviewed.get_indexer_for(pd.Index(marked["conversation_id"])) >= 0
    return marked.assign(
        drawn=drawn,
        reviewed=is_reviewed,
        replaced=(status == "replaced") & drawn,
        out_of_scope=(status == OUTSIDE) & drawn,
        waiting=status.isin(["drawn", "substitute"]) & ~is_reviewed,
    )


def _counted(marked: pd.DataFrame, by: str) -> pd.DataFrame:
    return marked.groupby(by, observed=True)[COUNTS].sum().astype("int64").reset_index()


def _frame_sizes(marked: pd.DataFrame, known: Mapping[str, int]) -> pd.Series[int]:
    """Return how many conversations of the frame each stratum has; what is not known is estimated from the draw."""
    weights = np.where(marked["drawn"], 1 / marked["inclusion_probability"].to_numpy(dtype=float), 0.0)
    sums = marked.assign(weight=weights).groupby("stratum", observed=True)["weight"].sum()
    return sums.index.to_series().map(dict(known)).fillna(sums.round()).astype("int64")


def _parts(marked: pd.DataFrame) -> pd.DataFrame:
    chances = marked.groupby("part", observed=True)["inclusion_probability"].agg(chance_low="min", chance_high="max")
    return _counted(marked, "part").merge(chances.reset_index(), on="part")
