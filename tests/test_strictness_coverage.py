"""By simulation: a strict reviewer moves the raw score and not the adjusted one, and 95% intervals cover 93 to 97%."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.stats import strictness

pytestmark = pytest.mark.slow
SIZE, AGENTS, COMMANDMENTS, DRAWN, REPLICATES = 6000, 10, 8, 300, 250
SEVERITY = np.array([0.0, -0.03, 0.03, 0.12])  # the last one is strict


class World:
    """A frame of conversations whose true quality is known; agents are mostly reviewed by one reviewer of theirs."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.agent = rng.integers(0, AGENTS, SIZE)
        self.risk = rng.gamma(2, 1, SIZE)
        self.quality = 0.72 + rng.normal(0, 0.05, AGENTS)[self.agent] - 0.03 * (self.risk - 2)
        self.kinds = rng.uniform(-0.1, 0.1, COMMANDMENTS)

    def draw(self, plan: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return conversations, their inclusion probabilities and strata."""
        if plan == "uniform":
            return rng.choice(SIZE, DRAWN, replace=False), np.full(SIZE, DRAWN / SIZE), np.zeros(SIZE, dtype=int)
        if plan == "stratified":
            members = [np.flatnonzero(self.agent == a) for a in range(AGENTS)]
            drawn = [rng.choice(m, DRAWN // AGENTS, replace=False) for m in members]
            share = DRAWN / AGENTS / np.bincount(self.agent)
            return np.concatenate(drawn), share[self.agent], self.agent
        probability = DRAWN * (0.5 + self.risk) / (0.5 + self.risk).sum()
        return np.flatnonzero(rng.random(SIZE) < probability), probability, np.zeros(SIZE, dtype=int)

    def review(self, drawn: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return row of the conversation, reviewer and values of each review; a tenth is reviewed twice."""
        n = len(drawn)
        first = np.where(rng.random(n) < 0.6, self.agent[drawn] % len(SEVERITY), rng.integers(0, len(SEVERITY), n))
        again = np.flatnonzero(rng.random(n) < 0.1)
        row = np.concatenate([np.arange(n), again])
        reviewer = np.concatenate([first, (first[again] + rng.integers(1, len(SEVERITY), len(again))) % len(SEVERITY)])
        true = self.quality[drawn] + rng.normal(0, 0.12, n)
        item = true[:, None] + self.kinds + rng.normal(0, 0.2, (n, COMMANDMENTS))
        seen = item[row] - SEVERITY[reviewer][:, None]
        seen += rng.normal(0, 0.06, (len(row), 1)) + rng.normal(0, 0.1, (len(row), COMMANDMENTS))
        # Rounded at random to 0, 0.5 or 1, so that the mean stays (but for what lies outside 0 to 1).
        steps = np.clip(2 * seen, 0, 2)
        return row, reviewer, (np.floor(steps) + (rng.random(steps.shape) < steps % 1)) / 2

    def truth(self) -> np.ndarray:
        """Return the mean value of each agent's conversations from each reviewer, shape (agents, reviewers)."""
        rng = np.random.default_rng(2)
        everything = np.repeat(np.arange(SIZE), 10)
        means = []
        for reviewer in range(len(SEVERITY)):
            noise = rng.normal(0, np.sqrt(0.12**2 + 0.2**2 + 0.06**2 + 0.1**2), (len(everything), COMMANDMENTS))
            seen = np.clip(self.quality[everything][:, None] + self.kinds - SEVERITY[reviewer] + noise, 0, 1).mean(1)
            agent = self.agent[everything]
            means.append(np.bincount(agent, seen) / np.bincount(agent))
        return np.column_stack(means)


def frames(world: World, plan: str, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    drawn, probability, strata = world.draw(plan, rng)
    row, reviewer, values = world.review(drawn, rng)
    words = np.array(["fail", "partial", "pass"])[(2 * values).astype(int)]
    words = np.where(rng.random((len(drawn), COMMANDMENTS)) < 0.2, "na", "")[row] + words
    ratings = pd.DataFrame(
        {
            "conversation_id": np.repeat([f"c{i}" for i in drawn[row]], COMMANDMENTS),
            "reviewer": np.repeat([f"r{r}" for r in reviewer], COMMANDMENTS),
            "commandment": [f"k{k}" for k in range(COMMANDMENTS)] * len(row),
            "rating": ["na" if word.startswith("na") else word for word in words.ravel()],
        }
    )
    sample = pd.DataFrame({"conversation_id": [f"c{i}" for i in drawn], "stratum": strata[drawn]})
    return ratings, sample.assign(inclusion_probability=probability[drawn], agent=[f"a{world.agent[i]}" for i in drawn])


@pytest.mark.parametrize("plan", ["uniform", "stratified", "risk-weighted"])
def test_a_strict_reviewer_moves_the_raw_score_and_not_the_adjusted_one(plan: str) -> None:
    world = World()
    by_reviewer = world.truth()
    raw, adjusted, covered, raw_covered, reviewer_covered = [], [], [], [], []
    for replicate in range(REPLICATES):
        ratings, sample = frames(world, plan, np.random.default_rng(replicate))
        found = strictness(ratings, sample)
        agents, reviewers = found.agents, found.reviewers
        weight = ratings["conversation_id"].map(1 / sample.set_index("conversation_id")["inclusion_probability"])
        share = weight.groupby(ratings["reviewer"]).sum() / weight.sum()  # the average reviewer of this sample
        truth = by_reviewer @ share
        severity = by_reviewer.mean(0) @ share - by_reviewer.mean(0)
        raw.append(agents["raw"] - truth)
        adjusted.append(agents["adjusted"] - truth)
        covered.append((agents["low"] <= truth) & (truth <= agents["high"]))
        raw_covered.append((agents["raw_low"] <= truth) & (truth <= agents["raw_high"]))
        reviewer_covered.append((reviewers["low"] <= severity) & (severity <= reviewers["high"]))
    strict = np.arange(AGENTS) % len(SEVERITY) == 3  # these have the strict reviewer
    assert np.mean(raw, axis=0)[strict].max() < -0.04
    assert np.abs(np.mean(adjusted, axis=0)).max() < 0.008
    assert 0.93 <= np.mean(covered) <= 0.97
    assert 0.93 <= np.mean(reviewer_covered) <= 0.97
    assert np.mean(np.array(raw_covered)[:, strict]) < 0.85
