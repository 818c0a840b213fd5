"""Commands that take people's data out."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown
from qa_toolkit.errors import StoreError

if TYPE_CHECKING:
    from qa_toolkit.exchange.notebooks import Cleaned


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
        click.echo(done if done.conversations else "", nl=bool(done.conversations))
    if not found.conversations:
        raise SystemExit(1)


@click.command("clean-notebooks")
@PROJECT
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="Take out every output; no project is needed.")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 if there is something to take out.")
@click.option("--staged", is_flag=True, help="With --check: look at what the next git commit would hold.")
@click.option("--install-hook", is_flag=True, help="Have git check every commit from now on.")
@plain_errors
def clean_notebooks(
    url: str, paths: tuple[Path, ...], everything: bool, check: bool, staged: bool, install_hook: bool
) -> None:
    """Take conversation text out of the outputs of notebooks, in files and folders PATHS (by default, this folder).

    What widgets have left always goes. A cell that holds conversation text in its source is named with the first words
    that are the same, and not changed; then, too, the command exits with 1.
    """
    from qa_toolkit.exchange import notebooks

    if staged and not check:
        raise click.UsageError("--staged goes with --check: what is staged can only be looked at")
    options = _options(url, everything)
    unlooked = everything or (install_hook and not url.startswith("sqlite"))  # a server may be out of reach today
    texts = None if unlooked else _texts(url)
    if install_hook:
        if not options:
            click.echo("The hook keeps no password: set QA_TOOLKIT_PROJECT where you commit.")
        click.echo(f"git checks every commit now: {notebooks.install_hook(options)}")
        return
    places = notebooks.find_staged() if staged else notebooks.find_files(paths or (Path(),))
    found = list(notebooks.clean_notebooks(places, texts, everything, check))
    for one in found:
        _say(one, check)
    dirty = [one for one in found if one.outputs or one.by_hand]
    if check and dirty:
        command = shown(shlex.join(["qa-toolkit", "clean-notebooks", *options]))
        then = f"call {command}, then git add them again" if staged else f"call {command} without --check"
        click.echo(f"{len(dirty):,} notebook{'s are' if len(dirty) > 1 else ' is'} not clean; {then}", err=True)
    if any(one.fault or one.by_hand for one in found) or (check and dirty):
        raise SystemExit(1)


def _texts(url: str) -> Callable[[], Iterator[tuple[str, str, str]]]:
    from qa_toolkit.project import open_project

    try:
        return open_project(url, create=False).store.words
    except StoreError as error:
        raise StoreError(
            f"{str(error).rstrip('.')}; or give --all to take out every output, which needs no project"
        ) from error


def _say(one: Cleaned, check: bool) -> None:
    """Name the places, and never what is in an output."""
    for where in one.outputs:
        click.echo(f"{shown(one.name)}: {where}: {'is to be taken out' if check else 'taken out'}")
    for where, words in one.by_hand:
        click.echo(f"{shown(one.name)}: {where}: holds conversation text ({shown(words)}); change it by hand")
    if one.fault:
        click.echo(f"{shown(one.name)}: {one.fault}", err=True)


def _options(url: str, everything: bool) -> list[str]:
    """Return the options to check with: from any folder, and without a password; none where the URL has one."""
    if everything:
        return ["--all"]
    if urlsplit(url).password:
        return []
    file = url.removeprefix("sqlite:///")
    return ["--project", url if file == url else f"sqlite:///{Path(file).absolute()}"]
