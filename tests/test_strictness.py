from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import hajek_mean, strictness

LEVELS = {0.0: "fail", 0.5: "partial", 1.0: "pass"}


def frames(rows: list[tuple[str, str, str, float]], weights: dict[str, float] | None = None, times: int = 1):
    """Make ratings and a sample from (conversation, agent, reviewer, value); each conversation `times` times."""
    each = [(f"{c}-{i}", a, r, LEVELS[v]) for c, a, r, v in rows for i in range(times)]
    ratings = pd.DataFrame(each, columns=["conversation_id", "agent", "reviewer", "rating"]).assign(
        commandment="listen"
    )
    sample = ratings[["conversation_id", "agent"]].drop_duplicates().reset_index(drop=True)
    weight = sample["conversation_id"].str.rsplit("-", n=1).str[0].map(weights or {}).fillna(10.0)
    return ratings.drop(columns="agent"), sample.assign(stratum="all", inclusion_probability=1 / weight)


# Sam rates half a step lower than Ruth, and Amara's work is half a step better than Derek's.
# Ruth sees Amara three times and Derek once, Sam the other way round.
UNFAIR = [
    *((f"a{i}", "amara", "ruth", 1.0) for i in range(3)), ("a3", "amara", "sam", 0.5),
    ("d0", "derek", "ruth", 0.5), *((f"d{i}", "derek", "sam", 0.0) for i in range(1, 4)),
]  # fmt: skip


def test_an_example_worked_by_hand() -> None:
    # Raw: amara (3 + 0.5)/4 = .875, derek .125. The average reviewer is a quarter above Sam and below Ruth.
    # Amara: .875 + (3 * -.25 + .25)/4 = .75; Derek: .125 + (-.25 + 3 * .25)/4 = .25: half a step, as it is.
    found = strictness(*frames(UNFAIR, times=10))
    assert found.agents["agent"].tolist() == ["amara", "derek"]
    assert found.agents["raw"].tolist() == pytest.approx([0.875, 0.125])
    assert found.agents["adjusted"].tolist() == pytest.approx([0.75, 0.25])
    assert found.agents["n"].tolist() == [40, 40]
    assert found.reviewers[["reviewer", "n", "raw", "verdict"]].to_numpy().tolist() == [
        ["ruth", 40, 0.875, "milder than average"], ["sam", 40, 0.125, "stricter than average"],
    ]  # fmt: skip
    assert found.reviewers["severity"].tolist() == pytest.approx([-0.25, 0.25])
    assert found.note == ""


def test_weights_count_as_copies_do() -> None:
    copies = [*UNFAIR, *(("a0x", "amara", "ruth", 1.0), ("d1x", "derek", "sam", 0.0), ("d1y", "derek", "sam", 0.0))]
    weighted = strictness(*frames(UNFAIR, weights={"a0": 20, "d1": 30}))
    copied = strictness(*frames(copies))
    for side, value in (("agents", "raw"), ("agents", "adjusted"), ("reviewers", "severity")):
        assert getattr(weighted, side)[value].tolist() == pytest.approx(getattr(copied, side)[value].tolist())


def noisy(seed: int = 0, n: int = 120, severity: float = 0.3, twice: float = 0.2):
    """Make ratings of n conversations with three commandments, three agents and three reviewers, the last strict."""
    rng = np.random.default_rng(seed)
    rows = []
    for c in range(n):
        agent = c % 3
        reviewer = agent if rng.random() < 0.5 else int(rng.integers(0, 3))
        for r in [reviewer, (reviewer + 1) % 3] if rng.random() < twice else [reviewer]:
            values = rng.random(3) < 0.9 - severity * (r == 2) - 0.1 * agent
            words = np.where(values, "pass", np.where(rng.random(3) < 0.5, "fail", "partial"))
            words = np.where(rng.random(3) < 0.1, "na", words)
            rows += [(f"r{r}", f"c{c}", f"k{k}", word) for k, word in enumerate(words)]
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment", "rating"])
    ids = [f"c{c}" for c in range(n)]
    probability = rng.uniform(0.1, 0.6, n)
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "all", "inclusion_probability": probability})
    return ratings, sample.assign(agent=[f"a{c % 3}" for c in range(n)])


