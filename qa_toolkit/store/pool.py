"""Taking from the pool of a sample, so that no two people get the same place.

Writers take turns (see `engine.writing`), and rows that another program has locked are passed over. What somebody took
and whose lease ran out can be taken by others, until then it stays theirs: who comes back late and finds it still there
goes on.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import AssignmentError, InvalidActError
from qa_toolkit.store import assigned, assigned_rules, events, tables
from qa_toolkit.store.acts import Act, Event
from qa_toolkit.store.assigned_rules import KIND, LAPSED, OPEN, POOL, TAKEN
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.engine import writing

LEASE: Final = timedelta(hours=2)  # for which what is taken is kept, unless somebody says otherwise
BATCH: Final = 50  # rows that are looked at first
GROWTH: Final = 8
_A: Final = tables.assignments.c
_MINE: Final = tables.assignments.alias().c


def take(
    engine: Engine,
    sample: str,
    reviewer: str,
    n: int,
    lease: timedelta,
    uid: str,
    agents: Mapping[str, str],
    now: Callable[[], datetime],
) -> list[str]:
    """Give a reviewer the next conversations of a pool, all in one transaction; see `Project.take`."""
    with writing(engine) as connection:
        before = _known(connection, uid, reviewer, sample)
        if before:
            return before
        _refuse_unassigned(connection, sample)
        at = _latest(connection, now())
        names = {**assigned.agents_of(connection, sample), **agents}
        rows = _free(connection, sample, reviewer, n, at, names)
        until = (at + lease).isoformat()
        common = {"what": "take", "reviewer": reviewer, "lease": round(lease.total_seconds()), "until": until}
        slot = assigned_rules.slot(sample, reviewer)
        acts = [
            Act(
                f"{uid}:{i}" if i else uid,
                reviewer,
                KIND,
                slot,
                row["conversation_id"],
                sample=sample,
                payload={**common, "from": row["reviewer"]},
            )
            for i, row in enumerate(rows)
        ]
        events.write(connection, acts, now)
    return [row["conversation_id"] for row in rows]


def _known(connection: Connection, uid: str, reviewer: str, sample: str) -> list[str]:
    """Return what this very act took when it was sent before."""
    found = events.group_in(connection, uid)
    if any(not _is_take(event, reviewer, sample) for event in found):
        raise InvalidActError(f"the id {uid!r} was used for another act; take with a new id")
    return [event.conversation_id for event in found]


def _is_take(event: Event, reviewer: str, sample: str) -> bool:
    is_same = (event.kind, event.actor, event.sample) == (KIND, reviewer, sample)
    return is_same and event.payload["what"] == "take"


def _refuse_unassigned(connection: Connection, sample: str) -> None:
    if connection.execute(sa.select(_A.sample).where(_A.sample == sample).limit(1)).first() is None:
        raise AssignmentError(
            f"nothing of the sample {sample!r} is assigned, so there is no pool to take from; fill it with: "
            f"project.assign({sample!r}, how='pool'), or: qa-toolkit assign {sample} --how pool"
        )


def _latest(connection: Connection, at: datetime) -> datetime:
    """Return the time, or that of the newest event if a clock was set back since: no lease may end too early."""
    number = dialect_of(connection).last_number(connection)
    e = tables.events.c
    newest: datetime | None = connection.execute(sa.select(e.at).where(e.event_id == number)).scalar()
    return at if newest is None else max(at, newest)


def _free(
    connection: Connection, sample: str, reviewer: str, n: int, at: datetime, agents: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the first places that the reviewer may have: by due date, then in the order of the draw."""
    late = _late(sample, reviewer, at)
    found: list[dict[str, Any]] = []
    for rows in (late, in_pool(sample, reviewer)):
        mine = (row for row in _each(connection, rows) if not assigned_rules.own(row["agent"], reviewer, agents))
        found += itertools.islice(mine, n)
    found.sort(key=lambda row: (row["due_at"], row["draw"]))
    # Of one conversation a place can be free, and another be late.
    return list({row["conversation_id"]: row for row in reversed(found)}.values())[::-1][:n]


def _each(connection: Connection, query: sa.Select[Any]) -> Iterator[dict[str, Any]]:
    """Yield rows, few at first and ever more: most often the first are enough, but all of them can be one's own."""
    start, size = 0, BATCH
    while True:
        rows = connection.execute(query.limit(size).offset(start)).mappings().all()
        yield from map(dict, rows)
        if len(rows) < size:
            return
        start, size = start + size, size * GROWTH


def in_pool(sample: str, reviewer: str) -> sa.Select[Any]:
    """Return the query for what of a pool a reviewer has never had; an index gives it in order."""
    return _candidates(reviewer).where(_A.sample == sample, _A.reviewer == POOL, _A.state == OPEN)


def _late(sample: str, reviewer: str, at: datetime) -> sa.Select[Any]:
    """Return the query for what others took and whose lease has run out."""
    is_late = (_A.sample == sample, _A.state == TAKEN, _A.lease_until < at)
    return _candidates(reviewer).where(*is_late, _A.reviewer != reviewer)


def _candidates(reviewer: str) -> sa.Select[Any]:
    had = sa.exists().where(
        _MINE.conversation_id == _A.conversation_id,
        _MINE.reviewer == reviewer,
        _MINE.sample == _A.sample,
        _MINE.state != LAPSED,
    )
    c = tables.conversations.c
    return (
        sa.select(_A.conversation_id, _A.reviewer, _A.due_at, _A.draw, c.agent)
        .join(tables.conversations, c.conversation_id == _A.conversation_id)
        .where(~had, ~assigned.has_submitted(reviewer, _A.conversation_id))
        .order_by(_A.due_at, _A.draw)
        .with_for_update(skip_locked=True, of=tables.assignments)
    )
