"""Means by the bootstrap, and quantiles, of scores."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated import COVERS, coverage, draws

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import mean_score, score_quantiles, wilson


def drawn(
    values: np.ndarray, weights: np.ndarray | float = 20.0, **columns: object
) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"c{i}" for i in range(len(values))]
    scores = pd.DataFrame({"reviewer": "ruth", "conversation_id": ids, "score": values})
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": 1 / np.asarray(weights)})
    return scores, sample.assign(**columns)


def test_the_bootstrap_has_the_width_of_the_design() -> None:
    rng = np.random.default_rng(3)
    values = rng.beta(6, 2, 400)
    scores, sample = drawn(values, rng.uniform(2, 30, 400), stratum=rng.choice(["a", "b", "c"], 400))
    row = mean_score(scores, sample, interval="bootstrap", replicates=4000).iloc[0]
    w, strata = 1 / sample["inclusion_probability"].to_numpy(), sample["stratum"]
    z = pd.Series(w * (values - row["mean"]) / w.sum())
    se = np.sqrt(sum(len(own) / (len(own) - 1) * ((own - own.mean()) ** 2).sum() for _, own in z.groupby(strata)))
    assert row["mean"] == pytest.approx((w * values).sum() / w.sum())
    assert (row["high"] - row["low"]) / (2 * 1.966 * se) == pytest.approx(1, abs=0.06)
    closed = mean_score(scores, sample).iloc[0]
    assert row[["low", "high"]].tolist() == pytest.approx(
        closed[["low", "high"]].tolist(), abs=0.15 * (closed["high"] - closed["low"])
    )
    assert row["n_effective"] == pytest.approx(closed["n_effective"])


def test_the_bootstrap_is_the_same_at_every_run_and_follows_the_seed() -> None:
    scores, sample = drawn(np.random.default_rng(1).random(60))
    first, again, other = (mean_score(scores, sample, interval="bootstrap", seed=seed) for seed in (4, 4, 5))
    pd.testing.assert_frame_equal(first, again)
    assert first["low"].tolist() != other["low"].tolist()


def test_scores_on_any_scale_have_a_bootstrap() -> None:
    rng = np.random.default_rng(6)
    values = rng.choice([1.0, 2, 3, 4, 5], 200, p=[0.1, 0.1, 0.1, 0.2, 0.5])
    scores, sample = drawn(values, agent=np.where(np.arange(200) < 180, "mei", "derek"))
    row = mean_score(scores, sample, interval="bootstrap").iloc[0]
    half = 1.972 * values.std(ddof=1) / np.sqrt(200)
    assert row[["mean", "low", "high"]].tolist() == pytest.approx(
        [values.mean(), values.mean() - half, values.mean() + half], abs=0.05
    )
    with pytest.raises(SchemaError, match="use interval='bootstrap' for another scale"):
        mean_score(scores, sample)
    alike = scores.assign(score=np.where(np.arange(200) < 180, values, 5.0))
    derek = mean_score(alike, sample, "agent", interval="bootstrap").set_index("agent").loc["derek"]
    assert (derek["mean"], derek["high"]) == (5.0, 5.0)  # alike: Wilson's interval between the lowest and highest
    assert derek["low"] == pytest.approx(5 * wilson(1.0, 20)[0])


def test_strata_of_one_conversation_are_redrawn_together() -> None:
    rng = np.random.default_rng(2)
    values = rng.random(30)
    for strata in ([f"s{i}" for i in range(30)], ["all"] * 29 + ["alone"], ["a"] * 14 + ["b"] * 14 + ["x", "y"]):
        scores, sample = drawn(values, stratum=strata)
        row = mean_score(scores, sample, interval="bootstrap", replicates=2000).iloc[0]
        assert (row["high"] - row["low"]) / (2 * 2.045 * values.std(ddof=1) / np.sqrt(30)) == pytest.approx(1, abs=0.12)
    one = mean_score(*drawn(np.array([0.4])), interval="bootstrap").iloc[0]
    assert one["low"] < 0.4 < one["high"]


def test_the_bootstrap_redraws_clusters_whole() -> None:
    rng = np.random.default_rng(9)
    values = np.repeat(np.clip(rng.normal(0.7, 0.15, 80), 0, 1), 5)
    scores, sample = drawn(values, customer=np.repeat([f"u{i}" for i in range(80)], 5))
    row = mean_score(scores, sample, interval="bootstrap", cluster="customer", replicates=2000).iloc[0]
    half = 1.99 * values[::5].std(ddof=1) / np.sqrt(80)
    assert (row["high"] - row["low"]) / (2 * half) == pytest.approx(1, abs=0.1)


def test_the_bootstrap_is_about_the_practice() -> None:
    scores, sample = drawn(np.random.default_rng(1).random(60))
    with pytest.raises(ValueError, match="use interval='wilson' with finite=True"):
        mean_score(scores, sample, interval="bootstrap", finite=True)
    with pytest.raises(ValueError, match="it must be wilson or bootstrap"):
        mean_score(scores, sample, interval="clopper-pearson")


def test_the_median_of_weighted_scores_worked_by_hand() -> None:
    # Weights 1 2 3 4 of 10: shares 0.1 0.3 0.6 1.0, so the median is 0.5 and the quartiles 0.4 and 0.9.
    scores, sample = drawn(np.array([0.2, 0.4, 0.5, 0.9]), np.array([1.0, 2, 3, 4]))
    for quantile, value in ((0.5, 0.5), (0.25, 0.4), (0.75, 0.9), (0.1, 0.2), (0.6, 0.5), (0.601, 0.9)):
        assert score_quantiles(scores, sample, quantile=quantile)["quantile"].tolist() == [value]


def test_the_median_of_a_simple_sample_has_the_limits_of_its_ranks() -> None:
    rng = np.random.default_rng(5)
    values = rng.random(101)
    scores, sample = drawn(values)
    row = score_quantiles(scores, sample).iloc[0]
    ordered = np.sort(values)
    assert row["quantile"] == ordered[50]
    low, high = wilson(0.5, row["n_effective"])
    assert row["n_effective"] == pytest.approx(101)
    assert (row["low"], row["high"]) == (ordered[int(np.ceil(low * 101)) - 1], ordered[int(np.ceil(high * 101)) - 1])


def test_quantiles_of_groups_leave_out_what_has_no_score() -> None:
    values = np.array([0.1, 0.5, 0.9, np.nan, np.nan, 1.0, 1.0])
    scores, sample = drawn(values, agent=["a", "a", "a", "a", "b", "c", "c"])
    found = score_quantiles(scores, sample, "agent").set_index("agent")
    assert found["n"].to_dict() == {"a": 3, "b": 0, "c": 2}
    assert found.loc["a", ["quantile", "low", "high"]].tolist() == [0.5, 0.1, 0.9]
    assert found.loc["b", ["quantile", "low", "high"]].isna().all()
    assert found.loc["c", ["quantile", "low", "high"]].tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(ValueError, match="for the median"):
        score_quantiles(scores, sample, quantile=50)


@pytest.mark.slow
def test_intervals_of_lopsided_scores_cover_the_truth() -> None:
    rng = np.random.default_rng(11)
    values = np.round(np.clip(1 - rng.exponential(0.2, 4000), 0, 1), 2)
    risk = 1.1 - values  # what scores low is drawn more often
    sample = draws(0.5 / 4000 + 0.5 * risk / risk.sum(), {"all": 80}, np.full(4000, "all"), seed=2)
    scores = sample[["conversation_id"]].assign(reviewer="ruth", score=values[sample["unit"]])
    found = {
        "wilson": coverage(mean_score(scores, sample, "run"), values.mean()),
        "bootstrap": coverage(mean_score(scores, sample, "run", interval="bootstrap", replicates=400), values.mean()),
        "median": coverage(score_quantiles(scores, sample, "run"), np.sort(values)[1999]),
    }
    assert all(COVERS[0] < covered < COVERS[1] for covered in found.values()), found
