"""What the screen for disputes may ask, and what its answers never hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Clock, census, conversation_frames
from disputing import dispute, reviews

from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import open_store
from qa_toolkit.widgets import DecideWidget

RATE = {
    "conversation_id": "c0",
    "commandment": "listen",
    "rating": "pass",
    "evidence": [],
    "comment": "",
    "root_causes": [],
    "base": 0,
}


def widget_of(folder: Path, rubric: Rubric, first: str, proposed: str, reason: str) -> DecideWidget:
    """Return the screen of otto over one dispute."""
    folder.mkdir()
    store = open_store(f"sqlite:///{folder}/project.db", Clock())
    conversations, messages = conversation_frames(2)
    store.add_conversations(conversations, messages)
    store.save_sample("first", census(conversations), {"n": 2})
    project = Project(store)
    reviews(project, rubric, ("c0",), "ruth", listen=first)
    project.release("first", "ines")
    dispute(project, "amara", "c0", "listen", proposed, reason=reason, uid=f"{len(reason)}" * 32)
    return DecideWidget(project.decide("otto"))


def ask(widget: DecideWidget, kind: str, uid: str = "id-000001", **fields: Any) -> dict[str, Any]:
    return widget.handle({"v": 1, "id": uid, "kind": kind, **fields})


def told(widget: DecideWidget) -> list[dict[str, Any]]:
    """Do all that a second reviewer can do, and return the answers."""
    here = {"conversation_id": "c0"}
    first = ask(widget, "rate", "rate-0001", **RATE)
    answers = [ask(widget, kind, **fields) for kind, fields in (("hello", {}), ("view", here), ("next", here))]
    answers += [first, ask(widget, "rate", "rate-0002", **RATE)]
    answers.append(ask(widget, "rate", "rate-0003", **{**RATE, "rating": "fail", "base": None}))
    answers.append(ask(widget, "submit", "submit-01", **here, without_evidence=False))
    answers += [ask(widget, "undo", "undo-0001", after=None), ask(widget, "refresh", **here)]
    answers.append(ask(widget, "rate", "rate-0004", **{**RATE, "commandment": "solve"}))
    answers.append(ask(widget, "submit", "submit-02", **here, without_evidence=True))
    return [*answers, ask(widget, "previous", conversation_id=None), ask(widget, "hello")]


def test_the_answers_are_the_same_whatever_is_disputed(tmp_path: Path, small_rubric: Rubric) -> None:
    one = told(widget_of(tmp_path / "one", small_rubric, "fail", "pass", "a"))
    other = told(widget_of(tmp_path / "other", small_rubric, "partial", "na", "Look at message 4!"))
    assert one == other
    assert [answer["ok"] for answer in one] == [
        True, True, True, True, False, True, False, True, True, False, True, True, True,
    ]  # fmt: skip
    assert "message 4" not in json.dumps(other)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("rate", {**RATE, "rating": "good"}),
        ("rate", {**RATE, "dispute": 1}),
        ("rate", {name: value for name, value in RATE.items() if name != "base"}),
        ("submit", {"conversation_id": "c0"}),
        ("facts", {"conversation_id": "c0", "asked": True}),
        ("skip", {"conversation_id": "c0", "reason": "no"}),
        ("comment", {"conversation_id": "c0", "text": "no"}),
        ("undo", {"after": "4"}),
    ],
)
def test_what_does_not_fit_reaches_no_session(
    tmp_path: Path, small_rubric: Rubric, kind: str, fields: dict[str, Any]
) -> None:
    answer = ask(widget_of(tmp_path / "one", small_rubric, "fail", "pass", "a"), kind, **fields)
    assert answer["ok"] is False
    assert answer["error"]["code"] == "invalid"


def test_the_widget_holds_nothing_of_a_conversation(tmp_path: Path, small_rubric: Rubric) -> None:
    widget = widget_of(tmp_path / "one", small_rubric, "fail", "pass", "a")
    ask(widget, "hello")
    assert "parcel" not in json.dumps(widget.get_state(), default=str).replace(str(widget._esm), "").lower()
    assert repr(widget) == "DecideWidget(reviewer='otto', 0 of 1 submitted)"
