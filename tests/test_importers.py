from __future__ import annotations

import contextlib
import csv
import gzip
import io
import json
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_toolkit.conversations import read
from qa_toolkit.conversations.importers import _collecting, _columns, delimited, importers
from qa_toolkit.conversations.schema import CONVERSATIONS, MESSAGES, ROLES, validate_conversations, validate_messages
from qa_toolkit.errors import FileFormatError


def message(role="customer", text="Hello", **more):
    return {"role": role, "text": text, "sent_at": "2026-03-03T08:14:00Z", "author": f"{role}-1"} | more


def record(conversation_id="c1", **more):
    return {
        "conversation_id": conversation_id,
        "channel": "chat",
        "source": "desk",
        "labels": {},
        "messages": [message(), message("agent", "Hi, how can I help?")],
    } | more


def lines(*records):
    return "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records).encode()


def table(*rows, header="conversation_id,role,text"):
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return f"{header}\n{out.getvalue()}".encode()


class Read:
    """All batches of a file, joined."""

    def __init__(self, batches):
        self.batches = list(batches)
        self.conversations = self._joined("conversations")
        self.messages = self._joined("messages")
        self.refused = self._joined("refused")
        self.known = sum(batch.known for batch in self.batches)
        self.ids = self.conversations["conversation_id"].tolist() if self.batches else []

    def _joined(self, name):
        frames = [getattr(batch, name) for batch in self.batches]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    @property
    def refusals(self):
        columns = self.refused[["line", "conversation_id", "reason"]].astype(object)
        return [tuple(None if pd.isna(v) else v for v in row) for row in columns.itertuples(index=False)]


@pytest.fixture
def reading(tmp_path):
    def run(content, name="export.jsonl", **options):
        path = tmp_path / name
        path.write_bytes(content)
        return Read(read(path, **options))

    return run


@pytest.fixture
def refused(reading):
    """The reason for which a line between two good ones is refused; checks that the good ones are not."""

    def run(bad):
        found = reading(lines(record("before"), bad, record("after")))
        assert found.ids == ["before", "after"]
        [(line, conversation_id, reason)] = found.refusals
        assert line == 2
        return conversation_id, reason

    return run


# The layout of JSON Lines


def test_a_record_becomes_rows_of_the_two_frames(reading):
    labels = {"subject": "Refund", "locale": "en-US", "plan": "Paying", "csat": 2, "tags": ["a"]}
    found = reading(lines(record(labels=labels)))
    [row] = found.conversations.to_dict("records")
    assert row == {
        "conversation_id": "c1",
        "source": "desk",
        "channel": "chat",
        "language": "en",
        "subject": "Refund",
        "agent": "agent-1",
        "customer": "customer-1",
        "plan": "paying",
        "started_at": pd.Timestamp("2026-03-03T08:14:00Z"),
        "ended_at": pd.Timestamp("2026-03-03T08:14:00Z"),
        "n_messages": 2,
        "labels": labels,
    }
    assert found.messages[["conversation_id", "position", "role", "author", "text"]].values.tolist() == [
        ["c1", 0, "customer", "customer-1", "Hello"],
        ["c1", 1, "agent", "agent-1", "Hi, how can I help?"],
    ]
    assert found.messages["votes"].isna().all()
    assert found.refusals == []


def test_the_frames_are_valid_and_in_their_types(reading):
    batch = reading(lines(record())).batches[0]
    pd.testing.assert_frame_equal(validate_conversations(batch.conversations), batch.conversations)
    pd.testing.assert_frame_equal(validate_messages(batch.messages), batch.messages)


def test_frames_of_a_batch_without_conversations_have_their_columns(reading):
    batch = reading(b'{"x": 1}\n').batches[0]
    assert list(batch.conversations.columns) == [column.name for column in CONVERSATIONS]
    assert list(batch.messages.columns) == [column.name for column in MESSAGES]
    assert len(batch.refused) == 1
    assert batch.refused.dtypes.astype(str).to_dict() == {
        "line": "int64",
        "conversation_id": "str",
        "reason": "str",
        "file": "str",
    }


