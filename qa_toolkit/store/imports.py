"""How far the imports of files have come, so that one that was stopped goes on where it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.store import tables
from qa_toolkit.store.engine import reading, writing


@dataclass(frozen=True)
class Mark:
    """How far one import has come.

    Parameters
    ----------
    fingerprint : str
        Of the file and of all that is asked for: another one is another import.
    file : str
        Its name.
    records : int
        That are behind it, from the start of the file: stored, known or refused.
    done : bool
        Whether it came to the end of the file.
    """

    fingerprint: str
    file: str
    records: int
    done: bool = False


def records_done(engine: Engine, fingerprint: str) -> int:
    """Return after how many records an import was stopped; 0 if there was none, or it came to its end."""
    t = tables.imports.c
    query = sa.select(t.records).where(t.fingerprint == fingerprint, t.done.is_(False))
    with reading(engine) as connection:
        return connection.execute(query).scalar() or 0


def set_mark(engine: Engine, mark: Mark, at: datetime) -> None:
    """Keep how far an import has come."""
    with writing(engine, "texts") as connection:
        write_mark(connection, mark, at)


def write_mark(connection: Connection, mark: Mark, at: datetime) -> None:
    """Keep it within the transaction that stores the conversations themselves."""
    values = {"file": mark.file, "records": mark.records, "done": mark.done, "at": at}
    t = tables.imports
    done = connection.execute(t.update().where(t.c.fingerprint == mark.fingerprint).values(values))
    if not done.rowcount:
        connection.execute(t.insert().values(fingerprint=mark.fingerprint, **values))
