"""Curating: retire, restore, expire, merge, note, own; by anybody, at any time, and as of a past one."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from qa_toolkit.errors import InvalidActError, NotFoundError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.store import Act, Store
from qa_toolkit.suggest import CURATED, HashingEncoder
from qa_toolkit.suggest.curating import best_first, decided

pytestmark = pytest.mark.every_database


@pytest.fixture
def project(store: Store) -> Project:
    """Answers c0#1 (marked by two), c1#1 and c2#1 (marked by one) and c3#3."""
    marks = [("ruth", "c0", 1), ("otto", "c0", 1), ("ruth", "c1", 1), ("otto", "c2", 1), ("otto", "c3", 3)]
    for reviewer, conversation_id, position in marks:
        payload = {"position": position, "commandments": ["listen"], "note": "warm", "good": True}
        uid = f"{reviewer}-{conversation_id}"
        slot = f"good_answer:{position}"
        store.append(Act(uid, reviewer, "good_answer", slot, conversation_id, "hash", "first", payload))
    return Project(store)


def ids(frame: pd.DataFrame) -> list[str]:
    return frame["exemplar_id"].tolist()


def state(project: Project, exemplar_id: str) -> tuple[str, str]:
    row = project.all_exemplars().set_index("exemplar_id").loc[exemplar_id]
    return row["state"], row["reason"]


def test_without_decisions_all_are_active(project: Project) -> None:
    found = project.exemplars()
    assert tuple(found.columns) == CURATED
    assert ids(found) == ["c0#1", "c1#1", "c2#1", "c3#3"]
    assert set(found["state"]) == {"active"}
    assert found["stands_for"].tolist() == [[], [], [], []]
    assert found["expires_on"].isna().all()
    assert project.curation().empty


def test_what_is_retired_is_shown_only_with_the_reason(project: Project) -> None:
    project.retire_exemplar("c1#1", " the offer has ended ", by="ines")
    assert ids(project.exemplars()) == ["c0#1", "c2#1", "c3#3"]
    assert state(project, "c1#1") == ("retired", "the offer has ended, by ines")
    found = project.suggester(HashingEncoder(16)).suggest("Where is my parcel?", k=9)
    assert "c1#1" not in [s.exemplar_id for s in found]


def test_whoever_decides_last_decides(project: Project) -> None:
    project.retire_exemplar("c1#1", "old", by="ines")
    project.restore_exemplar("c1#1", by="otto")
    assert "c1#1" in ids(project.exemplars())
    project.retire_exemplar("c1#1", "older", by="ruth")
    assert state(project, "c1#1") == ("retired", "older, by ruth")
    assert project.curation()["what"].tolist() == ["retire", "restore", "retire"]
    assert project.verify().ok