def test_what_a_record_may_leave_out(reading):
    bare = {"conversation_id": "c1", "messages": [{"role": "note", "text": "x"}]}
    [row] = reading(lines(bare)).conversations.to_dict("records")
    assert (row["source"], row["channel"], row["labels"], row["n_messages"]) == ("jsonl", "unknown", {}, 1)
    assert all(pd.isna(row[name]) for name in ("language", "subject", "agent", "customer", "plan", "started_at"))


def test_fields_beyond_the_layout_are_kept_in_the_labels(reading):
    extended = record(priority=3, labels={"csat": 1}, messages=[message(), message("bot", html="<b>")])
    [labels] = reading(lines(extended)).conversations["labels"]
    assert labels == {"csat": 1, "extra": {"priority": 3}}


def test_helpful_votes_reach_the_messages_and_odd_ones_stay_labels(reading):
    votes = [{"message": 1, "helpful": 4, "unhelpful": 1}, {"message": 0, "helpful": -1}, {"message": "x"}, 7]
    found = reading(lines(record(labels={"votes": votes}), record("c2", labels={"votes": 5})))
    assert found.messages["votes"].astype(object).where(found.messages["votes"].notna(), None).tolist() == [
        None,
        4,
        None,
        None,
    ]
    assert found.conversations["labels"].tolist() == [{"votes": votes}, {"votes": 5}]


@pytest.mark.parametrize(
    ("labels", "column", "expected"),
    [
        ({"language": "de", "locale": "en-GB"}, "language", "de"),
        ({"locale": "pt_BR"}, "language", "pt"),
        ({"locale": 3}, "language", None),
        ({"plan": "prospect"}, "plan", "prospect"),
        ({"plan": "Gold"}, "plan", None),
        ({"subject": " "}, "subject", None),
        ({"subject": ["x"]}, "subject", None),
    ],
)
def test_labels_feed_the_columns(reading, labels, column, expected):
    found = reading(lines(record(labels=labels))).conversations
    value = found[column][0]
    assert (None if pd.isna(value) else value) == expected
    assert found["labels"][0] == labels


def test_the_agent_wrote_most_and_the_first_one_wins_a_tie(reading):
    def by(*authors):
        return [message(author="kim"), message(author="other"), *(message("agent", author=a) for a in authors)]

    found = reading(
        lines(
            record("most", messages=by("ann", "bob", "bob")),
            record("tie", messages=by("bob", "ann", "ann", "bob", None)),
            record("nobody", messages=by(None, "")),
        )
    )
    agents = found.conversations["agent"]
    assert agents[:2].tolist() == ["bob", "bob"]
    assert pd.isna(agents[2])
    assert found.conversations["customer"].tolist() == ["kim"] * 3


def test_times_out_of_order_keep_the_order_of_the_file(reading):
    times = ["2026-03-03T12:00:00+01:00", None, "2026-03-03T09:30:00.250Z", "2026-03-03T23:00:00Z"]
    found = reading(lines(record(messages=[message(text=str(i), sent_at=t) for i, t in enumerate(times)])))
    assert found.messages["text"].tolist() == ["0", "1", "2", "3"]
    assert found.messages["position"].tolist() == [0, 1, 2, 3]
    assert found.messages["sent_at"][0] == pd.Timestamp("2026-03-03T11:00:00Z")
    assert found.conversations["started_at"][0] == pd.Timestamp("2026-03-03T09:30:00.250Z")
    assert found.conversations["ended_at"][0] == pd.Timestamp("2026-03-03T23:00:00Z")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "👋🏽",
        "مرحبا \u202eabc",
        "nul \x00 and \x07 and \x7f",
        "line\u2028separator\x85next",
        '<img src=x onerror="alert(1)">',
        "NaN",
        "=1+1",
        "\ufeffmark",
    ],
)
def test_strange_text_is_taken_as_it_is(reading, text):
    strange = record(
        "=" + (text or "e"), labels={"subject": text, text: text}, messages=[message(text=text, author=text)]
    )
    found = reading(lines(strange) + (json.dumps(record(), ensure_ascii=False) + "\n").encode())
    assert found.refusals == []
    assert found.ids == ["=" + (text or "e"), "c1"]
    assert found.messages["text"][0] == text
    assert found.conversations["labels"][0] == {"subject": text, text: text}


