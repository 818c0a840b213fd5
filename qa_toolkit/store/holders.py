"""Who waits for what, and who had what, of some conversations of a sample: what it takes to give them to others.

Each query goes along an index, so that it takes as long as what is asked for, however large the sample is.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.store import assigned, replacing, tables
from qa_toolkit.store.assigned_many import submitted
from qa_toolkit.store.assigned_rules import LAPSED, POOL, WAITING
from qa_toolkit.store.chunks import chunks

_A: Final = tables.assignments.c


@dataclass(frozen=True)
class Holders:
    """Some conversations that are somebody's, or in the pool, and who can have them.

    Parameters
    ----------
    waiting : list of str
        By due date, then in the order of the draw; or as they were asked for.
    names : dict of str to str
        Which agents reviewers are.
    agent : dict of str to (str or None)
        By conversation: its agent.
    had : dict of str to set of str
        By conversation: who had it in this sample, or has submitted it in any.
    loads : dict of str to int
        By reviewer: how many conversations wait for them, in all samples.
    """

    waiting: list[str]
    names: dict[str, str]
    agent: dict[str, str | None] = field(default_factory=dict)
    had: dict[str, set[str]] = field(default_factory=dict)
    loads: dict[str, int] = field(default_factory=dict)


def look_up(
    connection: Connection, sample: str, reviewer: str, to: Sequence[str], ids: Sequence[str] | None = None
) -> Holders:
    """Return what others may get of a reviewer's, or of what is in the pool: of all that waits, or of some.

    Raises
    ------
    NotFoundError
        If there is no such sample.
    """
    s = tables.samples.c
    if connection.execute(sa.select(s.sample).where(s.sample == sample)).first() is None:
        raise replacing.unknown_sample(connection, sample)
    waiting = _waiting(connection, sample, reviewer) if ids is None else list(ids)
    names = assigned.agents_of(connection, sample)
    if list(to) == [POOL]:
        return Holders(waiting, names)
    agent, had = _agents(connection, waiting), _had(connection, sample, waiting)
    return Holders(waiting, names, agent, had, loads(connection, to))


def loads(connection: Connection, reviewers: Sequence[str]) -> dict[str, int]:
    """Return how many conversations wait for some reviewers, in all samples."""
    samples = connection.execute(sa.select(tables.samples.c.sample)).scalars().all()  # as the index begins with them
    found: Counter[str] = Counter()
    query = sa.select(_A.reviewer, sa.func.count()).where(_A.state.in_(WAITING)).group_by(_A.reviewer)
    for some, who in itertools.product(chunks(samples), chunks(reviewers)):
        here = (_A.sample.in_(some), _A.reviewer.in_(who))
        found.update(dict(map(tuple, connection.execute(query.where(*here)))))
    return dict(found)


def states(connection: Connection, sample: str, ids: Sequence[str]) -> dict[tuple[str, str], str]:
    """Return the states of all assignments of some conversations in a sample, by conversation and reviewer."""
    # Of all samples: SQLite would take the index that begins with the sample, and read the whole of it.
    query = sa.select(_A.conversation_id, _A.reviewer, _A.state, _A.sample)
    rows = (connection.execute(query.where(_A.conversation_id.in_(chunk))) for chunk in chunks(ids))
    return {(found, name): state for some in rows for found, name, state, where in some if where == sample}


def waited_for(connection: Connection, sample: str) -> list[str]:
    """Return for whom something of a sample waits, the pool left out."""
    here = (_A.sample == sample, _A.reviewer != POOL, _A.state.in_(WAITING))
    return list(connection.execute(sa.select(_A.reviewer).distinct().where(*here).order_by(_A.reviewer)).scalars())


def _waiting(connection: Connection, sample: str, reviewer: str) -> list[str]:
    here = (_A.sample == sample, _A.reviewer == reviewer, _A.state.in_(WAITING))
    query = sa.select(_A.conversation_id).where(*here).order_by(_A.due_at, _A.draw, _A.conversation_id)
    return list(connection.execute(query).scalars())


def _agents(connection: Connection, ids: Sequence[str]) -> dict[str, str | None]:
    c = tables.conversations.c
    query = sa.select(c.conversation_id, c.agent)
    rows = (connection.execute(query.where(c.conversation_id.in_(chunk))) for chunk in chunks(ids))
    return {found: agent for some in rows for found, agent in some}


def _had(connection: Connection, sample: str, ids: Sequence[str]) -> dict[str, set[str]]:
    had: dict[str, set[str]] = {}
    held = (key for key, state in states(connection, sample, ids).items() if state != LAPSED and key[1] != POOL)
    done = ((found, name) for name, found in submitted(connection, ids))
    for found, name in (*held, *done):
        had.setdefault(found, set()).add(name)
    return had
