"""Excel files: cells of every kind, sheets, what is damaged, and what was made to do harm."""

from __future__ import annotations

import contextlib
import tempfile
import zipfile
from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_toolkit.conversations import guess_columns, read
from qa_toolkit.conversations.importers import _workbooks
from qa_toolkit.errors import ColumnsError, FileFormatError

HEADER = ["conversation_id", "role", "text"]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def workbook(path: Path, *sheets: list[list]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets, start=1):
        sheet = book.create_sheet(f"Sheet {number}")
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def with_shared_texts(path: Path, rows: list[list]) -> Path:
    """Write a workbook as Excel does: texts stand in a table of their own."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


def altered(path: Path, part: str, change) -> Path:
    """Write a part of a workbook anew."""
    target = path.with_name(f"altered-{path.name}")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == part else content)
    return target


def joined(path: Path, **options) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    batches = list(read(path, **options))
    names = ("conversations", "messages", "refused")
    return tuple(pd.concat([getattr(b, n) for b in batches], ignore_index=True) for n in names)


def test_a_sheet_is_read_like_a_csv(tmp_path: Path) -> None:
    rows = [
        [*HEADER, "sent_at", "Priority", "Nr", None, None],
        [4711, "End User", "Where is it?\nIt is late.", datetime(2026, 3, 4, 14, 5), "high", 1.5],
        [],
        [4711, "Agent", "=1+1 is no formula here", "2026-03-04T15:05:00Z", "high", 2.0],
        [None, None, None, None, None, None, None],
    ]
    conversations, messages, refused = joined(workbook(tmp_path / "a.xlsx", rows), zone="Europe/Berlin")
    assert refused.empty
    [row] = conversations.to_dict("records")
    assert (row["conversation_id"], row["source"]) == ("4711", "excel")
    assert row["labels"] == {"Priority": "high", "Nr": ["1.5", "2"]}
    assert messages["text"][0] == "Where is it?\nIt is late."
    assert messages["sent_at"].dt.strftime("%H:%M").tolist() == ["13:05", "15:05"]


def test_formulas_are_their_last_values_and_errors_are_text(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, ["c1", "agent", "placeholder"], ["c2", "agent", "x"]])

    def change(sheet: bytes) -> bytes:
        cells = (
            b'<row r="%d"><c r="A%d" t="str"><f>"c"&amp;1</f><v>c%d</v></c><c r="B%d" t="str"><v>agent</v></c>%s</row>'
        )
        formula = b'<c r="C2" t="str"><f>HYPERLINK("http://x.example","y")</f><v>shown</v></c>'
        error = b'<c r="C3" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
        start = sheet[: sheet.index(b'<row r="2"')]
        return start + cells % (2, 2, 1, 2, formula) + cells % (3, 3, 2, 3, error) + b"</sheetData></worksheet>"

    conversations, messages, refused = joined(altered(path, "xl/worksheets/sheet1.xml", change))
    assert refused.empty
    assert conversations["conversation_id"].tolist() == ["c1", "c2"]
    assert messages["text"].tolist() == ["shown", "#DIV/0!"]


def test_titles_empty_rows_and_merged_cells_are_passed_over(tmp_path: Path) -> None:
    rows = [["Export of March"], [], [None, *HEADER], [None, "c1", "user", "x"], [], [None, None, "agent", "y"]]
    path = workbook(tmp_path / "a.xlsx", rows)
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("A1:D1")
    book.save(path)
    conversations, _, refused = joined(path)
    assert conversations["conversation_id"].tolist() == ["c1"]
    assert refused[["line", "reason"]].values.tolist() == [[6, "conversation_id is empty"]]


def test_the_first_sheet_that_has_the_columns_is_read(tmp_path: Path) -> None:
    other, one, two = [["Team", "Lead"], ["A", "Ines"]], [HEADER, ["c1", "user", "x"]], [HEADER, ["c2", "user", "x"]]
    assert joined(workbook(tmp_path / "a.xlsx", [], other, one, two))[0]["conversation_id"].tolist() == ["c1"]
    with pytest.raises(ColumnsError, match="no column for conversation_id, role, text; it has 'Team', 'Lead'"):
        read(workbook(tmp_path / "b.xlsx", other))
    with pytest.raises(FileFormatError, match="holds no table"):
        read(workbook(tmp_path / "c.xlsx", [], [["alone"]]))


def test_columns_of_other_names_are_guessed(tmp_path: Path) -> None:
    rows = [
        ["Ticket", "Erstellt am", "Absendertyp", "Nachricht"],
        [1, datetime(2026, 3, 4, 14, 5), "Kunde", "Wo ist mein Paket? Es sollte am Montag kommen."],
    ]
    path = workbook(tmp_path / "a.xlsx", [["Team", "Lead"]], rows)
    with pytest.raises(ColumnsError) as caught:
        read(path)
    assert caught.value.missing == ()
    frame = guess_columns(path)
    assert dict(zip(frame["ours"], frame["theirs"], strict=True)) == caught.value.guess
    _, messages, _ = joined(path, columns=caught.value.guess, zone="UTC")
    assert messages["sent_at"][0] == pd.Timestamp("2026-03-04T14:05Z")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (12345678901234, "12345678901234"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (date(2026, 3, 4), "2026-03-04 00:00:00"),
        (time(14, 5), "14:05:00"),
        (datetime(2026, 3, 4, 14, 5, 9, 250_000), "2026-03-04 14:05:09.250000"),
        ("  _x0041_ 007 ", "  _x0041_ 007 "),
        ("a_x000D_\nb", "a\r\nb"),
        ("💥 \u202eabc", "💥 \u202eabc"),
    ],
)
def test_cells_of_every_kind(tmp_path: Path, value, text: str) -> None:
    path = workbook(tmp_path / "a.xlsx", [[*HEADER], ["c1", "agent", value]])
    assert joined(path)[1]["text"].tolist() == [text]


# Files that are damaged, or made to do harm


def test_progress_ends_at_the_total_and_only_grows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, *([str(i), "user", f"text {i}"] for i in range(3000))])
    steps: list[tuple[int, int]] = []
    assert len(joined(path, progress=lambda *step: steps.append(step))[0]) == 3000
    assert [done for done, _ in steps] == sorted(done for done, _ in steps)
    assert steps[-1] == (path.stat().st_size,) * 2
    assert len({done for done, _ in steps}) > 3


def test_a_sheet_that_breaks_off_gives_what_stands_before(tmp_path: Path) -> None:
    rows = [[f"c{i // 2}", "user", "x" * 50] for i in range(2000)]
    path = workbook(tmp_path / "a.xlsx", [HEADER, *rows])
    cut = altered(path, "xl/worksheets/sheet1.xml", lambda sheet: sheet[: len(sheet) // 2])
    conversations, _, refused = joined(cut)
    assert 300 < len(conversations) < 700
    assert (conversations["n_messages"] == 2).all()
    assert len(refused) == 1
    assert "the sheet is damaged" in refused["reason"][0]
    assert refused["conversation_id"][0] == f"c{len(conversations)}" or refused["line"][0] > len(conversations) * 2


def test_a_zip_bomb_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, ["c1", "user", "x"]])

    def change(sheet: bytes) -> bytes:
        return sheet.replace(b"</sheetData>", b" " * 50_000_000 + b"</sheetData>")

    bomb = altered(path, "xl/worksheets/sheet1.xml", change)
    assert bomb.stat().st_size < 100_000
    monkeypatch.setattr(_workbooks, "opened", None)
    with pytest.raises(FileFormatError, match="ZIP bomb"):
        read(bomb)


def test_texts_in_a_table_of_their_own(tmp_path: Path) -> None:
    path = with_shared_texts(tmp_path / "a.xlsx", [HEADER, ["c1", "user", "Grüße 📦"], ["c1", "agent", "user"]])
    assert joined(path)[1]["text"].tolist() == ["Grüße 📦", "user"]


@pytest.mark.parametrize(("limit", "value"), [("MOST_PARTS", 5), ("LARGEST", 1000), ("LARGEST_STRINGS", 10)])
def test_too_many_parts_and_too_much_are_not_opened(tmp_path: Path, monkeypatch, limit: str, value: int) -> None:
    path = with_shared_texts(tmp_path / "a.xlsx", [HEADER, ["c1", "user", "x"]])
    monkeypatch.setattr(_workbooks, limit, value)
    with pytest.raises(FileFormatError, match="ZIP bomb"):
        read(path)


@pytest.mark.parametrize(
    "prolog",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        b"<!-- <a> " + b" " * 70_000 + b"--><!DOCTYPE x>",
    ],
)
@pytest.mark.parametrize("part", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"])
def test_entities_are_not_read(tmp_path: Path, prolog: bytes, part: str) -> None:
    path = with_shared_texts(tmp_path / "a.xlsx", [HEADER, ["c1", "user", "x"]])
    with pytest.raises(FileFormatError, match="XML that Excel does not write"):
        read(altered(path, part, lambda content: prolog + content))


def test_a_row_far_below_and_a_size_that_is_claimed_do_no_harm(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [HEADER, ["c1", "user", "x"]])

    def change(sheet: bytes) -> bytes:
        far = b'<row r="99999999999"><c r="A99999999999" t="str"><v>c2</v></c></row></sheetData>'
        claimed = sheet.replace(b'ref="A1:C2"', b'ref="A1:XFD1048576"')
        assert claimed != sheet
        return claimed.replace(b"</sheetData>", far)

    conversations, _, _ = joined(altered(path, "xl/worksheets/sheet1.xml", change))
    assert conversations["conversation_id"].tolist() == ["c1"]


def test_one_row_that_fills_the_memory_ends_the_sheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [HEADER, *([f"c{i}", "user", "x"] for i in range(3000)), ["last", "user", "y"]]
    )
    huge = b'<row r="2999"><c r="A2999" t="str"><v>' + b"x" * 500_000 + b"</v></c></row>"
    part, then = "xl/worksheets/sheet1.xml", b'<row r="3000"'
    harmful = altered(path, part, lambda sheet: sheet.replace(b'<row r="2999"', huge + then))
    monkeypatch.setattr(_workbooks, "LARGEST_ROW", 300_000)
    conversations, _, refused = joined(harmful)
    assert 100 < len(conversations) < 3000
    assert "the sheet is damaged" in refused["reason"].iloc[-1]


@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (b"PK\x03\x04 and no more", "a.xlsx", "is a damaged or protected Excel file"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "a.xls",
            "an old or a protected Excel file; save it as .xlsx",
        ),
    ],
)
def test_what_is_no_workbook_says_so(tmp_path: Path, content: bytes, name: str, reason: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileFormatError, match=reason):
        read(tmp_path / name)


def test_a_zip_of_a_later_version_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    pd.DataFrame({"conversation_id": ["a"], "role": ["user"], "text": ["Hi"]}).to_excel(path, index=False)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 117  # the version that is needed to unpack the first part
    path.write_bytes(content)
    with pytest.raises(FileFormatError, match="damaged or protected Excel file"):
        list(read(path))


def test_another_zip_is_told_from_a_workbook(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("tickets.json", "[]")
    with pytest.raises(FileFormatError, match="a ZIP file; unpack it"):
        read(tmp_path / "a.zip")


# Properties

shown = st.characters(exclude_categories=["Cs", "Cc"])
values = (
    st.text(shown, max_size=20) | st.integers(-(10**15), 10**15) | st.booleans() | st.datetimes(datetime(1950, 1, 1))
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["agent", "bot"]), values), min_size=1, max_size=6))
def test_any_sheet_comes_back(rows: list[tuple]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet()
        sheet.append(HEADER)
        for row in rows:
            cells = [openpyxl.cell.WriteOnlyCell(sheet, value=value) for value in row]
            for cell in cells:
                cell.data_type = "s" if isinstance(cell.value, str) else cell.data_type
            sheet.append(cells)
        book.save(Path(folder) / "a.xlsx")
        _, messages, refused = joined(Path(folder) / "a.xlsx")
    assert refused.empty
    for conversation_id in {row[0] for row in rows}:
        body = messages[messages["conversation_id"] == conversation_id]
        assert len(body) == sum(row[0] == conversation_id for row in rows)
        texts = [row[2] for row in rows if row[0] == conversation_id]
        assert [t for t, v in zip(body["text"], texts, strict=True) if isinstance(v, str)] == [
            t for t in texts if isinstance(t, str)
        ]


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_workbook_with_bytes_changed_raises_nothing_but_a_file_error(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = workbook(Path(folder) / "a.xlsx", [HEADER, *([f"c{i}", "user", "text"] for i in range(20))])
        part = data.draw(st.sampled_from(["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml"]))
        noise = data.draw(st.binary(min_size=1, max_size=8))
        place = data.draw(st.integers(0, 800))
        harmed = altered(path, part, lambda content: content[:place] + noise + content[place + len(noise) :])
        with contextlib.suppress(FileFormatError):
            conversations, messages, _ = joined(harmed)
            assert len(messages) == conversations["n_messages"].sum()
        raw = bytearray(path.read_bytes())
        raw[min(place, len(raw) - 1)] ^= 0x55
        path.write_bytes(raw)
        with contextlib.suppress(FileFormatError):
            joined(path, source="excel")
