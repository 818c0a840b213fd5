"""What is current in the log of events, as pandas frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.store import codes, current
from qa_toolkit.store.acts import RATING, SUBMIT, TIME, Event, payload_of
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.disputes import Decided
from qa_toolkit.store.engine import reading
from qa_toolkit.store.events import last_seq
from qa_toolkit.store.statuses import REVIEW_KINDS, state_of, status

REVIEW_KEY = ["reviewer", "conversation_id", "rubric_hash", "sample"]
RATING_COLUMNS = [*REVIEW_KEY, "commandment", "rating", "evidence", "comment", "root_causes", "rated_at", "submitted"]
RATING_COLUMNS += ["decided_by"]
REVIEW_COLUMNS = [*REVIEW_KEY, "state", "reason", "changed_at"]
GOOD_ANSWER_COLUMNS = ["reviewer", "conversation_id", "rubric_hash", "position", "commandments", "note", "marked_at"]
DISPUTED_COLUMNS = ["reviewer", "conversation_id", "fact", "kind", "wrong", "note", "at"]
TIME_COLUMNS = ["reviewer", "conversation_id", "sample", "seconds", "idle_seconds", "n"]
PIN_COLUMNS = ["coach", "agent", "commandment", "fault_id", "exemplar_id", "note", "pinned_at"]
AGREED_COLUMNS = ["coach", "agent", "item_id", "text", "due", "done", "at"]
_Key = tuple[str, str, str, str]  # as REVIEW_KEY
_Said = tuple[_Key, dict[str, Any], datetime]


class _Time(msgspec.Struct):
    """What an event of time holds."""

    seconds: int
    idle: int


def review_events(engine: Engine, actor: str, conversation_id: str, rubric_hash: str) -> list[Event]:
    """Return the current events of one review, oldest first."""
    with reading(engine) as connection:
        return current.of_review(connection, actor, conversation_id, rubric_hash)


def _events(engine: Engine, kinds: Sequence[str], actor: str = "") -> list[Event]:
    with reading(engine) as connection:
        return current.of_kinds(connection, kinds, actor)


def _by_review(events: Sequence[Event]) -> dict[tuple[str, str, str], list[Event]]:
    found: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        found.setdefault((event.actor, event.conversation_id, event.rubric_hash), []).append(event)
    return found


def states(engine: Engine, actor: str, rubric_hash: str) -> tuple[int, dict[str, str]]:
    """Return the number of the actor's newest event, and the state of each review of theirs by one rubric.

    Of a review only the newest event of each kind is read, and nothing that it holds.
    """
    newest: dict[str, dict[str, int]] = {}
    with reading(engine) as connection:
        seen = last_seq(connection, actor)
        found = current.of_kinds_by_review(connection, actor, rubric_hash, REVIEW_KINDS)
        for conversation_id, kind, event_id in found:
            newest.setdefault(conversation_id, {})[kind] = event_id
    return seen, {conversation_id: state_of(kinds) for conversation_id, kinds in newest.items()}


def reviews(engine: Engine, actor: str = "") -> pd.DataFrame:
    """Return one row for each review that was begun: its state, the reason of a skip, when it changed last."""
    found = _by_review(_events(engine, REVIEW_KINDS, actor))
    rows = [(*key, events[-1].sample, *status(events), events[-1].at) for key, events in found.items()]
    return _frame(rows, REVIEW_COLUMNS, "changed_at")


def ratings(engine: Engine, submitted: bool | None, decided: Decided, ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the current ratings, one row each.

    Where one was overturned, ``decided_by`` says whose rating, evidence and comment these are; else it is missing.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    submitted : bool, optional
        Only those of submitted (True) or of unsubmitted (False) reviews.
    decided : dict
        What holds in place of ratings that were overturned; from `DisputeStore.overturned`.
    ids : sequence of str, optional
        Only those of these conversations, which takes no longer in a larger project.
    """
    events = _events(engine, REVIEW_KINDS) if ids is None else _of_reviews(engine, ids)
    done = {key for key, found in _by_review(events).items() if status(found)[0] == "submitted"}
    rows = []
    for e in events:
        is_submitted = (e.actor, e.conversation_id, e.rubric_hash) in done
        if e.kind == RATING and e.payload["rating"] is not None and submitted in (None, is_submitted):
            key = e.actor, e.conversation_id, e.rubric_hash, e.sample
            rows.append(_rating(key, e.payload, e.at, is_submitted, decided))
    return _frame(rows, RATING_COLUMNS, "rated_at")


