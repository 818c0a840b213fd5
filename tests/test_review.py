"""The review session: rate, undo, resume, and the checks that keep the log right."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_toolkit.errors import IncompleteError, InvalidActError, NotFoundError, StaleError
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric, parse_rubric
from qa_toolkit.store import Store

pytestmark = pytest.mark.every_database

Sessions = Callable[[str], ReviewSession]


def rate_all(session: ReviewSession, conversation_id: str, rating: str = "pass") -> None:
    for name in session.rubric.ids:
        session.rate(conversation_id, name, rating)


def submit(session: ReviewSession, conversation_id: str) -> None:
    rate_all(session, conversation_id)
    session.submit(conversation_id)


class TestReading:
    def test_hello_holds_all_that_a_screen_needs(self, session: ReviewSession) -> None:
        hello = session.hello()
        assert hello["reviewer"] == "ruth"
        assert [c["id"] for c in hello["rubric"]["commandments"]] == ["listen", "solve", "warm"]
        assert hello["rubric"]["commandments"][1]["critical"] is True
        assert hello["progress"] == {"total": 6, "submitted": 0, "skipped": 0, "draft": 0, "open": 6}
        view = hello["view"]
        assert (view["conversation"]["conversation_id"], view["conversation"]["index"]) == ("c0", 0)
        assert view["conversation"]["messages"][1]["role"] == "agent"
        assert view["conversation"]["messages"][0]["sent_at"] == "2026-03-02T09:00:00+00:00"
        assert view["state"]["missing"] == ["listen", "solve", "warm"]

    def test_next_passes_over_what_is_done_and_starts_again(self, session: ReviewSession) -> None:
        submit(session, "c1")
        session.skip("c2", "spam")
        assert session.next("c0")["conversation"]["conversation_id"] == "c3"
        assert session.next("c5")["conversation"]["conversation_id"] == "c0"

    def test_next_is_none_when_all_is_done(self, session: ReviewSession) -> None:
        for name in session.queue:
            session.skip(name, "spam")
        assert session.next("c0") is None
        assert session.first_open() is None

    def test_previous_goes_back_to_what_is_done(self, session: ReviewSession) -> None:
        submit(session, "c0")
        assert session.previous("c1")["state"]["status"] == "submitted"
        assert session.previous("c0") is None
        assert session.previous(None)["conversation"]["conversation_id"] == "c5"

    def test_no_other_reviewer_is_seen(self, session: ReviewSession, session_of: Sessions) -> None:
        submit(session_of("otto"), "c0")
        assert session.state("c0")["ratings"] == {}
        assert session.progress()["submitted"] == 0

    def test_a_conversation_outside_the_sample(self, session: ReviewSession) -> None:
        with pytest.raises(NotFoundError, match="no conversation 'x'"):
            session.view("x")

    def test_a_reviewer_without_a_name(self, session_of: Sessions) -> None:
        with pytest.raises(InvalidActError, match="name"):
            session_of(" ")

    def test_a_sample_that_was_not_drawn(self, store: Store, small_rubric: Rubric) -> None:
        with pytest.raises(NotFoundError, match="there are: first"):
            ReviewSession(store, "march", "ruth", small_rubric)


class TestActs:
    def test_a_rating_is_in_the_store_when_the_call_returns(self, session: ReviewSession, store: Store) -> None:
        evidence = [{"position": 1, "start": 0, "end": 5}]
        answer = session.rate("c0", "listen", "fail", evidence, "does not say how long")
        row = store.ratings().iloc[0]
        assert (row["rating"], row["comment"]) == ("fail", "does not say how long")
        assert {k: row["evidence"][0][k] for k in ("position", "start", "end")} == evidence[0]
        assert answer["state"]["ratings"]["listen"]["evidence"] == evidence
        assert answer["event_id"] == answer["state"]["revision"]

    def test_the_log_holds_no_customer_text(self, session: ReviewSession, store: Store) -> None:
        session.rate("c0", "listen", "fail", [{"position": 0, "start": 0, "end": 12}])
        session.mark_good("c0", 1, ["listen"])
        payloads = " ".join(str(e.payload) for e in store.current_events("ruth", "c0", session.rubric.hash))
        assert "text_hash" in payloads
        assert not any(word in payloads for word in ("parcel", "Nora", "depot", "Monday"))

    def test_offsets_count_characters_not_bytes(self, session: ReviewSession) -> None:
        text = session.view("c0")["conversation"]["messages"][0]["text"]
        start = text.index("It was")
        session.rate("c0", "listen", "pass", [{"position": 0, "start": start, "end": len(text)}])
        with pytest.raises(InvalidActError, match="not within message 1"):
            session.rate("c0", "listen", "pass", [{"position": 0, "start": start, "end": len(text) + 1}])

    @pytest.mark.parametrize(
        "evidence",
        [
            {"position": 4},
            {"position": -1},
            {"position": "1"},
            {"position": True},
            {},
            {"position": 0, "start": 5, "end": 5},
            {"position": 0, "start": 1},
            {"position": 0, "start": "a", "end": "b"},
        ],
    )
    def test_evidence_that_is_not_there(self, session: ReviewSession, evidence: dict) -> None:
        with pytest.raises(InvalidActError):
            session.rate("c0", "listen", "fail", [evidence])
        assert session.state("c0")["ratings"] == {}

    @pytest.mark.parametrize(("commandment", "rating"), [("no-such", "pass"), ("listen", "great"), ("listen", "")])
    def test_what_does_not_fit_the_rubric(self, session: ReviewSession, commandment: str, rating: str) -> None:
        with pytest.raises(InvalidActError):
            session.rate("c0", commandment, rating)

    def test_a_comment_that_is_too_long_or_broken(self, session: ReviewSession) -> None:
        with pytest.raises(InvalidActError, match="10001 characters"):
            session.comment("c0", "x" * 10_001)
        with pytest.raises(InvalidActError, match="half a character"):
            session.comment("c0", "\ud83d")

    def test_only_an_agents_message_is_a_good_answer(self, session: ReviewSession) -> None:
        with pytest.raises(InvalidActError, match="not the agent's"):
            session.mark_good("c0", 0, ["listen"])
        with pytest.raises(InvalidActError, match="choose the commandments"):
            session.mark_good("c0", 1, [])
        session.mark_good("c0", 1, ["listen", "warm"], "says when")
        assert session.state("c0")["good_answers"] == [
            {"position": 1, "commandments": ["listen", "warm"], "note": "says when"}
        ]
        session.mark_good("c0", 1, good=False)
        assert session.state("c0")["good_answers"] == []

    def test_submit_needs_every_commandment(self, session: ReviewSession) -> None:
        session.rate("c0", "listen", "na")
        with pytest.raises(IncompleteError, match="2 not rated yet: Solve, Be warm"):
            session.submit("c0")
        rate_all(session, "c0")
        assert session.submit("c0")["progress"]["submitted"] == 1

    def test_a_submitted_rating_can_be_amended_but_not_taken_back(self, session: ReviewSession) -> None:
        submit(session, "c0")
        assert session.rate("c0", "warm", "fail")["state"]["status"] == "submitted"
        with pytest.raises(InvalidActError, match="submitted"):
            session.rate("c0", "warm", None)

    def test_a_rating_that_is_taken_back_is_missing_again(self, session: ReviewSession) -> None:
        session.rate("c0", "listen", "pass")
        assert "listen" in session.rate("c0", "listen", None)["state"]["missing"]

    def test_a_skip_needs_a_reason_and_is_ended_by_a_rating(self, session: ReviewSession) -> None:
        with pytest.raises(InvalidActError, match="reason"):
            session.skip("c0", "  ")
        assert session.skip("c0", "spam")["state"]["reason"] == "spam"
        assert session.rate("c0", "listen", "pass")["state"]["status"] == "draft"


class TestRateRest:
    def test_one_act_and_one_undo(self, session: ReviewSession, session_of: Sessions) -> None:
        session.rate("c0", "solve", "fail")
        answer = session.rate_rest("c0", uid="rest-act")
        assert {name: r["rating"] for name, r in answer["state"]["ratings"].items()} == {
            "listen": "na",
            "solve": "fail",
            "warm": "na",
        }
        assert session.rate_rest("c0", uid="rest-act") == answer
        undone = session_of("ruth").undo(uid="undo-act")
        assert undone["undone"]["number"] == 2
        assert list(undone["state"]["ratings"]) == ["solve"]
        assert session.undo(uid="undo-act") == undone
        assert session.undo()["undone"]["commandment"] == "solve"

    def test_a_rating_given_since_outlives_the_undo_of_the_rest_only_by_its_own_undo(
        self, session: ReviewSession
    ) -> None:
        session.rate_rest("c0")
        session.rate("c0", "warm", "pass")
        assert session.undo()["state"]["ratings"]["warm"]["rating"] == "na"
        assert session.undo()["state"]["ratings"] == {}

    def test_when_all_are_rated(self, session: ReviewSession) -> None:
        rate_all(session, "c0")
        with pytest.raises(InvalidActError, match="rated already"):
            session.rate_rest("c0")


class TestTwoTabs:
    def test_sending_again_writes_once_and_answers_the_same(self, session: ReviewSession, store: Store) -> None:
        first = session.rate("c0", "listen", "pass", uid="act-1")
        again = session.rate("c0", "listen", "pass", uid="act-1")
        assert again == first
        assert store.verify().n_events == 1

    def test_a_submit_that_is_sent_again(self, session: ReviewSession) -> None:
        rate_all(session, "c0")
        assert session.submit("c0", uid="s") == session.submit("c0", uid="s")

    def test_an_undo_takes_back_nothing_that_its_screen_does_not_know(
        self, session: ReviewSession, session_of: Sessions
    ) -> None:
        known = session.rate("c0", "listen", "pass")["event_id"]
        assert session.hello()["newest"] == known
        session_of("ruth").comment("c3", "from another tab")
        with pytest.raises(StaleError, match="newer was done elsewhere in conversation 'c3'") as refusal:
            session.undo(after=known)
        assert refusal.value.state["comment"] == "from another tab"
        newest = refusal.value.state["revision"]
        assert session.undo(after=newest)["undone"]["kind"] == "comment"
        assert session.undo(after=newest)["undone"]["kind"] == "rating"
        assert session.hello()["newest"] == 0

    def test_an_undo_that_is_sent_again_undoes_once(self, session: ReviewSession) -> None:
        session.rate("c0", "listen", "pass")
        session.rate("c0", "warm", "pass")
        assert session.undo(uid="u")["undone"]["commandment"] == "warm"
        assert session.undo(uid="u")["undone"]["commandment"] == "warm"
        assert list(session.state("c0")["ratings"]) == ["listen"]

    def test_what_another_tab_changed_is_not_overwritten(self, session: ReviewSession, session_of: Sessions) -> None:
        shown = session.rate("c0", "listen", "pass")["event_id"]
        session_of("ruth").rate("c0", "listen", "fail", base=shown)
        with pytest.raises(StaleError) as caught:
            session.rate("c0", "listen", "partial", base=shown)
        assert caught.value.state["ratings"]["listen"]["rating"] == "fail"

    def test_both_tabs_count_what_the_store_says(self, session: ReviewSession, session_of: Sessions) -> None:
        assert session.progress()["submitted"] == 0
        submit(session_of("ruth"), "c1")
        assert session.progress() == {"total": 6, "submitted": 1, "skipped": 0, "draft": 0, "open": 5}
        assert session.next("c0")["conversation"]["conversation_id"] == "c2"


class TestRace:
    """What another tab does between the look and the write: here the write of `first` sees what `second` did."""

    @staticmethod
    def slip_in(monkeypatch: pytest.MonkeyPatch, store: Store, second: Callable[[], object]) -> None:
        for name in ("append", "append_many"):
            real = getattr(store, name)

            def late(*arguments: object, _real: Callable[..., object] = real, **more: object) -> object:
                monkeypatch.undo()
                second()
                return _real(*arguments, **more)

            monkeypatch.setattr(store, name, late)

    def test_a_rating_taken_back_before_a_submit(
        self, session: ReviewSession, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rate_all(session, "c0")
        self.slip_in(monkeypatch, store, lambda: session.rate("c0", "warm", None))
        with pytest.raises(IncompleteError):
            session.submit("c0")

    def test_a_submit_before_a_rating_is_taken_back(
        self, session: ReviewSession, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rate_all(session, "c0")
        self.slip_in(monkeypatch, store, lambda: session.submit("c0"))
        with pytest.raises(InvalidActError, match="submitted"):
            session.rate("c0", "warm", None)

    def test_a_rating_before_the_rest_is_rated(
        self, session: ReviewSession, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.slip_in(monkeypatch, store, lambda: session.rate("c0", "warm", "fail"))
        with pytest.raises(StaleError) as caught:
            session.rate_rest("c0")
        assert {name: r["rating"] for name, r in caught.value.state["ratings"].items()} == {"warm": "fail"}


class TestUndo:
    def test_past_submit_and_past_a_new_session(self, session: ReviewSession, session_of: Sessions) -> None:
        submit(session, "c0")
        session.rate("c1", "listen", "fail")
        later = session_of("ruth")
        assert later.undo()["undone"] == {
            "kind": "rating",
            "commandment": "listen",
            "number": 1,
            "conversation_id": "c1",
        }
        undone = later.undo()
        assert (undone["undone"]["kind"], undone["undone"]["conversation_id"]) == ("submit", "c0")
        assert undone["view"]["state"]["status"] == "draft"
        assert later.progress()["submitted"] == 0

    def test_an_id_of_another_act_undoes_and_shows_nothing(self, session: ReviewSession, session_of: Sessions) -> None:
        session_of("otto").rate("c0", "listen", "fail", comment="otto's own", uid="otto-1")
        session.rate("c0", "listen", "pass", uid="ruth-1")
        for uid in ("otto-1", "ruth-1"):
            with pytest.raises(InvalidActError, match="another act"):
                session.undo(uid=uid)
        assert list(session.state("c0")["ratings"]) == ["listen"]

    def test_a_review_by_another_version_of_the_rubric_is_not_undone(
        self, session: ReviewSession, store: Store, small_rubric: Rubric
    ) -> None:
        session.rate_rest("c0", "pass")
        session.submit("c0")
        text = small_rubric.text.replace('version = "1"', 'version = "2"')
        newer = ReviewSession(store, "first", "ruth", parse_rubric(text))
        assert newer.hello()["newest"] == 0
        with pytest.raises(InvalidActError, match="nothing to undo"):
            newer.undo()
        newer.rate("c1", "warm", "pass")
        assert newer.undo()["undone"]["conversation_id"] == "c1"
        assert session.state("c0")["status"] == "submitted"

    def test_two_tabs_that_undo_at_once_undo_two_acts(self, session: ReviewSession, session_of: Sessions) -> None:
        rate_all(session, "c0")
        tabs, start = [session, session_of("ruth"), session_of("ruth")], threading.Barrier(3)

        def undo(tab: ReviewSession) -> None:
            start.wait()
            tab.undo()

        threads = [threading.Thread(target=undo, args=(tab,)) for tab in tabs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert session.state("c0")["ratings"] == {}

    def test_not_below_a_submit_in_another_sample(self, session: ReviewSession, store: Store) -> None:
        store.save_sample("second", store.sample("first"), {})
        other = ReviewSession(store, "second", "ruth", session.rubric)
        rate_all(session, "c0")
        other.submit("c0")
        with pytest.raises(InvalidActError, match="submitted in the sample 'second'"):
            session.undo()
        assert session.state("c0")["missing"] == []
        other.undo()
        assert session.undo()["undone"]["commandment"] == "warm"

    def test_only_ones_own_acts_in_this_sample(self, session: ReviewSession, session_of: Sessions) -> None:
        session_of("otto").rate("c0", "listen", "pass")
        with pytest.raises(InvalidActError, match="nothing to undo"):
            session.undo()

    def test_all_the_way_back(self, session: ReviewSession) -> None:
        session.rate("c0", "listen", "pass")
        session.rate("c0", "listen", "fail")
        session.comment("c0", "hm")
        session.mark_good("c0", 1, ["warm"])
        session.skip("c1", "spam")
        for _ in range(5):
            session.undo()
        assert session.progress()["open"] == 6
        assert session.state("c0")["ratings"] == {}
        with pytest.raises(InvalidActError, match="nothing to undo"):
            session.undo()


class TestRecord:
    def ratings(self, session: ReviewSession) -> pd.DataFrame:
        rows = [(c, name, "pass", [{"position": 1}], "") for c in ("c0", "c1") for name in session.rubric.ids]
        return pd.DataFrame(rows, columns=["conversation_id", "commandment", "rating", "evidence", "comment"])

    def test_finished_reviews_come_in_once(self, session: ReviewSession, store: Store) -> None:
        marks = pd.DataFrame([{"conversation_id": "c0", "position": 1, "commandments": ["warm"], "note": "kind"}])
        assert session.record(self.ratings(session), marks) == 2
        assert session.record(self.ratings(session), marks) == 2
        assert store.verify().n_events == 2 * 3 + 1 + 2
        assert session.progress()["submitted"] == 2
        assert store.good_answers().iloc[0]["note"] == "kind"

    def test_other_ratings_for_what_was_recorded_are_refused(self, session: ReviewSession, store: Store) -> None:
        session.record(self.ratings(session))
        with pytest.raises(InvalidActError, match="recorded before"):
            session.record(self.ratings(session).assign(rating="fail"))
        assert set(store.ratings()["rating"]) == {"pass"}

    def test_frames_that_lack_something(self, session: ReviewSession, store: Store) -> None:
        ratings = self.ratings(session)
        with pytest.raises(InvalidActError, match="no column comment"):
            session.record(ratings.drop(columns="comment"))
        ratings.loc[0, "rating"] = None
        with pytest.raises(IncompleteError, match="c0: no rating for listen"):
            session.record(ratings)
        assert store.verify().n_events == 0

    def test_a_bad_row_leaves_nothing_behind(self, session: ReviewSession, store: Store) -> None:
        ratings = self.ratings(session)
        ratings.at[5, "rating"] = "great"
        with pytest.raises(InvalidActError):
            session.record(ratings)
        with pytest.raises(IncompleteError, match="c1"):
            session.record(self.ratings(session).iloc[:-1])
        assert store.verify().n_events == 0


ACTS = st.one_of(
    st.tuples(
        st.just("rate"),
        st.sampled_from(["c0", "c1"]),
        st.sampled_from(["listen", "warm"]),
        st.sampled_from(["pass", "fail", None]),
    ),
    st.tuples(st.just("comment"), st.sampled_from(["c0", "c1"]), st.sampled_from(["", "hm", "<b>"])),
    st.tuples(st.just("skip"), st.sampled_from(["c0", "c1"]), st.just("spam")),
    st.tuples(st.just("undo")),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, max_size=12))
def test_undo_is_the_inverse_of_any_act(session_of: Sessions, store: Store, acts: list[tuple]) -> None:
    """After any acts, one more act and its undo leave every state as it was, in this session and in a new one."""
    reviewer = f"r{store.verify().n_events}"
    session = session_of(reviewer)
    for kind, *arguments in acts:
        try:
            getattr(session, kind)(*arguments)
        except InvalidActError:
            assert kind == "undo"
    before = [session.state(c) for c in session.queue], session.progress()
    session.rate("c1", "solve", "partial")
    session.undo()
    assert ([session.state(c) for c in session.queue], session.progress()) == before
    fresh = session_of(reviewer)
    assert ([fresh.state(c) for c in fresh.queue], fresh.progress()) == before
