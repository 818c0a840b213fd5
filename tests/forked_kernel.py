"""Kernels that a test can kill: a server that has imported everything forks one for each who connects.

Run as a script it is the server; `Kernels` starts it and gives its kernels, each a process of its own that opens the
project and answers the messages of a review screen.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any


class Kernel:
    """A process that answers messages until it is killed.

    Attributes
    ----------
    answered : list of dict
        What it answered, also what never got to the page.
    """

    def __init__(self, address: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(address)
        self._lines = self._socket.makefile("r")
        self.pid = int(self._lines.readline())
        self.alive = True

    def ask(self, message: dict[str, Any]) -> Any:
        """Return the answer to a message, or None where the kernel is dead."""
        if not self.tell(message):
            return None
        line = self._lines.readline()
        return json.loads(line) if line else None

    def tell(self, message: dict[str, Any]) -> bool:
        """Send a message and wait for nothing; return whether the kernel was there to get it."""
        if self.alive:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        return self.alive

    def kill(self) -> None:
        """End it by ``kill -9``, and wait until it is gone."""
        if not self.alive:
            return
        self.alive = False
        os.kill(self.pid, signal.SIGKILL)
        with suppress(ConnectionResetError):
            while self._lines.readline():  # until the other side is closed, which is when the process has ended
                pass
        self._socket.close()


@contextmanager
def start_kernels(url: str, rubric: Path, folder: Path) -> Iterator[str]:
    """Start the server, and end it with the block; gives the address for `Kernel`."""
    address = str(folder / "kernels")
    command = [sys.executable, __file__, address, url, str(rubric)]
    # The server imports the package of this tree, whichever one is installed.
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield address
        process.kill()


def _serve(address: str, url: str, rubric_file: str) -> None:
    from qa_toolkit.review import ReviewSession
    from qa_toolkit.rubric import load_rubric
    from qa_toolkit.store import open_store
    from qa_toolkit.widgets import ReviewWidget

    rubric = load_rubric(rubric_file)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listening.accept()
            if os.fork():
                connection.close()
                continue
            listening.close()
            with connection.makefile("rw") as lines:
                print(os.getpid(), file=lines, flush=True)
                widget = ReviewWidget(ReviewSession(open_store(url, create=False), "first", "ruth", rubric))
                for line in lines:
                    print(json.dumps(widget._answer_to(json.loads(line))), file=lines, flush=True)
            os._exit(0)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
