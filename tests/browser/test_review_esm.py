"""The review screen in Chromium, with a small fake front end; the answers come from a real session and store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from conftest import census, conversation_frames
from playwright.sync_api import Page, expect

from browser.conftest import BAD, Host, press, stop_clock
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric, load_rubric
from qa_toolkit.store import Store
from qa_toolkit.widgets import ReviewWidget

pytestmark = pytest.mark.browser

HostOf = Callable[[ReviewWidget], Host]
SessionOf = Callable[..., ReviewSession]


@pytest.fixture
def session_with(store: Store, small_rubric: Rubric) -> SessionOf:
    """A function that makes a session with one conversation of the texts given."""

    def make(*texts: str, rubric: Rubric = small_rubric, **head: Any) -> ReviewSession:
        conversations, messages = conversation_frames(
            1, [("agent" if i % 2 else "customer", t) for i, t in enumerate(texts)]
        )
        conversations["conversation_id"] = messages["conversation_id"] = "own"
        author = head.pop("author", None)
        for name, value in head.items():
            conversations[name] = [value]
        if author:
            messages["author"] = author
        store.add_conversations(conversations, messages)
        store.save_sample("own", census(conversations), {})
        return ReviewSession(store, "own", "ruth", rubric)

    return make


@pytest.fixture
def host(host_of: HostOf, session: ReviewSession) -> Host:
    host = host_of(ReviewWidget(session))
    expect(message(host.page, 1)).to_be_visible()
    return host


def message(page: Page, number: int) -> Any:
    return page.get_by_role("listitem", name=re.compile(f"^Message {number},"))


def row(page: Page, title: str) -> Any:
    return page.get_by_role("listitem", name=re.compile(f"^{title}, "))


def saved(host: Host) -> None:
    expect(host.page.locator(".qa-saved")).to_have_text(re.compile(r"^Saved #\d+ · \d\d:\d\d:\d\d$"))


def select(host: Host, position: int, start: int, end: int) -> None:
    """Select UTF-16 units of a message's text, as the mouse does."""
    host.do(
        f"""() => {{
          const text = document.querySelectorAll(".qa-text")[{position}].firstChild;
          const range = document.createRange();
          range.setStart(text, {start}); range.setEnd(text, {end});
          document.getSelection().removeAllRanges(); document.getSelection().addRange(range);
        }}"""
    )


def test_the_screen_shows_who_what_and_how_far(host: Host) -> None:
    for text in [
        "0 of 6 submitted",
        "ruth · sample first",
        "Parcel 0",
        "email",
        "agent amara",
        "Mon 2 Mar 2026, 09:00 UTC",
    ]:
        expect(host.page.get_by_text(text, exact=True)).to_be_visible()
    expect(message(host.page, 2)).to_contain_text("+ 1 h")
    expect(host.page.get_by_text("I ask for listen.")).to_be_visible()
    expect(host.page.get_by_text("It half passes listen.")).to_be_visible()


def test_keys_rate_and_move_on_and_the_store_has_it(host: Host, session: ReviewSession) -> None:
    press(host, "1", "3", "e")
    saved(host)
    expect(row(host.page, "Listen")).to_have_accessible_name("Listen, rated Pass")
    expect(row(host.page, "Solve")).to_have_attribute("aria-current", "true")
    ratings = session.state("c0")["ratings"]
    assert {name: rating["rating"] for name, rating in ratings.items()} == {"listen": "pass", "solve": "fail"}
    assert ratings["solve"]["evidence"] == [{"position": 0, "start": None, "end": None}]


def test_clicks_rate_choose_evidence_and_take_it_away(host: Host, session: ReviewSession) -> None:
    row(host.page, "Solve").get_by_role("radio", name="Partial").click()
    message(host.page, 2).locator(".qa-text").click()
    saved(host)
    assert session.state("c0")["ratings"]["solve"]["evidence"] == [{"position": 1, "start": None, "end": None}]
    expect(message(host.page, 2).get_by_role("button", name="Evidence for Solve: Partial")).to_be_visible()
    host.page.get_by_role("button", name="Remove message 2").click()
    saved(host)
    assert session.state("c0")["ratings"]["solve"]["evidence"] == []


