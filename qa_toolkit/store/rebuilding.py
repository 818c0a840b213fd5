"""The table of assignments, made anew from a log that may hold what no release wrote.

An event that does not follow from those before it is passed over, and counted: one line of one reviewer must not keep
the whole log from being read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy.engine import Connection

from qa_toolkit.errors import AssignmentError
from qa_toolkit.store import tables
from qa_toolkit.store.acts import Event, event_of
from qa_toolkit.store.assigned import WORK
from qa_toolkit.store.assigned_rules import KIND, REPLACE
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.replaying import Replay

_LARGEST: Final = 2**31 - 1
_Name = Annotated[str, Meta(min_length=1)]
_Count = Annotated[int, Meta(ge=1, le=_LARGEST)]
_When = Annotated[datetime, Meta(tz=True)]
_Items = list[tuple[str, Annotated[int, Meta(ge=0, le=_LARGEST)]]]
_ODD: Final = (KeyError, TypeError, ValueError, AttributeError, OverflowError, AssignmentError, msgspec.ValidationError)
ROWS: Final = 5000  # in one fetch, and in one insert


class Passed(NamedTuple):
    """Which events of the log did not come into the table.

    Parameters
    ----------
    odd : int
        How many do not follow from those before them: altered, or of another program.
    elsewhere : int
        How many assign conversations of samples that are not there.
    """

    odd: int = 0
    elsewhere: int = 0


class _Agents(Struct):
    agents: dict[_Name, _Name]


class _Assign(Struct):
    reviewer: str
    places: _Count
    due: _When | None
    conversations: _Items
    done: _Items


class _Take(Struct, rename={"holder": "from"}):
    reviewer: _Name
    holder: str
    lease: _Count
    until: _When


class _HandBack(Struct):
    reviewer: _Name


class _Reassign(Struct, rename={"holder": "from"}):
    reviewer: str
    holder: str
    due: _When | UnsetType | None = UNSET


_SHAPES: Final[dict[str, Any]] = {
    "agents": _Agents,
    "assign": _Assign,
    "take": _Take,
    "hand_back": _HandBack,
    "reassign": _Reassign,
}


def rebuild(connection: Connection) -> Passed:
    """Make the table anew from the log, of the samples that there are; return how many events were passed over.

    Raises
    ------
    AssignmentError
        If this login may not change what is others'.
    """
    connection.execute(sa.delete(tables.assignments))
    if connection.execute(sa.select(tables.assignments.c.sample).limit(1)).first():
        raise AssignmentError("this login may not make the assignments of others anew; ask a lead")
    replay, passed = Replay(connection), Passed()
    samples = set(connection.execute(sa.select(tables.samples.c.sample)).scalars())
    for row in _events(connection):
        if row.payload is None:
            if row.conversation_id:
                replay.worked(row.actor, row.conversation_id, row.rubric_hash, row.at)
        elif row.sample in samples:
            passed = passed._replace(odd=passed.odd + (not _followed(replay, row)))
        else:
            passed = passed._replace(elsewhere=passed.elsewhere + (row.kind == KIND))
    insert_many, rows = dialect_of(connection).insert_many, replay.rows()
    while some := list(islice(rows, ROWS)):
        insert_many(connection, tables.assignments, some)
    return passed


def _events(connection: Connection) -> Iterator[Any]:
    """Yield what the table follows from, in order: what is about assignments with its payload, work without."""
    e, last = tables.events.c, 0
    names = (name for name in Event.__dataclass_fields__ if name not in ("payload", "prev_hash", "hash"))
    payload = sa.case((e.kind.in_((KIND, REPLACE)), e.payload)).label("payload")
    query = sa.select(*(e[name] for name in names), payload).where(e.kind.in_((KIND, REPLACE, *WORK)))
    while rows := connection.execute(query.where(e.event_id > last).order_by(e.event_id).limit(ROWS)).all():
        yield from rows
        last = rows[-1].event_id


def _followed(replay: Replay, row: Any) -> bool:
    """Change the rows as one event says, or leave them as they are and return False."""
    event = event_of(row._mapping)
    try:
        if event.kind == KIND:
            msgspec.convert(event.payload, _SHAPES[event.payload["what"]])
        replay.follow(event)
    except _ODD:
        return False
    return True
