"""Full text of PostgreSQL, by `ts_rank` and as we score it, beside BM25 in memory; run by pgvector.py --words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sqlalchemy as sa
from retrieval import Baseline, there
from retrieval_tasks import TASKS, Subset

from qa_toolkit.project import server_words
from qa_toolkit.project.searching import ServerSearch
from qa_toolkit.project.server_words import ServerWords
from qa_toolkit.store import Store
from qa_toolkit.store.engine import reading, writing
from qa_toolkit.suggest import CachedEncoder, HashingEncoder, compare, evaluate
from qa_toolkit.suggest.lexical import LexicalIndex, content_words

SETS = ("data", "banking77", "multidogo", "thunderbird")
EXEMPLARS, QUERIES = 40_000, 300


def compare_all(shared: Path, database: Callable[[], AbstractContextManager[Store]]) -> None:
    """Print nDCG@10 and hit@5 of each way of ranking by words alone, and how each differs from BM25 in memory."""
    for name in SETS:
        if there(name, shared):
            with database() as store:
                measure(name, Subset(shared, EXEMPLARS, QUERIES, half="all", seed=1), store)


def measure(name: str, subset: Subset, store: Store) -> None:
    """Print the figures of one set."""
    task = TASKS[name](subset)
    frame = task.exemplars.sort_values("exemplar_id", ignore_index=True)
    both = [f"{s}\n{a}" for s, a in zip(frame["situation"], frame["answer"], strict=True)]
    memory, words = LexicalIndex(both), serving(store, frame)
    print(f"\n{name}: {len(frame):,} exemplars, {len(task.queries):,} queries", flush=True)
    rankers: dict[str, Any] = {"BM25 in memory": lambda text, rows: memory.scores(text)[rows]}
    for most in (10**9, 5_000, 2_000, 1_000):
        rankers[f"full text, {most:,} rows"] = lambda text, rows, most=most: limited(words, most, text)[rows]
    rankers["ts_rank"] = lambda text, rows: ranked(store, words, text)[rows]
    first = None
    for label, scorer in rankers.items():
        found = evaluate(Baseline(frame, scorer), task.queries, task.qrels, name=label)
        first = first or found
        gap = compare(found, first).table.set_index("measure")
        means = found.summary().set_index("measure")["mean"]
        for measure_ in ("ndcg@10", "hit@5"):
            one = gap.loc[measure_]
            difference = f"{one['difference']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})"
            print(f"  {label:<30}{measure_:<9}{means[measure_]:.3f}   {difference}", flush=True)


def serving(store: Store, frame: pd.DataFrame) -> ServerWords:
    """Put exemplars there and return what searches their words."""
    insert = """INSERT INTO conversations (conversation_id, source, channel, n_messages, labels, content_hash,
        imported_at) SELECT one, 'a set', 'email', 0, '{}', '', now() FROM unnest(CAST(:ids AS text[])) AS one"""
    with writing(store._engine) as connection:
        connection.execute(sa.text(insert), {"ids": frame["conversation_id"].unique().tolist()})
    encoder = CachedEncoder(HashingEncoder(8), store.vectors)
    return ServerSearch(store, encoder, "a set", [0, 0, 0], 10**9).over(frame, None)[1]


def limited(words: ServerWords, most: int, text: str) -> Any:
    """Return our scores where so many rows are looked at."""
    server_words.MOST, before = most, server_words.MOST
    try:
        return words.scores(text)
    finally:
        server_words.MOST = before


def ranked(store: Store, words: ServerWords, text: str) -> Any:
    """Return the scores of `ts_rank` for any of the words of a text."""
    out, asked = np.zeros(len(words._texts), dtype=np.float32), sorted(set(content_words(text)))
    if not asked:
        return out
    query = "SELECT exemplar_id, ts_rank(words, q) FROM exemplars, CAST(:q AS tsquery) AS q WHERE words @@ q"
    with reading(store._engine) as connection:
        for one, score in connection.execute(sa.text(query), {"q": " | ".join(f"'{word}'" for word in asked)}):
            out[words._row_of[one]] = score
    return out
