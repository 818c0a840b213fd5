"""The rows of the review screen in Chromium: groups, jumps, what applies, root causes, evidence that is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from playwright.sync_api import Locator, expect

from browser.conftest import Host, press
from browser.ruled import message, row, show_ruled, stored
from qa_toolkit.store import Store
from qa_toolkit.widgets import ReviewWidget

pytestmark = pytest.mark.browser

OpenRuled = Callable[..., Host]
ASKED = "Which message shows it?"


@pytest.fixture
def open_ruled(host_of: Callable[[ReviewWidget], Host], store: Store) -> OpenRuled:
    return partial(show_ruled, host_of, store)


@pytest.fixture
def host(open_ruled: OpenRuled) -> Host:
    return open_ruled()


def evidence_form(host: Host) -> Locator:
    return host.page.get_by_role("form", name="No evidence")


def rate_all(host: Host, solve: str = "1") -> None:
    """Rate all but what cannot apply: listen, solve, warm."""
    press(host, "Shift+L", "1", solve)
    press(host, "Shift+W", "1")


# --- groups, jumps, what stands out ---


def test_groups_fold_by_click_and_by_key_and_stay_so(host: Host) -> None:
    manner = host.page.get_by_role("button", name="The manner")
    expect(manner).to_have_attribute("aria-expanded", "true")
    expect(manner).to_contain_text("0/2")
    manner.click()
    expect(manner).to_have_attribute("aria-expanded", "false")
    expect(row(host, "Be warm")).to_be_hidden()
    press(host, "z")
    expect(row(host, "Listen")).to_be_hidden()
    host.reload()
    expect(row(host, "Listen")).to_be_visible()  # the first one to be rated opens its group
    expect(row(host, "Be warm")).to_be_hidden()
    manner.click()
    expect(row(host, "Be warm")).to_be_visible()
    host.reload()
    expect(row(host, "Be warm")).to_be_visible()


def test_a_folded_group_opens_when_a_key_leads_in(host: Host) -> None:
    host.page.get_by_role("button", name="The manner").click()
    press(host, "j", "j")
    expect(row(host, "Make amends")).to_be_focused()
    press(host, "j")
    expect(row(host, "Be warm")).to_be_focused()
    assert host.do("host.keys") == []


def test_keys_go_on_in_a_folded_group(host: Host) -> None:
    press(host, "z")
    expect(host.page.get_by_role("button", name="The matter")).to_be_focused()
    press(host, "z")
    expect(row(host, "Listen")).to_be_focused()
    press(host, "z", "1")
    assert stored(host)["ratings"]["listen"]["rating"] == "pass"
    expect(row(host, "Solve")).to_be_focused()
    for leave in (("?", "Escape"), ("f", "Escape"), ("o", "Escape"), ("s", "Escape")):
        press(host, "z", *leave)
        expect(host.page.get_by_role("button", name="The matter")).to_be_focused()
        press(host, "z")
    assert host.do("host.keys") == []


def test_shift_and_a_letter_jump(host: Host) -> None:
    press(host, "Shift+W")
    expect(row(host, "Be warm")).to_be_focused()
    press(host, "Shift+L")
    expect(row(host, "Listen")).to_be_focused()
    expect(row(host, "Listen").locator(".qa-jump")).to_have_text("L")
    press(host, "c")
    host.page.keyboard.insert_text("W")
    press(host, "Shift+W")
    expect(host.page.get_by_role("textbox", name="Comment on Listen")).to_have_value("WW")


def test_what_is_critical_stands_out(host: Host) -> None:
    expect(host.page.get_by_text("critical", exact=True)).to_have_count(1)
    expect(row(host, "Solve")).to_contain_text("critical")
    weight = "element => getComputedStyle(element.querySelector('.qa-title')).fontWeight"
    press(host, "j", "j")
    assert [row(host, title).evaluate(weight) for title in ("Solve", "Listen")] == ["600", "400"]


def test_what_the_eye_sees_in_a_row_is_heard_too(host: Host) -> None:
    expect(row(host, "Solve")).to_have_accessible_description("critical")
    expect(row(host, "Make amends")).to_have_accessible_description("Nothing to make good.")
    press(host, "j", "3")
    expect(row(host, "Solve")).to_have_accessible_description("critical, no evidence yet")
    expect(row(host, "Make amends")).to_have_accessible_description("")
    expect(row(host, "Solve").get_by_role("group", name="Evidence")).to_contain_text("None yet: click the message")


# --- what cannot apply ---


def test_what_cannot_apply_says_why_and_can_be_rated_all_the_same(host: Host) -> None:
    prompt = row(host, "Be prompt")
    expect(prompt).to_have_accessible_name("Be prompt, cannot apply")
    expect(prompt.locator(".qa-peek")).to_have_text("Only for the channel chat; this one is email.")
    prompt.locator(".qa-title").click()
    expect(prompt.locator(".qa-reason")).to_have_text(
        "Cannot apply: Only for the channel chat; this one is email. It can be rated all the same."
    )
    press(host, "2")
    assert stored(host)["ratings"]["prompt"]["rating"] == "partial"
    expect(prompt).to_have_accessible_name("Be prompt, rated Partial")


def test_a_submit_rates_what_cannot_apply_and_one_undo_takes_it_all_back(host: Host) -> None:
    rate_all(host)
    press(host, "Enter")
    expect(host.page.get_by_text("All done")).to_be_visible()
    state = stored(host)
    assert state["status"] == "submitted"
    assert {name: one["rating"] for name, one in state["ratings"].items()} == {
        "listen": "pass", "solve": "pass", "amends": "na", "warm": "pass", "prompt": "na",
    }  # fmt: skip
    press(host, "u")
    expect(host.page.get_by_text("Undone: the submit")).to_be_visible()
    assert set(stored(host)["ratings"]) == {"listen", "solve", "warm"}
    expect(row(host, "Be prompt")).to_have_accessible_name("Be prompt, cannot apply")


def test_a_conditional_commandment_wakes_and_sleeps(host: Host) -> None:
    amends = row(host, "Make amends")
    expect(amends).to_have_accessible_name("Make amends, cannot apply")
    expect(amends).to_contain_text("Nothing to make good.")
    press(host, "j", "2")
    expect(amends).to_have_accessible_name("Make amends, not rated")
    expect(amends).to_be_focused()
    expect(amends.locator(".qa-reason")).to_be_hidden()
    row(host, "Solve").get_by_role("radio", name="Pass").click()
    expect(amends).to_have_accessible_name("Make amends, cannot apply")
    rate_all(host, "2")
    press(host, "Enter")
    form = host.page.get_by_role("form", name="Not rated yet")
    expect(form.locator(".qa-link")).to_have_text(["Make amends"])


def test_rating_key_by_key_passes_over_what_cannot_apply(host: Host) -> None:
    press(host, "1", "1", "1", "1")
    assert set(stored(host)["ratings"]) == {"listen", "solve", "warm"}
    expect(row(host, "Be warm")).to_be_focused()
    press(host, "j", "1")
    assert stored(host)["ratings"]["prompt"]["rating"] == "pass"


# --- root causes ---


def test_root_causes_are_chosen_by_the_mouse_and_go_with_a_pass(host: Host) -> None:
    group = host.page.get_by_role("group", name="Root causes")
    expect(group).to_be_hidden()
    row(host, "Listen").get_by_role("radio", name="Fail").click()
    expect(group.get_by_role("button")).to_have_count(3)
    group.get_by_role("button", name="Was in a hurry").click()
    group.get_by_role("button", name="Did not know the product").click()
    expect(group.get_by_role("button", pressed=True)).to_have_count(2)
    assert stored(host)["ratings"]["listen"]["root_causes"] == ["knowledge", "hurry"]
    group.get_by_role("button", name="Was in a hurry").click()
    expect(group.get_by_role("button", pressed=True)).to_have_count(1)
    assert stored(host)["ratings"]["listen"]["root_causes"] == ["knowledge"]
    row(host, "Listen").get_by_role("radio", name="Pass").click()
    expect(group).to_be_hidden()
    assert stored(host)["ratings"]["listen"]["root_causes"] == []


def test_root_causes_are_chosen_by_keys(host: Host) -> None:
    press(host, "r")
    expect(host.page.locator(".qa-notice")).to_have_text("Root causes go with a partial or a fail")
    press(host, "2", "k", "r", "ArrowRight", "ArrowDown", "Space")
    chosen = host.page.get_by_role("button", name="Had to follow a bad rule")
    expect(chosen).to_be_focused()
    expect(chosen).to_have_attribute("aria-pressed", "true")
    press(host, "ArrowRight", "Space")
    assert stored(host)["ratings"]["listen"]["root_causes"] == ["knowledge", "policy"]
    press(host, "Escape", "j")
    expect(row(host, "Solve")).to_be_focused()
    assert host.do("host.keys") == []


def test_a_commandment_offers_its_own_root_causes(host: Host) -> None:
    row(host, "Be prompt").get_by_role("radio", name="Fail").click()
    expect(host.page.locator(".qa-cause")).to_have_text(["Was in a hurry"])


# --- evidence of a fail ---


def onward(host: Host) -> Locator:
    return host.page.locator(".qa-active .qa-onward")


def rated(host: Host) -> dict[str, str]:
    return {name: one["rating"] for name, one in stored(host)["ratings"].items()}


@pytest.mark.parametrize("evidence", [(), ("e",), ("]", "e"), ("e", "u")])
def test_the_digit_behind_a_fail_rates_the_next_commandment(host: Host, evidence: tuple[str, ...]) -> None:
    press(host, "1", "3", *evidence)
    expect(row(host, "Solve")).to_have_attribute("aria-current", "true")
    if "u" in evidence:
        expect(host.page.locator(".qa-notice")).to_contain_text("Undone")
    expect(onward(host)).to_have_text("1 2 3 4 now rate “Make amends”; 0 takes this rating away.")
    press(host, "2")
    assert rated(host) == {"listen": "pass", "solve": "fail", "amends": "partial"}
    expect(row(host, "Be warm")).to_be_focused()
    expect(onward(host)).to_be_hidden()


def test_one_fail_after_another_is_one_digit_each(host: Host) -> None:
    press(host, "3", "3", "3", "3", "2", "1")
    assert rated(host) == {"listen": "fail", "solve": "fail", "amends": "fail", "warm": "fail"}
    expect(row(host, "Be warm")).to_have_attribute("aria-current", "true")
    expect(host.page.locator(".qa-notice")).to_contain_text("That was the last one: Enter submits")
    expect(onward(host)).to_have_text("That was the last one: Enter submits; 0 takes its rating away.")


def test_a_rating_is_changed_by_who_means_it(host: Host) -> None:
    press(host, "3", "0")
    expect(onward(host)).to_be_hidden()
    press(host, "2", "3", "k", "j", "1")
    assert rated(host) == {"listen": "partial", "solve": "pass"}
    press(host, "Shift+L", "3", "u")
    expect(host.page.locator(".qa-notice")).to_contain_text("Undone")
    press(host, "4")
    assert rated(host) == {"listen": "na", "solve": "pass"}


def test_a_digit_behind_a_click_rates_the_next_commandment(host: Host) -> None:
    row(host, "Listen").get_by_role("radio", name="Fail").click()
    expect(onward(host)).to_contain_text("now rate “Solve”")
    message(host, 2).locator(".qa-text").click()
    press(host, "1")
    assert rated(host) == {"listen": "fail", "solve": "pass"}


def test_a_fail_without_evidence_stays_and_asks_and_the_next_digit_goes_on(host: Host) -> None:
    press(host, "3")
    expect(row(host, "Listen")).to_be_focused()
    expect(host.page.locator(".qa-notice")).to_contain_text(ASKED)
    expect(row(host, "Listen")).to_contain_text("no evidence yet")
    colors = "all => all.map(one => getComputedStyle(one).color)"
    peek, hint = host.page.locator(".qa-active .qa-peek, .qa-active .qa-chips > .qa-hint").evaluate_all(colors)
    assert peek != hint
    press(host, "3")
    expect(row(host, "Solve")).to_be_focused()
    expect(host.page.locator(".qa-notice")).to_contain_text(ASKED)
    message(host, 2).locator(".qa-text").click()
    expect(row(host, "Solve")).not_to_contain_text("no evidence yet")
    expect(host.page.locator(".qa-notice")).to_have_text("")  # what was asked for is there
    assert [rating["rating"] for rating in stored(host)["ratings"].values()] == ["fail", "fail"]


def test_evidence_that_came_first_is_enough(host: Host) -> None:
    message(host, 2).locator(".qa-text").click()
    press(host, "3")
    expect(row(host, "Solve")).to_be_focused()
    expect(host.page.locator(".qa-notice")).to_have_text("")


def test_a_team_may_not_ask(open_ruled: OpenRuled) -> None:
    host = open_ruled(evidence_on_fail="off")
    press(host, "3")
    expect(row(host, "Solve")).to_be_focused()
    expect(row(host, "Listen")).not_to_contain_text("no evidence yet")
    press(host, "1", "Shift+W", "1", "Enter")
    expect(host.page.get_by_text("All done")).to_be_visible()
    assert stored(host)["status"] == "submitted"


def test_a_submit_asks_for_evidence_once(host: Host) -> None:
    press(host, "3")
    rate_all(host, "1")
    row(host, "Listen").get_by_role("radio", name="Fail").click()
    press(host, "Enter")
    form = evidence_form(host)
    expect(form).to_contain_text("Not submitted: a fail has no evidence.")
    expect(form.get_by_role("button", name="Show me the first")).to_be_focused()
    press(host, "Enter")
    expect(form).to_be_hidden()
    expect(row(host, "Listen")).to_be_focused()
    press(host, "Enter")
    form.get_by_role("button", name="Submit all the same").click()
    expect(host.page.get_by_text("All done")).to_be_visible()
    assert stored(host)["status"] == "submitted"
    assert [sent["without_evidence"] for sent in host.sent("submit")] == [False, False, True]


def test_a_team_may_require_evidence(open_ruled: OpenRuled) -> None:
    host = open_ruled(evidence_on_fail="require")
    rate_all(host, "3")
    row(host, "Make amends").get_by_role("radio", name="N/A").click()
    press(host, "Enter")
    form = evidence_form(host)
    expect(form).to_be_visible()
    expect(form.get_by_role("button", name="Submit all the same")).to_be_hidden()
    form.get_by_role("button", name="Solve").click()
    message(host, 4).locator(".qa-text").click()
    press(host, "Enter")
    expect(host.page.get_by_text("All done")).to_be_visible()
    assert stored(host)["status"] == "submitted"