def test_a_message_of_5_mb_is_taken_whole(reading):
    text = "ä" * 2_500_000
    assert reading(lines(record(messages=[message(text=text)]), record("c2"))).messages["text"][0] == text
    rows = table(["c1", "customer", text], ["c2", "agent", "x"])
    assert reading(rows, "big.csv").messages["text"].tolist() == [text, "x"]


def test_bom_windows_line_ends_blank_lines_and_no_last_line_end(reading):
    content = (
        "\ufeff".encode()
        + lines(record("a"), "", "   ", record("b")).replace(b"\n", b"\r\n")
        + lines("{}", record("c")).rstrip()
    )
    found = reading(content)
    assert found.ids == ["a", "b", "c"]
    assert found.refusals == [(5, None, "conversation_id is missing")]


# What is refused


@pytest.mark.parametrize(
    ("bad", "conversation_id", "reason"),
    [
        ("not json", None, "is not valid JSON"),
        ('{"conversation_id": "x", ', None, "is not valid JSON"),
        ('{"conversation_id": NaN}', None, "is not valid JSON"),
        ('{"conversation_id": "x", "labels": {"n": 1e999}}', None, "is not valid JSON"),
        ("[" * 100_000, None, "nested too deep"),
        (record("x", labels={"deep": json.loads("[" * 120 + "]" * 120)}), "x", "nested more than 100 deep"),
        (record("x", messages=[message(text="half \ud83d of it, and more")]), None, "lone surrogate"),
        (record("x", labels={"\udc00 key": 1}), None, "lone surrogate"),
        ("[1, 2]", None, "is not an object"),
        ('"text"', None, "is not an object"),
        ("null", None, "is not an object"),
        ({"messages": [message()]}, None, "conversation_id is missing"),
        (record(" "), None, "conversation_id is empty"),
        (record(7), None, "conversation_id is a number, not text"),
        (record("x", messages=[]), "x", "has no messages"),
        (record("x", messages=None), "x", "has no messages"),
        (record("x", messages={"role": "agent"}), "x", "messages is an object, not a list"),
        (record("x", messages=[message(), "hi"]), "x", "message 2: is text, not an object"),
        (record("x", messages=[message("boss")]), "x", "message 1: role is 'boss', not one of customer, agent"),
        (record("x", messages=[message(role=None)]), "x", "message 1: role is missing"),
        (record("x", messages=[message(role=["agent"])]), "x", "message 1: role is ['agent'], not one of"),
        (record("x", messages=[message(text=None)]), "x", "message 1: text is missing"),
        (record("x", messages=[message(text=5)]), "x", "message 1: text is a number, not text"),
        (record("x", messages=[message(author=True)]), "x", "message 1: author is true or false, not text"),
        (record("x", messages=[message(sent_at="2026-03-03T08:14:00")]), "x", "has no time zone; give one, such as"),
        (record("x", messages=[message(sent_at="2026-03-03")]), "x", "has no time zone"),
        (record("x", messages=[message(sent_at="yesterday")]), "x", "sent_at 'yesterday' is not a time such as"),
        (record("x", messages=[message(sent_at="")]), "x", "is not a time"),
        (record("x", messages=[message(sent_at="0001-01-01T00:00:00+09:00")]), "x", "is not a time"),
        (record("x", messages=[message(sent_at=1772525640)]), "x", "sent_at is a number, not a time"),
        (record("x", channel=1), "x", "channel is a number, not text"),
        (record("x", source={}), "x", "source is an object, not text"),
        (record("x", labels=[1]), "x", "labels is a list, not an object"),
    ],
)
def test_a_malformed_record_is_refused_and_the_rest_goes_on(refused, bad, conversation_id, reason):
    found_id, found_reason = refused(bad)
    assert found_id == conversation_id
    assert reason in found_reason


def test_a_line_that_is_not_utf8_is_refused(reading):
    found = reading(lines(record("a")) + b'{"conversation_id": "\xff"}\n' + lines(record("b")))
    assert found.ids == ["a", "b"]
    assert found.refusals == [(2, None, "is not UTF-8 text; save the file as UTF-8")]


