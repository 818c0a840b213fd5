"""The review screen in real JupyterLab: nothing that was shown as saved is ever lost, nothing leaves the screen."""

from __future__ import annotations

import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from lab_notebook import LabNotebook
from lab_review import (
    TITLES,
    ReviewScreen,
    cells,
    check_saved,
    drafts,
    events,
    nothing_doubled,
    write_jsonl,
)
from playwright.sync_api import Locator, expect

from qa_toolkit import open_project

pytestmark = pytest.mark.lab

DATA = Path(__file__).parents[2] / "data" / "conversations.jsonl"
IDS = list(TITLES)
ATTACK = "<img src=x onerror='window.attacked = 1'><script>window.attacked = 1</script><b>bold</b>"
OpenNotebook = Callable[..., LabNotebook]


def conversation(name: str, texts: Sequence[str], author: str = "Ada", **labels: Any) -> dict[str, Any]:
    """A record of the uniform layout: customer and agent take turns, an hour apart."""
    messages = [
        {
            "role": ("customer", "agent")[place % 2],
            "text": text,
            "sent_at": f"2026-03-02T{9 + place:02}:00:00Z",
            "author": (author, "amara")[place % 2],
        }
        for place, text in enumerate(texts)
    ]
    return {"conversation_id": name, "channel": "email", "source": "made up", "labels": labels, "messages": messages}


def make_project(url: str, records: Sequence[dict[str, Any]], folder: Path) -> list[str]:
    """Import records, draw all of them as the sample "first", and return the ids in the order of the queue."""
    project = open_project(url)
    project.import_file(write_jsonl(records, folder / "export.jsonl"), redaction=False)
    return list(project.sample("first", fraction=1)["conversation_id"])


@pytest.fixture
def queue(project_url: str, tmp_path: Path) -> list[str]:
    """A project of four small conversations."""
    return make_project(
        project_url,
        [
            conversation(
                f"parcel-{n}", [f"Where is parcel {n}?", f"Parcel {n} is on its way.", "Thanks!"], subject=f"Parcel {n}"
            )
            for n in range(4)
        ],
        tmp_path,
    )


@pytest.fixture
def notebook(open_notebook: OpenNotebook, project_url: str, queue: list[str]) -> LabNotebook:
    """A notebook that shows the review screen on the first conversation."""
    notebook = open_notebook(cells(project_url))
    notebook.run()
    ReviewScreen(notebook.page).at(queue[0])
    return notebook


def shown(notebook: LabNotebook) -> ReviewScreen:
    """Run the cells and return the screen."""
    notebook.run()
    screen = ReviewScreen(notebook.page)
    expect(screen.message(1)).to_be_visible()
    return screen


