"""The review screen as a test drives it, and the store as a second process sees it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from playwright.sync_api import Locator, Page, expect

from qa_toolkit import load_rubric, open_project
from qa_toolkit.store import tables
from qa_toolkit.store.engine import make_engine, reading

TITLES = {commandment.id: commandment.title for commandment in load_rubric().commandments}
LABELS = {"pass": "Pass", "partial": "Partial", "fail": "Fail", "na": "N/A"}
# Keeps what the screen shows each time that it says "Saved": the ratings are painted in the same turn.
WATCH = """() => {
    const saved = document.querySelector('.qa-saved');
    window.shownAsSaved ??= [];
    new MutationObserver(() => {
        if (saved.dataset.state !== 'saved') return;
        const ratings = [...document.querySelectorAll('.qa-row')].map(row =>
            [row.dataset.id, row.querySelector('[aria-checked=true]')?.getAttribute('aria-label') ?? null]);
        window.shownAsSaved.push({
            event: Number(saved.textContent.match(/#(\\d+)/)?.[1] ?? 0),
            conversation: document.querySelector('.qa-details dd')?.textContent,
            ratings: Object.fromEntries(ratings.filter(([, rating]) => rating)),
        });
    }).observe(saved, { attributes: true, childList: true, characterData: true, subtree: true });
}"""


class ReviewScreen:
    """The review screen on a page of JupyterLab.

    Parameters
    ----------
    page : playwright.sync_api.Page
    root : playwright.sync_api.Locator, optional
        The widget's element, where the page shows more than one.
    """

    def __init__(self, page: Page, root: Locator | None = None) -> None:
        self.page = page
        self.root = root or page.locator(".qa")
        self.status = self.root.locator(".qa-saved")
        self.banner = self.root.get_by_role("alert")
        self.notice = self.root.locator(".qa-notice")

    def message(self, number: int) -> Locator:
        """Return a message, numbered from 1."""
        return self.root.get_by_role("listitem", name=re.compile(f"^Message {number},"))

    def row(self, commandment: str) -> Locator:
        """Return the row of a commandment."""
        return self.root.get_by_role("listitem", name=re.compile(f"^{re.escape(TITLES[commandment])}, "))

    def click(self, commandment: str, rating: str) -> None:
        """Rate a commandment with the mouse."""
        self.row(commandment).get_by_role("radio", name=LABELS[rating], exact=True).click()

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        for key in keys:
            self.page.keyboard.press(key)

    def rest_and_submit(self) -> None:
        """Rate what is left as N/A, submit, and wait for the next conversation."""
        here = self.conversation()
        self.press("x")
        self.saved()
        self.press("Enter")
        self.at_another_than(here)

    def saved(self) -> int:
        """Wait until everything is saved and return the number of the event that the screen shows."""
        expect(self.status).to_have_text(re.compile(r"^Saved #\d+"))
        return int(re.findall(r"#(\d+)", self.status.text_content() or "")[0])

    def saving(self) -> None:
        """Wait until something is not saved yet, however long it has taken."""
        expect(self.status).to_have_text(re.compile("[Ss]aving…$|^NOT SAVED$"))

    def conversation(self) -> str:
        """Return the id of the conversation that is shown."""
        return self.root.locator(".qa-details dd").first.text_content() or ""

    def at(self, conversation_id: str) -> None:
        """Wait for a conversation."""
        expect(self.root.locator(".qa-details dd").first).to_have_text(conversation_id)

    def at_another_than(self, conversation_id: str) -> None:
        """Wait until another conversation is shown."""
        expect(self.root.locator(".qa-details dd").first).not_to_have_text(conversation_id)

    def shows(self, ratings: Mapping[str, str]) -> None:
        """Wait until the screen shows these ratings and no other."""
        expect(self.root.locator(".qa-row [aria-checked=true]")).to_have_count(len(ratings))
        for commandment, rating in ratings.items():
            name = f"{TITLES[commandment]}, rated {LABELS[rating]}"
            expect(self.row(commandment)).to_have_accessible_name(name)

    def watch(self) -> None:
        """From now on keep what the screen shows whenever it says "Saved"."""
        self.page.evaluate(WATCH)

    def shown_as_saved(self) -> list[dict[str, Any]]:
        """Return what was kept: event number, conversation id, and ratings by commandment."""
        shown: list[dict[str, Any]] = self.page.evaluate("() => window.shownAsSaved")
        return shown


def write_jsonl(records: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """Write conversations in the uniform layout."""
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def cells(url: str, sample: str = "first", reviewer: str = "ruth") -> list[str]:
    """Return the cells of a notebook that shows the review screen."""
    return [
        f"from qa_toolkit import ReviewWidget, open_project\nproject = open_project({url!r})",
        f"session = project.review({sample!r}, {reviewer!r})\nReviewWidget(session)",
    ]


def drafts(url: str, conversation_id: str, reviewer: str = "ruth") -> dict[str, str]:
    """Return the current ratings of a conversation, submitted or not, as the store has them."""
    ratings = open_project(url).store.ratings()
    mine = ratings[(ratings["conversation_id"] == conversation_id) & (ratings["reviewer"] == reviewer)]
    assert mine["commandment"].is_unique
    return dict(zip(mine["commandment"], mine["rating"], strict=True))


def events(url: str) -> list[dict[str, Any]]:
    """Return the rows of the log, read by the store's own SQLite: two in one process undo each other's locks."""
    engine = make_engine(url)
    with reading(engine) as connection:
        rows = connection.execute(sa.select(tables.events).order_by(tables.events.c.event_id)).mappings().all()
    engine.dispose()
    return [{**row, "payload": json.loads(row["payload"])} for row in rows]


def nothing_doubled(url: str) -> None:
    """Fail if an act was written twice."""
    said = Counter((e["actor"], e["conversation_id"], e["slot"], json.dumps(e["payload"])) for e in events(url))
    assert [act for act, times in said.items() if times > 1] == []


def check_saved(url: str, shown: Sequence[Mapping[str, Any]]) -> None:
    """Fail if the screen said "Saved" of something that is not in the log."""
    log = {event["event_id"]: event for event in events(url)}
    assert shown
    for moment in shown:
        assert moment["event"] in log or moment["event"] == 0
        rated = {}
        for event in log.values():
            here = event["kind"] == "rating" and event["conversation_id"] == moment["conversation"]
            if here and event["event_id"] <= moment["event"]:
                rated[event["payload"]["commandment"]] = LABELS.get(event["payload"]["rating"])
        assert moment["ratings"].items() <= rated.items(), moment
