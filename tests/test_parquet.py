"""Parquet: tables of others, exports of ours in parts, and files that are damaged or of the wrong types."""

from __future__ import annotations

import contextlib
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_toolkit.conversations import guess_columns, read
from qa_toolkit.conversations.importers import parquet
from qa_toolkit.errors import ColumnsError, FileFormatError

ROLES = ["user", "agent"]


def write(path: Path, columns: dict, **options) -> Path:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(columns), path, **options)
    return path


def joined(path: Path, **options) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    batches = list(read(path, **options))
    names = ("conversations", "messages", "refused")
    return tuple(pd.concat([getattr(b, n) for b in batches], ignore_index=True) for n in names)


def table(n: int = 4) -> dict:
    return {
        "conversation_id": pa.array([i // 2 for i in range(n)]),
        "role": pa.array([ROLES[i % 2] for i in range(n)]).dictionary_encode(),
        "text": [f"text {i}" for i in range(n)],
        "sent_at": pa.array([datetime(2026, 3, 4, 14, 5)] * n, pa.timestamp("us")),
        "score": [1.0, None, 2.5, 2.5] * (n // 4),
        "tags": [["a", "b"]] * n,
    }


def test_a_table_of_messages_is_read_like_a_csv(tmp_path: Path) -> None:
    conversations, messages, refused = joined(write(tmp_path / "a.parquet", table()), zone="Europe/Berlin")
    assert refused.empty
    assert conversations["conversation_id"].tolist() == ["0", "1"]
    assert conversations["labels"].tolist() == [
        {"score": ["1", ""], "tags": '["a","b"]'},
        {"score": "2.5", "tags": '["a","b"]'},
    ]
    assert messages["role"].tolist() == ["customer", "agent"] * 2
    assert set(messages["sent_at"]) == {pd.Timestamp("2026-03-04T13:05Z")}


def test_times_with_a_zone_and_ids_that_pandas_made_floats(tmp_path: Path) -> None:
    columns = table() | {
        "conversation_id": pa.array([1.0, 1.0, 2.0, None]),
        "sent_at": pa.array([datetime(2026, 3, 4, 14, 5, tzinfo=UTC)] * 4, pa.timestamp("ns", "Asia/Tokyo")),
    }
    conversations, messages, refused = joined(write(tmp_path / "a.parquet", columns))
    assert conversations["conversation_id"].tolist() == ["1", "2"]
    assert set(messages["sent_at"]) == {pd.Timestamp("2026-03-04T14:05Z")}
    assert refused[["line", "reason"]].values.tolist() == [[4, "conversation_id is empty"]]


def test_columns_of_other_names_are_guessed(tmp_path: Path) -> None:
    names = {"conversation_id": "ticket_id", "role": "author_type", "text": "body", "sent_at": "createdAt"}
    path = write(tmp_path / "a.parquet", {names.get(name, name): values for name, values in table().items()})
    with pytest.raises(ColumnsError) as caught:
        read(path)
    assert caught.value.guess == names
    assert guess_columns(path).set_index("ours")["theirs"].to_dict() == names
    assert len(joined(path, columns=names, zone="UTC")[1]) == 4


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("text", [1.5] * 4, "the column 'text', wanted for text, is double, not text"),
        ("text", [b"x"] * 4, "is binary, not text"),
        ("role", [["user"]] * 4, "wanted for role, is list"),
        ("sent_at", [["x"]] * 4, "wanted for sent_at, is list"),
        ("conversation_id", [{"a": 1}] * 4, "wanted for conversation_id, is struct"),
    ],
)
def test_columns_of_the_wrong_type_are_refused(tmp_path: Path, column: str, values: list, message: str) -> None:
    with pytest.raises(FileFormatError, match=message):
        read(write(tmp_path / "a.parquet", table() | {column: values}), zone="UTC")


def test_the_files_of_a_folder_are_one(tmp_path: Path) -> None:
    write(tmp_path / "out" / "part-0.parquet", table(4))
    late = {name: values[3:] for name, values in table(4).items()}
    write(tmp_path / "out" / "part-1.parquet", late)
    write(tmp_path / "out" / "part-2.parquet", {"conversation_id": ["x"], "text": ["x"]})
    steps: list[tuple[int, int]] = []
    conversations, _, refused = joined(tmp_path / "out", zone="UTC", progress=lambda *step: steps.append(step))
    assert conversations["n_messages"].tolist() == [2, 3]
    assert refused["file"].tolist() == ["part-2.parquet"]
    assert "has other columns than the first file" in refused["reason"][0]
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert len(set(steps[-1])) == 1


def nested(*rows: dict) -> dict:
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}


