"""Commands about the log of events: who did what; out of a project and into another."""

from __future__ import annotations

from pathlib import Path

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, progress_bar, shown


@click.group()
def log() -> None:
    """Show the log of events, export it with its hashes, import it."""


@log.command()
@PROJECT
@click.option("--actor", help="Only what this person did.")
@click.option("--kind", help="Only events of this kind, such as rating.")
@click.option("--conversation", help="Only on this conversation.")
@click.option("--sample", help="Only in this sample.")
@click.option("--since", help="From this day (UTC) on, or this time with its zone.")
@click.option("--until", help="To the end of this day (UTC), or to this time with its zone.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="So many, the newest.")
@plain_errors
def show(url: str, last: int, **where: str | None) -> None:
    """Show who did what, when, and by which version of which rubric, the newest last."""
    from qa_toolkit.project import open_project

    names = ("event_id", "at", "actor", "kind", "sample", "conversation_id", "what", "rubric")
    for row in open_project(url, create=False).log(last=last, **where).fillna("").to_dict("records"):
        row["rubric"] = f"({row['rubric']} {row['version']})" if row["rubric"] else ""
        row["at"] = f"{row['at']:%Y-%m-%d %H:%M:%S}"
        click.echo(shown("  ".join(str(row[name]) for name in names if row[name])))


@log.command("export")
@PROJECT
@click.argument("file", type=click.Path(path_type=Path))
@plain_errors
def export_(url: str, file: Path) -> None:
    """Write all events to FILE as lines of JSON, with their hashes; only its owner may read it."""
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    with progress_bar("Exporting") as progress:
        n = project.export_log(file, progress)
    click.echo(f"{n:,} events written to {shown(file)}")


@log.command("import")
@PROJECT
@click.argument("file", type=click.Path(path_type=Path))
@plain_errors
def import_(url: str, file: Path) -> None:
    """Bring the events of FILE into a project that has the conversations: all that its log lacks, or nothing."""
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    with progress_bar("Importing") as progress:
        done = project.import_log(file, progress)
    in_all = f"{done.known + done.new:,} in all, in order"  # as the file was checked
    click.echo(f"{done.new:,} events imported, {done.known:,} were there already; {in_all}")
    if done.odd:
        click.echo(f"about assignments, not following from what was before, so that they assign nothing: {done.odd:,}")
    if done.elsewhere:
        click.echo(f"about assignments of samples that are not here: {done.elsewhere:,}")
    if done.forgets:
        click.echo(
            f"{done.forgets:,} of them say that a customer was forgotten: if texts of these customers are here, "
            "run qa-toolkit forget for each again; the log does not name them"
        )
