"""Coaching: faults, suggestions for them, pins and the pack, on six small conversations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import census, conversation_frames

from qa_toolkit.coaching import CoachSession
from qa_toolkit.coaching.once import Once
from qa_toolkit.coaching.shapes import QUOTE_CHARACTERS, asked
from qa_toolkit.errors import EncoderError, ExportError, InvalidActError, NotFoundError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.stats import pass_rates
from qa_toolkit.store import Store, open_store
from qa_toolkit.suggest import HashingEncoder

Reviewed = Callable[..., None]
SPAN = [{"position": 1, "start": 0, "end": 18}]
LATER = [{"position": 3, "start": None, "end": None}]
GOOD = "c3#3"


@pytest.fixture
def reviewed(session_of: Callable[[str], ReviewSession]) -> Reviewed:
    """A function that submits one review; what is not named is rated N/A."""

    session_of = cache(session_of)

    def review(reviewer: str, conversation_id: str, **ratings: Any) -> None:
        session = session_of(reviewer)
        for name in ("listen", "solve", "warm"):
            rating, evidence, comment = ratings.get(name, ("na", [], ""))
            session.rate(conversation_id, name, rating, evidence, comment)
        session.submit(conversation_id)

    return review


@pytest.fixture
def project(store: Store, reviewed: Reviewed) -> Project:
    """Derek (c1, c4) fails and half fails, mei (c2) half fails; amara's answers in c0 and c3 are good."""
    reviewed("ruth", "c4", listen=("partial", SPAN, "half"), solve=("fail", LATER, "no van came"))
    reviewed("ruth", "c1", listen=("fail", SPAN, "the wait was not the matter"), warm=("partial", [], "cool"))
    reviewed("ruth", "c2", listen=("partial", LATER, ""))
    reviewed("ruth", "c0", listen=("pass", LATER, ""), solve=("pass", LATER, ""))
    reviewed("ruth", "c3", listen=("pass", LATER, ""))
    return Project(store)


@pytest.fixture
def coach(project: Project) -> CoachSession:
    return CoachSession(project, "ines", HashingEncoder())


FAULT = "c1#listen#ruth"


