"""Importers: files in, batches of validated frames and refusals out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from qa_toolkit.conversations.importers._base import Batch, Importer, batches
from qa_toolkit.conversations.importers._files import ImportFile, Progress, find_file, looks_binary, unheard
from qa_toolkit.conversations.importers._records import Record, Refusal
from qa_toolkit.conversations.importers.delimited import Delimited
from qa_toolkit.conversations.importers.jsonl import JsonLines
from qa_toolkit.errors import FileFormatError

IMPORTERS: Final[dict[str, Importer]] = {importer.name: importer for importer in (JsonLines(), Delimited())}

__all__ = ["IMPORTERS", "Batch", "Importer", "read"]


def read(
    path: str | Path,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Iterator[Batch]:
    """Read a file of conversations, plain or gzip, in batches of about a thousand.

    A record that is malformed is refused with its line and a reason; the rest goes on.

    Parameters
    ----------
    path : str or pathlib.Path
        The file.
    source : {"jsonl", "csv"}, optional
        Its kind; by default found by looking at the file.
    columns : mapping of str to str, optional
        CSV only: our names to the names of the file's columns, such as ``{"text": "Body"}``.
    progress : callable, optional
        Called with (bytes done, bytes in all) of the file as it lies on the disk; ends with both equal.

    Returns
    -------
    iterator of Batch
        Nothing of the file but its head is read before the first step.

    Raises
    ------
    FileFormatError
        At once, if the file cannot be read at all: missing, empty, of no known kind, or without the columns needed.
    """
    file = find_file(path)
    report = progress or unheard
    importer = _importer(file, source)
    return _read(importer.name, importer.records(file, columns, report), file, report)


def _read(name: str, records: Iterator[Record | Refusal], file: ImportFile, report: Progress) -> Iterator[Batch]:
    yield from batches(records, name)
    report(file.size, file.size)


def _importer(file: ImportFile, source: str | None) -> Importer:
    known = " or ".join(f"source={name!r}" for name in IMPORTERS)
    if source is not None:
        if source not in IMPORTERS:
            raise FileFormatError(f"there is no importer {source!r}; use {known}, or leave it out")
        return IMPORTERS[source]
    if not looks_binary(file.head):
        for importer in IMPORTERS.values():
            if importer.recognises(file):
                return importer
    raise FileFormatError(
        f"{file.path} is neither JSON Lines (one conversation a line) nor CSV; export it as one of these, "
        f"or name its kind with {known}"
    )
