"""How fast many messages come into PostgreSQL and are embedded by Dask on 1 and 2 processes; one killed in the middle.

    python benchmarks/team_bulk.py [--messages 100000] [--workers 1 2] [--encoder hashing|int8|fp32] [--redaction]

Conversations of ten messages, sentences of data/ put together anew, lie as Parquet, 5,000 messages in a file. For
each number of workers they are imported into an empty database, as `qa-toolkit import --workers` does, and their
different texts are embedded, as `qa-toolkit embed --workers` does. Then all is done once more by two workers, one of
which is killed with SIGKILL when a third is done, of the import and of the embedding. It ends with an error if a
conversation, a message or a vector is missing or twice. `--messages 1000000` takes a while; `hashing` is no model, so
that only the way is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa
from distributed import Client, LocalCluster

from qa_toolkit.exchange.bulk import import_files
from qa_toolkit.exchange.embedding import embed_texts
from qa_toolkit.store import Store, open_store
from qa_toolkit.store.engine import reading
from qa_toolkit.suggest import Encoder, HashingEncoder, SentenceTransformerEncoder
from qa_toolkit.suggest.caching import different

ROOT: Final = Path(__file__).resolve().parents[1]
TURNS: Final = 10
A_FILE: Final = 5_000  # messages


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--encoder", choices=["hashing", "int8", "fp32"], default="hashing")
    parser.add_argument("--redaction", action="store_true", help="replace private data as the files are read")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    from postgresql import Server

    encoder = HashingEncoder(384) if given.encoder == "hashing" else SentenceTransformerEncoder(precision=given.encoder)
    with TemporaryDirectory() as folder, Server() as server:
        paths, texts = written(Path(folder), given.messages)
        print(
            f"{given.messages:,} messages in {len(paths)} files, {len(texts):,} different texts; {encoder.model_id}; "
            f"redaction {'on' if given.redaction else 'off'}; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"
        )
        seconds: dict[int, tuple[float, float]] = {}
        for workers in given.workers:
            with server.database() as url, cluster(workers) as client:
                seconds[workers] = run(url, client, paths, texts, encoder, given.redaction, folder)
                told(f"{workers} workers", seconds[workers], given.messages, len(texts), seconds[given.workers[0]])
        with server.database() as url, cluster(2) as client:
            found = run(url, client, paths, texts, encoder, given.redaction, folder, kill=True)
            told("2, one killed, twice", found, given.messages, len(texts), seconds[given.workers[0]])


def written(folder: Path, n: int) -> tuple[list[Path], dict[str, str]]:
    """Write conversations as Parquet and return the files, and their different texts by key."""
    rng, said = np.random.default_rng(1), sentences()
    texts: list[str] = []
    paths, made = [], 0
    while made < n:
        rows = []
        for _ in range(min(A_FILE, n - made) // TURNS):
            number = made // TURNS + len(rows)
            turns = [turn(rng, said, number, k) for k in range(TURNS)]
            texts += [one["text"] for one in turns]
            rows.append({"conversation_id": f"c{number:08}", "source": "made up", "messages": turns})
        made += len(rows) * TURNS
        paths.append(folder / f"{len(paths):05}.parquet")
        pq.write_table(pa.Table.from_pylist(rows), paths[-1])
    return paths, different(texts)


def turn(rng: np.random.Generator, said: dict[str, list[str]], number: int, k: int) -> dict[str, Any]:
    """Return a message of one to four sentences and a number of its own."""
    role = ("customer", "agent")[k % 2]
    chosen = rng.integers(len(said[role]), size=rng.integers(1, 5))
    text = " ".join([*(said[role][i] for i in chosen), f"{number}-{k}"])
    return {"role": role, "text": text, "author": f"{role} {number % 50}", "sent_at": f"2026-03-02T09:{k:02}:00Z"}


def sentences() -> dict[str, list[str]]:
    """Return the sentences of data/ by role."""
    found: dict[str, dict[str, None]] = {"customer": {}, "agent": {}}
    for line in (ROOT / "data" / "conversations.jsonl").read_text(encoding="utf-8").splitlines():
        for message in json.loads(line)["messages"]:
            if message["role"] in found:
                found[message["role"]] |= dict.fromkeys(re.split(r"(?<=[.!?])\s+|\n+", message["text"]))
    return {role: [one for one in texts if 15 < len(one) < 160] for role, texts in found.items()}


@contextmanager
def cluster(workers: int) -> Iterator[Client]:
    """Give a client of so many new processes, each with one thread."""
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0", silence_logs=50) as found,
        Client(found) as client,
    ):
        yield client


def run(
    url: str,
    client: Client,
    paths: list[Path],
    texts: dict[str, str],
    encoder: Encoder,
    redaction: bool,
    folder: str,
    *,
    kill: bool = False,
) -> tuple[float, float]:
    """Import and embed, check that all is there once, and return the seconds of both."""
    store = open_store(url)
    n = sum(pq.read_metadata(path).num_rows for path in paths)
    start = time.perf_counter()
    with killing(client, lambda: count(store, "conversations") > n / 3, kill):
        summary = import_files(store, paths, scheduler=client.scheduler.address, redaction=redaction)
    imported, start = time.perf_counter() - start, time.perf_counter()
    with killing(client, lambda: count(store, "vectors") > len(texts) / 3, kill):
        embed_texts(store, encoder, texts, client, lambda *_: None, folder)
    embedded = time.perf_counter() - start
    assert summary.refused.empty, summary.refused
    assert count(store, "conversations") == n
    assert (count(store, "messages"), count(store, "vectors")) == (n * TURNS, len(texts))
    assert store.vectors.models() == {encoder.model_id: len(texts)}
    store.close()
    return imported, embedded


@contextmanager
def killing(client: Client, when: Callable[[], bool], kill: bool) -> Iterator[None]:
    """Kill a worker as soon as something holds, in the background; say so if it never did."""
    over, done = threading.Event(), []

    def work() -> None:
        while not over.wait(0.05):
            if when():
                pid = next(iter(client.run(os.getpid).values()))
                os.kill(pid, signal.SIGKILL)
                done.append(pid)
                return

    thread = threading.Thread(target=work, daemon=True)
    if kill:
        thread.start()
    yield
    over.set()
    if kill:
        thread.join()
        assert done, "it was over before anything could be killed: give more messages"


def count(store: Store, table: str) -> int:
    """Return the rows of a table."""
    with reading(store._engine) as connection:
        return int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar() or 0)


def told(name: str, seconds: tuple[float, float], messages: int, texts: int, first: tuple[float, float]) -> None:
    """Print the figures of one run."""
    for what, n, one, base in zip(("import", "embed"), (messages, texts), seconds, first, strict=True):
        print(f"  {name:<22}{what:<8}{one:8.1f} s  {n / one:10,.0f} a second   x{base / one:.2f}", flush=True)


if __name__ == "__main__":
    main()
