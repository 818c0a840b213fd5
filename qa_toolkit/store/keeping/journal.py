"""The log as lines of JSON with its hashes: out of a project, and into one that has the conversations."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import FileFormatError, StoreError
from qa_toolkit.store import tables
from qa_toolkit.store.assigned_rules import KIND
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.engine import reading, writing
from qa_toolkit.store.forgetting import KIND as FORGET
from qa_toolkit.store.keeping.whole import ROWS, Progress, keys_of
from qa_toolkit.store.migrations import NEWER
from qa_toolkit.store.rebuilding import Passed, rebuild
from qa_toolkit.store.verification import Chain

FORMAT: Final = "qa_toolkit log"
VERSION: Final = 1
LONGEST: Final = 1 << 26  # bytes of a line
TEXTS: Final = ("uid", "actor", "kind", "slot", "conversation_id", "rubric_hash", "sample", "payload")
Row = dict[str, Any]
Numbered = tuple[int, Row]


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    event_id: int
    uid: str
    actor: str
    seq: int
    kind: str
    slot: str
    conversation_id: str
    rubric_hash: str
    sample: str
    target: int | None
    payload: str
    at: str
    prev_hash: str
    hash: str


def export_log(engine: Engine, path: Path, progress: Progress | None = None) -> int:
    """Write all events to a file that is not there yet and that only its owner may read; return how many.

    The first line says how many there are. Each other line is an event with all that its hash is over.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    encoder, names = msgspec.json.Encoder(), [c.name for c in tables.events.columns]
    query = sa.select(tables.events).order_by(tables.events.c.event_id).execution_options(yield_per=ROWS)
    with (
        reading(engine) as connection,
        os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
    ):
        dialect_of(connection).see_all(connection)
        n = connection.execute(sa.select(sa.func.count()).select_from(tables.events)).scalar_one()
        done = 0
        file.write(encoder.encode({"format": FORMAT, "version": VERSION, "events": n}) + b"\n")
        for rows in connection.execute(query).partitions():
            told = (dict(zip(names, row, strict=True)) for row in rows)
            file.write(encoder.encode_lines([row | {"at": row["at"].isoformat()} for row in told]))
            done += len(rows)
            if progress:
                progress(done, n)
        file.flush()
        os.fsync(file.fileno())
    return int(n)


class Imported(NamedTuple):
    """What became of the events of a file.

    Parameters
    ----------
    known, new : int
        How many were there already, and how many came.
    odd : int
        How many of the log do not follow from those before them, and so assign nothing.
    elsewhere : int
        How many of the log assign conversations of samples that are not there.
    forgets : int
        How many of those that came say that a customer was forgotten, whose texts may be here.
    """

    known: int
    new: int
    odd: int = 0
    elsewhere: int = 0
    forgets: int = 0


def import_log(engine: Engine, path: Path, progress: Progress | None = None) -> Imported:
    """Append the events of a file that the log lacks: all, or none; return what became of them.

    All is checked before anything is written: form, numbers, hashes, that the conversations are in the project, and
    that what the log holds already is how the file begins.

    Raises
    ------
    FileFormatError
        If a line is wrong; the message has its number.
    StoreError
        If the log of the project goes on otherwise than the file.
    """
    n = _events_in(path)
    with reading(engine) as connection:  # so that nobody waits while it is checked
        known, end = _end(connection)
        if known > n:
            raise StoreError(f"the log of the project holds {known:,} events, the file {n:,}; export the log anew")
        checked = _begins_so(connection, _checked(path, dialect_of(connection).misfit))
        for batch in _metered(_with_conversations(connection, path, _batched(checked)), 2 * n, 0, progress):
            del batch
    with writing(engine) as connection:
        if _end(connection) != (known, end):
            raise StoreError("somebody wrote to the log of the project meanwhile, and nothing was imported; try again")
        lacking = ((number, row) for number, row in _read(path) if row["event_id"] > known)
        for batch in _metered(_batched(lacking), 2 * n, n + known, progress):
            _insert(connection, path, batch)
        passed = _follow(connection) if n > known else Passed()
        e = tables.events.c
        forgets = sa.select(sa.func.count()).where(e.event_id > known, e.conversation_id == "", e.kind == FORGET)
        return Imported(known, n - known, *passed, connection.execute(forgets).scalar_one())


def _end(connection: Connection) -> tuple[int, str]:
    """Return how many events there are, and the hash of the newest."""
    e = tables.events.c
    n = connection.execute(sa.select(sa.func.count()).select_from(tables.events)).scalar_one()
    newest = sa.select(e.hash).order_by(e.event_id.desc()).limit(1)
    return int(n), connection.execute(newest).scalar() or ""


def _follow(connection: Connection) -> Passed:
    """Make the table of assignments follow what came."""
    e = tables.events.c
    if connection.execute(sa.select(e.event_id).where(e.kind == KIND).limit(1)).first() is None:
        return Passed()
    return rebuild(connection)


