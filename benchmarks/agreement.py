"""How fast agreement is measured, beside krippendorff and statsmodels on the same work in the same run.

    python benchmarks/agreement.py [--data FOLDER] [--ratings N]

FOLDER holds stc3_quality_cnonly.csv.gz (2,028 dialogues by the same 19 raters); without it, ratings of that size are
drawn. The libraries have no bootstrap: theirs is their coefficient on units drawn again, which is timed on some
replicates and scaled up to 1,000. Times are of the processor, the best of several; peaks are of memory that the
work itself takes.
"""

from __future__ import annotations

import argparse
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import krippendorff
import numpy as np
import pandas as pd
from statsmodels.stats import inter_rater

from qa_toolkit.stats import (
    agreement,
    cohen_kappa,
    fleiss_kappa,
    krippendorff_alpha,
    reviewer_agreement,
    reviewer_pairs,
)

REPLICATES = 1000
VALUES = np.arange(-2, 3)
COMMANDMENTS = 26


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared/data/agreement")
    parser.add_argument("--ratings", type=int, default=1_300_000)
    given = parser.parse_args()
    file = given.data / "stc3_quality_cnonly.csv.gz"
    if file.is_file():
        table = pd.read_csv(file).query("scale == 'A'")
        real = table.pivot(index="item_id", columns="annotator_id", values="value").to_numpy(dtype=float)
        coefficients("stc3, 2,028 x 19", real)
    else:
        coefficients("2,028 x 19, drawn", drawn(2028, 19, 0.0))
    coefficients("100,000 x 5, 20% missing", drawn(100_000, 5, 0.2))
    tables(given.ratings)


def coefficients(name: str, values: np.ndarray) -> None:
    """Time the coefficients of ratings, shape (units, reviewers), missing ones NaN."""
    print(f"\n{name}")
    counts = np.stack([(values == value).sum(1) for value in VALUES], axis=1)
    for metric in ("nominal", "ordinal", "interval"):
        compare(
            f"alpha, {metric}",
            lambda metric=metric: krippendorff_alpha(counts, metric, replicates=0).value,
            lambda metric=metric: krippendorff.alpha(value_counts=counts, level_of_measurement=metric),
        )
    compare(
        f"alpha, ordinal, {REPLICATES:,} replicates",
        lambda: krippendorff_alpha(counts, "ordinal", replicates=REPLICATES),
        lambda: resampled(counts, lambda n: krippendorff.alpha(value_counts=n, level_of_measurement="ordinal")),
        scaled=True,
    )
    whole = np.isfinite(values).all(1)
    complete = counts[whole]
    compare(
        f"Fleiss' kappa of {len(complete):,} without gaps",
        lambda: fleiss_kappa(complete, replicates=0).value,
        lambda: inter_rater.fleiss_kappa(complete),
    )
    compare(
        f"the same, {REPLICATES:,} replicates",
        lambda: fleiss_kappa(complete, replicates=REPLICATES),
        lambda: resampled(complete, inter_rater.fleiss_kappa),
        scaled=True,
    )
    first, second = values[whole, :2].T
    compare(
        "Cohen's kappa of two of them",
        lambda: cohen_kappa(first, second, "identity", VALUES, replicates=0).value,
        lambda: inter_rater.cohens_kappa(inter_rater.to_table(values[whole, :2])[0], return_results=False),
    )


def resampled(counts: np.ndarray, coefficient: Callable[[np.ndarray], float], replicates: int = 10) -> float:
    """Return the seconds of `REPLICATES` replicates, from those that some take."""
    rng = np.random.default_rng(0)
    start = time.process_time()
    for _ in range(replicates):
        coefficient(counts[rng.integers(len(counts), size=len(counts))])
    return (time.process_time() - start) / replicates * REPLICATES


def tables(ratings: int) -> None:
    """Time the tables over ratings of which a fifth of the conversations have two."""
    for kind in ("category", "str"):
        frame = reviews(ratings, kind)
        print(f"\n{len(frame):,} ratings of {frame['conversation_id'].nunique():,} conversations, columns of {kind}")
        for table in (agreement, reviewer_agreement, reviewer_pairs):
            seconds, megabytes, found = measured(partial(table, frame, replicates=REPLICATES), 3)
            print(f"  {table.__name__:42}{seconds:9.3f} s {megabytes:7.0f} MB   {len(found):,} rows")


def compare(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], scaled: bool = False) -> None:
    """Print both times; `scaled`: what `theirs` returns is its time."""
    seconds, megabytes, found = measured(ours, 5 if scaled else 20)
    other = measured(theirs, 3 if scaled else 20)
    took = other[2] if scaled else other[0]
    if not scaled:
        assert abs(found - other[2]) < 1e-9, (name, found, other[2])
    times = f"{seconds:9.5f} s {megabytes:7.1f} MB   library {took:9.5f} s {other[1]:7.1f} MB   x {took / seconds:.1f}"
    print(f"  {name:42}{times}")


def measured(work: Callable[[], Any], times: int = 5) -> tuple[float, float, Any]:
    """Return the least seconds, the peak of memory in MB and what `work` returns."""
    seconds = []
    for _ in range(times):
        start = time.process_time()
        found = work()
        seconds.append(time.process_time() - start)
    tracemalloc.start()
    work()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return min(seconds), peak / 1e6, found


def drawn(units: int, reviewers: int, missing: float) -> np.ndarray:
    """Return ratings of -2 to 2 that agree moderately, shape (units, reviewers)."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(units, 1))
    values = np.clip(np.round(truth + rng.normal(scale=0.8, size=(units, reviewers))), -2, 2)
    values[rng.random(values.shape) < missing] = np.nan
    return values


def reviews(ratings: int, kind: str) -> pd.DataFrame:
    """Return ratings by 20 reviewers on 26 commandments."""
    rng = np.random.default_rng(0)
    n = round(ratings / COMMANDMENTS / 1.2)
    twice = rng.random(n) < 0.2
    conversation = np.concatenate([np.arange(n), np.flatnonzero(twice)])
    reviewer = rng.integers(20, size=n)
    reviewer = np.concatenate([reviewer, (reviewer[twice] + rng.integers(1, 20, size=twice.sum())) % 20])
    truth = rng.choice(4, size=(n, COMMANDMENTS), p=[0.06, 0.07, 0.77, 0.1])[conversation]
    given = np.where(rng.random(truth.shape) < 0.08, rng.choice(4, size=truth.shape), truth)
    columns = {
        "reviewer": (np.repeat(reviewer, COMMANDMENTS), [f"reviewer-{i}" for i in range(20)]),
        "conversation_id": (np.repeat(conversation, COMMANDMENTS), [f"conversation-{i:06}" for i in range(n)]),
        "commandment": (np.tile(np.arange(COMMANDMENTS), len(conversation)), [f"commandment-{i}" for i in range(26)]),
        "rating": (given.ravel(), ["fail", "partial", "pass", "na"]),
    }
    frame = {name: pd.Categorical.from_codes(codes, names) for name, (codes, names) in columns.items()}
    return pd.DataFrame(frame).astype(kind)


if __name__ == "__main__":
    main()
