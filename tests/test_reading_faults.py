"""Faults and exemplars are read from a part of the ratings, and are those that all ratings tell."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pandas as pd
import pytest
from conftest import ROOT, conversation_frames, rating
from plainly import assert_all_is_told
from test_past import random_act

from qa_toolkit.project import open_project
from qa_toolkit.project.curation import newest_ratings
from qa_toolkit.report import find_faults
from qa_toolkit.rubric import Rubric
from qa_toolkit.sample_data import load_sample_data
from qa_toolkit.store import Act, Store, codes, frames
from qa_toolkit.store.disputes import Decided

pytestmark = pytest.mark.every_database
COMMENTS = ("", '"evidence":[]', '\\"rating":"fail"', "a\x00b", "%_/")
EVIDENCE: list[list[dict[str, Any]]] = [[], [], [{"position": 1, "start": None, "end": None}], [{"position": 0}]]


def some_act(rng: random.Random, store: Store, uid: str) -> Act:
    """Make an act with any evidence and comment; on one conversation, by either of two versions of a rubric."""
    act = random_act(rng, store, uid)
    if act.kind == "rating":
        said = {"evidence": rng.choice(EVIDENCE), "comment": rng.choice(COMMENTS)}
        act = dataclasses.replace(act, payload={**act.payload, **said})
    if act.kind == "undo" or act.conversation_id != "c2":
        return act
    return dataclasses.replace(act, rubric_hash=rng.choice(["hash", "newer"]))


def some_decisions(rng: random.Random, ratings: pd.DataFrame) -> Decided:
    slots = ratings[["reviewer", "conversation_id", "rubric_hash", "commandment"]].itertuples(index=False, name=None)
    return {
        slot: {"rating": value, "evidence": rng.choice(EVIDENCE), "comment": "so", "decided_by": "zoe"}
        for slot in slots
        if (value := rng.choice(["pass", "fail", "", ""]))
    }


def assert_same_rows(store: Store, decided: Decided) -> tuple[int, int]:
    """Compare with all ratings; return how many are faults, and how many have evidence."""
    engine, texts = store._engine, (store.conversations(), store.messages())
    plain = newest_ratings(frames.ratings(engine, True, decided))
    faults = find_faults(plain, *texts)
    pd.testing.assert_frame_equal(find_faults(frames.faults(engine, decided), *texts), faults)
    found = newest_ratings(frames.with_evidence(engine, decided))
    evident, told = (frame[frame["evidence"].str.len() > 0].reset_index(drop=True) for frame in (plain, found))
    pd.testing.assert_frame_equal(told, evident)
    return len(faults), len(evident)


@pytest.mark.parametrize("seed", range(2))
def test_of_a_log_of_anything(store: Store, seed: int) -> None:
    rng, seen = random.Random(seed), []
    for i in range(80):
        event = store.append(some_act(rng, store, f"u{i}"))
        if i % 16 == 15:
            decided = some_decisions(rng, store.ratings(True))
            seen.append((event.at, decided, *(assert_same_rows(store, one) for one in ({}, decided))))
    for at, decided, first, held in seen:
        past = store.as_of(at)
        assert (assert_same_rows(past, {}), assert_same_rows(past, decided)) == (first, held)
    assert sum(faults for _, _, (faults, _), _ in seen) > 0
    assert sum(evident for _, _, _, (_, evident) in seen) > 0
    assert any(first != held for *_, first, held in seen)


def test_of_the_sample_data(url: str) -> None:
    project = open_project(url)
    load_sample_data(project, ROOT / "data")
    assert len(assert_all_is_told(project)) > 100
    ruth = project.review("all", "ruth")
    first = project.faults().iloc[0]
    ruth.rate(first["conversation_id"], first["commandment"], "pass")
    project.forget(project.conversations()["customer"].dropna().iloc[0], by="ines")
    after = assert_all_is_told(project)
    assert first["fault_id"] not in set(after["fault_id"])
    ruth.undo()
    assert first["fault_id"] in set(project.faults()["fault_id"])
    project.store.close()


def test_of_a_newer_version_of_the_rubric(store: Store, small_rubric: Rubric) -> None:
    newer = dataclasses.replace(rating("u3", "pass"), rubric_hash="newer")
    submit = Act("s1", "ruth", "submit", "status", "c0", "hash", "first")
    store.append_many([rating("u1", "fail"), rating("u2", "fail", commandment="solve"), submit, newer])
    assert len(store.faults()) == 2
    store.append(dataclasses.replace(submit, uid="s2", rubric_hash="newer"))
    assert store.faults()["commandment"].tolist() == ["solve"]
    assert store.faults(commandment="listen").empty


def test_passes_are_not_read_one_by_one(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    monkeypatch.setattr(frames, "payload_of", lambda text: read.append(text) or codes.json.loads(text))
    store.add_conversations(*conversation_frames(40))
    shown = {"commandment": "seen", "rating": "pass", "evidence": EVIDENCE[2], "comment": ""}
    for i in range(40):
        acts = [rating(f"{i}-{k}", "fail" if k == i else "pass", "ruth", f"c{i}", f"n{k}") for k in range(20)]
        acts.append(dataclasses.replace(rating(f"{i}-seen", "pass", "ruth", f"c{i}", "seen"), payload=shown))
        store.append_many([*acts, Act(f"s{i}", "ruth", "submit", "status", f"c{i}", "hash", "first")])
    assert len(store.faults()) == len(read) == 20
    assert len(store.faults(commandment="n3")) == len(read[20:]) == 1
    assert len(store.with_evidence()) == len(read[21:]) == 40
