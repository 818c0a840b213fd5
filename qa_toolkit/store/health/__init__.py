"""Whether a project and what it stands on are in order; for each thing that is not, the command that mends it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store import migrations
from qa_toolkit.store.dialects import parse_url, shown_url
from qa_toolkit.store.engine import make_engine, reading
from qa_toolkit.store.health import contents, files, servers, shape
from qa_toolkit.store.health.finding import NOTE, OK, WRONG, Finding, note, ok, wrong

__all__ = ["NOTE", "OK", "WRONG", "Finding", "examine", "mend", "note", "ok", "wrong"]

DRIVER = "pip install 'qa-toolkit[postgresql]'"
TO_A_LOCAL_DISK = "close every program that has it open, then copy it with its -wal file to a local disk"
COMMANDS = (  # by signs in what an error says
    ("psycopg", "driver", DRIVER),
    ("does not exist; check the name", "file", "qa-toolkit init --project URL"),
    ("WITH ENCODING", "encoding", "createdb --encoding UTF8 --template template0 NAME, then init or copy into it"),
    ("cannot be reached", "server", "pg_isready (with the host and port of the URL); then check user and password"),
    ("network drive", "drive", TO_A_LOCAL_DISK),
    ("locks do nothing", "drive", TO_A_LOCAL_DISK),
    ("no SQLite database", "file", "file PATH (it is another kind of file; check the URL)"),
    ("damaged", "file", "qa-toolkit restore --project NEW_URL BACKUP"),
    ("tables of another program", "database", "createdb --encoding UTF8 --template template0 NAME (one of its own)"),
    ("holds no project", "database", "qa-toolkit init --project URL"),
    ("newer release", "schema", "pip install -U qa-toolkit"),
)


def examine(url: str, now: Callable[[], datetime], backup_days: int) -> Iterator[Finding]:
    """Yield what each check finds, with the project's URL in the commands; nothing is changed.

    Parameters
    ----------
    url : str
    now : callable
        Gives the time, with a zone.
    backup_days : int
        How old the newest backup may be; 0: none is asked for.
    """
    for found in _examined(url, now, backup_days):
        yield replace(found, mend=found.mend.replace("--project URL", f"--project {shlex.quote(shown_url(url))}"))


def _examined(url: str, now: Callable[[], datetime], backup_days: int) -> Iterator[Finding]:
    parsed = parse_url(url)
    is_file = parsed.get_backend_name() == "sqlite"
    path = Path(parsed.database or "").absolute()
    if is_file and path.is_file():
        yield from files.before(path)
    try:
        engine = make_engine(url, create=False)
    except StoreError as error:
        yield _explained(error)
        return
    try:
        yield from _opened(engine, now, backup_days)
    finally:
        engine.dispose()


def _opened(engine: Engine, now: Callable[[], datetime], backup_days: int) -> Iterator[Finding]:
    try:
        revision, steps = migrations.pending(engine)
    except StoreError as error:
        yield _explained(error)
        return
    if steps:
        said = f"{revision} is older than {migrations.HEAD}, that of this release"
        yield wrong("schema", said, "qa-toolkit migrate --project URL")
    else:
        yield ok("schema", revision)
    yield from _looked(engine, "tables", lambda _: shape.check(engine, revision))
    if engine.dialect.name == "sqlite":
        yield from _looked(engine, "pages", lambda c: [files.damage(c)])
    else:
        yield from _looked(engine, "settings of the server", servers.settings)
        yield from _looked(engine, "pgvector", lambda c: [servers.vectors(c)])
        yield from _looked(engine, "clocks", lambda c: [servers.clock(c, now)])
        yield from _looked(engine, "roles", lambda c: [servers.roles(c)])
    yield from _looked(engine, "log", contents.log)
    yield from _looked(engine, "clock", lambda c: [contents.clock(c, now())])
    if backup_days and not steps:
        yield from _looked(engine, "backup", lambda c: [contents.backups(c, now(), backup_days)])


def _looked(engine: Engine, name: str, look: Callable[[sa.Connection], Iterable[Finding]]) -> Iterator[Finding]:
    """Yield what a check finds; that it could not look, such as for want of rights, is a note."""
    try:
        with reading(engine) as connection:
            found = list(look(connection))
    except (StoreError, sa.exc.SQLAlchemyError) as error:
        why = str(error) if isinstance(error, StoreError) else type(error).__name__
        found = [note(name, f"it could not be looked at: {why}", "call this again as who owns the tables")]
    yield from found


def _explained(error: StoreError) -> Finding:
    said = str(error)
    for sign, name, command in COMMANDS:
        if sign in said:
            return wrong(name, said, command)
    return wrong("database", said, "qa-toolkit status --project URL (once that is put right)")


def mend(url: str, findings: list[Finding]) -> list[str]:
    """Mend what statements can mend, in one transaction, and return which checks they were of.

    Raises
    ------
    StoreError
        If this user may not.
    """
    engine = make_engine(url, create=False)
    try:
        return shape.mend(engine, findings)
    finally:
        engine.dispose()