class TestFaults:
    def test_fails_come_first_then_by_time(self, coach: CoachSession) -> None:
        found = [(f["fault_id"], f["rating"]) for f in coach.faults("derek")]
        assert found == [
            (FAULT, "fail"),
            ("c4#solve#ruth", "fail"),
            ("c1#warm#ruth", "partial"),
            ("c4#listen#ruth", "partial"),
        ]

    @pytest.mark.parametrize(
        ("filters", "n"),
        [
            ({}, 5),
            ({"agent": "mei"}, 1),
            ({"commandment": "listen"}, 3),
            ({"channel": "chat"}, 2),
            ({"language": "de"}, 0),
            ({"since": "2026-03-04"}, 3),
            ({"until": "2026-03-04"}, 2),
            ({"since": "2026-03-04", "until": "2026-03-05"}, 1),
            ({"agent": "", "commandment": "", "channel": "", "language": "", "since": "", "until": ""}, 5),
            ({"agent": "derek", "commandment": "listen", "channel": "email"}, 1),
        ],
    )
    def test_filters(self, coach: CoachSession, filters: dict[str, str], n: int) -> None:
        assert len(coach.faults(**filters)) == n

    def test_evidence_is_quoted_with_the_situation(self, coach: CoachSession) -> None:
        fault = coach.faults("derek")[0]
        assert fault["evidence"][0]["quote"] == "Sorry for the wait"
        assert fault["evidence"][0]["author"] == "derek"
        assert fault["situation"] == "Where is my parcel? 📦 It was promised for Monday."
        assert (fault["subject"], fault["channel"], fault["started_at"]) == (
            "Parcel 1",
            "chat",
            "2026-03-03T09:00:00+00:00",
        )
        assert (fault["title"], fault["comment"]) == ("Listen", "the wait was not the matter")

    def test_without_evidence_the_situation_is_the_last_that_the_customer_wrote(self, coach: CoachSession) -> None:
        fault = next(f for f in coach.faults("derek") if f["fault_id"] == "c1#warm#ruth")
        assert (fault["evidence"], fault["situation"]) == ([], "Thank you!")

    @pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "2026-03-31T10:00:00+02:00", "31.3.2026"])
    def test_what_is_no_day_is_refused(self, coach: CoachSession, day: str) -> None:
        with pytest.raises(InvalidActError, match="no day"):
            coach.faults(since=day)

    def test_the_newest_rating_of_a_commandment_stands(self, coach: CoachSession, reviewed: Reviewed) -> None:
        reviewed("ruth", "c1", listen=("pass", SPAN, ""))
        coach.refresh()
        assert FAULT not in [f["fault_id"] for f in coach.faults("derek")]

    def test_an_answer_of_megabytes_is_cut_in_the_list(self, store: Store, coach: CoachSession) -> None:
        long = "x" * 5_000_000
        conversations, messages = conversation_frames(1, [("customer", "why?"), ("agent", long)])
        conversations["conversation_id"] = messages["conversation_id"] = "long"
        store.add_conversations(conversations, messages)
        row = {
            **coach._faults.loc[FAULT].to_dict(),
            "conversation_id": "long",
            "evidence": [{"position": 1, "start": None, "end": None}],
        }
        assert len(coach._shape(row)["evidence"][0]["quote"]) == QUOTE_CHARACTERS + 1
        assert coach.conversation("long")["messages"][1]["text"] == long

    def test_a_fault_of_nobody_known_goes_through_json(self, store: Store, reviewed: Reviewed) -> None:
        conversations, messages = conversation_frames(1)
        conversations["conversation_id"] = messages["conversation_id"] = "anonymous"
        conversations["agent"] = messages["author"] = pd.Series([pd.NA] * len(messages), dtype="str")
        conversations["subject"] = conversations["started_at"] = None
        conversations = conversations.astype({"subject": "str", "started_at": "datetime64[us, UTC]"})
        store.add_conversations(conversations, messages)
        store.save_sample(
            "other",
            pd.DataFrame(
                {"conversation_id": ["anonymous"], "stratum": "all", "inclusion_probability": 1.0, "reason": "all"}
            ),
            {},
        )
        rubric = Project(store).review("other", "ruth").rubric
        session = ReviewSession(store, "other", "ruth", rubric)
        for name in rubric.ids:
            session.rate("anonymous", name, "na")
        session.rate("anonymous", rubric.ids[0], "fail", LATER)
        session.submit("anonymous")
        coach = CoachSession(Project(store), "ines", HashingEncoder())
        fault = coach.faults()[0]
        assert (fault["agent"], fault["started_at"], fault["subject"]) == (None, None, None)
        json.dumps([fault, coach.hello(), coach.suggest(fault["fault_id"])], allow_nan=False)


