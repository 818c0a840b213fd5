"""The transcript in Chromium: finding, moving, selecting by keys, thousands of messages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from conftest import census, conversation_frames
from playwright.sync_api import expect

from browser.conftest import BAD, Host, press
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store
from qa_toolkit.widgets import ReviewWidget

pytestmark = pytest.mark.browser

MANY = 2000
OpenHost = Callable[..., Host]


@pytest.fixture
def open_with(host_of: Callable[[ReviewWidget], Host], store: Store, small_rubric: Rubric) -> OpenHost:
    """A function that shows one conversation of the texts given, or of (role, text) pairs."""

    def open_(
        *texts: str | tuple[str, str],
        prepare: Callable[[ReviewSession], object] = lambda _: None,
        folded: list[list[dict[str, Any]]] | None = None,
    ) -> Host:
        pairs = [t if isinstance(t, tuple) else (("customer", "agent")[i % 2], t) for i, t in enumerate(texts)]
        conversations, messages = conversation_frames(1, pairs)
        conversations["conversation_id"] = messages["conversation_id"] = "own"
        messages["folded"] = [*(folded or []), *[[]] * (len(messages) - len(folded or []))]
        store.add_conversations(conversations, messages)
        store.save_sample("own", census(conversations), {})
        session = ReviewSession(store, "own", "ruth", small_rubric)
        prepare(session)
        host = host_of(ReviewWidget(session))
        host.session = session  # type: ignore[attr-defined]
        expect(message(host, 1)).to_be_visible()
        return host

    return open_


def message(host: Host, number: int) -> Any:
    return host.page.get_by_role("listitem", name=re.compile(f"^Message {number},"))


def evidence(host: Host) -> list[dict[str, Any]]:
    expect(host.page.locator(".qa-saved")).to_have_text(re.compile(r"^Saved #\d+ · "))
    return host.session.state("own")["ratings"]["listen"]["evidence"]  # type: ignore[attr-defined]


def built(host: Host) -> int:
    return host.page.locator(".qa-msg").count()


def marked(host: Host, name: str) -> list[str]:
    return host.do(f"[...(CSS.highlights.get('{name}') ?? [])].map(range => range.toString()).sort()")


def current(host: Host) -> Any:
    return host.page.locator(".qa-msg[aria-current]")


def test_words_are_found_marked_and_gone_through(open_with: OpenHost) -> None:
    host = open_with("The Parcel is late", "Which parcel?", "no", "That parcel.")
    press(host, "/")
    field = host.page.get_by_role("searchbox", name="Find in the transcript")
    expect(field).to_be_focused()
    host.page.keyboard.insert_text("parcel")
    count = host.page.locator(".qa-find-count")
    expect(count).to_have_text("1 of 3")
    assert marked(host, "qa-found") == ["Parcel", "parcel", "parcel"]
    press(host, "Enter", "Enter")
    expect(count).to_have_text("3 of 3")
    expect(current(host)).to_have_accessible_name(re.compile("^Message 4,"))
    assert marked(host, "qa-found-here") == ["parcel"]
    press(host, "Enter", "Shift+Enter")
    expect(count).to_have_text("3 of 3")
    host.page.keyboard.insert_text("!")
    expect(count).to_have_text("not found")
    assert marked(host, "qa-found") == marked(host, "qa-found-here") == []
    press(host, "Escape")
    expect(field).to_be_hidden()
    expect(current(host)).to_be_focused()
    assert host.do("host.keys") == []


def test_marks_of_the_search_survive_new_evidence(open_with: OpenHost) -> None:
    host = open_with("one two one", "answer")
    press(host, "2", "k", "/")
    host.page.keyboard.insert_text("one")
    host.do("document.querySelector('[role=listitem].qa-row').focus()")
    press(host, "v", "e")
    assert [(span["start"], span["end"]) for span in evidence(host)] == [(0, 3)]
    expect(host.page.locator(".qa-msg mark")).to_have_text("one")
    assert marked(host, "qa-found") == ["one", "one"]


def test_words_are_selected_by_keys(open_with: OpenHost) -> None:
    host = open_with("Hello. 📦 It came today! Thanks.", "fine")
    press(host, "2", "k", "v")
    expect(host.page.locator(".qa-notice")).to_contain_text("“Hello.”")
    press(host, "ArrowDown", "Shift+ArrowDown")
    expect(host.page.locator(".qa-notice")).to_contain_text("“📦 It came today!”")
    press(host, "e")
    assert evidence(host) == [{"position": 0, "start": 7, "end": 23}]
    expect(host.page.locator(".qa-msg mark")).to_have_text("📦 It came today!")
    press(host, "v", "End", "Escape")
    assert host.do("document.getSelection().toString()") == ""
    press(host, "v", "]")
    expect(current(host)).to_have_accessible_name(re.compile("^Message 2,"))
    assert host.do("document.getSelection().toString()") == ""
    assert host.do("host.keys") == []


def test_a_message_without_words_offers_none(open_with: OpenHost) -> None:
    host = open_with(" ", "fine")
    press(host, "v")
    expect(host.page.locator(".qa-notice")).to_have_text("This message has no words")


def test_several_messages_are_evidence_at_once(open_with: OpenHost) -> None:
    host = open_with("a", "b", "c", "d", "e")
    press(host, "2", "k")
    message(host, 4).locator(".qa-text").click()
    message(host, 2).locator(".qa-text").click(modifiers=["Shift"])
    expect(host.page.locator(".qa-chip-go")).to_have_text(["message 2", "message 3", "message 4"])
    assert [span["position"] for span in evidence(host)] == [1, 2, 3]
    press(host, "]", "]", "]", "E")
    expect(host.page.locator(".qa-chip-go")).to_have_count(4)
    assert [span["position"] for span in evidence(host)] == [1, 2, 3, 4]


def test_one_jumps_between_the_messages_of_agents(open_with: OpenHost) -> None:
    roles = ["customer", "bot", "agent", "note", "customer", "agent", "system"]
    host = open_with(*[(role, f"text {i}") for i, role in enumerate(roles)])
    press(host, "}")
    expect(current(host)).to_have_accessible_name(re.compile("^Message 3, Agent"))
    host.page.get_by_role("button", name="Agent ↓").click()
    expect(current(host)).to_have_accessible_name(re.compile("^Message 6, Agent"))
    expect(host.page.get_by_text("message 6 of 7", exact=True)).to_be_visible()
    press(host, "}")
    expect(host.page.locator(".qa-notice")).to_have_text("No later message of an agent")
    press(host, "{")
    expect(current(host)).to_have_accessible_name(re.compile("^Message 3, Agent"))


def test_thousands_of_messages_are_made_when_they_are_near(open_with: OpenHost) -> None:
    last = {"position": MANY - 1, "start": 8, "end": 12}
    texts = [f"message {i:04}" for i in range(MANY)]
    host = open_with(*texts, prepare=lambda s: s.rate("own", "listen", "fail", [last]))
    host.page.add_init_script("globalThis.requestIdleCallback = () => 0")  # never any time
    host.reload()
    expect(message(host, 1)).to_be_visible()
    press(host, "k")
    assert built(host) < 200
    host.page.get_by_role("button", name="message 2000: “1999”", exact=True).click()
    expect(message(host, MANY)).to_be_in_viewport()
    expect(message(host, MANY).locator("mark")).to_have_text("1999")
    expect(message(host, MANY)).to_have_attribute("aria-setsize", str(MANY))
    press(host, "/")
    host.page.keyboard.insert_text("0998")
    expect(message(host, 999)).to_be_in_viewport()
    expect(current(host)).to_have_accessible_name(re.compile("^Message 999,"))
    press(host, "Escape", "[", "[")
    expect(message(host, 997)).to_be_in_viewport()
    assert marked(host, "qa-found") == []


def test_all_messages_are_there_after_a_while(open_with: OpenHost) -> None:
    host = open_with(*[f"message {i}" for i in range(300)])
    expect(host.page.locator(".qa-msg")).to_have_count(300)
    numbers = host.page.locator(".qa-no").all_text_contents()
    assert numbers == [str(i + 1) for i in range(300)]


def test_hostile_words_are_searched_as_words(open_with: OpenHost) -> None:
    host = open_with(BAD, "fine")
    press(host, "/")
    host.page.keyboard.insert_text("<img src=x onerror=")
    expect(host.page.locator(".qa-find-count")).to_have_text("1 of 1")
    assert marked(host, "qa-found-here") == ["<img src=x onerror="]
    press(host, "Escape", "v", "Shift+End")
    assert host.do("window.pwned") is None
    assert host.page.locator(".qa :is(img, script, b)").count() == 0


MAIL = "It works 📦\n\nOn Monday Mei wrote:\n> one parcel\n> two\n-- \nNora"
FOLDS = [[{"start": 10, "end": 51, "kind": "quote"}, {"start": 52, "end": 60, "kind": "signature"}]]


def test_quoted_mail_and_signatures_are_folded(open_with: OpenHost) -> None:
    host = open_with(MAIL, "fine", folded=FOLDS)
    mail = message(host, 1)
    quoted = mail.get_by_role("button", name="Show 3 quoted lines")
    expect(quoted).to_have_attribute("aria-expanded", "false")
    expect(mail.locator(".qa-folded").first).to_be_hidden()
    assert host.do("document.querySelector('.qa-text').textContent") == MAIL
    quoted.click()
    expect(mail.locator(".qa-folded").first).to_be_visible()
    expect(mail.get_by_role("button", name="Hide 3 quoted lines")).to_be_visible()
    expect(mail.get_by_role("button", name="Show signature")).to_be_visible()
    press(host, "k", "q")
    expect(mail.locator(".qa-folded").last).to_be_visible()
    press(host, "q")
    expect(mail.locator(".qa-folded").first).to_be_hidden()
    press(host, "]", "q")
    expect(host.page.locator(".qa-notice")).to_contain_text("Nothing is folded")


def test_what_is_looked_for_and_what_is_evidence_opens_its_fold(open_with: OpenHost) -> None:
    host = open_with(MAIL, "fine", folded=FOLDS)
    mail = message(host, 1)
    press(host, "/")
    host.page.keyboard.insert_text("parcel")
    expect(mail.locator(".qa-folded").first).to_be_visible()
    expect(mail.locator(".qa-folded").last).to_be_hidden()
    assert marked(host, "qa-found-here") == ["parcel"]
    press(host, "Escape", "q", "q")
    expect(mail.locator(".qa-folded").first).to_be_hidden()
    press(host, "2", "k", "v", "End", "e")
    assert evidence(host) == [{"position": 0, "start": 56, "end": 60}]
    expect(mail.locator(".qa-folded").last.locator("mark")).to_have_text("Nora")


def test_a_forgotten_conversation_says_so_and_keeps_its_places(open_with: OpenHost) -> None:
    def prepare(session: ReviewSession) -> None:
        session.rate("own", "listen", "fail", [{"position": 1, "start": 2, "end": 6}])
        Project(session._store).forget("Nora", by="ines")

    host = open_with("where is it?", "on its way", prepare=prepare)
    expect(host.page.get_by_role("note")).to_contain_text("Its customer was forgotten on ")
    assert host.do("document.querySelector('.qa-list').innerText.includes('way')") is False
    expect(message(host, 2).locator(".qa-mark")).to_have_count(1)
