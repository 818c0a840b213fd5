"""How long suggestions take, over the answers with helpful votes in one file of conversations.

    python benchmarks/suggest.py CONVERSATIONS.jsonl.gz [--database vectors.db] [--question TEXT ...] [--seed 1]

Without questions, ten are drawn from the conversations that have no voted answer. Prints counts, texts encoded a
second, the time to suggestions (p50, p95; the query is encoded too), and the best three for each question.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
import pandas as pd

from qa_toolkit.conversations import read
from qa_toolkit.store import open_store
from qa_toolkit.suggest import CachedEncoder, SentenceTransformerEncoder, Suggester, build_exemplars, situation, topic

T = TypeVar("T")
RATINGS = ["reviewer", "conversation_id", "commandment", "rating", "evidence", "submitted"]
GOOD_ANSWERS = ["reviewer", "conversation_id", "position", "commandments", "note"]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--database", type=Path, help="keep the vectors in this SQLite file")
    parser.add_argument("--question", action="append", default=[])
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--timed", type=int, default=200, help="queries to time")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    conversations, messages = timed("read", lambda: load(given.path))
    nothing = pd.DataFrame(columns=RATINGS), pd.DataFrame(columns=GOOD_ANSWERS)
    exemplars = timed("build exemplars", lambda: build_exemplars(conversations, messages, *nothing))
    print(f"{len(conversations):,} conversations, {len(messages):,} messages, {len(exemplars):,} exemplars by votes")
    asked = questions(conversations, messages, exemplars, given.seed, max(given.timed, given.questions))
    with TemporaryDirectory() as folder:
        suggester = make_suggester(exemplars, given.database or Path(folder) / "vectors.db")
        measure(suggester, asked[: given.timed])
        for question in given.question or asked[: given.questions]:
            show(suggester, question)


def load(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return all conversations and messages of `path`."""
    batches = list(read(path))
    return (
        pd.concat([batch.conversations for batch in batches], ignore_index=True),
        pd.concat([batch.messages for batch in batches], ignore_index=True),
    )


def make_suggester(exemplars: pd.DataFrame, database: Path) -> Suggester:
    """Load the model, encode the situations, and say how fast."""
    model = SentenceTransformerEncoder()
    timed("load the model (with torch)", lambda: model.encode(["warm"]))
    computed: list[int] = []
    encoder = CachedEncoder(model, open_store(f"sqlite:///{database}").vectors)
    start = time.perf_counter()
    suggester = Suggester(encoder, exemplars, progress=lambda done, _: computed.append(done))
    seconds = time.perf_counter() - start
    n = computed[-1] if computed else 0
    print(f"index: {seconds:.1f} s, {n:,} texts encoded, {n / seconds:.0f} texts/s")
    return suggester


def questions(
    conversations: pd.DataFrame, messages: pd.DataFrame, exemplars: pd.DataFrame, seed: int, n: int
) -> list[str]:
    """Draw the situations of first answers, from conversations that are no exemplar's."""
    answers = messages[(messages["role"] == "agent") & ~messages["conversation_id"].isin(exemplars["conversation_id"])]
    first = answers.drop_duplicates("conversation_id").sample(n, random_state=seed)
    about = map(topic, conversations["subject"], conversations["labels"])
    topics = dict(zip(conversations["conversation_id"], about, strict=True))
    groups = dict(list(messages[messages["conversation_id"].isin(first["conversation_id"])].groupby("conversation_id")))
    found = [
        situation(groups[c], p, topics[c]) for c, p in zip(first["conversation_id"], first["position"], strict=True)
    ]
    return [text for text in found if text]


def measure(suggester: Suggester, texts: list[str]) -> None:
    """Print the time of one call, the query's own encoding included, each text new to the cache."""
    seconds = []
    for text in texts:
        start = time.perf_counter()
        suggester.suggest(text, k=5)
        seconds.append(time.perf_counter() - start)
    p50, p95 = np.percentile(np.array(seconds) * 1000, [50, 95])
    print(f"time to suggestions over {len(texts)} queries: p50 {p50:.1f} ms, p95 {p95:.1f} ms")


def show(suggester: Suggester, question: str) -> None:
    """Print the best three for a question."""
    print(f"\nQUESTION  {shortened(question)}")
    for found in suggester.suggest(question, k=3):
        print(f"  {found.rank}. {found.exemplar_id}  cosine {found.dense:.2f}  {'; '.join(found.why)}")
        print(f"     situation  {shortened(found.situation)}")
        print(f"     answer     {shortened(found.answer)}")


def shortened(text: str, width: int = 160) -> str:
    """Return `text` on one line."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 3] + "..."


def timed(what: str, work: Callable[[], T]) -> T:
    """Run `work` and print its wall time."""
    start = time.perf_counter()
    result = work()
    print(f"{what}: {time.perf_counter() - start:.1f} s")
    return result


if __name__ == "__main__":
    main()
