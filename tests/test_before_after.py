"""Before and after a coaching session: the numbers, on the random part, and what chance alone would have made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from conftest import conversation_frames

from qa_toolkit.errors import NotFoundError, SamplingError, SchemaError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.project.progress import random_part
from qa_toolkit.report.progress import progress_words
from qa_toolkit.review import ReviewSession
from qa_toolkit.stats import rate_difference, shrunk_rates
from qa_toolkit.stats.before_after import AFTER, BEFORE, before_after
from qa_toolkit.store import open_store

TRUE_MEAN, TRUE_SIZE = 0.7, 20  # of the beta distribution that agents' true rates come from


def frames(rates: dict[str, tuple[float, float]], n: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return ratings and a sample with `n` conversations on each side; the shares before and after are met exactly."""
    rows = [
        (f"{agent}-{period}-{i}", agent, period, "pass" if i < round(share * n) else "fail")
        for agent, shares in rates.items()
        for period, share in zip((BEFORE, AFTER), shares, strict=True)
        for i in range(n)
    ]
    frame = pd.DataFrame(rows, columns=["conversation_id", "agent", "period", "rating"])
    sample = frame[["conversation_id", "agent", "period"]].assign(stratum="all", inclusion_probability=0.1)
    return frame[["conversation_id", "rating"]].assign(reviewer="ruth", commandment="listen"), sample


AGENTS = {"derek": (0.4, 0.7), "amara": (0.7, 0.7), "mei": (0.8, 0.8), "karl": (0.6, 0.6)}


def test_the_numbers_are_those_of_the_parts_they_are_made_of() -> None:
    ratings, sample = frames(AGENTS, 40)
    found = before_after(ratings, sample, "derek")
    assert (found.n_before, found.n_after) == (40, 40)
    assert (found.before.value, found.after.value) == pytest.approx((0.4, 0.7))
    mine = rate_difference(ratings, sample, "period", AFTER, BEFORE, each="agent").set_index("agent").loc["derek"]
    assert found.change == pytest.approx((mine["difference"], mine["low"], mine["high"]))
    assert found.verdict == "after higher"
    shrunk = shrunk_rates(ratings, sample[sample["period"] == BEFORE]).set_index("agent").loc["derek"]
    assert found.expected == pytest.approx(shrunk["shrunk"])
    assert 0.4 < found.expected < 0.55
    assert found.regression == pytest.approx(found.expected - 0.4)
    assert found.beyond.value == pytest.approx(0.7 - found.expected)
    assert found.beyond.low < found.beyond.value < found.beyond.high
    assert found.beyond.value < found.change.value
    assert found.others.value == pytest.approx(0.0, abs=1e-12)
    assert not found.too_few


def test_of_few_reviews_it_says_that_they_are_too_few() -> None:
    found = before_after(*frames(AGENTS, 10), "derek")
    assert found.too_few
    assert progress_words(found) == (
        "40% (10 reviews, 17% to 69%) before, 70% (10 reviews, 40% to 89%) after: "  # the limits are Wilson's
        "too few to tell, 20 on each side are the least."
    )


def test_with_two_agents_nothing_is_said_of_chance() -> None:
    found = before_after(*frames({"derek": (0.4, 0.7), "mei": (0.8, 0.8)}, 30), "derek")
    assert np.isnan([found.expected, *found.beyond]).all()
    assert "chance" not in progress_words(found)
    assert "All other agents" in progress_words(found)


def test_a_side_without_reviews_and_an_agent_alone_are_said() -> None:
    ratings, sample = frames(AGENTS, 30)
    none_after = sample[(sample["agent"] != "derek") | (sample["period"] == BEFORE)]
    found = before_after(ratings, none_after, "derek")
    assert (found.n_after, found.verdict) == (0, "too few to compare")
    assert "40% (30 reviews, 25% to 58%) before, no review after" in progress_words(found)
    alone = before_after(ratings, sample[sample["agent"] == "derek"], "derek")
    assert np.isnan(alone.others.value)
    assert "other agents" not in progress_words(alone)
    with pytest.raises(SchemaError, match="no column period"):
        before_after(ratings, sample.drop(columns="period"), "derek")


def test_what_is_neither_before_nor_after_changes_nothing_of_the_rates() -> None:
    ratings, sample = frames(AGENTS, 30)
    more, on_the_day = frames({"derek": (0.0, 0.0)}, 20)
    more["conversation_id"] += "-day"
    on_the_day = on_the_day.assign(conversation_id=on_the_day["conversation_id"] + "-day", period="neither")
    found = before_after(pd.concat([ratings, more]), pd.concat([sample, on_the_day]), "derek")
    plain = before_after(ratings, sample, "derek")
    assert found.change == pytest.approx(plain.change, abs=0.005)
    assert (found.n_before, found.n_after) == (30, 30)


