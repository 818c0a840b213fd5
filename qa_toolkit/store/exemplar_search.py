"""How PostgreSQL is asked for exemplars: by pgvector and by full text, with the filters in the query."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store.engine import reading
from qa_toolkit.store.exemplar_tables import VECTORS, HalfVector, exemplars

MOST_LOOKED: Final = 1000  # what an index can be told to look at, at once
GONE: Final = (
    "the tables that pgvector searches are not there any more, or its extension was dropped; build the suggester anew: "
    "it makes them again, or searches in memory"
)
# Column, operator (=, !=, <, >=, in, not in, holds, lacks, empty), value.
Condition = tuple[str, str, Any]
Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class ExemplarSet:
    """The exemplars of one model, made of the same sources.

    Parameters
    ----------
    set_id : int
    dim : int
        Length of a vector.
    n : int
        Exemplars.
    length : int
        Words of all of them.
    looked : int or None
        How many rows an index looks at first; None: there is no index.
    recall : float or None
        Share of the ten nearest ones that the index found when it was made.
    """

    set_id: int
    dim: int
    n: int
    length: int
    looked: int | None
    recall: float | None


class ExemplarSearch:
    """The part of an `ExemplarStore` that searches."""

    _engine: Engine

    def nearest(
        self,
        found: ExemplarSet,
        side: str,
        query: Vectors,
        where: Sequence[Condition],
        n: int,
        *,
        exact: bool,
        iterative: bool = True,
    ) -> tuple[list[str], Vectors]:
        """Return the ids of the nearest exemplars, nearest first, and their vectors as they were put there.

        Parameters
        ----------
        found : ExemplarSet
        side : str
            ``"situation"`` or ``"answer"``.
        query : numpy.ndarray, shape (dim,)
        where : sequence of Condition
        n : int
            At most so many.
        exact : bool
            Whether all rows that pass are compared, index or not.
        iterative : bool
            Whether an index goes on looking where `where` leaves too few of what it found; without, many are missed.
        """
        column = exemplars.c[side]
        distance = _distance(column, found.dim, query)
        if exact:  # no index has this expression; of a vector of zeros, the cosine is 0
            distance = sa.func.coalesce(sa.func.nullif(distance, sa.text("'NaN'::float8")), sa.text("1.0::float8"))
        asked = sa.select(exemplars.c.exemplar_id, sa.func.halfvec_send(column)).where(_set(found), *conditions(where))
        with there(self._engine) as connection:
            if not exact:
                _look(connection, found.looked, iterative=iterative)
            rows = connection.execute(asked.order_by(distance).limit(n)).all()
        return [str(one) for one, _ in rows], _vectors([sent for _, sent in rows], found.dim)

    def vectors(self, found: ExemplarSet, side: str, ids: Sequence[str]) -> dict[str, Vectors]:
        """Return the vectors of exemplars by their ids; one that is not there any more is left out."""
        c = exemplars.c
        asked = sa.select(c.exemplar_id, sa.func.halfvec_send(c[side]))
        with there(self._engine) as connection:
            rows = connection.execute(asked.where(_set(found), _any(c.exemplar_id, ids))).all()
        values = _vectors([sent for _, sent in rows], found.dim)
        return {str(one): value for (one, _), value in zip(rows, values, strict=True)}

    def mean(self, found: ExemplarSet, side: str) -> Vectors:
        """Return the mean of the vectors of a set, each brought to length 1; shape (dim,)."""
        if side not in VECTORS:
            raise ValueError(side)
        asked = f"SELECT vector_send(avg(l2_normalize({side}::vector))) FROM exemplars WHERE set_id = :set"  # noqa: S608
        with there(self._engine) as connection:
            sent = connection.execute(sa.text(asked), {"set": found.set_id}).scalar()
        return np.zeros(found.dim, np.float32) if sent is None else np.frombuffer(sent, ">f4", offset=4).astype("f4")

    def frequencies(self, found: ExemplarSet, words: Sequence[str]) -> dict[str, int]:
        """Return in how many exemplars of a set each word is; words that are in none are left out."""
        asked = "SELECT word, n FROM exemplar_words WHERE set_id = :set AND word = ANY(:words) AND n > 0"
        given = sa.bindparam("words", list(words), sa.ARRAY(sa.Text))
        with there(self._engine) as connection:
            rows = connection.execute(sa.text(asked).bindparams(given, set=found.set_id))
            return {str(word): int(n) for word, n in rows}

    def holding(
        self, found: ExemplarSet, weights: Mapping[str, float], where: Sequence[Condition], k1: float, b: float
    ) -> list[tuple[str, float]]:
        """Return the exemplars that hold one of some words, each with its BM25 score for these words.

        Parameters
        ----------
        found : ExemplarSet
        weights : mapping of str to float
            Inverse document frequency of each word.
        where : sequence of Condition
        k1, b : float
            Of BM25.
        """
        c = exemplars.c
        asked = (
            sa.func.unnest(
                sa.bindparam("words", list(weights), sa.ARRAY(sa.Text)),
                sa.bindparam("weights", list(weights.values()), sa.ARRAY(sa.Float)),
            )
            .table_valued("word", "weight")
            .render_derived(name="asked")
        )
        held = sa.func.unnest(c.words).table_valued("lexeme", "positions").lateral("held")
        times = sa.func.cardinality(held.c.positions)
        norm = k1 * ((1 - b) + b * c.length / max(1.0, found.length / max(1, found.n)))
        score = sa.func.sum(asked.c.weight * times / (norm + times))
        words = sa.cast(" | ".join(f"'{word}'" for word in weights), TSQUERY)
        query = (
            sa.select(c.exemplar_id, score)
            .select_from(exemplars.join(held, sa.true()).join(asked, asked.c.word == held.c.lexeme))
            .where(_set(found), c.words.op("@@", return_type=sa.Boolean())(words), *conditions(where))
            .group_by(c.exemplar_id)
        )
        with there(self._engine) as connection:
            # The words of a row lie apart from it, which a plan that reads all rows does not reckon with.
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
            return [(str(one), float(value)) for one, value in connection.execute(query)]


def conditions(where: Sequence[Condition]) -> list[sa.ColumnElement[bool]]:
    """Return what a row must be like, as expressions with bound values."""
    return [_OPERATORS[operator](exemplars.c[column], value) for column, operator, value in where]


def _any(column: sa.ColumnElement[Any], values: Sequence[str]) -> sa.ColumnElement[bool]:
    return column == sa.func.any(sa.cast(list(values), sa.ARRAY(sa.Text)))


_OPERATORS: Final[dict[str, Any]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column.is_distinct_from(value),  # also what is not known is another one
    "<": lambda column, value: column < value,
    ">=": lambda column, value: column >= value,
    "in": _any,
    "not in": lambda column, values: ~_any(column, values),
    "holds": lambda column, value: column.op("@>", return_type=sa.Boolean())(sa.cast([value], sa.ARRAY(sa.Text))),
    "lacks": lambda column, value: ~column.op("@>", return_type=sa.Boolean())(sa.cast([value], sa.ARRAY(sa.Text))),
    "empty": lambda column, _: sa.func.cardinality(column) == 0,
}


def _set(found: ExemplarSet) -> sa.ColumnElement[bool]:
    # A number of ours, and no parameter: an index of one set is used only where the query names that set.
    return exemplars.c.set_id == sa.literal_column(str(int(found.set_id)))


def _distance(column: sa.ColumnElement[Any], dim: int, query: Vectors) -> sa.ColumnElement[float]:
    given = f"[{','.join(map(str, query.tolist()))}]"
    half = HalfVector(dim)
    return sa.cast(column, half).op("<=>", return_type=sa.Float())(sa.cast(given, half))


def _look(connection: Connection, looked: int | None, *, iterative: bool) -> None:
    scan = "relaxed_order" if iterative else "off"
    # Where this is asked for, there are so many rows that to sort them all takes longer, whatever the server reckons.
    settings = {
        "enable_sort": "off",
        "enable_seqscan": "off",
        "hnsw.iterative_scan": scan,
        "hnsw.ef_search": str(min(looked or 40, MOST_LOOKED)),
    }
    for name, value in settings.items():
        connection.execute(sa.text("SELECT set_config(:name, :value, true)"), {"name": name, "value": value})


def _vectors(sent: Sequence[bytes], dim: int) -> Vectors:
    # As `halfvec_send` writes it: two numbers of two bytes, then the values, most significant byte first.
    values = np.frombuffer(b"".join(one[4:] for one in sent), dtype=">f2")
    return values.astype(np.float32).reshape(len(sent), dim)


@contextmanager
def there(engine: Engine) -> Iterator[Connection]:
    """One view of the database, in which it is said if the tables are gone."""
    with reading(engine) as connection, named():
        yield connection


@contextmanager
def named() -> Iterator[None]:
    """Say it in our words where the tables, their vectors or the extension's functions are gone."""
    try:
        yield
    except sa.exc.ProgrammingError as error:
        if getattr(error.orig, "sqlstate", "") in {"42P01", "42703", "42704", "42883"}:
            raise StoreError(GONE) from None
        raise
