import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_toolkit.conversations import validate_conversations, validate_messages
from qa_toolkit.errors import EncoderError, InvalidActError, NotFoundError
from qa_toolkit.suggest import (
    Closeness,
    HashingEncoder,
    SentenceTransformerEncoder,
    Suggester,
    Weights,
    build_exemplars,
)
from qa_toolkit.suggest.fusion import fused
from qa_toolkit.suggest.index import DenseIndex, Part, best
from qa_toolkit.suggest.lexical import LexicalIndex, content_words

COMMANDMENTS = ("apologise", "clear")


def exemplar(exemplar_id, situation="my parcel is lost", answer=None, **more):
    conversation, position = exemplar_id.split("#")
    given = {
        "exemplar_id": exemplar_id,
        "conversation_id": conversation,
        "position": int(position),
        "agent": "ann",
        "channel": "chat",
        "language": "en",
        "plan": None,
        "sent_at": pd.Timestamp("2024-05-01", tz="UTC"),
        "situation": situation,
        "answer": f"answer of {exemplar_id}" if answer is None else answer,
        "commandments": [],
        "source": "votes",
        "verified_by": [],
        "votes": 1,
        "note": "",
        "verdicts": [],
        "failed_for": [],
    }
    return given | more


def good(exemplar_id, *commandments, kind="marked", **more):
    verdicts = [(c, "ruth", kind) for c in commandments or ("",)]
    found = {"commandments": list(commandments), "source": kind, "verified_by": ["ruth"], "votes": 0}
    return exemplar(exemplar_id, verdicts=verdicts, **found, **more)


def suggester(*rows, **more):
    return Suggester(HashingEncoder(512), pd.DataFrame(list(rows)), **more)


def ids(found):
    return [suggestion.exemplar_id for suggestion in found]


def test_the_nearest_situation_comes_first_with_its_scores():
    found = suggester(
        exemplar("a#1", "please change my invoice address"),
        exemplar("b#1", "the parcel never arrived and I want a refund"),
        exemplar("c#1", "cannot log in"),
    ).suggest("I want a refund, my parcel never arrived")
    assert ids(found)[0] == "b#1"
    first, second = found[:2]
    assert [s.rank for s in found] == [1, 2, 3]
    assert 3 / 11 + 1 / 13 <= first.score <= 4 / 11  # first by situation and by words
    assert first.score > second.score
    assert first.dense > 0.5
    assert first.lexical > 0
    assert found[-1].lexical == 0
    assert "shares: arrived, never, parcel, refund, want" in first.why
    assert first.plan is None


def test_words_of_the_answer_count():
    rows = [exemplar("a#1", "it is broken", "Reset the router"), exemplar("b#1", "it is broken", "Buy another one")]
    found = suggester(*rows).suggest("router")
    assert ids(found)[0] == "a#1"
    assert found[0].why == ("1 helpful vote (not verified)", "shares: router")


def test_verified_ones_for_the_commandment_come_first_then_unjudged_ones_that_say_so():
    text = "my parcel is lost"
    found = suggester(
        exemplar("a#1", text, votes=4),
        good("b#1", "apologise", situation="something else entirely"),
        good("c#1", "clear", situation=text),
        good("d#1", situation=text),
        exemplar("e#1", text, failed_for=["apologise"]),
        titles={"apologise": "Apologise"},
    ).suggest(text, commandment="apologise")
    assert ids(found) == ["b#1", "a#1", "d#1"]
    assert [s.verified for s in found] == [True, False, False]
    assert [s.rank for s in found] == [1, 2, 3]
    assert found[0].why == ("marked good for Apologise by ruth",)
    assert found[1].why[:2] == ("4 helpful votes (not verified)", "not reviewed for Apologise")
    assert found[2].why[:2] == ("marked good by ruth", "not reviewed for Apologise")


