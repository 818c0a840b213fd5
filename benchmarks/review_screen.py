"""How long a reviewer waits, measured in the page: real JupyterLab in Chromium, a sample of 60 from one export.

    python benchmarks/review_screen.py EXPORT.jsonl.gz [--json OUT.json] [--clicks 200] [--moves 40]

- click: from the click on a rating to the mark that it is saved, which comes after the commit.
- round trip: a message to the kernel and back with nothing done there, in turns with the clicks.
- next: from the click on Next to the next conversation painted (two frames of 16 ms are part of it).
- display: from running the cell to the first conversation painted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from playwright.sync_api import Page

from qa_toolkit import open_project
from qa_toolkit.lab import start_lab

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from chromium import start_chromium
from lab_notebook import open_in_lab, write_lab_settings, write_notebook

TIMEOUT = 300_000  # ms
PROJECT = "from qa_toolkit import ReviewWidget, open_project\nproject = open_project({url!r})"
ECHO = """
import anywidget
class Echo(anywidget.AnyWidget):
    _esm = "export default { render({ model }) { window.echo = model; } }"
    def __init__(self):
        super().__init__()
        self.on_msg(lambda widget, message, buffers: self.send(message))
Echo()
"""
SCREEN = "ReviewWidget(project.review('first', 'ruth'))"
MEASURE = """
const painted = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
const changed = (node, ready) => new Promise(done => {
    const seen = new MutationObserver(() => ready() && (seen.disconnect(), done()));
    seen.observe(node, { attributes: true, childList: true, characterData: true, subtree: true });
});
const timed = async act => { const start = performance.now(); await act(); return performance.now() - start; };

async function click(number) {
    const saved = document.querySelector('.qa-saved');
    const rows = document.querySelectorAll('.qa-row');
    const button = rows[number % rows.length].querySelectorAll('[role=radio]')[Math.floor(number / rows.length) % 4];
    return timed(() => {
        const done = changed(saved, () => saved.dataset.state === 'saved');
        button.click();
        return done;
    });
}
async function roundTrip(number) {
    return timed(() => new Promise(done => {
        const heard = message => message.number === number && (window.echo.off('msg:custom', heard), done());
        window.echo.on('msg:custom', heard);
        window.echo.send({ number });
    }));
}
async function next() {
    const id = () => document.querySelector('.qa-details dd').textContent;
    const button = [...document.querySelectorAll('.qa-foot button')].find(one => one.textContent.startsWith('Next'));
    const before = id();
    return timed(async () => {
        const done = changed(document.querySelector('.qa'), () => id() !== before);
        button.click();
        await done;
        await painted();
    });
}
async function display() {
    const notebook = window.jupyterapp.shell.currentWidget;
    notebook.content.activeCellIndex = 2;
    document.querySelector('.qa')?.setAttribute('data-old', '');
    return timed(async () => {
        const done = changed(document.body, () => document.querySelector('.qa:not([data-old]) .qa-msg'));
        window.jupyterapp.commands.execute('notebook:run-cell');
        await done;
        await painted();
    });
}
"""
RUN = """
const times = { click: [], 'round trip': [], next: [], display: [] };
for (let number = 0; number < DISPLAYS; number += 1) times.display.push(await display());
for (let number = 0; number < CLICKS; number += 1) {
    times.click.push(await click(number));
    times['round trip'].push(await roundTrip(number));
}
for (let number = 0; number < MOVES; number += 1) times.next.push(await next());
return times;
"""


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--clicks", type=int, default=200)
    parser.add_argument("--moves", type=int, default=40)
    parser.add_argument("--displays", type=int, default=5)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/project.db"
        figures = {"imported": make_project(url, given.path), "machine": machine()}
        counts = {"CLICKS": given.clicks, "MOVES": given.moves, "DISPLAYS": given.displays}
        times = measure(url, Path(folder), counts)
    figures["ms"] = {name: summary(values) for name, values in times.items()}
    show(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


def make_project(url: str, path: Path) -> dict[str, Any]:
    """Import an export and draw the sample; return how that went."""
    project = open_project(url)
    start = time.perf_counter()
    summary = project.import_file(path)
    seconds = time.perf_counter() - start
    project.sample("first", n=60, by="agent", seed=1)
    return {"conversations": summary.added, "refused": len(summary.refused), "seconds": round(seconds, 1)}


def machine() -> dict[str, Any]:
    """Return what the figures depend on."""
    packages = {name: version(name) for name in ("jupyterlab", "anywidget", "qa-toolkit")}
    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        **packages,
    }


def measure(url: str, folder: Path, counts: dict[str, int]) -> dict[str, list[float]]:
    """Open a notebook with the review screen and return the times of each kind, in ms."""
    (folder / "notebooks").mkdir()
    write_lab_settings(folder / "state")
    write_notebook([PROJECT.format(url=url), ECHO, SCREEN], folder / "notebooks" / "review.ipynb")
    with start_lab(folder / "notebooks", port=18988, state=folder / "state") as server, start_chromium() as browser:
        context = browser.new_context(viewport={"width": 1600, "height": 1000})
        notebook = open_in_lab(context, server, "review.ipynb")
        notebook.run()
        notebook.page.locator(".qa-msg").first.wait_for()
        times = timings(notebook.page, counts)
        notebook.shut_down()
    return times


def timings(page: Page, counts: dict[str, int]) -> dict[str, list[float]]:
    """Run the measurement in the page."""
    constants = "".join(f"const {name} = {number};" for name, number in counts.items())
    # evaluate() has no time limit, so the result is kept aside and asked for
    page.evaluate(
        f"() => {{ (async () => {{ {constants} {MEASURE} {RUN} }})().then(times => {{ window.times = times; }}); }}"
    )
    page.wait_for_function("() => window.times", timeout=TIMEOUT)
    times: dict[str, list[float]] = page.evaluate("() => window.times")
    return times


def summary(values: list[float]) -> dict[str, float]:
    """Return count, p50, p95 and least of times in ms."""
    p50, p95 = np.percentile(values, [50, 95])
    return {"n": len(values), "p50": round(p50, 1), "p95": round(p95, 1), "min": round(min(values), 1)}


def show(figures: dict[str, Any]) -> None:
    """Print the figures."""
    print(f"imported {figures['imported']}; machine {figures['machine']}")
    print(f"{'':12}{'n':>6}{'p50':>9}{'p95':>9}{'min':>9}   ms")
    for name, row in figures["ms"].items():
        print(f"{name:12}{row['n']:>6}{row['p50']:>9}{row['p95']:>9}{row['min']:>9}")
    times = figures["ms"]
    print(f"a click takes {times['click']['p50'] / times['round trip']['p50']:.1f} round trips")


if __name__ == "__main__":
    main()
