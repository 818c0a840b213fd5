"""Commands that make a project and show what is in it, and the one that opens JupyterLab on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown

if TYPE_CHECKING:
    from qa_toolkit.project import Project


@click.command()
@PROJECT
@click.argument("database", metavar="[URL]", required=False)
@click.option(
    "--sample-data",
    is_flag=False,
    flag_value="data",
    metavar="[FOLDER]",
    help="Also load the sample conversations and their ratings from this folder (data, if none is given).",
)
@plain_errors
def init(url: str, database: str | None, sample_data: str | None) -> None:
    """Make the database of a project at URL (or --project); one that is there stays as it is.

    On PostgreSQL it also makes the roles of a team (reviewer, coach, lead, agent), which the server itself holds apart.
    """
    from qa_toolkit.project import open_project
    from qa_toolkit.sample_data import load_sample_data, sample_folder

    if sample_data:
        sample_folder(sample_data)  # or a project would be made, and nothing be in it
    project = open_project(database or url)
    click.echo(f"project: {project.store.shown_url}")
    if project.store.on_server:
        _make_roles(project)
    if sample_data:
        click.echo(load_sample_data(project, sample_data))


def _make_roles(project: Project) -> None:
    made = project.store.people.put_up_walls()
    groups = f"the groups {', '.join(made.groups)} made" if made.groups else "the groups of the server taken"
    click.echo(f"roles: {groups}, and policies on every table; add people with: qa-toolkit people add")
    for note in made.notes:
        click.echo(f"note: {note}")
    rubric = project.keep_rubric()
    click.echo(f"rubric: {rubric.id} {rubric.version}; others come in with: qa-toolkit rubric keep FILE")


@click.command()
@PROJECT
@plain_errors
def status(url: str) -> None:
    """Show the samples and how far each reviewer is."""
    from qa_toolkit.project import open_project
    from qa_toolkit.store.replacing import IN_USE

    project = open_project(url, create=False)
    click.echo(f"{len(project.conversations()):,} conversations")
    reviews, assigned = project.reviews(), project.assignments()
    waiting = assigned.loc[assigned["state"] == "open", "sample"].value_counts()
    for name in project.samples()["sample"]:
        items = project.store.sample(name)
        # By its conversations: a review that was made in another sample counts in every one that holds it.
        inside = items.loc[items["status"].isin(IN_USE), "conversation_id"]
        gone = items["status"].value_counts().drop(list(IN_USE), errors="ignore")
        also = "".join(f"; {n:,} {what}" for what, n in gone.items())
        if name in waiting:
            also += f"; {waiting[name]:,} assigned and not begun (qa-toolkit board)"
        click.echo(f"sample {name!r}: {len(inside):,} conversations{also}")
        states = reviews[reviews["conversation_id"].isin(inside)].groupby("reviewer")["state"].value_counts()
        for reviewer, counts in states.reset_index(name="n").groupby("reviewer", sort=False):
            said = (f"{n:,} {state}" for state, n in zip(counts["state"], counts["n"], strict=True))
            click.echo(f"  {shown(reviewer)}: {', '.join(said)}")


@click.command()
@PROJECT
@plain_errors
def verify(url: str) -> None:
    """Check that nothing in the log of events was altered or taken out."""
    from qa_toolkit.project import open_project

    result = open_project(url, create=False).verify()
    if not result.ok:
        raise click.ClickException(f"event {result.first_broken} is broken: {result.reason}; restore a backup")
    if result.hidden:
        click.echo(f"{result.n_events:,} events that you may see, all in order; {result.hidden:,} were not checked")
        click.echo("A lead, or the owner of the database, can check the whole log.")
    else:
        click.echo(f"{result.n_events:,} events, all in order")


@click.command()
@PROJECT
@click.argument("notebooks", type=click.Path(exists=True, file_okay=False, path_type=Path), default="notebooks")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8888,
    show_default=True,
    help="A taken port makes it use the next free one.",
)
@click.option("--browser/--no-browser", default=None, help="Open a browser; by default, where there is a screen.")
@click.option(
    "--app",
    type=click.Choice(["lab", "notebook", "voila"]),
    default="lab",
    show_default=True,
    help="JupyterLab, Jupyter Notebook 7 or Voilà.",
)
@plain_errors
def lab(url: str, notebooks: Path, port: int, browser: bool | None, app: str) -> None:
    """Start JupyterLab, or what --app names, on the folder NOTEBOOKS, set up so that customer text can run nothing."""
    from qa_toolkit.lab import run_lab
    from qa_toolkit.project import open_project

    open_project(url, create=False).store.close()  # a misspelt name is noticed here, not in an empty notebook
    raise SystemExit(run_lab(notebooks, port, browser, url, say=click.echo, app=app))
