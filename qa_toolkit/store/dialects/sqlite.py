"""SQLite, set up so that an acknowledged act survives a crash."""

from __future__ import annotations

import json
import random
import sqlite3
import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store.dialects import locks
from qa_toolkit.store.dialects._base import NO_JSON, Dialect

BUSY_SECONDS = 30
# Older releases can corrupt a database in WAL mode when two connections write and checkpoint at one moment.
SOUND_WAL = (3, 51, 3)
NETWORK_FILE_SYSTEMS = {
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"),
    *("ceph", "fuse.ceph-fuse", "lustre", "gpfs", "beegfs", "fuse.glusterfs", "davfs", "fuse.davfs2"),
    *("fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.blobfuse2"),
}
ADVICE = (
    ("locked", "another program holds the database; close it or try again"),
    ("readonly", "the database file or its folder is read-only; change its permissions"),
    ("full", "the disk is full; nothing of this act was saved, free some room and try again"),
    (  # such as where a file beside the database cannot grow
        "disk I/O error",
        "the disk is full or does not work; free some room and try again, what was saved already is not saved twice",
    ),
    ("malformed", "the file is damaged; restore a backup"),
    ("not a database", "the file is no SQLite database; check the URL"),
    ("unable to open", "it is a folder, or lies where nothing may be written; choose another place"),
    ("FOREIGN KEY", "a conversation in it is not in the project; import it first"),
    ("UNIQUE constraint failed: events", "the log does not fit together; stop, and look with: qa-toolkit doctor"),
    ("JSON serializable", NO_JSON),
    ("append-only", "the log of events cannot be changed; append an undo instead"),
)


