"""The tables that PostgreSQL searches exemplars in, where the extension pgvector is: made when they are first needed.

They hold nothing that is not made from the log and the texts, so they belong to no migration: a server without the
extension lacks them, and whoever loses them makes them anew.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.engine import Connection
from sqlalchemy.types import UserDefinedType

TABLES: Final = ("exemplar_sets", "exemplars", "exemplar_words")
LEAST_VERSION: Final = (0, 8)  # of the extension; from there on an index goes on looking where a filter thins out
VECTORS: Final = ("situation", "answer")


class HalfVector(UserDefinedType[Any]):
    """A vector of half-precision numbers; it goes in as text and comes out through `halfvec_send`.

    Parameters
    ----------
    dim : int, optional
        Its length, where an index has to know.
    """

    cache_ok = True

    def __init__(self, dim: int | None = None) -> None:
        self.dim = dim

    def get_col_spec(self, **_: Any) -> str:
        """Return the name of the type."""
        return "halfvec" if self.dim is None else f"halfvec({int(self.dim)})"


exemplars = sa.Table(
    "exemplars",
    sa.MetaData(),
    sa.Column("set_id", sa.Integer),
    sa.Column("exemplar_id", sa.String),
    sa.Column("digest", sa.String),
    sa.Column("conversation_id", sa.String),
    sa.Column("agent", sa.String),
    sa.Column("team", sa.String),
    sa.Column("channel", sa.String),
    sa.Column("language", sa.String),
    sa.Column("source", sa.String),
    sa.Column("sent_at", sa.DateTime(timezone=True)),
    sa.Column("commandments", ARRAY(sa.String)),
    sa.Column("failed_for", ARRAY(sa.String)),
    sa.Column("length", sa.Integer),
    sa.Column("words", TSVECTOR),
    sa.Column("situation", HalfVector),
    sa.Column("answer", HalfVector),
)
_MAKE: Final = (
    """CREATE TABLE IF NOT EXISTS exemplar_sets (
        set_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        model text COLLATE "C" NOT NULL,
        made_of text COLLATE "C" NOT NULL,
        dim integer NOT NULL,
        seen bigint[] NOT NULL,
        n bigint NOT NULL DEFAULT 0,
        length bigint NOT NULL DEFAULT 0,
        looked integer,
        recall double precision,
        UNIQUE (model, made_of))""",
    # MAIN: a vector that is kept apart from its row takes several times as long to compare.
    """CREATE TABLE IF NOT EXISTS exemplars (
        set_id integer NOT NULL REFERENCES exemplar_sets ON DELETE CASCADE,
        exemplar_id text COLLATE "C" NOT NULL,
        digest text COLLATE "C" NOT NULL,
        conversation_id text COLLATE "C" NOT NULL,
        agent text COLLATE "C",
        team text COLLATE "C",
        channel text COLLATE "C",
        language text COLLATE "C",
        source text COLLATE "C" NOT NULL,
        sent_at timestamptz,
        commandments text[] COLLATE "C" NOT NULL,
        failed_for text[] COLLATE "C" NOT NULL,
        length integer NOT NULL,
        words tsvector NOT NULL,
        situation halfvec STORAGE MAIN NOT NULL,
        answer halfvec STORAGE MAIN NOT NULL,
        PRIMARY KEY (set_id, exemplar_id))""",
    "CREATE INDEX IF NOT EXISTS ix_exemplars_agent ON exemplars (set_id, agent)",
    "CREATE INDEX IF NOT EXISTS ix_exemplars_team ON exemplars (set_id, team)",
    "CREATE INDEX IF NOT EXISTS ix_exemplars_conversation ON exemplars (conversation_id)",
    "CREATE INDEX IF NOT EXISTS ix_exemplars_words ON exemplars USING gin (words) WITH (fastupdate = off)",
    # In how many exemplars a word is: what a rare word weighs.
    """CREATE TABLE IF NOT EXISTS exemplar_words (
        set_id integer NOT NULL REFERENCES exemplar_sets ON DELETE CASCADE,
        word text COLLATE "C" NOT NULL,
        n bigint NOT NULL,
        PRIMARY KEY (set_id, word))""",
)
_STATE: Final = """
SELECT (SELECT extversion FROM pg_extension WHERE extname = 'vector') AS version,
    EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS there,
    (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('exemplars')
        AND attname IN ('situation', 'answer') AND NOT attisdropped) = 2 AS made,
    to_regclass('exemplars') IS NOT NULL AS begun,
    has_schema_privilege(current_schema(), 'CREATE') AS may_make,
    CASE WHEN to_regclass('exemplars') IS NULL THEN false
        ELSE has_table_privilege(to_regclass('exemplars'), 'SELECT') END AS may_read
"""
MISSED: Final = "suggestions are searched for in the memory of each notebook, which reads all vectors when it begins"


def problem(connection: Connection) -> str:
    """Return why exemplars cannot be searched on this server, with what to do about it; "" if they can."""
    state = connection.execute(sa.text(_STATE)).one()
    if state.version is None:
        first = "" if state.there else "install pgvector on the server, such as its package postgresql-18-pgvector; "
        return (
            f"the extension pgvector is not in this database, so {MISSED}; {first}a superuser of the server runs in "
            "it: CREATE EXTENSION vector"
        )
    if _numbers(state.version) < LEAST_VERSION:
        return (
            f"pgvector is {state.version} here, and searching needs 0.8, so {MISSED}; a superuser runs in this "
            "database: ALTER EXTENSION vector UPDATE"
        )
    if not (state.made and state.may_read) and not state.may_make:
        return (
            f"this user may not make or read the tables that pgvector searches, so {MISSED}; whoever owns the database "
            "runs: qa-toolkit embed"
        )
    return ""


def made(connection: Connection) -> bool:
    """Return whether the tables are there whole: who drops the extension takes the vectors out of them."""
    return bool(connection.execute(sa.text(_STATE)).one().made)


def make(connection: Connection) -> None:
    """Make the tables, and anew what is left of them without vectors."""
    if not made(connection):
        connection.execute(sa.text(f"DROP TABLE IF EXISTS {', '.join(TABLES)}"))
        for statement in _MAKE:
            connection.execute(sa.text(statement))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part.isdecimal())
