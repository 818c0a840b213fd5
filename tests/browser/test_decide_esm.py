"""The screen for disputes in Chromium, with a small fake front end; a real session on a real store answers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from disputing import dispute, reviewed_project
from playwright.sync_api import expect

from browser.conftest import Host, press
from browser.test_accessibility import dress, serious
from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store
from qa_toolkit.widgets import DecideWidget
from qa_toolkit.widgets._base import Screen

pytestmark = pytest.mark.browser


@pytest.fixture
def project(store: Store, small_rubric: Rubric) -> Project:
    project = reviewed_project(store, small_rubric)
    dispute(project, "amara", "c0", reason="SECRET-REASON")
    dispute(project, "amara", "c0", "solve", "partial")
    dispute(project, "derek", "c1", "solve", "fail")
    return project


@pytest.fixture
def host(project: Project, host_of: Callable[[Screen], Host]) -> Host:
    host = host_of(DecideWidget(project.decide("otto")))
    expect(host.page.locator(".qa-msg").first).to_be_visible()
    return host


def test_it_is_decided_by_the_keys_of_a_review(host: Host, project: Project) -> None:
    page = host.page
    expect(page.locator(".qa-who")).to_have_text("otto · disputes")
    expect(page.locator(".qa-rated")).to_have_text("0 of 2 rated")
    expect(page.get_by_text("Be warm")).to_have_count(0)
    press(host, "1")  # listen, and on to solve
    expect(page.locator(".qa-rated")).to_have_text("1 of 2 rated")
    press(host, "Enter")
    expect(page.locator(".qa-notice")).to_have_text("Rate it first")
    assert project.disputes()["state"].tolist() == ["open", "open", "open"]
    press(host, "2", "Enter")
    expect(page.locator(".qa-subject")).to_have_text("Parcel 1")
    expect(page.locator(".qa-rated")).to_have_text("0 of 1 rated")
    expect(page.get_by_text("Listen", exact=True)).to_have_count(0)
    press(host, "1", "u")
    expect(page.locator(".qa-notice")).to_contain_text("Undone: the rating of “Solve”")
    press(host, "3", "Enter")
    expect(page.get_by_text("a fail has no evidence")).to_be_visible()
    press(host, "Escape")
    page.locator(".qa-msg").nth(3).click()
    expect(page.locator(".qa-saved")).to_contain_text("Saved")
    press(host, "Enter")
    expect(page.get_by_text("All done")).to_be_visible()
    assert project.disputes()["decided"].tolist() == ["pass", "partial", "fail"]
    assert [case.decision.payload["evidence"][0]["position"] for case in project.store.disputes.cases()[2:]] == [3]


def test_nothing_of_the_dispute_reaches_the_page(host: Host, project: Project) -> None:
    press(host, "1", "x", "g", "s", "f", "o", "n")
    expect(host.page.locator(".qa-subject")).to_have_text("Parcel 1")
    answers = str(host.do("host.answers"))
    assert "Parcel 1" in answers
    for secret in ("SECRET-REASON", "ruth", "listen of c0", "proposed"):
        assert secret not in answers
    assert {message["kind"] for message in host.do("host.sent")} <= {"hello", "rate", "next", "refresh"}


def test_a_draft_is_there_after_a_reload(host: Host) -> None:
    press(host, "2", "c")
    host.page.keyboard.type("half of it")
    host.page.keyboard.press("Escape")
    expect(host.page.locator(".qa-saved")).to_contain_text("Saved")
    host.reload()
    expect(host.page.locator(".qa-rated")).to_have_text("1 of 2 rated")


def test_what_was_withdrawn_meanwhile(host: Host, project: Project) -> None:
    for number in project.disputes().query("agent == 'amara'")["dispute"]:
        project.withdraw("amara", int(number))
    press(host, "1")
    expect(host.page.get_by_text("withdrawn meanwhile").first).to_be_visible()
    press(host, "n")
    expect(host.page.locator(".qa-subject")).to_have_text("Parcel 1")


@pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("dark", 900)])
def test_axe_finds_nothing_serious(host: Host, theme: str, width: int) -> None:
    dress(host.page, theme, width)
    press(host, "3")
    found = {"rated": serious(host)}
    press(host, "?")
    found["keys"] = serious(host)
    press(host, "Escape", "0", "2", "2", "Enter")
    expect(host.page.locator(".qa-subject")).to_have_text("Parcel 1")
    found["the next"] = serious(host)
    assert {state: problems for state, problems in found.items() if problems} == {}
