"""A database of every release comes to this one with all that it holds; one of a newer release is refused."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from kept import frames_of
from old_schemas import ASSETS, Clock, fill
from raw import execute

from qa_toolkit.cli import main
from qa_toolkit.errors import StoreError
from qa_toolkit.project import migrate_project, restore_project
from qa_toolkit.store import Store, migrations, open_store
from qa_toolkit.store.keeping import archive
from qa_toolkit.store.secrets import _find

SQLITE = sorted(path.stem[-4:] for path in ASSETS.glob("schema_*.sql") if ".postgresql" not in path.name)[1:]
SERVER = sorted(path.name[7:11] for path in ASSETS.glob("schema_*.postgresql.sql"))
SCHEMAS = [*(("sqlite", revision) for revision in SQLITE), *(("postgresql", revision) for revision in SERVER)]
OLD = [
    pytest.param(kind, revision, marks=[pytest.mark.postgresql] * (kind == "postgresql")) for kind, revision in SCHEMAS
]
OLDER = [one for one in OLD if one.values[1] != migrations.HEAD]


@pytest.fixture
def old(request: pytest.FixtureRequest, tmp_path: Path, kind: str, revision: str) -> Iterator[str]:
    """The URL of a database as a release of a schema has left it."""
    if kind == "sqlite":
        with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
            connection.executescript((ASSETS / f"schema_{revision}.sql").read_text(encoding="utf-8"))
        yield f"sqlite:///{tmp_path}/old.db"
        return
    with request.getfixturevalue("server").database() as url:
        dump = (ASSETS / f"schema_{revision}.postgresql.sql").read_text(encoding="utf-8")
        execute(url, dump.replace("%", "%%"))
        yield url


@pytest.fixture
def fresh(tmp_path: Path, revision: str) -> Iterator[Store]:
    """What people did with that release, done with this one."""
    store = open_store(f"sqlite:///{tmp_path}/fresh.db", Clock())
    fill(store, revision)
    yield store
    store.close()


def log_of(store: Store) -> list[tuple[object, ...]]:
    return execute(store.url, "SELECT event_id, uid, actor, seq, slot, payload, prev_hash, hash FROM events ORDER BY 1")


def assert_as_fresh(store: Store, fresh: Store) -> None:
    left, right = frames_of(store), frames_of(fresh)
    assert left.keys() == right.keys()
    for name, frame in left.items():
        pd.testing.assert_frame_equal(frame, right[name], obj=name)
    assert log_of(store) == log_of(fresh)
    assert store.verify() == fresh.verify()
    assert store.verify().n_events == 8
    known = store.vectors.get("model@1", ["a" * 64])["a" * 64]
    assert (known == fresh.vectors.get("model@1", ["a" * 64])["a" * 64]).all()


@pytest.mark.parametrize(("kind", "revision"), OLD)
class TestUpgrade:
    def test_by_opening_it(self, old: str, fresh: Store, revision: str) -> None:
        [(before,)] = execute(old, "SELECT version_num FROM alembic_version")
        secrets = execute(old, "SELECT value FROM secrets") if revision >= "0003" else []
        store = open_store(old, Clock())
        assert_as_fresh(store, fresh)
        assert execute(old, "SELECT version_num FROM alembic_version") == [(migrations.HEAD,)]
        assert before == revision
        assert [(_find(store._engine, "pseudonyms"),)] == (secrets or [(None,)])
        assert store.append(fresh.event("u8")).event_id == 8  # sent again, it is known
        store.close()


@pytest.mark.parametrize(("kind", "revision"), OLDER)
def test_by_the_command_with_a_backup_from_before(
    old: str, fresh: Store, kind: str, revision: str, tmp_path: Path
) -> None:
    done = CliRunner().invoke(main, ["migrate", "--project", old, "--dry-run"])
    assert done.exit_code == 0, done.output
    assert f"has schema {revision}" in done.output
    assert "nothing was changed" in done.output
    assert re.findall(r"^  (\d{4})  \w", done.output, re.MULTILINE)[-1] == migrations.HEAD
    assert execute(old, "SELECT version_num FROM alembic_version") == [(revision,)]
    options = ["--to", str(tmp_path / "before.gz"), *(["--backup"] if kind == "postgresql" else [])]
    done = CliRunner().invoke(main, ["migrate", "--project", old, *options])
    assert done.exit_code == 0, done.output
    assert f"now it has {migrations.HEAD}" in done.output
    assert f"backup: {tmp_path}/before.gz" in done.output
    assert archive.read_head(tmp_path / "before.gz").whole.revision == revision
    store = open_store(old, Clock())
    assert store.exports()["path"].tolist()[-1] == str(tmp_path / "before.gz")
    store.close()
    restore_project(tmp_path / "before.gz", f"sqlite:///{tmp_path}/again.db")
    again = open_store(f"sqlite:///{tmp_path}/again.db", Clock())
    again.drop_export(tmp_path / "before.gz")
    assert_as_fresh(again, fresh)
    again.close()


@pytest.mark.every_database
class TestCommand:
    def test_one_of_this_release(self, url: str) -> None:
        open_store(url).close()
        done = CliRunner().invoke(main, ["migrate", "--project", url])
        assert (done.exit_code, "which is that of this release" in done.output) == (0, True), done.output

    def test_one_of_a_newer_release(self, url: str) -> None:
        open_store(url).close()
        execute(url, "UPDATE alembic_version SET version_num = '9000'")
        for arguments in (["migrate"], ["migrate", "--dry-run"], ["status"]):
            done = CliRunner().invoke(main, [*arguments, "--project", url])
            assert done.exit_code == 1
            assert "was made by a newer release; update with: pip install -U qa-toolkit" in done.output
        assert execute(url, "SELECT version_num FROM alembic_version") == [("9000",)]

    def test_what_is_no_project(self, url: str, tmp_path: Path) -> None:
        execute(url, "CREATE TABLE alembic_version (version_num text)")
        with pytest.raises(StoreError, match="tables of another program"):
            migrate_project(url)
        with pytest.raises(StoreError, match="does not exist"):
            migrate_project(f"sqlite:///{tmp_path}/nothing.db")


@pytest.mark.postgresql
@pytest.mark.parametrize(("kind", "revision"), [("postgresql", SERVER[0])])
def test_a_server_asks_for_a_backup(old: str, revision: str) -> None:
    done = CliRunner().invoke(main, ["migrate", "--project", old], input="n\n")
    assert (done.exit_code, "Back up first" in done.output) == (1, True)
    assert execute(old, "SELECT version_num FROM alembic_version") == [(revision,)]
    done = CliRunner().invoke(main, ["migrate", "--project", old, "--yes"])
    assert (done.exit_code, f"now it has {migrations.HEAD}" in done.output) == (0, True), done.output


@pytest.mark.parametrize(("kind", "revision"), [("sqlite", SQLITE[0])])
def test_a_backup_that_cannot_be_taken_changes_nothing(old: str, revision: str, tmp_path: Path) -> None:
    (tmp_path / "there.gz").touch()
    for place in (tmp_path / "there.gz", tmp_path / "nowhere" / "b.gz"):
        done = CliRunner().invoke(main, ["migrate", "--project", old, "--to", str(place)])
        assert done.exit_code == 1, done.output
    assert execute(old, "SELECT version_num FROM alembic_version") == [(revision,)]
    assert list(tmp_path.glob(".*.part")) == []


def test_every_schema_that_was_released_has_its_assets() -> None:
    revisions = [path.name[:4] for path in Path(migrations.__file__).parent.glob("versions/0*.py")]
    assert max(revisions) == migrations.HEAD
    assert {"0002", "0003", "0004", "0005", "0006", "0007"} <= set(SQLITE) <= set(revisions)
    assert [revision for revision in SQLITE if revision >= "0004"] == SERVER
