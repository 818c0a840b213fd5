"""A project whose suggester learns: which pairs, what is kept, used and taken back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from test_learning import asked, misled

from qa_toolkit.coaching import CoachSession
from qa_toolkit.errors import InvalidActError, NotFoundError, SchemaError, StoreError
from qa_toolkit.project import Project, open_project
from qa_toolkit.review import ReviewSession
from qa_toolkit.store import Store
from qa_toolkit.suggest import Closeness, Encoder, HashingEncoder, Suggester, Weights

LATER = [{"position": 3, "start": None, "end": None}]
SPAN = [{"position": 1, "start": 0, "end": 18}]
FAULT, GOOD, OTHER = "c1#listen#ruth", "c0#3", "c3#3"
ENCODER = HashingEncoder(512)


@pytest.fixture
def project(store: Store, session_of: Callable[[str], ReviewSession]) -> Project:
    """Derek (c1) failed to listen; amara's answers in c0 and c3 are good at it."""
    session = session_of("ruth")
    for conversation, rating, evidence in (("c1", "fail", SPAN), ("c0", "pass", LATER), ("c3", "pass", LATER)):
        for name in ("listen", "solve", "warm"):
            given = (rating, evidence) if name == "listen" else ("na", [])
            session.rate(conversation, name, *given, "")
        session.submit(conversation)
    return Project(store)


@pytest.fixture
def coach(project: Project) -> CoachSession:
    return CoachSession(project, "ines", HashingEncoder())


class TestPairs:
    def test_they_are_what_coaches_judged_and_pinned(self, project: Project, coach: CoachSession) -> None:
        coach.judge(FAULT, OTHER, "not useful", 1)
        coach.pin(FAULT, GOOD)
        queries, relevant = project.judged_pairs()
        assert queries[["query_id", "cluster", "exclude_conversation", "commandment"]].values.tolist() == [
            [FAULT, "c1", "c1", "listen"]
        ]
        assert queries["text"][0] == project.situation("c1", 1)
        assert queries["at"][0] == project.conversations().set_index("conversation_id")["started_at"]["c1"]
        assert dict(zip(relevant["exemplar_id"], relevant["gain"], strict=True)) == {GOOD: 1, OTHER: 0}

    def test_when_coaches_disagree_more_than_half_must_have_used_it(
        self, project: Project, coach: CoachSession
    ) -> None:
        coach.judge(FAULT, GOOD, "used")
        otto = CoachSession(project, "otto", HashingEncoder())
        otto.judge(FAULT, GOOD, "not useful")
        assert project.judged_pairs()[1]["gain"].tolist() == [0]
        otto.judge(FAULT, GOOD, None)
        assert project.judged_pairs()[1]["gain"].tolist() == [1]

    def test_one_that_stands_for_another_answers_its_situation_too(self, project: Project) -> None:
        project.merge_exemplars([GOOD, OTHER], keep=GOOD, by="ines")
        queries, relevant = project.judged_pairs()
        assert queries["query_id"].tolist() == [OTHER]
        assert queries["cluster"].tolist() == ["c3"]
        assert queries["commandment"].isna().all()
        assert relevant.values.tolist() == [[OTHER, GOOD, 1]]

    def test_what_is_not_suggested_any_more_is_left_out(self, project: Project, coach: CoachSession) -> None:
        coach.judge(FAULT, GOOD, "used")
        project.retire_exemplar(GOOD, "over", by="ines")
        assert all(frame.empty for frame in project.judged_pairs())

    def test_whoever_was_forgotten_is_left_out(self, project: Project, coach: CoachSession) -> None:
        coach.judge(FAULT, GOOD, "used")
        project.forget("Nora", by="ines")
        assert all(frame.empty for frame in project.judged_pairs())

    @pytest.mark.parametrize(("judged", "pairs"), [(True, [[FAULT, GOOD, 1]]), (False, [])])
    def test_of_a_fault_that_has_gone_only_what_was_judged_counts(
        self,
        project: Project,
        coach: CoachSession,
        session_of: Callable[[str], ReviewSession],
        judged: bool,
        pairs: list[list[object]],
    ) -> None:
        if judged:
            coach.judge(FAULT, GOOD, "used")
        else:
            coach.pin(FAULT, GOOD)
        session = session_of("ruth")
        session.rate("c1", "listen", "pass", [], "")
        session.submit("c1")
        assert project.judged_pairs()[1].values.tolist() == pairs


