"""JupyterLab as `qa-toolkit lab` starts it: closed to other machines and to script in customers' text."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import expect

from qa_toolkit.lab import CONTENT_SECURITY_POLICY, LabServer, start_lab

pytestmark = pytest.mark.lab
ATTACK = "<img src=x onerror='window.attacked = 1'><p id='shown'>shown</p>"


def get(server: LabServer, path: str, token: str | None) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path, headers={"Authorization": f"token {token}"} if token else {})
    return connection.getresponse()


def test_the_security_policy_is_sent(lab_server: LabServer) -> None:
    answer = get(lab_server, "/lab", lab_server.token)
    assert answer.status == 200
    assert answer.getheader("Content-Security-Policy") == CONTENT_SECURITY_POLICY


def test_injected_script_does_not_run(open_notebook: Callable[..., Any]) -> None:
    notebook = open_notebook(["from IPython.display import HTML, display", f"display(HTML({ATTACK!r}))"])
    notebook.run()
    notebook.page.locator("#shown").wait_for()
    assert notebook.page.evaluate("() => window.attacked") is None
    assert any("Content Security Policy" in line for line in notebook.console)


def test_lab_itself_breaks_no_rule_of_the_policy(open_notebook: Callable[..., Any]) -> None:
    notebook = open_notebook(["1 + 1"], full=True)
    notebook.run()
    assert [line for line in notebook.console if "Content Security Policy" in line] == []
    assert "token" not in notebook.page.url


def test_it_listens_on_loopback_only(lab_server: LabServer) -> None:
    sockets = psutil.Process(lab_server.process.pid).net_connections("inet")
    listening = {(one.laddr.ip, one.laddr.port) for one in sockets if one.status == psutil.CONN_LISTEN}
    assert ("127.0.0.1", lab_server.port) in listening
    assert {ip for ip, _ in listening} == {"127.0.0.1"}


@pytest.mark.parametrize("token", [None, "", "wrong"])
def test_a_wrong_token_is_refused(lab_server: LabServer, token: str | None) -> None:
    assert get(lab_server, "/api/contents", token).status == 403


def test_terminals_are_off(lab_server: LabServer) -> None:
    assert get(lab_server, "/api/terminals", lab_server.token).status == 404


def test_the_kernel_opens_the_project_that_the_server_was_given(open_notebook: Callable[..., Any]) -> None:
    notebook = open_notebook(["import os", "print(os.environ['QA_TOOLKIT_PROJECT'])"])
    notebook.run()
    expect(notebook.page.get_by_text("sqlite:////")).to_be_visible()


def test_a_killed_kernel_can_be_used_again(open_notebook: Callable[..., Any]) -> None:
    notebook = open_notebook(["assert 'x' not in globals()", "x = 1"])
    notebook.run()
    notebook.kill()
    notebook.run()
    notebook.restart()
    notebook.run()


def test_it_starts_without_a_word(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with start_lab(tmp_path, state=tmp_path / "state"):
        assert capfd.readouterr() == ("", "")


def test_kernel_messages_are_sent_at_once() -> None:
    """The private method that the extension wraps is still there."""
    from jupyter_server.services.kernels.websocket import KernelWebsocketHandler

    from qa_toolkit.lab.extension import _load_jupyter_server_extension

    before = KernelWebsocketHandler.open
    try:
        _load_jupyter_server_extension(None)
        assert KernelWebsocketHandler.open is not before
    finally:
        KernelWebsocketHandler.open = before
