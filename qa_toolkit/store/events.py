"""The append-only log of events, and the hash chain of each actor.

Invariants, which `verify` proves:

- the events of one actor are numbered 1, 2, 3, ... without a gap;
- each carries the hash of the one before it and a hash over its own content.

An event never holds customer text, only its hash, so that a customer can be forgotten and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.store import tables
from qa_toolkit.store.engine import reading, writing

UNDO = "undo"


@dataclass(frozen=True)
class Act:
    """What somebody did, before it is in the log.

    Parameters
    ----------
    uid : str
        Made where the act was made; the same uid is written once, however often it is sent.
    actor : str
        Reviewer or coach.
    kind : str
        ``rating``, ``comment``, ``good_answer``, ``submit``, ``skip``, ``pin`` or ``undo``.
    slot : str
        What a later act of the same actor on the same conversation and rubric replaces.
    conversation_id, rubric_hash, sample : str
        Where it belongs; empty where it belongs to none.
    payload : dict
        JSON-able content.
    target : int or None
        For ``undo``: the event that is undone.
    """

    uid: str
    actor: str
    kind: str
    slot: str
    conversation_id: str = ""
    rubric_hash: str = ""
    sample: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    target: int | None = None


@dataclass(frozen=True)
class Event(Act):
    """An act in the log: numbered, timed (UTC) and chained by hash."""

    event_id: int = 0
    seq: int = 0
    at: datetime = datetime.min
    prev_hash: str = ""
    hash: str = ""


@dataclass(frozen=True)
class Verification:
    """The result of checking the log.

    Parameters
    ----------
    ok : bool
    n_events : int
        Events that were checked.
    first_broken : int or None
        ``event_id`` of the first event that does not fit its chain.
    reason : str
    """

    ok: bool
    n_events: int
    first_broken: int | None = None
    reason: str = ""


def append(engine: Engine, acts: Sequence[Act], now: Callable[[], datetime], base: int | None = None) -> list[Event]:
    """Write acts in one transaction and return them as events, in the same order.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    acts : sequence of Act
    now : callable
        Gives the time, with a zone.
    base : int, optional
        For a single act: the ``event_id`` that its slot showed (0 for none) where it was made.

    Raises
    ------
    StaleError
        If the slot has changed since `base`.
    InvalidActError
        If a uid is known already but for another act.
    """
    with writing(engine) as connection:
        heads: dict[str, tuple[int, str]] = {}
        return [_append_one(connection, act, now, heads, base) for act in acts]


def _append_one(
    connection: Connection, act: Act, now: Callable[[], datetime], heads: dict[str, tuple[int, str]], base: int | None
) -> Event:
    known = connection.execute(sa.select(tables.events).where(tables.events.c.uid == act.uid)).mappings().first()
    if known:
        return _same(event_of(known), act)
    if base is not None:
        _refuse_stale(connection, act, base)
    if act.actor not in heads:
        heads[act.actor] = _head(connection, act.actor)
    seq, prev_hash = heads[act.actor]
    row = {**_row(act), "seq": seq + 1, "at": now(), "prev_hash": prev_hash}
    row["hash"] = _hash(row)
    event_id = connection.execute(tables.events.insert().values(row)).inserted_primary_key[0]  # type: ignore[index]
    heads[act.actor] = (seq + 1, row["hash"])
    return event_of({**row, "event_id": event_id})


def _same(event: Event, act: Act) -> Event:
    same = event.actor == act.actor and event.kind == act.kind
    # An undo that is sent again finds another newest act, but means the one that it undid.
    if act.kind != UNDO:
        same = same and event.slot == act.slot and event.conversation_id == act.conversation_id
    if not same:
        raise InvalidActError(f"the id {act.uid!r} was used for another act; send this one with a new id")
    return event


def _refuse_stale(connection: Connection, act: Act, base: int) -> None:
    c = tables.current.c
    here = sa.and_(
        c.actor == act.actor,
        c.conversation_id == act.conversation_id,
        c.rubric_hash == act.rubric_hash,
        c.slot == act.slot,
    )
    newest = connection.execute(sa.select(c.event_id).where(here)).scalar() or 0
    if newest != base:
        raise StaleError("This was changed elsewhere since this screen showed it.", {})


def _head(connection: Connection, actor: str) -> tuple[int, str]:
    c = tables.events.c
    row = connection.execute(sa.select(c.seq, c.hash).where(c.actor == actor).order_by(c.seq.desc()).limit(1)).first()
    return (row.seq, row.hash) if row else (0, "")


def _row(act: Act) -> dict[str, Any]:
    return {
        "uid": act.uid,
        "actor": act.actor,
        "kind": act.kind,
        "slot": act.slot,
        "conversation_id": act.conversation_id,
        "rubric_hash": act.rubric_hash,
        "sample": act.sample,
        "target": act.target,
        "payload": json.dumps(act.payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
    }


def _hash(row: Any) -> str:
    names = ("uid", "actor", "seq", "kind", "slot", "conversation_id", "rubric_hash", "sample", "target", "payload")
    content = [row["prev_hash"], *(row[name] for name in names), row["at"].isoformat()]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def event_of(row: Any) -> Event:
    """Make an event of a row of the log."""
    return Event(**{**row, "payload": json.loads(row["payload"])})


def last_act(engine: Engine, actor: str, sample: str, kinds: Sequence[str]) -> Event | None:
    """Return the newest act of `actor` in `sample` that was not undone, or None."""
    e = tables.events
    undone = e.alias("undone")
    query = (
        sa.select(e)
        .where(e.c.actor == actor, e.c.sample == sample, e.c.kind.in_(kinds))
        .where(~sa.exists().where(undone.c.target == e.c.event_id))
        .order_by(e.c.event_id.desc())
        .limit(1)
    )
    with reading(engine) as connection:
        row = connection.execute(query).mappings().first()
    return event_of(row) if row else None


def touched(engine: Engine, actor: str, after: int) -> tuple[int, set[str]]:
    """Return the number of the actor's newest event, and the conversations of those numbered above `after`."""
    c = tables.events.c
    with reading(engine) as connection:
        newest = _head(connection, actor)[0]
        if newest == after:
            return newest, set()
        query = sa.select(c.conversation_id).where(c.actor == actor, c.seq > after).distinct()
        return newest, set(connection.execute(query).scalars())


