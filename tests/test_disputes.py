"""Disputes: who may dispute what and when, who decides, and which value holds from then on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import rating as rating_act
from disputing import WHOLE, decide, dispute, number_of, review, reviewed_project
from plainly import assert_all_is_told
from raw import execute

from qa_toolkit.coaching import CoachSession
from qa_toolkit.errors import EvidenceError, IncompleteError, InvalidActError, NotFoundError, StaleError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSettings
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, Store, open_store
from qa_toolkit.suggest import HashingEncoder


@pytest.fixture
def project(store: Store, small_rubric: Rubric) -> Project:
    return reviewed_project(store, small_rubric)


def later(project: Project, days: float) -> None:
    project.store._now.time += timedelta(days=days)  # type: ignore[attr-defined]


@pytest.mark.every_database
class TestReleases:
    def test_nothing_is_shown_before_the_release(self, store: Store, small_rubric: Rubric) -> None:
        project = Project(store)
        review(project, small_rubric, "c0")
        assert project.released().empty
        assert project.released_ratings("amara").empty
        project.release("first", "ines")
        assert project.released()[["sample", "released", "lead"]].values.tolist() == [["first", True, "ines"]]
        shown = project.released_ratings("amara")
        assert shown["commandment"].tolist() == ["listen", "solve", "warm"]
        assert shown["comment"].tolist()[0] == "listen of c0"
        assert project.released_ratings("derek").empty
        assert project.verify().ok

    def test_a_release_is_taken_back_and_said_once(self, project: Project) -> None:
        before = project.store.newest()
        project.release("first", "ines")
        assert project.store.newest() == before
        project.release("first", "otto", released=False)
        assert project.released()[["released", "lead"]].values.tolist() == [[False, "otto"]]
        assert project.released_ratings("amara").empty

    def test_only_submitted_reviews_are_shown(self, project: Project, small_rubric: Rubric) -> None:
        project.review("first", "ruth", small_rubric).rate("c4", "listen", "pass")
        assert set(project.released_ratings("derek")["conversation_id"]) == {"c1"}
        review(project, small_rubric, "c4")  # after the release: shown at once, and the window begins then
        assert set(project.released_ratings("derek")["conversation_id"]) == {"c1", "c4"}

    def test_reviewers_are_named_only_if_asked_for(self, project: Project, small_rubric: Rubric) -> None:
        review(project, small_rubric, "c0", "ben")
        shown, named = project.released_ratings("amara"), project.released_ratings("amara", named=True)
        assert named.groupby("reviewer")["conversation_id"].unique().map(sorted).to_dict() == {
            "ben": ["c0"], "ruth": ["c0", "c3"],
        }  # fmt: skip
        assert shown["reviewer"].tolist() == [{"ruth": "Reviewer 1", "ben": "Reviewer 2"}[x] for x in named["reviewer"]]
        pd.testing.assert_frame_equal(shown.drop(columns="reviewer"), named.drop(columns="reviewer"))
        assert project.released_ratings("nobody")["reviewer"].tolist() == []

    def test_an_unknown_sample(self, project: Project) -> None:
        with pytest.raises(NotFoundError, match="frist"):
            project.release("frist", "ines")


class TestDisputing:
    def test_a_dispute_is_open_until_it_is_withdrawn(self, project: Project) -> None:
        number = dispute(project, "amara", "c0")
        row = project.disputes().iloc[0]
        assert (row["dispute"], row["agent"], row["conversation_id"], row["commandment"]) == (
            number, "amara", "c0", "listen",
        )  # fmt: skip
        assert (row["reviewer"], row["rating"], row["proposed"], row["state"]) == ("ruth", "fail", "pass", "open")
        shown = project.released_ratings("amara")
        assert shown.loc[shown["state"] == "open", "rating_event"].tolist() == [
            number_of(project, "amara", "c0", "listen")
        ]
        project.withdraw("amara", number)
        project.withdraw("amara", number)
        assert project.disputes()["state"].tolist() == ["withdrawn"]
        again = dispute(project, "amara", "c0", reason="once more")
        assert project.disputes()["state"].tolist() == ["withdrawn", "open"]
        assert again > number
        assert project.disputes("open")["reason"].tolist() == ["once more"]
        assert project.verify().ok

    def test_the_window(self, project: Project) -> None:
        later(project, 13.9)
        dispute(project, "amara", "c0")
        later(project, 0.2)
        with pytest.raises(InvalidActError, match="could be disputed until 2026-09-15"):
            dispute(project, "amara", "c0", "solve", "fail")
        longer = ReviewSettings(disputes_window=15)
        assert dispute(project, "amara", "c0", "solve", "fail", settings=longer)

    def test_a_rating_that_was_amended_has_a_window_of_its_own(self, project: Project, small_rubric: Rubric) -> None:
        later(project, 20)
        old = number_of(project, "amara", "c0", "solve")
        project.review("first", "ruth", small_rubric).rate("c0", "solve", "partial", WHOLE)
        with pytest.raises(InvalidActError, match="changed since"):
            project.dispute("amara", old, "pass", "no")
        assert dispute(project, "amara", "c0", "solve")

    @pytest.mark.parametrize(
        ("proposed", "reason", "message"),
        [
            ("good", "why", "no rating"),
            ("fail", "why", "fail already"),
            ("pass", " \n", "give the reason"),
            ("pass", "x" * 2001, "2,001 characters"),
            ("pass", "half \ud800", "half a character"),
        ],
    )
    def test_what_does_not_fit(self, project: Project, proposed: str, reason: str, message: str) -> None:
        with pytest.raises(InvalidActError, match=message):
            dispute(project, "amara", "c0", "listen", proposed, reason=reason)
        assert project.disputes().empty

    def test_na_counts_for_nothing_but_can_be_proposed(self, project: Project) -> None:
        with pytest.raises(InvalidActError, match="N/A counts for nothing"):
            dispute(project, "amara", "c0", "warm")
        assert dispute(project, "amara", "c0", "listen", "na")

    def test_of_others_and_of_nothing(self, project: Project) -> None:
        mine = number_of(project, "amara", "c0", "listen")
        for agent, number in [("derek", mine), ("amara", 10**9), ("amara", True), ("amara", mine + 3)]:
            with pytest.raises(NotFoundError, match=f"{agent} has no rating"):
                project.dispute(agent, number, "pass", "why")

    def test_unreleased_and_unsubmitted(self, project: Project, small_rubric: Rubric) -> None:
        number = number_of(project, "amara", "c0", "listen")
        draft = project.review("first", "otto", small_rubric).rate("c0", "listen", "fail")["event_id"]
        with pytest.raises(InvalidActError, match="not released"):
            project.dispute("amara", draft, "pass", "why")
        project.release("first", "ines", released=False)
        with pytest.raises(InvalidActError, match="not released"):
            project.dispute("amara", number, "pass", "why")

    def test_twice(self, project: Project) -> None:
        dispute(project, "amara", "c0")
        with pytest.raises(InvalidActError, match="disputed already"):
            dispute(project, "amara", "c0")
        decide(project, "c0", "fail")
        with pytest.raises(InvalidActError, match="decided already"):
            dispute(project, "amara", "c0")

    def test_the_same_uid_is_written_once(self, project: Project) -> None:
        first = dispute(project, "amara", "c0", uid="f" * 32)
        later(project, 30)
        decide(project, "c0", "pass")
        number = int(project.disputes()["dispute"].iloc[0])
        same = project.store.disputes.cases()[0].rating.event_id
        assert (
            project.dispute("amara", same, "pass", "I rang the depot, see message 2", uid="f" * 32) == first == number
        )
        with pytest.raises(InvalidActError, match="another act"):
            project.dispute("amara", same, "partial", "I rang the depot, see message 2", uid="f" * 32)

    def test_withdrawing_what_is_not_ones_own_or_decided(self, project: Project) -> None:
        number = dispute(project, "amara", "c0")
        with pytest.raises(NotFoundError, match="derek has no dispute"):
            project.withdraw("derek", number)
        decide(project, "c0", "pass")
        with pytest.raises(InvalidActError, match="was decided"):
            project.withdraw("amara", number)

    def test_a_past_project_is_only_read(self, project: Project) -> None:
        number = number_of(project, "amara", "c0", "listen")
        with pytest.raises(StoreError, match="only be read"):
            project.as_of("2027-01-01").dispute("amara", number, "pass", "why")


class TestDeciding:
    def test_nobody_decides_their_own(self, project: Project, small_rubric: Rubric) -> None:
        dispute(project, "amara", "c0")
        project.review("first", "cara", small_rubric).rate("c0", "solve", "pass")
        for name in ("ruth", "amara", "cara"):
            with pytest.raises(NotFoundError, match=f"no dispute waits for {name}; 1 open"):
                project.decide(name)
        assert project.decide(" otto ").queue == ("c0",)

    def test_nobody_decides_their_own_under_another_name(self, project: Project) -> None:
        dispute(project, "amara", "c0")
        with pytest.raises(NotFoundError, match="no dispute waits for AMARA"):
            project.decide("AMARA")
        assert project.decide("otto").queue == ("c0",)
        project.assign("first", {"otto": ["c2"]}, agents={"otto": "amara"}, by="ines")
        with pytest.raises(NotFoundError, match="no dispute waits for otto"):
            project.decide("otto")

    def test_who_has_submitted_it_does_not_decide(self, project: Project, small_rubric: Rubric) -> None:
        dispute(project, "amara", "c0")
        submit = Act("bare", "otto", "submit", "status", "c0", small_rubric.hash, "first")
        number = project.store.append(submit).event_id
        project.store.append(Act("back", "otto", "undo", "", "c0", small_rubric.hash, "first", target=number))
        with pytest.raises(NotFoundError, match="no dispute waits for otto"):
            project.decide("otto")

    def test_it_is_blind(self, project: Project) -> None:
        dispute(project, "amara", "c0", reason="PLEASE-READ", proposed="partial")
        session = project.decide("otto")
        session.rate("c0", "listen", "pass", comment="my own")
        shown = [session.hello(), session.view("c0"), session.refresh("c0"), session.next("c0"), session.previous(None)]
        text = json.dumps(shown)
        for secret in ("PLEASE-READ", "ruth", "listen of c0", "solve of c0", "courier"):
            assert secret not in text, secret
        view = session.view("c0")
        assert [c["id"] for c in view["rubric"]["commandments"]] == ["listen"]
        assert view["state"]["ratings"] == {
            "listen": {
                "rating": "pass", "evidence": [], "comment": "my own", "root_causes": [],
                "revision": view["state"]["revision"],
            }
        }  # fmt: skip

    def test_blind_to_what_is_disputed_and_proposed(self, store: Store, small_rubric: Rubric) -> None:
        """What a second reviewer gets is the same, whatever was rated, proposed and said."""
        project = Project(store)
        review(project, small_rubric, "c0", listen="fail")
        review(project, small_rubric, "c3", "ben", listen="partial")
        project.release("first", "ines")
        dispute(project, "amara", "c0", proposed="pass", reason="a")
        dispute(project, "amara", "c3", proposed="na", reason="b")
        session = project.decide("otto")
        one, other = (session.view(name) for name in ("c0", "c3"))
        assert one["rubric"] == other["rubric"]
        assert {**one["state"], "conversation_id": ""} == {**other["state"], "conversation_id": ""}

    def test_a_decision_counts_once_it_is_submitted(self, project: Project) -> None:
        dispute(project, "amara", "c0")
        session = project.decide("otto")
        with pytest.raises(IncompleteError, match="1 not rated yet: Listen"):
            session.submit("c0")
        session.rate("c0", "listen", "partial", WHOLE, "half")
        assert project.disputes()["state"].tolist() == ["open"]
        assert session.progress() == {"total": 1, "skipped": 0, "submitted": 0, "draft": 1, "open": 0}
        session.rate("c0", "listen", "pass")
        session.submit("c0")
        row = project.disputes().iloc[0]
        assert (row["state"], row["decided"], row["decided_by"]) == ("overturned", "pass", "otto")
        assert session.progress() == {"total": 1, "skipped": 0, "submitted": 1, "draft": 0, "open": 0}
        assert session.next("c0") is None
        with pytest.raises(InvalidActError, match="a decision stays"):
            session.submit("c0")
        with pytest.raises(InvalidActError, match="nothing to undo"):
            session.undo()
        assert project.verify().ok

    def test_drafts_outlive_the_kernel(self, project: Project) -> None:
        dispute(project, "amara", "c0")
        project.decide("otto").rate("c0", "listen", "partial", WHOLE, "half")
        state = project.decide("otto").state("c0")
        assert state["status"] == "draft"
        assert state["ratings"]["listen"]["comment"] == "half"

    @pytest.mark.every_database
    def test_undo_and_clear(self, project: Project) -> None:
        dispute(project, "amara", "c0")
        session = project.decide("otto")
        first = session.rate("c0", "listen", "fail")
        second = session.rate("c0", "listen", "pass", base=first["event_id"])
        answer = session.undo(uid="undo-undo", after=second["event_id"])
        assert answer["undone"]["commandment"] == "listen"
        assert answer["state"]["ratings"]["listen"]["rating"] == "fail"
        assert session.undo(uid="undo-undo")["state"] == answer["state"]
        with pytest.raises(StaleError):
            session.undo(after=first["event_id"] - 1)
        cleared = session.rate("c0", "listen", None)
        assert cleared["state"]["missing"] == ["listen"]
        assert list(cleared["state"]["cleared"]) == ["listen"]

    @pytest.mark.every_database
    def test_two_tabs_and_two_people(self, project: Project) -> None:
        dispute(project, "amara", "c0")
        otto, cara = project.decide("otto"), project.decide("cara")
        otto.rate("c0", "listen", "pass", base=0)
        with pytest.raises(StaleError) as stale:
            otto.rate("c0", "listen", "fail", base=0)
        assert stale.value.state["ratings"]["listen"]["rating"] == "pass"
        cara.rate("c0", "listen", "fail", WHOLE)
        otto.submit("c0", uid="otto-submits")
        before = project.store.newest()
        assert otto.submit("c0", uid="otto-submits")["state"]["status"] == "submitted"
        assert project.store.newest() == before
        with pytest.raises(NotFoundError, match="decided by somebody else"):
            cara.submit("c0")
        assert cara.refresh("c0")["state"] is None
        assert cara.next("c0") is None
        assert project.disputes()["decided"].tolist() == ["pass"]

    @pytest.mark.every_database
    def test_a_race_is_settled_where_it_is_written(self, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
        number = dispute(project, "amara", "c0")
        otto, cara = project.decide("otto"), project.decide("cara")
        otto.rate("c0", "listen", "pass")
        cara.rate("c0", "listen", "fail", WHOLE)
        seen = cara._cases()
        otto.submit("c0")
        monkeypatch.setattr(cara, "_cases", lambda: seen)
        with pytest.raises(InvalidActError, match="decided by somebody else"):
            cara.submit("c0")
        assert project.disputes().set_index("dispute")["decided_by"][number] == "otto"

    def test_a_fail_needs_evidence(self, project: Project) -> None:
        dispute(project, "amara", "c0", "solve", "partial")
        session = project.decide("otto")
        session.rate("c0", "solve", "fail")
        with pytest.raises(EvidenceError, match="No evidence for Solve"):
            session.submit("c0")
        session.submit("c0", without_evidence=True)
        assert project.disputes()["decided"].tolist() == ["fail"]

    def test_numbers_of_a_frame(self, project: Project) -> None:
        """What pandas gives is no int of Python's."""
        number = project.released_ratings("amara")["rating_event"].iloc[0]
        project.dispute("amara", number, "partial", "as the guide says")
        project.withdraw("amara", project.disputes()["dispute"].iloc[0])
        assert project.disputes()["state"].tolist() == ["withdrawn"]

    def test_what_is_not_disputed(self, project: Project) -> None:
        number = dispute(project, "amara", "c0")
        session = project.decide("otto")
        with pytest.raises(InvalidActError, match="'solve' is not disputed"):
            session.rate("c0", "solve", "pass")
        with pytest.raises(NotFoundError):
            session.view("c1")
        project.withdraw("amara", number)
        with pytest.raises(NotFoundError, match="withdrawn"):
            session.rate("c0", "listen", "pass")

    def test_one_decision_for_two_reviewers_who_are_disputed(self, project: Project, small_rubric: Rubric) -> None:
        review(project, small_rubric, "c0", "ben", listen="partial")
        for row in (
            project.released_ratings("amara").query("conversation_id == 'c0' and commandment == 'listen'").itertuples()
        ):
            project.dispute("amara", row.rating_event, "pass", "both are wrong")
        decide(project, "c0", "partial")
        assert project.disputes().set_index("reviewer")["state"].to_dict() == {"ruth": "overturned", "ben": "upheld"}


