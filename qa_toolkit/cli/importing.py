"""The command that brings conversations in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qa_toolkit.cli._common import PROJECT, plain_errors


@click.command("import")
@PROJECT
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", help="Kind of file, such as jsonl, csv or zendesk; found by looking at it if left out.")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="OURS=THEIRS",
    help="For CSV: which column of the file is ours, such as --column text=Body; once for each column.",
)
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
@click.option("--refused", type=click.Path(path_type=Path), help="Write the refused records to this JSON lines file.")
@plain_errors
def import_(
    url: str,
    file: Path,
    source: str | None,
    columns: tuple[str, ...],
    settings: Path | None,
    no_redaction: bool,
    refused: Path | None,
    **options: Any,
) -> None:
    """Import conversations from FILE, or a folder; what is known already is not imported twice.

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
    with click.progressbar(length=0, label="Importing", show_pos=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        summary = open_project(url).import_file(file, source, column_map, progress, **options)
    click.echo(summary)
    if refused is not None and not summary.refused.empty:
        try:
            summary.refused.to_json(refused, orient="records", lines=True, force_ascii=False)
        except OSError as error:
            raise click.ClickException(f"{refused} cannot be written ({error.strerror}); give another path") from error
        click.echo(f"refused records: {refused}")