def test_adjusting_moves_agents_and_leaves_the_whole_where_it_is() -> None:
    ratings, sample = noisy()
    agents = strictness(ratings, sample).agents
    weight = 1 / sample.set_index("conversation_id")["inclusion_probability"]
    rated = (
        ratings.assign(applies=ratings["rating"] != "na").groupby(["conversation_id", "commandment"])["applies"].mean()
    )
    each = rated.reset_index().merge(sample).assign(count=lambda f: f["applies"] * f["conversation_id"].map(weight))
    size = each.groupby("agent")["count"].sum().to_numpy()
    assert (agents["adjusted"] - agents["raw"]).abs().max() > 0.02
    assert (agents["adjusted"] * size).sum() == pytest.approx((agents["raw"] * size).sum())


def test_the_raw_score_is_the_hajek_mean_with_its_interval() -> None:
    ratings, sample = noisy(seed=1)
    value = ratings["rating"].map({"pass": 1.0, "partial": 0.5, "fail": 0.0, "na": 0.0})
    marks = ratings.assign(top=value, bottom=(ratings["rating"] != "na").astype(float))
    cells = marks.groupby(["conversation_id", "commandment"])[["top", "bottom"]].mean().reset_index()
    sums = cells.groupby("conversation_id")[["top", "bottom"]].sum().reindex(sample["conversation_id"])
    weights = 1 / sample["inclusion_probability"].to_numpy()
    for row in strictness(ratings, sample).agents.itertuples():
        inside = (sample["agent"] == row.agent).to_numpy()
        top, bottom = (np.where(inside, sums[c], 0.0) for c in ("top", "bottom"))
        expected = hajek_mean(top, bottom, weights, np.zeros(len(sample), dtype=np.int64))
        assert (row.n, row.raw) == (expected.n, pytest.approx(expected.value))
        assert (row.raw_low, row.raw_high) == pytest.approx((expected.low, expected.high))


def test_strings_and_categories_give_the_same() -> None:
    ratings, sample = noisy(seed=2)
    codes = ratings.assign(
        **{c: ratings[c].astype("category") for c in ("reviewer", "conversation_id", "commandment", "rating")}
    )
    codes["reviewer"] = (
        codes["reviewer"].cat.add_categories("nobody").cat.reorder_categories(["r2", "nobody", "r1", "r0"])
    )
    ours, theirs = strictness(ratings, sample), strictness(codes, sample.astype({"agent": "category"}))
    for side in ("agents", "reviewers", "commandments"):
        pd.testing.assert_frame_equal(getattr(ours, side), getattr(theirs, side))


def test_an_adjusted_score_stays_a_score_and_its_interval_holds_it() -> None:
    rows = [(f"a{i}", "amara", "sam", 1.0) for i in range(25)]
    rows += [(f"d{i}", "derek", r, v) for i in range(30) for r, v in (("ruth", 1.0), ("sam", 0.5 * (i % 2)))]
    agents = strictness(*frames(rows)).agents.set_index("agent")
    assert agents.loc["amara", "raw"] == agents.loc["amara", "adjusted"] == 1.0
    assert agents.loc["amara", "raw_low"] < 1
    assert ((agents["low"] <= agents["adjusted"]) & (agents["adjusted"] <= agents["high"])).all()


def test_reviewers_that_nothing_connects_are_compared_within_their_group_only() -> None:
    rows = [(f"{a}{r}{i}", a, r, 0.5 * (i % 3)) for a, r in (("amara", "ruth"), ("amara", "sam")) for i in range(25)]
    rows += [(f"d{i}", "derek", "tess", 0.5 * (i % 2)) for i in range(25)]
    found = strictness(*frames(rows))
    assert found.reviewers["group"].tolist() == [1, 1, 2]
    assert found.agents["group"].tolist() == [1, 2]
    assert found.reviewers["severity"].isna().tolist() == [False, False, True]
    assert found.reviewers["verdict"].tolist()[2] == "nobody to compare with"
    assert found.agents[["adjusted", "low", "high"]].isna().all(axis=1).tolist() == [False, True]
    assert found.agents["raw"].notna().all()
    assert "2 groups that no agent or conversation connects (1: ruth, sam; 2: tess)" in found.note
    # One conversation that both sides rated connects them.
    ratings, sample = frames([*rows, ("both", "amara", "ruth", 1.0), ("both", "amara", "tess", 0.5)])
    together = strictness(ratings, sample)
    assert together.note == ""
    assert together.agents["adjusted"].notna().all()


