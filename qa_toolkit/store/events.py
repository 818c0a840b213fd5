"""The append-only log of events, and the hash chain of each actor.

Invariants, which `verification.verify` proves:

- all events are numbered 1, 2, 3, ... without a gap, and so are those of one actor;
- each carries the hash of the actor's event before it and a hash over its own number and content.

Of a message that it is about, an event holds the hash and not the text, so that a customer can be forgotten and the
chain still holds. What a reviewer types into a comment is kept as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.store import assigned, current, heads, tables
from qa_toolkit.store.acts import TIME, UNDO, Act, Check, Event, SampleCheck, event_of
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.dockets import DECISION
from qa_toolkit.store.engine import reading, writing


def append(
    engine: Engine,
    acts: Sequence[Act],
    now: Callable[[], datetime],
    base: int | None = None,
    check: Check | SampleCheck | None = None,
) -> list[Event]:
    """Write acts in one transaction and return them as events, in the same order.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    acts : sequence of Act
    now : callable
        Gives the time, with a zone.
    base : int, optional
        For a single act: the ``event_id`` that its slot showed (0 for none) where it was made.
    check : callable or SampleCheck, optional
        For each act that is not known yet: gets what is current in its review, or on its conversation in its sample,
        oldest first, when nobody else can write, and raises an error to refuse the act.

    Raises
    ------
    StaleError
        If the slot has changed since `base`, or what is to be undone was undone.
    InvalidActError
        If a uid is known already but for another act, or somebody else's act is to be undone.
    """
    with writing(engine) as connection:
        found = write(connection, acts, now, base, check)
    heads.remember(engine, found)
    return found


def write(
    connection: Connection,
    acts: Sequence[Act],
    now: Callable[[], datetime],
    base: int | None = None,
    check: Check | SampleCheck | None = None,
) -> list[Event]:
    """Write acts in a transaction that does more; see `append`."""
    batch = _Batch(connection, acts)
    found = [batch.append(act, now, base, check) for act in acts]
    batch.write()
    assigned.follow(connection, batch.new)
    return found


class _Batch:
    """Acts on their way into the log: what there is of them is asked for once, what is new is written at once."""

    def __init__(self, connection: Connection, acts: Sequence[Act]) -> None:
        self._connection = connection
        self._known = _known(connection, [act.uid for act in acts])
        self._heads: dict[str, tuple[int, str]] = {}
        self._last = 0
        self._rows: list[dict[str, Any]] = []
        self.new: list[Event] = []

    def append(
        self, act: Act, now: Callable[[], datetime], base: int | None, check: Check | SampleCheck | None
    ) -> Event:
        if act.uid in self._known:
            return _same(self._known[act.uid], act)
        if base is not None or act.target is not None or check:
            self.write()  # what is checked must see the acts before it
            _check(self._connection, act, base, check)
        seq, prev_hash = self._head(act.actor)
        self._last += 1
        row = {**_row(act), "event_id": self._last, "seq": seq + 1, "at": now(), "prev_hash": prev_hash}
        row["hash"] = hash_of(row)
        self._rows.append(row)
        self._heads[act.actor] = (seq + 1, row["hash"])
        self._known[act.uid] = event_of(row)
        self.new.append(self._known[act.uid])
        return self.new[-1]

    def write(self) -> None:
        rows, self._rows = self._rows, []
        if rows:
            self._connection.execute(tables.events.insert(), rows)

    def _head(self, actor: str) -> tuple[int, str]:
        if actor not in self._heads:
            last, *head = _last_and_head(self._connection, actor)
            self._heads[actor] = head[0] or 0, head[1] or ""
            heads.refuse_lost(self._connection.engine, actor, *self._heads[actor])
            self._last = self._last or last or 0
        return self._heads[actor]


def _known(connection: Connection, uids: Sequence[str]) -> dict[str, Event]:
    found: dict[str, Event] = {}
    for chunk in chunks(uids):
        query = sa.select(tables.events).where(tables.events.c.uid.in_(chunk))
        found.update((row["uid"], event_of(row)) for row in connection.execute(query).mappings())
    return found


def _check(connection: Connection, act: Act, base: int | None, check: Check | SampleCheck | None) -> None:
    if base is not None:
        _refuse_stale(connection, act, base)
    if act.target is not None:
        _refuse_undone(connection, act)
    if isinstance(check, SampleCheck):
        check.check(current.of_sample(connection, act.conversation_id, act.sample))
    elif check:
        check(current.of_review(connection, act.actor, act.conversation_id, act.rubric_hash))


def _same(event: Event, act: Act) -> Event:
    # An undo that is sent again finds another newest act, but means the one that it undid.
    names = ("actor", "kind", "sample") if act.kind == UNDO else tuple(_row(act))
    if any(_row(event)[name] != _row(act)[name] for name in names):
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


def _refuse_undone(connection: Connection, act: Act) -> None:
    c = tables.events.c
    row = connection.execute(sa.select(tables.events).where(c.event_id == act.target)).mappings().first()
    if row is None or row["actor"] != act.actor:
        raise InvalidActError(f"event {act.target} is none of {act.actor}'s; undo only your own acts")
    if row["kind"] == DECISION and event_of(row).payload.get("final"):
        raise InvalidActError("a decision that was submitted stays; it cannot be undone")
    if connection.execute(sa.select(c.event_id).where(c.target == act.target)).first():
        raise StaleError("This was undone elsewhere since this screen showed it.", {})


def _last_and_head(connection: Connection, actor: str) -> Any:
    """Return the number of the newest event of all, and of the actor's newest its number and hash; None for none."""
    c = tables.events.c
    head = [sa.select(x).where(c.actor == actor).order_by(c.seq.desc()).limit(1) for x in (c.seq, c.hash)]
    last = dialect_of(connection).last()
    return connection.execute(sa.select(last, *(column.scalar_subquery() for column in head))).one()


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


