"""The README is true: its commands run, its links and names lead somewhere."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from conftest import ROOT

from qa_toolkit.cli import main
from qa_toolkit.project import open_project
from qa_toolkit.sample_data import load_sample_data
from qa_toolkit.stats import score_difference

README = (ROOT / "README.md").read_text(encoding="utf-8")
DEVELOPING = (ROOT / "docs" / "developing.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "data" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


STEP = re.compile(r"^(?: {4})?((?:qa-toolkit|export) [^\n]*)$|^```python\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="session")
def sample_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a project with the sample data."""
    path = tmp_path_factory.mktemp("sample") / "qa_project.db"
    project = open_project(f"sqlite:///{path}")
    load_sample_data(project, ROOT / "data")
    project.store.close()
    return path


def play(page: Path, monkeypatch: pytest.MonkeyPatch, skip: str = "qa-toolkit lab") -> dict[str, Any]:
    """Run the commands and the Python of a page in their order, as a reader would; return the names of the Python."""
    names: dict[str, Any] = {}
    done = 0
    for line, code in STEP.findall(page.read_text(encoding="utf-8").split(MODEL)[0]):
        words = shlex.split(line, comments=True)
        if code:
            exec(compile(code, page.name, "exec"), names)
        elif words[0] == "export":
            monkeypatch.setenv(*words[1].split("=", 1))
        elif not re.search(skip, line):
            result = CliRunner().invoke(main, words[1:])
            assert result.exit_code == 0, f"{line}\n{result.output}"
            done += 1
    assert done or names
    return names


def test_the_commands_and_the_python_of_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_TOOLKIT_PROJECT", raising=False)
    assert play(ROOT / "README.md", monkeypatch)["project"].store.url == "sqlite:///mine.db"
    assert (tmp_path / "april.html").stat().st_size > 10_000


@pytest.fixture
def reader(tmp_path: Path, sample_project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a reader of the pages, who has the sample data."""
    shutil.copytree(sample_project.parent, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_TOOLKIT_PROJECT", raising=False)
    return tmp_path


def test_the_month_of_a_lead_runs(reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = play(ROOT / "docs" / "lead.md", monkeypatch, skip="--as-of")  # everything is of today
    both, scores = names["both"], names["scores"]
    shown = score_difference(scores, both, "period", "may", "april").verdict[0]
    assert shown == "no difference shown"
    assert len(names["strict"].agents) == 11


CANNOT = {  # lines with files, places or days that a page only names
    "assignments.md": "^$",
    "calibration.md": "^$",
    "coaching.md": "^$",
    "disputes.md": "disputes import",
    "facts.md": "^$",
    "keeping.md": "/media/safe|restore|copy|log import",
    "report.md": "--as-of",
    "reviewing.md": "^$",
    "suggesting.md": "^$",
}
MODEL = "## Very many exemplars"  # from this heading on, suggesting.md needs a model, and time
DRAWN = {"report.md": "april", "reviewing.md": "spring"}  # samples that a page takes as drawn


@pytest.mark.parametrize("page", CANNOT)
def test_pages_run_in_their_order_on_the_sample_data(page: str, reader: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if page in DRAWN:
        open_project().sample(DRAWN[page], n=40, seed=4)
    play(ROOT / "docs" / page, monkeypatch, CANNOT[page])
    assert open_project().verify().ok


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_python_of_a_page_uses_no_name_that_is_not_there(page: Path) -> None:
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL))
    found = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--isolated", "--select=F821", "--output-format=concise", "-"],
        input=code,
        capture_output=True,
        text=True,
        check=False,
    )
    undefined = set(re.findall(r"Undefined name `(\w+)`", found.stdout))
    explained = {name for name in undefined if re.search(rf"Yours are.*`{name}\b", page.read_text(encoding="utf-8"))}
    assert undefined == explained, undefined
    assert undefined or found.returncode == 0, found.stdout


def test_the_page_on_importing_runs_in_an_empty_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_TOOLKIT_PROJECT", raising=False)
    texts = (ROOT / "data" / "conversations.jsonl").read_bytes()
    (tmp_path / "export.jsonl.gz").write_bytes(gzip.compress(texts))
    shutil.copy(ROOT / "data" / "conversations.jsonl", "export.jsonl")
    (tmp_path / "tickets.csv").write_text(
        "Ticket ID,Sender Type,Message Body,Created At\n"
        "4711,End user,My parcel has not come and where is it now?,2026-03-04 14:05:00 UTC\n"
        "4711,Operator,It is on the van and you have it by four.,2026-03-04 15:05:00 UTC\n"
    )
    project = open_project("sqlite:///qa_project.db")
    project.import_file("export.jsonl.gz")
    project.sample("april", n=40)
    assert play(ROOT / "docs" / "importing.md", monkeypatch)["guess"]["ours"].notna().any()
    assert "4711" in set(project.conversations()["conversation_id"])


def test_the_page_on_sampling_runs_on_conversations_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_TOOLKIT_PROJECT", raising=False)
    open_project("sqlite:///qa_project.db").import_file(ROOT / "data" / "conversations.jsonl")
    assert play(ROOT / "docs" / "sampling.md", monkeypatch, "parts.json")["drawn"].reserve is not None


def test_the_targets_of_make_are_there() -> None:
    targets = set(re.findall(r"\bmake ([a-z]+)", README + DEVELOPING))
    assert {"lab", "test"} <= targets
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    declared = set(re.findall(r"^([a-z][a-z-]*):", makefile, flags=re.MULTILINE))
    assert targets <= declared


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_the_layout_of_the_package_is_the_layout() -> None:
    names = {p.name + "/" if p.is_dir() else p.name for p in (ROOT / "qa_toolkit").iterdir()}
    named = re.findall(r"^  (\S+)", DEVELOPING.split("## Layout")[1], flags=re.MULTILINE)
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
