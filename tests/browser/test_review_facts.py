"""Facts in the review screen in Chromium: when they may be seen, where they lead, what is said of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from browser.conftest import BAD, Host, press
from browser.ruled import message, row, show_ruled, stored
from qa_toolkit.conversations.facts import KINDS, TIMINGS
from qa_toolkit.review import ReviewSession
from qa_toolkit.store import Store
from qa_toolkit.widgets import ReviewWidget

pytestmark = pytest.mark.browser

OpenRuled = Callable[..., Host]


@pytest.fixture
def open_ruled(host_of: Callable[[ReviewWidget], Host], store: Store) -> OpenRuled:
    return partial(show_ruled, host_of, store)


@pytest.fixture
def host(open_ruled: OpenRuled) -> Host:
    return open_ruled()


def facts_beside(host: Host, title: str) -> Locator:
    return row(host, title).get_by_role("group", name="Facts")


def card(host: Host) -> Locator:
    return host.page.get_by_role("dialog", name="Facts")


def heard(host: Host) -> list[dict[str, Any]]:
    """Return all facts in any message to the page."""
    expect(host.page.locator(".qa-time").first).to_be_visible()
    facts: list[dict[str, Any]] = host.do("host.answers.flatMap(answer => answer.result?.facts ?? [])")
    return facts


def marked(host: Host) -> list[str]:
    return host.do("[...(CSS.highlights.get('qa-pointed') ?? [])].map(range => range.toString())")


# --- when they may be seen ---


def test_before_the_reviewer_asks_the_page_is_told_times_alone(host: Host) -> None:
    press(host, "Shift+W")
    expect(facts_beside(host, "Be warm")).to_contain_text(
        "Apologies, Blame: shown when you ask (f), or once every commandment that has them is rated"
    )
    assert {fact["kind"] for fact in heard(host)} == set(TIMINGS)
    told = host.do("JSON.stringify(host.answers.map(({ result }) => result?.facts ?? []))")
    assert not re.search("apolog|fault|Friday", told, re.IGNORECASE)
    rest = json.loads(host.do("JSON.stringify(host.answers.flatMap(answer => answer.result?.withheld ?? []))"))
    assert all(set(one) == {"kind", "title", "why"} for one in rest)


def test_a_rating_opens_the_facts_beside_it_and_no_other(host: Host) -> None:
    press(host, "Shift+W", "1")
    facts = facts_beside(host, "Be warm")
    press(host, "Shift+W")
    expect(facts.get_by_role("button", name="Apology in message 2", exact=True)).to_be_visible()
    expect(facts).to_contain_text("right 21 of 22")
    assert {fact["kind"] for fact in heard(host)} == {*TIMINGS, "apology", "blame"}


def test_a_key_asks_for_them(host: Host) -> None:
    press(host, "f")
    expect(card(host)).to_be_focused()
    expect(card(host).get_by_role("button", name="Apology in message 4", exact=True)).to_be_visible()
    assert {fact["kind"] for fact in heard(host)} == set(KINDS)
    press(host, "f")
    expect(card(host)).to_be_hidden()
    expect(row(host, "Listen")).to_be_focused()
    press(host, "Shift+W")
    expect(facts_beside(host, "Be warm")).to_contain_text("Blame in message 4")
    host.page.get_by_role("button", name="Facts").click()
    press(host, "Escape")
    expect(card(host)).to_be_hidden()
    assert host.do("host.keys") == []


def test_a_team_may_show_them_only_once_rated_or_never(open_ruled: OpenRuled) -> None:
    host = open_ruled(facts_show="rated", facts_each={"apology": "never"}, facts_min_precision=0.9)
    press(host, "f")
    expect(card(host)).to_contain_text(re.compile("Blame.*: shown once every commandment"))
    expect(card(host)).to_contain_text(re.compile("unanswered.*: not shown: too often wrong"))
    expect(card(host)).not_to_contain_text("Apolog")
    assert {fact["kind"] for fact in heard(host)} == set(TIMINGS)


def test_times_stand_in_the_header_at_once_and_lead_there(host: Host) -> None:
    times = host.page.get_by_role("group", name="Times")
    expect(times.get_by_role("button")).to_have_text(
        [
            re.compile("^First response after 1 h"),
            re.compile("^The customer waited 1 h"),
            re.compile("^The agent waited 1 h"),
        ]
    )
    times.get_by_role("button", name="The agent waited").click()
    expect(message(host, 3)).to_have_attribute("aria-current", "true")
    expect(message(host, 3)).to_be_in_viewport()


def test_an_unknown_language_is_not_guessed(open_ruled: OpenRuled) -> None:
    host = open_ruled(language="sw")
    press(host, "f")
    expect(card(host)).to_contain_text(re.compile("Apologies, Blame.*: not computed: language 'sw'"))
    expect(card(host).get_by_role("button", name="This is wrong: Apologies")).to_have_count(0)


# --- what they say and where they lead ---


def test_a_fact_leads_to_its_words(host: Host) -> None:
    press(host, "f")
    card(host).get_by_role("button", name="Promise “Friday”").first.click()
    expect(card(host)).to_be_hidden()
    expect(message(host, 2)).to_have_attribute("aria-current", "true")
    assert marked(host) == ["Friday"]
    press(host, "Shift+W")
    facts_beside(host, "Be warm").get_by_role("button", name="Apology in message 2", exact=True).click()
    assert marked(host) == ["sorry"]


def test_none_found_never_reads_as_none_made(host: Host) -> None:
    press(host, "f")
    expect(card(host).get_by_text(re.compile("^Amends")).first).to_contain_text(
        "none found, which is not to say that there is none; the rule finds 17 of 22"
    )
    lines = card(host).locator(".qa-none-found .qa-fact-text").all_text_contents()
    assert lines
    assert all("none found, which is not to say that there is none" in line for line in lines)


def test_hostile_text_is_only_text_in_a_fact(open_ruled: OpenRuled) -> None:
    def spoil(session: ReviewSession) -> None:
        """Let every fact quote what must not run."""
        read = session.facts

        def facts(*args: Any, **kwargs: Any) -> dict[str, Any]:
            answer = read(*args, **kwargs)
            return {**answer, "facts": [fact | {"text": BAD, "title": BAD} for fact in answer["facts"]]}

        session.facts = facts  # type: ignore[method-assign]

    words = f"Sorry {BAD}, I will call you by Friday {BAD}. It is your own fault {BAD}."
    host = open_ruled(BAD, words, "Where is it?", words, watch=spoil)
    press(host, "f")
    expect(card(host).locator(".qa-fact-go").first).to_contain_text("<script>")
    expect(host.page.locator(".qa-time").first).to_contain_text("<script>")
    card(host).get_by_role("button", name="This is wrong").last.click()
    host.page.keyboard.insert_text(BAD)
    press(host, "Enter")
    stored(host)
    press(host, "Escape", "Shift+W")
    facts_beside(host, "Be warm").locator(".qa-fact-go").last.click()
    assert host.do("window.pwned") is None
    assert host.page.locator(".qa :is(img, script, b, iframe)").count() == 0


# --- what the reviewer says of them ---


def test_a_fact_is_disputed_with_a_note_and_that_is_taken_back(host: Host, store: Store) -> None:
    press(host, "f")
    card(host).get_by_role("button", name="This is wrong: Apology in message 2").click()
    expect(card(host).get_by_role("textbox", name="What is true instead")).to_be_focused()
    host.page.keyboard.insert_text("fx is not a key here")
    press(host, "Enter")
    expect(card(host)).to_be_focused()
    expect(card(host)).to_contain_text("you said: wrong")
    fact = "apology:1:8-13"
    assert stored(host)["disputed_facts"] == [fact]
    assert [sent["note"] for sent in host.sent("dispute_fact")] == ["fx is not a key here"]
    card(host).get_by_role("button", name="Not wrong after all: Apology in message 2").click()
    expect(card(host)).not_to_contain_text("you said: wrong")
    assert stored(host)["disputed_facts"] == []


def test_a_dispute_beside_a_row_is_undone_by_a_key(host: Host) -> None:
    press(host, "Shift+W", "1", "Shift+W")
    facts = facts_beside(host, "Be warm")
    facts.get_by_role("button", name="This is wrong: Blame").click()
    press(host, "Escape")
    expect(facts.get_by_role("form")).to_have_count(0)
    facts.get_by_role("button", name="This is wrong: Blame").click()
    press(host, "Enter")
    expect(facts).to_contain_text("you said: wrong")
    expect(row(host, "Be warm")).to_be_focused()
    assert len(stored(host)["disputed_facts"]) == 1
    press(host, "u")
    expect(host.page.get_by_text("Undone: what was said of a fact")).to_be_visible()
    expect(facts).not_to_contain_text("you said: wrong")
    assert stored(host)["disputed_facts"] == []
