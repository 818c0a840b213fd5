"""Do 95% intervals hold the truth in 93 to 97 of 100 samples, whatever the plan? By simulation, from draw to rate."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.sampling import draw
from qa_toolkit.stats import pass_rates

SIZE, RUNS = 1200, 500


def population() -> pd.DataFrame:
    """Make conversations of three agents, of whom one fails more; a risk that knows something of it."""
    rng = np.random.default_rng(17)
    agent = rng.choice(["amara", "derek", "mei"], SIZE, p=[0.6, 0.3, 0.1])
    risk = rng.beta(1, 3, SIZE)
    chance = np.where(agent == "mei", 0.75, 0.95) - 0.5 * risk**1.5
    return pd.DataFrame(
        {
            "conversation_id": [f"c{i}" for i in range(SIZE)],
            "agent": agent,
            "risk": risk,
            "n_messages": rng.integers(2, 30, SIZE),
            "rating": np.where(rng.random(SIZE) < chance, "pass", "fail"),
        }
    )


def samples(frame: pd.DataFrame, plan: dict[str, Any]) -> pd.DataFrame:
    """Draw many samples and tell them apart by a number, so that one call estimates from each."""
    drawn = [draw(frame, seed=seed, **plan).items.assign(run=seed) for seed in range(RUNS)]
    items = pd.concat(drawn, ignore_index=True).merge(frame[["conversation_id", "rating"]])
    run = items["run"].astype("str")
    return items.assign(conversation_id=run + "|" + items["conversation_id"], stratum=run + "|" + items["stratum"])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plan", "is_uniform"),
    [
        ({"n": 80}, True),
        ({"per_stratum": 30, "by": "agent"}, False),
        ({"n": 80, "risk": "risk"}, False),
        ({"by": "agent", "parts": [{"per_stratum": 12}, {"n": 50, "risk": "risk"}]}, False),
    ],
    ids=["uniform", "stratified", "by risk", "of parts"],
)
def test_intervals_hold_the_truth_as_often_as_they_say(plan: dict[str, Any], is_uniform: bool) -> None:
    frame = population()
    truth = frame["rating"].eq("pass").mean()
    sample = samples(frame, plan)
    ratings = sample[["conversation_id", "rating"]].assign(reviewer="ruth", commandment="listen")
    rates = pass_rates(ratings, sample.drop(columns="rating"), by=["run"], finite=True).set_index("run")
    assert 0.93 <= (rates["low"].le(truth) & rates["high"].ge(truth)).mean() <= 0.97
    error = rates["rate"].std() / np.sqrt(RUNS)
    assert rates["rate"].mean() == pytest.approx(truth, abs=4 * error)
    plain = sample["rating"].eq("pass").groupby(sample["run"]).mean()  # which nothing in the package gives
    assert (abs(plain.mean() - truth) < 4 * error) == is_uniform
