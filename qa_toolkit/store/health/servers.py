"""Checks of a PostgreSQL server, as far as a project depends on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.store import walls
from qa_toolkit.store.health.finding import Finding, note, ok, wrong

SETTINGS: Final = {
    "fsync": "a power cut can damage the whole database",
    "full_page_writes": "a power cut can damage the whole database",
    "synchronous_commit": "a power cut can lose what other programs wrote last (this package asks for on)",
}
APART: Final = 60  # seconds that two clocks may differ


def settings(connection: Connection) -> Iterator[Finding]:
    """Look at what makes writes safe."""
    version = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    said = connection.exec_driver_sql("SHOW server_version").scalar_one()
    if version < walls.OLDEST:
        yield wrong("server", f"PostgreSQL {said} is older than 15", "update the server: pg_upgrade")
    else:
        yield ok("server", f"PostgreSQL {said}")
    rows = connection.execute(sa.text("SELECT name, reset_val FROM pg_settings WHERE name = ANY(:names)"), {
        "names": list(SETTINGS),
    })  # fmt: skip
    for name, value in sorted(rows.all()):
        if value == "off":
            command = f"psql -c 'ALTER SYSTEM SET {name} = on' -c 'SELECT pg_reload_conf()'"
            yield wrong(name, f"it is off: {SETTINGS[name]}", f"{command} (as an administrator)")
        else:
            yield ok(name, value)


def vectors(connection: Connection) -> Finding:
    """Look for pgvector."""
    query = "SELECT installed_version FROM pg_available_extensions WHERE name = 'vector'"
    row = connection.exec_driver_sql(query).first()
    if row is None:
        return note("pgvector", "the server does not have it", "install postgresql-VERSION-pgvector on the server")
    if row[0] is None:
        return note("pgvector", "it is not in this database", "psql -c 'CREATE EXTENSION vector' (as an administrator)")
    return ok("pgvector", str(row[0]))


def clock(connection: Connection, now: Callable[[], datetime]) -> Finding:
    """Compare the clock of the server with the one here."""
    there = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
    apart = (there - now()).total_seconds()
    if abs(apart) > APART:
        said = f"that of the server is {abs(apart):,.0f} s {'ahead of' if apart > 0 else 'behind'} this machine's"
        return wrong("clocks", said, "sudo timedatectl set-ntp true (on the one that is wrong)")
    return ok("clocks")


def roles(connection: Connection) -> Finding:
    """Say whether the walls between people are up."""
    if walls.stand(connection):
        return ok("roles", "held apart")
    return note("roles", "everybody who may log in sees everything", "qa-toolkit init --project URL")
