from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import (
    clopper_pearson,
    difference,
    hajek_mean,
    hajek_rate,
    mean_score,
    pass_rates,
    weighted_score,
    wilson,
)

RUBRIC = pd.DataFrame(
    {"commandment": ["listen", "clear", "safe"], "weight": [4.0, 2.0, 2.0], "critical": [False, False, True]}
)


def ratings_of(values: dict[str, str], reviewer: str = "ruth", commandment: str = "listen") -> pd.DataFrame:
    rows = [(reviewer, conversation, commandment, rating) for conversation, rating in values.items()]
    return pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment", "rating"])


def sample_of(strata: dict[str, tuple[int, int]]) -> pd.DataFrame:
    """Make a sample: stratum -> (n drawn, N); ids are a0, a1, ..."""
    rows = [(f"{name}{i}", name, n / size) for name, (n, size) in strata.items() for i in range(n)]
    return pd.DataFrame(rows, columns=["conversation_id", "stratum", "inclusion_probability"])


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"), [(5, 5, 57, 100), (9, 10, 60, 98), (27, 30, 74, 97), (90, 100, 83, 94)]
)
def test_wilsons_interval_of_known_cases(hits: int, n: int, low: int, high: int) -> None:
    assert tuple(round(100 * limit) for limit in wilson(hits / n, n)) == (low, high)


@given(n=st.integers(1, 500), share=st.floats(0, 1), level=st.sampled_from([0.8, 0.95, 0.99]))
@settings(max_examples=100, deadline=None)
def test_the_intervals_equal_those_of_statsmodels(n: int, share: float, level: float) -> None:
    hits = round(share * n)
    assert wilson(hits / n, n, level) == pytest.approx(proportion_confint(hits, n, 1 - level, "wilson"), abs=1e-12)
    assert clopper_pearson(hits / n, n, level) == pytest.approx(
        proportion_confint(hits, n, 1 - level, "beta"), abs=1e-9
    )


@pytest.mark.parametrize(("hits", "n"), [(5, 5), (9, 10), (0, 7), (27, 30)])
def test_a_simple_random_sample_has_plain_wilson(hits: int, n: int) -> None:
    ratings = ratings_of({f"a{i}": "pass" if i < hits else "fail" for i in range(n)})
    row = pass_rates(ratings, sample_of({"a": (n, 10_000)})).iloc[0]
    assert (row["n"], row["n_effective"]) == (n, pytest.approx(n))
    assert (row["rate"], row["low"], row["high"]) == pytest.approx((hits / n, *wilson(hits / n, n)))


def test_a_stratified_estimate_worked_by_hand() -> None:
    # A: 4 of 40, 3 pass; B: 5 of 10, 1 passes. Weights 10 and 2.
    # rate = (3*10 + 1*2) / (4*10 + 5*2) = 32/50 = 0.64
    # A: residuals .36 .36 .36 -.64, mean .11, squares about it .75; z = 10/50 e; 4/3 * .04 * .75 = .04
    # B: residuals .36 and 4 x -.64, mean -.44, squares about it .80; z = 2/50 e; 5/4 * .0016 * .80 = .0016
    ratings = ratings_of(
        {"A0": "pass", "A1": "pass", "A2": "pass", "A3": "fail", "B0": "pass"} | {f"B{i}": "fail" for i in range(1, 5)}
    )
    sample = sample_of({"A": (4, 40), "B": (5, 10)})
    row = pass_rates(ratings, sample).iloc[0]
    assert row["rate"] == pytest.approx(0.64)
    assert row["n_effective"] == pytest.approx(0.64 * 0.36 / (0.04 + 0.0016) * 9 / 8)
    # Finite: 36 of 40 and 5 of 10 are left, 0.9 and 0.5 of the variances.
    finite = pass_rates(ratings, sample, finite=True).iloc[0]
    assert finite["n_effective"] == pytest.approx(0.64 * 0.36 / (0.9 * 0.04 + 0.5 * 0.0016) * 9 / 8)
    assert (finite["low"], finite["high"]) == pytest.approx(wilson(0.64, finite["n_effective"]))


