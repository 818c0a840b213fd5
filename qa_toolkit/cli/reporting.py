"""The command that writes a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown


@click.command()
@PROJECT
@click.argument("sample")
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Ends in .html or .xlsx, else a folder for CSV files."
)
@click.option("--as-of", help="A past date, to whose end in UTC all counts, or a time with its zone.")
@click.option("--rubric", default="commandments", show_default=True, help="A rubric of the package, or a TOML file.")
@click.option("--finite", is_flag=True, help="Intervals about exactly the conversations of the frame.")
@click.option("--team", default="labels.team", show_default=True, help="Column, or label, that names the team.")
@click.option(
    "--csat", default="labels.csat", show_default=True, help="Column, or label, with customers' satisfaction."
)
@click.option("--shown", type=click.IntRange(0, 1000), default=10, show_default=True, help="Faults and answers quoted.")
@click.option("--redaction", type=click.Path(path_type=Path), help="Settings of redaction, a TOML file of the team.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@plain_errors
def report(url: str, sample: str, out: Path, overwrite: bool, redaction: Path | None, **options: Any) -> None:
    """Write the report on SAMPLE: a page that stands alone, a workbook, or CSV files.

    Quotes of conversations are short and without private data.
    """
    from qa_toolkit.exchange import check_report_path
    from qa_toolkit.project import open_project

    check_report_path(out, overwrite)  # before what takes long
    project = open_project(url, create=False)
    made = project.report(sample, redaction=redaction or True, **options)
    files = project.save_report(made, out, overwrite=overwrite)
    click.echo(shown(made.coverage))
    click.echo(f"written to {out}" if len(files) == 1 else f"{len(files)} files written to {out}")
