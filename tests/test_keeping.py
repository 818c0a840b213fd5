"""Backups, restoring and copies: nothing is lost on the way, and nothing is written over."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import stat
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from conftest import ROOT, Clock, conversation_frames, rating
from kept import SECRET_TEXT, assert_same, fill
from raw import execute, without_triggers

from qa_toolkit import open_project
from qa_toolkit.cli import main
from qa_toolkit.errors import ExportError, FileFormatError, StoreError
from qa_toolkit.exchange import keeping as exchange_keeping
from qa_toolkit.project import Project, copy_project, restore_project
from qa_toolkit.store import Store, migrations, open_store, tables
from qa_toolkit.store.engine import make_engine
from qa_toolkit.store.keeping import archive, moving, whole

KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture
def project(url: str) -> Iterator[Project]:
    store = open_store(url, Clock())
    fill(store)
    store.close()  # it opens again; two copies of SQLite must not have one file open
    yield Project(store)
    store.close()


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A function that gives the URL of another empty database, of either kind."""
    with ExitStack() as stack:

        def make(kind: str) -> str:
            if kind == "sqlite":
                return f"sqlite:///{tmp_path}/other.db"
            return stack.enter_context(request.getfixturevalue("server").database())

        yield make


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("taken")
    store = open_store(f"sqlite:///{folder}/project.db", Clock())
    fill(store)
    Project(store).backup(folder / "b.gz")
    store.close()
    return (folder / "b.gz").read_bytes()


@pytest.fixture
def file(taken: bytes, tmp_path: Path) -> Path:
    """A backup of a project in SQLite."""
    path = tmp_path / "x.backup.jsonl.gz"
    path.write_bytes(taken)
    return path


def opened(url: str) -> Store:
    return open_store(url, create=False)


