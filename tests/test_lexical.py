"""BM25 beside the library bm25s, and texts that are added later."""

import bm25s
import numpy as np
import pytest
from bm25s.stopwords import STOPWORDS_EN_PLUS
from hypothesis import given
from hypothesis import strategies as st

from qa_toolkit.suggest.lexical import SAMPLED, STOP_WORDS, WORD, LexicalIndex, content_words

TEXTS = st.lists(st.text("abc é\n", max_size=30).map(lambda text: text.replace("a", "aa")), min_size=1, max_size=30)


@given(TEXTS, st.text("abc é", max_size=30))
def test_scores_are_those_of_bm25s(texts, query):
    words = [content_words(text) for text in texts]
    found = LexicalIndex(texts).scores(query)
    asked = sorted(set(content_words(query)))
    if any(words) and asked:
        peer = bm25s.BM25()
        peer.index(words, show_progress=False)
        assert found == pytest.approx(peer.get_scores(asked), rel=1e-6)
    else:
        assert not found.any()


@given(TEXTS, TEXTS, st.text("abc é", max_size=30))
def test_what_is_added_is_found_as_if_it_had_been_there(texts, later, query):
    grown, whole = LexicalIndex(texts), LexicalIndex(texts + later)
    grown.add(later)
    rows = np.arange(len(texts + later))
    assert grown.scores(query).tolist() == whole.scores(query).tolist()
    assert grown.held(query, rows).tolist() == whole.held(query, rows).tolist()
    assert [grown.shared(query, row) for row in rows] == [whole.shared(query, row) for row in rows]
    assert [grown.weight(word) for word in ("aa", "bb")] == [whole.weight(word) for word in ("aa", "bb")]


@pytest.mark.parametrize("order", ["as they come", "the best in the sample", "none in the sample"])
def test_the_best_rows_are_all_found_whatever_a_sample_says(order):
    scores = np.random.default_rng(1).integers(0, 60, 5_000).astype(np.float32)
    if order != "as they come":
        sampled = np.arange(5_000) % SAMPLED == 0
        scores[sampled if order == "the best in the sample" else ~sampled] += 100
    mask, index = np.arange(5_000) % 3 != 0, LexicalIndex(["parcel"])
    everything = np.flatnonzero(mask & (scores > 0))
    everything = everything[np.argsort(-scores[everything], kind="stable")]
    for n in (1, 10, 200, 4_000):
        assert index.search(scores, mask, n).tolist() == everything[:n].tolist()
    assert index.search(np.zeros(5_000, dtype=np.float32), mask, 10).tolist() == []


def test_nothing_added_changes_nothing():
    index = LexicalIndex(["refund parcel", "parcel late"])
    before = index.scores("refund").tolist()
    index.add([])
    assert index.scores("refund").tolist() == before


@pytest.mark.parametrize("texts", [[], ["!", "?"]])
def test_texts_without_words(texts):
    assert LexicalIndex(texts).scores("parcel").tolist() == [0] * len(texts)


def test_the_stop_words_are_those_of_bm25s_that_can_be_words_of_a_text():
    assert {word for word in STOPWORDS_EN_PLUS if WORD.fullmatch(word)} == STOP_WORDS
