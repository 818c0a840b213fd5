"""Rows of the tables that PostgreSQL searches exemplars in: put, taken out, counted, and an index over them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.errors import StoreError
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.exemplar_tables import VECTORS

LONGEST_WORD: Final = 200  # characters; longer ones are no words, and a lexeme takes 2,046 bytes
MOST_WORDS: Final = 16_000  # of a text; positions of a tsvector go up to 16,383
TYPES: Final = {  # of COPY; what is `bytea` here goes as it is to what the column's own type reads
    "set_id": "int4",
    "exemplar_id": "text",
    "digest": "text",
    "conversation_id": "text",
    "agent": "text",
    "team": "text",
    "channel": "text",
    "language": "text",
    "source": "text",
    "sent_at": "timestamptz",
    "commandments": "text[]",
    "failed_for": "text[]",
    "length": "int4",
    "words": "bytea",
    "situation": "bytea",
    "answer": "bytea",
}
_TAKE_OUT: Final = """
WITH gone AS (DELETE FROM exemplars WHERE {where} RETURNING set_id, words, length),
counted AS (SELECT set_id, lexeme, count(*) AS n FROM gone CROSS JOIN LATERAL unnest(words) GROUP BY set_id, lexeme),
fewer AS (UPDATE exemplar_words w SET n = w.n - c.n FROM counted c WHERE w.set_id = c.set_id AND w.word = c.lexeme),
sums AS (SELECT set_id, count(*) AS n, sum(length) AS length FROM gone GROUP BY set_id)
UPDATE exemplar_sets s SET n = s.n - sums.n, length = s.length - sums.length FROM sums WHERE s.set_id = sums.set_id
"""
_PUT: Final = (
    # Who forgets a customer locks the table first, so that here they are either forgotten already, or found after us.
    "LOCK TABLE exemplars IN ROW EXCLUSIVE MODE",
    """DELETE FROM incoming WHERE NOT EXISTS (SELECT FROM conversations c
        WHERE c.conversation_id = incoming.conversation_id AND c.forgotten_at IS NULL)""",
    "INSERT INTO exemplars SELECT * FROM incoming",
    """INSERT INTO exemplar_words SELECT set_id, lexeme, count(*) FROM incoming CROSS JOIN LATERAL unnest(words)
        GROUP BY set_id, lexeme ON CONFLICT (set_id, word) DO UPDATE SET n = exemplar_words.n + excluded.n""",
    """UPDATE exemplar_sets s SET n = s.n + i.n, length = s.length + i.length
        FROM (SELECT set_id, count(*) AS n, sum(length) AS length FROM incoming GROUP BY set_id) i
        WHERE s.set_id = i.set_id""",
    "TRUNCATE incoming",
)


class Update:
    """A transaction that brings a set up to date.

    Attributes
    ----------
    set_id : int
    behind : bool
        Whether somebody else has read more of the log, so that nothing may be changed by who holds this.
    """

    def __init__(self, connection: Connection, set_id: int, *, behind: bool) -> None:
        self._connection = connection
        self.set_id, self.behind = set_id, behind

    def remove(self, ids: Sequence[str]) -> None:
        """Take exemplars out."""
        _take_out(self._connection, "set_id = :set AND exemplar_id = ANY(:ids)", ids, set=self.set_id)

    def put(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Put exemplars in, in place of what is there of them; what is there as it is, stays.

        Parameters
        ----------
        rows : sequence of mapping
            The columns of `exemplar_tables.exemplars` but ``set_id`` and ``length``; ``words`` as a list in the order
            of the text, ``situation`` and ``answer`` as arrays of shape (dim,).
        """
        ids = [row["exemplar_id"] for row in rows]
        asked = "SELECT exemplar_id, digest FROM exemplars WHERE set_id = :set AND exemplar_id = ANY(:ids)"
        there = {row.exemplar_id: row.digest for row in _run(self._connection, asked, ids, set=self.set_id)}
        new = [row for row in rows if there.get(row["exemplar_id"]) != row["digest"]]
        if not new:
            return
        self.remove([row["exemplar_id"] for row in new if row["exemplar_id"] in there])
        self._connection.execute(sa.text("CREATE TEMP TABLE IF NOT EXISTS incoming (LIKE exemplars) ON COMMIT DROP"))
        self._copy({**row, "set_id": self.set_id} for row in new)
        for statement in _PUT:
            self._connection.execute(sa.text(statement))

    def _copy(self, rows: Iterable[Mapping[str, Any]]) -> None:
        import psycopg

        driver: Any = self._connection.connection.driver_connection
        query = f"COPY incoming ({', '.join(TYPES)}) FROM STDIN WITH (FORMAT BINARY)"
        try:
            with driver.cursor() as cursor, cursor.copy(query) as copy:
                copy.set_types(list(TYPES.values()))
                for row in rows:
                    copy.write_row(_sent(row))
        except psycopg.Error as error:  # what it says holds the row
            raise StoreError(f"{dialect_of(self._connection).advice(error)}.") from None


