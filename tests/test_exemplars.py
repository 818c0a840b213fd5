import pandas as pd
import pytest

from qa_toolkit.conversations.schema import validate_conversations, validate_messages
from qa_toolkit.errors import InvalidActError
from qa_toolkit.suggest import EXEMPLARS, Situation, build_exemplars, cut_situation, judged_answers, situation, topic

RATINGS = ["reviewer", "conversation_id", "rubric_hash", "commandment", "rating", "evidence", "comment", "rated_at"]


def conversations(*ids, **more):
    rows = [{"conversation_id": i, "source": "test", "channel": "chat", "n_messages": 4, "labels": {}} for i in ids]
    return validate_conversations(pd.DataFrame(rows).assign(**more))


def messages(conversation_id, *turns, votes=None):
    rows = [
        {"conversation_id": conversation_id, "position": i, "role": role, "author": author, "text": text}
        for i, (role, author, text) in enumerate(turns)
    ]
    return validate_messages(pd.DataFrame(rows).assign(votes=pd.array(votes or [None] * len(rows), dtype="Int64")))


def rating(reviewer, conversation_id, commandment, value, *positions, submitted=True):
    spans = [{"position": p, "start": None, "end": None} for p in positions]
    return [reviewer, conversation_id, "hash", commandment, value, spans, "", None, submitted]


def ratings(*rows):
    return pd.DataFrame(list(rows), columns=[*RATINGS, "submitted"])


def marks(*rows):
    return pd.DataFrame(
        list(rows), columns=["reviewer", "conversation_id", "position", "commandments", "note", "marked_at"]
    )


TALK = (
    ("customer", "kim", "My parcel is lost"),
    ("agent", "ann", "I am sorry. I send a new one today."),
    ("customer", "kim", "Thanks"),
    ("agent", "bob", "You are welcome"),
)


def one(ratings_rows=(), mark_rows=(), votes=None):
    return build_exemplars(
        conversations("c", agent="ann", subject="Order 7"),
        messages("c", *TALK, votes=votes),
        ratings(*ratings_rows),
        marks(*mark_rows),
    )


def test_nothing_judged_gives_an_empty_frame_of_the_right_columns():
    found = one()
    assert found.empty
    assert tuple(found.columns) == EXEMPLARS


def test_marked_answer():
    found = one(mark_rows=[("ruth", "c", 1, ["apologise", "act"], " warm ", None)]).iloc[0]
    assert found["exemplar_id"] == "c#1"
    assert found["answer"] == "I am sorry. I send a new one today."
    assert found["situation"] == "Order 7\n\nMy parcel is lost"
    assert (found["agent"], found["source"], found["note"], found["votes"]) == ("ann", "marked", "warm", 0)
    assert found["commandments"] == ["act", "apologise"]
    assert found["verified_by"] == ["ruth"]
    assert found["verdicts"] == [("apologise", "ruth", "marked"), ("act", "ruth", "marked")]


def test_the_agent_is_who_wrote_the_message():
    assert one(mark_rows=[("ruth", "c", 3, ["thanks"], "", None)]).iloc[0]["agent"] == "bob"


def test_rated_answers_count_when_passed_submitted_and_the_agents():
    rows = [
        rating("ruth", "c", "apologise", "pass", 0, 1),  # message 0 is the customer's
        rating("ruth", "c", "clear", "partial", 1),
        rating("ruth", "c", "act", "pass", 3, submitted=False),
        rating("ruth", "c", "greet", "pass"),
    ]
    found = one(rows)
    assert found["exemplar_id"].tolist() == ["c#1"]
    assert found["commandments"].tolist() == [["apologise"]]
    assert found["source"].tolist() == ["rated"]


def test_one_exemplar_for_an_answer_that_many_found_good():
    rows = [rating("sam", "c", "clear", "pass", 1), rating("ruth", "c", "clear", "pass", 1)]
    found = one(rows, [("ruth", "c", 1, ["apologise"], "", None)], votes=[None, 4, None, 0])
    assert len(found) == 1
    assert found.iloc[0]["source"] == "marked"
    assert found.iloc[0]["verified_by"] == ["ruth", "sam"]
    assert found.iloc[0]["commandments"] == ["apologise", "clear"]
    assert found.iloc[0]["votes"] == 4


