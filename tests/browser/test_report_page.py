"""The page of a report in a browser: nothing runs or is fetched, it fits a phone, axe-core finds nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import ROOT
from playwright.sync_api import Browser

from qa_toolkit import open_project
from qa_toolkit.sample_data import load_sample_data

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    project = open_project(f"sqlite:///{folder / 'project.db'}")
    load_sample_data(project, ROOT / "data")
    project.save_report(project.report("all", team="labels.business"), folder / "report.html")
    project.store.close()
    return folder / "report.html"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 1200), ("light", 400), ("dark", 400)])
def test_the_page(browser: Browser, page_file: Path, scheme: Any, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert asked == [page_file.as_uri()]
    assert said == []  # a style or a picture that the policy refuses is said here
    assert page.evaluate("document.documentElement.scrollWidth") == width
    links = page.locator("nav a")
    for i in range(links.count()):
        assert page.locator(links.nth(i).get_attribute("href") or "").count() == 1
    page.locator("summary").first.click()
    assert page.locator("details table").first.is_visible()
    # axe-core is put into the page from outside, which the policy of the page would refuse.
    context.close()
    free = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = free.new_page()
    page.goto(page_file.as_uri())
    found: dict[str, Any] = Axe().run(page, options={"resultTypes": ["violations"]}).response
    free.close()
    assert [f"{one['id']}: {one['nodes'][0]['target']}" for one in found["violations"]] == []


def test_the_library_shows_in_its_list_where_one_is(browser: Browser, tmp_path: Path) -> None:
    project = open_project(f"sqlite:///{tmp_path / 'project.db'}")
    load_sample_data(project, ROOT / "data")
    saved = project.save_library(tmp_path / "library")
    project.store.close()
    page = browser.new_page(viewport={"width": 1366, "height": 500})
    page.goto(saved.pages[0].as_uri())
    with page.expect_navigation():
        page.locator("nav a").last.click()
    box = page.locator("nav a[aria-current]").bounding_box()
    page.close()
    assert box is not None
    assert 0 <= box["y"] < 500 - box["height"]