@pytest.fixture
def learning(store: Store, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project over exemplars whose answers mislead."""
    exemplars = misled()._frame

    def suggester(self: Project, encoder: Encoder | None = None, wait: bool = False) -> Suggester:
        return Suggester(ENCODER, exemplars, **self._settings_of(ENCODER.model_id))

    monkeypatch.setattr(Project, "suggester", suggester)
    return Project(store)


class TestLearned:
    def test_what_wins_is_kept_used_and_taken_back(self, learning: Project) -> None:
        found = learning.refit_suggester(*asked(26), by="lea")
        assert found.weights is not None
        assert learning.suggester().weights == found.weights
        row = learning.learned().query("what == 'weights'").iloc[-1]
        assert (row["model"], row["actor"], row["pairs"], row["held_out"]) == (ENCODER.model_id, "lea", 26, 13)
        assert Weights(**row["value"]) == found.weights
        assert row["in_use"]
        assert 0 < row["low"] <= row["gain"] <= row["high"]
        then = str(row["at"])
        learning.take_back("weights", by="lea")
        assert learning.suggester().weights == Weights()
        assert not learning.learned().query("what == 'weights'")["in_use"].any()
        assert learning.as_of(then)._settings_of(ENCODER.model_id)["weights"] == found.weights
        with pytest.raises(NotFoundError, match="nothing to take back"):
            learning.take_back("weights", by="lea")
        assert learning.verify().ok

    def test_too_few_keep_nothing(self, learning: Project) -> None:
        assert "10 are the least" in str(learning.refit_suggester(*asked(10), by="lea"))
        assert learning.learned().empty

    def test_a_past_project_learns_nothing(self, learning: Project) -> None:
        with pytest.raises(StoreError, match="only be read"):
            learning.as_of("2030-01-01").refit_suggester(by="lea")

    def test_half_of_the_arguments(self, learning: Project) -> None:
        with pytest.raises(InvalidActError, match="both queries and relevant"):
            learning.refit_suggester(asked(10)[0])

    @pytest.mark.parametrize(("place", "column"), [(0, "text"), (0, "at"), (1, "gain")])
    def test_a_column_that_is_missing_is_named(self, learning: Project, place: int, column: str) -> None:
        frames = list(asked(26))
        frames[place] = frames[place].drop(columns=column)
        with pytest.raises(SchemaError, match=f"have no column {column}"):
            learning.refit_suggester(*frames)

    def test_only_what_is_learned_can_be_taken_back(self, learning: Project) -> None:
        with pytest.raises(InvalidActError, match="never learned"):
            learning.take_back("words", by="lea")


@pytest.mark.every_database
def test_settings_are_those_of_the_model_and_the_last_count(store: Store) -> None:
    project = Project(store)
    numbers = {"pairs": 40, "held_out": 20, "measure": "ndcg@10", "gain": 0.1, "low": 0.05, "high": 0.2}
    near = {"model": "m", "intercept": -1.0, "situation": 2.0, "answer": 0.0, "words": 0.0, "least": 0.3}
    for model, what, value in (
        ("m", "weights", {"situation": 2.0, "answer": 1.0, "words": 1.0}),
        ("n", "weights", {"situation": 9.0, "answer": 1.0, "words": 1.0}),
        ("m", "closeness", near),
        ("m", "weights", {"situation": 1.0, "answer": 0.0, "words": 1.0}),
    ):
        project._append({"what": what, "model": model, "value": value, **numbers}, "lea")
    assert project._settings_of("m") == {"weights": Weights(1, 0, 1), "closeness": Closeness(**near)}
    assert project._settings_of("n") == {"weights": Weights(9, 1, 1)}
    assert project._settings_of("other") == {}
    assert project.learned()["in_use"].tolist() == [False, True, True, True]


def test_the_suggester_of_a_project_uses_what_was_learned(project: Project) -> None:
    numbers = {"pairs": 40, "held_out": 20, "measure": "ndcg@10", "gain": 0.1, "low": 0.05, "high": 0.2}
    value = {"situation": 0.0, "answer": 1.0, "words": 0.0}
    project._append({"what": "weights", "model": ENCODER.model_id, "value": value, **numbers}, "lea")
    assert project.suggester(ENCODER).weights == Weights(0, 1, 0)
    assert project.suggester(ENCODER, weights=Weights(1, 2, 3)).weights == Weights(1, 2, 3)
    assert project.suggester(HashingEncoder(64)).weights == Weights()


def test_nothing_was_learned_yet(store: Store) -> None:
    found = Project(store).learned()
    assert found.empty
    assert isinstance(found["at"].dtype, pd.DatetimeTZDtype)


def test_an_empty_project_learns_nothing(tmp_path: Path) -> None:
    project = open_project(f"sqlite:///{tmp_path}/empty.db")
    assert all(frame.empty for frame in (*project.judged_pairs(), project.good_pairs()))
    assert "Nothing was fitted" in str(project.refit_suggester(encoder=ENCODER, by="lea"))
