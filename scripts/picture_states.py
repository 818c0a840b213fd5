"""What the screens show in the pictures of docs/images."""

from __future__ import annotations

import re
from collections.abc import Callable

import pandas as pd
from lab_review import TITLES, ReviewScreen
from playwright.sync_api import Page, expect

from qa_toolkit import Project
from qa_toolkit.conversations import validate_conversations, validate_messages

SAMPLE = "pictures"
FIRST = "will-03"  # of the sample data: promised, forgotten, told again
KINDS = [
    ("system", "Ticket 4411 opened from the web form.", None, []),
    ("customer", "Since this morning the scale shows ERR 7. A photo is attached.", "Ines Varga", ["scale-err7.jpg"]),
    ("bot", "Thanks! Did you try to switch it off and on again?", "Botty", []),
    ("customer", "Twice. Please let a person look at it.", "Ines Varga", []),
    ("note", "Serial number says 2023 batch, those have the loose cable. Ask Jonas for the repair sheet.", "mei", []),
    (
        "agent",
        "Hello Ms Varga, I see ERR 7 on your photo, thank you. That is a loose cable inside, and it is ours to mend: "
        "the label for sending it in is attached, and a spare scale leaves here today.\n\n"
        "On Thu, 11 Jun 2026 at 08:17, Ines Varga wrote:\n> It shows ERR 7 as soon as I plug it in.\n"
        "> A photo is attached.",
        "mei",
        ["label.pdf", "how-to-pack.pdf"],
    ),
    ("system", "Status set to waiting for customer.", None, []),
]


def add_conversations(project: Project) -> None:
    """Add a conversation with all kinds of messages and one without times; draw the sample of the pictures."""
    start = pd.Timestamp("2026-06-11T08:00Z")
    heads, bodies = [], []
    for name, timed in (("kinds", True), ("no-times", False)):
        head = {"conversation_id": name, "source": "sample", "channel": "email", "language": "en", "agent": "mei"}
        heads.append({**head, "subject": "The scale shows ERR 7", "n_messages": len(KINDS), "labels": {}})
        for place, (role, text, author, files) in enumerate(KINDS):
            sent_at = start + pd.Timedelta(minutes=17 * place) if timed else None
            body = {"conversation_id": name, "position": place, "role": role, "author": author, "text": text}
            at = text.find("\n\nOn Thu")
            folded = [{"start": at, "end": len(text), "kind": "quote"}] if at > 0 else []
            bodies.append({**body, "sent_at": sent_at, "attachments": files, "folded": folded})
    conversations, messages = pd.DataFrame(heads), pd.DataFrame(bodies)
    project.store.add_conversations(validate_conversations(conversations), validate_messages(messages))
    items = pd.DataFrame({"conversation_id": [FIRST, "kinds", "no-times"], "stratum": "all"})
    project.store.save_sample(SAMPLE, items.assign(inclusion_probability=1.0, reason="for the pictures"), {"n": 3})


def go_to(screen: ReviewScreen, conversation_id: str) -> None:
    """Press Next until a conversation is shown."""
    while screen.conversation() != conversation_id:
        here = screen.conversation()
        screen.press("n")
        screen.at_another_than(here)


def rated(screen: ReviewScreen) -> None:
    """Be in the middle of a review."""
    screen.at(FIRST)
    screen.click("listen-fully", "fail")
    screen.message(2).locator(".qa-text").click()
    screen.page.get_by_label(f"Comment on {TITLES['listen-fully']}").first.fill(
        "Asks for the number and the statement."
    )
    screen.press("Escape", "j", "2", "1", "3")
    screen.message(4).locator(".qa-text").click()
    screen.saved()


def keys(screen: ReviewScreen) -> None:
    """Show all keys."""
    screen.press("?")


def find(screen: ReviewScreen) -> None:
    """Find words."""
    screen.press("/")
    screen.page.keyboard.insert_text("statement")
    screen.press("Enter")


def words(screen: ReviewScreen) -> None:
    """Select words of a message by keys."""
    screen.press("2", "k", "]", "v", "ArrowDown", "ArrowDown", "ArrowDown", "Shift+ArrowDown")
    screen.saved()


def good(screen: ReviewScreen) -> None:
    """Mark an answer as good."""
    go_to(screen, "kinds")
    screen.press("}", "g")
    screen.root.get_by_role("checkbox", name=TITLES["make-amends"]).check()


def root_causes(screen: ReviewScreen) -> None:
    """Choose root causes of a fail."""
    rated(screen)
    screen.press("r", "Space", "ArrowRight", "ArrowRight", "Space")
    screen.saved()


