from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import csat_correlation
from qa_toolkit.stats.csat import pearson, spearman


def frames(x: np.ndarray, y: np.ndarray, probability: np.ndarray | float = 0.1):
    ids = [f"c{i}" for i in range(len(x))]
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": probability})
    scores = pd.DataFrame({"conversation_id": ids, "score": x})
    return scores, sample, pd.DataFrame({"conversation_id": ids, "csat": y})


def tied(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 6, n) / 5
    return x, np.clip((5 * x + rng.normal(0, 2, n)).round(), 1, 5), rng.uniform(1, 5, n)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_with_equal_weights_they_are_those_of_scipy(seed: int) -> None:
    x, y, _ = tied(seed)
    row = csat_correlation(*frames(x, y)).table.iloc[0]
    assert row["n"] == 60
    assert row["pearson"] == pytest.approx(stats.pearsonr(x, y).statistic, abs=1e-12)
    assert row["spearman"] == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_weights_count_as_copies_do() -> None:
    x, y, _ = tied(4)
    times = np.arange(60) % 3 + 1
    copies = csat_correlation(*frames(np.repeat(x, times), np.repeat(y, times))).table.iloc[0]
    row = csat_correlation(*frames(x, y, 0.3 / times)).table.iloc[0]
    for kind in ("pearson", "spearman"):
        assert row[kind] == pytest.approx(copies[kind], abs=1e-12)
        assert row[f"{kind}_high"] - row[f"{kind}_low"] > copies[f"{kind}_high"] - copies[f"{kind}_low"]


@pytest.mark.parametrize("correlate", [pearson, spearman])
def test_the_influence_is_what_more_weight_would_do(correlate) -> None:
    x, y, weights = tied(5)
    value, influence = correlate(x, y, weights)
    step = 1e-6 * np.eye(len(x))
    moved = [correlate(x, y, weights + each)[0] - value for each in step]
    assert influence == pytest.approx(np.array(moved) / 1e-6 * weights, abs=1e-7)


def test_with_normal_variables_the_interval_is_near_fishers() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 2000).T
    row = csat_correlation(*frames(x, y)).table.iloc[0]
    expected = stats.pearsonr(x, y).confidence_interval()
    assert (row["pearson_low"], row["pearson_high"]) == pytest.approx((expected.low, expected.high), abs=0.005)
    assert row["verdict"] == "higher where customers are more satisfied"
    assert csat_correlation(*frames(-x, y)).table["verdict"].tolist() == ["lower where customers are more satisfied"]


def test_only_those_who_answered_count_and_their_share_is_said() -> None:
    x, y, _ = tied(7)
    scores, sample, csat = frames(x, np.where(np.arange(60) < 30, y, np.nan), np.where(np.arange(60) < 30, 0.1, 0.3))
    found = csat_correlation(scores, sample, csat)
    assert found.table["n"].tolist() == [30]
    assert found.answered == pytest.approx(0.75)  # 30 of weight 10 among 30 of weight 10 and 30 of weight 10/3
    assert "an estimated 75% of conversations" in found.note
    fewer = csat_correlation(scores, sample, csat.dropna())
    pd.testing.assert_frame_equal(fewer.table, found.table)


@pytest.mark.parametrize("kind", ["str", "category"])
def test_each_commandment_has_a_row(kind: str) -> None:
    x, y, _ = tied(8)
    scores, sample, csat = frames(x, y)
    words = np.array(["fail", "partial", "pass"])
    marks = {"listen": np.clip((x * 2).round(), 0, 2).astype(int), "clear": (np.arange(60) % 3), "safe": np.full(60, 2)}
    ratings = pd.concat(
        [scores[["conversation_id"]].assign(commandment=name, rating=words[mark]) for name, mark in marks.items()]
    ).assign(reviewer="ruth")
    ratings.loc[(ratings["commandment"] == "clear") & (ratings["conversation_id"] == "c0"), "rating"] = "na"
    again = ratings[ratings["conversation_id"] == "c5"].assign(reviewer="sam")
    ratings = pd.concat([ratings, again]).astype(dict.fromkeys(["commandment", "rating", "conversation_id"], kind))
    table = csat_correlation(ratings, sample, csat).table.set_index("measure")
    assert table.index.tolist() == ["clear", "listen", "safe"]
    assert table["n"].tolist() == [59, 60, 60]
    assert table.loc["listen", "spearman"] == pytest.approx(stats.spearmanr(marks["listen"], y).statistic)
    assert table.loc["clear", "pearson"] == pytest.approx(stats.pearsonr(marks["clear"][1:], y[1:]).statistic)
    assert table.loc["safe", "verdict"] == "does not vary"
    assert table.loc["safe", ["pearson", "spearman", "spearman_low"]].isna().all()


