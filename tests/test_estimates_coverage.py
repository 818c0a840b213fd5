"""Do 95% intervals hold the truth in 93% to 97% of samples, and does nothing give a mean without the design?"""

from __future__ import annotations

import inspect
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from simulated import COVERS, RUNS, coverage, draws

import qa_toolkit.stats
from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import (
    mean_score,
    pass_rates,
    rate_difference,
    score_difference,
    score_quantiles,
    shrunk_rates,
    strictness,
    totals,
)

N = 6000
# They describe agreement, single reviews or columns, and estimate nothing about conversations that nobody rated.
NO_SAMPLE = {
    "agreement", "agreement_gain", "by_source_list", "confusion", "count_ratings", "intra_rater", "reviewer_agreement",
    "reviewer_drift", "reviewer_pairs", "weighted_score",
}  # fmt: skip


def population(seed: int) -> pd.DataFrame:
    """Make conversations with a risk that tells something of whether they fail."""
    rng = np.random.default_rng(seed)
    risk = rng.gamma(0.8, 1, N)
    chance = np.clip(0.03 + 0.12 * risk, 0, 0.9)
    agent = rng.choice(["a", "b", "c", "d"], N, p=[0.5, 0.3, 0.15, 0.05])
    chance = chance + np.where(agent == "c", 0.08, 0)
    return pd.DataFrame({"risk": risk, "agent": agent, "fails": rng.random(N) < chance, "rude": rng.random(N) < chance})


PEOPLE = population(3)
ONE = np.full(N, "all")
RISK = 0.3 / N + 0.7 * PEOPLE["risk"].to_numpy() / PEOPLE["risk"].sum()
PLANS: dict[str, Callable[[], pd.DataFrame]] = {
    "uniform": lambda: draws(np.ones(N), {"all": 200}, ONE, seed=1),
    "stratified": lambda: draws(np.ones(N), dict.fromkeys("abcd", 50), PEOPLE["agent"].to_numpy(), seed=2),
    "risk-weighted": lambda: draws(RISK, {"all": 200}, ONE, seed=3),
    "risk-weighted within strata": lambda: draws(
        RISK, {"a": 80, "b": 60, "c": 40, "d": 20}, PEOPLE["agent"].to_numpy(), seed=4
    ),
}


def ratings_of(sample: pd.DataFrame, column: str = "fails", commandment: str = "listen") -> pd.DataFrame:
    fails = PEOPLE[column].to_numpy()[sample["unit"]]
    rating = pd.Categorical.from_codes(fails.astype(int), ["pass", "fail"])
    return sample[["conversation_id", "run"]].assign(reviewer="ruth", commandment=commandment, rating=rating)


def rates_of(ratings: pd.DataFrame, sample: pd.DataFrame, **arguments: object) -> pd.DataFrame:
    return pass_rates(ratings.drop(columns="run"), sample, "run", rating="fail", **arguments)


@pytest.mark.slow
@pytest.mark.parametrize("plan", PLANS)
def test_intervals_of_rates_cover_the_truth(plan: str) -> None:
    sample = PLANS[plan]()
    ratings, truth = ratings_of(sample), PEOPLE["fails"].mean()
    found = {"wilson": rates_of(ratings, sample), "finite": rates_of(ratings, sample, finite=True)}
    covered = {name: coverage(table, truth) for name, table in found.items()}
    assert all(COVERS[0] < share < COVERS[1] for share in covered.values()), covered
    exact = coverage(rates_of(ratings, sample, interval="clopper-pearson"), truth)
    assert exact > max(covered["wilson"], 0.945)
    assert found["wilson"]["rate"].mean() == pytest.approx(truth, abs=4.9 * found["wilson"]["rate"].std() / RUNS**0.5)


@pytest.mark.slow
def test_the_unweighted_mean_of_a_risk_weighted_sample_would_not() -> None:
    sample = PLANS["risk-weighted"]()
    alike = sample.assign(inclusion_probability=200 / N)
    assert coverage(rates_of(ratings_of(sample), alike), PEOPLE["fails"].mean()) < 0.5


@pytest.mark.slow
@pytest.mark.parametrize("plan", ["uniform", "risk-weighted"])
def test_intervals_cover_with_replaced_silent_and_out_of_scope_conversations(plan: str) -> None:
    """A fifth does not answer, a tenth of the frame is out of scope, and two commandments are pooled."""
    sample = PLANS[plan]()
    rng = np.random.default_rng(6)
    beyond = rng.random(N) < 0.1
    status = np.where(rng.random(len(sample)) < 0.1, "replaced", "drawn")
    sample = sample.assign(status=np.where(beyond[sample["unit"]], "out of scope", status))
    answers = sample[(sample["status"] == "drawn") & (rng.random(len(sample)) < 0.9)]
    ratings = pd.concat([ratings_of(answers), ratings_of(answers, "rude", "warm")])
    truth = float(PEOPLE.loc[~beyond, ["fails", "rude"]].to_numpy().mean())
    covered = coverage(rates_of(ratings, sample), truth)
    assert COVERS[0] < covered < COVERS[1], covered


