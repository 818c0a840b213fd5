"""JupyterLab with a page that a test or a benchmark drives; the fixtures are in lab/conftest.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil
from playwright.sync_api import BrowserContext, Page

from qa_toolkit.lab import LabServer

TIMEOUT = 60_000  # ms
NOTEBOOK = "window.jupyterapp.shell.currentWidget"
# Playwright takes the promise of an asynchronous predicate for true, so each predicate here is synchronous.
READY = f"""() => {{
    const panel = window.jupyterapp && {NOTEBOOK};
    const session = panel && panel.sessionContext;
    return Boolean(session && session.isReady && !session.hasNoKernel && panel.context.isReady
        && session.kernelDisplayStatus === 'idle' && panel.content.widgets.every(cell => cell.isAttached));
}}"""


@dataclass(frozen=True)
class LabNotebook:
    """A notebook that is open in JupyterLab.

    Attributes
    ----------
    page : playwright.sync_api.Page
        The page that shows it.
    server : LabServer
        The JupyterLab that serves it.
    name : str
        Its file's name.
    console : list of str
        What the page wrote to the console as an error.
    """

    page: Page
    server: LabServer
    name: str
    console: list[str] = field(default_factory=list)

    def run(self, timeout: int = TIMEOUT) -> None:
        """Run all cells; fail if one raises, or if they take longer than `timeout` (ms)."""
        self._finish("window.jupyterapp.commands.execute('notebook:run-all-cells')", timeout)
        errors = self.page.evaluate(
            f"""() => {NOTEBOOK}.content.widgets.filter(cell => cell.model.type === 'code')
                .flatMap(cell => cell.model.sharedModel.outputs)
                .filter(output => output.output_type === 'error')
                .map(output => output.ename + ': ' + output.evalue)"""
        )
        assert not errors, "; ".join(errors)

    def kernel(self) -> psutil.Process:
        """Return the kernel's process."""
        kernel_id = self.page.evaluate(f"() => {NOTEBOOK}.sessionContext.session.kernel.id")
        children = psutil.Process(self.server.process.pid).children(recursive=True)
        return next(process for process in children if kernel_id in _command(process))

    def cells(self) -> list[list[Any]]:
        """Return id, kind and execution count of each cell."""
        found: list[list[Any]] = self.page.evaluate(
            f"""() => {NOTEBOOK}.content.widgets.map(
                ({{ model }}) => [model.id, model.type, model.sharedModel.execution_count ?? null])"""
        )
        return found

    def restart(self) -> None:
        """Restart the kernel and wait until it is ready."""
        self._finish(f"{NOTEBOOK}.sessionContext.session.kernel.restart()")
        self.page.wait_for_function(READY, timeout=TIMEOUT)

    def kill(self) -> None:
        """End the kernel's process as a crash would; return when Lab has started another one."""
        self.kernel().kill()
        self.page.get_by_role("dialog").get_by_role(
            "button", name="Ok"
        ).click()  # "appears to have died. It will restart"
        self.page.wait_for_function(READY, timeout=TIMEOUT)

    def save(self) -> None:
        """Save the notebook."""
        self._finish(f"{NOTEBOOK}.context.save()")

    def reload(self) -> None:
        """Load the page anew."""
        self.page.reload()
        self.page.wait_for_function(READY, timeout=TIMEOUT)

    def shut_down(self) -> None:
        """End the kernel."""
        self._finish(f"{NOTEBOOK}.sessionContext.shutdown()")

    def _finish(self, promise: str, timeout: int = TIMEOUT) -> None:
        # evaluate() has no time limit, so the promise is kept aside and asked for
        self.page.evaluate(
            f"""() => {{
                window.finished = null;
                Promise.resolve({promise}).then(() => {{ window.finished = 'ok'; }},
                    error => {{ window.finished = String(error); }});
            }}"""
        )
        self.page.wait_for_function("() => window.finished !== null", timeout=timeout)
        assert self.page.evaluate("() => window.finished") == "ok"


def _command(process: psutil.Process) -> str:
    """Return its command, or nothing where it has ended: the kernel of the test before may be about to."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def write_lab_settings(state: Path) -> None:
    """Give Lab the settings that a script needs: it speaks to the application, sees every cell, and saves by itself."""
    for name, text in {
        "config/jupyter_lab_config.json": '{"LabApp": {"expose_app_in_browser": true}}',
        "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings": '{"windowingMode": "none"}',
        "settings/@jupyterlab/docmanager-extension/plugin.jupyterlab-settings": '{"autosave": false}',
    }.items():
        (state / name).parent.mkdir(parents=True, exist_ok=True)
        (state / name).write_text(text)


def write_notebook(cells: Sequence[str], path: Path) -> None:
    """Write code cells as a notebook."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


def open_in_lab(context: BrowserContext, server: LabServer, name: str, full: bool = False) -> LabNotebook:
    """Open a notebook of the server in a new page, alone or (`full`) in the whole of JupyterLab."""
    notebook = LabNotebook(context.new_page(), server, name)
    page, console = notebook.page, notebook.console
    page.on("console", lambda message: console.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: console.append(str(error)))
    mode = "lab" if full else "doc"
    page.goto(f"http://127.0.0.1:{server.port}/{mode}/tree/{name}?reset&token={server.token}")
    page.wait_for_function(READY, timeout=TIMEOUT)
    return notebook