def test_several_reviews_of_a_conversation_count_once_with_their_mean() -> None:
    x, y, _ = tied(9)
    scores, sample, csat = frames(x, y)
    twice = pd.concat([scores.assign(score=x + 0.1), scores.assign(score=x - 0.1)])
    once = csat_correlation(scores, sample, csat).table
    pd.testing.assert_frame_equal(csat_correlation(twice, sample, csat).table, once)


def test_few_conversations_get_no_verdict_and_a_wide_interval() -> None:
    line = np.arange(5.0)
    found = csat_correlation(*frames(line, line)).table.iloc[0]
    assert (found["spearman"], found["spearman_high"], found["verdict"]) == (pytest.approx(1), 1.0, "too few to say")
    assert found["spearman_low"] < 0.5
    two = csat_correlation(*frames(line[:2], line[:2])).table.iloc[0]
    assert (two["pearson_low"], two["pearson_high"]) == (-1, 1)
    perfect = csat_correlation(*frames(np.arange(60.0), -np.arange(60.0))).table.iloc[0]
    assert perfect["spearman_low"] == -1 < perfect["spearman_high"] < -0.9


def test_nothing_to_go_by_is_said() -> None:
    scores, sample, csat = frames(*tied(10)[:2])
    nobody = csat_correlation(scores, sample, csat.assign(csat=np.nan))
    assert nobody.table[["n", "verdict"]].to_numpy().tolist() == [[0, "too few to say"]]
    assert nobody.answered == 0
    nothing = csat_correlation(scores.head(0), sample, csat)
    assert nothing.note == "Nothing is reviewed yet."


def test_what_is_needed_is_said() -> None:
    scores, sample, csat = frames(*tied(11)[:2])
    with pytest.raises(SchemaError, match="csat has no column csat"):
        csat_correlation(scores, sample, csat[["conversation_id"]])
    with pytest.raises(SchemaError, match="stands twice"):
        csat_correlation(scores, sample, pd.concat([csat, csat.head(1)]))
    with pytest.raises(SchemaError, match="csat 'good' is not a number"):
        csat_correlation(scores, sample, csat.assign(csat="good"))
    with pytest.raises(SchemaError, match="reviews has no column quality"):
        csat_correlation(scores, sample, csat, score="quality")


@pytest.mark.slow
@pytest.mark.parametrize("plan", ["uniform", "weighted by low CSAT"])
@pytest.mark.parametrize("n", [60, 300])
def test_95_percent_intervals_cover_93_to_97(plan: str, n: int) -> None:
    rng = np.random.default_rng(12)
    size = 20_000
    both = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], size)
    x = np.round(np.clip(0.8 + 0.15 * both[:, 0], 0, 1) * 20) / 20
    y = 1.0 + np.digitize(both[:, 1], [-1.5, -1, -0.5, 0])
    risk = np.exp(-0.3 * y) if plan != "uniform" else np.ones(size)
    probability = n * risk / risk.sum()
    truth = (np.corrcoef(x, y)[0, 1], stats.spearmanr(x, y).statistic)
    covered = []
    for _ in range(600):
        at = np.flatnonzero(rng.random(size) < probability)
        row = csat_correlation(*frames(x[at], y[at], probability[at])).table.iloc[0]
        limits = [(row[f"{kind}_low"], row[f"{kind}_high"]) for kind in ("pearson", "spearman")]
        covered.append([low <= value <= high for value, (low, high) in zip(truth, limits, strict=True)])
    assert np.abs(np.mean(covered, axis=0) - 0.95).max() <= 0.025
