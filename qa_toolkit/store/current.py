"""What is current: the newest event of every slot that was not undone; now, or as of a time (see `engine.as_of`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.store import tables
from qa_toolkit.store.acts import RATING, SUBMIT, UNDO, Event, event_of
from qa_toolkit.store.engine import there_by, until_of

SLOT: Final = ("actor", "conversation_id", "rubric_hash", "slot")
RATED: Final = ("kind", "actor", "conversation_id", "rubric_hash", "sample", "payload", "at")
_NAMES: Final = tuple(c.name for c in tables.current.columns)
# From slot to slot along the index: a slot that was filled a thousand times costs no more than one filled once.
# Materialized, because PostgreSQL uses no index behind its policies for a condition that holds a query.
_OF_REVIEW: Final = sa.text(
    f"""
    WITH RECURSIVE slots(slot) AS (
      SELECT (
        SELECT e.slot FROM events e
        WHERE e.actor = :actor AND e.conversation_id = :conversation_id AND e.rubric_hash = :rubric_hash
        ORDER BY e.slot LIMIT 1)
      UNION ALL
      SELECT (
        SELECT e.slot FROM events e
        WHERE e.actor = :actor AND e.conversation_id = :conversation_id AND e.rubric_hash = :rubric_hash
          AND e.slot > slots.slot
        ORDER BY e.slot LIMIT 1)
      FROM slots WHERE slots.slot IS NOT NULL),
    newest(event_id) AS MATERIALIZED (
      SELECT (
        SELECT n.event_id FROM events n
        WHERE n.actor = :actor AND n.conversation_id = :conversation_id AND n.rubric_hash = :rubric_hash
          AND n.slot = slots.slot AND n.kind <> 'undo'
          AND NOT EXISTS (SELECT 1 FROM events u WHERE u.target = n.event_id)
        ORDER BY n.event_id DESC LIMIT 1)
      FROM slots WHERE slots.slot <> '')
    SELECT {", ".join(f"e.{name}" for name in _NAMES)}
    FROM newest CROSS JOIN events e -- SQLite takes these in this order, and else would read all events in theirs
    WHERE e.event_id = newest.event_id
    ORDER BY e.event_id
    """  # noqa: S608 - the names are those of our own columns
).columns(*tables.current.columns)


def log(connection: Connection) -> sa.FromClause:
    """Return the events that there are, or were at the time that is read as of."""
    e = tables.events.alias()
    return e if until_of(connection) is None else sa.select(e).where(there_by(connection, e.c.at)).subquery()


def events(connection: Connection) -> sa.FromClause:
    """Return the current events, with the columns of the log.

    An undo that came later than the time that is read as of does not undo.
    """
    if until_of(connection) is None:
        return tables.current
    e, n = log(connection), log(connection)
    same = [n.c[name] == e.c[name] for name in SLOT]
    newer = sa.exists().where(*same, n.c.event_id > e.c.event_id, *_valid(connection, n))
    return sa.select(e).where(*_valid(connection, e), ~newer).subquery()


def of_kinds_by_review(
    connection: Connection, actor: str, rubric_hash: str, kinds: Sequence[str]
) -> list[tuple[str, str, int]]:
    """Return, for each of an actor's conversations and each kind, the number of the newest current event.

    The newest of a slot is found by a window, not by looking for a newer one: of a log that grows faster than its
    statistics, PostgreSQL thinks that a few rows are compared with a few, and compares all with all.
    """
    e = log(connection)
    newest = sa.func.max(e.c.event_id).over(partition_by=(e.c.conversation_id, e.c.slot))
    of_actor = e.c.actor == actor, e.c.rubric_hash == rubric_hash, *_valid(connection, e)
    c = (
        sa.select(e.c.conversation_id, e.c.kind, e.c.event_id, newest.label("newest"))
        .where(*of_actor)
        .subquery("of_actor")
        .c
    )
    query = sa.select(c.conversation_id, c.kind, sa.func.max(c.event_id)).where(c.event_id == c.newest)
    rows = connection.execute(query.where(c.kind.in_(kinds)).group_by(c.conversation_id, c.kind))
    return [(name, kind, number) for name, kind, number in rows]


def _valid(connection: Connection, e: sa.FromClause) -> tuple[sa.ColumnElement[bool], ...]:
    return e.c.kind != UNDO, stands(e, log(connection))


def stands(e: sa.FromClause, undo: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition that none of the events `undo` takes back that of `e`."""
    return ~sa.exists().where(undo.c.target == e.c.event_id)


