"""CSV: one message a row, in any delimiter and encoding."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final

from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._columns import by_our_names
from qa_toolkit.conversations.importers._encodings import MARKS, UTF8, encoding_of
from qa_toolkit.conversations.importers._files import CHUNK, HEAD, ByteReader, ImportFile, Progress, looks_binary
from qa_toolkit.conversations.importers._layout import named
from qa_toolkit.conversations.importers._tables import SAMPLE, Row, Table, TableImporter, encodes
from qa_toolkit.conversations.importers._times import Decided
from qa_toolkit.errors import FileFormatError

SUFFIXES: Final = {".csv", ".tsv"}
DELIMITERS: Final = ",;\t|"
LONGEST_FIELD: Final = 1 << 25  # a field beyond 33 million characters is a quote that nobody closed
MOST_LINES: Final = 200_000  # of one row, kept each by itself; a short line takes many times its length


class Delimited(TableImporter):
    """Importer of CSV."""

    name = "csv"

    def recognises(self, file: ImportFile) -> bool:
        """Say whether the first line has a delimiter, or the file's name says so."""
        mark = next((mark for mark in MARKS if file.head.startswith(mark)), None)
        head = file.head.decode(MARKS[mark], "replace").encode() if mark else file.head
        suffixes = {part.suffix for part in file.parts}
        if looks_binary(head.decode("latin-1").encode() if suffixes <= SUFFIXES else head):
            return False
        first = head.lstrip().split(b"\n", 1)[0]
        is_json = first.startswith((b"{", b"["))
        return suffixes <= SUFFIXES or (
            not file.inside and not is_json and any(d.encode() in first for d in DELIMITERS)
        )

    def tables(self, file: ImportFile, options: ReadOptions) -> Iterator[Table]:
        """Give the table; the files of a folder are one, under the header of the first."""
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))  # by default a long message is an error
        yield CsvTable(file, options.encoding)


class CsvTable:
    """The rows of a file of CSV, or of the files of a folder.

    Raises
    ------
    FileFormatError
        If the encoding is not the one that was named, or the header cannot be read.
    """

    def __init__(self, file: ImportFile, encoding: str | None) -> None:
        self._parts = [(part, encoding_of(part, encoding)) for part in file.parts]
        self._size = file.size
        head = _text(self._parts[0])
        self._delimiter = max(DELIMITERS, key=lambda delimiter: _promise(_header(file, head, delimiter)))
        self.header = _header(file, head, self._delimiter)
        if not all(map(encodes, self.header)):
            raise FileFormatError(f"the header of {file.path} is not UTF-8 text; {_ADVICE}")
        rows = _head_rows(head, self._delimiter)
        self.sample = [row for row in rows[1:] if row][: SAMPLE - 1]
        foreign = [encoding for _, encoding in self._parts if encoding != UTF8]
        found = "as named" if encoding else "by how it looks"
        self.decided: Decided = Counter(("encoding", f"{codec}, {found}") for codec in foreign)

    def rows(self, id_place: int, progress: Progress) -> Iterator[Row]:
        """Give the rows below the header; a row that is cut off within or before the cell at `id_place` is left out."""
        before = 0
        for part, encoding in self._parts:
            yield from self._rows(part, encoding, id_place, _after(before, self._size, progress))
            before += part.size

    def _rows(self, part: ImportFile, encoding: str, id_place: int, progress: Progress) -> Iterator[Row]:
        reader = part.open(progress)
        line, in_header = 1, True
        for row, end in self._parsed(reader, encoding):
            cut = reader.fault if reader.fault and not end.endswith(("\n", "\r")) else None
            if cut and len(row.cells) <= id_place + 1:
                break  # its id may be cut too
            if row.cells and not in_header:
                line = row.line
                yield row._replace(problem=cut or row.problem, file=part.name)
            elif row.cells and named(row.cells) != self.header:
                problem = "has other columns than the first file of the folder; import it by itself"
                yield Row(row.line, [], problem, part.name)
                return
            in_header = in_header and not row.cells
        if reader.fault:
            yield Row(line, [], reader.fault, part.name)

    def _parsed(self, reader: ByteReader, encoding: str) -> Iterator[tuple[Row, str]]:
        """Give each row with the end of its last line."""
        # Bytes that cannot be decoded become lone surrogates, so that one bad row does not end the file.
        stream = io.TextIOWrapper(io.BufferedReader(reader, CHUNK), encoding, "surrogateescape", newline="")
        taken: list[str] = []
        with stream:
            rows = csv.reader(_noted(stream, taken), delimiter=self._delimiter, strict=True)
            while row := self._next(rows, taken, encoding):
                yield row, taken[-1][-1:]

    def _next(self, rows: Any, taken: list[str], encoding: str) -> Row | None:
        line = rows.line_num + 1
        taken.clear()
        try:
            cells = next(rows)
        except StopIteration:
            return None
        except csv.Error as error:
            problem = f"is not valid CSV up to line {rows.line_num}: {error}; is a quote missing?"
            return Row(line, _leniently(taken, self._delimiter), problem)
        if len(taken[-1]) == 2 * LONGEST_FIELD:
            return Row(line, cells, "is too long to be a row; is a quote or the end of a line missing?")
        if len(cells) != len(self.header) and cells:
            wanted = len(self.header)
            return Row(line, cells, f"has {len(cells)} fields, the header has {wanted}; is a quote missing?")
        if all(map(str.isascii, taken)) or encodes("".join(cells)):
            return Row(line, cells)
        return Row(line, cells, f"is not {_shown(encoding)} text; {_ADVICE}")


_ADVICE: Final = "save the file as CSV (UTF-8), or name its encoding"


def _shown(encoding: str) -> str:
    return "UTF-8" if encoding == UTF8 else encoding


def _after(before: int, size: int, progress: Progress) -> Progress:
    return lambda done, _: progress(before + done, size)


def _text(part: tuple[ImportFile, str]) -> str:
    # The head may end within a character; the header itself must be whole.
    file, encoding = part
    decoder = codecs.getincrementaldecoder(encoding)("surrogateescape")
    return decoder.decode(file.head, final=len(file.head) < HEAD)


def _head_rows(head: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            rows += [row] if row else []
            if len(rows) > SAMPLE:
                break
    except csv.Error:
        pass  # what follows is refused row by row when it is read
    return rows[:-1] if len(rows) > 2 and len(head) >= HEAD // 4 and len(rows) <= SAMPLE else rows


def _header(file: ImportFile, head: str, delimiter: str) -> tuple[str, ...]:
    rows = _head_rows(head, delimiter)
    if not rows:
        raise FileFormatError(f"the header of {file.path} cannot be read; save it as CSV (UTF-8)")
    return named(rows[0])


def _promise(header: tuple[str, ...]) -> tuple[int, int]:
    return len(by_our_names(header)), len(header)


def _noted(stream: io.TextIOWrapper, taken: list[str]) -> Iterator[str]:
    longest = 2 * LONGEST_FIELD
    while line := stream.readline(longest):
        taken.append(line)
        if len(taken) > MOST_LINES:
            taken[1:] = ["".join(taken[1:])]
        yield line
        while len(line) == longest and line[-1] not in "\r\n":  # a line without end must not fill the memory
            line = stream.readline(longest)


def _leniently(taken: list[str], delimiter: str) -> list[str]:
    """Read a broken row as far as it goes, for the sake of its conversation's id."""
    for lines in (taken, taken[:1]):
        try:
            return next(csv.reader(lines, delimiter=delimiter), [""]) or [""]
        except csv.Error:
            continue
    return [""]
