"""Rows into files for programs: JSON Lines and Parquet, in which every value is as it was."""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

import msgspec

from qa_toolkit.exchange.layout import Row

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_PER_GROUP: Final = 4_000
CHARACTERS_PER_GROUP: Final = 32_000_000
JSON_TEXT: Final = ("labels", "extra", "evidence")  # of any shape, so that Parquet holds them as JSON
TIMES: Final = ("sent_at", "started_at", "ended_at", "rated_at")
COUNTS: Final = ("position", "votes", "n_messages")
LISTS: Final = ("attachments", "root_causes")


class JsonLinesFile:
    """A file of JSON Lines, compressed if its final name ends in ``.gz``."""

    def __init__(self, path: Path, packed: bool) -> None:
        self.cut = 0
        self._file = cast("IO[bytes]", gzip.GzipFile(path, "wb", 6) if packed else path.open("wb"))
        self._encoder = msgspec.json.Encoder()

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows, a line each."""
        self._file.write(self._encoder.encode_lines(rows if isinstance(rows, list) else list(rows)))

    def close(self) -> None:
        """End the file."""
        self._file.close()

    drop = close


class ParquetFile:
    """A Parquet file; a group of rows is written whenever there are enough for one."""

    def __init__(self, path: Path, columns: Iterable[str]) -> None:
        import pyarrow.parquet as pq

        self.cut = 0
        self._schema = schema(columns)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Row] = []
        self._characters = 0

    def write(self, rows: Iterable[Row]) -> None:
        """Take rows."""
        for row in rows:
            self._rows.append(_flattened(row))
            self._characters += sum(len(message["text"]) for message in row.get("messages", ()))
            if len(self._rows) >= ROWS_PER_GROUP or self._characters >= CHARACTERS_PER_GROUP:
                self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
        self._rows, self._characters = [], 0

    def close(self) -> None:
        """Write what is left and end the file."""
        self._flush()
        self._writer.close()

    def drop(self) -> None:
        """End a file that is not kept."""
        self._writer.close()


def _flattened(row: Row) -> Row:
    """Return a row with what has any shape as JSON."""
    flat = {name: _json(value) if name in JSON_TEXT else value for name, value in row.items()}
    if "messages" in row:
        flat["messages"] = [_flattened(message) for message in row["messages"]]
    return flat


def _json(value: Any) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def schema(columns: Iterable[str]) -> pa.Schema:
    """Return the types of columns, which their names tell."""
    import pyarrow as pa

    fold = pa.struct([("start", pa.int64()), ("end", pa.int64()), ("kind", pa.string())])
    message = ("position", "role", "author", "text", "sent_at", "votes", "attachments", "folded", "extra")

    def kind(name: str) -> Any:
        if name == "messages":
            return pa.list_(pa.struct([(inner, kind(inner)) for inner in message]))
        if name == "folded":
            return pa.list_(fold)
        if name in LISTS:
            return pa.list_(pa.string())
        if name in TIMES:
            return pa.timestamp("us", "UTC")
        return pa.int64() if name in COUNTS else pa.bool_() if name == "submitted" else pa.string()

    return pa.schema([(name, kind(name)) for name in columns])
