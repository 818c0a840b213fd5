"""What an importer is, and how its records become batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import TYPE_CHECKING, Protocol

from qa_toolkit.conversations.importers._collecting import Batch, Collector
from qa_toolkit.conversations.importers._files import ImportFile, Progress
from qa_toolkit.conversations.importers._garbage import seldom_collected
from qa_toolkit.conversations.importers._model import Record, Refusal
from qa_toolkit.conversations.importers._plain import Plains

if TYPE_CHECKING:
    from qa_toolkit.conversations.redaction import Redactor


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

    def records(
        self, file: ImportFile, options: ReadOptions, progress: Progress
    ) -> Iterator[Record | Plains | Refusal]:
        """Check the file as a whole at once (`FileFormatError`), then give its records in file order."""


def batches(
    records: Iterable[Record | Plains | Refusal],
    source: str,
    options: ReadOptions = ReadOptions(),
    redactor: Redactor | None = None,
    skip: int = 0,
) -> Iterator[Batch]:
    """Turn records into batches of about a thousand conversations; memory does not grow with the file.

    Parameters
    ----------
    records : iterable of Record, Plains or Refusal
        In file order.
    source : str
        The ``source`` of conversations that name none.
    options : ReadOptions
        What the user said about the file.
    redactor : Redactor or None
        Takes private data out of each conversation, and out of what is said of refused ones.
    skip : int
        Records at the start that are passed over.

    Yields
    ------
    Batch
        Only batches with something in them.
    """
    collector = Collector(source, options.zone, redactor, skip)
    with seldom_collected():
        for record in records:
            yield from collector.take(record)
        yield from collector.rest()
