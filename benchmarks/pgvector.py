"""How a PostgreSQL with pgvector finds exemplars, beside the memory of this process: how fast, how many, how well.

    python benchmarks/pgvector.py [--rows 10000 100000] [--texts CONVERSATIONS.jsonl.gz] [--words] [--url URL]

Exemplars are made as in search_speed.py; each of 20 agents has 5% of them. With --texts, recall is also measured on
real messages, which are embedded for it; with --words, full text (`ts_rank`) and our BM25 over full text are compared
with BM25 in memory on the sets of retrieval.py. Without --url, a PostgreSQL of a pip package is started; with it, the
database must be empty and have the extension.
"""

from __future__ import annotations

import argparse
import gzip
import itertools
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np
import pandas as pd
import search_speed
import sqlalchemy as sa

from qa_toolkit.project.searching import ServerSearch
from qa_toolkit.project.server_index import FEW, MORE
from qa_toolkit.store import Store, open_store
from qa_toolkit.store.engine import writing
from qa_toolkit.suggest import CachedEncoder, SentenceTransformerEncoder, Suggester
from qa_toolkit.suggest.index import DenseIndex, Part

TESTS: Final = Path(__file__).resolve().parents[1] / "tests"
AGENTS: Final = 20
QUERIES: Final = 60
STAGES: Final = ("nearest", "vectors", "holding", "frequencies")


class Kept:
    """Vectors in memory in place of a table, so that only the search is measured."""

    def __init__(self) -> None:
        self._vectors: dict[str, Any] = {}

    def get(self, _: str, hashes: Sequence[str]) -> dict[str, Any]:
        """Return the known vectors."""
        return {key: self._vectors[key] for key in hashes if key in self._vectors}

    def put(self, _: str, vectors: dict[str, Any]) -> None:
        """Keep vectors."""
        self._vectors |= vectors


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--texts", type=Path, help="conversations as JSON Lines; their messages are real texts")
    parser.add_argument("--most", type=int, default=30_000, help="messages of them")
    parser.add_argument("--words", action="store_true", help="compare rankings by words")
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data")
    parser.add_argument(
        "--database", type=Path, help="keep the vectors of real texts and sentences in this SQLite file"
    )
    parser.add_argument("--url", help="of an empty database that has the extension")
    given = parser.parse_args()
    with TemporaryDirectory() as folder, servers(given.url) as database:
        kept = given.database or Path(folder) / "vectors.db"
        source = search_speed.Source(SentenceTransformerEncoder(), kept, 1) if given.rows else None
        for n in given.rows:
            with database() as store:
                measure(source, n, store)
        if given.texts:
            with database() as store:
                real(given.texts, given.most, kept, store)
        if given.words:
            import pgvector_words

            pgvector_words.compare_all(given.shared, database)


@contextmanager
def servers(url: str | None) -> Iterator[Callable[[], Any]]:
    """Give what lends an empty store with the extension."""
    sys.path.insert(0, str(TESTS))
    from postgresql import Server

    with ExitStack() as stack:
        server = None if url else stack.enter_context(Server())

        @contextmanager
        def database() -> Iterator[Store]:
            with ExitStack() as inner:
                place = url or inner.enter_context(server.database())
                store = open_store(place)
                with writing(store._engine) as connection:
                    connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS vector"))
                store.exemplars.make()
                yield store
                store.close()

        yield database


def measure(source: search_speed.Source, n: int, store: Store) -> None:
    """Print the figures for `n` exemplars."""
    frame, encoder = search_speed.made(source, n)
    frame["agent"] = [f"agent{row % AGENTS}" for row in range(n)]
    encoder = CachedEncoder(encoder, Kept())
    encoder.encode([*frame["situation"], *frame["answer"]])
    conversations(store, frame["conversation_id"])
    print(f"\n{n:,} exemplars; load of this machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    make = lambda: Suggester(encoder, frame, backend=serving(store, encoder))  # noqa: E731
    seconds, suggester = clocked(make)
    print(f"  put there in {seconds:.1f} s; {suggester.index}")
    seconds, suggester = clocked(make)
    print(f"  begun again in {seconds:.1f} s, in memory in {clocked(lambda: Suggester(encoder, frame))[0]:.1f} s")
    queries, _ = source.drawn("customer", QUERIES, 2, 8)
    encoder.encode(queries)  # what encoding a query takes is the same here and there
    ours = Suggester(encoder, frame, exact_up_to=10**9)
    for name, filters in (("all", {}), ("one agent (5%)", {"agent": "agent3"})):
        tops = []
        for label, one in (("memory", ours), ("pgvector", suggester)):
            one.suggest(queries[0], **filters)
            spent = search_speed.each(lambda q: one.suggest(q, 10, **filters), queries)  # noqa: B023 - called at once
            print(f"  {name:<16}{label:<10}{search_speed.percentiles(spent)}")
            tops.append([{found.exemplar_id for found in one.suggest(q, 10, **filters)} for q in queries])
        same = np.mean([len(a & b) / max(1, len(a)) for a, b in zip(*tops, strict=True)])
        print(f"  {name:<16}of the ten suggestions in memory, {100 * same:.1f}% are among those by pgvector")
    stages(suggester, queries)
    vectors = encoder.encode(frame["situation"].tolist())
    recalls(store, suggester, vectors, frame, encoder.encode(queries))


def stages(suggester: Suggester, queries: Sequence[str]) -> None:
    """Print what the parts of a suggestion take."""
    spent: dict[str, list[tuple[float, float]]] = {}
    store = suggester._indexes[0]._store
    for query in queries:
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in STAGES}
        undo = [search_speed.clocked(found, store, name, name) for name in found]
        suggester.suggest(query, 10)
        for one in undo:
            one()
        for name, times in found.items():
            spent.setdefault(name, []).append((sum(wall for wall, _ in times), 0.0))
    for name, times in spent.items():
        print(f"    {name:<24}{search_speed.percentiles([wall for wall, _ in times])}")


