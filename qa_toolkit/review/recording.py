"""Finished reviews that were made elsewhere, as acts."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from qa_toolkit.errors import IncompleteError, InvalidActError
from qa_toolkit.review.acts import ActBuilder
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act

COLUMNS = ("conversation_id", "commandment", "rating", "evidence", "comment")


def recorded(
    build: ActBuilder, uid: Callable[..., str], ratings: pd.DataFrame, good_answers: pd.DataFrame | None
) -> list[Act]:
    """Return the acts of the frames of `ReviewSession.record`; `uid` makes the id of an act of what it is about."""
    acts = [
        build.rating(
            r["conversation_id"],
            r["commandment"],
            r["rating"],
            r["evidence"],
            r["comment"],
            uid(r["conversation_id"], r["commandment"]),
        )
        for r in ratings.to_dict("records")
    ]
    marks = [] if good_answers is None else good_answers.to_dict("records")
    acts += [
        build.good_answer(
            m["conversation_id"],
            m["position"],
            m["commandments"],
            m["note"],
            True,
            uid(m["conversation_id"], m["position"]),
        )
        for m in marks
    ]
    return acts + [build.submit(name, uid(name, "submit")) for name in ratings["conversation_id"].unique()]


def check_whole(ratings: pd.DataFrame, rubric: Rubric) -> None:
    """Refuse a frame of ratings that lacks a column, or a rating of some conversation."""
    lacking = [name for name in COLUMNS if name not in ratings]
    if lacking:
        raise InvalidActError(f"the frame of ratings has no column {lacking[0]}; it needs {', '.join(COLUMNS)}")
    rated = ratings[ratings["rating"].notna()].groupby("conversation_id")["commandment"].agg(set)
    for conversation_id in ratings["conversation_id"].unique():
        missing = set(rubric.ids) - rated.get(conversation_id, set())
        if missing:
            raise IncompleteError(f"{conversation_id}: no rating for {', '.join(sorted(missing))}")
