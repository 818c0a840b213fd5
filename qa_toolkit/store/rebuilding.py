"""The table of assignments, made anew from a log that may hold what no release wrote.

An event that does not follow from those before it is passed over, and counted: one line of one reviewer must not keep
the whole log from being read.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from msgspec import UNSET, Meta, Struct, UnsetType
from sqlalchemy.engine import Connection

from qa_toolkit.errors import AssignmentError, StoreError
from qa_toolkit.store import tables
from qa_toolkit.store.acts import Event, event_of
from qa_toolkit.store.assigned import KIND, REPLACE, follow
from qa_toolkit.store.chunks import CHUNK

_LARGEST: Final = 2**31 - 1
_Name = Annotated[str, Meta(min_length=1)]
_Count = Annotated[int, Meta(ge=1, le=_LARGEST)]
_When = Annotated[datetime, Meta(tz=True)]
_Items = list[tuple[str, Annotated[int, Meta(ge=0, le=_LARGEST)]]]
_ODD: Final = (
    *(KeyError, TypeError, ValueError, AttributeError, OverflowError),
    *(AssignmentError, StoreError, msgspec.ValidationError),
    *(sa.exc.NoResultFound, sa.exc.IntegrityError, sa.exc.DataError),
)


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
    samples = set(connection.execute(sa.select(tables.samples.c.sample)).scalars())
    e, last, odd, elsewhere = tables.events, 0, 0, 0
    while True:
        query = sa.select(e).where(e.c.event_id > last).order_by(e.c.event_id).limit(CHUNK)
        events = [event_of(row) for row in connection.execute(query).mappings()]
        for event in events:
            if event.kind not in (KIND, REPLACE):
                follow(connection, [event])
            elif event.sample in samples:
                odd += not _followed(connection, event)
            else:
                elsewhere += event.kind == KIND
        if len(events) < CHUNK:
            return Passed(odd, elsewhere)
        last = events[-1].event_id


def _followed(connection: Connection, event: Event) -> bool:
    """Change the table as one event says, or leave it as it is and return False."""
    try:
        with connection.begin_nested():
            if event.kind == KIND:
                msgspec.convert(event.payload, _SHAPES[event.payload["what"]])
            follow(connection, [event])
    except _ODD:
        return False
    return True
