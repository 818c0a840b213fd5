from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from ppi_py import ppi_mean_ci, ppi_mean_pointestimate

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats import pass_rates, powered_rates

FRAME = 2000


def population(seed: int, failing: float = 0.3, seen: float = 0.8, quiet: float = 0.9, frame: int = FRAME):
    """Make whether each conversation passes, and the machine's score: it sees `seen` of fails and errs in the rest."""
    rng = np.random.default_rng(seed)
    fails = rng.random(frame) < failing
    flagged = np.where(fails, rng.random(frame) < seen, rng.random(frame) > quiet)
    return ~fails, np.where(flagged, 0.1, 0.9)


def frames(passes, score, at, probability=None, applies=None):
    """Make ratings of the conversations `at`, their sample, and the machine's scores of all."""
    ids = np.array([f"c{i}" for i in range(len(score))])
    words = np.where(passes[at], "pass", "fail")
    if applies is not None:
        words = np.where(applies[at], words, "na")
    ratings = pd.DataFrame({"conversation_id": ids[at], "rating": words}).assign(reviewer="ruth", commandment="listen")
    inclusion = len(at) / len(score) if probability is None else probability[at]
    sample = pd.DataFrame({"conversation_id": ids[at], "stratum": "all", "inclusion_probability": inclusion})
    return ratings, sample, pd.DataFrame({"conversation_id": ids, "commandment": "listen", "score": score})


def simple(seed: int, n: int = 300, **kinds):
    passes, score = population(seed, **kinds)
    at = np.random.default_rng(seed + 100).choice(FRAME, n, replace=False)
    return passes, score, at


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_simple_random_sample_is_that_of_ppi_py(seed: int) -> None:
    passes, score, at = simple(seed)
    row = powered_rates(*frames(passes, score, at)).iloc[0]
    rest = np.setdiff1d(np.arange(FRAME), at)
    y, there, elsewhere = passes[at].astype(float), score[at], score[rest]
    # Theirs is the mean of those without a rating, ours of all: the same with their weight that much smaller.
    theirs = row["weight"] * len(rest) / FRAME
    expected = float(np.squeeze(ppi_mean_pointestimate(y, there, elsewhere, lam=theirs)))
    assert row["rate"] == pytest.approx(expected, abs=1e-10)
    tuned = float(np.squeeze(ppi_mean_pointestimate(y, there, elsewhere)))
    assert row["rate"] == pytest.approx(tuned, abs=0.005)  # they tune on the frame too
    low, high = (float(np.squeeze(limit)) for limit in ppi_mean_ci(y, there, elsewhere, alpha=0.05))
    assert row["high"] - row["low"] == pytest.approx(high - low, rel=0.05)
    plain = pass_rates(*frames(passes, score, at)[:2]).iloc[0]
    assert row["human"] == plain["rate"]
    assert row["machine"] == pytest.approx(score.mean())
    assert row["high"] - row["low"] < 0.85 * (plain["high"] - plain["low"])
    assert 1.3 < row["worth"] < 3


def test_a_machine_that_knows_nothing_changes_next_to_nothing() -> None:
    passes, _, at = simple(4)
    score = np.random.default_rng(5).random(FRAME)
    ratings, sample, machine = frames(passes, score, at)
    row, plain = powered_rates(ratings, sample, machine).iloc[0], pass_rates(ratings, sample).iloc[0]
    assert row["rate"] == pytest.approx(plain["rate"], abs=0.01)
    assert row["high"] - row["low"] == pytest.approx(plain["high"] - plain["low"], rel=0.03)


@pytest.mark.parametrize("score", ["against", "constant", "few"])
def test_where_it_does_not_help_it_is_the_plain_rate(score: str) -> None:
    passes, scores, at = simple(6, n=15 if score == "few" else 300)
    scores = {"against": 1 - scores, "constant": np.full(FRAME, 0.5), "few": scores}[score]
    ratings, sample, machine = frames(passes, scores, at)
    row, plain = powered_rates(ratings, sample, machine).iloc[0], pass_rates(ratings, sample).iloc[0]
    assert (row["weight"], row["worth"]) == (0, 1)
    columns = ["n", "n_effective", "rate", "low", "high"]
    assert row[columns].tolist() == pytest.approx(plain[columns].tolist())


