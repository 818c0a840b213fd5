"""A project as a whole, from a database to a file, from a file to a database, and from one database to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError, listed
from qa_toolkit.store import migrations
from qa_toolkit.store.dialects import Dialect, dialect_of, parse_url
from qa_toolkit.store.engine import make_engine, reading, writing
from qa_toolkit.store.keeping import archive
from qa_toolkit.store.keeping.whole import Part, Progress, Whole, describe, metered, read, write
from qa_toolkit.store.verification import Chain, Verification, ended, verify_on

SHOWN: Final = 5  # rows that are named where something is wrong with many
ANOTHER: Final = "name a database that is empty, or a file that is not there yet"


@dataclass(frozen=True)
class Moved:
    """What was carried over.

    Parameters
    ----------
    rows : dict of str to int
        Of each table.
    verification : Verification
        Of the log, as it arrived.
    made_at : datetime.datetime
        The time of what was carried over.
    """

    rows: dict[str, int]
    verification: Verification
    made_at: datetime

    def __str__(self) -> str:
        counts = ", ".join(f"{self.rows.get(name, 0):,} {name}" for name in ("conversations", "samples", "events"))
        broken = self.verification
        return counts if broken.ok else f"{counts}; event {broken.first_broken} is broken: {broken.reason}"


def back_up(engine: Engine, path: Path, now: Callable[[], datetime], progress: Progress | None = None) -> Moved:
    """Write all that a database holds to a file, as it is at one moment, and read it back; others go on working.

    Raises
    ------
    StoreError
        If the database holds no project, or this user sees only a part of it.
    OSError
        If the file cannot be written.
    """
    with reading(engine) as connection:
        at, whole = now(), describe(connection)
        watched = _Watched(whole)
        parts = metered(watched.follow(read(connection, whole)), 2 * whole.rows, progress)
        archive.write(path, archive.Head(at, whole), parts)
    for _ in metered(archive.read(path), 2 * whole.rows, progress, whole.rows):
        pass
    return Moved(watched.counts, watched.verification, at)


def restore(path: Path, url: str, progress: Progress | None = None) -> Moved:
    """Make a project of a backup, in a database that holds nothing: all of it, or nothing.

    Raises
    ------
    FileFormatError
        If the file is no whole backup.
    StoreError
        If the database holds something, or the backup is of a newer release.
    """
    head = archive.read_head(path)
    if head.whole.revision > migrations.HEAD:
        raise StoreError(f"the backup {migrations.NEWER}")
    with _target(url) as engine, writing(engine) as connection:
        counts = _load(connection, head.whole, metered(archive.read(path), head.whole.rows, progress))
        return Moved(counts, verify_on(connection), head.made_at)


def copy(source: Engine, url: str, progress: Progress | None = None) -> Moved:
    """Carry all that a database of this release holds into another one that holds nothing: all of it, or nothing.

    Raises
    ------
    StoreError
        If the other database holds something, or cannot store something, or the log is broken.
    """
    with reading(source) as connection, _target(url) as engine:
        at, whole = datetime.now(UTC), describe(connection)
        with reading(engine) as there:
            _refuse_full(there)
        looks = not dialect_of(engine).takes_all
        total, done = (1 + looks) * whole.rows, looks * whole.rows
        if looks:
            _refuse_misfits(dialect_of(engine), metered(read(connection, whole), total, progress))
        watched = _Watched(whole)
        with writing(engine) as there:
            parts = metered(watched.follow(read(connection, whole)), total, progress, done)
            counts = _load(there, whole, parts)
            for found in (watched.verification, verify_on(there)):
                if not found.ok:
                    raise StoreError(
                        f"event {found.first_broken} is broken: {found.reason}; restore a backup and copy that"
                    )
        return Moved(counts, found, at)


class _Watched:
    """Counts rows that pass, and checks the chains of the log on the way."""

    def __init__(self, whole: Whole) -> None:
        self.counts = dict.fromkeys(whole.sizes, 0)
        self._last, self._chain = whole.last, Chain()
        self._broken: Verification | None = None

    def follow(self, parts: Iterable[Part]) -> Iterator[Part]:
        for shape, rows in parts:
            self.counts[shape.name] += len(rows)
            if shape.name == "events":
                names = tuple(shape.columns)
                for row in rows:
                    self._check(dict(zip(names, row, strict=True)))
            yield shape, rows

    def _check(self, row: dict[str, object]) -> None:
        if self._broken is None:
            reason = self._chain.add(row)
            if reason:
                self._broken = Verification(False, self._chain.n, int(str(row["event_id"])), reason)

    @property
    def verification(self) -> Verification:
        return self._broken or ended(self._chain.n, self._last)


@contextmanager
def _target(url: str) -> Iterator[Engine]:
    """Open a database that may not be there yet; a file that was made for it goes again if there is an error."""
    parsed = parse_url(url)
    made = parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()
    engine = make_engine(url)
    try:
        yield engine
    except BaseException:
        engine.dispose()
        if made:
            for ending in ("", "-wal", "-shm"):
                Path(f"{parsed.database}{ending}").unlink(missing_ok=True)
        raise
    finally:
        engine.dispose()


def _load(connection: Connection, whole: Whole, parts: Iterable[Part]) -> dict[str, int]:
    _refuse_full(connection)
    revision = migrations.revision_of(connection)
    if revision is None:
        migrations.run(connection, whole.revision)
    elif revision != whole.revision:
        raise StoreError(f"it holds a project of schema {revision}, not {whole.revision}; {ANOTHER}")
    there = {shape.name: shape.columns for shape in describe(connection).shapes}
    if not all(there.get(shape.name) == shape.columns for shape in whole.shapes):
        raise StoreError(f"the tables are not those of schema {whole.revision}; take another backup")
    dialect_of(connection).begin_loading(connection)
    counts = write(connection, parts)
    dialect_of(connection).end_loading(connection, whole.last)
    if {name: n for name, n in describe(connection).sizes.items() if n} != counts:
        raise StoreError(f"another program wrote into the database meanwhile; {ANOTHER}")
    migrations.run(connection)
    return dict.fromkeys(whole.sizes, 0) | counts


def _refuse_full(connection: Connection) -> None:
    if migrations.revision_of(connection) is not None:
        full = {name: n for name, n in describe(connection).sizes.items() if n}
        if full:
            held = ", ".join(f"{n:,} {name}" for name, n in full.items())
            place = connection.engine.url.render_as_string(hide_password=True)
            raise StoreError(f"{place} holds something already ({held}), and nothing is written over; {ANOTHER}")


def _refuse_misfits(dialect: Dialect, parts: Iterable[Part]) -> None:
    found: Counter[tuple[str, str]] = Counter()
    named: dict[tuple[str, str], list[str]] = {}
    for shape, rows in parts:
        kinds = [(kind, name in shape.keys) for name, kind in shape.columns.items()]
        for row in rows:
            whys = {dialect.misfit(k, v, key) for v, (k, key) in zip(row, kinds, strict=True) if isinstance(v, str)}
            for why in sorted(why for why in whys if why):
                found[shape.name, why] += 1
                names = named.setdefault((shape.name, why), [])
                names += [_name(row)] * (len(names) < SHOWN)
    if found:
        lines = [f"{table}: {n:,} with {why}: {_and_more(named[table, why], n)}" for (table, why), n in found.items()]
        raise StoreError(
            f"{listed('nothing was copied: what PostgreSQL does not store', lines)}\n"
            "Stay on SQLite, or import these conversations anew without it, into a new project."
        )


def _name(row: tuple[object, ...]) -> str:
    """Return what a row is found by; keys come first in every table."""
    return " ".join(repr(value)[:60] for value in row[: 1 + isinstance(row[1], int)])


def _and_more(names: list[str], n: int) -> str:
    return ", ".join(names) + (f" and {n - len(names):,} more" if n > len(names) else "")