@pytest.mark.every_database
class TestBackup:
    @pytest.mark.parametrize("kind", KINDS)
    def test_what_comes_back_is_what_there_was(self, project: Project, tmp_path: Path, new_url, kind: str) -> None:
        kept = project.backup(tmp_path / "b.gz")
        target = new_url(kind)
        back = restore_project(tmp_path / "b.gz", target)
        assert back.moved.rows == kept.moved.rows
        assert (back.moved.verification.ok, back.moved.verification.n_events) == (True, 14)
        store = opened(target)
        assert_same(project.store, store, but=("exports",))
        assert store.exports()["path"].tolist() == ["/tmp/somewhere/april.csv", str(tmp_path / "b.gz")]
        assert store.append(rating("next", "pass")).event_id == 15
        assert store.verify().ok
        assert store.add_conversations(*conversation_frames(7)).added == 1
        store.close()

    def test_while_people_work(self, project: Project, tmp_path: Path, new_url) -> None:
        stop = threading.Event()
        done: dict[str, int] = {}

        def work(name: str) -> None:
            store = open_store(project.store.url)
            for n in range(10_000):
                store.append(rating(f"{name}-{n}", "pass", name, f"c{n % 6}"))
                done[name] = n + 1
                if stop.is_set():
                    break
            store.close()

        threads = [threading.Thread(target=work, args=(name,)) for name in ("anna", "bert")]
        for thread in threads:
            thread.start()
        while len(done) < 2:
            assert all(thread.is_alive() for thread in threads)
        before = dict(done)
        kept = [project.backup(tmp_path / f"{n}.gz") for n in range(3)]
        stop.set()
        for thread in threads:
            thread.join()
        assert all(one.moved.verification.ok for one in kept)
        back = restore_project(tmp_path / "2.gz", new_url("sqlite"))
        n = back.moved.rows["events"]
        assert back.moved.verification.n_events == n >= 14 + sum(before.values())
        query = f"SELECT event_id, uid, hash FROM events WHERE event_id <= {n} ORDER BY event_id"
        project.store.close()
        assert execute(f"sqlite:///{tmp_path}/other.db", query) == execute(project.store.url, query)
        assert project.verify().n_events == 14 + sum(done.values())

    def test_only_its_owner_may_read_it_also_while_it_is_written(self, project: Project, tmp_path: Path) -> None:
        seen: list[int] = []

        def look(_done: int, _total: int) -> None:
            seen.extend(stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob(".*.part"))

        os.umask(os.umask(0o000))
        kept = project.backup(tmp_path / "b.gz", look)
        assert set(seen) == {0o600}
        assert stat.S_IMODE(Path(kept.place).stat().st_mode) == 0o600

    def test_into_a_folder_under_a_name_that_tells_when(self, project: Project, tmp_path: Path) -> None:
        (tmp_path / "safe").mkdir()
        kept = project.backup(tmp_path / "safe")
        assert Path(kept.place).parent == tmp_path / "safe"
        assert Path(kept.place).name.endswith("Z.backup.jsonl.gz")
        with pytest.raises(ExportError, match="is there already"):
            project.backup(kept.place)
        with pytest.raises(ExportError, match="does not exist"):
            project.backup(tmp_path / "nowhere" / "b.gz")

    def test_a_folder_that_is_not_there_is_no_file(self, project: Project, tmp_path: Path) -> None:
        with pytest.raises(ExportError, match=r"no folder .*unmounted; make or mount it, or name a file .*\.gz"):
            project.backup(tmp_path / "unmounted")
        assert list(tmp_path.glob("*unmounted*")) == []

    def test_progress_counts_writing_and_reading_back(self, project: Project, tmp_path: Path) -> None:
        seen: list[tuple[int, int]] = []
        total = 2 * sum(whole_of(project.store).sizes.values())
        project.backup(tmp_path / "b.gz", lambda *now: seen.append(now))
        done = [n for n, _ in seen]
        assert done == sorted(done)
        assert seen[-1] == (total, total)

    def test_one_that_cannot_be_read_back_gets_no_name(self, project: Project, tmp_path: Path, monkeypatch) -> None:
        write = archive.write

        def bad(path: Path, *arguments: Any) -> None:
            write(path, *arguments)
            path.write_bytes(path.read_bytes()[:-40])

        monkeypatch.setattr(archive, "write", bad)
        with pytest.raises(FileFormatError, match="cut short"):
            project.backup(tmp_path / "b.gz")
        assert not list(tmp_path.glob("*b.gz*"))
        assert "backup" not in set(project.store.exports()["kind"])

    def test_a_full_disk_leaves_nothing(self, project: Project, tmp_path: Path, monkeypatch) -> None:
        def full(*_: Any) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(archive.os, "fsync", full)
        with pytest.raises(ExportError, match="No space left on device"):
            project.backup(tmp_path / "b.gz")
        assert not list(tmp_path.glob("*b.gz*"))

    def test_a_broken_log_is_kept_and_told(self, project: Project, tmp_path: Path, new_url) -> None:
        url = project.store.url
        execute(url, *without_triggers(url), "UPDATE events SET payload = '{}' WHERE event_id = 3")
        done = CliRunner().invoke(main, ["backup", "--project", url, "--to", str(tmp_path / "b.gz")])
        assert done.exit_code == 1
        assert "event 3 is broken: it was altered" in done.output
        target = new_url("sqlite")
        done = CliRunner().invoke(main, ["restore", "--project", target, str(tmp_path / "b.gz")])
        assert done.exit_code == 1
        assert "event 3 is broken" in done.output
        assert len(opened(target).conversations()) == 6

    def test_events_that_were_taken_out_at_the_end_are_missed_after_restoring(
        self, project: Project, tmp_path: Path, new_url
    ) -> None:
        url = project.store.url
        execute(url, *without_triggers(url), "DELETE FROM events WHERE event_id = 14")
        project.backup(tmp_path / "b.gz")
        back = restore_project(tmp_path / "b.gz", new_url("sqlite"))
        assert back.moved.verification.reason == "events up to 14 are missing"

    def test_of_the_past_there_is_none(self, project: Project, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="as of"):
            project.as_of("2026-08-31").backup(tmp_path / "b.gz")


