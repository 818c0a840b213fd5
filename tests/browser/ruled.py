"""A rubric with all that a row can have, and one conversation that is reviewed by it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from conftest import COMMANDMENT, census, conversation_frames
from playwright.sync_api import Locator, expect

from browser.conftest import Host
from qa_toolkit.review import ReviewSession, ReviewSettings
from qa_toolkit.rubric import Rubric, parse_rubric
from qa_toolkit.store import Store
from qa_toolkit.widgets import ReviewWidget

RUBRIC = """
id = "ruled"
title = "A rubric with everything"
version = "1"
language = "en"
[groups]
matter = "The matter"
manner = "The manner"
[root_causes]
knowledge = "Did not know the product"
hurry = "Was in a hurry"
policy = "Had to follow a bad rule"
"""
OPTIONS = {
    "listen": 'key = "L"\nfacts = ["question-already-answered"]',
    "solve": 'facts = ["promise"]',
    "amends": """
facts = ["amends"]
applies = { when = { solve = ["fail", "partial"] }, otherwise = "Nothing to make good." }""",
    "warm": 'key = "W"\nfacts = ["apology", "blame"]',
    "prompt": 'root_causes = ["hurry"]\nfacts = ["first-response"]\napplies = { channel = ["chat"] }',
}
TITLES = {"listen": "Listen", "solve": "Solve", "amends": "Make amends", "warm": "Be warm", "prompt": "Be prompt"}
TEXTS = (
    "My parcel is late.",
    "I am so sorry for the delay. 📦 I will call you by Friday.",
    "Where is it?",
    "We apologise again. It is your own fault, you gave the wrong address.",
)
OpenRuled = Callable[..., Host]


def ruled_rubric() -> Rubric:
    """Return five commandments in two groups: one critical, one conditional, one for chats alone."""
    blocks = []
    for name, title in TITLES.items():
        block = COMMANDMENT.format(id=name, title=title, weight=1, critical=str(name == "solve").lower())
        group = "manner" if name in ("warm", "prompt") else "matter"
        blocks.append(block.replace('group = "all"', f'group = "{group}"') + OPTIONS[name])
    return parse_rubric(RUBRIC + "".join(blocks))


def show_ruled(
    host_of: Callable[[ReviewWidget], Host],
    store: Store,
    *texts: str | tuple[str, str],
    language: str = "en",
    watch: Callable[[ReviewSession], object] = lambda _: None,
    **settings: Any,
) -> Host:
    """Show one conversation by mail, of texts or (role, text); `settings` are those of `ReviewSettings`."""
    pairs = [t if isinstance(t, tuple) else (("customer", "agent")[i % 2], t) for i, t in enumerate(texts or TEXTS)]
    conversations, messages = conversation_frames(1, pairs)
    conversations["conversation_id"] = messages["conversation_id"] = "own"
    conversations["language"] = language
    store.add_conversations(conversations, messages)
    store.save_sample("own", census(conversations), {})
    session = ReviewSession(store, "own", "ruth", ruled_rubric(), settings=ReviewSettings(**settings))
    watch(session)
    host = host_of(ReviewWidget(session))
    host.session = session  # type: ignore[attr-defined]
    expect(host.page.locator(".qa-msg").first).to_be_visible()
    return host


def row(host: Host, title: str) -> Locator:
    return host.page.get_by_role("listitem", name=re.compile(f"^{title}, "))


def message(host: Host, number: int) -> Locator:
    return host.page.get_by_role("listitem", name=re.compile(f"^Message {number},"))


def stored(host: Host) -> dict[str, Any]:
    """Return what the store has once the screen says that all is saved."""
    expect(host.page.locator(".qa-saved")).to_have_text(re.compile(r"^Saved #\d+ · "))
    state: dict[str, Any] = host.session.state("own")  # type: ignore[attr-defined]
    return state
