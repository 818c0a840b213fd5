"""Which encoding a file of text is in: as named, by its mark, or by a look at its lines beyond ASCII."""

from __future__ import annotations

import codecs
import io
from typing import Final

from qa_toolkit.conversations.importers._files import CHUNK, HEAD, ImportFile, unheard
from qa_toolkit.conversations.text.charsets import LAST_RESORT, decode
from qa_toolkit.errors import FileFormatError

LOOKED_AT: Final = 1 << 24  # bytes of the file
LINES: Final = 500  # beyond ASCII
MARKS: Final = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
UTF8: Final = "utf-8-sig"


def encoding_of(file: ImportFile, named: str | None) -> str:
    """Return the encoding of a file.

    It is UTF-8 where at least as many lines are UTF-8 as are not; each of the others is refused when it comes.

    Raises
    ------
    FileFormatError
        If the encoding that the user names is unknown, or the file is in another.
    """
    marked = next((encoding for mark, encoding in MARKS.items() if file.head.startswith(mark)), None)
    if named:
        return _named(file, named, marked)
    if marked:
        return marked
    lines = _beyond_ascii(file)
    sound = sum(_decodes(line, "utf-8") for line in lines)
    return UTF8 if sound * 2 >= len(lines) else _looked_at(lines)


def _looked_at(lines: list[bytes]) -> str:
    found = decode(b"".join(lines))[1]
    # Lines were found at single bytes, so that it cannot be an encoding of two bytes a letter.
    return LAST_RESORT if found.startswith(("utf", "ascii")) else found


def _named(file: ImportFile, named: str, marked: str | None) -> str:
    try:
        encoding = codecs.lookup(named).name
        "".encode(encoding)  # some codecs of Python are none of text
    except (LookupError, UnicodeError) as error:
        raise FileFormatError(f"there is no encoding {named!r}; write one such as utf-8 or windows-1252") from error
    if encoding.startswith("utf-16") or marked:
        if marked and not encoding.startswith("utf-16"):
            raise FileFormatError(f"{file.path} is UTF-16 text, not {named}; leave the encoding out, or name utf-16")
        return "utf-16" if marked else encoding
    lines = _beyond_ascii(file)
    if sum(_decodes(line, encoding) for line in lines) * 2 < len(lines):
        seen = encoding_of(file, None)
        raise FileFormatError(f"{file.path} is not {named} text; it looks like {_shown(seen)}, so name that, or none")
    return UTF8 if encoding == "utf-8" else encoding


def _shown(encoding: str) -> str:
    return encoding.removesuffix("-sig")


def _beyond_ascii(file: ImportFile) -> list[bytes]:
    """Return the first lines that are not ASCII, as many as are needed for a judgement."""
    found: list[bytes] = []
    seen, whole = 0, True
    with io.BufferedReader(file.open(unheard), CHUNK) as stream:
        while len(found) < LINES and seen < LOOKED_AT and (line := stream.readline(HEAD)):
            if whole and not line.isascii():
                found.append(line)
            seen, whole = seen + len(line), line.endswith(b"\n")
    return found


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        # What is cut off after 64 KiB may end within a character.
        codecs.getincrementaldecoder(encoding)().decode(line, final=len(line) < HEAD)
    except UnicodeError:
        return False
    return True
