"""Screens beside each other in one JupyterLab: each brings its style, and none changes how another looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from browser.calibrated import Room, stage
from browser.conftest import Host, press
from browser.ruled import show_ruled
from browser.test_coach_esm import coach  # noqa: F401
from qa_toolkit.coaching import CoachSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store
from qa_toolkit.widgets import CalibrateWidget, CoachWidget, ReviewWidget

pytestmark = pytest.mark.browser

LOOKS = """() => [...document.querySelectorAll(".qa, .qa *")].map((node) => {
    const style = getComputedStyle(node);
    return [node, [...style].filter((name) => !name.startsWith("--")).map((name) => `${name}: ${style[name]}`)];
})"""
KEEP = f"() => {{ window.before = ({LOOKS})(); }}"
CHANGED = f"""() => {{
    const after = new Map(({LOOKS})());
    return window.before.flatMap(([node, then]) => then.flatMap((one, place) => {{
        const now = after.get(node)?.[place];
        return one === now ? [] : [`${{node.tagName}}.${{node.className}}, ${{one}}, now ${{now}}`];
    }}));
}}"""
OTHERS = "css => document.head.append(Object.assign(document.createElement('style'), { textContent: css }))"


def unchanged(host: Host) -> None:
    """Bring the styles of all screens into the page; fail if an element looks otherwise then."""
    host.page.mouse.move(0, 0)
    host.page.evaluate(KEEP)
    for widget in (ReviewWidget, CalibrateWidget, CoachWidget, ReviewWidget):
        host.page.evaluate(OTHERS, str(widget._css))
    assert host.page.evaluate(CHANGED) == []


def test_the_review_screen(host_of: Callable[..., Host], store: Store) -> None:
    host = show_ruled(host_of, store)
    press(host, "3")
    unchanged(host)


def test_the_calibration_screen(host_of: Callable[..., Host], store: Store, small_rubric: Rubric) -> None:
    room = Room(store, small_rubric)
    room.show(host_of)
    room.reveal()
    expect(stage(room.host, "c0")).to_contain_text("to decide")
    unchanged(room.host)


def test_the_coach_screen(host_of: Callable[..., Host], coach: CoachSession) -> None:  # noqa: F811
    host: Any = host_of(CoachWidget(coach))
    expect(host.page.get_by_role("article").first).to_be_visible()
    unchanged(host)
    press(host, "v", "1", "2")
    expect(host.page.locator(".qa-compare")).to_be_visible()
    unchanged(host)
