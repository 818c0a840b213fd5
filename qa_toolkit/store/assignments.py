"""Who is to review what by when: reading it, and changing it by events."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import AssignmentError, NotFoundError, StoreError
from qa_toolkit.store import assigned, assigned_rules, current, events, holders, pool, replacing, tables
from qa_toolkit.store.acts import Act, Event
from qa_toolkit.store.assigned_many import submitted
from qa_toolkit.store.assigned_rules import EMPTY, KIND, LAPSED, LIVE, NO_DUE, POOL, WAITING
from qa_toolkit.store.engine import reading, until_of, writing
from qa_toolkit.store.holders import Holders
from qa_toolkit.store.rebuilding import Passed, rebuild

TIMES: Final = ("due_at", "lease_until", "acted_at")
COLUMNS: Final = ("sample", "conversation_id", "reviewer", "state", "places", "draw", *TIMES)
_A: Final = tables.assignments.c


@dataclass(frozen=True)
class Assignment:
    """What a reviewer has to know of one of theirs.

    Parameters
    ----------
    conversation_id, state : str
    due_at, lease_until : datetime.datetime or None
    """

    conversation_id: str
    state: str
    due_at: datetime | None
    lease_until: datetime | None


class AssignmentStore:
    """The assignments of a project, as they are now."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine = engine
        self._now = now

    # ------------------------------------------------------------------ reading

    def frame(self, sample: str = "", reviewer: str | None = None) -> pd.DataFrame:
        """Return a row for each assignment, also those that ended otherwise; ``reviewer`` is "" for the pool.

        Returns
        -------
        pandas.DataFrame
            ``sample``, ``conversation_id``, ``reviewer``, ``state``, ``places``, ``draw``, ``due_at``, ``lease_until``,
            ``acted_at`` (UTC, or missing); by due date, then in the order of the draw.
        """
        query = sa.select(*(_A[name] for name in COLUMNS)).where(_A.state != EMPTY)
        if sample:
            query = query.where(_A.sample == sample)
        if reviewer is not None:
            query = query.where(_A.reviewer == reviewer)
        query = query.order_by(_A.sample, _A.due_at, _A.draw, _A.conversation_id, _A.reviewer)
        with self._reading() as connection:
            rows = [tuple(row) for row in connection.execute(query)]
        frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
        frame["due_at"] = frame["due_at"].where(frame["due_at"] != NO_DUE, None)
        for name in TIMES:
            frame[name] = pd.to_datetime(frame[name], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
        texts = dict.fromkeys(COLUMNS[:4], "str")
        return frame.astype({**texts, "places": "int64", "draw": "int64"})

    def exist(self, sample: str) -> bool:
        """Whether anything of a sample is assigned, or was."""
        with self._reading() as connection:
            return connection.execute(sa.select(_A.sample).where(_A.sample == sample).limit(1)).first() is not None

    def marks(self, sample: str, reviewer: str, replaced: int) -> tuple[int, int | None]:
        """Return what tells a queue whether it is still right, at no cost that grows.

        Returns
        -------
        tuple of int and (int or None)
            The number of the newest event of replacing in the sample (`replaced` if none is above it), and of the
            newest that changed what is the reviewer's: 0 if nothing ever was, None if nothing of the sample is
            assigned.
        """
        newest = sa.select(sa.func.max(_A.event_id)).where(_A.sample == sample, _A.reviewer == reviewer)
        anything = sa.select(_A.sample).where(_A.sample == sample).limit(1).exists()
        with reading(self._engine) as connection:
            found = replacing.newest(connection, sample, replaced)
            if until_of(connection) is not None:
                return found, None
            changed, is_assigned = connection.execute(sa.select(newest.scalar_subquery(), anything)).one()
        return found, (changed or 0) if is_assigned else None

    def queue(self, sample: str, reviewer: str) -> tuple[list[str], dict[str, int]]:
        """Return what is a reviewer's, by due date and then in the order of the draw, and the places of what was."""
        query = sa.select(_A.conversation_id, _A.state).where(_A.sample == sample, _A.reviewer == reviewer)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(_A.due_at, _A.draw)).all()
        order: list[str] = []
        left: dict[str, int] = {}
        for found, state in rows:
            if state in LIVE:
                order.append(found)
            else:
                left[found] = len(order)
        return order, left

    def of(self, sample: str, conversation_id: str, reviewer: str) -> Assignment | None:
        """Return one assignment, whatever became of it, or None."""
        query = sa.select(_A.conversation_id, _A.state, _A.due_at, _A.lease_until)
        here = (_A.conversation_id == conversation_id, _A.reviewer == reviewer, _A.sample == sample)
        with reading(self._engine) as connection:
            row = None if until_of(connection) else connection.execute(query.where(*here)).first()
        if row is None:
            return None
        return Assignment(row.conversation_id, row.state, None if row.due_at == NO_DUE else row.due_at, row.lease_until)

    def loads(self, reviewers: Sequence[str]) -> dict[str, int]:
        """Return how many conversations wait for some reviewers, in all samples."""
        with self._reading() as connection:
            return holders.loads(connection, reviewers)

    def waited_for(self, sample: str) -> list[str]:
        """Return for whom something of a sample waits, the pool left out."""
        with self._reading() as connection:
            return holders.waited_for(connection, sample)

    def holders(self, sample: str, reviewer: str, to: Sequence[str], ids: Sequence[str] | None = None) -> Holders:
        """Return what others may get of a reviewer's, or of what is in the pool (""); see `holders.look_up`."""
        with self._reading() as connection:
            return holders.look_up(connection, sample, reviewer, to, ids)

    def version(self, sample: str) -> int:
        """Return the number of the event that changed a sample or its assignments last; 0 if there was none."""
        with self._reading() as connection:
            return _version(connection, sample)

    def conversation_agents(self, sample: str) -> dict[str, str | None]:
        """Return the agent of each conversation of a sample, its reserve included."""
        i, c = tables.sample_items.c, tables.conversations.c
        query = sa.select(c.conversation_id, c.agent).join(tables.sample_items, i.conversation_id == c.conversation_id)
        with self._reading() as connection:
            return dict(map(tuple, connection.execute(query.where(i.sample == sample))))

    def agents(self, sample: str) -> dict[str, str]:
        """Return which agents the reviewers of a sample are, as far as somebody said."""
        with self._reading() as connection:
            return assigned.agents_of(connection, sample)

    def submitted(self) -> list[tuple[str, str, str]]:
        """Return reviewer, conversation and sample of every submit that stands."""
        with self._reading() as connection:
            c = current.events(connection).c
            query = sa.select(c.actor, c.conversation_id, c.sample).where(current.among(c.kind, ("submit",)))
            return [(row.actor, row.conversation_id, row.sample) for row in connection.execute(query)]

    # ------------------------------------------------------------------ changing

    def assign(self, sample: str, acts: Sequence[Act], version: int) -> bool:
        """Write what was worked out while the sample's assignments were at `version`; False if they no longer are."""
        with writing(self._engine) as connection:
            if _version(connection, sample) != version:
                return False
            events.write(connection, acts, self._now)
        return True

    def take(
        self, sample: str, reviewer: str, n: int, lease: timedelta, uid: str, agents: Mapping[str, str]
    ) -> list[str]:
        """Give a reviewer the next conversations of the pool; see `pool.take`."""
        return pool.take(self._engine, sample, reviewer, n, lease, uid, agents, self._now)

    def hand_back(self, sample: str, conversation_id: str, reviewer: str, reason: str, uid: str, actor: str) -> Event:
        """Give a conversation back to the pool; the same uid is written once."""
        payload = {"what": "hand_back", "reviewer": reviewer, "reason": reason}
        act = _act(uid, actor, sample, reviewer, conversation_id, payload)
        with writing(self._engine) as connection:
            if not _is_known(connection, uid):
                _refuse_not_waiting(
                    holders.states(connection, sample, [conversation_id]), sample, conversation_id, reviewer
                )
            return events.write(connection, [act], self._now)[0]

    def reassign(
        self, sample: str, moves: Mapping[str, str], reviewer: str, reason: str, actor: str, due: Mapping[str, Any]
    ) -> None:
        """Give conversations of one reviewer (of the pool, for "") to others, all or none.

        Parameters
        ----------
        sample : str
        moves : mapping of str to str
            By conversation: who gets it; "" for the pool.
        reviewer : str
            Whose they are.
        reason, actor : str
        due : mapping
            ``{"due": a time as ISO 8601 or None}``, or empty: it stays as it is.
        """
        common = {"what": "reassign", "from": reviewer, "reason": reason, **due}
        acts = [
            _act(uuid.uuid4().hex, actor, sample, to, found, {**common, "reviewer": to}) for found, to in moves.items()
        ]
        with writing(self._engine) as connection:
            states = holders.states(connection, sample, list(moves))
            done = submitted(connection, list(moves))
            for found, to in moves.items():
                _refuse_not_waiting(states, sample, found, reviewer)
                if to != POOL:
                    _refuse_twice(states.get((found, to)), (to, found) in done, found, to)
            events.write(connection, acts, self._now)

    def rebuild(self) -> Passed:
        """Make the table anew from the log; return how many events were passed over."""
        with writing(self._engine) as connection:
            return rebuild(connection)

    def _reading(self) -> Any:
        until = until_of(self._engine)
        if until is not None:
            raise StoreError("assignments are known as they are now only; ask the project from open_project(...)")
        return reading(self._engine)


