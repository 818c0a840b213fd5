"""A project as a whole: backups, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from qa_toolkit.exchange import Kept, back_up
from qa_toolkit.exchange import copy_project as _copy
from qa_toolkit.exchange import restore_project as _restore
from qa_toolkit.store import Store

Progress = Callable[[int, int], None]


class Keeping:
    """The part of a `Project` that keeps it safe."""

    store: Store

    def backup(self, to: str | Path | None = None, progress: Progress | None = None) -> Kept:
        """Write all that the project holds to a file, as it is at one moment, while others go on working.

        The file is read back before it gets its name, and only its owner may read it: it holds texts of customers.

        Parameters
        ----------
        to : str or Path, optional
            A file that is not there yet, or a folder; the current folder if left out.
        progress : callable, optional
            Called with rows done and rows in all; by default, a line shows how far it is, once that takes long.

        Raises
        ------
        ExportError
            If the file is there already or cannot be written.
        StoreError
            If this user of the database sees only a part of the project.
        """
        return back_up(self.store, to, progress)


def restore_project(file: str | Path, url: str, progress: Progress | None = None) -> Kept:
    """Make a project of a backup, whichever kind of database it was taken from; all of it, or nothing.

    Parameters
    ----------
    file : str or Path
    url : str
        A database that is empty, or a file that is not there yet.
    progress : callable, optional
        Called with rows done and rows in all.

    Raises
    ------
    FileFormatError
        If the file is no backup, was cut short or altered.
    StoreError
        If the database holds something, or the backup is of a newer release.
    """
    return _restore(file, url, progress)


def copy_project(source: str, target: str, progress: Progress | None = None) -> Kept:
    """Carry all that a project holds into another database, such as from SQLite to PostgreSQL; all of it, or nothing.

    Events keep their numbers and hashes. The project that is copied stays as it is, and others may work on it: what
    they do after this has begun is not in the copy.

    Parameters
    ----------
    source : str
        URL of the project.
    target : str
        URL of a database that is empty, or of a file that is not there yet.
    progress : callable, optional
        Called with rows done and rows in all.

    Raises
    ------
    StoreError
        If the target holds something or cannot store something, which is named, or the log of the project is broken.
    """
    return _copy(source, target, progress)
