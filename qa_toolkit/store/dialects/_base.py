"""What a kind of database has to say of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

NO_JSON = "labels and plans take text, numbers, lists and objects only; convert the rest"


class Dialect(ABC):
    """One kind of database.

    Attributes
    ----------
    name : str
        As SQLAlchemy calls it.
    drivers : tuple of str
        Beginnings of its URLs.
    reading : dict
        Execution options of a transaction that only reads.
    on_server : bool
        Whether another process does the work.
    takes_all : bool
        Whether every value that another kind of database holds can be stored.
    """

    name: str
    drivers: tuple[str, ...]
    reading: ClassVar[dict[str, Any]]
    on_server: bool
    takes_all: bool

    @abstractmethod
    def make_engine(self, url: sa.URL, create: bool) -> Engine:
        """Make an engine whose acknowledged writes survive a crash, and check what can be without connecting."""

    @abstractmethod
    def place(self, url: sa.URL) -> str:
        """Name the database in a message."""

    @abstractmethod
    def probe(self, connection: Connection) -> None:
        """Raise an error if this database cannot hold a project."""

    @abstractmethod
    def begin(self, connection: Connection, lock: str | None) -> None:
        """Begin a transaction: one that reads, or one that nobody else with the same lock writes beside."""

    @abstractmethod
    def committed(self, connection: Connection) -> None:
        """Raise an error if what was committed went nowhere."""

    @abstractmethod
    def advice(self, error: BaseException) -> str | None:
        """Say what the driver's error means and what to do; None if the error is not the driver's."""

    @abstractmethod
    def insert_new(self, connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Insert rows that all have the same columns, and pass over those whose key is there already."""

    def insert_many(self, connection: Connection, table: sa.TableClause, rows: list[dict[str, Any]]) -> None:
        """Insert rows that all have the same columns."""
        connection.execute(table.insert(), rows)

    @abstractmethod
    def see_all(self, connection: Connection) -> None:
        """Have this transaction fail where it would be shown only a part of the rows."""

    @abstractmethod
    def begin_loading(self, connection: Connection) -> None:
        """Prepare a transaction for events that are numbered already, a great many of them."""

    @abstractmethod
    def end_loading(self, connection: Connection, last: int) -> None:
        """Go on counting where rows that were loaded end; the newest event ever written was number `last`."""

    @abstractmethod
    def misfit(self, kind: str, value: Any, is_key: bool) -> str | None:
        """Say what this database cannot store about a value that is not null, if it cannot.

        Parameters
        ----------
        kind : str
            ``text``, ``json`` (as text) or another; see `qa_toolkit.store.keeping.whole.Shape`.
        value : object
        is_key : bool
            Whether an index holds it.
        """

    @abstractmethod
    def last(self) -> sa.ScalarSelect[int]:
        """Return the query for the number of the newest event that was ever written; see `last_number`."""

    def last_number(self, connection: Connection) -> int:
        """Return the number of the newest event that was ever written, also when it was taken out since; or 0."""
        return connection.execute(sa.select(self.last())).scalar() or 0

    @abstractmethod
    def rating_word(self, kind: sa.ColumnElement[Any], payload: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Return the word of a rating from the kind and the payload of an event; NULL where there is none."""

    @abstractmethod
    def json_list(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Gather the values of a group as the text of a JSON list."""

    @abstractmethod
    def listed(self, number: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
        """Gather the numbers of a group as a text, with commas between them."""

    @abstractmethod
    def microseconds(self, time: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
        """Return a time as whole microseconds since 1970 in UTC."""

    @abstractmethod
    def refusal(self, head: dict[str, Any], body: list[dict[str, Any]]) -> str | None:
        """Say why this database cannot hold a conversation and its messages as they are, if it cannot."""

    @abstractmethod
    def overwrite_deleted(self, connection: Connection) -> None:
        """Have what this transaction deletes overwritten, where the database can."""

    @abstractmethod
    def rewrite(self, connection: Any) -> None:
        """Write the database anew, on a connection of the driver, so that its files hold nothing that was deleted."""
