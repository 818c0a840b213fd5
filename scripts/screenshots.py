"""Make docs/images/review.png and coach.png: notebooks 2 and 4 in real JupyterLab, on the sample data.

python scripts/screenshots.py
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import BrowserContext, Page, expect

from qa_toolkit import Project, open_project
from qa_toolkit.lab import LabServer, start_lab
from qa_toolkit.sample_data import load_sample_data

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from chromium import start_chromium
from lab_notebook import open_in_lab, write_lab_settings
from lab_review import TITLES, ReviewScreen

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1400, "height": 900}
WAIT = 300_000  # ms; the model reads all good answers
# The screen fills the page, as it does for somebody who scrolls to it.
SCROLL = "screen => screen.scrollIntoView({ block: 'start' })"


def main() -> None:
    """Make both pictures."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/project.db"
        project = open_project(url)
        load_sample_data(project, ROOT / "data")
        (folder / "notebooks").mkdir()
        for notebook in ("02_review.ipynb", "04_coach.ipynb"):
            shutil.copy(ROOT / "notebooks" / notebook, folder / "notebooks")
        write_lab_settings(folder / "state")
        with (
            start_lab(folder / "notebooks", project=url, state=folder / "state") as server,
            start_chromium() as browser,
        ):
            context = browser.new_context(viewport=SIZE, device_scale_factor=1)
            context.set_default_timeout(30_000)
            expect.set_options(timeout=30_000)
            picture(context, server, project, "02_review.ipynb", IMAGES / "review.png", review)
            picture(context, server, project, "04_coach.ipynb", IMAGES / "coach.png", coach)


def picture(
    context: BrowserContext,
    server: LabServer,
    project: Project,
    name: str,
    path: Path,
    prepare: Callable[[Page, Project], None],
) -> None:
    """Run a notebook, bring its first screen to where it is worth a picture, and take that."""
    notebook = open_in_lab(context, server, name)
    notebook.run(WAIT)
    prepare(notebook.page, project)
    notebook.page.locator(".qa").first.evaluate(SCROLL)
    notebook.page.locator(".qa").first.screenshot(path=path, animations="disabled", caret="hide")
    notebook.shut_down()
    notebook.page.close()


def review(page: Page, project: Project) -> None:
    """Be in the middle of a review of the first conversation with a fault, rated as its authors rated it."""
    screen = ReviewScreen(page, page.locator(".qa").first)
    expect(screen.message(1)).to_be_visible()
    ratings = project.ratings().query("reviewer == 'ruth'")
    fails = ratings[(ratings["rating"] == "fail") & (ratings["evidence"].map(len) == 1)].set_index("conversation_id")
    while screen.conversation() not in fails.index:
        here = screen.conversation()
        screen.root.get_by_role("button", name=re.compile("^Next")).click()
        screen.at_another_than(here)
    fault = fails.loc[[screen.conversation()]].iloc[0]
    found = ratings[ratings["conversation_id"] == screen.conversation()].set_index("commandment")["rating"]
    screen.click(fault["commandment"], "fail")
    screen.message(fault["evidence"][0]["position"] + 1).locator(".qa-text").click()
    page.get_by_label(f"Comment on {TITLES[fault['commandment']]}").first.fill(fault["comment"])
    screen.press("Escape")
    for commandment in [name for name in TITLES if name != fault["commandment"]][:6]:
        screen.click(commandment, found[commandment])
    screen.row(fault["commandment"]).locator(".qa-title").click()
    screen.saved()


def coach(page: Page, _project: Project) -> None:
    """Show a fault and good answers for it, the first of them pinned."""
    screen = page.locator(".qa-coach").first
    screen.get_by_label("Agent", exact=True).select_option("derek")
    screen.get_by_role("group", name=re.compile("^Apologise")).get_by_role("option").first.click()
    first = screen.get_by_role("article", name=re.compile("^Answer 1,"))
    pin = first.get_by_role("button", name=re.compile("Pin"))
    expect(pin).to_be_visible()
    if pin.get_attribute("aria-pressed") == "false":
        pin.click()
    expect(screen.locator(".qa-saved")).to_have_text("Saved")


if __name__ == "__main__":
    main()