def test_the_variance_of_a_group_uses_the_whole_stratum() -> None:
    hits, inside = np.array([1.0, 0, 0, 0, 0, 0]), np.array([1.0, 1, 0, 0, 0, 0])
    found = hajek_rate(hits, inside, np.full(6, 5.0), np.zeros(6, dtype=np.int64))
    assert (found.n, found.n_effective, found.value) == (2, pytest.approx(2), 0.5)


def test_all_reviewed_has_no_sampling_error_only_if_asked_about_just_these() -> None:
    ratings, sample = ratings_of({f"a{i}": "pass" for i in range(5)}), sample_of({"a": (5, 5)})
    assert pass_rates(ratings, sample)[["low", "high"]].iloc[0].round(2).tolist() == [0.57, 1.0]
    assert pass_rates(ratings, sample, finite=True)[["low", "high"]].iloc[0].tolist() == [1.0, 1.0]


def test_one_conversation_in_each_stratum_still_has_an_interval() -> None:
    ratings = ratings_of(
        {f"{name}0": rating for name, rating in zip("abcd", ["pass", "fail", "pass", "pass"], strict=True)}
    )
    row = pass_rates(ratings, sample_of(dict.fromkeys("abcd", (1, 10)))).iloc[0]
    assert row["low"] < row["rate"] == 0.75 < row["high"]


def test_na_is_left_out_and_not_applicable_anywhere_is_missing() -> None:
    ratings = pd.concat(
        [ratings_of({"a0": "pass", "a1": "na", "a2": "fail"}), ratings_of({"a0": "na"}, commandment="clear")]
    )
    rates = pass_rates(ratings, sample_of({"a": (3, 30)})).set_index("commandment")
    assert rates.loc["listen", ["n", "rate"]].tolist() == [2, 0.5]
    assert rates.loc["clear", "n"] == 0
    assert rates.loc["clear", ["rate", "low", "high"]].isna().all()


def test_a_conversation_that_two_reviewers_rated_counts_once() -> None:
    ratings = pd.concat([ratings_of({"a0": "pass", "a1": "pass"}), ratings_of({"a0": "fail"}, reviewer="sam")])
    row = pass_rates(ratings, sample_of({"a": (2, 20)})).iloc[0]
    assert (row["n"], row["rate"]) == (2, 0.75)
    assert row["n_effective"] <= 2


def test_what_was_drawn_and_not_reviewed_is_made_up_for_within_its_stratum() -> None:
    # Half of A is reviewed: its two stand for all 40, so the rate is (40 * 1 + 10 * 0) / 50.
    ratings = ratings_of({"A0": "pass", "A1": "pass", "B0": "fail", "B1": "fail"})
    assert pass_rates(ratings, sample_of({"A": (4, 40), "B": (2, 10)}))["rate"].tolist() == [0.8]


def test_ratings_outside_the_sample_have_no_weight() -> None:
    ratings = ratings_of({"a0": "pass", "a1": "fail", "elsewhere": "fail"})
    assert pass_rates(ratings, sample_of({"a": (2, 20)}))[["n", "rate"]].iloc[0].tolist() == [2, 0.5]


def test_groups_by_columns_of_ratings_and_sample() -> None:
    ratings = pd.concat(
        [ratings_of({"a0": "pass", "a1": "fail"}), ratings_of({"a0": "fail", "a1": "pass"}, commandment="clear")]
    )
    sample = sample_of({"a": (2, 20)}).assign(plan=["free", None])
    both = pass_rates(ratings, sample, by=["commandment", "plan"])
    assert both[["commandment", "plan", "rate"]].to_numpy().tolist() == [
        ["clear", "(none)", 1.0], ["clear", "free", 0.0], ["listen", "(none)", 0.0], ["listen", "free", 1.0],
    ]  # fmt: skip
    assert pass_rates(ratings, sample, by="plan")[["plan", "n", "rate"]].to_numpy().tolist() == [
        ["(none)", 1, 0.5],
        ["free", 1, 0.5],
    ]
    assert both["too_few"].all()


