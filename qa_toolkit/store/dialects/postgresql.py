"""PostgreSQL through psycopg: one database for a team."""

from __future__ import annotations

import json
import math
import select
from collections.abc import Iterator
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store.dialects._base import NO_JSON, Dialect

BUSY_SECONDS = 30
STALLED_SECONDS = 60  # after which a writer that does nothing, such as a stopped kernel, loses its lock
LONGEST_ID = 1000  # bytes; an index takes 2,700 for all of its columns together
KEEPALIVES = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 3}
CONNECT = {"connect_timeout": 10, "application_name": "qa-toolkit", **KEEPALIVES}
LOCKS = {"project": 1, "texts": 2, "exemplars": 3}  # the second half of the number of an advisory lock
LOCK = "pg_advisory_xact_lock(1902212203, {})"  # the first half, no other program's
WITH_TEXTS = ("conversations", "messages", "vectors", "samples", "sample_items")
MAINTAINED = 170_000  # the release of PostgreSQL that lends the right to VACUUM
SEARCHED = ("exemplars", "exemplar_words")  # only where pgvector searches
LOST = "the connection to the server was lost; send this again, what was saved already is not saved twice"
UNREACHED = "the server cannot be reached, or does not let you in; check the URL, and whether the server runs"
WITHOUT_NUMBER = (  # errors by signs in what psycopg says of them
    ("starting up", "the server is starting; try again in a moment"),
    ("not yet accepting connections", "the server is starting; try again in a moment"),
    ("shutting down", "the server is being stopped; try again when it runs"),
    ("does not exist", "the server has no such database or login; check both in the URL"),
    ("connection failed", UNREACHED),
    ("connection is bad", UNREACHED),
    ("consuming input", LOST),
    ("flushing failed", LOST),
    ("sending ", LOST),
    ("server closed", LOST),
    ("the connection is", LOST),
    ("socket closed", LOST),
)
NO_NUMBERS = ("NaN", "Infinity")
SEQUENCES = """
    SELECT c.relname, a.attname, pg_get_serial_sequence(quote_ident(c.relname), a.attname)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND pg_table_is_visible(c.oid) AND c.relnamespace = current_schema()::regnamespace
      AND pg_get_serial_sequence(quote_ident(c.relname), a.attname) IS NOT NULL
"""
REFUSED = "QA001"  # by the guard of the log, whose words hold nothing of a row
ADVICE = {  # by SQLSTATE, or by its first two characters
    "08": LOST,
    "22": "it holds something that PostgreSQL does not store, such as the character U+0000; take it out",
    "23503": "a conversation in it is not in the project; import it first",
    "25006": "this database is read-only, such as a copy that follows another; use the one that takes writes",
    "40": "another program wrote at the same moment; try again",
    "42501": "the role of this login may not do that here; ask a lead of the project, or its owner",
    "53100": "the disk of the server is full; nothing of this act was saved, free some room and try again",
    "53": "the server has no more room for this; try again later, or ask whoever runs it",
    "54": "an id or a name in it is too long for PostgreSQL; shorten it",
    "55P03": "another program holds the database; close it or try again",
    "57": "the server stopped this; try again",
}


