"""Order sampling: probabilities, growth, allocation, and what is next in order."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling import draw
from qa_toolkit.sampling.allocation import allocate
from qa_toolkit.sampling.order import inclusion_probabilities, random_numbers, ranking


def frame(sizes: list[int], seed: int = 0) -> pd.DataFrame:
    """Make conversations of agents a0, a1, ... with sizes, risks (some 0) and a channel."""
    rng = np.random.default_rng(seed)
    n = sum(sizes)
    return pd.DataFrame(
        {
            "conversation_id": [f"c{i}" for i in range(n)],
            "agent": np.repeat([f"a{i}" for i in range(len(sizes))], sizes),
            "turns": rng.gamma(1.5, 6, n) + 0.01,
            "risk": np.where(rng.random(n) < 0.5, 0, rng.random(n)),
        }
    )


SPREAD = {f"a{i}": (i % 3) / 2 for i in range(12)}  # some are 0
PLANS: list[dict[str, Any]] = [
    {},
    {"by": "agent"},
    {"by": "agent", "allocation": "equal"},
    {"by": "agent", "allocation": "neyman", "spread": SPREAD},
    {"size": "turns"},
    {"size": "turns", "by": "agent"},
    {"size": "risk", "core": 0.3},
    {"size": "risk", "core": 0.1, "by": "agent", "allocation": "equal"},
]
names = pytest.mark.parametrize("plan", PLANS, ids=lambda plan: "-".join(map(str, plan)) or "simple")


@names
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=12), n=st.integers(1, 200), more=st.integers(1, 40))
@settings(max_examples=25, deadline=None)
def test_growing_keeps_what_was_drawn(plan: dict[str, Any], sizes: list[int], n: int, more: int) -> None:
    conversations = frame(sizes)
    n = min(n, sum(sizes))
    small, large = (draw(conversations, n=size, seed=4, **plan).items for size in (n, min(n + more, sum(sizes))))
    assert set(small["conversation_id"]) <= set(large["conversation_id"])


@names
@given(sizes=st.lists(st.integers(1, 30), min_size=1, max_size=12), share=st.floats(0.01, 1), seed=st.integers(0, 9))
@settings(max_examples=25, deadline=None)
def test_probabilities_sum_to_n_in_every_stratum(
    plan: dict[str, Any], sizes: list[int], share: float, seed: int
) -> None:
    conversations = frame(sizes, seed)
    n = max(1, int(share * sum(sizes)))
    drawn = draw(conversations, n=n, seed=seed, **plan)
    assert len(drawn.items) == drawn.items["conversation_id"].nunique() == n
    assert drawn.items["inclusion_probability"].between(0, 1, inclusive="right").all()
    again = draw(conversations, **json.loads(json.dumps(drawn.plan))["arguments"])
    pd.testing.assert_frame_equal(drawn.items, again.items)
    pd.testing.assert_frame_equal(drawn.reserve, again.reserve)
    assert drawn.plan == again.plan
    assert not set(drawn.reserve["conversation_id"]) & set(drawn.items["conversation_id"])


@given(
    sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8),
    seed=st.integers(0, 2**32),
    scale=st.floats(0, 4),
    share=st.floats(0, 1),
)
@settings(max_examples=80, deadline=None)
def test_the_probabilities_of_the_whole_frame_sum_to_the_shares(
    sizes: list[int], seed: int, scale: float, share: float
) -> None:
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(len(sizes)), sizes)
    measure = np.exp(scale * rng.standard_normal(len(codes)))
    shares = np.clip((share * np.array(sizes)).astype(int), 1, sizes)
    pi = inclusion_probabilities(measure, codes, shares)
    assert ((pi > 0) & (pi <= 1)).all()
    assert np.bincount(codes, pi) == pytest.approx(shares, rel=1e-9)
    for code, (size, n) in enumerate(zip(sizes, shares, strict=True)):
        inside, x = pi[codes == code], measure[codes == code]
        if n < size:  # odds proportional to size
            odds = inside / (1 - inside) / x
            assert odds == pytest.approx(odds[0], rel=1e-4)
        else:
            assert (inside == 1).all()


def test_equal_sizes_are_simple_random_sampling_to_the_last_bit() -> None:
    conversations = frame([40, 60]).assign(turns=7)
    plain, sized = draw(conversations, n=13), draw(conversations, n=13, size="turns")
    assert plain.items["conversation_id"].tolist() == sized.items["conversation_id"].tolist()
    assert set(sized.items["inclusion_probability"]) == {13 / 100}


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.15, 0.5, 0.9])
def test_everyone_is_drawn_as_often_as_their_probability_says(share: float) -> None:
    sizes, runs = [10, 20, 50], 6000
    rng = np.random.default_rng(3)
    codes, measure = np.repeat(np.arange(3), sizes), rng.gamma(1.5, 6, 80) + 0.01
    shares = np.maximum(1, (share * np.array(sizes)).astype(int))
    pi = inclusion_probabilities(measure, codes, shares)
    each = (np.arange(runs)[:, None] * 3 + codes).ravel()  # every run with strata of its own
    _, rank = ranking(rng.integers(0, 2**63, 80 * runs), np.tile(measure, runs), each)
    times = (rank.reshape(runs, 80) < shares[codes]).sum(axis=0)
    error = np.sqrt(runs * pi * (1 - pi)) + 0.01 * runs * pi  # Pareto sampling keeps to pi within 1 to 2%
    assert (np.abs(times - runs * pi) / error).max() < 3.5


def test_so_is_the_whole_draw_and_its_core_is_an_equal_part_of_each_stratum() -> None:
    conversations, runs = frame([15, 30], seed=3), 250
    times, core = (pd.Series(0.0, index=pd.Index(conversations["conversation_id"])) for _ in range(2))
    pi = times.copy()
    for seed in range(runs):
        items = draw(conversations, n=12, by="agent", allocation="equal", size="risk", core=0.4, seed=seed).items
        items = items.set_index("conversation_id")
        times[items.index] += 1
        core[items.index[items["part"] == "core"]] += 1
        pi[items.index] = items["inclusion_probability"]
    assert pi.sum() == pytest.approx(12)
    assert np.abs((times - runs * pi) / np.sqrt(runs * pi * (1 - pi))).max() < 4
    expected = np.repeat([0.4 * 6 / 15, 0.4 * 6 / 30], [15, 30]) * runs
    assert np.abs((core - expected) / np.sqrt(expected)).max() < 4
    assert core.sum() == pytest.approx(0.4 * 12 * runs, rel=0.1)


def test_a_conversation_of_twice_the_size_has_twice_the_odds() -> None:
    conversations = frame([1000]).assign(turns=[1, 2] * 500)
    items = draw(conversations, n=100, size="turns").items.merge(conversations)
    odds = items["inclusion_probability"] / (1 - items["inclusion_probability"])
    assert odds[items["turns"] == 2].iloc[0] == pytest.approx(2 * odds[items["turns"] == 1].iloc[0])


def test_the_core_bounds_the_weights_and_zero_sizes_keep_a_chance() -> None:
    conversations = frame([300], seed=1)
    with pytest.raises(SamplingError, match="give core"):
        draw(conversations, n=30, size="risk")
    items = draw(conversations, n=30, size="risk", core=0.4).items
    assert (1 / items["inclusion_probability"]).max() <= 300 / (0.4 * 30)
    assert set(items["part"]) == {"core", "weighted"}
    assert draw(conversations, n=30, size="risk", core=1.0).items["part"].eq("core").all()
    none = draw(conversations.assign(risk=0), n=30, size="risk", core=0.4).items
    assert none["inclusion_probability"].eq(0.1).all()


def test_reasons_of_unequal_probabilities() -> None:
    items = draw(frame([200], seed=1), n=30, size="risk", core=0.5).items.merge(frame([200], seed=1))
    weighted = items[items["part"] == "weighted"].iloc[0]
    assert weighted["reason"] == f"risk {weighted['risk']:.4g}, 30 of 200"
    assert set(items.loc[items["part"] == "core", "reason"]) == {"random core, 30 of 200"}
    inside = draw(frame([200, 3], seed=1), n=30, size="turns", by="agent").items["reason"]
    assert inside.str.contains("within agent = a0, 29 of 200").sum() == 29


class TestAllocation:
    @given(
        sizes=st.lists(st.integers(1, 50), min_size=1, max_size=9),
        weights=st.lists(st.floats(0, 5), min_size=9, max_size=9),
    )
    @settings(max_examples=60, deadline=None)
    def test_every_seat_more_leaves_everybody_what_they_had(self, sizes: list[int], weights: list[float]) -> None:
        counts, before = np.array(sizes), np.zeros(len(sizes), dtype=int)
        for total in range(len(sizes), counts.sum() + 1):
            shares = allocate(counts, np.array(weights[: len(sizes)]), total)
            assert shares.sum() == total
            assert ((shares >= np.maximum(before, 1)) & (shares <= counts)).all()
            before = shares

    def test_a_published_table(self) -> None:
        # Votes 53,000, 24,000 and 23,000 and 7 seats: Sainte-Laguë gives 3, 2, 2 (Wikipedia, "Sainte-Laguë method").
        assert allocate(np.array([9, 9, 9]), np.array([53_000.0, 24_000, 23_000]), 7).tolist() == [3, 2, 2]

    def test_neyman_gives_more_to_what_varies_more(self) -> None:
        plan = draw(frame([100, 100]), n=40, by="agent", allocation="neyman", spread={"a0": 0.1, "a1": 0.3}).plan
        assert {label: s["drawn"] for label, s in plan["strata"].items()} == {"a0": 10, "a1": 30}
        plan = draw(frame([100, 10]), n=40, by="agent", allocation="neyman", spread={"a0": 0.0, "a1": 0.3}).plan
        assert {label: s["drawn"] for label, s in plan["strata"].items()} == {"a0": 30, "a1": 10}


class TestReserve:
    def test_it_is_who_would_be_drawn_next(self) -> None:
        conversations = frame([100])
        small, large = draw(conversations, n=20), draw(conversations, n=24)
        new = large.items[~large.items["conversation_id"].isin(small.items["conversation_id"])]
        assert small.reserve["conversation_id"].tolist() == new["conversation_id"].tolist()
        assert set(small.reserve["inclusion_probability"]) == {0.2}

    def test_every_stratum_and_kind_has_some_as_far_as_there_are(self) -> None:
        conversations = frame([100, 50, 6], seed=2)
        drawn = draw(conversations, n=60, by="agent", size="risk", core=0.5, allocation="equal")
        assert drawn.plan["strata"]["a2"] == {"size": 6, "drawn": 6}
        reserve = drawn.reserve.groupby(["stratum", "part"]).size().to_dict()
        items = drawn.items.groupby(["stratum", "part"]).size()
        expected = {key: max(3, int(np.ceil(0.2 * n))) for key, n in items.items() if key[0] != "a2"}
        assert reserve == expected


HOSTILE = [
    "=cmd|'/c calc'!A1",
    "<img src=x onerror=1>",
    "'; DROP TABLE samples; --",
    "a / b",
    "(others)",
    "\u202e",
    "\ud800x",
]


def test_hostile_names_and_labels_are_only_text() -> None:
    rows = [label for label in HOSTILE for _ in range(10)]
    column = "x'); --\n<b>"
    conversations = pd.DataFrame(
        {"conversation_id": [f"{i}{column}" for i in range(len(rows))], "labels": [{column: row} for row in rows]}
    )
    drawn = draw(conversations, per_stratum=2, by=f"labels.{column}")
    assert set(drawn.items["stratum"]) == {*HOSTILE[:-1], "?x"}
    assert json.loads(json.dumps(drawn.plan)) == drawn.plan
    pooled = draw(conversations, n=5, by=f"labels.{column}").plan
    assert len(pooled["strata"]) == 5
    assert sum(stratum["size"] for stratum in pooled["strata"].values()) == 70
    assert len(draw(conversations, n=5, by=f"labels.{column}").items) == 5


def test_values_that_hold_the_sign_between_two_columns_stay_apart() -> None:
    conversations = pd.DataFrame(
        {"conversation_id": list("abcd"), "x": ["1 / 2", "1", "1", "3"], "y": ["3", "2 / 3", "2", "3"]}
    )
    assert sorted(draw(conversations, n=4, by=["x", "y"]).plan["strata"]) == [
        '["1 / 2", "3"]', '["1", "2 / 3"]', '["1", "2"]', '["3", "3"]'
    ]  # fmt: skip


def test_a_column_that_is_there_twice_is_refused() -> None:
    twice = pd.DataFrame([["a", 1, 2]], columns=["conversation_id", "x", "x"])
    with pytest.raises(SamplingError, match="2 columns 'x'"):
        draw(twice, n=1, by="x")


def test_random_numbers_are_permanent() -> None:
    assert random_numbers("1", ["c26", "ü"]).tolist() == [37068752709023367, 7962922989883897449]
