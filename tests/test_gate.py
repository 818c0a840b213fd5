"""Who may see which facts when, and that nothing of a withheld one is sent."""

from __future__ import annotations

import itertools
import json

import pytest
from conftest import COMMANDMENT, RUBRIC, census, conversation_frames

from qa_toolkit.conversations.facts import KINDS, TIMINGS, Quality, load_quality
from qa_toolkit.errors import InvalidActError
from qa_toolkit.review import ReviewSession, ReviewSettings
from qa_toolkit.review import facts as facts_module
from qa_toolkit.review.gate import settled_commandments, waiting_kinds, why_withheld
from qa_toolkit.rubric import Rubric, parse_rubric
from qa_toolkit.store import Store

WORDS = [kind for kind in KINDS if kind not in TIMINGS]
GOOD, BAD = Quality(tp=19, fp=1, fn=1, tn=19), Quality(tp=10, fp=10, fn=0, tn=10)
EXTRA = {
    "listen": 'facts = ["apology", "first-response"]',
    "solve": 'facts = ["apology", "blame"]\napplies = { channel = ["chat"] }',
    "warm": 'facts = ["promise"]\napplies = { when = { listen = ["fail", "partial"] } }',
}


@pytest.fixture
def rubric() -> Rubric:
    """Apology is listed by two commandments, blame by one that does not apply to e-mail, promise by a conditional."""
    blocks = [
        COMMANDMENT.format(id=name, title=name.title(), weight=1, critical="false") + extra
        for name, extra in EXTRA.items()
    ]
    return parse_rubric(RUBRIC + "".join(blocks))


def withheld(
    settings: ReviewSettings | None = None, waits: bool = True, asked: bool = False, **quality: Quality
) -> dict[str, str]:
    return why_withheld(settings or ReviewSettings(), quality, dict.fromkeys(KINDS, waits), asked)


class TestRule:
    def test_by_default_only_timings_are_seen_unasked(self) -> None:
        assert withheld() == dict.fromkeys(WORDS, "not-asked")

    def test_asking_or_rating_opens_what_judges_words(self) -> None:
        assert withheld(asked=True) == {}
        assert withheld(waits=False) == {}

    def test_rated_is_not_opened_by_asking(self) -> None:
        settings = ReviewSettings(facts_show="rated")
        assert withheld(settings, asked=True) == dict.fromkeys(WORDS, "not-rated")
        assert withheld(settings, waits=False) == {}

    def test_never_is_opened_by_nothing(self) -> None:
        settings = ReviewSettings(facts_show="never", facts_timings="never")
        assert withheld(settings, waits=False, asked=True) == dict.fromkeys(KINDS, "switched-off")

    def test_timings_follow_their_own_setting(self) -> None:
        assert withheld(ReviewSettings(facts_timings="rated"), asked=True) == dict.fromkeys(TIMINGS, "not-rated")

    def test_one_kind_has_its_own(self) -> None:
        settings = ReviewSettings(facts_each={"apology": "rated", "first-response": "asked", "blame": "never"})
        assert withheld(settings, asked=True) == {"apology": "not-rated", "blame": "switched-off"}
        assert withheld(settings)["first-response"] == "not-asked"

    def test_what_is_wrong_too_often_is_not_shown(self) -> None:
        assert withheld(asked=True, apology=BAD, blame=GOOD) == {"apology": "too-often-wrong"}
        assert withheld(ReviewSettings(facts_min_precision=0.5), asked=True, apology=BAD) == {}
        assert withheld(asked=True, apology=Quality(fn=20, tn=20)) == {}

    def test_no_setting_opens_words_before_asking_and_rating(self) -> None:
        for show, timings in itertools.product(("asked", "rated", "never"), ("always", "asked", "rated", "never")):
            assert set(WORDS) <= set(withheld(ReviewSettings(facts_show=show, facts_timings=timings)))