def _act(uid: str, actor: str, sample: str, reviewer: str, conversation_id: str, payload: dict[str, Any]) -> Act:
    slot = assigned_rules.slot(sample, reviewer)
    return Act(uid, actor, KIND, slot, conversation_id, sample=sample, payload=payload)


def _is_known(connection: Connection, uid: str) -> bool:
    return connection.execute(sa.select(tables.events.c.uid).where(tables.events.c.uid == uid)).first() is not None


def _version(connection: Connection, sample: str) -> int:
    changed = connection.execute(sa.select(sa.func.max(_A.event_id)).where(_A.sample == sample)).scalar() or 0
    return replacing.newest(connection, sample, changed)


def _refuse_not_waiting(
    states: Mapping[tuple[str, str], str], sample: str, conversation_id: str, reviewer: str
) -> None:
    whose = f"{reviewer}'s" if reviewer else "in the pool"
    state = states.get((conversation_id, reviewer))
    if state is None:
        held = [name for (found, name), now in states.items() if found == conversation_id and now in LIVE]
        others = ", ".join(f"{name}'s" if name else "in the pool" for name in sorted(held))
        raise NotFoundError(
            f"{conversation_id!r} is not {whose} in the sample {sample!r}; it is {others or 'assigned to nobody'}"
        )
    if state not in WAITING:
        raise AssignmentError(
            f"{conversation_id!r} is {state}, so it is no longer {whose}"
            if state not in LIVE
            else f"{reviewer} is done with {conversation_id!r} ({state}); undo that first"
        )


def _refuse_twice(state: str | None, done: bool, conversation_id: str, reviewer: str) -> None:
    if state not in (None, LAPSED) or done:
        had = f"had {conversation_id!r} already ({'submitted' if done else state})"
        raise AssignmentError(f"{reviewer} {had}; nobody gets the same conversation twice, so choose somebody else")
