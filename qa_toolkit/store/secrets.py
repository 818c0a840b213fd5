"""Secrets of a project: random bytes under a name, made when they are first asked for."""

from __future__ import annotations

import secrets
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store import tables
from qa_toolkit.store.engine import present, reading, writing

BYTES: Final = 32


def secret(engine: Engine, name: str) -> bytes:
    """Return a secret of the project; of two that make it at once, both get the one that was written."""
    found = _find(engine, name)
    if found is None:
        try:
            with writing(present(engine)) as connection:  # it is the same at any time
                connection.execute(tables.secrets.insert().values(name=name, value=secrets.token_hex(BYTES)))
        except (StoreError, sa.exc.IntegrityError):
            if _find(engine, name) is None:
                raise
        found = _find(engine, name)
    return bytes.fromhex(found or "")


def _find(engine: Engine, name: str) -> str | None:
    s = tables.secrets.c
    with reading(engine) as connection:
        value: str | None = connection.execute(sa.select(s.value).where(s.name == name)).scalar()
    return value
