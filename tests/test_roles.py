"""People who share a PostgreSQL: what each role sees and does through the toolkit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from conftest import conversation_frames
from logins import Team, team_of
from plainly import assert_all_is_told
from raw import execute

from qa_toolkit.calibration import CalibrationSession, start_calibration
from qa_toolkit.cli import main
from qa_toolkit.coaching import CoachSession
from qa_toolkit.errors import AssignmentError, InvalidActError, NotFoundError, QAToolkitError, StoreError
from qa_toolkit.project import Project, open_project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, Person, events, open_store
from qa_toolkit.store.walls import GROUPS
from qa_toolkit.widgets import ReviewWidget

if TYPE_CHECKING:
    from postgresql import Server

pytestmark = pytest.mark.postgresql


GIVEN = {"evidence": [], "comment": "", "root_causes": [], "base": 0}


@pytest.fixture
def backend() -> str:
    return "postgresql"


@pytest.fixture
def team(url: str, small_rubric: Rubric) -> Iterator[Team]:
    """A walled project of six conversations, of which four are in the sample "first"."""
    store = open_store(url)
    conversations, messages = conversation_frames(6)
    store.add_conversations(conversations, messages)
    items = conversations.head(4)[["conversation_id"]].assign(stratum="all", inclusion_probability=1.0, reason="all")
    store.save_sample("first", items, {"n": 4})
    Project(store).keep_rubric(small_rubric)
    with team_of(store) as team:
        yield team
    store.close()


def reviewed(project: Project, rubric: Rubric, conversation_id: str = "c0", rating: str = "fail") -> None:
    session = project.review("first", project.store.people.me.name, rubric)
    session.rate(conversation_id, "listen", rating, comment=f"{session.reviewer} thinks {rating}")
    session.rate_rest(conversation_id, "pass")
    session.submit(conversation_id, without_evidence=True)


def actors(project: Project) -> list[str]:
    return sorted(set(project.ratings(None)["reviewer"]))


def release(lead: Project, released: bool = True) -> None:
    slot = "release:first"
    lead.store.append(Act(f"r{released}", "lea", "release", slot, sample="first", payload={"released": released}))


class TestReviewers:
    def test_a_review_from_the_screen_end_to_end(self, team: Team, small_rubric: Rubric) -> None:
        ruth = team.add("reviewer", "Ruth Weiss")
        widget = ReviewWidget(ruth.review("first", "Ruth Weiss", small_rubric))
        answers: list[dict] = []
        widget.send = lambda content, buffers=None: answers.append(content)

        def act(kind: str, **fields: object) -> None:
            widget._handle_custom_msg({"v": 1, "id": f"message-{len(answers)}", "kind": kind, **fields}, [])
            assert answers[-1]["ok"], answers[-1]

        act("hello")
        for commandment in small_rubric.ids:
            act("rate", conversation_id="c0", commandment=commandment, rating="pass", **GIVEN)
        act("submit", conversation_id="c0", without_evidence=False)
        act("undo", after=answers[-1]["result"]["event_id"])
        act("skip", conversation_id="c1", reason="spam")
        assert ruth.reviews()["state"].tolist() == ["draft", "skipped"]
        assert ruth.verify().ok

    def test_blind_first(self, team: Team, small_rubric: Rubric) -> None:
        ruth, sam = team.add("reviewer", "ruth"), team.add("reviewer", "sam")
        reviewed(sam, small_rubric)
        reviewed(sam, small_rubric, "c1")
        assert actors(ruth) == []
        assert ruth.store.event(sam.store.last_act("sam", "first", ["submit"]).uid) is None
        session = ruth.review("first", "ruth", small_rubric)
        session.rate_rest("c0", "na")
        assert actors(ruth) == ["ruth"]
        session.submit("c0")
        seen = ruth.ratings(None)
        assert sorted(set(seen.loc[seen["reviewer"] == "sam", "conversation_id"])) == ["c0"]
        session.undo()  # looked or not, an undone submit is blind again
        assert actors(ruth) == ["ruth"]

    def test_an_undone_rating_of_another_is_not_taken_as_standing(self, team: Team, small_rubric: Rubric) -> None:
        ruth, sam = team.add("reviewer", "ruth"), team.add("reviewer", "sam")
        other = sam.review("first", "sam", small_rubric)
        other.rate("c0", "warm", "fail")
        other.undo()
        reviewed(sam, small_rubric)
        reviewed(ruth, small_rubric)
        for who in (ruth, sam, team.add("coach", "ines"), team.add("lead", "lea")):
            assert who.ratings()[["reviewer", "commandment", "rating"]].sort_values(
                ["reviewer", "commandment"]
            ).values.tolist() == [
                [name, *pair]
                for name in ("ruth", "sam")
                for pair in (("listen", "fail"), ("solve", "pass"), ("warm", "pass"))
            ]

    def test_conversations_of_samples_only(self, team: Team) -> None:
        ruth = team.add("reviewer", "ruth")
        assert ruth.conversations()["conversation_id"].tolist() == ["c0", "c1", "c2", "c3"]
        assert set(ruth.messages()["conversation_id"]) == {"c0", "c1", "c2", "c3"}
        with pytest.raises(NotFoundError):
            ruth.store.conversation("c5")

    def test_another_name_is_refused_with_words(self, team: Team, small_rubric: Rubric) -> None:
        ruth = team.add("reviewer", "ruth")
        with pytest.raises(InvalidActError, match=r"who is 'ruth' here, .* write reviewer='ruth'"):
            ruth.review("first", "sam", small_rubric)
        with pytest.raises(InvalidActError, match="act under that name only"):
            ruth.store.append(Act("u1", "sam", "comment", "comment", "c0"))
        with pytest.raises(StoreError, match="a reviewer may not write this"):
            ruth.store.replace("first", "c1", "spam", True, "ruth")
        with pytest.raises(StoreError, match="you are ruth here, and write under that name only"):
            ruth.store.replace("first", "c1", "spam", True, "lea")

    def test_a_new_rubric_is_brought_in_by_a_lead(self, team: Team) -> None:
        ruth, lea = team.add("reviewer", "ruth"), team.add("lead", "lea")
        with pytest.raises(StoreError, match="only a lead may bring one in"):
            ruth.review("first", "ruth", "commandments")
        lea.keep_rubric("commandments")
        assert ruth.review("first", "ruth").progress()["open"] == 4

    def test_what_is_replaced_is_seen(self, team: Team, small_rubric: Rubric) -> None:
        ruth, lea = team.add("reviewer", "ruth"), team.add("lead", "lea")
        session = ruth.review("first", "ruth", small_rubric)
        lea.store.replace("first", "c1", "spam", True, "lea")
        assert session.queue == ("c0", "c2", "c3")


class TestCalibrations:
    def test_blind_until_all_have_submitted(self, team: Team, small_rubric: Rubric) -> None:
        people = {name: team.add("reviewer", name) for name in ("ruth", "sam", "zoe")}
        lea = team.add("lead", "lea")
        start_calibration(lea, "march", ["ruth", "sam"], conversations=["c0", "c5"], rubric=small_rubric, lead="lea")
        sessions = {name: CalibrationSession(people[name], "march", name) for name in ("ruth", "sam")}
        assert people["ruth"].store.conversation("c5").messages  # in no sample
        for commandment in small_rubric.ids:  # in turn, so that numbers of events lie between one another
            for name, session in sessions.items():
                session.rate("c0", 1, commandment, "fail", comment=f"{name} says so")
        sessions["sam"].submit("c0", 1, without_evidence=True)
        kinds = "SELECT DISTINCT actor, kind FROM events WHERE sample = 'calibration:march' AND conversation_id <> ''"
        ruth = team.url(people["ruth"].store.people.me.login)
        assert {actor for actor, _ in execute(ruth, kinds)} == {"ruth"}
        assert sessions["ruth"].view("c0")["peers"] is None
        sessions["ruth"].submit("c0", 1, without_evidence=True)
        assert {actor for actor, _ in execute(ruth, kinds)} == {"ruth", "sam"}
        for name, session in sessions.items():
            (peer,) = session.view("c0")["peers"]
            assert peer["reviewer"] != name
            assert {one["rating"] for one in peer["ratings"].values()} == {"fail"}
            assert len(peer["ratings"]) == 3
        assert execute(team.url(people["zoe"].store.people.me.login), kinds) == []
        assert lea.store.calibrations.events("calibration:march", ["c0"])

    def test_a_first_rating_stays(self, team: Team, small_rubric: Rubric) -> None:
        ruth, lea = team.add("reviewer", "ruth"), team.add("lead", "lea")
        start_calibration(lea, "march", ["ruth", "sam"], conversations=["c0"], rubric=small_rubric, lead="lea")
        session = CalibrationSession(ruth, "march", "ruth")
        for commandment in small_rubric.ids:
            session.rate("c0", 1, commandment, "pass")
        session.submit("c0", 1)
        submit = ruth.store.last_act("ruth", "calibration:march", ["calibration_submit"])
        slot = "calibration:march:calibration_rating:1:listen"
        act = Act("late", "ruth", "calibration_rating", slot, "c0", "", "calibration:march", {"rating": "fail"})
        with pytest.raises(StoreError, match="it stays as it is"):
            ruth.store.append(act)
        undo = Act("undo", "ruth", "undo", "", "c0", "", "calibration:march", {}, submit.event_id)
        with pytest.raises(StoreError, match="no first submit of a calibration"):
            ruth.store.append(undo)

    def test_who_is_excused_is_not_waited_for(self, team: Team, small_rubric: Rubric) -> None:
        from qa_toolkit.calibration import excuse

        people = {name: team.add("reviewer", name) for name in ("ruth", "sam", "zoe")}
        lea = team.add("lead", "lea")
        start_calibration(lea, "may", list(people), conversations=["c0"], rubric=small_rubric, lead="lea")
        for name in ("ruth", "sam"):
            session = CalibrationSession(people[name], "may", name)
            for commandment in small_rubric.ids:
                session.rate("c0", 1, commandment, "pass")
            session.submit("c0", 1)
        assert session.view("c0")["peers"] is None
        excuse(lea, "may", "zoe", "ill", "lea")
        assert [peer["reviewer"] for peer in session.view("c0")["peers"]] == ["ruth"]
        assert CalibrationSession(people["zoe"], "may", "zoe").view("c0")["state"]["excused"]


class TestCoachesAndLeads:
    def test_a_coach_sees_submitted_reviews_and_coaches(self, team: Team, small_rubric: Rubric) -> None:
        ruth, ines = team.add("reviewer", "ruth"), team.add("coach", "ines")
        ruth.review("first", "ruth", small_rubric).rate("c1", "warm", "fail")
        assert ines.ratings(None).empty
        reviewed(ruth, small_rubric)
        session = CoachSession(ines, "ines")
        [fault] = session.faults()
        hello = session.hello()
        assert (fault["commandment"], hello["coach"]) == ("listen", "ines")
        assert len(assert_all_is_told(ines)) == 1
        session.agree("amara", "ring back")
        assert ines.agreed("amara")["coach"].tolist() == ["ines"]
        assert ines.verify().hidden == 1  # the draft
        with pytest.raises(InvalidActError, match="write coach='ines'"):
            CoachSession(ines, "ruth")
        with pytest.raises(StoreError, match="a coach may not write this"):
            ines.store.append(Act("u1", "ines", "rating", "rating:warm", "c0", "h", "first", {"rating": "pass"}))

    def test_a_pack_is_written_as_a_coach(self, team: Team, small_rubric: Rubric, tmp_path) -> None:
        ruth, ines = team.add("reviewer", "ruth"), team.add("coach", "ines")
        reviewed(ruth, small_rubric)
        session = CoachSession(ines, "ines")
        session.agree("amara", "ring back")
        assert "ring back" in session.pack("markdown", agent="amara")["text"]
        ines.store.record_export(tmp_path / "pack.md", "coaching pack", "0" * 64, ["c0"])
        ines.store.record_export(tmp_path / "pack.md", "coaching pack", "1" * 64, ["c0"])
        assert ines.store.exports()["sha256"].tolist() == ["1" * 64]

    def test_a_coach_writes_reports_and_the_library(self, team: Team, small_rubric: Rubric, tmp_path: Path) -> None:
        ruth, ines = team.add("reviewer", "ruth"), team.add("coach", "ines")
        reviewed(ruth, small_rubric)
        made = ines.report("first", rubric=small_rubric)
        for _ in range(2):
            ines.save_report(made, tmp_path / "first.html", overwrite=True)
        library = ines.save_library(tmp_path / "library", small_rubric)
        kinds = ines.store.exports()["kind"].value_counts().to_dict()
        assert kinds == {"report": 1, "example library": len(library.pages)}
        with pytest.raises(StoreError, match="may not do that here; ask a lead of the project, or its owner"):
            ines.store.record_export(tmp_path / "b.gz", "backup", "0" * 64, None)
        with pytest.raises(StoreError, match="may not do that here; ask a lead"):
            ruth.save_library(tmp_path / "refused", small_rubric)
        assert not (tmp_path / "refused").exists()

    def test_a_lead_does_the_month(self, team: Team, small_rubric: Rubric) -> None:
        lea, ruth = team.add("lead", "lea"), team.add("reviewer", "ruth")
        conversations, messages = conversation_frames(8)
        assert lea.store.add_conversations(conversations, messages).added == 2
        lea.sample("second", 3, seed=1)
        lea.release("second")  # by whom, the login says
        assert lea.released()["lead"].tolist() == ["lea"]
        reviewed(ruth, small_rubric)
        assert "1 of them are reviewed" in str(lea.report("first", small_rubric))
        assert lea.verify() == team.store.verify()
        assert lea.verify().hidden == 0
        assert lea.store.people.list()["name"].tolist() == ["lea", "ruth"]
        assert ruth.store.people.list()["name"].tolist() == ["ruth"]

    def test_each_program_that_is_open_keeps_working_for_the_owner(self, team: Team, small_rubric: Rubric) -> None:
        owner = Project(team.store)
        owner.review("first", "anybody", small_rubric).rate("c0", "warm", "pass")
        assert owner.ratings(None)["reviewer"].tolist() == ["anybody"]
        assert owner.verify().ok


class TestAgents:
    def test_only_their_own_after_release(self, team: Team, small_rubric: Rubric) -> None:
        ruth, lea, amara = team.add("reviewer", "ruth"), team.add("lead", "lea"), team.add("agent", "amara")
        for conversation_id in ("c0", "c1"):  # amara's and derek's
            reviewed(ruth, small_rubric, conversation_id)
        ruth.review("first", "ruth", small_rubric).rate("c3", "warm", "fail")  # amara's, a draft
        assert amara.conversations().empty
        assert amara.samples().empty
        release(lea)
        assert amara.conversations()["conversation_id"].tolist() == ["c0", "c3"]
        assert set(amara.messages()["conversation_id"]) == {"c0", "c3"}
        assert amara.ratings(None)["conversation_id"].unique().tolist() == ["c0"]
        assert amara.store.sample("first")["conversation_id"].tolist() == ["c0", "c3"]
        release(lea, False)
        assert amara.conversations().empty
        assert amara.ratings(None).empty

    def test_only_disputes_are_written(self, team: Team, small_rubric: Rubric) -> None:
        ruth, lea, amara = team.add("reviewer", "ruth"), team.add("lead", "lea"), team.add("agent", "amara")
        reviewed(ruth, small_rubric)
        release(lea)
        rating = amara.store.current_events("ruth", "c0", small_rubric.hash)[0]
        payload = {"reviewer": "ruth", "rating_event": rating.event_id, "commandment": "listen", "reason": "I did"}
        payload["proposed"] = "pass"
        slot = "dispute:ruth:listen"
        amara.store.append(Act("d1", "amara", "dispute", slot, "c0", small_rubric.hash, "first", payload))
        with pytest.raises(StoreError, match="may not see this conversation"):
            amara.store.append(Act("d2", "amara", "dispute", slot, "c1", small_rubric.hash, "first", payload))
        with pytest.raises(StoreError, match=r"an? agent may not write this"):
            amara.store.append(Act("d3", "amara", "rating", "rating:warm", "c0", small_rubric.hash, "first", {}))


class TestAssignments:
    def test_what_is_assigned_and_taken(self, team: Team, small_rubric: Rubric) -> None:
        lea, ruth, sam = team.add("lead", "lea"), team.add("reviewer", "ruth"), team.add("reviewer", "sam")
        lea.assign("first", {"ruth": ["c0"]}, by="lea")
        lea.assign("first", how="pool", by="lea")
        session = ruth.review("first", "ruth", small_rubric)
        assert session.queue == ("c0",)
        [taken] = ruth.take("first", "ruth")
        [other] = sam.take("first", "sam")
        assert taken != other
        assert session.queue == ("c0", taken)
        session.rate_rest(taken, "pass")
        session.submit(taken)
        sam.hand_back("first", other, "sam", "I know the customer", "sam")
        assert other in ruth.take("first", "ruth", n=5)
        states = lea.assignments("first").set_index(["conversation_id", "reviewer"])["state"]
        assert (states[taken, "ruth"], states[other, "sam"], states[other, "ruth"]) == ("done", "handed back", "taken")
        with pytest.raises(AssignmentError, match="ask a lead"):
            ruth.store.assignments.rebuild()
        assert lea.store.assignments.rebuild() == (0, 0)
        again = lea.assignments("first").set_index(["conversation_id", "reviewer"])["state"]
        assert again.sort_index().equals(states.sort_index())

    def test_for_oneself_only(self, team: Team, small_rubric: Rubric) -> None:
        lea, ruth, _ = team.add("lead", "lea"), team.add("reviewer", "ruth"), team.add("reviewer", "sam")
        lea.assign("first", {"sam": ["c0", "c1"]}, by="lea")
        lea.assign("first", how="pool", by="lea")
        for act in (
            lambda: ruth.take("first", "sam"),
            lambda: ruth.assign("first", {"ruth": ["c2"]}, by="ruth"),
            lambda: ruth.reassign("first", "sam", "ruth", by="ruth"),
            lambda: ruth.hand_back("first", "c0", "sam", "why not", "ruth"),
        ):
            with pytest.raises(QAToolkitError):
                act()
        login = team.url(ruth.store.people.me.login)
        for statement in (
            "UPDATE assignments SET reviewer = 'ruth' WHERE reviewer = 'sam'",
            "DELETE FROM assignments WHERE reviewer <> 'ruth'",
        ):
            execute(login, statement)
        with pytest.raises(sa.exc.DBAPIError, match="row-level security"):
            execute(
                login,
                "INSERT INTO assignments SELECT conversation_id, 'zoe', sample, state, 1, 1, now() FROM assignments",
            )
        assert set(lea.assignments("first")["reviewer"]) == {"sam", ""}


class TestDisputes:
    @pytest.fixture
    def disputed(self, team: Team, small_rubric: Rubric) -> dict[str, Project]:
        """Ruth failed amara's c0, which is released, and amara disputes that; sam has rated nothing."""
        people = {
            name: team.add(role, name) for role, name in (("reviewer", "ruth"), ("lead", "lea"), ("agent", "amara"))
        }
        people |= {name: team.add("reviewer", name) for name in ("sam", "zoe")} | {"ines": team.add("coach", "ines")}
        reviewed(people["ruth"], small_rubric)
        people["lea"].release("first", "lea")
        [row] = people["amara"].released_ratings("amara").query("rating == 'fail'").to_dict("records")
        assert row["reviewer"] == "Reviewer 1"
        people["amara"].dispute("amara", row["rating_event"], "pass", "I did listen, see the canary")
        return people

    def test_the_second_reviewer_is_blind_in_the_database(self, team: Team, disputed: dict[str, Project]) -> None:
        sam = disputed["sam"]
        seen = execute(team.url(sam.store.people.me.login), "SELECT event_id::text || d::text FROM qa_disputes() d")
        assert len(seen) == 1
        rows = execute(team.url(sam.store.people.me.login), "SELECT actor, kind, payload FROM events")
        assert {kind for _, kind, _ in rows} <= {"release"}
        for word in ("ruth", "canary", "fail", "pass", "amara"):
            assert word not in str(seen)
        with pytest.raises(NotFoundError):  # who rated it
            disputed["ruth"].decide("ruth")
        with pytest.raises(InvalidActError, match="write reviewer='sam'"):
            sam.decide("zoe")

    def test_a_decision_holds(self, team: Team, disputed: dict[str, Project]) -> None:
        sam, zoe = disputed["sam"].decide("sam"), disputed["zoe"].decide("zoe")
        for session, rating in ((sam, "pass"), (zoe, "fail")):
            session.rate("c0", "listen", "fail")
            session.undo()
            session.rate("c0", "listen", rating, base=session.state("c0")["cleared"].get("listen", 0))
        amara = disputed["amara"]
        assert amara.disputes()["state"].tolist() == ["open"]  # a draft is nobody's business
        assert sam.submit("c0")["state"]["status"] == "submitted"
        with pytest.raises(QAToolkitError, match="decided"):
            zoe.submit("c0", without_evidence=True)
        for who in ("amara", "lea", "ines"):
            found = disputed[who].disputes()
            assert found["state"].tolist() == ["overturned"], who
            names = ["a reviewer", "a reviewer"] if who == "amara" else ["ruth", "sam"]
            assert found[["reviewer", "decided_by"]].values.tolist() == [names], who
            ratings = disputed[who].ratings().query("commandment == 'listen'")
            assert ratings["rating"].tolist() == ["pass"], who
        with pytest.raises(NotFoundError):
            disputed["zoe"].decide("zoe")
        assert team.store.verify().ok

    def test_a_release_that_is_taken_back(self, disputed: dict[str, Project]) -> None:
        disputed["lea"].release("first", "lea", released=False)
        assert disputed["amara"].disputes().empty
        assert disputed["amara"].released_ratings("amara").empty

    def test_a_payload_that_the_server_cannot_read_stops_nobody(self, disputed: dict[str, Project]) -> None:
        amara = disputed["amara"]
        [dispute] = amara.store.disputes.cases()
        d = dispute.dispute
        payload = {**d.payload, "reason": "a\x00b", "commandment": "warm"}
        act = Act("nul", "amara", "dispute", "dispute:ruth:warm", d.conversation_id, d.rubric_hash, d.sample, payload)
        with pytest.raises(StoreError, match="has not this shape"):
            amara.store.append(act)
        assert disputed["sam"].decide("sam").queue == ("c0",)

    def write(
        self, project: Project, kind: str, payload: dict[str, object], target: int | None = None, **more: str
    ) -> None:
        """Write an event past the screens; but for what it says, the server would take it in."""
        rubric_hash = project.rubrics()["rubric_hash"].iloc[-1]
        slot = more.get("slot", "dispute:ruth:listen" if kind == "dispute" else f"{kind}:listen")
        uid, actor = f"w-{kind}-{project.store.newest()}", project.store.people.me.name
        project.store.append(
            Act(uid, actor, kind, slot, more.get("conversation", "c0"), rubric_hash, "first", payload, target)
        )

    def test_a_dispute_is_whole_or_is_refused(self, disputed: dict[str, Project]) -> None:
        amara = disputed["amara"]
        good = amara.store.disputes.cases()[0].dispute.payload
        odd = [{name: value for name, value in good.items() if name != left} for left in good]
        odd += [
            {**good, "rating_event": str(good["rating_event"])},
            {**good, "proposed": "good"},
            {**good, "reason": 7},
        ]
        odd += [{**good, "withdrawn": value} for value in ("7", True, [7], {})]
        for payload in odd:
            with pytest.raises(StoreError, match="has not this shape"):
                self.write(amara, "dispute", payload)
        with pytest.raises(StoreError, match="not there, or not released"):
            self.write(amara, "dispute", {**good, "commandment": "warm"}, slot="dispute:ruth:warm")
        with pytest.raises(StoreError, match="not there, or not released"):
            self.write(amara, "dispute", good, slot="dispute:ruth:warm")
        assert len(disputed["lea"].disputes()) == 1

    def test_one_dispute_at_a_time_of_what_holds_and_counts(self, disputed: dict[str, Project]) -> None:
        amara, ruth = disputed["amara"], disputed["ruth"]
        [case] = amara.store.disputes.cases()
        good, uid = case.dispute.payload, case.dispute.event_id
        with pytest.raises(StoreError, match="disputed already; withdraw that dispute first"):
            self.write(amara, "dispute", {**good, "reason": "and I say it again"})
        self.write(amara, "dispute", {**good, "withdrawn": uid})
        with pytest.raises(StoreError, match=r"changed since, counts for nothing .* or is what you propose"):
            self.write(amara, "dispute", {**good, "proposed": "fail"})
        self.write(amara, "dispute", good)
        with pytest.raises(StoreError, match="disputed already"):
            self.write(amara, "dispute", good)
        self.write(amara, "dispute", {**good, "withdrawn": amara.store.newest()})
        for rating in ("partial", "na"):
            self.write(ruth, "rating", {**case.rating.payload, "rating": rating}, slot="rating:listen")
            now = amara.store.current_events("ruth", "c0", case.dispute.rubric_hash)
            number = max(e.event_id for e in now if e.slot == "rating:listen")
            with pytest.raises(StoreError, match="changed since, counts for nothing"):
                self.write(amara, "dispute", good)
            if rating == "na":
                with pytest.raises(StoreError, match="changed since, counts for nothing"):
                    self.write(amara, "dispute", {**good, "rating_event": number})

    def test_only_ones_own_dispute_is_withdrawn(self, disputed: dict[str, Project]) -> None:
        amara, lea = disputed["amara"], disputed["lea"]
        [case] = amara.store.disputes.cases()
        for number in (case.rating.event_id, 10**6):
            with pytest.raises(StoreError, match="only a dispute of your own"):
                self.write(amara, "dispute", {**case.dispute.payload, "withdrawn": number})
        with pytest.raises(StoreError, match="agent may not write this"):
            self.write(amara, "undo", {}, case.dispute.event_id, slot="")
        amara.withdraw("amara", case.dispute.event_id)
        assert lea.disputes()["state"].tolist() == ["withdrawn"]

    def test_a_decision_is_whole_and_final(self, disputed: dict[str, Project], monkeypatch: pytest.MonkeyPatch) -> None:
        amara, sam, lea = disputed["amara"], disputed["sam"], disputed["lea"]
        [case] = amara.store.disputes.cases()
        good = {
            "dispute": case.dispute.event_id,
            "commandment": "listen",
            "rating": "pass",
            "evidence": [],
            "comment": "",
        }
        odd = [{}, {"final": 1}, {"final": True, "rating": None}, {"final": True, "rating": "good"}]
        odd += [{"final": True, "evidence": value} for value in (None, {}, [7], [{"position": "x"}])]
        for more in odd:
            with pytest.raises(StoreError, match="has not this shape"):
                self.write(sam, "dispute_decision", {**good, **more})
        session = sam.decide("sam")
        session.rate("c0", "listen", "pass")
        session.submit("c0")
        decision = lea.store.disputes.cases()[0].decision
        assert decision is not None
        monkeypatch.setattr(events, "_refuse_undone", lambda *_: None)  # as another program would send it
        with pytest.raises(StoreError, match="no decision of a dispute"):
            self.write(sam, "undo", {}, decision.event_id, slot="")
        with pytest.raises(StoreError, match="decided already"):
            self.write(amara, "dispute", {**case.dispute.payload, "withdrawn": case.dispute.event_id})
        assert lea.disputes()["state"].tolist() == ["overturned"]

    def test_who_has_seen_the_first_rating_does_not_decide(self, disputed: dict[str, Project]) -> None:
        sam = disputed["sam"]
        assert len(sam.store.disputes.cases()) == 1
        self.write(sam, "submit", {}, slot="status")
        assert sam.store.disputes.cases() == []
        sam.store.append(
            Act("back", "sam", "undo", "", "c0", sam.rubrics()["rubric_hash"].iloc[-1], "first", {}, sam.store.newest())
        )
        assert sam.store.disputes.cases() == []

    def test_what_is_disputed_is_suggested_to_nobody(self, disputed: dict[str, Project]) -> None:
        """A reviewer cannot know which answer it is, so of that conversation none is."""
        sam = disputed["sam"]
        messages = sam.messages().query("conversation_id == 'c0' and role == 'agent'")
        assert sam.store.disputes.messages() == {("c0", position) for position in messages["position"]} != set()
        session = sam.decide("sam")
        session.rate("c0", "listen", "pass")
        session.submit("c0")
        assert sam.store.disputes.messages() == set()

    def test_nobody_decides_of_their_own_conversation(self, team: Team, disputed: dict[str, Project]) -> None:
        other = team.add("reviewer", "Amara Lind", " AMARA")
        assert other.store.disputes.cases() == []
        told = team.add("reviewer", "mara")
        assert len(told.store.disputes.cases()) == 1
        disputed["lea"].assign("first", {"mara": ["c1"]}, agents={"mara": "amara"}, by="lea")
        assert told.store.disputes.cases() == []


