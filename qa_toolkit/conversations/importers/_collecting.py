"""Batches, filled with what importers give: checked, once each, redacted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from qa_toolkit.conversations.importers._frames import Frames
from qa_toolkit.conversations.importers._model import Record, Refusal
from qa_toolkit.conversations.importers._plain import PlainContent, Plains, Times, times_of
from qa_toolkit.conversations.importers._records import MalformedError, known_id, rows_of
from qa_toolkit.conversations.importers._seen import Seen, digest_of

if TYPE_CHECKING:
    from qa_toolkit.conversations.redaction import Redactor

CONVERSATIONS_PER_BATCH: Final = 1_000
BYTES_PER_BATCH: Final = 16_000_000  # a few huge conversations fill a batch too


@dataclass(frozen=True)
class Batch:
    """What was read from a part of a file.

    Parameters
    ----------
    conversations, messages : pandas.DataFrame
        The two frames, as `validate_conversations` and `validate_messages` return them; every conversation is whole.
    refused : pandas.DataFrame
        Columns ``line`` (int64, from 1), ``conversation_id`` (missing if it could not be read), ``reason``, ``file``
        (path within the folder; missing where one file is read).
    decisions : collections.Counter
        What was decided by rule: (about, rule), such as ``("role", "agent: incoming is false")``, to how often.
    known : int
        Conversations left out because the same content stands earlier in the file.
    records : int
        Of the file that are behind it, from the start: those of this batch, of earlier ones, and those passed over.
    """

    conversations: pd.DataFrame
    messages: pd.DataFrame
    refused: pd.DataFrame
    decisions: Counter[tuple[str, str]]
    known: int = 0
    records: int = 0


class Collector:
    """Fills one batch after the other; what was seen of the file goes from each to the next.

    Parameters
    ----------
    source : str
        The ``source`` of conversations that name none.
    zone : datetime.tzinfo or None
        Of times that come without one.
    redactor : Redactor or None
        Takes private data out of each conversation, and out of what is said of refused ones.
    skip : int
        Records at the start that are passed over, not looked at.
    """

    def __init__(self, source: str, zone: tzinfo | None, redactor: Redactor | None, skip: int = 0) -> None:
        self._source, self._zone, self._redactor, self._skip = source, zone, redactor, skip
        self._records = 0
        self._seen = Seen()
        self._start()

    def _start(self) -> None:
        self._frames = Frames()
        self._refused: list[Refusal] = []
        self._decisions: Counter[tuple[str, str]] = Counter()
        self._known = 0

    def take(self, found: Record | Plains | Refusal) -> Iterator[Batch]:
        """Take what an importer gives; yield the batches that are full with it."""
        if isinstance(found, Plains):
            yield from self._take_many(found)
            return
        self._records += 1
        if self._records <= self._skip:
            return
        if isinstance(found, Refusal):
            self._refuse(found)
        else:
            self._take_record(found)
        yield from self._full_batch()

    def _take_many(self, found: Plains) -> Iterator[Batch]:
        start = min(max(self._skip - self._records, 0), len(found.contents))
        self._records += start
        while start < len(found.contents):
            part = found.part(start, 1 if self._redactor else self._room(found))
            if self._redactor:
                self._take_record(part.records()[0])
            else:
                self._take_plain(part)
            start += len(part.contents)
            self._records += len(part.contents)
            yield from self._full_batch()

    def _room(self, found: Plains) -> int:
        """Return how many conversations go in before somebody must look whether the batch is full."""
        if self._frames.size + found.size >= BYTES_PER_BATCH:
            return 1
        return CONVERSATIONS_PER_BATCH - len(self._frames) - len(self._refused)

    def _full_batch(self) -> Iterator[Batch]:
        count = len(self._frames) + len(self._refused)
        if count >= CONVERSATIONS_PER_BATCH or self._frames.size >= BYTES_PER_BATCH:
            yield self._batch()

    def rest(self) -> Iterator[Batch]:
        """Yield what is left, if there is anything."""
        if len(self._frames) or self._refused or self._known:
            yield self._batch()

    def _batch(self) -> Batch:
        frames, refused = self._frames.made(), _refused_frame(self._refused)
        batch = Batch(*frames, refused, self._decisions, self._known, self._records)
        self._start()
        return batch

    def _refuse(self, refusal: Refusal) -> None:
        self._refused.append(self._redactor.refusal(refusal) if self._redactor else refusal)

    def _take_record(self, record: Record) -> None:
        redactor = self._redactor
        try:
            rows = rows_of(record.content, self._source, self._zone)
            if self._is_known(rows.conversation[0], record.content, record.line, record.file):
                return
            if redactor:
                rows, decided = redactor.redact(rows, record.people)
                self._decisions.update(decided)
        except MalformedError as error:
            line = record.lines[error.position] if record.lines and error.position is not None else record.line
            reason = error.without_value if redactor else str(error)
            refusal = Refusal(line, known_id(record.content), reason, record.file)
            self._refused.append(redactor.refusal(refusal, record.people, record.content) if redactor else refusal)
            return
        self._decisions.update(record.decisions)
        self._decisions.update(rows.decisions)
        self._frames.add_rows(rows)

    def _take_plain(self, found: Plains) -> None:
        times = times_of(found.contents)
        if times is not None:
            self._take_timed(found, times)
        elif len(found.contents) > 1:  # one of them at least has a time that must be looked at closely
            for place in range(len(found.contents)):
                self._take_plain(found.part(place, 1))
        else:
            self._take_record(found.records()[0])

    def _take_timed(self, found: Plains, times: Times | None) -> None:
        lines = enumerate(found.contents, found.line)
        new = [content for line, content in lines if self._is_new(content, line, found.file)]
        if len(new) < len(found.contents):
            times = times_of(new) if new else None
        if times is not None:
            self._frames.add_plain(new, times, self._source)

    def _is_new(self, content: PlainContent, line: int, file: str) -> bool:
        try:
            return not self._is_known(content.conversation_id, content, line, file)
        except MalformedError as error:
            self._refused.append(Refusal(line, content.conversation_id, str(error), file))
            return False

    def _is_known(self, conversation_id: str, content: object, line: int, file: str) -> bool:
        known = self._seen.is_known(conversation_id, digest_of(content), line, file)
        self._known += known
        return known


def _refused_frame(refused: list[Refusal]) -> pd.DataFrame:
    if not refused:
        return _NONE_REFUSED.copy()
    return pd.DataFrame(
        {
            "line": np.array([r.line for r in refused], dtype="int64"),
            "conversation_id": pd.Series([r.conversation_id for r in refused], dtype="str"),
            "reason": pd.Series([r.reason for r in refused], dtype="str"),
            "file": pd.Series([r.file or None for r in refused], dtype="str"),
        }
    )


_NONE_REFUSED: Final = pd.DataFrame(columns=["line", "conversation_id", "reason", "file"]).astype(
    {"line": "int64", "conversation_id": "str", "reason": "str", "file": "str"}
)
