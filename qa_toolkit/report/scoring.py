"""Scores of reviews, each by the rubric that it was made with and by one of the rules of the field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from qa_toolkit.errors import NotFoundError
from qa_toolkit.rubric import Rubric
from qa_toolkit.stats import VALUES
from qa_toolkit.stats.scores import RULES, has_failed, section_scores

REVIEW: Final = ["reviewer", "conversation_id", "rubric_hash"]
COLUMNS: Final = [*REVIEW, "rubric", "version", "score", "critical_failed", "n_applicable", "sections"]


def score_reviews(
    ratings: pd.DataFrame, rubric_of: Callable[[str], Rubric], rule: str = "weighted_mean"
) -> pd.DataFrame:
    """Score each review.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``.
    rubric_of : callable
        Gives the rubric of a hash; asked once for each.
    rule : str
        One of `qa_toolkit.stats.scores.RULES`.

    Returns
    -------
    pandas.DataFrame
        One row for each review: ``reviewer``, ``conversation_id``, ``rubric_hash``, ``rubric`` (its id), ``version``,
        ``score`` in [0, 1] (missing where nothing applied), ``critical_failed``, ``n_applicable``, ``sections`` (dict
        of group to its score, without regard to critical failures). These are scores of single reviews: for a figure
        of a team or an agent, give them to `qa_toolkit.stats.mean_score` with the sample.

    Raises
    ------
    NotFoundError
        If there is no such rule.
    """
    if rule not in RULES:
        raise NotFoundError(f"there is no scoring rule {rule!r}; choose one of {', '.join(RULES)}")
    rubrics = {rubric_hash: rubric_of(rubric_hash) for rubric_hash in ratings["rubric_hash"].unique()}
    rows = [
        (*key, *_scored(rubrics[key[2]], dict(zip(rated["commandment"], rated["rating"], strict=True)), rule))
        for key, rated in ratings.groupby(REVIEW, sort=True)
    ]
    kinds = dict.fromkeys([*REVIEW, "rubric", "version"], "str") | {"score": "float64", "n_applicable": "int64"}
    return pd.DataFrame(rows, columns=COLUMNS).astype({**kinds, "critical_failed": "bool"})


def _scored(rubric: Rubric, rated: dict[str, str], rule: str) -> tuple[Any, ...]:
    scores = [VALUES.get(rated.get(c.id, "na")) for c in rubric]
    weights, critical = [c.weight for c in rubric], [c.critical for c in rubric]
    groups = [c.group for c in rubric]
    score = RULES[rule](scores, weights, critical, groups)
    n_applicable = sum(s is not None for s in scores)
    sections = section_scores(scores, weights, groups)
    return rubric.id, rubric.version, score, has_failed(scores, critical), n_applicable, sections
