from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.multitest import multipletests

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import reviewer_drift
from qa_toolkit.stats.drift import holm

WORDS = {0.0: "fail", 0.5: "partial", 1.0: "pass"}
DAYS = {"jan": "2026-01-10T12:00", "feb": "2026-02-10T12:00", "mar": "2026-03-10T12:00"}


def frames(cells: dict[tuple[str, str], list[float]], agents: tuple[str, ...] = ("amara", "derek"), times: int = 10):
    """Make ratings from (reviewer, month) -> values; every agent gets each value `times` times from each."""
    rows = [
        (f"{reviewer}-{month}-{agent}-{i}-{time}", agent, reviewer, DAYS[month], WORDS[value])
        for (reviewer, month), values in cells.items()
        for agent in agents
        for i, value in enumerate(values)
        for time in range(times)
    ]
    ratings = pd.DataFrame(rows, columns=["conversation_id", "agent", "reviewer", "rated_at", "rating"])
    ratings["commandment"], ratings["rated_at"] = "listen", pd.to_datetime(ratings["rated_at"], utc=True)
    sample = ratings[["conversation_id", "agent"]].assign(stratum="all", inclusion_probability=0.1)
    return ratings.drop(columns="agent"), sample


STEADY, STRICT = [1.0, 0.5], [0.5, 0.0]
SAM_CHANGES = {("ruth", "jan"): STEADY, ("ruth", "feb"): STEADY, ("sam", "jan"): STEADY, ("sam", "feb"): STRICT}


def test_an_example_worked_by_hand() -> None:
    # Sam's mean falls from .75 to .25, Ruth's stays. The months' means are .75 and .5, so the work seems to fall by
    # a quarter; against that, Ruth rates a quarter milder in February and Sam a quarter stricter.
    found = reviewer_drift(*frames(SAM_CHANGES))
    assert found.periods[["reviewer", "period", "n"]].to_numpy().tolist() == [
        ["ruth", "2026-01", 40], ["ruth", "2026-02", 40], ["sam", "2026-01", 40], ["sam", "2026-02", 40],
    ]  # fmt: skip
    assert found.periods["severity"].tolist() == pytest.approx([0, -0.25, 0, 0.25], abs=1e-12)
    assert found.reviewers["change"].tolist() == pytest.approx([-0.25, 0.25])
    assert found.reviewers["verdict"].tolist() == ["became milder than the others", "became stricter than the others"]
    assert "against the other reviewers" in found.note


def test_what_changes_for_all_is_a_change_of_the_work() -> None:
    cells = {(r, m): v for r in ("ruth", "sam") for m, v in (("jan", STEADY), ("feb", STRICT))}
    found = reviewer_drift(*frames(cells))
    assert found.periods["severity"].tolist() == pytest.approx([0, 0, 0, 0], abs=1e-12)
    assert found.reviewers["verdict"].tolist() == ["no drift shown", "no drift shown"]


def test_going_up_and_down_is_seen() -> None:
    cells = {("ruth", m): STEADY for m in DAYS} | {("tess", m): STEADY for m in DAYS}
    cells |= {("sam", "jan"): STEADY, ("sam", "feb"): STRICT, ("sam", "mar"): STEADY}
    row = reviewer_drift(*frames(cells)).reviewers.set_index("reviewer").loc["sam"]
    assert row["change"] == pytest.approx(0, abs=1e-12)
    assert row["verdict"] == "goes up and down"


