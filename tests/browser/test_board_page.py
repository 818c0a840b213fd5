"""The page of the board in a browser: it sorts, nothing else runs, it fits a phone, axe-core finds nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import census
from playwright.sync_api import Browser

from qa_toolkit.project import Project
from qa_toolkit.store import Store

pytestmark = pytest.mark.browser


@pytest.fixture
def page_file(store: Store, tmp_path: Path) -> Path:
    project = Project(store)
    store.save_sample("<b>second", census(project.conversations()), {})
    project.assign("first", {"nora": ["c0"], "ines": ["c1", "c2", "c3"]}, by="lea", due="2020-01-01")
    project.assign("<b>second", how="pool", by="lea")
    project.take("<b>second", "ines", 2)
    return project.save_board(tmp_path / "board.html")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 400)])
def test_the_page(browser: Browser, page_file: Path, scheme: Any, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert asked == [page_file.as_uri()]
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("h2").all_inner_texts() == ["first", "<b>second"]  # what is overdue first
    lefts = "all => new Set(all.map(table => table.rows[0].cells[3].getBoundingClientRect().left)).size"
    assert page.get_by_role("table").evaluate_all(lefts) == 1  # columns of all samples line up
    table = page.get_by_role("table").first

    def names() -> list[str]:
        return table.locator("tbody th").all_inner_texts()

    assert names() == ["ines", "nora"]
    table.get_by_role("button", name="Open").click()
    assert names() == ["nora", "ines"]
    assert table.get_by_role("columnheader", name="Open").get_attribute("aria-sort") == "ascending"
    table.get_by_role("button", name="Open").press("Enter")
    assert names() == ["ines", "nora"]
    context.close()
    # axe-core is put into the page from outside, which the policy of the page would refuse.
    free = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = free.new_page()
    page.goto(page_file.as_uri())
    found: dict[str, Any] = Axe().run(page, options={"resultTypes": ["violations"]}).response
    assert [one["id"] for one in found["violations"] if one["impact"] in ("serious", "critical")] == []
    free.close()
