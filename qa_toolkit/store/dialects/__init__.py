"""What differs between the kinds of database; everything else in the store is the same for all."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store.dialects._base import Dialect
from qa_toolkit.store.dialects.postgresql import PostgreSQL
from qa_toolkit.store.dialects.sqlite import SQLite

__all__ = ["Dialect", "dialect_of", "parse_url", "shown_url"]

_DIALECTS: Final[dict[str, Dialect]] = {d.name: d for d in (SQLite(), PostgreSQL())}
_EXAMPLES: Final = "write sqlite:///name.db or postgresql://user@host/database"


def dialect_of(bind: Engine | Connection | sa.URL) -> Dialect:
    """Return the dialect of an engine, a connection or a URL from `parse_url`."""
    return _DIALECTS[bind.get_backend_name() if isinstance(bind, sa.URL) else bind.dialect.name]


def parse_url(url: str) -> sa.URL:
    """Take a database URL apart.

    Raises
    ------
    StoreError
        If it is none, or of a database that is not supported; the message shows no password.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        what = "this" if "@" in url or "password" in url else repr(url)
        raise StoreError(f"{what} is no database URL; {_EXAMPLES}") from None
    if parsed.drivername == "postgres":  # as many hosts still write it
        parsed = parsed.set(drivername="postgresql")
    drivers = [name for dialect in _DIALECTS.values() for name in dialect.drivers]
    if parsed.drivername not in drivers:
        raise StoreError(f"{parsed.drivername} is not supported; {_EXAMPLES}")
    return parsed


def shown_url(url: str) -> str:
    """Return a URL as it may be shown: without passwords."""
    parsed = parse_url(url)
    if parsed.query:
        parsed = parsed.set(query={name: v for name, v in parsed.query.items() if "password" not in name.lower()})
    return url if parsed.get_backend_name() == "sqlite" else parsed.render_as_string(hide_password=True)
