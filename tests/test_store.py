"""What every database must do: what goes in comes out, the log only grows, and nothing acknowledged is lost."""

from __future__ import annotations

import dataclasses
import sqlite3
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from conftest import Clock, census, conversation_frames, rating
from raw import execute, without_triggers

from qa_toolkit.errors import InvalidActError, NotFoundError, SamplingError, SchemaError, StaleError, StoreError
from qa_toolkit.store import Act, Store, migrations, open_store, tables

pytestmark = pytest.mark.every_database


class TestTexts:
    def test_frames_come_back_as_they_went_in(self, store: Store) -> None:
        conversations, messages = conversation_frames(6)
        pd.testing.assert_frame_equal(store.conversations(), conversations)
        pd.testing.assert_frame_equal(store.messages(), messages)

    def test_many_ids_come_in_order_of_import_and_once(self, store: Store) -> None:
        store.add_conversations(*conversation_frames(1100))
        ids = [f"c{i}" for i in range(1099, -1, -1)]
        assert list(store.conversations([*ids, "c1"])["conversation_id"]) == ids[::-1]

    def test_large_counts_of_votes_stay_exact(self, store: Store) -> None:
        conversations, messages = conversation_frames(8)
        conversations, messages = conversations.iloc[[7]], messages[messages["conversation_id"] == "c7"]
        store.add_conversations(
            conversations, messages.assign(votes=pd.array([None, 2**63 - 1, 2**53 + 1, None], dtype="Int64"))
        )
        assert store.messages()["votes"].dropna().tolist() == [2**63 - 1, 2**53 + 1]

    def test_frames_that_do_not_belong_together(self, store: Store) -> None:
        conversations, messages = conversation_frames(8)
        with pytest.raises(SchemaError, match="'c7' is none of the conversations"):
            store.add_conversations(conversations.iloc[:7], messages)
        with pytest.raises(SchemaError, match="'c7' has no messages"):
            store.add_conversations(conversations, messages[messages["conversation_id"] != "c7"])
        assert len(store.conversations()) == 6

    def test_an_error_of_the_database_shows_no_customer_text(self, store: Store) -> None:
        conversations, messages = conversation_frames(1, [("customer", "my card is 4111")])
        conversations["conversation_id"] = messages["conversation_id"] = "odd"
        conversations["labels"] = [{"card": "4111", "when": pd.Timestamp("2026-03-02")}]
        with pytest.raises(StoreError, match="labels") as caught:
            store.add_conversations(conversations, messages)
        assert "4111" not in "".join(traceback.format_exception(caught.value))

    def test_only_the_conversations_that_are_asked_for(self, store: Store) -> None:
        assert list(store.conversations(["c4", "c1"])["conversation_id"]) == ["c1", "c4"]
        assert set(store.messages(["c4"])["conversation_id"]) == {"c4"}

    def test_adding_again_adds_nothing(self, store: Store) -> None:
        added = store.add_conversations(*conversation_frames(8))
        assert (added.added, added.known, len(added.conflicts)) == (2, 6, 0)
        assert len(store.conversations()) == 8

    def test_other_content_under_a_known_id_is_kept_out_and_named(self, store: Store) -> None:
        conversations, messages = conversation_frames(2)
        messages.loc[0, "text"] = "something else"
        added = store.add_conversations(conversations, messages)
        assert (added.added, added.known) == (0, 1)
        assert list(added.conflicts["conversation_id"]) == ["c0"]
        assert store.conversation("c0").messages[0].text.startswith("Where is my parcel?")

    @pytest.mark.parametrize(
        "text", ["", "📦", "שלום, איפה החבילה?", "a\tb\x1bc\x7f", "'; DROP TABLE messages; --", "x" * 5_000_000]
    )
    def test_any_text_comes_back_as_it_is(self, store: Store, text: str) -> None:
        conversations, messages = conversation_frames(1, [("customer", text)])
        conversations["conversation_id"] = messages["conversation_id"] = "odd"
        store.add_conversations(conversations, messages)
        assert store.conversation("odd").messages[0].text == text
        assert store.messages(["odd"])["text"].iloc[0] == text

    def test_unknown_conversation(self, store: Store) -> None:
        with pytest.raises(NotFoundError, match="no conversation 'x'"):
            store.conversation("x")


