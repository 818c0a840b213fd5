"""What is current: the newest event of every slot that was not undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.store import tables
from qa_toolkit.store.acts import Event, event_of

_NAMES: Final = tuple(c.name for c in tables.current.columns)
# From slot to slot along the index: a slot that was filled a thousand times costs no more than one filled once.
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
      FROM slots WHERE slots.slot IS NOT NULL)
    SELECT {", ".join(f"e.{name}" for name in _NAMES)}
    FROM slots JOIN events e ON e.event_id = (
      SELECT n.event_id FROM events n
      WHERE n.actor = :actor AND n.conversation_id = :conversation_id AND n.rubric_hash = :rubric_hash
        AND n.slot = slots.slot AND n.kind <> 'undo'
        AND NOT EXISTS (SELECT 1 FROM events u WHERE u.target = n.event_id)
      ORDER BY n.event_id DESC LIMIT 1)
    WHERE slots.slot <> ''
    ORDER BY e.event_id
    """  # noqa: S608 - the names are those of our own columns
).columns(*tables.current.columns)


def of_review(connection: Connection, actor: str, conversation_id: str, rubric_hash: str) -> list[Event]:
    """Return the current events of one review, oldest first."""
    where = {"actor": actor, "conversation_id": conversation_id, "rubric_hash": rubric_hash}
    rows = connection.execute(_OF_REVIEW, where)
    return [event_of(dict(zip(_NAMES, row, strict=True))) for row in rows]


def of_kinds(connection: Connection, kinds: Sequence[str], actor: str = "") -> list[Event]:
    """Return the current events of some kinds, oldest first; of one actor, or of all."""
    c = tables.current.c
    query = sa.select(tables.current).where(c.kind.in_(kinds)).order_by(c.event_id)
    if actor:
        query = query.where(c.actor == actor)
    return [event_of(dict(zip(_NAMES, row, strict=True))) for row in connection.execute(query)]
