"""JSON Lines are decoded typed, many at a time; what comes out is what the close look at each line gives."""

from __future__ import annotations

import gc
import gzip
import json
import subprocess
import sys
import tempfile
import typing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_toolkit.conversations import ROLES, read, validate_conversations, validate_messages
from qa_toolkit.conversations.importers import _plain, jsonl


def conversation(conversation_id: str = "c", *messages: dict, **more: object) -> dict:
    return {"conversation_id": conversation_id, "messages": list(messages) or [said()], **more}


def said(role: str = "customer", text: str = "Hello", **more: object) -> dict:
    return {"role": role, "text": text, "sent_at": "2026-03-03T08:14:00Z", "author": f"{role}-1", **more}


def lines(*records: dict) -> bytes:
    return "".join(json.dumps(record) + "\n" for record in records).encode()


def batches(content: bytes, closely: bool = False, name: str = "export.jsonl") -> list:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder) / name
        path.write_bytes(content)
        if closely:
            patch.setattr(jsonl, "decode_plain", lambda _lines: None)
        return list(read(path, source="jsonl"))


def assert_same(content: bytes) -> None:
    quick, close = batches(content), batches(content, closely=True)
    assert len(quick) == len(close)
    for ours, theirs in zip(quick, close, strict=True):
        pd.testing.assert_frame_equal(ours.conversations, theirs.conversations)
        pd.testing.assert_frame_equal(ours.messages, theirs.messages)
        pd.testing.assert_frame_equal(ours.refused, theirs.refused)
        assert ours.known == theirs.known
        pd.testing.assert_frame_equal(validate_conversations(ours.conversations), ours.conversations)
        pd.testing.assert_frame_equal(validate_messages(ours.messages), ours.messages)


scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=4)
values = st.recursive(scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(st.text(max_size=3), v, max_size=3))
zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = (
    st.datetimes(timezones=zones | st.just(UTC)).map(datetime.isoformat)
    | st.datetimes(timezones=st.just(UTC)).map(lambda time: time.strftime("%Y-%m-%d %H:%M:%SZ"))
    | st.datetimes().map(datetime.isoformat)
    | st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9]([ T][0-2][0-9](:[0-5][0-9](:[0-6][0-9](\.[0-9]{1,9})?)?)?)?"
        r"(Z|z|[+-][0-2][0-9](:?[0-5][0-9])?)?",
        fullmatch=True,
    )
)
messages = st.fixed_dictionaries(
    {"role": st.sampled_from(ROLES), "text": st.text(max_size=9)},
    optional={
        "author": st.none() | st.sampled_from(["", "Ann", "Bo", "Cy"]),
        "sent_at": st.none() | times,
        "votes": scalars,
        "attachments": st.lists(st.text(max_size=3) | scalars, max_size=2),
        "x": values,
    },
)
labels = st.dictionaries(st.sampled_from(["subject", "language", "locale", "plan", "votes", "tags", "x"]), values)
records = st.fixed_dictionaries(
    {"conversation_id": st.sampled_from([*"abcdefgh", " "]), "messages": st.lists(messages, max_size=6)},
    optional={
        "channel": st.none() | st.sampled_from(["", "chat"]),
        "source": st.none() | st.text(max_size=2),
        "labels": st.none()
        | labels
        | st.fixed_dictionaries({"plan": st.sampled_from([" Free", "paying", "gold"]), "language": st.just("pt_BR")}),
        "more": values,
    },
)


@settings(max_examples=100, deadline=None)
@given(st.lists(records, min_size=1, max_size=9))
def test_the_quick_way_gives_what_the_close_look_gives(found: list[dict]) -> None:
    assert_same(lines(*found))


@settings(max_examples=150, deadline=None)
@given(times)
def test_a_time_is_read_as_the_close_look_reads_it_or_left_to_it(time: str) -> None:
    assert_same(lines(conversation("a", said(sent_at=time)), conversation("b")))


def test_the_roles_of_the_quick_way_are_those_of_the_schema() -> None:
    hints = typing.get_type_hints(_plain.PlainMessage)
    assert typing.get_args(hints["role"]) == ROLES


def test_plain_lines_take_the_quick_way() -> None:
    content = lines(*(conversation(str(n), said(), said("agent"), labels={"tags": ["a"]}) for n in range(5)))
    assert _plain.decode_plain(content.splitlines()) is not None


def test_a_line_that_is_not_plain_stands_between_plain_ones_without_a_change_of_order() -> None:
    odd = [conversation(str(n), said(votes=3) if n % 3 == 0 else said()) for n in range(20)]
    odd[7]["messages"] = []
    content = lines(*odd).replace(b"\n", b"\n\n", 4)
    assert_same(content)
    [batch] = batches(content)
    assert batch.conversations["conversation_id"].tolist() == [str(n) for n in range(20) if n != 7]
    assert batch.refused["line"].tolist() == [12]


def test_a_time_that_is_odd_is_looked_at_closely_and_those_around_it_are_not_lost() -> None:
    given_times = ["2026-03-03T08:00:00Z", "20260303T080000Z", "yesterday", "0001-01-01T00:00:00+09:00", None]
    content = lines(*(conversation(str(n), said(sent_at=time)) for n, time in enumerate(given_times)))
    assert_same(content)
    [batch] = batches(content)
    assert batch.conversations["conversation_id"].tolist() == ["0", "1", "4"]
    assert batch.refused["line"].tolist() == [3, 4]