def test_the_same_id_twice_is_known_if_equal_and_refused_if_not(reading):
    reordered = dict(reversed(record("a").items()))
    found = reading(lines(record("a"), record("b"), reordered, record("a", channel="email"), record("a")))
    assert found.ids == ["a", "b"]
    assert found.known == 2
    assert found.refusals == [(4, "a", "line 1 has the same conversation_id with other content; that one is kept")]


def test_the_same_id_twice_is_found_across_batches(reading, monkeypatch):
    monkeypatch.setattr(_collecting, "CONVERSATIONS_PER_BATCH", 1)
    found = reading(lines(record("a"), record("b"), record("a"), record("b", channel="email")))
    assert found.ids == ["a", "b"]
    assert (found.known, [line for line, *_ in found.refusals]) == (1, [4])


def test_a_refused_record_does_not_shut_out_a_good_one_of_the_same_id(reading):
    found = reading(lines(record("a", messages=[]), record("a")))
    assert found.ids == ["a"]
    assert [line for line, *_ in found.refusals] == [1]


# Batches and progress


@pytest.mark.parametrize(("n", "sizes"), [(2999, [1000, 1000, 999]), (2000, [1000, 1000]), (1, [1])])
def test_batches_hold_a_thousand_conversations_and_lose_none(reading, n, sizes):
    found = reading(lines(*(record(str(i)) for i in range(n))))
    assert [len(batch.conversations) for batch in found.batches] == sizes
    assert found.ids == [str(i) for i in range(n)]
    for batch in found.batches:
        assert batch.messages["conversation_id"].unique().tolist() == batch.conversations["conversation_id"].tolist()


def test_refusals_fill_batches_too(reading):
    found = reading(b"x\n" * 2500)
    assert [len(batch.refused) for batch in found.batches] == [1000, 1000, 500]
    assert [line for line, *_ in found.refusals] == list(range(1, 2501))


def test_large_conversations_fill_a_batch_by_their_characters(reading, monkeypatch):
    monkeypatch.setattr(_collecting, "BYTES_PER_BATCH", 50)
    found = reading(lines(*(record(str(i), messages=[message(text="x" * 30)]) for i in range(5))))
    assert [len(batch.conversations) for batch in found.batches] == [2, 2, 1]


def _noise(n):
    return random.Random(4).choices("abcdefghijklmnopqrstuvwxyz0123456789", k=n)


@pytest.mark.parametrize("name", ["export.jsonl", "export.jsonl.gz", "export.csv", "export.csv.gz"])
def test_progress_counts_the_bytes_on_the_disk_and_ends_at_the_total(tmp_path, name):
    texts = ["".join(_noise(1_000_000)) for _ in range(3)]
    if ".csv" in name:
        content = table(*([str(i), "customer", text] for i, text in enumerate(texts)))
    else:
        content = lines(*(record(str(i), messages=[message(text=text)]) for i, text in enumerate(texts)))
    path = tmp_path / name
    path.write_bytes(gzip.compress(content, 1) if name.endswith(".gz") else content)
    steps = []
    assert Read(read(path, progress=lambda done, total: steps.append((done, total)))).ids == ["0", "1", "2"]
    size = path.stat().st_size
    assert {total for _, total in steps} == {size}
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (size, size)
    assert len({done for done, _ in steps}) > 4


def test_read_gives_batches_before_the_file_is_read_to_its_end(tmp_path):
    path = tmp_path / "export.jsonl"
    path.write_bytes(lines(*(record(str(i), messages=[message(text="x" * 1000)]) for i in range(3000))))
    steps = []
    batches = read(path, progress=lambda done, total: steps.append(done))
    assert steps == []
    next(batches)
    assert 0 < steps[-1] < path.stat().st_size


# Files that cannot be read, or not to the end


def test_gzip_is_known_by_its_bytes_and_may_have_several_members(reading):
    members = gzip.compress(lines(record("a"))) + gzip.compress(lines(record("b"))) + b"\0" * 512
    assert reading(members, "export.jsonl").ids == ["a", "b"]
    assert reading(members, "export.JSONL.GZ").ids == ["a", "b"]


