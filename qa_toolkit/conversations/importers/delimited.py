"""CSV: one message a row; a map says which column is what."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import CHUNK, ByteReader, ImportFile, Progress, looks_binary
from qa_toolkit.conversations.importers._model import Record, Refusal
from qa_toolkit.errors import FileFormatError

REQUIRED: Final[tuple[str, ...]] = ("conversation_id", "role", "text")
OF_MESSAGE: Final[tuple[str, ...]] = ("role", "text", "sent_at", "author")
OF_LABELS: Final[tuple[str, ...]] = ("subject", "language", "plan")
ATTACHMENTS: Final = "attachments"  # taken where it is asked for; else its column is a label as any other
NAMES: Final[tuple[str, ...]] = (*REQUIRED, "sent_at", "author", "channel", *OF_LABELS, ATTACHMENTS)
SYNONYMS: Final = {
    "user": "customer",
    "client": "customer",
    "end-user": "customer",
    "admin": "agent",
    "operator": "agent",
}
DELIMITERS: Final = ",;\t|"
LONGEST_FIELD: Final = 1 << 26  # a field beyond 64 MB is a quote that nobody closed


@dataclass(frozen=True)
class Layout:
    """Where the file has what.

    Parameters
    ----------
    delimiter : str
        One of comma, semicolon, tab, bar.
    header : tuple of str
        The file's column names, unnamed ones numbered.
    places : dict of str to int
        Our name to the place of its column.
    """

    delimiter: str
    header: tuple[str, ...]
    places: dict[str, int]

    def value(self, row: list[str], name: str) -> str:
        """Return what the row has in the column of our `name`; empty where there is none."""
        place = self.places.get(name, len(row))
        return row[place] if place < len(row) else ""


class Row(NamedTuple):
    """One row, its first line in the file, and what is wrong with it as a row."""

    line: int
    cells: list[str]
    problem: str | None


@dataclass
class _Open:
    """A conversation of which rows are still to come."""

    left: int
    rows: list[Row] = field(default_factory=list)
    refusal: Refusal | None = None


class Delimited:
    """Importer of CSV."""

    name = "csv"

    def recognises(self, file: ImportFile) -> bool:
        """Say whether the first line has a delimiter, or the file's name says so."""
        first = file.head.lstrip().split(b"\n", 1)[0]
        is_json = first.startswith((b"{", b"["))
        if looks_binary(file.head):
            return False
        return file.suffix in (".csv", ".tsv") or (not is_json and any(d.encode() in first for d in DELIMITERS))

    def records(self, file: ImportFile, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
        """Give each conversation when its last row was read, or its refusal.

        The rows are counted first, so that only conversations with rows still to come are held in memory.

        Raises
        ------
        FileFormatError
            If a column that is needed or named is not there; the message shows the columns that are.
        """
        layout = _layout(file, options.columns)
        csv.field_size_limit(max(csv.field_size_limit(), LONGEST_FIELD))  # by default a long message is an error
        return _conversations(file, layout, progress)


def _layout(file: ImportFile, columns: Mapping[str, str]) -> Layout:
    unknown = [name for name in columns if name not in NAMES]
    if unknown:
        raise FileFormatError(f"columns= has the name {unknown[0]!r}; the names are {', '.join(NAMES)}")
    try:
        layouts = [_laid_out(file.head, delimiter, columns) for delimiter in DELIMITERS]
    except (UnicodeError, csv.Error) as error:
        raise FileFormatError(f"the header of {file.path} cannot be read ({error}); save it as CSV (UTF-8)") from error
    layout = max(layouts, key=lambda found: (len(found.places), len(found.header)))
    missing = [name for name in (*REQUIRED, *columns) if name not in layout.places]
    if missing:
        raise FileFormatError(_missing(file, layout, columns, missing[0]))
    for name, place in layout.places.items():
        if layout.header.count(layout.header[place]) > 1:
            raise FileFormatError(
                f"{file.path} has two columns {layout.header[place]!r}, wanted for {name}; rename one"
            )
    return layout


def _laid_out(head: bytes, delimiter: str, columns: Mapping[str, str]) -> Layout:
    # The head may end within a character; the header itself must be whole.
    text = head.decode("utf-8", "surrogateescape")
    names = next(filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), [])
    "".join(names).encode("utf-8")
    header = tuple(name.strip() or f"column {place}" for place, name in enumerate(names, start=1))
    ours = {name.lower().replace(" ", "_"): place for place, name in reversed(list(enumerate(header)))}
    places = {name: ours[name] for name in NAMES if name in ours and name not in (*columns, ATTACHMENTS)}
    places |= {name: header.index(theirs) for name, theirs in columns.items() if theirs in header}
    return Layout(delimiter, header, places)


def _missing(file: ImportFile, layout: Layout, columns: Mapping[str, str], name: str) -> str:
    wanted = f"{columns[name]!r}, named for {name}" if name in columns else f"for {name}"
    found = {ours: layout.header[place] for ours, place in layout.places.items()}
    example = {required: found.get(required, "...") for required in REQUIRED}
    there = ", ".join(repr(column[:40]) for column in layout.header[:50])
    option = " ".join(f"--column {ours}={theirs}" for ours, theirs in example.items())
    return f"{file.path} has no column {wanted}; it has {there}. Say which is which: columns={example}, or {option}"


