"""A backup: the whole of a project as gzipped lines of JSON, which any tool can read, with a checksum at the end.

The first line says what it is, and lists the tables with their columns. Then there is a line with the name of each
table, and after it a line for each row. The last line has the counts, and the SHA-256 of all lines before it.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from qa_toolkit.errors import FileFormatError
from qa_toolkit.store.keeping.whole import ROWS, TYPES, Part, Row, Shape, Whole
from qa_toolkit.store.migrations import NEWER

FORMAT: Final = "qa_toolkit backup"
VERSION: Final = 1
LONGEST: Final = 1 << 28  # bytes of a line
LEVEL: Final = 1  # of compression: it is as fast as the database gives rows
AGAIN: Final = "take another backup"


@dataclass(frozen=True)
class Head:
    """What the first line of a backup says: when it was made, and what is in it."""

    made_at: datetime
    whole: Whole


def write(path: Path, head: Head, parts: Iterable[Part]) -> None:
    """Write a file that only its owner may read; when this returns, it is on disk.

    Raises
    ------
    OSError
        If it cannot be written, or is there already.
    """
    encoder, digest, counts = msgspec.json.Encoder(), hashlib.sha256(), dict.fromkeys(head.whole.sizes, 0)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as plain:
        with gzip.GzipFile("", "wb", LEVEL, plain, mtime=0) as file:

            def say(data: bytes) -> None:
                digest.update(data)
                file.write(data)

            say(encoder.encode(_first(head)) + b"\n")
            table = ""
            for shape, rows in parts:
                if shape.name != table:
                    table = shape.name
                    say(encoder.encode({"table": table}) + b"\n")
                say(encoder.encode_lines(rows))
                counts[table] += len(rows)
            file.write(encoder.encode({"rows": counts, "sha256": digest.hexdigest()}) + b"\n")
        plain.flush()
        os.fsync(plain.fileno())


def _first(head: Head) -> dict[str, Any]:
    whole = head.whole
    shapes = {shape.name: shape.columns for shape in whole.shapes}
    said = {"format": FORMAT, "version": VERSION, "made_at": head.made_at, "schema": whole.revision}
    return {**said, "last_event": whole.last, "sizes": whole.sizes, "tables": shapes}


def read_head(path: Path) -> Head:
    """Return what the first line of a backup says.

    Raises
    ------
    FileFormatError
        If it is no backup, or of a newer release.
    """
    with _Lines(path) as lines:
        return _head(lines)


def read(path: Path) -> Iterator[Part]:
    """Yield all rows of a backup; after the last one, everything about it was checked.

    Raises
    ------
    FileFormatError
        If it is no backup, was cut short or altered.
    """
    counts: dict[str, int] = {}
    with _Lines(path) as lines:
        shapes = {shape.name: shape for shape in _head(lines).whole.shapes}
        line = lines.take()
        while (said := lines.object_of(line)).get("table"):
            shape = shapes.get(said["table"]) or lines.refuse("names a table that the first does not list")
            line = yield from _rows(lines, shape, counts)
        whole = said == {"rows": said.get("rows"), "sha256": lines.sha256} and lines.ended()
        if not whole or {name: n for name, n in said["rows"].items() if n} != counts:
            lines.refuse("has another checksum, so the file was altered")


def _rows(lines: _Lines, shape: Shape, counts: dict[str, int]) -> Generator[Part, None, bytes]:
    rows: list[Row] = []
    while (line := lines.take()).startswith(b"["):
        rows.append(_row(lines, shape, line))
        counts[shape.name] = counts.get(shape.name, 0) + 1
        if len(rows) == ROWS:
            yield shape, rows
            rows = []
    if rows:
        yield shape, rows
    return line


class _Lines:
    """The lines of a file, and the SHA-256 of all before the one that was taken last."""

    def __init__(self, path: Path) -> None:
        self._path, self._number, self._last = path, 0, b""
        self._digest, self._decoder = hashlib.sha256(), msgspec.json.Decoder()
        try:
            self._file = gzip.open(path, "rb")  # noqa: SIM115 - closed by __exit__
        except OSError as error:
            raise FileFormatError(f"{path} cannot be read ({error.strerror}); check the name") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def take(self) -> bytes:
        self._digest.update(self._last)
        self._number += 1
        try:
            self._last = self._file.readline(LONGEST)
        except EOFError:
            self.refuse("is cut short")
        except (gzip.BadGzipFile, zlib.error) as error:
            self.refuse(f"is damaged ({error})")
        except OSError as error:
            raise FileFormatError(f"{self._path} cannot be read ({error.strerror}); check the name") from None
        if not self._last.endswith(b"\n"):
            self.refuse("is too long" if len(self._last) == LONGEST else "is cut short")
        return self._last

    def ended(self) -> bool:
        try:
            return not self._file.read(1)
        except (EOFError, OSError, zlib.error):
            return False

    def object_of(self, line: bytes) -> dict[str, Any]:
        try:
            found = self._decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found = None
        return dict(found) if isinstance(found, dict) else dict(self.refuse("is none of a backup"))

    def values_of(self, line: bytes) -> list[Any]:
        return list(self._decoder.decode(line))

    def refuse(self, why: str) -> Any:
        raise FileFormatError(f"{self._path} is no whole backup: line {self._number:,} {why}; {AGAIN}")


def _head(lines: _Lines) -> Head:
    said = lines.object_of(lines.take())
    if said.get("format") != FORMAT:
        lines.refuse("is another one")
    if said.get("version") != VERSION:
        raise FileFormatError(f"the backup {NEWER}")
    try:
        first = msgspec.convert(said, _First)
    except msgspec.ValidationError as error:
        lines.refuse(f"is wrong ({error})")
    shapes = [Shape(name, columns) for name, columns in first.tables.items()]
    if not all(set(shape.columns.values()) <= set(TYPES) for shape in shapes):
        lines.refuse("names a kind of value that is not known")
    return Head(first.made_at, Whole(first.schema, first.last_event, first.sizes, shapes))


class _First(msgspec.Struct):
    made_at: datetime
    schema: str
    last_event: int
    sizes: dict[str, int]
    tables: dict[str, dict[str, str]]


def _row(lines: _Lines, shape: Shape, line: bytes) -> Row:
    kinds = shape.columns.values()
    try:
        values = lines.values_of(line)
        return tuple(None if v is None else FROM_JSON[kind](v) for v, kind in zip(values, kinds, strict=True))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, TypeError, ValueError):
        return tuple(lines.refuse(f"is no row of {shape.name}"))


def _is(*types: type) -> Any:
    def checked(value: Any) -> Any:
        if type(value) not in types:
            raise TypeError
        return value

    return checked


def _whole_number(value: Any) -> int:
    if type(value) is not int or abs(value) >= 2**63:
        raise TypeError
    return value


FROM_JSON: Final[dict[str, Any]] = {
    "time": datetime.fromisoformat,
    "json": _is(str),
    "bytes": lambda value: base64.b64decode(value, validate=True),
    "boolean": _is(bool),
    "number": _whole_number,
    "float": lambda value: float(_is(int, float)(value)),
    "text": _is(str),
}