def test_votes_alone_list_no_commandment_and_nobody():
    found = one(votes=[9, 2, None, 0])  # the customer's own message cannot be an answer
    assert found["exemplar_id"].tolist() == ["c#1"]
    assert found.iloc[0][["source", "commandments", "verified_by"]].tolist() == ["votes", [], []]


def test_a_general_mark_is_verified_for_no_commandment():
    found = one(mark_rows=[("ruth", "c", 1, [], None, None)]).iloc[0]
    assert found["source"] == "marked"
    assert found["commandments"] == []
    assert found["verified_by"] == ["ruth"]


def test_a_fail_by_anybody_takes_the_commandment_away():
    rows = [rating("ruth", "c", "clear", "pass", 1), rating("sam", "c", "clear", "fail", 1)]
    assert one(rows).empty
    kept = one(rows, [("eve", "c", 1, ["clear", "act"], "fine", None)]).iloc[0]
    assert kept["commandments"] == ["act"]
    assert kept["verified_by"] == ["eve"]
    assert kept["failed_for"] == ["clear"]


@pytest.mark.parametrize("rating_value", ["fail", "partial"])
def test_no_votes_make_up_for_what_a_review_found_short(rating_value):
    short = rating("sam", "c", "clear", rating_value, 1)
    voted = [None, 9, None, None]
    assert one([short], votes=voted).empty
    assert one([short], [("eve", "c", 1, ["clear"], "fine", None)], votes=voted).empty
    assert one([short], [("eve", "c", 1, [], "as a whole", None)], votes=voted).empty
    kept = one([short], [("eve", "c", 1, ["act"], "fine", None)], votes=voted).iloc[0]
    assert kept[["commandments", "failed_for", "votes"]].tolist() == [["act"], ["clear"], 9]


def test_what_is_contradicted_is_shown_with_the_reason_and_without_its_praise():
    rows = [rating("sam", "c", "clear", "fail", 1), rating("eve", "c", "clear", "partial", 1)]
    about, talk = conversations("c", agent="ann"), messages("c", *TALK)
    found = judged_answers(about, talk, ratings(*rows), marks(("ruth", "c", 1, ["clear"], "warm", None)))
    assert found.loc[0, ["state", "reason"]].tolist() == [
        "contradicted",
        "rated fail for clear by sam; rated partial for clear by eve",
    ]
    assert found.loc[0, ["commandments", "verdicts", "note"]].tolist() == [[], [], ""]


def burst(*gaps, authors=("ann", "ann", "ann")):
    turns = [("customer", "kim", "Help"), *(("agent", name, f"part {i}") for i, name in enumerate(authors))]
    times = pd.Timestamp("2024-05-01 10:00", tz="UTC") + pd.to_timedelta([0, *gaps], unit="min")
    return messages("c", *turns).assign(sent_at=times)


def answers(talk, *rows, mark=1):
    found = build_exemplars(conversations("c"), talk, ratings(*rows), marks(("ruth", "c", mark, ["act"], "", None)))
    return dict(zip(found["exemplar_id"], found["answer"], strict=True))


def test_an_answer_goes_on_over_turns_that_follow_soon_from_the_same_agent():
    assert answers(burst(1, 2, 3)) == {"c#1": "part 0\n\npart 1\n\npart 2"}
    assert answers(burst(1, 2, 3), mark=2) == {"c#2": "part 1\n\npart 2"}
    assert answers(burst(1, 2, 63)) == {"c#1": "part 0\n\npart 1"}
    assert answers(burst(1, 2, 3, authors=("ann", "bob", "ann"))) == {"c#1": "part 0"}
    assert answers(burst(1, 2, 3, authors=(None, None, "ann"))) == {"c#1": "part 0\n\npart 1"}
    noted = burst(1, 2, 3)
    noted.loc[2, "role"] = "note"
    assert answers(noted) == {"c#1": "part 0\n\npart 2"}
    noted.loc[2, "role"] = "bot"
    assert answers(noted) == {"c#1": "part 0"}


