"""Exemplars as PostgreSQL searches them: their vectors by pgvector, their words by full text, filters in the query."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.store import exemplar_rows, exemplar_tables, tables, walls
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.engine import reading, until_of, writing
from qa_toolkit.store.exemplar_search import ExemplarSearch, ExemplarSet, named, there
from qa_toolkit.store.exemplar_tables import exemplars

LOCK: Final = "exemplars"  # nobody else waits for who brings the tables up to date


class ExemplarStore(ExemplarSearch):
    """What of a database searches exemplars; nothing on SQLite, and on a server without the extension.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def problem(self) -> str | None:
        """Return why this database does not search exemplars and what to do; "" if it does, None if it never will."""
        if not dialect_of(self._engine).on_server or until_of(self._engine) is not None:
            return None
        with reading(self._engine) as connection:
            return exemplar_tables.problem(connection)

    def make(self) -> None:
        """Make the tables if they are not there, or not whole."""
        with reading(self._engine) as connection:
            if exemplar_tables.made(connection):
                return
        with writing(self._engine, LOCK) as connection:
            exemplar_tables.make(connection)
            if walls.stand(connection) and walls.owns(connection):
                walls.renew(connection)

    def newest(self) -> tuple[int, int]:
        """Return the numbers of the newest event and of the newest conversation; 0 where there is none."""
        e, c = tables.events.c, tables.conversations.c
        asked = sa.select(
            *(sa.select(sa.func.coalesce(sa.func.max(n), 0)).scalar_subquery() for n in (e.event_id, c.number))
        )
        with reading(self._engine) as connection:
            event, conversation = connection.execute(asked).one()
        return int(event), int(conversation)

    def may_write(self) -> bool:
        """Return whether this user may bring the tables up to date."""
        query = "SELECT bool_and(has_table_privilege(name, 'INSERT, UPDATE, DELETE')) FROM unnest(:names) AS name"
        with there(self._engine) as connection:
            names = sa.bindparam("names", list(exemplar_tables.TABLES), sa.ARRAY(sa.Text))
            return bool(connection.execute(sa.text(query).bindparams(names)).scalar())

    def find(self, model: str, made_of: str) -> ExemplarSet | None:
        """Return the set of a model and of what its exemplars are made of, if there is one."""
        query = "SELECT set_id, dim, n, length, looked, recall FROM exemplar_sets WHERE model = :m AND made_of = :o"
        with there(self._engine) as connection:
            row = connection.execute(sa.text(query), {"m": model, "o": made_of}).one_or_none()
        return None if row is None else ExemplarSet(*row)

    def known(self, set_id: int) -> dict[str, str]:
        """Return the ids of the exemplars in a set, with the digest of what was put there."""
        c = exemplars.c
        with there(self._engine) as connection:
            rows = connection.execute(sa.select(c.exemplar_id, c.digest).where(c.set_id == set_id))
            return {str(exemplar_id): str(digest) for exemplar_id, digest in rows}

    @contextmanager
    def updating(self, model: str, made_of: str, dim: int, seen: Sequence[int]) -> Iterator[exemplar_rows.Update]:
        """One transaction that brings a set up to date; nobody else does so meanwhile.

        Parameters
        ----------
        model, made_of : str
        dim : int
        seen : sequence of int
            How far the log was read. Where others have read further, nothing is changed.
        """
        with writing(self._engine, LOCK) as connection, named():
            yield exemplar_rows.begin(connection, model, made_of, dim, seen)

    def analyse(self) -> None:
        """Have the server choose its indexes by what is in the tables now; it does so by itself too."""
        with writing(self._engine, LOCK) as connection, named():
            connection.execute(sa.text("ANALYZE exemplars"))

    def make_index(self, found: ExemplarSet) -> bool:
        """Make an index over a set that has none; return whether this user may, for it takes the owner of the table."""
        mine = "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('exemplars')"
        with there(self._engine) as connection:
            if not connection.execute(sa.text(mine)).scalar():
                return False
        with writing(self._engine, LOCK) as connection, named():
            exemplar_rows.make_index(connection, found.set_id, found.dim, found.n)
        return True

    def measured(self, found: ExemplarSet, looked: int, recall: float) -> ExemplarSet:
        """Keep how many rows the index of a set has to look at, and which share of the nearest it finds then."""
        update = "UPDATE exemplar_sets SET looked = :looked, recall = :recall WHERE set_id = :set"
        with writing(self._engine, LOCK) as connection, named():
            connection.execute(sa.text(update), {"looked": looked, "recall": recall, "set": found.set_id})
        return replace(found, looked=looked, recall=recall)
