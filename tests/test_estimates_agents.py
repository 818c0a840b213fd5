"""Rates that agents share, and the funnel."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats
from simulated import COVERS

from qa_toolkit.stats import clopper_pearson, funnel_limits, pass_rates, shrunk_rates, wilson
from qa_toolkit.stats.shrinking import shrunk_shares


def reviewed(hits: np.ndarray, n: np.ndarray) -> tuple[pd.DataFrame, pd.DataFrame]:
    agent = np.repeat(np.arange(len(n)), n)
    ids = [f"c{i}" for i in range(len(agent))]
    passes = np.concatenate([np.arange(size) < k for k, size in zip(hits, n, strict=True)])
    ratings = pd.DataFrame(
        {
            "reviewer": "ruth",
            "conversation_id": ids,
            "commandment": "listen",
            "rating": np.where(passes, "pass", "fail"),
        }
    )
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": 0.05})
    return ratings, sample.assign(agent=[f"a{a:02}" for a in agent])


def test_shrunk_rates_equal_those_of_numerical_integration() -> None:
    hits, n = np.array([3.0, 9, 18, 40, 12, 5]), np.array([6.0, 10, 20, 41, 20, 5])

    def joint(spread: float, mean: float, power: int = 0, group: int = 0) -> float:
        size = spread**-2
        a, b = mean * size, (1 - mean) * size
        found = np.exp((special.betaln(a + hits, b + n - hits) - special.betaln(a, b)).sum() + 60)
        return found * spread * ((a + hits[group]) / (size + n[group])) ** power

    bounds = (1e-6, 1 - 1e-6, 0.01, 1.0)
    whole = integrate.dblquad(joint, *bounds, epsabs=0, epsrel=1e-6)[0]
    expected = [integrate.dblquad(joint, *bounds, (1, g), epsabs=0, epsrel=1e-6)[0] / whole for g in range(2)]
    middle, low, high, pull = shrunk_shares(hits / n, n)
    assert middle[:2] == pytest.approx(expected, abs=1e-3)
    assert (low < middle).all()
    assert (middle < high).all()
    assert (np.argsort(pull) == np.argsort(-n, kind="stable")).all()


def test_few_reviews_are_pulled_far_and_many_hardly() -> None:
    n = np.array([5] * 20 + [400] * 20)
    rng = np.random.default_rng(1)
    hits = rng.binomial(n, rng.beta(12, 3, 40))
    hits[0], hits[20] = 5, 400
    ratings, sample = reviewed(hits, n)
    found = shrunk_rates(ratings, sample).set_index("agent")
    plain = pass_rates(ratings, sample, "agent").set_index("agent")
    pd.testing.assert_frame_equal(found[["n", "n_effective", "rate", "low", "high", "too_few"]], plain)
    assert found.loc["a00", "shrunk"] < 0.9 < 0.98 < found.loc["a20", "shrunk"] < 1.0
    assert found.loc["a00", "pull"] > 0.6
    assert found.loc["a20", "pull"] < 0.1
    few, many = found[found["n"] == 5], found[found["n"] == 400]
    assert (few["shrunk_high"] - few["shrunk_low"] < few["high"] - few["low"]).all()
    assert few["too_few"].all()
    assert not many["too_few"].any()


def test_agents_who_are_alike_are_pulled_together() -> None:
    hits = np.full(30, 16)
    ratings, sample = reviewed(hits, np.full(30, 20))
    found = shrunk_rates(ratings, sample)
    assert (found["shrunk"] - 0.8).abs().max() < 0.01
    assert found["pull"].min() > 0.7


def test_each_is_worked_out_by_itself_and_nothing_applicable_is_missing() -> None:
    rng = np.random.default_rng(3)
    ratings, sample = reviewed(rng.binomial(25, 0.8, 12), np.full(12, 25))
    other, _ = reviewed(rng.binomial(25, 0.3, 12), np.full(12, 25))
    silent = other["conversation_id"].isin(sample.loc[sample["agent"] == "a03", "conversation_id"])
    other = other.assign(commandment="clear", rating=other["rating"].mask(silent, "na"))
    both = shrunk_rates(pd.concat([ratings, other]), sample, each="commandment").set_index(["commandment", "agent"])
    alone = shrunk_rates(ratings, sample).set_index("agent")
    pd.testing.assert_frame_equal(both.loc["listen"], alone)
    assert both.loc[("clear", "a03"), ["rate", "shrunk", "shrunk_low", "pull"]].isna().all()
    assert both.loc["clear", "shrunk"].max() < 0.5
    assert shrunk_rates(ratings.head(0), sample).empty


@pytest.mark.slow
@pytest.mark.parametrize("n", [5, 10, 20, 50])
def test_shrunk_intervals_cover_and_err_less_than_plain_ones(n: int) -> None:
    """60 agents with true rates Beta(18, 2), as in a team where an empirical Bayes interval covers 78% at n = 5."""
    rng = np.random.default_rng(n)
    covered, errors = [], []
    for _ in range(100):
        truth = rng.beta(18, 2, 60)
        rate = rng.binomial(n, truth) / n
        middle, low, high, _ = shrunk_shares(rate, np.full(60, float(n)))
        covered.append(((low <= truth) & (truth <= high)).mean())
        errors.append([((rate - truth) ** 2).mean(), ((middle - truth) ** 2).mean()])
    assert COVERS[0] < np.mean(covered) < 0.98, np.mean(covered)
    plain, shrunk = np.sqrt(np.mean(errors, axis=0))
    assert shrunk < {5: 0.6, 10: 0.7, 20: 0.85, 50: 0.95}[n] * plain, (plain, shrunk)


@pytest.mark.parametrize("level", [0.95, 0.998])
@pytest.mark.parametrize("rate", [0.02, 0.5, 0.9])
def test_an_agent_is_outside_when_the_interval_leaves_out_the_common_rate(rate: float, level: float) -> None:
    for interval, formula in (("wilson", wilson), ("clopper-pearson", clopper_pearson)):
        for n in (1, 4, 19, 60, 33.7):
            low, high = funnel_limits(rate, n, level, interval)
            for hits in np.linspace(0, n, 40):
                own = formula(hits / n, n, level)
                assert (low - 1e-9 <= hits / n <= high + 1e-9) == (own[0] <= rate + 1e-9 and rate - 1e-9 <= own[1])


def test_the_exact_funnel_is_that_of_the_binomial_distribution() -> None:
    n = np.arange(5, 200)
    low, high = funnel_limits(0.85, n, 0.95, "clopper-pearson")
    for size, a, b in zip(n, low, high, strict=True):
        hits = np.arange(size + 1)
        rare = (stats.binom.cdf(hits, size, 0.85) < 0.025) | (stats.binom.sf(hits - 1, size, 0.85) < 0.025)
        np.testing.assert_array_equal(rare, (hits < a * size - 1e-9) | (hits > b * size + 1e-9))
    assert funnel_limits(0.85, [10.0, 20.0])[0].shape == (2,)
    assert [float(limit) for limit in funnel_limits(1.0, 10, interval="clopper-pearson")] == pytest.approx([1.0, 1.0])


def test_a_funnel_is_around_a_share() -> None:
    with pytest.raises(ValueError, match="rate is 85; it must be a share from 0 to 1"):
        funnel_limits(85, 10)
    with pytest.raises(ValueError, match="did you mean 'wilson'"):
        funnel_limits(0.85, 10, interval="wilsn")
