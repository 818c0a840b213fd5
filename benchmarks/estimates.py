"""How long estimates take, at 50,000 reviewed conversations x 26 commandments, a tenth of them rated twice.

    python benchmarks/estimates.py [--conversations 50000] [--texts]

With --texts the columns are strings, else categories. Prints processor seconds of each table, the same of statsmodels
where it works out the same, and the most memory that the process held.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import statsmodels.api as sm

from qa_toolkit.stats import (
    by_source_list,
    mean_score,
    pass_rates,
    rate_difference,
    score_quantiles,
    shrunk_rates,
    totals,
    weighted_score,
)

COMMANDMENTS = [f"commandment-{i}" for i in range(26)]
RATINGS = ["fail", "partial", "pass", "na"]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--conversations", type=int, default=50_000)
    parser.add_argument("--texts", action="store_true", help="strings instead of categories")
    given = parser.parse_args()
    ratings, sample = made(given.conversations)
    if given.texts:
        ratings = ratings.astype("str")
    rubric = pd.DataFrame({"commandment": COMMANDMENTS, "weight": 1.0, "critical": False})
    lists = pd.DataFrame({"commandment": COMMANDMENTS * 2, "source": ["A", "B"] * 26})
    print(f"{len(ratings):,} ratings")
    for by in ("commandment", "agent", "week", ["commandment", "plan"], ["commandment", "agent"]):
        timed(f"pass_rates by {by}", lambda by=by: pass_rates(ratings, sample, by))
    timed("pass_rates by source list", lambda: pass_rates(by_source_list(ratings, lists), sample, "source"))
    scores = timed("weighted_score", lambda: weighted_score(ratings, rubric))
    timed("mean_score by agent", lambda: mean_score(scores, sample, "agent"))
    timed("mean_score by agent, bootstrap", lambda: mean_score(scores, sample, "agent", interval="bootstrap"))
    timed("score_quantiles by agent", lambda: score_quantiles(scores, sample, "agent"))
    timed("totals", lambda: totals(ratings, sample))
    timed("rate_difference", lambda: rate_difference(ratings, sample, "plan", "free", "paying"))
    timed("shrunk_rates of agents", lambda: shrunk_rates(ratings, sample))
    single = ratings.drop_duplicates(["conversation_id", "commandment"])
    own = timed("pass_rates, clusters", lambda: pass_rates(single, sample, cluster="customer"))
    theirs = timed("  statsmodels, WLS with clusters", lambda: by_statsmodels(single, sample))
    np.testing.assert_allclose(own.set_index("commandment")["rate"].loc[theirs.index], theirs)
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{'memory':34} {size / (2**20 if sys.platform == 'darwin' else 2**10):7,.0f} MB")


def made(n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make ratings and the sample that they are of."""
    rng = np.random.default_rng(1)
    twice = np.flatnonzero(rng.random(n) < 0.1)
    first = rng.integers(0, 8, n)
    conversation, reviewer = np.concatenate([np.arange(n), twice]), np.concatenate([first, (first[twice] + 1) % 8])
    ids = [f"conversation-{i:07}" for i in range(n)]
    codes = {
        "reviewer": (np.repeat(reviewer, 26), [f"reviewer-{i}" for i in range(8)]),
        "conversation_id": (np.repeat(conversation, 26), ids),
        "commandment": (np.tile(np.arange(26), len(conversation)), COMMANDMENTS),
        "rating": (rng.choice(4, 26 * len(conversation), p=[0.08, 0.07, 0.75, 0.1]), RATINGS),
    }
    ratings = pd.DataFrame({name: pd.Categorical.from_codes(*part) for name, part in codes.items()})
    sample = pd.DataFrame({"conversation_id": ids, "inclusion_probability": rng.uniform(0.02, 0.3, n)})
    kinds = {"agent": 60, "customer": n // 2, "week": 52, "stratum": 10}
    sample = sample.assign(**{name: [f"{name}-{i}" for i in rng.integers(0, k, n)] for name, k in kinds.items()})
    return ratings, sample.assign(plan=rng.choice(["free", "paying"], n))


def by_statsmodels(ratings: pd.DataFrame, sample: pd.DataFrame) -> pd.Series:
    """Estimate the pass rate of each commandment, and its variance between customers."""
    known = ratings[ratings["rating"] != "na"].merge(sample, on="conversation_id")
    found = {}
    for commandment, own in known.groupby("commandment", observed=True):
        model = sm.WLS(own["rating"] == "pass", np.ones(len(own)), weights=1 / own["inclusion_probability"])
        fit = model.fit(cov_type="cluster", cov_kwds={"groups": own["customer"].astype("category").cat.codes})
        found[commandment] = fit.params.iloc[0]
    return pd.Series(found)


def timed(name: str, work: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """Print how long some work takes the processor."""
    start = time.process_time()
    out = work()
    print(f"{name:34} {time.process_time() - start:7.2f} s")
    return out


if __name__ == "__main__":
    main()
