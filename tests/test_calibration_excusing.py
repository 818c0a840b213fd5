"""A reviewer who never submits is excused, and the others see each other's ratings."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from qa_toolkit.calibration import (
    CalibrationSession,
    calibration_gain,
    calibration_progress,
    calibration_ratings,
    excuse,
    start_calibration,
)
from qa_toolkit.errors import InvalidActError, NotFoundError
from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store, open_store

IDS, PEOPLE = ("listen", "solve", "warm"), ["ruth", "sam", "tove"]
Opened = Callable[..., CalibrationSession]


@pytest.fixture
def project(store: Store) -> Project:
    return Project(store)


@pytest.fixture
def opened(project: Project, small_rubric: Rubric) -> Opened:
    """A function that opens "march" of three reviewers, led by ines, or "april", which has no lead."""

    def of(reviewer: str, name: str = "march") -> CalibrationSession:
        lead = "ines" if name == "march" else ""
        start_calibration(project, name, PEOPLE, conversations=["c0", "c1"], rubric=small_rubric, lead=lead)
        return CalibrationSession(project, name, reviewer)

    return of


def submit(session: CalibrationSession, conversation_id: str, solve: str = "pass") -> None:
    for name in IDS:
        session.rate(conversation_id, 1, name, solve if name == "solve" else "pass")
    session.submit(conversation_id, 1, without_evidence=True)


def stages(session: CalibrationSession) -> list[str]:
    return [row["stage"] for row in session.refresh()["conversations"]]


def test_the_others_see_each_other_once_the_one_who_is_missing_is_excused(opened: Opened, project: Project) -> None:
    ruth, sam, tove, ines = (opened(who) for who in (*PEOPLE, "ines"))
    submit(ruth, "c0")
    submit(sam, "c0", "fail")
    tove.rate("c0", 1, "solve", "partial")
    assert stages(ruth) == ["waiting", "open"]
    assert excuse(project, "march", "tove", "on leave", "ines", "c0") == ["c0"]
    assert [stages(who)[0] for who in (ruth, sam, tove, ines)] == ["revealed"] * 4
    state, peers = (ruth.refresh("c0")[part] for part in ("state", "peers"))
    assert state["differences"] == ["solve"]
    assert state["excused"] == [{"reviewer": "tove", "by": "ines", "reason": "on leave"}]
    assert [peer["reviewer"] for peer in peers] == ["sam"]
    assert [peer["reviewer"] for peer in tove.refresh("c0")["peers"]] == ["ruth", "sam"]
    assert set(calibration_ratings(project)["reviewer"]) == {"ruth", "sam"}
    assert calibration_gain(project, "march")["n"].iloc[-1] == 1
    ruth.rate("c0", 2, "solve", "fail")
    assert stages(sam) == ["decided", "open"]
    assert project.verify().ok


def test_who_is_excused_rates_nothing_there_any_more_and_goes_on_elsewhere(opened: Opened, project: Project) -> None:
    ruth, tove = opened("ruth"), opened("tove")
    tove.rate("c1", 1, "warm", "pass")
    tove.rate("c0", 1, "solve", "fail", uid="rate-1")
    excuse(project, "march", "tove", "knows the customer", "ines", "c0")
    state = tove.rate("c0", 1, "solve", "fail", uid="rate-1")["state"]  # sent again: it was written before
    assert (state["stage"], state["round"], state["missing"], state["submitted"]) == ("waiting", 0, [], False)
    assert state["excused"] == [{"reviewer": "tove", "by": "ines", "reason": "knows the customer"}]
    assert ruth.refresh("c0")["state"]["excused"] == []
    for change in (lambda: tove.rate("c0", 1, "warm", "pass"), lambda: tove.submit("c0", 1)):
        with pytest.raises(InvalidActError, match=r"ines excused you .*: knows the customer"):
            change()
    assert tove.undo()["undone"]["conversation_id"] == "c1"
    with pytest.raises(InvalidActError, match="nothing to undo"):
        tove.undo()
    submit(tove, "c1")
    assert stages(tove) == ["waiting", "waiting"]
    submit(ruth, "c0")
    submit(opened("sam"), "c0")
    with pytest.raises(InvalidActError, match="ines excused you"):
        tove.rate("c0", 2, "warm", "pass")
    assert tove.note("c0", "I would have passed it")["state"]["stage"] == "decided"


def test_an_excuse_from_all_leaves_what_was_submitted(opened: Opened, project: Project) -> None:
    submit(opened("tove"), "c0", "fail")
    assert excuse(project, "march", " tove ", "ill", "ines") == ["c1"]
    for who in ("ruth", "sam"):
        for conversation_id in ("c0", "c1"):
            submit(opened(who), conversation_id)
    ratings = calibration_ratings(project).query("round == 1 and commandment == 'solve'")
    assert ratings.groupby("conversation_id")["reviewer"].apply(list).to_dict() == {"c0": PEOPLE, "c1": PEOPLE[:2]}
    with pytest.raises(InvalidActError, match="nobody waits for tove in any conversation"):
        excuse(project, "march", "tove", "ill", "ines")


def test_an_excuse_is_no_act_to_undo(opened: Opened, project: Project) -> None:
    ines = opened("ines")
    ines.note("c0", "hm")
    newest = ines.refresh()["newest"]
    excuse(project, "march", "tove", "ill", "ines", "c0")
    assert ines.refresh()["newest"] == newest
    assert ines.undo(after=newest)["undone"]["kind"] == "note"
    with pytest.raises(InvalidActError, match="nothing to undo"):
        ines.undo()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("may", "tove", "ill", "ines"), NotFoundError, "no calibration 'may'"),
        (("march", "tove", "ill", "ines", "c5"), NotFoundError, "no conversation 'c5'"),
        (("march", "tove", "ill", "ruth"), InvalidActError, "'ruth' cannot excuse anybody .*; ines can"),
        (("april", "tove", "ill", "ines"), InvalidActError, "one of ruth, sam, tove can"),
        (("march", "ines", "ill", "ines"), InvalidActError, "'ines' does not rate .*: ruth, sam, tove"),
        (("march", "tove", " ", "ines"), InvalidActError, "say why"),
        (("march", "tove", "x" * 2001, "ines"), InvalidActError, "2001 characters"),
        (("march", "sam", "ill", "ines", "c0"), InvalidActError, "sam has submitted it"),
        (("march", "tove", "ill", "ines", "c1"), InvalidActError, "tove .*is excused"),
        (("march", "sam", "ill", "ines"), InvalidActError, "there would not be two to compare"),
        (("march", "sam", "ill", "ines", "c1"), InvalidActError, "there would not be two to compare"),
    ],
)
def test_what_cannot_be_excused_is_refused(
    opened: Opened, project: Project, arguments: tuple[str, ...], error: type[Exception], words: str
) -> None:
    opened("ruth", "april")
    submit(opened("sam"), "c0")
    excuse(project, "march", "tove", "ill", "ines", "c1")
    before = project.store.newest()
    with pytest.raises(error, match=words):
        excuse(project, *arguments)
    assert project.store.newest() == before


def test_without_a_lead_an_excuse_says_nothing_of_what_was_submitted(opened: Opened, project: Project) -> None:
    ruth, sam, tove = (opened(who, "april") for who in PEOPLE)
    submit(tove, "c0", "fail")
    assert excuse(project, "april", "tove", "I think she is ill", "ruth") == ["c0", "c1"]
    for session in (ruth, sam):
        submit(session, "c0")
        submit(session, "c1")
    assert [peer["reviewer"] for peer in ruth.refresh("c0")["peers"]] == ["sam", "tove"]
    assert [peer["reviewer"] for peer in ruth.refresh("c1")["peers"]] == ["sam"]
    assert tove.refresh("c0")["state"]["excused"] == []
    assert tove.rate("c0", 2, "solve", "pass")["state"]["stage"] == "decided"
    with pytest.raises(InvalidActError, match="has no lead"):
        calibration_progress(project, "april")


def test_the_lead_sees_who_is_waited_for_and_nothing_of_the_ratings(opened: Opened, project: Project) -> None:
    submit(opened("ruth"), "c0")
    opened("sam").rate("c0", 1, "solve", "fail", comment="canary")
    excuse(project, "march", "tove", "ill", "ines", "c0")
    frame = calibration_progress(project, "march")
    assert frame.groupby("conversation_id")["status"].apply(list).to_dict() == {
        "c0": ["submitted", "missing", "excused"],
        "c1": ["missing"] * 3,
    }
    assert frame["reason"].tolist() == ["", "", "ill", "", "", ""]
    assert frame.columns.tolist() == ["conversation_id", "reviewer", "status", "reason", "revealed"]
    assert not frame["revealed"].any()
    submit(opened("sam"), "c0")
    assert calibration_progress(project, "march").groupby("conversation_id")["revealed"].all().tolist() == [True, False]


@pytest.mark.every_database
def test_a_submit_and_an_excuse_at_the_same_moment_are_never_both_true(
    opened: Opened, project: Project, url: str
) -> None:
    setting = opened("ruth").setting
    together, others = threading.Barrier(2), (open_store(url), open_store(url))
    tove = CalibrationSession(Project(others[0]), "march", "tove")
    for conversation_id in setting.conversations:
        for name in IDS:
            tove.rate(conversation_id, 1, name, "pass")

    def by_tove(conversation_id: str) -> bool:
        together.wait(60)
        try:
            return bool(tove.submit(conversation_id, 1))
        except InvalidActError:
            return False

    def by_ines(conversation_id: str) -> bool:
        together.wait(60)
        try:
            return bool(excuse(Project(others[1]), "march", "tove", "ill", "ines", conversation_id))
        except InvalidActError:
            return False

    with ThreadPoolExecutor(2) as pool:
        for conversation_id in setting.conversations:
            done = [pool.submit(act, conversation_id) for act in (by_tove, by_ines)]
            submitted, excused = (one.result() for one in done)
            assert submitted != excused
            status = calibration_progress(project, "march").set_index(["conversation_id", "reviewer"])["status"]
            assert status[conversation_id, "tove"] == ("submitted" if submitted else "excused")
    for other in others:
        other.close()
    assert project.verify().ok
