"""What a whole report costs, by stage, and how much memory it takes, on a database that this makes by itself.

    python benchmarks/report.py [--reviews 50000] [--database made.db] [--rounds 3]

Each review rates 26 commandments; half of the conversations are reviewed twice. Prints the best of the rounds in
seconds: stages that run at the same time are counted in full, so they add up to more than the whole. Peak memory is
that of the process, with what was there before the first report beside it. Processor time is that of both threads.
"""

from __future__ import annotations

import argparse
import itertools
import json
import resource
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from qa_toolkit.conversations import validate_conversations, validate_messages
from qa_toolkit.project import Project, open_project
from qa_toolkit.report import report_html, summaries
from qa_toolkit.rubric import Rubric, load_rubric
from qa_toolkit.store import Store, open_store, tables
from qa_toolkit.store.events import hash_of

START = datetime(2025, 7, 1, tzinfo=UTC)
RATINGS = ("fail", "partial", "pass", "na")
TEXTS = (
    "My invoice is wrong.",
    "I am sorry. Which one?",
    "The last one.",
    "It is put right, and the money is on its way.",
)
READS = ("rating_codes", "conversations", "good_answers", "time_spent")
COMPUTES = ("rate_frames", "agreement_frame", "modelled", "satisfaction", "_quotes")
BATCH = 20_000


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reviews", type=int, default=50_000)
    parser.add_argument("--database", type=Path, help="made if it is not there, and kept")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        path = given.database or Path(folder) / "made.db"
        if not path.exists():
            begun = time.perf_counter()
            make(path, given.reviews)
            print(
                f"made {given.reviews:,} reviews in {time.perf_counter() - begun:.0f} s, {path.stat().st_size >> 20} MB"
            )
        measure(open_project(f"sqlite:///{path}"), given.rounds, Path(folder))


def measure(project: Project, rounds: int, folder: Path) -> None:
    """Print what the stages take."""
    before, found = peak(), [once(project, folder / f"{i}.html") for i in range(rounds)]
    for stage in found[0]:
        print(f"  {stage:24} {min(times[stage] for times in found):6.2f} s")
    print(f"  peak memory {peak():.0f} MB, of which {before:.0f} MB before the first report")


def once(project: Project, path: Path) -> dict[str, float]:
    """Make one report and its page, and return the seconds of each stage."""
    times: dict[str, float] = {}
    processor = time.process_time()
    kept = {name: getattr(summaries, name) for name in COMPUTES}
    for name in READS:
        setattr(project.store, name, timed(name, getattr(type(project.store), name).__get__(project.store), times))
    for name, function in kept.items():
        setattr(summaries, name, timed(name, function, times))
    report = timed("report", project.report, times)("year", team="labels.team")
    path.write_text(timed("page", report_html, times)(report), encoding="utf-8")
    for name, function in kept.items():
        setattr(summaries, name, function)
    whole = {"report and page": times["report"] + times["page"], "processor time": time.process_time() - processor}
    return times | whole


def timed(name: str, function: Callable[..., Any], times: dict[str, float]) -> Callable[..., Any]:
    """Return a function that notes how long it took."""

    def run(*args: Any, **kwargs: Any) -> Any:
        begun = time.perf_counter()
        result = function(*args, **kwargs)
        times[name] = times.get(name, 0.0) + time.perf_counter() - begun
        return result

    return run


