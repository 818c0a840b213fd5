"""Run the notebooks, each on a fresh project with the sample data, and compare or keep their outputs.

Usage: run_notebooks.py [--write] [NOTEBOOK ...]

Without --write, nbval compares strictly with the kept outputs; with it, the new outputs are kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from qa_toolkit.project import open_project
from qa_toolkit.sample_data import load_sample_data

ROOT = Path(__file__).parent.parent
TIMEOUT = 300  # seconds for a cell
TWICE = ("06_calibrate", "07_disputes")  # what they write once must not stop them the next day


class FreshProjects:
    """Gives each notebook its own copy of a project; as a pytest plugin, before the notebook's kernel starts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        os.environ["QA_TOOLKIT_PRECISION"] = "fp32"  # 8 bits differ a little from processor to processor
        self.current: Path | None = None
        project = open_project(f"sqlite:///{folder / 'fresh.db'}")
        load_sample_data(project, ROOT / "data")
        project.store.close()

    def use_for(self, notebook: Path) -> None:
        """Make a copy, unless the last one was for the same notebook, and let the next kernel open it."""
        if notebook == self.current:
            return
        self.current = notebook
        own = self.folder / notebook.stem
        own.mkdir()
        for part in self.folder.glob("fresh.db*"):
            shutil.copy(part, own / part.name.replace("fresh", "project"))
        os.environ["QA_TOOLKIT_PROJECT"] = self.url_of(notebook)

    def url_of(self, notebook: Path) -> str:
        """Return the address of a notebook's own project."""
        return f"sqlite:///{self.folder / notebook.stem / 'project.db'}"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before the first cell of a notebook."""
        self.use_for(item.path)


def check(notebooks: list[Path], projects: FreshProjects) -> int:
    """Compare each cell's outputs with the kept ones; return pytest's exit status."""
    options = [
        "-q",
        "--nbval",
        "--nbval-current-env",  # the kernel of this environment, whatever name the notebook asks for
        f"--nbval-cell-timeout={TIMEOUT}",
        f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval_sanitize.cfg'}",
        "--override-ini=filterwarnings=",
        f"--rootdir={ROOT}",
    ]
    status = pytest.main([*options, *map(str, notebooks)], plugins=[projects])
    return status or run_again([path for path in notebooks if path.stem in TWICE], projects)


def run_again(notebooks: list[Path], projects: FreshProjects) -> int:
    """Run notebooks on the projects in which they have been run; a cell that raises ends it."""
    for path in notebooks:
        os.environ["QA_TOOLKIT_PROJECT"] = projects.url_of(path)
        _client(nbformat.read(path, as_version=4), path).execute()
        sys.stdout.write(f"ran {path.name} again\n")
    return 0


def write(notebooks: list[Path], projects: FreshProjects) -> int:
    """Run each notebook and keep its outputs, without the widgets' state, which holds customers' text."""
    for path in notebooks:
        projects.use_for(path)
        notebook = nbformat.read(path, as_version=4)
        _client(notebook, path).execute()
        own = os.environ["QA_TOOLKIT_PROJECT"]
        path.write_text(nbformat.writes(notebook).replace(own, "sqlite:///qa_project.db") + "\n", encoding="utf-8")
        sys.stdout.write(f"kept the outputs of {path.name}\n")
    return 0


def _client(notebook: nbformat.NotebookNode, path: Path) -> NotebookClient:
    return NotebookClient(
        notebook,
        timeout=TIMEOUT,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the new outputs")
    parser.add_argument("notebooks", nargs="*", type=Path, default=sorted((ROOT / "notebooks").glob("*.ipynb")))
    arguments = parser.parse_args()
    if not arguments.notebooks:
        parser.error("there is no notebook in notebooks/")
    with tempfile.TemporaryDirectory() as folder:
        # neither the user's kernels nor the user's start-up files
        os.environ |= {"JUPYTER_PREFER_ENV_PATH": "1", "IPYTHONDIR": f"{folder}/ipython"}
        run = write if arguments.write else check
        return run([path.resolve() for path in arguments.notebooks], FreshProjects(Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
