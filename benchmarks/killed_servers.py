"""Kill a PostgreSQL server with SIGKILL again and again while reviewers write, and look whether anything is lost.

    python benchmarks/killed_servers.py [--kills 20] [--writers 4] [--seed 1] [--json OUT.json]

The server runs with fsync, as it comes. It is killed with all its processes at a random moment, started again on the
same files, and the reviewers, who are told an error, send the same act until it is taken. At the end they are killed
too. What was acknowledged must be there, once, and no act by half. The first difference ends the run with an error.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from conftest import ROOT, conversation_frames
from postgresql import Server
from raw import execute

from qa_toolkit.store import open_store

WRITER = """
import itertools, json, sys, time
from qa_toolkit.errors import StoreError
from qa_toolkit.store import Act, open_store
url, name = sys.argv[1:]
store = open_store(url)
for i in itertools.count():
    text = {"text": "x" * 500}
    acts = [Act(f"{name}-{i}-{k}", name, "comment", f"slot{k}", f"c{i % 6}", "h", "first", text) for k in "ab"]
    while True:
        try:
            store.append_many(acts)
            break
        except StoreError as error:
            print(json.dumps({"error": str(error)}), flush=True)
            time.sleep(0.02)
    print(json.dumps({"saved": i}), flush=True)
"""
ADVICE = (
    "the connection to the server was lost; send this again, what was saved already is not saved twice",
    "the server is starting; try again in a moment",
    "the server cannot be reached, or does not let you in; check the URL, and whether the server runs",
    "the server stopped this; try again",
)


def main() -> None:
    """Run it and print what the writers were told."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    started = time.monotonic()
    with TemporaryDirectory() as folder:
        figures = run(Path(folder), given.kills, given.writers, random.Random(given.seed))
    figures["seconds"] = round(time.monotonic() - started)
    print(json.dumps(figures, indent=2))
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


def run(folder: Path, kills: int, writers: int, chance: random.Random) -> dict[str, Any]:
    """Kill the server so often while writers write; return what they were told, and how much was written."""
    with Server(fsync=True) as server, server.database() as url:
        store = open_store(url)
        store.add_conversations(*conversation_frames(6))
        store.close()
        with ExitStack() as running:
            told = [running.enter_context(writing(url, folder / f"w{k}")) for k in range(writers)]
            for _ in range(kills):
                wait_for_more(told)
                time.sleep(chance.uniform(0, 0.3))
                server.kill()
                server.start()
            wait_for_more(told)
        return compared(url, told)


@contextmanager
def writing(url: str, path: Path) -> Iterator[Path]:
    """Let a process write until it is killed; what it says is in the file."""
    with (
        path.open("w") as out,
        subprocess.Popen([sys.executable, "-c", WRITER, url, path.name], stdout=out, cwd=ROOT) as it,
    ):
        yield path
        it.kill()


def said(path: Path) -> list[dict[str, Any]]:
    """Return what a writer has said; the last line may be half a line."""
    lines = path.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


def saved(path: Path) -> int:
    """Return the number of acts that a writer was told are saved."""
    return sum("saved" in one for one in said(path))


def wait_for_more(told: list[Path], seconds: float = 120) -> None:
    """Wait until every writer has saved something since."""
    before, end = [saved(path) for path in told], time.monotonic() + seconds
    while any(saved(path) <= n for path, n in zip(told, before, strict=True)):
        if time.monotonic() > end:
            raise TimeoutError("a writer saves nothing any more")
        time.sleep(0.02)


def compared(url: str, told: list[Path], advice: tuple[str, ...] = ADVICE) -> dict[str, Any]:
    """Hold what is there against what was acknowledged, and what was told against what may be."""
    store = open_store(url)
    found = store.verify()
    store.close()
    assert found.ok, found
    uids = [uid for (uid,) in execute(url, "SELECT uid FROM events")]
    assert len(uids) == len(set(uids)) == found.n_events
    errors: Counter[str] = Counter()
    for path in told:
        n, there = saved(path), {uid for uid in uids if uid.startswith(f"{path.name}-")}
        errors.update(one["error"].partition(" (")[0] for one in said(path) if "error" in one)
        whole = {f"{path.name}-{i}-{k}" for i in range(n + 1) for k in "ab"}
        assert whole - there in (set(), {f"{path.name}-{n}-a", f"{path.name}-{n}-b"}), sorted(whole - there)[:5]
        assert there <= whole
    assert set(errors) <= set(advice), errors
    return {"events": found.n_events, "acknowledged": 2 * sum(map(saved, told)), "errors": dict(errors)}


if __name__ == "__main__":
    main()
