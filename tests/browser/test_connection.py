"""What the review screen does when the kernel is slow, silent or gone, after a reload, and beside another tab."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from browser.conftest import Host, press, stop_clock
from browser.test_review_esm import message, row, saved
from qa_toolkit.review import ReviewSession
from qa_toolkit.widgets import ReviewWidget

pytestmark = pytest.mark.browser

HostOf = Callable[..., Host]
NOTHING_KEPT = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('denied'); } })"
ALL_FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); }"


@pytest.fixture
def host(host_of: HostOf, session: ReviewSession, page: Page) -> Host:
    """A screen whose clock the test moves."""
    stop_clock(page)
    host = host_of(ReviewWidget(session))
    expect(message(page, 1)).to_be_visible()
    host.settle()
    return host


def kept(host: Host) -> list[dict[str, Any]]:
    """Return the acts that the browser keeps."""
    names: list[str] = host.do("Object.keys(localStorage).sort()")
    return [json.loads(host.do(f"localStorage[{json.dumps(name)}]")) for name in names if "/act/" in name]


def status(host: Host) -> Any:
    return host.page.locator(".qa-saved")


def notice(host: Host) -> Any:
    return host.page.locator(".qa-notice")


def ratings(session: ReviewSession, name: str = "c0") -> dict[str, str]:
    return {key: rating["rating"] for key, rating in session.state(name)["ratings"].items()}


def test_a_slow_kernel_is_said_to_be_slow_and_what_it_answers_late_counts(host: Host, session: ReviewSession) -> None:
    host.do("host.lose = ['rate']")
    press(host, "1")
    expect(status(host)).to_have_text("Saving…")
    host.forward(2100)
    expect(status(host)).to_have_text("The kernel is slow; still saving…")
    expect(host.page.get_by_role("alert")).to_be_hidden()
    host.forward(4000)
    expect(status(host)).to_have_text("NOT SAVED")
    uid = host.sent("rate")[0]["id"]
    answer = {"v": 1, "id": uid, "ok": True, "result": session.rate("c0", "listen", "pass", base=0, uid=uid)}
    host.do(f"host.deliver({json.dumps(answer)})")
    saved(host)


def test_a_silent_kernel_is_asked_again_with_the_same_id_until_it_answers(host: Host, session: ReviewSession) -> None:
    host.do("host.lose = ['ask:rate', 'ask:comment']")
    press(host, "1", "2")
    for seconds in (6.1, 1.1, 6.1, 2.1, 6.1):
        host.forward(int(1000 * seconds))
        expect(status(host)).to_have_text("NOT SAVED")
    first, second, *again = [sent["id"] for sent in host.sent("rate")]
    assert again == [first, first]
    press(host, "3", "o")  # the work goes on
    host.page.keyboard.insert_text("later")
    press(host, "Escape")
    expect(row(host.page, "Be warm")).to_have_accessible_name(re.compile("^Be warm, rated Fail"))
    host.do("host.lose = []")
    for seconds in (4.1, 6.1, 1.1):  # the first is heard, then what was sent after it is missed, and sent again
        host.forward(int(1000 * seconds))
    saved(host)
    assert ratings(session) == {"listen": "pass", "solve": "partial", "warm": "fail"}
    assert session.state("c0")["comment"] == "later"
    assert {sent["id"] for sent in host.sent("rate")} >= {first, second}


def test_a_connection_that_is_gone_is_not_asked_again_and_keeps_what_is_done(
    host: Host, session: ReviewSession
) -> None:
    host.do("host.dead = true; host.emit('comm_live_update')")
    expect(host.page.get_by_role("alert")).to_contain_text("The connection to the kernel was lost")
    expect(status(host)).to_have_text("Not connected")
    press(host, "1", "2", "3")
    expect(status(host)).to_have_text("NOT SAVED")
    before = len(host.do("host.sent"))
    host.forward(10_000)
    assert len(host.sent("rate")) <= before
    assert [act["fields"]["rating"] for act in kept(host)] == ["pass", "partial", "fail"]
    host.do("host.cleanup(); host.dead = false; host.mount()")  # the kernel is back and the cell was run again
    expect(notice(host)).to_have_text("3 acts of before were sent again and saved")
    saved(host)
    assert kept(host) == []
    assert ratings(session) == {"listen": "pass", "solve": "partial", "warm": "fail"}


def test_acts_of_before_are_sent_again_before_anything_is_shown(host: Host, session: ReviewSession) -> None:
    host.do("host.lose = ['ask:rate', 'ask:rate_rest', 'submit']")
    press(host, "1", "2", "k", "3", "x")  # pass, partial and then fail; the rest waits for what it rates
    made = kept(host)
    assert [act["kind"] for act in made] == ["rate", "rate", "rate", "rate_rest"]
    assert "parcel" not in json.dumps(made).lower()  # nothing that a customer wrote
    host.reload()
    expect(notice(host)).to_have_text("4 acts of before were sent again and saved")
    assert [sent["kind"] for sent in host.do("host.sent")][:2] == ["hello", "rate"]
    acts = [sent for sent in host.do("host.sent") if sent["kind"].startswith("rate")]
    assert {sent["id"] for sent in acts} == {act["id"] for act in made}
    assert ratings(session) == {"listen": "pass", "solve": "fail", "warm": "na"}
    saved(host)
    assert kept(host) == []


def test_an_answer_that_was_lost_is_given_again_and_nothing_is_written_twice(
    host: Host, session: ReviewSession
) -> None:
    press(host, "x")
    saved(host)
    host.do("host.lose = ['submit']")
    press(host, "Enter")
    expect(status(host)).to_have_text("Saving…")
    host.page.wait_for_function("host.sent.some(({ kind }) => kind === 'submit')")
    host.settle()
    host.reload()
    expect(notice(host)).to_have_text("1 act of before was sent again and saved")
    expect(host.page.get_by_text("Parcel 1", exact=True)).to_be_visible()
    assert session.progress()["submitted"] == 1


def test_what_is_refused_when_it_is_sent_again_is_shown_with_what_it_was(host: Host, session: ReviewSession) -> None:
    press(host, "4")
    saved(host)
    host.do("host.lose = ['ask:rate']")
    press(host, "k", "c")
    host.page.keyboard.insert_text("cold words")
    press(host, "Escape", "3")
    press(host, "u")
    session.rate("c0", "listen", "pass")
    host.reload()
    panel = host.page.locator(".qa-refusals")
    expect(panel).to_contain_text("Listen: N/A, “cold words” (conversation c0). This was changed elsewhere")
    expect(panel).to_contain_text("Listen: Fail, “cold words” (conversation c0). It was not sent")
    expect(panel).to_contain_text("the undo (conversation c0). It was not sent")
    expect(row(host.page, "Listen")).to_have_accessible_name("Listen, rated Pass, comment not saved: rate it again")
    row(host.page, "Listen").locator(".qa-title").click()
    expect(host.page.get_by_role("textbox", name="Comment on Listen")).to_have_value("cold words")
    press(host, "j")  # the words were meant for a fail: they do not go with a pass by themselves
    assert session.state("c0")["ratings"]["listen"]["comment"] == ""
    panel.get_by_role("button", name="I have read it").click()
    expect(panel).to_be_hidden()
    assert kept(host) == []
    row(host.page, "Listen").get_by_role("radio", name="Pass").click()
    expect(row(host.page, "Listen")).to_have_accessible_name("Listen, rated Pass")
    saved(host)
    assert session.state("c0")["ratings"]["listen"]["comment"] == "cold words"


def test_what_cannot_be_written_yet_is_shown_as_not_saved_after_a_reload_too(
    host: Host, session: ReviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(session, "rate", fail)
    press(host, "1")
    expect(status(host)).to_have_text("NOT SAVED")
    host.reload()
    expect(row(host.page, "Listen")).to_have_accessible_name("Listen, rated Pass, not saved")
    expect(host.page.get_by_role("alert").first).to_contain_text(
        "NOT SAVED: Listen. Something went wrong in the kernel"
    )
    monkeypatch.undo()
    host.forward(31_000)
    saved(host)
    expect(notice(host)).to_have_text("1 act of before was sent again and saved")
    assert ratings(session) == {"listen": "pass"}


def test_to_try_again_at_a_kernel_that_is_gone_does_not_hide_that_it_is(host: Host) -> None:
    host.do("host.dead = true; host.emit('comm_live_update')")
    host.page.get_by_role("button", name="Try again").click()
    expect(host.page.get_by_role("alert")).to_contain_text("The kernel cannot be reached")
    host.do("host.dead = false")
    host.page.get_by_role("button", name="Try again").click()
    expect(host.page.get_by_role("alert")).to_be_hidden()


def test_an_undo_takes_back_nothing_that_this_screen_does_not_know(host: Host, session: ReviewSession) -> None:
    press(host, "1")
    saved(host)
    session.comment("c3", "done elsewhere")
    press(host, "u")
    expect(notice(host)).to_contain_text("Nothing was undone: something newer was done elsewhere in conversation 'c3'")
    assert session.state("c3")["comment"] == "done elsewhere"
    press(host, "u")  # now that it was said
    expect(notice(host)).to_contain_text("Undone: the comment on the conversation in conversation c3")


@pytest.mark.parametrize("broken", [NOTHING_KEPT, ALL_FULL])
def test_a_storage_that_keeps_nothing_loses_only_the_survival(
    host_of: HostOf, session: ReviewSession, page: Page, broken: str
) -> None:
    page.add_init_script(broken)
    stop_clock(page)
    host = host_of(ReviewWidget(session))
    expect(message(page, 1)).to_be_visible()
    press(host, "1")
    saved(host)
    host.do("host.lose = ['ask:rate']")
    press(host, "2")
    host.forward(6100)
    expect(page.get_by_role("alert")).to_contain_text("Leave this page open: the browser keeps nothing.")
    host.do("host.lose = []")
    host.forward(1100)
    saved(host)
    assert ratings(session) == {"listen": "pass", "solve": "partial"}


@pytest.fixture
def beside(host: Host, session_of: Callable[[str], ReviewSession]) -> Host:
    """The same reviewer's screen in a second tab of the same browser, with a kernel of its own."""
    page = host.page.context.new_page()
    page.set_default_timeout(30_000)
    other = Host(page, ReviewWidget(session_of("ruth"))).open()
    expect(message(page, 1)).to_be_visible()
    return other


