"""A change of model: the old vectors answer until the new ones are there, or for good if they never come."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from test_suggester import exemplar

from qa_toolkit.errors import EncoderError
from qa_toolkit.project import Project, learning, open_project
from qa_toolkit.project import changing as module
from qa_toolkit.project.changing import ChangingSuggester
from qa_toolkit.suggest import CachedEncoder, HashingEncoder, Suggester
from qa_toolkit.suggest.encoders import encoder_of
from qa_toolkit.suggest.learning import Refit

OLD, NEW = HashingEncoder(8), HashingEncoder(512)
WORDS = ["parcel", "refund", "password", "invoice", "router", "ticket", "delay", "battery"]


class Waiting(HashingEncoder):
    """Encodes texts of exemplars only when it may, and fails with `error` if it has one."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__(512)
        self.may, self.error, self.texts = threading.Event(), error, 0

    def encode(self, texts: Any, progress: Any = None) -> Any:
        assert self.may.wait(60)
        if self.error:
            raise self.error
        self.texts += len(texts)
        return super().encode(texts, progress)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    pairs = zip(WORDS, WORDS[1:] + WORDS[:1], strict=True)
    rows = [exemplar(f"c{i}#1", f"my {one} and the {other}") for i, (one, other) in enumerate(pairs)]
    monkeypatch.setattr(Project, "exemplars", lambda self, csat=None: pd.DataFrame(rows))
    monkeypatch.setattr(module, "FEW", 0)
    monkeypatch.setattr(module, "encoder_of", lambda name: OLD if name == OLD.model_id else None)
    return open_project(f"sqlite:///{tmp_path}/p.db")


def found(suggester: Suggester, text: str = "the battery of my router") -> list[tuple[str, float]]:
    return [(one.exemplar_id, round(one.dense, 6)) for one in suggester.suggest(text)]


def test_the_old_vectors_answer_until_the_new_ones_are_there(project: Project) -> None:
    old = project.suggester(OLD)
    new = Suggester(NEW, project.exemplars())
    assert found(old) != found(new)
    told: list[tuple[int, int]] = []
    encoder, both, stop = Waiting(), [], threading.Event()
    changing = project.suggester(encoder, progress=lambda *now: told.append(now))
    assert isinstance(changing, ChangingSuggester)
    assert (changing.model_id, changing.model_after, changing.problem) == (OLD.model_id, NEW.model_id, "")
    assert found(changing) == found(old)
    assert changing.like("c1#1")[0].exemplar_id == old.like("c1#1")[0].exemplar_id
    assert repr(changing) == f"ChangingSuggester({old!r}; embedding for hashing-512/fp32: begun)"
    assert not changing.wait(0)

    def ask() -> None:
        while not stop.is_set():
            both.append(found(changing))

    asking = threading.Thread(target=ask)
    asking.start()
    encoder.may.set()
    assert changing.wait(60)
    stop.set()
    asking.join(60)
    assert {str(one) for one in both} <= {str(found(old)), str(found(new))}  # never half of each
    assert found(changing) == found(new)
    assert changing.model_id == NEW.model_id
    assert encoder.texts - told[-1][1] in (1, 2)  # the query, by two threads at most
    assert repr(changing) == f"ChangingSuggester({new!r}; all is embedded)"
    assert changing.index == new.index
    assert type(project.suggester(NEW)) is Suggester  # it is no change any more
    assert found(project.suggester(NEW)) == found(new)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("text of a customer"), "failed: ValueError)"),
        (EncoderError("there is no model"), "failed: there is no model)"),
    ],
)
def test_a_change_that_fails_leaves_the_old_one_and_says_why(project: Project, error: Exception, said: str) -> None:
    old, encoder = project.suggester(OLD), Waiting(error)
    encoder.may.set()
    changing = project.suggester(encoder)
    assert isinstance(changing, ChangingSuggester)
    assert not changing.wait(60)
    assert repr(changing).endswith(said)
    assert changing.model_id == OLD.model_id
    assert found(changing) == found(old)
    encoder.error = None
    again = project.suggester(encoder)
    assert isinstance(again, ChangingSuggester)
    assert again.wait(60)


def test_a_change_that_was_stopped_goes_on(project: Project) -> None:
    project.suggester(OLD)
    CachedEncoder(NEW, project.store.vectors).encode(project.exemplars()["situation"].tolist()[:5])
    encoder = Waiting()
    encoder.may.set()
    changing = project.suggester(encoder)
    assert isinstance(changing, ChangingSuggester)
    assert changing.wait(60)
    assert encoder.texts == 16 - 5


def test_of_several_changes_at_the_same_time_one_embeds(project: Project) -> None:
    project.suggester(OLD)
    encoder = Waiting()
    changing = [project.suggester(encoder) for _ in range(3)]  # as when a coach reloads the page
    encoder.may.set()
    for one in changing:
        assert isinstance(one, ChangingSuggester)
        assert one.wait(60)
    assert encoder.texts == 16


def test_what_is_added_meanwhile_is_there_after_the_change(project: Project) -> None:
    project.suggester(OLD)
    encoder = Waiting()
    changing = project.suggester(encoder)
    assert isinstance(changing, ChangingSuggester)
    changing.add(pd.DataFrame([exemplar("d#1", "an entirely other matter")]))
    assert "d#1" in dict(found(changing, "an entirely other matter"))
    encoder.may.set()
    assert changing.wait(60)
    assert changing.model_id == NEW.model_id
    assert found(changing, "an entirely other matter")[0][0] == "d#1"


def test_what_is_no_change_waits(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(project.suggester(OLD)) is Suggester  # the first time
    assert type(project.suggester(NEW, wait=True)) is Suggester
    assert (
        type(project.suggester(HashingEncoder(16), before=HashingEncoder(32))) is Suggester
    )  # nothing is embedded by it
    monkeypatch.setattr(module, "FEW", 64)
    assert type(project.suggester(HashingEncoder(64))) is Suggester  # few texts


def test_what_is_learned_is_learned_by_one_model(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted: list[Suggester] = []

    def refit(suggester: Suggester, *_: Any) -> Refit:
        fitted.append(suggester)
        return Refit(None, None, None, None, 0, 0, ())

    monkeypatch.setattr(learning, "refit", refit)
    monkeypatch.setattr(Project, "judged_pairs", lambda self: (pd.DataFrame(), pd.DataFrame()))
    project.suggester(OLD)
    project.refit_suggester(encoder=NEW)
    assert [(type(one), one.model_id) for one in fitted] == [(Suggester, NEW.model_id)]


def test_an_encoder_that_has_no_name_is_given(project: Project) -> None:
    before = HashingEncoder(32)
    project.suggester(before, wait=True)
    given = project.suggester(Waiting(), before=before)
    assert (type(given), given.model_id) == (ChangingSuggester, "hashing-32/fp32")


def test_encoders_are_found_by_their_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_TOOLKIT_MODEL", "another")
    for precision in ("fp32", "int8"):
        packaged = f"all-MiniLM-L6-v2@53aa5117/{precision}"
        known = encoder_of(packaged)
        assert known is not None
        assert known.model_id == packaged
    for other in ("all-MiniLM-L6-v2@00000000/fp32", "no/such@53aa5117/fp32", "hashing-8/fp32", "m@1/int4", ""):
        assert encoder_of(other) is None
