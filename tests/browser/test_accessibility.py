"""axe-core finds nothing serious in the screens: names, roles, contrast; in both themes and at two widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from browser.calibrated import Room, at_the_other, stage
from browser.calibrated import row as commandment
from browser.conftest import Host, press
from browser.ruled import TEXTS, message, row, show_ruled, stored
from qa_toolkit.coaching import CoachSession
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store
from qa_toolkit.suggest import HashingEncoder
from qa_toolkit.widgets import CoachWidget
from qa_toolkit.widgets._base import Screen

pytestmark = pytest.mark.browser

LAB = {
    "lab light": ("light", "#ffffff", "rgba(0, 0, 0, 1)", "#1976d2"),
    "lab dark": ("dark", "#111111", "rgba(255, 255, 255, 1)", "#1976d2"),
}
LOOKS = [("light", 1400), ("light", 900), ("dark", 1400), ("dark", 900), ("lab light", 1400), ("lab dark", 1400)]
looks = pytest.mark.parametrize(("theme", "width"), LOOKS)
OTHERS = [("bot", "I am a robot."), ("note", "The customer is upset."), ("system", "Taken over by mei.")]


def dress(page: Page, theme: str, width: int) -> None:
    """Set width and theme, that of the system or of JupyterLab."""
    scheme, *colors = LAB.get(theme, (theme,))
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    for name, color in zip(("layout-color1", "ui-font-color0", "brand-color1"), colors, strict=False):
        page.evaluate(f"document.documentElement.style.setProperty('--jp-{name}', '{color}')")


def serious(host: Host) -> list[str]:
    """Return what axe finds of impact serious or critical, with the place."""
    options = {"resultTypes": ["violations"]}
    found: dict[str, Any] = Axe().run(host.page, context={"include": [[".qa"]]}, options=options).response
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def busy(session: ReviewSession) -> None:
    """Give the conversation one of each: evidence, words, a good answer, a fail without evidence, root causes."""
    session.rate(
        "own", "listen", "fail", [{"position": 0, "start": 3, "end": 9}, {"position": 1}], "No.", root_causes=["hurry"]
    )
    session.rate("own", "solve", "fail")
    session.mark_good("own", 1, ["warm"], "Warm.")


@looks
def test_the_review_screen(host_of: Callable[[Screen], Host], store: Store, theme: str, width: int) -> None:
    pairs = [(("customer", "agent")[i % 2], text) for i, text in enumerate(TEXTS)]
    host = show_ruled(host_of, store, *pairs, *OTHERS, watch=busy)
    dress(host.page, theme, width)
    expect(host.page.locator(".qa-time").first).to_be_visible()
    dialog = host.page.get_by_role("dialog", name="Facts")
    missing = host.page.get_by_role("form", name="Not rated yet")
    found = {"rated": serious(host)}
    states: dict[str, Callable[[], object]] = {
        "conditional, asleep": lambda: press(host, "Shift+W", "2", "Shift+W", "r"),
        "facts": lambda: (press(host, "f"), expect(dialog.locator(".qa-fact-go").nth(4)).to_be_visible()),
        "a fact is wrong": dialog.get_by_role("button", name="This is wrong: Apology").first.click,
        "keys": lambda: press(host, "Escape", "Escape", "?"),
        "all that is known": lambda: press(host, "Escape", "i"),
        "skip": lambda: press(host, "Escape", "s"),
        "find": lambda: press(host, "Escape", "/", "a"),
        "good answer": lambda: (press(host, "Escape", "Escape"), message(host, 2).focus(), press(host, "g")),
        "missing": lambda: (press(host, "Escape", "Enter"), expect(missing).to_be_visible()),
    }
    for name, lead in states.items():
        lead()
        found[name] = serious(host)
    press(host, "Escape", "x")
    stored(host)
    row(host, "Solve").get_by_role("radio", name="Fail").click()
    press(host, "Enter")
    expect(host.page.get_by_role("form", name="No evidence")).to_be_visible()
    found["no evidence"] = serious(host)
    host.page.get_by_role("button", name="Submit all the same").click()
    expect(host.page.get_by_text("All done")).to_be_visible()
    found["the end"] = serious(host)
    press(host, "p")
    expect(host.page.locator(".qa-state")).to_have_text("submitted")
    host.do("host.dead = true")
    press(host, "Shift+W", "1")
    expect(host.page.get_by_role("alert")).to_be_visible()
    found["not saved"] = serious(host)
    assert {state: problems for state, problems in found.items() if problems} == {}


@pytest.mark.parametrize("width", [1400, 1120, 900, 600])
def test_reviewer_sample_and_progress_are_in_sight(host_of: Callable[[Screen], Host], store: Store, width: int) -> None:
    host = show_ruled(host_of, store)
    dress(host.page, "light", width)
    press(host, "1")
    stored(host)
    for text in ("ruth · sample own", "0 of 1 submitted"):
        shown = host.page.get_by_text(text, exact=True)
        expect(shown).to_be_in_viewport(ratio=1)
        assert shown.evaluate("one => one.scrollWidth <= one.clientWidth || getComputedStyle(one).display === 'inline'")
    assert host.page.locator(".qa-title").evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
    assert host.page.locator(".qa-top").evaluate("top => top.scrollWidth <= top.clientWidth")


@looks
def test_the_coach_screen(
    host_of: Callable[[Screen], Host], store: Store, session: ReviewSession, theme: str, width: int
) -> None:
    ratings = {"c1": ("fail", [{"position": 1, "start": 0, "end": 18}], "slow"), "c0": ("pass", [{"position": 3}], "")}
    for conversation_id, rating in ratings.items():
        for name in session.rubric.ids:
            session.rate(conversation_id, name, *rating)
        session.submit(conversation_id)
    host = host_of(CoachWidget(CoachSession(Project(store), "ines", HashingEncoder())))
    expect(host.page.get_by_role("article").first).to_be_visible()
    dress(host.page, theme, width)
    found = {"plain": serious(host)}
    states: dict[str, tuple[str, ...]] = {
        "said and agreed": ("1", "u", "1", "t", "N", "o", "w", "Enter", "Escape", "f"),
        "beside each other": ("Escape", "v", "0", "1"),
        "keys": ("?",),
    }
    for name, keys in states.items():
        press(host, *keys)
        found[name] = serious(host)
    assert {state: problems for state, problems in found.items() if problems} == {}


GAIN = {"before": 0.5, "after": 0.75, "gain": 0.25, "low": 0.1, "high": 0.4, "coefficient": "percent", "n": 2}
RESULTS = {
    "revealed": 1, "total": 2, "decided": 0, "reviewers": ["ruth", "ben", "cara"], "words": "Better by a quarter.",
    "overall": {"percent": GAIN, "ac1": GAIN}, "commandments": [{**GAIN, "commandment": "solve", "title": "Solve"}],
}  # fmt: skip


@looks
def test_the_calibration_screen(
    host_of: Callable[[Screen], Host],
    store: Store,
    small_rubric: Rubric,
    monkeypatch: pytest.MonkeyPatch,
    theme: str,
    width: int,
) -> None:
    room = Room(store, small_rubric)
    host = room.show(host_of)
    monkeypatch.setattr(room.me, "results", lambda: RESULTS, raising=False)
    dress(host.page, theme, width)
    press(host, "1", "3")
    expect(stage(host, "c0")).to_have_text("2 of 3 rated")
    found = {"rated": serious(host)}
    press(host, "1", "Enter")
    host.page.get_by_role("button", name="Submit all the same").click()
    at_the_other(host)
    press(host, "p")
    expect(host.page.locator(".qa-situation")).to_contain_text("Waiting for the others.")
    found["waiting"] = serious(host)
    room.others()
    room.look()
    expect(room.comparison).to_be_visible()
    found["compared"] = serious(host)
    states: dict[str, Callable[[], object]] = {
        "rated again": lambda: (
            press(host, "2"),
            expect(commandment(host, "Solve")).to_contain_text("your first: Fail"),
        ),
        "deciding": lambda: press(host, "d"),
        "decided": lambda: (
            host.page.get_by_role("form", name="Decision").get_by_role("radio", name="Fail").click(),
            host.page.get_by_role("textbox", name="Reason of the decision").fill("So it is."),
            host.page.get_by_label("Offer it as an example for the rubric").check(),
            host.page.get_by_role("form", name="Decision").get_by_role("button", name="Decide").click(),
            expect(host.page.locator(".qa-decision")).to_contain_text("So it is."),
        ),
        "agreement": lambda: (press(host, "a"), expect(host.page.get_by_role("img")).to_have_count(3)),
        "keys": lambda: press(host, "Escape", "?"),
        "done": lambda: (
            press(host, "Escape"),
            host.page.get_by_role("button", name="Done rating again").click(),
            at_the_other(host),
            press(host, "p"),
            expect(host.page.locator(".qa-situation")).to_contain_text("You are done rating again."),
        ),
    }
    for name, lead in states.items():
        lead()
        found[name] = serious(host)
    assert {state: problems for state, problems in found.items() if problems} == {}
