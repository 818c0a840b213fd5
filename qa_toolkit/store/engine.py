"""The database connection, and the two kinds of transaction: one that reads and one that writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store.dialects import Dialect, dialect_of, parse_url

_view: ContextVar[tuple[Engine, Connection] | None] = ContextVar("view", default=None)


def make_engine(url: str, create: bool = True) -> Engine:
    """Open the database at `url`.

    Parameters
    ----------
    url : str
        ``sqlite:///relative/path.db``, ``sqlite:////absolute/path.db`` or ``postgresql://user@host/database``.
    create : bool
        Whether an SQLite file that is not there is made.

    Returns
    -------
    sqlalchemy.engine.Engine
        Safe to use from any thread.

    Raises
    ------
    StoreError
        If the URL is of another kind, or what it names cannot be opened.
    """
    parsed = parse_url(url)
    dialect = dialect_of(parsed)
    engine = dialect.make_engine(parsed, create)
    sa.event.listen(engine, "begin", _begin)
    try:
        with reading(engine) as connection:
            dialect.probe(connection)
    except StoreError as error:
        engine.dispose()
        raise StoreError(f"{dialect.place(parsed)} cannot be opened: {error}") from error
    return engine


def as_of(engine: Engine, until: datetime) -> Engine:
    """Return the same database as it was at a time, for reading only; what it holds of later is left out.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    until : datetime.datetime
        With a zone. What `engine` itself leaves out stays left out.
    """
    known = until_of(engine)
    return engine.execution_options(qa_until=min(until, known or until))


def present(engine: Engine) -> Engine:
    """Return the same database as it is now."""
    return engine.execution_options(qa_until=None)


def until_of(bind: Engine | Connection) -> datetime | None:
    """Return the time that a database is read as of, None for now."""
    until: datetime | None = bind.get_execution_options().get("qa_until")
    return until


def there_by(bind: Engine | Connection, time: sa.ColumnElement[datetime]) -> sa.ColumnElement[bool]:
    """Return the condition that a row was there at the time that is read as of."""
    until = until_of(bind)
    return sa.true() if until is None else time <= until


def _begin(connection: Connection) -> None:
    dialect_of(connection).begin(connection, connection.get_execution_options().get("qa_lock"))


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One consistent view of the database, for as long as the block lasts; within `one_view`, that one."""
    view = _view.get()
    if view and view[0] is engine:
        yield view[1]
        return
    dialect = dialect_of(engine)
    with _translated(dialect), engine.connect() as connection:
        connection.execution_options(**dialect.reading)
        with connection.begin():
            yield connection


@contextmanager
def one_view(engine: Engine) -> Iterator[None]:
    """Let all reads of this thread see the database at one moment, in one transaction, while the block lasts."""
    with reading(engine) as connection:
        token = _view.set((engine, connection))
        try:
            yield
        finally:
            _view.reset(token)


@contextmanager
def writing(engine: Engine, lock: str = "project") -> Iterator[Connection]:
    """One transaction that is on disk when the block has ended without an error, and undone otherwise.

    Nobody else writes under the same `lock` meanwhile: ``"project"``, or ``"texts"`` for what can take long and
    must keep no reviewer waiting. SQLite has one lock for everything.

    Raises
    ------
    StoreError
        If `engine` is from `as_of`, or the database refuses.
    """
    refuse_past(engine)
    dialect = dialect_of(engine)
    with _translated(dialect), engine.connect() as connection:
        connection.execution_options(qa_lock=lock)
        with connection.begin():
            yield connection
        _committed(connection)


def refuse_past(engine: Engine) -> None:
    """Raise an error if `engine` is from `as_of`."""
    until = until_of(engine)
    if until is not None:
        raise StoreError(
            f"this is the project as of {until:%Y-%m-%d %H:%M} UTC, which can only be read; "
            "write to the one from open_project(...)"
        )


def _committed(connection: Connection) -> None:
    dialect_of(connection).committed(connection)


@contextmanager
def _translated(dialect: Dialect) -> Iterator[None]:
    try:
        yield
    except UnicodeEncodeError:
        raise StoreError("it holds half of a character (a lone surrogate); take it out.") from None
    except sa.exc.StatementError as error:
        advice = dialect.advice(error.orig) if error.orig else None
        if advice:  # beside it, the driver's own words would show: they can hold customer text
            raise StoreError(f"{advice}.") from None
        raise StoreError(f"the database refused: {error.orig}.") from error
