"""Commands that take people's data out."""

from __future__ import annotations

import sys

import click

from qa_toolkit.cli._common import PROJECT, plain_errors


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
    plan = project.forget(name, by, dry_run=True)
    if plan.conversations:
        click.echo(plan)
    if dry_run or not plan.conversations:
        done = plan if dry_run else project.forget(name, by)  # the file may still have to be cleaned
        if not plan.conversations:
            click.echo(f"{done}; give the address, else the id, else the name that the export had")
        return
    if not yes:
        click.confirm("This cannot be undone. Forget this customer?", abort=True)
    click.echo(project.forget(name, by))
