"""Commands about who is who in a project on PostgreSQL."""

from __future__ import annotations

import click

from qa_toolkit.cli._common import PROJECT, plain_errors, shown


@click.group()
def people() -> None:
    """Say which login of the server is whom, and what they may do."""


@people.command()
@PROJECT
@click.option("--login", required=True, help="At the server; made, without a password, if there is none.")
@click.option("--name", default="", help="What their reviews bear, such as 'Ruth Weiss'; of an agent, leave it out.")
@click.option(
    "--role", required=True, type=click.Choice(["reviewer", "coach", "lead", "agent"]), help="What they may do."
)
@click.option("--agent", default="", help="What conversations call this person, who answers customers too.")
@plain_errors
def add(url: str, login: str, name: str, role: str, agent: str) -> None:
    """Add a person: the login sees and writes what the role may, under the name and no other."""
    from qa_toolkit.project import open_project
    from qa_toolkit.store import Person

    if role == "agent" and not agent:
        raise click.UsageError("An agent needs --agent, the name that conversations give.")
    name = name or (agent if role == "agent" else "")
    if not name:
        raise click.UsageError("Give --name, what their reviews bear, such as --name 'Ruth Weiss'.")
    made = open_project(url, create=False).store.people.add(Person(login, name, role, agent or None))
    click.echo(f"{shown(login)}: {shown(name)}, {role}")
    if made:
        click.echo(f"The login is new and has no password; one is set in psql by: \\password {shown(login)}")


@people.command(name="list")
@PROJECT
@plain_errors
def list_(url: str) -> None:
    """Show the people of the project."""
    from qa_toolkit.project import open_project

    found = open_project(url, create=False).store.people.list()
    for row in found.fillna("").to_dict("records"):
        also = f", in conversations {row['agent']!r}" if row["agent"] not in ("", row["name"]) else ""
        click.echo(shown(f"{row['login']}: {row['name']}, {row['role']}{also}"))
    if found.empty:
        click.echo("nobody yet; add people with: qa-toolkit people add")


@people.command()
@PROJECT
@click.option("--login", required=True, help="Of the person who goes.")
@plain_errors
def remove(url: str, login: str) -> None:
    """Take a person away; what they wrote stays, and their login too, but it sees nothing here any more."""
    from qa_toolkit.project import open_project

    person = open_project(url, create=False).store.people.remove(login)
    click.echo(f"{shown(person.name)} is gone. The login stays at the server; drop it there with: DROP ROLE")