class TestWaiting:
    def test_every_commandment_that_lists_a_kind_must_be_settled(self, rubric: Rubric) -> None:
        assert waiting_kinds(rubric, {"listen"})["apology"]
        assert not waiting_kinds(rubric, {"listen", "solve"})["apology"]
        assert not waiting_kinds(rubric, {"listen"})["first-response"]

    def test_a_kind_that_no_commandment_lists_waits_for_all(self, rubric: Rubric) -> None:
        assert waiting_kinds(rubric, {"listen", "solve"})["amends"]
        assert not waiting_kinds(rubric, {"listen", "solve", "warm"})["amends"]

    def test_what_cannot_apply_is_settled(self, rubric: Rubric) -> None:
        assert settled_commandments(rubric, {"solve": "Only for the chat."}, {}) == {"solve"}

    def test_a_conditional_one_is_settled_once_its_condition_is(self, rubric: Rubric) -> None:
        assert settled_commandments(rubric, {}, {}) == set()
        assert settled_commandments(rubric, {}, {"listen": "pass"}) == {"listen", "warm"}
        assert settled_commandments(rubric, {}, {"listen": "fail"}) == {"listen"}


def open_session(store: Store, rubric: Rubric, **settings: object) -> ReviewSession:
    return ReviewSession(store, "first", "ruth", rubric, ReviewSettings(**settings))  # type: ignore[arg-type]


def shown(session: ReviewSession, conversation_id: str = "c1", asked: bool = False) -> set[str]:
    return {fact["kind"] for fact in session.facts(conversation_id, asked)["facts"]}


