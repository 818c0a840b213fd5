"""What is current in the log of events, as pandas frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
from sqlalchemy.engine import Engine

from qa_toolkit.store.engine import reading
from qa_toolkit.store.events import Event, current

REVIEW_KINDS = ("rating", "comment", "good_answer", "submit", "skip")
REVIEW_KEY = ["reviewer", "conversation_id", "rubric_hash", "sample"]
RATING_COLUMNS = [*REVIEW_KEY, "commandment", "rating", "evidence", "comment", "rated_at", "submitted"]
REVIEW_COLUMNS = [*REVIEW_KEY, "state", "reason", "changed_at"]
GOOD_ANSWER_COLUMNS = ["reviewer", "conversation_id", "rubric_hash", "position", "commandments", "note", "marked_at"]
PIN_COLUMNS = ["coach", "agent", "commandment", "fault_id", "exemplar_id", "note", "pinned_at"]


def current_events(
    engine: Engine, kinds: Sequence[str] = (), actor: str = "", conversation_id: str = "", rubric_hash: str = ""
) -> list[Event]:
    """Return the current event of every slot, oldest first; empty arguments do not filter."""
    with reading(engine) as connection:
        return current(connection, kinds, actor, conversation_id, rubric_hash)


def status(events: Sequence[Event]) -> tuple[str, str | None]:
    """Return the state of a review and the reason of a skip, from the current events of one review.

    A rating after a skip takes the review up again; one after a submit amends it.
    """
    last = next((e for e in reversed(events) if e.kind in ("submit", "skip")), None)
    others = [e for e in events if e.kind in ("rating", "comment", "good_answer")]
    if last is not None and last.kind == "submit":
        return "submitted", None
    if last is not None and not any(e.event_id > last.event_id for e in others):
        return "skipped", last.payload["reason"]
    return ("draft" if others else "open"), None


def _by_review(events: Sequence[Event]) -> dict[tuple[str, str, str], list[Event]]:
    found: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        found.setdefault((event.actor, event.conversation_id, event.rubric_hash), []).append(event)
    return found


def reviews(engine: Engine, actor: str = "") -> pd.DataFrame:
    """Return one row for each review that was begun: its state, the reason of a skip, when it changed last."""
    found = _by_review(current_events(engine, REVIEW_KINDS, actor=actor))
    rows = [(*key, events[-1].sample, *status(events), events[-1].at) for key, events in found.items()]
    return _frame(rows, REVIEW_COLUMNS, "changed_at")


def ratings(engine: Engine, submitted: bool | None = None) -> pd.DataFrame:
    """Return the current ratings, one row each.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    submitted : bool, optional
        Only those of submitted (True) or of unsubmitted (False) reviews.
    """
    events = current_events(engine, REVIEW_KINDS)
    done = {key for key, found in _by_review(events).items() if status(found)[0] == "submitted"}
    rows = []
    for e in events:
        p, is_submitted = e.payload, (e.actor, e.conversation_id, e.rubric_hash) in done
        if e.kind == "rating" and p["rating"] is not None and submitted in (None, is_submitted):
            head = (e.actor, e.conversation_id, e.rubric_hash, e.sample, p["commandment"])
            rows.append((*head, p["rating"], p["evidence"], p["comment"], e.at, is_submitted))
    return _frame(rows, RATING_COLUMNS, "rated_at")


def good_answers(engine: Engine) -> pd.DataFrame:
    """Return the messages that are marked as good answers, one row for each mark."""

    def row(e: Event) -> tuple[Any, ...] | None:
        p = e.payload
        if not p["good"]:
            return None
        return (e.actor, e.conversation_id, e.rubric_hash, p["position"], p["commandments"], p["note"], e.at)

    return _events_frame(engine, "good_answer", row, GOOD_ANSWER_COLUMNS, "marked_at")


def pins(engine: Engine, coach: str = "") -> pd.DataFrame:
    """Return what coaches have pinned, one row for each pin."""

    def row(e: Event) -> tuple[Any, ...] | None:
        p = e.payload
        if not p["pinned"] or (coach and coach != e.actor):
            return None
        return (e.actor, p["agent"], p["commandment"], p["fault_id"], p["exemplar_id"], p["note"], e.at)

    return _events_frame(engine, "pin", row, PIN_COLUMNS, "pinned_at")


def _events_frame(
    engine: Engine, kind: str, row: Callable[[Event], tuple[Any, ...] | None], columns: list[str], time: str
) -> pd.DataFrame:
    found = (row(event) for event in current_events(engine, (kind,)))
    return _frame([r for r in found if r is not None], columns, time)


def _frame(rows: list[tuple[Any, ...]], columns: list[str], time: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    frame[time] = pd.to_datetime(frame[time], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    kinds: dict[str, Any] = {"evidence": object, "commandments": object, "position": "int64", "submitted": "bool"}
    return frame.astype({name: kinds.get(name, "str") for name in columns if name != time})
