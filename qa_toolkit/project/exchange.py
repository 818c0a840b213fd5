"""What of a project crosses its border: conversations in, files out, customers forgotten."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qa_toolkit.conversations import ImportSummary
from qa_toolkit.conversations.redaction import RedactionSettings
from qa_toolkit.exchange import Exported, Forgotten, export, forget, import_file, import_files
from qa_toolkit.project.keeping import Keeping
from qa_toolkit.store import Store

Progress = Callable[[int, int], None]


class Exchange(Keeping):
    """The part of a `Project` that brings in and gives out."""

    store: Store

    def import_file(
        self,
        path: str | Path,
        source: str | None = None,
        columns: dict[str, str] | None = None,
        progress: Progress | None = None,
        *,
        zone: str | None = None,
        agents: Sequence[str] = (),
        redaction: bool | str | Path | RedactionSettings = True,
        dayfirst: bool | None = None,
        encoding: str | None = None,
    ) -> ImportSummary:
        """Import an export of conversations; what is known already is not imported twice.

        An import that was stopped, or whose process was killed, goes on where it was when the same call is made again.

        Parameters
        ----------
        path : str or Path
            A file, plain or gzipped, or a folder of files of one kind.
        source : str, optional
            Kind of file; found by looking at it if left out.
        columns : dict, optional
            For tables: our column name to the file's, such as ``{"conversation_id": "Ticket", "text": "Body"}``.
        progress : callable, optional
            Called with bytes done and bytes in all; by default, a line shows how far it is, once that takes long.
        zone : str, optional
            Time zone of times that come without one, such as ``"Europe/Berlin"``.
        agents : sequence of str, optional
            Where the file does not say who is an agent: addresses, names or ``@domain`` of the team.
        redaction : bool, str, Path or RedactionSettings
            Whether private data is replaced by placeholders before anything is stored; or how, as settings or the
            path of a TOML file; see ``docs/privacy.md``.
        dayfirst : bool, optional
            Tables only: whether 03/04/2026 is in April; by default as other days of the file show, else it is refused.
        encoding : str, optional
            CSV only: of the text, such as ``"windows-1252"``; by default found by looking at it.

        Raises
        ------
        FileFormatError
            If the file cannot be read at all. Single bad records are refused one by one instead.
        ImportStoppedError
            If it is interrupted (the stop button, Ctrl-C); it says how far it came.
        ColumnsError
            If a table's columns bear names of their own; it carries a guess at ``columns`` that waits for your yes.
        SettingsError
            If the settings of redaction are wrong.
        """
        said: dict[str, Any] = {"zone": zone, "agents": agents, "dayfirst": dayfirst, "encoding": encoding}
        return import_file(self.store, path, source, columns, progress, redaction=redaction, **said)

    def import_files(
        self,
        paths: Sequence[str | Path],
        workers: int = 1,
        scheduler: str | None = None,
        to: str | Path | None = None,
        **options: Any,
    ) -> ImportSummary:
        """Import many files at once, each by one worker of a Dask cluster; needs ``qa-toolkit[cluster]``.

        Parameters
        ----------
        paths : sequence of str or Path
            Files, or folders that are one export each, as the workers see them.
        workers : int
            Processes to start on this machine.
        scheduler : str, optional
            Address of a Dask scheduler that runs already, such as ``"tcp://10.0.0.5:8786"``.
        to : str or Path, optional
            A folder that gets Parquet files, in place of the project; importing the folder brings all of it into a
            project.
        **options
            The other arguments of `import_file`, such as ``source`` and ``redaction``.

        Returns
        -------
        ImportSummary
            Of all files together; a file that could not be read at all is one of the refused.

        Raises
        ------
        ClusterError
            If there is no Dask, or no scheduler answers.
        """
        return import_files(self.store, paths, workers=workers, scheduler=scheduler, to=to, **options)

    def forget(self, customer: str, by: str | None = None, *, dry_run: bool = False) -> Forgotten:
        """Remove what there is of a customer: texts, vectors, files that were exported; ratings stay.

        What was done is an event in the log, which holds. It cannot be undone.

        Parameters
        ----------
        customer : str
            As the export named them: the e-mail address if it had one, else the id, else the name. The pseudonym that
            redaction makes of it is looked for too. Capitals do not matter.
        by : str, optional
            Who does it; the name of the user of this machine if left out.
        dry_run : bool
            Only say what would be removed.

        Returns
        -------
        Forgotten
            What was removed, and what somebody has to look at; print it.

        Raises
        ------
        StoreError
            If the bytes of the texts could not be cleaned out of the database's file; they are deleted all the same.
        """
        return forget(self.store, customer, by, dry_run)

    def export(
        self,
        path: str | Path,
        what: str = "conversations",
        sample: str | None = None,
        *,
        overwrite: bool = False,
        progress: Progress | None = None,
    ) -> Exported:
        """Write conversations, messages or ratings to a file; which kind, its ending says.

        JSON Lines and Parquet hold everything as it is: conversations come back from them without loss. CSV and Excel
        are for people: what a spreadsheet would take for a formula gets an apostrophe before it.

        Parameters
        ----------
        path : str or Path
            Ends in ``.jsonl``, ``.jsonl.gz``, ``.parquet``, ``.csv`` or ``.xlsx``. It is there whole or not at all.
        what : {"conversations", "messages", "ratings"}
            Ratings are those of submitted reviews.
        sample : str, optional
            Only of the conversations of this sample, without those that were replaced or are out of scope.
        overwrite : bool
            Whether a file that is there is replaced.
        progress : callable, optional
            Called with conversations done and conversations in all.

        Raises
        ------
        ExportError
            If the file is there already, cannot be written, or cannot hold so many rows.
        """
        return export(self.store, path, what, sample, overwrite=overwrite, progress=progress)
