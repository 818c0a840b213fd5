"""Statements past the store, as another program would send them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import sqlalchemy as sa


def execute(url: str, *statements: str) -> list[Any]:
    """Run statements, each in a transaction of its own, and return the rows of the last one."""
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            return [connection.execute(statement).fetchall() for statement in statements][-1]
    address = sa.make_url(url).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        results = [connection.exec_driver_sql(statement) for statement in statements]
        return [tuple(row) for row in results[-1]] if results[-1].returns_rows else []


def without_triggers(url: str) -> list[str]:
    """Return the statements after which events can be changed."""
    if url.startswith("sqlite:///"):
        return ["DROP TRIGGER events_no_update", "DROP TRIGGER events_no_delete"]
    return ["ALTER TABLE events DISABLE TRIGGER USER"]
