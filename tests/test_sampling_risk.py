"""Windows, filters, and drawing by risk."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import conversation_frames
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling import draw, risk_of
from qa_toolkit.sampling.risk import FACTS, WEIGHTS

FRAME = conversation_frames(40)[0]  # one a day from 2 March 2026, 9:00 UTC


class TestWindow:
    @pytest.mark.parametrize(
        ("since", "until", "n"),
        [
            ("2026-03-03", None, 39),
            ("2026-03-03", "2026-03-05", 2),
            (date(2026, 3, 3), datetime(2026, 3, 5, 9, tzinfo=UTC), 2),
            (None, "2026-03-05T10:01+01:00", 4),
            (None, pd.Timestamp("2026-03-03"), 1),
        ],
    )
    def test_until_itself_is_left_out(self, since: Any, until: Any, n: int) -> None:
        drawn = draw(FRAME, fraction=1, since=since, until=until)
        assert (drawn.plan["frame_size"], drawn.plan["left_out"]) == (n, {"outside the window": 40 - n})
        again = draw(FRAME, **json.loads(json.dumps(drawn.plan["arguments"])))
        assert again.plan == drawn.plan

    def test_a_quota_for_each_agent_over_a_window(self) -> None:
        drawn = draw(
            FRAME, per_stratum=2, by="agent", since="2026-03-10", until="2026-03-20", where={"channel": "email"}
        )
        items = drawn.items.merge(FRAME, on="conversation_id")
        assert items["agent"].value_counts().to_dict() == {"derek": 2, "mei": 2, "amara": 1}
        assert items["channel"].eq("email").all()
        assert items["started_at"].between("2026-03-10", "2026-03-20").all()

    def test_what_has_no_time_is_in_no_window_and_is_counted(self) -> None:
        frame = FRAME.assign(started_at=FRAME["started_at"].where(FRAME.index > 9))
        assert draw(frame, fraction=1, since="2020-01-01").plan["left_out"] == {"no time": 10}
        assert draw(frame, fraction=1).plan["left_out"] == {}

    @pytest.mark.parametrize(
        ("where", "n"),
        [
            ({"agent": "amara"}, 14),
            ({"agent": ["amara", "mei"]}, 27),
            ({"agent": "amara", "channel": "chat"}, 7),
            ({"labels.tags": "late"}, 40),
            ({"labels.csat": 5}, 13),
            ({"labels.csat": ["5"]}, 13),
            ({"labels.csat": np.float64(5)}, 13),
            ({"labels.csat": None}, 27),
            ({"labels.csat": float("nan")}, 27),
        ],
    )
    def test_only_what_has_a_value(self, where: Any, n: int) -> None:
        labels = [{"tags": ["late", "x"], "csat": 5 if i % 3 == 1 else None} for i in range(40)]
        drawn = draw(FRAME.assign(labels=labels), fraction=1, where=where)
        assert len(drawn.items) == n
        assert json.loads(json.dumps(drawn.plan, allow_nan=False)) == drawn.plan

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"since": "March"}, "since is 'March'"),
            ({"since": 2026}, "since is 2026"),
            ({"until": "2027-02-30"}, "until is '2027-02-30'"),
            ({"since": "2026-04-01", "until": "2026-04-01"}, "until itself is left out"),
            ({"since": "2027-01-01"}, "left out for outside the window: 40"),
            ({"where": {"agent": "nobody"}}, "left out for other agent: 40"),
            ({"where": {"team": "a"}}, "no column 'team'"),
            ({"where": "agent"}, "such as {'channel'"),
            ({"where": {"agent": []}}, "gives"),
            ({"where": {"agent": {"a": 1}}}, "gives"),
            ({"sinc": "2026-03-01"}, None),
        ],
    )
    def test_what_cannot_be_says_why(self, arguments: dict[str, Any], message: str | None) -> None:
        with pytest.raises(SamplingError if message else TypeError, match=message):
            draw(FRAME, n=1, **arguments)
        with pytest.raises(SamplingError, match="column started_at"):
            draw(FRAME.drop(columns="started_at"), n=1, since="2026-03-03")


def of(**labels: Any) -> pd.DataFrame:
    return pd.DataFrame({"conversation_id": ["a"], "source": ["test"], "n_messages": [4], "labels": [labels]})


class TestRisk:
    @pytest.mark.parametrize(
        ("frame", "risk", "reason"),
        [
            (of(), 0, "nothing known"),
            (of(csat=5), 0, "nothing known"),
            (of(csat=1), 0.6, "CSAT 1"),
            (of(csat="2"), 0.45, "CSAT 2"),
            (of(csat="<b>bad</b>"), 0, "nothing known"),
            (of(csat=float("inf")), 0, "nothing known"),
            (of(csat=1).assign(source="zendesk"), 0, "nothing known"),
            (of(csat=0).assign(source="zendesk"), 0.6, "CSAT 0"),
            (of(csat=-3).assign(source="freshdesk"), 0.6, "CSAT -3"),
            (of(reopened=True), 0.5, "reopened"),
            (of(reopens=0), 0, "nothing known"),
            (of(extra={"metric_set": {"reopens": 2}}), 0.5, "reopened"),
            (of().assign(n_messages=20), 0.15, "20 messages"),
            (of(csat=1, reopened=1), 1 - 0.4 * 0.5, "CSAT 1; reopened"),
        ],
    )
    def test_each_sign(self, frame: pd.DataFrame, risk: float, reason: str) -> None:
        found = risk_of(frame).iloc[0]
        assert (found["risk"], found["risk_reason"]) == (pytest.approx(risk), reason)

    def test_facts_and_scores(self) -> None:
        frame = pd.DataFrame({"conversation_id": list("abcde"), "auto": [0.2, 1, None, 1, 1]})
        rows = [("b", "blame", ""), ("b", "blame", ""), ("c", "promise", "2026-03-02T09:00 kept"), ("z", "blame", "")]
        rows += [("d", "promise", "2026-03-02T09:00 late"), ("e", "customer-wait", "2880"), ("c", "apology", "")]
        facts = pd.DataFrame(rows, columns=["conversation_id", "kind", "outcome"])
        found = risk_of(frame, facts, score="auto")
        assert found["risk"].tolist() == pytest.approx([0.6 * 0.8, 0.4, 0, 0.4, 0.15])
        assert found["risk_reason"].tolist() == [
            "machine score 0.2", "blame", "nothing known", "a promise kept late", "a long wait"
        ]  # fmt: skip
        assert risk_of(frame, facts, weights={"blame": 0})["risk"].tolist() == pytest.approx([0, 0, 0, 0.4, 0.15])

    def test_facts_are_named_as_they_are_found(self) -> None:
        from qa_toolkit.conversations.facts import KINDS

        assert set(FACTS) <= set(KINDS)

    @given(
        csat=st.one_of(st.none(), st.integers(-9, 9), st.floats(), st.text(max_size=3)),
        reopens=st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3), st.lists(st.integers())),
        n=st.integers(0, 10**6),
        weight=st.floats(0, 1),
    )
    @settings(max_examples=100, deadline=None)
    def test_it_is_between_0_and_1_whatever_the_labels(self, csat: Any, reopens: Any, n: int, weight: float) -> None:
        found = risk_of(of(csat=csat, reopens=reopens).assign(n_messages=n), weights=dict.fromkeys(WEIGHTS, weight))
        assert found["risk"].between(0, 1).all()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"weights": {"mood": 1}}, "no sign of risk 'mood'"),
            ({"weights": {"csat": 2}}, "weight of csat is 2"),
            ({"csat": (5, 1)}, "the worst and then the best"),
            ({"score": "auto"}, "no column 'auto'"),
            ({"score": "n_messages"}, "divide by the best"),
            ({"facts": pd.DataFrame({"kind": []})}, "no column conversation_id"),
        ],
    )
    def test_what_cannot_be_says_why(self, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(SamplingError, match=message):
            risk_of(of(), **arguments)


class TestDrawing:
    @pytest.fixture
    def risky(self) -> pd.DataFrame:
        frame = FRAME.assign(labels=[{"csat": 1 + i % 5} for i in range(40)])
        return frame.merge(risk_of(frame))

    def test_a_third_is_a_random_core_and_reasons_say_what_made_the_risk(self, risky: pd.DataFrame) -> None:
        drawn = draw(risky, n=15, risk="risk")
        assert (drawn.plan["method"], drawn.plan["arguments"]["core"]) == ("random by risk", 0.3)
        assert set(drawn.items["part"]) == {"core", "weighted"}
        items = drawn.items.merge(risky, on="conversation_id")
        worst = items[(items["part"] == "weighted") & (items["risk"] > 0.5)].iloc[0]
        assert worst["reason"] == "risk 0.60 (CSAT 1), 15 of 40"
        probabilities = items.groupby("risk")["inclusion_probability"].first()
        assert probabilities.is_monotonic_increasing
        assert probabilities.iloc[-1] > 3 * probabilities.iloc[0]
        again = draw(risky, **json.loads(json.dumps(drawn.plan))["arguments"])
        pd.testing.assert_frame_equal(again.items, drawn.items)

    def test_the_hash_of_the_frame_covers_the_risk(self, risky: pd.DataFrame) -> None:
        changed = risky.assign(risk=risky["risk"].where(risky.index > 0, 0.9))
        hashes = {draw(frame, n=5, risk="risk").plan["frame_hash"] for frame in (risky, changed)}
        assert len(hashes) == 2
        assert draw(risky, n=5).plan["frame_hash"] == draw(changed, n=5).plan["frame_hash"]

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"risk": "n_messages"}, "use it as size"),
            ({"risk": "risk", "size": "n_messages"}, "not both"),
            ({"risk": "agent"}, "no number in 40 of 40"),
            ({"risk": "risk", "core": 0}, "give core"),
            ({"risk": 0.5}, "name of a column"),
        ],
    )
    def test_what_cannot_be_says_why(self, risky: pd.DataFrame, arguments: dict[str, Any], message: str) -> None:
        with pytest.raises(SamplingError, match=message):
            draw(risky, n=3, **arguments)


@pytest.mark.slow
def test_faults_are_found_more_often_and_the_estimate_stays_without_bias() -> None:
    rng, n = np.random.default_rng(5), 1500
    risk = rng.beta(1, 4, n)
    failed = rng.random(n) < 0.02 + 0.5 * risk
    frame = pd.DataFrame({"conversation_id": [f"c{i}" for i in range(n)], "risk": risk, "failed": failed})
    estimates, found = [], []
    for seed in range(150):
        items = draw(frame, n=150, risk="risk", seed=seed).items.merge(frame)
        weight = 1 / items["inclusion_probability"]
        estimates.append((weight * items["failed"]).sum() / weight.sum())
        found.append(items["failed"].mean())
    error = np.std(estimates) / np.sqrt(150)
    assert abs(np.mean(estimates) - failed.mean()) < 4 * error
    assert np.mean(found) > 1.3 * failed.mean()
