"""Commands that take people's data out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown

if TYPE_CHECKING:
    from qa_toolkit.exchange.notebooks import Cleaned

CLEAN = "call qa-toolkit clean-notebooks without --check"
AGAIN = "call qa-toolkit clean-notebooks, then git add them again"


@click.command()
@PROJECT
@click.argument("customer")
@click.option("--by", help="Who does this, for the log; the name of the user of this machine if left out.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
@click.option("--yes", is_flag=True, help="Do it without asking.")
@plain_errors
def forget(url: str, customer: str, by: str | None, dry_run: bool, yes: bool) -> None:
    """Remove the texts of CUSTOMER, and what was made of them, for good; ratings stay.

    CUSTOMER is the address that the export had, else the id, else the name; - reads it from standard input, so that
    it does not stay in the history of the shell.
    """
    from qa_toolkit.project import open_project

    project = open_project(url, create=False)
    name = sys.stdin.readline() if customer == "-" else customer
    found = project.forget(name, by, dry_run=True)
    if found.conversations:
        click.echo(found)
        if not dry_run and not yes:
            click.confirm("This cannot be undone. Forget this customer?", abort=True)
    else:
        click.echo(f"{found}; give the address, else the id, else the name that the export had")
    if not dry_run:
        done = project.forget(name, by)  # where there is nothing, it still cleans the file if that was stopped before
        click.echo(done if done.conversations else "")


@click.command("clean-notebooks")
@click.option(
    "--project",
    "url",
    envvar="QA_TOOLKIT_PROJECT",
    help="Database whose texts are looked for; also read from QA_TOOLKIT_PROJECT.",
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Take out every output; no project is needed.")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if there is something to take out.")
@click.option("--staged", is_flag=True, help="With --check: look at what the next git commit would hold.")
@click.option("--install-hook", is_flag=True, help="Have git check every commit from now on.")
@plain_errors
def clean_notebooks(
    url: str | None, paths: tuple[Path, ...], everything: bool, check: bool, staged: bool, install_hook: bool
) -> None:
    """Take conversation text out of the outputs of notebooks, in files and folders PATHS (by default, this folder).

    What widgets have left always goes. A cell that holds conversation text in its source is named, and not changed.
    """
    from qa_toolkit.exchange import notebooks
    from qa_toolkit.project import open_project

    if staged and not check:
        raise click.UsageError("--staged goes with --check: what is staged can only be looked at")
    if not everything and url is None:
        raise click.UsageError("say with --project whose texts to look for, or give --all to take out every output")
    if install_hook:
        click.echo(f"git checks every commit now: {notebooks.install_hook(_of_hook(url, everything))}")
        return
    places = notebooks.find_staged() if staged else notebooks.find_files(paths or (Path(),))
    texts = None if everything or url is None else open_project(url, create=False).store.words
    found = list(notebooks.clean_notebooks(places, texts, everything, check))
    for one in found:
        _say(one, check)
    dirty = [one for one in found if one.outputs or one.by_hand]
    if check and dirty:
        click.echo(f"{len(dirty):,} notebooks are not clean; {AGAIN if staged else CLEAN}", err=True)
    if any(one.fault for one in found) or (check and dirty):
        raise SystemExit(1)


def _say(one: Cleaned, check: bool) -> None:
    """Name the places, and never what is in them."""
    for where in one.outputs:
        click.echo(f"{shown(one.name)}: {where}: {'is to be taken out' if check else 'taken out'}")
    for where in one.by_hand:
        click.echo(f"{shown(one.name)}: {where}: holds conversation text; change it by hand")
    if one.fault:
        click.echo(f"{shown(one.name)}: {one.fault}", err=True)


def _of_hook(url: str | None, everything: bool) -> list[str]:
    """Return the options that the hook checks with: from any folder, and without a password."""
    if everything or url is None:
        return ["--all"]
    if urlsplit(url).password:
        click.echo("The hook keeps no password: set QA_TOOLKIT_PROJECT where you commit.")
        return []
    file = url.removeprefix("sqlite:///")
    return ["--project", url if file == url else f"sqlite:///{Path(file).absolute()}"]
