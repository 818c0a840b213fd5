"""Names of attachments: from a file through the store to the screen, and out of databases without a place for them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import ROOT, Clock, conversation_frames

from qa_toolkit.conversations import read, validate_messages
from qa_toolkit.errors import SchemaError
from qa_toolkit.project import Project
from qa_toolkit.review.shapes import conversation_shape
from qa_toolkit.store import Store, open_store

pytestmark = pytest.mark.every_database

ASSETS = ROOT / "tests" / "assets"
HOSTILE = ["<img src=x onerror=alert(1)>.png", "../../etc/passwd", "a\u202egnp.exe", "=1+1.csv", "x" * 5_000, "📎"]


def write(folder: Path, *attachments: Any) -> Path:
    messages = [{"role": "customer", "text": "look", "attachments": one} for one in attachments]
    path = folder / "export.jsonl"
    path.write_text(json.dumps({"conversation_id": "c", "messages": messages}), encoding="utf-8")
    return path


def imported(store: Store, path: Path, **options: Any) -> list[list[str]]:
    Project(store).import_file(path, **options)
    return store.messages(["c"])["attachments"].tolist()


@pytest.fixture
def empty(url: str):
    store = open_store(url, Clock())
    yield store
    store.close()


class TestImport:
    def test_names_and_objects_with_a_name(self, empty: Store, tmp_path: Path) -> None:
        path = write(tmp_path, ["a.png"], [{"name": "b.pdf", "size": 4}, "c.txt"], [], None)
        assert imported(empty, path) == [["a.png"], ["b.pdf", "c.txt"], [], []]
        extra = empty.messages(["c"])["extra"].tolist()
        assert extra == [None, {"attachments": [{"name": "b.pdf", "size": 4}, "c.txt"]}, None, None]

    @pytest.mark.parametrize("odd", [2, "a.png", {"name": "a.png"}, [1, None, [], {"url": "x"}, {"name": 3}, "", " "]])
    def test_what_names_nothing_stays_in_extra(self, empty: Store, tmp_path: Path, odd: Any) -> None:
        assert imported(empty, write(tmp_path, odd)) == [[]]
        assert empty.messages(["c"])["extra"].tolist() == [{"attachments": odd}]

    def test_hostile_names_come_back_as_they_are(self, empty: Store, tmp_path: Path) -> None:
        assert imported(empty, write(tmp_path, HOSTILE)) == [HOSTILE]
        shown = conversation_shape(empty.conversation("c"), 0)
        assert shown["messages"][0]["attachments"] == HOSTILE
        assert json.loads(json.dumps(shown)) == shown

    def test_a_column_of_a_csv_that_is_asked_for(self, empty: Store, tmp_path: Path) -> None:
        path = tmp_path / "export.csv"
        path.write_text('conversation_id,role,text,Files\nc,user,look,"a.png; b.pdf|c.txt"\nc,admin,ok,\n')
        assert imported(empty, path, columns={"attachments": "Files"}) == [["a.png", "b.pdf", "c.txt"], []]

    def test_a_column_of_a_csv_that_is_not_asked_for_is_a_label(self, tmp_path: Path) -> None:
        path = tmp_path / "export.csv"
        path.write_text("conversation_id,role,text,attachments\nc,user,look,a.png\n")
        [batch] = read(path)
        assert batch.conversations["labels"].tolist() == [{"attachments": "a.png"}]
        assert batch.messages["attachments"].tolist() == [[]]


class TestFrames:
    def test_missing_ones_are_empty_lists(self) -> None:
        _, messages = conversation_frames(1)
        assert messages["attachments"].tolist() == [[], [], [], []]
        given = messages.assign(attachments=[["a.png"], None, float("nan"), []])
        assert validate_messages(given)["attachments"].tolist() == [["a.png"], [], [], []]
        assert validate_messages(messages.assign(attachments=float("nan")))["attachments"].tolist() == [[]] * 4

    @pytest.mark.parametrize("bad", ["a.png", [1], [None], ["\ud83d"], {"name": "a.png"}])
    def test_what_is_no_list_of_names_is_refused(self, bad: Any) -> None:
        _, messages = conversation_frames(1)
        with pytest.raises(SchemaError, match="row 1: attachments is no names"):
            validate_messages(messages.assign(attachments=[[], bad, [], []]))
        with pytest.raises(SchemaError, match="attachments is no names"):
            validate_messages(messages.assign(attachments=1))

    def test_other_attachments_are_other_content(self, store: Store) -> None:
        conversations, messages = conversation_frames(1)
        added = store.add_conversations(conversations, messages.assign(attachments=[["a.png"], [], [], []]))
        assert list(added.conflicts["conversation_id"]) == ["c0"]

    def test_the_store_gives_back_what_it_got(self, empty: Store) -> None:
        conversations, messages = conversation_frames(2)
        messages["attachments"] = [["a.png", "b.png"], *[[]] * 7]
        empty.add_conversations(conversations, messages)
        pd.testing.assert_frame_equal(empty.messages(), messages)
        assert empty.conversation("c0").messages[0].attachments == ("a.png", "b.png")
        assert empty.add_conversations(conversations, messages).known == 2


class TestOldDatabase:
    """`schema_0001.sql` is a dump of a database of the first release, `schema_0001.jsonl` what was imported into it."""

    @pytest.fixture
    def old(self, tmp_path: Path) -> str:
        path = tmp_path / "old.db"
        with sqlite3.connect(path) as connection:
            connection.executescript((ASSETS / "schema_0001.sql").read_text(encoding="utf-8"))
        return f"sqlite:///{path}"

    def test_it_is_brought_to_this_release_with_all_that_it_holds(self, old: str) -> None:
        store = open_store(old, Clock())
        assert (store.verify().ok, store.verify().n_events) == (True, 7)
        reviews = store.reviews().set_index("conversation_id")["state"]
        assert reviews.to_dict() == {"plain": "submitted", "odd": "skipped", "files": "draft"}
        assert set(store.ratings()["root_causes"].map(tuple)) == {()}
        assert store.messages(["plain"])["votes"].tolist() == [pd.NA, 4]
        store.close()
        assert open_store(old).verify().ok

    def test_what_its_labels_tell_of_attachments_is_filled_in(self, old: str) -> None:
        store = open_store(old)
        assert store.messages(["files"])["attachments"].tolist() == [["scratch.png", "receipt.pdf"], [], []]
        assert store.messages(["plain", "odd"])["attachments"].tolist() == [[], [], []]
        store.close()

    @pytest.mark.parametrize("position", [10**30, -(10**30), -1, True, "0", None, 1.5, [0]])
    def test_labels_that_name_no_message_are_passed_over(self, old: str, position: Any) -> None:
        labels = json.dumps({"message_fields": [{"position": position, "attachments": ["a.png"]}, 3, None]})
        with sqlite3.connect(old.removeprefix("sqlite:///")) as connection:
            connection.execute("UPDATE conversations SET labels = ? WHERE conversation_id = 'plain'", [labels])
        store = open_store(old)
        assert store.messages(["plain"])["attachments"].tolist() == [[], []]
        store.close()

    def test_the_same_file_again_is_known(self, old: str) -> None:
        """But for the conversation whose messages say more than the layout names: that has a place of its own now."""
        store = open_store(old)
        summary = Project(store).import_file(ASSETS / "schema_0001.jsonl", redaction=False)
        assert (summary.added, summary.known, len(summary.refused)) == (0, 2, 1)
        store.close()
