"""Who is who: logins of a PostgreSQL server, the names that they act under, and their roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.errors import InvalidActError, NotFoundError, StoreError, instead
from qa_toolkit.store import tables, walls
from qa_toolkit.store.acts import Act
from qa_toolkit.store.engine import reading, writing
from qa_toolkit.store.walls import ROLES, Walls

COLUMNS: Final = ("login", "name", "role", "agent", "added_at")
LONGEST: Final = 63  # bytes of a login; PostgreSQL would cut it
ALONE: Final = "an SQLite file has no logins: who can read it can read all of it; people are for PostgreSQL"


@dataclass(frozen=True)
class Person:
    """One of the people of a project.

    Parameters
    ----------
    login : str
        At the server.
    name : str
        What their events bear as the actor.
    role : {"reviewer", "coach", "lead", "agent"}
    agent : str or None
        What conversations call somebody who answers customers.
    """

    login: str
    name: str
    role: str
    agent: str | None = None


class PeopleStore:
    """The people of one database, and the walls between them.

    Attributes
    ----------
    me : Person or None
        Whom the walls bind; None where there are none, or for the owner of the tables.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], me: Person | None) -> None:
        self._engine = engine
        self._now = now
        self.me = me

    @property
    def sees_all(self) -> bool:
        """Whether the whole log can be read."""
        return self.me is None or self.me.role == "lead"

    def or_me(self, name: str | None) -> str | None:
        """Return a name or, where none is given, that of whom the walls bind."""
        return self.me.name if name is None and self.me else name

    def refuse_other(self, name: str, what: str) -> None:
        """Raise an `InvalidActError` if somebody whom the walls bind acts under another name."""
        me = self.me
        if me and name.strip() != me.name:
            raise InvalidActError(
                f"you are logged in as {me.login!r}, who is {me.name!r} here, and act under that name only; "
                f"write {what}={me.name!r}"
            )

    def refuse_role(self, act: str) -> None:
        """Raise a `StoreError` if somebody whom the walls bind is no lead; `act` is a verb, such as "assign"."""
        if self.me and not self.sees_all:
            raise StoreError(f"{'an' if self.me.role == 'agent' else 'a'} {self.me.role} may not {act}; ask a lead")

    def refuse_strangers(self, names: Sequence[str]) -> None:
        """Raise a `NotFoundError` for somebody who is to review and is nobody's name, as far as people are known."""
        people = self.list()
        known = people.loc[people["role"].isin(["reviewer", "lead"]), "name"].tolist()
        logins = dict(zip(people["login"], people["name"], strict=True))
        for name in names:
            if "," in name and name not in known:
                raise NotFoundError(f"{name!r} holds a comma; give each name by itself, without one")
            if known and name not in known:
                here = "look at: qa-toolkit people list"
                meant = f"did you mean {logins[name]!r}?" if name in logins else instead(name, known, here)
                raise NotFoundError(f"no reviewer or lead is called {name!r} here; {meant}")

    def refuse_others(self, acts: Sequence[Act]) -> None:
        """Raise an `InvalidActError` if one of some acts bears another name."""
        for act in acts if self.me else ():
            self.refuse_other(act.actor, "the name")

    def put_up_walls(self) -> Walls:
        """Make groups and policies; see `walls.put_up`."""
        return walls.put_up(self._engine)

    def list(self) -> pd.DataFrame:
        """Return one row for each person that one may see: ``login``, ``name``, ``role``, ``agent``, ``added_at``."""
        p = tables.people.c
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(*(p[name] for name in COLUMNS)).order_by(p.login)).all()
        frame = pd.DataFrame([tuple(row) for row in rows], columns=list(COLUMNS), dtype=object)
        frame["added_at"] = pd.to_datetime(frame["added_at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
        return frame.astype(dict.fromkeys(COLUMNS[:-1], "str"))

    def add(self, person: Person) -> bool:
        """Add a person, and let the login in; make it, without a password, if the server has none.

        Returns
        -------
        bool
            Whether the login was made.

        Raises
        ------
        StoreError
            If there are no walls, or this login may not; the message says what to do.
        InvalidActError
            If the login or the name is another person's, or something is missing.
        """
        _check(person)
        with writing(self._engine) as connection:
            _refuse_alone(connection)
            self._write(connection, person)
            made = _let_in(connection, person)
            walls.lend(connection)
            return made

    def _write(self, connection: Connection, person: Person) -> None:
        p = tables.people
        for row in connection.execute(sa.select(p).where(sa.or_(p.c.login == person.login, p.c.name == person.name))):
            known = Person(row.login, row.name, row.role, row.agent)
            if known == person:
                return
            raise InvalidActError(
                f"{known.login!r} is {known.name!r} already, a {known.role}; to change that, take them away first "
                f"with: qa-toolkit people remove --login {known.login}"
            )
        new = {name: getattr(person, name) for name in COLUMNS[:-1]}
        connection.execute(p.insert().values(**new, added_at=self._now()))

    def remove(self, login: str) -> Person:
        """Take a person away: the login stays, and sees and writes nothing of this project any more."""
        p = tables.people
        with writing(self._engine) as connection:
            _refuse_alone(connection)
            row = connection.execute(sa.select(p).where(p.c.login == login)).first()
            if row is None:
                raise NotFoundError(f"no person has the login {login!r}; look at: qa-toolkit people list")
            connection.execute(p.delete().where(p.c.login == login))
            walls.take_back(connection, login)
        return Person(row.login, row.name, row.role, row.agent)


def whoever(engine: Engine) -> Person | None:
    """Return the person whom the walls bind in this session; None where there are none, or for the owner.

    Raises
    ------
    StoreError
        If the walls are up, and the login is nobody's.
    """
    if engine.dialect.name != "postgresql":
        return None
    with reading(engine) as connection:
        return bound(connection)


def bound(connection: Connection) -> Person | None:
    """Return the person whom the walls bind on a connection to a server; see `whoever`."""
    query = """
        SELECT session_user, CASE WHEN to_regprocedure('qa_me()') IS NULL THEN false
          ELSE row_security_active(to_regclass('events')::oid) END
    """
    login, is_bound = connection.exec_driver_sql(query).one()
    if not is_bound:
        return None
    row = connection.exec_driver_sql("SELECT login, name, role, agent FROM qa_me()").first()
    if row is None:
        raise StoreError(
            f"the login {login!r} is nobody's in this project; ask its owner for: "
            f'qa-toolkit people add --login {login} --name "Ruth Weiss" --role reviewer'
        )
    return Person(*row)


def _check(person: Person) -> None:
    if person.role not in ROLES:
        raise InvalidActError(f"{person.role!r} is no role; give one of {', '.join(ROLES)}")
    for what, value in (("login", person.login), ("name", person.name)):
        if not value.strip() or value != value.strip() or not value.isprintable():
            raise InvalidActError(f"{value!r} cannot be a {what}; it needs letters, and no space around them")
    if len(person.login.encode()) > LONGEST or person.login.startswith("pg_"):
        raise InvalidActError(f"PostgreSQL takes no login such as {person.login!r}: up to {LONGEST} bytes, not pg_...")
    if person.role == "agent" and person.agent != person.name:
        raise InvalidActError("an agent acts under the name that conversations give; write --agent, without --name")


def _refuse_alone(connection: Connection) -> None:
    if connection.dialect.name != "postgresql":
        raise StoreError(ALONE)
    if not walls.stand(connection):
        raise StoreError("the roles of a team are not there yet; make them with: qa-toolkit init URL")


def _let_in(connection: Connection, person: Person) -> bool:
    """Make the login if it is missing, and a member of the group of its role."""
    login, group = walls.quoted(connection, person.login), f"qa_{person.role}"
    query = sa.text("SELECT rolsuper OR rolbypassrls, rolcanlogin, rolname FROM pg_roles WHERE rolname = :login")
    known: Any = connection.execute(query, {"login": person.login}).first()
    if known and known[0]:
        raise StoreError(f"no wall holds {person.login!r}, who may do everything at the server; take another login")
    if known and walls.owns(connection, person.login):
        raise StoreError(f"no wall holds {person.login!r}, who owns the tables; take another login")
    if known and not known[1]:
        raise StoreError(f"{person.login!r} is a group of the server, not a login; take another name")
    commands = [] if known else [f"CREATE ROLE {login} LOGIN"]
    commands.append(f"GRANT {group} TO {login}")
    try:
        with connection.begin_nested():
            for command in commands:
                connection.exec_driver_sql(command)
    except sa.exc.ProgrammingError as error:
        if getattr(error.orig, "sqlstate", "") != "42501":
            raise
        raise StoreError(
            "this login may not do that; ask whoever runs the server to run this, then do it again:\n  "
            + "\n  ".join(f"{command};" for command in commands)
        ) from None
    return known is None
