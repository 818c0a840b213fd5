"""How long suggestions take among 10,000, 100,000 and 1,000,000 exemplars, by stage.

    python benchmarks/search_speed.py [--large] [--rows N ...] [--queries 60] [--database vectors.db]

Situations and answers are sentences of data/ put together anew, most of one conversation, with numbers and names of
their own; the vector of a text is the sum of those of its sentences, with some noise, of length 1. Queries are made
alike, and encoded for real.
Prints seconds and memory to build, milliseconds of a whole suggestion (text in, ranked answers out; p50, p95) and of
each of its stages, and of ten nearest rows by numpy and by FAISS over the same vectors. --large adds 1,000,000, which
takes minutes and some GB. With a database, the vectors of the sentences are kept for the next run.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import resource
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from qa_toolkit.store import open_store
from qa_toolkit.suggest import CachedEncoder, SentenceTransformerEncoder, Suggester
from qa_toolkit.suggest.encoders import Matrix, Progress, unit
from qa_toolkit.suggest.indexes import EXACT_UP_TO, make_indexes

DATA = Path(__file__).resolve().parents[1] / "data" / "conversations.jsonl"
SAME_MATTER = 0.7  # share of the sentences of a text that come from one conversation
NOISE = 0.25  # length of what is added to a text's vector, which has length 1
SENTENCES = 1_500  # of customers, and as many of agents
STAGES = (
    ("filters", "qa_toolkit.suggest.filters", "Filters", ("allowed", "parts")),
    ("words: scores", "qa_toolkit.suggest.lexical", "LexicalIndex", ("scores",)),
    ("words: order", "qa_toolkit.suggest.lexical", "LexicalIndex", ("search",)),
    ("fusion", "qa_toolkit.suggest.search", None, ("fused",)),
    ("smoothing", "qa_toolkit.suggest.search", None, ("smoothed_order",)),
    ("closeness", "qa_toolkit.suggest.search", "Search", ("_looked_at",)),
    ("reasons", "qa_toolkit.suggest.suggester", "Suggester", ("_suggestion",)),
)


class MadeUp:
    """Vectors that were made up for most texts; what is not among them is encoded by the model."""

    def __init__(self, model: SentenceTransformerEncoder, known: dict[str, int], vectors: Matrix) -> None:
        self._model, self._known, self._vectors = model, known, vectors
        self.model_id, self.dim = model.model_id, vectors.shape[1]

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one vector of length 1 for each text."""
        rows = [self._known.get(text) for text in texts]
        if None not in rows:
            return unit(self._vectors[rows].astype(np.float32))
        return self._model.encode(texts, progress)


class Source:
    """Sentences of data/ and their vectors, to make texts of."""

    def __init__(self, model: SentenceTransformerEncoder, database: Path, seed: int) -> None:
        encoder = CachedEncoder(model, open_store(f"sqlite:///{database}").vectors)
        by_role: dict[str, dict[str, int]] = {"customer": {}, "agent": {}}
        for topic, line in enumerate(DATA.read_text(encoding="utf-8").splitlines()):
            for message in json.loads(line)["messages"]:
                for one in re.split(r"(?<=[.!?])\s+|\n+", message["text"]):
                    known = by_role.get(message["role"])
                    if known is not None and 15 < len(one) < 160 and len(known) < SENTENCES:
                        known.setdefault(one, topic)
        self.topics = {role: np.array(list(found.values())) for role, found in by_role.items()}
        self.model = model
        self.sentences = {role: list(found) for role, found in by_role.items()}
        self.vectors = {role: encoder.encode(found) for role, found in self.sentences.items()}
        self.rng = np.random.default_rng(seed)

    def drawn(self, role: str, n: int, least: int, most: int) -> tuple[list[str], Matrix]:
        """Return `n` texts of some sentences each, with a number and a name of their own, and their vectors."""
        sentences, vectors = self.sentences[role], self.vectors[role]
        # Some are said far more often than others, and most of a text is about one matter, as in real support.
        often = 1 / (1 + self.rng.permutation(len(sentences))) ** 0.5
        chosen = self.rng.choice(len(sentences), size=(n, most), p=often / often.sum())
        alike = np.argsort(self.topics[role], kind="stable")
        topics, asked = self.topics[role][alike], self.topics[role][chosen[:, 0]]
        first, last = np.searchsorted(topics, asked, "left"), np.searchsorted(topics, asked, "right")
        same = alike[first[:, None] + (self.rng.random((n, most)) * (last - first)[:, None]).astype(int)]
        chosen = np.where(self.rng.random((n, most)) < SAME_MATTER, same, chosen)
        counts = self.rng.integers(least, most + 1, size=n)
        out = np.empty((n, vectors.shape[1]), dtype=np.float16)
        for start in range(0, n, 20_000):
            part = slice(start, start + 20_000)
            used = (np.arange(most) < counts[part, None]).astype(np.float32)
            sums = unit(np.einsum("ij,ijd->id", used, vectors[chosen[part]]))
            noise = self.rng.normal(size=sums.shape).astype(np.float32)
            out[part] = unit(sums + NOISE * unit(noise))
        numbers = self.rng.integers(10**5, 10**7, size=n)
        texts = [
            " ".join([sentences[i] for i in row[:count]] + [f"{number} n{number % 50_021}"])
            for row, count, number in zip(chosen.tolist(), counts.tolist(), numbers.tolist(), strict=True)
        ]
        return texts, out


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--large", action="store_true", help="1,000,000 too")
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--database", type=Path, help="keep the vectors of the sentences in this SQLite file")
    parser.add_argument("--exact-up-to", type=int, default=EXACT_UP_TO)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        database = given.database or Path(folder) / "vectors.db"
        source = Source(SentenceTransformerEncoder(), database, given.seed)
        for n in [*given.rows, *[1_000_000] * given.large]:
            measure(source, n, given.queries, given.exact_up_to, Path(folder) / f"{n}.exemplars")


