"""The command and the environment of JupyterLab; the running server is tested in tests/lab."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from qa_toolkit.errors import LabError
from qa_toolkit.lab import APPS, CONTENT_SECURITY_POLICY, LabServer, lab_command, lab_environment, run_lab, start_lab
from qa_toolkit.lab import server as lab_server
from qa_toolkit.lab.server import free_port


def settings(command: list[str]) -> dict[str, str]:
    return dict(option.removeprefix("--").split("=", 1) for option in command[3:])


def test_the_command_is_closed_to_others(tmp_path: Path) -> None:
    command = lab_command(tmp_path, 9000)
    given = settings(command)
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert given["ServerApp.ip"] == "127.0.0.1"
    assert given["ServerApp.root_dir"] == str(tmp_path)
    assert given["ServerApp.port"] == "9000"
    assert given["ServerApp.open_browser"] == "False"
    assert CONTENT_SECURITY_POLICY in given["ServerApp.tornado_settings"]


@pytest.mark.parametrize("user", [0, 1000])
def test_root_is_allowed_only_to_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user: int) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    assert settings(lab_command(tmp_path))["ServerApp.allow_root"] == str(user == 0)


def test_inline_script_is_not_allowed() -> None:
    scripts = next(rule for rule in CONTENT_SECURITY_POLICY.split("; ") if rule.startswith("script-src"))
    assert "'unsafe-inline'" not in scripts
    assert "http" not in CONTENT_SECURITY_POLICY


def test_the_users_own_jupyter_folders_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/home/ruth/.jupyter")
    monkeypatch.setenv("JUPYTER_TOKEN", "old")
    environment = lab_environment("new", state=tmp_path)
    folders = {name: value for name, value in environment.items() if name.startswith(("JUPYTER", "IPYTHON"))}
    assert folders.pop("JUPYTER_TOKEN") == "new"
    assert folders.pop("JUPYTER_PREFER_ENV_PATH") == "1"
    assert all(Path(folder).is_relative_to(tmp_path) for folder in folders.values())


@pytest.mark.parametrize(
    ("given", "passed"),
    [
        ("sqlite:///team.db", "sqlite:///{here}/team.db"),
        ("sqlite:////data/team.db", "sqlite:////data/team.db"),
        ("postgresql+psycopg://db/qa", "postgresql+psycopg://db/qa"),
        (None, "sqlite:///{here}/qa_project.db"),
    ],
)
def test_the_kernels_get_the_project_by_its_full_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str | None, passed: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_TOOLKIT_PROJECT", raising=False)
    environment = lab_environment("t", given, tmp_path / "state")
    assert environment["QA_TOOLKIT_PROJECT"] == passed.format(here=tmp_path.resolve())


def test_settings_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="Set HOME"):
        lab_environment("t", state=tmp_path / "file")


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) > port


def test_no_port_left_is_told() -> None:
    with pytest.raises(LabError, match="--port"):
        free_port(65536)


def test_no_folder_of_notebooks_is_told(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no folder"):
        start_lab(tmp_path / "nowhere")


def test_a_front_end_that_is_not_there_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LabError, match=r"no front end 'vim'.* lab, notebook, voila"):
        start_lab(tmp_path, app="vim")
    monkeypatch.setattr(lab_server, "find_spec", lambda _: None)
    with pytest.raises(LabError, match="pip install voila"):
        start_lab(tmp_path, app="voila")


def test_voila_is_on_the_server_only_where_it_is_asked_for(tmp_path: Path) -> None:
    asked = {app: " ".join(lab_command(tmp_path, app=app)) for app in APPS}
    assert {app: "'voila': True" in command for app, command in asked.items()} == {
        "lab": False,
        "notebook": False,
        "voila": True,
    }
    assert "--LabApp.default_url=/tree" in asked["notebook"]


def test_a_server_that_ends_at_once_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab_server, "lab_command", lambda *_: [sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(LabError, match="exit status 3"):
        start_lab(tmp_path, state=tmp_path / "state")


def test_ctrl_c_stops_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True)
    started = LabServer(process, 9001, "a b")
    monkeypatch.setattr(lab_server, "start_lab", lambda *_, **__: started)
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if line.startswith("Ctrl-C"):
            raise KeyboardInterrupt

    assert run_lab(tmp_path, 9000, browser=False, say=say) == 0
    assert process.poll() is not None
    assert said[0] == "Port 9000 is taken; using 9001."
    assert any("http://127.0.0.1:9001/lab?token=a%20b" in line for line in said)
    assert said[-1] == "JupyterLab has stopped."
