"""By simulation: one in twenty teams without drift has a reviewer who is said to drift, and a drift is found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.stats import reviewer_drift

pytestmark = pytest.mark.slow
AGENTS, REVIEWERS, COMMANDMENTS, MONTHS, DRAWN = 8, 4, 8, 4, 480


def frames(rng: np.random.Generator, drift: float, common: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make four months of reviews; the last reviewer becomes stricter by `drift`, the work better by `common`."""
    agent = rng.integers(0, AGENTS, DRAWN)
    month = rng.integers(0, MONTHS, DRAWN)
    first = np.where(rng.random(DRAWN) < 0.5, agent % REVIEWERS, rng.integers(0, REVIEWERS, DRAWN))
    again = np.flatnonzero(rng.random(DRAWN) < 0.1)
    row = np.concatenate([np.arange(DRAWN), again])
    reviewer = np.concatenate([first, (first[again] + rng.integers(1, REVIEWERS, len(again))) % REVIEWERS])
    work = 0.55 + 0.03 * (agent % 4) + rng.normal(0, 0.1, DRAWN) + common * month / (MONTHS - 1)
    item = work[:, None] + rng.normal(0, 0.15, (DRAWN, COMMANDMENTS))
    severity = 0.03 * reviewer + np.where(reviewer == REVIEWERS - 1, drift * month[row] / (MONTHS - 1), 0.0)
    steps = np.clip(2 * (item[row] - severity[:, None] + rng.normal(0, 0.05, (len(row), 1))), 0, 2)
    value = np.floor(steps) + (rng.random(steps.shape) < steps % 1)
    probability = rng.uniform(0.05, 0.2, DRAWN)
    ratings = pd.DataFrame(
        {
            "conversation_id": np.repeat([f"c{i}" for i in row], COMMANDMENTS),
            "reviewer": np.repeat([f"r{r}" for r in reviewer], COMMANDMENTS),
            "commandment": [f"k{k}" for k in range(COMMANDMENTS)] * len(row),
            "rating": np.array(["fail", "partial", "pass"])[value.astype(int)].ravel(),
            "rated_at": np.repeat(pd.to_datetime([f"2026-0{m + 1}-15" for m in month[row]], utc=True), COMMANDMENTS),
        }
    )
    sample = pd.DataFrame({"conversation_id": [f"c{i}" for i in range(DRAWN)], "agent": [f"a{a}" for a in agent]})
    return ratings, sample.assign(stratum="all", inclusion_probability=probability)


def test_a_team_without_drift_is_rarely_accused_though_the_work_becomes_better() -> None:
    found = [reviewer_drift(*frames(np.random.default_rng(i), 0.0, 0.1)).reviewers for i in range(300)]
    accused = [(table["verdict"] != "no drift shown").any() for table in found]
    assert np.mean(accused) <= 0.08
    covered = [((table["low"] <= 0) & (table["high"] >= 0)).mean() for table in found]
    assert 0.93 <= np.mean(covered) <= 0.97


def test_a_reviewer_who_becomes_stricter_is_found() -> None:
    found = [reviewer_drift(*frames(np.random.default_rng(i), 0.2, 0.0)).reviewers for i in range(60)]
    named = [table["verdict"].iloc[-1] == "became stricter than the others" for table in found]
    assert np.mean(named) > 0.8
    # Against the average reviewer, who is for a quarter this one: three quarters of 0.2.
    assert np.mean([table["change"].iloc[-1] for table in found]) == pytest.approx(0.15, abs=0.015)
