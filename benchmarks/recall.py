"""Which share of the ten nearest an approximate index finds among real texts, for what is asked from outside of it.

    python benchmarks/recall.py [CONVERSATIONS.jsonl.gz or CORPUS.jsonl.gz ...] [--texts 40000] [--queries 500]
        [--database vectors.db]

Texts are the messages of customers and of agents in conversations, and the lines of retrieval sets (both sides in one);
each once. Some of the customers' are held out: they are what is asked. Printed are, for each side, the recall that the
index measured itself, with its own rows, and that of what was held out, all rows or by filters that leave a part,
for the ten nearest and for the thousand that a suggestion begins with; and by how much the ten that are found
are less close than the ten nearest. With a database, vectors are kept for the next run.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import numpy as np

from qa_toolkit.exchange.progress import Meter
from qa_toolkit.store import open_store
from qa_toolkit.suggest import CachedEncoder, SentenceTransformerEncoder
from qa_toolkit.suggest import approximate as module
from qa_toolkit.suggest.approximate import ApproximateIndex, Halves
from qa_toolkit.suggest.index import DenseIndex

ROOT: Final = Path(__file__).resolve().parents[1]
SHARES: Final = (1.0, 0.5, 0.1, 0.02)  # of the rows that a filter leaves
DEPTHS: Final = (10, 1000)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--texts", type=int, default=40_000, help="of each side, at most")
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--database", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sides = drawn([ROOT / "data/conversations.jsonl", *given.paths], given.texts + given.queries, given.seed)
    asked, sides["customer"] = sides["customer"][: given.queries], sides["customer"][given.queries :]
    held = set(asked)
    sides["agent"] = [text for text in sides["agent"] if text not in held][: given.texts]
    print(f"{len(asked)} are asked; load of this machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    with TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{given.database or Path(folder) / 'vectors.db'}")
        encoder = CachedEncoder(SentenceTransformerEncoder(), store.vectors)
        vectors = {}
        for name, texts in {"asked": asked, **sides}.items():
            with Meter() as meter:
                vectors[name] = encoder.encode(texts, meter)
        store.close()
    print(f"encoded by {encoder.model_id}")
    queries = vectors.pop("asked")
    for name, found in vectors.items():
        measure(name, found.astype(np.float16), vectors["customer"].astype(np.float16), queries)


def drawn(paths: Sequence[Path], n: int, seed: int) -> dict[str, list[str]]:
    """Return at most `n` different texts of customers and of agents."""
    found: dict[str, dict[str, None]] = {"customer": {}, "agent": {}}
    for path in paths:
        for role, text in texts_of(path):
            if role in found and text.strip():
                found[role][" ".join(text.split())] = None
    out = {}
    for role, texts in found.items():
        out[role] = list(texts)
        random.Random(seed).shuffle(out[role])
        out[role] = out[role][:n]
    return out


def texts_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield role and text of each message, or twice the text of a line."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            for message in row.get("messages", []):
                yield message["role"], message["text"]
            if "text" in row:
                yield from (("customer", row["text"]), ("agent", row["text"]))


def measure(name: str, rows: Halves, situations: Halves, queries: np.ndarray) -> None:
    """Print the recall over the vectors of one side."""
    start = time.perf_counter()
    n = min(len(rows), len(situations))
    index, exact = ApproximateIndex.built(rows[:n], situations[:n]), DenseIndex(rows[:n].astype(np.float32))
    print(f"\nof {name}s, built in {time.perf_counter() - start:.1f} s: {index!r}")
    module.FEW = 0  # else what a filter leaves is compared with all here, and nothing is missed
    for share in SHARES:
        mask = np.random.default_rng(3).random(n) < share
        for depth in DEPTHS:
            recall, lost = [], []
            for query in queries:
                wanted, found = exact.search(query, mask, depth), index.search(query, mask, depth)
                recall.append(len(np.intersect1d(wanted, found)) / max(1, len(wanted)))
                lost.append(float((exact.scores(query, wanted[:10]) - exact.scores(query, found[:10])).mean()))
            low, high = interval(np.array(recall))
            print(
                f"  {share:>4.0%} of the rows, {depth:>5,} nearest: recall {np.mean(recall):.4f} "
                f"({low:.4f} to {high:.4f}), cosine of the first ten lower by {np.mean(lost):.5f}"
            )


def interval(values: np.ndarray) -> tuple[float, float]:
    """Return the bootstrap interval of a mean, 95%."""
    rng = np.random.default_rng(1)
    means = [values[rng.integers(len(values), size=len(values))].mean() for _ in range(1_000)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


if __name__ == "__main__":
    main()
