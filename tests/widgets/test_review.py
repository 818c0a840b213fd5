"""The review widget from Python: what it hands to the session, what it refuses, what it keeps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from qa_toolkit.errors import IncompleteError
from qa_toolkit.review import ReviewSession
from qa_toolkit.widgets import ReviewWidget

VIEW = {"conversation": {"conversation_id": "c1"}, "state": {"conversation_id": "c1"}}


class FakeSession:
    """Writes down what it was asked."""

    reviewer = "ruth"
    sample = "first"

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.submitted = 3

    def progress(self) -> dict[str, int]:
        return {"total": 60, "submitted": self.submitted}

    def __getattr__(self, name: str) -> Any:
        def call(**fields: Any) -> Any:
            self.calls.append((name, fields))
            if name == "submit":
                raise IncompleteError("2 not rated yet: Listen, Solve.")
            return VIEW

        return call


@pytest.fixture
def fake() -> FakeSession:
    return FakeSession()


@pytest.fixture
def widget(fake: FakeSession) -> ReviewWidget:
    return ReviewWidget(fake)  # type: ignore[arg-type]


def ask(widget: ReviewWidget, kind: str, **fields: Any) -> dict[str, Any]:
    return widget._answer_to({"v": 1, "id": "id-000001", "kind": kind, **fields})


RATE = {
    "conversation_id": "c1",
    "commandment": "listen",
    "rating": "pass",
    "evidence": [{"position": 1, "start": None, "end": None}, {"position": 2, "start": 0, "end": 4}],
    "comment": "",
    "root_causes": [],
    "base": 0,
}
GOOD = {"conversation_id": "c1", "position": 1, "commandments": ["listen"], "note": "", "good": True}
DISPUTE = {"conversation_id": "c1", "fact": "apology:1:0-9", "wrong": True, "note": ""}
SPENT = {"conversation_id": "c1", "seconds": 40, "idle": 0}


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("rate", RATE),
        ("rate", {**RATE, "rating": None, "base": None}),
        ("comment", {"conversation_id": "c1", "text": ""}),
        ("mark_good", GOOD),
        ("skip", {"conversation_id": "c1", "reason": "spam"}),
        ("rate", {**RATE, "rating": "fail", "root_causes": ["hurry"]}),
        ("dispute_fact", DISPUTE),
        ("spent", SPENT),
        ("undo", {"after": None}),
    ],
)
def test_an_act_is_handed_on_with_the_id_of_its_message(
    widget: ReviewWidget, fake: FakeSession, kind: str, fields: dict[str, Any]
) -> None:
    assert ask(widget, kind, **fields)["ok"] is True
    assert fake.calls == [(kind, {**fields, "uid": "id-000001"})]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("hello", {}),
        ("view", {"conversation_id": "c1"}),
        ("next", {"conversation_id": "c1"}),
        ("previous", {"conversation_id": None}),
        ("facts", {"conversation_id": "c1", "asked": False}),
        ("refresh", {"conversation_id": None}),
        ("refresh", {"conversation_id": "c1"}),
    ],
)
def test_a_move_writes_nothing_and_has_no_id(
    widget: ReviewWidget, fake: FakeSession, kind: str, fields: dict[str, Any]
) -> None:
    assert ask(widget, kind, **fields)["result"] == VIEW
    assert fake.calls == [(kind, fields)]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("rate", {**RATE, "rating": "excellent"}),
        ("rate", {**RATE, "rating": ["pass"]}),
        ("rate", {**RATE, "base": -1}),
        ("rate", {**RATE, "base": True}),
        ("rate", {**RATE, "comment": "x" * 10_001}),
        ("rate", {**RATE, "evidence": "1"}),
        ("rate", {**RATE, "evidence": [{"position": 1}]}),
        ("rate", {**RATE, "evidence": [{"position": -1, "start": None, "end": None}]}),
        ("rate", {**RATE, "evidence": [{"position": 1, "start": 4, "end": 4}]}),
        ("rate", {**RATE, "evidence": [{"position": 1, "start": 4, "end": None}]}),
        ("rate", {**RATE, "evidence": [{"position": True, "start": None, "end": None}]}),
        ("rate", {**RATE, "conversation_id": ""}),
        ("mark_good", {**GOOD, "commandments": [1]}),
        ("mark_good", {**GOOD, "good": 1}),
        ("mark_good", {**GOOD, "position": 1.5}),
        ("skip", {"conversation_id": "c1", "reason": ""}),
        ("view", {"conversation_id": None}),
        ("next", {"conversation_id": {"$ne": 1}}),
        ("undo", {"after": None, "uid": "another"}),
        ("rate", {**RATE, "root_causes": "hurry"}),
        ("rate", {**RATE, "root_causes": [1]}),
        ("submit", {"conversation_id": "c1"}),
        ("submit", {"conversation_id": "c1", "without_evidence": None}),
        ("dispute_fact", {**DISPUTE, "fact": ""}),
        ("dispute_fact", {**DISPUTE, "wrong": 1}),
        ("spent", {**SPENT, "seconds": 86_401}),
        ("spent", {**SPENT, "seconds": True}),
        ("spent", {**SPENT, "idle": -1}),
        ("spent", {**SPENT, "idle": 1.5}),
        ("refresh", {}),
        ("facts", {"conversation_id": "c1"}),
        ("refresh", {"conversation_id": 1}),
    ],
)
def test_what_no_screen_would_send_never_reaches_the_session(
    widget: ReviewWidget, fake: FakeSession, kind: str, fields: dict[str, Any]
) -> None:
    assert ask(widget, kind, **fields)["error"]["code"] == "invalid"
    assert fake.calls == []


def test_a_refused_submit_says_what_is_missing(widget: ReviewWidget) -> None:
    error = ask(widget, "submit", conversation_id="c1", without_evidence=False)["error"]
    assert error == {"code": "incomplete", "message": "2 not rated yet: Listen, Solve."}


def test_the_repr_is_stable_and_current(widget: ReviewWidget, fake: FakeSession) -> None:
    assert repr(widget) == "ReviewWidget(reviewer='ruth', sample='first', 3 of 60 submitted)"
    fake.submitted = 4
    assert "4 of 60" in repr(widget)


def test_no_customer_text_is_widget_state(session: ReviewSession) -> None:
    widget = ReviewWidget(session)
    answer = widget._answer_to({"v": 1, "id": "id-000001", "kind": "hello"})
    assert "parcel" in json.dumps(answer)
    state = {name: value for name, value in widget.get_state().items() if name not in ("_esm", "_css")}
    assert "parcel" not in repr(state)


def test_the_same_message_twice_is_one_event(session: ReviewSession) -> None:
    widget = ReviewWidget(session)
    fields = {**RATE, "conversation_id": "c0", "evidence": []}
    first, again = ask(widget, "rate", **fields), ask(widget, "rate", **fields)
    assert first["result"]["event_id"] == again["result"]["event_id"]


def test_a_rating_changed_elsewhere_is_answered_with_what_is_stored(session: ReviewSession) -> None:
    widget = ReviewWidget(session)
    session.rate("c0", "listen", "fail")
    error = ask(widget, "rate", **{**RATE, "conversation_id": "c0", "evidence": []})["error"]
    assert error["code"] == "stale"
    assert error["state"]["ratings"]["listen"]["rating"] == "fail"
