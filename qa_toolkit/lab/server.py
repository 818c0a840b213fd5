"""JupyterLab as a process: start it, wait until it answers, stop it."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Final
from urllib.parse import quote

from qa_toolkit.errors import LabError
from qa_toolkit.lab.command import APPS, FIRST_PORT, HOST, lab_command, lab_environment

PORTS_TRIED: Final = 100
START_TIMEOUT: Final = 120.0  # seconds; a first start on a slow disk compiles many modules


@dataclass(frozen=True)
class LabServer:
    """A running JupyterLab; as a context manager it stops at the end of the block.

    Attributes
    ----------
    process : subprocess.Popen
        The server, in a process group of its own.
    port : int
        The port on 127.0.0.1.
    token : str
        What a request must carry.
    app : str
        The front end that `url` leads to.
    """

    process: subprocess.Popen[bytes]
    port: int
    token: str
    app: str = "lab"

    @property
    def url(self) -> str:
        """Address of the front end, with the token."""
        return f"http://{HOST}:{self.port}{APPS[self.app].path}?token={quote(self.token)}"

    def stop(self, timeout: float = 10.0) -> None:
        """Ask the server to stop its kernels and itself; after ``timeout`` seconds end what is left."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            if os.name == "posix":  # kernels are in the server's group
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> LabServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def free_port(first: int = FIRST_PORT) -> int:
    """Return the first free port on loopback, counting up from ``first``.

    Raises
    ------
    LabError
        If none of the next 100 is free.
    """
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            if os.name == "posix":  # else a port that was just given up counts as taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, port))
                return port
    raise LabError(f"No port from {first} to {first + PORTS_TRIED - 1} is free. Give another one with --port.")


def start_lab(
    notebooks: Path,
    port: int | None = None,
    browser: bool = False,
    project: str | None = None,
    token: str | None = None,
    state: Path | None = None,
    app: str = "lab",
) -> LabServer:
    """Start JupyterLab on a folder of notebooks and return when it answers.

    Parameters
    ----------
    notebooks : pathlib.Path
        The folder that JupyterLab shows.
    port : int, optional
        The port to try first, 8888 unless given; a taken one is passed over for the next free one.
    browser : bool
        Whether to open a browser window.
    project : str, optional
        The project's database, passed to the notebooks as ``QA_TOOLKIT_PROJECT``.
    token : str, optional
        What a request must carry; a random one unless given.
    state : pathlib.Path, optional
        Folder for Lab's settings; default: one for this user.
    app : str
        The front end, one of `APPS`: "lab", "notebook" or "voila".

    Raises
    ------
    LabError
        If there is no such folder, no such front end, no free port, or JupyterLab does not start.
    """
    _check_installed(app)
    if not notebooks.is_dir():
        raise LabError(f"There is no folder {notebooks}. Give the folder that holds the notebooks.")
    token = token or secrets.token_urlsafe(24)
    free = free_port(port or FIRST_PORT)
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
        lab_command(notebooks, free, browser, app),
        env=lab_environment(token, project, state),
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C reaches us alone: we stop the server, it stops its kernels
    )
    server = LabServer(process, free, token, app)
    _wait_until_it_answers(server)
    return server


def run_lab(
    notebooks: Path,
    port: int | None = None,
    browser: bool | None = None,
    project: str | None = None,
    say: Callable[[str], Any] = print,
    app: str = "lab",
) -> int:
    """Start JupyterLab, say where it is, and stay until Ctrl-C.

    Parameters
    ----------
    notebooks, port, project, app
        As for `start_lab`.
    browser : bool, optional
        Whether to open a browser window; unless given, where there is a screen.
    say : callable
        Takes each line meant for the user.

    Returns
    -------
    int
        0 after Ctrl-C or SIGTERM, else the exit status of JupyterLab.

    Raises
    ------
    LabError
        As for `start_lab`.
    """
    browser = _has_screen() if browser is None else browser
    with (
        _sigterm_as_ctrl_c(),
        contextlib.suppress(KeyboardInterrupt),
        start_lab(notebooks, port, browser, project, app=app) as lab,
    ):
        if port is not None and lab.port != port:
            say(f"Port {port} is taken; using {lab.port}.")
        say(f"{APPS[app].title} is running on {notebooks.resolve()}. Open this address in a browser on this machine:")
        say(f"\n    {lab.url}\n")
        say("Ctrl-C stops it.")
        return lab.process.wait()
    say(f"{APPS[app].title} has stopped.")
    return 0


def _check_installed(app: str) -> None:
    if app not in APPS:
        raise LabError(f"There is no front end {app!r}. Known: {', '.join(APPS)}.")
    if find_spec(APPS[app].package) is None:
        raise LabError(f"{APPS[app].title} is not installed. Install it with: pip install {APPS[app].package}")


def _wait_until_it_answers(server: LabServer) -> None:
    try:
        deadline = time.monotonic() + START_TIMEOUT
        while not _answers(server):
            if server.process.poll() is not None:
                raise LabError(
                    f"JupyterLab ended at once (exit status {server.process.returncode}); its message is above."
                )
            if time.monotonic() > deadline:
                raise LabError(f"JupyterLab did not answer within {START_TIMEOUT:.0f} s. Try again, or another --port.")
            time.sleep(0.1)
    except BaseException:
        server.stop()
        raise


def _answers(server: LabServer) -> bool:
    # http.client, unlike urllib, heeds no proxy that the environment names
    connection = http.client.HTTPConnection(HOST, server.port, timeout=5)
    try:
        connection.request("GET", "/api/status", headers={"Authorization": f"token {server.token}"})
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


@contextlib.contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _has_screen() -> bool:
    return sys.platform in ("darwin", "win32") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
