"""What an act of a reviewer costs in the kernel, by the length of the queue; without a browser.

    python benchmarks/long_queue.py [--lengths 100 10000 100000] [--rounds 60]

All queues are open at once and take turns, so that whatever else the machine does falls on each alike. Prints
milliseconds, p50 and p95, and each p50 as a ratio to that of the shortest queue.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from qa_toolkit.conversations import validate_conversations, validate_messages
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import load_rubric
from qa_toolkit.store import open_store

ACTS = ("start", "hello", "rate", "submit", "next", "undo", "refresh")
TEXTS = (("customer", "Where is my parcel?"), ("agent", "It is on the van, you have it by four."))


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", type=int, nargs="+", default=[100, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=60)
    given = parser.parse_args()
    times: dict[tuple[int, str], list[float]] = {(n, act): [] for n in given.lengths for act in ACTS}
    with TemporaryDirectory() as folder:
        sessions = {n: make(Path(folder), n, times) for n in given.lengths}
        for i in range(given.rounds):
            for n, session in sessions.items():
                play(session, i, lambda act, do, n=n: times[n, act].append(timed(do)))
    print(table(times, given.lengths))


def make(folder: Path, n: int, times: dict[tuple[int, str], list[float]]) -> ReviewSession:
    """Return a session with n conversations in its queue."""
    store = open_store(f"sqlite:///{folder}/{n}.db")
    ids = [f"c{i}" for i in range(n)]
    sent_at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    heads = {"conversation_id": ids, "source": "made", "channel": "chat", "n_messages": len(TEXTS)}
    bodies = [
        (c, k, role, text, sent_at, "Mei" if role == "agent" else "Nora")
        for c in ids
        for k, (role, text) in enumerate(TEXTS)
    ]
    columns = ["conversation_id", "position", "role", "text", "sent_at", "author"]
    conversations = validate_conversations(pd.DataFrame(heads).assign(labels=[{} for _ in ids]))
    store.add_conversations(conversations, validate_messages(pd.DataFrame(bodies, columns=columns)))
    items = conversations[["conversation_id"]].assign(stratum="all", inclusion_probability=1.0, reason="all of them")
    store.save_sample("all", items, {})
    session: list[ReviewSession] = []
    start = timed(lambda: session.append(ReviewSession(store, "all", "ruth", load_rubric())) or session[0].progress())
    times[n, "start"].append(start)
    return session[0]


def play(session: ReviewSession, i: int, measure: Callable[[str, Callable[[], Any]], None]) -> None:
    """Review one conversation as a reviewer does, and measure one act of each kind."""
    at = session.queue[i]
    measure("hello", session.hello)
    measure("rate", lambda: session.rate(at, session.rubric.ids[0], "fail", [{"position": 1}], "why", 0))
    session.rate_rest(at)
    measure("submit", lambda: session.submit(at))
    measure("undo", session.undo)
    session.submit(at)
    measure("next", lambda: session.next(at))
    measure("refresh", lambda: session.refresh(at))


def timed(do: Callable[[], Any]) -> float:
    """Return the milliseconds that something takes."""
    start = time.perf_counter()
    do()
    return (time.perf_counter() - start) * 1_000


def table(times: dict[tuple[int, str], list[float]], lengths: list[int]) -> str:
    """Return a table in Markdown."""
    rows = [f"| act | {' | '.join(f'{n:,}' for n in lengths)} |", "| --- |" + " --- |" * len(lengths)]
    for act in ACTS:
        p50 = [np.median(times[n, act]) for n in lengths]
        p95 = [np.quantile(times[n, act], 0.95) for n in lengths]
        cells = [f"{a:.2f} / {b:.2f} (x{a / p50[0]:.2f})" for a, b in zip(p50, p95, strict=True)]
        rows.append(f"| {act} | {' | '.join(cells)} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main()
