"""Where Chromium is, and how the tests start it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
LAUNCH_ARGS = (
    "--no-sandbox",  # root, as in a container, cannot use it; the tests open pages of our own only
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class NoChromiumError(Exception):
    """There is no Chromium where it is looked for."""

    def __init__(self) -> None:
        super().__init__(
            "no chromium or chrome in QA_TOOLKIT_CHROMIUM, on PATH or in Playwright's folder; run `make chromium`"
        )


def find_chromium(playwright: Playwright) -> Path | None:
    """Return $QA_TOOLKIT_CHROMIUM, else a Chromium or Chrome on PATH, else Playwright's own, else None."""
    named = os.environ.get("QA_TOOLKIT_CHROMIUM")
    path = named or next(filter(None, map(shutil.which, NAMES)), None) or playwright.chromium.executable_path
    return Path(path) if Path(path).is_file() else None


@contextmanager
def start_chromium() -> Iterator[Browser]:
    """Start Chromium, and stop it at the end of the block; a process can have one at a time."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            raise NoChromiumError
        browser = playwright.chromium.launch(executable_path=path, args=LAUNCH_ARGS)
        yield browser
        browser.close()
