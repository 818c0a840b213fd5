"""Walls between people who share a PostgreSQL: groups, and policies on rows that the server itself holds.

They stand once `qa-toolkit init` has put them up, and bind every login but the owner of the tables, whatever program it
comes with. SQLite has none: who can read the file can read all of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store.engine import writing
from qa_toolkit.store.exemplar_tables import TABLES as SEARCHED
from qa_toolkit.store.walls import functions, policies
from qa_toolkit.store.walls.policies import GROUPS, ROLES, WHO_SEARCHES

__all__ = ["GROUPS", "ROLES", "Walls", "lend", "owns", "put_up", "quoted", "renew", "stand", "take_back"]

OLDEST: Final = 150_000  # a view can keep to the rights of its reader since PostgreSQL 15
NO_OWNER: Final = "only who owns the tables of the project can do this"


@dataclass(frozen=True)
class Walls:
    """What `put_up` did.

    Parameters
    ----------
    groups : tuple of str
        Those that it made; others were there.
    notes : tuple of str
        What an administrator should still do.
    """

    groups: tuple[str, ...]
    notes: tuple[str, ...] = ()


def stand(connection: Connection) -> bool:
    """Whether the walls of this project are up."""
    if connection.dialect.name != "postgresql":
        return False
    query = "SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass('events')"
    return bool(connection.exec_driver_sql(query).scalar())


def put_up(engine: Engine) -> Walls:
    """Make the groups that are missing, and the policies of this release; again, it changes nothing.

    Raises
    ------
    StoreError
        If this login lacks the rights; the message holds the commands for an administrator.
    """
    with writing(engine) as connection:
        _check(connection)
        made = _make_groups(connection)
        renew(connection)
        return Walls(tuple(made), tuple(_notes(connection)))


def renew(connection: Connection) -> None:
    """Put the policies of this release in the place of those that there are."""
    schema = _schema(connection)
    old = sa.text("SELECT tablename, policyname FROM pg_policies WHERE schemaname = current_schema()")
    for table, policy in connection.execute(old).all():
        if policy.startswith("qa_"):
            connection.exec_driver_sql(f"DROP POLICY {policy} ON {schema}.{table}")
    for statement in functions.statements(schema):
        _execute(connection, statement)
    for statement in policies.statements(schema, _tables(connection)):
        _execute(connection, statement)
    _raise_counting(connection, schema)
    lend(connection)


def lend(connection: Connection) -> None:
    """Give the tables that suggestions are searched in to who may search, and to nobody else."""
    schema, there = _schema(connection), set(_tables(connection))
    found = [f"{schema}.{table}" for table in SEARCHED if table in there]
    people = "SELECT p.login, p.role FROM people p JOIN pg_roles r ON r.rolname = p.login"
    for login, role in connection.exec_driver_sql(people).all() if found else ():
        connection.exec_driver_sql(f"REVOKE ALL ON {', '.join(found)} FROM {quoted(connection, login)}")
        if role in WHO_SEARCHES:
            rights = f"GRANT {WHO_SEARCHES[role]} ON {', '.join(found)} TO {quoted(connection, login)}"
            connection.exec_driver_sql(rights)


def take_back(connection: Connection, login: str) -> None:
    """Take from a login what `lend` gave it."""
    schema, there = _schema(connection), set(_tables(connection))
    found = [f"{schema}.{table}" for table in SEARCHED if table in there]
    known = connection.execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :login"), {"login": login}).first()
    if found and known:
        connection.exec_driver_sql(f"REVOKE ALL ON {', '.join(found)} FROM {quoted(connection, login)}")


def _execute(connection: Connection, statement: str) -> None:
    connection.execute(sa.text(statement.replace(":", r"\:")))


def _check(connection: Connection) -> None:
    version: Any = connection.exec_driver_sql("SHOW server_version_num").scalar()
    if int(version) < OLDEST:
        raise StoreError(f"roles need PostgreSQL 15 or later, and this server is {int(version) // 10_000}; update it")
    if not owns(connection):
        raise StoreError(f"{NO_OWNER}; log in as that user")


def owns(connection: Connection, login: str = "") -> bool:
    """Whether a login, or the present one, has the rights of who owns the tables."""
    query = """
        SELECT pg_has_role(coalesce(nullif(:login, ''), current_user)::name, relowner, 'USAGE')
        FROM pg_class WHERE oid = to_regclass('events')
    """
    return bool(connection.execute(sa.text(query), {"login": login}).scalar())


def _make_groups(connection: Connection) -> list[str]:
    known = set(connection.execute(sa.text("SELECT rolname FROM pg_roles WHERE rolname LIKE 'qa\\_%'")).scalars())
    missing = [name for name in GROUPS if name not in known]
    may = "SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user"
    if missing and not connection.exec_driver_sql(may).scalar():
        user = quoted(connection, str(connection.exec_driver_sql("SELECT current_user").scalar()))
        commands = [*(f"CREATE ROLE {name} NOLOGIN;" for name in missing), f"ALTER ROLE {user} CREATEROLE;"]
        commands.append(f"GRANT {', '.join(GROUPS)} TO {user} WITH ADMIN OPTION;")
        raise StoreError(
            "the project is there, but not the roles of a team: this login may not make roles. Ask whoever runs the "
            "server to run this, then run qa-toolkit init again:\n  " + "\n  ".join(commands)
        )
    for name in missing:
        connection.exec_driver_sql(f"CREATE ROLE {name} NOLOGIN")
    return missing


def _schema(connection: Connection) -> str:
    return quoted(connection, str(connection.exec_driver_sql("SELECT current_schema()").scalar()))


def quoted(connection: Connection, name: str) -> str:
    """Return a name as an identifier."""
    return connection.dialect.identifier_preparer.quote_identifier(name)


def _tables(connection: Connection) -> list[str]:
    inspector = sa.inspect(connection)
    return [*inspector.get_table_names(), "current_events"]


def _raise_counting(connection: Connection, schema: str) -> None:
    """Let the trigger that counts events do it whoever writes; nobody else may touch the counter."""
    query = """
        SELECT p.proname FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE t.tgrelid = to_regclass('events') AND p.proname IN ('count_event', 'count_events')
    """
    for name in connection.exec_driver_sql(query).scalars().all():
        path = f"{schema}, pg_catalog, pg_temp"
        connection.exec_driver_sql(f"ALTER FUNCTION {schema}.{name}() SECURITY DEFINER SET search_path = {path}")


def _notes(connection: Connection) -> list[str]:
    """Say who could make tables or functions beside those of the project."""
    query = """
        SELECT count(*) FROM pg_namespace n, aclexplode(n.nspacl) a
        WHERE n.nspname = current_schema() AND a.grantee = 0 AND a.privilege_type = 'CREATE'
    """
    if not connection.exec_driver_sql(query).scalar():
        return []
    schema = _schema(connection)
    return [f"all may make tables in the schema; the administrator runs: REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC;"]
