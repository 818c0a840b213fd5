"""Reviewers in processes of their own rate as fast as they can: how long a save takes, and whether any is lost.

    python benchmarks/team_load.py [--reviewers 1 8 50] [--seconds 60] [--database sqlite|postgresql]
                                   [--url postgresql://...] [--json OUT.json]

Each takes conversations from one pool, rates all commandments of the packaged rubric one by one through
`ReviewSession`, as the screen does, and submits. A save is one call: it is written, on disk, and the new state is read.
PostgreSQL runs beside the reviewers, with fsync, on a server that the tests bring, or it is an empty database at
`--url`. Afterwards every act that was acknowledged must be there once, `verify()` must find the log whole, and no two
reviewers may have been given the same conversation; the first difference ends the run with an error.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from conftest import census, conversation_frames
from postgresql import Server
from raw import execute

from qa_toolkit import open_project
from qa_toolkit.errors import StoreError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession

SAMPLE, AT_A_TIME = "load", 3
FORK = multiprocessing.get_context("fork")  # everything is imported once


def main() -> None:
    """Run it for each number of reviewers on each database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reviewers", type=int, nargs="+", default=[1, 8, 50])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--url", help="an empty database on a PostgreSQL server; for one number of reviewers")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    found = []
    for database in [given.url] if given.url else given.database:
        for n in given.reviewers:
            with empty(database) as url:
                found.append({"database": url.partition(":")[0], "reviewers": n, **run(url, n, given.seconds)})
            print(json.dumps(found[-1]), flush=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


@contextmanager
def empty(database: str) -> Iterator[str]:
    """Lend an empty database of a kind; a URL is one already."""
    if "://" in database:
        yield database
    elif database == "sqlite":
        with TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/project.db"
    else:
        with Server(fsync=True) as server, server.database() as url:
            yield url


def run(url: str, reviewers: int, seconds: float, conversations: int = 3_000) -> dict[str, Any]:
    """Let so many reviewers work in an empty database, hold what is there against what they were told."""
    project = open_project(url)
    frames = conversation_frames(conversations)
    project.store.add_conversations(*frames)
    project.store.save_sample(SAMPLE, census(frames[0]), {})
    project.assign(SAMPLE, how="pool", by="lead")
    project.store.close()
    with TemporaryDirectory() as folder:
        paths = [Path(folder, f"reviewer-{k}.json") for k in range(reviewers)]
        together(review, [(url, path, seconds) for path in paths])
        told = {path.stem: json.loads(path.read_text()) for path in paths}
    check(url, told)
    return figures(list(told.values()))


def together(work: Callable[..., None], arguments: list[tuple[Any, ...]]) -> None:
    """Do the work in a process for each arguments, all of which begin at the same moment."""
    barrier = FORK.Barrier(len(arguments))
    processes = [FORK.Process(target=work, args=(barrier, *given)) for given in arguments]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert not any(process.exitcode for process in processes), "a reviewer has failed; see above"


def review(barrier: Any, url: str, path: Path, seconds: float) -> None:
    """Review until the time is over, and write down what was said."""
    project, told = open_project(url), Told()
    session = project.review(SAMPLE, path.stem)
    session.progress()
    barrier.wait(600)
    end = time.monotonic() + seconds
    while time.monotonic() < end and (names := told.take(project, path.stem)):
        for name in names:
            review_one(session, told, name, end)
    path.write_text(json.dumps(vars(told)))


def review_one(session: ReviewSession, told: Told, name: str, end: float) -> None:
    """Rate everything of one conversation and submit it, if there is time."""
    for commandment in session.rubric.ids:
        if time.monotonic() > end:
            return
        told.save(lambda uid, of=commandment: session.rate(name, of, "pass", [{"position": 1}], uid=uid))
    told.save(lambda uid: session.submit(name, uid=uid))


class Told:
    """What one reviewer was told: ids that are saved, seconds of each save, conversations taken, errors."""

    def __init__(self) -> None:
        self.saved: list[str] = []
        self.seconds: list[float] = []
        self.takes: list[float] = []
        self.taken: list[str] = []
        self.errors: list[str] = []

    def save(self, act: Callable[[str], Any]) -> None:
        """Do an act until it is saved, as a screen sends it again."""
        uid, started = os.urandom(16).hex(), time.perf_counter()
        self._until_done(lambda: act(uid))
        self.seconds.append(time.perf_counter() - started)
        self.saved.append(uid)

    def take(self, project: Project, reviewer: str) -> list[str]:
        """Take what comes next from the pool."""
        uid, started = os.urandom(16).hex(), time.perf_counter()
        names: list[str] = self._until_done(lambda: project.take(SAMPLE, reviewer, AT_A_TIME, uid=uid))
        self.takes.append(time.perf_counter() - started)
        self.taken += names
        return names

    def _until_done(self, act: Callable[[], Any]) -> Any:
        while True:
            try:
                return act()
            except StoreError as error:
                self.errors.append(str(error))


def check(url: str, told: dict[str, dict[str, Any]]) -> None:
    """Raise an error if anything was lost or doubled, or given to two."""
    project = open_project(url)
    found = project.verify()
    project.store.close()
    assert found.ok, found
    there = Counter(uid for (uid,) in execute(url, "SELECT uid FROM events WHERE kind IN ('rating', 'submit')"))
    assert max(there.values()) == 1
    saved = {uid for one in told.values() for uid in one["saved"]}
    assert len(saved) == sum(len(one["saved"]) for one in told.values())
    assert saved == set(there), (len(saved), len(there))
    of_each = Counter(name for one in told.values() for name in one["taken"])
    assert max(of_each.values()) == 1, of_each.most_common(3)
    reviewed = execute(url, "SELECT conversation_id, actor FROM events WHERE kind = 'rating' GROUP BY 1, 2")
    assert max(Counter(name for name, _ in reviewed).values()) == 1


def figures(told: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many saves there were in a second, and how long they took."""
    saves, takes = ([s for one in told for s in one[name]] for name in ("seconds", "takes"))
    longest = max(sum(one["seconds"]) + sum(one["takes"]) for one in told)
    errors = Counter(error for one in told for error in one["errors"])
    slowest = min(len(one["saved"]) for one in told) / max(len(one["saved"]) for one in told)
    return {
        "saves": len(saves),
        "saves_a_second": round(len(saves) / longest, 1),
        "save_ms": milliseconds(saves),
        "take_ms": milliseconds(takes),
        "least_to_most": round(slowest, 2),
        "errors": dict(errors),
    }


def milliseconds(seconds: list[float]) -> dict[str, float]:
    """Return quantiles."""
    p50, p95, p99 = np.quantile(seconds, [0.5, 0.95, 0.99]) * 1000
    return {"p50": round(p50, 1), "p95": round(p95, 1), "p99": round(p99, 1), "max": round(max(seconds) * 1000, 1)}


if __name__ == "__main__":
    main()