def _events_in(path: Path) -> int:
    with _opened(path) as file:
        try:
            said = msgspec.json.decode(file.readline(LONGEST))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            said = None
    if not isinstance(said, dict) or said.get("format") != FORMAT or type(said.get("events")) is not int:
        raise _wrong(path, 1, "is not the first of a log; write one with qa-toolkit log export")
    if said.get("version") != VERSION:
        raise FileFormatError(f"the log {NEWER}")
    return int(said["events"])


def _read(path: Path) -> Iterator[Numbered]:
    """Yield events with the numbers of their lines; after the last, there were as many as the first line says."""
    decoder, n, number = msgspec.json.Decoder(_Line), _events_in(path), 1
    with _opened(path) as file:
        file.readline(LONGEST)
        while line := file.readline(LONGEST):
            number += 1
            if not line.endswith(b"\n"):
                raise _wrong(path, number, "is too long" if len(line) == LONGEST else "is cut short")
            try:
                row = msgspec.structs.asdict(decoder.decode(line))
                row["at"] = datetime.fromisoformat(row["at"])
                yield number, row
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
                raise _wrong(path, number, "is no event") from None
    if number - 1 != n:
        raise _wrong(path, number, f"is the last, but there are {n:,} events by the first; it is cut short or altered")


def _checked(path: Path, misfit: Callable[[str, Any, bool], str | None]) -> Iterator[Numbered]:
    """Yield events that fit their chains, and that this kind of database can store."""
    chain, keys = Chain(), keys_of(tables.events)
    for number, row in _read(path):
        reason = chain.add(row) or _odd(row)
        if reason:
            raise _wrong(path, number, f"(event {row['event_id']}): {reason}")
        for name in TEXTS:
            why = misfit("text", row[name], name in keys)
            if why:
                raise _wrong(path, number, f"holds {why}, which this database does not store; import it into SQLite")
        yield number, row


def _odd(row: Row) -> str:
    """Return why an event is none that a release wrote, though its hash is right."""
    try:
        whole = isinstance(json.loads(row["payload"]), dict)
    except (ValueError, RecursionError):
        whole = False
    if not whole:
        return "its payload is no object of JSON"
    if row["at"].utcoffset() is None or row["at"].utcoffset().total_seconds():
        return "its time is not in UTC"
    if (row["kind"] == "undo") != (row["target"] is not None) or (row["target"] or 0) >= row["event_id"]:
        return "what it undoes is no event before it"
    if row["event_id"] >= 2**63:
        return "its number is too large"
    return ""


def _begins_so(connection: Connection, events: Iterable[Numbered]) -> Iterator[Numbered]:
    """Pass events on, and compare them with those that the project has."""
    e = tables.events.c
    query = sa.select(e.event_id, e.hash).order_by(e.event_id).execution_options(yield_per=ROWS)
    mine = iter(connection.execute(query))
    for number, row in events:
        here = next(mine, None)
        if here is not None and tuple(here) != (row["event_id"], row["hash"]):
            raise StoreError(
                f"from event {row['event_id']} on (line {number:,} of the file), the log of the project is another; "
                "import it into a project that has the conversations and no events"
            )
        yield number, row


def _with_conversations(
    connection: Connection, path: Path, batches: Iterable[list[Numbered]]
) -> Iterator[list[Numbered]]:
    c = tables.conversations.c.conversation_id
    for batch in batches:
        ids = sorted({row["conversation_id"] for _, row in batch} - {""})
        known = {""}
        for start in range(0, len(ids), 500):
            known |= set(connection.execute(sa.select(c).where(c.in_(ids[start : start + 500]))).scalars())
        for number, row in batch:
            if row["conversation_id"] not in known:
                name = row["conversation_id"][:60]
                raise _wrong(path, number, f"is about the conversation {name!r}, which is not here; import it first")
        yield batch


def _insert(connection: Connection, path: Path, batch: list[Numbered]) -> None:
    try:
        dialect_of(connection).insert_many(connection, tables.events, [row for _, row in batch])
    except (StoreError, sa.exc.IntegrityError) as error:
        why = f" ({error})" if isinstance(error, StoreError) else "; one of them has the uid of another event"
        lines = f"{batch[0][0]:,} to {batch[-1][0]:,}"
        raise FileFormatError(f"{path}: lines {lines} cannot be stored{why}; nothing was imported") from None


def _batched(events: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    batch: list[Numbered] = []
    for event in events:
        batch.append(event)
        if len(batch) == ROWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _metered(
    batches: Iterable[list[Numbered]], total: int, done: int, progress: Progress | None
) -> Iterator[list[Numbered]]:
    for batch in batches:
        yield batch
        done += len(batch)
        if progress:
            progress(done, total)


def _opened(path: Path) -> Any:
    try:
        return path.open("rb")
    except OSError as error:
        raise FileFormatError(f"{path} cannot be read ({error.strerror}); check the name") from None


def _wrong(path: Path, number: int, why: str) -> FileFormatError:
    return FileFormatError(f"{path}: line {number:,} {why}")