def test_many_commandments_of_one_conversation_are_not_many_conversations() -> None:
    # Whole conversations pass or fail: 20 commandments tell no more than one.
    each = {f"a{i}": "pass" if i < 30 else "fail" for i in range(40)}
    many = pd.concat([ratings_of(each, commandment=f"k{j}") for j in range(20)])
    sample = sample_of({"a": (40, 4000)})
    pooled, single = pass_rates(many, sample, by=[]).iloc[0], pass_rates(ratings_of(each), sample).iloc[0]
    assert pooled["rate"] == single["rate"]
    assert pooled["n_effective"] <= single["n_effective"]


def test_the_share_of_fails_can_be_asked_for() -> None:
    ratings = ratings_of({"a0": "pass", "a1": "fail", "a2": "partial", "a3": "partial"})
    sample = sample_of({"a": (4, 40)})
    assert [pass_rates(ratings, sample, rating=r)["rate"].iloc[0] for r in ("pass", "partial", "fail")] == [
        0.25,
        0.5,
        0.25,
    ]


def test_the_score_of_a_review() -> None:
    rows = [
        ("ruth", "a0", "listen", "pass"), ("ruth", "a0", "clear", "partial"), ("ruth", "a0", "safe", "na"),
        ("ruth", "a1", "listen", "pass"), ("ruth", "a1", "clear", "pass"), ("ruth", "a1", "safe", "fail"),
        ("ruth", "a2", "listen", "na"),
    ]  # fmt: skip
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment", "rating"])
    scores = weighted_score(ratings, RUBRIC).set_index("conversation_id")
    assert scores.loc["a0", ["score", "n_applicable"]].tolist() == [pytest.approx((4 * 1 + 2 * 0.5) / 6), 2]
    assert scores.loc["a1", ["score", "score_without_critical", "critical_failures"]].tolist() == [0.0, 6 / 8, 1]
    assert np.isnan(scores.loc["a2", "score"])
    sample = sample_of({"a": (3, 30)}).assign(agent=["amara", "amara", "derek"])
    means = mean_score(scores.reset_index(), sample, by="agent").set_index("agent")
    assert means.loc["amara", ["n", "mean"]].tolist() == [2, pytest.approx(5 / 12)]
    assert means.loc["derek", "n"] == 0


def test_a_commandment_that_the_rubric_does_not_have_is_refused() -> None:
    with pytest.raises(SchemaError, match="'kind' is not in the rubric"):
        weighted_score(ratings_of({"a0": "pass"}, commandment="kind"), RUBRIC)


def test_the_mean_of_spread_scores_has_an_interval_near_students() -> None:
    rng = np.random.default_rng(4)
    values = rng.beta(8, 3, size=50)
    found = hajek_mean(values, np.ones(50), np.full(50, 20.0), np.zeros(50, dtype=np.int64))
    half = 2.0096 * values.std(ddof=1) / np.sqrt(50)
    assert found.value == pytest.approx(values.mean())
    assert (found.high - found.low) / 2 == pytest.approx(half, rel=0.03)
    same = hajek_mean(np.ones(5), np.ones(5), np.full(5, 20.0), np.zeros(5, dtype=np.int64))
    assert (same.low, same.high) == pytest.approx(wilson(1.0, 5))