def test_of_the_worst_agent_the_plain_change_is_wrong_and_the_change_beyond_chance_is_right() -> None:
    """Nobody is coached and nothing changes; the one who looks worst is compared, as in 150 projects."""
    rng = np.random.default_rng(5)
    plain, beyond = [], []
    for _ in range(150):
        true = rng.beta(TRUE_MEAN * TRUE_SIZE, (1 - TRUE_MEAN) * TRUE_SIZE, size=12)
        shares = {f"a{i}": tuple(rng.binomial(25, p, size=2) / 25) for i, p in enumerate(true)}
        worst = min(shares, key=lambda name: shares[name][0])
        found = before_after(*frames(shares, 25), worst)
        plain.append(found.change)
        beyond.append(found.beyond)
    changes, left = np.array(plain), np.array(beyond)
    assert changes[:, 0].mean() > 0.07
    assert abs(left[:, 0].mean()) < 0.025
    wrong = [(each[:, 1] > 0).mean() for each in (changes, left)]
    assert wrong[1] < wrong[0]
    assert wrong[1] <= 0.05
    assert ((left[:, 1] <= 0) & (left[:, 2] >= 0)).mean() >= 0.92


# ------------------------------------------------------------------ in a project

APRIL = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path, small_rubric: Any) -> Project:
    """60 conversations of three agents about 1 April: derek's fail before and pass after; listen fails on the day."""
    store = open_store(f"sqlite:///{tmp_path}/coached.db")
    conversations, messages = conversation_frames(180)
    days = pd.Series([APRIL + timedelta(days=int(i // 3) - 30) for i in range(180)])
    conversations["started_at"] = conversations["ended_at"] = days.astype(conversations["started_at"].dtype)
    store.add_conversations(conversations, messages)
    items = conversations[["conversation_id"]].assign(stratum="all", inclusion_probability=1.0, reason="all")
    store.save_sample("all", items.assign(part="random"), {"n": 180})
    session = ReviewSession(store, "all", "ruth", small_rubric)
    table = pd.DataFrame({"conversation_id": conversations["conversation_id"], "commandment": "listen"})
    bad = (conversations["agent"] == "derek") & (days <= APRIL)
    table["rating"] = np.where(bad, "fail", "pass")
    rest = [table.assign(commandment=name, rating="pass") for name in ("solve", "warm")]
    table = pd.concat([table, *rest], ignore_index=True)
    empty = pd.Series([[] for _ in range(len(table))], dtype=object)
    session.record(table.assign(evidence=empty, comment="", submitted="yes"))
    return Project(store)


def test_the_project_compares_what_began_before_and_after_the_day(project: Project) -> None:
    found = project.before_after("derek", "listen", at="2026-04-01").found
    assert (found.n_before, found.n_after) == (30, 29)  # the day itself is left out
    assert (found.before.value, found.after.value, found.verdict) == (0.0, 1.0, "after higher")
    over_all = project.before_after("derek", at="2026-04-01", sample="all")
    assert over_all.found.before.value == pytest.approx(2 / 3)
    limits = f"{100 * over_all.found.before.low:.0f}% to {100 * over_all.found.before.high:.0f}%"
    assert str(over_all).startswith(f"derek, all commandments, 2026-04-01: 67% (30 reviews, {limits}) before, 100% (29")
    at_noon = project.before_after("derek", "listen", at="2026-04-01T14:00+02:00", sample=["all"]).found
    assert (at_noon.n_before, at_noon.n_after) == (30, 29)  # what began at that very moment is left out
    later = project.before_after("derek", "listen", at=datetime(2026, 4, 1, 13, tzinfo=UTC)).found
    assert (later.n_before, later.n_after) == (31, 29)


def test_what_does_not_exist_is_named(project: Project) -> None:
    with pytest.raises(NotFoundError, match=r"no agent 'dereck'.*did you mean 'derek'"):
        project.before_after("dereck", at="2026-04-01")
    with pytest.raises(NotFoundError, match=r"no commandment 'lisen'.*did you mean 'listen'"):
        project.before_after("derek", "lisen", at="2026-04-01")
    with pytest.raises(NotFoundError, match="sample"):
        project.before_after("derek", at="2026-04-01", sample="al")
    with pytest.raises(StoreError, match="no date"):
        project.before_after("derek", at="soon")


def test_only_what_chance_drew_counts(tmp_path: Path, project: Project) -> None:
    """Of a sample by risk, the core alone is used, each conversation of a stratum with the same weight."""
    conversations = project.conversations()
    items = conversations[["conversation_id"]].assign(stratum="all", reason="some", inclusion_probability=0.5)
    items = items.head(40).assign(part=["core"] * 8 + ["weighted"] * 30 + ["diverse"] * 2)
    items.loc[:7, "inclusion_probability"] = [0.9, 0.2, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]
    items.loc[items["part"] == "diverse", "inclusion_probability"] = np.nan
    project.store.save_sample("risky", items, {"n": 40})
    even = random_part(project.store, ["risky"])
    assert even["conversation_id"].tolist() == items["conversation_id"].head(8).tolist()
    size = 1 / 0.9 + 1 / 0.2 + 36 / 0.5
    assert even["inclusion_probability"].to_numpy() == pytest.approx(8 / size)
    both = random_part(project.store, ["risky", "all"])
    assert len(both) == 180
    assert set(both["stratum"]) == {"risky: all", "all: all"}
    project.store.save_sample("picked", items[items["part"] == "diverse"], {"n": 2})
    with pytest.raises(SamplingError, match=r"no sample \(picked\) has a random part"):
        random_part(project.store, ["picked"])
    with pytest.raises(SamplingError, match="no sample has a random part"):
        Project(open_store(f"sqlite:///{tmp_path}/empty.db")).before_after("derek", at="2026-04-01")