class TestRates:
    def test_they_are_those_of_the_design_and_the_agents_own(self, coach: CoachSession, project: Project) -> None:
        found = coach.rates("derek")
        assert found["of_design"]
        rate = found["rates"]["listen"]
        assert (rate["n"], rate["rate"]) == (2, 0.5)
        sample = project.store.sample("first").merge(project.conversations()[["conversation_id", "agent"]])
        table = pass_rates(project.ratings(), sample, ["agent", "commandment"], rating="fail")
        row = table.set_index(["agent", "commandment"]).loc[("derek", "listen")]
        assert (rate["low"], rate["high"]) == pytest.approx((row["low"], row["high"]))
        # Nothing that applies, no rate.
        assert coach.rates("mei")["rates"].keys() == {"listen"}
        json.dumps(found, allow_nan=False)

    def test_they_follow_the_filters_of_the_list(self, coach: CoachSession) -> None:
        assert coach.rates("derek", channel="chat")["rates"]["listen"]["rate"] == 1.0
        assert coach.rates("derek", since="2026-03-05")["rates"]["listen"]["rate"] == 0.0
        assert coach.rates("derek", commandment="solve")["rates"].keys() == {"solve"}
        with pytest.raises(InvalidActError, match="is no day"):
            coach.rates(since="monday")

    @pytest.mark.parametrize(
        ("chances", "part", "rate", "of_design"),
        [
            ({"c4": 0.1}, "weighted", 1 / 11, True),
            (dict.fromkeys(f"c{i}" for i in range(6)), "diverse", 1 / 2, False),
        ],
    )
    def test_what_was_drawn_how_counts(
        self, tmp_path: Path, small_rubric: Rubric, chances: dict[str, float | None], part: str, rate, of_design
    ) -> None:
        store = open_store(f"sqlite:///{tmp_path}/other.db")
        conversations, messages = conversation_frames(6)
        store.add_conversations(conversations, messages)
        chance = [chances.get(name, 1.0) for name in conversations["conversation_id"]]
        items = census(conversations).assign(inclusion_probability=pd.Series(chance, dtype="float64"), part=part)
        store.save_sample("own", items, {})
        session = ReviewSession(store, "own", "ruth", small_rubric)
        for conversation_id, rating in (("c1", "fail"), ("c4", "pass")):  # both derek's
            for name in small_rubric.ids:
                session.rate(conversation_id, name, rating, SPAN)
            session.submit(conversation_id)
        found = CoachSession(Project(store), "ines", HashingEncoder()).rates("derek")
        assert found["of_design"] is of_design
        assert found["rates"]["listen"]["rate"] == pytest.approx(rate)
        store.close()

    def test_without_a_review_there_are_none(self, store: Store) -> None:
        session = CoachSession(Project(store), "ines", HashingEncoder())
        assert session.rates()["rates"] == {}
        with pytest.raises(NotFoundError, match=r"no review of 'derek' is submitted; .*init --sample-data"):
            session.rates("derek")

    def test_an_agent_who_is_not_there_is_named(self, coach: CoachSession) -> None:
        for ask in (coach.faults, coach.rates):
            with pytest.raises(NotFoundError, match="no review of 'Derk' is submitted; did you mean 'derek'"):
                ask("Derk")

    def test_what_two_reviewers_found_is_counted_once(self, coach: CoachSession, reviewed: Reviewed) -> None:
        reviewed("otto", "c1", listen=("partial", SPAN, "so so"))
        derek = coach.hello()["agents"][0]
        assert (derek["fail"], derek["partial"]) == (2, 2)
        assert len(coach.faults("derek", "listen")) == 3


class TestHello:
    def test_it_counts_and_offers(self, coach: CoachSession) -> None:
        hello = coach.hello()
        assert [(one["agent"], one["fail"], one["partial"]) for one in hello["agents"]] == [
            ("derek", 2, 2),
            ("mei", 0, 1),
        ]
        assert [(c["id"], c["has_faults"]) for c in hello["commandments"]] == [
            ("listen", True),
            ("solve", True),
            ("warm", True),
        ]
        assert (hello["channels"], hello["languages"]) == (["chat", "email"], ["en"])
        assert hello["answerers"] == ["amara", "derek", "mei"]
        json.dumps(hello, allow_nan=False)

    def test_it_sees_what_was_reviewed_since(self, coach: CoachSession, reviewed: Reviewed) -> None:
        reviewed("ruth", "c5", warm=("fail", LATER, ""))
        mei = next(one for one in coach.hello()["agents"] if one["agent"] == "mei")
        assert (mei["fail"], mei["partial"], mei["rate"]["n"]) == (1, 1, 2)

    def test_pins_and_judgements_alone_read_nothing_anew(self, coach: CoachSession) -> None:
        made = coach._suggester
        coach.pin(FAULT, GOOD)
        coach.judge(FAULT, GOOD, "used")
        coach.hello()
        assert coach._suggester is made

    def test_a_project_without_reviews(self, store: Store) -> None:
        assert CoachSession(Project(store), "ines", HashingEncoder()).hello()["agents"] == []

    def test_a_coach_has_a_name(self, project: Project) -> None:
        with pytest.raises(InvalidActError, match="name"):
            CoachSession(project, "  ")

    def test_the_repr_is_stable(self, coach: CoachSession) -> None:
        assert repr(coach) == "CoachSession(coach='ines', 5 faults)"


