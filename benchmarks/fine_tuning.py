"""How much better a model finds unseen answers once it was fine-tuned on pairs of a support forum.

    python benchmarks/fine_tuning.py [--shared ../shared/data] [--pairs 3470] [--held-out 300] [--steps 100]

Pairs are the English answers of the Thunderbird forum with helpful votes, each with its situation. The oldest three
quarters of the conversations are trained on; of the newest quarter, whose answers are not trained on, `--held-out`
pairs are measured: each answer is to be found among theirs, by the model alone and by a suggester, in which words count
too.
Printed are nDCG@10 and MRR@10 before and after, and the difference with its interval (paired bootstrap).
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from retrieval_tasks import FORUM, MARKS, Subset

from qa_toolkit.conversations import read
from qa_toolkit.suggest import Evaluation, SentenceTransformerEncoder, build_exemplars, compare
from qa_toolkit.suggest.pairs import found_again, split_pairs, suggested_again
from qa_toolkit.suggest.training import fine_tune

RATINGS = ["reviewer", "conversation_id", "commandment", "rating", "evidence", "submitted"]


def voted(subset: Subset) -> pd.DataFrame:
    """Return the English answers of the forum that have helpful votes, as exemplars that are pairs as well."""
    batches = list(read(subset.folder / FORUM))
    conversations, messages = (
        pd.concat(parts) for parts in zip(*((b.conversations, b.messages) for b in batches), strict=True)
    )
    found = build_exemplars(conversations, messages, pd.DataFrame(columns=RATINGS), pd.DataFrame(columns=MARKS))
    found = found[(found["language"] == "en") & (found["situation"].str.strip() != "")]
    began = conversations.set_index("conversation_id")["started_at"]
    found = found.assign(cluster=found["conversation_id"], at=began.reindex(found["conversation_id"]).array)
    kept = subset.ids(found["exemplar_id"], subset.exemplars)
    return found[found["exemplar_id"].isin(kept)].drop_duplicates(["situation", "answer"]).reset_index(drop=True)


def main() -> None:
    """Train, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data")
    parser.add_argument("--pairs", type=int, default=3470, help="at most so many, by the hash of their ids")
    parser.add_argument("--held-out", type=int, default=300)
    parser.add_argument("--steps", type=int, default=100, help="batches of 16 pairs")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    subset = Subset(given.shared, given.pairs)
    if not (given.shared / FORUM).is_file():
        parser.exit(message=f"left out: {given.shared / FORUM} is not there (give --shared)\n")
    train, newer = split_pairs(voted(subset))
    held_out = newer[newer["exemplar_id"].isin(subset.ids(newer["exemplar_id"], given.held_out))].reset_index(drop=True)
    print(f"{len(train):,} pairs to train on, {len(held_out):,} of {len(newer):,} newer ones to measure on")
    old = SentenceTransformerEncoder(precision="fp32")
    with TemporaryDirectory() as folder:
        clock, processor = time.perf_counter(), time.process_time()
        texts = list(zip(train["situation"], train["answer"], strict=True))
        fine_tune(old, texts, Path(folder) / "new", given.steps, given.seed)
        took = time.perf_counter() - clock, time.process_time() - processor
        print(f"{given.steps} steps in {took[0]:.0f} s, {took[1]:.0f} s of processor")
        new = SentenceTransformerEncoder(Path(folder) / "new", "fp32")
        for what, measure in (("the model alone", _alone), ("a suggester", suggested_again)):
            after, before = measure(new, held_out, held_out, "after"), measure(old, held_out, held_out, "before")
            if after and before:
                table = compare(after, before).table[["measure", "b", "a", "difference", "low", "high", "n"]]
                names = {"b": "before", "a": "after"}
                print(f"\n{what}\n{table.rename(columns=names).round(3).to_string(index=False)}")


def _alone(encoder: SentenceTransformerEncoder, held_out: pd.DataFrame, answers: pd.DataFrame, name: str) -> Evaluation:
    return found_again(encoder, held_out, answers["answer"], name)


if __name__ == "__main__":
    main()
