"""The assignments in memory, while the table is made anew: what the log says of them, in one pass.

How far a review is, is asked at the end only, of the log as a whole: nobody but its reviewer changes that, and each of
their acts is seen here, so that what held after the last of them still holds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.errors import AssignmentError
from qa_toolkit.store import current, tables
from qa_toolkit.store.acts import Event
from qa_toolkit.store.assigned import DONE, LIVE, POOL, agents_in, names_slot, people_as_agents, state_after
from qa_toolkit.store.assigned_rules import Row, apply
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.statuses import REVIEW_KINDS, state_of

_LATEST: Final = datetime(9900, 1, 1, tzinfo=UTC)  # of an act from which a lease can be counted
_COLUMNS: Final = tuple(column.name for column in tables.assignments.columns)


class _Held(NamedTuple):
    """A row of the table, in the order of its columns; and the rubric of what its reviewer did on it last."""

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


class _Rows:
    """All rows, by conversation; see `assigned_rules.Rows`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: dict[str, list[_Held]] = {}
        self._before: dict[str, list[_Held]] = {}  # what the event in work has changed
        self._agents: dict[str, str | None] = {}  # of the conversations that are known to be there
        self._samples: set[str] = set()  # whose conversations are among them
        self._people = people_as_agents(connection)
        self._said: dict[str, dict[str, str]] = {}
        self._submits = _submits(connection)
        self._misfit: Callable[[str, Any, bool], str | None] = dialect_of(connection).misfit

    def one(self, conversation_id: str, reviewer: str, sample: str) -> Row | None:
        held = self._held.get(conversation_id, ())
        return next((_row(row) for row in held if (row.reviewer, row.sample) == (reviewer, sample)), None)

    def live(self, conversation_id: str, sample: str) -> list[Row]:
        held = self._held.get(conversation_id, ())
        return [_row(row) for row in held if row.sample == sample and row.state in LIVE]

    def pooled(self, sample: str, ids: Sequence[str]) -> dict[str, int]:
        found = ((one, self.one(one, POOL, sample)) for one in ids)
        return {one: row["draw"] for one, row in found if row}

    def submitted(self, reviewer: str, ids: Sequence[str]) -> set[str]:
        return {one for one in ids if (reviewer, one) in self._submits}

    def agents(self, sample: str) -> Mapping[str, str]:
        return self._people | self._said.get(sample, {})

    def agent(self, conversation_id: str) -> str | None:
        self._look_up([conversation_id])
        return self._agents.get(conversation_id)

    def insert(self, rows: Sequence[Row]) -> None:
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
            held.append(_Held(*(row[column] for column in _COLUMNS)))

    def change(self, row: Row, values: Mapping[str, Any]) -> None:
        held, key = self._changing(row["conversation_id"]), (row["reviewer"], row["sample"])
        [i] = (i for i, one in enumerate(held) if (one.reviewer, one.sample) == key)
        held[i] = held[i]._replace(**values)

    def delete(self, sample: str, reviewer: str, ids: Sequence[str], state: str | None = None) -> None:
        for name in ids:
            if name in self._held:
                held = self._changing(name)
                held[:] = [
                    one
                    for one in held
                    if (one.reviewer, one.sample) != (reviewer, sample) or state not in (None, one.state)
                ]

    def _changing(self, conversation_id: str) -> list[_Held]:
        held = self._held.setdefault(conversation_id, [])
        self._before.setdefault(conversation_id, held.copy())
        return held

    def _look_up(self, ids: Sequence[str], sample: str = "") -> None:
        """Ask which of some conversations there are: at once for those of a sample, then for what is in none."""
        c, i = tables.conversations.c, tables.sample_items.c
        query = sa.select(c.conversation_id, c.agent)
        if sample and sample not in self._samples:
            of_sample = query.join(tables.sample_items, i.conversation_id == c.conversation_id)
            self._agents.update(map(tuple, self._connection.execute(of_sample.where(i.sample == sample))))
            self._samples.add(sample)
        missing = [one for one in ids if one not in self._agents and self._fits(one)]
        for chunk in chunks(missing):
            self._agents.update(map(tuple, self._connection.execute(query.where(c.conversation_id.in_(chunk)))))

    def _fits(self, name: str) -> bool:
        """Whether the database can be asked for a name."""
        name.encode()  # raises a ValueError for half of a character
        return self._misfit("text", name, True) is None


