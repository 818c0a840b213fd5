"""What goes out of the database when a customer is forgotten, and how it leaves the bytes of its files too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store import curation, current, events, exemplar_rows, replacing, tables
from qa_toolkit.store.acts import Act
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.engine import reading, refuse_past, there_by, writing

KIND: Final = "forget"
TYPED: Final = ("comment", "text", "note", "reason")  # fields of a payload that a person has typed
KEPT_LABEL: Final = "csat"  # a number from the customer, and no text

AGAIN: Final = "close what has it open, see that there is room for a second copy, and forget the same customer again"

Strata = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Found:
    """What there is of a customer that was not forgotten yet.

    Parameters
    ----------
    ids : tuple of str
        The conversations.
    messages : int
    comments : int
        Events about these conversations in which somebody has typed words, and agreements with agents that name the
        customer; they stay.
    since : datetime.datetime or None
        When the first of the conversations was imported.
    """

    ids: tuple[str, ...]
    messages: int = 0
    comments: int = 0
    since: datetime | None = None


def plain_name(name: str) -> str:
    """Return a name as it is compared: without white space around it and without regard to capitals."""
    return name.strip().casefold()


def find(engine: Engine, names: Collection[str]) -> Found:
    """Find the conversations whose customer, or the author of one of whose customer's messages, bears a name."""
    wanted = {plain_name(name) for name in names}
    c, m = tables.conversations.c, tables.messages.c
    with reading(engine) as connection:
        ids = _bearing(connection, c.customer, c.conversation_id, c.forgotten_at.is_(None), wanted)
        ids |= _bearing(connection, m.author, m.conversation_id, m.role == "customer", wanted)
        order = sorted(ids)
        numbers = sa.select(sa.func.sum(c.n_messages), sa.func.min(c.imported_at))
        counts = [connection.execute(numbers.where(c.conversation_id.in_(chunk))).one() for chunk in chunks(order)]
        since = min((at for _, at in counts), default=None)
        return Found(tuple(order), sum(int(n) for n, _ in counts), _typed_words(connection, order, wanted), since)


def _bearing(connection: Connection, name: Any, key: Any, where: Any, wanted: set[str]) -> set[str]:
    known = connection.execute(sa.select(name).where(where, name.is_not(None)).distinct()).scalars()
    names = [value for value in known if plain_name(value) in wanted]
    query = sa.select(key).where(where).distinct()
    return {found for chunk in chunks(names) for found in connection.execute(query.where(name.in_(chunk))).scalars()}


def _typed_words(connection: Connection, ids: Sequence[str], names: set[str]) -> int:
    e = tables.events.c
    of_reviews = (
        payload
        for chunk in chunks(ids)
        for payload in connection.execute(sa.select(e.payload).where(e.conversation_id.in_(chunk))).scalars()
    )
    count = sum(_has_words(json.loads(payload)) for payload in of_reviews)
    pins = map(json.loads, connection.execute(sa.select(e.payload).where(current.among(e.kind, ("pin",)))).scalars())
    heads = tuple(f"{found}#" for found in ids)
    about = (pin for pin in pins if pin["fault_id"].startswith(heads) or pin["exemplar_id"].startswith(heads))
    named = _agreed(connection, names) if ids else 0
    return count + sum(map(_has_words, about)) + _reasons(connection, set(ids), heads) + named


def _agreed(connection: Connection, names: set[str]) -> int:
    """Count what was agreed with agents in words that name the customer."""
    e = tables.events.c
    name = re.compile("|".join(rf"(?<!\w){re.escape(name)}(?!\w)" for name in sorted(names)))
    query = sa.select(e.payload).where(e.conversation_id == "", e.kind == "agreed")
    payloads = map(json.loads, connection.execute(query).scalars())
    return sum(name.search(payload["text"].casefold()) is not None for payload in payloads)


def _reasons(connection: Connection, ids: set[str], heads: tuple[str, ...]) -> int:
    """Count what was typed for replacing one of these conversations, or about an exemplar of theirs."""
    replaced = sum(event.payload["conversation_id"] in ids for event in replacing.of_sample(connection))
    payloads = (event.payload for event in curation.decisions(connection))
    return replaced + sum(curation.has_words(p) for p in payloads if p["exemplar_id"].startswith(heads))


def _has_words(payload: dict[str, Any]) -> bool:
    return any(isinstance(payload.get(name), str) and payload[name].strip() for name in TYPED)


def forgotten(engine: Engine) -> list[str]:
    """Return the ids of the conversations that were forgotten."""
    c = tables.conversations.c
    with reading(engine) as connection:
        query = sa.select(c.conversation_id).where(c.forgotten_at.is_not(None), there_by(engine, c.forgotten_at))
        return list(connection.execute(query).scalars())


def last(engine: Engine) -> int:
    """Return the number of the newest event of forgetting, 0 if there is none."""
    e = tables.events.c
    # Few other kinds, such as pins, are without a conversation, so that an index makes it cheap.
    query = sa.select(sa.func.max(e.event_id)).where(e.conversation_id == "", e.kind == KIND)
    with reading(engine) as connection:
        return connection.execute(query).scalar() or 0


def vectors_besides(engine: Engine, kept: Collection[str]) -> list[str]:
    """Return the hashes of texts that vectors are kept of, without those of `kept`."""
    v, stay = tables.vectors.c, set(kept)
    with reading(engine) as connection:
        return [found for found in connection.execute(sa.select(v.text_hash).distinct()).scalars() if found not in stay]


