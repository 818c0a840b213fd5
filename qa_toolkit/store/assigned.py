"""The table of assignments, kept in step with the log: what is written to the log changes it in the same transaction.

All that the table holds follows from events, so that it can be made anew. It is there because rows can be locked and
sorted by an index. `rebuilding` makes it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.errors import AssignmentError
from qa_toolkit.store import current, tables
from qa_toolkit.store.acts import TIME, UNDO, Event, event_of
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.statuses import REVIEW_KINDS, status

KIND: Final = "assignment"
REPLACE: Final = "replace"
POOL: Final = ""  # stands where a reviewer's name does
OPEN, TAKEN, DONE, SKIPPED = "open", "taken", "done", "skipped"
LIVE: Final = (OPEN, TAKEN, DONE, SKIPPED)  # the states of what is somebody's
WAITING: Final = (OPEN, TAKEN)
HANDED_BACK, REASSIGNED, LAPSED, REPLACED, EMPTY = "handed back", "reassigned", "lapsed", "replaced", "empty"
NO_DUE: Final = datetime(9000, 1, 1, tzinfo=UTC)
_WORK: Final = (*REVIEW_KINDS, UNDO, TIME)
_STATES: Final = {"submitted": DONE, "skipped": SKIPPED, "draft": TAKEN}
_A: Final = tables.assignments.c


def follow(connection: Connection, events: Sequence[Event]) -> None:
    """Change the table as new events say, in the transaction that writes them."""
    reviews: dict[tuple[str, str, str], Event] = {}
    for event in events:
        if event.kind == KIND:
            _CHANGES[event.payload["what"]](connection, event)
        elif event.kind == REPLACE:
            _replaced(connection, event)
        elif event.kind in _WORK and event.conversation_id:
            reviews[event.actor, event.conversation_id, event.rubric_hash] = event
    for event in reviews.values():
        _worked(connection, event)


def own(agent: str | None, reviewer: str, agents: Mapping[str, str]) -> bool:
    """Whether a conversation is the reviewer's own: its agent bears their name, or the one they have as an agent."""
    names = {reviewer.strip().casefold(), agents.get(reviewer, reviewer).strip().casefold()}
    return agent is not None and agent.strip().casefold() in names


