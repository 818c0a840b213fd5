"""Submitting: the evidence of fails, and N/A for what cannot apply, with one undo for all of it."""

from __future__ import annotations

import pytest
from conftest import COMMANDMENT, RUBRIC

from qa_toolkit.errors import EvidenceError, IncompleteError, InvalidActError, QAToolkitError
from qa_toolkit.review import ReviewSession, ReviewSettings
from qa_toolkit.rubric import Rubric, parse_rubric
from qa_toolkit.store import Store

pytestmark = pytest.mark.every_database

EXTRA = {
    "listen": "",
    "solve": 'applies = { channel = ["chat"], otherwise = "Chat only." }',
    "warm": 'applies = { when = { listen = ["fail", "partial"] } }',
    "clear": 'root_causes = ["hurry"]',
}
CAUSES = """
[root_causes]
hurry = "Was in a hurry"
product = "Did not know the product"
"""
SHOWN = [{"position": 1}]


@pytest.fixture
def rubric() -> Rubric:
    """Solve applies to chats, which c1 is and c0 is not; warm once listen is failed."""
    blocks = [
        COMMANDMENT.format(id=name, title=name.title(), weight=1, critical="false") + extra
        for name, extra in EXTRA.items()
    ]
    return parse_rubric(RUBRIC + CAUSES + "".join(blocks))


@pytest.fixture
def session(store: Store, rubric: Rubric) -> ReviewSession:
    return ReviewSession(store, "first", "ruth", rubric)


def ratings(session: ReviewSession, conversation_id: str = "c0") -> dict[str, str]:
    return {name: r["rating"] for name, r in session.state(conversation_id)["ratings"].items()}


