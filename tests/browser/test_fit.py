"""How high a screen is, and where it stands, on a laptop: under a code cell, in a panel that scrolls."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from browser.conftest import Host, press
from browser.ruled import row, show_ruled, stored
from qa_toolkit.store import Store
from qa_toolkit.widgets import ReviewWidget

pytestmark = pytest.mark.browser

# The panel of a notebook: 100 pixels of menus above, a code cell of 300 above the screen and one of 900 below.
PANEL = """async ({ height, typed }) => {
    host.cleanup();
    const place = document.getElementById("place");
    const panel = Object.assign(document.createElement("div"), { className: "jp-WindowedPanel-outer" });
    panel.style.cssText = `position: fixed; inset: 100px 0 auto; height: ${height}px; overflow: auto`;
    const cell = (height) => Object.assign(document.createElement("div"), { style: `height: ${height}px` });
    const code = Object.assign(document.createElement("textarea"), { id: "code" });
    code.style.cssText = "box-sizing: border-box; height: 300px; display: block";
    document.body.append(panel);
    panel.append(code, place, cell(900));
    if (typed) code.focus();
    await host.mount();
}"""
PLACE = """() => {
    const { top, bottom } = document.querySelector(".qa").getBoundingClientRect();
    const foot = document.querySelector(".qa-foot").getBoundingClientRect().bottom;
    return [Math.round(top) - 100, Math.round(bottom - top), foot <= bottom];
}"""


@pytest.fixture
def host(host_of: Callable[[ReviewWidget], Host], store: Store) -> Host:
    host = show_ruled(host_of, store)
    host.page.set_viewport_size({"width": 1366, "height": 768})
    return host


def in_panel(host: Host, height: int = 660, typed: bool = False) -> None:
    host.page.evaluate(PANEL, {"height": height, "typed": typed})
    expect(host.page.locator(".qa-msg").first).to_be_visible()


def scroll(host: Host, top: int) -> None:
    host.page.evaluate("top => { document.querySelector('.jp-WindowedPanel-outer').scrollTop = top; }", top)


def test_a_screen_that_is_run_fills_the_panel_and_stands_at_its_top(host: Host) -> None:
    in_panel(host)
    assert host.page.evaluate(PLACE) == [6, 648, True]
    expect(row(host, "Listen")).to_be_focused()
    host.page.evaluate("() => { document.querySelector('.jp-WindowedPanel-outer').style.height = '560px'; }")
    host.page.wait_for_function(f"() => ({PLACE})()[1] === 548")


def test_a_click_into_a_screen_below_the_window_counts_and_then_moves_it(host: Host) -> None:
    in_panel(host, typed=True)
    assert host.page.evaluate(PLACE) == [300, 648, True]  # whoever types is left where that is
    row(host, "Listen").get_by_role("radio", name="Pass").click()
    host.page.wait_for_function(f"() => ({PLACE})()[0] === 6")
    assert stored(host)["ratings"]["listen"]["rating"] == "pass"


def test_a_screen_that_has_the_focus_is_left_where_it_is_scrolled_to(host: Host) -> None:
    in_panel(host)
    scroll(host, 200)
    press(host, "1", "j")
    assert host.page.evaluate(PLACE)[0] == 100
    host.page.locator("#code").evaluate("code => code.focus({ preventScroll: true })")
    row(host, "Listen").evaluate("one => one.focus({ preventScroll: true })")
    assert host.page.evaluate(PLACE)[0] == 6


def test_a_screen_is_never_too_low_to_work_in(host: Host) -> None:
    in_panel(host, height=300)
    assert host.page.evaluate(PLACE) == [6, 420, True]
