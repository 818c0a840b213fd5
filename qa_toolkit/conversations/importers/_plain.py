"""Plain conversations, in the layout and nothing beyond it: checked while they are decoded, dozens at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
import pyarrow as pa

from qa_toolkit.conversations.importers._model import Record
from qa_toolkit.conversations.importers._records import DEEPEST, depth

TIME: Final = pa.timestamp("us", "UTC")
EARLIEST: Final = np.datetime64(datetime.min, "us")
LATEST: Final = np.datetime64(datetime.max, "us")
Times = np.ndarray[Any, np.dtype[np.datetime64]]


class PlainMessage(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One message with the fields that nearly all have."""

    role: Literal["customer", "agent", "bot", "system", "note"]
    text: str
    author: str | None = None
    sent_at: str | None = None


class PlainContent(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """One conversation of such messages."""

    conversation_id: str
    messages: Annotated[list[PlainMessage], msgspec.Meta(min_length=1)]
    channel: str | None = None
    labels: dict[str, Any] | None = None
    source: str | None = None


_decode: Final = msgspec.json.Decoder(PlainContent).decode


@dataclass(frozen=True, slots=True)
class Plains:
    """Conversations on lines that follow one another, checked but for their times.

    Parameters
    ----------
    line : int
        That of the first, from 1.
    contents : list of PlainContent
    size : int
        Bytes of their JSON, which are at least as many as their characters.
    file : str
        Path within the folder, where a folder is read.
    """

    line: int
    contents: list[PlainContent]
    size: int
    file: str = ""

    def part(self, start: int, n: int) -> Plains:
        """Return `n` of them, or all that there are, from the one at `start`."""
        return Plains(self.line + start, self.contents[start : start + n], self.size, self.file)

    def records(self) -> list[Record]:
        """Return the same as records, to be checked one by one."""
        whole = enumerate(map(msgspec.to_builtins, self.contents), self.line)
        return [Record(line, content, file=self.file) for line, content in whole]


def decode_plain(lines: Sequence[bytes]) -> list[PlainContent] | None:
    """Decode lines of JSON; None if one of them is not plain, so that they have to be looked at closely."""
    try:
        contents = [_decode(line) for line in lines]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return contents if all(map(_is_plain, contents)) else None


def _is_plain(content: PlainContent) -> bool:
    if not content.conversation_id.strip():
        return False
    labels = content.labels
    return not labels or ("votes" not in labels and (_is_flat(labels) or depth(labels) <= DEEPEST))


def _is_flat(labels: dict[str, Any]) -> bool:
    """Say quickly of most labels that nothing in them is nested."""
    for value in labels.values():
        if type(value) is dict or (type(value) is list and any(type(inner) in (dict, list) for inner in value)):
            return False
    return True


def times_of(contents: Sequence[PlainContent]) -> Times | None:
    """Return the times of all messages; None if one is no ISO 8601 with a zone, or beyond the calendar."""
    texts = [message.sent_at for content in contents for message in content.messages]
    try:
        times: Times = pa.array(texts, pa.string()).cast(TIME).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return None if np.fmin.reduce(times) < EARLIEST or np.fmax.reduce(times) > LATEST else times
