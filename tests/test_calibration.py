"""Calibrations: set up, rated blind, revealed, rated again, decided."""

from __future__ import annotations

import multiprocessing
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from calibrating import rate_and_submit
from conftest import conversation_frames

from qa_toolkit.calibration import CalibrationSession, calibrations, start_calibration
from qa_toolkit.calibration.blinding import blinded
from qa_toolkit.errors import EvidenceError, IncompleteError, InvalidActError, NotFoundError, SamplingError, StaleError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store, open_store

IDS = ("listen", "solve", "warm")
SPAN = [{"position": 1, "start": 0, "end": 5}]
Opened = Callable[..., CalibrationSession]


@pytest.fixture
def project(store: Store) -> Project:
    return Project(store)


@pytest.fixture
def opened(project: Project, small_rubric: Rubric) -> Opened:
    """A function that opens the calibration of ruth and sam, led by ines."""

    def of(reviewer: str) -> CalibrationSession:
        start_calibration(
            project, "march", ["ruth", "sam"], conversations=["c0", "c1"], rubric=small_rubric, lead="ines"
        )
        return CalibrationSession(project, "march", reviewer)

    return of


def rate_all(session: CalibrationSession, conversation_id: str, *values: str) -> None:
    for name, value in zip(IDS, values, strict=True):
        session.rate(conversation_id, 1, name, value, SPAN if value == "fail" else [], f"{session.reviewer} on {name}")


def both_submit(opened: Opened, conversation_id: str = "c0") -> tuple[CalibrationSession, CalibrationSession]:
    ruth, sam = opened("ruth"), opened("sam")
    rate_all(ruth, conversation_id, "pass", "fail", "na")
    rate_all(sam, conversation_id, "pass", "pass", "partial")
    ruth.submit(conversation_id, 1)
    sam.submit(conversation_id, 1)
    return ruth, sam


# ---------------------------------------------------------------------- set up


def test_a_calibration_is_drawn_once_and_stays_when_conversations_come_in(
    project: Project, small_rubric: Rubric
) -> None:
    first = start_calibration(project, "march", ["ruth", "sam"], rubric=small_rubric, n=3, seed=4)
    assert len(first.conversations) == 3
    heads, bodies = conversation_frames(40)
    project.store.add_conversations(heads, bodies)
    assert start_calibration(project, "march", ["ruth", "sam"], rubric=small_rubric, n=3, seed=4) == first
    other = start_calibration(project, "april", ["ruth", "sam"], rubric=small_rubric, n=3, seed=5)
    assert other.conversations != first.conversations
    frame = calibrations(project)
    assert frame["name"].tolist() == ["march", "april"]
    assert frame["reviewers"].tolist() == [["ruth", "sam"]] * 2
    assert frame["n"].tolist() == [3, 3]


def test_conversations_are_drawn_from_a_sample(project: Project, small_rubric: Rubric) -> None:
    project.sample("two", n=2, seed=9)
    setting = start_calibration(project, "march", ["ruth"], sample="two", rubric=small_rubric)
    assert set(setting.conversations) == set(project.store.sample("two")["conversation_id"])