def _cut(content, share=0.5):
    packed = gzip.compress(content)
    return packed[: int(len(packed) * share)]


def test_half_a_gzip_gives_what_was_read_and_says_that_it_ends_early(reading):
    texts = ["".join(_noise(300)) + str(i) for i in range(400)]
    found = reading(
        _cut(lines(*(record(str(i), messages=[message(text=t)]) for i, t in enumerate(texts)))), "a.jsonl.gz"
    )
    assert 100 < len(found.ids) < 300
    assert found.ids == [str(i) for i in range(len(found.ids))]
    assert found.messages["text"].tolist() == texts[: len(found.ids)]
    [(line, conversation_id, reason)] = found.refusals
    assert line == len(found.ids) + 1
    assert conversation_id is None
    assert "ends early" in reason


def test_a_gzip_cut_at_the_end_of_a_line_names_the_line_after_it(reading):
    packed = gzip.compress(lines(record("a"), record("b")))[:-8]  # all the text, no check sum
    found = reading(packed, "a.jsonl.gz")
    assert found.ids == ["a", "b"]
    assert [line for line, *_ in found.refusals] == [3]


def test_every_cut_of_a_gzip_gives_a_prefix_and_one_refusal(reading):
    packed = gzip.compress(lines(*(record(str(i)) for i in range(3))), 0)
    ends = {i + shift for i, byte in enumerate(packed) if byte == ord("\n") for shift in (0, 1)}
    for end in sorted({*ends, *range(60, len(packed), 23)}):
        found = reading(packed[:end], "a.jsonl.gz")
        assert found.ids == [str(i) for i in range(len(found.ids))]
        assert len(found.refusals) == 1
        assert "ends early" in found.refusals[0][2]


