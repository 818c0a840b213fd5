from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling import draw
from qa_toolkit.stats import pass_rates


def frame(sizes: dict[str | None, int]) -> pd.DataFrame:
    agents = [agent for agent, size in sizes.items() for _ in range(size)]
    n = len(agents)
    return pd.DataFrame(
        {
            "conversation_id": [f"c{i}" for i in range(n)],
            "agent": agents,
            "channel": ["email", "chat"][:1] * (n // 2) + ["chat"] * (n - n // 2),
            "labels": [{"product": ("desk", "lamp")[i % 2], "tags": ["a"]} for i in range(n)],
        }
    )


FIRST_FOUR = ["c26", "c46", "c17", "c5"]
THREE = frame({"amara": 12, "derek": 60, None: 28})


def test_the_same_seed_gives_the_same_sample_whatever_the_order_of_the_frame() -> None:
    shuffled = THREE.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(
        draw(THREE, n=20, by="agent", seed=5).items, draw(shuffled, n=20, by="agent", seed=5).items
    )
    assert set(draw(THREE, n=20, seed=5).items["conversation_id"]) != set(
        draw(THREE, n=20, seed=6).items["conversation_id"]
    )


def test_the_numbers_do_not_change_between_releases() -> None:
    assert draw(THREE, n=4, seed=1).items["conversation_id"].tolist() == FIRST_FOUR


@pytest.mark.parametrize(
    "arguments",
    [
        {"n": 20},
        {"fraction": 0.1, "seed": 9},
        {"n": 20, "by": "agent"},
        {"per_stratum": 3, "by": ["agent", "labels.product"]},
        {"n": 2, "by": "agent", "allocation": "equal"},
    ],
)
def test_the_plan_redraws_the_identical_sample(arguments: dict[str, Any]) -> None:
    drawn = draw(THREE, **arguments)
    again = draw(THREE, **json.loads(json.dumps(drawn.plan))["arguments"])
    pd.testing.assert_frame_equal(drawn.items, again.items)
    assert drawn.plan == again.plan


def test_the_plan_tells_frame_and_strata() -> None:
    plan = draw(THREE, n=20, by="agent", seed=np.int64(5)).plan
    assert plan["strata"] == {
        "(none)": {"size": 28, "drawn": 6},
        "amara": {"size": 12, "drawn": 2},
        "derek": {"size": 60, "drawn": 12},
    }
    assert (plan["frame_size"], plan["n"], plan["arguments"]["seed"]) == (100, 20, 5)
    assert plan["frame_hash"] == draw(THREE, n=5, by="agent").plan["frame_hash"]
    moved = THREE.assign(agent=THREE["agent"].mask(THREE.index == 0, "derek"))
    assert plan["frame_hash"] != draw(moved, n=20, by="agent").plan["frame_hash"]


def test_growing_keeps_what_was_drawn() -> None:
    small, large = (draw(THREE, n=n, seed=2).items["conversation_id"] for n in (10, 30))
    assert set(small) < set(large)
    small, large = (draw(THREE, per_stratum=n, by="agent", seed=2).items["conversation_id"] for n in (3, 9))
    assert set(small) < set(large)


def test_reasons_are_plain_words() -> None:
    large = pd.DataFrame({"conversation_id": [f"c{i}" for i in range(19_393)]})
    assert set(draw(large, n=60).items["reason"]) == {"simple random, 60 of 19,393"}
    items = draw(THREE, per_stratum=2, by="agent").items.set_index("stratum")
    assert items.loc["amara", "reason"].tolist() == ["random within agent = amara, 2 of 12"] * 2
    assert items.loc["amara", "inclusion_probability"].tolist() == [2 / 12] * 2
    both = draw(THREE, per_stratum=1, by=["agent", "labels.product"]).items
    assert "random within agent, labels.product = amara / desk, 1 of 6" in both["reason"].tolist()


def test_missing_and_blank_values_are_one_stratum_and_odd_values_are_text() -> None:
    odd = THREE.assign(agent=THREE["agent"].replace("amara", "  "))
    assert set(draw(odd, n=10, by="agent").items["stratum"]) == {"(none)", "derek"}
    assert set(draw(THREE, n=10, by="labels.tags").items["stratum"]) == {'["a"]'}


def test_a_field_that_the_layout_does_not_name_makes_strata() -> None:
    frame = THREE.assign(labels=[{"extra": {"team": f"t{i % 2}"}} if i % 3 else {} for i in range(len(THREE))])
    assert set(draw(frame, n=10, by="labels.extra.team").items["stratum"]) == {"t0", "t1", "(none)"}
    with pytest.raises(SamplingError, match=r"there are: labels\.team"):
        draw(frame, n=10, by="labels.extra.of.team")


def test_a_small_stratum_is_taken_whole() -> None:
    items = draw(THREE, per_stratum=20, by="agent").items
    assert items["stratum"].value_counts().to_dict() == {"derek": 20, "(none)": 20, "amara": 12}
    assert set(items.loc[items["stratum"] == "amara", "inclusion_probability"]) == {1.0}


def test_equal_shares_give_small_strata_what_they_have() -> None:
    items = draw(THREE, n=60, by="agent", allocation="equal").items
    assert items["stratum"].value_counts().to_dict() == {"amara": 12, "(none)": 24, "derek": 24}


def test_more_strata_than_conversations_pools_the_smallest_so_that_each_keeps_a_chance() -> None:
    drawn = draw(THREE, n=2, by="agent")
    assert drawn.plan["pooled"] == ["(none)", "amara"]
    assert drawn.plan["strata"] == {"(others)": {"size": 40, "drawn": 1}, "derek": {"size": 60, "drawn": 1}}


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=12),
    share=st.floats(0.01, 1),
    allocation=st.sampled_from(["proportional", "equal"]),
    seed=st.integers(-5, 2**40),
)
@example(sizes=[3, 3, 3, 3, 8], share=0.75, allocation="proportional", seed=0)  # 7 of the last, whose quota is 6
@settings(max_examples=60, deadline=None)
def test_any_stratified_draw_sums_to_n_and_reaches_every_stratum(
    sizes: list[int], share: float, allocation: str, seed: int
) -> None:
    conversations = frame({f"a{i}": size for i, size in enumerate(sizes)})
    n = max(1, int(share * sum(sizes)))
    drawn = draw(conversations, n=n, by="agent", allocation=allocation, seed=seed)
    strata = drawn.plan["strata"]
    assert len(drawn.items) == drawn.items["conversation_id"].nunique() == n
    assert all(1 <= s["drawn"] <= s["size"] for s in strata.values())
    for label, part in drawn.items.groupby("stratum"):  # inclusion probabilities sum to n, their inverses to N
        assert part["inclusion_probability"].to_numpy() * strata[label]["size"] == pytest.approx(len(part))
        assert (1 / part["inclusion_probability"]).sum() == pytest.approx(strata[label]["size"])
    if allocation == "proportional" and not drawn.plan["pooled"] and n >= 2 * len(sizes):
        # Sainte-Lague: no seat that was given had a smaller claim than one that was not; the first of each is no claim
        met = [s["size"] / (2 * s["drawn"] - 1) for s in strata.values() if s["drawn"] > 1]
        unmet = [s["size"] / (2 * s["drawn"] + 1) for s in strata.values() if s["drawn"] < s["size"]]
        assert min(met, default=1e9) >= max(unmet, default=0) - 1e-9


