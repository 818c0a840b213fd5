"""What the threshold of suggestions does to searches in few words: how much that is relevant is still shown.

    python benchmarks/short_searches.py [--shared ../shared/data] [--exemplars 500] [--queries 100] [--half held-out]

The situations of `data/` and of the Thunderbird forum, whole and cut to their first 12 and 6 words, are searched among
the exemplars of their own kind. Of five suggestions, `kept` is the share of the relevant ones that the threshold still
shows, and `nothing` the share of queries for which it shows nothing at all. The same situations, and questions to a
bank, are searched among the exemplars of the other kind, where nothing answers them: there, nothing should be shown.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pandas as pd
from retrieval_tasks import TASKS, Subset, Task

from qa_toolkit.store import open_store
from qa_toolkit.suggest import CachedEncoder, SentenceTransformerEncoder, Suggester
from qa_toolkit.suggest.closeness import pairs_of

WORDS: Final = {"whole": 10_000, "12 words": 12, "6 words": 6}
K: Final = 5
OWN: Final = ("data", "thunderbird")
Rows = Iterator[tuple[str, int, int, bool]]


def answerable(suggester: Suggester, task: Task, words: int) -> Rows:
    """Yield, for each query: the relevant suggestions, those of them that are still shown, whether any one is."""
    pairs = pairs_of(task.queries, task.qrels)
    asked = task.queries.drop(columns="commandment", errors="ignore")
    for row in asked.drop(columns="cluster", errors="ignore").to_dict("records"):
        query_id, text = row.pop("query_id"), _first(row.pop("text"), words)
        good = {one.exemplar_id for one in suggester.suggest(text, K, least=0, **row)} & pairs[query_id]
        shown = {one.exemplar_id for one in suggester.suggest(text, K, **row)}
        yield query_id, len(good), len(good & shown), not shown


def shown_nothing(suggester: Suggester, queries: pd.DataFrame, words: int) -> list[bool]:
    """Return for which of some queries nothing is shown."""
    return [not suggester.suggest(_first(text, words), K) for text in queries["text"]]


def _first(text: str, words: int) -> str:
    return " ".join(text.split()[:words]) if words < WORDS["whole"] else text


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data")
    parser.add_argument("--exemplars", type=int, default=500)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--half", choices=["all", "development", "held-out"], default="held-out")
    parser.add_argument("--database", type=Path, default=Path("retrieval-vectors.db"), help="keeps the vectors")
    given = parser.parse_args()
    subset = Subset(given.shared, given.exemplars, given.queries, half=given.half)
    there = (given.shared / "retrieval").is_dir()
    names = [*OWN, "banking77"] if there else ["data"]
    if not there:
        print(f"Only data/: {given.shared / 'retrieval'} is not there (give --shared)")
    tasks = {name: TASKS[name](subset) for name in names}
    encoder = CachedEncoder(SentenceTransformerEncoder(), open_store(f"sqlite:///{given.database}").vectors)
    suggesters = {name: Suggester(encoder, tasks[name].exemplars) for name in OWN if name in tasks}
    rows = [measured(suggesters, tasks, label) for label in WORDS]
    print(pd.DataFrame(rows).round(2).to_string(index=False))


def measured(suggesters: dict[str, Suggester], tasks: dict[str, Task], label: str) -> dict[str, object]:
    """Return the shares for searches of one length."""
    words = WORDS[label]
    found = [row for name, one in suggesters.items() for row in answerable(one, tasks[name], words)]
    relevant, kept, empty = (sum(column) for column in list(zip(*found, strict=True))[1:])
    foreign = [
        nothing
        for name, one in suggesters.items()
        for other, task in tasks.items()
        if other != name and (other in OWN or name == "thunderbird")
        for nothing in shown_nothing(one, task.queries, words)
    ]
    return {
        "searched": label,
        "queries": len(found),
        "kept": kept / relevant if relevant else float("nan"),
        "nothing": empty / len(found),
        "queries without an answer": len(foreign),
        "of them nothing": sum(foreign) / len(foreign) if foreign else float("nan"),
    }


if __name__ == "__main__":
    main()