class TestSession:
    """c0 is e-mail, c1 chat; the agent's first answer begins with "Sorry for the wait"."""

    @pytest.fixture(autouse=True)
    def good(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(facts_module, "load_quality", lambda: dict.fromkeys(KINDS, GOOD))

    def test_nothing_of_a_withheld_fact_is_sent_or_computed(
        self, store: Store, rubric: Rubric, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        computed: set[str] = set()
        real = facts_module.find_facts

        def spy(*turns: object, kinds: list[str], **more: object) -> object:
            computed.update(kinds)
            return real(*turns, kinds=kinds, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(facts_module, "find_facts", spy)
        answer = open_session(store, rubric).facts("c1")
        assert computed == set(TIMINGS)
        assert {one["kind"] for one in answer["withheld"]} == set(WORDS)
        assert all(one.keys() == {"kind", "title", "why"} for one in answer["withheld"])
        assert "orry" not in json.dumps(answer)
        assert "apology:" not in json.dumps(answer)

    def test_withheld_reads_the_same_whether_the_fact_is_there_or_not(self, store: Store, rubric: Rubric) -> None:
        conversations, messages = conversation_frames(2, [("customer", "Hello?"), ("agent", "It is on the van.")])
        conversations, messages = (frame[frame["conversation_id"] == "c1"] for frame in (conversations, messages))
        conversations["conversation_id"] = messages["conversation_id"] = "plain"
        store.add_conversations(conversations, messages)
        store.save_sample("plain", census(conversations), {})
        plain = ReviewSession(store, "plain", "ruth", rubric)
        assert plain.facts("plain")["withheld"] == open_session(store, rubric).facts("c1")["withheld"]

    def test_asking_shows_it_with_its_place_and_quality(self, store: Store, rubric: Rubric) -> None:
        facts = open_session(store, rubric).facts("c1", asked=True)["facts"]
        apology = next(fact for fact in facts if fact["kind"] == "apology")
        assert (apology["state"], apology["evidence"][0]["position"]) == ("found", 1)
        assert apology["quality"] == {
            "precision": 0.95,
            "recall": 0.95,
            "right": 19,
            "found": 20,
            "there": 20,
            "n": 40,
        }
        assert apology["disputed"] is False
        assert {fact["kind"] for fact in facts} == set(KINDS)

    @pytest.mark.parametrize(("right", "shown_outcome"), [(14, "unasked"), (13, "")])
    def test_an_outcome_that_is_too_often_wrong_is_not_shown(
        self, store: Store, rubric: Rubric, monkeypatch: pytest.MonkeyPatch, right: int, shown_outcome: str
    ) -> None:
        quality = Quality(tp=20, fp=0, fn=0, tn=20, outcomes=20, outcomes_right=right)
        monkeypatch.setattr(facts_module, "load_quality", lambda: {"amends": quality})
        texts = [
            ("customer", "It broke."),
            ("agent", "I have added a credit of 10 euros to your account for the trouble."),
        ]
        conversations, messages = conversation_frames(1, texts)
        conversations["conversation_id"] = messages["conversation_id"] = "amends"
        store.add_conversations(conversations, messages)
        store.save_sample("amends", census(conversations), {})
        found = ReviewSession(store, "amends", "ruth", rubric).facts("amends", asked=True)["facts"]
        amends = next(fact for fact in found if fact["kind"] == "amends")
        assert (amends["state"], amends["outcome"]) == ("found", shown_outcome)
        assert ("before the customer asked" in amends["text"]) == bool(shown_outcome)

    def test_after_asking_it_is_withheld_again_where_nobody_asks(self, store: Store, rubric: Rubric) -> None:
        session = open_session(store, rubric)
        assert "apology" in shown(session, asked=True)
        assert shown(session) == set(TIMINGS)

    def test_ratings_open_the_kinds_that_their_commandments_list(self, store: Store, rubric: Rubric) -> None:
        session = open_session(store, rubric, facts_show="rated")
        session.rate("c1", "solve", "pass")
        assert shown(session) == {*TIMINGS, "blame"}
        session.rate("c1", "listen", "fail")
        assert shown(session) == {*TIMINGS, "blame", "apology"}
        session.rate("c1", "solve", None)
        assert shown(session) == set(TIMINGS)
        assert shown(session, "c2") == {*TIMINGS, "blame"}  # solve cannot apply to e-mail

    def test_another_reviewers_ratings_open_nothing(self, store: Store, rubric: Rubric) -> None:
        other = ReviewSession(store, "first", "otto", rubric)
        for name in rubric.ids:
            other.rate("c1", name, "pass")
        assert shown(open_session(store, rubric, facts_show="rated")) == set(TIMINGS)

    def test_a_fact_can_be_disputed_and_that_taken_back_and_undone(self, store: Store, rubric: Rubric) -> None:
        session = open_session(store, rubric)
        name = next(f["id"] for f in session.facts("c1", asked=True)["facts"] if f["kind"] == "apology")
        assert session.dispute_fact("c1", name, True, "it quotes")["state"]["disputed_facts"] == [name]
        row = store.disputed_facts().iloc[0]
        assert row[["reviewer", "conversation_id", "fact", "kind", "wrong", "note"]].tolist() == [
            "ruth",
            "c1",
            name,
            "apology",
            True,
            "it quotes",
        ]
        assert [f["kind"] for f in session.facts("c1", asked=True)["facts"] if f["disputed"]] == ["apology"]
        assert session.dispute_fact("c1", name, False)["state"]["disputed_facts"] == []
        assert session.undo()["undone"]["kind"] == "fact"
        assert session.state("c1")["disputed_facts"] == [name]

    def test_that_none_was_found_can_be_disputed(self, store: Store, rubric: Rubric) -> None:
        session = open_session(store, rubric)
        assert session.dispute_fact("c1", "blame", note="message 2")["state"]["disputed_facts"] == ["blame"]

    @pytest.mark.parametrize("fact", ["apology:3:0-5", "apology", "no-such", "", "apology:1:0-5; DROP"])
    def test_what_is_no_fact_here_cannot_be_disputed(self, store: Store, rubric: Rubric, fact: str) -> None:
        with pytest.raises(InvalidActError, match="no fact"):
            open_session(store, rubric).dispute_fact("c1", fact)

    def test_disputing_tells_nothing_of_a_withheld_fact(self, store: Store, rubric: Rubric) -> None:
        name = next(
            f["id"] for f in open_session(store, rubric).facts("c1", asked=True)["facts"] if f["kind"] == "apology"
        )
        session = open_session(store, rubric, facts_show="rated")
        errors = []
        for guess in (name, "apology", "apology:3:0-5"):
            with pytest.raises(InvalidActError) as caught:
                session.dispute_fact("c1", guess)
            errors.append(str(caught.value).replace(guess, "FACT"))
        assert len(set(errors)) == 1

    def test_a_dispute_that_is_sent_again_is_answered_even_when_the_fact_is_withheld_by_now(
        self, store: Store, rubric: Rubric
    ) -> None:
        session = open_session(store, rubric, facts_show="rated")
        session.rate("c1", "solve", "pass")
        first = session.dispute_fact("c1", "blame", uid="dispute-1")
        session.rate("c1", "solve", None)
        again = session.dispute_fact("c1", "blame", uid="dispute-1")
        assert again["event_id"] == first["event_id"]


def test_the_packaged_quality_is_of_known_kinds() -> None:
    assert set(load_quality()) <= set(KINDS)