def test_two_tabs_with_two_kernels_show_what_the_store_says(host: Host, beside: Host) -> None:
    press(beside, "3", "3")
    saved(beside)
    press(beside, "j", "c")
    beside.page.keyboard.insert_text("half a thought")
    press(host, "k", "1")  # which is stale here, as the next would be before the answer
    expect(notice(host)).to_contain_text("You see now what is stored")
    press(host, "2")
    saved(host)
    beside.forward(15_100)
    expect(notice(beside)).to_have_text("Changed in another tab: Solve")
    expect(row(beside.page, "Solve")).to_have_accessible_name("Solve, rated Partial")
    expect(row(beside.page, "Be warm")).to_have_attribute("aria-current", "true")
    expect(beside.page.get_by_role("textbox", name="Comment on Be warm")).to_have_value("half a thought")


def test_a_tab_that_is_looked_at_again_asks_at_once(host: Host, beside: Host) -> None:
    press(beside, "3")
    saved(beside)
    host.do("window.dispatchEvent(new Event('focus'))")
    expect(notice(host)).to_have_text("Changed in another tab: Listen")
    expect(row(host.page, "Listen")).to_have_accessible_name("Listen, rated Fail")


def test_a_kernel_that_is_gone_is_noticed_before_anything_is_done(host: Host) -> None:
    host.do("host.lose = ['ask:refresh']")
    host.forward(15_100)
    host.page.wait_for_function("host.sent.at(-1).kind === 'refresh'")
    host.forward(6_100)
    expect(host.page.get_by_role("alert")).to_contain_text("The kernel does not answer: it is busy or gone")
    expect(status(host)).to_have_text("Not connected")
    host.do("host.lose = []")
    host.forward(15_100)
    expect(host.page.get_by_role("alert")).to_be_hidden()


