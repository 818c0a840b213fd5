"""From records to validated frames, a batch at a time, with every refusal kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec
import numpy as np
import pandas as pd

from qa_toolkit.conversations.importers._files import ImportFile, Progress
from qa_toolkit.conversations.importers._model import Record, Refusal
from qa_toolkit.conversations.importers._records import MalformedError, Rows, known_id, rows_of
from qa_toolkit.conversations.schema import (
    CONVERSATIONS,
    MESSAGES,
    Column,
    validate_conversations,
    validate_messages,
)

if TYPE_CHECKING:
    from qa_toolkit.conversations.redaction import Redactor

CONVERSATIONS_PER_BATCH: Final = 1_000
CHARACTERS_PER_BATCH: Final = 16_000_000  # a few huge conversations fill a batch too


@dataclass(frozen=True)
class Batch:
    """What was read from a part of a file.

    Parameters
    ----------
    conversations, messages : pandas.DataFrame
        The two validated frames; every conversation is whole.
    refused : pandas.DataFrame
        Columns ``line`` (int64, from 1), ``conversation_id`` (missing if it could not be read), ``reason``, ``file``
        (path within the folder; missing where one file is read).
    decisions : collections.Counter
        What was decided by rule: (about, rule), such as ``("role", "agent: incoming is false")``, to how often.
    known : int
        Conversations left out because the same content stands earlier in the file.
    """

    conversations: pd.DataFrame
    messages: pd.DataFrame
    refused: pd.DataFrame
    decisions: Counter[tuple[str, str]]
    known: int = 0


@dataclass(frozen=True)
class ReadOptions:
    """What a user may say about a file.

    Parameters
    ----------
    columns : mapping of str to str
        Tables only: our names to the names of the file's columns.
    zone : datetime.tzinfo or None
        Of times that come without one.
    agents : tuple of str
        Where the file does not say who is an agent: addresses, names or ``@domain`` of the team.
    dayfirst : bool or None
        Tables only: whether 03/04/2026 is in April; None: as the file shows, else it is refused.
    encoding : str or None
        CSV only: of the text; None: found by looking at it.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo | None = None
    agents: tuple[str, ...] = ()
    dayfirst: bool | None = None
    encoding: str | None = None


class Importer(Protocol):
    """Reads one kind of file or folder; see ``docs/importing.md`` for how to add one."""

    name: str

    def recognises(self, file: ImportFile) -> bool:
        """Say whether this file is of the importer's kind; of a folder, look at its ``parts``."""

    def records(self, file: ImportFile, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
        """Check the file as a whole at once (`FileFormatError`), then give its records in file order."""


@dataclass
class _Collected:
    conversations: list[tuple[Any, ...]] = field(default_factory=list)
    messages: list[tuple[Any, ...]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    decisions: Counter[tuple[str, str]] = field(default_factory=Counter)
    known: int = 0
    characters: int = 0

    def add(self, rows: Rows, record: Record) -> None:
        self.decisions.update(record.decisions)
        self.decisions.update(rows.decisions)
        self.conversations.append(rows.conversation)
        self.messages.extend(rows.messages)
        self.characters += sum(len(message[4]) for message in rows.messages)

    def full(self) -> bool:
        count = len(self.conversations) + len(self.refused)
        return count >= CONVERSATIONS_PER_BATCH or self.characters >= CHARACTERS_PER_BATCH

    def batch(self) -> Batch:
        refused = pd.DataFrame(
            {
                "line": np.array([r.line for r in self.refused], dtype="int64"),
                "conversation_id": pd.Series([r.conversation_id for r in self.refused], dtype="str"),
                "reason": pd.Series([r.reason for r in self.refused], dtype="str"),
                "file": pd.Series([r.file or None for r in self.refused], dtype="str"),
            }
        )
        conversations = validate_conversations(_frame(CONVERSATIONS, self.conversations))
        messages = validate_messages(_frame(MESSAGES, self.messages))
        return Batch(conversations, messages, refused, self.decisions, self.known)


def batches(
    records: Iterable[Record | Refusal],
    source: str,
    options: ReadOptions = ReadOptions(),
    redactor: Redactor | None = None,
) -> Iterator[Batch]:
    """Turn records into batches of about a thousand conversations; memory does not grow with the file.

    Parameters
    ----------
    records : iterable of Record or Refusal
        In file order.
    source : str
        The ``source`` of conversations that name none.
    options : ReadOptions
        What the user said about the file.
    redactor : Redactor or None
        Takes private data out of each conversation, and out of what is said of refused ones.

    Yields
    ------
    Batch
        Only batches with something in them.
    """
    seen: dict[str, tuple[int, bytes]] = {}
    collected = _Collected()
    for record in records:
        _collect(record, source, options, seen, collected, redactor)
        if collected.full():
            yield collected.batch()
            collected = _Collected()
    if collected.conversations or collected.refused or collected.known:
        yield collected.batch()


def _collect(
    record: Record | Refusal,
    source: str,
    options: ReadOptions,
    seen: dict[str, tuple[int, bytes]],
    collected: _Collected,
    redactor: Redactor | None,
) -> None:
    if isinstance(record, Refusal):
        collected.refused.append(redactor.refusal(record) if redactor else record)
        return
    try:
        rows = rows_of(record.content, source, options.zone)
        if _is_known(record, seen):
            collected.known += 1
            return
        if redactor:
            rows, found = redactor.redact(rows, record.people)
            collected.decisions.update(found)
        collected.add(rows, record)
    except MalformedError as error:
        line = record.lines[error.position] if record.lines and error.position is not None else record.line
        refusal = Refusal(line, known_id(record.content), error.without_value if redactor else str(error), record.file)
        collected.refused.append(redactor.refusal(refusal, record.people) if redactor else refusal)


def _is_known(record: Record, seen: dict[str, tuple[int, bytes]]) -> bool:
    content = msgspec.json.encode(record.content, order="deterministic")
    digest = blake2b(content, digest_size=8).digest()
    line, first = seen.setdefault(record.content["conversation_id"], (record.line, digest))
    if first != digest:
        raise MalformedError(f"line {line} has the same conversation_id with other content; that one is kept")
    return line != record.line


def _frame(columns: tuple[Column, ...], rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    values = zip(*rows, strict=True) if rows else ((),) * len(columns)
    return pd.DataFrame({c.name: _series(c, list(v)) for c, v in zip(columns, values, strict=True)})


def _series(column: Column, values: list[Any]) -> pd.Series[Any]:
    if column.kind == "time":
        return pd.Series(np.array(values, dtype="datetime64[us]")).dt.tz_localize("UTC")
    if column.kind == "count":
        return pd.Series(values, dtype="int64" if column.required else "Int64")
    return pd.Series(values, dtype="str" if column.kind == "text" else object)
