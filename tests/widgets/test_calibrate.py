"""The calibration widget from Python: what it hands on, what it refuses, and that peers change no answer."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from qa_toolkit.calibration import CalibrationSession, start_calibration
from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store
from qa_toolkit.widgets import CalibrateWidget

IDS = ("listen", "solve", "warm")
RATE = {
    "conversation_id": "c0",
    "round": 1,
    "commandment": "listen",
    "rating": "pass",
    "evidence": [{"position": 1, "start": None, "end": None}, {"position": 2, "start": 0, "end": 4}],
    "comment": "",
    "root_causes": [],
    "base": 0,
}
DECIDE = {
    "conversation_id": "c0",
    "commandment": "solve",
    "rating": "fail",
    "reason": "no van",
    "evidence": [],
    "example": True,
    "base": "",
}


@pytest.fixture
def project(store: Store) -> Project:
    return Project(store)


def session(project: Project, rubric: Rubric, reviewer: str, name: str = "march") -> CalibrationSession:
    start_calibration(project, name, ["ruth", "ben", "cara"], conversations=["c0", "c1"], rubric=rubric)
    return CalibrationSession(project, name, reviewer)


def ask(widget: CalibrateWidget, kind: str, uid: str = "id-000001", **fields: Any) -> dict[str, Any]:
    """Send a message and return the answer, both through JSON."""
    message = {"v": 1, "id": uid, "kind": kind, **fields}
    answer: dict[str, Any] = json.loads(json.dumps(widget._answer_to(json.loads(json.dumps(message)))))
    return answer


@pytest.fixture
def widget(project: Project, small_rubric: Rubric) -> CalibrateWidget:
    return CalibrateWidget(session(project, small_rubric, "ruth"))


def test_an_act_is_written_once_under_the_id_of_its_message(widget: CalibrateWidget) -> None:
    first = ask(widget, "rate", "rate-0001", **RATE)
    assert first["ok"]
    assert ask(widget, "rate", "rate-0001", **RATE)["result"]["revision"] == first["result"]["revision"]
    assert ask(widget, "view", conversation_id="c0")["result"]["state"]["ratings"]["listen"]["rating"] == "pass"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("rate", {**RATE, "round": 3}),
        ("rate", {**RATE, "round": True}),
        ("rate", {**RATE, "rating": "good"}),
        ("rate", {**RATE, "evidence": [{"position": 0}]}),
        ("rate", {name: value for name, value in RATE.items() if name != "round"}),
        ("submit", {"conversation_id": "c0", "round": 1, "without_evidence": 1}),
        ("decide", {**DECIDE, "rating": None}),
        ("decide", {**DECIDE, "reason": ""}),
        ("decide", {**DECIDE, "reason": "x" * 2001}),
        ("decide", {**DECIDE, "base": 4}),
        ("undo", {"after": "4"}),
        ("note", {"conversation_id": "c0", "text": None}),
        ("peers", {}),
        ("rate_rest", {"conversation_id": "c0", "rating": "na"}),
    ],
)
def test_what_does_not_fit_reaches_no_session(widget: CalibrateWidget, kind: str, fields: dict[str, Any]) -> None:
    answer = ask(widget, kind, **fields)
    assert answer["ok"] is False
    assert answer["error"]["code"] == "invalid"


def test_a_decision_before_the_reveal_is_refused(widget: CalibrateWidget) -> None:
    assert ask(widget, "decide", **DECIDE)["ok"] is False


def test_the_widget_holds_nothing_of_a_conversation(widget: CalibrateWidget) -> None:
    ask(widget, "hello")
    assert "parcel" not in json.dumps(widget.get_state(), default=str).replace(str(widget._esm), "").lower()
    assert repr(widget) == "CalibrateWidget(name='march', reviewer='ruth')"


def told_to_ruth(project: Project, rubric: Rubric, name: str, peers_act: bool) -> list[dict[str, Any]]:
    """Let ruth do all that she can before the reveal, and return the answers; peers act in between, or not at all."""
    widget = CalibrateWidget(session(project, rubric, "ruth", name))
    peers = [session(project, rubric, peer, name) for peer in ("ben", "cara")] if peers_act else []
    told = [ask(widget, "hello")]
    for place, commandment in enumerate(IDS):
        for peer in peers:
            peer.rate("c0", 1, commandment, "fail", [{"position": 1, "start": 0, "end": 5}], f"{peer.reviewer} says so")
            peer.note("c0", f"{peer.reviewer} notes so")
        told.append(ask(widget, "rate", f"{name}-rate-{place}", **{**RATE, "commandment": commandment, "base": None}))
        told.append(ask(widget, "refresh", conversation_id="c0"))
    for peer in peers[1:]:
        peer.submit("c0", 1)
    told += [
        ask(widget, "note", f"{name}-note-0", conversation_id="c0", text="mine"),
        ask(widget, "undo", f"{name}-undo-0", after=None),
    ]
    told.append(ask(widget, "submit", f"{name}-submit", conversation_id="c0", round=1, without_evidence=False))
    told += [ask(widget, "view", conversation_id=one) for one in ("c0", "c1")]
    told += [ask(widget, "refresh", conversation_id=None), ask(widget, "hello")]
    assert all(answer["ok"] for answer in told)
    return told


def test_no_answer_before_the_reveal_depends_on_what_peers_do(project: Project, small_rubric: Rubric) -> None:
    alone = told_to_ruth(project, small_rubric, "march", peers_act=False)
    beside = told_to_ruth(project, small_rubric, "april", peers_act=True)
    assert len(alone) == 14
    for one, other in zip(alone, beside, strict=True):
        assert plain(one) == plain(other)
    assert "says so" not in json.dumps(beside)


def plain(answer: Any) -> Any:
    """Leave out what differs between two runs by itself: name, ids, times, and where numbers begin."""
    if isinstance(answer, dict):
        return {k: plain(v) for k, v in answer.items() if k not in ("id", "name", "at", "revision", "newest")}
    return [plain(one) for one in answer] if isinstance(answer, list) else answer


def test_ones_own_numbers_count_ones_own_acts_alone(project: Project, small_rubric: Rubric) -> None:
    def steps(told: list[dict[str, Any]]) -> list[int]:
        numbers = [answer["result"]["revision"] for answer in told if "revision" in answer["result"]]
        return [later - earlier for earlier, later in itertools.pairwise(numbers)]

    alone = steps(told_to_ruth(project, small_rubric, "march", peers_act=False))
    assert alone == steps(told_to_ruth(project, small_rubric, "april", peers_act=True))
