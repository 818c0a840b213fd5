"""Exports: what is written comes back as it was, or harmless in a spreadsheet; a file is whole and remembered."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from conftest import conversation_frames
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_toolkit import open_project
from qa_toolkit.conversations import read
from qa_toolkit.conversations.cells import MESSAGE_TABLE, plain_text, safe_text
from qa_toolkit.errors import ExportError, NotFoundError
from qa_toolkit.exchange import exporting, raw, tables
from qa_toolkit.project import Project
from qa_toolkit.store import Act

pytestmark = pytest.mark.every_database

PAYLOADS = [
    "=1+1",
    "+44 20 7946 0000",
    "-5.00",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    " \u00a0=1",
    "\ufeff\u200b@x",
    "\u2060=1",
    "\u200e\u3000=1",
    "'quoted",
    "'=1",
    '=HYPERLINK("https://x.example","y")',
    "https://x.example",
    "plain",
]
NUL = "\0=1"  # PostgreSQL stores none


def line(conversation_id: str, *texts: str, **more) -> dict:
    messages = [
        {"role": ("customer", "agent")[i % 2], "text": text, "sent_at": "2026-03-03T08:14:00.123456Z", "author": "Nora"}
        for i, text in enumerate(texts)
    ]
    return {"conversation_id": conversation_id, "channel": "chat", "source": "desk", "messages": messages} | more


@pytest.fixture
def payloads(backend: str) -> list[str]:
    """What a spreadsheet could act on, as far as the database takes it."""
    return PAYLOADS if backend == "postgresql" else [*PAYLOADS, NUL]


@pytest.fixture
def project(url: str, tmp_path: Path, payloads: list[str]) -> Iterator[Project]:
    project = open_project(url)
    put(project, tmp_path, line("a", *payloads), line("b", "Hello", "Hi"), line("c", "Where?"))
    yield project
    project.store.close()


def put(project: Project, folder: Path, *records: dict) -> None:
    path = folder / "in.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    summary = project.import_file(path, redaction=False)
    assert summary.refused.empty


def sheet(path: Path) -> list[list]:
    return [[cell.value for cell in row] for row in openpyxl.load_workbook(path).active.iter_rows()]


# Without loss

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


@st.composite
def messages_like(draw):
    text = draw(texts)
    times = st.none() | st.datetimes(timezones=st.just(UTC)).map(lambda time: time.isoformat())
    message = {
        "role": draw(st.sampled_from(["customer", "agent", "bot", "note"])),
        "text": text,
        "sent_at": draw(times),
    }
    message |= draw(st.fixed_dictionaries({}, optional={"author": texts, "votes": st.integers(0, 2**60)}))
    message |= draw(st.fixed_dictionaries({}, optional={"attachments": st.lists(texts, max_size=2), "odd": json_like}))
    if len(text) > 3 and draw(st.booleans()):
        message["folded"] = [{"start": 1, "end": len(text), "kind": "quote"}]
    return message


votes_like = st.fixed_dictionaries({"message": st.integers(0, 2), "helpful": st.integers(0, 9)})
labels_like = st.fixed_dictionaries(
    {},
    optional={
        "subject": texts | st.integers(),
        "language": texts,
        "locale": texts,
        "plan": st.sampled_from(["free", "Paying", "x"]),
        "votes": st.lists(
            st.fixed_dictionaries({"message": st.integers(0, 2), "helpful": st.integers(0, 9)}), max_size=2
        ),
        "extra": json_like,
        "more": json_like,
    },
)


records_like = st.tuples(st.lists(messages_like(), min_size=1, max_size=3), labels_like, json_like)


def without_nul(value: Any) -> Any:
    if isinstance(value, dict):
        return {without_nul(key): without_nul(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nul(inner) for inner in value]
    return value.replace("\0", "0") if isinstance(value, str) else value


@pytest.fixture
def fresh(backend: str, request: pytest.FixtureRequest) -> Callable[[Path], AbstractContextManager[str]]:
    """Lends the URL of an empty database, for one example of many."""
    if backend == "sqlite":
        return lambda folder: nullcontext(f"sqlite:///{folder}/one.db")
    server = request.getfixturevalue("server")
    return lambda _: server.database()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(records=st.lists(records_like, min_size=1, max_size=3))
def test_any_conversations_come_back_from_what_was_exported(records: list[tuple], fresh, backend: str) -> None:
    rows = [
        {"conversation_id": f"c{i}", "messages": messages, "labels": labels, "odd": odd}
        for i, (messages, labels, odd) in enumerate(records)
    ]
    with tempfile.TemporaryDirectory() as name, fresh(Path(name)) as url:
        folder = Path(name)
        project = open_project(url)
        put(project, folder, *(without_nul(rows) if backend == "postgresql" else rows))
        for ending in (".jsonl", ".jsonl.gz", ".parquet"):
            path = folder / f"out{ending}"
            project.export(path)
            again = project.import_file(path, redaction=False)
            assert (again.added, again.known, len(again.refused)) == (0, len(rows), 0)
            batches = list(read(path))
            for frame in ("conversations", "messages"):
                found = pd.concat([getattr(batch, frame) for batch in batches], ignore_index=True)
                pd.testing.assert_frame_equal(found, getattr(project, frame)())
        project.store.close()


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".parquet"])
def test_many_conversations_come_back_in_their_order(url: str, tmp_path: Path, ending: str, monkeypatch) -> None:
    monkeypatch.setattr(exporting, "CHUNK", 7)
    monkeypatch.setattr(raw, "ROWS_PER_GROUP", 10)
    project = open_project(url)
    project.store.add_conversations(*conversation_frames(60))
    steps: list[tuple[int, int]] = []
    done = project.export(tmp_path / f"out{ending}", progress=lambda *step: steps.append(step))
    assert str(done) == f"60 conversations written to {tmp_path}/out{ending}"
    assert steps == [(min(i, 60), 60) for i in range(7, 67, 7)]
    other = open_project(f"sqlite:///{tmp_path}/other.db")
    assert other.import_file(tmp_path / f"out{ending}", redaction=False).added == 60
    pd.testing.assert_frame_equal(other.messages(), project.messages())
    names = [name for name in project.conversations() if name != "labels"]
    pd.testing.assert_frame_equal(other.conversations()[names], project.conversations()[names])


def test_whole_numbers_beyond_64_bits_and_dates_far_off_come_back(project: Project, tmp_path: Path) -> None:
    odd = line("big", "x", labels={"n": 2**70, "m": -(2**63) - 1})
    odd["messages"][0]["sent_at"] = "9999-12-31T23:59:59.999999Z"
    put(project, tmp_path, odd)
    for ending in (".jsonl", ".parquet"):
        project.export(tmp_path / f"out{ending}")
        assert project.import_file(tmp_path / f"out{ending}", redaction=False).known == 4


# For people


@pytest.mark.parametrize("text", [*PAYLOADS, NUL])
def test_a_text_is_never_a_formula_and_comes_back(text: str) -> None:
    seen = safe_text(text).lstrip(" \u00a0\u200b\ufeff\u2060\u200e\u3000\x0b\x1f\u00ad\u2028")
    assert not seen.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝"))
    assert plain_text(safe_text(text)) == text


@given(st.text())
def test_any_text_comes_back_from_a_cell(text: str) -> None:
    assert plain_text(safe_text(text)) == text
    assert not safe_text(text).startswith(tuple("=+-@\t\r\n\0＝＋－＠"))


def test_a_csv_opens_in_excel_and_comes_back(project: Project, tmp_path: Path, payloads: list[str]) -> None:
    path = tmp_path / "out.csv"
    assert project.export(path, "messages").rows == len(payloads) + 3
    content = path.read_bytes()
    assert content.startswith(b'\xef\xbb\xbf"conversation_id","position","role"')
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["text"] == "'=1+1"
    assert rows[0]["sent_at"] == "2026-03-03T08:14:00.123456+00:00"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    messages = pd.concat([batch.messages for batch in read(path)])
    assert messages[messages["conversation_id"] == "a"]["text"].tolist() == payloads


def test_an_excel_file_holds_no_formula_and_no_link_and_comes_back(
    project: Project, tmp_path: Path, payloads: list[str]
) -> None:
    path = tmp_path / "out.xlsx"
    project.export(path, "messages")
    book = openpyxl.load_workbook(path)
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n"}
    assert not any(cell.hyperlink for cell in cells)
    assert tuple(sheet(path)[0]) == MESSAGE_TABLE
    messages = pd.concat([batch.messages for batch in read(path)])
    shown = [text.replace("\0", "\ufffd").replace("\r", "\n") for text in payloads]
    assert messages[messages["conversation_id"] == "a"]["text"].tolist() == shown


def test_messages_in_parquet_are_raw_and_come_back(project: Project, tmp_path: Path, payloads: list[str]) -> None:
    full = line("full", "'=1")
    full["messages"][0] |= {"votes": 3, "attachments": ["a.png", "b.pdf"]}
    put(project, tmp_path, full)
    project.export(tmp_path / "m.parquet", "messages")
    messages = pd.concat([batch.messages for batch in read(tmp_path / "m.parquet")])
    assert messages[messages["conversation_id"] == "a"]["text"].tolist() == payloads
    row = messages[messages["conversation_id"] == "full"].iloc[0]
    assert (row["text"], row["votes"], row["attachments"]) == ("'=1", 3, ["a.png", "b.pdf"])


def test_a_table_of_others_keeps_its_apostrophes(tmp_path: Path) -> None:
    path = tmp_path / "theirs.csv"
    path.write_text("conversation_id,role,text\n1,user,'=1\n", encoding="utf-8")
    assert next(read(path)).messages["text"].tolist() == ["'=1"]


def test_votes_attachments_and_labels_in_tables(project: Project, tmp_path: Path) -> None:
    full = line("full", "x", labels={"subject": "=S", "csat": 2})
    full["messages"][0] |= {"votes": 3, "attachments": ["a.png", "b.pdf"]}
    put(project, tmp_path, full)
    project.sample("all", 4)
    project.export(tmp_path / "m.csv", "messages")
    [batch] = read(tmp_path / "m.csv")
    row = batch.messages[batch.messages["conversation_id"] == "full"].iloc[0]
    assert (row["votes"], row["attachments"]) == (3, ["a.png", "b.pdf"])
    assert batch.conversations.set_index("conversation_id").loc["full", "labels"] == {"subject": "=S"}
    project.export(tmp_path / "c.xlsx")
    rows = sheet(tmp_path / "c.xlsx")
    found = dict(zip(rows[0], rows[-1], strict=True))
    assert (found["subject"], found["n_messages"]) == ("'=S", 1)
    assert json.loads(found["labels"]) == {"subject": "=S", "csat": 2}


def test_what_a_cell_cannot_hold_is_cut_with_a_mark_and_counted(project: Project, tmp_path: Path) -> None:
    put(project, tmp_path, line("long", "x" * 32_767, "💥" * 16_384, "\x01 and \ud7ff"))
    done = project.export(tmp_path / "out.xlsx", "messages")
    assert done.cut == 1
    assert "1 texts were too long for a cell of Excel" in str(done)
    texts = [row[4] for row in sheet(tmp_path / "out.xlsx") if row[0] == "long"]
    assert texts[0] == "x" * 32_767
    assert texts[1].endswith(tables.CUT)
    assert len(texts[1].encode("utf-16-le")) // 2 <= 32_767
    assert texts[2] == "\ufffd and \ud7ff"


def test_more_rows_than_a_sheet_holds_are_refused_before_anything_is_written(project, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", 5)
    with pytest.raises(ExportError, match=r"a sheet of Excel holds 5 messages; export a sample, or to \.csv"):
        project.export(tmp_path / "out.xlsx", "messages")
    assert not (tmp_path / "out.xlsx").exists()


@pytest.mark.parametrize("ending", [".jsonl", ".parquet", ".csv", ".xlsx"])
def test_messages_and_ratings_in_every_kind(store, tmp_path: Path, ending: str) -> None:
    rating = {
        "commandment": "listen",
        "rating": "fail",
        "evidence": [{"position": 1}],
        "comment": "=no",
        "root_causes": ["x"],
    }
    for kind, payload in (("rating", rating), ("submit", {})):
        slot = "rating:listen" if kind == "rating" else "status"
        store.append(Act(f"u-{kind}", "ruth", kind, slot, "c0", "h" * 64, "first", payload))
    project = Project(store)
    assert project.export(tmp_path / f"m{ending}", "messages", "first").rows == 24
    assert project.export(tmp_path / f"r{ending}", "ratings").rows == 1
    content = (tmp_path / f"r{ending}").read_bytes()
    if ending == ".csv":
        assert b'"\'=no"' in content
    if ending == ".jsonl":
        assert json.loads(content)["evidence"] == [{"position": 1}]
    if ending == ".parquet":
        frame = pd.read_parquet(tmp_path / f"r{ending}")
        assert frame["comment"].tolist() == ["=no"]
        assert json.loads(frame["evidence"][0]) == [{"position": 1}]
        assert pd.read_parquet(tmp_path / f"m{ending}")["sent_at"].dt.tz is not None


# A file is whole, and remembered


def test_an_export_is_remembered_with_whose_texts_are_in_it(project: Project, tmp_path: Path) -> None:
    project.sample("one", 1)
    [inside] = project.store.sample("one")["conversation_id"]
    project.export(tmp_path / "all.jsonl")
    project.export(tmp_path / "one.csv", "messages", "one")
    frame = project.store.exports().set_index("path")
    assert frame.loc[str(tmp_path / "all.jsonl"), "conversation_ids"] is None
    assert frame.loc[str(tmp_path / "one.csv"), "conversation_ids"] == [inside]
    assert frame.loc[str(tmp_path / "one.csv"), "kind"] == "messages"
    for path, sha256 in frame["sha256"].items():
        assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == sha256


@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".parquet", ".csv", ".xlsx"])
def test_a_failure_leaves_nothing_behind_and_what_was_there_as_it_was(project, tmp_path, monkeypatch, ending) -> None:
    path = tmp_path / "out" / f"x{ending}"
    path.parent.mkdir()
    path.write_text("before")

    def broken(conversations, messages):
        if "c" in set(conversations["conversation_id"]):
            raise KeyboardInterrupt
        return exporting_nested(conversations, messages)

    exporting_nested = exporting.nested
    monkeypatch.setattr(exporting, "CHUNK", 1)
    monkeypatch.setattr(exporting, "nested", broken)
    with pytest.raises(KeyboardInterrupt):
        project.export(path, "messages", overwrite=True)
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    assert path.read_text() == "before"
    assert project.store.exports().empty


def test_a_file_that_is_there_is_not_replaced_unasked(project: Project, tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl.gz"
    project.export(path)
    before = path.read_bytes()
    with pytest.raises(ExportError, match="is there already; give another name"):
        project.export(path, "messages")
    assert path.read_bytes() == before
    project.export(path, "messages", overwrite=True)
    assert b'"position":0' in gzip.decompress(path.read_bytes())
    assert len(project.store.exports()) == 1


@pytest.mark.parametrize(
    ("name", "what", "message"),
    [
        ("out.xls", "conversations", r"'out\.xls' ends in none of \.jsonl"),
        ("out", "conversations", "ends in none"),
        ("out.csv", "message", "there is no export of 'message'; did you mean 'messages'"),
        ("nowhere/out.csv", "messages", "does not exist; name a file in a folder that is there"),
        ("out.csv", "ratings", "there are no ratings to export"),
    ],
)
def test_what_cannot_be_exported_says_so(project: Project, tmp_path: Path, name: str, what: str, message: str) -> None:
    with pytest.raises(ExportError, match=message):
        project.export(tmp_path / name, what)
    assert not (tmp_path / name).exists()


def test_an_unknown_sample_and_a_folder_are_refused(project: Project, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no sample"):
        project.export(tmp_path / "out.csv", "messages", "nothing")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        project.export(tmp_path / "folder.csv", overwrite=True)


@pytest.mark.parametrize("ending", [".jsonl", ".parquet"])
def test_the_customer_of_a_conversation_without_their_words_comes_back(url: str, tmp_path: Path, ending: str) -> None:
    alone = {"messages": [{"role": "agent", "text": "We have moved.", "author": "Mei"}], "customer": "nora@web.example"}
    project = open_project(url)
    put(project, tmp_path, line("a", "Hello") | alone, line("b", "Hello"))
    assert project.conversations()["customer"].tolist() == ["nora@web.example", "Nora"]
    path = tmp_path / f"out{ending}"
    project.export(path)
    again = project.import_file(path, redaction=False)
    assert (again.added, again.known) == (0, 2)
    assert project.forget("nora@web.example").conversations == 1
    project.store.close()
