"""The command that writes conversations, messages or ratings to a file."""

from __future__ import annotations

from pathlib import Path

import click

from qa_toolkit.cli._common import PROJECT, plain_errors


@click.command()
@PROJECT
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--what",
    type=click.Choice(["conversations", "messages", "ratings"]),
    default="conversations",
    show_default=True,
    help="Ratings are those of submitted reviews.",
)
@click.option("--sample", help="Only of the conversations of this sample.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@plain_errors
def export(url: str, file: Path, what: str, sample: str | None, overwrite: bool) -> None:
    """Write to FILE, which ends in .jsonl, .jsonl.gz, .parquet, .csv or .xlsx.

    JSON Lines and Parquet hold everything as it is; CSV and Excel are for people, with texts that no spreadsheet runs.
    """
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    with click.progressbar(length=0, label="Exporting", show_pos=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        exported = project.export(file, what, sample, overwrite=overwrite, progress=progress)
    click.echo(exported)
