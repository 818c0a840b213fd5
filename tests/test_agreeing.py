"""What a coach and an agent agreed on: kept, changed, ticked off, dropped, seen as of a time, and never lost."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from qa_toolkit.coaching import CoachSession
from qa_toolkit.errors import InvalidActError, NotFoundError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.store import Store
from qa_toolkit.suggest import HashingEncoder
from qa_toolkit.widgets import CoachWidget

pytestmark = pytest.mark.every_database

WORDS = "says when the parcel comes 📦"


@pytest.fixture
def project(store: Store, session: ReviewSession) -> Project:
    """Six conversations of amara, derek and mei, one of derek's with a fault."""
    for name in session.rubric.ids:
        session.rate("c1", name, "fail" if name == "listen" else "na", [{"position": 1, "start": None, "end": None}])
    session.submit("c1")
    return Project(store)


@pytest.fixture
def coach(project: Project) -> CoachSession:
    return CoachSession(project, "ines", HashingEncoder())


def texts(coach: CoachSession, agent: str | None = None) -> list[tuple[str, str, bool]]:
    return [(one["text"], one["due"], one["done"]) for one in coach.agreed(agent)]


class TestAgreeing:
    def test_it_survives_a_new_session_and_is_in_hello(self, project: Project, coach: CoachSession) -> None:
        shown = coach.agree("derek", f" {WORDS} ", "2026-03-31", uid="uid-0001")["agreed"]
        again = CoachSession(project, "ines", HashingEncoder())
        assert again.agreed() == again.hello()["agreed"] == shown
        [one] = shown
        at = datetime.fromisoformat(one.pop("at"))
        assert at.utcoffset() is not None
        assert one == {"item_id": "uid-0001", "agent": "derek", "text": WORDS, "due": "2026-03-31", "done": False}
        json.dumps(again.hello(), allow_nan=False)
        assert project.verify().ok

    def test_an_item_is_changed_ticked_off_and_dropped(self, coach: CoachSession) -> None:
        item = coach.agree("derek", "rings back", "2026-03-31")["agreed"][0]["item_id"]
        coach.agree("derek", "rings back the same day", "2026-04-02", item)
        assert texts(coach) == [("rings back the same day", "2026-04-02", False)]
        coach.agree("derek", item_id=item, done=True)
        assert texts(coach) == [("rings back the same day", "2026-04-02", True)], "what is left out stays"
        coach.agree("derek", "rings back", item_id=item)
        assert texts(coach) == [("rings back", "", False)], "with a text, the day is what is given"
        assert coach.agree("derek", item_id=item, dropped=True) == {"agreed": []}
        coach.agree("derek", item_id=item)
        assert texts(coach) == [("rings back", "", False)], "what was dropped by mistake comes back"

    def test_open_ones_come_by_day_then_done_ones_the_latest_first(self, coach: CoachSession) -> None:
        for day in ("", "2026-05-01", "2026-04-01", ""):
            coach.agree("derek", f"by {day or 'whenever'}", day)
        for text in ("first", "second"):
            coach.agree("mei", text, done=True)
        order = [one["text"] for one in coach.agreed()]
        assert order == ["by 2026-04-01", "by 2026-05-01", "by whenever", "by whenever", "second", "first"]
        assert [one["text"] for one in coach.agreed("mei")] == ["second", "first"]

    def test_each_coach_has_their_own_and_the_project_all(self, project: Project, coach: CoachSession) -> None:
        coach.agree("derek", "one")
        other = CoachSession(project, "otto", HashingEncoder())
        item = other.agree("mei", "two", date(2026, 3, 31))["agreed"][0]["item_id"]
        assert [len(one.agreed()) for one in (coach, other)] == [1, 1]
        with pytest.raises(NotFoundError, match="nothing was agreed"):
            coach.agree("mei", "three", item_id=item)
        frame = project.agreed()
        assert list(frame.columns) == ["coach", "agent", "item_id", "text", "due", "done", "at"]
        assert frame[["coach", "agent", "text", "due", "done"]].to_numpy().tolist() == [
            ["ines", "derek", "one", "", False],
            ["otto", "mei", "two", "2026-03-31", False],
        ]
        assert project.agreed("mei")["item_id"].tolist() == [item]
        assert str(frame["at"].dtype) == "datetime64[us, UTC]"

    def test_the_same_act_is_written_once_also_after_others(self, project: Project, coach: CoachSession) -> None:
        for _ in range(2):
            item = coach.agree("derek", "one", uid="uid-0001")["agreed"][0]["item_id"]
        coach.agree("derek", item_id=item, done=True, uid="uid-0002")
        coach.agree("derek", "another", item_id=item, uid="uid-0003")
        n = project.verify().n_events
        coach.agree("derek", item_id=item, done=True, uid="uid-0002")
        coach.agree("derek", "one", uid="uid-0001")
        assert project.verify().n_events == n
        assert texts(coach) == [("another", "", False)]

    def test_an_earlier_time_shows_what_held_then(self, project: Project, coach: CoachSession) -> None:
        item = coach.agree("derek", "one", "2026-03-31")["agreed"][0]["item_id"]
        then = project.agreed()
        coach.agree("derek", item_id=item, done=True)
        coach.agree("mei", "two")
        past = project.as_of(then["at"].iloc[-1].to_pydatetime())
        pd.testing.assert_frame_equal(past.agreed(), then)
        assert texts(CoachSession(past, "ines", HashingEncoder())) == [("one", "2026-03-31", False)]
        with pytest.raises(StoreError):
            CoachSession(past, "ines", HashingEncoder()).agree("derek", "too late")

    def test_nothing_is_read_anew_for_it(self, coach: CoachSession) -> None:
        made = coach._suggester
        coach.agree("derek", "one")
        coach.hello()
        assert coach._suggester is made