def among(kind: sa.ColumnElement[str], kinds: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return the condition that an event is one of some kinds; an index serves it if ratings are none of these."""
    if RATING in kinds:
        return kind.in_(kinds)
    return sa.and_(kind.in_(kinds), kind != sa.literal(RATING, literal_execute=True))


def newest(connection: Connection, kinds: Sequence[str], holds: str = "") -> int:
    """Return the number of the newest event of some kinds, of which ratings are none, that holds a text; 0 for none.

    Kind by kind, so that an index gives each number at once: asked for all kinds, PostgreSQL may read the log backwards
    until it meets one of them.
    """
    found = []
    for kind in kinds:
        e = log(connection)
        here = among(e.c.kind, (kind,)), *([e.c.payload.contains(holds, autoescape=True)] if holds else [])
        found.append(sa.select(sa.func.max(e.c.event_id)).where(*here).scalar_subquery())
    return max(number or 0 for number in connection.execute(sa.select(*found)).one())


def of_review(connection: Connection, actor: str, conversation_id: str, rubric_hash: str) -> list[Event]:
    """Return the current events of one review, oldest first."""
    where = {"actor": actor, "conversation_id": conversation_id, "rubric_hash": rubric_hash}
    if until_of(connection) is None:
        return _read(connection, _OF_REVIEW.bindparams(**where))
    e = events(connection)
    query = sa.select(e).where(*(e.c[name] == value for name, value in where.items()))
    return _read(connection, query.order_by(e.c.event_id))


def of_sample(connection: Connection, conversation_id: str, sample: str) -> list[Event]:
    """Return the current events of everybody on one conversation in one sample, oldest first."""
    e = events(connection)
    here = e.c.conversation_id == conversation_id, e.c.sample == sample
    return _read(connection, sa.select(e).where(*here).order_by(e.c.event_id))


def of_kinds(connection: Connection, kinds: Sequence[str], actor: str = "") -> list[Event]:
    """Return the current events of some kinds, oldest first; of one actor, or of all."""
    e = events(connection)
    query = sa.select(e).where(among(e.c.kind, kinds)).order_by(e.c.event_id)
    if actor:
        query = query.where(e.c.actor == actor)
    return _read(connection, query)


def of_conversations(connection: Connection, conversation_ids: Sequence[str]) -> list[Event]:
    """Return the current events of everybody on some conversations, oldest first."""
    e = events(connection)
    query = sa.select(e).where(e.c.conversation_id.in_(conversation_ids)).order_by(e.c.event_id)
    return _read(connection, query)


def rated(connection: Connection, conversation_ids: Sequence[str]) -> Sequence[Any]:
    """Return the rows of what is rated and submitted in some conversations, oldest first.

    Columns `RATED`, and no more: where only a few of many ratings matter, an object of each takes most of the time.
    """
    e = events(connection).c
    here = e.kind.in_((RATING, SUBMIT)), e.conversation_id.in_(conversation_ids)
    query = sa.select(*(e[name] for name in RATED)).where(*here).order_by(e.event_id)
    return connection.execute(query).all()


def numbered(connection: Connection, numbers: Sequence[int]) -> Sequence[Any]:
    """Return the rows of the events with these numbers, oldest first, with the columns `RATED`."""
    e = tables.events.c
    query = sa.select(*(e[name] for name in RATED)).where(e.event_id.in_(numbers)).order_by(e.event_id)
    return connection.execute(query).all()


def standing(connection: Connection, kinds: Sequence[str]) -> list[Event]:
    """Return all events of some kinds that were not undone, also those that a later one replaced, oldest first."""
    e = log(connection)
    query = sa.select(e).where(among(e.c.kind, kinds), *_valid(connection, e)).order_by(e.c.event_id)
    return _read(connection, query)


def decided(connection: Connection, kind: str) -> list[Event]:
    """Return the events of a kind that belongs to no conversation, without those undone, oldest first."""
    e = log(connection)
    query = sa.select(e).where(e.c.conversation_id == "", e.c.kind == kind, *_valid(connection, e))
    return _read(connection, query.order_by(e.c.event_id))


def _read(connection: Connection, query: sa.Executable) -> list[Event]:
    return [event_of(dict(zip(_NAMES, row, strict=True))) for row in connection.execute(query)]