def test_one_reviewer_cannot_be_told_from_the_agents() -> None:
    found = strictness(*frames([(f"a{i}", "amara", "ruth", 0.5 * (i % 3)) for i in range(30)]))
    assert found.agents["adjusted"].isna().all()
    assert found.agents["raw"].tolist() == pytest.approx([0.5])
    assert "cannot be told apart" in found.note


def test_few_reviews_give_no_verdict() -> None:
    found = strictness(*frames(UNFAIR))
    assert found.reviewers["verdict"].unique().tolist() == ["too few to say"]
    assert found.agents["too_few"].all()


def test_a_comparison_tells_no_more_than_its_smaller_side() -> None:
    """With two reviewers there is one comparison, whoever of them it is said of."""
    rng = np.random.default_rng(3)
    rows = [("ruth", f"c{i}", c, rng.choice(["pass", "fail"])) for i in range(60) for c in "ab"]
    rows += [("sam", f"c{i}", c, rng.choice(["pass", "fail"])) for i in range(4) for c in "ab"]
    ratings = pd.DataFrame(rows, columns=["reviewer", "conversation_id", "commandment", "rating"])
    ids = [f"c{i}" for i in range(60)]
    sample = pd.DataFrame({"conversation_id": ids, "stratum": "a", "inclusion_probability": 0.1, "agent": "amara"})
    found = strictness(ratings, sample).reviewers
    assert found["n"].tolist() == [60, 4]
    assert found["verdict"].tolist() == ["too few to say", "too few to say"]
    half = (found["high"] - found["low"]) / found["severity"].abs()
    assert half[0] == pytest.approx(half[1])
    more = [("sam", f"c{i}", c, "fail") for i in range(4, 30) for c in "ab"]
    both = pd.concat([ratings, pd.DataFrame(more, columns=ratings.columns)])
    assert strictness(both, sample).reviewers["verdict"].tolist() == ["milder than average", "stricter than average"]


def test_commandments_have_a_difficulty_of_their_own() -> None:
    ratings, sample = frames(UNFAIR, times=10)
    hard = ratings.assign(commandment="hard", rating=ratings["rating"].map({"pass": "partial"}).fillna("fail"))
    easy = ratings[ratings["rating"] == "pass"]  # where both apply, hard is half a step below listen
    found = strictness(pd.concat([easy, hard[ratings["rating"] == "pass"]]), sample)
    table = found.commandments.set_index("commandment")
    assert table["difficulty"].to_dict() == pytest.approx({"hard": 0.25, "listen": -0.25})
    assert table["n"].tolist() == [30, 30]


@pytest.mark.parametrize("rating", ["na", "pass"])
def test_nothing_to_go_by_is_empty_tables(rating: str) -> None:
    ratings, sample = frames(UNFAIR)
    ratings["rating"] = rating
    if rating == "pass":
        ratings["conversation_id"] += "-elsewhere"
    found = strictness(ratings, sample)
    assert found.agents.empty
    assert found.reviewers.empty
    assert found.note == "Nothing is rated yet."


def test_a_conversation_without_an_agent_is_of_none() -> None:
    ratings, sample = frames(UNFAIR)
    sample.loc[sample["conversation_id"] == "a0-0", "agent"] = None
    assert "(none)" in strictness(ratings, sample).agents["agent"].tolist()


def test_what_is_needed_is_said() -> None:
    ratings, sample = frames(UNFAIR)
    with pytest.raises(SchemaError, match="sample has no column agent"):
        strictness(ratings, sample.drop(columns="agent"))
    with pytest.raises(SchemaError, match="reviewer nan is missing"):
        strictness(ratings.assign(reviewer=ratings["reviewer"].where(ratings.index > 0)), sample)
    with pytest.raises(SchemaError, match="estimates need the probability"):
        strictness(ratings, sample.assign(inclusion_probability=0.0))
