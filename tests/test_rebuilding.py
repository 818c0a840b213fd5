"""The table of assignments, made anew in one pass over the log, is the one that followed it event by event."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from conftest import Clock, census, conversation_frames
from sqlalchemy.engine import Connection

from qa_toolkit.errors import QAToolkitError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Event, Store, assigned, open_store, tables
from qa_toolkit.store.engine import reading

pytestmark = pytest.mark.every_database

PEOPLE = ("nora", "ines", "omar", "mei")  # of whom mei is an agent
SAMPLES = ("first", "second")
STEPS = 130


def rows(store: Store) -> list[tuple[Any, ...]]:
    with reading(store._engine) as connection:
        return sorted(tuple(row) for row in connection.execute(sa.select(tables.assignments)))


class History:
    """Does one thing after another, as chance has it; what is refused is left."""

    def __init__(self, project: Project, rubrics: list[Rubric], seed: int) -> None:
        self.project, self.rubrics, self.chance = project, rubrics, random.Random(seed)
        self.clock = Clock()
        project.store._now = project.store.assignments._now = self.clock
        self.steps: list[Callable[[], Any]] = [
            *(self.assign, self.pool, self.by_hand, self.reassign, self.replace),
            *3 * [self.take, self.hand_back, self.late],
            *12 * [self.work],
        ]

    def run(self) -> None:
        for _ in range(STEPS):
            with suppress(QAToolkitError):
                self.chance.choice(self.steps)()

    def sample(self) -> str:
        return self.chance.choice(SAMPLES)

    def person(self) -> str:
        return self.chance.choice(PEOPLE)

    def found(self) -> str:
        return f"c{self.chance.randrange(8)}"

    def due(self) -> str:
        return self.chance.choice(["2026-09-30", "2026-10-31"])

    def assign(self) -> None:
        who, overlap = self.chance.sample(PEOPLE, 2), self.chance.randint(1, 2)
        agents = {"ines": self.chance.choice(["amara", "derek"])} if self.chance.random() < 0.5 else None
        self.project.assign(self.sample(), who, overlap=overlap, share=0.5, due=self.due(), agents=agents, by="lea")

    def pool(self) -> None:
        self.project.assign(self.sample(), how="pool", overlap=self.chance.randint(1, 3), by="lea")

    def by_hand(self) -> None:
        self.project.assign(self.sample(), {self.person(): [self.found()]}, by="lea")

    def take(self) -> None:
        self.project.take(self.sample(), self.person(), self.chance.randint(1, 3), lease=self.chance.choice([5, 600]))

    def hand_back(self) -> None:
        self.project.hand_back(self.sample(), self.found(), self.person(), "ill")

    def reassign(self) -> None:
        to = self.chance.choice([[""], ["omar", "ines"], ["nora"]])
        due = self.due() if self.chance.random() < 0.5 else None
        self.project.reassign(self.sample(), self.chance.choice([*PEOPLE, ""]), to, due=due, by="lea")

    def replace(self) -> None:
        out = self.chance.random() < 0.3
        self.project.replace(self.sample(), self.found(), "unreadable", out_of_scope=out, actor="lea")

    def late(self) -> None:
        self.clock.time += timedelta(minutes=20)

    def work(self) -> None:
        sample, rubric = self.sample(), self.chance.choice(self.rubrics)
        session = ReviewSession(self.project.store, sample, self.person(), rubric)
        held = self.chance.choice(session.queue or ("c0",))
        what = self.chance.randrange(5)
        if what == 0:
            session.rate(held, rubric.ids[0], self.chance.choice(["pass", "fail"]))
        elif what == 1:
            session.skip(held, "not mine to judge")
        elif what == 2:
            session.undo()
        elif what == 3:
            session.spent(held, 5, 1)
        else:
            session.rate_rest(held, "pass")
            session.submit(held)


def lived(url: str, rubrics: list[Rubric], seed: int) -> Store:
    store = open_store(url, Clock())
    conversations, messages = conversation_frames(12)
    store.add_conversations(conversations, messages)
    for i, name in enumerate(SAMPLES):
        reserve = [found in ("c6", "c7", "c8") if i else found == "c11" for found in conversations["conversation_id"]]
        store.save_sample(name, census(conversations).assign(reserve=reserve), {})
    History(Project(store), rubrics, seed).run()
    return store


@pytest.mark.parametrize("seed", [0, 5])
def test_a_random_history(
    url: str, small_rubric: Rubric, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rubrics = [small_rubric, replace(small_rubric, version="2")]
    store = lived(url, rubrics, seed)
    before = rows(store)
    assert len(before) > 40
    assert len({row[3] for row in before}) > 5, "few states"
    assert store.assignments.rebuild() == (0, 0)
    assert rows(store) == before
    store.close()

    def singly(connection: Connection, events: Sequence[Event]) -> None:
        for event in events:
            real(connection, [event])

    real = assigned.follow
    monkeypatch.setattr(assigned, "follow", singly)  # where the table is asked, not a copy of many rows in memory
    other = lived(f"sqlite:///{tmp_path}/singly.db", rubrics, seed)
    assert rows(other) == before
    other.close()
