"""Many conversations given or taken at once: their rows are read, changed in memory and written in bulk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.errors import AssignmentError
from qa_toolkit.store import current, tables
from qa_toolkit.store.acts import SUBMIT, Event
from qa_toolkit.store.assigned_memory import COLUMNS, Memory
from qa_toolkit.store.assigned_rules import Row
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of

KEY: Final = ("conversation_id", "reviewer", "sample")
_A: Final = tables.assignments.c
# The sample as no index has it: until PostgreSQL has counted a new table, it may read all of a reviewer in a sample.
_HERE: Final = (
    _A.conversation_id == sa.bindparam("its_conversation_id"),
    _A.reviewer == sa.bindparam("its_reviewer"),
    _A.sample + "" == sa.bindparam("its_sample"),
)


def follow_many(connection: Connection, events: Sequence[Event]) -> None:
    """Change the table as events say that are about one conversation each, none of them a replacement.

    Raises
    ------
    AssignmentError
        If what is to change is nobody's any more, or this login may not change it.
    """
    ids = list(dict.fromkeys(event.conversation_id for event in events))
    memory, before = Memory(connection, submitted(connection, ids)), _rows(connection, ids)
    memory.put(before)
    for event in events:
        memory.follow(event)
    _write(connection, {_key(row): row for row in before}, {_key(row): row for row in memory.all()})


def submitted(connection: Connection, ids: Sequence[str]) -> set[tuple[str, str]]:
    """Return by whom which of some conversations were submitted, in whatever sample and by whatever rubric."""
    e, undo = tables.events.alias(), tables.events.alias()
    stands = (e.c.kind == SUBMIT, current.stands(e, undo))
    query = sa.select(e.c.actor, e.c.conversation_id).where(*stands)
    rows = (connection.execute(query.where(e.c.conversation_id.in_(chunk))) for chunk in chunks(ids))
    return {(name, found) for some in rows for name, found in some}


def _rows(connection: Connection, ids: Sequence[str]) -> list[Row]:
    query = sa.select(tables.assignments)
    rows = (connection.execute(query.where(_A.conversation_id.in_(chunk))).mappings() for chunk in chunks(ids))
    return [dict(row) for some in rows for row in some]


def _write(connection: Connection, before: dict[Any, Row], after: dict[Any, Row]) -> None:
    """Write what differs; a policy of the database can keep a row from this login, without a word."""
    others = [name for name in COLUMNS if name not in KEY]
    changed = [row for key, row in after.items() if key in before and before[key] != row]
    given = [_its(row) | {name: row[name] for name in others} for row in changed]
    for query, rows in (
        (sa.delete(tables.assignments).where(*_HERE), [_its(row) for key, row in before.items() if key not in after]),
        (sa.update(tables.assignments).where(*_HERE), given),
    ):
        found = connection.execute(query, rows, execution_options={"preserve_rowcount": True}) if rows else None
        if found is not None and found.rowcount != len(rows):
            raise AssignmentError("this login may not change all of these assignments; ask a lead")
    new = [row for key, row in after.items() if key not in before]
    if new:
        dialect_of(connection).insert_many(connection, tables.assignments, new)


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY)


def _its(row: Row) -> Row:
    return {f"its_{name}": row[name] for name in KEY}