class PostgreSQL(Dialect):
    """A database on a server: writers take an advisory lock, so that events are numbered without a gap."""

    name = "postgresql"
    drivers = ("postgresql", "postgresql+psycopg")
    reading: ClassVar[dict[str, Any]] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    on_server = True
    takes_all = False

    def make_engine(self, url: sa.URL, create: bool) -> Engine:  # noqa: ARG002 - whether it is there shows later
        """Make the engine; psycopg must be installed."""
        if not url.database:
            raise StoreError("the URL names no database; write postgresql://user@host/database")
        try:
            engine = sa.create_engine(
                url.set(drivername="postgresql+psycopg"),
                connect_args={name: value for name, value in CONNECT.items() if name not in url.query},
                json_serializer=_json,
                hide_parameters=True,
            )
        except ImportError as error:
            raise StoreError(
                f"PostgreSQL needs psycopg ({error}); install it with: pip install 'qa-toolkit[postgresql]'"
            ) from error
        engine.dialect.use_insertmanyvalues_wo_returning = True  # many rows in one statement, not one each
        sa.event.listen(engine, "connect", _set_up)
        sa.event.listen(engine, "checkout", _refuse_lost)
        return engine

    def place(self, url: sa.URL) -> str:
        """Return the database and its host."""
        return f"the database {url.database!r} on {url.host or url.query.get('host') or 'this machine'}"

    def probe(self, connection: Connection) -> None:
        """Refuse a database that cannot hold every character."""
        encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
        if encoding != "UTF8":
            raise StoreError(f"it is encoded as {encoding}, which lacks characters; make one WITH ENCODING 'UTF8'")

    def begin(self, connection: Connection, lock: str | None) -> None:
        """Wait for the lock until the end of the transaction; the driver has sent BEGIN."""
        if lock:
            stalled = f"set_config('idle_in_transaction_session_timeout', '{STALLED_SECONDS}s', true)"
            connection.exec_driver_sql(f"SELECT {stalled}, {LOCK.format(LOCKS[lock])}")

    def committed(self, connection: Connection) -> None:
        """Trust the server."""

    def advice(self, error: BaseException) -> str | None:
        """Find the kind of error by its number: the server's words can hold customer text, and any language."""
        import psycopg

        if not isinstance(error, psycopg.Error):
            return None
        state, said = error.sqlstate or "", error.diag.message_primary or ""
        if state == REFUSED:
            return said
        if "events are " in said:  # by our own triggers
            return f"the log of events cannot be changed; append an undo instead ({said})"
        if not state and isinstance(error, psycopg.OperationalError):
            words = " ".join(str(error).split())
            return f"{next((advice for sign, advice in WITHOUT_NUMBER if sign in words), UNREACHED)} ({words})"
        found = ADVICE.get(state) or ADVICE.get(state[:2] or "22")
        return f"{found or 'the database refused'} ({type(error).__name__} {state})"

    def insert_new(self, connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Send all values in one statement, a list for each column; row by row takes twice as long."""
        lists = {name: [row[name] for row in rows] for name in rows[0]}
        given = (sa.bindparam(name, found, postgresql.ARRAY(table.c[name].type)) for name, found in lists.items())
        query = postgresql.insert(table).from_select([*lists], sa.select(*map(sa.func.unnest, given)))
        connection.execute(query.on_conflict_do_nothing())

    def insert_many(self, connection: Connection, table: sa.TableClause, rows: list[dict[str, Any]]) -> None:
        """Use COPY, which costs two thirds of the time, and which the server refuses behind walls."""
        import psycopg

        walled = sa.func.row_security_active(sa.func.to_regclass(table.name))
        if connection.execute(sa.select(walled)).scalar():
            super().insert_many(connection, table, rows)
            return

        driver: Any = connection.connection.driver_connection
        quote = connection.dialect.identifier_preparer.quote
        columns = {name: isinstance(table.c[name].type, sa.JSON) for name in rows[0]}
        query = f"COPY {quote(table.name)} ({', '.join(map(quote, columns))}) FROM STDIN"
        try:
            with driver.cursor() as cursor, cursor.copy(query) as copy:
                for row in rows:
                    values = [(row[name], nested) for name, nested in columns.items()]
                    copy.write_row([_json(v) if nested and v is not None else v for v, nested in values])
        except psycopg.Error as error:  # what it says holds the row
            raise StoreError(f"{self.advice(error)}.") from None

    def see_all(self, connection: Connection) -> None:
        """Have row-level security raise an error in place of passing over rows."""
        connection.exec_driver_sql("SET LOCAL row_security = off")

    def begin_loading(self, connection: Connection) -> None:
        """Put off counting: of one row that is updated in one transaction, each version is read again for the next."""
        connection.exec_driver_sql("ALTER TABLE events DISABLE TRIGGER events_count")

    def end_loading(self, connection: Connection, last: int) -> None:
        """Set the counter, and sequences of other tables; tell the planner what there is."""
        connection.execute(sa.text("UPDATE event_counter SET last = :last"), {"last": last})
        connection.exec_driver_sql("ALTER TABLE events ENABLE TRIGGER events_count")
        for table, column, sequence in connection.exec_driver_sql(SEQUENCES).all():
            newest = connection.execute(sa.select(sa.func.max(sa.column(column))).select_from(sa.table(table))).scalar()
            if newest is not None:
                connection.execute(sa.select(sa.func.setval(sequence, newest)))
        connection.exec_driver_sql("ANALYZE")

    def misfit(self, kind: str, value: Any, is_key: bool) -> str | None:
        """Find U+0000, what is longer than an index takes, and numbers that are none."""
        if not isinstance(value, str):
            return None
        if "\x00" in value:
            return "the character U+0000"
        if is_key and len(value.encode()) > LONGEST_ID:
            return f"an id or a name of more than {LONGEST_ID:,} bytes"
        if kind == "json" and any(word in value for word in NO_NUMBERS) and not _is_plain_json(value):
            return "a number that is none (NaN or Infinity)"
        return None

    def last(self) -> sa.ScalarSelect[int]:
        """Read the counter that a trigger keeps; a sequence would go on after a rollback."""
        return sa.select(sa.table("event_counter", sa.column("last", sa.BigInteger)).c.last).scalar_subquery()

    def rating_word(self, kind: sa.ColumnElement[Any], payload: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:  # noqa: ARG002
        """Look for it: the server's own JSON does not take the character U+0000, which a comment beside it may hold.

        What is within a text has a backslash before each of its quotes, so nothing that was typed can look like this.
        """
        after = sa.func.split_part(payload, '"rating":"', 2)  # a regular expression takes ten times as long
        return sa.func.nullif(sa.func.split_part(after, '"', 1), "", type_=sa.String)

    def json_list(self, column: sa.ColumnElement[Any]) -> sa.ColumnElement[str]:
        """Use json_agg."""
        return sa.cast(sa.func.json_agg(column), sa.Text)

    def listed(self, number: sa.ColumnElement[int]) -> sa.ColumnElement[str]:
        """Use string_agg."""
        return sa.func.string_agg(sa.cast(number, sa.Text), ",")

    def microseconds(self, time: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
        """Use the epoch as a double, which tells microseconds apart until the year 2255; numerics are slow."""
        return sa.cast(sa.func.date_part("epoch", time) * 1_000_000, sa.BigInteger)

    def refusal(self, head: dict[str, Any], body: list[dict[str, Any]]) -> str | None:
        """Refuse U+0000 in texts, numbers in labels that are none, and ids that no index takes."""
        if len(head["conversation_id"].encode()) > LONGEST_ID:
            return f"has an id of more than {LONGEST_ID:,} bytes, which PostgreSQL cannot index; shorten it"
        texts = (*head.values(), *(message[name] for message in body for name in ("text", "author")))
        if any("\x00" in text for text in texts if isinstance(text, str)):
            return "holds the character U+0000, which PostgreSQL does not store; take it out of the file"
        if not all(map(math.isfinite, _floats([head["labels"], *(message["extra"] for message in body)]))):
            return "holds a number that is none (NaN or Infinity), which PostgreSQL does not store; take it out"
        return None

    def overwrite_deleted(self, connection: Connection) -> None:
        """Leave it to `rewrite`: a server overwrites nothing."""

    def rewrite(self, connection: Any) -> None:
        """Write tables with texts anew; a plain VACUUM would only mark the room as free."""
        connection.autocommit = True
        try:
            made = connection.execute("SELECT to_regclass('exemplar_words') IS NOT NULL").fetchone()[0]
            names = [*WITH_TEXTS, *SEARCHED * made]
            _refuse_skipping(connection, names)
            for table in names:
                connection.execute(f"VACUUM FULL {table}")
        finally:
            connection.autocommit = False


def _refuse_skipping(connection: Any, names: list[str]) -> None:
    """Raise an error where VACUUM would pass over a table with a warning, which nobody sees."""
    may = "pg_has_role(c.relowner, 'USAGE') OR pg_has_role(d.datdba, 'USAGE')"
    if connection.info.server_version >= MAINTAINED:
        may += " OR has_table_privilege(c.oid, 'MAINTAIN')"
    query = f"""
        SELECT pg_get_userbyid(c.relowner) FROM pg_class c, pg_database d
        WHERE d.datname = current_database() AND c.oid = ANY(%s::regclass[]::oid[]) AND NOT ({may})
    """  # noqa: S608 - nothing from outside is in it
    owner = connection.execute(query, [names]).fetchone()
    if owner:
        raise StoreError(f"only {owner[0]!r}, who owns the tables, may write them anew: log in as that user")


def _is_plain_json(text: str) -> bool:
    found: list[str] = []
    json.loads(text, parse_constant=found.append)
    return not found


def _json(value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:  # psycopg would let it pass as it is
        raise StoreError(f"{NO_JSON} ({error}).") from None


def _floats(value: Any) -> Iterator[float]:
    """Yield the floats in nested dicts and lists."""
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _floats(item)


def _refuse_lost(connection: Any, *_: Any) -> None:
    """Have another made for a connection that the server has closed: a notebook stays open longer than many of them.

    To ask the server would take a round trip each time; that a connection was closed lies in its socket.
    """
    import psycopg

    try:
        while select.select([connection.fileno()], [], [], 0)[0]:
            connection.pgconn.consume_input()
    except (psycopg.OperationalError, OSError):
        raise sa.exc.DisconnectionError from None


def _set_up(connection: Any, record: Any) -> None:  # noqa: ARG001
    # What was acknowledged must be on disk, also where somebody has made the server faster and less sure.
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.execute(f"SELECT set_config('lock_timeout', '{BUSY_SECONDS}s', false)")
    connection.commit()