class TestExports:
    def test_a_file_is_listed_once_with_what_was_written_last(self, store: Store, tmp_path: Path) -> None:
        store.record_export(tmp_path / "a.csv", "messages", "1" * 64, ["c1", "c0"])
        store.record_export(tmp_path / "b.jsonl", "conversations", "2" * 64, None)
        store.record_export(tmp_path / "a.csv", "messages", "3" * 64, ["c2"])
        frame = store.exports()
        assert frame["path"].tolist() == [str(tmp_path / "b.jsonl"), str(tmp_path / "a.csv")]
        assert frame["sha256"].tolist() == ["2" * 64, "3" * 64]
        assert frame["conversation_ids"].tolist() == [None, ["c2"]]
        assert str(frame["at"].dtype) == "datetime64[us, UTC]"

    def test_a_path_is_kept_from_the_root(self, store: Store, tmp_path: Path, monkeypatch) -> None:
        monkeypatch.chdir(tmp_path)
        store.record_export("a.csv", "messages", "1" * 64, None)
        assert store.exports()["path"].tolist() == [str(tmp_path / "a.csv")]
        store.drop_export("a.csv")
        assert store.exports().empty
        assert list(store.exports().columns) == ["path", "kind", "sha256", "conversation_ids", "at"]


class TestSamples:
    def test_a_drawn_sample_stays_as_it_is(self, store: Store) -> None:
        items = census(conversation_frames(2)[0])
        with pytest.raises(SamplingError, match="already"):
            store.save_sample("first", items, {})
        assert len(store.sample("first")) == 6

    def test_a_sample_of_nothing_or_of_what_is_not_there(self, store: Store) -> None:
        conversations = conversation_frames(7)[0]
        with pytest.raises(SamplingError, match="holds no conversation"):
            store.save_sample("none", census(conversations.iloc[:0]), {})
        with pytest.raises(StoreError, match="import it first"):
            store.save_sample("more", census(conversations), {})
        assert list(store.samples()["sample"]) == ["first"]

    def test_order_and_plan_are_kept(self, store: Store) -> None:
        items = census(conversation_frames(3)[0]).iloc[[2, 0]].assign(inclusion_probability=0.25)
        store.save_sample("two", items, {"seed": 7})
        assert list(store.sample("two")["conversation_id"]) == ["c2", "c0"]
        assert list(store.sample("two")["inclusion_probability"]) == [0.25, 0.25]
        assert store.samples().set_index("sample").loc["two", "plan"] == {"seed": 7}

    def test_unknown_sample_names_those_that_there_are(self, store: Store) -> None:
        with pytest.raises(NotFoundError, match="there are: first"):
            store.sample("second")


