"""Tables from ratings that are counted once are those that `pass_rates` and `rate_difference` give."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.stats import Tally, mean_score, pass_rates, rate_difference

COMMANDMENTS = ("listen", "solve", "warm")


def world(kind: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(3)
    ids = [f"c{i:03d}" for i in range(120)]
    sample = pd.DataFrame(
        {
            "conversation_id": ids,
            "stratum": ["a", "b", None] * 40,
            "inclusion_probability": [0.5, 0.1, 0.9] * 40,
            "agent": [("amara", "derek", None)[i % 3] if i % 5 else "mei" for i in range(120)],
            "plan": [("free", "paying")[i % 2] for i in range(120)],
        }
    )
    rows = [
        (reviewer, one, c, ("pass", "partial", "fail", "na")[rng.choice(4, p=[0.5, 0.2, 0.2, 0.1])])
        for i, one in enumerate([*ids[:100], "elsewhere"])
        for reviewer in ("ruth", "sam")[: 1 + i % 2]
        for c in COMMANDMENTS
    ]
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment", "rating"])
    return ratings.astype(kind), sample


@pytest.mark.parametrize("kind", ["str", "category"])
@pytest.mark.parametrize("finite", [False, True])
@pytest.mark.parametrize("by", [[], "commandment", "agent", ["commandment", "plan"], ["plan", "commandment"]])
def test_rates_are_those_of_pass_rates(by: str | list[str], finite: bool, kind: str) -> None:
    ratings, sample = world(kind)
    tally = Tally(ratings, sample, rating="fail")
    expected = pass_rates(ratings, sample, by, rating="fail", finite=finite, level=0.9)
    pd.testing.assert_frame_equal(tally.rates(by, finite, level=0.9), expected)


def test_pooled_rates_are_those_of_the_commandments_together() -> None:
    ratings, sample = world("category")
    sets = {"two": ["solve", "listen"], "none": ["never"], "all": COMMANDMENTS, "one": ["warm"]}
    found = Tally(ratings, sample).pooled(sets, "list")
    assert found["list"].tolist() == ["two", "all", "one"]
    for row, name in enumerate(found["list"]):
        part = ratings[ratings["commandment"].isin(sets[name])]
        expected = pass_rates(part, sample, by=[])
        pd.testing.assert_frame_equal(found.drop(columns="list").iloc[[row]].reset_index(drop=True), expected)
    assert Tally(ratings, sample).pooled({}, "list").empty
    assert Tally(ratings.head(0), sample).pooled(sets, "list").empty


@pytest.mark.parametrize("finite", [False, True])
@pytest.mark.parametrize("by", ["commandment", ["commandment", "plan"]])
def test_scores_are_those_of_mean_score(by: str | list[str], finite: bool) -> None:
    ratings, sample = world("category")
    scored = ratings.assign(score=ratings["rating"].map({"pass": 1.0, "partial": 0.5, "fail": 0.0}).astype("float64"))
    scored["score"] = scored["score"].where(ratings["rating"] != "na")
    expected = mean_score(scored, sample, by, finite=finite)
    pd.testing.assert_frame_equal(Tally(ratings, sample).scores.rates(by, finite), expected)


def test_pooled_scores_lie_half_of_the_partial_ones_above_the_rates() -> None:
    ratings, sample = world("str")
    sets = {"two": ["solve", "listen"], "one": ["warm"]}
    tallies = {rating: Tally(ratings, sample, rating).pooled(sets, "list") for rating in ("pass", "partial")}
    found = Tally(ratings, sample).scores.pooled(sets, "list")
    expected = tallies["pass"]["rate"] + tallies["partial"]["rate"] / 2
    np.testing.assert_allclose(found["mean"], expected, rtol=1e-12)
    assert ((found["low"] < expected) & (expected < found["high"])).all()


@pytest.mark.parametrize("each", [[], "commandment"])
def test_differences_are_those_of_rate_difference(each: str | list[str]) -> None:
    ratings, sample = world("category")
    expected = rate_difference(ratings, sample, "plan", "free", "paying", each)
    pd.testing.assert_frame_equal(Tally(ratings, sample).difference("plan", "free", "paying", each), expected)
