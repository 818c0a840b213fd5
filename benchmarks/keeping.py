"""How long it takes to check a project, to back it up and get it back, to copy it, and to carry its log.

    python benchmarks/keeping.py [--events 30000] [--postgresql] [--json OUT.json]

Each conversation of two messages is reviewed by 26 ratings and a submit, as in `team_size.py`. On SQLite or, with
`--postgresql`, on a server that is started for it, prints the seconds of each act with the events in a second, and the
bytes of the files. What comes out of a restore, a copy and an import holds as many events, and is checked.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from postgresql import Server
from team_size import fill

from qa_toolkit import open_project
from qa_toolkit.project import Project, copy_project, restore_project

OF_REVIEW = 27  # events


def main() -> None:
    """Run it on one kind of database."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=30_000)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    with TemporaryDirectory() as folder, databases(Path(folder), given.postgresql) as urls:
        found = run(urls, Path(folder), given.events)
    for name, value in found.items():
        print(f"{name:<20} {value:>12,}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


@contextmanager
def databases(folder: Path, on_server: bool) -> Iterator[list[str]]:
    """Lend four empty databases."""
    if not on_server:
        yield [f"sqlite:///{folder}/project-{i}.db" for i in range(4)]
        return
    with Server(fsync=True) as server:
        contexts = [server.database() for _ in range(4)]
        yield [context.__enter__() for context in contexts]  # they go with the server


def run(urls: list[str], folder: Path, events: int) -> dict[str, Any]:
    """Fill the first of four empty databases, and time what is done with it and the others."""
    first, restored, copied, bare = urls
    project = open_project(first)
    fill(project, max(1, events // OF_REVIEW))
    n = project.store.newest()
    backup, log = folder / "p.backup.jsonl.gz", folder / "log.jsonl"
    acts: dict[str, Callable[[], Any]] = {
        "verify": project.verify,
        "backup": lambda: project.backup(backup),
        "restore": lambda: restore_project(backup, restored),
        "copy": lambda: copy_project(first, copied),
        "log export": lambda: project.export_log(log),
    }
    found: dict[str, Any] = {"events": n}
    for name, act in acts.items():
        found |= timed(name, act, n)
    other = without_events(project, bare)
    found |= timed("log import", lambda: other.import_log(log), n)
    found |= {"bytes of the backup": backup.stat().st_size, "bytes of the log": log.stat().st_size}
    project.store.close()
    other.store.close()
    for url in (restored, copied, bare):
        check(url, n)
    return found


def timed(name: str, act: Callable[[], Any], n: int) -> dict[str, Any]:
    """Return the seconds that an act takes, and the events in a second."""
    started = time.perf_counter()
    act()
    seconds = time.perf_counter() - started
    return {f"{name}, s": round(seconds, 2), f"{name}, 1/s": round(n / seconds)}


def without_events(project: Project, url: str) -> Project:
    """Make a project that has the conversations of another."""
    other = open_project(url)
    other.store.add_conversations(project.conversations(), project.messages())
    return other


def check(url: str, n: int) -> None:
    """Raise an error unless a project holds so many events, all in order."""
    project = open_project(url, create=False)
    found = project.verify()
    project.store.close()
    if not found.ok or found.n_events != n:
        raise AssertionError(f"{url}: {found}")


if __name__ == "__main__":
    main()