def _rating(key: _Key, payload: dict[str, Any], at: datetime, submitted: bool, decided: Decided) -> tuple[Any, ...]:
    commandment = payload["commandment"]
    instead = decided.get((*key[:3], commandment), {})
    p = instead or payload
    said = p["rating"], p["evidence"], p["comment"], p.get("root_causes", [])
    return (*key, commandment, *said, at, submitted, instead.get("decided_by"))


def faults(
    engine: Engine, decided: Decided, ids: Sequence[str] | None = None, commandment: str | None = None
) -> pd.DataFrame:
    """Return the ratings of submitted reviews that say fail or partial, with the columns of `ratings`, in no order.

    Of a rating that was made by two versions of a rubric, the newest counts.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    decided : dict
        As of `ratings`.
    ids : sequence of str, optional
        Only those of these conversations; without it, only faults are read, found by `codes.fault_numbers`.
    commandment : str, optional
        Only those of this one.
    """
    newest: dict[tuple[str, str, str], _Said] = {}
    with reading(engine) as connection:
        if ids is None:
            found = _numbered(connection, codes.fault_numbers(connection, decided, commandment))
        else:
            found = (one for part in chunks(ids) for one in _submitted(current.rated(connection, part)))
        for key, payload, at in found:
            place = (*key[:2], payload["commandment"])
            if payload["rating"] is None or commandment not in (None, place[2]):
                continue
            if place not in newest or at >= newest[place][2]:
                newest[place] = key, payload, at
    rows = (_rating(*said, True, decided) for said in newest.values())
    is_fault = [row for row in rows if row[RATING_COLUMNS.index("rating")] in codes.FAULTS]
    return _frame(is_fault, RATING_COLUMNS, "rated_at")


def with_evidence(engine: Engine, decided: Decided) -> pd.DataFrame:
    """Return the ratings of submitted reviews as `ratings` does, without most of those that have no evidence.

    Those that have none are among them only where they might count in place of one that has some.
    """
    with reading(engine) as connection:
        found = _numbered(connection, codes.evidence_numbers(connection, decided))
        rows = [_rating(*said, True, decided) for said in found]
    return _frame(rows, RATING_COLUMNS, "rated_at")


def _numbered(connection: Connection, numbers: Sequence[int]) -> Iterator[_Said]:
    """Yield the ratings with these numbers, oldest first."""
    for part in chunks(numbers):
        for _, actor, conversation, rubric, sample, payload, at in current.numbered(connection, part):
            yield (actor, conversation, rubric, sample), payload_of(payload), at


def _submitted(rows: Sequence[Any]) -> Iterator[_Said]:
    done = {(actor, conversation, rubric) for kind, actor, conversation, rubric, *_ in rows if kind == SUBMIT}
    for kind, actor, conversation, rubric, sample, payload, at in rows:
        if kind == RATING and (actor, conversation, rubric) in done:
            yield (actor, conversation, rubric, sample), payload_of(payload), at


def _of_reviews(engine: Engine, ids: Sequence[str]) -> list[Event]:
    with reading(engine) as connection:
        found = [event for chunk in chunks(ids) for event in current.of_conversations(connection, chunk)]
    return sorted((event for event in found if event.kind in REVIEW_KINDS), key=lambda event: event.event_id)


def good_answers(engine: Engine) -> pd.DataFrame:
    """Return the messages that are marked as good answers, one row for each mark."""

    def row(e: Event) -> tuple[Any, ...] | None:
        p = e.payload
        if not p["good"]:
            return None
        return (e.actor, e.conversation_id, e.rubric_hash, p["position"], p["commandments"], p["note"], e.at)

    return _events_frame(engine, "good_answer", row, GOOD_ANSWER_COLUMNS, "marked_at")