def recalls(store: Store, suggester: Suggester, vectors: Any, frame: pd.DataFrame, queries: Any) -> None:
    """Print which share of the ten nearest situations is found, with and without a filter, and how fast."""
    found, exact = suggester._indexes[0]._set, DenseIndex(vectors)
    ids = frame["exemplar_id"].to_numpy(dtype=object)
    for name, where in (("all", ()), ("one agent (5%)", (("agent", "=", "agent3"),))):
        mask = np.ones(len(frame), dtype=bool) if not where else (frame["agent"] == "agent3").to_numpy(dtype=bool)
        wanted = [set(ids[exact.search(query, Part(mask), 10)]) for query in queries]
        ways = {"compared with all": {"exact": True}}
        if found.looked is not None:
            ways |= {"HNSW": {"exact": False}, "HNSW, no iteration": {"exact": False, "iterative": False}}
        for way, how in ways.items():
            for limit in (10, 1_000 + MORE):
                near, spent = [], []
                for query in queries:
                    start = time.perf_counter()
                    got, _ = store.exemplars.nearest(found, "situation", query, where, limit, **how)
                    spent.append(time.perf_counter() - start)
                    near.append(set(got[:10] if limit == 10 else got))
                share = np.mean([len(a & b) / 10 for a, b in zip(near, wanted, strict=True)])
                print(f"  {name:<16}{way:<20}{limit:>6} rows   recall {share:.3f}   {search_speed.percentiles(spent)}")


def real(path: Path, most: int, database: Path, store: Store) -> None:
    """Print the recall among the vectors of real messages; half of each conversation's are the queries' side."""
    texts = list(itertools.islice(dict.fromkeys(messages(path)), most + QUERIES))
    encoder = CachedEncoder(SentenceTransformerEncoder(precision="int8"), open_store(f"sqlite:///{database}").vectors)
    encoder.encode(texts, lambda done, total: print(f"\r  embedding {done:,} of {total:,}", end="", flush=True))
    rows, queries = texts[:most], encoder.encode(texts[most:])
    frame = pd.DataFrame({"situation": rows, "answer": "Thank you."})
    frame["conversation_id"] = [f"c{row:07}" for row in range(len(rows))]
    frame = frame.assign(exemplar_id=frame["conversation_id"] + "#1", position=1, channel="email", language="en")
    frame = frame.assign(plan=None, sent_at=pd.Timestamp("2026-01-01", tz="UTC"), source="marked", votes=0, note="")
    frame["agent"] = [f"agent{row % AGENTS}" for row in range(len(rows))]
    for name in ("commandments", "verified_by", "verdicts", "failed_for"):
        frame[name] = [[] for _ in rows]
    conversations(store, frame["conversation_id"])
    suggester = Suggester(encoder, frame, backend=serving(store, encoder, min(FEW, len(rows) - 1)))
    print(f"\n{len(rows):,} real messages; {suggester.index}")
    recalls(store, suggester, encoder.encode(rows), frame, queries)


def messages(path: Path) -> Iterator[str]:
    """Yield the customers' messages of conversations as JSON Lines."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        for line in file:
            yield from (m["text"][:1_000] for m in json.loads(line)["messages"] if m["text"].strip())


def serving(store: Store, encoder: CachedEncoder, exact_up_to: int = FEW) -> ServerSearch:
    """Return what searches on the server; the vectors come from where the encoder keeps them."""
    found = ServerSearch(store, encoder, "a benchmark", [0, 0, 0], exact_up_to)
    store.vectors = encoder._vectors
    return found


def conversations(store: Store, ids: Sequence[str]) -> None:
    """Put conversations without a message there: an exemplar of none is not kept."""
    with writing(store._engine) as connection:
        statement = """INSERT INTO conversations (conversation_id, source, channel, n_messages, labels, content_hash,
            imported_at) SELECT one, 'made up', 'email', 0, '{}', '', now() FROM unnest(CAST(:ids AS text[])) AS one"""
        connection.execute(sa.text(statement), {"ids": list(ids)})


def clocked(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds that something takes, and what it gives."""
    start = time.perf_counter()
    found = work()
    return time.perf_counter() - start, found


if __name__ == "__main__":
    main()
