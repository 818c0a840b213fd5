"""Where Chromium is, and how the tests start it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

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


def find_chromium() -> Path | None:
    """Return $QA_TOOLKIT_CHROMIUM, else a Chromium or Chrome on PATH, else Playwright's own, else None."""
    named = os.environ.get("QA_TOOLKIT_CHROMIUM")
    if named:
        return Path(named) if Path(named).is_file() else None
    on_path = next(filter(None, map(shutil.which, NAMES)), None)
    if on_path:
        return Path(on_path)
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
    return own if own.is_file() else None


def require_chromium() -> Path:
    """Return Chromium's path; skip the test if the user said so, fail it otherwise."""
    if os.environ.get("QA_TOOLKIT_NO_BROWSER") == "1":
        pytest.skip("QA_TOOLKIT_NO_BROWSER=1: no browser test runs")
    return find_chromium() or pytest.fail("There is no Chromium. Run `make chromium`, or set QA_TOOLKIT_CHROMIUM.")
