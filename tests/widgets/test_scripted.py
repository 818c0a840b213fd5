"""The scripted reviewer drives a widget as a browser does."""

from __future__ import annotations

from typing import Any

import pytest

from qa_toolkit.errors import InvalidActError
from qa_toolkit.review import ReviewSession
from qa_toolkit.widgets import ReviewWidget, ScriptedReviewer


@pytest.fixture
def widget(session: ReviewSession) -> ReviewWidget:
    return ReviewWidget(session)


@pytest.fixture
def script(widget: ReviewWidget) -> ScriptedReviewer:
    return ScriptedReviewer(widget)


def test_a_review_is_rated_and_submitted(script: ScriptedReviewer, session: ReviewSession) -> None:
    result = script.review("c2", {"listen": "pass", "solve": ("fail", [1, 3], "no van")})
    assert result["state"]["status"] == "submitted"
    ratings = session.state("c2")["ratings"]
    assert {name: one["rating"] for name, one in ratings.items()} == {"listen": "pass", "solve": "fail", "warm": "na"}
    assert ratings["solve"]["evidence"] == [
        {"position": 1, "start": None, "end": None},
        {"position": 3, "start": None, "end": None},
    ]
    assert ratings["solve"]["comment"] == "no van"


def test_it_can_be_done_again_and_after_an_undo(script: ScriptedReviewer, session: ReviewSession) -> None:
    fields = {"evidence": [], "comment": "", "base": 0}
    script.act("rate", conversation_id="c0", commandment="listen", rating="fail", **fields)
    script.act("undo")
    script.review("c0", {"listen": "pass"})
    script.review("c0", {"listen": "fail"})
    assert session.state("c0")["ratings"]["listen"]["rating"] == "fail"


def test_a_cleared_rating_can_be_given_again(script: ScriptedReviewer, session: ReviewSession) -> None:
    session.rate("c0", "listen", "fail")
    session.rate("c0", "listen", None)
    script.review("c0", {"listen": "pass"})
    assert session.state("c0")["ratings"]["listen"]["rating"] == "pass"


def test_an_unknown_commandment_is_refused_before_anything_is_written(
    script: ScriptedReviewer, session: ReviewSession
) -> None:
    with pytest.raises(InvalidActError, match="no commandment 'shine'"):
        script.review("c0", {"shine": "pass"})
    assert session.state("c0")["status"] == "open"


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("submit", {"conversation_id": "c0", "without_evidence": False}, "rated"),
        ("view", {"conversation_id": "nowhere"}, "nowhere"),
        ("dance", {}, "no kind"),
        ("skip", {"conversation_id": "c0"}, "skip takes"),
    ],
)
def test_a_refusal_is_raised_with_its_message(
    script: ScriptedReviewer, kind: str, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(InvalidActError, match=words):
        script.act(kind, **fields)


def test_open_pages_hear_the_answer(
    script: ScriptedReviewer, widget: ReviewWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[dict[str, Any]] = []
    monkeypatch.setattr(widget, "send", heard.append)
    result = script.act("view", conversation_id="c3")
    assert [answer["result"] for answer in heard] == [result]


def test_the_repr_is_stable(script: ScriptedReviewer) -> None:
    assert repr(script) == "ScriptedReviewer(ReviewWidget(reviewer='ruth', sample='first', 0 of 6 submitted))"
