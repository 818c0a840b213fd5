"""Folded parts: kept in the text, out of the way of facts, suggestions and quotations."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock, census, conversation_frames
from hypothesis import given
from hypothesis import strategies as st

from qa_toolkit.coaching.shapes import asked, quote
from qa_toolkit.conversations import blank_folds, drop_folds, validate_messages, without_folds
from qa_toolkit.errors import SchemaError
from qa_toolkit.project import open_project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Message, Store, open_store


@pytest.fixture
def empty(url: str) -> Iterator[Store]:
    store = open_store(url, Clock())
    yield store
    store.close()


OWN = "Where is my parcel?"
QUOTED = "\n\nOn Monday Mei wrote:\n> I am so sorry for the delay, I apologise."
FOLD = {"start": len(OWN), "end": len(OWN + QUOTED), "kind": "quote"}


def frames(store: Store, *folded: list[dict[str, Any]]) -> None:
    texts = [("customer", OWN + QUOTED), ("agent", "It comes today." + QUOTED)]
    conversations, messages = conversation_frames(1, texts)
    store.add_conversations(conversations, validate_messages(messages.assign(folded=list(folded))))


@given(st.text(max_size=40), st.data())
def test_blanks_keep_offsets_and_lines_and_what_is_dropped_is_gone(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=6)))
    folds = [
        {"start": a, "end": b, "kind": "quote"}
        for a, b in zip(cuts[::2], cuts[1::2], strict=len(cuts) % 2 == 0)
        if a < b
    ]
    blank = blank_folds(text, folds)
    inside = {i for fold in folds for i in range(fold["start"], fold["end"])}
    assert [blank[i] for i in range(len(text)) if i not in inside] == [c for i, c in enumerate(text) if i not in inside]
    assert all(blank[i] == ("\n" if text[i] == "\n" else " ") for i in inside)
    assert drop_folds(text, folds) == "".join(c for i, c in enumerate(text) if i not in inside).strip()


@pytest.mark.parametrize(
    ("folded", "reason"),
    [
        ([{"start": 0, "end": 99, "kind": "quote"}], "the text has 5 characters"),
        ([{"start": 2, "end": 4, "kind": "quote"}, {"start": 3, "end": 5, "kind": "quote"}], "overlap"),
        ([{"start": 2, "end": 2, "kind": "quote"}], "is no folds"),
        ([{"start": 0, "end": 2, "kind": "joke"}], "is no folds"),
        ([{"start": True, "end": 2, "kind": "quote"}], "is no folds"),
    ],
)
def test_folds_that_fit_no_text_are_refused(folded: list[dict[str, Any]], reason: str) -> None:
    _, messages = conversation_frames(1, [("customer", "Hello")])
    with pytest.raises(SchemaError, match=reason):
        validate_messages(messages.assign(folded=[folded]))


def test_they_come_back_from_the_store_and_the_text_is_whole(empty: Store) -> None:
    frames(empty, [FOLD], [])
    messages = empty.messages()
    assert messages["folded"].tolist() == [[FOLD], []]
    assert messages["text"].iloc[0] == OWN + QUOTED
    assert empty.conversation("c0").messages[0].folded == (FOLD,)
    assert without_folds(messages)["text"].tolist() == [OWN, "It comes today." + QUOTED]


def test_facts_do_not_read_what_is_folded(empty: Store, small_rubric: Rubric) -> None:
    end = len("It comes today.")
    frames(empty, [FOLD], [{"start": end, "end": end + len(QUOTED), "kind": "quote"}])
    empty.save_sample("s", census(empty.conversations()), {})
    session = ReviewSession(empty, "s", "ruth", small_rubric)
    facts = {fact["kind"]: fact for fact in session.facts("c0", asked=True)["facts"]}
    assert facts["apology"]["state"] == "none-found"
    shown = session.view("c0")["conversation"]["messages"]
    assert shown[0]["folded"] == [FOLD]


def test_situations_and_quotations_leave_it_out(empty: Store, tmp_path: Path) -> None:
    frames(empty, [FOLD], [])
    project = open_project(empty.url)
    assert project.situation("c0", 1).endswith(f"\n\n{OWN}")
    assert "apologise" not in project.situation("c0", 1)
    message = empty.conversation("c0").messages[0]
    assert quote({"start": None, "end": None}, message) == OWN
    assert quote({"start": 0, "end": 5}, message) == "Where"
    assert asked([message, Message(1, "agent", None, "x", None, None)], 1) == OWN
