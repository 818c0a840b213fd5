"""The review screen in a sample with assignments, in Chromium: due dates, the pool, handing back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from browser.conftest import Host, press, stop_clock
from browser.test_accessibility import dress, serious
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.store import Store
from qa_toolkit.widgets import ReviewWidget

pytestmark = pytest.mark.browser
HostOf = Callable[[ReviewWidget], Host]


@pytest.fixture
def project(store: Store) -> Project:
    return Project(store)


def due(host: Host):
    return host.page.locator(".qa-due")


def test_take_from_the_pool_by_key_and_hand_back(
    host_of: HostOf, project: Project, session_of: Callable[[str], ReviewSession]
) -> None:
    project.assign("first", how="pool", due="2026-10-01", by="lea")
    host = host_of(ReviewWidget(session_of("nora")))
    expect(host.page.get_by_role("heading", name="Nothing is assigned to you in this sample")).to_be_visible()
    press(host, "t")
    expect(host.page.get_by_text("Parcel 0")).to_be_visible()
    expect(host.page.locator(".qa-notice")).to_have_text("1 conversation taken from the pool")
    expect(due(host)).to_have_text(re.compile(r"^due Thu 1 Oct 2026 · kept for you until \d\d:\d\d UTC$"))
    press(host, "t")  # only at the end of the queue
    press(host, "h")
    expect(host.page.get_by_role("form", name="Hand back")).to_be_visible()
    press(host, "Escape", "h")
    host.page.get_by_role("textbox", name="Reason for handing it back").fill("I know her")
    press(host, "Enter")
    expect(host.page.get_by_role("heading", name="Nothing is assigned to you in this sample")).to_be_visible()
    frame = project.assignments("first", "nora")
    assert frame[["conversation_id", "state"]].to_numpy().tolist() == [["c0", "handed back"]]
    host.page.get_by_role("button", name="Take five (T)").click()
    expect(host.page.get_by_text("Parcel 1")).to_be_visible()
    expect(host.page.locator(".qa-count-text")).to_have_text("0 of 5 submitted")
    assert len(host.sent("take")) == 2
    assert [key for key in host.do("host.keys") if key.split(":")[1] not in ("Tab",)] == []


def test_an_empty_pool_says_so_and_what_the_lead_adds_appears(
    host_of: HostOf, project: Project, session_of: Callable[[str], ReviewSession]
) -> None:
    project.assign("first", {"ines": ["c0"]}, by="lea")
    host = host_of(ReviewWidget(session_of("nora")))
    host.page.get_by_role("button", name="Take the next from the pool (t)").click()
    expect(host.page.locator(".qa-done-said")).to_have_text(re.compile("Nothing is left in the pool that you may have"))
    project.assign("first", {"nora": ["c1"]}, by="lea")
    host.do("window.dispatchEvent(new Event('focus'))")
    host.page.get_by_role("button", name="Go on with what is open").click()
    expect(host.page.get_by_text("Parcel 1")).to_be_visible()


def test_overdue_in_words_and_what_was_given_to_somebody_else(
    host_of: HostOf, project: Project, session_of: Callable[[str], ReviewSession]
) -> None:
    project.assign("first", ["nora"], due="2026-08-31", by="lea")
    host = host_of(ReviewWidget(session_of("nora")))
    expect(due(host)).to_have_text("OVERDUE since Mon 31 Aug 2026")
    expect(host.page.get_by_role("button", name="Hand back")).to_be_visible()
    project.reassign("first", "nora", "ines", ["c0"], by="lea")
    host.do("window.dispatchEvent(new Event('focus'))")
    expect(due(host)).to_have_text("no longer yours: it was given to somebody else")
    expect(host.page.get_by_role("button", name="Hand back")).to_be_hidden()
    press(host, "x", "Enter")  # what is rated all the same is kept
    expect(host.page.get_by_text("Parcel 1")).to_be_visible()
    assert project.reviews()["state"].tolist() == ["submitted"]


def test_a_take_that_nobody_answered_is_sent_again_and_takes_once(
    host_of: HostOf, project: Project, session_of: Callable[[str], ReviewSession]
) -> None:
    project.assign("first", how="pool", by="lea")
    host = host_of(ReviewWidget(session_of("nora")))
    expect(host.page.get_by_role("button", name="Take the next from the pool (t)")).to_be_visible()
    stop_clock(host.page)  # by itself it is sent again after a second
    host.do("host.lose = ['take']")
    press(host, "t")
    host.forward(6100)
    expect(host.page.get_by_role("alert")).to_contain_text("NOT SAVED: taking from the pool")
    host.do("host.lose = []")
    host.page.get_by_role("button", name="Try again").click()
    expect(host.page.get_by_text("Parcel 0")).to_be_visible()
    assert project.assignments("first", "nora")["conversation_id"].tolist() == ["c0"]


def test_without_assignments_nothing_is_said_of_them(host_of: HostOf, session: ReviewSession) -> None:
    host = host_of(ReviewWidget(session))
    expect(host.page.get_by_text("Parcel 0")).to_be_visible()
    expect(due(host)).to_be_hidden()
    expect(host.page.get_by_role("button", name="Hand back")).to_be_hidden()


@pytest.mark.parametrize(("theme", "width"), [("light", 1400), ("lab dark", 900)])
def test_it_can_be_read_by_all(
    host_of: HostOf, project: Project, session_of: Callable[[str], ReviewSession], theme: str, width: int
) -> None:
    project.assign("first", how="pool", due="2026-08-31", by="lea")
    host = host_of(ReviewWidget(session_of("nora")))
    dress(host.page, theme, width)
    expect(host.page.get_by_role("button", name="Take five (T)")).to_be_visible()
    found = serious(host)
    press(host, "t")
    expect(due(host)).to_be_visible()
    found += serious(host)
    press(host, "h")
    expect(host.page.get_by_role("form", name="Hand back")).to_be_visible()
    assert found + serious(host) == []