def test_the_difference_has_newcombes_interval() -> None:
    hits = {"free": (56, 70), "paying": (48, 80)}  # the first example of Newcombe (1998): 0.0524 to 0.3339
    ratings = ratings_of({f"{plan}{i}": "pass" if i < k else "fail" for plan, (k, n) in hits.items() for i in range(n)})
    sample = sample_of({plan: (n, 100_000) for plan, (_, n) in hits.items()})
    rates = pass_rates(ratings, sample.assign(plan=sample["stratum"]), by=["commandment", "plan"])
    row = difference(rates, "plan", "free", "paying").iloc[0]
    assert row[["difference", "low", "high"]].tolist() == pytest.approx([0.2, 0.0524, 0.3339], abs=5e-5)
    expected = confint_proportions_2indep(56, 70, 48, 80, method="newcomb")
    assert row[["low", "high"]].tolist() == pytest.approx(expected, abs=1e-9)
    assert (row["commandment"], row["verdict"], row["n_first"], row["n_second"]) == ("listen", "free higher", 70, 80)
    whole = difference(rates.drop(columns="commandment"), "plan", "paying", "free")
    assert whole["verdict"].tolist() == ["free higher"]
    assert difference(rates, "plan", "free", "prospect").empty


def test_small_groups_are_not_compared() -> None:
    ratings = ratings_of({f"{plan}{i}": rating for plan, rating in (("a", "pass"), ("b", "fail")) for i in range(10)})
    sample = sample_of({"a": (10, 1000), "b": (10, 1000)})
    rates = pass_rates(ratings, sample, by=["commandment", "stratum"])
    assert difference(rates, "stratum", "a", "b")["verdict"].tolist() == ["too few to compare"]


@pytest.mark.parametrize("probability", [0.0, 1.2, -0.1])
def test_a_sample_without_true_probabilities_gives_no_estimate(probability: float) -> None:
    sample = sample_of({"a": (2, 20)}).assign(inclusion_probability=[0.1, probability])
    with pytest.raises(SchemaError, match="estimates need the probability of every draw"):
        pass_rates(ratings_of({"a0": "pass"}), sample)


def test_an_unknown_group_names_the_columns() -> None:
    with pytest.raises(SchemaError, match="has no column team; it has: reviewer"):
        pass_rates(ratings_of({"a0": "pass"}), sample_of({"a": (2, 20)}), by="team")


def test_nothing_reviewed_is_an_empty_table() -> None:
    nothing = ratings_of({"elsewhere": "pass"}).head(0)
    assert pass_rates(nothing, sample_of({"a": (2, 20)})).empty
    assert list(pass_rates(nothing, sample_of({"a": (2, 20)})).columns)[-3:] == ["low", "high", "too_few"]
    whole = pass_rates(nothing, sample_of({"a": (2, 20)}), by=[])
    assert whole["n"].tolist() == [0]
    assert whole["rate"].isna().all()


def test_a_replaced_conversation_is_one_that_did_not_answer() -> None:
    sample = sample_of({"a": (4, 40), "b": (2, 10)}).assign(status="drawn")
    ratings = ratings_of({"a0": "pass", "a1": "pass", "a2": "fail", "b0": "fail", "b1": "fail"})
    silent = pass_rates(ratings, sample)  # a3 is not reviewed
    replaced = sample.assign(status=sample["status"].mask(sample["conversation_id"] == "a3", "replaced"))
    pd.testing.assert_frame_equal(pass_rates(ratings, replaced), silent)
    also_rated = pd.concat([ratings, ratings_of({"a3": "pass"})])
    pd.testing.assert_frame_equal(pass_rates(also_rated, replaced), silent)
    # A stands for 40 whatever answers: (40 * 2/3 + 0) / 50; with a substitute for a3, (40 * 3/4 + 0) / 50.
    assert silent["rate"].tolist() == pytest.approx([40 * 2 / 3 / 50])
    spare = pd.DataFrame([("a9", "a", 0.1, "substitute")], columns=list(sample.columns))
    filled = pass_rates(pd.concat([ratings, ratings_of({"a9": "pass"})]), pd.concat([replaced, spare]))
    assert filled[["n", "rate"]].iloc[0].tolist() == [6, pytest.approx(40 * 3 / 4 / 50)]
    waiting = pass_rates(ratings, pd.concat([replaced, spare]))  # the substitute is not reviewed yet
    pd.testing.assert_frame_equal(waiting, silent)