def measure(source: Source, n: int, n_queries: int, exact_up_to: int, file: Path) -> None:
    """Print all figures for `n` exemplars."""
    frame, encoder = made(source, n)
    queries, asked = source.drawn("customer", n_queries, 2, 8)
    print(f"\n{n:,} exemplars; load of this machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    start = time.perf_counter()
    suggester = Suggester(encoder, frame, exact_up_to=exact_up_to, index_file=file)
    print(f"  built in {time.perf_counter() - start:.1f} s; memory of the process at most {peak():.1f} GB")
    print(f"  {suggester.index}")
    if file.exists():
        size = file.stat().st_size / 1e6
        situations, answers = frame["situation"].tolist(), frame["answer"].tolist()
        print(f"  its vectors and cells are in a file of {size:,.0f} MB")
        for changed in (0, 100):
            others = [*answers[1 : changed + 1], *answers[:1], *answers[changed + 1 :]]
            start = time.perf_counter()
            make_indexes(encoder, situations, others if changed else answers, exact_up_to, None, file)
            print(f"  they are read with {changed} exemplars changed in {time.perf_counter() - start:.1f} s")
    suggester.suggest(queries[0])
    for name, seconds in timed(suggester, queries).items():
        wall, cpu = zip(*seconds, strict=True)
        print(f"  {name:<26}{percentiles(wall)}   CPU {percentiles(cpu)}")
    for thing in ("kettle", "samovar", "teapot"):
        start = now()
        suggester.add(frame.iloc[:1].assign(exemplar_id=f"{thing}#1", situation=f"My {thing} whistles."))
        added = since(start)
        assert suggester.suggest(f"My {thing} whistles.", 1)[0].exemplar_id == f"{thing}#1"
        wall, cpu = since(start)
        print(
            f"  an exemplar is added in {added[0] * 1000:.0f} ms (CPU {added[1] * 1000:.0f} ms), and was suggested "
            f"after {wall * 1000:.0f} ms (CPU {cpu * 1000:.0f} ms)"
        )
    del suggester
    situations, asked = encoder._vectors[:n].astype(np.float32), asked.astype(np.float32)
    print(f"  {'numpy, 10 nearest, once':<26}{percentiles(each(lambda q: top(situations @ q), asked))}")
    flat(situations, asked)


def made(source: Source, n: int) -> tuple[pd.DataFrame, MadeUp]:
    """Return exemplars, and an encoder that knows their vectors."""
    situations, asked = source.drawn("customer", n, 2, 8)
    answers, said = source.drawn("agent", n, 2, 6)
    vectors = np.concatenate([asked, said], dtype=np.float16)
    known = {text: row for row, text in enumerate(situations + answers)}
    frame = pd.DataFrame(
        {
            "exemplar_id": [f"c{row:07}#1" for row in range(n)],
            "conversation_id": [f"c{row:07}" for row in range(n)],
            "position": 1,
            "agent": [f"agent{row % 97}" for row in range(n)],
            "channel": "email",
            "language": "en",
            "plan": None,
            "sent_at": pd.Timestamp("2026-01-01", tz="UTC"),
            "situation": situations,
            "answer": answers,
            "commandments": [["empathy"] if row % 3 else [] for row in range(n)],
            "source": ["marked" if row % 3 else "votes" for row in range(n)],
            "verified_by": [["ruth"] if row % 3 else [] for row in range(n)],
            "votes": 1,
            "note": "",
            "verdicts": [[("empathy", "ruth", "marked")] if row % 3 else [] for row in range(n)],
            "failed_for": [[] for _ in range(n)],
        }
    )
    return frame, MadeUp(source.model, known, vectors)


Seconds = tuple[float, float]  # on the clock, and of the processor


def timed(suggester: Suggester, queries: Sequence[str]) -> dict[str, list[Seconds]]:
    """Return the seconds of each query, and of each stage for each query."""
    spent: dict[str, list[Seconds]] = defaultdict(list)
    put_back = [clocked(spent, suggester._encoder, "encode", "  encoding the query")]
    put_back.append(clocked(spent, type(suggester._indexes[0]), "search", "  nearest vectors, twice"))
    for name, module, owner, functions in STAGES:
        place = __import__(module, fromlist=["_"])
        target = getattr(place, owner) if owner else place
        put_back += [clocked(spent, target, function, f"  {name}") for function in functions]
    out: dict[str, list[Seconds]] = defaultdict(list)
    for query in queries:
        spent.clear()
        start = now()
        suggester.suggest(query)
        out["a whole suggestion"].append(since(start))
        for name, found in spent.items():
            out[name].append((sum(wall for wall, _ in found), sum(cpu for _, cpu in found)))
    for undo in put_back:
        undo()
    return dict(out)


def clocked(spent: dict[str, list[Seconds]], target: Any, function: str, name: str) -> Callable[[], None]:
    """Count the seconds of a function under a name, until what is returned is called."""
    before = getattr(target, function)

    @functools.wraps(before)
    def counted(*arguments: Any, **named: Any) -> Any:
        start = now()
        try:
            return before(*arguments, **named)
        finally:
            spent[name].append(since(start))

    setattr(target, function, counted)
    return lambda: setattr(target, function, before)


def now() -> Seconds:
    """Return what both clocks show."""
    return time.perf_counter(), time.process_time()


def since(start: Seconds) -> Seconds:
    """Return the seconds since `start`, by both clocks."""
    wall, cpu = now()
    return wall - start[0], cpu - start[1]


def flat(vectors: Matrix, queries: Matrix) -> None:
    """Print how long FAISS takes for the same, where it is installed."""
    try:
        import faiss
    except ImportError:
        print("  FAISS is not installed: pip install faiss-cpu")
        return
    for name in ("Flat", "SQ8"):
        index = faiss.index_factory(vectors.shape[1], name, faiss.METRIC_INNER_PRODUCT)
        start = time.perf_counter()
        index.train(vectors[:100_000])
        index.add(vectors)
        built = time.perf_counter() - start
        seconds = each(lambda q: index.search(q[None], 10), queries)  # noqa: B023 - called at once
        print(f"  {f'FAISS {name}, once':<26}{percentiles(seconds)}   built in {built:.1f} s")


def top(scores: Matrix, n: int = 10) -> Any:
    """Return the rows of the highest scores."""
    found = np.argpartition(-scores, n)[:n]
    return found[np.argsort(-scores[found])]


def each(work: Callable[[Any], Any], items: Sequence[Any]) -> list[float]:
    """Return the seconds of `work` on each of `items`."""
    out = []
    for item in items:
        start = time.perf_counter()
        work(item)
        out.append(time.perf_counter() - start)
    return out


def percentiles(seconds: Sequence[float]) -> str:
    """Return p50 and p95, in milliseconds."""
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    return f"p50 {p50:7.1f} ms   p95 {p95:7.1f} ms"


def peak() -> float:
    """Return the most memory that this process has had, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    main()
