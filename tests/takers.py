"""Reviewers in processes of their own that take from one pool as fast as they can; `test_taking.py` counts.

Run as a script: URL, sample, how many processes. Each says what it got as soon as it has it; one of them, the last, is
killed in the middle, by itself, at a step of the database that is drawn at random.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
from datetime import timedelta
from typing import Any

from sqlalchemy import event

from qa_toolkit.errors import StoreError
from qa_toolkit.project import Project
from qa_toolkit.store import open_store

KILLED = "killed"


def take_all(url: str, sample: str, name: str) -> None:
    """Take until the pool is empty."""
    store = open_store(url)
    project = Project(store)
    if name == KILLED:
        die_at(store._engine, random.Random(os.getpid()).randrange(20, 120))
    while True:
        try:
            found = project.take(sample, name, 1 + os.getpid() % 3, timedelta(hours=1))
        except StoreError as error:  # who waits for a lock for 30 s is told so, and tries again
            os.write(2, f"{name}: {error}\n".encode())
            continue
        if not found:
            return
        os.write(1, "".join(f"{name} {one}\n" for one in found).encode())


def die_at(engine: Any, step: int) -> None:
    """End this process by ``kill -9`` before a statement."""
    passed = itertools.count()

    def pass_by(*_: Any) -> None:
        if next(passed) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", pass_by)


def main(url: str, sample: str, number: int) -> None:
    """Fork the reviewers, and wait for all."""
    names = [*(f"reviewer-{i}" for i in range(number - 1)), KILLED]
    children = []
    for name in names:
        pid = os.fork()
        if pid == 0:
            try:
                take_all(url, sample, name)
            finally:
                os._exit(0)
        children.append(pid)
    for pid in children:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