class TestSuggestions:
    def test_they_are_verified_for_the_commandment_of_the_fault(self, coach: CoachSession) -> None:
        found = coach.suggest(FAULT)["suggestions"]
        assert {s["agent"] for s in found} == {"amara"}
        assert found[0]["verified"]
        assert "Listen" in found[0]["passes"]
        assert found[0]["situation"] == "Thank you!"
        assert "rated pass for Listen by ruth" in found[0]["why"]

    def test_never_from_the_conversation_of_the_fault(self, coach: CoachSession, reviewed: Reviewed) -> None:
        reviewed("otto", "c1", listen=("pass", LATER, ""))
        coach.refresh()
        for filters in ({}, {"agent": "derek"}, {"exclude_conversation": "c0"}):
            found = coach.suggest(FAULT, k=20, **filters)["suggestions"]
            assert "c1" not in [s["conversation_id"] for s in found]

    def test_where_there_is_none_it_says_why(self, coach: CoachSession) -> None:
        found = coach.suggest(FAULT, agent="nobody")
        assert found["suggestions"] == []
        assert "filter" in found["reason"]

    def test_search_in_own_words(self, coach: CoachSession) -> None:
        found = coach.search("my parcel is late", k=1)
        assert len(found["suggestions"]) == 1
        json.dumps(found, allow_nan=False)
        with pytest.raises(InvalidActError):
            coach.search("  ")

    def test_an_unknown_fault(self, coach: CoachSession) -> None:
        with pytest.raises(NotFoundError, match="no longer"):
            coach.suggest("c0#listen#ruth")

    def test_warming_loads_once_and_keeps_failures_for_the_first_who_asks(self, project: Project) -> None:
        class Missing(HashingEncoder):
            def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
                raise EncoderError("the model is not there")

        coach = CoachSession(project, "ines", Missing())
        coach.warm().join()
        with pytest.raises(EncoderError, match="not there"):
            coach.suggest(FAULT)


