"""The command that brings conversations in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown
from qa_toolkit.errors import ColumnsError, FileFormatError

if TYPE_CHECKING:
    from qa_toolkit.conversations import ImportSummary
    from qa_toolkit.project import Project


@click.command("import")
@PROJECT
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", help="Kind of file, such as jsonl, csv or zendesk; found by looking at it if left out.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help="For tables: which column of the file is ours, such as --column text=Body; once for each column.",
)
@click.option("--accept-columns", is_flag=True, help="For tables: import with the columns that are guessed, unasked.")
@click.option(
    "--day-first/--month-first",
    "dayfirst",
    default=None,
    help="For tables: whether 03/04/2026 is in April; needed where no day of the file is above 12.",
)
@click.option("--encoding", help="For CSV: of the text, such as windows-1252; found by looking at it if left out.")
@click.option("--zone", help="Time zone of times that come without one, such as Europe/Berlin.")
@click.option(
    "--agent",
    "agents",
    multiple=True,
    metavar="ADDRESS",
    help="Where the file does not say who is an agent: an address, a name or @domain of the team; once for each.",
)
@click.option(
    "--redaction", "settings", type=click.Path(path_type=Path), help="Settings of redaction, a TOML file of the team."
)
@click.option("--no-redaction", is_flag=True, help="Store everything as it is in the file, with all private data.")
@click.option("--workers", type=click.IntRange(1), help="Read the files at once, in so many processes.")
@click.option("--scheduler", metavar="ADDRESS", help="Read the files at once, on a Dask cluster.")
@click.option("--to", type=click.Path(path_type=Path), help="Write Parquet files into this folder, not the project.")
@click.option("--refused", type=click.Path(path_type=Path), help="Write the refused records to this JSON lines file.")
@plain_errors
def import_(
    url: str,
    files: tuple[Path, ...],
    source: str | None,
    columns: tuple[str, ...],
    workers: int | None,
    scheduler: str | None,
    to: Path | None,
    settings: Path | None,
    no_redaction: bool,
    accept_columns: bool,
    refused: Path | None,
    **options: Any,
) -> None:
    """Import conversations from FILES, or from folders; what is known already is not imported twice.

    Names of the parties, e-mail addresses, phone, card and account numbers and the like are replaced by placeholders
    before anything is stored.
    """
    from qa_toolkit.project import open_project

    wrong = [pair for pair in columns if "=" not in pair]
    if wrong:
        raise click.BadParameter(f"{wrong[0]!r} is not OURS=THEIRS", param_hint="--column")
    if settings is not None and no_redaction:
        raise click.UsageError("--redaction and --no-redaction exclude each other; leave one out")
    options["redaction"] = settings or not no_redaction
    column_map = dict(pair.split("=", 1) for pair in columns) or None
    new = not _is_there(url)
    project = open_project(url)
    if new:
        click.echo(f"project: {shown(project.store.shown_url)} (new)", err=True)
    if workers or scheduler or to:
        where: dict[str, Any] = {"workers": workers or 1, "scheduler": scheduler, "to": to}
        summaries = [_said(project.import_files(files, source=source, columns=column_map, **where, **options))]
        failed = False
    else:
        summaries, failed = _import_all(project, files, source, column_map, accept_columns, options)
    if refused is not None:
        _write_refused(summaries, refused)
    taken = any(one.added or one.known or one.resumed_after for one in summaries)
    if failed or (not taken and any(len(one.refused) for one in summaries)):
        raise SystemExit(1)


def _is_there(url: str) -> bool:
    """Return whether a project is there already; a server is not asked, for its database is."""
    from qa_toolkit.store.dialects import parse_url

    found = parse_url(url)
    return found.get_backend_name() != "sqlite" or Path(found.database or "").exists()


def _import_all(
    project: Project, files: tuple[Path, ...], source: str | None, columns: Any, accepted: bool, options: dict[str, Any]
) -> tuple[list[ImportSummary], bool]:
    """Import one file after the other; one that cannot be read does not keep the others out."""
    summaries, failed = [], False
    for file in files:
        try:
            summaries.append(_said(_import(project, file, source, columns, accepted, options)))
        except FileFormatError as error:
            if len(files) == 1:
                raise
            click.echo(f"Error: {shown(error)}", err=True)
            failed = True
    return summaries, failed


def _import(
    project: Project, file: Path, source: str | None, columns: Any, accepted: bool, options: dict[str, Any]
) -> ImportSummary:
    try:
        return project.import_file(file, source, columns, **options)
    except ColumnsError as guessed:
        _ask(guessed, accepted)
        return project.import_file(file, source, guessed.guess, **options)


def _said(summary: ImportSummary) -> ImportSummary:
    """Say what became of a file, and how often each rule decided something."""
    click.echo(shown(summary))
    if not (summary.added or summary.known or len(summary.refused) or summary.resumed_after):
        click.echo("note: there is no conversation in it, such as in a table with a header and no rows", err=True)
    for about, rule, n in summary.decisions.itertuples(index=False):
        click.echo(f"  {n:,}  {shown(about)}: {shown(rule)}")
    return summary


def _write_refused(summaries: list[ImportSummary], refused: Path) -> None:
    import pandas as pd

    rows = pd.concat([summary.refused for summary in summaries], ignore_index=True)
    if not rows.empty:
        try:
            rows.to_json(refused, orient="records", lines=True, force_ascii=False)
        except OSError as error:
            raise click.ClickException(f"{refused} cannot be written ({error.strerror}); give another path") from error
        click.echo(f"refused records: {refused}")


def _ask(guessed: ColumnsError, accepted: bool) -> None:
    """Show the guess; go on only with a yes."""
    if guessed.missing or not (accepted or _on_terminal()):
        raise guessed
    rows = [("ours", "theirs", "first value")]
    rows += [(ours, one_line(theirs), one_line(guessed.examples[ours])) for ours, theirs in guessed.guess.items()]
    widths = [max(len(row[place]) for row in rows) for place in (0, 1)]
    for ours, theirs, example in rows:
        click.echo(f"{ours:{widths[0]}}  {theirs:{widths[1]}}  {example}")
    if not accepted:
        click.confirm("Import with these columns?", abort=True)


def _on_terminal() -> bool:
    return sys.stdin.isatty()


def one_line(text: str, width: int = 60) -> str:
    """Return a text of the file for a terminal: short, and with nothing in it that a terminal acts on."""
    line = shown(text)
    return line if len(line) <= width else f"{line[: width - 1]}…"
