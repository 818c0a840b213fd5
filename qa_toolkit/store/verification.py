"""The check of the log: that nothing in it was altered, taken out or put in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.store import tables
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.engine import reading
from qa_toolkit.store.events import hash_of


@dataclass(frozen=True)
class Verification:
    """The result of checking the log.

    Parameters
    ----------
    ok : bool
    n_events : int
        Events that were checked.
    first_broken : int or None
        ``event_id`` of the first event that does not fit its chain.
    reason : str
    """

    ok: bool
    n_events: int
    first_broken: int | None = None
    reason: str = ""


def verify(engine: Engine) -> Verification:
    """Check every chain, oldest event first, and name the first event that is broken or missing."""
    heads: dict[str, tuple[int, str]] = {}
    n = 0
    query = sa.select(tables.events).order_by(tables.events.c.event_id)
    with reading(engine) as connection:
        try:
            rows = connection.execution_options(yield_per=5000).execute(query)
            for row in rows.mappings():
                reason = _broken(row, n, heads.get(row["actor"], (0, "")))
                if reason:
                    return Verification(False, n, row["event_id"], reason)
                heads[row["actor"]] = (row["seq"], row["hash"])
                n += 1
        except (TypeError, ValueError, sa.exc.DataError) as error:  # raised for a whole chunk of rows
            found = error.orig if isinstance(error, sa.exc.DataError) else error  # without the query
            return Verification(False, n, n + 1, f"this event or one of the next cannot be read ({found})")
        last = dialect_of(connection).last_number(connection)
    return Verification(True, n) if n == last else Verification(False, n, n + 1, f"events up to {last} are missing")


def _broken(row: Any, n: int, head: tuple[int, str]) -> str:
    if row["event_id"] != n + 1 or row["seq"] != head[0] + 1:
        return "an event before it is missing"
    return "" if row["prev_hash"] == head[1] and row["hash"] == hash_of(row) else "it was altered"