def test_evidence_can_come_before_the_rating(host: Host, session: ReviewSession) -> None:
    message(host.page, 2).locator(".qa-text").click()
    expect(row(host.page, "Listen")).to_contain_text("rate it to save")
    assert host.sent("rate") == []
    press(host, "1")
    saved(host)
    assert session.state("c0")["ratings"]["listen"]["evidence"] == [{"position": 1, "start": None, "end": None}]


def test_the_offsets_of_a_span_are_code_points(host: Host, session: ReviewSession) -> None:
    text = session.view("c0")["conversation"]["messages"][0]["text"]
    start = text.index("It was")
    press(host, "2", "k")
    units = len(text[:start].encode("utf-16-le")) // 2
    assert units == start + 1
    select(host, 0, units - 1, units + 7)  # with a space before and after, which do not count
    press(host, "e")
    saved(host)
    span = session.state("c0")["ratings"]["listen"]["evidence"][0]
    assert text[span["start"] : span["end"]] == "It was"
    expect(host.page.locator("mark")).to_have_text("It was")
    expect(host.page.get_by_role("button", name="message 1: “It was”", exact=True)).to_be_visible()


def test_no_key_reaches_the_page_but_tab_and_save(host: Host) -> None:
    keys = "a b c Escape d d e f g Escape h i j k l m n o Escape p q r s Escape t u v w x y z 0 1 2 3 4 5 9 ? Escape"
    press(host, *keys.split(), "ArrowDown", "ArrowUp", "ArrowLeft", "Backspace", "Delete", "Space", "F2")
    press(host, "Shift+Enter", "Control+Enter", "Control+b", "Control+Shift+c", "Alt+Enter", "Enter", "Escape")
    host.page.get_by_role("textbox", name="Comment on the conversation").click()
    press(host, "d", "d", "x", "Enter", "Shift+Enter", "Control+Enter")
    assert host.do("host.keys") == []
    press(host, "Control+s", "Tab")
    assert {"keydown:s", "keydown:Tab"} <= set(host.do("host.keys"))


def test_hostile_text_is_only_text(host_of: HostOf, session_with: SessionOf) -> None:
    own = session_with(
        BAD, BAD, subject=BAD, author=BAD, agent=BAD, channel=BAD, plan=BAD, labels={"tags": [BAD], BAD: BAD}
    )
    own.rate("own", "listen", "fail", [{"position": 0, "start": 0, "end": 20}], BAD)
    own.comment("own", BAD)
    own.mark_good("own", 1, ["listen"], BAD)
    own.undo()
    own.skip("own", BAD)
    own.undo()
    host = host_of(ReviewWidget(own))
    expect(message(host.page, 1)).to_contain_text("<script>")
    press(host, "i", "k", "]", "g", "Escape", "s", "Escape", "Enter")
    expect(host.page.locator(".qa-details")).to_contain_text("<img src=x")
    assert host.do("window.pwned") is None
    assert host.page.locator(".qa :is(img, script, b, iframe)").count() == 0


def test_a_lost_answer_keeps_the_input_and_is_sent_again_with_the_same_id(
    host_of: HostOf, session: ReviewSession, page: Page
) -> None:
    stop_clock(page)
    host = host_of(ReviewWidget(session))
    expect(message(page, 1)).to_be_visible()
    press(host, "1")
    saved(host)
    press(host, "k", "c")
    page.keyboard.insert_text("never heard")
    host.do("host.lose = ['rate']")
    press(host, "Escape")
    host.forward(7000)
    expect(page.get_by_role("alert")).to_contain_text("NOT SAVED: Listen.")
    expect(row(page, "Listen")).to_have_accessible_name("Listen, rated Pass, not saved")
    expect(page.get_by_role("textbox", name="Comment on Listen")).to_have_value("never heard")
    assert "never heard" in host.do("JSON.stringify(localStorage)")
    host.do("host.lose = []")
    page.get_by_role("button", name="Try again").click()
    saved(host)
    last = [sent for sent in host.sent("rate") if sent["comment"] == "never heard"]
    assert len(last) == 2
    assert last[0] == last[1]
    expect(page.get_by_role("alert")).to_be_hidden()
    assert host.do("localStorage.length") == 0
    assert session.state("c0")["ratings"]["listen"]["comment"] == "never heard"