class SQLite(Dialect):
    """A file: WAL, ``synchronous=FULL``, foreign keys on, ``BEGIN IMMEDIATE`` for writes only."""

    name = "sqlite"
    drivers = ("sqlite", "sqlite+pysqlite")
    reading: ClassVar[dict[str, Any]] = {}
    on_server = False
    takes_all = True

    def make_engine(self, url: sa.URL, create: bool) -> Engine:
        """Make the engine; the folder must be there, local and writable."""
        path = _checked_path(url)
        if not create and not path.exists():
            raise StoreError(f"{path} does not exist; check the name, or make it with: qa-toolkit init --project {url}")
        arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
        # An error of the database must not show what it was given: that is customer text.
        engine = sa.create_engine(
            url, module=_driver(), connect_args=arguments, json_deserializer=_json, hide_parameters=True
        )

        @sa.event.listens_for(engine, "connect")
        def _set_up(connection: Any, record: Any) -> None:
            connection.isolation_level = None  # the driver's own BEGIN would come too late and break DDL
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                f"busy_timeout={BUSY_SECONDS * 1000}",
                "foreign_keys=ON",
            ):
                connection.execute(f"PRAGMA {pragma}")
            record.info["file"] = path, _identity(path)

        return engine

    def place(self, url: sa.URL) -> str:
        """Return the path."""
        return str(Path(url.database or "").absolute())

    def probe(self, connection: Connection) -> None:
        """Read the file."""
        connection.execute(sa.text("SELECT count(*) FROM sqlite_master"))

    def begin(self, connection: Connection, lock: str | None) -> None:
        """Take the lock of the file at once for a write, whatever `lock` it is."""
        # A write lock taken late fails at once when another writer came between; readers must not take one.
        if not lock:
            connection.exec_driver_sql("BEGIN")
            return
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA busy_timeout=0")
        try:
            if not _begun(driver):
                connection.exec_driver_sql("BEGIN IMMEDIATE")  # says why not
        finally:
            driver.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")

    def committed(self, connection: Connection) -> None:
        """Refuse a file that was deleted or replaced: SQLite writes to it until it closes, and then it is gone."""
        path, identity = connection.info["file"]
        if _identity(path) != identity:
            raise StoreError(
                f"{path} was deleted or replaced while it was open, so this act was not saved; "
                "restore the file, restart the kernel and run the cells again"
            )

    def advice(self, error: BaseException) -> str | None:
        """Find the message among those that are known."""
        text = str(error)
        return next((f"{advice} ({text})" for sign, advice in ADVICE if sign in text), None)

    def insert_new(self, connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Use ON CONFLICT."""
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)

    def see_all(self, connection: Connection) -> None:
        """Do nothing: there are no walls in a file."""

    def begin_loading(self, connection: Connection) -> None:
        """Do nothing."""

    def end_loading(self, connection: Connection, last: int) -> None:
        """Set where SQLite counts."""
        connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = 'events'"))
        connection.execute(sa.text("INSERT INTO sqlite_sequence VALUES ('events', :last)"), {"last": last})

    def misfit(self, kind: str, value: Any, is_key: bool) -> str | None:  # noqa: ARG002
        """Take everything."""
        return None

    def last(self) -> sa.ScalarSelect[int]:
        """Read where SQLite counts, which stays when rows are taken out."""
        counter = sa.table("sqlite_sequence", sa.column("name", sa.String), sa.column("seq", sa.Integer))
        return sa.select(counter.c.seq).where(counter.c.name == "events").scalar_subquery()

    def rating_word(self, kind: sa.ColumnElement[Any], payload: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Use json_extract, in the very words of the index that holds its result, so that no payload is read."""
        rating, path = (sa.literal(word, literal_execute=True) for word in ("rating", "$.rating"))
        return sa.case((kind == rating, sa.func.json_extract(payload, path, type_=sa.String)))

    def json_list(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Use json_group_array."""
        return sa.func.json_group_array(column, type_=sa.String)

    def listed(self, number: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
        """Use group_concat, which takes numbers as they are; to make texts of them first costs a fifth of the time."""
        return sa.func.group_concat(number, type_=sa.String)

    def microseconds(self, time: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
        """Count from the text that a time is kept as: ``2026-09-01 08:00:00.000000``."""
        text = sa.type_coerce(time, sa.String)
        seconds = sa.func.strftime("%s", text, type_=sa.Integer)  # a text, but arithmetic makes numbers of texts
        fraction = sa.func.substr(text, len("2026-09-01 08:00:00.") + 1, type_=sa.Integer)
        return seconds * 1_000_000 + fraction

    def refusal(self, head: dict[str, Any], body: list[dict[str, Any]]) -> str | None:  # noqa: ARG002
        """Take everything."""
        return None

    def overwrite_deleted(self, connection: Connection) -> None:
        """Write zeros over it."""
        connection.exec_driver_sql("PRAGMA secure_delete=ON")

    def rewrite(self, connection: Any) -> None:
        """Write the file anew, since pages keep old bytes where rows have moved; then empty the WAL."""
        connection.execute("VACUUM")
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreError("another program is reading the database, so that its -wal file keeps them")


def driver() -> ModuleType:
    """Return pysqlite3 where it is installed, because it brings an SQLite whose WAL is sound."""
    try:
        from pysqlite3 import dbapi2
    except ImportError:
        return sqlite3
    found: ModuleType = dbapi2
    return found


def driver_version() -> tuple[int, ...]:
    """Return the version of the SQLite in use."""
    version: tuple[int, ...] = driver().sqlite_version_info
    return version


def _driver() -> ModuleType:
    found = driver()
    if found.sqlite_version_info < SOUND_WAL:
        warnings.warn(
            f"SQLite {found.sqlite_version} has a fault that can damage a database with several writers; "
            "pip install pysqlite3 brings one without it.",
            stacklevel=4,
        )
    return found


def _begun(connection: Any) -> bool:
    """Begin to write as soon as nobody else does, False if somebody does for too long.

    SQLite's own wait asks ever more rarely, so that of fifty writers those who came last go first, and some wait for
    many seconds. Here who has waited for long asks most often.
    """
    started, pause = time.monotonic(), 0.001
    while (waited := time.monotonic() - started) < BUSY_SECONDS:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except connection.DatabaseError as error:
            if "locked" not in str(error):
                return False
        else:
            return True
        pause = min(2 * pause, max(0.016 / (1 + 10 * waited), 0.004))
        time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311
    return False


def _json(text: str) -> Any:
    """Read JSON with msgspec, in a quarter of the time; it refuses NaN and half characters, which are rare."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return json.loads(text)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def _checked_path(url: sa.URL) -> Path:
    if url.query:
        raise StoreError("a ? and what follows it is not supported; write sqlite:///name.db")
    if not url.database or ":memory:" in url.database:
        raise StoreError("an in-memory database would lose every review; write sqlite:///name.db")
    path = Path(url.database).absolute()
    if not path.parent.is_dir():
        raise StoreError(f"the folder {path.parent} does not exist; make it first")
    if file_system(path) in NETWORK_FILE_SYSTEMS:
        raise StoreError(f"{path} lies on a network drive, where SQLite can lose data; use a local folder")
    if not locks.hold(path.parent):
        raise StoreError(
            f"{path} lies on a drive whose locks do nothing, where SQLite can lose data; use a local folder"
        )
    return path


def file_system(path: Path) -> str:
    """Return the kind of file system that a file lies on, where the system tells."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "unknown"
    rows = [line.split()[1:3] for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    below = [(len(point), kind) for point, kind in rows if path.is_relative_to(point.replace("\\040", " "))]
    return max(below, default=(0, "unknown"))[1]