def noisy(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    n = 150
    sample = pd.DataFrame({"conversation_id": [f"c{i}" for i in range(n)], "agent": rng.choice(["a", "b", "c"], n)})
    sample = sample.assign(stratum=rng.choice(["x", "y"], n), inclusion_probability=rng.uniform(0.1, 0.9, n))
    rated = sample[["conversation_id"]].assign(
        reviewer=rng.choice(["r", "s", "t"], n), rated_at=rng.choice(pd.to_datetime(list(DAYS.values()), utc=True), n)
    )
    ratings = rated.merge(pd.DataFrame({"commandment": ["k1", "k2"]}), how="cross")
    return ratings.assign(rating=rng.choice(["pass", "partial", "fail"], len(ratings))), sample


@pytest.mark.parametrize("seed", [1, 2])
def test_severities_equal_those_of_statsmodels(seed: int) -> None:
    ratings, sample = noisy(seed)
    rows = ratings.merge(sample)
    weight = 1 / rows["inclusion_probability"]
    pair = rows["reviewer"] + rows["rated_at"].dt.strftime("%Y-%m")
    design = pd.concat(
        [pd.get_dummies(x, drop_first=i > 0) for i, x in enumerate((pair, rows["agent"], rows["commandment"]))], axis=1
    )
    value = rows["rating"].map({word: number for number, word in WORDS.items()})
    effects = sm.WLS(value.to_numpy(), design.to_numpy(dtype=float), weights=weight).fit().params[: pair.nunique()]
    pairs = sorted(pair.unique())
    share = weight.groupby(pair).sum()
    reviewer, period = ([p[:1] for p in pairs], [p[1:] for p in pairs])
    both = np.hstack([pd.get_dummies(reviewer), pd.get_dummies(period).iloc[:, 1:]]).astype(float)
    periods = np.append(0, sm.WLS(effects, both, weights=share).fit().params[-2:])
    severity = periods[[sorted(set(period)).index(p) for p in period]] - effects
    expected = severity - np.average(severity, weights=share)
    assert reviewer_drift(ratings, sample).periods["severity"].tolist() == pytest.approx(expected.tolist(), abs=1e-9)


def test_strings_and_categories_give_the_same() -> None:
    ratings, sample = noisy(3)
    kinds = dict.fromkeys(["reviewer", "conversation_id", "commandment", "rating"], "category")
    ours, theirs = reviewer_drift(ratings, sample), reviewer_drift(ratings.astype(kinds), sample)
    pd.testing.assert_frame_equal(ours.periods, theirs.periods)
    pd.testing.assert_frame_equal(ours.reviewers, theirs.reviewers)


@pytest.mark.parametrize(
    ("period", "zone", "names"),
    [
        ("W", "UTC", ["2025-W01", "2026-W53"]),
        ("M", "UTC", ["2024-12", "2027-01"]),
        ("Q", "UTC", ["2024Q4", "2027Q1"]),
        ("M", "Asia/Tokyo", ["2025-01", "2027-01"]),
    ],
)
def test_periods_are_those_of_the_time_zone(period: str, zone: str, names: list[str]) -> None:
    ratings, sample = frames({(r, m): STEADY for r in ("ruth", "sam") for m in ("jan", "feb")})
    at = ratings["rated_at"].dt.month.map({1: "2024-12-31T23:00", 2: "2027-01-01T00:00"})
    ratings["rated_at"] = pd.to_datetime(at, utc=True).dt.tz_convert(zone)
    assert sorted(reviewer_drift(ratings, sample, period=period).periods["period"].unique()) == names


def test_one_reviewer_or_one_period_shows_no_drift() -> None:
    alone = reviewer_drift(*frames({("sam", "jan"): STEADY, ("sam", "feb"): STRICT}))
    assert alone.reviewers["verdict"].tolist() == ["nobody to compare with"]
    assert alone.periods["severity"].isna().all()
    assert "One reviewer" in alone.note
    once = reviewer_drift(*frames({("sam", "jan"): STRICT, ("ruth", "jan"): STEADY}))
    assert once.periods["severity"].tolist() == pytest.approx([-0.25, 0.25])
    assert once.reviewers["verdict"].tolist() == ["too few to say"] * 2
    assert "one period" in once.note


def test_a_period_in_which_nobody_else_rated_tells_nothing() -> None:
    found = reviewer_drift(*frames(SAM_CHANGES | {("sam", "mar"): STEADY}))
    assert found.periods["severity"].isna().tolist() == [False] * 4 + [True]
    assert found.reviewers["change"].tolist() == pytest.approx([-0.25, 0.25])


def test_reviewers_that_nothing_connects_still_have_a_change_of_their_own() -> None:
    ratings, sample = frames(SAM_CHANGES, agents=("amara",))
    others = {("tess", "jan"): STEADY, ("tess", "feb"): STEADY}
    more, beside = frames(others, agents=("zoe",))
    found = reviewer_drift(pd.concat([ratings, more]), pd.concat([sample, beside]))
    assert found.periods["severity"].isna().all()  # between teams, nobody knows who is strict
    assert found.reviewers.set_index("reviewer").loc["sam", "verdict"] == "became stricter than the others"


def test_few_reviews_give_no_verdict() -> None:
    found = reviewer_drift(*frames(SAM_CHANGES, times=1))
    assert found.periods["too_few"].all()
    assert found.reviewers["verdict"].tolist() == ["too few to say"] * 2
    assert found.reviewers["periods"].tolist() == [0, 0]


def test_what_is_needed_is_said() -> None:
    ratings, sample = frames(SAM_CHANGES)
    with pytest.raises(ValueError, match="it is W"):
        reviewer_drift(ratings, sample, period="D")
    with pytest.raises(SchemaError, match="no column rated_at"):
        reviewer_drift(ratings.drop(columns="rated_at"), sample)
    with pytest.raises(SchemaError, match="rated_at NaT is missing"):
        reviewer_drift(ratings.assign(rated_at=ratings["rated_at"].where(ratings.index > 0)), sample)
    nothing = reviewer_drift(ratings.assign(rating="na"), sample)
    assert nothing.periods.empty
    assert nothing.note == "Nothing is rated yet."


def test_holms_correction_is_that_of_statsmodels() -> None:
    p_values = np.array([0.04, 0.001, 0.03, np.nan, 0.6])
    there = ~np.isnan(p_values)
    assert holm(p_values)[there] == pytest.approx(multipletests(p_values[there], method="holm")[1])
    assert np.isnan(holm(p_values)[3])
    assert holm(np.full(2, np.nan)).tolist() == pytest.approx([np.nan] * 2, nan_ok=True)
