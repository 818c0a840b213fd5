from collections.abc import Callable

import pytest
import sqlalchemy as sa

from qa_toolkit.store import migrations
from qa_toolkit.store.engine import make_engine, reading, writing

SCHEMA = {
    "sqlite": ["SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"],
    "postgresql": [
        "SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name "
        "FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2",
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
        "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1",
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    ],
}


def schema(url: str, backend: str, run: Callable[..., None]) -> list[list[tuple[object, ...]]]:
    """Make the tables of a project in an empty database, and read what they are."""
    engine = make_engine(url)
    with writing(engine) as connection:
        run(connection)
    with reading(engine) as connection:
        queries = [*SCHEMA[backend], "SELECT * FROM alembic_version"]
        found = [[tuple(map(lines, row)) for row in connection.execute(sa.text(query))] for query in queries]
    engine.dispose()
    return found


def lines(value: object) -> object:
    """Alembic writes the constraints of a table that it makes anew in any order."""
    return sorted(line.strip(" ,") for line in value.split("\n")) if isinstance(value, str) else value


@pytest.mark.every_database
def test_what_is_written_again_is_what_the_migrations_make(backend, tmp_path, request):
    made = []
    for number, run in enumerate((migrations.run.__wrapped__, migrations.run, migrations.run)):
        if backend == "sqlite":
            made.append(schema(f"sqlite:///{tmp_path}/{number}.db", backend, run))
            continue
        with request.getfixturevalue("server").database() as url:
            made.append(schema(url, backend, run))
    assert len(made[0][0]) > 20
    assert made[0][-1] == [([migrations.HEAD],)]
    assert made[1] == made[0]
    assert made[2] == made[0]
