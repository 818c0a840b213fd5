from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated import COVERS, coverage, draws

from qa_toolkit.stats import pass_rates, totals, wilson
from qa_toolkit.stats.design import Cells, Design
from qa_toolkit.stats.totals import estimated


def frames(
    weights: list[float], fails: list[int], strata: list[str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    ids = [f"c{i}" for i in range(len(weights))]
    ratings = pd.DataFrame(
        {
            "conversation_id": ids, "reviewer": "ruth", "commandment": "safe",
            "rating": ["fail" if fail else "pass" for fail in fails],
        }
    )  # fmt: skip
    sample = pd.DataFrame({"conversation_id": ids, "inclusion_probability": 1 / np.array(weights)})
    return ratings, sample.assign(stratum=strata or "all")


def test_a_simple_random_sample_gives_the_share_of_the_frame() -> None:
    ratings, sample = frames([20.0] * 50, [1] * 5 + [0] * 45)
    row = totals(ratings, sample, size=1000).iloc[0]
    rate = pass_rates(ratings, sample, rating="fail", finite=True).iloc[0]
    assert (row["n"], row["found"], row["total"]) == (50, 5, pytest.approx(100))
    assert (row["low"], row["high"]) == pytest.approx((1000 * rate["low"], 1000 * rate["high"]))
    assert row[["hajek", "hajek_low", "hajek_high"]].tolist() == pytest.approx(row[["total", "low", "high"]].tolist())


def test_horvitz_and_thompsons_total_worked_by_hand() -> None:
    # Weights 2 and 8, five of each: Σ w = 50. Two of the first and one of the second fail: 2 * 2 + 8 = 12.
    weights, fails = [2.0] * 5 + [8.0] * 5, [1, 1, 0, 0, 0, 1, 0, 0, 0, 0]
    ratings, sample = frames(weights, fails)
    row = totals(ratings, sample, size=60).iloc[0]
    w, y, c = np.array(weights), np.array(fails), 1 - 1 / np.array(weights)

    def limits(z: np.ndarray, whole: float) -> tuple[float, float]:
        mean = (c * z).sum() / c.sum()
        variance = 10 / 9 * (c * (z - mean) ** 2).sum() / 50**2
        low, high = wilson(12 / 50, 12 / 50 * 38 / 50 / variance * 10 / 9)
        return low * whole, high * whole

    assert row["total"] == pytest.approx(12)
    assert (row["low"], row["high"]) == pytest.approx(limits(w * y, 50))
    assert row["hajek"] == pytest.approx(60 * 12 / 50)
    assert (row["hajek_low"], row["hajek_high"]) == pytest.approx(limits(w * (y - 12 / 50), 60))


@pytest.mark.parametrize("seed", range(3))
def test_strata_without_a_rating_of_the_group_are_in_the_variance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    strata = [*rng.choice(["a", "b", "c"], 60, p=[0.6, 0.35, 0.05]), "alone"]
    ratings, sample = frames(list(rng.uniform(1, 20, 61)), list(rng.random(61) < 0.3), strata)
    channel = np.where(np.isin(strata, ["a", "alone"]), "chat", "email")
    sample = sample.assign(channel=channel)
    found = totals(ratings, sample, by="channel", size=700).set_index("channel")
    w = 1 / sample["inclusion_probability"].to_numpy()
    for name in ("chat", "email"):
        y = (ratings["rating"] == "fail").to_numpy() * (channel == name)
        share = (w * y).sum() / w.sum()
        c = 1 - 1 / w
        for centre, column, whole in ((0.0, "low", w.sum()), (share, "hajek_low", 700)):
            variance = 0.0
            for stratum in set(strata):
                own = np.array(strata) == stratum
                z = (w * (y - (share if own.sum() == 1 else centre)))[own]
                if own.sum() == 1:
                    variance += (c[own] * z**2).sum()
                else:
                    mean = (c[own] * z).sum() / c[own].sum()
                    variance += own.sum() / (own.sum() - 1) * (c[own] * (z - mean) ** 2).sum()
            effective = share * (1 - share) / variance * w.sum() ** 2 * 61 / 60
            assert found.loc[name, column] == pytest.approx(wilson(share, effective)[0] * whole)


def test_one_fail_of_many_commandments_and_reviewers_makes_a_conversation_fail() -> None:
    ids = ["c0", "c1", "c2", "c3"]
    safe = pd.DataFrame({"conversation_id": ids, "reviewer": "ruth", "commandment": "safe", "rating": "fail"})
    clear = safe.assign(commandment="clear", rating=["fail", "fail", "na", "pass"])
    safe = safe.assign(rating=["fail", "pass", "na", "pass"])
    second = safe.head(1).assign(reviewer="sam", rating="pass")
    ratings = pd.concat([safe, clear, second])
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": 0.1})
    each = totals(ratings, sample).set_index("commandment")
    assert each["total"].to_dict() == pytest.approx({"safe": 5.0, "clear": 20.0})  # half of two say that c0 is not safe
    assert each["n"].to_dict() == {"safe": 3, "clear": 3}
    whole = totals(ratings, sample, by=[]).iloc[0]
    assert whole[["n", "found", "total"]].tolist() == [3, 2, pytest.approx(15.0)]  # c2 answers that nothing applies


def test_all_reviewed_is_counted_and_none_found_is_not_none() -> None:
    ratings, sample = frames([1.0] * 10, [1, 1] + [0] * 8)
    assert totals(ratings, sample)[["total", "low", "high"]].iloc[0].tolist() == [2.0, 2.0, 2.0]
    ratings, sample = frames([10.0] * 30, [0] * 30)
    row = totals(ratings, sample).iloc[0]
    assert (row["total"], row["low"]) == (0.0, 0.0)
    assert row["high"] == pytest.approx(300 * wilson(0, 30 / 0.9)[1])
    with pytest.raises(ValueError, match="size is 20, but 30 conversations are reviewed"):
        totals(ratings, sample, size=20)


@pytest.mark.slow
def test_totals_cover_the_truth_under_a_risk_weighted_design() -> None:
    rng = np.random.default_rng(8)
    size = 2000
    risk = rng.gamma(0.7, 1, size)
    fails = (rng.random(size) < np.clip(0.03 + 0.1 * risk, 0, 0.9)).astype(float)
    sample = draws(0.3 / size + 0.7 * risk / risk.sum(), {"all": 150}, np.full(size, "all"), seed=1)
    one = np.zeros(150, dtype=np.int64)
    rows = []
    for _, run in sample.groupby("run"):
        y = fails[run["unit"]]
        cells = Cells(one, np.arange(150), y, np.ones(150), 1)
        design = Design(1 / run["inclusion_probability"].to_numpy(), one)
        rows.append([float(x[0]) for known in (None, size) for x in estimated(cells, design, known, 0.95)])
    found = pd.DataFrame(rows, columns=["total", "low", "high", "hajek", "hajek_low", "hajek_high"])
    assert found[["total", "hajek"]].mean().tolist() == pytest.approx([fails.sum()] * 2, rel=0.01)
    for low, high in (("low", "high"), ("hajek_low", "hajek_high")):
        covered = coverage(found, fails.sum(), low, high)
        assert COVERS[0] < covered < COVERS[1], (low, covered)