def forget(
    engine: Engine,
    found: Found,
    names: Collection[str],
    vectors: Sequence[str],
    strata: Strata,
    act: Act,
    now: Callable[[], datetime],
) -> None:
    """Take out the texts of conversations and what was made of them, and write the act; all of it or nothing.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    found : Found
    names : collection of str
        The customer's.
    vectors : sequence of str
        Hashes of the texts whose vectors go.
    strata : mapping of str to mapping
        For a sample, how strata that are named after the customer are called from now on.
    act : Act
        That this was done.
    now : callable
        Gives the time, with a zone.
    """
    with writing(engine) as connection:
        dialect_of(connection).overwrite_deleted(connection)
        for chunk in chunks(found.ids):
            _clear_conversations(connection, chunk, now())
            _clear_messages(connection, chunk, {plain_name(name) for name in names})
        exemplar_rows.forget(connection, found.ids)
        for hashes in chunks(vectors):
            connection.execute(sa.delete(tables.vectors).where(tables.vectors.c.text_hash.in_(hashes)))
        for sample, labels in strata.items():
            _rename_strata(connection, sample, labels)
        connection.execute(sa.update(tables.imports).values(file=""))  # an export can be named after its customer
        events.write(connection, [act], now)
    scrub(engine)


def scrub(engine: Engine) -> None:
    """Write the database anew, so that its files hold nothing that was deleted.

    Raises
    ------
    StoreError
        If that cannot be done now.
    """
    refuse_past(engine)
    dialect, connection = dialect_of(engine), engine.raw_connection()  # SQLAlchemy would begin a transaction
    try:
        dialect.rewrite(connection.driver_connection)
    except Exception as error:
        why = error if isinstance(error, StoreError) else dialect.advice(error)
        if why is None:
            raise
        raise StoreError(
            f"the texts are deleted, but their bytes may still be in the database's files: {why}; {AGAIN}"
        ) from None
    finally:
        connection.close()


def _clear_conversations(connection: Connection, ids: Sequence[str], at: datetime) -> None:
    c = tables.conversations.c
    query = sa.select(c.conversation_id, c.labels).where(c.conversation_id.in_(ids))
    rows = [{"id": found, "kept": _kept(labels)} for found, labels in connection.execute(query)]
    # Without its hash: who guesses a text could prove by it that it was there.
    cleared: dict[str, Any] = {"subject": None, "customer": None, "content_hash": "", "forgotten_at": at}
    update = sa.update(tables.conversations).where(c.conversation_id == sa.bindparam("id"))
    connection.execute(update.values(**cleared, labels=sa.bindparam("kept", type_=c.labels.type)), rows)


def _kept(labels: dict[str, Any]) -> dict[str, Any]:
    score = labels.get(KEPT_LABEL)
    return {KEPT_LABEL: score} if type(score) in (int, float) else {}


def _clear_messages(connection: Connection, ids: Sequence[str], names: set[str]) -> None:
    m = tables.messages
    here = m.c.conversation_id.in_(ids)
    gone: dict[str, Any] = {"text": "", "attachments": None, "folded": None, "extra": None}
    connection.execute(sa.update(m).where(here).values(gone))
    # The agent is needed by estimates; that it is one, a file can have got wrong.
    agents = connection.execute(sa.select(m.c.author).where(here, m.c.role == "agent").distinct()).scalars().all()
    wrong = [author for author in agents if author and plain_name(author) in names]
    no_agent = sa.or_(m.c.role != "agent", m.c.author.in_(wrong))
    connection.execute(sa.update(m).where(here, no_agent).values(author=None))
    c = tables.conversations
    connection.execute(sa.update(c).where(c.c.conversation_id.in_(ids), c.c.agent.in_(wrong)).values(agent=None))


def _rename_strata(connection: Connection, sample: str, labels: Mapping[str, str]) -> None:
    s, i = tables.samples, tables.sample_items
    plan = dict(connection.execute(sa.select(s.c.plan).where(s.c.sample == sample)).scalar_one())
    connection.execute(sa.update(s).where(s.c.sample == sample).values(plan=_relabelled(plan, labels)))
    for old, new in labels.items():
        here = i.c.sample == sample
        connection.execute(sa.update(i).where(here, i.c.stratum == old).values(stratum=new))
        reason = sa.func.replace(i.c.reason, f" = {old}, ", f" = {new}, ")
        connection.execute(sa.update(i).where(here, reason != i.c.reason).values(reason=reason))


def _relabelled(plan: dict[str, Any], labels: Mapping[str, str]) -> dict[str, Any]:
    """Return a plan, or one of its parts, with new names for strata wherever they stand in it."""
    new = dict(plan)
    for place in ("strata", "spread"):
        if isinstance(plan.get(place), dict):
            new[place] = {labels.get(label, label): value for label, value in plan[place].items()}
    if "pooled" in plan:
        new["pooled"] = [labels.get(label, label) for label in plan["pooled"]]
    if isinstance(plan.get("where"), dict):
        new["where"] = {c: [labels.get(str(v), v) for v in values] for c, values in plan["where"].items()}
    if isinstance(plan.get("parts"), list):
        new["parts"] = [_relabelled(part, labels) for part in plan["parts"]]
    if isinstance(plan.get("arguments"), dict):
        new["arguments"] = _relabelled(plan["arguments"], labels)
    return new