def test_a_name_is_taken_by_another_set_up_only(project: Project, small_rubric: Rubric) -> None:
    start_calibration(project, "march", ["ruth", "sam"], rubric=small_rubric)
    for changed in ({"lead": "ines"}, {"n": 2}, {"hide_agent": False}, {"rubric": "commandments"}):
        with pytest.raises(InvalidActError, match="take another name"):
            start_calibration(project, "march", ["ruth", "sam"], **{"rubric": small_rubric, **changed})
    with pytest.raises(InvalidActError, match="take another name"):
        start_calibration(project, "march", ["ruth", "tom"], rubric=small_rubric)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"reviewers": []}, InvalidActError, "names of its reviewers"),
        ({"reviewers": "ruth"}, InvalidActError, "give a list"),
        ({"reviewers": ["ruth", " ruth"]}, InvalidActError, "named twice"),
        ({"reviewers": ["ruth", " "]}, InvalidActError, "names of its reviewers"),
        ({"name": " "}, InvalidActError, "needs a name"),
        ({"n": 7}, SamplingError, "7"),
        ({"conversations": []}, SamplingError, "at least one"),
        ({"conversations": ["c0"], "n": 1}, SamplingError, "either"),
        ({"conversations": ["c0", "c99"]}, NotFoundError, "c99"),
        ({"sample": "none"}, NotFoundError, "none"),
    ],
)
def test_what_cannot_be_set_up_is_refused(
    project: Project, small_rubric: Rubric, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        start_calibration(project, **{"name": "march", "reviewers": ["ruth"], "rubric": small_rubric, **arguments})
    assert calibrations(project).empty


def test_nobody_but_its_people_opens_it(opened: Opened, project: Project) -> None:
    opened("ines")
    for name in ("tom", "", " "):
        with pytest.raises(InvalidActError, match="ruth, sam, ines"):
            opened(name)
    with pytest.raises(NotFoundError, match="march"):
        CalibrationSession(project, "marsh", "ruth")


# ---------------------------------------------------------------------- the way of a conversation


def stages(session: CalibrationSession) -> list[str]:
    return [row["stage"] for row in session.refresh()["conversations"]]


def test_the_stages_of_a_conversation(opened: Opened) -> None:
    ruth, sam, ines = opened("ruth"), opened("sam"), opened("ines")
    assert stages(ruth) == ["open", "open"]
    assert stages(ines) == ["waiting", "waiting"]
    ruth.rate("c0", 1, "listen", "pass")
    assert stages(ruth) == ["draft", "open"]
    rate_all(ruth, "c0", "pass", "fail", "na")
    ruth.submit("c0", 1)
    assert stages(ruth) == ["waiting", "open"]
    rate_all(sam, "c0", "pass", "pass", "partial")
    assert stages(ruth) == ["waiting", "open"]
    sam.submit("c0", 1)
    assert [stages(who)[0] for who in (ruth, sam, ines)] == ["revealed"] * 3
    assert ruth.refresh("c0")["state"]["differences"] == ["solve", "warm"]
    ruth.rate("c0", 2, "warm", "partial")
    assert [stages(who)[0] for who in (ruth, sam)] == ["again", "revealed"]
    assert ruth.refresh("c0")["state"]["differences"] == ["solve"]
    ines.decide("c0", "solve", "partial", "half of it was solved")
    assert [stages(who)[0] for who in (ruth, sam, ines)] == ["decided"] * 3
    state = sam.refresh("c0")["state"]
    assert state["differed"] == ["solve", "warm"]
    assert state["decisions"]["solve"]["by"] == "ines"
    assert state["round"] == 2
    sam.submit("c0", 2)
    assert sam.refresh("c0")["state"]["round"] == 0


def test_all_is_revealed_to_all_and_nothing_before(opened: Opened) -> None:
    ruth, sam = opened("ruth"), opened("sam")
    rate_all(ruth, "c0", "pass", "fail", "na")
    rate_all(sam, "c0", "pass", "pass", "partial")
    assert ruth.submit("c0", 1)["peers"] is None
    answer = sam.submit("c0", 1)
    assert answer["peers"] == ruth_peers(sam)
    assert [peer["reviewer"] for peer in ruth.view("c0")["peers"]] == ["sam"]
    seen = answer["peers"][0]["ratings"]["solve"]
    assert seen == {"rating": "fail", "evidence": SPAN, "comment": "ruth on solve", "root_causes": []}
    assert [peer["reviewer"] for peer in opened("ines").view("c0")["peers"]] == ["ruth", "sam"]


def ruth_peers(session: CalibrationSession) -> Any:
    return session.refresh("c0")["peers"]


def test_a_first_rating_is_locked_by_its_submit(opened: Opened) -> None:
    ruth = opened("ruth")
    rate_all(ruth, "c0", "pass", "fail", "na")
    ruth.submit("c0", 1)
    for change in (
        lambda: ruth.rate("c0", 1, "warm", "pass"),
        lambda: ruth.rate("c0", 1, "warm", None),
        lambda: ruth.submit("c0", 1),
    ):
        with pytest.raises(InvalidActError, match="you have submitted your first rating"):
            change()
    with pytest.raises(InvalidActError, match="nothing to undo"):
        ruth.undo()
    for early in (lambda: ruth.rate("c0", 2, "warm", "pass"), lambda: ruth.submit("c0", 2)):
        with pytest.raises(InvalidActError, match="not all have submitted"):
            early()


def test_a_submit_asks_for_all_ratings_and_for_evidence(opened: Opened) -> None:
    ruth = opened("ruth")
    ruth.rate("c0", 1, "listen", "pass")
    with pytest.raises(IncompleteError, match="2 not rated yet: Solve, Be warm"):
        ruth.submit("c0", 1)
    ruth.rate("c0", 1, "solve", "fail")
    ruth.rate("c0", 1, "warm", "na")
    with pytest.raises(EvidenceError, match="No evidence for Solve") as caught:
        ruth.submit("c0", 1)
    assert caught.value.state["stage"] == "draft"
    assert ruth.submit("c0", 1, without_evidence=True)["state"]["stage"] == "waiting"


def test_what_cannot_apply_is_rated_na_by_the_submit(project: Project, small_rubric: Rubric) -> None:
    from qa_toolkit.rubric import parse_rubric

    text = small_rubric.text.replace(
        'not_applicable = "No matter of warm."', 'not_applicable = "x"\napplies.channel = ["phone"]'
    )
    start_calibration(project, "march", ["ruth"], conversations=["c0"], rubric=parse_rubric(text))
    ruth = CalibrationSession(project, "march", "ruth")
    assert list(ruth.view("c0")["not_applicable"]) == ["warm"]
    ruth.rate("c0", 1, "listen", "pass")
    ruth.rate("c0", 1, "solve", "pass")
    state = ruth.submit("c0", 1, uid="submit-1")["state"]
    assert state["ratings"]["warm"]["rating"] == "na"
    assert ruth.submit("c0", 1, uid="submit-1")["state"] == state


def test_ratings_are_taken_back_and_undone_before_the_submit(opened: Opened) -> None:
    ruth = opened("ruth")
    ruth.rate("c0", 1, "listen", "pass")
    ruth.rate("c0", 1, "listen", "fail")
    undone = ruth.undo()
    assert undone["undone"] == {
        "kind": "rate",
        "commandment": "listen",
        "round": 1,
        "number": 1,
        "conversation_id": "c0",
    }
    assert undone["state"]["ratings"]["listen"]["rating"] == "pass"
    assert ruth.rate("c0", 1, "listen", None)["state"]["ratings"] == {}
    assert stages(ruth)[0] == "open"
    with pytest.raises(StaleError):
        ruth.undo(after=1)
    ruth.undo()
    assert ruth.refresh("c0")["state"]["ratings"]["listen"]["rating"] == "pass"


def test_undo_passes_by_what_is_locked(opened: Opened) -> None:
    ruth = opened("ruth")
    ruth.rate("c1", 1, "listen", "pass")
    rate_all(ruth, "c0", "pass", "fail", "na")
    newest = ruth.submit("c0", 1)["newest"]
    assert ruth.undo(after=newest, uid="undo-1")["undone"]["conversation_id"] == "c1"
    assert ruth.undo(after=newest, uid="undo-1")["undone"]["conversation_id"] == "c1"
    with pytest.raises(InvalidActError, match="nothing to undo"):
        ruth.undo()


def test_second_ratings_decisions_and_notes_are_undone(opened: Opened) -> None:
    ruth, _ = both_submit(opened)
    ines = opened("ines")
    ruth.rate("c0", 2, "solve", "partial")
    ruth.submit("c0", 2)
    with pytest.raises(InvalidActError, match="second rating: undo that first"):
        ruth.rate("c0", 2, "solve", "pass")
    assert [ruth.undo()["undone"]["kind"] for _ in range(2)] == ["submit", "rate"]
    state = ruth.refresh("c0")["state"]
    assert (state["again"], state["submitted_again"], state["stage"]) == ({}, False, "revealed")
    ines.decide("c0", "solve", "fail", "why")
    assert ines.undo()["state"]["decisions"] == {}


def test_notes_are_ones_own_until_the_reveal(opened: Opened) -> None:
    ruth, sam = opened("ruth"), opened("sam")
    ruth.note("c0", "I wondered about warm")
    assert sam.note("c0", "hm")["state"]["notes"] == [{"reviewer": "sam", "text": "hm"}]
    for session in (ruth, sam):
        rate_all(session, "c0", "pass", "pass", "pass")
        session.submit("c0", 1)
    assert {note["reviewer"] for note in ruth.view("c0")["state"]["notes"]} == {"ruth", "sam"}
    assert ruth.note("c0", "")["state"]["notes"] == [{"reviewer": "sam", "text": "hm"}]


def test_decisions_are_the_leads_for_a_reason_and_after_the_reveal(opened: Opened, project: Project) -> None:
    ines = opened("ines")
    with pytest.raises(InvalidActError, match="not all have submitted"):
        ines.decide("c0", "solve", "fail", "why")
    ruth, _ = both_submit(opened)
    with pytest.raises(InvalidActError, match="ines decides"):
        ruth.decide("c0", "solve", "fail", "why")
    with pytest.raises(InvalidActError, match="you lead this calibration"):
        ines.rate("c0", 2, "solve", "pass")
    for rating, reason in (("fail", " "), (None, "why"), ("good", "why"), ("fail", "x" * 2001)):
        with pytest.raises(InvalidActError):
            ines.decide("c0", "solve", rating, reason)  # type: ignore[arg-type]
    first = ines.decide("c0", "solve", "fail", "why", SPAN, True, base="", uid="decide-1")
    shown = first["state"]["decisions"]["solve"]
    assert (shown["rating"], shown["reason"], shown["evidence"], shown["example"]) == ("fail", "why", SPAN, True)
    with pytest.raises(StaleError):
        ines.decide("c0", "solve", "pass", "else", base="")
    again = ines.decide("c0", "solve", "fail", "why", SPAN, True, base="", uid="decide-1")
    assert again["state"] == first["state"]
    assert (
        ines.decide("c0", "solve", "pass", "else", base="decide-1")["state"]["decisions"]["solve"]["rating"] == "pass"
    )


def test_without_a_lead_each_reviewer_decides_and_the_newest_counts(project: Project, small_rubric: Rubric) -> None:
    start_calibration(project, "april", ["ruth", "sam"], conversations=["c0"], rubric=small_rubric)
    ruth, sam = (CalibrationSession(project, "april", name) for name in ("ruth", "sam"))
    rate_all(ruth, "c0", "pass", "fail", "na")
    rate_all(sam, "c0", "pass", "pass", "na")
    ruth.submit("c0", 1)
    sam.submit("c0", 1)
    ruth.decide("c0", "solve", "fail", "first")
    assert sam.decide("c0", "solve", "pass", "second")["state"]["decisions"]["solve"]["by"] == "sam"
    ruth.decide("c0", "solve", "partial", "third")
    assert sam.refresh("c0")["state"]["decisions"]["solve"]["reason"] == "third"
    ruth.undo()
    assert sam.refresh("c0")["state"]["decisions"]["solve"]["reason"] == "second"


def test_an_act_that_is_sent_again_is_written_once_and_another_under_its_id_is_refused(opened: Opened) -> None:
    ruth = opened("ruth")
    first = ruth.rate("c0", 1, "listen", "pass", base=0, uid="rate-1")
    assert ruth.rate("c0", 1, "listen", "pass", base=0, uid="rate-1") == first
    with pytest.raises(StaleError) as caught:
        ruth.rate("c0", 1, "listen", "fail", base=0)
    assert caught.value.state["ratings"]["listen"]["rating"] == "pass"
    with pytest.raises(InvalidActError, match="another act"):
        ruth.rate("c0", 1, "listen", "fail", uid="rate-1")
    assert ruth.rate("c0", 1, "listen", "fail", base=first["revision"])["revision"] == first["revision"] + 1


def test_a_rating_that_was_taken_back_can_be_given_again(opened: Opened) -> None:
    ruth = opened("ruth")
    revision = ruth.rate("c0", 1, "listen", "pass", base=0)["revision"]
    assert ruth.rate("c0", 1, "listen", None, base=revision)["state"]["ratings"] == {}
    assert ruth.rate("c0", 1, "listen", "fail", base=0)["state"]["ratings"]["listen"]["rating"] == "fail"


def test_what_does_not_fit_is_refused(opened: Opened) -> None:
    ruth = opened("ruth")
    for arguments in (
        ("c0", 1, "nothing", "pass"),
        ("c0", 1, "warm", "good"),
        ("c0", 3, "warm", "pass"),
        ("c0", True, "warm", "pass"),
    ):
        with pytest.raises(InvalidActError):
            ruth.rate(*arguments)
    with pytest.raises(InvalidActError, match="not within"):
        ruth.rate("c0", 1, "warm", "fail", [{"position": 1, "start": 5, "end": 5000}])
    for missing in (lambda: ruth.view("c5"), lambda: ruth.note("c5", "x"), lambda: ruth.rate("c5", 1, "warm", "pass")):
        with pytest.raises(NotFoundError, match="has no conversation 'c5'"):
            missing()


def test_a_second_calibration_starts_from_nothing(opened: Opened, project: Project, small_rubric: Rubric) -> None:
    both_submit(opened)
    start_calibration(project, "april", ["ruth"], conversations=["c0"], rubric=small_rubric)
    ruth = CalibrationSession(project, "april", "ruth")
    assert ruth.view("c0")["state"]["ratings"] == {}
    assert stages(ruth) == ["open"]


# ---------------------------------------------------------------------- apart from reviews


def test_nothing_of_a_calibration_is_in_reviews(
    opened: Opened, project: Project, session_of: Callable[[str], ReviewSession], tmp_path: Path
) -> None:
    review = session_of("ruth")
    for name in IDS:
        review.rate("c0", name, "pass")
    review.submit("c0")
    store = project.store

    def seen() -> list[Any]:
        frames = (store.ratings(), store.reviews(), store.time_spent(), store.good_answers(), store.disputed_facts())
        return [*(frame.to_dict("records") for frame in frames), review.state("c0"), review.progress()]

    before = seen()
    ruth, _ = both_submit(opened)
    ruth.rate("c0", 2, "warm", "fail")
    ruth.note("c0", "a note")
    opened("ines").decide("c0", "solve", "partial", "why")
    assert seen() == before
    project.export(tmp_path / "ratings.jsonl", "ratings")
    assert '"sam"' not in (tmp_path / "ratings.jsonl").read_text("utf-8")
    review.undo()
    assert review.state("c0")["status"] == "draft"
    assert ruth.refresh("c0")["state"]["submitted"]
    assert project.verify().ok


def test_a_forgotten_customer_is_gone_from_a_calibration(opened: Opened, project: Project) -> None:
    ruth, _ = both_submit(opened)
    opened("ines").decide("c0", "solve", "partial", "Nora was told the wrong day")
    assert project.forget("Nora", by="ines").comments == 7  # on three commandments by two, and the reason
    view = ruth.view("c0")
    assert [message["text"] for message in view["conversation"]["messages"]] == [""] * 4
    assert view["state"]["ratings"]["solve"]["rating"] == "fail"
    assert view["state"]["decisions"]["solve"]["reason"] == "Nora was told the wrong day"
    with pytest.raises(SamplingError, match="no conversation to draw"):
        start_calibration(project, "april", ["ruth"], n=1)


# ---------------------------------------------------------------------- blind to the agent and to the machine


def test_the_agents_name_and_the_labels_are_hidden_and_evidence_still_fits(
    project: Project, small_rubric: Rubric
) -> None:
    texts = [
        ("customer", "Hi Amara, it is amara's parcel"),
        ("agent", "I am Amara. AMARA will help; Amaranth is a plant."),
    ]
    heads, bodies = conversation_frames(1, texts)
    heads["conversation_id"] = bodies["conversation_id"] = "n0"
    heads["subject"] = "For Amara"
    project.store.add_conversations(heads, bodies)
    for hide, name in ((True, "hidden"), (False, "open")):
        start_calibration(project, name, ["ruth"], conversations=["n0"], rubric=small_rubric, hide_agent=hide)
    shown = CalibrationSession(project, "hidden", "ruth").view("n0")["conversation"]
    assert shown["labels"] == {}
    assert (shown["agent"], shown["subject"]) == ("Agent", "For █████")
    assert [m["text"] for m in shown["messages"]] == [
        "Hi █████, it is █████'s parcel",
        "I am █████. █████ will help; Amaranth is a plant.",
    ]
    assert [m["author"] for m in shown["messages"]] == ["Nora", "Agent"]
    assert [len(m["text"]) for m in shown["messages"]] == [len(text) for _, text in texts]
    plain = CalibrationSession(project, "open", "ruth").view("n0")["conversation"]
    assert (plain["agent"], plain["messages"][1]["text"], plain["labels"]) == ("amara", texts[1][1], {})


@pytest.mark.parametrize(
    ("agent", "text", "covered"),
    [
        ("Will Smith", "I will ask. Will", "I will ask. ████"),
        ("mark@shop.example", "Mark my word, mark@shop.example", "████ my word, █████████████████"),
        ("Support Team", "Our support team is here", "Our support team is here"),
        ("agent-07", "agent-07 is an agent", "████████ is an agent"),
        ("José Núñez", "josé, NÚÑEZ", "████, █████"),
        ("王伟", "我是王伟。", "我是██。"),
        ("a+b (c)*", "a+b (c)* b", "a+b (c)* b"),
    ],
)
def test_names_of_all_kinds_are_covered(store: Store, agent: str, text: str, covered: str) -> None:
    heads, bodies = conversation_frames(1, [("customer", "hello"), ("agent", text)])
    heads["conversation_id"] = bodies["conversation_id"] = "n1"
    heads["agent"] = agent
    bodies.loc[1, "author"] = agent
    store.add_conversations(heads, bodies)
    shown = blinded(store.conversation("n1"), True)
    assert shown.messages[1].text == covered
    assert shown.messages[1].author == shown.agent == "Agent"


# ---------------------------------------------------------------------- two processes


@pytest.mark.every_database
def test_of_two_who_decide_at_the_same_moment_the_second_is_refused(
    project: Project, url: str, small_rubric: Rubric
) -> None:
    start_calibration(project, "march", ["ruth", "sam"], conversations=["c0"], rubric=small_rubric)
    stores = [open_store(url), open_store(url)]
    people = [CalibrationSession(Project(own), "march", who) for own, who in zip(stores, ("ruth", "sam"), strict=True)]
    for session in people:
        rate_all(session, "c0", "pass", "fail" if session.reviewer == "ruth" else "pass", "na")
        session.submit("c0", 1)
    together, base = threading.Barrier(2), ""
    for number in range(5):

        def decide(session: CalibrationSession, number: int = number, base: str = base) -> tuple[str, str]:
            build = session._acts.decision
            session._acts.decision = lambda *given: (build(*given), together.wait(60))[0]  # type: ignore[method-assign]
            try:  # both have looked by now at what is decided
                who = session.reviewer
                session.decide("c0", "solve", "partial", who, base=base, uid=f"{who}-{number}")
            except StaleError as error:
                return str(error), str(error.state["decisions"]["solve"]["uid"])  # what the screen then shows
            finally:
                session._acts.decision = build  # type: ignore[method-assign]
            return "", ""

        with ThreadPoolExecutor(2) as pool:
            refusals = list(pool.map(decide, people))
        (accepted, _), (refused, base) = sorted(refusals)
        assert not accepted
        assert refused.startswith("Somebody else decided this meanwhile")
        decided = people[0].refresh("c0")["state"]["decisions"]["solve"]
        assert decided["uid"] == base == f"{decided['reason']}-{number}"
    for own in stores:
        own.close()
    assert project.verify().ok


@pytest.mark.every_database
def test_two_processes_submit_at_the_same_time(store: Store, url: str, small_rubric: Rubric) -> None:
    project = Project(store)
    setting = start_calibration(project, "march", ["ruth", "sam"], n=3, rubric=small_rubric)
    watching = CalibrationSession(project, "march", "ruth")
    spawn = multiprocessing.get_context("spawn")
    barrier = spawn.Barrier(2)
    workers = [spawn.Process(target=rate_and_submit, args=(url, who, barrier)) for who in setting.reviewers]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        time.sleep(0.01)
        for name in setting.conversations:
            seen = watching.refresh(name)
            if seen["peers"] is not None:  # never one without the other, never half
                assert seen["state"]["submitted"]
                assert seen["peers"][0]["ratings"].keys() == set(IDS)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert stages(watching) == ["decided"] * len(setting.conversations)
    assert project.verify().ok