def test_a_kernel_that_is_gone_is_said_at_once(host: Host) -> None:
    host.do("host.dead = true")
    press(host, "1")
    expect(host.page.get_by_role("alert")).to_contain_text("NOT SAVED: Listen. The kernel does not answer")
    host.do("host.dead = false")
    press(host, "Enter")
    saved(host)


def test_an_unsent_comment_survives_a_reload(host: Host, session: ReviewSession) -> None:
    press(host, "c")
    host.page.keyboard.insert_text("half a thought")
    host.reload()
    expect(host.page.get_by_role("textbox", name="Comment on Listen")).to_have_value("half a thought")
    expect(host.page.get_by_text("A comment that was not saved is back: Listen")).to_be_visible()
    press(host, "2")
    saved(host)
    assert session.state("c0")["ratings"]["listen"]["comment"] == "half a thought"
    assert host.do("localStorage.length") == 0


def test_a_comment_is_saved_after_a_pause(host_of: HostOf, session: ReviewSession, page: Page) -> None:
    stop_clock(page)
    host = host_of(ReviewWidget(session))
    expect(message(page, 1)).to_be_visible()
    press(host, "o")
    page.keyboard.insert_text("well done")
    expect(page.locator(".qa-saved")).to_have_text("Comment not saved yet")
    host.forward(1600)
    saved(host)
    assert session.state("c0")["comment"] == "well done"


def test_what_another_tab_does_is_shown_here(host: Host, session: ReviewSession) -> None:
    result = session.rate("c0", "solve", "fail")
    answer = {"v": 1, "id": "of-another-tab", "ok": True, "result": result}
    host.do(f"host.deliver({json.dumps(answer)})")
    expect(row(host.page, "Solve")).to_have_accessible_name("Solve, rated Fail")
    other = {"v": 1, "id": "of-another-tab", "ok": True, "result": session.view("c3")}
    host.do(f"host.deliver({json.dumps(other)})")
    expect(host.page.get_by_text("Parcel 0", exact=True)).to_be_visible()


def test_a_rating_changed_elsewhere_is_shown_and_said(host: Host, session: ReviewSession) -> None:
    session.rate("c0", "listen", "fail")
    press(host, "1")
    expect(host.page.get_by_text("You see now what is stored.")).to_be_visible()
    expect(row(host.page, "Listen")).to_have_accessible_name("Listen, rated Fail")
    row(host.page, "Listen").get_by_role("radio", name="Pass").click()
    saved(host)
    assert session.state("c0")["ratings"]["listen"]["rating"] == "pass"


def test_an_incomplete_review_is_not_submitted_and_says_what_is_missing(host: Host, session: ReviewSession) -> None:
    press(host, "1", "Enter")
    form = host.page.get_by_role("form", name="Not rated yet")
    expect(form).to_contain_text("Not submitted: 2 not rated yet")
    expect(form.get_by_role("button", name="Solve")).to_be_visible()
    press(host, "Enter", "Enter")
    expect(host.page.get_by_text("Parcel 1", exact=True)).to_be_visible()
    expect(host.page.get_by_text("1 of 6 submitted")).to_be_visible()
    assert session.state("c0")["ratings"]["warm"]["rating"] == "na"


def test_a_key_pressed_while_the_next_conversation_comes_rates_nothing(host: Host, session: ReviewSession) -> None:
    press(host, "x")
    saved(host)
    host.do("host.lose = ['next']")
    press(host, "Enter")
    expect(host.page.locator(".qa-moving")).to_be_attached()
    host.page.wait_for_function("host.sent.some(({ kind }) => kind === 'next')")
    before = len(host.sent("rate"))
    press(host, "1", "2")
    assert len(host.sent("rate")) == before