@pytest.mark.every_database
class TestWhatHolds:
    def test_frames_hold_the_decision_and_keep_the_first_value(self, project: Project) -> None:
        dispute(project, "amara", "c0")
        dispute(project, "derek", "c1", "solve", "fail")
        dispute(project, "amara", "c3")
        decide(project, "c0", "pass", comment="it does listen")
        decide(project, "c1", "partial", evidence=[{"position": 3, "start": 0, "end": 2}], comment="only half")
        decide(project, "c3", "fail")  # upheld
        held = project.ratings().set_index(["conversation_id", "commandment"])
        first = project.ratings(first=True).set_index(["conversation_id", "commandment"])
        assert held.loc[("c0", "listen"), "rating"] == "pass"
        assert held.loc[("c0", "listen"), "comment"] == "it does listen"
        assert held.loc[("c0", "listen"), "reviewer"] == "ruth"
        assert held["decided_by"].dropna().to_dict() == {("c0", "listen"): "otto", ("c1", "solve"): "otto"}
        assert first["decided_by"].isna().all()
        assert held.loc[("c3", "listen"), "comment"] == "listen of c3"
        assert first.loc[("c0", "listen"), "rating"] == "fail"
        differ = held.index[held["rating"] != first["rating"]]
        assert list(differ) == [("c0", "listen"), ("c1", "solve")]
        faults = project.faults().set_index(["conversation_id", "commandment"])
        assert ("c0", "listen") not in faults.index
        assert faults.loc[("c1", "solve"), "position"] == 3
        assert faults.loc[("c1", "solve"), "comment"] == "only half"
        assert faults["decided_by"].dropna().to_dict() == {("c1", "solve"): "otto"}
        assert_all_is_told(project)

    def test_who_decided_is_named_and_not_who_was_overturned(self, project: Project, tmp_path: Path) -> None:
        dispute(project, "amara", "c0")
        dispute(project, "derek", "c1")
        decide(project, "c0", "pass", evidence=WHOLE, comment="it does listen")
        decide(project, "c1", "partial", evidence=WHOLE, comment="only half")
        exemplar = project.exemplars().set_index("exemplar_id").loc["c0#1"]
        assert set(exemplar["verdicts"]) == {("listen", "otto", "rated"), ("solve", "ruth", "rated")}
        shown = CoachSession(project, "ines").faults("derek")
        assert [(one["reviewer"], one["comment"]) for one in shown] == [("otto", "only half")]
        project.export(tmp_path / "ratings.jsonl", what="ratings")
        rows = [json.loads(line) for line in (tmp_path / "ratings.jsonl").read_text().splitlines()]
        named = {(row["conversation_id"], row["commandment"]): row["decided_by"] for row in rows}
        assert named["c0", "listen"] == "otto"
        assert named["c0", "solve"] is None

    def test_the_lean_frame_holds_the_same(self, project: Project) -> None:
        dispute(project, "amara", "c0")
        decide(project, "c0", "partial")
        for first in (False, True):
            lean, full = project.store.rating_codes(first=first), project.store.ratings(True, first=first)
            names = ["reviewer", "conversation_id", "rubric_hash", "commandment", "rating"]
            pd.testing.assert_frame_equal(lean[names].astype("str"), full[names].astype("str"))
        assert project.store.rating_codes()["rating"].cat.categories.tolist() == ["fail", "partial", "pass", "na"]

    def test_amending_does_not_get_round_a_decision(self, project: Project, small_rubric: Rubric) -> None:
        dispute(project, "amara", "c0")
        decide(project, "c0", "pass")
        project.review("first", "ruth", small_rubric).rate("c0", "listen", "partial", WHOLE)
        held = project.ratings().set_index(["conversation_id", "commandment"])["rating"]
        assert held["c0", "listen"] == "pass"
        assert (
            project.store.rating_codes().set_index(["conversation_id", "commandment"])["rating"]["c0", "listen"]
            == "pass"
        )

    def test_agents_see_what_holds(self, project: Project) -> None:
        dispute(project, "amara", "c0")
        decide(project, "c0", "pass", comment="it does listen")
        row = project.released_ratings("amara").query("conversation_id == 'c0' and commandment == 'listen'").iloc[0]
        assert (row["rating"], row["comment"], row["state"]) == ("pass", "it does listen", "overturned")

    def test_as_of(self, project: Project) -> None:
        later(project, 1)
        dispute(project, "amara", "c0")
        later(project, 1)
        decide(project, "c0", "pass")
        days = {day: project.as_of(f"2026-09-0{day}") for day in (1, 2, 3)}
        assert {day: past.disputes()["state"].tolist() for day, past in days.items()} == {
            1: [], 2: ["open"], 3: ["overturned"],
        }  # fmt: skip
        rating = {
            day: past.ratings().set_index(["conversation_id", "commandment"])["rating"]["c0", "listen"]
            for day, past in days.items()
        }
        assert rating == {1: "fail", 2: "fail", 3: "pass"}
        codes = days[2].store.rating_codes()
        assert np.asarray(
            codes.loc[(codes["conversation_id"] == "c0") & (codes["commandment"] == "listen"), "rating"]
        ) == ["fail"]
        assert days[1].released_ratings("amara")["state"].unique().tolist() == [""]

    def test_queues_of_reviews_do_not_notice(self, project: Project, small_rubric: Rubric) -> None:
        dispute(project, "amara", "c0")
        otto = project.review("first", "otto", small_rubric)
        before = otto.hello()
        decide(project, "c0", "pass")
        assert otto.progress() == before["progress"]
        assert otto.state("c0")["status"] == "open"
        assert project.reviews()["reviewer"].unique().tolist() == ["ruth"]
        assert project.store.last_act("otto", "first", ("rating", "submit")) is None


