"""Checks of an SQLite file and of the machine that it lies on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.store.dialects import sqlite
from qa_toolkit.store.health.finding import Finding, ok, wrong

LEAST_ROOM: Final = 1 << 30  # bytes


def before(path: Path) -> Iterator[Finding]:
    """Look at a file before it is opened, which changes its journal mode."""
    version = sqlite.driver_version()
    said = ".".join(map(str, version))
    if version < sqlite.SOUND_WAL:
        fault = f"SQLite {said} has a fault that can damage a database with several writers"
        yield wrong("SQLite", fault, "pip install pysqlite3")
    else:
        yield ok("SQLite", said)
    kind = sqlite.file_system(path)
    if kind in sqlite.NETWORK_FILE_SYSTEMS:
        found = f"{path} lies on a network drive ({kind}), where SQLite can lose data"
        yield wrong("drive", found, f"close every program that has it open, then: cp {path}* FOLDER_ON_A_LOCAL_DISK")
    else:
        yield ok("drive", kind)
    yield from _room(path)
    yield from _journal(path)


def _room(path: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(path.parent).free
    needed = max(LEAST_ROOM, 2 * (path.stat().st_size if path.exists() else 0))
    said = f"{free / 2**30:,.1f} GiB are free in {path.parent}"
    if free < needed:
        advice = f"free room, or move the project: du -sh {path.parent}/* shows what takes it"
        yield wrong("room on the disk", f"{said}, fewer than the {needed / 2**30:,.1f} that it may need", advice)
    else:
        yield ok("room on the disk", said)


def _journal(path: Path) -> Iterator[Finding]:
    if not path.is_file() or path.stat().st_size < 100:
        return
    # By SQLite: to open and close the file by ourselves would take away the locks of a project that is open here.
    driver = sqlite.driver()
    try:
        with closing(driver.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            mode = connection.execute("PRAGMA journal_mode").fetchone()[0]
    except driver.DatabaseError:
        return  # to open it, which comes next, says why
    if mode != "wal":
        again = "none: to open it, as was done just now, sets it; find the program that has changed it"
        yield wrong("journal", "it was not in WAL mode, so that readers and writers wait for one another", again)
    else:
        yield ok("journal", "WAL")


def damage(connection: Connection) -> Finding:
    """Read every page of the file."""
    found = connection.execute(sa.text("PRAGMA quick_check(3)")).scalars().all()
    if found != ["ok"]:
        return wrong("pages", f"the file is damaged: {found[0]}", "qa-toolkit restore --project NEW_URL BACKUP")
    return ok("pages")