def test_what_is_found_short_in_a_later_turn_of_an_answer_contradicts_it():
    talk = burst(1, 2, 63)
    assert answers(talk, rating("sam", "c", "act", "fail", 2)) == {}
    assert answers(talk, rating("sam", "c", "act", "fail", 3)) == {"c#1": "part 0\n\npart 1"}


def test_of_who_was_forgotten_an_exemplar_keeps_its_place_and_no_word():
    about, talk = conversations("c", agent="ann"), messages("c", *TALK).assign(text="")
    found = judged_answers(about, talk, ratings(), marks(("ruth", "c", 1, ["act"], "", None)), forgotten=["c"])
    assert found.loc[0, ["exemplar_id", "state", "answer", "situation"]].tolist() == ["c#1", "forgotten", "", ""]


@pytest.mark.parametrize(
    "harmless",
    [
        rating("sam", "c", "clear", "fail", 1, submitted=False),
        rating("sam", "c", "clear", "fail", 3),
        rating("sam", "c", "clear", "fail"),
        rating("sam", "c", "act", "fail", 1),
    ],
)
def test_other_fails_do_not(harmless):
    found = one([rating("ruth", "c", "clear", "pass", 1), harmless])
    assert found.iloc[0]["commandments"] == ["clear"]


def test_blank_answers_and_unknown_messages_are_none():
    blank = messages("c", ("customer", None, "hello"), ("agent", None, " \n"), votes=[None, 3])
    marked = marks(
        ("ruth", "c", 1, ["act"], "", None), ("ruth", "c", 9, ["act"], "", None), ("ruth", "x", 1, [], "", None)
    )
    assert build_exemplars(conversations("c"), blank, ratings(), marked).empty


def test_conversations_do_not_mix():
    talk = pd.concat([messages("a", *TALK), messages("b", *TALK[:2])], ignore_index=True)
    found = build_exemplars(conversations("b", "a"), talk, ratings(rating("ruth", "b", "clear", "pass", 1)), marks())
    assert found["conversation_id"].tolist() == ["b"]
    assert found["situation"].tolist() == ["My parcel is lost"]


def test_situation_has_the_subject_and_the_opening_first_then_what_was_answered_then_the_newest():
    talk = messages(
        "c",
        ("customer", None, "one"),
        ("agent", None, "two"),
        ("customer", None, "three"),
        ("note", None, "secret"),
        ("customer", None, "four"),
        ("bot", None, "beep"),
        ("agent", None, "five"),
        ("agent", None, "six"),
        ("customer", None, "seven"),
    )
    assert situation(talk, 6, "Subject").split("\n\n") == ["Subject", "one", "three", "four", "two"]
    assert situation(talk, 7).split("\n\n") == ["one", "three", "four", "five", "two"]
    assert situation(talk, 8).split("\n\n") == ["one", "seven", "six", "five", "four", "three", "two"]
    assert situation(talk, 4).split("\n\n") == ["one", "three", "four", "two"]
    assert situation(talk, 1, "Subject").split("\n\n") == ["Subject", "one"]
    assert situation(talk.iloc[1:].reset_index(drop=True), 5).split("\n\n") == ["three", "four", "two"]


@pytest.mark.parametrize(
    ("subject", "labels", "wanted"),
    [
        (" Order 7 ", {}, "Order 7"),
        ("Order 7", {"tags": []}, "Order 7"),
        ("Order 7", {"tags": ["double_charge", " billing\n", "", "double charge"]}, "Order 7 (double charge, billing)"),
        ("Order 7", {"tags": "refund, parcel"}, "Order 7 (refund, parcel)"),
        (None, {"tags": ["refund"]}, "(refund)"),
        (float("nan"), {"tags": None}, ""),
        ("Order 7", {"tags": [3, None, ["x"], {"a": "b"}, "refund"]}, "Order 7 (refund)"),
        ("Order 7", {"tags": {"refund": True}}, "Order 7"),
        ("Order 7", {"tags": ["x" * 50, "y" * 48, "z"]}, f"Order 7 ({'x' * 50}, {'y' * 48})"),
        ("Order 7", {"tags": ["x" * 101, "z"]}, "Order 7"),
    ],
)
def test_topic_is_the_subject_with_the_tags_of_the_helpdesk(subject, labels, wanted):
    assert topic(subject, labels) == wanted