def test_three_reviews_with_a_killed_kernel_lose_nothing(open_notebook: OpenNotebook, project_url: str) -> None:
    project = open_project(project_url)
    project.import_file(DATA, redaction=False)
    queue = list(project.sample("first", n=24, by="agent", seed=1)["conversation_id"])
    roles = project.store.messages([queue[0]])["role"].tolist()
    answer = roles.index("agent") + 1
    notebook = open_notebook(cells(project_url))
    screen = shown(notebook)
    screen.watch()

    # by mouse: a rating, its evidence, its comment, a good answer
    screen.at(queue[0])
    screen.click("listen-fully", "fail")
    screen.message(answer).locator(".qa-text").click()
    screen.page.get_by_label(f"Comment on {TITLES['listen-fully']}").fill("Asked what was in the first line.")
    screen.click("be-warm", "partial")
    screen.message(answer).locator(".qa-no").click()
    screen.press("g")
    form = screen.root.get_by_role("form", name="Good answer")
    form.get_by_role("checkbox", name=TITLES["be-clear"]).check()
    form.get_by_role("button", name="Mark as good").click()
    screen.saved()
    screen.rest_and_submit()

    # by keys, and the kernel dies while they are on their way
    screen.at(queue[1])
    screen.press("1", "2", "e")
    screen.saved()
    screen.press("3", "4", "1")
    notebook.kernel().send_signal(signal.SIGSTOP)
    screen.press("1", "1")
    screen.saving()
    kept = drafts(project_url, queue[1])
    notebook.kill()
    check_saved(project_url, screen.shown_as_saved())
    screen = shown(notebook)
    screen.watch()
    screen.at(queue[1])
    screen.saved()
    assert kept.items() >= {IDS[0]: "pass", IDS[1]: "partial"}.items()
    screen.shows(drafts(project_url, queue[1]))
    screen.rest_and_submit()

    screen.at(queue[2])
    screen.press(*"11112222333344441111222233")  # a fail asks for evidence, and the next digit goes on without
    screen.saved()
    screen.press("Enter")
    screen.root.get_by_role("form", name="No evidence").get_by_role("button", name="Submit all the same").click()
    screen.at(queue[3])
    screen.saved()

    check_saved(project_url, screen.shown_as_saved())
    nothing_doubled(project_url)
    again = open_project(project_url)
    assert again.verify().ok
    reviews = again.reviews().set_index("conversation_id")["state"]
    assert reviews.to_dict() == dict.fromkeys(queue[:3], "submitted")
    ratings = again.ratings()
    assert len(ratings) == 3 * len(IDS)
    first = ratings[ratings["conversation_id"] == queue[0]].set_index("commandment")
    assert (first.loc["listen-fully", ["rating", "comment"]] == ["fail", "Asked what was in the first line."]).all()
    assert [span["position"] for span in first.loc["listen-fully", "evidence"]] == [answer - 1]
    third = ratings[ratings["conversation_id"] == queue[2]]
    assert third["rating"].value_counts().to_dict() == {"pass": 8, "partial": 8, "fail": 6, "na": 4}
    marks = again.good_answers()
    assert marks[["conversation_id", "position"]].to_numpy().tolist() == [[queue[0], answer - 1]]
    assert "be-clear" in marks["commandments"].iloc[0]


KEYS = ["a", "b", "x", "m", "j", "k", "d", "d", "0", "0", "Enter", "Shift+Enter", "Control+Enter"]


def test_no_key_reaches_lab(open_notebook: OpenNotebook, project_url: str, queue: list[str]) -> None:
    notebook = open_notebook(["1 + 1", *cells(project_url), "2 + 2"], full=True)
    screen = shown(notebook)
    before = notebook.cells()
    places: list[Locator] = [
        screen.root,
        screen.root.locator(".qa-active").get_by_role("radio").first,
        screen.message(1),
    ]
    for place in places:
        for key in KEYS:
            place.focus()
            screen.press(key)
    assert notebook.cells() == before
    expect(notebook.page.get_by_role("dialog")).to_have_count(0)
    # beside the screen the same keys do reach Lab
    notebook.page.locator(".jp-InputPrompt").first.click()
    screen.press("b")
    notebook.page.wait_for_function(f"() => document.querySelectorAll('.jp-CodeCell').length === {len(before) + 1}")


def test_a_reloaded_page_goes_on_where_the_store_says_and_the_file_holds_no_text(
    notebook: LabNotebook, project_url: str, queue: list[str], lab_folder: Path
) -> None:
    screen = ReviewScreen(notebook.page)
    screen.press("1", "c")
    screen.page.keyboard.type("My own words.")
    screen.press("Escape")
    screen.rest_and_submit()
    screen.at(queue[1])
    screen.press("1", "3")
    screen.saved()
    notebook.save()
    text = (lab_folder / "notebooks" / notebook.name).read_text()
    assert "application/vnd.jupyter.widget-view+json" in text
    for secret in ("Where is parcel", "on its way", "Parcel 0", "Ada", "amara", "My own words", *queue):
        assert secret not in text
    notebook.reload()
    screen.at(queue[1])
    screen.shows({IDS[0]: "pass", IDS[1]: "fail"})
    screen.click(IDS[2], "partial")
    screen.saved()
    assert drafts(project_url, queue[1]) == {IDS[0]: "pass", IDS[1]: "fail", IDS[2]: "partial"}
    assert open_project(project_url).reviews()["conversation_id"].tolist() == queue[:2]


