"""The assignments in memory, while the table is made anew: what the log says of them, in one pass.

How far a review is, is asked at the end only, of the log as a whole: nobody but its reviewer changes that, and each of
their acts is seen here, so that what held after the last of them still holds.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.store import current, tables
from qa_toolkit.store.acts import SUBMIT, Event
from qa_toolkit.store.assigned import agents_in, people_as_agents, state_after
from qa_toolkit.store.assigned_memory import Held, Memory, row_of
from qa_toolkit.store.assigned_rules import DONE, LIVE, Row, names_slot
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.statuses import REVIEW_KINDS, state_of

_LATEST: Final = datetime(9900, 1, 1, tzinfo=UTC)  # of an act from which a lease can be counted


class Replay(Memory):
    """What the log says of assignments so far. An event that cannot be followed leaves it as it was.

    Parameters
    ----------
    connection : sqlalchemy.engine.Connection
        Of a database that holds the log, and the conversations.
    """

    def __init__(self, connection: Connection) -> None:
        self._rubrics = _submits(connection)
        super().__init__(connection, self._rubrics.keys())
        self._samples: set[str] = set()  # whose conversations are known to be there
        self._people = people_as_agents(connection)
        self._said: dict[str, dict[str, str]] = {}

    def follow(self, event: Event) -> None:
        """Change the rows as an event about assignments says, or raise an error and leave them."""
        if event.slot == names_slot(event.sample) and not event.conversation_id:
            self._said[event.sample] = agents_in(event)
        super().follow(event)

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
                yield {**row_of(row), "state": state}

    def _state(self, row: Held, states: Mapping[tuple[str, str, str], str]) -> str:
        by = self._rubrics.get((row.reviewer, row.conversation_id), ())
        if any(rubric != row.rubric_hash for rubric in by):
            return DONE
        review = states.get((row.reviewer, row.conversation_id, row.rubric_hash), "open")
        return state_after(review, row.lease)

    def agents(self, sample: str) -> Mapping[str, str]:
        """Return the names that reviewers of a sample have as agents, as far as it was said so far."""
        return self._people | self._said.get(sample, {})

    def _look_up(self, ids: Sequence[str], sample: str = "") -> None:
        """Ask which of some conversations there are: at once for those of a sample, then for what is in none."""
        c, i = tables.conversations.c, tables.sample_items.c
        if sample and sample not in self._samples:
            query = sa.select(c.conversation_id, c.agent).join(
                tables.sample_items, i.conversation_id == c.conversation_id
            )
            self._agents.update(map(tuple, self._connection.execute(query.where(i.sample == sample))))
            self._samples.add(sample)
        super()._look_up(ids)


def _submits(connection: Connection) -> dict[tuple[str, str], tuple[str, ...]]:
    """Return by whom and on what a submit stands, and by which rubrics."""
    e, undo = tables.events.alias(), tables.events.alias()
    query = sa.select(e.c.actor, e.c.conversation_id, e.c.rubric_hash)
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for actor, name, rubric in connection.execute(
        query.where(current.among(e.c.kind, (SUBMIT,)), current.stands(e, undo))
    ):
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
