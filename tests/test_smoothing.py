"""The order of the nearest situations: what all have in common does not count, what is near to the near ones does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_toolkit.suggest.encoders import unit
from qa_toolkit.suggest.index import LEAST, common
from qa_toolkit.suggest.smoothing import smoothed_order, supported

NOTHING = np.zeros(16, dtype=np.float32)


def drawn(n, seed=1, dim=16):
    return unit(np.random.default_rng(seed).normal(size=(n, dim)).astype(np.float32))


def test_few_have_nothing_in_common():
    assert not common(drawn(LEAST - 1)).any()
    assert common(drawn(LEAST)) == pytest.approx(drawn(LEAST).mean(axis=0), abs=1e-6)
    assert common(np.zeros((0, 16), dtype=np.float32)).shape == (16,)


@given(st.integers(0, 150), st.integers(0, 5))
def test_the_order_holds_every_row_once_and_is_the_same_each_time(n, seed):
    query, rows = drawn(1, seed + 10)[0], drawn(n, seed)
    order = smoothed_order(query, rows, common(rows))
    assert sorted(order.tolist()) == list(range(n))
    assert order.tolist() == smoothed_order(query, rows, common(rows)).tolist()


def test_vectors_of_nothing_do_no_harm():
    rows = np.zeros((60, 16), dtype=np.float32)
    assert smoothed_order(NOTHING, rows, NOTHING).tolist() == list(range(60))


def test_what_all_say_does_not_count():
    """Every row greets (axis 0); one shares the matter (axis 1) with the query, but greets less than the others."""
    matters = np.zeros((60, 64), dtype=np.float32)
    matters[np.arange(60), np.arange(60) + 2] = 0.4
    matters[:, 0] = 1
    matters[7] = 0
    matters[7, [0, 1]] = 0.3, 0.4
    rows = unit(matters)
    query = np.zeros(64, dtype=np.float32)
    query[[0, 1]] = 1, 0.2
    query = unit(query[None])[0]
    assert np.argmax(rows @ query) != 7
    assert smoothed_order(query, rows, common(rows))[0] == 7


def test_one_of_a_group_comes_before_one_that_is_alone_and_a_little_nearer():
    rows = np.zeros((60, 80), dtype=np.float32)
    rows[np.arange(60), np.arange(60) + 10] = 1  # each about something else
    near = (0.66, 0.65, 0.64, 0.60)  # to the query, and to each other
    for row, cosine in enumerate(near):
        rows[row] = 0
        rows[row, [0, 1]] = cosine, (1 - cosine**2) ** 0.5
    rows[4] = 0
    rows[4, [0, 1, 2]] = 0.62, -0.3, (1 - 0.62**2 - 0.3**2) ** 0.5
    query = np.eye(80, dtype=np.float32)[0]
    plain = np.argsort(-(rows @ query), kind="stable")
    assert plain[:5].tolist() == [0, 1, 2, 4, 3]
    found = plain[smoothed_order(query, rows[plain], np.zeros(80, dtype=np.float32))]
    assert found[4] == 4
    assert set(found[:4].tolist()) == {0, 1, 2, 3}


def test_few_rows_stay_as_they_are():
    rows = drawn(LEAST - 1)
    assert smoothed_order(drawn(1, 3)[0], rows, rows[0]).tolist() == list(range(LEAST - 1))


def test_answers_that_say_the_same_in_other_words_lend_each_other_of_their_scores():
    answers = np.zeros((60, 80), dtype=np.float32)
    answers[np.arange(60), np.arange(60) + 10] = 1  # each about something else
    answers[1:4] = unit(answers[1:4] + 4 * np.eye(80, dtype=np.float32)[0])  # three of them nearly alike
    scores = np.linspace(0.3, 0.1, 60)
    found = supported(scores, answers, np.zeros(80, dtype=np.float32))
    assert found[0] == pytest.approx(0.8 * 0.3)  # nobody says what it says
    assert found[1] == pytest.approx(0.8 * scores[1] + 0.2 * scores[2:4].mean(), abs=1e-4)
    assert np.argsort(-found, kind="stable")[:4].tolist() == [1, 2, 3, 0]


@given(st.integers(0, 150), st.integers(0, 5))
def test_what_is_lent_is_a_share_of_the_scores_of_others(n, seed):
    answers, scores = drawn(n, seed), np.random.default_rng(seed).random(n)
    found = supported(scores, answers, common(answers))
    assert found.tolist() == (scores.tolist() if n < LEAST else supported(scores, answers, common(answers)).tolist())
    assert (
        (found >= 0.8 * scores - 1e-6) & (found <= 0.8 * scores + 0.2 * scores.max(initial=0) + 1e-6)
    ).all() or n < LEAST


def test_answers_without_vectors_do_no_harm():
    found = supported(np.ones(60), np.zeros((60, 16), dtype=np.float32), NOTHING)
    assert found == pytest.approx(np.full(60, 0.8))