def test_a_substitute_shares_the_whole_of_its_stratum_by_its_own_probability() -> None:
    # Drawn: weights 10, 4, 2; whole 16. Answers: 10 (pass), 2 (fail) and a substitute of weight 8 (fail), together 20.
    # Raised by 16/20: the rate is 10/20, and the passes are 0.8 * 10 of 16.
    sample = pd.DataFrame(
        [("a", 0.1, "drawn"), ("b", 0.25, "replaced"), ("c", 0.5, "drawn"), ("d", 0.125, "substitute")],
        columns=["conversation_id", "inclusion_probability", "status"],
    ).assign(stratum="all")
    row = pass_rates(ratings_of({"a": "pass", "c": "fail", "d": "fail"}), sample).iloc[0]
    assert (row["n"], row["rate"]) == (3, pytest.approx(0.5))


def test_what_is_out_of_scope_answers_that_nothing_applies() -> None:
    sample = sample_of({"a": (4, 40), "b": (2, 10)})
    ratings = ratings_of({"a0": "pass", "a1": "pass", "a2": "fail", "b0": "fail", "b1": "fail"})
    as_na = pass_rates(pd.concat([ratings, ratings_of({"a3": "na"})]), sample)
    outside = sample.assign(status=pd.Series(["drawn"] * 3 + ["out of scope"] + ["drawn"] * 2))
    pd.testing.assert_frame_equal(pass_rates(ratings, outside), as_na)
    pd.testing.assert_frame_equal(pass_rates(pd.concat([ratings, ratings_of({"a3": "pass"})]), outside), as_na)
    # 3 of A's 4 apply, so 30 of its 40: (2/3 * 30 + 0) / (30 + 10); a conversation that is silent would give 8/15.
    assert as_na["rate"].tolist() == pytest.approx([0.5])


def test_picked_conversations_take_no_part() -> None:
    sample = sample_of({"a": (4, 40)}).assign(part="random")
    picked = pd.DataFrame({"conversation_id": ["p0"], "stratum": "diverse", "part": "diverse"})
    ratings = ratings_of({"a0": "pass", "a1": "pass", "a2": "fail", "a3": "fail", "p0": "fail"})
    expected = pass_rates(ratings, sample)
    pd.testing.assert_frame_equal(pass_rates(ratings, pd.concat([sample, picked])), expected)
    with pytest.raises(SchemaError, match="not for estimates: its conversations were picked to be diverse"):
        pass_rates(ratings, picked.assign(inclusion_probability=np.nan))
    lost = sample.assign(inclusion_probability=[0.1, np.nan, 0.1, 0.1])
    with pytest.raises(SchemaError, match=r"row 1: inclusion_probability .*nan.* estimates need the probability"):
        pass_rates(ratings, lost)


def test_an_unknown_status_is_refused() -> None:
    sample = sample_of({"a": (2, 20)}).assign(status=["drawn", "gone"])
    with pytest.raises(SchemaError, match="row 1: status 'gone' is none of drawn, substitute, replaced, out of scope"):
        pass_rates(ratings_of({"a0": "pass"}), sample)


def test_what_was_sure_to_be_drawn_has_no_sampling_error() -> None:
    # Two that were sure and two of probability 1/2, weights 1 1 2 2. Finite: only the two add to the variance.
    sample = pd.DataFrame({"conversation_id": list("abcd"), "inclusion_probability": [1, 1, 0.5, 0.5]})
    ratings = ratings_of({"a": "pass", "b": "fail", "c": "pass", "d": "fail"})
    row = pass_rates(ratings, sample.assign(stratum="all"), finite=True).iloc[0]
    z = np.array([2 * 0.5, 2 * -0.5]) / 6
    variance = 4 / 3 * (0.5 * z**2).sum()  # their mean is 0
    assert row["n_effective"] == pytest.approx(0.25 / variance * 4 / 3)