def _conversations(file: ImportFile, layout: Layout, progress: Progress) -> Iterator[Record | Refusal]:
    opened, broken = _counted(file, layout, lambda done, total: progress(done // 2, total))
    if broken:
        yield broken
    for row in _rows(file.open(lambda done, total: progress((total + done) // 2, total)), layout):
        conversation_id = _id(layout, row)
        if conversation_id is None:
            yield Refusal(row.line, None, row.problem or "conversation_id is empty")
            continue
        conversation = opened[conversation_id]
        _add(conversation, conversation_id, row)
        if conversation.left == 0:
            del opened[conversation_id]
            if conversation.refusal is None:
                yield _record(layout, conversation_id, conversation.rows)
            elif conversation.refusal is not broken:
                yield conversation.refusal


def _counted(file: ImportFile, layout: Layout, progress: Progress) -> tuple[dict[str, _Open], Refusal | None]:
    """Count the rows of each conversation; refuse the one in which a broken file ends, for it may lack messages."""
    reader = file.open(progress)
    counts: Counter[str] = Counter()
    line, last = 1, None
    for row in _rows(reader, layout):
        line, conversation_id = row.line, _id(layout, row)
        if conversation_id is not None:
            counts[conversation_id] += 1
            last = conversation_id
    opened = {conversation_id: _Open(left) for conversation_id, left in counts.items()}
    if not reader.fault:
        return opened, None
    broken = Refusal(line, last, reader.fault)
    if last is not None:
        opened[last].refusal = broken
    return opened, broken


def _add(conversation: _Open, conversation_id: str, row: Row) -> None:
    conversation.left -= 1
    if row.problem and conversation.refusal is None:
        conversation.refusal = Refusal(row.line, conversation_id, row.problem)
    if conversation.refusal:
        conversation.rows.clear()
    else:
        conversation.rows.append(row)


def _rows(reader: ByteReader, layout: Layout) -> Iterator[Row]:
    # Bytes that are no UTF-8 become lone surrogates here, so that one bad row does not end the file.
    stream = io.TextIOWrapper(io.BufferedReader(reader, CHUNK), "utf-8-sig", "surrogateescape", newline="")
    taken: list[str] = []
    in_header = True
    with stream:
        rows = csv.reader(_noted(stream, taken), delimiter=layout.delimiter, strict=True)
        while row := _next(rows, taken, layout):
            cut = reader.fault if reader.fault and not taken[-1].endswith(("\n", "\r")) else None
            if cut and len(row.cells) <= layout.places["conversation_id"] + 1:
                return  # its id may be cut too
            if row.cells and not in_header:
                yield Row(row.line, row.cells, cut or row.problem)
            in_header = in_header and not row.cells


def _noted(stream: io.TextIOWrapper, taken: list[str]) -> Iterator[str]:
    for line in stream:
        taken.append(line)
        yield line


def _next(rows: Any, taken: list[str], layout: Layout) -> Row | None:
    line = rows.line_num + 1
    taken.clear()
    try:
        cells = next(rows)
    except StopIteration:
        return None
    except csv.Error as error:
        problem = f"is not valid CSV up to line {rows.line_num}: {error}; is a quote missing?"
        return Row(line, _leniently(taken, layout), problem)
    return Row(line, cells, _problem(cells, layout) if cells else None)


def _leniently(taken: list[str], layout: Layout) -> list[str]:
    """Read a broken row as far as it goes, for the sake of its conversation's id."""
    for lines in (taken, taken[:1]):
        try:
            return next(csv.reader(lines, delimiter=layout.delimiter), [""])
        except csv.Error:
            continue
    return [""]


def _problem(cells: list[str], layout: Layout) -> str | None:
    if len(cells) != len(layout.header):
        return f"has {len(cells)} fields, the header has {len(layout.header)}; is a quote or a delimiter missing?"
    return None if _encodes("".join(cells)) else "is not UTF-8 text; save the file as CSV (UTF-8)"


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _id(layout: Layout, row: Row) -> str | None:
    found = layout.value(row.cells, "conversation_id")
    return found if found.strip() and _encodes(found) else None


def _record(layout: Layout, conversation_id: str, rows: list[Row]) -> Record:
    content = {
        "conversation_id": conversation_id,
        "channel": _first(layout, rows, "channel"),
        "labels": _labels(layout, rows),
        "messages": [_message(layout, row.cells) for row in rows],
    }
    return Record(rows[0].line, content, tuple(row.line for row in rows))


def _message(layout: Layout, cells: list[str]) -> dict[str, Any]:
    role, text, sent_at, author = (layout.value(cells, name) for name in OF_MESSAGE)
    role = re.sub(r"[\s_]+", "-", role.strip().lower())  # "End user" as well as "end-user"
    message = {
        "role": SYNONYMS.get(role, role) or None,
        "text": text,
        "sent_at": sent_at.strip() or None,
        "author": author or None,
    }
    names = [name.strip() for name in re.split(r"[;|\n]", layout.value(cells, ATTACHMENTS)) if name.strip()]
    return message | {ATTACHMENTS: names} if names else message


def _first(layout: Layout, rows: list[Row], name: str) -> str | None:
    if name not in layout.places:
        return None
    return next((value for row in rows if (value := layout.value(row.cells, name)).strip()), None)


def _labels(layout: Layout, rows: list[Row]) -> dict[str, Any]:
    """Keep every other column: one value where all rows agree, else the values of the messages in their order."""
    ours = set(layout.places.values())
    labels: dict[str, Any] = {}
    for place, name in enumerate(layout.header):
        values = [row.cells[place] for row in rows] if place not in ours else []
        if any(values):
            labels[name] = values[0] if len(set(values)) == 1 else values
    return labels | {name: value for name in OF_LABELS if (value := _first(layout, rows, name))}