def test_a_machine_that_never_differed_is_not_trusted_without_bounds() -> None:
    passes, _, at = simple(7, n=60, failing=0.1)
    row = powered_rates(*frames(passes, passes.astype(float), at)).iloc[0]
    assert row["weight"] == pytest.approx(1, abs=0.1)
    assert 2 < row["worth"] < 10


def test_what_does_not_apply_is_in_neither_part() -> None:
    passes, score, at = simple(8)
    rng = np.random.default_rng(9)
    applies = rng.random(FRAME) < 0.6
    heard = np.where(rng.random(FRAME) < 0.95, applies, ~applies)  # what the machine takes to apply
    ratings, sample, machine = frames(passes, np.where(heard, score, np.nan), at, applies=applies)
    row = powered_rates(ratings, sample, machine).iloc[0]
    assert row["n"] == applies[at].sum()
    assert row["machine"] == pytest.approx(score[heard].mean())
    assert row["low"] < passes[applies].mean() < row["high"]
    # A missing score and no row are the same, as long as the conversation is scored at all.
    rest = machine.assign(commandment="clear", score=0.5)
    without = powered_rates(ratings, sample, pd.concat([machine.dropna(), rest]))
    pd.testing.assert_frame_equal(without, powered_rates(ratings, sample, machine))


def test_groups_are_those_of_the_scores_and_of_the_sample() -> None:
    passes, score, at = simple(10)
    ratings, sample, machine = frames(passes, score, at)
    agents = np.where(np.arange(FRAME) % 2, "amara", "derek")
    kinds = {"conversation_id": "category", "commandment": "category"}
    found = powered_rates(
        ratings.astype(kinds), sample.assign(agent=agents[at]), machine.assign(agent=agents).astype(kinds), ["agent"]
    )
    assert found["agent"].tolist() == ["amara", "derek"]
    assert found["machine"].tolist() == pytest.approx([score[1::2].mean(), score[::2].mean()])
    overall = powered_rates(ratings, sample, machine, by=[])
    assert overall["rate"].tolist() == pytest.approx(powered_rates(ratings, sample, machine)["rate"].tolist())


def test_what_is_needed_is_said() -> None:
    passes, score, at = simple(11)
    ratings, sample, machine = frames(passes, score, at)
    with pytest.raises(SchemaError, match="machine_scores has no column score"):
        powered_rates(ratings, sample, machine.drop(columns="score"))
    with pytest.raises(SchemaError, match="is not between 0 and 1"):
        powered_rates(ratings, sample, machine.assign(score=2.0))
    with pytest.raises(SchemaError, match="is scored twice"):
        powered_rates(ratings, sample, pd.concat([machine, machine.head(1)]))
    with pytest.raises(SchemaError, match="is not scored by the machine"):
        powered_rates(ratings, sample, machine[machine["conversation_id"] != f"c{at[0]}"])
    more = machine.assign(conversation_id="other " + machine["conversation_id"])
    with pytest.raises(SchemaError, match="the sample stands for about 2,000"):
        powered_rates(ratings, sample, pd.concat([machine, more]))


@pytest.mark.slow
@pytest.mark.parametrize(("n", "plan"), [(60, "uniform"), (300, "uniform"), (300, "weighted by score")])
def test_95_percent_intervals_cover_and_are_narrower(n: int, plan: str) -> None:
    covered, widths, plain_widths, off = [], [], [], []
    for seed in range(300):
        passes, score = population(seed, failing=0.2)
        rng = np.random.default_rng(seed + 1000)
        size = 1.0 + (score < 0.5) * (plan != "uniform")
        probability = n * size / size.sum()
        u = rng.random(FRAME)
        at = np.argsort(u / (1 - u) * (1 - probability) / probability)[:n]  # Pareto sampling
        ratings, sample, machine = frames(passes, score, at, probability)
        row, plain = powered_rates(ratings, sample, machine).iloc[0], pass_rates(ratings, sample).iloc[0]
        covered.append(row["low"] <= 0.8 <= row["high"])
        off.append(row["rate"] - 0.8)
        widths.append(row["high"] - row["low"])
        plain_widths.append(plain["high"] - plain["low"])
    assert 0.93 <= np.mean(covered) <= 0.99  # somewhat wide where reviews are few
    assert abs(np.mean(off)) < 0.008
    assert np.mean(widths) < 0.9 * np.mean(plain_widths)