def disputed_facts(engine: Engine) -> pd.DataFrame:
    """Return what reviewers said of facts, one row for each fact; ``wrong`` is False where it was taken back."""

    def row(e: Event) -> tuple[Any, ...]:
        p = e.payload
        return (e.actor, e.conversation_id, p["fact"], p["fact"].partition(":")[0], p["wrong"], p["note"], e.at)

    return _events_frame(engine, "fact", row, DISPUTED_COLUMNS, "at")


def time_spent(engine: Engine) -> pd.DataFrame:
    """Return the time that was spent, one row for each reviewer, conversation and sample, in the order of the log.

    ``seconds`` are without the idle ones, ``n`` is how often something was noted.
    """
    with reading(engine) as connection:  # as one row, which takes half of the time
        e, dialect = current.log(connection).c, dialect_of(connection)
        texts = (dialect.json_list(column) for column in (e.actor, e.conversation_id, e.sample, e.payload))
        # No undo takes time back, and none of it stands in the place of another.
        query = sa.select(dialect.listed(e.event_id), *texts).where(current.among(e.kind, (TIME,)))
        numbers, *lists = connection.execute(query).one()
    *key, payloads = (msgspec.json.decode(found or "[]") for found in lists)
    spent = msgspec.json.decode(f"[{','.join(payloads)}]", type=list[_Time])
    times = [time.seconds for time in spent], [time.idle for time in spent], [1] * len(spent)
    frame = pd.DataFrame(dict(zip(TIME_COLUMNS, (*key, *times), strict=True)))
    frame = frame.iloc[np.argsort(np.fromstring(numbers or "", dtype=np.int64, sep=","), kind="stable")]
    counts: dict[str, Any] = dict.fromkeys(TIME_COLUMNS[3:], "int64")
    frame = frame.astype({**dict.fromkeys(TIME_COLUMNS[:3], "str"), **counts})
    return frame.groupby(TIME_COLUMNS[:3], sort=False, as_index=False).sum()


def pins(engine: Engine, coach: str = "") -> pd.DataFrame:
    """Return what coaches have pinned, one row for each pin."""

    def row(e: Event) -> tuple[Any, ...] | None:
        p = e.payload
        if not p["pinned"] or (coach and coach != e.actor):
            return None
        return (e.actor, p["agent"], p["commandment"], p["fault_id"], p["exemplar_id"], p["note"], e.at)

    return _events_frame(engine, "pin", row, PIN_COLUMNS, "pinned_at")


def agreed(engine: Engine, coach: str = "", dropped: bool = False) -> pd.DataFrame:
    """Return what coaches and agents agreed on, one row for each, in the order of the last change.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    coach : str
        Of this coach only; "" for all.
    dropped : bool
        Also what was dropped.
    """

    def row(e: Event) -> tuple[Any, ...] | None:
        p = e.payload
        if (p["dropped"] and not dropped) or (coach and coach != e.actor):
            return None
        return (e.actor, p["agent"], p["item_id"], p["text"], p["due"], p["done"], e.at)

    return _events_frame(engine, "agreed", row, AGREED_COLUMNS, "at")


def _events_frame(
    engine: Engine, kind: str, row: Callable[[Event], tuple[Any, ...] | None], columns: list[str], time: str
) -> pd.DataFrame:
    found = (row(event) for event in _events(engine, (kind,)))
    return _frame([r for r in found if r is not None], columns, time)


def _frame(rows: list[tuple[Any, ...]], columns: list[str], time: str) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    frame[time] = pd.to_datetime(frame[time], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    kinds: dict[str, Any] = {
        "evidence": object,
        "root_causes": object,
        "commandments": object,
        "position": "int64",
        "submitted": "bool",
        "wrong": "bool",
        "done": "bool",
    }
    return frame.astype({name: kinds.get(name, "str") for name in columns if name != time})
