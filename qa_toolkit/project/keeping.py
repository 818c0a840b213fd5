"""A project as a whole: backups, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd

from qa_toolkit.exchange import Kept, Migrated, back_up, export_log, import_log
from qa_toolkit.exchange import copy_project as _copy
from qa_toolkit.exchange import migrate_project as _migrate
from qa_toolkit.exchange import restore_project as _restore
from qa_toolkit.project.past import moment
from qa_toolkit.store import Store
from qa_toolkit.store.keeping import Imported

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

    def log(
        self,
        *,
        actor: str | None = None,
        kind: str | None = None,
        conversation: str | None = None,
        sample: str | None = None,
        since: str | date | None = None,
        until: str | date | None = None,
        last: int | None = None,
    ) -> pd.DataFrame:
        """Return who did what, when, on which conversation of which sample and by which version of which rubric.

        Parameters
        ----------
        actor, kind, conversation, sample : str, optional
            Only events of these.
        since, until : str, datetime.date or datetime.datetime, optional
            Only events from the beginning of a day (UTC) on, or to its end; or times with their zones.
        last : int, optional
            Only so many, the newest.

        Returns
        -------
        pandas.DataFrame
            One row for each event, in the order of the log: ``event_id``, ``at``, ``actor``, ``kind``,
            ``conversation_id``, ``sample``, ``rubric``, ``version`` (both missing where it belongs to none), ``what``.
            What people typed is not in it, only that they did.

        Raises
        ------
        NotFoundError
            If no event is of this actor or kind.
        """
        given = {"actor": actor, "kind": kind, "conversation_id": conversation, "sample": sample}
        equal = {name: value for name, value in given.items() if value is not None}
        times = (None if since is None else moment(since, begins=True), None if until is None else moment(until))
        return self.store.log(equal, *times, last)

    def export_log(self, path: str | Path, progress: Progress | None = None) -> int:
        """Write the log to a file of JSON Lines, with its hashes, and return how many events it holds.

        Parameters
        ----------
        path : str or Path
            Not there yet. Only its owner may read it: comments that people typed are in it.
        progress : callable, optional
            Called with events done and events in all.

        Raises
        ------
        ExportError
            If the file is there already or cannot be written.
        """
        return export_log(self.store, path, progress)

    def import_log(self, path: str | Path, progress: Progress | None = None) -> Imported:
        """Append the events of a file from `export_log` that the log lacks; each keeps its number and its hash.

        The project has the conversations, and no events or those that the file begins with. All is checked before
        anything is written, and all of it is written, or nothing.

        Parameters
        ----------
        path : str or Path
        progress : callable, optional
            Called with steps done and steps in all: two for each event.

        Returns
        -------
        Imported
            A tuple: how many events were there already (``known``), and how many came (``new``); how many assign
            nothing, because they do not follow from those before them (``odd``), or because their sample is not here
            (``elsewhere``); how many of those that came say that a customer was forgotten (``forgets``): where the
            texts of one are here, call `forget` again.

        Raises
        ------
        FileFormatError
            If a line is wrong; the message has its number.
        StoreError
            If the log of the project goes on otherwise, or somebody writes to it meanwhile.
        """
        return import_log(self.store, path, progress)


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


def migrate_project(
    url: str,
    backup: bool | None = None,
    to: str | Path | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Migrated:
    """Bring a database of an older release to the schema of this one, as opening it does, but with a backup before.

    Parameters
    ----------
    url : str
    backup : bool, optional
        Whether a backup is taken before; by default of SQLite, but not of a server.
    to : str or Path, optional
        Where the backup goes: a file that is not there yet, or a folder; the current folder if left out.
    dry_run : bool
        Only say what would be done.
    progress : callable, optional
        Called with rows done and rows in all of the backup.

    Raises
    ------
    StoreError
        If the database holds no project, or is of a newer release.
    """
    return _migrate(url, url.startswith("sqlite") if backup is None else backup, to, dry_run, progress)