class TestPeople:
    def run(self, team: Team, *arguments: str) -> str:
        result = CliRunner().invoke(main, [*arguments, "--project", team.store.url])
        return result.output

    def test_the_commands(self, team: Team) -> None:
        login = team.login("Ruth Weiss")
        add = ["people", "add", "--login", login, "--name", "Ruth Weiss", "--role", "reviewer"]
        assert "nobody yet" in self.run(team, "people", "list")
        assert "has no password" in self.run(team, *add)
        assert self.run(team, *add) == f"{login}: Ruth Weiss, reviewer\n"  # again changes nothing
        assert "already, a reviewer" in self.run(team, *add[:-1], "coach")
        agent = team.login("amara")
        assert ": amara, agent" in self.run(
            team, "people", "add", "--login", agent, "--role", "agent", "--agent", "amara"
        )
        listed = self.run(team, "people", "list")
        assert f"{login}: Ruth Weiss, reviewer\n" in listed
        ruth = team.open(login)
        assert "Ruth Weiss is gone" in self.run(team, "people", "remove", "--login", login)
        assert "no person has the login" in self.run(team, "people", "remove", "--login", login)
        assert ruth.conversations().empty
        with pytest.raises(StoreError, match="is nobody's in this project; ask its owner for: qa-toolkit people add"):
            team.open(login)

    def test_bad_input(self, team: Team) -> None:
        for person, message in (
            (Person("", "ruth", "reviewer"), "'' cannot be a login"),
            (Person("ruth", " ruth", "reviewer"), "' ruth' cannot be a name"),
            (Person("ruth", "ru\x00th", "reviewer"), "cannot be a name"),
            (Person("ruth", "ruth", "boss"), "'boss' is no role"),
            (Person("pg_ruth", "ruth", "reviewer"), "takes no login such as 'pg_ruth'"),
            (Person("r" * 64, "ruth", "reviewer"), "up to 63 bytes"),
            (Person("ann", "Ann", "agent", "Ann Lee"), "write --agent, without --name"),
            (Person("ann", "Ann", "agent"), "write --agent, without --name"),
            (Person("postgres", "ruth", "lead"), "no wall holds 'postgres'"),
            (Person("qa_lead", "ruth", "lead"), "is a group of the server"),
        ):
            with pytest.raises(QAToolkitError, match=message):
                team.store.people.add(person)
        assert team.store.people.list().empty

    def test_what_is_searched_is_lent_to_who_may_search(self, team: Team) -> None:
        """Without a policy, behind which no index of words would serve; so the rights must go with the person."""
        people = {role: team.add(role, role) for role in ("reviewer", "coach", "lead", "agent")}
        logins = {role: project.store.people.me.login for role, project in people.items()}
        execute(
            team.store.url, "CREATE TABLE exemplars (words tsvector)", "CREATE INDEX ON exemplars USING gin (words)"
        )
        team.store.people.put_up_walls()

        def may(role: str, right: str) -> bool:
            query = f"SELECT has_table_privilege('{logins[role]}', 'exemplars', '{right}')"
            return execute(team.store.url, query)[0][0]

        assert [may(role, "SELECT") for role in logins] == [False, True, True, False]
        assert [may(role, "INSERT") for role in logins] == [False, False, True, False]
        words = "SET enable_seqscan = off", "EXPLAIN SELECT * FROM exemplars WHERE words @@ 'refund'::tsquery"
        assert "Index Scan" in str(execute(team.url(logins["coach"]), *words))
        team.store.people.remove(logins["coach"])
        assert not may("coach", "SELECT")
        team.store.people.add(Person(logins["coach"], "coach", "coach"))
        assert may("coach", "SELECT")
        execute(team.store.url, "DROP TABLE exemplars")

    def test_who_was_taken_away_is_told_so_at_the_next_act(self, team: Team, small_rubric: Rubric) -> None:
        """Not that what they have saved is gone."""
        ruth = team.add("reviewer", "ruth")
        session = ruth.review("first", "ruth", small_rubric)
        session.rate("c0", "listen", "pass")
        team.store.people.remove(ruth.store.people.me.login)
        with pytest.raises(StoreError, match="this login is nobody's in this project"):
            ruth.store.append(Act("u2", "ruth", "comment", "comment", "c0", small_rubric.hash, "first", {"text": "hm"}))

    def test_a_name_of_another(self, team: Team) -> None:
        team.add("reviewer", "ruth")
        with pytest.raises(InvalidActError, match="is 'ruth' already, a reviewer"):
            team.add("coach", "ruth")

    def test_names_that_are_sql(self, team: Team, small_rubric: Rubric) -> None:
        name = """Robert"); DROP TABLE events; --' 100% :x"""
        team.logins.append(name)
        team.store.people.add(Person(name, name, "reviewer"))
        reviewed(team.open(name), small_rubric)
        assert actors(Project(team.store)) == [name]

    def test_without_walls(self, url: str) -> None:
        with closing(open_store(url)) as store:
            with pytest.raises(StoreError, match="make them with: qa-toolkit init URL"):
                store.people.add(Person("ruth", "ruth", "reviewer"))
            assert store.people.me is None

    def test_init_says_what_it_made(self, url: str) -> None:
        first, second = (CliRunner().invoke(main, ["init", url]).output for _ in range(2))
        assert "roles: the groups " in first
        assert "policies on every table" in second
        assert "rubric: commandments" in second
        assert "the groups of the server taken" in second

    def test_sqlite_has_no_walls(self, tmp_path) -> None:
        store = open_store(f"sqlite:///{tmp_path}/p.db")
        with pytest.raises(StoreError, match="an SQLite file has no logins"):
            store.people.add(Person("ruth", "ruth", "reviewer"))
        assert store.people.list().empty
        assert store.people.me is None
        store.close()