def test_unverified_ones_can_be_left_out():
    both = suggester(exemplar("a#1"), good("b#1", "clear", kind="rated"))
    assert ids(both.suggest("lost")) == ["a#1", "b#1"]
    assert ids(both.suggest("lost", include_unverified=False)) == ["b#1"]
    assert ids(both.suggest("lost", commandment="clear", include_unverified=False)) == ["b#1"]
    assert both.suggest("lost", commandment="clear")[0].why[0] == "rated pass for clear by ruth"


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"agent": "bob"}, ["b#1"]),
        ({"not_agent": "bob"}, ["a#1", "c#1", "d#1"]),
        ({"channel": "phone"}, ["c#1"]),
        ({"language": "de"}, ["a#1"]),
        ({"source": "marked"}, ["d#1"]),
        ({"since": "2024-06-01"}, ["c#1"]),
        ({"until": "2024-06-01"}, ["a#1", "b#1"]),
        ({"since": pd.Timestamp("2024-05-01T02:00+02:00"), "until": "2024-05-02"}, ["a#1", "b#1"]),
        ({"exclude": ["a#1", "b#1"]}, ["c#1", "d#1"]),
        ({"exclude_conversation": "a"}, ["b#1", "c#1", "d#1"]),
        ({"agent": "bob", "channel": "chat", "commandment": "clear"}, ["b#1"]),
    ],
)
def test_filters(filters, expected):
    four = suggester(
        exemplar("a#1", language="de"),
        exemplar("b#1", agent="bob"),
        exemplar("c#1", channel="phone", sent_at=pd.Timestamp("2024-06-01", tz="UTC")),
        good("d#1", "clear", agent=None, language=None, sent_at=pd.NaT),
    )
    assert sorted(ids(four.suggest("lost", **filters))) == expected


def test_the_same_answer_once_the_best_ranked():
    found = suggester(
        exemplar("a#1", "other words", "Please  restart"),
        exemplar("b#1", "my parcel is lost", "Please restart"),
        exemplar("c#1", "my parcel is lost", "Please restart!"),
    ).suggest("my parcel is lost")
    assert ids(found) == ["b#1"]


@pytest.mark.parametrize("other", ["  please\nRESTART the router!! ", "Please restart the rou\u200dter"])
def test_answers_that_say_the_same_are_one(other):
    rows = [exemplar("a#1", answer="Please restart the router"), exemplar("b#1", "another situation", other)]
    assert len(suggester(*rows).suggest("my parcel is lost")) == (1 if "RESTART" in other else 2)


LONG = "we looked at the meter reading of may and of june and took the second invoice back at once dear {}"


def test_nearly_equal_answers_are_one_by_their_vectors():
    rows = [exemplar(f"{n}#1", answer=LONG.format(n)) for n in ("ann", "bob")]
    assert ids(suggester(*rows, exemplar("c#1", answer="it was refunded")).suggest("lost")) == ["ann#1", "c#1"]


def test_a_thousand_copies_do_not_hide_what_stands_below_them():
    rows = [exemplar(f"c{i:04}#1", answer="Please restart") for i in range(1200)]
    found = suggester(*rows, exemplar("d#1", "nothing of the kind", "It was refunded"), good("e#1", "clear")).suggest(
        "my parcel is lost", k=3
    )
    assert set(ids(found)) == {"c0000#1", "d#1", "e#1"}


def test_another_answer_of_a_conversation_comes_after_those_of_other_conversations():
    text = "my parcel is lost"
    rows = [
        exemplar("a#1", text, "I have rung the depot"),
        exemplar("a#3", text, "Here is a refund"),
        exemplar("b#1", "the router is broken", "Reset it"),
        exemplar("c#1", "cannot log in", "Choose a new password"),
    ]
    found = suggester(*rows)
    assert [one[0] for one in ids(found.suggest(text, 4))] in (["a", "b", "c", "a"], ["a", "c", "b", "a"])
    assert {one[0] for one in ids(found.suggest(text, 2))} != {"a"}
    assert set(ids(found.suggest(text, 4, exclude=["b#1", "c#1"]))) == {"a#1", "a#3"}


def test_variety_prefers_what_is_unlike_the_ones_above():
    text = "my parcel is lost"
    rows = [
        exemplar("a#1", text, "we send a new parcel today by courier"),
        exemplar("b#1", text, "we send a new parcel tomorrow by post"),
        exemplar("c#1", "the parcel is late", "money comes back soon"),
    ]
    assert ids(suggester(*rows).suggest(text)) == ["a#1", "b#1", "c#1"]
    varied = suggester(*rows).suggest(text, variety=0.6)
    assert ids(varied) == ["a#1", "c#1", "b#1"]
    assert [s.rank for s in varied] == [1, 2, 3]
    for variety in (-0.1, 1.1, float("nan")):
        with pytest.raises(InvalidActError, match="number from 0 to 1"):
            suggester(*rows).suggest(text, variety=variety)


def test_an_answer_near_to_what_is_asked_counts_though_its_situation_is_not():
    rows = [exemplar("a#1", "hello", "reset the red router by its button"), exemplar("b#1", "hello", "no")]
    text = "reset router button"
    only = suggester(*rows, weights=Weights(situation=0, answer=1, words=0)).suggest(text)
    assert ids(only) == ["a#1", "b#1"]
    assert only[0].dense_answer > 0.5 > only[0].dense
    assert ids(suggester(*rows, weights=Weights(situation=0, answer=0, words=1)).suggest(text)) == ["a#1"]


