"""What of a file was taken already, in some 200 bytes a conversation."""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

import msgspec

from qa_toolkit.conversations.importers._records import MalformedError

ALL_BITS: Final = (1 << 64) - 1
LONG_ID: Final = 32  # characters; of a longer one only the hash is kept
_encode: Final = msgspec.msgpack.Encoder(order="deterministic").encode


class Seen:
    """The conversations of a file by their ids: where each stood first, and the hash of what it said.

    The hash is Python's own of bytes: quick, of 64 bits, and another in each process.
    """

    def __init__(self) -> None:
        self._first: dict[str | bytes, int] = {}
        self._files: dict[str, int] = {}

    def is_known(self, conversation_id: str, digest: int, line: int, file: str = "") -> bool:
        """Say whether the same content was there before, and remember it if it is new.

        Raises
        ------
        MalformedError
            If there was other content under this id.
        """
        long = len(conversation_id) > LONG_ID
        key = sha256(conversation_id.encode()).digest()[:16] if long else conversation_id
        first = self._first.get(key)
        if first is None:
            place = self._files.setdefault(file, len(self._files)) << 64 | line
            self._first[key] = place << 64 | digest
        elif first & ALL_BITS != digest:
            where = self._named(first >> 64)
            raise MalformedError(f"{where} has the same conversation_id with other content; that one is kept")
        return first is not None

    def _named(self, place: int) -> str:
        file, line = list(self._files)[place >> 64], f"line {place & ALL_BITS}"
        return f"{file}, {line}" if file else line


def digest_of(content: Any) -> int:
    """Return 64 bits that are the same for the same content, whatever the order of its fields.

    Raises
    ------
    MalformedError
        If it cannot be written as UTF-8.
    """
    try:
        return hash(_encode(content)) & ALL_BITS
    except OverflowError:  # a whole number of more than 64 bits
        return hash(msgspec.json.encode(content, order="deterministic")) & ALL_BITS
    except UnicodeEncodeError:
        raise MalformedError("has half of a character (a lone surrogate)") from None
