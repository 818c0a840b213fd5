"""The command that embeds exemplars ahead."""

from __future__ import annotations

from pathlib import Path

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown_lines


@click.command()
@PROJECT
@click.option("--model", help="Folder or name of a model; if left out, the one that suggestions are made with.")
@click.option(
    "--precision",
    type=click.Choice(["fp32", "int8"]),
    help="Else QA_TOOLKIT_PRECISION; else int8 for the packaged model where it can be made.",
)
@click.option("--csat", type=float, help="Also answers of conversations with this CSAT or more.")
@click.option("--workers", type=click.IntRange(1), help="Embed in so many processes.")
@click.option("--scheduler", metavar="ADDRESS", help="Embed on a Dask cluster.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where workers find their parts; all must see it.")
@plain_errors
def embed(
    url: str,
    model: str | None,
    precision: str | None,
    csat: float | None,
    workers: int | None,
    scheduler: str | None,
    folder: Path | None,
) -> None:
    """Embed the situations and answers of all exemplars, so that no coach waits for it.

    After an interruption the same command goes on where it stopped.
    """
    from qa_toolkit.project import open_project
    from qa_toolkit.suggest import SentenceTransformerEncoder

    project = open_project(url, create=False)
    encoder = SentenceTransformerEncoder(model, precision) if model else project.encoder(precision)
    found = project.embed(encoder, csat=csat, workers=workers or 0, scheduler=scheduler, folder=folder)
    click.echo(shown_lines(found))