@pytest.mark.every_database
def test_a_draft_changes_nothing_that_others_see(project: Project) -> None:
    assert project.store.disputes.newest() == 0
    number = dispute(project, "amara", "c0")
    session = project.decide("otto")
    session.rate("c0", "listen", "partial", comment='they say "final":true')
    assert project.store.disputes.newest() == number
    session.submit("c0")
    assert project.store.disputes.newest() == project.store.newest() > number


@pytest.mark.every_database
class TestKeptCases:
    def test_what_is_kept_is_what_a_fresh_store_reads(self, project: Project) -> None:
        """One store keeps what it has read; whatever is done, by it or by another, it says what a new one says."""
        store, other = project.store, Project(open_store(project.store.url, project.store._now))

        def same() -> None:
            with open_store_again(store.url) as fresh:
                assert store.disputes.cases() == fresh.disputes.cases()
                assert other.store.disputes.overturned() == fresh.disputes.overturned()

        same()
        number = dispute(other, "amara", "c0")
        same()
        session = project.decide("otto")
        for rating in ("fail", "pass", "partial"):
            session.rate("c0", "listen", rating)
        same()
        session.undo()  # an event that both have kept
        same()
        project.withdraw("amara", number)
        same()
        dispute(project, "amara", "c0")
        decide(other, "c0", "pass")
        same()
        store.append(rating_act("later", "pass"))  # what has nothing to do with disputes
        same()
        assert len(store.disputes.cases()) == 2
        other.store.close()