class TestBadInput:
    @pytest.mark.parametrize(
        ("given", "match"),
        [
            ({"text": "  "}, "say what was agreed"),
            ({"text": "x" * 100_000}, "100000 characters; keep it under"),
            ({"text": "\ud83d"}, "half a character"),
            ({"text": None}, "no text"),
            ({"text": "a", "due": "next week"}, "'next week' is no day; write it as 2026-03-31"),
            ({"text": "a", "due": "2026-02-30"}, "no day"),
            ({"text": "a", "due": "31.3.2026"}, "no day"),
            ({"text": "a", "due": datetime(2026, 3, 31, 10)}, "no day"),
            ({"text": "a", "due": None}, "no day"),
        ],
    )
    def test_it_is_refused_with_advice_and_nothing_is_written(
        self, coach: CoachSession, given: dict[str, Any], match: str
    ) -> None:
        with pytest.raises(InvalidActError, match=match):
            coach.agree("derek", **given)
        assert coach.agreed() == []

    def test_an_agent_who_is_not_there(self, coach: CoachSession) -> None:
        with pytest.raises(NotFoundError, match=r"there is no agent 'derk' in this project; .*derek"):
            coach.agree("derk", "one")
        with pytest.raises(NotFoundError, match=r"there is no agent None in this project; .*derek"):
            coach.agree(None, "a fault of nobody's")  # type: ignore[arg-type]

    def test_an_item_that_is_not_there_or_of_another_agent(self, coach: CoachSession) -> None:
        with pytest.raises(NotFoundError, match="leave item_id out"):
            coach.agree("derek", "one", item_id="nothing")
        item = coach.agree("derek", "one")["agreed"][0]["item_id"]
        with pytest.raises(InvalidActError, match="agreed with derek"):
            coach.agree("mei", item_id=item, done=True)

    @pytest.mark.parametrize(
        "text", ["\x00 \x1f \u202e", "=cmd|' /C calc'!A0", "'; DROP TABLE events; --", "<img src=x>"]
    )
    def test_hostile_words_stay_words(self, project: Project, coach: CoachSession, text: str) -> None:
        coach.agree("derek", f"x{text}x")
        assert texts(coach) == [(f"x{text}x", "", False)]
        assert project.verify().ok


class TestForgetting:
    def test_an_agreement_that_names_the_customer_is_counted(self, project: Project, coach: CoachSession) -> None:
        coach.agree("derek", "rings NORA back")
        coach.agree("derek", "rings Noras back")
        assert project.forget("Nora", by="ines", dry_run=True).comments == 1
        assert project.forget("Norma", by="ines", dry_run=True).comments == 0


class TestScreen:
    def test_what_the_page_sends_is_kept(self, coach: CoachSession) -> None:
        message = {"v": 1, "id": "uid-0001", "kind": "agree", "agent": "derek", "text": WORDS, "due": ""}
        widget = CoachWidget(coach)
        answer = widget.handle({**message, "item_id": None, "done": False, "dropped": False})
        assert (answer["ok"], answer["result"]) == (True, {"agreed": coach.agreed()})
        tick = {**message, "id": "uid-0002", "item_id": "uid-0001", "done": True, "dropped": False}
        assert widget.handle(tick)["result"]["agreed"][0]["done"] is True
        for wrong in ({"done": 1}, {"text": "x" * 10_001}, {"agent": ""}, {"due": None}, {"item_id": 3}):
            assert widget.handle({**tick, "id": "uid-0003", **wrong})["error"]["code"] == "invalid"
        refused = widget.handle({**tick, "id": "uid-0003", "due": "soon"})
        assert (refused["ok"], refused["error"]["code"]) == (False, "invalid")
        assert texts(coach) == [(WORDS, "", True)]