def test_situation_of_an_exemplar_begins_with_the_tags_of_its_conversation():
    about = conversations("c", subject="Order 7").assign(labels=[{"tags": ["lost parcel"]}])
    found = build_exemplars(about, messages("c", *TALK), ratings(), marks(["ruth", "c", 1, [], "", None]))
    assert found["situation"].tolist() == ["Order 7 (lost parcel)\n\nMy parcel is lost"]


def test_what_the_customer_came_with_stands_first_only_if_it_leaves_room_for_what_was_answered():
    for length, order in ((797, [*"ab", "last", "asked"]), (798, ["last", "asked", *"ba"])):
        turns = (("customer", "a"), ("customer", "b" * length), ("agent", "asked"), ("customer", "last"))
        found = sized(4000, *turns, ("agent", "answer"), position=4).text.replace("b" * length, "b").split("\n\n")
        assert found == order


def test_situation_of_a_first_message_and_of_a_huge_one():
    talk = messages("c", ("agent", None, "Hello"), ("customer", None, "x" * 5_000_000), ("agent", None, "Oh"))
    assert situation(talk, 0) == ""
    assert situation(talk, 0, " Order 7 ") == "Order 7"
    assert situation(talk, 0, conversations("c")["subject"].iloc[0]) == ""
    assert len(situation(talk, 2)) == 4000


def sized(limit, *turns, position=None, subject=None, size=len):
    talk = messages("c", *((role, None, text) for role, text in turns))
    return cut_situation(talk, len(turns) if position is None else position, subject, limit, size)


SAID = (("customer", "oldest"), ("agent", "asked"), ("customer", "newer"), ("customer", "newest"), ("agent", "answer"))


@pytest.mark.parametrize(
    ("limit", "text", "turns", "left_out", "cut"),
    [
        (99, "Sub oldest newer newest asked", 4, 0, 0),
        (32, "Sub oldest newer newest", 3, 1, 0),
        (25, "Sub newer newest asked", 3, 1, 0),
        (20, "Sub newer newest", 2, 2, 0),
        (17, "newer newest", 2, 2, 0),
        (12, "newest", 1, 3, 0),
        (4, "newe", 1, 3, 2),
    ],
)
def test_a_situation_that_is_too_long_keeps_its_newest_turns_whole_and_says_what_was_cut(
    limit, text, turns, left_out, cut
):
    found = sized(limit, *SAID, position=4, subject="Sub")
    assert found == Situation(text.replace(" ", "\n\n"), turns, left_out, cut)
    assert len(found.text) <= limit


def test_a_situation_can_be_cut_by_words():
    words = [f"w{i}" for i in range(5000)]
    turns = (("customer", "an old one"), ("agent", "asked what"), ("customer", " ".join(words)), ("agent", "answer"))
    found = sized(254, *turns, position=3, size=lambda text: len(text.split()))
    assert found.text.split() == words[:254]
    assert (found.turns, found.left_out) == (1, 2)
    assert found.cut == len(" ".join(words)) - len(found.text)
    short = sized(4, *SAID, position=4, size=lambda text: len(text.split()))
    assert (short.text.split(), short.left_out) == (["oldest", "newer", "newest", "asked"], 0)


def test_without_a_turn_of_the_customer_the_subject_or_the_agents_own_is_cut():
    assert sized(3, ("agent", "Hello"), position=0, subject="Order 7") == Situation("Ord", 0, 0, 4)
    assert sized(3, ("agent", "Hello"), ("agent", "Oh"), position=1) == Situation("Hel", 1, 0, 2)
    assert sized(3, ("agent", "Hello"), position=0) == Situation("")
    with pytest.raises(InvalidActError, match="254"):
        sized(0, *SAID, position=4)
