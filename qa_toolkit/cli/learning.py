"""The command that fine-tunes the model of a project."""

from __future__ import annotations

from pathlib import Path

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown


@click.command("fine-tune")
@PROJECT
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--steps", type=click.IntRange(1), default=200, show_default=True, help="Batches of 16 pairs.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same model.")
@click.option("--by", help="Who does it; the user of this machine if left out.")
@plain_errors
def fine_tune(url: str, folder: Path, steps: int, seed: int, by: str | None) -> None:
    """Fine-tune the sentence model on the project's good answers, into FOLDER.

    It is taken only if it finds the answers of newer conversations better than the model in use; else it says so, and
    nothing is kept. Needs qa-toolkit[train].
    """
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    done = project.fine_tune(folder, steps, seed, by=by, progress=_say)
    for line in str(done).splitlines():
        click.echo(shown(line))


def _say(done: int, total: int) -> None:
    """Say how far it is after each tenth."""
    if done * 10 // total > (done - 1) * 10 // total:
        click.echo(f"{done:,} of {total:,} steps", err=True)