def test_undo_says_what_it_undid_and_goes_there(host: Host, session: ReviewSession) -> None:
    press(host, "x", "Enter")
    expect(host.page.get_by_text("Parcel 1", exact=True)).to_be_visible()
    press(host, "u")
    expect(host.page.get_by_text("Undone: the submit in conversation c0")).to_be_visible()
    expect(host.page.get_by_text("Parcel 0", exact=True)).to_be_visible()
    press(host, "u")
    expect(host.page.get_by_text("Undone: 3 ratings")).to_be_visible()
    expect(row(host.page, "Listen")).to_have_accessible_name("Listen, not rated")
    press(host, "1")
    saved(host)
    assert session.state("c0")["ratings"]["listen"]["rating"] == "pass"


def test_a_cleared_rating_can_be_given_again(host: Host, session: ReviewSession) -> None:
    press(host, "1", "k", "0", "2")
    saved(host)
    assert session.state("c0")["ratings"]["listen"]["rating"] == "partial"


def test_skip_asks_for_a_reason(host: Host, session: ReviewSession) -> None:
    press(host, "s")
    host.page.get_by_role("textbox", name="Reason for the skip").click()
    host.page.keyboard.insert_text("only a test order")
    press(host, "Enter")
    expect(host.page.get_by_text("Parcel 1", exact=True)).to_be_visible()
    expect(host.page.get_by_text("0 of 6 submitted · 1 skipped")).to_be_visible()
    assert session.state("c0")["reason"] == "only a test order"


def test_a_good_answer_is_marked_and_unmarked_in_place(host: Host, session: ReviewSession) -> None:
    press(host, "g")
    expect(host.page.get_by_text("Only an answer can be good")).to_be_visible()
    press(host, "]", "g")
    form = host.page.get_by_role("form", name="Good answer")
    expect(form.get_by_role("checkbox", name="Listen")).to_be_checked()
    form.get_by_role("checkbox", name="Be warm").check()
    form.get_by_role("textbox").fill("says what happens next")
    press(host, "Enter")
    saved(host)
    expect(message(host.page, 2)).to_contain_text("★ Good answer: Listen, Be warm (says what happens next)")
    assert session.state("c0")["good_answers"][0]["commandments"] == ["listen", "warm"]
    press(host, "g")
    form.get_by_role("button", name="Not a good answer").click()
    expect(message(host.page, 2)).not_to_contain_text("★")


def test_messages_are_walked_by_their_own_keys_or_where_the_focus_is(host: Host) -> None:
    press(host, "]", "]", "[")
    expect(message(host.page, 2)).to_have_attribute("aria-current", "true")
    expect(row(host.page, "Listen")).to_be_focused()
    message(host.page, 2).focus()
    press(host, "j")
    expect(message(host.page, 3)).to_be_focused()
    press(host, "1")
    expect(row(host.page, "Solve")).to_be_focused()


def test_the_radiogroup_has_one_tab_stop_and_arrows_choose_nothing(host: Host) -> None:
    press(host, "Tab")
    group = host.page.get_by_role("radiogroup", name="Listen")
    expect(group.get_by_role("radio", name="Pass")).to_be_focused()
    press(host, "ArrowRight", "ArrowRight")
    expect(group.get_by_role("radio", name="Fail")).to_be_focused()
    assert host.sent("rate") == []
    press(host, "Space")
    expect(group.get_by_role("radio", name="Fail")).to_be_checked()


def test_the_end_of_the_queue_counts_and_leads_back(host_of: HostOf, session_with: SessionOf) -> None:
    host = host_of(ReviewWidget(session_with("Hello?", "Hello!")))
    expect(message(host.page, 1)).to_be_visible()
    press(host, "x", "Enter")
    expect(host.page.get_by_role("heading", name="All done")).to_be_visible()
    expect(host.page.locator(".qa-done")).to_contain_text("1 of 1 submitted")
    host.reload()
    expect(host.page.get_by_role("heading", name="All done")).to_be_visible()
    press(host, "p")
    expect(message(host.page, 1)).to_be_visible()
    expect(host.page.locator(".qa-state")).to_have_text("submitted")
    press(host, "p")
    expect(host.page.get_by_text("This is the first conversation")).to_be_visible()


