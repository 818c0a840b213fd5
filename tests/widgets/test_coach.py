"""The coach widget from Python: what it hands to the session, what it refuses, what it writes."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from qa_toolkit.coaching.packing import PACKS
from qa_toolkit.errors import EncoderError
from qa_toolkit.widgets import CoachWidget


class FakeSession:
    """Writes down what it was asked."""

    coach = "ines"

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.pinned: list[dict[str, Any]] = [{}]

    def pins(self) -> list[dict[str, Any]]:
        return self.pinned

    def pack(self, kind: str, agent: str | None = None, at: str | None = None) -> dict[str, Any]:
        self.calls.append(("pack", {"kind": kind, "agent": agent, "at": at}))
        return {"text": f"the pack as {kind} 📦", "used": 1, "left_out": 0}

    def __getattr__(self, name: str) -> Any:
        def call(**fields: Any) -> Any:
            self.calls.append((name, fields))
            return {"called": name}

        return call


@pytest.fixture
def fake() -> FakeSession:
    return FakeSession()


@pytest.fixture
def widget(fake: FakeSession) -> CoachWidget:
    return CoachWidget(fake)  # type: ignore[arg-type]


def ask(widget: CoachWidget, kind: str, **fields: Any) -> dict[str, Any]:
    return widget._answer_to({"v": 1, "id": "id-000001", "kind": kind, **fields})


NO_FILTERS = dict.fromkeys(("agent", "commandment", "channel", "language", "since", "until"))
SUGGEST = {"fault_id": "c1#listen#ruth", "k": 5, "filters": {}}
SEARCH = {"text": "parcel lost", "k": 5, "filters": {}}
PIN = {"fault_id": "c1#listen#ruth", "exemplar_id": "c0#1", "note": "", "pinned": True}
JUDGE = {"fault_id": "c1#listen#ruth", "exemplar_id": "c0#1", "useful": "used", "rank": 1}


def test_hello_also_loads_the_model(widget: CoachWidget, fake: FakeSession) -> None:
    assert ask(widget, "hello")["result"] == {"called": "hello"}
    assert fake.calls == [("hello", {}), ("warm", {})]


@pytest.mark.parametrize(
    ("kind", "fields", "given"),
    [
        ("conversation", {"conversation_id": "c1"}, {"conversation_id": "c1"}),
        ("suggest", SUGGEST, {"fault_id": "c1#listen#ruth", "k": 5}),
        (
            "suggest",
            {**SUGGEST, "filters": {"agent": "", "channel": None, "not_agent": "derek", "include_unverified": False}},
            {"fault_id": "c1#listen#ruth", "k": 5, "not_agent": "derek", "include_unverified": False},
        ),
        (
            "search",
            {**SEARCH, "filters": {"since": "2026-03-01"}},
            {"text": "parcel lost", "k": 5, "since": "2026-03-01"},
        ),
        ("pin", PIN, {**PIN, "uid": "id-000001"}),
        ("judge", JUDGE, {**JUDGE, "uid": "id-000001"}),
        ("judge", {**JUDGE, "useful": None, "rank": None}, {**JUDGE, "useful": None, "rank": None, "uid": "id-000001"}),
    ],
)
def test_what_is_asked_reaches_the_session(
    widget: CoachWidget, fake: FakeSession, kind: str, fields: dict[str, Any], given: dict[str, Any]
) -> None:
    assert ask(widget, kind, **fields)["ok"]
    assert fake.calls == [(kind, given)]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("faults", {"agent": "derek"}),
        ("faults", {**NO_FILTERS, "agent": 1}),
        ("faults", {**NO_FILTERS, "agent": "x" * 1001}),
        ("conversation", {"conversation_id": ""}),
        ("suggest", {**SUGGEST, "k": 0}),
        ("suggest", {**SUGGEST, "k": 21}),
        ("suggest", {**SUGGEST, "k": True}),
        ("suggest", {**SUGGEST, "filters": {"k": 3}}),
        ("suggest", {**SUGGEST, "filters": {"exclude_conversation": "c1"}}),
        ("suggest", {**SUGGEST, "filters": {"agent": ["derek"]}}),
        ("suggest", {**SUGGEST, "filters": {"include_unverified": 0}}),
        ("suggest", {**SUGGEST, "filters": []}),
        ("search", {**SEARCH, "text": ""}),
        ("search", {**SEARCH, "text": "x" * 10_001}),
        ("pin", {**PIN, "pinned": 1}),
        ("pin", {**PIN, "note": None}),
        ("pin", {**PIN, "note": "x" * 10_001}),
        ("judge", {**JUDGE, "useful": "yes"}),
        ("judge", {**JUDGE, "useful": ["used"]}),
        ("judge", {**JUDGE, "rank": 0}),
        ("judge", {**JUDGE, "rank": True}),
        ("judge", {**JUDGE, "exemplar_id": ""}),
        ("export", {"format": "pdf", "agent": None, "at": None}),
        ("export", {"format": "html", "agent": None}),
        ("refresh", {}),
        ("warm", {}),
    ],
)
def test_what_does_not_fit_never_reaches_the_session(
    widget: CoachWidget, fake: FakeSession, kind: str, fields: dict[str, Any]
) -> None:
    answer = ask(widget, kind, **fields)
    assert (answer["ok"], answer["error"]["code"]) == (False, "invalid")
    assert fake.calls == []


def test_faults_come_with_their_rates(widget: CoachWidget, fake: FakeSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fake, "faults", lambda **fields: [fields["agent"]], raising=False)
    monkeypatch.setattr(fake, "rates", lambda **fields: {"rates": fields, "of_design": True}, raising=False)
    asked = {**NO_FILTERS, "agent": "derek"}
    assert ask(widget, "faults", **asked)["result"] == {"faults": ["derek"], "rates": asked, "of_design": True}


def test_an_export_is_answered_as_text(widget: CoachWidget, fake: FakeSession) -> None:
    result = ask(widget, "export", format="html", agent="derek", at="2026-04-01")["result"]
    assert result == {"text": "the pack as html 📦", "used": 1, "left_out": 0}
    assert fake.calls == [("pack", {"kind": "html", "agent": "derek", "at": "2026-04-01"})]


def test_a_model_that_is_not_there_is_said(
    widget: CoachWidget, fake: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_fields: Any) -> None:
        raise EncoderError("the model is not installed")

    monkeypatch.setattr(fake, "suggest", fail, raising=False)
    error = ask(widget, "suggest", **SUGGEST)["error"]
    assert error == {"code": "encoder", "message": "the model is not installed"}


def test_others_are_answered_while_suggestions_wait_for_the_model(
    widget: CoachWidget, fake: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, answers, all_came = threading.Event(), [], threading.Event()

    def slow(**_fields: Any) -> dict[str, Any]:
        assert loaded.wait(10)
        return {"suggestions": [], "reason": ""}

    def send(answer: dict[str, Any]) -> None:
        answers.append(answer["id"])
        if len(answers) == 2:
            all_came.set()

    monkeypatch.setattr(fake, "suggest", slow, raising=False)
    monkeypatch.setattr(widget, "send", send)
    widget._handle_custom_msg({"v": 1, "id": "id-slow-one", "kind": "suggest", **SUGGEST}, [])
    widget._handle_custom_msg({"v": 1, "id": "id-quick-one", "kind": "pin", **PIN}, [])
    assert answers == ["id-quick-one"]
    loaded.set()
    assert all_came.wait(10)
    assert answers == ["id-quick-one", "id-slow-one"]


def test_export_is_the_sessions_to_write(
    widget: CoachWidget, fake: FakeSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def save(path: str, agent: str | None, at: str | None, redaction: bool, named: bool, overwrite: bool) -> Path:
        return tmp_path / f"{agent} {at} {redaction} {named} {overwrite} {path}"

    monkeypatch.setattr(fake, "save", save, raising=False)
    assert widget.export("pack.md", "derek", at="2026-04-01").name == "derek 2026-04-01 True False False pack.md"
    assert (
        widget.export("pack.md", redaction=False, named=True, overwrite=True).name
        == "None None False True True pack.md"
    )


def test_the_screen_offers_every_kind_of_pack(widget: CoachWidget, fake: FakeSession) -> None:
    for kind in PACKS:
        assert ask(widget, "export", format=kind, agent=None, at=None)["result"]["text"] == f"the pack as {kind} 📦"


def test_the_repr_is_stable(widget: CoachWidget, fake: FakeSession) -> None:
    assert repr(widget) == "CoachWidget(coach='ines', 1 pin)"
    fake.pinned = []
    assert repr(widget) == "CoachWidget(coach='ines', 0 pins)"


def test_no_trait_holds_anything_of_a_conversation(widget: CoachWidget) -> None:
    ask(widget, "hello")
    own = {name: value for name, value in widget.get_state().items() if not name.startswith("_")}
    assert own.keys() <= {"layout", "tabbable", "tooltip"}
