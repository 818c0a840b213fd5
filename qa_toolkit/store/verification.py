"""The check of the log: that nothing in it was altered, taken out or put in between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.store import tables
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.engine import reading
from qa_toolkit.store.events import hash_of

ROWS: Final = 5000  # in one fetch


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
    hidden : int
        Events that were not checked, because one may not see them.
    """

    ok: bool
    n_events: int
    first_broken: int | None = None
    reason: str = ""
    hidden: int = 0


class Chain:
    """Takes the rows of a log one after another, in their order, and notices the first that does not fit.

    Parameters
    ----------
    only : str, optional
        Who may see a part of the log, with the whole of one's own chain; events of others are checked one by one.
    """

    def __init__(self, only: str | None = None) -> None:
        self.n = 0
        self._only = only
        self._heads: dict[str, tuple[int, str]] = {}

    def add(self, row: Any) -> str:
        """Take a row, as a mapping, and return why it does not fit; "" if it does."""
        head, own = self._heads.get(row["actor"], (0, "")), row["actor"] == self._only
        reason = _broken(row, self.n, head) if self._only is None else _broken_in_part(row, head, own)
        if not reason:
            self._heads[row["actor"]] = (row["seq"], row["hash"])
            self.n += 1
        return reason


def verify(engine: Engine, only: str | None = None) -> Verification:
    """Check every chain, oldest event first, and name the first event that is broken or missing.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    only : str, optional
        As of `Chain`.
    """
    with reading(engine) as connection:
        return verify_on(connection, only)


def verify_on(connection: Connection, only: str | None = None) -> Verification:
    """Check every chain as a transaction sees it; see `verify`."""
    chain = Chain(only)
    query = sa.select(tables.events).order_by(tables.events.c.event_id).execution_options(yield_per=ROWS)
    try:
        for row in connection.execute(query).mappings():
            reason = chain.add(row)
            if reason:
                return Verification(False, chain.n, row["event_id"], reason)
    except (TypeError, ValueError, sa.exc.DataError) as error:  # raised for a whole chunk of rows
        found = error.orig if isinstance(error, sa.exc.DataError) else error  # without the query
        return Verification(False, chain.n, chain.n + 1, f"this event or one of the next cannot be read ({found})")
    last = dialect_of(connection).last_number(connection)
    return ended(chain.n, last) if only is None else Verification(True, chain.n, hidden=last - chain.n)


def ended(n: int, last: int) -> Verification:
    """Return the result for a log of `n` events that all fit, where `last` is the number of the newest ever written."""
    return Verification(True, n) if n == last else Verification(False, n, n + 1, f"events up to {last} are missing")


def _broken_in_part(row: Any, head: tuple[int, str], own: bool) -> str:
    if own and row["seq"] != head[0] + 1:
        return "an event before it is missing"
    chained = not own or row["prev_hash"] == head[1]
    return "" if chained and row["hash"] == hash_of(row) else "it was altered"


def _broken(row: Any, n: int, head: tuple[int, str]) -> str:
    if row["event_id"] != n + 1 or row["seq"] != head[0] + 1:
        return "an event before it is missing"
    return "" if row["prev_hash"] == head[1] and row["hash"] == hash_of(row) else "it was altered"