def test_a_message_of_5_mb_is_cut_and_shown_on_request(host_of: HostOf, session_with: SessionOf) -> None:
    text = "A line of an endless log 😀.\n" * 180_000
    own = session_with("short", text)
    host = host_of(ReviewWidget(own))
    expect(message(host.page, 2)).to_be_visible()
    assert host.do("document.querySelectorAll('.qa-text')[1].textContent.length") <= 20_000
    message(host.page, 2).get_by_role("button", name="Show all 5,220,000 characters").click()
    assert host.do("document.querySelectorAll('.qa-text')[1].textContent.length") == 5_220_000
    press(host, "1")
    saved(host)


def test_messages_of_every_kind_of_text_are_shown(host_of: HostOf, session_with: SessionOf) -> None:
    arabic = "أين طلبي؟ رقم 4711"
    host = host_of(ReviewWidget(session_with(arabic, "🙏🙏🏽", "", " \n ")))
    expect(message(host.page, 1)).to_contain_text(arabic)
    assert host.do("getComputedStyle(document.querySelector('.qa-text')).direction") == "rtl"
    expect(message(host.page, 2)).to_contain_text("🙏🙏🏽")
    assert host.do("document.querySelectorAll('.qa-text.qa-empty').length") == 2


def test_cleanup_empties_the_place_and_removes_every_listener(host: Host) -> None:
    press(host, "1", "c")
    host.page.keyboard.insert_text("last words")
    host.do("host.cleanup()")
    assert host.do("document.getElementById('place').childNodes.length") == 0
    assert host.do("host.listeners()") == 0
    host.do("document.dispatchEvent(new Event('selectionchange'))")
    host.do("host.mount()")
    expect(message(host.page, 1)).to_be_visible()
    assert host.do("document.querySelectorAll('.qa').length") == 1


def test_the_keys_are_all_on_one_sheet(host: Host) -> None:
    press(host, "?")
    sheet = host.page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("rate the rest N/A")
    press(host, "1")
    assert host.sent("rate") == []
    press(host, "Escape")
    expect(sheet).to_be_hidden()
    expect(row(host.page, "Listen")).to_be_focused()


def test_somebody_who_writes_elsewhere_keeps_the_focus(host: Host) -> None:
    host.do("host.cleanup()")
    host.do("document.body.prepend(Object.assign(document.createElement('textarea'), { id: 'elsewhere' }))")
    host.page.locator("#elsewhere").focus()
    host.do("host.mount()")
    expect(message(host.page, 1)).to_be_visible()
    expect(host.page.locator("#elsewhere")).to_be_focused()


@pytest.mark.parametrize("width", [780, 900, 1400])
def test_nothing_is_cut_off_at_the_sides(host_of: HostOf, store: Store, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 720})
    host = host_of(ReviewWidget(ReviewSession(store, "first", "ruth", load_rubric())))
    expect(message(page, 1)).to_be_visible()
    parts = "[...document.querySelectorAll('.qa, .qa-pane, .qa-row, .qa-foot')]"
    assert host.do(f"{parts}.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.className)") == []
    stacked = host.do("getComputedStyle(document.querySelector('.qa-panes')).gridTemplateColumns.split(' ').length")
    assert stacked == (1 if width < 820 else 2)


def test_a_hello_that_is_answered_late_opens_the_screen(host_of: HostOf, session: ReviewSession, page: Page) -> None:
    stop_clock(page)
    host = host_of(ReviewWidget(session))
    expect(message(page, 1)).to_be_visible()
    host.do("host.lose = ['hello']; host.cleanup(); host.mount()")
    host.forward(7000)
    expect(page.get_by_role("alert")).to_contain_text("The kernel has not answered")
    host.do("host.lose = []; host.deliver(host.answers[0])")
    expect(message(page, 1)).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_what_another_tab_was_refused_shows_here_too(host: Host, session: ReviewSession) -> None:
    session.rate("c0", "listen", "pass")
    refusal = {"code": "stale", "message": "changed", "state": session.state("c0")}
    host.do(f"host.deliver({json.dumps({'v': 1, 'id': 'of another tab', 'ok': False, 'error': refusal})})")
    expect(row(host.page, "Listen")).to_have_accessible_name("Listen, rated Pass")
