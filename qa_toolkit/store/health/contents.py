"""Checks of what a project holds: its log, its clock, its backups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.store import tables
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.health.finding import Finding, ok, wrong
from qa_toolkit.store.health.shape import MEND
from qa_toolkit.store.people import bound
from qa_toolkit.store.verification import verify_on

BACKUP: Final = "backup"  # kind of export
AHEAD: Final = timedelta(minutes=5)
RESTORE: Final = "qa-toolkit restore --project NEW_URL BACKUP"


def log(connection: Connection) -> Iterator[Finding]:
    """Check the chains, and that counting goes on where they end."""
    _refuse_part(connection)
    newest = connection.execute(sa.select(sa.func.max(tables.events.c.event_id))).scalar() or 0
    last = dialect_of(connection).last_number(connection)
    if last < newest:
        said = f"it stands at {last:,}, the newest event is {newest:,}: no act can be saved"
        yield wrong("counter of events", said, MEND, *_counted(connection, newest))
    else:
        yield ok("counter of events", f"{last:,}")
    found = verify_on(connection)
    if found.ok or (last < newest and found.n_events == 0 and newest == 0):
        yield ok("log", f"{found.n_events:,} events")
    elif not (last < newest and found.first_broken == newest + 1):  # said already
        yield wrong("log", f"event {found.first_broken} is broken: {found.reason}", RESTORE)


def _counted(connection: Connection, newest: int) -> tuple[str, ...]:
    if connection.dialect.name == "postgresql":
        return (f"UPDATE event_counter SET last = {newest:d}",)  # noqa: S608 - a number
    delete, insert = "DELETE FROM sqlite_sequence WHERE name = 'events'", "INSERT INTO sqlite_sequence VALUES"
    return delete, f"{insert} ('events', {newest:d})"


def _refuse_part(connection: Connection) -> None:
    """Have what follows fail where walls hide rows: to who sees a part, what is whole would look broken."""
    me = bound(connection) if connection.dialect.name == "postgresql" else None
    if me and me.role != "lead":
        dialect_of(connection).see_all(connection)


def clock(connection: Connection, now: datetime) -> Finding:
    """Compare the clock with the newest event."""
    newest = connection.execute(sa.select(sa.func.max(tables.events.c.at))).scalar()
    if newest is not None and newest > now + AHEAD:
        said = f"this machine says {now:%Y-%m-%d %H:%M} UTC, but the newest event is of {newest:%Y-%m-%d %H:%M}"
        return wrong("clock", said, "sudo timedatectl set-ntp true")
    return ok("clock")


def backups(connection: Connection, now: datetime, days: int) -> Finding:
    """Look for a backup that is not older than some days."""
    _refuse_part(connection)
    e = tables.exports.c
    order = sa.select(e.path, e.at).where(e.kind == BACKUP).order_by(e.at.desc())
    rows = connection.execute(order).all()
    there = next(((path, at) for path, at in rows if Path(path).exists()), None)
    command = "qa-toolkit backup --project URL --to FOLDER_ON_ANOTHER_DISK"
    first = connection.execute(sa.select(sa.func.min(tables.events.c.at))).scalar()
    if there is None:
        if first is None or now - first < timedelta(days=days):
            return ok("backup", "none is needed yet")
        return wrong("backup", "those that were taken are gone" if rows else "none was taken", command)
    age = (now - there[1]).days
    if age >= days:
        return wrong("backup", f"the newest, {there[0]}, is {age:,} days old", command)
    return ok("backup", f"{there[0]}, {age:,} days old")
