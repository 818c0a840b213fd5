"""The README is true: its commands run, its links and names lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from conftest import ROOT

from qa_toolkit.cli import main
from qa_toolkit.project import open_project
from qa_toolkit.sample_data import load_sample_data

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", README, flags=re.DOTALL)


def test_the_commands_and_the_python_of_the_readme_run(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    commands = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("qa-toolkit")]
    assert len(commands) >= 6
    for command in commands:
        arguments = [sys.executable, "-m", "qa_toolkit.cli", *command.split()[1:]]
        done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, command + "\n" + done.stderr
    for block in blocks("python"):
        done = subprocess.run(
            [sys.executable, "-c", block],
            cwd=tmp_path,
            env={**os.environ, "QA_TOOLKIT_PROJECT": "sqlite:///mine.db"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_the_month_of_a_lead_runs(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "lead.md").read_text(encoding="utf-8")
    project = open_project(f"sqlite:///{tmp_path}/p.db")
    load_sample_data(project, ROOT / "data")
    commands = [
        line.strip() for line in page.splitlines() if line.startswith("    qa-toolkit") and "--as-of" not in line
    ]
    assert len(commands) >= 5
    environment = {"QA_TOOLKIT_PROJECT": project.store.url}
    for command in commands:
        arguments = [word.replace("april.html", f"{tmp_path}/april.html") for word in command.split()[1:]]
        done = CliRunner().invoke(main, arguments, env=environment)
        assert done.exit_code == 0, command + "\n" + done.output
    code = "\n".join(re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)).replace('"april"', '"April"')
    shown = "\nprint(score_difference(scores, both, 'period', 'may', 'April').verdict[0], len(strict.agents))"
    done = subprocess.run(
        [sys.executable, "-c", code + shown],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "no difference shown 11\n"


def test_the_targets_of_make_are_there() -> None:
    targets = set(re.findall(r"\bmake ([a-z]+)", README))
    assert {"lab", "test"} <= targets
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    declared = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    assert targets <= declared


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_layout_of_the_readme_is_the_layout() -> None:
    names = {p.name + "/" if p.is_dir() else p.name for p in (ROOT / "qa_toolkit").iterdir()}
    named = re.findall(r"^  (\S+)", README.split("## Layout")[1], flags=re.MULTILINE)
    assert set(named) == {n for n in names if not n.startswith("__")} - {"py.typed", "errors.py", "sample_data.py"}


def test_every_command_and_notebook_is_in_the_readme() -> None:
    for command in main.commands:
        assert f"qa-toolkit {command}" in README
    for notebook in (ROOT / "notebooks").glob("*.ipynb"):
        assert f"`{notebook.stem}`" in README


def test_every_option_of_the_commands_is_real_in_all_pages() -> None:
    groups = [c for c in main.commands.values() if isinstance(c, click.Group)]
    commands = [*main.commands.values(), *(c for group in groups for c in group.commands.values())]
    options = {o for c in commands for p in c.params for o in (*p.opts, *p.secondary_opts)}
    for page in PAGES:
        for line in page.read_text(encoding="utf-8").splitlines():
            if "qa-toolkit " in line:
                named = re.findall(r"(?<!\w)--[a-z-]+", line)
                assert set(named) <= options, line


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.stem)
def test_notebooks_are_kept_with_outputs_and_without_the_state_of_widgets(path: Path) -> None:
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(cell["execution_count"] for cell in code)
    assert "widgets" not in notebook["metadata"]
