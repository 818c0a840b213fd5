"""Fill the disk of a project while reviewers write, and look whether anything is lost: on SQLite and on PostgreSQL.

    sudo python benchmarks/full_disk.py [--writers 3] [--case sqlite|tables|log|server] [--json OUT.json]

The disk is a tmpfs of 200 MB, so this needs Linux and root. Another program takes most of what is free, the reviewers
the rest; who is told an error sends the same act again until it is taken. Then room is made, and they go on. On
that disk is a project in a file (`sqlite`), or the tables of a server, its own log, or all of it.
What was acknowledged must be there, once, and no act by half. The first difference ends the run with an error.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from conftest import conversation_frames
from killed_servers import ADVICE as LOST
from killed_servers import compared, said, saved, wait_for_more, writing
from postgresql import Server
from raw import execute

from qa_toolkit.errors import StoreError
from qa_toolkit.store import open_store

SIZE, LEFT = "200m", 2_000_000  # bytes that the other program leaves to the reviewers
IN_FILE = (
    "the disk is full; nothing of this act was saved, free some room and try again",
    "the disk is full or does not work; free some room and try again, what was saved already is not saved twice",
)
ON_SERVER = ("the disk of the server is full; nothing of this act was saved, free some room and try again", *LOST)


def main() -> None:
    """Run it and print what the writers were told."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=int, default=3)
    parser.add_argument("--case", choices=CASES, help="one of them only")
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    if sys.platform != "linux" or os.geteuid():
        parser.error("a disk of its own can be mounted on Linux by root only")
    figures = {}
    for case in [given.case] if given.case else CASES:
        with disk() as small, TemporaryDirectory() as told:
            figures[case] = CASES[case](small, Path(told), given.writers)
        print(case, json.dumps(figures[case], indent=2), flush=True)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


@contextmanager
def disk() -> Iterator[Path]:
    """Lend a small disk."""
    path = Path(mkdtemp(prefix="qa-disk-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", path], check=True)
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)
        path.rmdir()


def in_file(small: Path, told: Path, writers: int) -> dict[str, Any]:
    """Fill the disk that a file lies on."""
    return filled(f"sqlite:///{small}/project.db", small, told, writers, IN_FILE)


def in_tables(small: Path, told: Path, writers: int) -> dict[str, Any]:
    """Fill the disk of the tables of a server that can still write its log."""
    with Server(fsync=True) as server:
        place = small / "tables"
        place.mkdir()
        shutil.chown(place, server.process.system_user)
        execute(server.url, f"CREATE TABLESPACE small LOCATION '{place}'")
        with server.database("TABLESPACE small") as url:
            return filled(url, small, told, writers, ON_SERVER)


def in_log(small: Path, told: Path, writers: int) -> dict[str, Any]:
    """Fill the disk of the log of a server; it ends, and is started again when there is room."""
    with Server(fsync=True) as server:
        log = Path(server.folder.name) / "data" / "pg_wal"
        server.process.stop()
        subprocess.run(["mv", log, small / "log"], check=True)  # and keep whose it is
        log.symlink_to(small / "log")
        server.start()
        with server.database() as url:
            return filled(url, small, told, writers, ON_SERVER, server.start)


def in_server(small: Path, told: Path, writers: int) -> dict[str, Any]:
    """Fill the disk of a whole server."""
    with Server(fsync=True, folder=small) as server, server.database() as url:
        return filled(url, small, told, writers, ON_SERVER, server.start)


def filled(
    url: str, small: Path, told: Path, writers: int, advice: tuple[str, ...], start: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Let reviewers write until the disk is full, and after room was made; return what they were told."""
    store = open_store(url)
    store.add_conversations(*conversation_frames(6))
    ballast = small / "of another program"
    with ExitStack() as running:
        paths = [running.enter_context(writing(url, told / f"w{k}")) for k in range(writers)]
        wait_for_more(paths)
        take(ballast, shutil.disk_usage(small).free - LEFT)
        wait_until_nothing_is_saved(paths)
        full = {"saved": sum(map(saved, paths)), "free": shutil.disk_usage(small).free}
        full |= {"reading": attempt(lambda: f"{len(store.conversations())} conversations")}
        full |= {"opening": attempt(lambda: open_store(url).close() or "opened")}
        ballast.unlink()
        start()
        wait_for_more(paths)
    store.close()
    return {"while full": full, **compared(url, paths, advice)}


def take(path: Path, room: int) -> None:
    """Take room on a disk, or as much as there is."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        for _ in range(room // 4096):
            file.write(bytes(4096))


def wait_until_nothing_is_saved(told: list[Path], seconds: float = 120) -> None:
    """Wait until every writer is told errors, and nothing else for a while."""
    end = time.monotonic() + seconds
    while True:
        before = [(saved(path), len(said(path))) for path in told]
        time.sleep(3)
        after = [(saved(path), len(said(path))) for path in told]
        if all(one[0] == other[0] and one[1] < other[1] for one, other in zip(before, after, strict=True)):
            return
        if time.monotonic() > end:
            raise TimeoutError("the disk is not full yet")


def attempt(what: Callable[[], str]) -> str:
    """Return what becomes of it."""
    try:
        return what()
    except StoreError as error:
        return str(error)


CASES = {"sqlite": in_file, "tables": in_tables, "log": in_log, "server": in_server}
if __name__ == "__main__":
    main()
