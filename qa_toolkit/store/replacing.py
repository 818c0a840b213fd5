"""Conversations that left a sample, and those that were taken from its reserve in their place.

A drawn sample stays as it is. That a conversation is replaced is an event, as every act is, and the statuses of the
items are worked out from these events. They belong to no conversation, like few other kinds, so that an index makes it
cheap to find them; the conversation stands in the payload.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import InvalidActError, NotFoundError, SamplingError
from qa_toolkit.store import current, events, tables
from qa_toolkit.store.acts import Act, Event, event_of
from qa_toolkit.store.engine import reading, there_by, until_of, writing

KIND: Final = "replace"
DRAWN, SUBSTITUTE, REPLACED, OUT_OF_SCOPE = "drawn", "substitute", "replaced", "out of scope"
IN_USE: Final = (DRAWN, SUBSTITUTE)  # the statuses of what is to be reviewed
COLUMNS: Final = ("sample", "conversation_id", "substitute", "out_of_scope", "reason", "actor", "replaced_at")


def replace(
    engine: Engine,
    sample: str,
    conversation_id: str,
    reason: str,
    out_of_scope: bool,
    actor: str,
    now: Callable[[], datetime],
) -> str | None:
    """Take a conversation out of a sample and the next in reserve of its stratum and part in, both or neither.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    sample, conversation_id : str
    reason : str
        Why; of a checked length.
    out_of_scope : bool
        Whether it is none of what the estimates are about, such as spam; then it leaves also without a substitute.
    actor : str
        Who does it.
    now : callable
        Gives the time, with a zone.

    Returns
    -------
    str or None
        The id of the substitute, if there is one.

    Raises
    ------
    NotFoundError
        If the sample holds no such conversation.
    InvalidActError
        If it was replaced already, or somebody has submitted a review of it.
    SamplingError
        If nothing is left in reserve.
    """
    with writing(engine) as connection:
        done = of_sample(connection, sample)
        item = _item(connection, sample, conversation_id, done)
        _refuse_reviewed(connection, conversation_id)
        substitute = _next(connection, item, {event.payload["substitute"] for event in done})
        if substitute is None and not out_of_scope:
            raise SamplingError(
                f"nothing of the stratum {item.stratum!r} is left in reserve for {conversation_id!r}; skip it in the "
                "review, with the reason, or take it out as out of scope, if it is spam or the like"
            )
        payload = {
            "conversation_id": conversation_id,
            "substitute": substitute,
            "reason": reason,
            "out_of_scope": out_of_scope,
        }
        slot = f"{KIND}:{sample}:{conversation_id}"
        events.write(connection, [Act(uuid.uuid4().hex, actor, KIND, slot, sample=sample, payload=payload)], now)
    return substitute


def _item(connection: Connection, sample: str, conversation_id: str, done: list[Event]) -> Any:
    i = tables.sample_items
    here = sa.and_(i.c.sample == sample, i.c.conversation_id == conversation_id)
    item = connection.execute(sa.select(i).where(here)).first()
    if connection.execute(sa.select(i.c.sample).where(i.c.sample == sample).limit(1)).first() is None:
        raise unknown_sample(connection, sample)
    if item is None or (item.reserve and conversation_id not in [e.payload["substitute"] for e in done]):
        raise NotFoundError(f"the sample {sample!r} has no conversation {conversation_id!r}")
    before = next((e for e in done if e.payload["conversation_id"] == conversation_id), None)
    if before:
        instead = f"by {before.payload['substitute']!r}" if before.payload["substitute"] else "by none"
        raise InvalidActError(f"{conversation_id!r} was replaced already, {instead}; {before.actor} did it")
    return item


def unknown_sample(connection: Connection, sample: str) -> NotFoundError:
    """Return the error that there is no such sample; it lists those that there are."""
    s = tables.samples.c
    names = connection.execute(sa.select(s.sample).where(there_by(connection, s.drawn_at))).scalars().all()
    until = until_of(connection)
    then = "" if until is None else f" as of {until:%Y-%m-%d %H:%M} UTC"
    nothing = "draw one with project.sample(...), or: qa-toolkit sample" if until is None else "none was drawn by then"
    there = f"there are: {', '.join(names)}" if names else nothing
    return NotFoundError(f"there is no sample {sample!r}{then}; {there}")


def _refuse_reviewed(connection: Connection, conversation_id: str) -> None:
    c = tables.current.c
    query = sa.select(c.actor).where(c.conversation_id == conversation_id, c.kind == "submit").order_by(c.event_id)
    reviewer = connection.execute(query).scalar()
    if reviewer is not None:
        raise InvalidActError(
            f"{reviewer} has submitted a review of {conversation_id!r}, so it stays; undo the submit to replace it"
        )


def _next(connection: Connection, item: Any, used: set[str | None]) -> str | None:
    i, c = tables.sample_items.c, tables.conversations.c
    query = (
        sa.select(i.conversation_id)
        .join(tables.conversations)
        .where(i.sample == item.sample, i.stratum == item.stratum, i.part == item.part, i.reserve)
        .where(c.forgotten_at.is_(None))  # nobody can read what was forgotten
        .order_by(i.draw)
    )
    return next((found for found in connection.execute(query).scalars() if found not in used), None)


def of_sample(connection: Connection, sample: str = "") -> list[Event]:
    """Return the events of replacing in one sample, or in all, oldest first."""
    e = current.log(connection)
    query = sa.select(e).where(e.c.conversation_id == "", e.c.kind == KIND).order_by(e.c.event_id)
    if sample:
        query = query.where(e.c.sample == sample)
    return [event_of(row) for row in connection.execute(query).mappings()]


def newest(connection: Connection, sample: str, after: int) -> int:
    """Return the number of the newest event of replacing in a sample; `after` if none is above it."""
    c = tables.events.c
    here = sa.and_(c.conversation_id == "", c.event_id > after, c.kind == KIND, c.sample == sample)
    return connection.execute(sa.select(sa.func.max(c.event_id)).where(here)).scalar() or after


def replacements(engine: Engine, sample: str = "") -> pd.DataFrame:
    """Return one row for each conversation that left a sample, oldest first; of one sample, or of all.

    Returns
    -------
    pandas.DataFrame
        ``sample``, ``conversation_id``, ``substitute`` (missing if there is none), ``out_of_scope``, ``reason``,
        ``actor``, ``replaced_at`` (UTC).
    """
    with reading(engine) as connection:
        found = of_sample(connection, sample)
    rows = [(e.sample, *(e.payload[name] for name in COLUMNS[1:5]), e.actor, e.at) for e in found]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["replaced_at"] = pd.to_datetime(frame["replaced_at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    kinds = {name: "bool" if name == "out_of_scope" else "str" for name in COLUMNS[:-1]}
    return frame.astype(kinds)


def with_statuses(items: pd.DataFrame, done: list[Event]) -> pd.DataFrame:
    """Return the items that are or were in a sample, with what became of them.

    Parameters
    ----------
    items : pandas.DataFrame
        ``conversation_id``, ``reserve`` (bool), and more.
    done : list of Event
        From `of_sample`.

    Returns
    -------
    pandas.DataFrame
        Without ``reserve``, with ``status`` and ``replaces``: the conversation in whose place a substitute came,
        missing for what was drawn.
    """
    ids = items["conversation_id"]
    left = {e.payload["conversation_id"]: OUT_OF_SCOPE if e.payload["out_of_scope"] else REPLACED for e in done}
    replaces = {e.payload["substitute"]: e.payload["conversation_id"] for e in done}
    status = pd.Series(DRAWN, index=items.index, dtype="str").mask(items["reserve"], SUBSTITUTE)
    found = items.assign(status=ids.map(left).astype("str").fillna(status), replaces=ids.map(replaces))
    return found[~items["reserve"] | ids.isin(list(replaces))].drop(columns="reserve").reset_index(drop=True)