def test_a_damaged_gzip_gives_what_stands_before_the_damage(reading):
    whole = gzip.compress(lines(*(record(str(i)) for i in range(5))))
    wrong_sum = whole[:-8] + bytes([whole[-8] ^ 1]) + whole[-7:]
    found = reading(wrong_sum, "a.jsonl.gz")
    assert found.ids == ["0", "1", "2", "3", "4"]
    [(line, _, reason)] = found.refusals
    assert line == 6
    assert "damaged" in reason
    found = reading(whole + gzip.compress(lines(record("x")))[:12] + b"junk" * 9, "a.jsonl.gz")
    assert found.ids == ["0", "1", "2", "3", "4"]
    assert "damaged" in found.refusals[0][2]


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"", "a.jsonl", "is empty"),
        (b"", "a.jsonl.gz", "is empty"),
        (b" \n\n", "a.csv", "is empty"),
        (gzip.compress(b"x" * 1000)[:9], "a.jsonl.gz", "nothing in it can be read"),
        (lines(record()), "a.jsonl.gz", "no gzip file"),
        (bytes(range(256)) * 4, "a.jsonl", "of no kind that is known"),
        (random.Random(1).randbytes(5000), "photo", "of no kind that is known"),
        (b"PK\x03\x04rest", "sheet.csv", "a ZIP file; unpack it"),
        ("{}".encode("utf-16"), "sheet.json", "UTF-16 text; save it as UTF-8"),
        (b"just some words", "notes.txt", "of no kind that is known"),
        (b'[\n  {"conversation_id": "a"},\n]', "export.json", "of no kind that is known"),
        (b'{\n  "conversation_id": "a"\n}', "export.json", "of no kind that is known"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_says_so_at_once(tmp_path, content, name, reason):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match=reason) as caught:
        read(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(FileFormatError, match="does not exist"):
        read(tmp_path / "nothing.jsonl")
    with pytest.raises(FileFormatError, match="holds no file that can be read"):
        read(str(tmp_path))


def test_the_kind_is_found_by_looking_at_the_file(reading):
    assert reading(lines(record()), "export.txt").ids == ["c1"]
    assert reading(lines("junk", record()), "export.ndjson").ids == ["c1"]
    assert reading(table(["c1", "agent", "x"]), "export.dat").ids == ["c1"]


def test_the_kind_can_be_named(reading):
    assert {"jsonl", "csv"} <= set(importers())
    assert len(reading(table(["c1", "agent", "x"]), "export.csv", source="jsonl").refusals) == 2
    with pytest.raises(FileFormatError, match="no importer 'xml'; use one of"):
        reading(lines(record()), source="xml")


def test_json_lines_take_no_columns(reading):
    with pytest.raises(FileFormatError, match="takes no columns="):
        reading(lines(record()), columns={"text": "body"})


# CSV


def test_a_csv_with_a_column_map(reading):
    rows = [
        ["7", "End User", 'Hello; is, it\n"you"?', "2026-03-03 08:14:00+00:00", "Kim", "mail", "Refund", "high", "1"],
        ["7", " OPERATOR", "", "", "", "mail", "", "high", "2"],
    ]
    columns = {
        "conversation_id": "Ticket",
        "role": "From",
        "text": "Body",
        "sent_at": "When",
        "author": "Who",
        "channel": "Via",
        "subject": "Title",
    }
    found = reading(table(*rows, header="Ticket,From,Body,When,Who,Via,Title,Priority,Nr"), "a.csv", columns=columns)
    [row] = found.conversations.to_dict("records")
    assert (row["conversation_id"], row["source"], row["channel"], row["subject"]) == ("7", "csv", "mail", "Refund")
    assert row["labels"] == {"Priority": "high", "Nr": ["1", "2"], "subject": "Refund"}
    assert row["customer"] == "Kim"
    assert found.messages["role"].tolist() == ["customer", "agent"]
    assert found.messages["text"].tolist() == ['Hello; is, it\n"you"?', ""]
    assert found.messages["sent_at"][0] == pd.Timestamp("2026-03-03T08:14:00Z")
    assert found.messages["author"].isna().tolist() == [False, True]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_and_our_own_names_need_no_map(reading, delimiter):
    header = ["Conversation ID", "Role", "Text", "Plan", "language"]
    content = "\r\n".join(delimiter.join(row) for row in (header, ["001", "user", "one. two", "free", "de-AT"]))
    found = reading(b"\xef\xbb\xbf" + content.encode(), "a.csv")
    [row] = found.conversations.to_dict("records")
    assert (row["conversation_id"], row["plan"], row["language"]) == ("001", "free", "de")
    assert found.messages["role"].tolist() == ["customer"]


def test_values_that_look_like_something_else_stay_text(reading):
    found = reading(table(["00123", "agent", "NA"], ["1e5", "agent", "null"]), "a.csv")
    assert found.ids == ["00123", "1e5"]
    assert found.messages["text"].tolist() == ["NA", "null"]


def test_rows_of_a_conversation_need_not_stand_together(reading):
    rows = [["a", "customer", "1"], ["b", "customer", "2"], ["a", "agent", "3"], ["c", "note", "4"], ["b", "bot", "5"]]
    found = reading(table(*rows), "a.csv")
    assert sorted(found.ids) == ["a", "b", "c"]
    texts = found.messages.groupby("conversation_id")["text"].agg(list).to_dict()
    assert texts == {"a": ["1", "3"], "b": ["2", "5"], "c": ["4"]}


def test_only_conversations_with_rows_to_come_are_held(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(table(*([str(i // 2), "customer", "x"] for i in range(5000))))
    batches = read(path)
    assert len(next(batches).conversations) == 1000
    assert [len(batch.conversations) for batch in batches] == [1000, 500]


@pytest.mark.parametrize(
    ("row", "conversation_id", "reason"),
    [
        (b"bad,boss,x", "bad", "message 2: role is 'boss', not one of customer, agent, bot, system, note"),
        (b"bad,,x", "bad", "message 2: role is missing"),
        (b"bad,agent,\xff\xfe", "bad", "is not UTF-8 text"),
        (b"bad,agent", "bad", "has 2 fields, the header has 3"),
        (b"bad,agent,x,y", "bad", "has 4 fields, the header has 3"),
        (b'bad,agent,"x" y', "bad", "is not valid CSV"),
    ],
)
def test_a_bad_row_refuses_its_whole_conversation_and_no_other(reading, row, conversation_id, reason):
    content = table(["a", "agent", "två\nrader"], ["bad", "customer", "x"]) + row + b"\nbad,customer,z\nb,agent,y\n"
    found = reading(content, "a.csv")
    assert found.ids == ["a", "b"]
    [(line, found_id, found_reason)] = found.refusals
    assert (line, found_id) == (5, conversation_id)
    assert reason in found_reason


def test_a_row_without_an_id_is_refused_alone(reading):
    found = reading(table(["a", "agent", "x"], [" ", "agent", "y"], ["a", "agent", "z"]), "a.csv")
    assert found.messages["text"].tolist() == ["x", "z"]
    assert found.refusals == [(3, None, "conversation_id is empty")]


def test_a_quote_that_nobody_closed_is_refused_with_the_lines_it_swallowed(reading):
    found = reading(table(["a", "agent", "x"]) + b'b,agent,"never closed\nc,agent,y\n', "a.csv")
    assert found.ids == ["a"]
    [(line, conversation_id, reason)] = found.refusals
    assert (line, conversation_id) == (3, "b")
    assert "up to line 4" in reason


def test_a_field_without_end_is_refused_and_reading_goes_on(reading, monkeypatch):
    monkeypatch.setattr(delimited, "LONGEST_FIELD", 1000)
    before = csv.field_size_limit(1000)
    try:
        found = reading(table(["a", "agent", "x"], ["b", "agent", "y" * 2000], ["c", "agent", "z"]), "a.csv")
    finally:
        csv.field_size_limit(before)
    assert found.ids == ["a", "c"]
    [(line, _, reason)] = found.refusals
    assert line == 3
    assert "larger than field limit" in reason


def test_a_time_without_zone_in_a_csv_names_its_line(reading):
    header = "conversation_id,role,text,sent_at"
    rows = [["a", "agent", "x", "2026-03-03T08:00Z"], ["a", "agent", "y", "2026-03-03 08:00"]]
    [(line, conversation_id, reason)] = reading(table(*rows, header=header), "a.csv").refusals
    assert (line, conversation_id) == (3, "a")
    assert "message 2: sent_at '2026-03-03 08:00:00' has no time zone" in reason


@pytest.mark.parametrize(("contiguous", "step"), [(True, 1), (False, 7)])
def test_every_cut_of_a_csv_gzip_gives_whole_conversations_or_none(reading, contiguous, step):
    ids = ["c1", "c1", "c12", "c12", "c123", "c123"] if contiguous else ["c1", "c2", "c1", "c1", "c2", "c2"]
    whole = table(*([i, "agent", f"text {n}"] for n, i in enumerate(ids)))
    packed = gzip.compress(whole, 0)
    for end in range(len(packed) - len(whole) + 18, len(packed), step):
        found = reading(packed[:end], "a.csv.gz")
        broken = [reason for *_, reason in found.refusals if "ends early" in reason]
        assert len(broken) == 1
        sizes = found.conversations.set_index("conversation_id")["n_messages"] if found.ids else {}
        if contiguous:
            assert all(sizes[i] == 2 for i in found.ids)


@pytest.mark.parametrize(
    ("header", "columns", "reason"),
    [
        (
            "id,who,what",
            None,
            r"no column for role, text; it has 'id', 'who', 'what'.*columns={'conversation_id': 'id'",
        ),
        ("id,role,text", {"conversation_id": "Id"}, "no column 'Id', named for conversation_id; it has 'id'"),
        ("conversation_id,role,text", {"sent_at": "Date"}, "no column 'Date', named for sent_at"),
        (
            "conversation_id,role,text",
            {"body": "text"},
            "our 'body' .*which there is not; known are conversation_id, role",
        ),
        ("conversation_id,role,text,text", None, "two columns 'text', wanted for text"),
        ("single", None, "no column for conversation_id"),
    ],
)
def test_a_column_map_that_does_not_fit_shows_the_columns_that_are(tmp_path, header, columns, reason):
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\n1,2,3\n")
    with pytest.raises(FileFormatError, match=reason):
        read(path, columns=columns)


def test_a_header_that_is_not_of_its_encoding_is_refused(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"conversation_id,role,text,\xe4\n" + "1,agent,x,ä\n".encode() * 2)
    with pytest.raises(FileFormatError, match="is not UTF-8 text; save the file as CSV"):
        read(path)


def test_the_example_of_the_documentation_is_imported(reading):
    guide = (Path(__file__).parent.parent / "docs" / "importing.md").read_text(encoding="utf-8")
    example = guide.split("```json\n")[1].split("```")[0]
    found = reading(lines(json.loads(example)))
    [row] = found.conversations.to_dict("records")
    assert (row["agent"], row["customer"], row["language"], row["plan"]) == ("mei", "nora", "en", "paying")
    assert found.messages["votes"][1] == 4
    assert all(f"`{name}`" in guide for name in (*ROLES, *_columns.NAMES))


# Properties

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
times = (
    st.none()
    | st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
    | st.datetimes().map(datetime.isoformat)
    | st.text(max_size=12)
)
message_like = st.fixed_dictionaries(
    {"role": st.sampled_from([*ROLES, "boss"]), "text": st.text(st.characters(exclude_categories=()))},
    optional={"sent_at": times, "author": st.none() | st.text(max_size=4), "x": anything},
)
record_like = st.fixed_dictionaries(
    {"conversation_id": st.text(max_size=3) | st.integers(), "messages": st.lists(message_like | anything, max_size=3)},
    optional={"channel": st.text(max_size=5) | anything, "labels": anything, "y": anything},
)
hostile = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read_bytes(content, name, **options):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        return Read(read(path, **options))


def _as_it_was(found, original):
    head = found.conversations.set_index("conversation_id").loc[original["conversation_id"]]
    body = found.messages[found.messages["conversation_id"] == original["conversation_id"]]
    assert head["n_messages"] == len(original["messages"])
    assert body["text"].tolist() == [m["text"] for m in original["messages"]]
    assert body["role"].tolist() == [m["role"] for m in original["messages"]]
    for label, value in (original.get("labels") or {}).items():
        assert head["labels"][label] == value
    for sent_at, m in zip(body["sent_at"], original["messages"], strict=True):
        given_time = m.get("sent_at")
        assert pd.isna(sent_at) if given_time is None else sent_at == datetime.fromisoformat(given_time)


@hostile
@given(st.lists(record_like | anything, min_size=1, max_size=4))
def test_any_record_comes_back_as_it_was_or_is_refused_with_line_and_reason(records):
    found = _read_bytes(lines(*(json.dumps(r) for r in records)), "a.jsonl", source="jsonl")
    refused_lines = {line for line, _, reason in found.refusals if reason}
    assert len(refused_lines) == len(found.refusals)
    assert len(found.ids) + found.known + len(refused_lines) == len(records)
    first_seen = set()
    for line, original in enumerate(records, start=1):
        if line not in refused_lines and original["conversation_id"] not in first_seen:
            first_seen.add(original["conversation_id"])
            _as_it_was(found, original)
    assert first_seen == set(found.ids)


@hostile
@given(st.binary(max_size=300), st.sampled_from(["jsonl", "csv"]))
def test_bytes_of_any_kind_raise_nothing_but_a_file_error(noise, source):
    good = table(["good", "agent", "x"]) if source == "csv" else lines(record("good"))
    found = _read_bytes(good + noise, f"a.{source}", source=source)
    assert set(found.refused["line"]) <= set(range(2, 400))
    with contextlib.suppress(FileFormatError):
        _read_bytes(noise, "noise")


@hostile
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(ROLES), st.text(st.characters(exclude_categories=["Cs"]))),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(",;\t|"),
)
def test_any_csv_written_by_a_csv_writer_comes_back(rows, delimiter):
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows([("conversation_id", "role", "text"), *rows])
    found = _read_bytes(out.getvalue().encode(), "a.csv", source="csv")
    assert found.refusals == []
    for conversation_id in {i for i, *_ in rows}:
        body = found.messages[found.messages["conversation_id"] == conversation_id]
        assert list(zip(body["role"], body["text"], strict=True)) == [r[1:] for r in rows if r[0] == conversation_id]
