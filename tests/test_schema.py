from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from qa_toolkit.conversations.schema import CONVERSATIONS, MESSAGES, validate_conversations, validate_messages
from qa_toolkit.errors import SchemaError


def conversations(**changes):
    frame = pd.DataFrame(
        {
            "conversation_id": ["a", "b"],
            "source": ["jsonl", "jsonl"],
            "channel": ["chat", "email"],
            "plan": ["free", None],
            "started_at": ["2026-03-03T08:14:00+01:00", None],
            "n_messages": [2, 1],
            "labels": [{"csat": 2}, {}],
        }
    )
    return frame.assign(**changes)


def messages(**changes):
    frame = pd.DataFrame(
        {
            "conversation_id": ["a", "b", "a"],
            "position": [0, 0, 1],
            "role": ["customer", "customer", "agent"],
            "text": ["Hello", "", "\x00 👋 سلام"],
        }
    )
    return frame.assign(**changes)


def failures(check, frame):
    with pytest.raises(SchemaError) as caught:
        check(frame)
    return list(caught.value.failures.itertuples(index=False, name=None))


def test_conversations_come_back_with_every_column_in_its_type():
    out = validate_conversations(conversations())
    assert list(out.columns) == [column.name for column in CONVERSATIONS]
    text = [column.name for column in CONVERSATIONS if column.kind == "text"]
    assert all(out[name].dtype == "str" for name in text)
    assert str(out["started_at"].dtype) == str(out["ended_at"].dtype) == "datetime64[us, UTC]"
    assert out["n_messages"].dtype == "int64"
    assert out["labels"].tolist() == [{"csat": 2}, {}]
    assert out["started_at"][0] == pd.Timestamp("2026-03-03T07:14:00Z")
    assert out["plan"].isna().tolist() == [False, True]
    assert out["subject"].isna().all()


def test_messages_come_back_with_every_column_in_its_type():
    out = validate_messages(messages(votes=[None, 3, None], sent_at=[datetime(2026, 3, 3, tzinfo=UTC), None, None]))
    assert list(out.columns) == [column.name for column in MESSAGES]
    assert out["position"].dtype == "int64"
    assert out["votes"].dtype == "Int64"
    assert out["votes"].isna().tolist() == [True, False, True]
    assert str(out["sent_at"].dtype) == "datetime64[us, UTC]"
    assert out["text"].tolist() == ["Hello", "", "\x00 👋 سلام"]


def test_empty_frames_keep_their_types():
    kinds = validate_messages(messages()).dtypes
    empty = validate_messages(messages().iloc[:0])
    assert len(empty) == 0
    assert empty.dtypes.equals(kinds)
    assert len(validate_conversations(conversations().iloc[:0])) == 0


def test_the_frame_given_is_left_as_it_was_and_the_index_starts_anew():
    frame = conversations().set_axis([7, 7])
    before = frame.copy(deep=True)
    assert validate_conversations(frame).index.tolist() == [0, 1]
    pd.testing.assert_frame_equal(frame, before)


def test_validating_twice_changes_nothing():
    once = validate_conversations(conversations())
    pd.testing.assert_frame_equal(validate_conversations(once), once)


@pytest.mark.parametrize(
    ("changes", "row", "column", "reason"),
    [
        ({"conversation_id": ["a", "a"]}, 1, "conversation_id", "stands twice: 'a'"),
        ({"channel": ["chat", None]}, 1, "channel", "is missing"),
        ({"channel": ["chat", 3]}, 1, "channel", "is no text: 3"),
        ({"source": [1, 2]}, 0, "source", "is no text"),
        ({"subject": pd.Series(["fine", "half \ud83d"], dtype=object)}, 1, "subject", "surrogates"),
        ({"plan": ["gold", "free"]}, 0, "plan", "is 'gold', not one of prospect, free, paying"),
        ({"started_at": ["2026-03-03T08:14:00", None]}, 0, "started_at", "no time zone"),
        ({"started_at": [None, pd.Timestamp("2026-03-03")]}, 1, "started_at", "no time zone"),
        ({"started_at": ["soon", None]}, 0, "started_at", "is no time: 'soon'"),
        ({"n_messages": [1, -2]}, 1, "n_messages", "is negative: -2"),
        ({"n_messages": [1.5, 2]}, 0, "n_messages", "is no count: 1.5"),
        ({"n_messages": np.array([True, 2], dtype=object)}, 0, "n_messages", "is no count: True"),
        ({"n_messages": ["3", 2]}, 0, "n_messages", "is no count: '3'"),
        ({"n_messages": [2**70, 2]}, 0, "n_messages", "is no count"),
        ({"labels": [{}, "csat"]}, 1, "labels", "is no labels: 'csat'"),
    ],
)
def test_a_conversation_that_does_not_fit_is_refused_with_row_and_reason(changes, row, column, reason):
    found = failures(validate_conversations, conversations(**changes))
    assert (row, column) in [(where, name) for where, name, _ in found]
    assert any(reason in why for *_, why in found)


@pytest.mark.parametrize(
    ("changes", "row", "column", "reason"),
    [
        ({"role": ["customer", "boss", "agent"]}, 1, "role", "'boss', not one of customer, agent, bot, system, note"),
        ({"position": [0, 0, 2]}, 2, "position", "is 2, expected 1"),
        ({"position": [1, 0, 0]}, 0, "position", "is 1, expected 0"),
        ({"text": ["x", None, "z"]}, 1, "text", "is missing"),
        ({"votes": [None, -1, 2]}, 1, "votes", "is negative"),
    ],
)
def test_a_message_that_does_not_fit_is_refused_with_row_and_reason(changes, row, column, reason):
    found = failures(validate_messages, messages(**changes))
    assert (row, column) in [(where, name) for where, name, _ in found]
    assert any(reason in why for *_, why in found)


def test_a_required_column_that_is_not_there_is_named():
    assert failures(validate_messages, messages().drop(columns="text")) == [("all", "text", "is not in the frame")]


def test_every_failure_is_reported_at_once():
    bad = conversations(
        channel=[1, None], plan=["gold", "silver"], started_at=["2026-03-03", "soon"], n_messages=[-1, -2]
    )
    with pytest.raises(SchemaError, match=r"^conversations, row .*\(and 7 more, see .failures\)$") as caught:
        validate_conversations(bad)
    found = caught.value.failures
    assert list(found.columns) == ["row", "column", "reason"]
    assert sorted(zip(found["column"], found["row"], strict=True)) == [
        ("channel", 0),
        ("channel", 1),
        ("n_messages", 0),
        ("n_messages", 1),
        ("plan", 0),
        ("plan", 1),
        ("started_at", 0),
        ("started_at", 1),
    ]


def test_a_wrong_value_far_down_is_found():
    frame = pd.DataFrame({"conversation_id": "a", "position": range(3000), "role": "agent", "text": "x"})
    frame["text"] = frame["text"].astype(object)
    frame.loc[2500, "text"] = 42
    assert failures(validate_messages, frame) == [(2500, "text", "is no text: 42")]


def test_failures_in_a_frame_whose_index_repeats_name_the_value():
    bad = conversations(n_messages=[1, -2]).set_axis([5, 5])
    assert failures(validate_conversations, bad) == [(5, "n_messages", "is negative: -2")]
