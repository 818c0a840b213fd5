"""What people wait for is found by indexes, in a project of any size: the database says how it finds it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa
from conftest import census, conversation_frames
from raw import execute

from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, Store, open_store

pytestmark = pytest.mark.every_database
LARGE = ("events", "messages", "conversations", "sample_items", "assignments")
ALIASES = "|".join((*LARGE, *(f"{name}_[0-9]+" for name in LARGE), "e", "n", "u", "v", "anon_[0-9]+"))
SCAN = re.compile(rf"^SCAN (?:{ALIASES})\b")
SEQ_SCAN = re.compile(rf"Seq Scan on (?:{'|'.join(LARGE)})\b")
INDEX_SCAN = re.compile(rf"Index (?:Only )?Scan.* on (?:{'|'.join(LARGE)})\b")


@pytest.fixture
def large(url: str) -> Iterator[Store]:
    """A project of enough conversations that a planner sees a reason for an index."""
    store = open_store(url)
    frames = conversation_frames(600)
    agents = pd.Series([f"agent-{i % 100}" for i in range(600)], dtype="str")
    messages = frames[1].assign(author=frames[1]["author"].where(frames[1]["role"] != "agent", "somebody"))
    store.add_conversations(frames[0].assign(agent=agents), messages)
    store.save_sample("first", census(frames[0]), {})
    yield store
    store.close()


@pytest.fixture
def session(large: Store, small_rubric: Rubric) -> ReviewSession:
    """Two hundred reviewers have reviewed three conversations each; this is the first of them."""
    large.append_many([act for k in range(600) for act in review(small_rubric, f"r{k // 3}", f"c{k}")])
    if large.url.startswith("postgresql"):  # where a server does it by itself; in a file, whoever likes to
        analyse(large)
    session = ReviewSession(large, "first", "r0", small_rubric)
    session.hello()
    return session


def analyse(store: Store) -> None:
    execute(store.url, "ANALYZE")
    store.close()


def review(rubric: Rubric, reviewer: str, name: str) -> list[Act]:
    where = name, rubric.hash, "first"
    ratings = [{"commandment": one, "rating": "fail", "evidence": [], "comment": ""} for one in rubric.ids]
    acts = [
        Act(f"{name}-{r['commandment']}", reviewer, "rating", f"rating:{r['commandment']}", *where, r) for r in ratings
    ]
    return [*acts, Act(name, reviewer, "submit", "status", *where)]


@contextmanager
def asked(store: Store) -> Iterator[list[tuple[str, Any]]]:
    """Collect what the database is asked."""
    seen: list[tuple[str, Any]] = []

    def note(c: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            seen.append((statement, parameters))

    sa.event.listen(store._engine, "before_cursor_execute", note)
    yield seen
    sa.event.remove(store._engine, "before_cursor_execute", note)


def plan_of(store: Store, statement: str, parameters: Any) -> list[str]:
    with store._engine.connect() as connection:
        if store.url.startswith("sqlite"):
            return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        for name in ("seqscan", "hashjoin", "mergejoin"):  # to which a small table tempts a planner
            connection.exec_driver_sql(f"SET LOCAL enable_{name} = off")
        return [row[0].strip() for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]


def whole_tables(store: Store, plan: list[str]) -> list[str]:
    """Return the lines of a plan that read a whole table, or a whole index."""
    if store.url.startswith("sqlite"):
        return [line for line in plan if SCAN.search(line)]
    unsought = [
        line
        for line, after in zip(plan, [*plan[1:], ""], strict=True)
        if INDEX_SCAN.search(line) and not after.startswith(("Index Cond", "Recheck Cond"))
    ]
    return [line for line in plan if SEQ_SCAN.search(line)] + unsought


def check(store: Store, act: Callable[[], Any]) -> list[str]:
    """Do something, and raise an error if a whole table is read for it; return the plans."""
    with asked(store) as seen:
        act()
    assert seen
    lines: list[str] = []
    for statement, parameters in seen:
        plan = plan_of(store, statement, parameters)
        assert not whole_tables(store, plan), (statement, plan)
        lines += plan
    return lines


@pytest.mark.parametrize("kind", ["next", "rate", "submit", "state", "refresh"])
def test_what_a_reviewer_waits_for(large: Store, session: ReviewSession, kind: str) -> None:
    acts: dict[str, Callable[[], Any]] = {
        "next": lambda: session.next("c0"),
        "rate": lambda: session.rate("c7", "listen", "pass", [{"position": 1}]),
        "submit": lambda: (session.rate_rest("c7"), session.submit("c7"), session.undo()),
        "state": lambda: session.state("c0"),
        "refresh": lambda: session.refresh("c0"),
    }
    check(large, acts[kind])


def work_of(store: Store, statement: str, parameters: Any) -> float:
    """Return how many rows a server looks at, in all steps of a plan."""
    with store._engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", parameters).scalar()
    found = json.loads(rows) if isinstance(rows, str) else rows
    steps, work = [found[0]["Plan"]], 0.0
    while steps:
        step = steps.pop()
        steps += step.get("Plans", [])
        passed = sum(value for name, value in step.items() if name.startswith("Rows Removed"))
        work += (step["Actual Rows"] + passed) * step["Actual Loops"]
    return work


def test_a_log_of_which_no_statistics_are_known_yet(large: Store, small_rubric: Rubric) -> None:
    acts = [act for k in range(600) for act in review(small_rubric, "r0", f"c{k}")]
    large.append_many(acts)
    with asked(large) as seen:
        ReviewSession(large, "first", "r0", small_rubric).hello()
    if large.url.startswith("postgresql"):
        assert max(work_of(large, *one) for one in seen) < 20 * len(acts)
    else:
        assert not [line for one in seen for line in whole_tables(large, plan_of(large, *one))]


def test_taking_from_a_pool(large: Store, session: ReviewSession) -> None:
    project = Project(large)
    project.assign("first", how="pool", overlap=2, by="lead")
    check(large, lambda: project.take("first", "ines"))
    analyse(large)
    plans = check(large, lambda: project.take("first", "nora", 2))
    for name in ("ix_assignments_next", "ix_assignments_lease"):
        assert any(name in line for line in plans), plans
    mine = project.review("first", "nora", session.rubric)
    check(large, mine.hello)
    check(large, lambda: mine.next(project.assignments("first", "nora")["conversation_id"][0]))


def test_giving_out_of_a_pool(large: Store, session: ReviewSession) -> None:
    project = Project(large)
    project.assign("first", how="pool", overlap=3, by="lead")
    ids = [f"c{i}" for i in range(100, 103)]
    check(large, lambda: project.reassign("first", "", ["ines", "omar"], ids, by="lead"))
    analyse(large)
    check(large, lambda: project.reassign("first", "", ["nora", "zoe"], ids, by="lead"))
    check(large, lambda: project.reassign("first", "nora", ["max", "ada"], by="lead"))


def test_the_faults_of_an_agent(large: Store, session: ReviewSession) -> None:
    check(large, lambda: Project(large).faults("agent-1", "listen"))
    analyse(large)
    plans = check(large, lambda: Project(large).faults("agent-1"))
    for name in ("ix_messages_author", "ix_conversations_agent", "ix_events_conversation"):
        assert any(name in line for line in plans), plans
    everything = Project(large).faults()
    for agent in ("somebody", "agent-1"):
        mine = everything[everything["agent"] == agent].reset_index(drop=True)
        pd.testing.assert_frame_equal(Project(large).faults(agent), mine)
    assert set(everything["agent"]) == {f"agent-{i}" for i in range(100)}
    assert len(everything) == 1800


def test_a_fault_is_of_who_wrote_the_answer(large: Store, session: ReviewSession) -> None:
    session.rate("c9", "listen", "fail", [{"position": 1}])
    session.rate_rest("c9")
    session.submit("c9")
    [fault] = Project(large).faults("somebody").to_dict("records")
    assert (fault["conversation_id"], fault["commandment"], fault["agent"]) == ("c9", "listen", "somebody")
    assert "c9#listen#r0" not in set(Project(large).faults("agent-9")["fault_id"])
