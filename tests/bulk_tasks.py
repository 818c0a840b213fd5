"""Tasks that go wrong, in a module of their own: the processes of a cluster must be able to import it by its name."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from qa_toolkit.exchange.bulk import Outcome, Task, run


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
