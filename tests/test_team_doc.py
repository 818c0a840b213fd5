"""The page about a team is true: its commands run on an empty server, one after another, each as the login it names."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from conftest import ROOT
from raw import execute

from qa_toolkit.cli import main
from qa_toolkit.project import open_project

if TYPE_CHECKING:
    from postgresql import Server

pytestmark = pytest.mark.postgresql
PAGE = (ROOT / "docs" / "team.md").read_text(encoding="utf-8")
OF_ADMINISTRATOR = {
    "sudo -u postgres createuser --createrole quality": "CREATE ROLE quality LOGIN CREATEROLE",
    "sudo -u postgres createdb --owner quality --encoding UTF8 --template template0 support": (
        "CREATE DATABASE support OWNER quality ENCODING 'UTF8' TEMPLATE template0"
    ),
    r"sudo -u postgres psql -c '\password quality'": "SELECT 1",
}
LOGINS = ("quality", "lea", "ruth", "sam", "ines", "amara", "zoe", "kim")


@pytest.fixture
def empty(server: Server) -> Iterator[Server]:
    """The server, whose other groups stand aside meanwhile."""
    there = [row[0] for row in execute(server.url, "SELECT rolname FROM pg_roles") if row[0].startswith("qa_")]
    for name in there:
        execute(server.url, f"ALTER ROLE {name} RENAME TO away_{name}")
    yield server
    execute(server.url, "DROP DATABASE IF EXISTS support WITH (FORCE)")
    made = [row[0] for row in execute(server.url, "SELECT rolname FROM pg_roles")]
    for name in (*LOGINS, "qa_reviewer", "qa_coach", "qa_lead", "qa_agent"):
        if name in made:
            execute(server.url, f"DROP OWNED BY {name} CASCADE", f"DROP ROLE {name}")
    for name in there:
        execute(server.url, f"ALTER ROLE away_{name} RENAME TO {name}")


def steps() -> list[tuple[str, str]]:
    """Return the lines of commands, and the block of Python, in their order."""
    return re.findall(r"^    (?=\S)([^\n]*)$|```python\n(.*?)```", PAGE, flags=re.MULTILINE | re.DOTALL)


def test_from_an_empty_server_to_a_report(empty: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    (tmp_path / "people.csv").write_text("zoe,Zoe Marsh\nkim,Kim Soares\n")
    names: dict[str, Any] = {}
    done = 0
    for line, python in steps():
        if python:
            exec(python, names)
            review(names["session"])
        elif line.startswith("export "):
            login = re.fullmatch(r"export QA_TOOLKIT_PROJECT=postgresql://(\w+)@db\.example/support", line)[1]
            address = sa.make_url(empty.url).set(username=login, database="support")
            monkeypatch.setenv("QA_TOOLKIT_PROJECT", address.render_as_string(hide_password=False))
        elif line.startswith("qa-toolkit "):
            result = CliRunner().invoke(main, shlex.split(line)[1:])
            assert result.exit_code == 0, f"{line}\n{result.output}"
            done += 1
        elif line.startswith("while "):
            path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            subprocess.run(["bash", "-ec", line], check=True, env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)})
        elif not line.startswith("pip install"):
            execute(empty.url, OF_ADMINISTRATOR[line])
    assert done >= 12
    assert (tmp_path / "april.html").stat().st_size > 10_000
    found = open_project()
    assert found.store.people.me is None  # the owner
    assert set(found.store.people.list()["login"]) == set(LOGINS) - {"quality"}
    assert found.verify().ok
    found.store.close()


def review(session: Any) -> None:
    first = session.queue[0]
    session.rate_rest(first, "pass")
    session.submit(first)
