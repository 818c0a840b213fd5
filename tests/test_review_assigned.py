"""A review session in a sample with assignments: its queue, taking from the pool, handing back, what is due."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import census
from sqlalchemy import event

from qa_toolkit.errors import AssignmentError, InvalidActError, NotFoundError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.store import Store
from qa_toolkit.widgets import ReviewWidget, ScriptedReviewer

pytestmark = pytest.mark.every_database
SessionOf = Callable[[str], ReviewSession]


@pytest.fixture
def project(store: Store) -> Project:
    return Project(store)


def finish(session: ReviewSession, conversation_id: str) -> None:
    session.rate_rest(conversation_id, "pass")
    session.submit(conversation_id)


def test_a_sample_without_assignments_is_everybodys(session_of: SessionOf) -> None:
    session = session_of("nora")
    assert len(session.queue) == 6
    assert not session.hello()["assigned"]
    assert session.view("c0")["assignment"] is None


def test_the_queue_holds_what_is_assigned_by_due_date_then_draw(project: Project, session_of: SessionOf) -> None:
    session = session_of("nora")
    assert len(session.queue) == 6
    project.assign("first", {"nora": ["c4", "c2"], "ines": ["c0"]}, by="lea")
    assert session.queue == ("c2", "c4")
    project.assign("first", {"nora": ["c5", "c1"]}, due="2026-10-02", by="lea")
    project.assign("first", {"nora": ["c3"]}, due="2026-10-01", by="lea")
    assert session.queue == ("c3", "c1", "c5", "c2", "c4")
    assert session.hello()["view"]["conversation"]["conversation_id"] == "c3"
    assert session.progress() == {"total": 5, "submitted": 0, "skipped": 0, "draft": 0, "open": 5}
    finish(session, "c3")
    assert session.next("c3")["conversation"]["conversation_id"] == "c1"
    assert session_of("nora").queue == session.queue
    assert session_of("zoe").queue == ()


def test_what_is_not_theirs_is_refused(project: Project, session_of: SessionOf) -> None:
    project.assign("first", {"nora": ["c4"]}, by="lea")
    with pytest.raises(NotFoundError, match="no conversation 'c0' that is assigned to nora"):
        session_of("nora").rate("c0", "listen", "pass")


def test_what_was_taken_away_on_the_screen_loses_nothing(project: Project, session_of: SessionOf) -> None:
    project.assign("first", ["nora"], by="lea")
    session = session_of("nora")
    session.rate("c2", "listen", "pass")
    project.reassign("first", "nora", "ines", ["c2"], by="lea")
    assert session.rate("c2", "solve", "fail")["state"]["ratings"]["solve"]["rating"] == "fail"
    assert session.queue == ("c0", "c1", "c3", "c4", "c5")
    assert session.refresh("c2")["assignment"]["state"] == "reassigned"
    assert session.next("c2")["conversation"]["conversation_id"] == "c3", "it goes on where it was"
    assert session_of("ines").state("c2")["ratings"] == {}


def test_a_substitute_stands_in_the_queue(project: Project, store: Store, small_rubric) -> None:
    store.save_sample("small", census(project.conversations()).assign(reserve=[False] * 4 + [True] * 2), {})
    project.assign("small", {"nora": ["c0", "c1", "c2"]}, by="lea")
    session = ReviewSession(store, "small", "nora", small_rubric)
    session.rate("c1", "listen", "pass")
    assert project.replace("small", "c1", "unreadable", actor="lea") == "c4"
    assert session.queue == ("c0", "c4", "c2")
    assert session.rate("c1", "solve", "pass")["progress"]["open"] == 3


def test_take_when_the_queue_is_empty(project: Project, session_of: SessionOf) -> None:
    project.assign("first", how="pool", due="2026-10-01", by="lea")
    session = session_of("amara")
    hello = session.hello()
    assert (hello["assigned"], hello["view"], hello["progress"]["total"]) == (True, None, 0)
    taken = session.take(2, uid="0123456789")
    assert (taken["taken"], taken["view"]["conversation"]["conversation_id"], taken["progress"]["open"]) == (2, "c1", 2)
    assignment = taken["view"]["assignment"]
    assert (assignment["state"], assignment["due_at"][:10], assignment["overdue"]) == ("taken", "2026-10-01", False)
    assert assignment["lease_until"]
    assert session.take(2, uid="0123456789")["taken"] == 2
    assert session.queue == ("c1", "c2")
    assert session.take(20)["taken"] == 2
    with pytest.raises(AssignmentError, match="Nothing is left in the pool that you may have"):
        session.take()


def test_hand_back(project: Project, session_of: SessionOf) -> None:
    project.assign("first", ["nora"], by="lea")
    session = session_of("nora")
    session.rate("c0", "listen", "pass")
    answer = session.hand_back("c0", "I know her", uid="0123456789")
    assert answer == session.hand_back("c0", "I know her", uid="0123456789")
    assert answer["progress"]["total"] == 5
    assert answer["state"]["status"] == "draft"
    assert session.next("c0")["conversation"]["conversation_id"] == "c1"
    with pytest.raises(InvalidActError, match="give the reason"):
        session.hand_back("c1", " ")
    finish(session, "c1")
    with pytest.raises(AssignmentError, match="nora is done with 'c1'"):
        session.hand_back("c1", "ill")
    with pytest.raises(NotFoundError):
        session_of("ines").hand_back("c1", "ill")
    taken = session_of("ines").take()
    assert taken["view"]["conversation"]["conversation_id"] == "c0"
    assert taken["view"]["state"]["ratings"] == {}, "nothing of nora's is seen"


def test_overdue(project: Project, session_of: SessionOf) -> None:
    project.assign("first", ["nora"], due="2026-08-31", by="lea")
    session = session_of("nora")
    assert session.view("c0")["assignment"]["overdue"]
    finish(session, "c0")
    assert not session.view("c0")["assignment"]["overdue"]


def test_the_screen_takes_and_hands_back_by_messages(project: Project, session_of: SessionOf) -> None:
    project.assign("first", how="pool", by="lea")
    nora = ScriptedReviewer(ReviewWidget(session_of("nora")))
    assert nora.act("take", n=5)["taken"] == 5
    assert nora.act("hand_back", conversation_id="c0", reason="no time")["progress"]["total"] == 4
    for fields, message in [({"n": 0}, "n of take"), ({"n": 21}, "n of take"), ({}, "take takes n")]:
        with pytest.raises(InvalidActError, match=message):
            nora.act("take", **fields)
    with pytest.raises(InvalidActError, match="reason of hand_back"):
        nora.act("hand_back", conversation_id="c1", reason="")


def test_an_act_costs_the_same_in_a_longer_queue(project: Project, session_of: SessionOf, store: Store) -> None:
    """Each act asks as often, and nothing that reads the queue anew."""
    project.assign("first", ["nora"], by="lea")
    session = session_of("nora")
    session.rate("c0", "listen", "pass")
    said: list[str] = []
    event.listen(store._engine, "before_cursor_execute", lambda *values: said.append(values[2]))
    session.rate("c0", "solve", "pass")
    finish(session, "c0")
    assert not [one for one in said if "FROM sample_items" in one]
    assert not [one for one in said if "FROM assignments" in one and "ORDER BY assignments.due_at" in one]
