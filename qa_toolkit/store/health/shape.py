"""What a database should consist of, learned from one that the migrations make anew, and what it lacks of that."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.store import migrations, walls
from qa_toolkit.store.engine import reading, writing
from qa_toolkit.store.health.finding import Finding, ok, wrong

MEND: Final = "qa-toolkit doctor --mend --project URL"
RENEW: Final = "qa-toolkit init --project URL"
Things = dict[tuple[str, str], str]  # kind and name to definition


@dataclass
class Shape:
    """What a database consists of: definitions, columns of tables, and what is there but switched off."""

    things: Things = field(default_factory=dict)
    columns: set[tuple[str, str]] = field(default_factory=set)
    off: set[tuple[str, str]] = field(default_factory=set)


class _Undone(Exception):  # noqa: N818 - no error: it takes the transaction back
    pass


def check(engine: Engine, revision: str) -> Iterator[Finding]:
    """Compare a database with what the migrations up to its schema make."""
    is_sqlite = engine.dialect.name == "sqlite"
    with reading(engine) as connection:
        here = _of_sqlite(connection) if is_sqlite else _of_server(connection)
    whole = _fresh_sqlite(revision) if is_sqlite else _fresh_server(engine, revision)
    for table, column in sorted(whole.columns - here.columns):
        yield wrong("tables", f"{table}.{column} is missing", "qa-toolkit restore --project NEW_URL BACKUP")
    for kind in sorted({kind for kind, _ in whole.things}):
        lacks = list(_lacking(kind, here, whole, is_sqlite))
        yield from lacks or [ok({"index": "indexes", "policy": "policies"}.get(kind, f"{kind}s"))]


def _lacking(kind: str, here: Shape, whole: Shape, is_sqlite: bool) -> Iterator[Finding]:
    for key, definition in sorted(whole.things.items()):
        if key[0] != kind:
            continue
        name = key[1]
        mend, sql = (RENEW, ()) if kind in WALLS else (MEND, (definition,))
        if key not in here.things:
            yield wrong(f"{kind} {name}", f"it is missing: {WHY[kind]}", mend, *sql)
        elif key in here.off:
            yield wrong(
                f"{kind} {name}", f"it is switched off: {WHY[kind]}", mend, *_switched_on(kind, name, definition)
            )
        elif _plain(here.things[key]) != _plain(definition):
            if kind in WALLS:
                yield wrong(f"{kind} {name}", f"it is of another release: {WHY[kind]}", RENEW)
                continue
            drop = f"DROP {kind.upper()} {name}" + ("" if is_sqlite or kind != "trigger" else " ON events")
            yield wrong(f"{kind} {name}", f"it is another one: {WHY[kind]}", mend, drop, definition)


WALLS: Final = ("policy", "function")
CATALOGUE: Final = {
    "columns": "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()",
    "index": """
        SELECT c.relname, pg_get_indexdef(c.oid), i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relnamespace = current_schema()::regnamespace
          AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)
    """,
    "trigger": """
        SELECT t.tgname, pg_get_triggerdef(t.oid), t.tgenabled <> 'D'
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
    """,
    "view": """
        SELECT relname, pg_get_viewdef(oid), coalesce('security_invoker=true' = ANY(reloptions), false)
        FROM pg_class WHERE relkind = 'v' AND relnamespace = current_schema()::regnamespace
    """,
    "function": """
        SELECT proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND probin IS NULL
    """,
    "policy": """
        SELECT tablename || ': ' || policyname, concat(qual, ' ', with_check) FROM pg_policies
        WHERE schemaname = current_schema()
        UNION ALL SELECT 'rows of ' || relname, '' FROM pg_class
        WHERE relrowsecurity AND relnamespace = current_schema()::regnamespace
    """,
}
WHY: Final = {
    "index": "what it serves is slow",
    "trigger": "events may be changed, or are not counted",
    "view": "what is current cannot be read, or not by its reader's rights",
    "policy": "people see, or write, what they should not",
    "function": "what it serves fails, or the walls let through what they should not",
}


def _switched_on(kind: str, name: str, definition: str) -> tuple[str, ...]:
    return (f"ALTER TABLE events ENABLE TRIGGER {name}",) if kind == "trigger" else (f"DROP INDEX {name}", definition)


def _plain(definition: str) -> str:
    return " ".join(definition.split())


# ---------------------------------------------------------------------- SQLite


def _of_sqlite(connection: Connection) -> Shape:
    shape = Shape()
    query = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%'"
    for kind, name, sql in connection.exec_driver_sql(query).all():
        if kind == "table":
            columns = connection.execute(sa.text("SELECT name FROM pragma_table_info(:table)"), {"table": name})
            shape.columns |= {(name, column) for column in columns.scalars()}
        else:
            shape.things[kind, name] = sql
    return shape


def _fresh_sqlite(revision: str) -> Shape:
    from qa_toolkit.store.dialects.sqlite import driver

    engine = sa.create_engine("sqlite://", module=driver(), poolclass=sa.StaticPool)
    try:
        with engine.begin() as connection:
            migrations.run(connection, revision)
            return _of_sqlite(connection)
    finally:
        engine.dispose()


# ---------------------------------------------------------------------- PostgreSQL


def _of_server(connection: Connection) -> Shape:
    schema = str(connection.exec_driver_sql("SELECT current_schema()").scalar())
    rows = {name: connection.exec_driver_sql(query).all() for name, query in CATALOGUE.items()}

    def plain(definition: str) -> str:
        return re.sub(rf'(?<!\w)"?{re.escape(schema)}"?\.', "", definition)

    shape = Shape(columns={(table, column) for table, column in rows["columns"]})
    for kind in ("index", "trigger"):
        shape.things |= {(kind, name): plain(definition) for name, definition, _ in rows[kind]}
        shape.off |= {(kind, name) for name, _, works in rows[kind] if not works}
    for name, definition, by_rights in rows["view"]:
        shape.things["view", name] = f"CREATE VIEW {name} AS {plain(definition)}"
        shape.things |= {("policy", f"security_invoker of {name}"): ""} if by_rights else {}
    for kind in WALLS:
        shape.things |= {(kind, name): plain(definition) for name, definition in rows[kind]}
    return shape


def _fresh_server(engine: Engine, revision: str) -> Shape:
    """Make a project in a schema of its own, look at it, and take it back."""
    found: list[Shape] = []
    schema = f"qa_doctor_{secrets.token_hex(4)}"
    try:
        with writing(engine) as connection:
            walled = walls.stand(connection)
            connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
            connection.exec_driver_sql(f"SET LOCAL search_path = {schema}")
            migrations.run(connection, revision)
            if walled:
                walls.renew(connection)
            found.append(_of_server(connection))
            raise _Undone
    except _Undone:
        return found[0]


def mend(engine: Engine, findings: list[Finding]) -> list[str]:
    """Run what mends findings, in one transaction, and return which checks they were of."""
    with writing(engine) as connection:
        for finding in findings:
            for statement in finding.sql:
                connection.execute(sa.text(statement.replace(":", r"\:")))
    return [finding.check for finding in findings if finding.sql]
