"""What only PostgreSQL has: a server, passwords, and characters that it does not store."""

from __future__ import annotations

import subprocess
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from conftest import ROOT, conversation_frames, rating
from raw import execute, without_triggers

from qa_toolkit import open_project
from qa_toolkit.cli import main
from qa_toolkit.errors import StoreError
from qa_toolkit.store import Store, open_store, tables
from qa_toolkit.store.dialects import Dialect, dialect_of
from qa_toolkit.store.dialects.postgresql import PostgreSQL
from qa_toolkit.store.engine import reading, writing

if TYPE_CHECKING:
    from postgresql import Server

pytestmark = pytest.mark.postgresql
SECRET = "hunter2hunter2"


@pytest.fixture
def backend() -> str:
    return "postgresql"


def odd_frames(text: str = "hm", conversation_id: str = "odd", **labels: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    conversations, messages = conversation_frames(1, [("customer", text)])
    conversations["conversation_id"] = messages["conversation_id"] = conversation_id
    conversations["labels"] = [labels]
    return conversations, messages


class TestOpening:
    @pytest.mark.parametrize(
        ("url", "message"),
        [
            (f"postgresql://ruth:{SECRET}@localhost", "names no database"),
            (f"postgresql+asyncpg://ruth:{SECRET}@localhost/team", r"postgresql\+asyncpg is not supported"),
            (f"postgresql:/ruth:{SECRET}@localhost/team", "no database URL"),
            (f"postgresql://ruth:{SECRET}@localhost:port/team", "no database URL"),
            (f"postgresql://ruth:{SECRET}@127.0.0.1:1/team", "'team' on 127.0.0.1 cannot be opened: the server cannot"),
            (f"postgresql://ruth@127.0.0.1:1/team?password={SECRET}", "'team' on 127.0.0.1 cannot be opened"),
            (f"postgresql://ruth:{SECRET}@127.0.0.1/team?sslmode={SECRET}", "cannot be opened"),
        ],
    )
    def test_urls_that_cannot_be_show_no_password(self, url: str, message: str) -> None:
        with pytest.raises(StoreError, match=message) as caught:
            open_store(url)
        if "sslmode" not in url:
            assert SECRET not in "".join(traceback.format_exception(caught.value))

    def test_a_database_that_is_not_there(self, url: str) -> None:
        with pytest.raises(
            StoreError,
            match=r"cannot be opened: the server has no such database or login; .*\"nowhere\" does not exist",
        ):
            open_store(str(sa.make_url(url).set(database="nowhere")))

    def test_without_psycopg(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "psycopg", None)
        with pytest.raises(StoreError, match=r"needs psycopg .*pip install 'qa-toolkit\[postgresql\]'"):
            open_store("postgresql://ruth@localhost/team")

    def test_no_password_is_shown(self, url: str) -> None:
        address = sa.make_url(url)
        address = address.set(password=SECRET, query={**address.query, "sslpassword": SECRET})
        project = open_project(address.render_as_string(hide_password=False))
        assert SECRET not in repr(project) + repr(project.store)
        assert "postgres:***@" in repr(project)
        project.store.close()

    def test_the_old_name_of_the_scheme(self, url: str) -> None:
        open_store(url.replace("postgresql://", "postgres://")).close()

    def test_an_encoding_that_lacks_characters(self, server: Server) -> None:
        with (
            server.database("TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'") as url,
            pytest.raises(StoreError, match="encoded as LATIN1"),
        ):
            open_store(url)

    def test_keys_are_sorted_by_their_bytes(self, store: Store) -> None:
        """As on SQLite, whatever language the server speaks: prefixes of ids are sought as ranges."""
        query = "SELECT DISTINCT collation_name FROM information_schema.columns WHERE collation_name IS NOT NULL"
        assert execute(store.url, f"{query} AND table_name IN ('conversations', 'messages', 'events')") == [("C",)]

    def test_acts_are_on_disk_also_where_the_server_would_not_wait(self, store: Store) -> None:
        [(name,)] = execute(store.url, "SELECT current_database()")
        execute(store.url, f"ALTER DATABASE {name} SET synchronous_commit = off")
        again = open_store(store.url)
        with writing(again._engine) as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        again.close()

    def test_a_connection_that_the_server_closed_is_made_anew(self, store: Store) -> None:
        execute(store.url, "SELECT pg_terminate_backend(pid, 9000) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert len(store.conversations()) == 6


class TestTexts:
    @pytest.mark.parametrize(
        ("frames", "reason"),
        [
            (odd_frames("a\x00b"), "holds the character U+0000"),
            (odd_frames(conversation_id="x" * 1001), "has an id of more than 1,000 bytes"),
            (odd_frames(rating=float("nan")), "holds a number that is none"),
            (odd_frames(deep=[{"x": float("-inf")}]), "holds a number that is none"),
        ],
    )
    def test_what_cannot_be_stored_is_refused_by_itself(
        self, store: Store, frames: tuple[pd.DataFrame, pd.DataFrame], reason: str
    ) -> None:
        more = conversation_frames(8)
        both = [pd.concat(pair, ignore_index=True) for pair in zip(frames, more, strict=True)]
        added = store.add_conversations(*both)
        assert (added.added, added.known) == (2, 6)
        assert added.conflicts["conversation_id"].tolist() == frames[0]["conversation_id"].tolist()
        assert added.conflicts["reason"].item().startswith(reason)
        assert len(store.conversations()) == 8

    def test_labels_hold_what_texts_cannot(self, store: Store) -> None:
        labels = {"nul \x00": "a\x00b", "big": 10**40, "list": [None, True, 0.1, {}]}
        store.add_conversations(*odd_frames(**labels))
        assert store.conversation("odd").labels == labels

    def test_a_file_with_one_bad_conversation(self, store: Store, tmp_path) -> None:
        from qa_toolkit.exchange import import_file

        path = tmp_path / "export.jsonl"
        line = '{"conversation_id": "%s", "messages": [{"role": "customer", "text": "%s"}]}\n'
        path.write_text(line % ("good", "hm") + line % ("bad", r"a\u0000b"), encoding="utf-8")
        summary = import_file(store, path)
        assert (summary.added, summary.refused["conversation_id"].tolist()) == (1, ["bad"])
        assert "U+0000" in summary.refused["reason"].item()


class TestErrors:
    @pytest.mark.parametrize("insert", [Dialect.insert_many, PostgreSQL.insert_many])
    def test_the_servers_words_are_not_shown(self, store: Store, insert: Callable[..., None]) -> None:
        row = {"conversation_id": "c0", "position": 9, "role": None, "text": "my card is 4111"}
        with pytest.raises(StoreError, match="NotNullViolation 23502") as caught, writing(store._engine) as connection:
            insert(dialect_of(connection), connection, tables.messages, [row])
        assert "4111" not in "".join(traceback.format_exception(caught.value))
        assert len(store.messages(["c0"])) == 4

    def test_a_character_that_it_does_not_take(self, store: Store) -> None:
        with pytest.raises(StoreError, match=r"U\+0000"):
            store.append(rating("u\x00", "pass"))
        with pytest.raises(StoreError, match="lone surrogate"):
            store.append(rating("\ud83d", "pass"))
        with pytest.raises(StoreError, match=r"U\+0000"):
            store.conversation("\x00")

    def test_names_that_no_index_takes(self, store: Store) -> None:
        names = "".join(chr(0x4E00 + i * 7 % 20_000) for i in range(3_000))
        with pytest.raises(StoreError, match="too long for PostgreSQL"):
            store.append(rating("u1", "pass", actor=names))
        assert store.verify().n_events == 0

    def test_readers_cannot_write(self, store: Store) -> None:
        with pytest.raises(StoreError, match="read-only"), reading(store._engine) as connection:
            connection.execute(tables.vectors.delete())

    def test_a_user_without_rights(self, store: Store, server: Server) -> None:
        execute(server.url, "CREATE ROLE guest LOGIN")
        execute(store.url, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO guest")
        guest = open_store(sa.make_url(store.url).set(username="guest").render_as_string())
        assert len(guest.conversations()) == 6
        with pytest.raises(StoreError, match="may not do that"):
            guest.append(rating("u1", "pass"))
        guest.close()
        execute(store.url, "DROP OWNED BY guest", "DROP ROLE guest")

    def test_a_writer_that_waits_too_long(self, store: Store) -> None:
        with writing(store._engine):
            other = open_store(store.url)

            @sa.event.listens_for(other._engine, "checkout")
            def hurry(connection, *_) -> None:
                connection.execute("SET lock_timeout = '50ms'")
                connection.commit()

            with pytest.raises(StoreError, match="another program holds the database"):
                other.append(rating("u1", "pass"))
            assert other.add_conversations(*conversation_frames(7)).added == 1  # texts have a lock of their own
            other.close()


class TestLog:
    def test_truncate_is_refused(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            execute(store.url, "TRUNCATE events")

    def test_our_own_changes_are_explained(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        with pytest.raises(StoreError, match="append an undo instead"), writing(store._engine) as connection:
            connection.execute(tables.events.delete())

    def test_the_database_itself_numbers_without_a_gap(self, store: Store) -> None:
        event = store.append(rating("u1", "pass"))
        copy = "SELECT {}, 'x' || uid, actor, 7, kind, slot, '', '', '', NULL, payload, at, '', '' FROM events"
        for number in (0, event.event_id + 2):
            with pytest.raises(sa.exc.DBAPIError, match="without a gap"):
                execute(store.url, f"INSERT INTO events {copy.format(number)}")
        assert store.append(rating("u2", "pass")).event_id == event.event_id + 1

    def test_an_act_that_was_undone_by_an_error_leaves_no_gap(self, store: Store) -> None:
        with pytest.raises(ZeroDivisionError):
            store.append(rating("u1", "pass"), check=lambda _: 1 / 0)
        with pytest.raises(StoreError):
            store.append_many([rating("u1", "pass"), rating("u\x00", "pass")])
        assert store.append(rating("u2", "pass")).event_id == 1
        assert store.verify().ok

    def test_an_event_that_cannot_be_read_is_named(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        execute(store.url, *without_triggers(store.url), "UPDATE events SET at = 'infinity'")
        result = store.verify()
        assert (result.ok, result.first_broken) == (False, 1)

    def test_times_come_in_utc_wherever_the_session_is(self, store: Store) -> None:
        [(name,)] = execute(store.url, "SELECT current_database()")
        execute(store.url, f"ALTER DATABASE {name} SET timezone = 'Asia/Kathmandu'")
        again = open_store(store.url)
        event = again.append(rating("u1", "pass"))
        assert again.event("u1") == event
        assert again.verify().ok
        assert again.conversation("c0").started_at.isoformat() == "2026-03-02T09:00:00+00:00"
        again.close()


WRITER = """
import sys, threading
from qa_toolkit.store import Act, open_store
store = open_store(sys.argv[1])
def work(k):
    for i in range(10):
        actor = "ruth" if i % 2 else f"{sys.argv[2]}-{k}"
        payload = {"commandment": "listen", "rating": "pass", "evidence": [], "comment": ""}
        uid = f"{sys.argv[2]}-{k}-{i}"
        store.append(Act(uid, actor, "rating", "rating:listen", f"c{i % 6}", "h", "first", payload))
        store.append(Act(uid, actor, "rating", "rating:listen", f"c{i % 6}", "h", "first", payload))
threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
[t.start() for t in threads]
[t.join() for t in threads]
"""


class TestSideBySide:
    def test_two_processes_of_eight_threads_write_one_log(self, store: Store) -> None:
        writers = [subprocess.Popen([sys.executable, "-c", WRITER, store.url, name], cwd=ROOT) for name in ("a", "b")]
        assert [writer.wait(120) for writer in writers] == [0, 0]
        result = store.verify()
        assert (result.ok, result.n_events) == (True, 160)
        rows = execute(store.url, "SELECT event_id, actor, seq FROM events ORDER BY event_id")
        assert [row[0] for row in rows] == list(range(1, 161))
        counts = Counter(row[1] for row in rows)
        assert counts.pop("ruth") == 80
        assert set(counts.values()) == {5}
        for actor in (*counts, "ruth"):
            assert [row[2] for row in rows if row[1] == actor] == list(range(1, (counts[actor] or 80) + 1))

    def test_two_imports_of_the_same_conversations(self, store: Store) -> None:
        conversations, messages = conversation_frames(300)
        results = []

        def add(order: int) -> None:
            results.append(store.add_conversations(conversations.iloc[::order], messages))

        threads = [threading.Thread(target=add, args=(order,)) for order in (1, -1, 1, -1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted((r.added, r.known) for r in results) == [(0, 300)] * 3 + [(294, 6)]
        assert len(store.messages()) == 1200


@pytest.mark.every_database
def test_the_command_line_works_on_every_database(url: str, tmp_path) -> None:
    def run(*arguments: str) -> str:
        result = CliRunner().invoke(main, [*arguments, "--project", url], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    path = tmp_path / "export.jsonl"
    lines = [f'{{"conversation_id": "c{i}", "messages": [{{"role": "customer", "text": "hm"}}]}}' for i in range(5)]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert f"project: {url.split('@')[0]}" in run("init").replace(":***", ":")
    assert "5" in run("import", str(path))
    assert "march: 3 conversations" in run("sample", "march", "-n", "3")
    assert "sample 'march': 3 conversations" in run("status")
    assert "0 events, all in order" in run("verify")


def test_the_database_counts_a_statement_of_many_rows_without_a_gap(store: Store) -> None:
    """SQLite counts by itself."""
    store.append_many([rating(f"u{i}", "pass", conversation_id=f"c{i}") for i in range(4)])
    copy = "SELECT {}, 'x' || uid, actor, seq + 9, kind, slot, '', '', '', NULL, payload, at, '', '' FROM events"
    for shift in ("event_id + 5", "2 * event_id + 3"):  # a number is left out before them, or between them
        with pytest.raises(sa.exc.DBAPIError, match="without a gap"):
            execute(store.url, f"INSERT INTO events {copy.format(shift)}")
    execute(store.url, f"INSERT INTO events {copy.format('event_id + 4')} WHERE false")
    assert store.append(rating("u9", "pass")).event_id == 5


def test_the_server_does_not_guess_how_many_events_a_conversation_has(store: Store) -> None:
    """Of a large log it would guess ever more, until to read all of it looks as good as to look up a few."""
    store.append_many([rating(f"u{i}", "fail", conversation_id=f"c{i % 6}") for i in range(600)])
    execute(store.url, "ANALYZE events")
    query = "SELECT n_distinct FROM pg_stats WHERE tablename = 'events' AND attname = 'conversation_id'"
    assert execute(store.url, query) == [(pytest.approx(-0.04),)]
