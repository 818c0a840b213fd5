"""Make the pictures of docs/images: the screens in real JupyterLab, on the sample data.

python scripts/screenshots.py [NAME ...]
"""

from __future__ import annotations

import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from qa_toolkit import Project, open_project
from qa_toolkit.lab import LabServer, start_lab
from qa_toolkit.sample_data import load_sample_data

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import picture_assignments as assignments
import picture_calibration as calibration
import picture_disputes as disputes
import picture_states as states
from chromium import start_chromium
from lab_notebook import LabNotebook, open_in_lab, write_lab_settings, write_notebook
from lab_review import ReviewScreen, cells

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SIZE = {"width": 1400, "height": 900}
NARROW = {"width": 960, "height": 1000}  # JupyterLab's own margins leave 900
WAIT = 300_000  # ms; the model reads all good answers
DARK = "window.jupyterapp.commands.execute('apputils:change-theme', { theme: 'JupyterLab Dark' })"
# The screen fills the page, as it does for somebody who scrolls to it.
SCROLL = "screen => screen.scrollIntoView({ block: 'start' })"


def main() -> None:
    """Make all pictures, or those that are named."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    wanted = set(sys.argv[1:])
    expect.set_options(timeout=30_000)
    with TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/project.db"
        project = open_project(url)
        load_sample_data(project, ROOT / "data")
        states.add_conversations(project)
        calibration.set_up(project)
        assignments.set_up(project, states.FIRST)
        (folder / "notebooks").mkdir()
        for notebook in ("02_review.ipynb", "04_coach.ipynb"):
            shutil.copy(ROOT / "notebooks" / notebook, folder / "notebooks")
        write_lab_settings(folder / "state")
        with (
            start_lab(folder / "notebooks", project=url, state=folder / "state") as server,
            start_chromium() as browser,
        ):
            studio = Studio(folder / "notebooks", url, project, server, browser)
            for picture, take in studio.pictures().items():
                if not wanted or picture in wanted:
                    take()
                    print(picture)


class Studio:
    """Opens notebooks in one JupyterLab and takes pictures of their screens."""

    def __init__(self, folder: Path, url: str, project: Project, server: LabServer, browser: Browser) -> None:
        self.folder, self.url, self.project, self.server, self.browser = folder, url, project, server, browser

    def pictures(self) -> dict[str, Callable[[], None]]:
        """Return what takes each picture, by its name."""
        of_notebooks = {
            "review": lambda: self.of_notebook("02_review.ipynb", "review", states.review),
            "coach": lambda: self.of_notebook("04_coach.ipynb", "coach", states.coach),
        }
        made = states.STATES | calibration.STATES | disputes.STATES | assignments.STATES
        plain = {name: self.taker(name, prepare) for name, prepare in made.items()}
        return {
            **of_notebooks,
            **plain,
            "board": lambda: assignments.board(self.browser, self.folder, ROOT / "data", IMAGES / "board.png"),
            "narrow": self.taker("narrow", states.rated, size=NARROW),
            "slow": lambda: self.of_kernel("slow"),
            "not-saved": lambda: self.of_kernel("not-saved"),
            "sent-again": lambda: self.of_kernel("sent-again"),
            "dark": self.taker("dark", states.rated, dark=True),  # the last, since JupyterLab keeps the theme
        }

    def taker(
        self, name: str, prepare: Callable[[ReviewScreen], None], size: dict[str, int] = SIZE, dark: bool = False
    ) -> Callable[[], None]:
        """Return what takes a picture of one state of the review screen, or of the calibration screen."""

        def take() -> None:
            context, notebook, screen = self.opened(name, size)
            if dark:
                notebook._finish(DARK)
            prepare(screen)
            self.shoot(notebook.page, name)
            notebook.shut_down()
            context.close()

        return take

    def opened(self, name: str, size: dict[str, int] = SIZE) -> tuple[BrowserContext, LabNotebook, ReviewScreen]:
        """Open a notebook with what the picture is of, or with the review screen of a reviewer of its own."""
        file = f"{name}.ipynb"
        others = next((one for one in (calibration, disputes) if name in one.STATES), None)
        sample = assignments.SAMPLE if name in assignments.STATES else states.SAMPLE
        review = cells(self.url, sample, f"nora-{name}")
        write_notebook(others.cells(self.url) if others else review, self.folder / file)
        context = self.browser.new_context(viewport=size, device_scale_factor=1)
        context.set_default_timeout(30_000)
        notebook = open_in_lab(context, self.server, file)
        notebook.run()
        screen = ReviewScreen(notebook.page)
        expect(screen.message(1)).to_be_visible()
        return context, notebook, screen

    def of_notebook(self, file: str, name: str, prepare: Callable[[Page, Project], None]) -> None:
        """Take a picture of the first screen of one of the project's notebooks."""
        context = self.browser.new_context(viewport=SIZE, device_scale_factor=1)
        context.set_default_timeout(30_000)
        notebook = open_in_lab(context, self.server, file)
        notebook.run(WAIT)
        prepare(notebook.page, self.project)
        self.shoot(notebook.page, name)
        notebook.shut_down()
        context.close()

    def of_kernel(self, name: str) -> None:
        """Take a picture of what the screen says of a kernel that stands still, or that was ended."""
        context, notebook, screen = self.opened(name)
        states.rated(screen)
        notebook.kernel().send_signal(signal.SIGSTOP)
        screen.press("1", "2")
        expect(screen.status).to_have_text("The kernel is slow; still saving…")
        if name != "slow":
            expect(screen.banner).to_contain_text("NOT SAVED")
        if name == "sent-again":
            notebook.kill()
            notebook.run()
            expect(screen.notice).to_contain_text("sent again and saved")
        self.shoot(notebook.page, name)
        if name != "sent-again":
            notebook.kernel().send_signal(signal.SIGCONT)
            screen.saved()
        notebook.shut_down()
        context.close()

    def shoot(self, page: Page, name: str) -> None:
        """Take the picture of the first screen of a page."""
        screen = page.locator(".qa").first
        screen.evaluate(SCROLL)
        path = IMAGES / f"{name}.png"
        screen.screenshot(path=path, animations="disabled", caret="hide")
        with Image.open(path) as image:  # a third of the size, and no eye sees it
            image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
                path, optimize=True
            )


if __name__ == "__main__":
    main()