MESSAGE = {"role": "customer", "text": "x", "sent_at": datetime(2026, 3, 4, 14, 5, tzinfo=UTC), "extra": '{"a": [1]}'}


def test_conversations_with_messages_inside_may_be_of_others(tmp_path: Path) -> None:
    rows = [
        {"conversation_id": "a", "labels": '{"csat": 2}', "messages": [MESSAGE], "score": 7, "agent": "not read"},
        {"conversation_id": "b", "labels": "{", "messages": [MESSAGE]},
        {"conversation_id": "c", "messages": [MESSAGE | {"role": "boss"}]},
        {"conversation_id": None, "messages": [MESSAGE]},
        {"conversation_id": "d", "messages": []},
    ]
    conversations, messages, refused = joined(write(tmp_path / "a.parquet", nested(*rows)))
    assert conversations["labels"].tolist() == [{"csat": 2, "extra": {"score": 7}}]
    assert messages["extra"].tolist() == [{"a": [1]}]
    assert refused["line"].tolist() == [2, 3, 4, 5]
    assert "not valid JSON" in refused["reason"][0]
    with pytest.raises(FileFormatError, match="leave columns= out"):
        read(tmp_path / "a.parquet", columns={"text": "x"})


def test_groups_of_rows_that_are_too_large_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.parquet", table())
    monkeypatch.setattr(parquet, "LARGEST_GROUP", 100)
    with pytest.raises(FileFormatError, match="write it with smaller ones"):
        read(path)


def test_a_file_that_is_damaged_gives_what_stands_before(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(4000), row_group_size=500)
    raw = bytearray(path.read_bytes())
    group = pq.ParquetFile(path).metadata.row_group(5)
    start = group.column(2).dictionary_page_offset or group.column(2).data_page_offset
    raw[start : start + 200] = b"\xff" * 200
    path.write_bytes(raw)
    conversations, _, refused = joined(path, zone="UTC")
    assert 900 <= len(conversations) < 2000
    assert (conversations["n_messages"] == 2).all()
    assert "the Parquet file is damaged" in refused["reason"][0]


def test_text_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    """Arrow takes such bytes without looking, and only whoever reads the text stumbles over them."""
    text = pa.array([b"fine", b"f\xf2r", b"fine", b"fine"]).cast(pa.binary())
    unchecked = pa.Array.from_buffers(pa.string(), 4, text.buffers())
    path = write(tmp_path / "a.parquet", table() | {"text": unchecked})
    batches = list(read(path, zone="UTC"))
    assert [batch.refused["reason"].str.contains("is damaged").tolist() for batch in batches] == [[True]]
    assert batches[0].conversations.empty


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1" + b"\0" * 50, b"PAR1" + b"\xff" * 8 + b"PAR1"])
def test_what_is_no_parquet_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.parquet").write_bytes(content)
    with pytest.raises(FileFormatError, match="is a damaged Parquet file"):
        read(tmp_path / "a.parquet")


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=6), st.booleans())
def test_a_file_with_bytes_changed_raises_nothing_but_a_file_error(place: int, noise: bytes, inside: bool) -> None:
    columns = nested({"conversation_id": "a", "messages": [MESSAGE]}) if inside else table(400)
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "a.parquet", columns)
        raw = bytearray(path.read_bytes())
        place %= len(raw)
        raw[place : place + len(noise)] = noise
        path.write_bytes(raw)
        with contextlib.suppress(FileFormatError):
            conversations, messages, _ = joined(path, source="parquet", zone="UTC")
            assert len(messages) == conversations["n_messages"].sum()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(ROLES), texts), min_size=1, max_size=8))
def test_any_table_comes_back(rows: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        columns = dict(zip(("conversation_id", "role", "text"), map(list, zip(*rows, strict=True)), strict=True))
        _, messages, refused = joined(write(Path(folder) / "a.parquet", columns))
    assert refused.empty
    for conversation_id in {row[0] for row in rows}:
        body = messages[messages["conversation_id"] == conversation_id]
        assert body["text"].tolist() == [row[2] for row in rows if row[0] == conversation_id]


def test_times_that_nobody_can_hold_are_refused_alone(tmp_path: Path) -> None:
    columns: dict = {"conversation_id": ["a", "b"], "role": ["agent"] * 2, "text": ["x", "y"]}
    for kind in (pa.timestamp("us", "UTC"), pa.timestamp("us", "Nowhere/There")):
        pq.write_table(pa.table(columns | {"sent_at": pa.array([2**62, 1], kind)}), tmp_path / "a.parquet")
        conversations, _, refused = joined(tmp_path / "a.parquet")
        assert len(conversations) + len(refused) == 2
        assert "a" in set(refused["conversation_id"])