class TestPins:
    def test_they_survive_a_new_session_and_are_taken_back(self, project: Project, coach: CoachSession) -> None:
        coach.pin(FAULT, GOOD, "see how it ends")
        again = CoachSession(project, "ines", HashingEncoder())
        assert [(p["fault_id"], p["exemplar_id"], p["note"]) for p in again.pins()] == [
            (FAULT, GOOD, "see how it ends")
        ]
        assert again.pin(FAULT, GOOD, pinned=False)["pins"] == []
        assert coach.pins() == []
        assert project.verify().ok

    def test_they_show_what_was_pinned(self, coach: CoachSession) -> None:
        pin = coach.pin(FAULT, GOOD)["pins"][0]
        assert pin == {
            "fault_id": FAULT,
            "exemplar_id": GOOD,
            "note": "",
            "commandment": "listen",
            "agent": "derek",
            "title": "Listen",
            "answered_by": "amara",
            "answer": "It is on the van, you have it by four.",
            "holds": True,
        }

    def test_the_same_uid_pins_once(self, project: Project, coach: CoachSession) -> None:
        first = coach.pin(FAULT, GOOD, "a", uid="uid-0001")
        n = project.verify().n_events
        assert coach.pin(FAULT, GOOD, "a", uid="uid-0001") == first
        assert project.verify().n_events == n

    def test_the_same_uid_takes_back_once(self, project: Project, coach: CoachSession) -> None:
        coach.pin(FAULT, GOOD)
        for _ in range(2):
            assert coach.pin(FAULT, GOOD, pinned=False, uid="uid-0002")["pins"] == []

    def test_a_later_note_replaces_an_earlier_one(self, coach: CoachSession) -> None:
        coach.pin(FAULT, GOOD, "a")
        assert [p["note"] for p in coach.pin(FAULT, GOOD, "b")["pins"]] == ["b"]

    def test_each_coach_has_their_own(self, project: Project, coach: CoachSession) -> None:
        coach.pin(FAULT, GOOD)
        assert CoachSession(project, "otto", HashingEncoder()).pins() == []

    @pytest.mark.parametrize("exemplar", ["c3#0", "c3#99", "c3#-1", "c3#x", "c3", "", "nowhere#1"])
    def test_only_answers_can_be_pinned(self, coach: CoachSession, exemplar: str) -> None:
        with pytest.raises(NotFoundError):
            coach.pin(FAULT, exemplar)

    def test_only_to_faults(self, coach: CoachSession) -> None:
        with pytest.raises(NotFoundError, match="no longer"):
            coach.pin("c0#listen#ruth", GOOD)

    def test_a_note_of_half_a_character(self, coach: CoachSession) -> None:
        with pytest.raises(InvalidActError, match="half a character"):
            coach.pin(FAULT, GOOD, "\ud83d")

    def test_a_pin_whose_fault_has_gone_says_so_and_can_be_taken_back(
        self, coach: CoachSession, reviewed: Reviewed
    ) -> None:
        coach.pin(FAULT, GOOD)
        reviewed("ruth", "c1")
        assert [p["holds"] for p in coach.hello()["pins"]] == [False]
        assert coach.pin(FAULT, GOOD, pinned=False)["pins"] == []

    def test_an_open_session_sees_that_its_answer_was_retired(self, project: Project, coach: CoachSession) -> None:
        library = coach.pin(FAULT, "c0#3")["library"]
        found = coach.suggest(FAULT)
        assert ([one["exemplar_id"] for one in found["suggestions"]], found["library"]) == (["c0#3"], library)
        project.retire_exemplar("c0#3", "the depot closed", by="ben")
        assert [pin["holds"] for pin in coach.pins()] == [False]
        found = coach.suggest(FAULT)
        assert [one["exemplar_id"] for one in found["suggestions"]] == [GOOD]
        assert found["library"] == coach.pin(FAULT, GOOD)["library"] != library

    @pytest.mark.every_database
    def test_an_open_session_suggests_nothing_that_was_failed_since(
        self, project: Project, coach: CoachSession, reviewed: Reviewed, session_of: Callable[[str], ReviewSession]
    ) -> None:
        def shown() -> list[str]:
            return [one["exemplar_id"] for one in coach.suggest(FAULT)["suggestions"]]

        coach.pin(FAULT, "c0#3")
        coach.judge(FAULT, "c0#3", "used", 1)
        assert "c0#3" in shown()
        reviewed("ben", "c0", listen=("fail", LATER, "it was not on the van"))
        assert "c0#3" not in shown()
        assert "c0#3" not in [one["exemplar_id"] for one in coach.search("my parcel is late")["suggestions"]]
        session_of("ben").undo()
        coach.hello()  # everything is read anew
        assert "c0#3" in shown()


USED = {"fault_id": FAULT, "exemplar_id": GOOD, "useful": "used"}


