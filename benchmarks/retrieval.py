"""How well suggestions are ranked, beside BM25, TF-IDF and a plain sentence model, and with each stage switched off.

    python benchmarks/retrieval.py [--shared ../shared/data] [--task data banking77 ...] [--exemplars 2000 | --full]

For each set (see benchmarks/retrieval_tasks.py) it prints nDCG@10, MRR@10 and hit@5 with bootstrap intervals, and for
every other ranker by how much ours is above it. All rankers search the same exemplars with the same filters.
Vectors are kept in a database file, so that a second run is quick. `--half development` is for trying settings,
`--half held-out` for reporting them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from retrieval_tasks import TASKS, Subset, Task
from sentence_transformers.util import semantic_search
from sklearn.feature_extraction.text import TfidfVectorizer

from qa_toolkit.store import open_store
from qa_toolkit.suggest import (
    CachedEncoder,
    Encoder,
    Evaluation,
    SentenceTransformerEncoder,
    Suggester,
    compare,
    evaluate,
)
from qa_toolkit.suggest.fusion import Weights
from qa_toolkit.suggest.lexical import LexicalIndex

OURS: Final = "ours"
WANTED_HIT: Final = 0.8  # hit@5 on data/
STAGES: Final = {
    "ours, no situations": Weights(situation=0),
    "ours, no answers": Weights(answer=0),
    "ours, no words": Weights(words=0),
}
Scores = npt.NDArray[np.floating]


class Scorer(Protocol):
    """What gives a score to all rows for a text; rows that score 0 or less are not found."""

    def __call__(self, text: str, rows: npt.NDArray[np.int64], /) -> Scores:
        """Return the scores of `rows`."""


class Baseline:
    """A ranker without ours: the best scores among the exemplars that the filters allow."""

    def __init__(self, exemplars: pd.DataFrame, scorer: Scorer) -> None:
        self._frame = exemplars
        self._ids = exemplars["exemplar_id"].to_numpy(dtype=object)
        self._conversations = exemplars["conversation_id"].to_numpy(dtype=object)
        self._scorer = scorer

    def __call__(
        self, text: str, k: int, /, commandment: str | None = None, exclude_conversation: str | None = None
    ) -> list[str]:
        """Return the ids of the `k` best."""
        keep = self._conversations != exclude_conversation
        if commandment:
            keep &= np.array([commandment in listed for listed in self._frame["commandments"]], dtype=bool)
        rows = np.flatnonzero(keep)
        scores = np.asarray(self._scorer(text, rows))
        order = np.argsort(-scores, kind="stable")[:k]
        return [str(self._ids[rows[at]]) for at in order if scores[at] > 0]


def bm25(task: Task, _: Encoder) -> Baseline:
    """Rank by BM25 alone, of situation and answer."""
    index = LexicalIndex(_texts(task.exemplars))
    return Baseline(task.exemplars, lambda text, rows: index.scores(text)[rows])


def tfidf(task: Task, _: Encoder) -> Baseline:
    """Rank by the cosine of TF-IDF vectors of words and pairs of words."""
    model = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    matrix = model.fit_transform(_texts(task.exemplars))
    return Baseline(task.exemplars, lambda text, rows: (matrix[rows] @ model.transform([text]).T).toarray()[:, 0])


def plain(task: Task, encoder: Encoder) -> Baseline:
    """Rank by `sentence_transformers.util.semantic_search` over the situations."""
    vectors = encoder.encode(task.exemplars["situation"].tolist())

    def scorer(text: str, rows: npt.NDArray[np.int64]) -> Scores:
        scores = np.zeros(len(rows))
        for hit in semantic_search(encoder.encode([text]), vectors[rows], top_k=len(rows))[0]:
            scores[hit["corpus_id"]] = hit["score"]
        return scores

    return Baseline(task.exemplars, scorer)


def chance(task: Task, _: Encoder) -> Baseline:
    """Rank at random: what the share of relevant exemplars gives for nothing."""
    rng = np.random.default_rng(1)
    return Baseline(task.exemplars, lambda _, rows: rng.random(len(rows)) + 1e-9)


BASELINES: Final[Mapping[str, Callable[[Task, Encoder], Baseline]]] = {
    "BM25": bm25,
    "TF-IDF": tfidf,
    "plain model": plain,
    "chance": chance,
}


def suggester(
    task: Task, encoder: Encoder, weights: Weights | None = None, *, ignored: str = ""
) -> Callable[..., list[str]]:
    """Return our ranker; it leaves out the filter `ignored`, and nothing is too far: this measures the order."""
    found = Suggester(encoder, task.exemplars, weights=weights or Weights())
    verified = bool((task.exemplars["source"] == "marked").any())

    def rank(text: str, k: int, **filters: Any) -> list[str]:
        given = {name: value for name, value in filters.items() if name != ignored}
        return [one.exemplar_id for one in found.suggest(text, k, include_unverified=not verified, least=0, **given)]

    return rank


def rankers(task: Task, encoder: Encoder) -> Mapping[str, Callable[[], Callable[..., Sequence[str]]]]:
    """Return what makes each ranker, ours first."""
    out: dict[str, Callable[[], Callable[..., Sequence[str]]]] = {OURS: lambda: suggester(task, encoder)}
    out |= {name: lambda make=make: make(task, encoder) for name, make in BASELINES.items()}
    out |= {name: lambda weights=weights: suggester(task, encoder, weights) for name, weights in STAGES.items()}
    if "commandment" in task.queries:
        out["ours, no commandment"] = lambda: suggester(task, encoder, ignored="commandment")
    return out


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data")
    parser.add_argument("--task", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--exemplars", type=int, default=2000, help="at most so many of each public set")
    parser.add_argument("--queries", type=int, default=400)
    parser.add_argument("--full", action="store_true", help="whole sets: an hour or more of embedding")
    parser.add_argument("--half", choices=["all", "development", "held-out"], default="all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", type=Path, default=Path("retrieval-vectors.db"), help="keeps the vectors")
    parser.add_argument("--out", type=Path, help="write all figures to this CSV file")
    given = parser.parse_args()
    size = (None, None) if given.full else (given.exemplars, given.queries)
    subset = Subset(given.shared, *size, half=given.half, seed=given.seed)
    encoder = CachedEncoder(SentenceTransformerEncoder(), open_store(f"sqlite:///{given.database}").vectors)
    found = [run(name, subset, encoder) for name in given.task if there(name, given.shared)]
    if given.out and found:
        pd.concat(found).to_csv(given.out, index=False)


def there(name: str, shared: Path) -> bool:
    """Return whether the files of a task are there, and say so if not."""
    if name == "data" or (shared / "retrieval").is_dir():
        return True
    print(f"{name}: left out, {shared / 'retrieval'} is not there (give --shared)\n")
    return False


def run(name: str, subset: Subset, encoder: Encoder) -> pd.DataFrame:
    """Measure all rankers on a task, print the figures and return them."""
    task = TASKS[name](subset)
    texts = [*task.queries["text"], *task.exemplars["situation"], *task.exemplars["answer"]]
    start = time.perf_counter()
    encoder.encode(texts, lambda done, total: print(f"\r  embedding {done:,} of {total:,}", end="", flush=True))
    relevant = len(task.qrels) / len(task.queries)
    print(
        f"\r{name}: {len(task.exemplars):,} exemplars, {len(task.queries):,} queries, {relevant:.1f} relevant ones each"
    )
    print(f"  {TASKS[name].__doc__.splitlines()[0]}\n  embedded in {time.perf_counter() - start:.0f} s")
    found = {}
    for label, make in rankers(task, encoder).items():
        found[label] = evaluate(make(), task.queries, task.qrels, name=label)
    table = figures(found)
    print(table.to_string(index=False), "\n")
    if name == "data":
        hit = found[OURS].per_query["hit@5"].mean()
        print(
            f"hit@5 is {hit:.3f}; wanted: {WANTED_HIT} or more. {'Reached' if hit >= WANTED_HIT else 'Not reached'}.\n"
        )
    return table.assign(task=name)


def figures(found: Mapping[str, Evaluation]) -> pd.DataFrame:
    """Return each ranker's means with intervals, and by how much ours is above it."""
    rows = []
    for label, evaluation in found.items():
        against = compare(found[OURS], evaluation).table.set_index("measure")
        for one in evaluation.summary().itertuples(index=False):
            gap = against.loc[one.measure]
            rows.append((label, one.measure, _span(one.mean, one.low, one.high), *_gap(label, gap)))
    table = pd.DataFrame(rows, columns=["ranker", "measure", "mean", "ours - this", "ours is"])
    return table.sort_values("measure", kind="stable")


def _gap(label: str, gap: pd.Series[Any]) -> tuple[str, str]:
    if label == OURS:
        return "", ""
    word = "better" if gap["low"] > 0 else "worse" if gap["high"] < 0 else "not told apart"
    return _span(gap["difference"], gap["low"], gap["high"], "+.3f"), word


def _span(value: float, low: float, high: float, shape: str = ".3f") -> str:
    return f"{value:{shape}} ({low:{shape}} to {high:{shape}})"


def _texts(exemplars: pd.DataFrame) -> list[str]:
    sides = zip(exemplars["situation"], exemplars["answer"], strict=True)
    return [s if s == a else f"{s}\n{a}" for s, a in sides]


if __name__ == "__main__":
    main()
