"""Parquet: what this package exports, one conversation a row, and tables of others, one message a row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import msgspec

from qa_toolkit.conversations.cells import text_of
from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._columns import ATTACHMENTS
from qa_toolkit.conversations.importers._files import ImportFile, Progress
from qa_toolkit.conversations.importers._layout import Layout, named
from qa_toolkit.conversations.importers._model import Record, Refusal
from qa_toolkit.conversations.importers._tables import SAMPLE, Row, Table, TableImporter
from qa_toolkit.conversations.importers._times import Decided
from qa_toolkit.conversations.schema import CONVERSATIONS
from qa_toolkit.errors import FileFormatError

if TYPE_CHECKING:
    import pyarrow as pa

MAGIC: Final = b"PAR1"
ROWS: Final = 500  # that are held in memory
LARGEST_GROUP: Final = 1 << 31  # bytes of a group of rows, unpacked, of which parts are held in memory
TEXTS: Final = ("role", "text", "author", "channel", "subject", "language", "plan")
GIVEN: Final = frozenset({"conversation_id", "source", "channel", "customer", "labels"})
DERIVED: Final = frozenset(column.name for column in CONVERSATIONS) - GIVEN
UNHELD: Final = "(a value out of range)"
BROKEN: Final = "the Parquet file is damaged: what follows cannot be read; copy or export the file again"


class Parquet(TableImporter):
    """Importer of Parquet."""

    name = "parquet"

    def recognises(self, file: ImportFile) -> bool:
        """Say whether the file, or each of a folder, begins as Parquet does."""
        return all(part.head.startswith(MAGIC) for part in file.parts)

    def records(self, file: ImportFile, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
        """Give the conversations of an export of ours row by row, else those of a table.

        Raises
        ------
        ColumnsError, FileFormatError
            As of other tables; also if a column that is needed is of another type, or a group of rows is too large.
        """
        schema = _opened(file.parts[0]).schema_arrow
        if _is_nested(schema):
            if options.columns:
                raise FileFormatError(f"{file.path} has conversations as this package exports them; leave columns= out")
            return _nested(_Parts(file), progress)
        return super().records(file, options, progress)

    def tables(self, file: ImportFile, options: ReadOptions) -> Iterator[Table]:  # noqa: ARG002
        """Give the table; the files of a folder are one, with the columns of the first."""
        yield ParquetTable(file)

    def checked(self, file: ImportFile, layout: Layout) -> Layout:
        """Refuse columns whose type cannot be what they are named for; texts are as they were written."""
        import pyarrow as pa

        schema = _opened(file.parts[0]).schema_arrow
        for name, place in layout.places.items():
            kind = schema.field(place).type
            kind = kind.value_type if pa.types.is_dictionary(kind) else kind
            texts = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
            if (
                not texts
                and name != ATTACHMENTS
                and (name in TEXTS or pa.types.is_nested(kind) or pa.types.is_binary(kind))
            ):
                raise FileFormatError(
                    f"{file.path}: the column {layout.header[place]!r}, wanted for {name}, is {kind}, not text; "
                    "write it as text, or name another column"
                )
        return replace(layout, escaped=False)


def _opened(part: ImportFile) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found = pq.ParquetFile(part.path)
        sizes = [found.metadata.row_group(i).total_byte_size for i in range(found.metadata.num_row_groups)]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise FileFormatError(f"{part.path} is a damaged Parquet file; copy or export it again") from error
    if max(sizes, default=0) > LARGEST_GROUP:
        raise FileFormatError(f"{part.path} has groups of rows above 2 GiB; write it with smaller ones")
    return found


def _is_nested(schema: pa.Schema) -> bool:
    import pyarrow as pa

    if schema.names.count("messages") != 1 or "conversation_id" not in schema.names:
        return False
    messages = schema.field("messages").type
    is_list = pa.types.is_list(messages) or pa.types.is_large_list(messages)
    return bool(is_list and pa.types.is_struct(messages.value_type))


class _Parts:
    """The files of one kind, read a few rows at a time."""

    def __init__(self, file: ImportFile) -> None:
        self.size = file.size
        self._parts = file.parts
        self.schema = _opened(file.parts[0]).schema_arrow

    def batches(self, progress: Progress) -> Iterator[tuple[int, Any, str]]:
        """Give the number of the first row, some rows, and the file's name; no rows where it breaks off."""
        import pyarrow as pa

        before = 0
        for part in self._parts:
            row = 1
            try:
                found = _opened(part)
                if found.schema_arrow.names != self.schema.names:
                    raise FileFormatError("has other columns than the first file of the folder; import it by itself")
                rows = max(found.metadata.num_rows, 1)
                for batch in found.iter_batches(ROWS):
                    batch.validate(full=True)  # text that is no UTF-8 passes until somebody looks at it
                    yield row, batch, part.name
                    row += batch.num_rows
                    progress(before + min(part.size, part.size * row // rows), self.size)
            except FileFormatError as error:
                yield row, str(error), part.name
            except (pa.ArrowException, OSError, ValueError):
                yield row, BROKEN, part.name
            before += part.size


class ParquetTable:
    """The rows of a Parquet file, or of the files of a folder, as text."""

    def __init__(self, file: ImportFile) -> None:
        self._parts = _Parts(file)
        self.header = named(self._parts.schema.names)
        self.decided: Decided = Counter()
        rows = (row for row in self.rows(0, lambda _done, _total: None) if row.cells)
        self.sample = [row.cells for row, _ in zip(rows, range(SAMPLE), strict=False)]

    def rows(self, id_place: int, progress: Progress) -> Iterator[Row]:  # noqa: ARG002
        """Give the rows, numbered from 1 in each file."""
        for first, batch, name in self._parts.batches(progress):
            if isinstance(batch, str):
                yield Row(first, [], batch, name)
                continue
            columns = [
                list(map(_names if title == ATTACHMENTS else _cell, _values(column)))
                for title, column in zip(self.header, batch.columns, strict=True)
            ]
            for line, cells in enumerate(zip(*columns, strict=True), start=first):
                yield Row(line, list(cells), None, name)


def _values(column: Any) -> list[Any]:
    """Return the values of a column; one that Python cannot hold becomes a text that says so, and is refused as one."""
    try:
        found: list[Any] = column.to_pylist()
    except (ValueError, OverflowError):
        return [_value(value) for value in column]
    return found


def _value(value: Any) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return UNHELD


def _names(value: Any) -> str:
    """Return the names of attachments as a cell of other tables has them."""
    return "\n".join(map(_cell, value)) if isinstance(value, list) else _cell(value)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict | tuple | bytes):
        return msgspec.json.encode(value).decode()
    return text_of(value)


def _nested(parts: _Parts, progress: Progress) -> Iterator[Record | Refusal]:
    for first, batch, name in parts.batches(progress):
        if isinstance(batch, str):
            yield Refusal(first, None, batch, name)
            continue
        columns = [_values(column) for column in batch.columns]
        rows = (dict(zip(batch.schema.names, values, strict=True)) for values in zip(*columns, strict=True))
        for line, row in enumerate(rows, start=first):
            try:
                yield Record(line, _content(row), file=name)
            except msgspec.DecodeError:
                known = row["conversation_id"]
                known = known if isinstance(known, str) else None
                yield Refusal(line, known, "has labels or an extra that are not valid JSON", name)


def _content(row: dict[str, Any]) -> dict[str, Any]:
    content = {name: _decoded(name, value) for name, value in row.items() if name not in DERIVED and value is not None}
    messages = content.get("messages")
    if isinstance(messages, list):
        content["messages"] = [_message(m) if isinstance(m, dict) else m for m in messages]
    return content


def _message(message: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _decoded(name, value) for name, value in message.items() if name != "position" and value not in (None, [])
    }


def _decoded(name: str, value: Any) -> Any:
    """Return a value as JSON Lines would have it: labels and extra stand in Parquet as JSON."""
    if name in ("labels", "extra") and isinstance(value, str):
        return msgspec.json.decode(value)
    return value if name in ("messages", "sent_at") else msgspec.to_builtins(value)