class TestNotApplicable:
    def test_a_view_says_what_cannot_apply(self, session: ReviewSession) -> None:
        assert session.view("c0")["not_applicable"] == {"solve": "Chat only."}
        assert session.view("c1")["not_applicable"] == {}
        assert session.hello()["rubric"]["commandments"][2]["applies"] == {"when": {"listen": ["fail", "partial"]}}

    def test_a_submit_writes_na_and_one_undo_takes_all_back(self, session: ReviewSession, store: Store) -> None:
        session.rate("c0", "listen", "pass")
        session.rate("c0", "clear", "pass")
        before = session.state("c0")
        answer = session.submit("c0", uid="submit-1")
        assert answer["state"]["status"] == "submitted"
        assert ratings(session) == {"listen": "pass", "solve": "na", "warm": "na", "clear": "pass"}
        group = store.group("submit-1")
        assert [e.uid for e in group] == ["submit-1:solve", "submit-1:warm", "submit-1"]
        assert answer["event_id"] == answer["state"]["revision"] == group[-1].event_id
        undone = session.undo(uid="undo-1")
        assert undone["undone"] == {"kind": "submit", "commandment": None, "number": 3, "conversation_id": "c0"}
        assert session.undo(uid="undo-1")["undone"] == undone["undone"]
        assert session.state("c0") == before
        assert session.undo()["undone"]["commandment"] == "clear"

    def test_sent_again_it_is_written_once_also_after_its_undo(self, session: ReviewSession, store: Store) -> None:
        for name in ("listen", "clear"):
            session.rate("c0", name, "pass")
        assert session.submit("c0", uid="s") == session.submit("c0", uid="s")
        session.undo()
        session.rate("c0", "listen", None)
        n = store.verify().n_events
        assert session.submit("c0", uid="s")["state"]["status"] == "draft"
        assert store.verify().n_events == n

    def test_the_id_of_another_act(self, session: ReviewSession) -> None:
        session.rate("c0", "listen", "pass", uid="r")
        with pytest.raises(InvalidActError, match="another act"):
            session.submit("c0", uid="r")

    def test_what_applies_must_still_be_rated(self, session: ReviewSession) -> None:
        session.rate("c0", "listen", "fail", SHOWN)
        session.rate("c0", "clear", "pass")
        with pytest.raises(IncompleteError, match="1 not rated yet: Warm"):
            session.submit("c0")
        assert session.state("c0")["missing"] == ["solve", "warm"]

    def test_what_cannot_apply_may_be_rated_all_the_same(self, session: ReviewSession, store: Store) -> None:
        for name in ("listen", "solve", "warm", "clear"):
            session.rate("c0", name, "pass")
        session.submit("c0", uid="s")
        assert len(store.group("s")) == 1
        assert ratings(session)["solve"] == "pass"

    def test_what_another_tab_rates_meanwhile_counts(
        self, session: ReviewSession, store: Store, rubric: Rubric, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("listen", "clear"):
            session.rate("c0", name, "pass")
        real = store.append_many

        def late(*arguments: object) -> object:
            monkeypatch.undo()
            ReviewSession(store, "first", "ruth", rubric).rate("c0", "solve", "partial")
            return real(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(store, "append_many", late)
        session.submit("c0", uid="s")
        assert ratings(session) == {"listen": "pass", "solve": "partial", "warm": "na", "clear": "pass"}
        assert [e.uid for e in store.group("s")] == ["s:warm", "s"]

    def test_a_condition_that_another_tab_meets_meanwhile_refuses_the_submit(
        self, session: ReviewSession, store: Store, rubric: Rubric, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("listen", "clear"):
            session.rate("c0", name, "pass")
        real = store.append_many

        def late(*arguments: object) -> object:
            monkeypatch.undo()
            ReviewSession(store, "first", "ruth", rubric).rate("c0", "listen", "partial")
            return real(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(store, "append_many", late)
        with pytest.raises(IncompleteError, match="Warm"):
            session.submit("c0")
        assert ratings(session) == {"listen": "partial", "clear": "pass"}

    def test_na_on_which_a_submit_in_another_sample_stands_is_not_undone(
        self, session: ReviewSession, store: Store, rubric: Rubric
    ) -> None:
        store.save_sample("second", store.sample("first"), {})
        for name in ("listen", "clear"):
            session.rate("c0", name, "pass")
        session.submit("c0")
        other = ReviewSession(store, "second", "ruth", rubric)
        other.submit("c0")
        with pytest.raises(InvalidActError, match="submitted in the sample 'second'"):
            session.undo()
        other.undo()
        assert session.undo()["undone"]["kind"] == "submit"


class TestEvidence:
    def rated(self, store: Store, rubric: Rubric, evidence: list[dict] = [], **settings: str) -> ReviewSession:  # noqa: B006
        session = ReviewSession(store, "first", "ruth", rubric, ReviewSettings(**settings))  # type: ignore[arg-type]
        for name in ("listen", "warm"):
            session.rate("c0", name, "partial")
        session.rate("c0", "clear", "fail", evidence)
        return session

    def test_a_fail_without_evidence_is_asked_about_once(self, store: Store, rubric: Rubric) -> None:
        session = self.rated(store, rubric)
        with pytest.raises(EvidenceError, match=r"No evidence for Clear.*or submit without it") as caught:
            session.submit("c0", uid="s")
        assert caught.value.state == session.state("c0")
        assert caught.value.state["status"] == "draft"
        assert session.submit("c0", without_evidence=True, uid="s")["state"]["status"] == "submitted"

    def test_the_team_may_require_it(self, store: Store, rubric: Rubric) -> None:
        session = self.rated(store, rubric, evidence_on_fail="require")
        with pytest.raises(EvidenceError) as caught:
            session.submit("c0", without_evidence=True)
        assert "without" not in str(caught.value)
        session.rate("c0", "clear", "fail", SHOWN)
        assert session.submit("c0")["state"]["status"] == "submitted"

    def test_the_team_may_switch_it_off(self, store: Store, rubric: Rubric) -> None:
        assert self.rated(store, rubric, evidence_on_fail="off").submit("c0")["state"]["status"] == "submitted"

    def test_missing_ratings_are_said_first(self, store: Store, rubric: Rubric) -> None:
        session = self.rated(store, rubric)
        session.rate("c0", "listen", None)
        with pytest.raises(IncompleteError):
            session.submit("c0")


class TestRootCauses:
    def test_they_are_kept_with_the_rating(self, session: ReviewSession, store: Store) -> None:
        answer = session.rate("c0", "listen", "fail", SHOWN, root_causes=["product", "hurry", "product"])
        assert answer["state"]["ratings"]["listen"]["root_causes"] == ["product", "hurry"]
        assert store.ratings()["root_causes"].tolist() == [["product", "hurry"]]
        assert session.rate("c0", "listen", "pass")["state"]["ratings"]["listen"]["root_causes"] == []
        assert session.hello()["rubric"]["root_causes"] == {
            "hurry": "Was in a hurry",
            "product": "Did not know the product",
        }

    @pytest.mark.parametrize(
        ("commandment", "rating", "causes"),
        [
            ("listen", "pass", ["hurry"]),
            ("listen", "na", ["hurry"]),
            ("listen", None, ["hurry"]),
            ("listen", "fail", ["laziness"]),
            ("clear", "fail", ["product"]),
        ],
    )
    def test_what_does_not_fit(
        self, session: ReviewSession, commandment: str, rating: str | None, causes: list[str]
    ) -> None:
        with pytest.raises(QAToolkitError, match="root cause"):
            session.rate("c0", commandment, rating, root_causes=causes)
        assert ratings(session) == {}


class TestTime:
    def test_it_adds_up_and_belongs_to_no_review(self, session: ReviewSession, store: Store) -> None:
        session.spent("c0", 40, 5, uid="time-1")
        session.spent("c0", 40, 5, uid="time-1")
        answer = session.spent("c0", 20, uid="time-2")
        assert answer.keys() == {"event_id", "at"}
        assert session.state("c0")["status"] == "open"
        assert session.progress()["open"] == 6
        assert store.reviews().empty
        frame = store.time_spent()
        assert frame.to_dict("records") == [
            {
                "reviewer": "ruth",
                "conversation_id": "c0",
                "sample": "first",
                "seconds": 60,
                "idle_seconds": 5,
                "n": 2,
            }
        ]

    @pytest.mark.parametrize(("seconds", "idle"), [(-1, 0), (0, -1), (86_401, 0), (0, 86_401)])
    def test_what_cannot_be_spent_at_one_time(self, session: ReviewSession, seconds: int, idle: int) -> None:
        with pytest.raises(InvalidActError, match="cannot be spent"):
            session.spent("c0", seconds, idle)

    def test_no_undo_takes_it_back(self, session: ReviewSession, store: Store) -> None:
        session.rate("c0", "listen", "pass")
        session.spent("c0", 40)
        assert session.undo()["undone"]["commandment"] == "listen"
        with pytest.raises(InvalidActError, match="nothing to undo"):
            session.undo()
        assert store.time_spent()["seconds"].tolist() == [40]

    def test_it_ends_no_skip_and_makes_no_news(self, session: ReviewSession, store: Store) -> None:
        session.skip("c0", "spam")
        seen, _ = store.touched("ruth", 0)
        newest = store.newest(besides=("pin", "time", "fact"))
        session.spent("c0", 40)
        assert session.state("c0")["status"] == "skipped"
        assert store.touched("ruth", seen) == (seen + 1, set())
        assert store.newest(besides=("pin", "time", "fact")) == newest

    def test_the_frame_is_empty_at_first(self, store: Store) -> None:
        assert store.time_spent().dtypes.astype(str).to_dict()["seconds"] == "int64"
        assert store.disputed_facts().empty


class TestRefresh:
    def test_it_says_what_the_store_holds_now(self, session: ReviewSession, store: Store, rubric: Rubric) -> None:
        assert session.refresh()["progress"]["draft"] == 0
        ReviewSession(store, "first", "ruth", rubric).rate("c0", "listen", "pass")
        assert session.refresh(None) == {"state": None, "progress": session.progress(), "assigned": False}
        answer = session.refresh("c0")
        assert answer["progress"]["draft"] == 1
        assert answer["state"] == session.state("c0")
