"""Rows into files for people: CSV and Excel, in which no text of a customer is ever a formula or a link."""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from qa_toolkit.conversations.cells import safe_text
from qa_toolkit.exchange.layout import Row

MOST_ROWS: Final = 1_048_575  # of a sheet of Excel, below the header
LONGEST: Final = 32_767  # of a cell of Excel, in units of UTF-16
CUT: Final = " … [cut: the cell holds no more]"
EXACT: Final = 2**53  # whole numbers beyond are not exact in a spreadsheet
UNSHOWN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # no XML holds them


def cell(value: Any) -> str | int | float:
    """Return a value as a person reads it in a cell; texts are kept from being formulas, numbers stay numbers."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return value if abs(value) <= EXACT else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return safe_text("; ".join(value))
    return safe_text(value if isinstance(value, str) else msgspec.json.encode(value).decode())


class CsvFile:
    """A CSV file: every field in quotes, with a mark that tells Excel that it is UTF-8."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.cut = 0
        self._columns = columns
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, quoting=csv.QUOTE_ALL)
        self._writer.writerow(columns)

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        self._writer.writerows([cell(row[name]) for name in self._columns] for row in rows)

    def close(self) -> None:
        """End the file."""
        self._file.close()

    drop = close


class ExcelFile:
    """An Excel file, written row by row; its first sheet has the `columns`, if there are any."""

    def __init__(self, path: Path, columns: Sequence[str] = ()) -> None:
        import xlsxwriter  # takes a moment, and few files are Excel's

        self.cut = 0
        # Rows are kept in a file until the sheet is done: beside the export, and gone with it if that fails.
        self._folder = tempfile.TemporaryDirectory(prefix=".export-", dir=path.parent)
        options = {"constant_memory": True, "tmpdir": self._folder.name, "in_memory": False}
        options |= dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
        self._book = xlsxwriter.Workbook(path, options)
        self._heading = self._book.add_format({"bold": True})
        if columns:
            self.sheet(columns)

    def sheet(self, columns: Sequence[str], name: str | None = None) -> None:
        """Begin the next sheet; what is written goes there from now on."""
        self._columns = columns
        self._sheet = self._book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            self._sheet.write_string(0, place, column, self._heading)
        self._line = 0

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        for row in rows:
            self._line += 1
            for place, name in enumerate(self._columns):
                value = cell(row[name])
                if isinstance(value, str):
                    self._sheet.write_string(self._line, place, self._fitted(value))
                else:
                    self._sheet.write_number(self._line, place, value)

    def _fitted(self, text: str) -> str:
        text = UNSHOWN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
        if len(text) * 2 <= LONGEST:
            return text
        units = text.encode("utf-16-le")
        if len(units) <= 2 * LONGEST:
            return text
        self.cut += 1
        return units[: 2 * (LONGEST - len(CUT))].decode("utf-16-le", "ignore") + CUT

    def close(self) -> None:
        """End the file."""
        self._book.close()
        self.drop()

    def drop(self) -> None:
        """Remove what was kept beside the file."""
        self._folder.cleanup()
