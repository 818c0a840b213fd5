"""Tasks that go wrong, in a module of their own: the processes of a cluster must be able to import it by its name."""

from __future__ import annotations

import os
import signal
import uuid
from pathlib import Path
from typing import Any

from qa_toolkit.exchange.bulk import Outcome, Task, run
from qa_toolkit.store import Store
from qa_toolkit.suggest import HashingEncoder


def dies_once(task: Task) -> Outcome:
    mark = Path(task.path).with_suffix(".died")
    if task.path.endswith("1.jsonl") and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return run(task)


def fails_on_the_first(task: Task) -> Outcome:
    if task.path.endswith("0.jsonl"):
        raise ValueError("text of a customer")
    return run(task)


class Noting(HashingEncoder):
    """Notes in a folder how many texts each call had; fails on one text until somebody mends it there."""

    def __init__(self, folder: Path) -> None:
        super().__init__(8)
        self.folder = folder

    def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
        if "text of a customer" in texts and not (self.folder / "mended").exists():
            raise ValueError("text of a customer")
        (self.folder / f"{uuid.uuid4().hex}.n").write_text(str(len(texts)))
        return super().encode(texts, progress)

    def texts(self) -> int:
        return sum(int(path.read_text()) for path in self.folder.glob("*.n"))


def dies_after_a_batch(task: Task) -> Outcome:
    """Kill the worker, once, when the first thousand conversations of a file are stored."""
    mark, before = Path(task.path).with_suffix(".died"), Store.add_conversations

    def added(self: Store, *given: Any) -> Any:
        found = before(self, *given)
        if task.path.endswith("1.jsonl") and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    Store.add_conversations = added  # type: ignore[method-assign]
    try:
        return run(task)
    finally:
        Store.add_conversations = before  # type: ignore[method-assign]


class DyingOnce(HashingEncoder):
    """Kills the first worker that encodes with it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(12)  # a worker keeps the encoder of each model: this one is of no other test
        self.folder, self.home = folder, os.getpid()

    def encode(self, texts, progress=None):  # type: ignore[no-untyped-def]
        mark = self.folder / "encoder.died"
        if os.getpid() != self.home and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().encode(texts, progress)
