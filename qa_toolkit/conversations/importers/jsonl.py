"""JSON Lines: one conversation a line, in the layout of ``docs/importing.md``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec

from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import BOM, CHUNK, ByteReader, ImportFile, Progress, looks_binary
from qa_toolkit.conversations.importers._model import Record, Refusal
from qa_toolkit.conversations.importers._plain import PlainContent, Plains, decode_plain
from qa_toolkit.errors import FileFormatError

LONGEST_LINE: Final = 1 << 24  # bytes; what comes out of a small gzip can be endless
_decode: Final = msgspec.json.Decoder().decode


class JsonLines:
    """Importer of JSON Lines."""

    name = "jsonl"

    def recognises(self, file: ImportFile) -> bool:
        """Say whether the first line starts an object, or the file's name says so."""
        first = file.head.lstrip().split(b"\n", 1)[0].strip()
        return not looks_binary(file.head) and (
            file.suffix in (".jsonl", ".ndjson") or (first.startswith(b"{") and first != b"{")
        )

    def records(
        self, file: ImportFile, options: ReadOptions, progress: Progress
    ) -> Iterator[Record | Plains | Refusal]:
        """Give each line as a record or a refusal, those that are plain many at a time.

        Raises
        ------
        FileFormatError
            If columns are given: the layout of JSON Lines is fixed.
        """
        if options.columns:
            raise FileFormatError(f"{file.path} is JSON Lines, which takes no columns=; leave it out")
        return self._files(file, progress)

    def _files(self, file: ImportFile, progress: Progress) -> Iterator[Record | Plains | Refusal]:
        before = 0
        for part in file.parts:
            with part.open(partial(_report, progress, before, file.size)) as reader:
                yield from _found(reader, part.name)
            before += part.size


def _report(progress: Progress, before: int, total: int, done: int, _size: int) -> None:
    progress(before + done, total)


def _found(reader: ByteReader, file: str) -> Iterator[Record | Plains | Refusal]:
    line, blocks = 1, _Blocks(reader)
    for lines in blocks:
        if lines:
            yield from _many(lines, line, file)
        else:
            reason = f"is longer than {LONGEST_LINE >> 20} MiB; is each conversation on a line of its own?"
            yield Refusal(line, None, reason, file)
        line += len(lines) or 1
    for found in _many([blocks.rest], line, file):
        if not (reader.fault and isinstance(found, Refusal)):  # else it is only half a line
            yield found
            line += 1
    if reader.fault:
        yield Refusal(line, None, reader.fault, file)


class _Blocks:
    """Lists of lines without their ends; an empty list stands for one line that is too long.

    Lines end at a line feed alone: U+2028 and U+0085 end no line of JSON.
    """

    def __init__(self, reader: ByteReader) -> None:
        self._reader = reader
        self._pieces: list[bytes] = []  # of the line that has not ended
        self._too_long = False

    def __iter__(self) -> Iterator[list[bytes]]:
        mark = BOM
        while data := self._reader.read(CHUNK):
            if b"\n" not in data:
                self._add(data)
                continue
            *lines, rest = (b"".join(self._pieces) + data).split(b"\n")
            if self._too_long:
                del lines[0]
                yield []
            if lines:
                lines[0] = lines[0].removeprefix(mark)
                yield lines
            self._pieces, self._too_long, mark = [rest], False, b""
        if self._too_long:
            yield []
        self._pieces = [b"".join(self._pieces).removeprefix(mark)]

    def _add(self, data: bytes) -> None:
        if not self._too_long:
            self._pieces.append(data)
            self._too_long = sum(map(len, self._pieces)) > LONGEST_LINE
        if self._too_long:
            self._pieces = []

    @property
    def rest(self) -> bytes:
        """What stands after the last line feed."""
        return b"".join(self._pieces)


def _many(lines: list[bytes], line: int, file: str) -> Iterator[Record | Plains | Refusal]:
    contents = decode_plain(lines)
    if contents is not None:
        yield Plains(line, contents, sum(map(len, lines)), file)
        return
    run: list[PlainContent] = []
    for number, raw in enumerate(lines, line):
        plain = decode_plain([raw])
        if plain:
            run += plain
            continue
        if run:
            yield Plains(number - len(run), run, sum(map(len, lines)), file)
            run = []
        if raw.strip():
            yield _record(number, raw, file)
    if run:
        yield Plains(line + len(lines) - len(run), run, sum(map(len, lines)), file)


def _record(line: int, raw: bytes, file: str) -> Record | Refusal:
    try:
        content = _decode(raw)
    except UnicodeDecodeError:
        return Refusal(line, None, "is not UTF-8 text; save the file as UTF-8", file)
    except msgspec.DecodeError as error:
        lone = "surrogate" in str(error)
        reason = "has half of a character (a lone surrogate)" if lone else f"is not valid JSON: {error}"
        return Refusal(line, None, reason, file)
    except RecursionError:
        return Refusal(line, None, "is nested too deep", file)
    if not isinstance(content, dict):
        return Refusal(line, None, 'is not an object; a conversation is written {"conversation_id": ...}', file)
    return Record(line, content, file=file)