def evidence_asked(screen: ReviewScreen) -> None:
    """Submit with fails that have no evidence."""
    screen.press("3", "1", "x")
    screen.saved()
    screen.press("Enter")
    expect(screen.root.get_by_role("form", name="No evidence")).to_be_visible()


def missing(screen: ReviewScreen) -> None:
    """Submit before everything is rated."""
    screen.press("1", "1", "2", "1")
    screen.saved()
    screen.press("Enter")
    expect(screen.root.get_by_role("form", name="Not rated yet")).to_be_visible()


def skip(screen: ReviewScreen) -> None:
    """Skip a conversation."""
    screen.press("s")


def facts(screen: ReviewScreen) -> None:
    """Show all facts of a conversation."""
    screen.press("f")
    expect(screen.root.get_by_role("dialog", name="Facts")).to_contain_text("Promise")


def facts_in_row(screen: ReviewScreen) -> None:
    """Show facts beside the commandment that they belong to, and call one of them wrong."""
    screen.click("keep-your-word", "fail")
    screen.press("f")
    expect(screen.root.get_by_role("dialog", name="Facts")).to_contain_text("Promise")
    screen.press("Escape")
    screen.root.locator(".qa-detail .qa-fact-go").first.click()
    screen.root.locator(".qa-detail .qa-fact-wrong").last.click()


def rows(screen: ReviewScreen) -> None:
    """Fold groups, and open a commandment that cannot apply."""
    go_to(screen, "no-times")
    screen.press("z")
    for title in ("Solve", "Recover"):
        screen.root.locator(".qa-group-button", has_text=title).click()
    screen.row("answer-promptly").locator(".qa-title").click()


def kinds(screen: ReviewScreen) -> None:
    """Show notes, bots, system events, attachments and a folded quotation."""
    go_to(screen, "kinds")


def done(screen: ReviewScreen) -> None:
    """Come to the end of the queue."""
    for _ in range(3):
        screen.press("x")
        screen.saved()
        screen.press("Enter")
        screen.page.wait_for_timeout(500)
    expect(screen.root.get_by_role("heading", name="All done")).to_be_visible()


STATES: dict[str, Callable[[ReviewScreen], None]] = {
    "keys": keys,
    "find": find,
    "words": words,
    "good": good,
    "root-causes": root_causes,
    "evidence-asked": evidence_asked,
    "missing": missing,
    "skip": skip,
    "facts": facts,
    "facts-in-row": facts_in_row,
    "rows": rows,
    "kinds": kinds,
    "done": done,
}


def review(page: Page, project: Project) -> None:
    """Be in the middle of a review of the first conversation with a fault, rated as its authors rated it."""
    screen = ReviewScreen(page, page.locator(".qa").first)
    expect(screen.message(1)).to_be_visible()
    ratings = project.ratings().query("reviewer == 'ruth'")
    fails = ratings[(ratings["rating"] == "fail") & (ratings["evidence"].map(len) == 1)].set_index("conversation_id")
    while screen.conversation() not in fails.index:
        here = screen.conversation()
        screen.root.get_by_role("button", name=re.compile("^Next")).click()
        screen.at_another_than(here)
    fault = fails.loc[[screen.conversation()]].iloc[0]
    found = ratings[ratings["conversation_id"] == screen.conversation()].set_index("commandment")["rating"]
    screen.click(fault["commandment"], "fail")
    screen.message(fault["evidence"][0]["position"] + 1).locator(".qa-text").click()
    page.get_by_label(f"Comment on {TITLES[fault['commandment']]}").first.fill(fault["comment"])
    screen.press("Escape")
    for commandment in [name for name in TITLES if name != fault["commandment"]][:6]:
        screen.click(commandment, found[commandment])
    screen.row(fault["commandment"]).locator(".qa-title").click()
    screen.saved()


def coach(page: Page, _project: Project) -> None:
    """Show a fault and good answers for it, the first of them pinned."""
    screen = page.locator(".qa-coach").first
    screen.get_by_label("Agent", exact=True).select_option("derek")
    screen.get_by_role("group", name=re.compile("^Apologise")).get_by_role("option").first.click()
    first = screen.get_by_role("article", name=re.compile("^Answer 1,"))
    pin = first.get_by_role("button", name=re.compile("Pin"))
    expect(pin).to_be_visible()
    if pin.get_attribute("aria-pressed") == "false":
        pin.click()
    expect(screen.locator(".qa-saved")).to_have_text("Saved")
