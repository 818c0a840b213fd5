"""What only SQLite has: files, and the locks and faults of files."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from conftest import conversation_frames, rating
from raw import execute, without_triggers
from sqlalchemy import event

from qa_toolkit.errors import StoreError
from qa_toolkit.store import Act, Store, codes, current, open_store, tables
from qa_toolkit.store.dialects import sqlite


def path_of(store: Store) -> Path:
    return Path(store.url.removeprefix("sqlite:///"))


@contextmanager
def somebody_else() -> Iterator[None]:
    """Be nobody for a while, where root is who tests: root may write to any file."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


class TestOpening:
    @pytest.mark.parametrize(
        ("url", "message"),
        [
            ("sqlite://", "in-memory"),
            ("sqlite:///:memory:", "in-memory"),
            ("sqlite:///file::memory:?uri=true", "not supported"),
            ("sqlite:///name.db?mode=ro", "not supported"),
            ("sqlite+aiosqlite:///name.db", "not supported"),
            ("sqlite:////", "it is a folder"),
            ("mysql://host/db", "not supported"),
            ("nonsense", "no database URL"),
            ("sqlite:////no/such/folder/x.db", "does not exist"),
        ],
    )
    def test_urls_that_cannot_be(self, url: str, message: str) -> None:
        with pytest.raises(StoreError, match=message):
            open_store(url)

    def test_a_file_that_is_no_database(self, tmp_path: Path) -> None:
        (tmp_path / "x.db").write_text("These are my notes on support quality. " * 50)
        with pytest.raises(StoreError, match="no SQLite database"):
            open_store(f"sqlite:///{tmp_path}/x.db")
        assert (tmp_path / "x.db").read_text().startswith("These are my notes")

    @pytest.mark.parametrize("replaced", [False, True])
    def test_a_file_that_is_gone_takes_no_act(self, store: Store, replaced: bool) -> None:
        path_of(store).rename(path_of(store).with_suffix(".old"))
        if replaced:
            path_of(store).write_bytes(path_of(store).with_suffix(".old").read_bytes())
        for _ in range(2):  # sent again, it is known to the old file, and lost all the same
            with pytest.raises(StoreError, match="deleted or replaced"):
                store.append(rating("uid-1", "pass"))

    @pytest.mark.parametrize("may_write", [(), ("folder",), ("file",)])
    @pytest.mark.parametrize("is_open", [True, False])
    def test_what_a_person_may_not_write_is_left_as_it_is(self, may_write: tuple[str, ...], is_open: bool) -> None:
        with TemporaryDirectory() as name:  # the folders of pytest are closed to everybody else
            folder = Path(name)
            store = open_store(f"sqlite:///{folder}/project.db")
            store.add_conversations(*conversation_frames(1))
            store.append(rating("u1", "pass"))
            if not is_open:
                store.close()
            for path in folder.iterdir():
                path.chmod(0o666 if path.suffix == ".db" and "file" in may_write else 0o444)
            folder.chmod(0o777 if "folder" in may_write else 0o555)
            with somebody_else():
                if is_open or may_write == ("folder",):  # else SQLite cannot make a file that it needs to read
                    other = open_store(store.url)
                    assert len(other.conversations()) == 1
                with pytest.raises(StoreError, match="file or its folder is read-only; change its permissions"):
                    open_store(store.url).append(rating("u2", "fail"))
            for path in (folder, *folder.iterdir()):
                path.chmod(0o777)
            assert open_store(store.url).verify().n_events == 1

    def test_a_full_disk_saves_nothing_and_says_so(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        self.on_connect(store, "PRAGMA max_page_count=1")  # SQLite keeps the size that the file has
        with pytest.raises(StoreError, match="the disk is full; nothing of this act was saved"):
            store.append_many([rating(f"v{i}", "fail", conversation_id=f"c{i}") for i in range(3000)])
        assert open_store(store.url).verify().n_events == 1

    def test_a_file_that_cannot_grow_saves_nothing_and_says_what_to_do(self, store: Store) -> None:
        """As where the disk is full for a file beside the database; `benchmarks/full_disk.py` fills a real one."""
        store.append(rating("u1", "pass"))
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, limits[1]))
        try:
            with pytest.raises(StoreError, match="the disk is full or does not work; free some room and try again"):
                store.append_many([rating(f"v{i}", "fail", conversation_id=f"c{i % 6}") for i in range(3000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert store.append(rating("u2", "pass")).event_id == 2
        assert store.verify().n_events == 2

    @staticmethod
    def on_connect(store: Store, pragma: str) -> None:
        store.close()
        event.listen(store._engine, "connect", lambda connection, _: connection.execute(pragma))


def test_a_text_with_a_nul_comes_back_as_it_is(store: Store) -> None:
    conversations, messages = conversation_frames(1, [("customer", "a\x00b")])
    conversations["conversation_id"] = messages["conversation_id"] = "odd"
    store.add_conversations(conversations, messages)
    assert store.conversation("odd").messages[0].text == "a\x00b"


class TestIndexes:
    def test_ratings_of_statistics_come_from_an_index_alone(self, store: Store) -> None:
        with store._engine.connect() as connection:
            if connection.connection.dbapi_connection.execute("SELECT sqlite_version() < '3.51'").fetchone()[0]:
                pytest.skip("this SQLite looks expressions up in the table; pip install pysqlite3 brings a newer one")
            plan = plan_of(connection, codes._query(connection, exact=False))
        assert "USING COVERING INDEX ix_events_slot" in plan
        assert "TEMP B-TREE" not in plan

    @pytest.mark.parametrize("kinds", [("good_answer",), ("fact", "time")])
    def test_what_is_no_rating_is_found_by_kind(self, store: Store, kinds: tuple[str, ...]) -> None:
        query = sa.select(tables.events).where(current.among(tables.events.c.kind, kinds))
        with store._engine.connect() as connection:
            assert "USING INDEX ix_events_kind" in plan_of(connection, query)

    def test_a_database_of_before_gets_them(self, store: Store) -> None:
        submit = Act("s1", "ruth", "submit", "status", "c0", "hash", "first")
        store.append_many([rating("u1", "fail"), rating("u2", "pass", commandment="warm"), submit])
        names = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND name LIKE 'ix_events%' ORDER BY name"
        now, found = execute(store.url, names), store.rating_codes()
        before = "CREATE INDEX ix_events_slot ON events (actor, conversation_id, rubric_hash, slot, event_id)"
        later = (
            "DROP TABLE people",
            "DROP TABLE assignments",
            "DROP INDEX ix_sample_items_conversation",
            "DROP INDEX ix_conversations_agent",
            "DROP INDEX ix_events_target",
            "CREATE INDEX ix_events_target ON events (target)",
        )
        dropped = "DROP INDEX ix_events_slot", "DROP INDEX ix_events_kind", "DROP INDEX ix_messages_author", *later
        execute(store.url, *dropped, before, "UPDATE alembic_version SET version_num = '0005'")
        again = open_store(store.url)
        assert execute(store.url, names) == now
        pd.testing.assert_frame_equal(again.rating_codes(), found)
        assert again.verify().ok
        again.close()


def plan_of(connection: sa.Connection, query: sa.Select[Any]) -> str:
    text = query.compile(connection, compile_kwargs={"literal_binds": True})
    return "\n".join(row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}"))


@pytest.mark.parametrize("value", ["payload = x'00ff'", "at = 'noon'"])
def test_an_event_that_cannot_be_read_is_named(store: Store, value: str) -> None:
    store.append(rating("u1", "pass"))
    unguarded = *without_triggers(store.url), "DROP INDEX ix_events_slot"  # it holds the rating, so it takes JSON only
    execute(store.url, *unguarded, f"UPDATE events SET {value} WHERE event_id = 1")
    result = store.verify()
    assert (result.ok, result.first_broken) == (False, 1)


def test_a_library_whose_wal_has_a_fault_is_named_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "SOUND_WAL", (99, 0, 0))
    with pytest.warns(UserWarning, match=r"has a fault that can damage .* pip install pysqlite3"):
        open_store(f"sqlite:///{tmp_path}/x.db").close()


def test_the_library_that_the_package_brings_is_sound() -> None:
    dbapi2 = pytest.importorskip("pysqlite3.dbapi2", reason="no pysqlite3 for this machine")
    assert dbapi2.sqlite_version_info >= sqlite.SOUND_WAL
