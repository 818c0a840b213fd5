"""What people wait for in a project of a million reviews, against one of ten thousand.

    python benchmarks/team_size.py [--reviews 10000 1000000] [--database sqlite|postgresql] [--json OUT.json]

Each conversation is reviewed once by 26 ratings and a submit, an agent has 50 conversations, a reviewer 1,000 reviews.
The log is written past the store, with true hashes. Then these are timed through the calls that screens make, each 30
times on other conversations: taking the next from a pool and the next of a queue, a rating that is saved, the current
ratings of one conversation, the faults of one agent, whose conversations lie all over the log.

A million reviews take 18 GB in the folder of temporary files (TMPDIR), and ten to twenty minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import filling
from conftest import census, conversation_frames
from postgresql import Server

from qa_toolkit import open_project
from qa_toolkit.project import Project
from qa_toolkit.rubric import load_rubric

OF_AGENT, OF_REVIEWER, QUEUE, TIMES = 50, 1000, 1000, 30
TEXTS = [("customer", "Where is my parcel?"), ("agent", "Sorry, I will ring the depot.")]


def main() -> None:
    """Run it for each size on each database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reviews", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--database", choices=("sqlite", "postgresql"), nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    found = []
    for database in given.database:
        for n in given.reviews:
            with empty(database) as url:
                found.append({"database": database, **run(url, n)})
            print(json.dumps(found[-1]), flush=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


@contextmanager
def empty(database: str) -> Iterator[str]:
    """Lend an empty database of a kind."""
    if database == "sqlite":
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/project.db"
    else:
        with Server(fsync=True) as server, server.database() as url:
            yield url


def run(url: str, n: int) -> dict[str, Any]:
    """Fill an empty database with so many reviews, and time what people wait for."""
    project = open_project(url)
    started = time.perf_counter()
    fill(project, n)
    seconds = round(time.perf_counter() - started)
    project.store.close()
    figures = {name: milliseconds(act) for name, act in waits(project, n).items()}
    assert project.verify().ok if n <= 20_000 else True  # takes minutes for millions of events
    project.store.close()
    return {"reviews": n, "events": n * 27, "seconds_to_fill": seconds, "ms": figures}


def fill(project: Project, n: int) -> None:
    """Write conversations and their reviews, and a sample of which nothing is reviewed yet, all of it in a pool."""
    heads, bodies = conversation_frames(1, TEXTS)
    for start in range(0, n + QUEUE, 10_000):
        ids = pd.Series([f"c{i:08}" for i in range(start, min(start + 10_000, n + QUEUE))], dtype="str")
        numbers = pd.Series(range(start, start + len(ids))) % max(1, n // OF_AGENT)
        agents = ("agent-" + numbers.astype(str)).astype("str")
        some = heads.loc[heads.index.repeat(len(ids))].reset_index(drop=True).assign(conversation_id=ids, agent=agents)
        texts = bodies.loc[np.tile(bodies.index, len(ids))].reset_index(drop=True)
        texts["conversation_id"] = ids.repeat(len(TEXTS)).to_numpy()
        texts["author"] = agents.repeat(len(TEXTS)).where(texts["role"].to_numpy() == "agent", "Nora").to_numpy()
        project.store.add_conversations(some, texts)
    items = census(pd.DataFrame({"conversation_id": [f"c{i:08}" for i in range(n, n + QUEUE)]}))
    project.store.save_sample("queue", items, {})
    project.store.save_sample("pool", items, {})
    project.assign("pool", how="pool", by="lead")
    filling.fill(project.store, load_rubric("commandments"), n, max(1, n // OF_REVIEWER))


def waits(project: Project, n: int) -> dict[str, Callable[[int], Any]]:
    """Return what people wait for; each is called with a number of the time that it is done."""
    rubric, chance = load_rubric("commandments"), random.Random(2)
    reviewers = max(1, n // OF_REVIEWER)
    session = project.review("queue", "reviewer-0")
    session.hello()
    place = [chance.randrange(n) for _ in range(TIMES + 1)]

    def ratings(k: int) -> Any:
        found = project.store.current_events(f"reviewer-{place[k] % reviewers}", f"c{place[k]:08}", rubric.hash)
        assert len(found) == 27
        return found

    return {
        "next of a queue": lambda k: session.next(f"c{n + k:08}"),
        "next of a pool": lambda k: project.take("pool", f"taker-{k}"),
        "a rating saved": lambda k: session.rate(f"c{n + k:08}", rubric.ids[0], "pass"),
        "ratings of a conversation": ratings,
        "faults of an agent": lambda k: project.faults(f"agent-{place[k] % max(1, n // OF_AGENT)}"),
    }


def milliseconds(act: Callable[[int], Any]) -> dict[str, float]:
    """Return the median and the 95th percentile of some times, and the processor time of each, without the server's."""
    act(0)  # is not counted
    seconds, spent = [], time.process_time()
    for k in range(1, TIMES + 1):
        started = time.perf_counter()
        act(k)
        seconds.append(time.perf_counter() - started)
    p50, p95 = np.quantile(seconds, [0.5, 0.95]).tolist()
    processor = (time.process_time() - spent) / TIMES
    return {name: round(1000 * value, 1) for name, value in (("p50", p50), ("p95", p95), ("processor", processor))}


if __name__ == "__main__":
    main()
