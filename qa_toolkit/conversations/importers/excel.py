"""Excel (.xlsx): one message a row, as in CSV; of the first sheet that has the columns."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from qa_toolkit.conversations.cells import text_of
from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import ImportFile, Progress
from qa_toolkit.conversations.importers._layout import named
from qa_toolkit.conversations.importers._tables import SAMPLE, Row, Table, TableImporter
from qa_toolkit.conversations.importers._times import Decided
from qa_toolkit.conversations.importers._workbooks import SheetReader, check_workbook, opened, walk
from qa_toolkit.errors import FileFormatError

MOST_ROWS: Final = 1_048_576  # of a sheet of Excel
MOST_COLUMNS: Final = 1_000  # that are looked at
SEARCHED: Final = 50  # rows at the top of a sheet in which its header is looked for
AGAIN: Final = "open it in Excel and save it anew"


class Excel(TableImporter):
    """Importer of Excel files."""

    name = "excel"

    def recognises(self, file: ImportFile) -> bool:
        """Say whether the file is a ZIP with a workbook in it."""
        if not file.head.startswith(b"PK\x03\x04") or file.inside or file.zipped:
            return False
        try:
            with zipfile.ZipFile(file.path) as archive:
                return "xl/workbook.xml" in archive.namelist()
        except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError):
            return file.suffix in (".xlsx", ".xlsm")

    def tables(self, file: ImportFile, options: ReadOptions) -> Iterator[Table]:  # noqa: ARG002
        """Give the sheets that have a row with two filled cells; it is taken for the header."""
        check_workbook(file.path)
        with opened(file.path) as workbook:
            names = [sheet.title for sheet in workbook.worksheets]
        for name in names:
            table = SheetTable(file, name)
            if table.header:
                yield table


class SheetTable:
    """The rows of one sheet."""

    def __init__(self, file: ImportFile, sheet: str) -> None:
        self._file, self._sheet = file, sheet
        self._start, self._unpacked = 0, 1
        self.header: tuple[str, ...] = ()
        self.sample: list[list[str]] = []
        self.decided: Decided = Counter()
        try:
            self._look()
        except Exception as error:
            raise FileFormatError(f"the first rows of {file.path} are damaged; {AGAIN}") from error

    def _look(self) -> None:
        for line, cells in self._lines(1, MOST_COLUMNS, lambda _: None):
            if self.header and cells:
                self.sample.append(cells[: len(self.header)])
            elif sum(map(bool, cells)) > 1:
                self._start = line
                self.header = named(cells)
            if (line >= SEARCHED and not self.header) or len(self.sample) >= SAMPLE:
                break

    def rows(self, id_place: int, progress: Progress) -> Iterator[Row]:  # noqa: ARG002
        """Give the rows below the header that are not empty."""
        width, line = len(self.header), self._start
        size, total = self._file.size, self._unpacked
        try:
            for line, cells in self._lines(
                self._start + 1, width, lambda done: progress(min(size, size * done // total), size)
            ):
                if cells:
                    yield Row(line, cells + [""] * (width - len(cells)))
        except Exception:  # noqa: BLE001 - openpyxl and its parser let every kind through, some with a value in it
            yield Row(line, [], f"the sheet is damaged: what follows cannot be read; {AGAIN}")

    def _lines(self, first: int, width: int, heard: Any) -> Iterator[tuple[int, list[str]]]:
        """Give each row with its line, without the empty cells at its end."""
        with opened(self._file.path) as workbook:
            sheet = workbook[self._sheet]
            source = SheetReader(sheet._get_source(), heard)
            self._unpacked = workbook._archive.getinfo(sheet._worksheet_path).file_size or 1
            for line, found in walk(workbook, sheet, source):
                source.of_row = 0
                if line > MOST_ROWS:  # a row may claim to lie anywhere
                    return
                if line >= first:
                    yield line, _texts(found, width)


def _texts(found: list[dict[str, Any]], width: int) -> list[str]:
    texts = {cell["column"]: text_of(cell["value"]) for cell in found if cell["value"] is not None}
    last = max((column for column, text in texts.items() if text and column <= width), default=0)
    return [texts.get(column, "") for column in range(1, last + 1)]
