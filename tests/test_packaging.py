"""What the wheel holds, and what importing the package costs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from conftest import ROOT

import qa_toolkit

HEAVY = {"torch", "sentence_transformers", "pandas", "ipywidgets", "anywidget", "matplotlib", "sqlalchemy", "scipy"}
HEAVY |= {"holidays", "py3langid"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.parametrize(
    "pattern",
    [
        "widgets/static/*.mjs",
        "widgets/static/*.css",
        "conversations/facts/quality.toml",
        "conversations/facts/phrases/*.toml",
        "conversations/redaction/*.toml",
        "rubric/clauses.toml",
        "rubric/rubrics/*.toml",
        "store/migrations/versions/*.py",
        "py.typed",
    ],
)
def test_the_wheel_holds_every_file_that_is_no_module(wheel: zipfile.ZipFile, pattern: str) -> None:
    in_tree = {path.relative_to(ROOT).as_posix() for path in (ROOT / "qa_toolkit").glob(pattern)}
    assert in_tree
    assert in_tree <= set(wheel.namelist())


def test_the_wheel_holds_the_package_only(wheel: zipfile.ZipFile) -> None:
    assert {Path(name).parts[0].split("-")[0] for name in wheel.namelist()} == {"qa_toolkit"}


def test_importing_the_package_loads_nothing_heavy() -> None:
    run = [sys.executable, "-X", "importtime", "-c", "import qa_toolkit"]
    trace = subprocess.run(run, check=True, capture_output=True, text=True).stderr
    loaded = {line.rpartition("|")[2].strip().partition(".")[0] for line in trace.splitlines()}
    assert "qa_toolkit" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_every_public_name_is_there() -> None:
    assert all(hasattr(qa_toolkit, name) for name in qa_toolkit.__all__)


def test_the_version_is_that_of_the_metadata() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert qa_toolkit.__version__ == version("qa-toolkit") == declared


def test_the_lock_names_versions_and_no_address() -> None:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(pin.count("==") == 1 and "/" not in pin and "@" not in pin and "+" not in pin for pin in pins)
