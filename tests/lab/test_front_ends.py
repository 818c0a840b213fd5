"""The review screen in real Jupyter Notebook 7 and Voilà, as in JupyterLab: saved, closed to keys and to script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_notebook import READY, TIMEOUT, LabNotebook, write_lab_settings, write_notebook
from lab_review import TITLES, ReviewScreen, cells, check_saved, drafts, nothing_doubled, write_jsonl
from playwright.sync_api import Browser, Page, expect

from qa_toolkit import open_project
from qa_toolkit.lab import LabServer, start_lab

pytestmark = pytest.mark.lab

IDS = list(TITLES)
PATHS = {"notebook": "notebooks/review.ipynb", "voila": "voila/render/review.ipynb"}
KEYS = ["a", "b", "x", "m", "j", "d", "d", "0", "0", "Shift+Enter", "Control+Enter"]
ATTACK = "<img src=x onerror='window.attacked = 1'><script>window.attacked = 1</script><b>bold</b>"
EXPOSE = '{"JupyterNotebookApp": {"expose_app_in_browser": true}}'


@pytest.fixture
def queue(project_url: str, tmp_path: Path) -> list[str]:
    """A project of three conversations with hostile text; their ids in the order of the queue."""
    message = {"author": ATTACK, "text": f"Where is it? {ATTACK}", "sent_at": "2026-03-02T09:00:00Z"}
    records = [
        {
            "conversation_id": f"parcel-{n}",
            "channel": "email",
            "source": "made up",
            "labels": {"subject": ATTACK, "customer": ATTACK},
            "messages": [{**message, "role": role} for role in ("customer", "agent")],
        }
        for n in range(3)
    ]
    project = open_project(project_url)
    project.import_file(write_jsonl(records, tmp_path / "export.jsonl"), redaction=False)
    return list(project.sample("first", fraction=1)["conversation_id"])


@pytest.fixture
def folder(tmp_path: Path, project_url: str, queue: list[str]) -> Path:
    """A folder with the notebook that shows the review screen, and beside it the settings of the server."""
    write_lab_settings(tmp_path / "state")
    (tmp_path / "state/config/jupyter_notebook_config.json").write_text(EXPOSE)
    (tmp_path / "notebooks").mkdir()
    write_notebook([*cells(project_url), "2 + 2"], tmp_path / "notebooks" / "review.ipynb")
    return tmp_path


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of its own."""
    expect.set_options(timeout=30_000)  # ms
    context = browser.new_context(viewport={"width": 1600, "height": 1000})
    context.set_default_timeout(TIMEOUT)
    yield context.new_page()
    context.close()


def start(folder: Path, app: str) -> LabServer:
    return start_lab(folder / "notebooks", port=18988, state=folder / "state", app=app)


def open_(page: Page, server: LabServer) -> None:
    page.goto(f"http://127.0.0.1:{server.port}/{PATHS[server.app]}?token={server.token}")


def review(screen: ReviewScreen, url: str, queue: list[str]) -> None:
    """Review the first conversation by mouse and keys, go on to the second, and check each step in the store."""
    screen.watch()
    screen.at(queue[0])
    expect(screen.root.locator(".qa-subject").first).to_contain_text(ATTACK)
    screen.click(IDS[0], "fail")
    screen.message(2).locator(".qa-no").click()  # evidence
    screen.page.get_by_label(f"Comment on {TITLES[IDS[0]]}").fill("Did not read it.")
    screen.click(IDS[1], "na")
    screen.press("0", "1", "2")  # that one anew, and the next
    screen.saved()
    assert drafts(url, queue[0]) == {IDS[0]: "fail", IDS[1]: "pass", IDS[2]: "partial"}
    screen.rest_and_submit()
    screen.at(queue[1])
    nothing_doubled(url)
    screen.press("u")
    screen.at(queue[0])
    expect(screen.notice).to_contain_text("Undone: the submit")
    screen.press("Enter")
    screen.at(queue[1])
    screen.press("1", "3")
    screen.saved()
    check_saved(url, screen.shown_as_saved())


def check_after_reload(screen: ReviewScreen, url: str, queue: list[str]) -> None:
    """The page was loaded anew: it goes on where the store says, and nothing is lost or run."""
    screen.at(queue[1])
    screen.shows({IDS[0]: "pass", IDS[1]: "fail"})
    screen.click(IDS[2], "partial")
    screen.saved()
    assert drafts(url, queue[1]) == {IDS[0]: "pass", IDS[1]: "fail", IDS[2]: "partial"}
    assert screen.page.evaluate("() => window.attacked") is None
    expect(screen.root.locator("img, script, b")).to_have_count(0)
    project = open_project(url)
    assert project.verify().ok
    first = project.ratings().set_index(["conversation_id", "commandment"]).loc[(queue[0], IDS[0])]
    assert first["comment"] == "Did not read it."
    assert [span["position"] for span in first["evidence"]] == [1]


def check_size(screen: ReviewScreen) -> None:
    """The screen is as wide as its output, and all of it can be seen at once."""
    box = screen.root.bounding_box()
    assert box
    assert box["width"] >= screen.root.evaluate("node => node.parentElement.parentElement.clientWidth") - 2
    assert 600 <= box["height"] <= screen.page.evaluate("window.innerHeight")


def check_no_key_reaches_notebook(screen: ReviewScreen, notebook: LabNotebook) -> None:
    """No key pressed in the screen does anything to the notebook's cells; beside the screen the same keys do."""
    before = notebook.cells()
    for place in (screen.root, screen.message(1), screen.root.locator(".qa-active").get_by_role("radio").first):
        for key in KEYS:
            place.focus()
            screen.press(key)
    assert notebook.cells() == before
    with notebook.page.expect_request(lambda request: request.method == "PUT" and "review.ipynb" in request.url):
        screen.press("Control+s")  # the one chord that is the notebook's
    expect(notebook.page.get_by_role("dialog")).to_have_count(0)
    notebook.page.locator(".jp-InputPrompt").first.click()
    screen.press("b")
    more = f"() => document.querySelectorAll('.jp-CodeCell').length === {len(before) + 1}"
    notebook.page.wait_for_function(more)


def test_notebook_7(folder: Path, page: Page, project_url: str, queue: list[str]) -> None:
    with start(folder, "notebook") as server:
        open_(page, server)
        page.wait_for_function(READY, timeout=TIMEOUT)
        notebook = LabNotebook(page, server, "review.ipynb")
        notebook.run()
        screen = ReviewScreen(page)
        expect(screen.message(1)).to_be_visible()
        check_size(screen)
        review(screen, project_url, queue)

        notebook.save()
        text = (folder / "notebooks" / "review.ipynb").read_text()
        assert "application/vnd.jupyter.widget-view+json" in text
        assert "Where is it?" not in text
        assert queue[0] not in text
        notebook.reload()
        check_after_reload(screen, project_url, queue)
        check_no_key_reaches_notebook(screen, notebook)
        screen.saved()
        screen.shows(drafts(project_url, screen.conversation()))


def test_voila(folder: Path, page: Page, project_url: str, queue: list[str]) -> None:
    with start(folder, "voila") as server:
        open_(page, server)
        screen = ReviewScreen(page)
        expect(screen.message(1)).to_be_visible(timeout=TIMEOUT)
        expect(page.locator(".jp-InputArea, .jp-CodeMirrorEditor")).to_have_count(0)  # no code
        check_size(screen)
        review(screen, project_url, queue)
        page.reload()
        expect(screen.message(1)).to_be_visible(timeout=TIMEOUT)
        check_after_reload(screen, project_url, queue)