def test_tabs_and_kernels_of_one_reviewer_show_what_the_store_holds(
    notebook: LabNotebook, open_notebook: OpenNotebook, project_url: str, queue: list[str]
) -> None:
    one = ReviewScreen(notebook.page)
    notebook.save()
    tab = ReviewScreen(open_notebook(beside=notebook).page)
    tab.at(queue[0])
    other = shown(open_notebook(cells(project_url)))
    for screen in (one, tab, other):  # a page in sight asks what the store says, now and then, and would know
        screen.page.evaluate("Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' })")

    # two tabs of one kernel follow one another
    one.click(IDS[0], "pass")
    tab.shows({IDS[0]: "pass"})
    tab.click(IDS[1], "partial")
    one.shows({IDS[0]: "pass", IDS[1]: "partial"})

    # another kernel does not know of that: what it would overwrite is refused, and shown
    other.click(IDS[0], "fail")
    expect(other.notice).to_contain_text("changed elsewhere")
    other.shows({IDS[0]: "pass", IDS[1]: "partial"})
    other.click(IDS[0], "fail")
    other.saved()
    one.click(IDS[0], "na")
    expect(one.notice).to_contain_text("changed elsewhere")
    for screen in (one, tab):
        screen.shows({IDS[0]: "fail", IDS[1]: "partial"})
    one.click(IDS[2], "pass")
    one.saved()
    assert drafts(project_url, queue[0]) == {IDS[0]: "fail", IDS[1]: "partial", IDS[2]: "pass"}
    assert [event["payload"]["rating"] for event in events(project_url)] == ["pass", "partial", "fail", "pass"]


def test_what_the_kernel_did_not_answer_is_not_saved_and_is_sent_again(
    notebook: LabNotebook, project_url: str, queue: list[str]
) -> None:
    screen = ReviewScreen(notebook.page)
    kernel = notebook.kernel()
    kernel.suspend()
    screen.click(IDS[0], "fail")
    expect(screen.status).to_have_text("NOT SAVED")
    expect(screen.banner).to_contain_text(TITLES[IDS[0]])
    expect(screen.row(IDS[0])).to_have_accessible_name(f"{TITLES[IDS[0]]}, rated Fail, not saved")
    assert events(project_url) == []
    screen.banner.get_by_role("button", name="Try again").click()
    kernel.resume()
    screen.saved()
    expect(screen.banner).to_be_hidden()
    screen.click(IDS[1], "pass")  # is answered after what was sent twice
    screen.saved()
    assert [event["payload"]["rating"] for event in events(project_url)] == ["fail", "pass"]

    # what is done while the kernel is gone arrives by itself once the cell is run again
    notebook.kill()
    screen.click(IDS[2], "partial")
    expect(screen.status).to_have_text("NOT SAVED")
    expect(screen.banner).to_contain_text(TITLES[IDS[2]])
    screen.page.get_by_label(f"Comment on {TITLES[IDS[2]]}").fill("Said while it was gone.")
    screen.click(IDS[2], "fail")
    screen.click(IDS[3], "na")
    assert drafts(project_url, queue[0]) == {IDS[0]: "fail", IDS[1]: "pass"}
    screen = shown(notebook)
    screen.shows({IDS[0]: "fail", IDS[1]: "pass", IDS[2]: "fail", IDS[3]: "na"})
    expect(screen.notice).to_contain_text("acts of before were sent again and saved")
    screen.saved()
    made = [event["payload"] for event in events(project_url) if event["slot"] == f"rating:{IDS[2]}"]
    words = "Said while it was gone."
    assert [(m["rating"], m["comment"]) for m in made] == [("partial", ""), ("partial", words), ("fail", words)]
    nothing_doubled(project_url)
    assert open_project(project_url).verify().ok


def test_acts_on_their_way_survive_a_kill_and_a_reload_of_the_page(
    notebook: LabNotebook, project_url: str, queue: list[str]
) -> None:
    screen = ReviewScreen(notebook.page)
    for commandment, other in (IDS[:2], IDS[2:4], IDS[4:6]):
        kernel = notebook.kernel()
        kernel.suspend()
        screen.click(commandment, "pass")
        screen.click(other, "fail")
        screen.saving()
        kernel.kill()
        notebook.reload()
        screen = shown(notebook)
        expect(screen.notice).to_contain_text("2 acts of before were sent again and saved")
        assert drafts(project_url, queue[0])[other] == "fail"
    screen.shows(dict(zip(IDS[:6], ["pass", "fail"] * 3, strict=True)))
    nothing_doubled(project_url)


