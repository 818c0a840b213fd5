"""A calibration of three reviewers on two conversations, shown to ruth; the others act from Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import Locator, expect

from browser.conftest import Host, press
from qa_toolkit.calibration import CalibrationSession, start_calibration
from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store
from qa_toolkit.widgets import CalibrateWidget

WHOLE = [{"position": 1, "start": None, "end": None}]
BEN = {
    "listen": ("pass", [], ""),
    "solve": ("fail", [{"position": 3, "start": 0, "end": 16}], "no van came"),
    "warm": ("pass", [], ""),
}
CARA = {"listen": ("pass", [], ""), "solve": ("pass", [], ""), "warm": ("partial", WHOLE, "a cold hello")}
HostOf = Callable[[CalibrateWidget], Host]


class Room:
    """Sessions of all who take part, and the page of one of them."""

    def __init__(
        self,
        store: Store,
        rubric: Rubric,
        lead: str = "",
        hide_agent: bool = True,
        reviewers: Sequence[str] = ("ruth", "ben", "cara"),
    ) -> None:
        self.project = Project(store)
        start_calibration(
            self.project,
            "march",
            list(reviewers),
            conversations=["c0", "c1"],
            rubric=rubric,
            lead=lead,
            hide_agent=hide_agent,
        )
        self.host: Host

    def session(self, reviewer: str) -> CalibrationSession:
        return CalibrationSession(self.project, "march", reviewer)

    def show(self, host_of: HostOf, reviewer: str = "ruth") -> Host:
        self.me = self.session(reviewer)
        self.host = host_of(CalibrateWidget(self.me))
        expect(self.host.page.locator(".qa-msg").first).to_be_visible()
        return self.host

    def rate(self, reviewer: str, ratings: dict[str, Any], conversation_id: str = "c0") -> None:
        """Rate and submit from Python, as if in another place."""
        session = self.session(reviewer)
        for name, (rating, evidence, comment) in ratings.items():
            session.rate(conversation_id, 1, name, rating, evidence, comment)
        session.submit(conversation_id, 1)

    def others(self, conversation_id: str = "c0") -> None:
        self.rate("ben", BEN, conversation_id)
        self.rate("cara", CARA, conversation_id)

    def reveal(self) -> None:
        """Rate three times pass, submit, and come back to what all say."""
        press(self.host, "1", "1", "1", "Enter")
        at_the_other(self.host)
        self.others()
        self.host.page.get_by_role("button", name="c0").click()
        expect(self.comparison).to_be_visible()

    def look(self) -> None:
        """Let the page ask now what the store says, as it does every few seconds."""
        self.host.do("document.dispatchEvent(new Event('visibilitychange'))")

    @property
    def comparison(self) -> Locator:
        return self.host.page.get_by_role("region", name="Comparison")

    def stored(self, conversation_id: str = "c0") -> dict[str, Any]:
        """Return what the store has once the screen says that all is saved."""
        expect(self.host.page.locator(".qa-saved")).to_have_text(re.compile(r"^Saved #\d+ · "))
        return self.state(conversation_id)

    def state(self, conversation_id: str = "c0") -> dict[str, Any]:
        """Return what the store has for who is at the page."""
        state: dict[str, Any] = self.me.view(conversation_id)["state"]
        return state


def at_the_other(host: Host) -> None:
    """Wait until the second conversation is shown: a submit of the first leads there."""
    expect(host.page.locator(".qa-subject")).to_have_text("Parcel 1")


def stage(host: Host, conversation_id: str) -> Locator:
    return host.page.get_by_role("navigation").get_by_role("button", name=conversation_id).locator(".qa-stage")


def row(host: Host, title: str) -> Locator:
    return host.page.get_by_role("listitem", name=re.compile(f"^{title}, "))


def votes(host: Host, title: str) -> Locator:
    return row(host, title).locator(".qa-votes > .qa-vote")
