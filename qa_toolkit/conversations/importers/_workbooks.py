"""Opening an Excel file that anybody may have made: looked at as a ZIP before anything in it is unpacked."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from qa_toolkit.errors import FileFormatError

MOST_PARTS: Final = 10_000
LARGEST: Final = 1 << 32  # bytes of all parts, unpacked
LARGEST_STRINGS: Final = 1 << 29  # of the table of texts, which is held in memory
LARGEST_ROW: Final = 1 << 26  # of one row, which is too
SMALL: Final = 1 << 24  # parts up to this may shrink as they like
HIGHEST_RATIO: Final = 200  # of unpacked to packed bytes; sheets of real tables reach 50
PROLOG: Final = 1 << 16
COMMENT: Final = re.compile(rb"<!--.*?-->", re.DOTALL)
DECLARATION: Final = re.compile(rb"<!(?!\[CDATA\[)")  # of entities, or a comment that hides one


def check_workbook(path: Path) -> None:
    """Refuse what is no Excel file, or one that would fill the memory.

    Raises
    ------
    FileFormatError
        That says which.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            _check_sizes(path, parts)
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _check_prolog(path, archive, part)
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise FileFormatError(f"{path} is a damaged or protected Excel file; open it in Excel, save it anew") from error


def _check_sizes(path: Path, parts: list[zipfile.ZipInfo]) -> None:
    bomb = any(p.file_size > SMALL and p.file_size > HIGHEST_RATIO * max(p.compress_size, 1) for p in parts)
    strings = max((p.file_size for p in parts if p.filename.lower().endswith("sharedstrings.xml")), default=0)
    if len(parts) > MOST_PARTS or bomb or sum(p.file_size for p in parts) > LARGEST or strings > LARGEST_STRINGS:
        raise FileFormatError(
            f"{path} unpacks to far more than it should, as a ZIP bomb does, so it was not opened; "
            "if it is a real table, save it as CSV (UTF-8)"
        )


def _check_prolog(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    with archive.open(part) as stream:
        head = stream.read(PROLOG)
    if DECLARATION.search(COMMENT.sub(b"", head)) or b"\0" in head:
        raise FileFormatError(f"{path} holds XML that Excel does not write (in {part.filename}), so it was not opened")


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Give the workbook of a file that was checked, to be read row by row, with formulas as their last values."""
    from openpyxl import load_workbook  # takes a moment, and few files are Excel's

    try:
        workbook = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:
        raise FileFormatError(f"{path} is a damaged Excel file; open it in Excel and save it anew") from error
    try:
        yield workbook
    finally:
        workbook.close()


class SheetReader(io.RawIOBase):
    """The XML of a sheet: counts its bytes and ends where one row alone would fill the memory.

    Parameters
    ----------
    raw : io.BufferedIOBase
    heard : callable
        Called with the bytes read so far.
    """

    def __init__(self, raw: Any, heard: Callable[[int], None]) -> None:
        super().__init__()
        self._raw, self._heard = raw, heard
        self._done = self.of_row = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data: bytes = self._raw.read(size)
        self._done += len(data)
        self.of_row += len(data)
        if self.of_row > LARGEST_ROW:
            raise ValueError("a row is too large")
        self._heard(self._done)
        return data

    def readable(self) -> bool:
        """Say that this stream can be read."""
        return True

    def close(self) -> None:
        """Close the part of the ZIP too."""
        self._raw.close()
        super().close()


def walk(workbook: Any, sheet: Any, source: SheetReader) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Give each row of a sheet with its line; rows and cells that are not there are not made up."""
    from openpyxl.worksheet._reader import INLINE_STRING, WorkSheetParser
    from openpyxl.xml.constants import SHEET_MAIN_NS

    text, phonetic = f"{{{SHEET_MAIN_NS}}}t", f"{{{SHEET_MAIN_NS}}}rPh"
    dates = {"date_formats": workbook._date_formats, "timedelta_formats": workbook._timedelta_formats}
    parser = WorkSheetParser(source, sheet._shared_strings, data_only=True, epoch=workbook.epoch, **dates)
    parse = parser.parse_cell

    def parse_cell(element: Any) -> Any:
        """Take a text that stands in its cell as it is; openpyxl makes an object for each of its parts, slowly."""
        inside = element.find(INLINE_STRING) if element.get("t") == "inlineStr" else None
        if inside is None or inside.find(phonetic) is not None:
            return parse(element)
        element.remove(inside)
        return parse(element) | {"value": "".join(part.text or "" for part in inside.iter(text))}

    parser.parse_cell = parse_cell
    yield from parser.parse()
