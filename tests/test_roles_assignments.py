"""Assignments between walls: reviewers take and hand back, a lead assigns, SQL of their own gets nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from conftest import conversation_frames
from logins import Team, team_of
from raw import execute

from qa_toolkit.errors import InvalidActError, NotFoundError, QAToolkitError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, open_store

if TYPE_CHECKING:
    from qa_toolkit.store import Store

pytestmark = pytest.mark.postgresql


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
def team(url: str, small_rubric: Rubric) -> Iterator[Team]:
    store: Store = open_store(url)
    conversations, messages = conversation_frames(6)
    store.add_conversations(conversations, messages)
    items = conversations[["conversation_id"]].assign(stratum="all", inclusion_probability=1.0, reason="all")
    store.save_sample("first", items, {"n": 6})
    Project(store).keep_rubric(small_rubric)
    with team_of(store) as team:
        yield team
    store.close()


def url_of(team: Team, project: Project) -> str:
    return team.url(project.store.people.me.login)


def test_a_pool_among_logins(team: Team, small_rubric: Rubric) -> None:
    lea = team.add("lead", "lea")
    nora, ada = team.add("reviewer", "nora"), team.add("reviewer", "ada", "amara")
    lea.assign("first", how="pool", by="lea")
    session = ada.review("first", "ada", small_rubric)
    assert session.take(2)["view"]["conversation"]["conversation_id"] == "c1", "c0 is amara's, which is ada"
    assert nora.take("first", "nora", 3) == ["c0", "c3", "c4"]
    session.rate_rest("c1", "pass")
    session.submit("c1")
    session.undo()
    session.submit("c1")
    session.hand_back("c2", "ill")
    assert nora.take("first", "nora", 9) == ["c2", "c5"]
    board = lea.board("first").set_index("reviewer")
    assert board.loc[["ada", "nora"], ["taken", "done", "handed_back"]].to_numpy().tolist() == [[0, 1, 1], [5, 0, 0]]
    assert lea.reassign("first", "nora", "ada", by="lea")["conversation_id"].tolist() == ["c4", "c5"]
    assert team.store.verify().ok


def test_what_was_not_worked_on_in_time(team: Team) -> None:
    lea, nora, ada = team.add("lead", "lea"), team.add("reviewer", "nora"), team.add("reviewer", "ada")
    lea.assign("first", how="pool", by="lea")
    assert nora.take("first", "nora", 2) == ["c0", "c1"]
    execute(team.store.url, "UPDATE assignments SET lease_until = now() - interval '1 hour' WHERE reviewer = 'nora'")
    assert ada.take("first", "ada", 1) == ["c0"]
    assert nora.take("first", "nora", 1) == ["c2"]


def test_an_agent_and_a_coach_write_their_acts_all_the_same(team: Team) -> None:
    team.add("reviewer", "nora")
    team.add("lead", "lea").assign("first", ["nora"], by="lea")
    amara = team.add("agent", "amara")
    assert amara.assignments().empty, "who reviews whom is no matter of the agent's"
    assert len(team.add("coach", "ines").assignments()) == 6


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assignments SET reviewer = 'ada' WHERE reviewer = 'nora' RETURNING 1",
        "UPDATE assignments SET state = 'done' WHERE reviewer = 'nora' RETURNING 1",
        "DELETE FROM assignments WHERE reviewer = 'nora' RETURNING 1",
    ],
)
def test_sql_of_their_own_takes_nothing_from_others(team: Team, statement: str) -> None:
    team.add("reviewer", "nora")
    team.add("lead", "lea").assign("first", ["nora"], by="lea")
    ada = team.add("reviewer", "ada")
    assert execute(url_of(team, ada), statement) == []
    with pytest.raises(sa.exc.ProgrammingError, match="row-level security"):
        execute(url_of(team, ada), "INSERT INTO assignments SELECT conversation_id, 'zoe', sample, state, places, draw, due_at, lease, lease_until, acted_at, event_id FROM assignments")  # fmt: skip  # noqa: E501


def test_under_another_name(team: Team) -> None:
    team.add("reviewer", "nora")
    team.add("lead", "lea").assign("first", ["nora"], by="lea")
    ada = team.add("reviewer", "ada")
    with pytest.raises(InvalidActError, match="act under that name only"):
        ada.take("first", "nora")
    with pytest.raises(InvalidActError, match="act under that name only"):
        ada.hand_back("first", "c0", "nora", "ill")
    with pytest.raises(QAToolkitError):
        ada.hand_back("first", "c0", "nora", "ill", by="ada")
    with pytest.raises(QAToolkitError):
        ada.assign("first", {"nora": ["c1"], "zoe": ["c2"]}, by="ada")
    assert team.store.assignments.frame("first", "ada").empty


def test_a_malformed_one_does_not_get_in(team: Team) -> None:
    """What is in the log is read whenever the table is made anew."""
    lea, nora = team.add("lead", "lea"), team.add("reviewer", "nora")
    lea.assign("first", how="pool", by="lea")
    take = {"what": "take", "reviewer": "nora", "lease": 600, "until": "2030-01-31T10:00:00+00:00", "from": ""}
    back = {"what": "hand_back", "reviewer": "nora", "reason": "ill"}
    odd = [{name: value for name, value in take.items() if name != left} for left in ("lease", "until", "from")]
    odd += [{**take, "lease": value} for value in ("600", None, -1, 0.5, 10**12)]
    odd += [{**take, "until": value} for value in (7, "soon", "2030-02-31T10:00:00+00:00", "9999-01-01T00:00:00+00:00")]
    odd += [{**take, "from": None}, {**back, "reason": 7}, {"what": "hand_back", "reviewer": "nora"}]
    for i, payload in enumerate(odd):
        with pytest.raises(StoreError, match="has not this shape"):
            send(nora, f"odd-{i}", payload)
    with pytest.raises(StoreError, match="has not this shape"):
        send(nora, "nowhere", take, "")
    send(nora, "sound", take)
    send(nora, "back", back)
    assert lea.assignments("first").query("reviewer == 'nora'")["state"].tolist() == ["handed back"]


def send(project: Project, uid: str, payload: dict[str, object], conversation_id: str = "c0") -> None:
    """Write an event of an assignment past the screens, and past what follows it in the table if it is malformed."""
    act = Act(uid, "nora", "assignment", "assignment:first:nora", conversation_id, "", "first", payload)
    project.store.append(act)


def test_strangers_get_nothing(team: Team) -> None:
    lea, ruth = team.add("lead", "lea"), team.add("reviewer", "Ruth Weiss")
    team.add("coach", "ines")
    login = ruth.store.people.me.login
    for name, said in {
        "Ruth Wiess": "no reviewer or lead is called 'Ruth Wiess' here; did you mean 'Ruth Weiss'?",
        login: "did you mean 'Ruth Weiss'?",
        "ines": "no reviewer or lead is called 'ines' here",
        "Ruth Weiss, lea": "give each name by itself",
    }.items():
        for project in (lea, Project(team.store)):
            with pytest.raises(NotFoundError, match=re.escape(said)):
                project.assign("first", ["lea", name])
    assert lea.assignments("first").empty
    lea.assign("first", ["Ruth Weiss"])
    with pytest.raises(NotFoundError, match="did you mean 'Ruth Weiss'"):
        lea.reassign("first", "Ruth Weiss", "Ruth Wiess")
    with pytest.raises(NotFoundError, match="waits for 'lea'; something waits for: Ruth Weiss"):
        lea.reassign("first", "lea", "Ruth Weiss")


def test_who_is_no_lead_is_told_so_where_nothing_is_left_to_do(team: Team) -> None:
    lea, ruth = team.add("lead", "lea"), team.add("reviewer", "ruth")
    lea.assign("first", ["ruth"])
    lea.release("first")
    with pytest.raises(StoreError, match="a reviewer may not assign; ask a lead"):
        ruth.assign("first", ["ruth"])
    with pytest.raises(StoreError, match="a reviewer may not reassign; ask a lead"):
        ruth.reassign("first", "ruth", "")
    with pytest.raises(StoreError, match="a reviewer may not release a sample; ask a lead"):
        ruth.release("first")