def test_the_same_content_written_in_another_way_is_known() -> None:
    first = conversation("a", said(text="ü €"), labels={"x": [1, {"y": 2.5}], "n": 2**80})
    second = dict(reversed(first.items()))
    content = lines(first) + json.dumps(second, ensure_ascii=False, indent=None).encode() + b"\r\n" + lines(first)
    [batch] = batches(content)
    assert (len(batch.conversations), batch.known, len(batch.refused)) == (1, 2, 0)


def test_the_files_of_a_folder_are_read_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "a.jsonl").write_bytes(lines(conversation("1"), conversation("2")))
    (tmp_path / "b" / "c.jsonl.gz").write_bytes(gzip.compress(lines(conversation("3"), conversation("1", channel="x"))))
    told: list[tuple[int, int]] = []
    [batch] = read(tmp_path, progress=lambda done, total: told.append((done, total)))
    assert batch.conversations["conversation_id"].tolist() == ["1", "2", "3"]
    [refused] = batch.refused.to_dict("records")
    assert (refused["file"], refused["line"]) == ("b/c.jsonl.gz", 2)
    assert refused["reason"].startswith("a.jsonl, line 1 has the same conversation_id with other content")
    size = sum(path.stat().st_size for path in tmp_path.rglob("*.*"))
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


# Bombs


def test_a_line_beyond_the_limit_is_refused_and_the_next_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LONGEST_LINE", 1 << 20)
    long = conversation("long", said(text="x" * (2 << 20)))
    for content in (
        lines(conversation("a"), long, conversation("b"), long, conversation("c")),
        lines(conversation("a"), long, conversation("b"), long, conversation("c")).rstrip(),
    ):
        [batch] = batches(content)
        assert batch.conversations["conversation_id"].tolist() == ["a", "b", "c"]
        assert batch.refused["line"].tolist() == [2, 4]
        assert batch.refused["reason"].str.contains("longer than 1 MiB").all()
    [batch] = batches(lines(conversation("a"), long).rstrip())
    assert batch.refused["line"].tolist() == [2]


BOMB = """
import resource
import sys
from qa_toolkit.conversations import read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
[batch] = read(sys.argv[1])
print(len(batch.conversations), batch.refused["line"].tolist(), batch.refused["reason"][0])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("filling", [b"x", b'{"a":'], ids=["text", "objects"])
def test_a_small_gzip_of_one_endless_line_is_refused_in_little_memory(tmp_path: Path, filling: bytes) -> None:
    path = tmp_path / "bomb.jsonl.gz"
    with gzip.open(path, "wb", compresslevel=1) as out:
        out.write(lines(conversation("before")) + b'{"conversation_id": "')
        for _ in range(200):
            out.write(filling * ((1 << 20) // len(filling)))
        out.write(b"\n" + lines(conversation("after")))
    assert path.stat().st_size < 4 << 20
    done = subprocess.run([sys.executable, "-c", BOMB, str(path)], capture_output=True, text=True, check=True)
    said_of_it, megabytes = done.stdout.strip().splitlines()
    assert said_of_it.startswith("2 [2] is longer than 16 MiB")
    assert int(megabytes) < 120


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        ('{"conversation_id": "x", "labels": ' + "[" * 200 + "]" * 200 + ', "messages": []}', "labels is a list"),
        (
            '{"conversation_id": "x", "messages": [{"role": "bot", "text": ""}], "labels": {"a": '
            + "[" * 200
            + "]" * 200
            + "}}",
            "nested more than 100 deep",
        ),
        ('{"conversation_id": "x", "labels": {"n": ' + "9" * 100_000 + "}}", "is not valid JSON"),
        ('{"conversation_id": "x", "labels": {"n": 1e99999}}', "is not valid JSON"),
        ('{"conversation_id": ' + "9" * 400 + "}", "conversation_id is a number"),
    ],
)
def test_deep_nesting_and_huge_numbers_are_refused_by_line(bad: str, reason: str) -> None:
    [batch] = batches(lines(conversation("a")) + bad.encode() + b"\n" + lines(conversation("b")))
    assert batch.conversations["conversation_id"].tolist() == ["a", "b"]
    [refused] = batch.refused.to_dict("records")
    assert refused["line"] == 2
    assert reason in refused["reason"]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    peaks = []
    for n in (2_000, 20_000):
        with path.open("wb") as out:
            for i in range(n):
                out.write(lines(conversation(str(i), *[said(text="word " * 40)] * 4)))
        done = subprocess.run([sys.executable, "-c", COUNT, str(path)], capture_output=True, text=True, check=True)
        found, megabytes = map(int, done.stdout.split())
        assert found == n
        peaks.append(megabytes)
    assert peaks[1] < peaks[0] + 40


COUNT = """
import resource, sys
from qa_toolkit.conversations import read
found = sum(len(batch.conversations) for batch in read(sys.argv[1]))
print(found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


# The garbage collector


def test_the_collector_is_as_it_was_when_the_reading_ends_or_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    path.write_bytes(lines(*(conversation(str(n)) for n in range(1500))))
    threshold = gc.get_threshold()
    assert len(list(read(path))) == 2
    assert (gc.get_threshold(), gc.get_freeze_count()) == (threshold, 0)
    reading = read(path)
    next(reading)
    reading.close()
    assert (gc.get_threshold(), gc.get_freeze_count()) == (threshold, 0)
