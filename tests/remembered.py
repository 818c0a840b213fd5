"""The migrations of an empty database, run once in a process: what they wrote is written again into the next one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

READS = ("SELECT", "PRAGMA", "SHOW")
Run = Callable[..., None]
Written = list[tuple[str, Any]]


def remembered(run: Run) -> Run:
    """Return `qa_toolkit.store.migrations.run`, quicker for an empty database: Alembic takes a tenth of a second."""
    known: dict[str, Written] = {}

    @wraps(run)
    def quick(connection: Connection, revision: str = "head") -> None:
        if revision != "head" or sa.inspect(connection).get_table_names():
            run(connection, revision)
            return
        name = connection.dialect.name
        if name in known:
            for statement, parameters in known[name]:
                connection.exec_driver_sql(statement, parameters)
            return
        known[name] = written = []

        def keep(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
            if not statement.lstrip().upper().startswith(READS):
                written.append((statement, parameters))

        sa.event.listen(connection, "before_cursor_execute", keep)
        try:
            run(connection)
        except BaseException:
            del known[name]
            raise
        finally:
            sa.event.remove(connection, "before_cursor_execute", keep)

    return quick