class TestPrivacy:
    def test_forgetting_tells_of_it_and_leaves_it(self, project: Project, tmp_path: Path) -> None:
        project.backup(tmp_path / "b.gz")
        found = project.forget("Nora", "ines")
        assert found.backups == (str(tmp_path / "b.gz"),)
        assert f"take a new backup and delete this one: {tmp_path / 'b.gz'}" in str(found)
        assert (tmp_path / "b.gz").exists()
        (tmp_path / "b.gz").unlink()
        project.backup(tmp_path / "c.gz")
        with gzip.open(tmp_path / "c.gz") as lines:
            assert SECRET_TEXT.encode()[:15] not in lines.read()
        assert project.forget("Nora", "ines").backups == ()


def whole_of(store: Store) -> whole.Whole:
    with store._engine.connect() as connection:
        return whole.describe(connection)


def unpacked(data: bytes) -> bytes | None:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        return None


class TestRestore:
    def test_nothing_is_written_over(self, project: Project, file: Path, new_url) -> None:
        with pytest.raises(StoreError, match=r"project.*holds something already \(6 conversations"):
            restore_project(file, project.store.url)
        target = new_url("sqlite")
        other = open_store(target)
        other.secret("x")  # of a project in use
        with pytest.raises(StoreError, match=r"other\.db holds something already \(1 secrets\)"):
            restore_project(file, target)
        assert other.newest() == 0
        other.close()

    @pytest.mark.parametrize("kind", KINDS)
    def test_an_empty_project_takes_it(self, project: Project, file: Path, new_url, kind: str) -> None:
        target = new_url(kind)
        open_store(target).close()
        restore_project(file, target)
        store = opened(target)
        assert_same(project.store, store, but=("exports", "secrets"))
        store.close()

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_file_that_is_damaged_near_its_end_leaves_nothing(self, file: Path, new_url, kind: str) -> None:
        lines = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
        file.write_bytes(gzip.compress(b"".join([*lines[:-2], lines[-2].replace(b"all of", b"one of"), lines[-1]])))
        target = new_url(kind)
        with pytest.raises(FileFormatError, match="the file was altered"):
            restore_project(file, target)
        if kind == "sqlite":
            assert not list(file.parent.glob("other.db*"))
        else:
            assert execute(target, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []

    def test_every_cut_is_noticed(self, file: Path, tmp_path: Path) -> None:
        data = file.read_bytes()
        for size in {0, 1, 9, 10, 11, *range(20, len(data), 97), len(data) - 9, len(data) - 1}:
            (tmp_path / "cut.gz").write_bytes(data[:size])
            with pytest.raises(FileFormatError, match="no whole backup"):
                list(archive.read(tmp_path / "cut.gz"))

    def test_every_altered_byte_is_noticed(self, file: Path, tmp_path: Path) -> None:
        data = bytearray(file.read_bytes())
        for place in range(10, len(data), 53):  # what is before says when it was packed, and where
            data[place] ^= 1
            if unpacked(bytes(data)) != unpacked(file.read_bytes()):  # a few bits of a packed file say nothing
                (tmp_path / "bad.gz").write_bytes(data)
                with pytest.raises(FileFormatError, match=r"no whole backup|newer release"):
                    list(archive.read(tmp_path / "bad.gz"))
            data[place] ^= 1

    @pytest.mark.parametrize(
        ("number", "line", "message"),
        [
            (0, b"[]", "line 1 is none of a backup"),
            (0, b'{"format": "other"}', "line 1 is another one"),
            (0, b'{"format": "qa_toolkit backup", "version": 2}', "made by a newer release"),
            (0, b'{"format": "qa_toolkit backup", "version": 1}', "line 1 is wrong"),
            (1, b'{"table": "sqlite_master"}', "line 2 names a table that the first does not list"),
            (1, b'["x"]', "line 2 is none of a backup"),
            (1, b'{"rows": {}, "sha256": ""}', "line 2 has another checksum"),
            (2, b"[1, 2]", "line 3 is no row of conversations"),
            (2, b"[" * 5000, "line 3 is no row of conversations"),
            (2, b'["\xff"]', "line 3 is no row of conversations"),
            (3, b"", "line 4 is none of a backup"),
            (-1, b'{"rows": [1]}', "another checksum|none of a backup"),
        ],
    )
    def test_hostile_lines_are_refused_by_their_number(
        self, file: Path, tmp_path: Path, number: int, line: bytes, message: str
    ) -> None:
        lines = gzip.decompress(file.read_bytes()).splitlines()
        lines[number] = line
        (tmp_path / "bad.gz").write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
        with pytest.raises(FileFormatError, match=message):
            restore_project(tmp_path / "bad.gz", f"sqlite:///{tmp_path}/new.db")
        assert not list(tmp_path.glob("new.db*"))

    def test_tables_and_columns_of_others_are_refused(self, file: Path, tmp_path: Path) -> None:
        lines = gzip.decompress(file.read_bytes()).splitlines()
        head = json.loads(lines[0])
        for tables_ in (head["tables"] | {"sqlite_master": {"sql": "text"}}, {"events": {"uid) --": "text"}}):
            lines[0] = json.dumps(head | {"tables": tables_}).encode()
            (tmp_path / "bad.gz").write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
            with pytest.raises(StoreError, match="the tables are not those of schema"):
                restore_project(tmp_path / "bad.gz", f"sqlite:///{tmp_path}/new.db")

    @pytest.mark.parametrize("what", [b"", b"no backup", gzip.compress(b"x" * 1000)])
    def test_what_is_no_backup(self, tmp_path: Path, what: bytes) -> None:
        (tmp_path / "x").write_bytes(what)
        with pytest.raises(FileFormatError, match="no whole backup: line 1"):
            restore_project(tmp_path / "x", f"sqlite:///{tmp_path}/new.db")
        with pytest.raises(FileFormatError, match="cannot be read"):
            restore_project(tmp_path / "nothing", f"sqlite:///{tmp_path}/new.db")
        with pytest.raises(FileFormatError, match="cannot be read"):
            restore_project(tmp_path, f"sqlite:///{tmp_path}/new.db")

    def test_a_line_that_does_not_end(self, file: Path, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.setattr(archive, "LONGEST", 100)
        with pytest.raises(FileFormatError, match="line 1 is too long"):
            archive.read_head(file)

    def test_one_of_a_newer_release(self, file: Path, new_url, monkeypatch) -> None:
        lines = gzip.decompress(file.read_bytes()).splitlines()
        lines[0] = json.dumps(json.loads(lines[0]) | {"schema": "9000"}).encode()
        file.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
        with pytest.raises(StoreError, match="the backup was made by a newer release; update with: pip install -U"):
            restore_project(file, new_url("sqlite"))

    @pytest.mark.parametrize("kind", KINDS)
    def test_one_of_an_older_release_is_brought_to_this_one(self, tmp_path: Path, new_url, kind: str) -> None:
        """As a migration takes it before it begins."""
        with sqlite3.connect(tmp_path / "old.db") as connection:
            connection.executescript((ROOT / "tests" / "assets" / "schema_0001.sql").read_text(encoding="utf-8"))
        engine = make_engine(f"sqlite:///{tmp_path}/old.db")
        moving.back_up(engine, tmp_path / "old.gz", Clock())
        engine.dispose()
        assert archive.read_head(tmp_path / "old.gz").whole.revision == "0001"
        target = new_url(kind)
        assert restore_project(tmp_path / "old.gz", target).moved.verification.ok
        store, migrated = opened(target), open_store(f"sqlite:///{tmp_path}/old.db")
        assert_same(migrated, store, but=("exports",))
        store.close()

    def test_one_of_an_older_release_goes_into_no_project_of_this_one(self, file: Path, new_url, monkeypatch) -> None:
        target = new_url("sqlite")
        open_store(target).close()
        lines = gzip.decompress(file.read_bytes()).splitlines()
        lines[0] = json.dumps(json.loads(lines[0]) | {"schema": "0004"}).encode()
        file.write_bytes(gzip.compress(b"\n".join(lines) + b"\n"))
        with pytest.raises(StoreError, match="holds a project of schema"):
            restore_project(file, target)


@pytest.mark.every_database
class TestCopy:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_copy_is_the_same_project(self, project: Project, new_url, kind: str) -> None:
        target = new_url(kind)
        copied = copy_project(project.store.url, target)
        assert copied.moved.verification.n_events == 14
        store = opened(target)
        assert_same(project.store, store)
        then = store.event("ruth-c1").at
        assert store.as_of(then).ratings().equals(project.store.as_of(then).ratings())
        store.append(rating("next", "pass"))
        assert store.verify().n_events == 15
        assert project.verify().n_events == 14
        with pytest.raises(StoreError, match="holds something already"):
            copy_project(project.store.url, target)
        store.close()

    def test_onto_itself(self, project: Project) -> None:
        with pytest.raises(StoreError, match="the same database"):
            copy_project(project.store.url, project.store.url)

    def test_of_nothing(self, tmp_path: Path, new_url) -> None:
        with pytest.raises(StoreError, match="does not exist"):
            copy_project(f"sqlite:///{tmp_path}/nothing.db", new_url("sqlite"))

    def test_a_broken_log_is_not_copied(self, project: Project, new_url, tmp_path: Path) -> None:
        url = project.store.url
        execute(url, *without_triggers(url), "UPDATE events SET payload = '{}' WHERE event_id = 3")
        with pytest.raises(StoreError, match="event 3 is broken: it was altered"):
            copy_project(url, new_url("sqlite"))
        assert not list(tmp_path.glob("other.db*"))

    @pytest.mark.parametrize("kind", KINDS)
    def test_one_that_fails_in_the_middle_leaves_nothing(self, project: Project, new_url, kind: str) -> None:
        target = new_url(kind)

        def stop(done: int, total: int) -> None:
            if done == total:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            copy_project(project.store.url, target, stop)
        copy_project(project.store.url, target)
        store = opened(target)
        assert_same(project.store, store)
        store.close()

    def test_every_table_and_column_is_carried(self) -> None:
        for table in tables.metadata.sorted_tables:
            for column in table.columns:
                assert whole._kind(column.type) in whole.TYPES, f"{table.name}.{column.name}"

    def test_on_the_command_line(self, project: Project, new_url) -> None:
        target = new_url("sqlite")
        done = CliRunner().invoke(main, ["copy", project.store.url, target])
        assert done.exit_code == 0, done.output
        assert f"copied to {target}: 6 conversations, 1 samples, 14 events, all in order" in done.output
        done = CliRunner().invoke(main, ["copy", project.store.url, target])
        assert done.exit_code == 1
        assert "nothing is written over; name a database that is empty" in done.output


class TestPostgreSQL:
    pytestmark = pytest.mark.postgresql

    def test_what_it_does_not_store_is_named_before_anything_is_written(self, project: Project, new_url) -> None:
        for n in range(7):
            conversations, messages = conversation_frames(1, [("customer", "a\x00b"), ("agent", "hm")])
            conversations["conversation_id"] = messages["conversation_id"] = f"nul{n}"
            project.store.add_conversations(conversations, messages)
        conversations, messages = conversation_frames(1, [("customer", "hm")])
        conversations["conversation_id"] = messages["conversation_id"] = "x" * 1001
        conversations["labels"] = [{"score": float("nan"), "word": "NaN"}]
        project.store.add_conversations(conversations, messages)
        target = new_url("postgresql")
        with pytest.raises(StoreError) as caught:
            copy_project(project.store.url, target)
        said = str(caught.value)
        assert "messages: 7 with the character U+0000: 'nul0' 0, 'nul1' 0" in said
        assert "and 2 more" in said
        assert "conversations: 1 with a number that is none (NaN or Infinity): 'xxx" in said
        assert "conversations: 1 with an id or a name of more than 1,000 bytes" in said
        assert execute(target, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []

    def test_who_sees_a_part_only_takes_no_backup(self, project: Project, new_url, server, tmp_path: Path) -> None:
        target = new_url("postgresql")
        copy_project(project.store.url, target)
        execute(server.url, "CREATE ROLE walled LOGIN")
        execute(
            target,
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO walled",
            "ALTER TABLE conversations ENABLE ROW LEVEL SECURITY",
        )
        walled = Project(open_store(sa.make_url(target).set(username="walled").render_as_string()))
        with pytest.raises(StoreError, match="may not do that"):
            walled.backup(tmp_path / "b.gz")
        assert not list(tmp_path.glob("*b.gz*"))
        walled.store.close()
        execute(target, "DROP OWNED BY walled", "DROP ROLE walled")

    def test_numbers_that_the_server_gives_go_on(self, new_url) -> None:
        url = new_url("postgresql")
        execute(url, "CREATE TABLE things (id serial PRIMARY KEY)", "INSERT INTO things VALUES (41)")
        execute(url, "CREATE TABLE event_counter (last bigint)", "CREATE TABLE events (n int)")
        function = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
        trigger = "CREATE TRIGGER events_count AFTER INSERT ON events EXECUTE FUNCTION f()"
        execute(url, function, trigger)
        engine = make_engine(url)
        with engine.begin() as connection:
            moving.dialect_of(connection).end_loading(connection, 3)
        engine.dispose()
        assert execute(url, "INSERT INTO things DEFAULT VALUES RETURNING id") == [(42,)]


@pytest.mark.every_database
class TestNewer:
    def test_a_newer_database_is_refused_with_the_words_to_say_so(self, project: Project) -> None:
        execute(project.store.url, "UPDATE alembic_version SET version_num = '9000'")
        with pytest.raises(StoreError, match="was made by a newer release; update with: pip install -U qa-toolkit"):
            open_project(project.store.url)
        done = CliRunner().invoke(main, ["status", "--project", project.store.url])
        assert (done.exit_code, "made by a newer release" in done.output) == (1, True)
        assert execute(project.store.url, "SELECT count(*) FROM events") == [(14,)]
        assert migrations.HEAD < "9000"


@pytest.mark.every_database
def test_the_commands(project: Project, tmp_path: Path, new_url) -> None:
    url, target = project.store.url, new_url("sqlite")
    done = CliRunner().invoke(main, ["backup", "--project", url, "--to", str(tmp_path / "b.gz")])
    assert (done.exit_code, "b.gz: 6 conversations, 1 samples, 14 events" in done.output) == (0, True), done.output
    done = CliRunner().invoke(main, ["restore", "--project", target, str(tmp_path / "b.gz")])
    assert done.exit_code == 0, done.output
    assert "restored to sqlite:///" in done.output
    assert "the state of 20" in done.output
    assert CliRunner().invoke(main, ["verify", "--project", target]).output.startswith("14 events")


def test_a_folder_that_cannot_be_synced(tmp_path: Path, monkeypatch) -> None:
    def bad(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(exchange_keeping.os, "fsync", bad)
    with pytest.raises(ExportError, match="may not survive a power cut"):
        exchange_keeping.sync_folder(tmp_path / "x")
