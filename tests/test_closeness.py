from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_suggester import exemplar, good, ids, suggester

from qa_toolkit.errors import EncoderError, InvalidActError, SchemaError
from qa_toolkit.suggest import Closeness, HashingEncoder, Suggester, fit_threshold
from qa_toolkit.suggest.closeness import effect, fitted, measured_closeness
from qa_toolkit.suggest.lexical import LexicalIndex
from qa_toolkit.suggest.sentences import sentences

MODEL = "hashing-512/fp32"
HALF = Closeness(MODEL, -3, 6, 0, 0, least=0.5)  # close where the cosine of the situations is 0.5 or more


def likenesses(n, seed=0, slope=8.0):
    """Suggestions whose relevance follows a known logistic model of the situation only."""
    rng = np.random.default_rng(seed)
    found = pd.DataFrame({"situation": rng.uniform(0, 1, n), "answer": rng.uniform(0, 1, n), "words": 0.0})
    found["relevant"] = rng.uniform(size=n) < 1 / (1 + np.exp(4 - slope * found["situation"]))
    return found.assign(query_id=np.arange(n) // 5, answerable=True)


def test_the_regression_finds_the_model_that_made_the_data():
    found = fitted("m", likenesses(20_000), keep=0.9).closeness
    assert found.intercept == pytest.approx(-4, abs=0.25)
    assert found.situation == pytest.approx(8, abs=0.5)
    assert found.answer < 0.2
    assert found.words == 0
    share = likenesses(20_000, seed=1)
    close = found.of(share["situation"], share["answer"], share["words"])
    for low in (0.1, 0.5, 0.8):  # of suggestions this close, about so many are relevant
        some = (close > low) & (close < low + 0.1)
        assert share["relevant"][some].mean() == pytest.approx(low + 0.05, abs=0.05)


@pytest.mark.parametrize("keep", [0.5, 0.9, 0.95, 1.0])
def test_the_threshold_keeps_what_it_was_asked_to_and_no_more_than_it_must(keep):
    found = likenesses(2000)
    some = fitted("m", found, keep)
    assert keep <= some.kept <= keep + 0.02
    assert some.hidden > 0
    assert np.isnan(some.abstained)
    assert some.n == 2000


def test_what_is_more_alike_is_never_less_close():
    found = likenesses(3000)
    upside_down = found.assign(answer=1 - found["situation"])
    assert fitted("m", upside_down, 0.9).closeness.answer == 0


def test_abstaining_counts_queries_of_which_nothing_is_shown():
    found = likenesses(200)
    nothing = pd.DataFrame({"situation": [0.0, 0.1, 0.0, 1.0], "answer": 0.0, "words": 0.0, "relevant": False})
    both = pd.concat([found, nothing.assign(query_id=["x", "x", "y", "y"], answerable=False)], ignore_index=True)
    assert effect(Closeness("m", -3, 6, 0, 0, least=0.5), both).abstained == 0.5


def test_what_is_too_far_is_left_out_and_the_reason_says_so():
    two = suggester(exemplar("a#1", "my parcel is lost"), exemplar("b#1", "opening hours please"), closeness=HALF)
    found = two.suggest("my parcel is lost")
    assert ids(found) == ["a#1"]
    assert found[0].closeness == pytest.approx(HALF.of(found[0].dense, 0, 0))
    none = two.suggest("completely different")
    assert none == []
    assert none.reason.startswith("Nothing is close enough: the closest of 2 exemplars has a closeness of 0.0")
    assert len(two.suggest("completely different", least=0)) == 2
    assert ids(two.suggest("my parcel is lost", least=1.0)) == []


def test_of_a_few_words_less_closeness_is_enough():
    few = replace(HALF, least_short=0.2)
    two = suggester(exemplar("a#1", "my parcel is lost"), exemplar("b#1", "opening hours please"), closeness=few)
    asked = "the parcel is lost again and nobody knows where it"
    close = two.suggest(asked, least=0)[0].closeness
    assert 0.2 < close < 0.5
    assert ids(two.suggest(asked)) == ["a#1"]
    assert suggester(exemplar("a#1", "my parcel is lost"), closeness=HALF).suggest(asked) == []
    longer = f"{asked} went today friend"  # 13 words
    assert 0.2 < two.suggest(longer, least=0)[0].closeness < 0.5
    assert two.suggest(longer) == []
    with pytest.raises(InvalidActError, match="closeness needs"):
        replace(HALF, least_short=1.5)


def test_a_filter_counts_what_it_leaves():
    two = suggester(exemplar("a#1"), good("b#1", "clear", situation="opening hours please"), closeness=HALF)
    none = two.suggest("my parcel is lost", commandment="clear", include_unverified=False, least=0.5)
    assert "closest of 1 exemplars" in none.reason
    assert ids(two.suggest("my parcel is lost", commandment="clear", least=0.5)) == ["a#1"]
    assert ids(two.suggest("my parcel is lost", commandment="clear")) == ["b#1", "a#1"]  # what it is good at counts


def test_without_a_closeness_nothing_is_too_far_and_none_can_be_asked_for():
    one = suggester(exemplar("a#1"))
    assert one.closeness is None
    assert one.suggest("completely different")[0].closeness is None
    with pytest.raises(InvalidActError, match="is not known with hashing-512/fp32"):
        one.suggest("lost", least=0.5)
    with pytest.raises(InvalidActError, match="least is 2"):
        one.suggest("lost", least=2)


def test_a_closeness_of_another_model_is_refused():
    with pytest.raises(EncoderError, match="fitted with other/fp32"):
        suggester(exemplar("a#1"), closeness=Closeness("other/fp32", 0, 1, 1, 1, 0.5))


@pytest.mark.parametrize("wrong", [(0, -1, 0, 0, 0), (0, 1, 1, 1, 1.1), (float("nan"), 1, 1, 1, 0)])
def test_a_closeness_that_makes_no_sense(wrong):
    with pytest.raises(InvalidActError, match="closeness needs"):
        Closeness(MODEL, *wrong)


def test_the_packaged_model_has_one_in_every_precision():
    for precision in ("fp32", "int8"):
        found = measured_closeness(f"all-MiniLM-L6-v2@53aa5117/{precision}")
        assert found.model.endswith(precision)
        assert found.of(1, 1, 1) > 0.99 > 0.01 > found.of(0, 0, 0)
    assert measured_closeness("all-MiniLM-L6-v2@00000000/fp32") is None
    assert measured_closeness(MODEL) is None


def topics():
    words = ["parcel lost courier", "invoice wrong amount", "password reset login", "opening hours shop"]
    rows = [exemplar(f"{w[:3]}{i}#1", f"{w} number{i}", f"reply {w} {i * 7}") for w in words for i in range(8)]
    return Suggester(HashingEncoder(512), pd.DataFrame(rows)), words


def test_fitting_on_queries_that_have_an_answer_and_some_that_have_none():
    four, words = topics()
    texts = [f"{w} please" for w in words] + ["completely different matter", "nothing of that kind"]
    queries = pd.DataFrame({"query_id": range(6), "text": texts, "commandment": None, "cluster": 1})
    pairs = [(q, f"{w[:3]}{i}#1", 1) for q, w in enumerate(words) for i in range(8)]
    relevant = pd.DataFrame([*pairs, (4, "par0#1", 0)], columns=["query_id", "exemplar_id", "gain"])
    found = fit_threshold(four, queries, relevant, keep=1.0)
    assert (found.kept, found.abstained) == (1.0, 1.0)
    fit = Suggester(HashingEncoder(512), four._frame, closeness=found.closeness)
    assert ids(fit.suggest(texts[0]))
    assert fit.suggest("completely different matter") == []


@pytest.mark.parametrize("keep", [0, 1.5, float("nan")])
def test_what_cannot_be_kept(keep):
    with pytest.raises(InvalidActError, match="keep is"):
        fit_threshold(topics()[0], pd.DataFrame(), pd.DataFrame(), keep=keep)


def test_frames_that_cannot_be_fitted_on():
    four, _ = topics()
    queries = pd.DataFrame({"query_id": [1], "text": ["parcel"]})
    relevant = pd.DataFrame({"query_id": [1], "exemplar_id": ["par0#1"]})
    with pytest.raises(SchemaError, match="queries has no column text"):
        fit_threshold(four, queries[["query_id"]], relevant)
    with pytest.raises(SchemaError, match="relevant has no column exemplar_id"):
        fit_threshold(four, queries, relevant[["query_id"]])
    with pytest.raises(InvalidActError, match="1 of 5 suggestions are relevant: give more"):
        fit_threshold(four, queries, relevant)


def test_words_that_are_held_weigh_by_their_rarity():
    index = LexicalIndex(["refund parcel", "parcel late", "parcel"])
    held = index.held("the refund of my parcel", np.array([0, 1, 2]))
    assert held[0] == 1
    assert 0 < held[1] == held[2] < 0.5
    assert index.held("the", np.array([0])).tolist() == [0]
    assert index.held("zebra refund", np.array([0]))[0] < 0.5  # what nobody wrote weighs more than what one wrote
    assert LexicalIndex(["!", "?"]).held("parcel", np.array([0])).tolist() == [0]


def test_the_sentence_that_matched_is_shown():
    text = "Hello there.\nI am Kim. Since Monday my parcel is lost! Can you help?"
    two = suggester(exemplar("a#1", text), exemplar("b#1", "Hi", "Yes. The parcel is here, not lost."))
    found = {one.exemplar_id: one.matched for one in two.suggest("the lost parcel")}
    assert found == {"a#1": "Since Monday my parcel is lost!", "b#1": "The parcel is here, not lost."}
    assert suggester(exemplar("a#1")).suggest("completely different")[0].matched == ""
    long = "x " * 400 + "my parcel is lost " + "y " * 400
    found = suggester(exemplar("a#1", long)).suggest("parcel lost")[0].matched
    assert "parcel is lost" in found
    assert len(found) <= 242
    assert (found[0], found[-1]) == ("…", "…")


def test_sentences_of_any_script():
    assert list(sentences("One. Two?  Three\n\nfour")) == ["One.", "Two?", "Three", "four"]
    assert list(sentences("我的包裹丢了。请退款！")) == ["我的包裹丢了。", "请退款！"]
    assert list(sentences(" \n")) == []
    assert list(sentences("version 3.5 of it")) == ["version 3.5 of it"]