class TestEvents:
    def test_the_newest_is_current(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        store.append(rating("u2", "fail"))
        store.append(rating("u3", "partial", actor="otto"))
        ratings = store.ratings().set_index("reviewer")["rating"]
        assert ratings.to_dict() == {"ruth": "fail", "otto": "partial"}

    def test_undo_brings_back_what_was_before(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        second = store.append(rating("u2", "fail"))
        store.append(Act("u3", "ruth", "undo", "", "c0", "hash", "first", target=second.event_id))
        assert list(store.ratings()["rating"]) == ["pass"]
        last = store.last_act("ruth", "first", ["rating"])
        assert last is not None
        assert last.uid == "u1"

    def test_the_same_uid_is_written_once(self, store: Store) -> None:
        first = store.append(rating("u1", "pass"))
        again = store.append(rating("u1", "pass"))
        assert again == first
        assert store.verify().n_events == 1

    @pytest.mark.parametrize(
        "other", [rating("u1", "pass", commandment="warm"), rating("u1", "fail"), rating("u1", "pass", actor="otto")]
    )
    def test_a_uid_of_another_act_is_refused(self, store: Store, other: Act) -> None:
        store.append(rating("u1", "pass"))
        with pytest.raises(InvalidActError, match="another act"):
            store.append(other)
        with pytest.raises(InvalidActError, match="another act"):
            store.append(dataclasses.replace(rating("u1", "pass"), rubric_hash="of another rubric"))

    def test_an_act_is_undone_once_and_by_its_actor(self, store: Store) -> None:
        first = store.append(rating("u1", "pass"))
        undo = Act("u2", "ruth", "undo", "", "c0", "hash", "first", target=first.event_id)
        with pytest.raises(InvalidActError, match="only your own"):
            store.append(dataclasses.replace(undo, actor="otto"))
        store.append(undo)
        with pytest.raises(StaleError):
            store.append(dataclasses.replace(undo, uid="u3"))

    def test_a_stale_base_is_refused_and_nothing_written(self, store: Store) -> None:
        first = store.append(rating("u1", "pass"), base=0)
        store.append(rating("u2", "fail"), base=first.event_id)
        with pytest.raises(StaleError):
            store.append(rating("u3", "partial"), base=first.event_id)
        assert list(store.ratings()["rating"]) == ["fail"]

    def test_many_acts_are_all_or_none(self, store: Store) -> None:
        store.append(rating("u9", "pass"))
        with pytest.raises(InvalidActError):
            store.append_many([rating("u1", "pass"), rating("u9", "pass", commandment="warm")])
        assert store.event("u1") is None

    def test_states_of_reviews(self, store: Store) -> None:
        skip = Act("s1", "ruth", "skip", "status", "c1", "hash", "first", {"reason": "spam"})
        submit = Act("s2", "ruth", "submit", "status", "c2", "hash", "first")
        store.append_many([rating("u1", "pass"), skip, rating("u2", "pass", conversation_id="c2"), submit])
        reviews = store.reviews().set_index("conversation_id")
        assert reviews["state"].to_dict() == {"c0": "draft", "c1": "skipped", "c2": "submitted"}
        assert reviews.loc["c1", "reason"] == "spam"
        assert list(store.ratings(submitted=True)["conversation_id"]) == ["c2"]
        assert list(store.ratings(submitted=False)["conversation_id"]) == ["c0"]

    def test_touched_tells_only_what_is_new(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        seen, touched = store.touched("ruth", 0)
        assert (seen, touched) == (1, {"c0"})
        store.append(rating("u2", "pass", conversation_id="c3"))
        assert store.touched("ruth", seen) == (2, {"c3"})
        assert store.touched("ruth", 2) == (2, set())


class TestAppendOnly:
    @pytest.mark.parametrize("statement", ["UPDATE events SET payload = '{}'", "DELETE FROM events"])
    def test_the_database_refuses_changes(self, store: Store, statement: str) -> None:
        store.append(rating("u1", "pass"))
        with pytest.raises((sa.exc.DBAPIError, sqlite3.IntegrityError), match="append-only"):
            execute(store.url, statement)
        assert store.verify().ok

    @pytest.mark.parametrize(
        ("statement", "broken"),
        [
            ("UPDATE events SET payload = replace(payload, 'pass', 'fail') WHERE event_id = 2", 2),
            ("UPDATE events SET actor = 'otto' WHERE event_id = 2", 2),
            ("DELETE FROM events WHERE event_id = 1", 2),
            ("UPDATE events SET at = '2020-01-01 00:00:00.000000' WHERE event_id = 3", 3),
            ("DELETE FROM events WHERE event_id = 4", 4),
            ("DELETE FROM events", 1),
            ("UPDATE events SET event_id = 9 WHERE event_id = 4", 9),
        ],
    )
    def test_verify_names_the_first_broken_event(self, store: Store, statement: str, broken: int) -> None:
        for i in range(4):
            store.append(rating(f"u{i}", "pass"))
        assert store.verify().ok
        execute(store.url, *without_triggers(store.url), statement)
        result = store.verify()
        assert (result.ok, result.first_broken) == (False, broken)


WRITER = """
import sys
from qa_toolkit.store import Act, open_store
store = open_store(sys.argv[1])
for i in range(int(sys.argv[3])):
    payload = {"commandment": "listen", "rating": "pass", "evidence": [], "comment": str(i)}
    uid = f"{sys.argv[2]}-{i}"
    event = store.append(Act(uid, sys.argv[2], "rating", "rating:listen", f"c{i % 6}", "h", "first", payload))
    print(event.event_id, flush=True)
"""


class TestNothingLost:
    def test_threads_write_side_by_side(self, store: Store) -> None:
        def work(name: str) -> None:
            for i in range(25):
                store.append(rating(f"{name}{i}", "pass", actor=name))

        threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b", "c", "d")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert store.verify().n_events == 100
        assert store.verify().ok

    def test_processes_write_side_by_side(self, store: Store) -> None:
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, store.url, name, "30"])
            for name in ("ruth", "ruth2", "otto")
        ]
        assert [w.wait(120) for w in writers] == [0, 0, 0]
        assert store.verify().n_events == 90

    def test_two_processes_of_one_reviewer(self, store: Store) -> None:
        script = WRITER.replace('f"{sys.argv[2]}-{i}"', 'f"{sys.argv[4]}-{i}"')
        writers = [
            subprocess.Popen([sys.executable, "-c", script, store.url, "ruth", "30", tab]) for tab in ("tab1", "tab2")
        ]
        assert [w.wait(120) for w in writers] == [0, 0]
        result = store.verify()
        assert (result.ok, result.n_events) == (True, 60)

    def test_every_acknowledged_act_survives_a_kill(self, store: Store) -> None:
        for round_ in range(5):
            writer = subprocess.Popen(
                [sys.executable, "-c", WRITER, store.url, f"r{round_}", "100000"], stdout=subprocess.PIPE, text=True
            )
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(7 + round_)]
            writer.kill()
            acknowledged += [int(line) for line in writer.stdout if line.strip()]
            writer.wait()
            assert acknowledged
            for event_id in acknowledged:
                assert store.event(f"r{round_}-{event_id - acknowledged[0]}") is not None
        assert store.verify().ok