HEBREW = "שלום, החבילה שלי לא הגיעה 3 ימים. order #12, תודה!"
EMOJI = "😡😡😡👎🏽👨‍👩‍👧"
LARGE = "All work and no play. " * 240_000  # 5.3 MB


def test_hostile_strange_and_large_text_is_shown_as_text(
    open_notebook: OpenNotebook, project_url: str, tmp_path: Path
) -> None:
    texts = {"bad": ATTACK, "rtl": HEBREW, "emoji": EMOJI, "large": LARGE}
    labels = {"subject": ATTACK, "tags": [ATTACK], "customer": ATTACK, "agent": ATTACK, "plan": "free"}
    records = [conversation(name, [text, text[:100]], author=ATTACK, **labels) for name, text in texts.items()]
    queue = make_project(project_url, records, tmp_path)
    notebook = open_notebook(cells(project_url))
    screen = shown(notebook)
    for name in queue:
        screen.at(name)
        screen.press("i")
        for place in (".qa-author", ".qa-subject", ".qa-details"):
            expect(screen.root.locator(place).first).to_contain_text(ATTACK)
        text = screen.message(1).locator(".qa-text")
        if name == "large":
            screen.message(1).get_by_role("button", name=f"Show all {len(LARGE):,} characters").click()
        assert text.text_content() == texts[name]
        screen.message(1).locator(".qa-no").click()
        screen.press("1")
        screen.saved()
        if name == "rtl":
            assert text.evaluate("node => getComputedStyle(node).direction") == "rtl"
        expect(screen.root.locator("img, script, b")).to_have_count(0)
        screen.press("x")
        screen.saved()
        screen.press("n")
    assert notebook.page.evaluate("() => window.attacked") is None
    assert [line for line in notebook.console if "Content Security Policy" in line] == []
    ratings = open_project(project_url).store.ratings()
    assert len(ratings) == 4 * len(IDS)
    assert ratings.loc[ratings["commandment"] == IDS[0], "evidence"].map(len).tolist() == [1] * 4


def test_undo_goes_past_submit_and_past_a_kernel_restart(
    notebook: LabNotebook, project_url: str, queue: list[str]
) -> None:
    screen = ReviewScreen(notebook.page)
    screen.press("1", "2")
    screen.saved()
    screen.rest_and_submit()
    screen.at(queue[1])
    notebook.restart()
    screen = shown(notebook)
    screen.at(queue[1])
    screen.press("u")
    screen.at(queue[0])
    expect(screen.notice).to_contain_text("Undone: the submit")
    expect(screen.root.locator(".qa-state")).to_have_text("begun")
    screen.press("u")  # what was rated in one go
    screen.shows({IDS[0]: "pass", IDS[1]: "partial"})
    screen.press("u")
    screen.shows({IDS[0]: "pass"})
    screen.saved()
    assert drafts(project_url, queue[0]) == {IDS[0]: "pass"}
    assert open_project(project_url).verify().ok


FAILING = """
from pathlib import Path
rate = session.rate
def failing(*values, **named):
    if Path({flag!r}).exists():
        raise RuntimeError("secret detail")
    return rate(*values, **named)
session.rate = failing
"""


def test_an_error_in_the_kernel_is_never_shown_as_saved(
    open_notebook: OpenNotebook, project_url: str, queue: list[str], tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    screen = shown(open_notebook([*cells(project_url), FAILING.format(flag=str(flag))]))
    screen.watch()
    flag.touch()
    screen.click(IDS[0], "fail")
    expect(screen.status).to_have_text("NOT SAVED")
    expect(screen.banner).to_contain_text(TITLES[IDS[0]])
    assert screen.shown_as_saved() == []
    assert events(project_url) == []
    flag.unlink()
    screen.saved()  # it is sent again by itself
    assert drafts(project_url, queue[0]) == {IDS[0]: "fail"}


def test_a_deleted_database_is_never_shown_as_saved(notebook: LabNotebook, project_url: str) -> None:
    database = Path(project_url.removeprefix("sqlite:///"))
    screen = ReviewScreen(notebook.page)
    screen.click(IDS[0], "pass")
    screen.saved()
    for file in database.parent.glob(f"{database.name}*"):
        file.unlink()
    screen.watch()
    screen.click(IDS[1], "fail")
    expect(screen.status).to_have_text("NOT SAVED")
    assert screen.shown_as_saved() == []