def hash_of(row: Any) -> str:
    """Return the hash of a row of the log, over all that it holds."""
    names = ("event_id", "uid", "actor", "seq", "kind", "slot", "conversation_id", "rubric_hash", "sample", "target")
    content = [row["prev_hash"], *(row[name] for name in names), row["payload"], row["at"].isoformat()]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def last_act(engine: Engine, actor: str, sample: str, kinds: Sequence[str], rubric_hash: str = "") -> Event | None:
    """Return the newest act of `actor` in `sample`, by one rubric or by any, that was not undone, or None."""
    e = tables.events
    undone = e.alias("undone")
    query = (
        sa.select(e)
        .where(e.c.actor == actor, e.c.sample == sample, e.c.kind.in_(kinds))
        .where(current.stands(e, undone))
        .order_by(e.c.seq.desc())  # as by event_id, but an index serves it
        .limit(1)
    )
    if rubric_hash:
        query = query.where(e.c.rubric_hash == rubric_hash)
    with reading(engine) as connection:
        row = connection.execute(query).mappings().first()
    return event_of(row) if row else None


def group(engine: Engine, uid: str) -> list[Event]:
    """Return the events that were made together: the one with this uid, and those with uids ``uid:...``."""
    with reading(engine) as connection:
        return group_in(connection, uid)


def group_in(connection: Connection, uid: str) -> list[Event]:
    """Return the same in a transaction that does more."""
    c = tables.events.c
    parts = sa.and_(c.uid > f"{uid}:", c.uid < f"{uid};")  # ";" follows ":", so this is a prefix that an index serves
    query = sa.select(tables.events).where(sa.or_(c.uid == uid, parts)).order_by(c.event_id)
    return [event_of(row) for row in connection.execute(query).mappings()]


def touched(engine: Engine, actor: str, after: int) -> tuple[int, set[str]]:
    """Return the number of the actor's newest event, and the conversations of those of reviews above `after`."""
    c = tables.events.c
    with reading(engine) as connection:
        newest = last_seq(connection, actor)
        if newest == after:
            return newest, set()
        query = sa.select(c.conversation_id).where(c.actor == actor, c.seq > after, c.kind != TIME).distinct()
        return newest, set(connection.execute(query).scalars())


def newest(engine: Engine, besides: Sequence[str] = ()) -> int:
    """Return the number of the newest event that is of none of the kinds `besides`, or 0."""
    c = tables.events.c
    with reading(engine) as connection:
        return connection.execute(sa.select(sa.func.max(c.event_id)).where(c.kind.not_in(besides))).scalar() or 0


def touched_by_anybody(engine: Engine, after: int, besides: Sequence[str] = ()) -> list[str]:
    """Return the conversations of events numbered above `after` that are of none of the kinds `besides`."""
    c = tables.events.c
    query = sa.select(c.conversation_id).where(c.event_id > after, c.kind.not_in(besides), c.conversation_id != "")
    with reading(engine) as connection:
        return sorted(connection.execute(query.distinct()).scalars())


def last_seq(connection: Connection, actor: str) -> int:
    """Return the number of the newest event of an actor, 0 if there is none."""
    return _head(connection, actor)[0]


def by_uid(engine: Engine, uid: str) -> Event | None:
    """Return the event with this uid, or None."""
    with reading(engine) as connection:
        row = connection.execute(sa.select(tables.events).where(tables.events.c.uid == uid)).mappings().first()
    return event_of(row) if row else None
