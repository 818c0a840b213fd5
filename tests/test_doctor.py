"""The doctor names what is wrong and the command that mends it: each thing is broken here, and found."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from kept import fill
from logins import team_of
from old_schemas import ASSETS
from raw import execute, without_triggers

from qa_toolkit.cli import main
from qa_toolkit.project import Project
from qa_toolkit.project.doctor import Finding, doctor, mend_project
from qa_toolkit.store import migrations, open_store
from qa_toolkit.store.dialects import sqlite
from qa_toolkit.store.health import shape

if TYPE_CHECKING:
    from postgresql import Server

TRY_LOCK = "import fcntl, sys; fcntl.lockf(open(sys.argv[1], 'rb+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"


def locked(path: Path) -> bool:
    """Whether another process is kept out of some byte of a file."""
    done = subprocess.run([sys.executable, "-c", TRY_LOCK, path], check=False, capture_output=True, text=True)
    assert done.returncode == 0 or "BlockingIOError" in done.stderr
    return done.returncode != 0


@pytest.fixture
def project(url: str) -> Iterator[Project]:
    store = open_store(url)
    fill(store)
    store.close()  # it opens again; two copies of SQLite must not have one file open
    yield Project(store)
    store.close()


def wrong(url: str, **options: object) -> dict[str, Finding]:
    """Return what is wrong, but for what is wrong with the server of the tests."""
    found = doctor(url, **options)  # type: ignore[arg-type]
    return {one.check: one for one in found if one.state == "wrong" and one.check != "fsync"}


def later(**time: float) -> Callable[[], datetime]:
    return lambda: datetime.now(UTC) + timedelta(**time)


@pytest.mark.every_database
class TestProject:
    def test_nothing_is_wrong_with_a_new_one(self, project: Project) -> None:
        assert wrong(project.store.url) == {}
        states = {one.check: one.state for one in doctor(project.store.url)}
        assert {
            "schema",
            "indexes",
            "triggers",
            "views",
            "log",
            "counter of events",
            "clock",
            "backup",
        } <= states.keys()

    def test_an_index_that_is_missing_is_made_again(self, project: Project) -> None:
        url = project.store.url
        execute(url, "DROP INDEX ix_events_target", "DROP INDEX ix_events_kind")
        found = wrong(url)
        assert found.keys() == {"index ix_events_target", "index ix_events_kind"}
        assert found["index ix_events_target"].mend.startswith("qa-toolkit doctor --mend --project ")
        assert mend_project(url, list(found.values())) == ["index ix_events_kind", "index ix_events_target"]
        assert wrong(url) == {}

    def test_an_index_of_another_kind(self, project: Project) -> None:
        url = project.store.url
        execute(url, "DROP INDEX ix_events_target", "CREATE INDEX ix_events_target ON events (seq)")
        assert wrong(url)["index ix_events_target"].says.startswith("it is another one")
        mend_project(url, list(wrong(url).values()))
        assert wrong(url) == {}

    def test_triggers_that_are_missing_or_switched_off(self, project: Project) -> None:
        url = project.store.url
        execute(url, *without_triggers(url))
        found = wrong(url)
        assert found
        assert all(check.startswith("trigger events_") for check in found)
        mend_project(url, list(found.values()))
        assert wrong(url) == {}
        with pytest.raises(sa.exc.DBAPIError if url.startswith("postgresql") else sqlite3.Error, match="append-only"):
            execute(url, "DELETE FROM events")

    def test_a_view_that_says_something_else(self, project: Project) -> None:
        url = project.store.url
        execute(url, "DROP VIEW current_events", "CREATE VIEW current_events AS SELECT * FROM events")
        found = wrong(url)
        assert "view current_events" in found
        mend_project(url, list(found.values()))
        assert wrong(url) == {}
        assert len(project.ratings(None)) == 3

    def test_a_column_that_is_missing(self, project: Project) -> None:
        execute(project.store.url, "ALTER TABLE messages DROP COLUMN extra")
        found = wrong(project.store.url)["tables"]
        assert found.says == "messages.extra is missing"
        assert found.mend == "qa-toolkit restore --project NEW_URL BACKUP"

    def test_a_broken_chain(self, project: Project) -> None:
        url = project.store.url
        execute(url, *without_triggers(url), "UPDATE events SET payload = '{}' WHERE event_id = 3")
        assert wrong(url)["log"].says == "event 3 is broken: it was altered"
        assert "qa-toolkit restore" in wrong(url)["log"].mend

    def test_events_that_are_gone_at_the_end(self, project: Project) -> None:
        url = project.store.url
        execute(url, *without_triggers(url), "DELETE FROM events WHERE event_id = 14")
        assert wrong(url)["log"].says == "event 14 is broken: events up to 14 are missing"

    def test_a_counter_that_is_out_of_step(self, project: Project) -> None:
        url = project.store.url
        table = "sqlite_sequence SET seq" if url.startswith("sqlite") else "event_counter SET last"
        execute(url, f"UPDATE {table} = 9")
        found = wrong(url)
        assert found.keys() == {"counter of events"}
        assert found["counter of events"].says == "it stands at 9, the newest event is 14: no act can be saved"
        mend_project(url, list(found.values()))
        assert wrong(url) == {}
        assert project.verify().ok

    def test_a_clock_that_is_behind_the_log(self, project: Project) -> None:
        found = wrong(project.store.url, now=later(minutes=-10))
        assert "but the newest event is of" in found["clock"].says
        assert "timedatectl" in found["clock"].mend

    def test_backups(self, project: Project, tmp_path: Path) -> None:
        url = project.store.url
        in_a_month = later(days=30)

        def found() -> Finding:
            return wrong(url, now=in_a_month)["backup"]

        assert found().says == "none was taken"
        assert found().mend.startswith("qa-toolkit backup --project ")
        assert "backup" not in wrong(url, now=in_a_month, backup_days=0)
        project.backup(tmp_path / "b.gz")
        assert found().says == f"the newest, {tmp_path}/b.gz, is 30 days old"
        assert "backup" not in wrong(url, now=in_a_month, backup_days=31)
        (tmp_path / "b.gz").unlink()
        assert found().says == "those that were taken are gone"

    def test_vectors_of_a_model_that_is_gone(self, project: Project) -> None:
        notes = [one for one in doctor(project.store.url) if one.check == "vectors"]
        assert [one.says for one in notes] == ["1 are of model@1, which is not on this machine"]
        assert notes[0].mend.startswith("qa-toolkit embed --project ")

    def test_a_newer_schema(self, project: Project) -> None:
        execute(project.store.url, "UPDATE alembic_version SET version_num = '9000'")
        assert wrong(project.store.url)["schema"].mend == "pip install -U qa-toolkit"

    def test_a_database_without_a_project(self, url: str) -> None:
        if url.startswith("sqlite"):
            execute(url, "SELECT 1")  # makes the file
        assert next(iter(wrong(url).values())).mend.startswith("qa-toolkit init --project ")

    def test_tables_of_another_program(self, url: str) -> None:
        execute(url, "CREATE TABLE mine (x int)")
        assert "tables of another program" in wrong(url)["database"].says

    def test_on_the_command_line(self, project: Project) -> None:
        url = project.store.url
        execute(url, "DROP INDEX ix_events_target")
        done = CliRunner().invoke(main, ["doctor", "--project", url])
        assert done.exit_code == 1
        assert "wrong index ix_events_target" in done.output
        assert "-> qa-toolkit doctor --mend --project " in done.output
        assert execute(url, "SELECT count(*) FROM events") == [(14,)]
        done = CliRunner().invoke(main, ["doctor", "--mend", "--project", url])
        assert "mended: index ix_events_target" in done.output
        assert "ok    indexes" in done.output
        assert done.exit_code == (
            0 if url.startswith("sqlite") else 1
        )  # the server of the tests does not wait for disks


class TestFile:
    def test_an_old_schema(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
            connection.executescript((ASSETS / "schema_0003.sql").read_text(encoding="utf-8"))
        found = wrong(f"sqlite:///{tmp_path}/old.db")
        assert found["schema"].says == f"0003 is older than {migrations.HEAD}, that of this release"
        assert found["schema"].mend == f"qa-toolkit migrate --project sqlite:///{tmp_path}/old.db"
        assert execute(f"sqlite:///{tmp_path}/old.db", "SELECT version_num FROM alembic_version") == [("0003",)]

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert wrong(f"sqlite:///{tmp_path}/no thing.db")["file"].mend == (
            f"qa-toolkit init --project 'sqlite:///{tmp_path}/no thing.db'"
        )
        assert not list(tmp_path.iterdir())

    def test_a_file_of_another_kind(self, tmp_path: Path) -> None:
        (tmp_path / "x.db").write_text("These are my notes. " * 99)
        assert "check the URL" in wrong(f"sqlite:///{tmp_path}/x.db")["file"].mend

    def test_an_old_library(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite, "driver_version", lambda: (3, 51, 2))
        found = wrong(project.store.url)["SQLite"]
        assert (found.says.split(" can")[0], found.mend) == ("SQLite 3.51.2 has a fault that", "pip install pysqlite3")

    def test_a_network_drive(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sqlite, "file_system", lambda _: "nfs4")
        assert "lies on a network drive (nfs4)" in doctor(project.store.url)[1].says
        assert "cp " in doctor(project.store.url)[1].mend

    def test_a_disk_that_is_nearly_full(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        usage = shutil.disk_usage("/")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1 << 20))
        assert "0.0 GiB are free" in wrong(project.store.url)["room on the disk"].says

    def test_another_journal(self, project: Project) -> None:
        project.store.close()
        execute(project.store.url, "PRAGMA journal_mode=DELETE")
        assert "it was not in WAL mode" in wrong(project.store.url)["journal"].says
        assert wrong(project.store.url) == {}  # it was opened

    def test_what_is_open_keeps_its_locks(self, project: Project) -> None:
        project.store.close()
        store = open_store(project.store.url)
        path = Path(project.store.url.removeprefix("sqlite:///"))
        store.newest()
        assert locked(path)
        doctor(project.store.url)
        assert locked(path)
        store.close()
        assert not locked(path)

    def test_a_damaged_page(self, project: Project) -> None:
        project.store.close()
        path = Path(project.store.url.removeprefix("sqlite:///"))
        execute(project.store.url, "PRAGMA wal_checkpoint(TRUNCATE)")
        data = bytearray(path.read_bytes())
        [(page,)] = execute(
            project.store.url, "SELECT rootpage FROM sqlite_master WHERE name = 'ix_events_conversation'"
        )
        data[(page - 1) * 4096 : page * 4096] = bytes(4096)
        path.write_bytes(data)
        found = wrong(project.store.url)
        assert any("damaged" in one.says for one in found.values())

    def test_an_index_file_that_is_damaged(self, project: Project) -> None:
        path = project.store.index_file
        assert path
        path.write_bytes(b"{}")
        found = wrong(project.store.url)["index file"]
        assert "is damaged" in found.says
        assert found.mend == f"rm {path}"


@pytest.mark.postgresql
class TestServer:
    @pytest.fixture
    def backend(self) -> str:
        return "postgresql"

    def test_without_the_driver(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        assert wrong("postgresql://ruth@localhost/team")["driver"].mend == "pip install 'qa-toolkit[postgresql]'"

    def test_a_server_that_is_not_there(self) -> None:
        found = wrong("postgresql://ruth:hunter2@127.0.0.1:1/team")["server"]
        assert found.mend.startswith("pg_isready")
        assert "hunter2" not in repr(found)

    def test_an_encoding_that_lacks_characters(self, server: Server) -> None:
        with server.database("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'") as url:
            assert "createdb --encoding UTF8" in wrong(url)["encoding"].mend

    def test_settings_that_are_not_safe(self, project: Project, server: Server) -> None:
        url = project.store.url
        name = sa.make_url(url).database
        fsync = next(one for one in doctor(url) if one.check == "fsync")
        assert (fsync.state, "ALTER SYSTEM SET fsync = on" in fsync.mend) == ("wrong", True)
        execute(url, f"ALTER DATABASE {name} SET synchronous_commit = off")
        assert wrong(url).keys() == {"synchronous_commit"}
        execute(server.url, "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
        try:
            found = wrong(url)
            while "full_page_writes" not in found:  # the server reads its settings when it comes to it
                found = wrong(url)
            assert "ALTER SYSTEM SET full_page_writes = on" in found["full_page_writes"].mend
        finally:
            execute(server.url, "ALTER SYSTEM RESET full_page_writes", "SELECT pg_reload_conf()")

    def test_pgvector(self, project: Project) -> None:
        execute(project.store.url, "DROP EXTENSION IF EXISTS vector CASCADE")
        found = next(one for one in doctor(project.store.url) if one.check == "pgvector")
        assert (found.state, "CREATE EXTENSION vector" in found.mend) == ("note", True)

    def test_clocks_that_differ(self, project: Project) -> None:
        found = wrong(project.store.url, now=later(minutes=-3))["clocks"]
        assert "s ahead of this machine's" in found.says

    def test_an_index_that_was_not_finished(self, project: Project) -> None:
        url = project.store.url
        execute(url, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_events_target'::regclass")
        assert wrong(url)["index ix_events_target"].says.startswith("it is switched off")
        mend_project(url, list(wrong(url).values()))
        assert wrong(url) == {}

    def test_roles(self, project: Project, server: Server) -> None:
        url = project.store.url
        assert [one.state for one in doctor(url) if one.check == "roles"] == ["note"]
        assert CliRunner().invoke(main, ["init", url]).exit_code == 0
        assert wrong(url) == {}
        [(policy,)] = execute(url, "SELECT policyname FROM pg_policies WHERE tablename = 'events' LIMIT 1")
        execute(
            url,
            f"DROP POLICY {policy} ON events",
            "ALTER VIEW current_events SET (security_invoker = false)",
            "ALTER TABLE messages DISABLE ROW LEVEL SECURITY",
        )
        found = wrong(url)
        assert found.keys() == {
            f"policy events: {policy}", "policy security_invoker of current_events", "policy rows of messages",
        }  # fmt: skip
        assert {one.mend.split(" --")[0] for one in found.values()} == {"qa-toolkit init"}
        assert CliRunner().invoke(main, ["init", url]).exit_code == 0
        assert wrong(url) == {}

    def test_walls_of_an_older_release(self, project: Project) -> None:
        """They stay as they are until the owner renews them."""
        url = project.store.url
        assert CliRunner().invoke(main, ["init", url]).exit_code == 0
        [(definition,)] = execute(url, "SELECT pg_get_functiondef('qa_guard()'::regprocedure)")
        execute(
            url,
            definition.replace("86400", "999999").replace("%", "%%"),
            "ALTER POLICY qa_agent_select ON events USING (true)",
        )
        found = wrong(url)
        assert found.keys() == {"function qa_guard", "policy events: qa_agent_select"}
        assert all(one.says.startswith("it is of another release") for one in found.values())
        assert {one.mend.split(" --")[0] for one in found.values()} == {"qa-toolkit init"}
        assert CliRunner().invoke(main, ["init", url]).exit_code == 0
        assert wrong(url) == {}

    def test_who_may_not_look_is_told_so(self, project: Project, server: Server) -> None:
        url = project.store.url
        execute(server.url, "CREATE ROLE looker LOGIN")
        execute(url, "GRANT SELECT ON alembic_version, conversations, events TO looker")
        found = doctor(sa.make_url(url).set(username="looker").render_as_string())
        assert "it could not be looked at: the role of this login may not do that" in next(
            one.says for one in found if one.check == "log"
        )
        execute(url, "DROP OWNED BY looker", "DROP ROLE looker")

    def test_who_sees_a_part_is_told_so(self, project: Project) -> None:
        """Not that events are missing, and that a backup is to be restored."""
        with team_of(project.store) as team:
            for role in ("reviewer", "coach", "agent", "lead"):
                url = team.add(role, role).store.url
                late = wrong(url, now=later(days=8)).keys() - {"clocks"}
                assert (wrong(url), late) == ({}, {"backup"} if role == "lead" else set())
                found = {one.check: one for one in doctor(url)}
                if role == "lead":
                    assert (found["log"].state, found["log"].says) == ("ok", "14 events")
                    continue
                for check in ("log", "backup"):
                    assert found[check].says.startswith(
                        "it could not be looked at: the role of this login may not do that"
                    )
                    assert found[check].mend == "call this again as who owns the tables"

    def test_it_leaves_nothing_behind(self, project: Project) -> None:
        doctor(project.store.url)
        assert execute(project.store.url, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'qa_doctor%%'") == []


def test_what_is_learned_from_the_migrations_holds_every_index() -> None:
    whole = shape._fresh_sqlite(migrations.HEAD)
    from qa_toolkit.store import tables

    named = {("index", str(index.name)) for table in tables.metadata.tables.values() for index in table.indexes}
    assert named <= whole.things.keys()
    assert {("trigger", "events_no_update"), ("trigger", "events_no_delete"), ("view", "current_events")} <= set(
        whole.things
    )
