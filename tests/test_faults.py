"""What machines do to a database: it fills up, may only be read, its clock jumps, its drive cannot lock."""

from __future__ import annotations

import fcntl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from conftest import conversation_frames, rating
from raw import execute, without_triggers

from qa_toolkit.errors import StoreError
from qa_toolkit.project.doctor import doctor
from qa_toolkit.store import Store, open_store
from qa_toolkit.store.dialects import sqlite


@pytest.mark.every_database
def test_a_clock_that_jumps_back_changes_no_order(url: str) -> None:
    times = [datetime(2026, 9, 1, 12, tzinfo=UTC) - timedelta(hours=hours) for hours in (0, 0, 5, 3, 48)]
    store = open_store(url, lambda: times.pop(0) if times else datetime(2026, 8, 1, tzinfo=UTC))
    store.add_conversations(*conversation_frames(1))
    for i, value in enumerate(("pass", "fail", "partial", "na")):
        store.append(rating(f"u{i}", value))
    [newest] = store.current_events("ruth", "c0", "hash")
    assert (newest.event_id, newest.payload["rating"]) == (4, "na")
    assert store.ratings()["rating"].tolist() == ["na"]
    assert store.verify().ok
    store.close()


@pytest.mark.every_database
def test_an_act_that_was_saved_and_is_gone_is_told_at_the_next(store: Store) -> None:
    """The log is whole without it, as where an older copy of the database was put in place of it."""
    store.append(rating("u1", "pass"))
    older = store.append(rating("u2", "fail"))
    store.append(rating("u3", "na"))
    is_file = store.url.startswith("sqlite")
    last = (
        "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'events'" if is_file else "UPDATE event_counter SET last = 2"
    )
    store.close()  # two copies of SQLite must not have one file open
    execute(store.url, *without_triggers(store.url), "DELETE FROM events WHERE event_id = 3", last)
    assert store.verify().ok
    for _ in range(2):
        with pytest.raises(
            StoreError, match=r"acts of 'ruth' .* not in the database any more \(2 are there, 3 were writ"
        ):
            store.append(rating("u4", "pass"))
    assert store.append(rating("u2", "fail")) == older
    assert store.verify().n_events == 2
    again = open_store(store.url)
    assert again.append(rating("u4", "pass")).event_id == 3
    again.close()


class TestServer:
    pytestmark = pytest.mark.postgresql

    @pytest.fixture
    def backend(self) -> str:
        return "postgresql"

    def test_a_full_disk_saves_nothing_and_says_so(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        full = "BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END"
        execute(
            store.url,
            f"CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS $$ {full} $$",
            "CREATE TRIGGER full_disk AFTER INSERT ON events FOR EACH STATEMENT EXECUTE FUNCTION fill()",
        )
        with pytest.raises(StoreError, match="the disk of the server is full; nothing of this act was saved"):
            store.append_many([rating(f"v{i}", "fail", conversation_id=f"c{i % 6}") for i in range(3000)])
        execute(store.url, "DROP TRIGGER full_disk ON events")
        assert store.verify().n_events == 1
        assert store.append(rating("u2", "fail")).event_id == 2

    def test_a_server_that_may_only_be_read_says_so(self, store: Store) -> None:
        name = sa.make_url(store.url).database
        execute(store.url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        store.close()
        with pytest.raises(StoreError, match="this database is read-only"):
            store.append(rating("u1", "pass"))
        assert len(store.conversations()) == 6

    def test_a_connection_that_is_lost_in_the_middle_of_an_act_says_what_to_do(self, store: Store) -> None:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'qa-toolkit'"
        with pytest.raises(StoreError, match=r"the server stopped this; try again|was lost; send this again"):
            store.append(rating("u1", "pass"), check=lambda _: execute(store.url, others))
        assert store.append(rating("u1", "pass")).event_id == 1


class TestFile:
    @pytest.mark.parametrize("kind", sorted(sqlite.NETWORK_FILE_SYSTEMS))
    def test_a_network_drive_is_refused_before_anything_is_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
    ) -> None:
        monkeypatch.setattr(sqlite, "file_system", lambda path: kind)
        with pytest.raises(StoreError, match="on a network drive, where SQLite can lose data; use a local folder"):
            open_store(f"sqlite:///{tmp_path}/project.db")
        assert not list(tmp_path.iterdir())

    @pytest.mark.parametrize("exists", [False, True])
    def test_a_drive_whose_locks_do_nothing_is_refused(
        self, url: str, monkeypatch: pytest.MonkeyPatch, exists: bool
    ) -> None:
        """`benchmarks/broken_locks.py` has two write to a file without locks."""
        folder = Path(url.removeprefix("sqlite:///")).parent
        if exists:
            open_store(url).close()
        before = sorted(folder.iterdir())
        monkeypatch.setattr(fcntl, "fcntl", lambda *_: 0)
        with pytest.raises(
            StoreError, match="on a drive whose locks do nothing, where SQLite can lose data; use a local"
        ):
            open_store(url)
        assert sorted(folder.iterdir()) == before
        if exists:
            assert [(one.check, one.state) for one in doctor(url)][-1] == ("drive", "wrong")

    def test_a_drive_where_locks_cannot_be_tried_is_left_to_sqlite(
        self, url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise OSError

        monkeypatch.setattr(fcntl, "fcntl", fail)
        assert open_store(url).verify().ok

    def test_a_file_that_is_damaged_between_two_acts_says_so(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        path = Path(store.url.removeprefix("sqlite:///"))
        for beside in sorted(path.parent.glob(f"{path.name}*")):
            with beside.open("r+b") as file:
                file.write(b"notes on quality" * (beside.stat().st_size // 16))
        with pytest.raises(StoreError, match="the file is no SQLite database; check the URL"):
            store.append(rating("u2", "pass"))

    def test_a_log_that_counts_from_an_older_number_takes_nothing(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        store.close()
        execute(store.url, "UPDATE sqlite_sequence SET seq = 0 WHERE name = 'events'")
        with pytest.raises(StoreError, match="the log does not fit together; stop, and look with: qa-toolkit doctor"):
            store.append(rating("u2", "pass"))

    def test_what_a_drive_that_does_not_lock_has_damaged_is_told(self, store: Store) -> None:
        store.append_many([rating(f"u{i}", "pass", conversation_id=f"c{i % 6}") for i in range(400)])
        store.close()
        path = Path(store.url.removeprefix("sqlite:///"))
        data = bytearray(path.read_bytes())
        for start in range(4096 * 4, len(data) - 4096, 4096 * 2):  # pages of two writers, one over the other
            data[start : start + 4096] = data[start + 4096 : start + 8192]
        path.write_bytes(data)
        with pytest.raises(StoreError, match="the file is damaged; restore a backup"):
            open_store(store.url).verify()
