"""The files that were written with texts of customers, so that a customer can be forgotten in them too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.store import tables
from qa_toolkit.store.engine import reading, writing

COLUMNS = ["path", "kind", "sha256", "conversation_ids", "at"]


def record_export(
    engine: Engine, path: str | Path, kind: str, sha256: str, conversation_ids: Sequence[str] | None, at: datetime
) -> None:
    """Keep that a file was written; one that was written to the same place before is forgotten.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    path : str or pathlib.Path
        Kept as an absolute path.
    kind : str
        What is in it, such as ``"messages"`` or ``"coaching pack"``.
    sha256 : str
        Of its bytes, in hexadecimal.
    conversation_ids : sequence of str or None
        Whose texts are in it; None: all that were in the project at that time.
    at : datetime.datetime
        With a zone.
    """
    row = {
        "path": str(Path(path).absolute()),
        "kind": kind,
        "sha256": sha256,
        "conversation_ids": None if conversation_ids is None else list(conversation_ids),
        "at": at,
    }
    with writing(engine) as connection:
        connection.execute(sa.delete(tables.exports).where(tables.exports.c.path == row["path"]))
        connection.execute(tables.exports.insert().values(**row))


def list_exports(engine: Engine) -> pd.DataFrame:
    """Return one row for each file: ``path``, ``kind``, ``sha256``, ``conversation_ids`` (list or None), ``at``."""
    e = tables.exports.c
    with reading(engine) as connection:
        rows = connection.execute(sa.select(*(e[name] for name in COLUMNS)).order_by(e.at, e.path)).all()
    frame = pd.DataFrame([tuple(row) for row in rows], columns=COLUMNS, dtype=object)
    frame["at"] = pd.to_datetime(frame["at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    return frame.astype(dict.fromkeys(("path", "kind", "sha256"), "str"))


def drop_export(engine: Engine, path: str | Path) -> None:
    """Take a file off the list; the file itself is left alone."""
    with writing(engine) as connection:
        connection.execute(sa.delete(tables.exports).where(tables.exports.c.path == str(Path(path).absolute())))
