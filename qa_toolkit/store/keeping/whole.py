"""All rows of a project, a few at a time: what copies, backups and restoring stand on.

A row is a tuple of plain values. JSON is carried as the text that the database holds, so that nothing about it changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.errors import StoreError
from qa_toolkit.store import tables
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.migrations import revision_of

ROWS: Final = 1000  # in one fetch, and in one insert
TYPES: Final[dict[str, Any]] = {  # more specific ones first
    "time": tables.UtcDateTime(),
    "json": sa.JSON(),
    "bytes": sa.LargeBinary(),
    "boolean": sa.Boolean(),
    "number": sa.BigInteger(),
    "float": sa.Float(),
    "text": sa.Text(),
}
GENERAL: Final[dict[str, Any]] = {"number": sa.Integer, "text": sa.String}  # what columns may also be
ORDERS: Final = {"events": "event_id", "conversations": "number"}  # of others, as the database has them

Row = tuple[Any, ...]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Shape:
    """A table: its name, its columns with the kind of their values (a key of `TYPES`), and those that are indexed."""

    name: str
    columns: dict[str, str]
    keys: frozenset[str] = frozenset()

    @property
    def table(self) -> sa.TableClause:
        """The table for statements; JSON goes in as text."""
        columns = (sa.column(n, TYPES["text" if kind == "json" else kind]) for n, kind in self.columns.items())
        return sa.table(self.name, *columns)


@dataclass(frozen=True)
class Whole:
    """What there is of a project.

    Parameters
    ----------
    revision : str
        Its schema.
    last : int
        Number of the newest event that was ever written.
    sizes : dict of str to int
        Rows of each table.
    shapes : list of Shape
        In an order in which rows can be inserted.
    """

    revision: str
    last: int
    sizes: dict[str, int]
    shapes: list[Shape] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many there are in all."""
        return sum(self.sizes.values())


Part = tuple[Shape, list[Row]]


def describe(connection: Connection) -> Whole:
    """Return what there is in a database of this release or an older one.

    Raises
    ------
    StoreError
        If it holds no project, or this user sees only a part of it.
    """
    revision = revision_of(connection)
    if revision is None:
        raise StoreError("the database holds no project; check the name")
    dialect_of(connection).see_all(connection)
    shapes = _shapes(connection)
    sizes = {s.name: connection.execute(sa.select(sa.func.count()).select_from(s.table)).scalar_one() for s in shapes}
    return Whole(revision, dialect_of(connection).last_number(connection), sizes, shapes)


def _shapes(connection: Connection) -> list[Shape]:
    """Return the tables that are there with the columns that are there: an older release has fewer."""
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    found = []
    for table in tables.metadata.sorted_tables:
        if table.name in there:
            names = {column["name"] for column in inspector.get_columns(table.name)}
            columns = {str(c.name): _kind(c.type) for c in table.columns if c.name in names}
            found.append(Shape(str(table.name), columns, keys_of(table)))
    return found


def keys_of(table: sa.Table) -> frozenset[str]:
    """Return the columns that an index holds."""
    unique = (c for c in table.constraints if isinstance(c, sa.UniqueConstraint | sa.PrimaryKeyConstraint))
    return frozenset(column.name for group in (*unique, *table.indexes) for column in group.columns)


def _kind(of: Any) -> str:
    for name, kind in TYPES.items():
        if isinstance(of, GENERAL.get(name, type(kind))):
            return name
    raise TypeError(f"no kind of value is known for {of!r}")


def read(connection: Connection, whole: Whole) -> Iterator[Part]:
    """Yield all rows, table after table, in the order of `Whole.shapes`."""
    for shape in whole.shapes:
        columns = (
            sa.cast(sa.column(n), sa.Text) if kind == "json" else sa.column(n, TYPES[kind])
            for n, kind in shape.columns.items()
        )
        query = sa.select(*columns).select_from(shape.table).execution_options(yield_per=ROWS)
        order = ORDERS.get(shape.name)
        if order in shape.columns:
            query = query.order_by(sa.column(order))
        for rows in connection.execute(query).partitions():
            yield shape, [tuple(row) for row in rows]


def write(connection: Connection, parts: Iterable[Part]) -> dict[str, int]:
    """Insert rows into tables that are there, and return how many of each."""
    counts: dict[str, int] = {}
    insert_many = dialect_of(connection).insert_many
    for shape, rows in parts:
        names = tuple(shape.columns)
        insert_many(connection, shape.table, [dict(zip(names, row, strict=True)) for row in rows])
        counts[shape.name] = counts.get(shape.name, 0) + len(rows)
    return counts


def metered(parts: Iterable[Part], total: int, progress: Progress | None, done: int = 0) -> Iterator[Part]:
    """Pass parts on, and say how many rows were taken."""
    for part in parts:
        yield part
        done += len(part[1])
        if progress:
            progress(done, total)
