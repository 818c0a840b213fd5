"""Logins of the test server: people of a project, and strangers. They are of the whole server, so they are dropped."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from raw import execute

from qa_toolkit.project import Project, open_project
from qa_toolkit.store import Person, Store

NUMBERS = itertools.count()


class Team:
    """Makes people with logins that nobody else has, and opens the project as each of them."""

    def __init__(self, store: Store, administrator: str = "") -> None:
        self.store, self.logins, self.opened = store, [], []
        self.administrator = administrator or store.url
        store.people.put_up_walls()

    def add(self, role: str, name: str, agent: str | None = None) -> Project:
        login = self.login(name)
        self.store.people.add(Person(login, name, role, agent or (name if role == "agent" else None)))
        return self.open(login)

    def login(self, name: str) -> str:
        self.logins.append(f"{name.split()[0].lower()}_{next(NUMBERS)}")
        return self.logins[-1]

    def url(self, login: str) -> str:
        return sa.make_url(self.store.url).set(username=login).render_as_string(hide_password=False)

    def open(self, login: str) -> Project:
        self.opened.append(open_project(self.url(login)))
        return self.opened[-1]

    def close(self) -> None:
        for project in self.opened:
            project.store.close()
        for login in self.logins:
            quoted = '"' + login.replace('"', '""').replace("%", "%%") + '"'
            known = [row[0] for row in execute(self.administrator, "SELECT rolname FROM pg_roles")]
            if login in known:
                execute(self.administrator, f"DROP OWNED BY {quoted}", f"DROP ROLE {quoted}")


@contextmanager
def team_of(store: Store, administrator: str = "") -> Iterator[Team]:
    team = Team(store, administrator)
    try:
        yield team
    finally:
        team.close()