def begin(connection: Connection, model: str, made_of: str, dim: int, seen: Sequence[int]) -> Update:
    """Find or make a set, and say in it how far the log was read.

    Raises
    ------
    StoreError
        If vectors of another length are kept of this model.
    """
    given = {"model": model, "made_of": made_of, "dim": dim, "seen": list(seen)}
    add = "INSERT INTO exemplar_sets (model, made_of, dim, seen) VALUES (:model, :made_of, :dim, :seen)"
    connection.execute(sa.text(f"{add} ON CONFLICT DO NOTHING"), given)
    asked = "SELECT set_id, dim, seen FROM exemplar_sets WHERE model = :model AND made_of = :made_of FOR UPDATE"
    set_id, there, before = connection.execute(sa.text(asked), given).one()
    if there != dim:
        raise StoreError(
            f"the database has vectors of {there} numbers of the model {model}, and the encoder makes {dim}: they are "
            "of two models with one name, so give one of them another name"
        )
    behind = list(seen) < before
    if not behind and list(seen) != before:
        connection.execute(sa.text("UPDATE exemplar_sets SET seen = :seen WHERE set_id = :s"), {**given, "s": set_id})
    return Update(connection, int(set_id), behind=behind)


def forget(connection: Connection, ids: Sequence[str]) -> None:
    """Take out the exemplars of conversations, of every set, where there are such tables."""
    if not dialect_of(connection).on_server or not there(connection):
        return
    connection.execute(sa.text("LOCK TABLE exemplars IN SHARE ROW EXCLUSIVE MODE"))
    _take_out(connection, "conversation_id = ANY(:ids)", ids)


def there(connection: Connection) -> bool:
    """Return whether a server has these tables."""
    return bool(connection.execute(sa.text("SELECT to_regclass('exemplar_words') IS NOT NULL")).scalar())


def make_index(connection: Connection, set_id: int, dim: int, n: int) -> None:
    """Make an index over the vectors of a set, in about as much memory as its graph takes."""
    memory = min(max(64, round(n * (2 * dim + 300) / 1e6 * 1.3)), 2_000)
    connection.execute(sa.text("SELECT set_config('maintenance_work_mem', :mb, true)"), {"mb": f"{memory}MB"})
    for side in VECTORS:
        name, column = f"ix_exemplars_{int(set_id)}_{side}", f"({side}::halfvec({int(dim)})) halfvec_cosine_ops"
        statement = f"CREATE INDEX IF NOT EXISTS {name} ON exemplars USING hnsw ({column}) WHERE set_id = {int(set_id)}"
        connection.exec_driver_sql(statement)


def _take_out(connection: Connection, where: str, ids: Sequence[str], **given: Any) -> None:
    if ids:
        _run(connection, _TAKE_OUT.format(where=where), ids, **given)
        connection.execute(sa.text("DELETE FROM exemplar_words WHERE n <= 0"))


def _run(connection: Connection, statement: str, ids: Sequence[str], **given: Any) -> sa.CursorResult[Any]:
    named = sa.bindparam("ids", list(ids), sa.ARRAY(sa.Text))
    return connection.execute(sa.text(statement).bindparams(named, **given))


def _sent(row: Mapping[str, Any]) -> list[Any]:
    words = list(islice((word for word in row["words"] if len(word) <= LONGEST_WORD), MOST_WORDS))
    found = {**row, "length": len(words), "words": _tsvector(words)}
    found |= {side: _halfvec(row[side]) for side in VECTORS}
    return [found[name] for name in TYPES]


def _halfvec(values: npt.NDArray[np.floating]) -> bytes:
    """Return a vector as `halfvec_recv` reads it."""
    return struct.pack(">hh", len(values), 0) + values.astype(">f2").tobytes()


def _tsvector(words: Sequence[str]) -> bytes:
    """Return words as `tsvectorrecv` reads them: each once, with where it stands, counted from 1."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(place)
    kept = {word: found[:255] for word, found in places.items()}
    parts = (
        word.encode() + b"\0" + struct.pack(f">H{len(found)}H", len(found), *found) for word, found in kept.items()
    )
    return struct.pack(">i", len(kept)) + b"".join(parts)