class TestJudgements:
    @pytest.mark.every_database
    def test_what_is_said_is_kept_with_the_fault_and_the_model(self, project: Project, coach: CoachSession) -> None:
        coach.suggest(FAULT)
        assert coach.judge(FAULT, GOOD, "used", 2) == {"judged": [USED]}
        assert CoachSession(project, "ines", HashingEncoder()).hello()["judged"] == [USED]
        row = project.feedback().iloc[0]
        assert row["at"].tzinfo is not None
        assert row.drop("at").to_dict() == {
            "coach": "ines",
            **USED,
            "conversation_id": "c1",
            "position": 1,
            "commandment": "listen",
            "rank": 2,
            "model": "hashing-256/fp32",
        }
        assert project.verify().ok

    def test_no_word_of_the_conversation_is_in_the_log(self, coach: CoachSession, store: Store) -> None:
        coach.judge(FAULT, GOOD, "used", uid="uid-0001")
        event = store.event("uid-0001")
        assert event is not None
        assert event.conversation_id == ""
        assert set(event.payload) == {*USED, "conversation_id", "position", "commandment", "rank", "model"}

    def test_what_is_said_later_counts_and_can_be_taken_back(self, project: Project, coach: CoachSession) -> None:
        coach.judge(FAULT, GOOD, "used")
        assert coach.judge(FAULT, GOOD, "not useful") == {"judged": [{**USED, "useful": "not useful"}]}
        for _ in range(2):
            assert coach.judge(FAULT, GOOD, None, uid="uid-0002") == {"judged": []}
        assert project.feedback().empty
        assert coach.judge(FAULT, GOOD, "used") == {"judged": [USED]}

    def test_each_coach_has_their_own(self, project: Project, coach: CoachSession) -> None:
        coach.judge(FAULT, GOOD, "used")
        otto = CoachSession(project, "otto", HashingEncoder())
        assert otto.judge(FAULT, GOOD, "not useful")["judged"] == [{**USED, "useful": "not useful"}]
        assert project.feedback()["useful"].tolist() == ["used", "not useful"]
        assert project.feedback("ines")["useful"].tolist() == ["used"]

    def test_the_same_act_sent_again_is_written_once(self, project: Project, coach: CoachSession) -> None:
        coach.suggest(FAULT)
        coach.judge(FAULT, GOOD, "used", 1, uid="uid-0001")
        after_restart = CoachSession(project, "ines", HashingEncoder())  # which has not suggested anything yet
        assert after_restart.judge(FAULT, GOOD, "used", 1, uid="uid-0001") == {"judged": [USED]}
        assert project.feedback()["model"].tolist() == ["hashing-256/fp32"]
        with pytest.raises(InvalidActError, match="another act"):
            coach.judge(FAULT, GOOD, "not useful", 1, uid="uid-0001")

    def test_a_fault_that_has_gone_can_be_taken_back_only(self, coach: CoachSession, reviewed: Reviewed) -> None:
        coach.judge(FAULT, GOOD, "used")
        reviewed("ruth", "c1")
        assert coach.hello()["judged"] == [USED]
        with pytest.raises(NotFoundError, match="no longer"):
            coach.judge(FAULT, GOOD, "not useful")
        assert coach.judge(FAULT, GOOD, None) == {"judged": []}

    def test_an_act_that_is_sent_again_is_saved_though_its_fault_has_gone(
        self, coach: CoachSession, reviewed: Reviewed
    ) -> None:
        coach.judge(FAULT, GOOD, "used", 1, uid="uid-0001")
        coach.pin(FAULT, GOOD, "see", uid="uid-0002")
        reviewed("ruth", "c1")
        coach.hello()
        assert coach.judge(FAULT, GOOD, "used", 1, uid="uid-0001") == {"judged": [USED]}
        assert [one["note"] for one in coach.pin(FAULT, GOOD, "see", uid="uid-0002")["pins"]] == ["see"]
        with pytest.raises(NotFoundError, match="no longer"):
            coach.pin(FAULT, GOOD, "see more", uid="uid-0002")

    def test_as_of_a_time_it_is_what_was_said_by_then(self, project: Project, coach: CoachSession) -> None:
        coach.judge(FAULT, GOOD, "used")
        then = str(project.feedback()["at"][0])
        coach.judge(FAULT, GOOD, None)
        past = project.as_of(then)
        assert past.feedback()["useful"].tolist() == ["used"]
        with pytest.raises(StoreError, match="only be read"):
            CoachSession(past, "ines", HashingEncoder()).judge(FAULT, GOOD, None)

    def test_a_customer_can_be_forgotten(self, project: Project, coach: CoachSession) -> None:
        coach.judge(FAULT, GOOD, "used")
        project.forget("Nora", by="ines")
        assert coach.judged() == [USED]  # ids only
        assert coach.judge(FAULT, GOOD, None) == {"judged": []}
        assert project.verify().ok

    @pytest.mark.parametrize(
        ("given", "error", "words"),
        [
            ({"useful": "maybe"}, InvalidActError, "say used or not useful"),
            ({"useful": ["used"]}, InvalidActError, "say used or not useful"),
            ({"rank": 0}, InvalidActError, "from 1"),
            ({"rank": True}, InvalidActError, "from 1"),
            ({"rank": 1.5}, InvalidActError, "from 1"),
            ({"exemplar_id": "c3#0"}, NotFoundError, "no answer"),
            ({"exemplar_id": "nowhere#1"}, NotFoundError, "nowhere"),
            ({"fault_id": "c0#listen#ruth"}, NotFoundError, "no longer"),
        ],
    )
    def test_what_cannot_be_said(
        self,
        coach: CoachSession,
        project: Project,
        given: dict[str, Any],
        error: type[Exception],
        words: str,
    ) -> None:
        with pytest.raises(error, match=words):
            coach.judge(**{**USED, **given})
        assert project.feedback().empty

    def test_a_fault_without_evidence(self, coach: CoachSession, project: Project) -> None:
        coach.judge("c1#warm#ruth", GOOD, "not useful")
        assert project.feedback()["position"].tolist() == [-1]
        assert project.feedback()["rank"].isna().all()

    def test_the_empty_frame_has_the_same_types(self, project: Project, coach: CoachSession) -> None:
        before = project.feedback()
        coach.judge(FAULT, GOOD, "used")
        assert before.dtypes.equals(project.feedback().dtypes)


