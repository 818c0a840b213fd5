"""What counts as relevant in benchmarks/retrieval.py is what its docstrings say."""

from __future__ import annotations

import gzip
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
from conftest import ROOT


@pytest.fixture(scope="module")
def tasks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("retrieval_tasks", ROOT / "benchmarks/retrieval_tasks.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def written(path: Path, rows: list[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def test_answers_to_the_same_problem_in_other_conversations_are_relevant(tasks: ModuleType) -> None:
    task = tasks.TASKS["data"](tasks.Subset(Path("nowhere"), exemplars=3, queries=3))
    problems = pd.read_csv(ROOT / "data/problems.csv").set_index("conversation_id")["problems"].str.split()
    exemplars = task.exemplars.set_index("exemplar_id")
    queries = task.queries.set_index("query_id")
    assert len(queries) > 300
    assert len(exemplars) > 300
    for row in task.qrels.itertuples():
        asked, found = queries.loc[row.query_id], exemplars.loc[row.exemplar_id]
        assert asked["exclude_conversation"] != found["conversation_id"]
        assert set(problems[asked["exclude_conversation"]]) & set(problems[found["conversation_id"]])
        assert asked["commandment"] in found["commandments"]
        kinds = {kind for name, _, kind in found["verdicts"] if name == asked["commandment"]}
        assert row.gain == (2 if "marked" in kinds else 1)
    assert set(queries["cluster"]) == set(queries["exclude_conversation"])


def test_the_halves_make_the_whole_and_share_no_conversation(tasks: ModuleType) -> None:
    frame = pd.DataFrame({"query_id": [f"q{i}" for i in range(200)], "cluster": [f"c{i // 4}" for i in range(200)]})
    halves = [tasks.Subset(Path(), half=half).chosen(frame) for half in ("development", "held-out")]
    assert not set(halves[0]["cluster"]) & set(halves[1]["cluster"])
    assert set(halves[0]["query_id"]) | set(halves[1]["query_id"]) == set(frame["query_id"])
    assert 60 < len(halves[0]) < 140


def test_a_subset_is_part_of_every_larger_one(tasks: ModuleType) -> None:
    ids = [f"d{i}" for i in range(500)]
    small, large = (tasks.Subset(Path()).ids(ids, n) for n in (50, 200))
    assert small < large
    assert len(small) == 50
    assert tasks.Subset(Path(), seed=2).ids(ids, 50) != small


def test_a_forum_question_is_asked_of_earlier_ones_only(tasks: ModuleType, tmp_path: Path) -> None:
    rows = [{"_id": f"tb-{i:02}", "text": f"text {i}", "kb": [f"article-{i % 3}"]} for i in range(10)]
    rows[9]["kb"] = ["of nobody else"]
    written(tmp_path / "retrieval/thunderbird_kb_show/questions.jsonl.gz", rows[::-1])
    task = tasks.TASKS["thunderbird_kb"](tasks.Subset(tmp_path))
    assert task.exemplars["exemplar_id"].max() == "tb-05"
    assert task.queries["query_id"].tolist() == ["tb-06", "tb-07", "tb-08"]
    pairs = task.qrels.groupby("query_id")["exemplar_id"].agg(list)
    assert pairs["tb-07"] == ["tb-01", "tb-04"]


def test_forum_answers_are_relevant_by_article_and_votes(tasks: ModuleType, tmp_path: Path) -> None:
    def thread(i: int, article: str, votes: int = 0, says: int | None = None) -> dict:
        words = " ".join(f"word{says or i}-{k}" for k in range(20))
        link = f"{words} https://support.mozilla.org/en-US/kb/{article} please" if article else f"{words} No link"
        turns = [("customer", f"question {i}"), ("agent", "Which version?"), ("customer", "115"), ("agent", link)]
        said = [
            {"role": role, "text": text, "author": role, "sent_at": f"2023-01-{i:02}T00:00:00Z"} for role, text in turns
        ]
        voted = [{"message": 3, "helpful": votes, "unhelpful": 0}] if votes else []
        labels = {
            "subject": f"subject {i}",
            "locale": "en-US",
            "votes": voted,
            "kb_links": [article] if article else [],
        }
        return {"conversation_id": f"tb-{i:02}", "channel": "forum", "source": "s", "labels": labels, "messages": said}

    threads = [thread(1, "a"), thread(2, "a", 3), thread(3, "b"), thread(4, "", 5), thread(5, ""), thread(6, "c")]
    threads += [thread(i, "a") for i in range(8, 13)]
    threads.insert(6, thread(7, "a", says=2))  # says what the second one says
    written(tmp_path / "conversations/thunderbird_show.jsonl.gz", threads)
    task = tasks.TASKS["thunderbird"](tasks.Subset(tmp_path))
    assert set(task.exemplars["exemplar_id"]) == {"tb-01#3", "tb-02#3", "tb-03#3", "tb-04#3", "tb-06#3"}
    assert task.queries["query_id"].tolist() == ["tb-08", "tb-09", "tb-10", "tb-11", "tb-12"]
    assert task.queries["text"][0].startswith("subject 8\n\nquestion 8\n\n115")
    gains = task.qrels[task.qrels["query_id"] == "tb-08"].set_index("exemplar_id")["gain"].to_dict()
    assert gains == {"tb-01#3": 1, "tb-02#3": 2}
