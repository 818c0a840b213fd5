"""What the pictures of assignments show: the screen of who has some, and the board of a lead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lab_review import ReviewScreen
from playwright.sync_api import Browser, expect

from qa_toolkit import Project, open_project
from qa_toolkit.sample_data import load_sample_data

SAMPLE = "assigned"
DONE = {"nora": 9, "ines": 6, "omar": 11, "zoe": 2}


def set_up(project: Project, conversation_id: str) -> None:
    """Give one conversation to each reviewer of a picture, overdue, and put the rest into the pool."""
    project.sample(SAMPLE, 12, seed=1)
    items = project.store.sample(SAMPLE)["conversation_id"].tolist()
    first = conversation_id if conversation_id in items else items[0]
    day = datetime.now(UTC) - timedelta(days=2)
    project.assign(SAMPLE, {f"nora-{name}": [first] for name in STATES}, due=day.date(), by="lea")
    project.assign(SAMPLE, how="pool", by="lea")


def hand_back(screen: ReviewScreen) -> None:
    """Hand a conversation back."""
    screen.press("h")
    expect(screen.root.get_by_role("form", name="Hand back")).to_be_visible()


def pool(screen: ReviewScreen) -> None:
    """Come to the end of what is assigned."""
    screen.press("x")
    screen.saved()
    screen.press("Enter")
    expect(screen.root.get_by_role("heading", name="All done")).to_be_visible()


STATES: dict[str, Callable[[ReviewScreen], None]] = {"hand-back": hand_back, "pool": pool}


def board(browser: Browser, folder: Path, data: Path, image: Path) -> None:
    """Take a picture of a board on which something is everywhere."""
    project = open_project(f"sqlite:///{folder}/board.db")
    load_sample_data(project, data)
    project.sample("april", 40, by="agent", seed=4)
    project.sample("may", 30, seed=5)
    now = datetime.now(UTC)
    project.assign("april", list(DONE), overlap=2, share=0.2, due=now + timedelta(days=2), by="lea")
    project.assign("may", how="pool", due=now + timedelta(days=20), by="lea")
    project.take("may", "ines", 6)
    for name, n in DONE.items():
        session = project.review("april", name)
        for conversation_id in session.queue[:n]:
            session.rate_rest(conversation_id, "pass")
            session.submit(conversation_id)
    zoe, ines = project.review("april", "zoe").queue, project.review("april", "ines").queue
    project.hand_back("april", zoe[5], "zoe", "I know her")
    project.reassign("april", "ines", "omar", [ines[8]], due=now - timedelta(days=1), by="lea")
    project.save_board(folder / "board.html")
    context = browser.new_context(viewport={"width": 1280, "height": 700}, device_scale_factor=1)
    page = context.new_page()
    page.goto((folder / "board.html").as_uri())
    page.screenshot(path=image, full_page=True)
    context.close()
    project.store.close()
