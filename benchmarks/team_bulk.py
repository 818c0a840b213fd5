"""How fast many messages come into PostgreSQL and are embedded by Dask on 1 and 2 processes; one killed in the middle.

    python benchmarks/team_bulk.py [--messages 100000] [--workers 1 2] [--encoder hashing|int8|fp32] [--redaction]
        [--json OUT.json]

Conversations of ten messages lie as Parquet, 5,000 messages in a file. A message is of as many sentences as one of
data/, of its role, and each sentence is one of data/; with a number of its own, nine of ten are like no other, and the
tenth is a short sentence that many say. For each number of workers they are imported into an empty database, as
`qa-toolkit import --workers` does, and their different texts are embedded, as `qa-toolkit embed --workers` does. Then
all is done once more by two workers, one of which is killed with SIGKILL when a third is done, of the import and of the
embedding. It ends with an error if a conversation, a message or a vector is missing or twice. The server writes to disk
as usual. A line every half minute says how far it is. `hashing` is no model, so that only the way is measured.
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
from typing import Any, Final, NamedTuple

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
OFTEN: Final = 0.1  # share of messages that many say
SHORT: Final = 30  # characters of these
EVERY: Final = 30  # seconds between two lines that say how far it is


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--encoder", choices=["hashing", "int8", "fp32"], default="hashing")
    parser.add_argument("--redaction", action="store_true", help="replace private data as the files are read")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests"))
    from postgresql import Server

    encoder = HashingEncoder(384) if given.encoder == "hashing" else SentenceTransformerEncoder(precision=given.encoder)
    with TemporaryDirectory() as folder, Server(fsync=True) as server:
        paths, texts = written(Path(folder), given.messages)
        found: dict[str, Any] = {
            "messages": given.messages,
            "files": len(paths),
            "different texts": len(texts),
            "share different": round(len(texts) / given.messages, 4),
            "characters of a text": round(sum(map(len, texts.values())) / len(texts), 1),
            "encoder": encoder.model_id,
            "redaction": given.redaction,
            "cores": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "runs": [],
        }
        print(", ".join(f"{name}: {value}" for name, value in found.items() if name != "runs"), flush=True)
        for workers, kill in [*((n, False) for n in given.workers), (2, True)]:
            with server.database() as url, cluster(workers) as client:
                one = run(url, client, paths, texts, encoder, given.redaction, folder, kill=kill)
            found["runs"].append({"workers": workers, "killed": 2 * kill, "load": round(os.getloadavg()[0], 1), **one})
            told(found)
            if given.json:
                given.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


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


def turn(rng: np.random.Generator, said: Said, number: int, k: int) -> dict[str, Any]:
    """Return a message; nine of ten bear a number of their own."""
    role = ("customer", "agent")[k % 2]
    one = said[role]
    if rng.random() < OFTEN:
        text = one.short[rng.integers(len(one.short))]
    else:
        chosen = rng.integers(len(one.all), size=one.lengths[rng.integers(len(one.lengths))])
        text = " ".join([*(one.all[i] for i in chosen), f"{number}-{k}"])
    return {"role": role, "text": text, "author": f"{role} {number % 50}", "sent_at": f"2026-03-02T09:{k:02}:00Z"}


class Sentences(NamedTuple):
    """What one role says in data/: sentences, the short ones of them, and how many each message has."""

    all: list[str]
    short: list[str]
    lengths: list[int]


Said = dict[str, Sentences]


def sentences() -> Said:
    """Return the sentences of data/ by role."""
    found: dict[str, dict[str, None]] = {"customer": {}, "agent": {}}
    lengths: dict[str, list[int]] = {role: [] for role in found}
    for line in (ROOT / "data" / "conversations.jsonl").read_text(encoding="utf-8").splitlines():
        for message in json.loads(line)["messages"]:
            if message["role"] in found:
                parts = [one for one in re.split(r"(?<=[.!?])\s+|\n+", message["text"]) if one]
                found[message["role"]] |= dict.fromkeys(parts)
                lengths[message["role"]].append(len(parts))
    return {
        role: Sentences(list(texts), [one for one in texts if len(one) < SHORT], lengths[role])
        for role, texts in found.items()
    }


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
) -> dict[str, float]:
    """Import and embed, check that all is there once, and return the seconds of both."""
    store = open_store(url)
    n = sum(pq.read_metadata(path).num_rows for path in paths)
    start = time.perf_counter()
    with Watch("import", n, client, kill) as watch, watch.asking(lambda: newest(store)):
        summary = import_files(store, paths, scheduler=client.scheduler.address, redaction=redaction)
    imported, start = time.perf_counter() - start, time.perf_counter()
    with Watch("embed", len(texts), client, kill) as watch:
        embed_texts(store, encoder, texts, client, watch.at, folder)
    embedded = time.perf_counter() - start
    assert summary.refused.empty, summary.refused
    assert count(store, "conversations") == n
    assert (count(store, "messages"), count(store, "vectors")) == (n * TURNS, len(texts))
    assert store.vectors.models() == {encoder.model_id: len(texts)}
    store.close()
    return {"import, s": round(imported, 1), "embed, s": round(embedded, 1)}


class Watch:
    """Says now and then how far something is, and kills a worker when a third is done, if it is to; else it fails."""

    def __init__(self, what: str, total: int, client: Client, kill: bool) -> None:
        self._what, self._total, self._client, self._kill = what, total, client, kill
        self._start = self._said = time.perf_counter()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *error: object) -> None:
        assert error[0] or not self._kill, "it was over before anything could be killed: give more messages"

    def at(self, done: int, _: int = 0) -> None:
        """Take how much is done."""
        now = time.perf_counter()
        if now - self._said >= EVERY:
            self._said = now
            print(f"    {self._what}: {done:,} of {self._total:,} after {now - self._start:.0f} s", flush=True)
        if self._kill and done > self._total / 3:
            self._kill = False
            os.kill(next(iter(self._client.run(os.getpid).values())), signal.SIGKILL)

    @contextmanager
    def asking(self, done: Callable[[], int]) -> Iterator[None]:
        """Ask now and then, in the background, how much is done."""
        over = threading.Event()

        def work() -> None:
            while not over.wait(0.1):
                self.at(done())

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        yield
        over.set()
        thread.join()


def newest(store: Store) -> int:
    """Return how many conversations there are, by an index."""
    with reading(store._engine) as connection:
        return int(connection.execute(sa.text("SELECT max(number) FROM conversations")).scalar() or 0)


def count(store: Store, table: str) -> int:
    """Return the rows of a table."""
    with reading(store._engine) as connection:
        return int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar() or 0)


def told(found: dict[str, Any]) -> None:
    """Print the figures of the newest run."""
    first, one = found["runs"][0], found["runs"][-1]
    name = f"{one['workers']} workers" + ", one killed, twice" * (one["killed"] > 0)
    for what, n in (("import", found["messages"]), ("embed", found["different texts"])):
        took, base = one[f"{what}, s"], first[f"{what}, s"]
        print(f"  {name:<30}{what:<8}{took:8.1f} s  {n / took:10,.0f} a second   x{base / took:.2f}", flush=True)


if __name__ == "__main__":
    main()
