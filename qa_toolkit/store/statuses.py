"""How far a review is, from the acts that are current in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from qa_toolkit.store.acts import Event

WORK_KINDS: Final = ("rating", "comment", "good_answer", "fact")
REVIEW_KINDS: Final = (*WORK_KINDS, "submit", "skip")


def status(events: Sequence[Event]) -> tuple[str, str | None]:
    """Return the state of a review and the reason of a skip, from the current events of one review.

    A rating after a skip takes the review up again; one after a submit amends it.
    """
    state = state_of({e.kind: e.event_id for e in events})
    return state, next(e.payload["reason"] for e in events if e.kind == "skip") if state == "skipped" else None


def state_of(newest: Mapping[str, int]) -> str:
    """Return the state of a review from the number of the newest current event of each kind."""
    if "submit" in newest:
        return "submitted"
    others = max((newest[kind] for kind in WORK_KINDS if kind in newest), default=0)
    if newest.get("skip", 0) > others:
        return "skipped"
    return "draft" if others else "open"
