"""Messages that stand apart from their conversation: where they are is remembered, what they say is read later."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Any, Final

import numpy as np

from qa_toolkit.conversations.importers._files import ImportFile
from qa_toolkit.conversations.importers._json import Element, decode
from qa_toolkit.errors import FileFormatError

COLUMNS: Final = ("key", "part", "offset", "size", "line")  # 40 bytes a message


class Apart:
    """The places of messages by the id of their conversation; filled first, then asked.

    Parameters
    ----------
    file : ImportFile
        What is read; of its parts that are gzip, the messages are kept in a temporary file that has no name.
    """

    def __init__(self, file: ImportFile) -> None:
        self._file = file
        self._numbers = {part.name: number for number, part in enumerate(file.parts)}
        self._rows = {name: array("q") for name in COLUMNS}
        self._index: dict[str, Any] = {}
        self._asked: Any = None
        self._opened: tuple[int, IO[bytes]] | None = None
        self._spool: IO[bytes] | None = None

    def add(self, conversation_id: str, element: Element) -> None:
        """Remember where a message of a conversation is."""
        number, offset = self._numbers[element.file], element.offset
        if self._file.parts[number].zipped:
            offset = self._spooled(element.raw)
        row = (hash(conversation_id), number, offset, len(element.raw), element.line)
        for name, value in zip(COLUMNS, row, strict=True):
            self._rows[name].append(value)

    def _spooled(self, raw: bytes) -> int:
        try:
            self._spool = self._spool or TemporaryFile()  # noqa: SIM115 - closed in `close`
            offset = self._spool.tell()
            self._spool.write(raw)
        except OSError as error:
            raise FileFormatError(
                f"{self._file.path} needs room for what it holds, unpacked, and there is none ({error.strerror}); "
                "unpack it yourself, or let TMPDIR name a folder with more room"
            ) from error
        return offset

    def of(self, conversation_id: str) -> list[Element]:
        """Return the messages of a conversation, in the order of the file."""
        keys, key = self._sorted("key"), hash(conversation_id)
        first, last = (int(np.searchsorted(keys, key, side)) for side in ("left", "right"))
        self._asked[first:last] = True
        return self._elements(slice(first, last))

    def never_asked(self) -> Iterator[Element]:
        """Give the first message of each conversation that nobody asked for, in the order of the file."""
        keys = self._sorted("key")
        new = np.r_[True, keys[1:] != keys[:-1]] if len(keys) else np.zeros(0, bool)
        places = np.flatnonzero(new & ~self._asked)
        order = np.lexsort([self._sorted(name)[places] for name in ("offset", "part")])
        for place in places[order]:
            yield from self._elements(slice(place, place + 1))

    def close(self) -> None:
        """Let go of the files."""
        for opened in (self._opened and self._opened[1], self._spool):
            if opened:
                opened.close()

    def _sorted(self, name: str) -> Any:
        if not self._index:
            rows = {name: np.array(values, "int64") for name, values in self._rows.items()}
            order = np.argsort(rows["key"], kind="stable")
            self._index = {name: values[order] for name, values in rows.items()}
            self._rows.clear()
            self._asked = np.zeros(len(order), bool)
        return self._index[name]

    def _elements(self, places: slice) -> list[Element]:
        rows = (self._sorted(name)[places].tolist() for name in COLUMNS[1:])
        return [self._element(*row) for row in zip(*rows, strict=True)]

    def _element(self, number: int, offset: int, size: int, line: int) -> Element:
        part = self._file.parts[number]
        stream = self._spool if part.zipped and self._spool else self._open(number)
        stream.seek(offset)
        raw = stream.read(size)
        return Element("", line, part.name, decode(raw), offset, raw)

    def _open(self, number: int) -> IO[bytes]:
        if self._opened is None or self._opened[0] != number:
            if self._opened:
                self._opened[1].close()
            self._opened = number, self._file.parts[number].path.open("rb")
        return self._opened[1]