class TestOwners:
    @pytest.fixture
    def owned(self, server: Server) -> Iterator[str]:
        """A database of somebody who may make nothing but tables, at a server without the groups."""
        execute(server.url, "CREATE ROLE small_owner LOGIN")
        there = {row[0] for row in execute(server.url, "SELECT rolname FROM pg_roles WHERE rolname LIKE 'qa\\_%%'")}
        for name in there:
            execute(server.url, f"ALTER ROLE {name} RENAME TO away_{name}")
        with server.database("OWNER small_owner") as url:
            execute(url, "ALTER SCHEMA public OWNER TO small_owner")
            yield sa.make_url(url).set(username="small_owner").render_as_string()
            execute(url, "ALTER SCHEMA public OWNER TO postgres", "DROP OWNED BY small_owner CASCADE")
            for name in GROUPS:
                if execute(url, f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"):
                    execute(url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")
            name = sa.make_url(url).database
            execute(server.url, f"ALTER DATABASE {name} OWNER TO postgres")
        execute(server.url, "DROP OWNED BY small_owner", "DROP ROLE small_owner")
        for name in there:
            execute(server.url, f"ALTER ROLE away_{name} RENAME TO {name}")

    def test_rights_that_are_missing_are_told_as_commands(self, owned: str, server: Server) -> None:
        result = CliRunner().invoke(main, ["init", owned])
        assert result.exit_code == 1
        assert "project: postgresql://small_owner:***@" in result.output
        commands = [line.strip() for line in result.output.splitlines() if line.startswith("  ")]
        assert commands[0] == "CREATE ROLE qa_reviewer NOLOGIN;"
        open_project(owned).store.close()  # for a lone owner it works as it is
        execute(server.url, *commands)
        assert "roles:" in CliRunner().invoke(main, ["init", owned], catch_exceptions=False).output
        store = open_store(owned)
        with team_of(store, server.url) as team:
            assert team.add("reviewer", "ruth").verify().ok
            guest = team.add("lead", "lea")
            with pytest.raises(StoreError, match="only who owns the tables"):
                guest.store.people.put_up_walls()
            with pytest.raises(StoreError, match="may not do that"):
                guest.store.people.add(Person("x", "x", "lead"))
        store.close()

    def test_a_schema_that_is_old_and_may_not_be_migrated(self, team: Team) -> None:
        team.add("reviewer", "ruth")
        [(newest,)] = execute(team.store.url, "SELECT version_num FROM alembic_version")
        execute(team.store.url, "UPDATE alembic_version SET version_num = '0001'")
        with pytest.raises(StoreError, match=r"older release \(0001; .* ask the owner to run: qa-toolkit init"):
            team.open(team.logins[-1])
        execute(team.store.url, f"UPDATE alembic_version SET version_num = '{newest}'")
        team.open(team.logins[-1])

    def test_a_stranger_is_told_so(self, team: Team) -> None:
        login = team.login("mallory")
        execute(team.store.url, f'CREATE ROLE "{login}" LOGIN')
        with pytest.raises(StoreError, match=f"the login '{login}' is nobody's in this project"):
            team.open(login)