def test_every_conversation_is_drawn_as_often_as_its_probability_says() -> None:
    times = pd.Series(0, index=THREE["conversation_id"])
    for seed in range(150):
        times[draw(THREE, n=10, by="agent", seed=seed).items["conversation_id"]] += 1
    expected = THREE["agent"].fillna("(none)").map({"amara": 1 / 12, "derek": 6 / 60, "(none)": 3 / 28}) * 150
    assert np.abs((times.to_numpy() - expected.to_numpy()) / np.sqrt(expected.to_numpy())).max() < 4.5


def test_the_interval_of_a_disproportionate_sample_covers_the_truth() -> None:
    # 60 of a bad small stratum and 60 of a good large one: a plain mean would be far off.
    rng = np.random.default_rng(1)
    conversations = frame({"bad": 200, "good": 1800})
    passed = rng.random(2000) < np.where(conversations["agent"] == "bad", 0.5, 0.9)
    truth = passed.mean()
    ratings = pd.DataFrame(
        {
            "reviewer": "ruth",
            "conversation_id": conversations["conversation_id"],
            "commandment": "listen",
            "rating": np.where(passed, "pass", "fail"),
        }
    )
    hits, naive = 0, 0
    for seed in range(100):
        sample = draw(conversations, per_stratum=60, by="agent", seed=seed).items
        mine = ratings[ratings["conversation_id"].isin(sample["conversation_id"])]
        estimate = pass_rates(mine, sample, by=[], finite=True).iloc[0]
        hits += estimate["low"] <= truth <= estimate["high"]
        naive += estimate["low"] <= (mine["rating"] == "pass").mean() <= estimate["high"]
    assert 0.9 <= hits / 100 <= 0.99
    assert naive / 100 < 0.2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 101}, "only 100 conversations"),
        ({"n": 0}, "n is 0"),
        ({"n": 2.5}, "n is 2.5"),
        ({"n": True}, "n is True"),
        ({}, "exactly one of"),
        ({"n": 3, "fraction": 0.1}, "exactly one of"),
        ({"fraction": 1.5}, "fraction is 1.5"),
        ({"fraction": float("nan")}, "fraction is nan"),
        ({"per_stratum": 3}, "per_stratum needs strata"),
        ({"per_stratum": 0, "by": "agent"}, "per_stratum is 0"),
        ({"n": 3, "by": "team"}, "there are: conversation_id, agent, channel, labels.product, labels.tags"),
        ({"n": 3, "by": "labels.size"}, "no column 'labels.size'"),
        ({"n": 3, "by": "labels"}, "no column 'labels'"),
        ({"n": 3, "by": "agent", "allocation": "optimal"}, "'proportional', 'equal' or 'neyman'"),
        ({"n": 3, "by": "agent", "allocation": "neyman"}, "go together"),
        ({"n": 3, "by": "agent", "spread": {"amara": 1}}, "go together"),
        ({"n": 3, "allocation": "neyman", "spread": {"all": 1}}, "give one of them and by"),
        ({"n": 3, "by": "agent", "allocation": "neyman", "spread": {"amara": 1, "derek": 1}}, r"stratum '\(none\)'"),
        ({"n": 3, "by": "agent", "allocation": "neyman", "spread": {"amara": -1}}, "of 'amara' is -1"),
        ({"n": 3, "by": "agent", "allocation": "neyman", "spread": [1, 2]}, "such as {'amara'"),
        ({"n": 3, "by": 5}, "name of a column"),
        ({"n": 3, "size": "age"}, "no column 'age'"),
        ({"n": 3, "size": "agent"}, "no number in 100 of 100"),
        ({"n": 3, "size": ["n"]}, "name of a column"),
        ({"n": 3, "core": 0.3}, "by size or by risk"),
        ({"n": 3, "size": "agent", "core": 1.3}, "core is 1.3"),
        ({"n": 3, "seed": "7"}, "seed is '7'"),
        ({"n": 3, "seed": True}, "seed is True"),
    ],
)
def test_what_cannot_be_drawn_says_why(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(SamplingError, match=message):
        draw(THREE, **arguments)


def test_a_frame_that_cannot_be_drawn_from_says_why() -> None:
    with pytest.raises(SamplingError, match="nothing to draw from"):
        draw(THREE.head(0), n=1)
    with pytest.raises(SamplingError, match="no column conversation_id"):
        draw(THREE[["agent"]], n=1)
    with pytest.raises(SamplingError, match="there once"):
        draw(pd.concat([THREE, THREE]), n=1)


def test_the_plan_goes_through_json_whatever_kind_of_number_was_given() -> None:
    small = pd.DataFrame({"conversation_id": [f"c{i}" for i in range(10)], "agent": list("ab") * 5})
    for plan in (draw(small, n=np.int64(4)).plan, draw(small, by="agent", per_stratum=np.int32(2)).plan):
        assert json.loads(json.dumps(plan)) == plan
