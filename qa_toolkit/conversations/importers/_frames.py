"""The two frames of a batch, put together column by column while it is read."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from qa_toolkit.conversations.importers._heads import head_row
from qa_toolkit.conversations.importers._plain import PlainContent, Times
from qa_toolkit.conversations.importers._records import Rows
from qa_toolkit.conversations.schema import CONVERSATIONS, Column

TEXT: Final[Any] = pd.StringDtype("pyarrow", na_value=np.nan)
NOTHING: Final[tuple[Any, ...]] = (None, [], [], None)  # votes, attachments, folded parts and extra of most messages
NEVER: Final = np.array([], "datetime64[us]")
PACKED: Final = 512  # texts at once; as many as stay in the processor's cache


class Frames:
    """Conversations and messages that were checked one by one, column by column.

    The frames need no further check: `rows_of` and `decode_plain` let nothing else through.
    """

    def __init__(self) -> None:
        self._heads: list[tuple[Any, ...]] = []
        self._roles: list[str] = []
        self._authors: list[str | None] = []
        self._texts: list[str] = []
        self._packed: list[pa.Array] = []
        self._packed_size = 0
        self._times: list[Times] = []
        self._beyond: dict[int, tuple[Any, ...]] = {}

    def __len__(self) -> int:
        return len(self._heads)

    def add_rows(self, rows: Rows) -> None:
        """Take one conversation as rows."""
        self._heads.append(rows.conversation)
        _, _, roles, authors, texts, times, *beyond = zip(*rows.messages, strict=True)
        messages = enumerate(zip(*beyond, strict=True), len(self._roles))
        self._beyond.update((place, more) for place, more in messages if more != NOTHING)
        self._add_messages(roles, authors, texts, np.array(times, "datetime64[us]"))
        if len(self._texts) >= PACKED:
            self._pack()

    def add_plain(self, contents: Sequence[PlainContent], times: Times, source: str) -> None:
        """Take plain conversations with the times of all their messages, and the source of those that name none."""
        messages = list(chain.from_iterable([content.messages for content in contents]))
        roles = [message.role for message in messages]
        authors = [message.author or None for message in messages]
        end = 0
        for content in contents:
            start, end = end, end + len(content.messages)
            ids = content.conversation_id, content.source or source, content.channel or "unknown"
            self._heads.append(head_row(ids, content.labels or {}, roles[start:end], authors[start:end]))
        self._add_messages(roles, authors, [message.text for message in messages], times)
        self._pack()

    def _add_messages(
        self, roles: Sequence[str], authors: Sequence[str | None], texts: Sequence[str], times: Times
    ) -> None:
        self._roles += roles
        self._authors += authors
        self._texts += texts
        self._times.append(times)

    def _pack(self) -> None:
        packed = pa.array(self._texts, pa.large_string())
        self._packed.append(packed)
        self._packed_size += packed.nbytes - 8 * len(packed)  # without the offsets
        self._texts = []

    @property
    def size(self) -> int:
        """Bytes of the texts, or of those not packed yet at least the characters."""
        return self._packed_size + sum(map(len, self._texts))

    def made(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the frames of conversations and of messages."""
        self._pack()
        counts = np.array([head[-2] for head in self._heads], "int64")
        times = np.concatenate([NEVER, *self._times])
        return self._conversations(np.cumsum(counts) - counts, times), self._messages(counts, times)

    def _conversations(self, starts: Any, times: Times) -> pd.DataFrame:
        values = zip(*self._heads, strict=True) if self._heads else ((),) * len(CONVERSATIONS)
        columns = {column.name: _column(column, given) for column, given in zip(CONVERSATIONS, values, strict=True)}
        for name, first in (("started_at", np.fmin), ("ended_at", np.fmax)):
            columns[name] = _utc(first.reduceat(times, starts) if len(starts) else times)
        return pd.DataFrame(columns, copy=False)

    def _messages(self, counts: Any, times: Times) -> pd.DataFrame:
        owners = np.repeat(np.arange(len(counts)), counts)
        ids = pa.array([head[0] for head in self._heads], pa.large_string())
        columns = {
            "conversation_id": _strings(ids.take(pa.array(owners))),
            "position": np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts),
            "role": _text(self._roles),
            "author": _text(self._authors),
            "text": _strings(pa.chunked_array(self._packed)),
            "sent_at": _utc(times),
        }
        return pd.DataFrame(columns | self._beyond_columns(len(owners)), copy=False)

    def _beyond_columns(self, n: int) -> dict[str, Any]:
        votes = pd.arrays.IntegerArray(np.zeros(n, "int64"), np.ones(n, "bool"))
        attachments, folded = (np.fromiter([[] for _ in range(n)], object, n) for _ in range(2))
        extra = np.full(n, None, object)
        for place, more in self._beyond.items():
            if more[0] is not None:
                votes[place] = more[0]
            attachments[place], folded[place], extra[place] = more[1:]
        return {"votes": votes, "attachments": attachments, "folded": folded, "extra": extra}


def _strings(values: Any) -> Any:
    return TEXT.__from_arrow__(values)


def _text(values: Sequence[str | None]) -> Any:
    return _strings(pa.array(values, pa.large_string()))


def _utc(values: Times) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(values, tz="UTC")


def _column(column: Column, values: Sequence[Any]) -> Any:
    if column.kind == "text":
        return _text(values)
    if column.kind == "count":
        return np.array(values, dtype="int64")
    return np.fromiter(values, object, len(values)) if column.kind == "labels" else None  # times come from the messages
