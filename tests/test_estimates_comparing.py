from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from simulated import COVERS, coverage, draws
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from qa_toolkit.stats import pass_rates, rate_difference, score_difference, wilson
from qa_toolkit.stats.comparing import correlations, holm
from qa_toolkit.stats.estimates import grouped_ratings
from qa_toolkit.stats.hajek import Precision


def rated(conversation_ids: list[str], passes: np.ndarray, commandment: str = "listen") -> pd.DataFrame:
    return pd.DataFrame(
        {
            "reviewer": "ruth", "conversation_id": conversation_ids, "commandment": commandment,
            "rating": np.where(passes, "pass", "fail"),
        }
    )  # fmt: skip


def sampled(n: int, **columns: object) -> pd.DataFrame:
    ids = [f"c{i}" for i in range(n)]
    return pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": 0.01}).assign(**columns)


def test_groups_that_share_nothing_have_newcombes_interval_and_its_test() -> None:
    passes = np.array([1] * 56 + [0] * 14 + [1] * 48 + [0] * 32)  # the first example of Newcombe (1998)
    sample = sampled(150, plan=["free"] * 70 + ["paying"] * 80)
    row = rate_difference(rated(list(sample["conversation_id"]), passes), sample, "plan", "free", "paying").iloc[0]
    assert row[["commandment", "n_first", "n_second", "verdict"]].tolist() == ["listen", 70, 80, "free higher"]
    assert row[["difference", "low", "high"]].tolist() == pytest.approx([0.2, 0.0524, 0.3339], abs=5e-5)
    exact = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    assert row[["low", "high"]].tolist() == pytest.approx(exact, abs=1e-9)
    touching = confint_proportions_2indep(56, 70, 48, 80, method="newcomb", alpha=row["p"])
    assert touching[0] == pytest.approx(0, abs=1e-9)
    assert row["p_adjusted"] == row["p"] < 0.05
    back = rate_difference(rated(list(sample["conversation_id"]), passes), sample, "plan", "paying", "free").iloc[0]
    assert back[["difference", "low", "high"]].tolist() == pytest.approx([-0.2, -row["high"], -row["low"]])
    assert (back["verdict"], back["p"]) == ("free higher", pytest.approx(row["p"]))


def test_two_commandments_of_the_same_conversations_are_correlated() -> None:
    rng = np.random.default_rng(2)
    hard = rng.random(200) < 0.3
    listen, clear = rng.random(200) < np.where(hard, 0.4, 0.95), rng.random(200) < np.where(hard, 0.3, 0.9)
    sample = sampled(200)
    ids = list(sample["conversation_id"])
    both = pd.concat([rated(ids, listen), rated(ids, clear, "clear")])
    row = rate_difference(both, sample, "commandment", "listen", "clear").iloc[0]
    p1, p2, r = listen.mean(), clear.mean(), np.corrcoef(listen, clear)[0, 1]
    (l1, u1), (l2, u2) = wilson(p1, 200), wilson(p2, 200)
    low = p1 - p2 - np.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2 - 2 * r * (p1 - l1) * (u2 - p2))
    high = p1 - p2 + np.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2 - 2 * r * (u1 - p1) * (p2 - l2))
    assert r > 0.2
    assert row[["difference", "low", "high"]].tolist() == pytest.approx([p1 - p2, low, high])


@pytest.mark.parametrize("cluster", [None, "customer"])
def test_the_variance_of_the_difference_is_the_one_of_statsmodels(cluster: str | None) -> None:
    rng = np.random.default_rng(4)
    week, customer = rng.integers(0, 2, 400), rng.integers(0, 60, 400)  # customers come in both weeks
    passes = rng.random(400) < np.where(rng.random(60) < 0.3, 0.4, 0.9)[customer]
    sample = sampled(400, week=week, customer=customer, inclusion_probability=rng.uniform(0.02, 0.3, 400))
    ratings = rated(list(sample["conversation_id"]), passes)
    found = grouped_ratings(ratings, sample, ["commandment", "week"], "pass", cluster)
    of = Precision.of(found.cells, found.design, finite=False, is_mean=False)
    correlation = correlations(found, np.array([0]), np.array([1]))[0]
    variance = of.variance.sum() - 2 * correlation * np.sqrt(of.variance.prod())
    groups = customer if cluster else np.arange(400)
    model = sm.WLS(passes.astype(float), sm.add_constant(week), weights=1 / sample["inclusion_probability"])
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": groups, "use_correction": False})
    units = len(set(groups))
    assert variance == pytest.approx(fit.bse[1] ** 2 * units / (units - 1))
    assert (correlation > 0.2) == (cluster is not None)