class TestPack:
    def test_nothing_pinned_is_refused(self, coach: CoachSession) -> None:
        with pytest.raises(InvalidActError, match="nothing is pinned"):
            coach.pack("markdown")
        coach.pin(FAULT, GOOD)
        with pytest.raises(InvalidActError, match="nothing is pinned yet for mei"):
            coach.pack("html", "mei")

    def test_another_kind_is_refused(self, coach: CoachSession) -> None:
        coach.pin(FAULT, GOOD)
        with pytest.raises(InvalidActError, match="markdown, html, docx"):
            coach.pack("pdf")

    @pytest.mark.parametrize("kind", ["markdown", "html"])
    def test_it_holds_the_fault_and_the_example(self, coach: CoachSession, kind: str) -> None:
        coach.pin(FAULT, GOOD, "see how it ends")
        text = coach.pack(kind, "derek")["text"]
        for words in (
            "Listen",
            "the wait was not the matter",
            "Sorry for the wait",
            "you have it by four",
            "see how it ends",
            "Listen by a reviewer",
        ):
            assert words in text

    @pytest.mark.parametrize("kind", ["markdown", "html"])
    def test_it_begins_with_what_became_of_an_earlier_session(self, coach: CoachSession, kind: str) -> None:
        coach.pin(FAULT, GOOD)
        text = coach.pack(kind, "derek", at="2026-03-04")["text"].replace("\\", "")
        assert text.index("Before and after the session of 2026-03-04") < text.index("Listen: fail")
        for words in ("derek, All commandments", "derek, Listen", "too few to tell", "regression to the mean"):
            assert words in text
        assert "Be warm" not in text
        assert "session of" not in coach.pack(kind, "derek")["text"]
        with pytest.raises(StoreError, match="no date"):
            coach.pack(kind, "derek", at="last week")

    def test_an_agent_who_cannot_be_compared_is_said_to_be_so(self, coach: CoachSession, store: Store) -> None:
        coach.pin(FAULT, GOOD)
        coach._faults.loc[FAULT, "agent"] = "nobody of these"
        text = coach.pack("html", at="2026-03-04")["text"]
        assert "nobody of these:</bdi>".replace(":</bdi>", "</bdi>:") in text
        assert "cannot be compared: chance drew no conversation of theirs" in text

    def test_a_fault_with_two_examples_stands_once(self, coach: CoachSession) -> None:
        coach.pin(FAULT, GOOD)
        coach.pin(FAULT, "c0#3")
        assert coach.pack("markdown")["text"].count("\n## ") == 1
        assert coach.pack("markdown")["used"] == 2

    def test_a_contradicted_answer_drops_out(self, coach: CoachSession, reviewed: Reviewed) -> None:
        coach.pin(FAULT, GOOD)
        coach.pin(FAULT, "c0#3")
        reviewed("otto", "c0", listen=("fail", LATER, "it was late"))
        pack = coach.pack("markdown")
        assert (pack["used"], pack["left_out"]) == (1, 1)
        assert "Parcel 0" not in pack["text"]

    def test_where_nothing_holds_it_says_so(self, coach: CoachSession, reviewed: Reviewed) -> None:
        coach.pin(FAULT, GOOD)
        reviewed("ruth", "c1")
        with pytest.raises(InvalidActError, match="holds no longer"):
            coach.pack("markdown")


