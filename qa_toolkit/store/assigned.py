"""The table of assignments, kept in step with the log: what is written to the log changes it in the same transaction.

All that the table holds follows from events, so that it can be made anew. It is there because rows can be locked and
sorted by an index. `rebuilding` makes it anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.errors import AssignmentError
from qa_toolkit.store import current, tables
from qa_toolkit.store.acts import SUBMIT, TIME, UNDO, Event, event_of
from qa_toolkit.store.assigned_many import follow_many
from qa_toolkit.store.assigned_rules import (
    DONE,
    KIND,
    LIVE,
    OPEN,
    POOL,
    REPLACE,
    SKIPPED,
    TAKEN,
    Row,
    apply,
    names_slot,
)
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.statuses import REVIEW_KINDS, status

WORK: Final = (*REVIEW_KINDS, UNDO, TIME)
_STATES: Final = {"submitted": DONE, "skipped": SKIPPED, "draft": TAKEN}
_A: Final = tables.assignments.c
_SUBMIT, _UNDO = tables.events.alias(), tables.events.alias()  # once: to make one takes longer than to ask by it


def follow(connection: Connection, events: Sequence[Event]) -> None:
    """Change the table as new events say, in the transaction that writes them."""
    rows = _Table(connection)
    moves = [event for event in events if event.kind in (KIND, REPLACE)]
    if len(moves) > 1 and all(event.kind == KIND and event.conversation_id for event in moves):
        follow_many(connection, moves)
        events = [event for event in events if event.kind != KIND]
    reviews: dict[tuple[str, str, str], Event] = {}
    for event in events:
        if event.kind in (KIND, REPLACE):
            apply(rows, event)
        elif event.kind in WORK and event.conversation_id:
            reviews[event.actor, event.conversation_id, event.rubric_hash] = event
    for event in reviews.values():
        _worked(connection, event)


def agents_of(connection: Connection, sample: str) -> dict[str, str]:
    """Return the names that reviewers of a sample have as agents, as far as people or log of the project say."""
    e = tables.events.c
    here = (e.conversation_id == "", e.kind == KIND, e.sample == sample, e.slot == names_slot(sample))
    query = sa.select(tables.events).where(*here).order_by(e.event_id.desc()).limit(1)
    row = connection.execute(query).mappings().first()
    return people_as_agents(connection) | (agents_in(event_of(row)) if row else {})


def people_as_agents(connection: Connection) -> dict[str, str]:
    """Return the names that people of the project have as agents."""
    p = tables.people.c
    return dict(map(tuple, connection.execute(sa.select(p.name, p.agent).where(p.agent.is_not(None)))))


def agents_in(event: Event) -> dict[str, str]:
    """Return which agents the reviewers of a sample are, as an event says; by another program it can be anything."""
    said = event.payload.get("agents")
    return {name: agent for name, agent in said.items() if isinstance(agent, str)} if isinstance(said, dict) else {}


def has_submitted(reviewer: Any, conversation_id: Any, besides: str | None = None) -> sa.ColumnElement[bool]:
    """Return the condition that somebody's submit of a conversation stands, in whatever sample.

    It counts by whatever rubric, or by any but the one with the hash `besides`.
    """
    e = _SUBMIT
    here = (e.c.actor == reviewer, e.c.conversation_id == conversation_id, e.c.kind == SUBMIT)
    by = sa.true() if besides is None else e.c.rubric_hash != besides
    return sa.exists().where(*here, by, current.stands(e, _UNDO))


def state_after(review: str, lease: int | None) -> str:
    """Return the state of an assignment whose review is so far."""
    return _STATES.get(review, TAKEN if lease else OPEN)


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
        state = state_after(review, row.lease) if review else row.state
        until = row.lease and max(row.lease_until, event.at + timedelta(seconds=row.lease))
        values = {"acted_at": event.at, "state": state, "lease_until": until}
        connection.execute(sa.update(tables.assignments).where(*here, _A.sample == row.sample).values(**values))


class _Table:
    """The rows as the database holds them; see `assigned_rules.Rows`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def one(self, conversation_id: str, reviewer: str, sample: str) -> Row | None:
        here = (_A.conversation_id == conversation_id, _A.reviewer == reviewer, _A.sample == sample)
        row = self._connection.execute(sa.select(tables.assignments).where(*here)).mappings().first()
        return dict(row) if row else None

    def live(self, conversation_id: str, sample: str) -> list[Row]:
        here = (_A.conversation_id == conversation_id, _A.sample == sample, _A.state.in_(LIVE))
        return [dict(row) for row in self._connection.execute(sa.select(tables.assignments).where(*here)).mappings()]

    def pooled(self, sample: str, ids: Sequence[str]) -> dict[str, int]:
        query = sa.select(_A.conversation_id, _A.draw).where(_A.sample == sample, _A.reviewer == POOL)
        return {
            found: draw
            for chunk in chunks(ids)
            for found, draw in self._connection.execute(query.where(_A.conversation_id.in_(chunk)))
        }

    def submitted(self, reviewer: str, ids: Sequence[str]) -> set[str]:
        c = tables.conversations.c.conversation_id
        query = sa.select(c).where(has_submitted(reviewer, c))  # also since it was worked out who gets them
        return {f for chunk in chunks(ids) for f in self._connection.execute(query.where(c.in_(chunk))).scalars()}

    def agents(self, sample: str) -> Mapping[str, str]:
        return agents_of(self._connection, sample)

    def agent(self, conversation_id: str) -> str | None:
        c = tables.conversations.c
        query = sa.select(c.agent).where(c.conversation_id == conversation_id)
        found: str | None = self._connection.execute(query).scalar()
        return found

    def insert(self, rows: Sequence[Row]) -> None:
        if len(rows) == 1:
            self._connection.execute(tables.assignments.insert().values(rows[0]))
        else:
            dialect_of(self._connection).insert_many(self._connection, tables.assignments, list(rows))

    def change(self, row: Row, values: Mapping[str, Any]) -> None:
        """Change a row that is there; a policy of the database can keep it from this login, without a word."""
        here = (_A.conversation_id == row["conversation_id"], _A.reviewer == row["reviewer"])
        query = sa.update(tables.assignments).where(*here, _A.sample == row["sample"]).values(dict(values))
        if self._connection.execute(query).rowcount != 1:
            raise AssignmentError(f"this login may not change what is {row['reviewer'] or 'the pool'}'s; ask a lead")

    def delete(self, sample: str, reviewer: str, ids: Sequence[str], state: str | None = None) -> None:
        here = (_A.sample == sample, _A.reviewer == reviewer, sa.true() if state is None else _A.state == state)
        for chunk in chunks(ids):
            self._connection.execute(sa.delete(tables.assignments).where(*here, _A.conversation_id.in_(chunk)))