@contextmanager
def open_store_again(url: str) -> Iterator[Store]:
    found = open_store(url)
    try:
        yield found
    finally:
        found.close()


@pytest.mark.every_database
def test_an_answer_under_dispute_is_not_found(project: Project, backend: str) -> None:
    if backend == "postgresql":  # the server itself searches
        execute(project.store.url, "CREATE EXTENSION IF NOT EXISTS vector")

    def found() -> set[str]:
        suggester = project.suggester(HashingEncoder(16))
        return {s.exemplar_id for s in suggester.suggest("Where is my parcel?", commandment="solve", least=0.0)}

    (shown,) = found()  # all answers say the same, and one of them is enough
    one = shown.partition("#")[0]
    agent = project.store.conversation(one).agent or ""
    number = dispute(project, agent, one, "solve", "fail")
    (other,) = found()
    assert other != shown
    project.withdraw(agent, number)
    assert found() == {shown}


class TestWhatIsMalformed:
    """Events that no screen writes: what they say is passed over, and nobody is stopped by them."""

    def append(self, project: Project, actor: str, kind: str, payload: dict[str, object], **more: object) -> int:
        d = project.store.disputes.cases()[0].dispute
        where = (d.conversation_id, d.rubric_hash, d.sample, payload)
        slot = str(more.get("slot", f"{kind}:{len(payload)}:{project.store.newest()}"))
        return project.store.append(Act(f"odd-{project.store.newest()}", actor, kind, slot, *where)).event_id

    def test_fields_that_lack_or_are_of_another_type(self, project: Project) -> None:
        number = dispute(project, "amara", "c0")
        good = project.store.disputes.cases()[0].dispute.payload
        for name in ("rating_event", "reviewer", "commandment", "reason", "proposed"):
            self.append(project, "amara", "dispute", {key: value for key, value in good.items() if key != name})
        odd = {"rating_event": str(good["rating_event"])}, {"rating_event": True}, {"withdrawn": str(number)}
        for more in (*odd, {"withdrawn": [number]}, {"commandment": 7}, {"reason": None}, {"commandment": "solve"}):
            self.append(project, "amara", "dispute", {**good, **more})
        decision = {"dispute": number, "commandment": "listen", "rating": "pass", "evidence": [], "comment": ""}
        for more in (
            {},
            {"final": 1},
            {"final": True, "rating": None},
            {"final": True, "evidence": [{"position": "1"}]},
        ):
            self.append(project, "otto", "dispute_decision", {**decision, **more})
        assert project.disputes()[["dispute", "state"]].values.tolist() == [[number, "open"]]
        with open_store_again(project.store.url) as fresh:
            assert fresh.disputes.messages() == {("c0", 1)}
        decide(project, "c0", "pass")
        assert project.disputes()["state"].tolist() == ["overturned"]
        assert dispute(project, "amara", "c0", "solve", "fail")

    def test_nobody_withdraws_what_is_anothers(self, project: Project) -> None:
        number = dispute(project, "amara", "c0")
        good = project.store.disputes.cases()[0].dispute.payload
        self.append(project, "derek", "dispute", {**good, "withdrawn": number})
        assert project.disputes()["state"].tolist() == ["open"]

    @pytest.mark.every_database
    def test_a_decision_that_was_submitted_is_not_undone(self, project: Project) -> None:
        number = dispute(project, "amara", "c0")
        decide(project, "c0", "pass")
        decision = project.store.disputes.cases()[0].decision
        assert decision is not None
        where = decision.conversation_id, decision.rubric_hash, decision.sample
        with pytest.raises(InvalidActError, match="a decision that was submitted stays"):
            project.store.append(Act("u", "otto", "undo", "", *where, target=decision.event_id))
        assert project.disputes().set_index("dispute")["state"][number] == "overturned"
