"""Who reviews what by when: giving out, taking, handing back, reassigning; and the table that follows the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from conftest import Clock, census, conversation_frames

from qa_toolkit.cli import main
from qa_toolkit.errors import AssignmentError, InvalidActError, NotFoundError, StoreError
from qa_toolkit.project import Project, boards
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, Store, assigned, assigned_rules, open_store, pool, replacing, tables
from qa_toolkit.store.engine import reading, writing

pytestmark = pytest.mark.every_database


@pytest.fixture
def project(store: Store) -> Project:
    """Six conversations, c0 to c5, of amara, derek and mei in turns."""
    return Project(store)


@pytest.fixture
def finish(project: Project, small_rubric: Rubric) -> Callable[..., ReviewSession]:
    """A function that has somebody review a conversation to its end."""

    def review(reviewer: str, conversation_id: str, sample: str = "first") -> ReviewSession:
        session = ReviewSession(project.store, sample, reviewer, small_rubric)
        session.rate_rest(conversation_id, "pass")
        session.submit(conversation_id)
        return session

    return review


def of(frame: pd.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


def who_has(project: Project, state: str = "open") -> dict[str, list[str]]:
    frame = project.assignments("first")
    frame = frame[frame["state"] == state]
    return {name: ids.tolist() for name, ids in frame.groupby("reviewer")["conversation_id"]}


def rows(store: Store) -> list[tuple[Any, ...]]:
    with reading(store._engine) as connection:
        return sorted(tuple(row) for row in connection.execute(sa.select(tables.assignments)))


TAKE = {"what": "take", "reviewer": "nora", "from": "ines", "lease": 60, "until": "2026-09-01T12:00:00+00:00"}
ASSIGN = {"what": "assign", "reviewer": "nora", "places": 1, "due": None, "conversations": [["c3", 3]], "done": []}
ODD: tuple[dict[str, Any], ...] = (
    {},
    {"what": "x"},
    {"what": []},
    {"what": "agents", "agents": 3},
    {"what": "take"},
    {name: value for name, value in TAKE.items() if name != "from"},
    {name: value for name, value in TAKE.items() if name != "lease"},
    {name: value for name, value in TAKE.items() if name != "until"},
    TAKE | {"from": "zoe"},
    TAKE | {"from": ""},  # no place is left
    TAKE | {"from": "nora"},  # she has handed it back
    TAKE | {"lease": "long"},
    TAKE | {"lease": 10**30},
    TAKE | {"until": "soon"},
    TAKE | {"until": "2026-09-01T12:00:00"},
    {"what": "hand_back", "reviewer": "zoe"},
    {"what": "hand_back", "reviewer": ""},
    {"what": "reassign", "reviewer": "zoe", "from": "nora"},
    {"what": "reassign", "reviewer": 3, "from": "ines"},
    {"what": "reassign", "reviewer": "zoe", "from": "ines", "due": "soon"},
    ASSIGN | {"conversations": [["c99", 99]]},
    ASSIGN | {"conversations": [["c2", 2], ["c2", 2]]},
    ASSIGN | {"conversations": [["c0", 0]]},  # she had it
    ASSIGN | {"conversations": ["c3"]},
    ASSIGN | {"places": -1},
)


def odd(i: int, payload: dict[str, Any]) -> Act:
    """Return an act that no release writes."""
    slot = assigned_rules.names_slot("first") if payload.get("what") == "agents" else "assignment:first:nora"
    found = "" if payload.get("what") == "agents" else "c0"
    return Act(f"odd-event-{i}", "nora", "assignment", slot, found, sample="first", payload=payload)


class TestAssign:
    def test_in_turns(self, project: Project) -> None:
        given = project.assign("first", ["nora", "ines"], by="lea", due="2026-09-30")
        assert of(given, "conversation_id", "reviewer", "state")[0] == ("c0", "nora", "open")
        assert who_has(project) == {"nora": ["c0", "c2", "c4"], "ines": ["c1", "c3", "c5"]}
        frame = project.assignments("first", "nora")
        assert set(frame["due_at"]) == {pd.Timestamp("2026-09-30 23:59:59.999999", tz="UTC")}
        assert not frame["overdue"].any()
        assert frame["lease_until"].isna().all()

    def test_the_same_call_again_adds_nothing(self, project: Project) -> None:
        project.assign("first", ["nora", "ines"], by="lea")
        before = project.store.newest()
        assert project.assign("first", ["nora", "ines"], by="lea").empty
        assert project.store.newest() == before

    def test_what_is_added_later_is_filled_up(self, project: Project) -> None:
        project.assign("first", ["nora"], by="lea")
        given = project.assign("first", ["nora", "ines", "omar"], overlap=2, by="lea")
        assert len(given) == 6
        assert "nora" not in set(given["reviewer"])

    def test_never_their_own(self, project: Project) -> None:
        project.assign("first", ["amara", "derek"], by="lea")
        mine = who_has(project)
        assert not {"c0", "c3"} & set(mine["amara"])
        assert not {"c1", "c4"} & set(mine["derek"])

    def test_a_reviewer_with_another_name_as_an_agent(self, project: Project) -> None:
        project.assign("first", ["ada", "ben"], agents={"ada": " Amara "}, by="lea")
        assert not {"c0", "c3"} & set(who_has(project)["ada"])
        with pytest.raises(AssignmentError, match="'c0' cannot go to ada: ada is its agent"):  # it is remembered
            project.assign("first", {"ada": ["c0"]}, by="lea")

    def test_capitals_are_the_same_person(self, project: Project) -> None:
        with pytest.raises(AssignmentError, match="AMARA is its agent"):
            project.assign("first", {"AMARA": ["c0"]}, by="lea")

    def test_nobody_is_left(self, project: Project) -> None:
        given = project.assign("first", ["amara"], by="lea")
        assert set(of(given[given["state"] == "lacking"], "conversation_id")) == {("c0",), ("c3",)}
        assert len(who_has(project)["amara"]) == 4

    def test_to_whoever_has_least(self, project: Project) -> None:
        project.store.save_sample("second", census(project.conversations()), {})
        project.assign("second", {"nora": ["c0", "c1", "c2", "c3"]}, by="lea")
        project.assign("first", ["nora", "ines"], how="balanced", by="lea")
        assert {name: len(ids) for name, ids in who_has(project).items()} == {"nora": 1, "ines": 5}

    def test_what_was_reviewed_before_counts_as_done(
        self, project: Project, finish: Callable[..., ReviewSession]
    ) -> None:
        finish("omar", "c0")
        project.store.save_sample("second", census(project.conversations()), {})
        finish("nora", "c1", "second")
        project.assign("first", ["nora", "ines"], by="lea")
        assert who_has(project, "done") == {"omar": ["c0"]}
        assert "c1" in who_has(project)["ines"], "nora has submitted it in another sample"
        assert sum(map(len, who_has(project).values())) == 5

    def test_overlap_for_a_share(self, project: Project) -> None:
        project.assign("first", ["nora", "ines", "omar"], overlap=2, share=0.5, by="lea")
        counts = project.assignments("first")["conversation_id"].value_counts()
        assert (counts == 2).sum() == 3
        assert (counts == 1).sum() == 3

    def test_by_hand_of_a_substitute(self, project: Project) -> None:
        items = census(project.conversations()).assign(reserve=[False] * 4 + [True] * 2)
        project.store.save_sample("small", items, {})
        project.assign("small", ["nora"], by="lea")
        substitute = project.replace("small", "c1", "unreadable", actor="lea")
        frame = project.assignments("small", "nora").set_index("conversation_id")
        assert frame.loc[substitute, "state"] == "open"
        assert frame.loc[substitute, "draw"] == frame.loc["c1", "draw"] == 1
        assert frame.loc["c1", "state"] == "replaced"
        assert project.assign("small", ["nora"], by="lea").empty

    def test_a_substitute_of_their_own_goes_to_the_pool(self, project: Project) -> None:
        items = census(project.conversations()).assign(reserve=[False] * 3 + [True] * 3)
        project.store.save_sample("small", items, {})
        project.assign("small", {"amara": ["c1"]}, by="lea")
        assert project.replace("small", "c1", "spam", actor="lea") == "c3"  # amara's own
        assert of(project.assignments("small", ""), "conversation_id", "places") == [("c3", 1)]

    def test_skipped_and_then_replaced(self, project: Project, small_rubric: Rubric) -> None:
        items = census(project.conversations()).assign(reserve=[False] * 4 + [True] * 2)
        project.store.save_sample("small", items, {})
        project.assign("small", ["nora"], by="lea")
        ReviewSession(project.store, "small", "nora", small_rubric).skip("c1", "unreadable")
        assert project.replace("small", "c1", "unreadable", actor="lea") == "c4"
        frame = project.assignments("small", "nora").set_index("conversation_id")
        assert frame["state"].to_dict() == {"c0": "open", "c1": "replaced", "c2": "open", "c3": "open", "c4": "open"}
        before = rows(project.store)
        project.store.assignments.rebuild()
        assert rows(project.store) == before

    def test_out_of_scope_without_a_substitute(self, project: Project) -> None:
        project.assign("first", ["nora"], by="lea")
        assert project.replace("first", "c1", "spam", out_of_scope=True, actor="lea") is None
        assert "c1" not in who_has(project)["nora"]

    @pytest.mark.parametrize(
        ("reviewers", "options", "message"),
        [
            ([], {}, "name the reviewers"),
            ("nora", {}, "give a list"),
            (["nora", " nora"], {}, "named twice"),
            (["nora"], {"how": "round robin"}, "did you mean 'round-robin'"),
            (["nora"], {"overlap": 2}, "2 people to a conversation need as many reviewers; there are 1"),
            (["nora"], {"overlap": 0}, "overlap is 0"),
            (["nora"], {"share": 0}, "share is 0"),
            (["nora"], {"share": 1.5}, "share is 1.5"),
            (["nora"], {"how": "pool"}, "anybody may take from a pool"),
            ({"nora": ["c0"]}, {"overlap": 2}, "by hand takes no how, overlap or share"),
            ({"nora": ["c0", "c0"]}, {}, "given to nora twice"),
            ({"nora": []}, {}, "nothing is given to anybody"),
            ({"nora": "c0"}, {}, "is a text; give a list"),
        ],
    )
    def test_what_cannot_be(self, project: Project, reviewers: Any, options: dict[str, Any], message: str) -> None:
        with pytest.raises(AssignmentError, match=message):
            project.assign("first", reviewers, by="lea", **options)
        assert project.assignments().empty

    def test_what_is_not_there(self, project: Project) -> None:
        with pytest.raises(NotFoundError, match="there is no sample 'may'"):
            project.assign("may", ["nora"], by="lea")
        with pytest.raises(NotFoundError, match="has no conversation 'c9'"):
            project.assign("first", {"nora": ["c9"]}, by="lea")
        with pytest.raises(InvalidActError, match="is no name"):
            project.assign("first", [" "], by="lea")
        with pytest.raises(StoreError, match="is no date"):
            project.assign("first", ["nora"], due="soon", by="lea")

    def test_two_leads_at_once(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was worked out on what is no longer so is worked out anew."""
        real, calls = project.store.assignments.assign, []

        def late(*values: Any) -> bool:
            if not calls:
                calls.append(1)
                Project(project.store).assign("first", {"ines": ["c0"]}, by="max")
            return real(*values)

        monkeypatch.setattr(project.store.assignments, "assign", late)
        project.assign("first", ["nora"], by="lea")
        assert who_has(project) == {"ines": ["c0"], "nora": ["c1", "c2", "c3", "c4", "c5"]}

    def test_a_replacement_meanwhile(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        items = census(project.conversations()).assign(reserve=[False] * 4 + [True] * 2)
        project.store.save_sample("small", items, {})
        real, calls = project.store.sample, []

        def late(sample: str) -> pd.DataFrame:
            found = real(sample)
            if not calls:
                calls.append(1)
                assert replacing.replace(project.store._engine, "small", "c1", "spam", False, "max", Clock()) == "c4"
            return found

        monkeypatch.setattr(project.store, "sample", late)
        assert set(project.assign("small", ["nora"], by="lea")["conversation_id"]) == {"c0", "c2", "c3", "c4"}

    def test_a_submit_meanwhile(
        self, project: Project, finish: Callable[..., ReviewSession], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = project.store.assignments.assign

        def late(*values: Any) -> bool:
            finish("nora", "c2")
            return real(*values)

        monkeypatch.setattr(project.store.assignments, "assign", late)
        project.assign("first", {"nora": ["c1", "c2"]}, by="lea")
        assert who_has(project, "done") == {"nora": ["c2"]}
        assert who_has(project) == {"nora": ["c1"]}
        before = rows(project.store)
        project.store.assignments.rebuild()
        assert rows(project.store) == before

    @pytest.mark.parametrize("submits", [True, False])
    def test_what_they_had_until_their_lease_ran_out(
        self, project: Project, finish: Callable[..., ReviewSession], submits: bool
    ) -> None:
        clock = Clock()
        project.store.assignments._now = clock
        project.assign("first", how="pool", by="lea")
        project.take("first", "nora", 1, lease=10)
        clock.time += timedelta(minutes=11)
        assert project.take("first", "ines") == ["c0"]
        assert who_has(project, "lapsed") == {"nora": ["c0"]}
        if submits:
            finish("nora", "c0")
            project.assign("first", ["nora", "ines"], overlap=2, by="lea")
            assert who_has(project, "done") == {"nora": ["c0"]}
        else:
            project.assign("first", {"nora": ["c0"]}, by="lea")
            assert "c0" in who_has(project)["nora"]
        assert who_has(project, "taken") == {"ines": ["c0"]}
        assert not who_has(project, "lapsed")
        before = rows(project.store)
        project.store.assignments.rebuild()
        assert rows(project.store) == before

    def test_a_past_project_has_none(self, project: Project) -> None:
        project.assign("first", ["nora"], by="lea")
        with pytest.raises(StoreError, match="as they are now only"):
            project.as_of("2027-01-01").assignments()


class TestTake:
    def test_the_most_urgent_first(self, project: Project) -> None:
        project.assign("first", how="pool", by="lea")
        project.reassign("first", "", "ines", ["c4"], by="lea")
        project.hand_back("first", "c4", "ines", "ill")
        project.reassign("first", "", "omar", ["c5"], due="2026-09-02", by="lea")
        project.hand_back("first", "c5", "omar", "ill")
        assert project.take("first", "nora", 3) == ["c5", "c0", "c1"]
        assert project.take("first", "nora", 9) == ["c2", "c3", "c4"]
        assert project.take("first", "nora") == []

    def test_never_their_own_and_never_twice(self, project: Project, finish: Callable[..., ReviewSession]) -> None:
        project.assign("first", how="pool", overlap=2, by="lea")
        assert project.take("first", "Amara", 9) == ["c1", "c2", "c4", "c5"]
        assert project.take("first", "Amara", 9) == []
        assert project.take("first", "ada", 9, agents={"ada": "mei"}) == ["c0", "c1", "c3", "c4"]
        project.store.save_sample("second", census(project.conversations()), {})
        finish("omar", "c0", "second")
        assert project.take("first", "omar", 9) == ["c2", "c3", "c5"]
        assert project.assignments("first", "")["places"].tolist() == [1]  # c0, which amara's colleagues may take

    def test_the_same_act_takes_once(self, project: Project) -> None:
        project.assign("first", how="pool", by="lea")
        assert project.take("first", "nora", 2, uid="0123456789") == ["c0", "c1"]
        assert project.take("first", "nora", 2, uid="0123456789") == ["c0", "c1"]
        assert project.take("first", "nora", 2) == ["c2", "c3"]
        with pytest.raises(InvalidActError, match="used for another act"):
            project.take("first", "ines", 2, uid="0123456789")

    def test_a_lease_that_ran_out(self, project: Project) -> None:
        clock = Clock()
        project.store.assignments._now = clock
        project.assign("first", how="pool", by="lea")
        assert project.take("first", "nora", 6, lease=10) == [f"c{i}" for i in range(6)]
        clock.time += timedelta(minutes=9)
        assert project.take("first", "ines") == []
        clock.time += timedelta(minutes=2)
        assert project.take("first", "ines") == ["c0"]
        assert who_has(project, "lapsed") == {"nora": ["c0"]}
        assert project.take("first", "nora") == []
        clock.time += timedelta(hours=3)
        assert project.take("first", "nora") == ["c0"], "it is free again, and nora may go on with it"
        assert who_has(project, "lapsed") == {"ines": ["c0"]}

    def test_working_renews_a_lease(self, project: Project, small_rubric: Rubric) -> None:
        clock = Clock()
        project.store.assignments._now = project.store._now = clock
        project.assign("first", how="pool", by="lea")
        project.take("first", "nora", 6, lease=10)
        clock.time += timedelta(minutes=9)
        session = ReviewSession(project.store, "first", "nora", small_rubric)
        session.rate("c0", "listen", "pass")
        session.spent("c1", 60)
        clock.time += timedelta(minutes=9)
        assert project.take("first", "ines", 9) == ["c2", "c3", "c4", "c5"]
        clock.time += timedelta(minutes=9)
        session.rate("c0", "solve", "pass")  # late, but nobody had taken it
        assert project.take("first", "omar", 9) == ["c1"]

    def test_a_clock_that_jumps_back_gives_out_no_live_lease(self, project: Project) -> None:
        clock = Clock()
        project.store.assignments._now = project.store._now = clock
        project.assign("first", how="pool", by="lea")
        start = clock.time
        assert project.take("first", "nora", 3, lease=60) == ["c0", "c1", "c2"]
        clock.time = start - timedelta(hours=5)
        assert project.take("first", "ines", 3, lease=60) == ["c3", "c4", "c5"]
        assert project.take("first", "omar", 6) == []
        clock.time = start + timedelta(minutes=30)  # the clock is right again: both leases are live
        assert project.take("first", "omar", 6) == []
        clock.time = start + timedelta(minutes=62)
        assert project.take("first", "omar", 6) == [f"c{i}" for i in range(6)]

    def test_a_clock_that_was_ahead_for_a_moment(self, project: Project) -> None:
        clock = Clock()
        project.store.assignments._now = project.store._now = clock
        project.assign("first", how="pool", by="lea")
        start = clock.time
        project.take("first", "nora", 1, lease=60)
        clock.time = start + timedelta(hours=2)
        assert project.take("first", "ines", 1, lease=60) == ["c0"]
        clock.time = start + timedelta(minutes=1)
        assert project.take("first", "omar", 1) == ["c1"]

    @pytest.mark.parametrize(
        ("n", "lease", "message"),
        [
            (0, 9, "n is 0"),
            (101, 9, "n is 101"),
            (True, 9, "n is True"),
            (1, 0, "lease is 0:00:00"),
            (1, 1e6, "lease is"),
        ],
    )
    def test_what_cannot_be(self, project: Project, n: int, lease: float, message: str) -> None:
        with pytest.raises(AssignmentError, match=message):
            project.take("first", "nora", n, lease)

    def test_no_pool(self, project: Project) -> None:
        with pytest.raises(AssignmentError, match=r"project.assign\('first', how='pool'\)"):
            project.take("first", "nora")


class TestHandBackAndReassign:
    def test_handed_back_for_a_reason_and_not_taken_again(self, project: Project) -> None:
        project.assign("first", ["nora"], by="lea")
        project.hand_back("first", "c0", "nora", " I know her ", uid="0123456789")
        project.hand_back("first", "c0", "nora", " I know her ", uid="0123456789")
        assert project.assignments("first", "")["places"].tolist() == [1]
        assert who_has(project, "handed back") == {"nora": ["c0"]}
        assert project.store.event("0123456789").payload["reason"] == "I know her"
        assert project.take("first", "nora") == []
        assert project.take("first", "ines") == ["c0"]

    def test_what_cannot_be_handed_back(self, project: Project, finish: Callable[..., ReviewSession]) -> None:
        project.assign("first", ["nora"], by="lea")
        finish("nora", "c0")
        with pytest.raises(AssignmentError, match=r"nora is done with 'c0' \(done\); undo that first"):
            project.hand_back("first", "c0", "nora", "ill")
        with pytest.raises(InvalidActError, match="give the reason"):
            project.hand_back("first", "c1", "nora", " ")
        with pytest.raises(NotFoundError, match="'c1' is not ines's in the sample 'first'"):
            project.hand_back("first", "c1", "ines", "ill")
        project.hand_back("first", "c1", "nora", "ill")
        with pytest.raises(AssignmentError, match="'c1' is handed back, so it is no longer nora's"):
            project.hand_back("first", "c1", "nora", "ill")

    def test_all_of_one_to_several(self, project: Project, finish: Callable[..., ReviewSession]) -> None:
        project.assign("first", ["nora"], by="lea")
        finish("nora", "c0")
        moved = project.reassign("first", "nora", ["ines", "omar"], reason="ill", due="2026-12-01", by="lea")
        assert of(moved, "conversation_id", "reviewer") == [
            ("c1", "ines"), ("c2", "omar"), ("c3", "ines"), ("c4", "omar"), ("c5", "ines"),
        ]  # fmt: skip
        assert who_has(project, "done") == {"nora": ["c0"]}
        assert set(project.assignments("first", "ines")["due_at"].dt.strftime("%Y-%m-%d")) == {"2026-12-01"}
        with pytest.raises(NotFoundError, match="nothing of the sample 'first' waits for 'nora'"):
            project.reassign("first", "nora", "ines", by="lea")

    def test_who_had_it_does_not_get_it_back(self, project: Project) -> None:
        project.assign("first", {"nora": ["c0"], "ines": ["c1"]}, by="lea")
        project.reassign("first", "nora", "ines", ["c0"], by="lea")
        with pytest.raises(AssignmentError, match="nora had it already"):
            project.reassign("first", "ines", "nora", ["c0"], by="lea")
        with pytest.raises(AssignmentError, match="amara is its agent"):
            project.reassign("first", "ines", "amara", ["c0"], by="lea")
        assert project.reassign("first", "ines", "amara", by="lea")["conversation_id"].tolist() == ["c1"]
        project.reassign("first", "amara", "", by="lea")
        assert project.assignments("first", "")["conversation_id"].tolist() == ["c1"]

    def test_the_store_refuses_it_too(self, project: Project) -> None:
        """What two leads do at once is checked again where it is written."""
        project.assign("first", {"nora": ["c0", "c1"], "ines": ["c1"]}, by="lea")
        with pytest.raises(AssignmentError, match="ines had 'c1' already"):
            project.store.assignments.reassign("first", {"c0": "omar", "c1": "ines"}, "nora", "", "lea", {})
        assert who_has(project) == {"nora": ["c0", "c1"], "ines": ["c1"]}


class TestReviews:
    def test_a_submit_ends_it_and_an_undo_reopens_it(
        self, project: Project, finish: Callable[..., ReviewSession]
    ) -> None:
        project.assign("first", ["nora"], by="lea")
        session = finish("nora", "c0")
        state = lambda: project.store.assignments.of("first", "c0", "nora").state  # noqa: E731
        assert state() == "done"
        session.undo()
        assert state() == "taken"
        session.undo()
        assert state() == "open"
        session.skip("c0", "spam")
        assert state() == "skipped"
        session.rate("c0", "listen", "pass")
        assert state() == "taken"

    def test_another_version_of_the_rubric_reopens_nothing(
        self, project: Project, small_rubric: Rubric, finish: Callable[..., ReviewSession]
    ) -> None:
        project.assign("first", ["nora"], by="lea")
        first = finish("nora", "c0")
        state = lambda: project.store.assignments.of("first", "c0", "nora").state  # noqa: E731
        newer = ReviewSession(project.store, "first", "nora", replace(small_rubric, version="2"))
        newer.rate("c0", "listen", "fail")
        assert state() == "done"
        newer.skip("c0", "spam")
        assert state() == "done"
        newer.undo()
        newer.undo()
        assert state() == "done"
        first.undo()
        assert state() == "taken"

    def test_a_submit_and_its_assignment_are_one(
        self, project: Project, small_rubric: Rubric, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """If the row cannot be changed, the submit is not written either."""
        project.assign("first", ["nora"], by="lea")
        session = ReviewSession(project.store, "first", "nora", small_rubric)
        session.rate_rest("c0", "pass")
        before = project.store.newest()
        monkeypatch.setattr(assigned, "_worked", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            session.submit("c0")
        assert project.store.newest() == before

    def test_a_review_in_another_sample_counts(self, project: Project, finish: Callable[..., ReviewSession]) -> None:
        project.assign("first", ["nora"], by="lea")
        project.store.save_sample("second", census(project.conversations()), {})
        finish("nora", "c3", "second")
        assert who_has(project, "done") == {"nora": ["c3"]}

    def test_the_table_follows_from_the_log(self, project: Project, finish: Callable[..., ReviewSession]) -> None:
        items = census(project.conversations()).assign(reserve=[False] * 5 + [True])
        project.store.save_sample("small", items, {})
        project.assign(
            "first", ["nora", "ines"], overlap=2, share=0.5, due="2026-10-01", agents={"ines": "mei"}, by="lea"
        )
        project.assign("small", how="pool", overlap=2, by="lea")
        project.take("small", "nora", 3)
        project.hand_back("small", "c0", "nora", "ill")
        project.replace("small", "c1", "unreadable", actor="lea")
        project.take("small", "omar", 9, lease=1)
        project.store.assignments._now = lambda: datetime(2026, 9, 2, tzinfo=UTC)
        project.take("small", "zoe", 2)
        finish("nora", "c2", "small").undo()
        project.reassign("first", "nora", ["omar", "zoe"], by="lea")
        before = rows(project.store)
        states = {row[3] for row in before}
        assert states >= {"open", "taken", "handed back", "reassigned", "replaced", "lapsed"}
        project.store.assignments.rebuild()
        assert rows(project.store) == before
        assert project.verify().ok

    def test_a_log_that_comes_from_elsewhere_brings_it(
        self, project: Project, tmp_path: Path, finish: Callable[..., ReviewSession]
    ) -> None:
        project.assign("first", how="pool", by="lea")
        project.take("first", "nora", 2)
        finish("nora", "c0")
        project.export_log(tmp_path / "log.jsonl")
        other = open_store(f"sqlite:///{tmp_path}/other.db", Clock())
        other.add_conversations(*conversation_frames(6))
        other.save_sample("first", census(project.conversations()), {"n": 6})
        assert Project(other).import_log(tmp_path / "log.jsonl")[1] == project.store.newest()
        assert rows(other) == rows(project.store)
        other.close()

    def test_what_does_not_follow_is_passed_over(
        self, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One line of one reviewer must not keep the log from being imported, or the table from being made anew."""
        with pytest.raises(KeyError):
            project.store.append(odd(0, {"what": "x"}))
        project.assign("first", {"nora": ["c0"]}, by="lea")
        project.hand_back("first", "c0", "nora", "ill")
        project.take("first", "ines")
        with monkeypatch.context() as patch:  # as a program writes it that knows of no assignments
            patch.setattr(assigned, "follow", lambda *_: None)
            for i, payload in enumerate(ODD):
                project.store.append(odd(i, payload))
            project.store.append(replace(odd(99, ODD[0]), sample="may"))
        project.assign("first", {"omar": ["c1"]}, by="lea")
        before = rows(project.store)
        assert project.store.assignments.rebuild() == (len(ODD), 1)
        assert rows(project.store) == before
        project.export_log(tmp_path / "log.jsonl")
        n = project.store.newest()
        other = open_store(f"sqlite:///{tmp_path}/other.db", Clock())
        other.add_conversations(*conversation_frames(6))
        other.save_sample("first", census(project.conversations()), {"n": 6})
        command = ["log", "import", "--project", other.url, str(tmp_path / "log.jsonl")]
        said = CliRunner().invoke(main, command).output
        assert f"{n} events imported" in said
        assert f"about assignments, not following from what was before, so that they assign nothing: {len(ODD)}" in said
        assert "about assignments of samples that are not here: 1" in said
        assert rows(other) == before
        other.close()

    def test_it_is_in_the_log(self, project: Project) -> None:
        project.assign("first", ["nora"], by="lea", due="2026-10-01")
        with reading(project.store._engine) as connection:
            event = connection.execute(sa.select(tables.events).order_by(tables.events.c.event_id.desc())).first()
        assert (event.actor, event.kind, event.slot) == ("lea", "assignment", "assignment:first:nora")


class TestBoard:
    def test_who_is_where(self, project: Project, finish: Callable[..., ReviewSession]) -> None:
        project.assign("first", {"nora": ["c0", "c1", "c2"]}, due="2026-08-31", by="lea")
        project.assign("first", how="pool", overlap=2, share=0.01, by="lea")
        project.take("first", "ines", 2)
        finish("nora", "c0")
        project.hand_back("first", "c1", "nora", "ill")
        board = project.board("first").set_index("reviewer")
        counts = ["open", "taken", "done", "overdue", "handed_back", "late_leases"]
        assert board.loc["nora", counts].tolist() == [1, 0, 1, 1, 1, 0]
        assert board.loc["ines", counts].tolist() == [0, 2, 0, 0, 0, 0]
        assert board.loc["(pool)", counts].tolist() == [2, 0, 0, 1, 0, 0]
        assert board.loc["nora", "next_due"] == pd.Timestamp("2026-08-31 23:59:59.999999", tz="UTC")
        assert board.loc["nora", "last_act"] > pd.Timestamp("2026-09-01", tz="UTC")

    def test_late_leases(self, project: Project) -> None:
        project.assign("first", how="pool", by="lea")
        project.take("first", "ines", 2, lease=1)
        project.store._now = lambda: datetime(2026, 9, 2, tzinfo=UTC)
        assert project.board().set_index("reviewer")["late_leases"].to_dict() == {"(pool)": 0, "ines": 2}

    def test_nothing_is_assigned(self, project: Project) -> None:
        board = project.board()
        assert board.empty
        assert list(board) == [*boards.COLUMNS]


def test_the_next_one_is_found_by_an_index(project: Project) -> None:
    """So that it takes as long among a million."""
    project.assign("first", how="pool", by="lea")
    queries = {
        "pool": pool.in_pool("first", "nora").limit(pool.BATCH),
        "late": pool._late("first", "nora", datetime.now(UTC)).limit(pool.BATCH),
    }
    kind = project.store._engine.dialect.name
    with writing(project.store._engine) as connection:
        if kind == "postgresql":  # a table of six rows is faster read as a whole
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        for name, query in queries.items():
            text = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
            explain = "EXPLAIN " if kind == "postgresql" else "EXPLAIN QUERY PLAN "
            plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + text))
            assert "ix_assignments_" in plan, plan
            assert "SCAN assignments" not in plan
            if name == "pool":
                assert "ix_assignments_next" in plan
                assert "Sort" not in plan
                assert "TEMP B-TREE" not in plan
            if kind == "postgresql":
                assert "FOR UPDATE OF assignments SKIP LOCKED" in text


def test_many_conversations_are_far_from_a_thousand_parameters(store: Store) -> None:
    conversations, messages = conversation_frames(1200)
    store.add_conversations(conversations, messages)
    store.save_sample("large", census(conversations), {})
    project = Project(store)
    seen: list[tuple[int, int]] = []
    project.assign("large", how="pool", by="lea")
    project.assign("large", how="pool", overlap=2, by="lea")
    assert project.assignments("large", "")["places"].tolist() == [2] * 1200
    project.assign("large", ["nora", "ines", "omar"], overlap=3, by="lea", progress=lambda *at: seen.append(at))
    assert seen[-1] == (1200, 1200)
    by_name = project.board("large").set_index("reviewer")["open"]
    assert by_name.to_dict() == {"(pool)": 2400, "nora": 400, "ines": 400, "omar": 400}
