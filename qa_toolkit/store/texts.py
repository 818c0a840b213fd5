"""Conversations and messages: in, once each, and out as frames or one at a time."""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import NotFoundError, SchemaError
from qa_toolkit.store import tables
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.engine import reading, there_by, writing
from qa_toolkit.store.imports import Mark, write_mark

BOOKKEEPING = ("content_hash", "imported_at", "forgotten_at", "number")
LISTS = ("attachments", "folded")  # of a message; NULL where there are none
CHANGED = "is in the store with other content, which was kept"
FORGOTTEN = "is of a customer who was forgotten, so it is not taken in again"
MANY = 2000


@dataclass(frozen=True)
class Added:
    """What became of a batch of conversations.

    Parameters
    ----------
    added : int
        New in the store.
    known : int
        In the store already, with the same content.
    conflicts : pandas.DataFrame
        Columns ``conversation_id``, ``reason``: known by id but with other content, which was left as it was; or
        holding what this kind of database cannot.
    """

    added: int
    known: int
    conflicts: pd.DataFrame


@dataclass(frozen=True)
class Message:
    """One message; fields as in the frame of messages."""

    position: int
    role: str
    author: str | None
    text: str
    sent_at: datetime | None
    votes: int | None
    attachments: tuple[str, ...] = ()
    folded: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Conversation:
    """One conversation with its messages; fields as in the frame of conversations."""

    conversation_id: str
    source: str
    channel: str
    language: str | None
    subject: str | None
    agent: str | None
    customer: str | None
    plan: str | None
    started_at: datetime | None
    ended_at: datetime | None
    labels: dict[str, Any]
    messages: tuple[Message, ...]
    forgotten_at: datetime | None = None


def add(
    engine: Engine, conversations: pd.DataFrame, messages: pd.DataFrame, at: datetime, mark: Mark | None = None
) -> Added:
    """Store the conversations that are not known yet, each whole or not at all, and how far the import has come.

    Raises
    ------
    SchemaError
        If a message belongs to none of the conversations, or a conversation has no messages.
    """
    heads, said = _records(conversations), _records(messages)
    bodies: dict[str, list[dict[str, Any]]] = {row["conversation_id"]: [] for row in heads}
    if {row["conversation_id"] for row in said} != bodies.keys():
        _refuse_unmatched(conversations["conversation_id"], messages["conversation_id"])
    for message in said:
        bodies[message["conversation_id"]].append(message)
    for head in heads:
        head["content_hash"] = _content_hash(head, bodies[head["conversation_id"]])
        head["imported_at"] = at
    for message in (m for body in bodies.values() for m in body):
        message.update({name: message[name] or None for name in LISTS})
    refusal = dialect_of(engine).refusal
    reasons = {head["conversation_id"]: refusal(head, bodies[head["conversation_id"]]) for head in heads}
    refused = {name: reason for name, reason in reasons.items() if reason}
    with writing(engine, "texts") as connection:
        known = _known(connection, [name for name in bodies if name not in refused])
        new = [head for head in heads if head["conversation_id"] not in known | refused]
        if new:
            _insert(connection, new, bodies)
        if mark:
            write_mark(connection, mark, at)
    changed = [h["conversation_id"] for h in heads if known.get(h["conversation_id"]) not in (None, h["content_hash"])]
    # What was forgotten has no hash.
    left = {name: CHANGED if known[name] else FORGOTTEN for name in changed} | refused
    conflicts = pd.DataFrame({"conversation_id": [*left], "reason": [*left.values()]}, dtype="str")
    return Added(len(new), len(heads) - len(new) - len(left), conflicts)


def _insert(connection: Connection, heads: list[dict[str, Any]], bodies: dict[str, list[dict[str, Any]]]) -> None:
    last = connection.execute(sa.select(sa.func.max(tables.conversations.c.number))).scalar() or 0
    for number, head in enumerate(heads, last + 1):
        head["number"] = number
    insert_many = dialect_of(connection).insert_many
    insert_many(connection, tables.conversations, heads)
    insert_many(connection, tables.messages, [m for head in heads for m in bodies[head["conversation_id"]]])


def _refuse_unmatched(conversations: pd.Series[Any], messages: pd.Series[Any]) -> None:
    for name, ids, others, reason in (
        ("messages", messages, conversations, "is none of the conversations; add its conversation too"),
        ("conversations", conversations, messages, "has no messages; leave it out, or add its messages"),
    ):
        lone = ids[~ids.isin(others)]
        if len(lone):
            failures = pd.DataFrame({"row": lone.index, "column": "conversation_id", "reason": reason})
            raise SchemaError(f"{name}, row {lone.index[0]}: conversation_id {lone.iloc[0]!r} {reason}", failures)


def _known(connection: Connection, ids: list[str]) -> dict[str, str]:
    c = tables.conversations.c
    known: dict[str, str] = {}
    for chunk in chunks(ids):
        rows = connection.execute(sa.select(c.conversation_id, c.content_hash).where(c.conversation_id.in_(chunk)))
        known.update((row.conversation_id, row.content_hash) for row in rows)
    return known


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    # Databases want None and datetimes; pandas holds NaN, NA, NaT and Timestamps.
    plain = {name: _plain(frame[name]) for name in frame.columns}
    return [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]


def _plain(column: pd.Series[Any]) -> list[Any]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return [None if value is pd.NaT else value.to_pydatetime() for value in column]
    values = column.astype(object)
    return values.where(column.notna(), None).tolist()


