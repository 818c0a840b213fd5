"""Importers: files in, batches of validated frames and refusals out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import entry_points
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import pandas as pd

from qa_toolkit.conversations.importers._base import Importer, ReadOptions, batches
from qa_toolkit.conversations.importers._collecting import Batch
from qa_toolkit.conversations.importers._files import ImportFile, Progress, find_file, unheard
from qa_toolkit.conversations.importers._fingerprints import fingerprint
from qa_toolkit.conversations.importers._model import Part, Person, Record, Refusal, record_of
from qa_toolkit.conversations.importers._plain import Plains
from qa_toolkit.conversations.importers._tables import TableImporter
from qa_toolkit.conversations.importers.chatwoot import Chatwoot
from qa_toolkit.conversations.importers.delimited import Delimited
from qa_toolkit.conversations.importers.excel import Excel
from qa_toolkit.conversations.importers.freshdesk import Freshdesk
from qa_toolkit.conversations.importers.helpscout import HelpScout
from qa_toolkit.conversations.importers.intercom import Intercom
from qa_toolkit.conversations.importers.jsonl import JsonLines
from qa_toolkit.conversations.importers.mail import Email
from qa_toolkit.conversations.importers.parquet import Parquet
from qa_toolkit.conversations.importers.zendesk import Zendesk
from qa_toolkit.errors import FileFormatError, instead

if TYPE_CHECKING:
    from qa_toolkit.conversations.redaction import Redactor

# The first that recognises a file reads it, so those that look closest come first.
_OURS: Final[tuple[Importer, ...]] = (
    Excel(),
    Parquet(),
    Zendesk(),
    Freshdesk(),
    Intercom(),
    Chatwoot(),
    HelpScout(),
    Email(),
    JsonLines(),
    Delimited(),
)
FOREIGN: Final = {
    b"PK\x03\x04": "a ZIP file; unpack it and name the folder",
    b"\xd0\xcf\x11\xe0": "an old or a protected Excel file; save it as .xlsx, without a password",
    b"\xff\xfe": "UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "UTF-16 text; save it as UTF-8",
}
ENTRY_POINTS: Final = "qa_toolkit.importers"

__all__ = [
    "Batch",
    "ImportFile",
    "Importer",
    "Part",
    "Person",
    "Progress",
    "ReadOptions",
    "Record",
    "Refusal",
    "fingerprint",
    "guess_columns",
    "importers",
    "read",
    "record_of",
    "unheard",
]


def importers() -> dict[str, Importer]:
    """Return the importers by name: those of other packages (entry points ``qa_toolkit.importers``), then ours.

    Raises
    ------
    FileFormatError
        If one of another package cannot be loaded, or bears the name of one of ours.
    """
    found: dict[str, Importer] = {}
    ours = {importer.name: importer for importer in _OURS}
    for entry in entry_points(group=ENTRY_POINTS):
        try:
            importer = entry.load()()
        except Exception as error:
            raise FileFormatError(
                f"the importer {entry.name!r} of another package cannot be loaded ({error}); update or remove it"
            ) from error
        if entry.name in ours or entry.name in found:
            raise FileFormatError(f"two importers are named {entry.name!r}; remove the package that brings one of them")
        found[entry.name] = importer
    return found | ours


def read(
    path: str | Path,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    *,
    zone: str | None = None,
    agents: Sequence[str] = (),
    redactor: Redactor | None = None,
    dayfirst: bool | None = None,
    encoding: str | None = None,
    skip: int = 0,
) -> Iterator[Batch]:
    """Read a file or a folder of conversations, plain or gzip, in batches of about a thousand.

    A record that is malformed is refused with its line and a reason; the rest goes on.

    Parameters
    ----------
    path : str or pathlib.Path
        The file, or a folder of files of one kind.
    source : str, optional
        Its kind, one of `importers`; by default found by looking at the file.
    columns : mapping of str to str, optional
        Tables only: our names to the names of the file's columns, such as ``{"text": "Body"}``.
    progress : callable, optional
        Called with (bytes done, bytes in all) of the file as it lies on the disk; ends with both equal.
    zone : str, optional
        Time zone of times that come without one, such as ``"Europe/Berlin"``; without it they are refused.
    agents : sequence of str, optional
        Where the file does not say who is an agent: addresses, names or ``@domain`` of the team.
    redactor : qa_toolkit.conversations.redaction.Redactor, optional
        Takes private data out before a batch holds anything; without it, all is as in the file.
    dayfirst : bool, optional
        Tables only: whether 03/04/2026 is in April; by default as other days of the file show, else it is refused.
    encoding : str, optional
        CSV only: of the text, such as ``"windows-1252"``; by default found by looking at it.
    skip : int
        Records at the start that are passed over, such as `Batch.records` of the last batch that was taken.

    Returns
    -------
    iterator of Batch
        Nothing of the file but its head is read before the first step.

    Raises
    ------
    FileFormatError
        At once, if the file cannot be read at all: missing, empty, of no known kind, or without the columns needed.
    ColumnsError
        At once, if a table's columns bear names of their own; it carries a guess that waits for a yes.
    """
    file = find_file(path)
    report = progress or unheard
    given = {ours: theirs for ours, theirs in (columns or {}).items() if isinstance(theirs, str)}  # a guess has gaps
    options = ReadOptions(given, _zone(zone), tuple(agents), dayfirst, encoding)
    importer = _importer(file, source)
    return _read(importer.name, importer.records(file, options, report), options, file, report, redactor, skip)


def guess_columns(path: str | Path, source: str | None = None, encoding: str | None = None) -> pd.DataFrame:
    """Guess which column of a table is what, for a look before it is imported.

    Parameters
    ----------
    path : str or pathlib.Path
        A table: CSV, Excel or Parquet.
    source, encoding : str, optional
        As of `read`.

    Returns
    -------
    pandas.DataFrame
        One row for each of our columns: ``ours``, ``theirs`` (missing where nothing was found), ``why``, and
        ``example``, the first value. ``dict(zip(frame["ours"], frame["theirs"]))`` is what ``columns=`` takes, gaps
        and all.

    Raises
    ------
    FileFormatError
        If the file cannot be read, or is no table.
    """
    file = find_file(path)
    importer = _importer(file, source)
    if not isinstance(importer, TableImporter):
        raise FileFormatError(f"{file.path} is {importer.name}, which has no columns to choose; import it as it is")
    rows = importer.guess(file, ReadOptions(encoding=encoding))
    return pd.DataFrame(rows, columns=["ours", "theirs", "why", "example"]).astype("str")


def _read(
    name: str,
    records: Iterator[Record | Plains | Refusal],
    options: ReadOptions,
    file: ImportFile,
    report: Progress,
    redactor: Redactor | None,
    skip: int,
) -> Iterator[Batch]:
    yield from batches(chain(file.refused, records), name, options, redactor, skip)
    report(file.size, file.size)


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        advice = instead(str(name), available_timezones(), "write one such as Europe/Berlin or UTC")
        raise FileFormatError(f"there is no time zone {name!r}; {advice}") from error


def _importer(file: ImportFile, source: str | None) -> Importer:
    known = importers()
    names = ", ".join(known)
    if source is not None:
        if source not in known:
            raise FileFormatError(f"there is no importer {source!r}; use one of {names}, or leave it out")
        return known[source]
    for importer in known.values():
        if importer.recognises(file):
            return importer
    kinds = sorted({one.name for part in file.inside for one in known.values() if one.recognises(part)})
    if len(kinds) > 1:
        raise FileFormatError(f"{file.path} holds files of several kinds ({', '.join(kinds)}); import each by itself")
    foreign = next((what for magic, what in FOREIGN.items() if file.head.startswith(magic)), "")
    raise FileFormatError(
        f"{file.path} is {foreign or 'of no kind that is known'}; "
        f"it can be one of {names} (name it with source= if it is one), or see docs/importing.md"
    )
