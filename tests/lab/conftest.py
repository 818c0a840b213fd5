"""A real JupyterLab in Chromium: one server and one browser for all tests, a kernel, a page and a project for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from lab_notebook import TIMEOUT, LabNotebook, open_in_lab, write_lab_settings, write_notebook
from playwright.sync_api import Browser, expect

from qa_toolkit.lab import LabServer, start_lab

FAILED = pytest.StashKey[bool]()
SHOTS = Path(__file__).parents[2] / "test-results"


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server keeps its notebooks and its settings."""
    return tmp_path_factory.mktemp("lab")


@pytest.fixture(scope="session")
def lab_server(lab_folder: Path, browser: Browser) -> Iterator[LabServer]:
    """JupyterLab as `qa-toolkit lab` starts it, on an empty folder, for all tests."""
    expect.set_options(timeout=30_000)  # ms; a busy machine takes its time
    write_lab_settings(lab_folder / "state")
    (lab_folder / "notebooks").mkdir()
    with start_lab(
        lab_folder / "notebooks",
        port=18888,
        project=f"sqlite:///{lab_folder / 'project.db'}",
        state=lab_folder / "state",
    ) as server:
        yield server


@pytest.fixture
def open_notebook(
    lab_server: LabServer, browser: Browser, lab_folder: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., LabNotebook]]:
    """Return a function that opens code cells as a notebook in JupyterLab, with a page and a kernel of its own.

    ``open_notebook(cells)`` writes a new notebook; ``open_notebook(beside=notebook)`` opens that one in a second tab;
    ``full=True`` shows it in the whole of JupyterLab, with command mode, instead of alone.
    """
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    context.set_default_timeout(TIMEOUT)
    opened: list[LabNotebook] = []

    def open_(cells: Sequence[str] = (), beside: LabNotebook | None = None, full: bool = False) -> LabNotebook:
        folder = lab_folder / "notebooks"
        name = beside.name if beside else f"{len(list(folder.iterdir()))}.ipynb"
        if not beside:
            write_notebook(cells, folder / name)
        opened.append(open_in_lab(context, lab_server, name, full))
        return opened[-1]

    yield open_
    for number, notebook in enumerate(opened):
        if request.node.stash.get(FAILED, False):
            SHOTS.mkdir(exist_ok=True)
            notebook.page.screenshot(path=SHOTS / f"{request.node.name}-{number}.png")
        notebook.shut_down()
    context.close()


@pytest.fixture
def project_url(tmp_path: Path) -> str:
    """Address of a project of this test's own, which is made when it is first opened."""
    return f"sqlite:///{tmp_path / 'project.db'}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Remember that a test failed, for its screenshot."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report