def test_what_was_marked_for_the_commandment_comes_before_what_was_rated_pass_if_both_are_about_as_near():
    rows = [good("a#1", "clear", kind="rated"), good("b#1", "clear"), good("c#1", "clear", "apologise", kind="rated")]
    rows[2]["verdicts"] = [("clear", "ruth", "rated"), ("apologise", "ruth", "marked")]
    text = "my parcel is lost"
    assert ids(suggester(*rows).suggest(text, commandment="clear")) == ["b#1", "a#1", "c#1"]
    assert ids(suggester(*rows).suggest(text)) == ["a#1", "b#1", "c#1"]
    far = [good(f"n{i}#1", "clear", kind="rated") for i in range(5)]
    far.append(good("z#1", "clear", situation="the invoice is wrong"))
    assert ids(suggester(*far).suggest(text, 6, commandment="clear"))[-1] == "z#1"
    added = suggester(rows[0])
    added.add(pd.DataFrame(rows[1:]))
    assert ids(added.suggest(text, commandment="clear")) == ["b#1", "a#1", "c#1"]


@pytest.mark.parametrize("wrong", [(0, 0, 0), (1, -1, 1), (float("nan"), 1, 1), (float("inf"), 0, 0)])
def test_weights_that_make_no_order(wrong):
    with pytest.raises(InvalidActError, match="weights are"):
        Weights(*wrong)


def test_an_order_is_the_sum_of_reciprocal_ranks():
    rows, scores = fused([(np.array([3, 1]), 2.0), (np.array([1, 7]), 1.0), (np.array([9]), 0.0)])
    assert rows.tolist() == [1, 3, 7]
    np.testing.assert_allclose(scores, [2 / 12 + 1 / 11, 2 / 11, 1 / 12])
    assert fused([(np.zeros(0, dtype=int), 1.0)])[0].tolist() == []


def test_a_team_is_known_where_the_exemplars_have_one():
    frame = pd.DataFrame([exemplar("a#1"), exemplar("b#1"), exemplar("c#1")]).assign(team=["post", "bank", None])
    found = Suggester(HashingEncoder(), frame)
    assert ids(found.suggest("lost", team="bank")) == ["b#1"]
    assert "loosen" in found.suggest("lost", team="sales").reason
    with pytest.raises(InvalidActError, match="team of these exemplars is not known"):
        suggester(exemplar("a#1")).suggest("lost", team="bank")


def test_vectors_of_another_model_are_refused():
    encoder = HashingEncoder(64)
    two = Suggester(encoder, pd.DataFrame([exemplar("a#1")]))
    encoder.model_id = "another/fp32"
    with pytest.raises(EncoderError, match="encoded by hashing-64/fp32, and the encoder is now another/fp32"):
        two.suggest("lost")
    encoder.model_id, encoder.dim = "hashing-64/fp32", 32
    with pytest.raises(EncoderError, match="32 numbers, the vectors of the exemplars 64"):
        two.suggest("lost")


def test_equal_ones_in_the_order_of_their_ids_whatever_the_order_of_the_frame():
    rows = [exemplar(f"c{i}#1") for i in range(9)]
    expected = [f"c{i}#1" for i in range(5)]
    assert ids(suggester(*rows).suggest("lost parcel")) == expected
    assert ids(suggester(*rows[::-1]).suggest("lost parcel")) == expected


def test_no_exemplar_gives_an_empty_list_with_the_reason():
    none = Suggester(HashingEncoder(), pd.DataFrame([exemplar("a#1")]).iloc[:0])
    assert none.suggest("lost") == []
    assert "mark good answers" in none.suggest("lost").reason
    assert "loosen" in suggester(exemplar("a#1")).suggest("lost", agent="nobody").reason
    assert suggester(exemplar("a#1")).suggest("lost").reason == ""


@pytest.mark.parametrize(
    ("text", "filters", "message"),
    [
        ("", {}, "nothing to search by"),
        (" \n", {}, "nothing to search by"),
        ("lost", {"k": 0}, "at least 1"),
        ("lost", {"since": "soon"}, "since is 'soon'"),
        ("lost", {"until": ""}, "until is ''"),
    ],
)
def test_what_cannot_be_asked(text, filters, message):
    with pytest.raises(InvalidActError, match=message):
        suggester(exemplar("a#1")).suggest(text, **filters)