def newest(engine: Engine, besides: str = "") -> int:
    """Return the number of the newest event that is not of the kind `besides`, or 0."""
    c = tables.events.c
    with reading(engine) as connection:
        return connection.execute(sa.select(sa.func.max(c.event_id)).where(c.kind != besides)).scalar() or 0


def by_uid(engine: Engine, uid: str) -> Event | None:
    """Return the event with this uid, or None."""
    with reading(engine) as connection:
        row = connection.execute(sa.select(tables.events).where(tables.events.c.uid == uid)).mappings().first()
    return event_of(row) if row else None


def verify(engine: Engine) -> Verification:
    """Check every chain, oldest event first, and name the first that is broken."""
    heads: dict[str, tuple[int, str]] = {}
    n = 0
    with reading(engine) as connection:
        rows = connection.execution_options(yield_per=5000).execute(
            sa.select(tables.events).order_by(tables.events.c.event_id)
        )
        for row in rows.mappings():
            seq, prev_hash = heads.get(row["actor"], (0, ""))
            if row["seq"] != seq + 1:
                return Verification(False, n, row["event_id"], f"an event of {row['actor']!r} before it is missing")
            if row["prev_hash"] != prev_hash or row["hash"] != _hash(row):
                return Verification(False, n, row["event_id"], f"the event of {row['actor']!r} was altered")
            heads[row["actor"]] = (row["seq"], row["hash"])
            n += 1
    return Verification(True, n)