def test_a_tab_sends_what_another_one_left_when_it_was_closed(host: Host, beside: Host, session: ReviewSession) -> None:
    beside.do("host.lose = ['ask:rate']")
    press(beside, "1", "2")
    press(host, "3", "4")  # stale for what comes late
    saved(host)
    beside.page.close()
    host.forward(46_000)
    panel = host.page.locator(".qa-refusals")
    expect(panel).to_contain_text("Listen: Pass (conversation c0)")
    expect(panel).to_contain_text("Solve: Partial (conversation c0)")
    assert kept(host) == []
    assert ratings(session) == {"listen": "fail", "solve": "na"}


def test_a_tab_does_not_take_from_another_what_that_one_waits_for(
    host: Host, beside: Host, session: ReviewSession
) -> None:
    beside.do("host.lose = ['ask:rate']")
    press(beside, "1", "1")
    host.reload()  # takes both up, and has the answers
    expect(notice(host)).to_have_text("2 acts of before were sent again and saved")
    beside.do("host.lose = []")
    beside.forward(6100)
    beside.forward(1100)
    saved(beside)
    assert ratings(session) == {"listen": "pass", "solve": "pass"}


def spent(host: Host) -> list[tuple[str, int, int]]:
    return [(sent["conversation_id"], sent["seconds"], sent["idle"]) for sent in host.sent("spent")]


def test_time_is_told_when_a_conversation_is_left_and_every_two_minutes(host: Host, session: ReviewSession) -> None:
    press(host, "j")
    host.page.clock.run_for(50_000)
    press(host, "x")
    saved(host)
    press(host, "Enter")
    expect(host.page.get_by_text("Parcel 1", exact=True)).to_be_visible()
    host.page.wait_for_function("host.sent.some(({ kind }) => kind === 'spent')")
    host.settle()
    name, seconds, idle = spent(host)[0]
    assert (name, idle) == ("c0", 0)
    assert 50 <= seconds < 60
    host.page.clock.run_for(130_000)
    host.page.wait_for_function("host.sent.filter(({ kind }) => kind === 'spent').length > 1")
    name, seconds, idle = spent(host)[1]
    assert name == "c1"
    assert 55 <= seconds <= 61
    assert idle > 0


def test_time_that_does_not_arrive_is_no_alarm_and_is_sent_by_the_next_page(host: Host) -> None:
    host.do("host.lose = ['ask:spent']")
    press(host, "j")
    host.page.clock.run_for(10_000)
    host.do("window.dispatchEvent(new Event('pagehide'))")
    (first,) = host.sent("spent")
    host.forward(7000)
    expect(host.page.get_by_role("alert")).to_be_hidden()
    expect(status(host)).to_have_text("Nothing to save yet")
    host.reload()
    host.page.wait_for_function("host.sent.some(({ kind }) => kind === 'spent')")
    assert first in host.sent("spent")
    host.page.wait_for_function("Object.keys(localStorage).length === 0")
