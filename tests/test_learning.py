"""Weights and threshold learned from judgements: only what wins on held-out conversations is taken."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_suggester import exemplar

from qa_toolkit.suggest import Closeness, HashingEncoder, Suggester, Weights
from qa_toolkit.suggest.learning import AT, halves, refit

TOPICS = 6
EACH = 3


def words(topic: int, n: int, seed: int) -> str:
    rng = np.random.default_rng(seed)
    return " ".join(f"t{topic}w{i}" for i in rng.choice(12, n, replace=False))


def misled(seed: int = 0) -> Suggester:
    """Situations say what an exemplar is about; answers speak of another topic."""
    rows = [
        exemplar(f"e{t}x{i}#1", words(t, 5, 100 * t + i), words((t + 1 + i) % TOPICS, 8, 100 * t + i + 50) + f" n{i}")
        for t in range(TOPICS)
        for i in range(EACH)
    ]
    return Suggester(HashingEncoder(512), pd.DataFrame(rows))


def asked(n: int, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One situation in each conversation, a day after the other; the exemplars of its topic are of use."""
    topics = np.random.default_rng(seed).integers(TOPICS, size=n)
    queries = pd.DataFrame({"query_id": [f"q{i}" for i in range(n)], "cluster": [f"c{i}" for i in range(n)]})
    queries["text"] = [words(t, 5, 7000 + i) for i, t in enumerate(topics)]
    queries[AT] = pd.date_range("2026-01-01", periods=n, tz="UTC")
    pairs = [(f"q{i}", f"e{t}x{k}#1", 1) for i, t in enumerate(topics) for k in range(EACH)]
    return queries, pd.DataFrame(pairs, columns=["query_id", "exemplar_id", "gain"])


def test_weights_that_win_on_the_newer_half_are_taken() -> None:
    one = misled()
    found = refit(one, *asked(26))
    assert found.weights is not None
    assert found.weights.answer < max(found.weights.situation, found.weights.words)
    assert found.order is not None
    assert found.order.wins("ndcg@10")
    assert (found.pairs, found.held_out) == (26, 13)
    assert found.words[0].endswith("It is taken.")
    again = refit(one.with_settings(found.weights), *asked(26))
    assert again.weights is None  # what is used was the best already, or no better one wins
    assert "stay" in again.words[0]


def test_judgements_by_chance_change_nothing() -> None:
    queries, relevant = asked(26)
    shuffled = relevant.assign(query_id=np.random.default_rng(3).permutation(relevant["query_id"]))
    found = refit(misled(), queries, shuffled.drop_duplicates(["query_id", "exemplar_id"]))
    assert found.weights is None
    assert found.closeness is None
    assert found.words[0].endswith("stays.") or found.words[0].endswith("stay.")


def test_a_threshold_is_taken_if_its_closeness_is_truer() -> None:
    wrong = Closeness("hashing-512/fp32", 3, 0, 0, 0, least=0.9)  # all is close
    one = misled().with_settings(Weights(4, 0, 1), wrong)
    found = refit(one, *asked(26))
    assert found.closeness is not None
    assert found.threshold is not None
    assert found.threshold.table.loc[0, "low"] > 0
    assert found.words[1].endswith("It is taken.")
    right = one.with_settings(found.weights, found.closeness)
    assert refit(right, *asked(26)).closeness is None


def test_too_few_are_said() -> None:
    found = refit(misled(), *asked(18))
    assert (found.weights, found.closeness, found.order) == (None, None, None)
    assert str(found).startswith("Nothing was fitted: 9 conversations of one half")


def test_what_was_never_used_does_not_count() -> None:
    queries, relevant = asked(26)
    found = refit(misled(), queries, relevant.assign(gain=0))
    assert found.pairs == 0
    assert "10 are the least" in str(found)


def test_the_halves_share_no_conversation_and_are_apart_in_time() -> None:
    queries, _ = asked(21)
    queries.loc[20, "cluster"] = "c0"  # a late one of the oldest conversation
    queries.loc[5, AT] = pd.NaT
    older, newer = halves(queries)
    assert set(older["cluster"]).isdisjoint(newer["cluster"])
    assert "c5" in set(newer["cluster"])
    assert older.groupby("cluster")[AT].min().max() < newer.groupby("cluster")[AT].min().min()
    assert len(older) + len(newer) == 21


def test_with_settings_leaves_the_suggester_as_it_was() -> None:
    one = misled()
    text = asked(1)[0]["text"][0]
    before = [s.exemplar_id for s in one.suggest(text)]
    other = one.with_settings(Weights(0, 1, 0))
    assert [s.exemplar_id for s in other.suggest(text)] != before
    assert [s.exemplar_id for s in one.suggest(text)] == before
    fresh = Suggester(HashingEncoder(512), one._frame, weights=Weights(0, 1, 0))
    assert [s.score for s in other.suggest(text)] == pytest.approx([s.score for s in fresh.suggest(text)])


def test_the_weights_stay_when_exemplars_are_added() -> None:
    rows, text = misled()._frame, asked(1)[0]["text"][0]
    encoder, answers = HashingEncoder(512), Weights(0, 1, 0)
    found = []
    for one in (Suggester(encoder, rows[3:]).with_settings(answers), Suggester(encoder, rows[3:], weights=answers)):
        one.add(rows[:3])
        found.append([(s.exemplar_id, s.score) for s in one.suggest(text, 9)])
    assert found[0] == found[1]
    assert found[0] != [(s.exemplar_id, s.score) for s in misled().suggest(text, 9)]