def peak() -> float:
    """Return the peak memory of this process in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def make(path: Path, reviews: int) -> None:
    """Make a project with the sample "year" of two strata."""
    rng, rubric = np.random.default_rng(5), load_rubric()
    store = open_store(f"sqlite:///{path}")
    store.save_rubric(rubric.hash, rubric.id, rubric.version, rubric.title, rubric.text)
    sampled, twice = reviews * 2 // 3, reviews - reviews * 2 // 3
    conversations = add_texts(store, sampled, rng)
    paying = conversations["plan"] == "paying"
    items = conversations[["conversation_id"]].assign(
        stratum=conversations["plan"], inclusion_probability=np.where(paying, 0.9, 0.7), reason="random within plan"
    )
    store.save_sample("year", items, {"n": sampled})
    of = np.concatenate([np.arange(sampled), np.arange(twice)])
    reviewer = np.concatenate(
        [first := rng.integers(0, 20, sampled), (first[:twice] + rng.integers(1, 20, twice)) % 20]
    )
    agents = conversations["agent"].str[-2:].astype(int).to_numpy()
    # What agents do, how strict reviewers are, how hard commandments are, and chance.
    skill, strict, hard = (rng.normal(0, spread, n) for spread, n in ((0.5, 60), (0.4, 20), (0.6, len(rubric))))
    seen = rng.normal(0, 0.8, (sampled, len(rubric)))[of] + rng.normal(0, 0.6, (reviews, len(rubric)))
    level = seen + (1.2 + skill[agents[of]] - strict[reviewer])[:, None] - hard
    ratings = np.where(level > 0.3, 2, np.where(level > -0.5, 1, 0))
    applies = rng.random((sampled, len(rubric))) > np.linspace(0.02, 0.5, len(rubric))
    ratings[~applies[of]] = 3
    ids = conversations["conversation_id"].to_numpy()
    write(store, events(rubric, ids[of], reviewer, ratings))
    store.close()


def add_texts(store: Store, n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Add conversations of a year by 60 agents in three teams; two in five customers answer the survey."""
    agent = rng.integers(0, 60, n)
    begun = [START + timedelta(seconds=int(s)) for s in np.sort(rng.uniform(0, 365 * 86400, n))]
    heads = pd.DataFrame(
        {
            "conversation_id": [f"conv-{i:06d}" for i in range(n)],
            "source": "made",
            "channel": rng.choice(["email", "chat", "phone"], n),
            "language": "en",
            "agent": [f"agent-{i:02d}" for i in agent],
            "customer": [f"customer-{i}" for i in range(n)],
            "plan": np.where(rng.random(n) < 0.35, "paying", "free"),
            "started_at": begun,
            "n_messages": len(TEXTS),
            "labels": [
                {"team": ("billing", "product", "delivery")[a % 3]} | ({"csat": int(c)} if c <= 5 else {})
                for a, c in zip(agent, rng.integers(1, 13, n), strict=True)
            ],
        }
    )
    conversations = validate_conversations(heads)
    rows = itertools.product(zip(heads["conversation_id"], heads["agent"], strict=True), enumerate(TEXTS))
    bodies = [(one, k, ("customer", "agent")[k % 2], (None, name)[k % 2], text) for (one, name), (k, text) in rows]
    columns = ["conversation_id", "position", "role", "author", "text"]
    store.add_conversations(conversations, validate_messages(pd.DataFrame(bodies, columns=columns)))
    return conversations


def events(rubric: Rubric, ids: Any, reviewer: Any, ratings: Any) -> Iterator[dict[str, Any]]:
    """Yield the events of all reviews: the ratings, the time, the submit; every 25th has a good answer."""
    for i, (one, who, rated) in enumerate(zip(ids, reviewer, ratings, strict=True)):
        actor = f"reviewer-{who:02d}"
        for k, (commandment, code) in enumerate(zip(rubric.ids, rated, strict=True)):
            item = {"position": 1, "start": None, "end": None}
            said = {
                "evidence": [item] if code < 2 else [],
                "comment": "The question was passed over." if code == 0 else "",
            }
            payload = {"commandment": commandment, "rating": RATINGS[code], **said}
            yield event(i, k, actor, "rating", f"rating:{commandment}", one, rubric.hash, payload)
        if i % 25 == 0:
            good = {"position": 3, "commandments": [rubric.ids[i % len(rubric)]], "note": "", "good": True}
            yield event(i, 26, actor, "good_answer", "good_answer:3", one, rubric.hash, good)
        yield event(i, 27, actor, "time", f"time:{i}", one, "", {"seconds": 240 + i % 400, "idle": 5})
        yield event(i, 28, actor, "submit", "status", one, rubric.hash, {})


def event(i: int, k: int, actor: str, kind: str, slot: str, one: str, rubric: str, payload: Any) -> dict[str, Any]:
    """Return an event without its number and its hash."""
    head = {
        "uid": f"{i}-{k}",
        "actor": actor,
        "kind": kind,
        "slot": slot,
        "conversation_id": one,
        "rubric_hash": rubric,
    }
    at = START + timedelta(minutes=10 * i, seconds=k)
    return head | {"sample": "year", "target": None, "payload": json.dumps(payload, sort_keys=True), "at": at}


def write(store: Store, rows: Iterator[dict[str, Any]]) -> None:
    """Write events with their hash chains, as the store would, but many at once."""
    heads: dict[str, tuple[int, str]] = {}
    numbers = itertools.count(1)

    def chained(row: dict[str, Any]) -> dict[str, Any]:
        seq, prev = heads.get(row["actor"], (0, ""))
        row |= {"event_id": next(numbers), "seq": seq + 1, "prev_hash": prev}
        row["hash"] = hash_of(row)
        heads[row["actor"]] = row["seq"], row["hash"]
        return row

    with store._engine.begin() as connection:
        while batch := [chained(row) for row in itertools.islice(rows, BATCH)]:
            connection.execute(tables.events.insert(), batch)


if __name__ == "__main__":
    main()