def test_p_is_adjusted_for_the_number_of_comparisons_and_few_are_not_counted() -> None:
    rng = np.random.default_rng(7)
    sample = sampled(300, plan=np.where(np.arange(300) < 150, "free", "paying"))
    ids = list(sample["conversation_id"])
    parts = [rated(ids, rng.random(300) < 0.8, f"k{i}") for i in range(12)]
    parts.append(rated(ids, rng.random(300) < np.where(sample["plan"] == "free", 0.6, 0.95), "unfair"))
    parts.append(rated(ids[140:300], np.arange(160) < 100, "seldom"))
    found = rate_difference(pd.concat(parts), sample, "plan", "free", "paying").set_index("commandment")
    assert found.loc["seldom", "verdict"] == "too few to compare"
    assert np.isnan(found.loc["seldom", "p_adjusted"])
    tested = found.drop(index="seldom")
    _, expected, _, _ = multipletests(tested["p"], method="holm")
    np.testing.assert_allclose(tested["p_adjusted"], expected)
    assert tested["verdict"].value_counts().to_dict() == {"no difference shown": 12, "paying higher": 1}
    assert holm(np.array([])).size == 0


def test_rows_are_made_by_each_and_nothing_to_compare_is_an_empty_table() -> None:
    rng = np.random.default_rng(1)
    sample = sampled(200, plan=np.where(np.arange(200) % 2, "free", "paying"), channel=["chat"] * 90 + ["email"] * 110)
    ratings = rated(list(sample["conversation_id"]), rng.random(200) < 0.7)
    by_channel = rate_difference(ratings, sample, "plan", "free", "paying", each="channel")
    assert by_channel["channel"].tolist() == ["chat", "email"]
    whole = rate_difference(ratings, sample, "plan", "free", "paying", each=[])
    assert next(iter(whole.columns)) == "difference"
    rates = pass_rates(ratings, sample, "plan").set_index("plan")["rate"]
    assert whole["difference"].tolist() == pytest.approx([rates["free"] - rates["paying"]])
    none = rate_difference(ratings, sample, "plan", "free", "prospect")
    assert none.empty
    assert list(none.columns) == ["commandment", *whole.columns]


def test_alike_groups_have_a_difference_that_may_be_none() -> None:
    sample = sampled(80, plan=np.where(np.arange(80) % 2, "free", "paying"))
    row = rate_difference(rated(list(sample["conversation_id"]), np.ones(80)), sample, "plan", "free", "paying").iloc[0]
    assert row[["difference", "p", "verdict"]].tolist() == [0.0, pytest.approx(1.0), "no difference shown"]
    assert row["low"] < 0 < row["high"]


def test_the_difference_of_scores() -> None:
    rng = np.random.default_rng(3)
    sample = sampled(120, month=["May"] * 50 + ["June"] * 70)
    values = np.where(sample["month"] == "May", rng.beta(8, 2, 120), rng.beta(4, 4, 120))
    scores = sample[["conversation_id"]].assign(score=values)
    row = score_difference(scores, sample, "month", "May", "June").iloc[0]
    may, june = values[:50], values[50:]
    half = 1.98 * np.sqrt(may.var(ddof=1) / 50 + june.var(ddof=1) / 70)
    assert row["difference"] == pytest.approx(may.mean() - june.mean())
    assert (row["high"] - row["low"]) / 2 == pytest.approx(half, rel=0.04)
    assert row["verdict"] == "May higher"


@pytest.mark.slow
def test_the_interval_of_a_difference_covers_the_truth() -> None:
    rng = np.random.default_rng(12)
    strata, plan = rng.choice(["a", "b"], 3000, p=[0.7, 0.3]), rng.choice(["free", "paying"], 3000)
    risk = rng.gamma(0.8, 1, 3000)
    hard = rng.random(3000) < np.clip(0.05 + 0.15 * risk, 0, 0.9)
    listen = rng.random(3000) < np.where(hard, 0.4, 0.95) - 0.05 * (plan == "free")
    clear = rng.random(3000) < np.where(hard, 0.5, 0.9)
    sample = draws(0.5 / 3000 + 0.5 * risk / risk.sum(), {"a": 120, "b": 80}, strata, seed=5)
    unit = sample["unit"].to_numpy()
    sample = sample.assign(plan=plan[unit])
    ids = list(sample["conversation_id"])
    both = pd.concat([rated(ids, listen[unit]), rated(ids, clear[unit], "clear")])
    plans = rate_difference(rated(ids, listen[unit]), sample, "plan", "free", "paying", each="run")
    truth = listen[plan == "free"].mean() - listen[plan == "paying"].mean()
    pairs = rate_difference(both, sample, "commandment", "listen", "clear", each="run")
    found = {
        "plans": coverage(plans, truth),
        "commandments": coverage(pairs, listen.mean() - clear.mean()),
    }
    assert all(COVERS[0] < covered < COVERS[1] for covered in found.values()), found
    shown = (plans["p"] < 0.05) != ((plans["low"] > 0) | (plans["high"] < 0))
    assert not shown.any()