class TestFile:
    @pytest.mark.parametrize(("name", "kind"), [("pack.md", "markdown"), ("pack.html", "html"), ("pack.HTML", "html")])
    def test_it_is_of_the_kind_that_its_ending_says(self, coach: CoachSession, tmp_path: Path, name, kind) -> None:
        coach.pin(FAULT, GOOD)
        assert coach.save(tmp_path / name, "derek").read_text(encoding="utf-8") == coach.pack(kind, "derek")["text"]

    def test_it_is_recorded_with_the_conversations_that_it_quotes(
        self, coach: CoachSession, project: Project, tmp_path: Path
    ) -> None:
        coach.pin(FAULT, GOOD)
        coach.pin("c2#listen#ruth", "c0#3")
        path = coach.save(tmp_path / "pack.md", "derek")
        [row] = project.store.exports().to_dict("records")
        assert (row["path"], row["kind"], sorted(row["conversation_ids"])) == (str(path), "coaching pack", ["c1", "c3"])
        assert row["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
        with pytest.raises(ExportError, match="is there already"):
            coach.save(path)
        coach.save(path, overwrite=True)
        [row] = project.store.exports().to_dict("records")
        assert sorted(row["conversation_ids"]) == ["c0", "c1", "c2", "c3"]

    def test_it_is_recorded_before_it_is_there(
        self, coach: CoachSession, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        coach.pin(FAULT, GOOD)
        path = tmp_path / "pack.md"
        path.write_text("before")

        def fail(*_: Any) -> None:
            assert path.read_text() == "before"
            raise StoreError("the disk is full")

        monkeypatch.setattr(type(project.store), "record_export", fail)
        with pytest.raises(StoreError, match="full"):
            coach.save(path, overwrite=True)
        assert path.read_text() == "before"
        assert list(tmp_path.glob("*pack*")) == [path]
        assert list(tmp_path.glob(".pack*")) == []

    @pytest.mark.parametrize("name", ["pack.pdf", "pack", "pack.md.exe", ".md"])
    def test_other_endings_are_refused(self, coach: CoachSession, project: Project, tmp_path: Path, name: str) -> None:
        coach.pin(FAULT, GOOD)
        with pytest.raises(InvalidActError, match=r"ends in none of \.md, \.html, \.docx"):
            coach.save(tmp_path / name)
        assert not (tmp_path / name).exists()
        assert project.store.exports().empty

    def test_a_folder_that_is_not_there_is_said(self, coach: CoachSession, tmp_path: Path) -> None:
        coach.pin(FAULT, GOOD)
        with pytest.raises(ExportError, match="does not exist; name a file in a folder that is there"):
            coach.save(tmp_path / "nowhere" / "pack.md")


class TestParts:
    def test_asked_is_the_last_run_of_the_customer(self, store: Store) -> None:
        texts = [
            ("customer", "a"),
            ("customer", " b "),
            ("bot", "x"),
            ("agent", "c"),
            ("system", "y"),
            ("agent", "d"),
            ("customer", "e"),
        ]
        conversations, messages = conversation_frames(1, texts)
        conversations["conversation_id"] = messages["conversation_id"] = "own"
        store.add_conversations(conversations, messages)
        found = store.conversation("own").messages
        assert [asked(found, n) for n in (0, 1, 3, 5, 6, -1)] == ["a", "a\n\nb", "a\n\nb", "a\n\nb", "e", "e"]
        assert asked((), -1) == ""

    def test_a_value_is_made_once_and_again_after_a_failure(self) -> None:
        answers = iter([ValueError("no"), "made"])

        def make() -> str:
            answer = next(answers)
            if isinstance(answer, ValueError):
                raise answer
            return answer

        once = Once(make)
        with pytest.raises(ValueError, match="no"):
            once.get()
        assert [once.get(), once.get()] == ["made", "made"]
