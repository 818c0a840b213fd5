"""The database connection: SQLite set up so that an acknowledged act survives a crash."""

from __future__ import annotations

import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError

BUSY_SECONDS = 30
# Older releases can corrupt a database in WAL mode when two connections write and checkpoint at one moment.
SOUND_WAL = (3, 51, 3)
NETWORK_FILE_SYSTEMS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "afs"}


def make_engine(url: str, create: bool = True) -> Engine:
    """Open the database at `url`.

    Parameters
    ----------
    url : str
        ``sqlite:///relative/path.db`` or ``sqlite:////absolute/path.db``.
    create : bool
        Whether a database that is not there is made.

    Returns
    -------
    sqlalchemy.engine.Engine
        WAL, ``synchronous=FULL``, foreign keys on; safe to use from any thread.

    Raises
    ------
    StoreError
        If the URL is of another kind, or the folder is missing, not local or not writable.
    """
    path = _database_path(url)
    if not create and not path.exists():
        raise StoreError(f"{path} does not exist; check the name, or make it with: qa-toolkit init --project {url}")
    # An error of the database must not show what it was given: that is customer text.
    engine = sa.create_engine(
        url,
        module=_driver(),
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        hide_parameters=True,
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

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A write lock taken late fails at once when another writer came between; readers must not take one.
        write = connection.get_execution_options().get("qa_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    _try(engine, path)
    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database, for as long as the block lasts."""
    with _translated(), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that is on disk when the block has ended without an error, and undone otherwise."""
    with _translated(), engine.execution_options(qa_write=True).connect() as connection:
        with connection.begin():
            yield connection
        _check_file(connection)


def _check_file(connection: Connection) -> None:
    # SQLite goes on writing to a file that was deleted or replaced, and what it wrote is gone when it closes.
    path, identity = connection.info["file"]
    if _identity(path) != identity:
        raise StoreError(
            f"{path} was deleted or replaced while it was open, so this act was not saved; "
            "restore the file, restart the kernel and run the cells again"
        )


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sa.exc.StatementError as error:
        raise StoreError(_advice(str(error.orig))) from error


def _advice(text: str) -> str:
    for sign, advice in (
        ("locked", "another program holds the database; close it or try again"),
        ("readonly", "the database file or its folder is read-only; change its permissions"),
        ("full", "the disk is full; nothing of this act was saved, free some room and try again"),
        ("malformed", "the file is damaged; restore a backup"),
        ("not a database", "the file is no SQLite database; check the URL"),
        ("unable to open", "it is a folder, or lies where nothing may be written; choose another place"),
        ("FOREIGN KEY", "a conversation in it is not in the project; import it first"),
        ("JSON serializable", "labels and plans take text, numbers, lists and objects only; convert the rest"),
        ("append-only", "the log of events cannot be changed; append an undo instead"),
    ):
        if sign in text:
            return f"{advice} ({text})."
    return f"the database refused: {text}."


def _driver() -> ModuleType:
    """pysqlite3 where it is installed, because it brings an SQLite whose WAL is sound."""
    try:
        from pysqlite3 import dbapi2

        driver: ModuleType = dbapi2
    except ImportError:
        driver = sqlite3
    if driver.sqlite_version_info < SOUND_WAL:
        warnings.warn(
            f"SQLite {driver.sqlite_version} has a fault that can damage a database with several writers; "
            "pip install pysqlite3 brings one without it.",
            stacklevel=3,
        )
    return driver


def _database_path(url: str) -> Path:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreError(f"{url!r} is no database URL; write sqlite:///name.db") from error
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite") or "?" in url:
        what = "a ? and what follows it" if parsed.drivername.startswith("sqlite") and "?" in url else parsed.drivername
        raise StoreError(f"{what} is not supported; write sqlite:///name.db")
    if not parsed.database or ":memory:" in parsed.database:
        raise StoreError("an in-memory database would lose every review; write sqlite:///name.db")
    path = Path(parsed.database).absolute()
    if not path.parent.is_dir():
        raise StoreError(f"the folder {path.parent} does not exist; make it first")
    if _file_system(path) in NETWORK_FILE_SYSTEMS:
        raise StoreError(f"{path} lies on a network drive, where SQLite can lose data; use a local folder")
    return path


def _file_system(path: Path) -> str:
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return "unknown"
    rows = [line.split()[1:3] for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines()]
    below = [(len(point), kind) for point, kind in rows if path.is_relative_to(point.replace("\\040", " "))]
    return max(below, default=(0, "unknown"))[1]


def _try(engine: Engine, path: Path) -> None:
    try:
        with reading(engine) as connection:
            connection.execute(sa.text("SELECT count(*) FROM sqlite_master"))
    except StoreError as error:
        engine.dispose()
        raise StoreError(f"{path} cannot be opened: {error}") from error
