"""Kill the kernel with SIGKILL after each of many random acts in real JupyterLab, and look whether anything is lost.

    python benchmarks/killed_kernels.py [--acts 300] [--seed 1] [--json OUT.json]

Each act is followed by the kill after 0 to 120 ms, so that it is on its way, being written, or answered. Then the
kernel is started again, the page is reloaded and the cells are run. It must show what the store holds, and the store
must hold all that the screen ever showed as saved, nothing twice. The first difference ends the run with an error.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

from playwright.sync_api import expect

from qa_toolkit import open_project
from qa_toolkit.lab import start_lab
from qa_toolkit.sample_data import load_sample_data

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from chromium import start_chromium
from lab_notebook import NOTEBOOK, LabNotebook, open_in_lab, write_lab_settings, write_notebook
from lab_review import LABELS, TITLES, ReviewScreen, cells, check_saved, drafts, nothing_doubled

DATA = Path(__file__).parents[1] / "data"
KEYS = ["1", "2", "3", "4", "0", "e", "x", "u", "n", "p", "j", "}"]


def main() -> None:
    """Run it and print how often the act was in the store."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--acts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write the figures here")
    given = parser.parse_args()
    started = time.monotonic()
    expect.set_options(timeout=60_000)
    with TemporaryDirectory() as name:
        figures = run(Path(name), given.acts, random.Random(given.seed))
    figures["seconds"] = round(time.monotonic() - started)
    print(figures)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


def run(folder: Path, acts: int, chance: random.Random) -> dict[str, Any]:
    """Do the acts, each followed by a kill, a restart and a reload."""
    url = f"sqlite:///{folder}/project.db"
    project = open_project(url)
    load_sample_data(project, DATA)
    project.sample("first", n=40, seed=2)
    write_lab_settings(folder / "state")
    (folder / "notebooks").mkdir()
    write_notebook(cells(url, reviewer="nora"), folder / "notebooks" / "review.ipynb")
    figures = {"acts": 0, "saved before the kill": 0, "events": 0}
    with start_lab(folder / "notebooks", port=18989, state=folder / "state") as server, start_chromium() as browser:
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        notebook = open_in_lab(context, server, "review.ipynb")
        for number in range(acts):
            screen = shown(notebook)
            agrees(url, screen)
            screen.watch()
            act(screen, chance)
            notebook.page.wait_for_timeout(chance.choice([0, 5, 10, 20, 30, 45, 60, 90, 120]))
            notebook.kernel().kill()
            seen = screen.shown_as_saved()
            if seen:
                check_saved(url, seen)
            figures["acts"] += 1
            figures["saved before the kill"] += bool(seen)
            start_again(notebook)
            if number % 20 == 19:
                print(f"{number + 1} of {acts}", flush=True)
        agrees(url, shown(notebook))
    nothing_doubled(url)
    verified = open_project(url).verify()
    assert verified.ok, verified
    figures["events"] = verified.n_events
    return figures


def act(screen: ReviewScreen, chance: random.Random) -> None:
    """Do one random act, by mouse or by keys."""
    kind = chance.random()
    if kind < 0.5:
        screen.click(chance.choice(list(TITLES)), chance.choice(list(LABELS)))
    elif kind < 0.6:
        screen.message(chance.choice([1, 2])).locator(".qa-no").click()
    elif kind < 0.7:
        screen.press("o")
        screen.page.keyboard.insert_text(f"words {chance.randrange(1000)}")
        screen.press("Escape")
    elif kind < 0.75:
        screen.press("x", "Enter")
    else:
        screen.press(chance.choice(KEYS))


def start_again(notebook: LabNotebook) -> None:
    """Start the kernel again without waiting until JupyterLab notices, and load the page anew."""
    kernel_id = notebook.page.evaluate(f"() => {NOTEBOOK}.sessionContext.session.kernel.id")
    address = f"http://127.0.0.1:{notebook.server.port}/api/kernels/{kernel_id}/restart"
    urlopen(Request(address, method="POST", headers={"Authorization": f"token {notebook.server.token}"})).close()
    notebook.reload()


def shown(notebook: LabNotebook) -> ReviewScreen:
    """Run the cells and wait until everything is saved."""
    notebook.run()
    screen = ReviewScreen(notebook.page)
    expect(screen.message(1)).to_be_visible()
    expect(screen.status).to_have_attribute("data-state", "saved")
    return screen


def agrees(url: str, screen: ReviewScreen) -> None:
    """Fail if the screen shows other ratings than the store holds."""
    screen.shows(drafts(url, screen.conversation(), "nora"))


if __name__ == "__main__":
    main()
