"""The command that writes the example library."""

from __future__ import annotations

from pathlib import Path

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown


@click.command()
@PROJECT
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--rubric", help="A rubric of the package, or a TOML file; by default that of the newest reviews.")
@click.option("--each", "n", type=click.IntRange(1), default=10, show_default=True, help="Answers for a commandment.")
@click.option("--redaction", type=click.Path(path_type=Path), help="Settings of redaction, a TOML file of the team.")
@click.option("--overwrite", is_flag=True, help="Replace pages that are there.")
@plain_errors
def library(url: str, folder: Path, rubric: str | None, n: int, redaction: Path | None, overwrite: bool) -> None:
    """Write the best verified answers into FOLDER, for new agents to read: a page for each commandment, and an index.

    The pages need no network, run nothing and name nobody.
    """
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    click.echo(shown(project.save_library(folder, rubric, n, redaction=redaction or True, overwrite=overwrite)))