@pytest.mark.parametrize(
    "text", ["😀", "the and of", "مرحبا بالعالم", "<img src=x onerror=alert(1)>", "x " * 100_000, "\ud83d"]
)
def test_any_text_can_be_asked(text):
    assert ids(suggester(exemplar("a#1", "😀"), exemplar("b#1", "")).suggest(text, k=1))


def test_a_situation_without_text_is_like_nothing():
    found = suggester(exemplar("a#1", ""), exemplar("b#1", "hello")).suggest("hello")
    assert ids(found) == ["b#1", "a#1"]
    assert found[1].dense == 0


def test_exemplars_without_words_can_be_searched():
    assert ids(suggester(exemplar("a#1", "!", "?")).suggest("parcel")) == ["a#1"]


def test_situations_and_answers_are_encoded_once_and_progress_is_told():
    seen = []
    suggester(exemplar("a#1"), exemplar("b#1"), progress=lambda *now: seen.append(now))
    assert seen[-1] == (4, 4)


def test_dense_scores_are_cosines_and_equal_rows_are_equal():
    vectors = HashingEncoder(33).encode(["lost parcel", "refund"] * 50)
    scores = DenseIndex(vectors).scores(vectors[0], np.arange(100))
    np.testing.assert_allclose(scores[::2], 1)
    assert len(set(scores.tolist())) == 2


@pytest.mark.parametrize("every", [1, 3, 50])  # of 50, few rows are left: those are searched in another way
def test_a_search_gives_the_best_rows_that_are_allowed_equal_ones_in_order(every):
    vectors = HashingEncoder(33).encode(["lost parcel", "refund"] * 50)
    mask = np.arange(100) % every == 0
    allowed = np.flatnonzero(mask)
    expected = [*(r for r in allowed if r % 2 == 0), *(r for r in allowed if r % 2)]
    for n in (1, 3, 100):
        assert DenseIndex(vectors).search(vectors[0], Part(mask), n).tolist() == expected[:n]


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), max_size=30), st.integers(1, 40))
def test_the_best_are_those_of_a_stable_sort(scores, n):
    found = best(np.array(scores, dtype=np.float32), n).tolist()
    assert found == sorted(range(len(scores)), key=lambda i: -scores[i])[:n]


def test_lexical_counts_rare_words_more():
    index = LexicalIndex(["refund parcel", "parcel late", "parcel"])
    assert index.scores("refund parcel").argmax() == 0
    assert index.scores("the unknown").tolist() == [0, 0, 0]
    assert index.shared("parcel and refund, zebra", 0) == ("refund", "parcel")
    assert content_words("I DON'T want the Refund of 12 Euro") == ["want", "refund", "12", "euro"]


def test_more_like_one_of_them_goes_by_situation_and_by_answer():
    four = suggester(
        exemplar("a#1", "parcel lost", "we send another one"),
        exemplar("b#1", "parcel lost", "money returns soon"),
        exemplar("c#1", "opening hours", "we send another one today"),
        exemplar("d#1", "password", "reset it"),
    )
    found = four.like("a#1", k=3)
    assert set(ids(found)[:2]) == {"b#1", "c#1"}
    assert ids(found)[2] == "d#1"
    assert ids(four.like("a#1", exclude=["b#1"], agent="ann"))[0] == "c#1"
    with pytest.raises(NotFoundError, match="no exemplar 'x#1'"):
        four.like("x#1")


def test_an_answer_alone_can_be_asked_for():
    two = suggester(exemplar("a#1", "hello", "money returns soon"), exemplar("b#1", "hello", "we send another one"))
    found = two.suggest("", answer="another one is sent")
    assert ids(found) == ["b#1", "a#1"]
    assert found[0].dense == 0
    with pytest.raises(InvalidActError, match="nothing to search by"):
        two.suggest(" ", answer="\n")


def test_like_has_no_closeness_so_nothing_is_too_far():
    far = Closeness("hashing-512/fp32", -9, 1, 1, 1, least=0.9)
    two = suggester(exemplar("a#1", "parcel"), exemplar("b#1", "hours"), closeness=far)
    assert two.suggest("zebra") == []
    assert [one.closeness for one in two.like("a#1")] == [None]


def test_one_exemplar_has_nothing_like_it():
    one = suggester(exemplar("a#1"))
    assert ids(one.suggest("lost")) == ["a#1"]
    assert "loosen" in one.like("a#1").reason