@pytest.mark.slow
def test_intervals_of_a_group_inside_the_strata_cover_the_truth() -> None:
    sample = draws(RISK, {"all": 300}, ONE, seed=7)
    sample = sample.assign(agent=PEOPLE["agent"].to_numpy()[sample["unit"]])
    found = pass_rates(ratings_of(sample).drop(columns="run"), sample, ["run", "agent"], rating="fail")
    for agent in "abc":
        truth = PEOPLE.loc[PEOPLE["agent"] == agent, "fails"].mean()
        covered = coverage(found[found["agent"] == agent], truth)
        assert COVERS[0] < covered < 0.98, (
            agent,
            covered,
        )  # the effective size is held below n, which is the safe side


@pytest.mark.slow
@pytest.mark.parametrize(("sizes", "most"), [(np.ones(500), COVERS[1]), (RISK[:500], 0.99)])
def test_a_finite_interval_of_half_of_the_frame_covers_and_is_narrow(sizes: np.ndarray, most: float) -> None:
    sample = draws(sizes, {"all": 250}, ONE[:500], seed=8)
    ratings = ratings_of(sample)
    finite, practice = rates_of(ratings, sample, finite=True), rates_of(ratings, sample)
    covered = coverage(finite, PEOPLE["fails"][:500].mean())
    assert COVERS[0] < covered < most, covered
    assert (finite["high"] - finite["low"]).mean() < 0.8 * (practice["high"] - practice["low"]).mean()


@pytest.mark.slow
def test_intervals_between_customers_cover_where_plain_ones_do_not() -> None:
    """Every run is another 60 customers with some conversations each, who are alike within."""
    rng = np.random.default_rng(9)
    customers = RUNS * 60
    size = rng.geometric(0.25, customers)
    chance = rng.beta(0.8, 3.2, customers)
    customer = np.repeat(np.arange(customers), size)
    fails = rng.random(len(customer)) < chance[customer]
    sample = pd.DataFrame(
        {
            "conversation_id": np.arange(len(customer)),
            "customer": customer,
            "run": customer // 60,
            "stratum": customer // 60,
        }
    ).assign(inclusion_probability=0.01)
    rating = pd.Categorical.from_codes(fails.astype(int), ["pass", "fail"])
    ratings = sample[["conversation_id"]].assign(reviewer="ruth", commandment="listen", rating=rating)
    covered = coverage(pass_rates(ratings, sample, "run", rating="fail", cluster="customer"), 0.2)
    assert COVERS[0] < covered < COVERS[1], covered
    assert coverage(pass_rates(ratings, sample, "run", rating="fail"), 0.2) < 0.9


SCORES = pd.DataFrame({"reviewer": "ruth", "conversation_id": ["a", "b"], "score": [0.5, 1.0]})
RATINGS = SCORES.assign(commandment="listen", rating=["fail", "pass"])
SAMPLE = pd.DataFrame({"conversation_id": ["a", "b"], "stratum": "all", "agent": "mei"})


@pytest.mark.parametrize(
    "estimate",
    [
        lambda: pass_rates(RATINGS, SAMPLE),
        lambda: totals(RATINGS, SAMPLE),
        lambda: shrunk_rates(RATINGS, SAMPLE),
        lambda: rate_difference(RATINGS, SAMPLE, "agent", "mei", "derek"),
        lambda: strictness(RATINGS, SAMPLE),
        lambda: mean_score(SCORES, SAMPLE),
        lambda: mean_score(SCORES, SAMPLE, interval="bootstrap"),
        lambda: score_quantiles(SCORES, SAMPLE),
        lambda: score_difference(SCORES, SAMPLE, "agent", "mei", "derek"),
    ],
)
def test_no_estimate_without_the_probability_of_each_draw(estimate: Callable[[], object]) -> None:
    with pytest.raises(SchemaError, match="sample has no column inclusion_probability"):
        estimate()


def test_no_public_function_takes_ratings_without_a_sample() -> None:
    without = set()
    for name in qa_toolkit.stats.__all__:
        function = getattr(qa_toolkit.stats, name)
        if inspect.isfunction(function):
            parameters = set(inspect.signature(function).parameters)
            if parameters & {"ratings", "scores"} and "sample" not in parameters:
                without.add(name)
    assert without <= NO_SAMPLE, "say in NO_SAMPLE why this gives no mean of ratings, or give it the sample"
