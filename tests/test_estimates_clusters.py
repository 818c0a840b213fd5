from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import mean_score, pass_rates, weighted_score, wilson
from qa_toolkit.stats.design import joined_strata


def made(n: int, seed: int = 0, customers: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make ratings and a sample in which conversations of one customer are alike."""
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, customers, n)
    passes = rng.random(n) < np.where(rng.random(customers) < 0.3, 0.3, 0.9)[customer]
    ids = [f"c{i}" for i in range(n)]
    ratings = pd.DataFrame(
        {
            "conversation_id": ids,
            "reviewer": "ruth",
            "commandment": "listen",
            "rating": np.where(passes, "pass", "fail"),
        }
    )
    weights = rng.uniform(0.05, 0.4, n)
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": weights})
    return ratings, sample.assign(customer=[f"u{c}" for c in customer], week=rng.integers(0, 4, n))


def test_the_variance_between_clusters_is_the_one_of_statsmodels() -> None:
    ratings, sample = made(300)
    row = pass_rates(ratings, sample, by=[], cluster="customer").iloc[0]
    y, codes = (ratings["rating"] == "pass").astype(float), sample["customer"].astype("category").cat.codes
    model = sm.WLS(y, np.ones(300), weights=1 / sample["inclusion_probability"])
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": codes.to_numpy(), "use_correction": False})
    clusters = codes.nunique()
    variance = fit.bse.iloc[0] ** 2 * clusters / (clusters - 1)
    p = fit.params.iloc[0]
    degrees = (stats.t.ppf(0.975, 299) / stats.t.ppf(0.975, clusters - 1)) ** 2
    assert row["rate"] == pytest.approx(p)
    assert row["n_effective"] == pytest.approx(degrees * p * (1 - p) / variance * clusters / (clusters - 1))
    assert (row["low"], row["high"]) == pytest.approx(wilson(p, row["n_effective"]))
    alone = pass_rates(ratings, sample, by=[]).iloc[0]
    assert row["n"] == alone["n"] == 300
    assert row["n_effective"] < 0.7 * alone["n_effective"]


@pytest.mark.parametrize("by", [[], ["week"]])
def test_conversations_that_are_clusters_by_themselves_are_independent(by: list[str]) -> None:
    ratings, sample = made(120)
    expected = pass_rates(ratings, sample, by)
    own = sample.assign(own=sample["conversation_id"])
    pd.testing.assert_frame_equal(pass_rates(ratings, own, by, cluster="own"), expected)
    pd.testing.assert_frame_equal(pass_rates(ratings, own.assign(own=None), by, cluster="own"), expected)


def test_a_twin_tells_nothing_new() -> None:
    ratings, sample = made(100)
    twice = pd.concat([ratings, ratings.assign(conversation_id="twin " + ratings["conversation_id"])])
    both = pd.concat([sample, sample.assign(conversation_id="twin " + sample["conversation_id"])])
    both = both.assign(pair=both["conversation_id"].str.removeprefix("twin "))
    single = pass_rates(ratings, sample).iloc[0]
    paired = pass_rates(twice, both, cluster="pair").iloc[0]
    assert paired["n"] == 2 * single["n"]
    # The same but for the number of things that it is a share of: t with 199 instead of 99 degrees of freedom.
    ratio = (stats.t.ppf(0.975, 199) / stats.t.ppf(0.975, 99)) ** 2
    assert paired["n_effective"] == pytest.approx(single["n_effective"] * ratio)
    scores = weighted_score(twice, pd.DataFrame({"commandment": ["listen"], "weight": [1.0], "critical": [False]}))
    mean = mean_score(scores, both, cluster="pair").iloc[0]
    assert mean["n_effective"] == pytest.approx(
        single["n_effective"] / (stats.t.ppf(0.975, 99) / 1.959964) ** 2, rel=1e-6
    )


def test_clusters_within_strata_worked_by_hand() -> None:
    # Weights 10 in A, 2 in B. A: customers (pass pass), (fail), (pass fail); B: (pass), (fail). rate = 32 / 54.
    rows = [("A", 1, 1), ("A", 1, 1), ("A", 2, 0), ("A", 3, 1), ("A", 3, 0), ("B", 4, 1), ("B", 5, 0)]
    frame = pd.DataFrame(rows, columns=["stratum", "customer", "y"]).assign(conversation_id=[f"c{i}" for i in range(7)])
    frame["inclusion_probability"] = frame["stratum"].map({"A": 0.1, "B": 0.5})
    ratings = frame.assign(reviewer="ruth", commandment="listen", rating=frame["y"].map({1: "pass", 0: "fail"}))
    row = pass_rates(ratings[["conversation_id", "reviewer", "commandment", "rating"]], frame, cluster="customer").iloc[
        0
    ]
    p = 32 / 54
    z = 10 / 54 * np.array([2 - 2 * p, -p, 1 - 2 * p]), 2 / 54 * np.array([1 - p, -p])
    variance = sum(len(part) / (len(part) - 1) * ((part - part.mean()) ** 2).sum() for part in z)
    degrees = (stats.t.ppf(0.975, 6) / stats.t.ppf(0.975, 5 - 2)) ** 2
    assert row["n_effective"] == pytest.approx(degrees * p * (1 - p) / variance * 5 / 4)


def test_strata_that_share_a_cluster_are_taken_as_one_and_lonely_ones_together() -> None:
    # Strata 0 and 1 share cluster 2; stratum 2 has clusters 3 and 4; strata 3 and 4 have one cluster each.
    strata = np.array([0, 0, 0, 1, 2, 2, 3, 4])
    clusters = np.array([0, 1, 2, 2, 3, 4, 5, 6])
    joined = joined_strata(strata, clusters)
    assert joined[0] == joined[1] == joined[2]
    assert joined[3] == joined[4]
    assert joined[5] == joined[6]
    assert len(set(joined)) == 3
    assert joined_strata(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)).size == 0


def test_agents_as_strata_and_as_clusters_show_the_spread_between_agents() -> None:
    rng = np.random.default_rng(5)
    agents = np.repeat(np.arange(20), 30)
    passes = rng.random(600) < np.where(np.arange(20) % 2, 0.95, 0.55)[agents]
    ids = [f"c{i}" for i in range(600)]
    ratings = pd.DataFrame(
        {
            "conversation_id": ids,
            "reviewer": "ruth",
            "commandment": "listen",
            "rating": np.where(passes, "pass", "fail"),
        }
    )
    sample = pd.DataFrame({"conversation_id": ids, "stratum": [f"a{a}" for a in agents], "inclusion_probability": 0.1})
    sample["agent"] = sample["stratum"]
    row = pass_rates(ratings, sample, by=[], cluster="agent").iloc[0]
    rates = pd.Series(passes).groupby(agents).mean()
    degrees = (stats.t.ppf(0.975, 599) / stats.t.ppf(0.975, 19)) ** 2
    expected = degrees * row["rate"] * (1 - row["rate"]) / (rates.var(ddof=1) / 20) * 20 / 19
    assert row["n_effective"] == pytest.approx(expected)
    each = pass_rates(ratings, sample, by="agent", cluster="agent")  # one cluster in each group: nothing about others
    assert (each["n_effective"] <= 1).all()
    assert (each["n"] == 30).all()


def test_where_all_are_alike_the_number_of_clusters_counts() -> None:
    ratings, sample = made(100, customers=10)
    sample = sample.assign(inclusion_probability=0.1)
    alike = ratings.assign(rating="pass")
    row = pass_rates(alike, sample, cluster="customer").iloc[0]
    assert row["n_effective"] == pytest.approx(100 * (stats.t.ppf(0.975, 99) / stats.t.ppf(0.975, 9)) ** 2)
    assert row["low"] < pass_rates(alike, sample).iloc[0]["low"] < row["high"] == 1.0


def test_clusters_are_a_column_of_the_sample_and_about_the_practice() -> None:
    ratings, sample = made(30)
    with pytest.raises(SchemaError, match="sample has no column team"):
        pass_rates(ratings, sample, cluster="team")
    with pytest.raises(ValueError, match="finite=True is about exactly these conversations; leave one of them out"):
        pass_rates(ratings, sample, cluster="customer", finite=True)


def test_clopper_pearson_is_the_exact_interval_and_the_wider_one() -> None:
    ratings, sample = made(80)
    sample = sample.assign(inclusion_probability=0.1)
    row = pass_rates(ratings, sample, interval="clopper-pearson").iloc[0]
    hits = int((ratings["rating"] == "pass").sum())
    assert (row["low"], row["high"]) == pytest.approx(proportion_confint(hits, 80, 0.05, "beta"))
    shown = pass_rates(ratings, sample).iloc[0]
    assert row["low"] < shown["low"] < shown["high"] < row["high"]
    by_week = pass_rates(ratings.assign(rating="pass"), sample, "week", interval="clopper-pearson", level=0.9)
    expected = [proportion_confint(n, n, 0.1, "beta") for n in by_week["n"]]
    np.testing.assert_allclose(by_week[["low", "high"]], expected)
    whole = pass_rates(ratings, sample.assign(inclusion_probability=1.0), interval="clopper-pearson", finite=True)
    assert whole["low"].tolist() == whole["high"].tolist() == whole["rate"].tolist()


@pytest.mark.parametrize(
    ("argument", "message"),
    [({"interval": "wald"}, "it must be wilson or clopper-pearson"), ({"rating": "passed"}, "did you mean 'pass'")],
)
def test_an_argument_that_is_none_of_the_words_is_refused(argument: dict[str, str], message: str) -> None:
    ratings, sample = made(10)
    with pytest.raises(ValueError, match=message):
        pass_rates(ratings, sample, **argument)
