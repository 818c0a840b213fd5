"""Bring a database to the schema of this release, or say why not."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store import walls
from qa_toolkit.store.engine import reading, writing

HEAD = "0011"
NEWER = "was made by a newer release; update with: pip install -U qa-toolkit"


def upgrade(engine: Engine, create: bool = True) -> None:
    """Run the migrations that the database lacks, all in one transaction.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    create : bool
        Whether an empty database becomes a project.

    Raises
    ------
    StoreError
        If the database belongs to another program or to a newer release, or is empty and stays so.
    """
    with reading(engine) as connection:
        revision = revision_of(connection)
    if revision == HEAD:
        return  # the common case, without the cost of importing Alembic
    if revision is None and not create:
        raise StoreError(
            "the database holds no project; check the name, or make one in it with: qa-toolkit init --project URL"
        )
    with writing(engine) as connection:
        revision = revision_of(connection)
        if revision == HEAD:  # another process was faster
            return
        _refuse_guest(connection, revision)
        run(connection)
        if walls.stand(connection):  # what is new is behind them too
            walls.renew(connection)


def revision_of(connection: Connection) -> str | None:
    """Return the schema of a database; None if it is empty.

    Raises
    ------
    StoreError
        If it holds tables of another program.
    """
    names = set(sa.inspect(connection).get_table_names())
    if {"alembic_version", "conversations", "events"} <= names:
        return str(connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar())
    if names:
        raise StoreError(
            f"the database holds tables of another program ({', '.join(sorted(names)[:3])}); use one of its own"
        )
    return None


def _refuse_guest(connection: Connection, revision: str | None) -> None:
    if revision and revision < HEAD and connection.dialect.name == "postgresql" and not walls.owns(connection):
        raise StoreError(
            f"the database has the tables of an older release ({revision}; this one needs {HEAD}), and only their "
            "owner may change that; ask the owner to run: qa-toolkit init URL"
        )


def pending(engine: Engine) -> tuple[str, list[tuple[str, str]]]:
    """Return the schema of a database, and each that it lacks with what it brings, in their order.

    Raises
    ------
    StoreError
        If the database holds no project, or is of a newer release.
    """
    from alembic.script import ScriptDirectory

    with reading(engine) as connection:
        revision = revision_of(connection)
    if revision is None:
        raise StoreError("the database holds no project; make one in it with: qa-toolkit init --project URL")
    if revision > HEAD:
        raise StoreError(f"the database {NEWER}")
    scripts = ScriptDirectory(str(Path(__file__).parent)).walk_revisions()
    steps = [(script.revision, (script.doc or "").strip()) for script in scripts if script.revision > revision]
    return revision, steps[::-1]


def run(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to a revision within the transaction of `connection`.

    Raises
    ------
    StoreError
        If the database, or `revision`, is of a newer release.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, revision)
    except CommandError as error:
        raise StoreError(f"the database {NEWER}") from error