def agents_of(connection: Connection, sample: str) -> dict[str, str]:
    """Return the names that reviewers of a sample have as agents, as far as people or log of the project say."""
    p = tables.people.c
    people = connection.execute(sa.select(p.name, p.agent).where(p.agent.is_not(None)))
    known: dict[str, str] = dict(map(tuple, people))
    e = tables.events.c
    here = (e.conversation_id == "", e.kind == KIND, e.sample == sample, e.slot == names_slot(sample))
    query = sa.select(tables.events).where(*here).order_by(e.event_id.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    said = event_of(row).payload.get("agents") if row else None
    if isinstance(said, dict):  # by another program it can be anything
        known |= {name: agent for name, agent in said.items() if isinstance(agent, str)}
    return known


def names_slot(sample: str) -> str:
    """Return the slot of the event that says which agents the reviewers of a sample are."""
    return f"{KIND}_agents:{sample}"


def slot(sample: str, reviewer: str) -> str:
    """Return the slot of what happens to the assignments of a reviewer, or of the pool, in a sample."""
    return f"{KIND}:{sample}:{reviewer}"


def has_submitted(reviewer: Any, conversation_id: Any, besides: str | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that somebody's submit of a conversation stands, in whatever sample.

    It counts by whatever rubric, or by any but the one with the hash `besides`.
    """
    e, undo = tables.events.alias(), tables.events.alias()
    undone = sa.exists().where(undo.c.target == e.c.event_id)
    here = (e.c.actor == reviewer, e.c.conversation_id == conversation_id, e.c.kind == "submit")
    by = sa.true() if besides is None else e.c.rubric_hash != besides
    return sa.exists().where(*here, by, ~undone)


# ---------------------------------------------------------------------- what each event does


def _assign(connection: Connection, event: Event) -> None:
    p = event.payload
    due = NO_DUE if p["due"] is None else datetime.fromisoformat(p["due"])
    common = {"reviewer": p["reviewer"], "sample": event.sample, "due_at": due, "event_id": event.event_id}
    empty = {"lease": None, "lease_until": None, "acted_at": None}
    ids = [found for found, _ in p["conversations"]]
    known = _in_pool(connection, event) if p["reviewer"] == POOL else {}
    done = set() if p["reviewer"] == POOL else _submitted(connection, p["reviewer"], ids)
    rows = [
        {"conversation_id": found, "draw": draw, "places": p["places"], **common, **empty}
        | {"state": DONE if found in done else state}
        for state, items in ((OPEN, p["conversations"]), (DONE, p["done"]))
        for found, draw in items
    ]
    new = [row for row in rows if row["conversation_id"] not in known]
    for row in rows:
        if row["conversation_id"] in known:
            _to_pool(connection, event, {**row, "draw": known[row["conversation_id"]]}, row["places"])
    if new and p["reviewer"] != POOL:
        _clear_lapsed(connection, event.sample, p["reviewer"], [row["conversation_id"] for row in new])
    if new:
        dialect_of(connection).insert_many(connection, tables.assignments, new)


def _in_pool(connection: Connection, event: Event) -> dict[str, int]:
    query = sa.select(_A.conversation_id, _A.draw).where(_A.sample == event.sample, _A.reviewer == POOL)
    ids = [found for found, _ in event.payload["conversations"]]
    return {
        found: draw
        for chunk in chunks(ids)
        for found, draw in connection.execute(query.where(_A.conversation_id.in_(chunk)))
    }


def _submitted(connection: Connection, reviewer: str, ids: Sequence[str]) -> set[str]:
    """Return which of some conversations a reviewer has submitted, also since it was worked out who gets them."""
    c = tables.conversations.c.conversation_id
    query = sa.select(c).where(has_submitted(reviewer, c))
    return {found for chunk in chunks(ids) for found in connection.execute(query.where(c.in_(chunk))).scalars()}


def _clear_lapsed(connection: Connection, sample: str, reviewer: str, ids: Sequence[str]) -> None:
    """Take the rows away of what a reviewer had until their lease ran out; they get it again."""
    lapsed = sa.delete(tables.assignments).where(_A.sample == sample, _A.reviewer == reviewer, _A.state == LAPSED)
    for chunk in chunks(ids):
        connection.execute(lapsed.where(_A.conversation_id.in_(chunk)))


def _take(connection: Connection, event: Event) -> None:
    p = event.payload
    row = _row(connection, event, p["from"])
    if p["from"] == POOL:
        _from_pool(connection, event, row)
    else:
        _leave(connection, event, row, LAPSED)
    _put(connection, event, p["reviewer"], {**row, "lease": p["lease"]}, datetime.fromisoformat(p["until"]))


def _hand_back(connection: Connection, event: Event) -> None:
    row = _row(connection, event, event.payload["reviewer"])
    _leave(connection, event, row, HANDED_BACK)
    _to_pool(connection, event, row)


def _reassign(connection: Connection, event: Event) -> None:
    p = event.payload
    row = _row(connection, event, p["from"])
    if "due" in p:
        row["due_at"] = NO_DUE if p["due"] is None else datetime.fromisoformat(p["due"])
    if p["from"] == POOL:
        _from_pool(connection, event, row)
    else:
        _leave(connection, event, row, REASSIGNED)
    if p["reviewer"] == POOL:
        _to_pool(connection, event, row)
    else:
        _put(connection, event, p["reviewer"], {**row, "lease": None}, None)


def _replaced(connection: Connection, event: Event) -> None:
    """Give what was somebody's to review to the substitute, also where they had skipped it."""
    left, substitute = event.payload["conversation_id"], event.payload["substitute"]
    here = (_A.conversation_id == left, _A.sample == event.sample, _A.state.in_(LIVE))
    rows = connection.execute(sa.select(tables.assignments).where(*here)).mappings().all()
    names = agents_of(connection, event.sample) if rows else {}
    c = tables.conversations.c
    agent = connection.execute(sa.select(c.agent).where(c.conversation_id == substitute)).scalar()
    for row in map(dict, rows):
        _leave(connection, event, row, REPLACED)
        row["conversation_id"] = substitute
        if substitute is None:
            continue
        if row["reviewer"] == POOL or own(agent, row["reviewer"], names):
            _to_pool(connection, event, row, row["places"])
        else:
            _put(connection, event, row["reviewer"], row, row["lease_until"])


_CHANGES: Final = {
    "agents": lambda *_: None,  # is only looked up
    "assign": _assign,
    "take": _take,
    "hand_back": _hand_back,
    "reassign": _reassign,
}


def _worked(connection: Connection, event: Event) -> None:
    """Say that a reviewer did something on a conversation: that renews a lease, and may begin, end or reopen it."""
    here = (_A.conversation_id == event.conversation_id, _A.reviewer == event.actor, _A.state.in_(LIVE))
    rows = connection.execute(sa.select(_A.sample, _A.state, _A.lease, _A.lease_until).where(*here)).all()
    if not rows:
        return
    review = ""
    if event.rubric_hash:
        events = current.of_review(connection, event.actor, event.conversation_id, event.rubric_hash)
        elsewhere = has_submitted(event.actor, event.conversation_id, besides=event.rubric_hash)
        done = connection.execute(sa.select(elsewhere)).scalar()
        review = "submitted" if done else status(events)[0]
    for row in rows:
        state = _STATES.get(review, TAKEN if row.lease else OPEN) if review else row.state
        until = row.lease and max(row.lease_until, event.at + timedelta(seconds=row.lease))
        values = {"acted_at": event.at, "state": state, "lease_until": until}
        connection.execute(sa.update(tables.assignments).where(*here, _A.sample == row.sample).values(**values))


# ---------------------------------------------------------------------- rows


def _row(connection: Connection, event: Event, reviewer: str) -> dict[str, Any]:
    here = (_A.conversation_id == event.conversation_id, _A.reviewer == reviewer, _A.sample == event.sample)
    row = connection.execute(sa.select(tables.assignments).where(*here)).mappings().one()
    if row["state"] not in LIVE:
        raise AssignmentError(f"what is to change is {row['state']}; look at project.assignments()")
    return dict(row)


def _at(row: Mapping[str, Any], reviewer: str) -> tuple[sa.ColumnElement[bool], ...]:
    return _A.conversation_id == row["conversation_id"], _A.reviewer == reviewer, _A.sample == row["sample"]


def _leave(connection: Connection, event: Event, row: Mapping[str, Any], state: str) -> None:
    values = {"state": state, "lease_until": None, "event_id": event.event_id}
    _change(connection, row, row["reviewer"], values)


def _put(connection: Connection, event: Event, reviewer: str, row: Mapping[str, Any], until: datetime | None) -> None:
    """Make something a reviewer's. There is a row already where they had it and their lease ran out."""
    connection.execute(sa.delete(tables.assignments).where(*_at(row, reviewer)))
    done = connection.execute(sa.select(has_submitted(reviewer, row["conversation_id"]))).scalar()
    values = {**row, "reviewer": reviewer, "places": 1, "lease_until": until, "acted_at": None}
    state = DONE if done else TAKEN if row["lease"] else OPEN
    connection.execute(tables.assignments.insert().values({**values, "state": state, "event_id": event.event_id}))


def _to_pool(connection: Connection, event: Event, row: Mapping[str, Any], places: int = 1) -> None:
    earlier = sa.case((_A.state == EMPTY, row["due_at"]), (_A.due_at > row["due_at"], row["due_at"]), else_=_A.due_at)
    values = {"places": _A.places + places, "state": OPEN, "due_at": earlier, "event_id": event.event_id}
    if connection.execute(sa.update(tables.assignments).where(*_at(row, POOL)).values(values)).rowcount:
        return
    new = {**row, "reviewer": POOL, "places": places, "state": OPEN, "event_id": event.event_id}
    connection.execute(
        tables.assignments.insert().values({**new, "lease": None, "lease_until": None, "acted_at": None})
    )


def _from_pool(connection: Connection, event: Event, row: Mapping[str, Any]) -> None:
    state = sa.case((_A.places > 1, OPEN), else_=EMPTY)
    _change(connection, row, POOL, {"places": _A.places - 1, "state": state, "event_id": event.event_id})


def _change(connection: Connection, row: Mapping[str, Any], reviewer: str, values: Mapping[str, Any]) -> None:
    """Change a row that is there; a policy of the database can keep it from this login, without a word."""
    query = sa.update(tables.assignments).where(*_at(row, reviewer)).values(dict(values))
    if connection.execute(query).rowcount != 1:
        raise AssignmentError(f"this login may not change what is {reviewer or 'the pool'}'s; ask a lead")
