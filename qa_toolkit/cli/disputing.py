"""The commands around disputes: release reviews, write an agent's page, bring disputes in, list them."""

from __future__ import annotations

from pathlib import Path

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown
from qa_toolkit.errors import QAToolkitError

SETTINGS = click.option("--settings", type=click.Path(path_type=Path), help="Settings of the team, a TOML file.")
LONGEST = 120  # characters of a reason in a line


@click.command()
@PROJECT
@click.argument("sample")
@click.option("--by", help="The lead; the name of the user of this machine if left out.")
@click.option("--take-back", is_flag=True, help="Show the reviews to the agents no longer.")
@plain_errors
def release(url: str, sample: str, by: str | None, take_back: bool) -> None:
    """Show the submitted reviews of SAMPLE to their agents, who can dispute them from now on."""
    from qa_toolkit.project import open_project

    open_project(url, create=False).release(sample, by, released=not take_back)
    done = "no longer released" if take_back else "released"
    click.echo(f"the sample {shown(sample)!r} is {done}")


@click.command()
@PROJECT
@click.option("--agent", required=True, help="Whose conversations, as they were imported.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The page, such as ann.html.")
@SETTINGS
@click.option("--redaction", type=click.Path(path_type=Path), help="Settings of redaction, a TOML file of the team.")
@click.option("--named", is_flag=True, help="Name the reviewers; else they are Reviewer 1, Reviewer 2.")
@click.option("--overwrite", is_flag=True, help="Replace a page that is there.")
@plain_errors
def agent_page(
    url: str, agent: str, out: Path, settings: Path | None, redaction: Path | None, named: bool, overwrite: bool
) -> None:
    """Write one page with the released reviews of an agent, and a form to dispute a rating.

    The page needs no network. What its form saves comes in with: qa-toolkit disputes import FILE.
    """
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    n = project.save_agent_page(
        agent, out, settings=settings, redaction=redaction or True, named=named, overwrite=overwrite
    )
    click.echo(f"{n:,} review{'s' * (n != 1)} of {shown(agent)} in {shown(out)}")


@click.group()
def disputes() -> None:
    """Ratings that agents dispute."""


@disputes.command("list")
@PROJECT
@click.option("--state", type=click.Choice(["open", "upheld", "overturned", "withdrawn"]), help="Only these.")
@plain_errors
def list_(url: str, state: str | None) -> None:
    """List disputes, with the first rating and the reason: not for who is to decide them."""
    from qa_toolkit.project import open_project

    found = open_project(url, create=False).disputes(state)
    for row in found.to_dict("records"):
        decided = f", {row['decided_by']}: {row['decided']}" if row["decided"] else ""
        asked = f"{row['rating']} by {row['reviewer']}, {row['agent']} proposes {row['proposed']}{decided}"
        reason = row["reason"] if len(row["reason"]) <= LONGEST else f"{row['reason'][:LONGEST]}…"
        where = f"{row['conversation_id']} {row['commandment']}"
        click.echo(shown(f"{row['dispute']} {row['state']}: {where}: {asked}. {reason}"))
    if found.empty:
        click.echo("no disputes" if state is None else f"no disputes that are {state}")


@disputes.command("import")
@PROJECT
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@SETTINGS
@plain_errors
def import_(url: str, files: tuple[Path, ...], settings: Path | None) -> None:
    """Bring in FILES that the page of an agent has saved; a file that was brought in before adds nothing."""
    from qa_toolkit.project import open_project

    project, refused = open_project(url, create=False), 0
    for file in files:
        before = project.store.newest()
        try:
            number = project.import_dispute(file, settings=settings)
        except QAToolkitError as error:
            said = str(error).removeprefix(str(file)).strip()
            click.echo(shown(f"{file}: refused, {said}"), err=True)
            refused += 1
        else:
            click.echo(f"{shown(file)}: dispute {number}{'' if number > before else ', which was there already'}")
    if refused:
        raise click.ClickException(
            f"{refused:,} of {len(files):,} files refused{'; the others are in' if refused < len(files) else ''}"
        )
