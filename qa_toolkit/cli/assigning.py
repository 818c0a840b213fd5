"""The commands that say who reviews what by when, and show who is where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, progress_bar, shown

BY = click.option("--by", help="Who does it; the name of the user of this machine if left out.")
MOST_LACKING = 5  # conversations that are named


@click.command()
@PROJECT
@click.argument("sample")
@click.argument("reviewers", nargs=-1)
@click.option(
    "--how",
    type=click.Choice(["round-robin", "balanced", "pool"]),
    default="round-robin",
    show_default=True,
    help="In turns, to whoever has least to do, or into a pool that anybody takes from.",
)
@click.option("--overlap", type=int, default=1, show_default=True, help="How many people review a conversation.")
@click.option("--share", type=float, default=1.0, show_default=True, help="Which share goes to --overlap people.")
@click.option("--due", metavar="DATE", help="A date, to whose end in UTC there is time, or a time with its zone.")
@click.option(
    "--agent",
    "agents",
    multiple=True,
    metavar="REVIEWER=AGENT",
    help="Which agent a reviewer is, where that is another name, so that nobody gets their own.",
)
@click.option(
    "--conversation", "conversations", multiple=True, metavar="ID", help="Only this one, by hand; for one reviewer."
)
@BY
@plain_errors
def assign(
    url: str,
    sample: str,
    reviewers: tuple[str, ...],
    agents: tuple[str, ...],
    conversations: tuple[str, ...],
    **how: Any,
) -> None:
    """Give the conversations of SAMPLE to REVIEWERS; what is assigned already stays as it is."""
    from qa_toolkit.project import open_project
    from qa_toolkit.project.past import moment

    if conversations and len(reviewers) != 1:
        raise click.UsageError("--conversation goes with one reviewer.")
    given: Any = {reviewers[0]: conversations} if conversations else reviewers
    names = _pairs(agents)
    project = open_project(url, create=False)
    with progress_bar("Assigning") as progress:
        new = project.assign(sample, given, agents=names, progress=progress, **how)
    _say_assigned(sample, new)
    if how["due"] and moment(how["due"]) < project.store.now():
        click.echo(f"note: {shown(how['due'])} is past, so all of this is overdue; reassign it with another --due")


def _say_assigned(sample: str, new: Any) -> None:
    for state, verb in (("open", "to"), ("done", "had been reviewed by")):
        for name, n in new.loc[new["state"] == state, "reviewer"].value_counts().sort_index().items():
            click.echo(f"{shown(sample)}: {n:,} {verb} {shown(name) or 'the pool'}")
    lacking = new.loc[new["state"] == "lacking", "conversation_id"]
    if len(lacking):
        named = ", ".join(map(shown, lacking[:MOST_LACKING])) + (", …" if len(lacking) > MOST_LACKING else "")
        click.echo(f"{len(lacking):,} more are wanted of whom nobody is left; name more reviewers for: {named}")
    if new.empty:
        click.echo(f"{shown(sample)}: everything is assigned already")


@click.command()
@PROJECT
@click.argument("sample")
@click.argument("reviewer")
@click.option("-n", type=int, default=1, show_default=True, help="How many.")
@click.option("--lease", type=float, default=120, show_default=True, help="Minutes that they are kept; work renews it.")
@plain_errors
def take(url: str, sample: str, reviewer: str, n: int, lease: float) -> None:
    """Take the next conversations of SAMPLE from its pool for REVIEWER, and print their ids."""
    from qa_toolkit.project import open_project

    found = open_project(url, create=False).take(sample, reviewer, n, lease)
    click.echo("\n".join(map(shown, found)) or f"nothing is left in the pool of {shown(sample)} for {shown(reviewer)}")


@click.command("hand-back")
@PROJECT
@click.argument("sample")
@click.argument("conversation")
@click.argument("reviewer")
@click.option("--reason", required=True, help="Why.")
@plain_errors
def hand_back(url: str, sample: str, conversation: str, reviewer: str, reason: str) -> None:
    """Put CONVERSATION of SAMPLE, which REVIEWER has, back into the pool."""
    from qa_toolkit.project import open_project

    open_project(url, create=False).hand_back(sample, conversation, reviewer, reason)
    click.echo(f"{shown(conversation)} is in the pool of {shown(sample)} again")


@click.command()
@PROJECT
@click.argument("sample")
@click.argument("reviewer")
@click.argument("others", nargs=-1)
@click.option("--conversation", "conversations", multiple=True, metavar="ID", help="Only this one; may be repeated.")
@click.option("--pool", is_flag=True, help="Put it into the pool, in place of naming OTHERS.")
@click.option("--reason", default="", help="Why.")
@click.option("--due", metavar="DATE", help="A new due date; the old one stays if left out.")
@BY
@plain_errors
def reassign(
    url: str,
    sample: str,
    reviewer: str,
    others: tuple[str, ...],
    conversations: tuple[str, ...],
    pool: bool,
    **why: Any,
) -> None:
    """Give what waits for REVIEWER in SAMPLE to OTHERS, shared out by what each has to do."""
    from qa_toolkit.project import open_project

    if pool == bool(others):
        raise click.UsageError("Name who gets it, or give --pool.")
    to = "" if pool else others
    moved = open_project(url, create=False).reassign(sample, reviewer, to, conversations or None, **why)
    for name, n in moved["reviewer"].value_counts().sort_index().items():
        click.echo(f"{shown(sample)}: {n:,} to {shown(name) or 'the pool'}")
    if moved.empty:
        click.echo(f"nobody of these can have what waits for {shown(reviewer)}; nothing was moved")


@click.command()
@PROJECT
@click.argument("sample", required=False)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a page; ends in .html.")
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
@plain_errors
def board(url: str, sample: str | None, out: Path | None, overwrite: bool) -> None:
    """Show who is where, in SAMPLE or in all samples."""
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    if out:
        click.echo(f"written to {project.save_board(out, sample, overwrite=overwrite)}")
        return
    found = project.board(sample)
    if found.empty:
        click.echo("nothing is assigned; assign a sample with: qa-toolkit assign SAMPLE REVIEWER …")
    counts = found.select_dtypes("number").columns
    for row in found.assign(next_due=found["next_due"].dt.strftime("%Y-%m-%d %H:%M").fillna("")).to_dict("records"):
        words = [f"{row[name]:,} {name.replace('_', ' ')}" for name in counts if row[name]]
        due = f"; next due {row['next_due']} UTC" if row["next_due"] else ""
        click.echo(f"{shown(row['sample'])} · {shown(row['reviewer'])}: {', '.join(words) or 'nothing'}{due}")


def _pairs(agents: tuple[str, ...]) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in agents]
    for reviewer, sign, agent in pairs:
        if not (reviewer and sign and agent):
            raise click.UsageError("--agent must be REVIEWER=AGENT, such as nora='Nora B.'.")
    return {reviewer: agent for reviewer, _, agent in pairs}