def test_an_answer_expires_on_its_day(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.expire_exemplar("c1#1", "2026-09-02", "the policy changes", by="ines")  # the clock says 2026-09-01
    assert "c1#1" in ids(project.exemplars())
    assert project.exemplars().set_index("exemplar_id").loc["c1#1", "expires_on"] == pd.Timestamp("2026-09-02")
    clock = project.store._now
    monkeypatch.setattr(project.store, "_now", lambda: clock() + timedelta(days=1))
    assert state(project, "c1#1") == ("expired", "expired on 2026-09-02: the policy changes, by ines")
    project.expire_exemplar("c1#1", None, by="ines")
    assert "c1#1" in ids(project.exemplars())
    project.expire_exemplar("c1#1", date(2026, 9, 1), by="ines")
    project.restore_exemplar("c1#1", by="ines")
    assert "c1#1" in ids(project.exemplars())


def test_a_note_and_an_owner_can_be_changed_and_taken_away(project: Project) -> None:
    project.note_exemplar("c1#1", "first", by="ines")
    project.note_exemplar("c1#1", "only for parcels", by="otto")
    project.own_exemplar("c1#1", "ines", by="otto")
    row = project.exemplars().set_index("exemplar_id").loc["c1#1"]
    assert (row["note"], row["owner"]) == ("warm\nonly for parcels", "ines")
    project.note_exemplar("c1#1", "", by="otto")
    project.own_exemplar("c1#1", " ", by="otto")
    row = project.exemplars().set_index("exemplar_id").loc["c1#1"]
    assert (row["note"], row["owner"]) == ("warm", "")


class TestMerging:
    def test_the_best_verified_stays_and_says_for_what(self, project: Project) -> None:
        assert project.merge_exemplars(["c2#1", "c0#1", "c1#1"], reason="one macro", by="ines") == "c0#1"
        found = project.exemplars().set_index("exemplar_id")
        assert list(found.index) == ["c0#1", "c3#3"]
        assert found.loc["c0#1", "stands_for"] == ["c1#1", "c2#1"]
        assert state(project, "c2#1") == ("merged", "merged into c0#1")

    def test_another_can_be_kept_and_be_merged_in_its_turn(self, project: Project) -> None:
        project.merge_exemplars(["c0#1", "c1#1"], keep="c1#1", by="ines")
        project.merge_exemplars(["c1#1", "c2#1"], keep="c2#1", by="ines")
        assert project.exemplars().set_index("exemplar_id").loc["c2#1", "stands_for"] == ["c0#1", "c1#1"]
        project.restore_exemplar("c1#1", by="ines")
        assert state(project, "c0#1") == ("merged", "merged into c1#1")
        assert "c1#1" in ids(project.exemplars())

    def test_retiring_takes_all_that_it_stands_for_and_restoring_brings_one_back(self, project: Project) -> None:
        project.merge_exemplars(["c0#1", "c1#1"], by="ines")
        project.retire_exemplar("c0#1", "old", by="ines")
        assert ids(project.exemplars()) == ["c2#1", "c3#3"]
        project.restore_exemplar("c1#1", by="ines")
        assert ids(project.exemplars()) == ["c1#1", "c2#1", "c3#3"]

    def test_when_the_one_that_stands_for_it_is_no_good_answer_any_more_it_is_back(self, project: Project) -> None:
        project.merge_exemplars(["c2#1", "c1#1"], keep="c1#1", by="ines")
        payload = {"position": 1, "commandments": [], "note": "", "good": False}
        project.store.append(Act("off", "ruth", "good_answer", "good_answer:1", "c1", "hash", "first", payload))
        assert ids(project.exemplars()) == ["c0#1", "c2#1", "c3#3"]

    @pytest.mark.parametrize("names", [["c0#1"], ["c0#1", "c0#1"], "c0#1", []])
    def test_one_is_not_enough(self, project: Project, names: list[str]) -> None:
        with pytest.raises(InvalidActError, match="at least two"):
            project.merge_exemplars(names, by="ines")

    def test_only_what_is_suggested_can_be_merged(self, project: Project) -> None:
        project.retire_exemplar("c1#1", "old", by="ines")
        for other in ("c1#1", "c0#3", "nowhere#1"):
            with pytest.raises(InvalidActError, match="none of the exemplars"):
                project.merge_exemplars(["c0#1", other], by="ines")
        with pytest.raises(InvalidActError, match="keep one of c0#1, c2#1"):
            project.merge_exemplars(["c0#1", "c2#1"], keep="c3#3", by="ines")


def test_the_best_is_told_by_people_then_kind_then_commandments_votes_and_time() -> None:
    def row(name: str, people: int, source: str, n: int, votes: int, day: str | None) -> dict[str, object]:
        at = pd.Timestamp(day, tz="UTC") if day else pd.NaT
        lists = {"verified_by": ["x"] * people, "commandments": ["y"] * n}
        return {"exemplar_id": name, **lists, "source": source, "votes": votes, "sent_at": at}

    rows = [
        row("h", 0, "votes", 0, 99, None),
        row("f", 1, "rated", 1, 3, "2026-01-02"),
        row("g", 1, "rated", 1, 3, None),
        row("e", 1, "rated", 1, 4, "2026-01-01"),
        row("d", 1, "rated", 2, 0, None),
        row("c", 1, "marked", 1, 0, None),
        row("b", 2, "rated", 1, 0, None),
        row("a", 2, "rated", 1, 0, None),
    ]
    assert best_first(pd.DataFrame(rows)) == ["a", "b", "c", "d", "e", "f", "g", "h"]


def test_a_merge_into_itself_in_a_log_that_somebody_else_wrote_does_not_go_round() -> None:
    columns = ["exemplar_id", "what", "value", "reason", "actor"]
    events = pd.DataFrame(
        [("a#1", "merge", ["a#1", "b#1"], "", "x"), ("b#1", "merge", ["a#1"], "", "x")], columns=columns
    )
    found = decided(events)
    assert (found.of("a#1").into, found.of("b#1").into) == ("b#1", "")


@pytest.mark.parametrize("name", ["c0#0", "c0#9", "c0#-1", "c0#x", "c0", "", "nowhere#1", "#", "c0#1#1"])
def test_what_is_no_answer_is_refused(project: Project, name: str) -> None:
    with pytest.raises(NotFoundError, match="no answer"):
        project.retire_exemplar(name, "old", by="ines")


def test_what_is_wrong_with_a_decision_is_said(project: Project) -> None:
    with pytest.raises(InvalidActError, match="reason for retiring"):
        project.retire_exemplar("c0#1", " \n", by="ines")
    with pytest.raises(InvalidActError, match="nothing to restore"):
        project.restore_exemplar("c0#1", by="ines")
    for day in ("31.3.2026", "", "2026-02-30", 7, datetime(2026, 3, 31)):
        with pytest.raises(InvalidActError, match="2026-03-31"):
            project.expire_exemplar("c0#1", day, by="ines")  # type: ignore[arg-type]
    with pytest.raises(InvalidActError, match="--by"):
        project.note_exemplar("c0#1", "x", by=" ")
    with pytest.raises(InvalidActError, match="keep it under"):
        project.retire_exemplar("c0#1", "x" * 10_001, by="ines")
    with pytest.raises(InvalidActError, match="half a character"):
        project.own_exemplar("c0#1", "\ud83d", by="ines")
    assert project.curation().empty


def test_words_of_customers_stay_words(project: Project) -> None:
    for words in ("'); DROP TABLE events; --", "<script>alert(1)</script>", "=1+1", "../../etc/passwd"):
        project.note_exemplar("c0#1", words, by=words)
        assert project.exemplars().set_index("exemplar_id").loc["c0#1", "note"] == f"warm\nwarm\n{words}"
    assert project.verify().ok


def test_a_past_day_has_the_decisions_of_then(project: Project) -> None:
    project.merge_exemplars(["c1#1", "c2#1"], by="ines")
    before = project.curation()["at"].iloc[-1]
    project.retire_exemplar("c0#1", "old", by="ines")
    project.expire_exemplar("c3#3", "2026-09-01", by="ines")
    then = project.as_of(before.isoformat())
    assert ids(then.exemplars()) == ["c0#1", "c2#1", "c3#3"]  # of two that are verified alike, the newer stays
    assert len(then.curation()) == 1
    assert len(project.exemplars()) == 1
    with pytest.raises(StoreError, match="only be read"):
        then.retire_exemplar("c1#1", "old", by="ines")


def test_an_undone_decision_does_not_hold(project: Project) -> None:
    project.retire_exemplar("c0#1", "old", by="ines")
    event = project.store.last_act("ines", "", ["exemplar"])
    assert event is not None
    project.store.append(Act("undo-1", "ines", "undo", "", target=event.event_id))
    assert "c0#1" in ids(project.exemplars())


def test_whose_customer_is_forgotten_is_gone_and_what_was_typed_is_counted(project: Project) -> None:
    project.retire_exemplar("c0#1", "she was rude", by="ines")
    project.note_exemplar("c1#1", "kind", by="ines")
    project.own_exemplar("c2#1", "ines", by="ines")
    before = len(project.curation())
    done = project.forget("Nora", by="ines", dry_run=True)
    words_of_marks = 5
    assert done.comments == words_of_marks + 2
    project.forget("Nora", by="ines")
    assert project.exemplars().empty
    found = project.all_exemplars()
    assert set(found["state"]) == {"forgotten"}
    assert set(found["answer"]) | set(found["situation"]) == {""}
    assert len(project.curation()) == before
    assert project.verify().ok
