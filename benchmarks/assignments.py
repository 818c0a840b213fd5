"""What it takes to assign, and to get the next one, by the number of assignments.

    python benchmarks/assignments.py [--sizes 10000 1000000] [--rounds 60] [--url postgresql://user@host/database]

For each size a new project: the whole sample is put into a pool, then taken from one by one, by a reviewer who had
none, by one whose own conversations lie in front, and in a session. With a URL, that database is used in place of
SQLite; it must be empty, and holds the project afterwards, so give one size. Prints seconds of what is done once, and
p50 and p95 of the rest in milliseconds.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import load_rubric
from qa_toolkit.store import Store, open_store, tables
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.engine import writing

CHUNK = 50_000
AGENTS = 50
MESSAGE = {"position": 0, "role": "agent", "text": "Your parcel is on the van."}
IN_FRONT = 2_000  # conversations of one agent, at the head of the pool


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--url")
    given = parser.parse_args()
    for n in given.sizes:
        with TemporaryDirectory() as folder:
            store = open_store(given.url or f"sqlite:///{Path(folder) / 'p.db'}")
            fill(store, n)
            for name, shown in measure(Project(store), given.rounds).items():
                print(f"{n:>9,}  {name:<42} {shown}", flush=True)
            store.close()


def fill(store: Store, n: int) -> None:
    """Write n conversations of one message, and a sample of all; what an import does besides is not measured here."""
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    common = {"source": "made", "channel": "chat", "n_messages": 1, "labels": {}, "content_hash": "", "imported_at": at}
    item = {"sample": "all", "stratum": "all", "inclusion_probability": 1.0, "reason": "all", "part": "random"}
    with writing(store._engine) as connection:
        insert = partial(dialect_of(connection).insert_many, connection)
        connection.execute(tables.samples.insert().values(sample="all", plan={}, n_items=n, drawn_at=at))
        for start in range(0, n, CHUNK):
            numbers = range(start, min(n, start + CHUNK))
            heads = [{**common, "conversation_id": f"c{i}", "agent": agent(i), "number": i} for i in numbers]
            insert(tables.conversations, heads)
            items = [{**item, "draw": i, "conversation_id": f"c{i}", "reserve": False} for i in numbers]
            insert(tables.sample_items, items)
            bodies = [{"conversation_id": f"c{i}", **MESSAGE} for i in numbers]
            insert(tables.messages, bodies)


def agent(i: int) -> str:
    """Return whose a conversation is."""
    return "agent-0" if i < IN_FRONT else f"agent-{i % AGENTS}"


def measure(project: Project, rounds: int) -> dict[str, str]:
    """Return what each thing takes, as text."""
    found = {"assign all to a pool": once(lambda: project.assign("all", how="pool", by="lea"))}
    found["take the next"] = each(rounds, lambda _: project.take("all", "nora"))
    front = f"take the next, {IN_FRONT:,} of one's own in front"
    found[front] = each(rounds, lambda _: project.take("all", "agent-0"))
    session = ReviewSession(project.store, "all", "ines", load_rubric("commandments"))
    found["take the next in a session, with its view"] = each(rounds, lambda _: session.take())
    names, rated = session.queue, session.rubric.ids[0]
    found["an act of a review, its lease renewed"] = each(rounds, lambda i: session.rate(names[i], rated, "pass"))
    found["hand back"] = each(rounds, lambda i: project.hand_back("all", f"c{i}", "nora", "no time"))
    found["a reviewer's frame"] = each(5, lambda _: project.assignments("all", "nora"))
    found["the board"] = once(lambda: project.board("all"))
    found["give 1,000 of the pool to 50 reviewers"] = once(lambda: give(project))
    found["give what waits for one to two others"] = once(lambda: pass_on(project))
    return found


def give(project: Project) -> None:
    """Share out a part of the pool."""
    reviewers = [f"reviewer-{i}" for i in range(50)]
    project.reassign("all", "", reviewers, [f"c{i}" for i in range(5_000, 6_000)], by="lea")


def pass_on(project: Project) -> None:
    """Give the 20 conversations of one reviewer to others."""
    moved = project.reassign("all", "reviewer-0", ["reviewer-1", "reviewer-2"], by="lea")
    assert len(moved) == 20


def once(do: Callable[[], Any]) -> str:
    """Return what something takes that is done once."""
    start = time.perf_counter()
    do()
    return f"{time.perf_counter() - start:.2f} s"


def each(rounds: int, do: Callable[[int], Any]) -> str:
    """Return the median and the 95th percentile of what something takes that is done often."""
    times = []
    for i in range(rounds):
        start = time.perf_counter()
        do(i)
        times.append(1000 * (time.perf_counter() - start))
    return f"{np.median(times):.1f} / {np.quantile(times, 0.95):.1f} ms"


if __name__ == "__main__":
    main()
