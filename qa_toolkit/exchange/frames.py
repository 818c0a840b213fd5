"""Frames of numbers into files for people: a workbook with a sheet for each, or a folder with a CSV file for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from qa_toolkit.errors import ExportError
from qa_toolkit.exchange.layout import rows
from qa_toolkit.exchange.recording import recorded
from qa_toolkit.exchange.tables import CsvFile, ExcelFile
from qa_toolkit.store import Store


def write_frames(
    store: Store,
    frames: Mapping[str, pd.DataFrame],
    path: Path,
    conversation_ids: Sequence[str] | None,
    overwrite: bool = False,
) -> list[Path]:
    """Write frames to a workbook (``.xlsx``), or to CSV files in a folder that is made if need be.

    What a spreadsheet would take for a formula gets an apostrophe before it.

    Parameters
    ----------
    store : Store
        Remembers the files.
    frames : mapping of str to pandas.DataFrame
        By the names of sheets and files.
    path : pathlib.Path
    conversation_ids : sequence of str or None
        Conversations with texts in the frames; None for all.
    overwrite : bool
        Whether files that are there are replaced.

    Returns
    -------
    list of pathlib.Path

    Raises
    ------
    ExportError
        If a file is there already or cannot be written.
    """
    check_report_path(path, overwrite)
    if path.suffix.lower() == ".xlsx":
        with recorded(store, path, "report", conversation_ids) as part:
            _write_book(frames, part)
        return [path]
    files = {name: path / f"{name}.csv" for name in frames}
    make_folder(path)
    for file in files.values():
        check_free(file, overwrite)
    for name, file in files.items():
        with recorded(store, file, "report", conversation_ids) as part:
            _write_csv(frames[name], part)
    return list(files.values())


def check_report_path(path: Path, overwrite: bool) -> None:
    """Raise ExportError unless a report can go there; of a folder, more is said where its files are written."""
    if path.suffix.lower() not in {"", ".html", ".xlsx"}:
        raise ExportError(f"{path.name!r} ends in none of .html, .xlsx; give one of these, or a folder for CSV files")
    if path.suffix:
        check_free(path, overwrite)


def check_free(path: Path, overwrite: bool) -> None:
    """Raise ExportError if there is a file that is not to be replaced."""
    if path.exists() and not overwrite:
        raise ExportError(
            f"{path} is there already; give another name, or have it replaced with overwrite=True (--overwrite)"
        )


def make_folder(path: Path) -> None:
    """Make a folder if it is not there; raise ExportError where that cannot be."""
    try:
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise ExportError(f"the folder {path} cannot be made ({error.strerror}); give another one") from error


def _write_book(frames: Mapping[str, pd.DataFrame], part: Path) -> None:
    book = ExcelFile(part)
    try:
        for name, frame in frames.items():
            book.sheet(list(map(str, frame.columns)), name)
            book.write(rows(frame))
        book.close()
    except BaseException:
        book.drop()
        raise


def _write_csv(frame: pd.DataFrame, part: Path) -> None:
    file = CsvFile(part, list(map(str, frame.columns)))
    try:
        file.write(rows(frame))
    finally:
        file.close()