class TestOpening:
    def test_opening_again_keeps_everything(self, store: Store) -> None:
        store.append(rating("u1", "pass"))
        again = open_store(store.url)
        assert list(again.ratings()["rating"]) == ["pass"]
        again.close()

    @pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")
    def test_the_migrations_make_the_tables_that_the_code_uses(self, store: Store) -> None:
        inspector = sa.inspect(store._engine)
        for table in tables.metadata.sorted_tables:
            assert [c["name"] for c in inspector.get_columns(table.name)] == [c.name for c in table.columns]
            indexes = [i for i in inspector.get_indexes(table.name) if "duplicates_constraint" not in i]
            made = {i["name"]: i["column_names"] for i in indexes}
            declared = {i.name: [c.name for c in i.columns] for i in table.indexes}
            if store.url.startswith("sqlite"):  # it ends in an expression there, which SQLAlchemy does not reflect
                declared.pop("ix_events_slot", None)
            assert made == declared

    def test_a_database_of_another_program(self, url: str) -> None:
        execute(url, "CREATE TABLE bookmarks (id INTEGER)")
        with pytest.raises(StoreError, match="another program"):
            open_store(url)

    def test_a_database_of_another_program_with_migrations(self, url: str) -> None:
        execute(url, "CREATE TABLE alembic_version (version_num VARCHAR(32))", "CREATE TABLE events (id INTEGER)")
        with pytest.raises(StoreError, match="another program"):
            open_store(url)

    def test_a_database_of_a_newer_release(self, store: Store) -> None:
        execute(store.url, "UPDATE alembic_version SET version_num = '9999'")
        with pytest.raises(StoreError, match="newer release"):
            open_store(store.url)

    def test_what_is_not_there_is_not_made_unasked(self, url: str) -> None:
        with pytest.raises(StoreError, match="with: qa-toolkit init"):
            open_store(url, create=False)
        open_store(url).close()
        open_store(url, create=False).close()

    def test_many_open_a_new_one_at_once(self, url: str) -> None:
        script = "import sys; from qa_toolkit.store import open_store; print(len(open_store(sys.argv[1]).reviews()))"
        openers = [subprocess.Popen([sys.executable, "-c", script, url]) for _ in range(4)]
        assert [opener.wait(120) for opener in openers] == [0] * 4


class TestVectors:
    def test_what_is_put_is_found_again(self, store: Store) -> None:
        vector = np.linspace(-1, 1, 8).astype(np.float32)
        store.vectors.put("model/fp32", {"a": vector, "b": -vector})
        found = store.vectors.get("model/fp32", ["a", "b", "c"])
        assert set(found) == {"a", "b"}
        np.testing.assert_allclose(found["a"], vector, atol=1e-3)

    def test_models_do_not_mix(self, store: Store) -> None:
        store.vectors.put("model/fp32", {"a": np.ones(4, np.float32)})
        assert store.vectors.get("model/int8", ["a"]) == {}
        assert store.vectors.known("model/int8", ["a"]) == set()

    def test_which_are_known_is_asked_without_reading_one(self, store: Store) -> None:
        keys = [str(number) for number in range(1_200)]  # more than are asked for at once
        store.vectors.put("model/fp32", dict.fromkeys(keys, np.ones(4, np.float32)))
        assert store.vectors.known("model/fp32", [*keys, "other"]) == set(keys)
        assert store.vectors.known("model/fp32", []) == set()
        assert set(store.vectors.get("model/fp32", keys)) == set(keys)


def test_times_come_from_the_clock(url: str) -> None:
    store = open_store(url, Clock())
    store.add_conversations(*conversation_frames(1))
    assert str(store.append(rating("u1", "pass")).at) == "2026-09-01 08:00:02+00:00"
    store.close()


def test_head_is_the_newest_migration() -> None:
    from alembic.script import ScriptDirectory

    folder = Path(migrations.__file__).parent
    assert ScriptDirectory(str(folder)).get_current_head() == migrations.HEAD