class Replay(_Rows):
    """What the log says of assignments so far. An event that cannot be followed leaves it as it was.

    Parameters
    ----------
    connection : sqlalchemy.engine.Connection
        Of a database that holds the log, and the conversations.
    """

    def follow(self, event: Event) -> None:
        """Change the rows as an event about assignments says, or raise an error and leave them."""
        if event.slot == names_slot(event.sample) and not event.conversation_id:
            self._said[event.sample] = agents_in(event)
        self._before = {}
        try:
            apply(self, event)
        except Exception:
            self._held.update(self._before)
            raise

    def worked(self, actor: str, conversation_id: str, rubric_hash: str, at: datetime) -> None:
        """Say that a reviewer did something on a conversation."""
        held = self._held.get(conversation_id, ())
        for i, row in enumerate(held):
            if row.reviewer == actor and row.state in LIVE:
                until = row.lease_until
                if row.lease and until:
                    until = max(until, min(at, _LATEST) + timedelta(seconds=row.lease))
                rubric = sys.intern(rubric_hash) or row.rubric_hash
                self._held[conversation_id][i] = row._replace(acted_at=at, lease_until=until, rubric_hash=rubric)

    def rows(self) -> Iterator[Row]:
        """Yield the rows as the table is to hold them."""
        ids = [found for found, held in self._held.items() if any(row.rubric_hash for row in held)]
        states = _states(self._connection, ids)
        for held in self._held.values():
            for row in held:
                state = row.state
                if row.rubric_hash and state in LIVE:
                    state = self._state(row, states)
                yield {**_row(row), "state": state}

    def _state(self, row: _Held, states: Mapping[tuple[str, str, str], str]) -> str:
        by = self._submits.get((row.reviewer, row.conversation_id), ())
        if any(rubric != row.rubric_hash for rubric in by):
            return DONE
        review = states.get((row.reviewer, row.conversation_id, row.rubric_hash), "open")
        return state_after(review, row.lease)


def _row(held: _Held) -> Row:
    return dict(zip(_COLUMNS, held, strict=False))


def _submits(connection: Connection) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return by whom and on what a submit stands, and by which rubrics."""
    e, undo = tables.events.alias(), tables.events.alias()
    undone = sa.exists().where(undo.c.target == e.c.event_id)
    query = sa.select(e.c.actor, e.c.conversation_id, e.c.rubric_hash)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for actor, name, rubric in connection.execute(query.where(current.among(e.c.kind, ("submit",)), ~undone)):
        found[sys.intern(actor), name] = (*found.get((actor, name), ()), sys.intern(rubric))
    return found


def _states(connection: Connection, ids: Sequence[str]) -> dict[tuple[str, str, str], str]:
    """Return how far the reviews of some conversations are."""
    newest: dict[tuple[str, str, str], dict[str, int]] = {}
    c = current.events(connection).c
    key = (c.actor, c.conversation_id, c.rubric_hash)
    query = sa.select(*key, c.kind, sa.func.max(c.event_id)).where(c.kind.in_(REVIEW_KINDS)).group_by(*key, c.kind)
    for chunk in chunks(ids):
        for actor, name, rubric, kind, number in connection.execute(query.where(c.conversation_id.in_(chunk))):
            newest.setdefault((actor, name, rubric), {})[kind] = number
    return {review: state_of(kinds) for review, kinds in newest.items()}
