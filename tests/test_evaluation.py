"""Measures against scikit-learn and hand-worked numbers; intervals against SciPy and by simulation; hostile input."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import ndcg_score

from qa_toolkit.errors import InvalidActError, SchemaError
from qa_toolkit.suggest.evaluation import Evaluation, compare, evaluate
from qa_toolkit.suggest.measures import measured

ALL = ("ndcg@10", "mrr@10", "hit@5")


def queries(n=3, **columns):
    return pd.DataFrame({"query_id": [f"q{i}" for i in range(n)], "text": [f"text {i}" for i in range(n)], **columns})


def qrels(*rows):
    return pd.DataFrame(list(rows), columns=["query_id", "exemplar_id", "gain"])


def evaluation(values, name="a", clusters=None, columns=("ndcg@10",)):
    values = np.asarray(values, dtype=float).reshape(len(values), -1)
    frame = pd.DataFrame(values, columns=list(columns), index=[f"q{i}" for i in range(len(values))])
    return Evaluation(name, frame, np.arange(len(values)) if clusters is None else np.asarray(clusters), {})


def test_hand_worked_numbers():
    """Gains 2 and 1 at the ranks 3 and 2: (1/log2 3 + 2/log2 4) of at most (2/log2 2 + 1/log2 3)."""
    ndcg, mrr, hit = measured(["x", "one", "two", "y"], {"two": 2.0, "one": 1.0}, ALL)
    assert ndcg == pytest.approx((1 / math.log2(3) + 2 / 2) / (2 + 1 / math.log2(3)))
    assert (mrr, hit) == (0.5, 1.0)


def test_depth_cuts_the_list_and_the_best_list():
    assert measured(["x", "y", "a"], {"a": 1.0, "b": 1.0}, ["hit@2", "hit@3", "mrr@2", "ndcg@1"]) == [0, 1, 0, 0]
    assert measured(["a"], {"a": 1.0, "b": 1.0}, ["ndcg@1"]) == [1]
    assert measured([], {"a": 1.0}, ALL) == [0, 0, 0]


@given(st.lists(st.integers(0, 3), min_size=2, max_size=30).filter(any), st.integers(1, 12), st.randoms())
def test_ndcg_is_that_of_scikit_learn(gains, k, random):
    order = list(range(len(gains)))
    random.shuffle(order)
    scores = np.empty(len(gains))
    scores[order] = -np.arange(len(gains))
    relevant = {str(i): float(gain) for i, gain in enumerate(gains) if gain}
    mine = measured([str(i) for i in order], relevant, [f"ndcg@{k}"])[0]
    assert mine == pytest.approx(ndcg_score([gains], [scores], k=k))


@given(st.permutations(list("abcdefgh")), st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0.1, 9), min_size=1))
def test_measures_are_shares_and_a_better_order_is_never_worse(ranked, gains):
    found = measured(ranked, gains, ALL)
    assert all(0 <= value <= 1 + 1e-12 for value in found)
    assert measured(sorted(ranked, key=lambda i: -gains.get(i, 0)), gains, ALL) == pytest.approx([1, 1, 1])
    for i in range(len(ranked) - 1):  # a swap that lifts the better of two neighbours
        if gains.get(ranked[i], 0) < gains.get(ranked[i + 1], 0):
            lifted = [*ranked[:i], ranked[i + 1], ranked[i], *ranked[i + 2 :]]
            pairs = zip(measured(lifted, gains, ALL), found, strict=True)
            assert all(better >= value - 1e-12 for better, value in pairs)


@pytest.mark.parametrize("name", ["ndcg", "ndcg@0", "map@10", "hit@5 ", "HIT@5", "mrr@-1", ""])
def test_an_unknown_measure_is_refused(name):
    with pytest.raises(InvalidActError, match="give ndcg@k"):
        measured(["a"], {"a": 1.0}, [name])


def test_an_exemplar_that_is_returned_twice_would_count_twice():
    with pytest.raises(InvalidActError, match="returned a twice"):
        measured(["b", "a", "a"], {"a": 1.0}, ALL)


def test_the_ranker_gets_the_filters_that_are_not_missing():
    asked = []

    def ranker(text, k, **filters):
        asked.append((text, k, filters))
        return ["x"]

    found = evaluate(
        ranker,
        queries(3, commandment=["kind", None, np.nan], exclude_conversation=["c", "d", "e"], cluster=[1, 1, 2]),
        qrels(("q0", "x", 1), ("q1", "x", 0), ("q1", "y", 1), ("q2", "x", 2)),
        measures=["hit@7", "mrr@3"],
    )
    assert asked == [
        ("text 0", 7, {"commandment": "kind", "exclude_conversation": "c"}),
        ("text 1", 7, {"exclude_conversation": "d"}),
        ("text 2", 7, {"exclude_conversation": "e"}),
    ]
    assert found.per_query["hit@7"].to_dict() == {"q0": 1, "q1": 0, "q2": 1}
    assert found.clusters.tolist() == [0, 0, 1]
    assert found.ranked["q1"] == ["x"]


def test_progress_is_told():
    seen = []
    evaluate(
        lambda text, k: [],
        queries(2),
        qrels(("q0", "x", 1), ("q1", "x", 1)),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("asked", "relevant", "message"),
    [
        (queries(1).drop(columns="text"), qrels(("q0", "x", 1)), "no column text"),
        (queries(1), qrels(("q0", "x", 1)).drop(columns="gain"), "no column gain"),
        (queries(1), qrels(("q0", "x", 0)), "no relevant exemplar"),
        (queries(2), qrels(("q0", "x", 1)), "'q1' has no relevant"),
        (queries(1), qrels(("q0", "x", -1)), "must be a number from 0"),
        (queries(1), qrels(("q0", "x", None)), "must be a number from 0"),
        (queries(1), qrels(("q0", "x", 1), ("q0", "x", 2)), "twice for one query"),
        (pd.concat([queries(1), queries(1)]), qrels(("q0", "x", 1)), "twice among the queries"),
        (queries(0), qrels(), "there are no queries"),
    ],
)
def test_wrong_frames_are_refused(asked, relevant, message):
    with pytest.raises(SchemaError, match=message):
        evaluate(lambda text, k: [], asked, relevant)


def test_the_interval_is_that_of_scipy():
    values = np.random.default_rng(3).beta(1, 2, 300)
    row = evaluation(values).summary(replicates=20_000).iloc[0]
    reference = stats.bootstrap((values,), np.mean, n_resamples=20_000, method="percentile", rng=1).confidence_interval
    assert (row["low"], row["high"]) == pytest.approx(tuple(reference), abs=0.0015)
    assert row["mean"] == pytest.approx(values.mean())
    assert row["n"] == 300


def test_the_interval_is_the_same_each_time_and_another_seed_is_near():
    found = evaluation(np.random.default_rng(3).random(200))
    pd.testing.assert_frame_equal(found.summary(), found.summary())
    assert 0 < abs(found.summary(seed=1)["low"][0] - found.summary()["low"][0]) < 0.01


def test_queries_of_one_cluster_are_redrawn_together():
    """Each value five times over tells no more than once: without the clusters the interval is √5 too narrow."""
    values = np.random.default_rng(4).random(60)
    once = evaluation(values).summary(replicates=10_000).iloc[0]
    told = evaluation(np.repeat(values, 5), clusters=np.repeat(np.arange(60), 5)).summary(replicates=10_000).iloc[0]
    hidden = evaluation(np.repeat(values, 5)).summary(replicates=10_000).iloc[0]
    width = once["high"] - once["low"]
    assert told["high"] - told["low"] == pytest.approx(width, rel=0.05)
    assert hidden["high"] - hidden["low"] == pytest.approx(width / math.sqrt(5), rel=0.06)


@pytest.mark.parametrize("n", [1, 9])
def test_few_queries_have_no_interval_and_no_winner(n):
    a, b = evaluation(np.ones(n)), evaluation(np.zeros(n), "b")
    assert np.isnan(a.summary()["low"][0])
    found = compare(a, b)
    assert not found.wins("ndcg@10")
    assert "too few queries" in found.table["verdict"][0]


def test_the_verdict_follows_the_interval():
    rng = np.random.default_rng(5)
    base = rng.random(400) * 0.8
    a, b = evaluation(base + rng.normal(0.05, 0.1, 400)), evaluation(base, "b")
    forth, back, same = compare(a, b), compare(b, a), compare(a, a)
    assert forth.wins("ndcg@10")
    assert forth.table["verdict"][0].startswith("ndcg@10: a is better than b, by between +0.0")
    assert not back.wins("ndcg@10")
    assert "b is worse than a" in back.table["verdict"][0]
    assert "the same on every query" in same.table["verdict"][0]
    assert forth.table["better"][0] + forth.table["worse"][0] == forth.table["n"][0] == 400


def test_pairing_sees_what_two_intervals_apart_do_not():
    base = np.random.default_rng(6).random(100)
    a, b = evaluation(base + 0.01 + np.random.default_rng(7).normal(0, 0.01, 100)), evaluation(base, "b")
    assert compare(a, b).wins("ndcg@10")
    assert a.summary()["low"][0] < b.summary()["high"][0]


def test_queries_are_paired_by_id_and_not_by_place():
    values = np.random.default_rng(8).random(50)
    a, b = evaluation(values), evaluation(values, "b")
    turned = Evaluation("b", b.per_query.iloc[::-1], b.clusters[::-1], {})
    assert compare(a, turned).table["same"][0] == 50


def test_rankers_measured_otherwise_are_not_compared():
    with pytest.raises(InvalidActError, match="evaluate both on the same queries"):
        compare(evaluation(np.ones(20)), evaluation(np.ones(21), "b"))
    with pytest.raises(InvalidActError, match="evaluate both on the same queries"):
        compare(evaluation(np.ones(20)), evaluation(np.ones(20), "b", columns=["hit@5"]))
    with pytest.raises(InvalidActError, match=r"hit@5 was not compared: ask for one of ndcg@10"):
        compare(evaluation(np.ones(20)), evaluation(np.ones(20), "b")).wins("hit@5")
    with pytest.raises(InvalidActError, match="level is 95"):
        evaluation(np.ones(20)).summary(level=95)


def test_two_equal_rankers_are_told_apart_about_one_time_in_twenty():
    """No difference in truth: the interval misses 0 in 5 % of 300 sets of 60 queries, within 3.5 standard errors."""
    rng = np.random.default_rng(9)
    wrong = 0
    for _ in range(300):
        gap = rng.choice([-0.5, 0, 0, 0.5], size=60)
        row = compare(evaluation(0.5 + gap), evaluation(np.full(60, 0.5), "b"), replicates=300).table.iloc[0]
        wrong += not row["low"] <= 0 <= row["high"]
    assert abs(wrong / 300 - 0.05) < 3.5 * math.sqrt(0.05 * 0.95 / 300)
