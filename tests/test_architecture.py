"""Who may import whom: the contracts are in pyproject.toml."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_contract_is_kept() -> None:
    run = lint_imports(ROOT)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(("module", "line"), [("errors", "import qa_toolkit.store"), ("report/x", "import sqlalchemy")])
def test_a_contract_can_be_broken(tmp_path: Path, module: str, line: str) -> None:
    """The contracts as written refuse an import upwards and a database outside the store."""
    shutil.copytree(ROOT / "qa_toolkit", tmp_path / "qa_toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "qa_toolkit" / f"{module}.py").write_text(f"{line}\n")
    assert lint_imports(tmp_path).returncode == 1
