"""Several processes take from one pool at once: nothing is taken twice, nothing gets lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import Clock, census, conversation_frames

from qa_toolkit.project import Project
from qa_toolkit.store import Store

pytestmark = pytest.mark.every_database

POOL = 200
SHARED = 40


def take(store: Store, processes: int, sample: str = "pool") -> list[tuple[str, str]]:
    """Return who got what, as the processes said it."""
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    script = Path(__file__).with_name("takers.py")
    command = [sys.executable, str(script), store.url, sample, str(processes)]
    said = subprocess.run(command, capture_output=True, text=True, env=env, check=True).stdout
    return [(name, found) for name, found in (line.split(" ") for line in said.splitlines())]


@pytest.fixture
def project(store: Store) -> Project:
    conversations, messages = conversation_frames(POOL)
    store.add_conversations(conversations, messages)
    store.save_sample("pool", census(conversations), {})
    store.save_sample("shared", census(conversations[:SHARED]), {})
    return Project(store)


def test_eight_take_from_one_pool_and_one_of_them_is_killed(project: Project) -> None:
    project.assign("pool", how="pool", by="lea")
    taken = take(project.store, 8)
    assert max(Counter(found for _, found in taken).values()) == 1
    frame = project.assignments("pool")
    mine = frame[frame["state"] == "taken"]
    assert mine["conversation_id"].is_unique
    assert set(mine["conversation_id"]) == {f"c{i}" for i in range(POOL)}
    # Who was killed may have died between what was written and what was said, nobody else.
    unsaid = set(zip(mine["reviewer"], mine["conversation_id"], strict=True)) - set(taken)
    assert {name for name, _ in unsaid} <= {"killed"}
    assert set(taken) - set(zip(mine["reviewer"], mine["conversation_id"], strict=True)) == set()
    assert project.verify().ok

    # What the killed one had comes back when its lease has run out, and nothing else does.
    held = mine[mine["reviewer"] == "killed"]["conversation_id"]
    clock = Clock()
    project.store.assignments._now = clock
    clock.time = (mine["lease_until"].max() - timedelta(minutes=30)).to_pydatetime()
    assert project.take("pool", "zoe", 100) == []
    for name in set(mine["reviewer"]) - {"killed"}:
        project.reassign("pool", name, f"{name}-again", by="lea")  # given by hand, without a lease
    clock.time += timedelta(hours=2)
    assert sorted(project.take("pool", "zoe", 100)) == sorted(held)


def test_everybody_may_have_it_once(project: Project) -> None:
    """With an overlap of three, no process gets the same conversation twice, and three get each."""
    project.assign("shared", how="pool", overlap=3, by="lea")
    taken = take(project.store, 5, "shared")
    assert max(Counter(taken).values()) == 1
    frame = project.assignments("shared")
    mine = frame[frame["state"] == "taken"]
    assert set(mine["conversation_id"].value_counts()) == {3}
    assert "" not in set(frame["reviewer"])