def test_of_a_query_of_100_kb_the_beginning_counts():
    two = suggester(exemplar("a#1", "parcel lost"), exemplar("b#1", "opening hours"))
    found = two.suggest("parcel lost " + "opening hours shop " * 5500)
    short = two.suggest(("parcel lost " + "opening hours shop " * 5500)[:4000])
    assert [(one.exemplar_id, one.dense, one.lexical) for one in found] == [
        (one.exemplar_id, one.dense, one.lexical) for one in short
    ]


@pytest.mark.model
def test_the_real_model_finds_the_meaning_and_knows_what_is_too_far():
    three = Suggester(
        SentenceTransformerEncoder(),
        pd.DataFrame(
            [
                exemplar("a#1", "My package never arrived.", "I have sent you a new one."),
                exemplar("b#1", "I was charged twice this month.", "The second charge is refunded."),
                exemplar("c#1", "How do I reset my password?", "Use the link under the form."),
            ]
        ),
    )
    assert ids(three.suggest("My parcel has not arrived yet, it must be lost"))[0] == "a#1"
    assert ids(three.suggest("You took the money twice in May"))[0] == "b#1"
    assert three.suggest("a recipe for onion soup").reason.startswith("Nothing is close enough")


RATING = st.tuples(
    st.sampled_from(["ruth", "sam"]),
    st.sampled_from(["c0", "c1", "c2"]),
    st.sampled_from(COMMANDMENTS),
    st.sampled_from(["pass", "fail", "partial"]),
    st.lists(st.integers(0, 3), max_size=2),
    st.booleans(),
)
MARK = st.tuples(
    st.sampled_from(["ruth", "sam"]),
    st.sampled_from(["c0", "c1", "c2"]),
    st.integers(0, 3),
    st.lists(st.sampled_from(COMMANDMENTS), max_size=2, unique=True),
)


def three_conversations(votes):
    ids_ = ["c0", "c1", "c2"]
    about = pd.DataFrame(
        [{"conversation_id": i, "source": "t", "channel": "chat", "n_messages": 4, "labels": {}} for i in ids_]
    )
    rows = [
        {
            "conversation_id": i,
            "position": p,
            "role": "agent" if p % 2 else "customer",
            "text": f"lost parcel {i} {p % 3}",
        }
        for i in ids_
        for p in range(4)
    ]
    return validate_conversations(about), validate_messages(pd.DataFrame(rows).assign(votes=votes))


@settings(deadline=None)
@given(
    st.lists(RATING, max_size=12),
    st.lists(MARK, max_size=6),
    st.lists(st.integers(0, 2), min_size=12, max_size=12),
    st.sampled_from(COMMANDMENTS),
)
def test_a_failed_answer_is_never_suggested_for_its_commandment(rated, marked, votes, commandment):
    names = ["reviewer", "conversation_id", "commandment", "rating", "evidence", "submitted"]
    ratings = pd.DataFrame([[*r[:4], [{"position": p} for p in r[4]], r[5]] for r in rated], columns=names)
    good_answers = pd.DataFrame(marked, columns=["reviewer", "conversation_id", "position", "commandments"]).assign(
        note=""
    )
    about, talk = three_conversations(votes)
    exemplars = build_exemplars(about, talk, ratings, good_answers)
    failed = {f"{r[1]}#{p}" for r in rated for p in r[4] if r[2] == commandment and r[3] == "fail" and r[5]}
    found = Suggester(HashingEncoder(16), exemplars).suggest("lost parcel", k=20, commandment=commandment)
    assert not failed & set(ids(found))
    verified = [s.verified for s in found]
    assert verified == sorted(verified, reverse=True)
    assert all(s.position % 2 for s in found)  # agents' messages only
    passed = {f"{r[1]}#{p}" for r in rated for p in r[4] if r[2] == commandment and r[3] == "pass" and r[5] and p % 2}
    assert {s.exemplar_id for s in found if s.verified} <= passed | {f"{m[1]}#{m[2]}" for m in marked}


def test_reasons_begin_with_the_commandment_asked_for_and_say_nothing_twice() -> None:
    from qa_toolkit.suggest.reasons import _by_reviewer

    verdicts = [
        ("warm", "ruth", "marked"),
        ("warm", "ruth", "rated"),
        ("clear", "ruth", "rated"),
        ("warm", "otto", "rated"),
    ]
    assert _by_reviewer(verdicts) == {
        ("marked", "ruth"): ["warm"],
        ("rated", "ruth"): ["clear"],
        ("rated", "otto"): ["warm"],
    }