def _content_hash(head: dict[str, Any], body: list[dict[str, Any]]) -> str:
    content = json.dumps([head, _hashed(body)], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def _hashed(body: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what later releases added, where it is empty: old hashes are of rows without it."""
    return [{k: v for k, v in row.items() if v or k not in (*LISTS, "extra")} for row in body]


def voted_ids(engine: Engine) -> list[str]:
    """Return the ids of the conversations in which a message has helpful votes."""
    m, c = tables.messages, tables.conversations.c
    query = sa.select(m.c.conversation_id).join(tables.conversations).where(m.c.votes > 0).distinct()
    with reading(engine) as connection:
        return list(connection.execute(query.where(there_by(engine, c.imported_at))).scalars())


def ids_of_agent(engine: Engine, agent: str) -> list[str]:
    """Return the ids of the conversations that are an agent's, or in which the agent wrote a message."""
    m, c = tables.messages, tables.conversations.c
    answers = m.c.role == sa.literal("agent", literal_execute=True)  # as the index says it
    wrote = sa.select(m.c.conversation_id).where(answers, m.c.author == agent)
    own = sa.select(c.conversation_id).where(c.agent == agent)
    with reading(engine) as connection:
        return sorted(connection.execute(own.union(wrote)).scalars())


def sizes(engine: Engine) -> dict[str, int]:
    """Return how many messages each conversation has, in order of import."""
    c = tables.conversations.c
    with reading(engine) as connection:
        query = sa.select(c.conversation_id, c.n_messages).where(there_by(engine, c.imported_at))
        rows = connection.execute(query.order_by(c.number))
        return {row.conversation_id: row.n_messages for row in rows}


def conversations_frame(
    engine: Engine, ids: Sequence[str] | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return conversations in order of import (all, or those of `ids`), with the columns of the schema, or some."""
    names = list(columns or ()) or [c.name for c in tables.conversations.columns if c.name not in BOOKKEEPING]
    rows = _select(engine, tables.conversations, names, ids)
    frame = pd.DataFrame(rows, columns=names)
    return _typed(frame, times=("started_at", "ended_at"), counts=())


def messages_frame(
    engine: Engine, ids: Sequence[str] | None = None, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Return messages (all, or those of the conversations `ids`) in order, with the columns of the schema, or some."""
    names = list(columns or tables.messages.columns.keys())
    rows = _select(engine, tables.messages, names, ids)
    # As objects: pandas would make floats of whole numbers beside missing ones, which are not exact above 2**53.
    frame = pd.DataFrame(rows, columns=names, dtype=object)
    for name in set(LISTS).intersection(names):
        frame[name] = pd.Series([found or [] for found in frame[name]], dtype=object)
    return _typed(frame, times=("sent_at",), counts=("votes",))


def _select(engine: Engine, table: sa.Table, names: Sequence[str], ids: Sequence[str] | None) -> list[Any]:
    c, bodies = tables.conversations.c, table is tables.messages
    # Outer, though each has messages: SQLite then walks along the numbers and need not sort all rows.
    source = tables.conversations.outerjoin(table) if bodies else table
    order = [c.number, table.c.position] if bodies else [c.number]
    query = sa.select(*(table.c[name] for name in names), c.number).select_from(source).order_by(*order)
    query = query.where(there_by(engine, c.imported_at))
    with reading(engine) as connection:
        if ids is None:
            return [row[:-1] for row in connection.execute(query).all()]
        once = dict.fromkeys(ids)
        if len(once) > MANY and 2 * len(once) > connection.execute(sa.select(sa.func.count(c.number))).scalar_one():
            found = connection.execute(query).partitions(MANY)  # to ask for each of so many takes longer than all
            return [row[:-1] for rows in found for row in rows if row[0] in once]
        parts = chunks(list(once))
        rows = [row for part in parts for row in connection.execute(query.where(c.conversation_id.in_(part))).all()]
    return [row[:-1] for row in sorted(rows, key=operator.itemgetter(-1))]


def _typed(frame: pd.DataFrame, times: Sequence[str], counts: Sequence[str]) -> pd.DataFrame:
    for name in frame.columns:
        if name in times:
            frame[name] = pd.to_datetime(frame[name], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
        elif name in counts:
            frame[name] = frame[name].astype("Int64")
        elif name in ("n_messages", "position"):
            frame[name] = frame[name].astype("int64")
        elif name not in ("labels", "extra", *LISTS):
            frame[name] = frame[name].astype("str")
    return frame


def conversation(engine: Engine, conversation_id: str) -> Conversation:
    """Return one conversation with its messages.

    Raises
    ------
    NotFoundError
        If there is none with this id.
    """
    c, m = tables.conversations, tables.messages
    with reading(engine) as connection:
        here = sa.and_(c.c.conversation_id == conversation_id, there_by(engine, c.c.imported_at))
        head = connection.execute(sa.select(c).where(here)).mappings().first()
        if head is None:
            raise NotFoundError(f"there is no conversation {conversation_id!r}; import it first")
        rows = connection.execute(
            sa.select(*(m.c[name] for name in Message.__dataclass_fields__))
            .where(m.c.conversation_id == conversation_id)
            .order_by(m.c.position)
        )
        body = tuple(Message(*row[:-2], *(tuple(found or ()) for found in row[-2:])) for row in rows)
    fields = {name: head[name] for name in Conversation.__dataclass_fields__ if name != "messages"}
    return Conversation(**fields, messages=body)
