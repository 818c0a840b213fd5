"""The page of an agent in Chromium, opened as a file: the form saves what the project takes, and nothing else runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from disputing import reviewed_project
from playwright.sync_api import Browser, Page, expect

from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store

pytestmark = pytest.mark.browser


@pytest.fixture
def project(store: Store, small_rubric: Rubric) -> Project:
    return reviewed_project(store, small_rubric)


def test_the_form_saves_a_dispute(project: Project, page: Page, tmp_path: Path) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    project.save_agent_page("amara", tmp_path / "amara.html")
    page.goto((tmp_path / "amara.html").as_uri())
    article = page.locator("#r0 article").first
    article.get_by_text("Dispute this rating").click()
    button = article.get_by_role("button", name="Save the dispute as a file")
    article.get_by_label("It should be").select_option("pass")
    article.get_by_label("Because").fill("   ")
    button.click()
    expect(article.get_by_role("status")).to_have_text("Choose a rating and give your reason.")
    article.get_by_label("Because").fill("I rang the depot. <b>See</b> “message 2” 📦")
    files = []
    for _ in range(2):  # saved twice, it is the same dispute
        with page.expect_download() as download:
            button.click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        files.append(json.loads(path.read_text("utf-8")))
    assert files[0] == files[1]
    assert path.name == f"dispute-{files[0]['uid'][:8]}.json"
    expect(article.get_by_role("status")).to_contain_text(f"Saved as {path.name}")
    number = project.import_dispute(path)
    assert project.import_dispute(path) == number
    assert project.disputes()["reason"].tolist() == ["I rang the depot. <b>See</b> “message 2” 📦"]
    assert said == []


def test_nothing_else_runs(project: Project, page: Page, tmp_path: Path) -> None:
    project.save_agent_page("amara", tmp_path / "amara.html")
    text = (tmp_path / "amara.html").read_text("utf-8")
    bad = "<img src=x onerror='window.ran=1'><script>window.ran=1</script>"
    (tmp_path / "amara.html").write_text(text.replace("<main>", f"<main>{bad}"), "utf-8")
    page.goto((tmp_path / "amara.html").as_uri())
    assert page.evaluate("window.ran") is None
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 400)])
def test_it_can_be_read_by_all(project: Project, browser: Browser, tmp_path: Path, scheme: Any, width: int) -> None:
    project.save_agent_page("amara", tmp_path / "amara.html")
    # axe-core is put into the page from outside, which the policy of the page would refuse.
    free = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page = free.new_page()
    page.goto((tmp_path / "amara.html").as_uri())
    for summary in page.locator("summary").all():
        if summary.is_visible():
            summary.click()
    found: dict[str, Any] = Axe().run(page, options={"resultTypes": ["violations"]}).response
    free.close()
    assert [f"{one['id']}: {one['nodes'][0]['target']}" for one in found["violations"]] == []
