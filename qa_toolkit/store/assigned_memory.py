"""The rows of the table of assignments in memory: all of them, or those of some conversations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.errors import AssignmentError
from qa_toolkit.store import tables
from qa_toolkit.store.acts import Event
from qa_toolkit.store.assigned_rules import LIVE, POOL, Row, apply
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of

COLUMNS: Final = tuple(column.name for column in tables.assignments.columns)


class Held(NamedTuple):
    """A row of the table, in the order of its columns; and the rubric of what its reviewer did on it last, if known."""

    conversation_id: str
    reviewer: str
    sample: str
    state: str
    places: int
    draw: int
    due_at: datetime
    lease: int | None
    lease_until: datetime | None
    acted_at: datetime | None
    event_id: int
    rubric_hash: str = ""


class Memory:
    """Rows by conversation; see `assigned_rules.Rows`.

    Parameters
    ----------
    connection : sqlalchemy.engine.Connection
    submits : collection of (str, str)
        By whom and on which conversation a submit stands.
    """

    def __init__(self, connection: Connection, submits: Collection[tuple[str, str]]) -> None:
        self._connection, self._submits = connection, submits
        self._held: dict[str, list[Held]] = {}
        self._before: dict[str, list[Held]] = {}  # what the event in work has changed
        self._agents: dict[str, str | None] = {}  # of the conversations that are known to be there
        self._misfit = dialect_of(connection).misfit

    def put(self, rows: Iterable[Row]) -> None:
        """Take rows as they are in the database."""
        for row in rows:
            self._agents.setdefault(row["conversation_id"])
            self._held.setdefault(row["conversation_id"], []).append(Held(**row))

    def all(self) -> Iterator[Row]:
        """Yield all rows."""
        return (row_of(one) for held in self._held.values() for one in held)

    def follow(self, event: Event) -> None:
        """Change the rows as an event about assignments says, or raise an error and leave them."""
        self._before = {}
        try:
            apply(self, event)
        except Exception:
            self._held.update(self._before)
            raise

    def one(self, conversation_id: str, reviewer: str, sample: str) -> Row | None:
        """Return a copy of one row, whatever its state."""
        held = self._held.get(conversation_id, ())
        return next((row_of(row) for row in held if (row.reviewer, row.sample) == (reviewer, sample)), None)

    def live(self, conversation_id: str, sample: str) -> list[Row]:
        """Return copies of the rows of a conversation that are somebody's."""
        held = self._held.get(conversation_id, ())
        return [row_of(row) for row in held if row.sample == sample and row.state in LIVE]

    def pooled(self, sample: str, ids: Sequence[str]) -> dict[str, int]:
        """Return which of some conversations have a row of the pool, with their places in the draw."""
        found = ((one, self.one(one, POOL, sample)) for one in ids)
        return {one: row["draw"] for one, row in found if row}

    def submitted(self, reviewer: str, ids: Sequence[str]) -> set[str]:
        """Return which of some conversations a reviewer has submitted."""
        return {one for one in ids if (reviewer, one) in self._submits}

    def agents(self, sample: str) -> Mapping[str, str]:
        """Return the names that reviewers of a sample have as agents."""
        raise NotImplementedError(f"who is which agent in {sample!r} is not known here")

    def agent(self, conversation_id: str) -> str | None:
        """Return whose a conversation is."""
        self._look_up([conversation_id])
        return self._agents.get(conversation_id)

    def insert(self, rows: Sequence[Row]) -> None:
        """Put rows in that are not there."""
        self._look_up([row["conversation_id"] for row in rows], rows[0]["sample"])
        if not self._fits(rows[0]["reviewer"]):
            raise AssignmentError("a reviewer has a name that this database does not store")
        for row in rows:
            name, key = row["conversation_id"], (row["reviewer"], row["sample"])
            if name not in self._agents:
                raise AssignmentError(f"{name!r} is not in the project")
            held = self._changing(name)
            if any((one.reviewer, one.sample) == key for one in held):
                raise AssignmentError(f"{name!r} is {row['reviewer']}'s already")
            held.append(Held(*(row[column] for column in COLUMNS)))

    def change(self, row: Row, values: Mapping[str, Any]) -> None:
        """Change a row that is there."""
        held, key = self._changing(row["conversation_id"]), (row["reviewer"], row["sample"])
        [i] = (i for i, one in enumerate(held) if (one.reviewer, one.sample) == key)
        held[i] = held[i]._replace(**values)

    def delete(self, sample: str, reviewer: str, ids: Sequence[str], state: str | None = None) -> None:
        """Take rows away, of one state or of any, where they are there."""
        for name in ids:
            if name in self._held:
                held = self._changing(name)
                held[:] = [
                    one
                    for one in held
                    if (one.reviewer, one.sample) != (reviewer, sample) or state not in (None, one.state)
                ]

    def _changing(self, conversation_id: str) -> list[Held]:
        held = self._held.setdefault(conversation_id, [])
        self._before.setdefault(conversation_id, held.copy())
        return held

    def _look_up(self, ids: Sequence[str], sample: str = "") -> None:  # noqa: ARG002 - of all of which others ask at once
        """Ask which of some conversations there are, as far as that is not known."""
        c = tables.conversations.c
        query = sa.select(c.conversation_id, c.agent)
        missing = [one for one in ids if one not in self._agents and self._fits(one)]
        for chunk in chunks(missing):
            self._agents.update(map(tuple, self._connection.execute(query.where(c.conversation_id.in_(chunk)))))

    def _fits(self, name: str) -> bool:
        """Whether the database can be asked for a name."""
        name.encode()  # raises a ValueError for half of a character
        return self._misfit("text", name, True) is None


def row_of(held: Held) -> Row:
    """Return a row as the table has it."""
    return dict(zip(COLUMNS, held, strict=False))
