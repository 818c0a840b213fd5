"""Plans of several parts, picking for diversity, and drawing again from a plan."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling import draw, redraw
from qa_toolkit.sampling.diverse import farthest_first


def frame(n: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {
            "conversation_id": [f"c{i}" for i in range(n)],
            "agent": [("amara", "derek", "mei")[i % 7 % 3] for i in range(n)],
            "risk": rng.beta(1, 3, n),
        }
    )


FRAME = frame()
RANDOM, RISK = {"n": 12}, {"n": 10, "risk": "risk"}
VECTORS = np.random.default_rng(3).standard_normal((60, 8))


class TestUnion:
    def test_a_conversation_is_in_it_if_one_of_the_parts_has_drawn_it(self) -> None:
        drawn = draw(FRAME, parts=[RANDOM, RISK], seed=2)
        alone = draw(FRAME, **RANDOM, seed=2).items
        assert set(alone["conversation_id"]) < set(drawn.items["conversation_id"])
        assert drawn.items["conversation_id"].is_unique
        assert 12 < len(drawn.items) <= 22
        assert [part["n"] for part in drawn.plan["parts"]] == [12, 10]
        assert drawn.plan["method"] == "simple random + random by risk"
        assert drawn.items["inclusion_probability"].between(12 / 60, 1).all()
        both = drawn.items[drawn.items["reason"].str.contains("; ")]
        assert both["part"].eq("random").all()
        assert both["reason"].str.match(r"simple random, 12 of 60; (random core|risk 0\.\d\d), 10 of 60").all()

    def test_it_is_drawn_as_often_as_the_probabilities_say(self) -> None:
        times, pi, runs = (pd.Series(0.0, index=pd.Index(FRAME["conversation_id"])) for _ in range(2)), None, 250
        times, pi = times
        estimates = []
        for seed in range(runs):
            items = draw(FRAME, parts=[RANDOM, RISK], seed=seed).items.set_index("conversation_id")
            times[items.index] += 1
            pi[items.index] = items["inclusion_probability"]
            estimates.append((1 / items["inclusion_probability"]).sum())
        assert np.abs((times - runs * pi) / np.sqrt(runs * pi * (1 - pi))).max() < 4
        assert np.mean(estimates) == pytest.approx(60, abs=4 * np.std(estimates) / np.sqrt(runs))

    def test_strata_are_those_of_all_parts_or_one(self) -> None:
        both = draw(FRAME, by="agent", parts=[RANDOM, {"per_stratum": 2, "risk": "risk"}])
        assert set(both.items["stratum"]) == {"amara", "derek", "mei"}
        mixed = draw(FRAME, by="agent", parts=[RANDOM, {"n": 5, "by": None}])
        assert set(mixed.items["stratum"]) == {"all"}
        assert mixed.plan["strata"] == {"all": {"size": 60, "drawn": len(mixed.items)}}
        assert list(mixed.plan["parts"][0]["strata"]) == ["amara", "derek", "mei"]
        assert mixed.plan["parts"][1]["strata"] == {"all": {"size": 60, "drawn": 5}}

    @given(n=st.integers(1, 30), more=st.integers(0, 30), seed=st.integers(0, 5))
    @settings(max_examples=25, deadline=None)
    def test_growing_a_part_or_adding_one_keeps_what_was_drawn(self, n: int, more: int, seed: int) -> None:
        risky = {"n": n, "risk": "risk"}
        first = set(draw(FRAME, n=n, seed=seed).items["conversation_id"])
        second = set(draw(FRAME, parts=[{"n": n}, risky], seed=seed).items["conversation_id"])
        third = set(draw(FRAME, parts=[{"n": n + more}, {**risky, "n": n + more}], seed=seed).items["conversation_id"])
        assert first <= second <= third

    def test_the_reserve_is_of_each_part_and_holds_nobody_twice(self) -> None:
        drawn = draw(FRAME, by="agent", parts=[RANDOM, RISK, {"diverse": 4}], vectors=VECTORS)
        ids = drawn.reserve["conversation_id"]
        assert ids.is_unique
        assert not set(ids) & set(drawn.items["conversation_id"])
        kinds = drawn.reserve.groupby("part")["inclusion_probability"].agg(lambda pi: pi.isna().mean())
        assert kinds.to_dict() == {"core": 0, "diverse": 1, "random": 0, "weighted": 0}

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"parts": []}, "list of draws"),
            ({"parts": {"n": 3}}, "list of draws"),
            ({"parts": [3]}, "list of draws"),
            ({"parts": [RANDOM], "n": 3}, "n says nothing of a plan of parts"),
            ({"parts": [{"n": 3, "seed": 4}]}, "a part has no argument 'seed'"),
            ({"parts": [{}]}, "exactly one of"),
            ({"parts": [{"n": 3, "by": "agent"}]}, "the strata are those of the plan"),
            ({"parts": [{"per_stratum": 3}]}, "per_stratum needs strata"),
            ({"by": "agent", "parts": [{"per_stratum": 3, "by": None}]}, "per_stratum needs strata"),
            ({"parts": [{"n": 61}]}, "only 60"),
            ({"parts": [{"diverse": 3, "core": 0.3}]}, "core says nothing of diverse"),
            ({"parts": [{"diverse": 3}, {"diverse": 2}]}, "two parts pick"),
            ({"diverse": 3}, "diverse needs vectors"),
            ({"diverse": 0}, "diverse is 0"),
            ({"n": 3, "diverse": 58, "vectors": VECTORS}, "only 57 conversations are not drawn"),
            ({"diverse": 3, "vectors": VECTORS[:9]}, "one row for each of 60"),
            ({"diverse": 3, "vectors": VECTORS * np.nan}, "no finite number"),
        ],
    )
    def test_what_cannot_be_says_why(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(SamplingError, match=message):
            draw(FRAME, **arguments)


class TestDiversity:
    def test_each_is_the_farthest_from_all_before(self) -> None:
        unit = (VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)).astype(np.float32)
        start = np.array([3, 8])
        rows, nearest = farthest_first(unit, start, np.arange(60), 20)
        there = start.tolist()
        for row, cosine in zip(rows.tolist(), nearest, strict=True):
            closest = (unit @ unit[there].T).max(axis=1)
            assert cosine == pytest.approx(closest[row], abs=2e-5)
            assert closest[row] <= closest[[i for i in range(60) if i not in there]].min() + 2e-5
            there.append(row)
        assert len(set(there)) == 22

    def test_one_of_each_kind_is_found_before_a_second_of_any(self) -> None:
        kinds = np.repeat(np.eye(6), 10, axis=0)
        items = draw(FRAME, diverse=6, vectors=kinds, seed=1).items.merge(FRAME.assign(kind=kinds.argmax(axis=1)))
        assert sorted(items["kind"]) == list(range(6))

    def test_they_have_no_probability_and_are_marked(self) -> None:
        drawn = draw(FRAME, n=12, diverse=5, vectors=VECTORS)
        picked = drawn.items[drawn.items["part"] == "diverse"]
        assert len(picked) == 5
        assert picked["inclusion_probability"].isna().all()
        assert picked["reason"].str.match(r"unlike the others \(similarity .*\); not for estimates").all()
        alone = draw(FRAME, n=12).items
        rest = drawn.items[drawn.items["part"] == "random"].sort_values("conversation_id")
        pd.testing.assert_frame_equal(
            rest.reset_index(drop=True), alone.sort_values("conversation_id", ignore_index=True)
        )
        assert (drawn.plan["estimates"], drawn.plan["parts"][1]["estimates"]) == (True, False)
        assert draw(FRAME, diverse=5, vectors=VECTORS).plan["estimates"] is False

    def test_vectors_follow_the_window_and_can_be_made_on_demand(self) -> None:
        frame = FRAME.assign(channel=["email", "chat"] * 30)
        asked: list[str] = []

        def make(ids: Any) -> Any:
            asked.extend(ids)
            return VECTORS[[int(found[1:]) for found in ids]]

        by_array = draw(frame, n=4, diverse=4, vectors=VECTORS, where={"channel": "chat"})
        by_call = draw(frame, n=4, diverse=4, vectors=make, where={"channel": "chat"})
        pd.testing.assert_frame_equal(by_array.items, by_call.items)
        assert asked == sorted(frame.loc[frame["channel"] == "chat", "conversation_id"])

    def test_vectors_of_no_length_and_all_alike_are_picked_from_too(self) -> None:
        assert len(draw(FRAME, diverse=60, vectors=np.zeros((60, 3))).items) == 60


PLANS: list[dict[str, Any]] = [
    {"n": 20},
    {"n": 20, "by": "agent", "seed": 5},
    {"n": 2, "by": "agent"},
    {"per_stratum": 4, "by": "agent"},
    {"n": 9, "risk": "risk", "where": {"agent": ["mei", "amara"]}},
    {"by": "agent", "parts": [RANDOM, {**RISK, "by": None}]},
]


class TestRedrawing:
    @pytest.mark.parametrize("arguments", PLANS, ids=str)
    def test_a_plan_redraws_the_identical_sample(self, arguments: dict[str, Any]) -> None:
        drawn = draw(FRAME, **arguments)
        again = redraw(FRAME.sample(frac=1, random_state=1), json.loads(json.dumps(drawn.plan)))
        pd.testing.assert_frame_equal(drawn.items, again.items)
        pd.testing.assert_frame_equal(drawn.reserve, again.reserve)
        assert drawn.plan == again.plan

    def test_with_vectors_too(self) -> None:
        drawn = draw(FRAME, n=12, diverse=5, vectors=VECTORS)
        pd.testing.assert_frame_equal(redraw(FRAME, drawn.plan, VECTORS).items, drawn.items)
        with pytest.raises(SamplingError, match="the vectors are not"):
            redraw(FRAME, drawn.plan, VECTORS[::-1])

    def test_plans_of_version_1_are_drawn_as_they_were(self) -> None:
        plan = {
            "method": "stratified random",
            "arguments": {
                "n": 32, "fraction": None, "by": ["agent"], "per_stratum": None, "allocation": "proportional", "seed": 3
            },
            "frame_size": 126, "frame_hash": "", "pooled": [],
        }  # fmt: skip
        sizes = [11, 12, 12, 10, 12, 9, 11, 12, 14, 12, 11]
        largest_remainders = [3, 3, 3, 2, 3, 2, 3, 3, 4, 3, 3]
        agents = [f"a{i:02}" for i, size in enumerate(sizes) for _ in range(size)]
        frame = pd.DataFrame({"conversation_id": [f"c{i}" for i in range(126)], "agent": agents})
        plan["strata"] = {
            f"a{i:02}": {"size": size, "drawn": drawn}
            for i, (size, drawn) in enumerate(zip(sizes, largest_remainders, strict=True))
        }
        plan["frame_hash"] = draw(frame, n=32, by="agent", seed=3).plan["frame_hash"]
        again = redraw(frame, plan)
        assert again.items["stratum"].value_counts().sort_index().tolist() == largest_remainders
        assert again.plan == plan
        assert draw(frame, n=32, by="agent", seed=3).items["stratum"].value_counts()["a08"] == 3

    @pytest.mark.parametrize(
        ("changed", "message"),
        [
            (FRAME.head(50), r"50 conversations, not 60 \('amara' "),
            (FRAME.head(5), "only 5 conversations"),
            (FRAME.assign(agent=FRAME["agent"].mask(FRAME.index == 0, "zoe")), r"as large, .* 'zoe' 1, was 0"),
            (FRAME.assign(conversation_id=FRAME["conversation_id"] + "x"), "other conversations are in it"),
            (FRAME.drop(columns="agent"), "no column 'agent'"),
        ],
    )
    def test_a_frame_that_changed_is_told(self, changed: pd.DataFrame, message: str) -> None:
        with pytest.raises(SamplingError, match=message):
            redraw(changed, draw(FRAME, n=20, by="agent").plan)

    def test_a_risk_that_changed_is_told(self) -> None:
        with pytest.raises(SamplingError, match="values have changed"):
            redraw(FRAME.assign(risk=FRAME["risk"] * 0.9 + 0.01), draw(FRAME, n=20, risk="risk").plan)
        mixed = draw(FRAME, by="agent", parts=[RANDOM, {"n": 5, "by": None}]).plan
        with pytest.raises(SamplingError, match="values have changed"):
            redraw(FRAME.assign(agent=FRAME["agent"].to_numpy()[::-1]), mixed)

    @pytest.mark.parametrize(
        ("plan", "message"),
        [
            ({}, "no arguments of a draw"),
            ({"n": 6}, "no arguments of a draw"),
            ({**draw(FRAME, n=3).plan, "version": 99}, "install a newer one"),
            ({**draw(FRAME, n=3).plan, "arguments": {"m": 3}}, "no argument 'm'"),
        ],
    )
    def test_what_is_no_plan_is_told(self, plan: dict[str, Any], message: str) -> None:
        with pytest.raises(SamplingError, match=message):
            redraw(FRAME, plan)
