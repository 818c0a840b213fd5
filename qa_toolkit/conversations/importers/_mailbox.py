"""Where each mail stands in a mailbox file or a folder of mails, so that each can be read by itself."""

from __future__ import annotations

import io
import re
import tempfile
from array import array
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Final, Protocol, Self

from qa_toolkit.conversations.importers._files import BOM, ImportFile, Progress, unheard
from qa_toolkit.conversations.importers._model import Refusal
from qa_toolkit.errors import FileFormatError

LONGEST_MAIL: Final = 25_000_000  # bytes of one mail that are read; mail servers take no more
LONGEST_HEADERS: Final = 1 << 18
HEADERS: Final = 1 << 13  # bytes in which the headers of most mails end
CHUNK: Final = 1 << 20
WINDOW: Final = 1 << 11  # more than the line between two mails with the start of the next
EXPANDS: Final = 200  # times that a gzip of mail may be larger unpacked
SMALL: Final = 1 << 28  # bytes unpacked at which that does not matter
FIRST: Final = re.compile(rb"From [^\n]{0,998}\n(?:>?From |[!-9;-~]{1,100}:)")
BETWEEN: Final = re.compile(rb"\n\r?\nFrom [^\n]{0,998}\n(?=>?From |[!-9;-~]{1,100}:)")
HOUR: Final = re.compile(rb"\d\d?:\d\d")
ESCAPED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)
BLANK_LINE: Final = re.compile(rb"\n\r?\n")
FIELD: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
USUAL: Final = frozenset(
    b"from to cc subject date message-id received return-path delivered-to mime-version content-type reply-to sender "
    b"in-reply-to references dkim-signature x-mailer envelope-to authentication-results x-received".split()
)


class _Bytes(Protocol):
    def read(self, size: int, /) -> bytes: ...


def is_mailbox(head: bytes) -> bool:
    """Say whether a file that begins so is an mbox."""
    return FIRST.match(head) is not None


def is_mail(head: bytes) -> bool:
    """Say whether a file that begins so is one mail: fields, and three usual ones among them."""
    if not FIELD.match(head):
        return False
    names = (FIELD.match(line) for line in head[:HEADERS].split(b"\n"))
    return len({name[1].lower() for name in names if name} & USUAL) > 2


class Mailbox:
    """The mails of a file or folder, by number; to be closed.

    Parameters
    ----------
    file : ImportFile
    """

    def __init__(self, file: ImportFile) -> None:
        self.refused: list[Refusal] = []
        self.cut: dict[int, str] = {}  # mails in which a file breaks off, and why
        self._parts = file.parts
        self._source, self._offset, self._length, self._line = array("q"), array("q"), array("q"), array("q")
        self._unpacked: dict[int, IO[bytes]] = {}
        self._current: tuple[int, IO[bytes]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (*self._unpacked.values(), *([self._current[1]] if self._current else [])):
            stream.close()

    def __len__(self) -> int:
        return len(self._offset)

    def find(self, progress: Progress) -> None:
        """Look for the mails in all files.

        Raises
        ------
        FileFormatError
            If a gzip unpacks to far more than mail does.
        """
        total, before = sum(part.size for part in self._parts), 0
        for source, part in enumerate(self._parts):
            if is_mailbox(part.head):
                self._find_in(source, part, lambda done, _, before=before: progress(before + done, total))  # type: ignore[misc]
            elif is_mail(part.head) or part.suffix == ".eml":
                self._add(source, 0, -1 if part.zipped else part.size, 1)
            else:
                self.refused.append(Refusal(1, None, "is no e-mail; leave it out of the folder", part.name))
            before += part.size
            progress(before, total)

    def place(self, number: int) -> tuple[str, int]:
        """Return the file and the line where a mail begins."""
        return self._parts[self._source[number]].name, self._line[number]

    def headers(self, number: int) -> bytes:
        """Return the start of a mail, up to the blank line if that is not too far."""
        start = self._read(number, HEADERS)
        whole = BLANK_LINE.search(start) or len(start) < HEADERS
        return start if whole else self._read(number, LONGEST_HEADERS)

    def mail(self, number: int) -> bytes:
        """Return a mail; of one that is too long, one byte more than is read of it."""
        raw = self._read(number, LONGEST_MAIL + 1)
        if self._length[number] == -1 or not is_mailbox(self._parts[self._source[number]].head):
            return raw
        return ESCAPED.sub(rb"\1", raw)

    def _find_in(self, source: int, part: ImportFile, progress: Progress) -> None:
        reader = part.open(progress)
        with io.BufferedReader(reader, CHUNK) as raw:
            stream: _Bytes = self._unpack(source, part, raw) if part.zipped else raw
            last: tuple[int, int] | None = None
            for offset, line in _starts(stream):
                if last is not None and offset > last[0]:
                    self._add(source, last[0], offset - last[0], last[1])
                last = (offset, line)
        if reader.fault and last is not None:
            self.cut[len(self) - 1] = reader.fault

    def _unpack(self, source: int, part: ImportFile, raw: _Bytes) -> IO[bytes]:
        """Write a gzip into a temporary file, where mails can be read by their place."""
        unpacked = self._unpacked[source] = tempfile.TemporaryFile()  # noqa: SIM115
        size = 0
        while data := raw.read(CHUNK):
            size += unpacked.write(data)
            if size > max(SMALL, EXPANDS * part.size):
                raise FileFormatError(
                    f"{part.path} unpacks to {EXPANDS} times its size, which mail does not; unpack it"
                )
        unpacked.seek(0)
        return unpacked

    def _add(self, source: int, offset: int, length: int, line: int) -> None:
        for numbers, value in zip(
            (self._source, self._offset, self._length, self._line), (source, offset, length, line), strict=True
        ):
            numbers.append(value)

    def _read(self, number: int, limit: int) -> bytes:
        source, offset, length = self._source[number], self._offset[number], self._length[number]
        if length == -1:
            reader = self._parts[source].open(unheard)
            with io.BufferedReader(reader, HEADERS) as unpacking:
                raw = unpacking.read(limit).removeprefix(BOM)
            if reader.fault:
                self.cut[number] = reader.fault
            return raw
        stream = self._opened(source)
        stream.seek(offset)
        raw = stream.read(min(length, limit + WINDOW))
        if raw.startswith(b"From "):
            raw = raw[raw.find(b"\n") + 1 :]
        return raw[:limit].removeprefix(BOM)

    def _opened(self, source: int) -> IO[bytes]:
        if source in self._unpacked:
            return self._unpacked[source]
        if self._current is None or self._current[0] != source:
            if self._current:
                self._current[1].close()
            self._current = source, self._parts[source].path.open("rb")
        return self._current[1]


def _starts(stream: _Bytes) -> Iterator[tuple[int, int]]:
    """Give the place and line of each mail of an mbox, and at last those of the end."""
    data = stream.read(CHUNK)
    buffer = b"\n\n" + data.removeprefix(BOM)
    base, line, begun = len(data) - len(buffer), -1, False
    while True:
        done = max(0, len(buffer) - WINDOW) if data else len(buffer)
        counted = 0
        for found in BETWEEN.finditer(buffer):
            if found.start() >= done:
                break
            if begun and not HOUR.search(found.group()):
                continue  # "From now on", at the beginning of a paragraph
            begun = True
            start = buffer.index(b"From", found.start())
            line += buffer.count(b"\n", counted, start)
            counted = start
            yield base + start, line
        line += buffer.count(b"\n", counted, done)
        buffer, base = buffer[done:], base + done
        if not data:
            yield base + len(buffer), line
            return
        data = stream.read(CHUNK)
        buffer += data
