"""JSON Lines: one conversation a line, in the layout of ``docs/importing.md``."""

from __future__ import annotations

import io
from collections.abc import Iterator

import msgspec

from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._files import BOM, CHUNK, ImportFile, Progress, looks_binary
from qa_toolkit.conversations.importers._model import Record, Refusal
from qa_toolkit.errors import FileFormatError


class JsonLines:
    """Importer of JSON Lines."""

    name = "jsonl"

    def recognises(self, file: ImportFile) -> bool:
        """Say whether the first line starts an object, or the file's name says so."""
        first = file.head.lstrip().split(b"\n", 1)[0].strip()
        return not looks_binary(file.head) and (
            file.suffix in (".jsonl", ".ndjson") or (first.startswith(b"{") and first != b"{")
        )

    def records(self, file: ImportFile, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
        """Give each line as a record or a refusal.

        Raises
        ------
        FileFormatError
            If columns are given: the layout of JSON Lines is fixed.
        """
        if options.columns:
            raise FileFormatError(f"{file.path} is JSON Lines, which takes no columns=; leave it out")
        return self._lines(file, progress)

    def _lines(self, file: ImportFile, progress: Progress) -> Iterator[Record | Refusal]:
        decoder = msgspec.json.Decoder()
        line, whole = 0, True
        reader = file.open(progress)
        with io.BufferedReader(reader, CHUNK) as stream:
            # Lines end at \n alone: U+2028 and U+0085 end no line of JSON.
            for line, raw in enumerate(stream, start=1):
                content = raw.removeprefix(BOM) if line == 1 else raw
                found = _record(decoder, line, content) if content.strip() else None
                whole = raw.endswith(b"\n") or isinstance(found, Record)
                if found and (whole or not reader.fault):
                    yield found
            if reader.fault:
                yield Refusal(line + 1 if whole else line, None, reader.fault)


def _record(decoder: msgspec.json.Decoder[object], line: int, raw: bytes) -> Record | Refusal:
    try:
        content = decoder.decode(raw)
    except UnicodeDecodeError:
        return Refusal(line, None, "is not UTF-8 text; save the file as UTF-8")
    except msgspec.DecodeError as error:
        lone = "surrogate" in str(error)
        return Refusal(
            line, None, "has half of a character (a lone surrogate)" if lone else f"is not valid JSON: {error}"
        )
    except RecursionError:
        return Refusal(line, None, "is nested too deep")
    if not isinstance(content, dict):
        return Refusal(line, None, 'is not an object; a conversation is written {"conversation_id": ...}')
    return Record(line, content)
