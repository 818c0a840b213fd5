"""The calibration screen in Chromium, with a small fake front end; real sessions on a real store answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from browser.calibrated import BEN, CARA, HostOf, Room, at_the_other, row, stage, votes
from browser.conftest import BAD, Host, press
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store
from qa_toolkit.widgets import CalibrateWidget

pytestmark = pytest.mark.browser


@pytest.fixture
def room(store: Store, small_rubric: Rubric) -> Room:
    return Room(store, small_rubric)


@pytest.fixture
def host(room: Room, host_of: HostOf) -> Host:
    return room.show(host_of)


def notice(host: Host) -> object:
    return host.page.locator(".qa-notice")


# --- the first ratings ---


def test_one_rates_by_the_keys_of_a_review_and_the_list_shows_ones_own_stage(host: Host, room: Room) -> None:
    expect(host.page.locator(".qa-who")).to_have_text("ruth · calibration march")
    assert host.page.locator(".qa-stage").all_text_contents() == ["to rate", "to rate"]
    press(host, "1")
    expect(stage(host, "c0")).to_have_text("1 of 3 rated")
    press(host, "3")
    host.page.locator(".qa-msg").nth(1).locator(".qa-text").click()
    press(host, "c")
    host.page.keyboard.type("no van")
    press(host, "Escape", "o")
    host.page.keyboard.type("ask about vans")
    press(host, "Escape", "x")
    expect(row(host, "Be warm")).to_have_accessible_name("Be warm, rated N/A")
    state = room.stored()
    assert {name: one["rating"] for name, one in state["ratings"].items()} == {
        "listen": "pass",
        "solve": "fail",
        "warm": "na",
    }
    assert state["ratings"]["solve"]["comment"] == "no van"
    assert state["ratings"]["solve"]["evidence"][0]["position"] == 1
    assert state["notes"] == [{"reviewer": "ruth", "text": "ask about vans"}]
    assert {sent["round"] for sent in host.sent("rate")} == {1}
    assert host.do("host.keys") == []


def test_a_submit_goes_on_and_locks_and_says_that_one_waits(host: Host, room: Room) -> None:
    press(host, "1", "1", "1", "Enter")
    at_the_other(host)
    expect(stage(host, "c0")).to_have_text("waiting")
    press(host, "p")
    situation = host.page.locator(".qa-situation")
    expect(situation).to_contain_text("Waiting for the others.")
    expect(situation).to_contain_text("You see nothing of theirs until everybody has submitted")
    expect(host.page.get_by_role("button", name="Submit")).to_be_hidden()
    press(host, "3")
    expect(notice(host)).to_have_text("Submitted: your first ratings stand as they are")
    row(host, "Listen").get_by_role("radio", name="Fail").click()
    host.page.locator(".qa-msg").nth(1).locator(".qa-text").click()
    press(host, "x", "0", "Enter")
    assert len(host.sent("rate")) == 3
    assert room.stored()["ratings"]["listen"]["rating"] == "pass"
    assert host.do("host.keys") == []


def test_where_the_list_is_a_line_the_open_conversation_is_in_sight(host: Host) -> None:
    host.page.set_viewport_size({"width": 900, "height": 800})
    names = host.page.get_by_role("navigation")
    names.evaluate("list => { list.style.width = '110px'; }")  # as narrow as ten of them in a notebook
    for key, name in (("n", "c1"), ("p", "c0")):
        press(host, key)
        chosen = names.get_by_role("button", name=name)
        expect(chosen).to_have_attribute("aria-current", "true")
        whole = "name => { name.textContent = 'swift-07'; return name.scrollWidth <= name.clientWidth; }"
        assert chosen.locator(".qa-conversation-id").evaluate(whole)
        lists, one = names.bounding_box(), chosen.bounding_box()
        assert lists is not None
        assert one is not None
        assert lists["x"] <= one["x"] + 1
        assert one["x"] + one["width"] <= lists["x"] + lists["width"] + 1


def test_what_is_missing_is_asked_for(host: Host) -> None:
    press(host, "1", "Enter")
    form = host.page.get_by_role("form", name="Not rated yet")
    expect(form.locator(".qa-link")).to_have_text(["Solve", "Be warm"])
    press(host, "Escape")
    expect(form).to_be_hidden()


def test_the_agents_name_is_nowhere(host: Host) -> None:
    press(host, "n")
    at_the_other(host)
    told = json.dumps(host.do("host.answers"))
    assert "amara" not in told
    assert "derek" not in told
    expect(host.page.locator(".qa-meta")).not_to_contain_text("agent")


def test_it_is_shown_where_the_team_wants_it(store: Store, small_rubric: Rubric, host_of: HostOf) -> None:
    host = Room(store, small_rubric, hide_agent=False).show(host_of)
    expect(host.page.locator(".qa-meta")).to_contain_text("agent amara")


# --- blind until the last has submitted ---


def test_nothing_of_a_peer_is_in_any_message_before_the_reveal(host: Host, room: Room) -> None:
    ben = room.session("ben")
    for name, (rating, evidence, comment) in BEN.items():
        ben.rate("c0", 1, name, rating, evidence, comment)
        press(host, "1")
    ben.note("c0", "bens-own-note")
    room.rate("cara", CARA)
    room.look()
    press(host, "Enter")
    at_the_other(host)
    press(host, "p", "a")
    host.page.wait_for_function("host.sent.some(({ kind }) => kind === 'refresh')")
    host.settle()
    told = host.do("host.answers")
    peers = list(_values(told, "peers"))
    assert len(peers) > 4
    assert set(map(str, peers)) == {"None"}
    text = json.dumps([{k: v for k, v in answer.items() if k != "id"} for answer in told])
    assert not re.search("no van came|a cold hello|bens-own-note", text)
    assert set(_values(told, "left")) == {0}
    assert {one["reviewer"] for notes in _values(told, "notes") for one in notes} <= {"ruth"}
    press(host, "Escape")
    ben.submit("c0", 1)
    expect(room.comparison).to_be_visible()  # by itself
    expect(votes(host, "Solve")).to_have_text(["Pass", "Fail”", "Pass"])
    expect(notice(host)).to_have_text("All have submitted: here is what everybody says")


def _values(told: object, name: str) -> Iterator[object]:
    """Find what bears a name, however deep it lies."""
    if isinstance(told, dict):
        yield from ([told[name]] if name in told else [])
        for value in told.values():
            yield from _values(value, name)
    elif isinstance(told, list):
        for value in told:
            yield from _values(value, name)


def test_the_last_to_submit_stays_and_sees_all(host: Host, room: Room) -> None:
    room.others()
    press(host, "1", "1", "1", "Enter")
    expect(room.comparison).to_be_visible()
    expect(host.page.locator(".qa-subject")).to_have_text("Parcel 0")
    expect(host.page.locator(".qa-situation")).to_contain_text("2 of 3 differ")


# --- side by side ---


def test_differences_come_first_with_words_and_evidence_of_all(host: Host, room: Room) -> None:
    room.reveal()
    assert host.page.locator(".qa-vote-head bdi").all_text_contents() == ["you", "ben", "cara"]
    assert host.page.locator(".qa-row").evaluate_all("all => all.map(one => one.dataset.id)") == [
        "solve",
        "warm",
        "listen",
    ]
    expect(row(host, "Solve")).to_have_accessible_name("Solve, you Pass, ben Fail, cara Pass, differs")
    expect(row(host, "Listen")).to_have_accessible_name("Listen, you Pass, ben Pass, cara Pass")
    said = row(host, "Solve").locator(".qa-says")
    expect(said.nth(1)).to_contain_text("no van came")
    said.nth(1).get_by_role("button").click()
    expect(host.page.locator(".qa-msg").nth(3)).to_have_attribute("aria-current", "true")
    expect(
        host.page.locator(".qa-msg").nth(3).get_by_role("button", name="Evidence for Solve (ben): Fail")
    ).to_be_visible()
    press(host, "j")
    expect(row(host, "Be warm").locator(".qa-says").nth(2)).to_contain_text("a cold hello")
    press(host, "z")
    expect(row(host, "Solve")).to_be_hidden()
    assert host.do("host.keys") == []


def test_ratings_are_told_apart_by_words_and_by_colour(host: Host, room: Room) -> None:
    room.reveal()
    colors = votes(host, "Solve").evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    assert votes(host, "Solve").locator("b").all_text_contents() == ["Pass", "Fail", "Pass"]
    assert colors[0] == colors[2] != colors[1]


def test_hostile_words_of_peers_are_words(host: Host, room: Room) -> None:
    ben = room.session("ben")
    for name in BEN:
        ben.rate("c0", 1, name, "partial", [], BAD)
    ben.note("c0", BAD)
    ben.submit("c0", 1)
    room.rate("cara", CARA)
    press(host, "1", "1", "1", "Enter")
    expect(room.comparison).to_be_visible()
    ben.decide("c0", "solve", "fail", BAD, [], True)
    host.page.get_by_role("button", name="c1").click()
    at_the_other(host)
    host.page.get_by_role("button", name="c0").click()
    expect(room.comparison).to_be_visible()
    press(host, "j")
    expect(host.page.locator(".qa-decision")).to_contain_text(BAD)
    expect(host.page.locator(".qa-says").nth(1)).to_contain_text(BAD)
    expect(host.page.locator(".qa-notes")).to_contain_text(BAD)
    assert host.do("window.pwned") is None
    assert host.page.locator(".qa img, .qa script").count() == 0


# --- again ---


def test_one_rates_again_beside_ones_first_rating(host: Host, room: Room) -> None:
    room.reveal()
    expect(row(host, "Solve")).to_contain_text("your first stands until you do")
    press(host, "2")
    expect(votes(host, "Solve").first).to_have_text("Pass→Partial")
    expect(row(host, "Solve")).to_contain_text("your first: Pass; 0 goes back to it")
    expect(row(host, "Solve")).to_be_focused()
    host.page.locator(".qa-msg").nth(3).locator(".qa-text").click()
    press(host, "c")
    host.page.keyboard.type("late, but it came")
    press(host, "Escape")
    expect(stage(host, "c0")).to_have_text("2 to decide")
    state = room.stored()
    assert state["ratings"]["solve"]["rating"] == "pass"
    assert {k: state["again"]["solve"][k] for k in ("rating", "comment")} == {
        "rating": "partial",
        "comment": "late, but it came",
    }
    assert [one["position"] for one in state["again"]["solve"]["evidence"]] == [3]
    assert {sent["round"] for sent in host.sent("rate")[3:]} == {2}
    press(host, "0")
    expect(votes(host, "Solve").first).to_have_text("Pass")
    assert room.stored()["again"] == {}
    press(host, "3", "u")
    expect(notice(host)).to_have_text("Undone: the second rating of “Solve”")
    assert room.stored()["again"] == {}


def test_a_click_on_a_message_alone_rates_nothing_again(host: Host, room: Room) -> None:
    room.reveal()
    host.page.locator(".qa-msg").nth(1).locator(".qa-text").click()
    expect(notice(host)).to_have_text("Evidence goes with a second rating: rate again first")
    press(host, "e", "E")
    assert room.stored()["again"] == {}


def test_who_is_done_rating_again_can_take_that_back(host: Host, room: Room) -> None:
    room.reveal()
    press(host, "2")
    expect(votes(host, "Solve").first).to_have_text("Pass→Partial")
    host.page.get_by_role("button", name="Done rating again").click()
    at_the_other(host)  # which is still to be rated
    press(host, "p")
    expect(host.page.locator(".qa-situation")).to_contain_text("You are done rating again.")
    press(host, "1")
    expect(notice(host)).to_have_text("You are done rating again; u takes that back")
    press(host, "u")
    expect(notice(host)).to_have_text("Undone: that you are done rating again")
    press(host, "1")
    assert room.stored()["again"]["solve"]["rating"] == "pass"


def test_what_peers_change_is_seen_without_a_reload(host: Host, room: Room) -> None:
    room.reveal()
    room.session("ben").rate("c0", 2, "solve", "pass")
    expect(votes(host, "Solve").nth(1)).to_have_text("Fail→Pass")
    expect(row(host, "Solve")).to_have_accessible_name("Solve, you Pass, ben Pass (first Fail), cara Pass, agreed")
    expect(host.page.locator(".qa-situation")).to_contain_text("2 of 3 differed, 1 still does")
    assert host.page.locator(".qa-row").first.get_attribute("data-id") == "solve"


def test_who_rates_alone_waits_for_nobody(store: Store, small_rubric: Rubric, host_of: HostOf) -> None:
    room = Room(store, small_rubric, reviewers=["ruth"])
    host = room.show(host_of)
    press(host, "1", "2", "1", "Enter")
    at_the_other(host)
    press(host, "p")
    expect(host.page.locator(".qa-situation")).to_contain_text("You rate alone here.")
    expect(votes(host, "Solve")).to_have_text(["Partial"])


def test_many_reviewers_keep_what_they_say_now_in_sight(store: Store, small_rubric: Rubric, host_of: HostOf) -> None:
    names = [f"reviewer-with-a-long-name-{number}" for number in range(7)]
    room = Room(store, small_rubric, reviewers=["ruth", *names])
    for name in ("ruth", *names):
        room.rate(name, CARA)
    room.session("ruth").rate("c0", 2, "warm", "pass")
    host = room.show(host_of)
    host.page.get_by_role("button", name="c0").click()
    expect(votes(host, "Be warm")).to_have_count(8)
    for width in (1400, 900, 600):
        host.page.set_viewport_size({"width": width, "height": 900})
        shown = "all => all.map(one => [one.querySelector('b').getBoundingClientRect(), one.getBoundingClientRect()])"
        for text, cell in votes(host, "Be warm").evaluate_all(shown):
            assert text["left"] >= cell["left"] - 1
            assert text["right"] <= cell["right"] + 1
        pane = host.page.locator(".qa-comparison")
        assert pane.evaluate("one => one.scrollWidth <= one.clientWidth")
        lefts = "all => all.map(one => Math.round(one.getBoundingClientRect().left))"
        assert (
            len(set(pane.locator(".qa-votes > :first-child").evaluate_all(lefts))) == 1
        )  # names and ratings in columns


# --- decisions ---


def test_a_difference_is_decided_with_a_reason_and_kept_as_an_example(host: Host, room: Room) -> None:
    room.reveal()
    press(host, "d")
    form = host.page.get_by_role("form", name="Decision")
    expect(form).to_contain_text("Decide: Solve")
    expect(form.get_by_role("radio", name="Pass")).to_have_attribute("aria-checked", "true")  # what most say
    form.get_by_role("radio", name="Fail").click()
    expect(form).to_contain_text("With the evidence of those who say Fail: message 4")
    form.get_by_role("button", name="Decide").click()
    assert host.sent("decide") == []  # without a reason
    form.get_by_role("textbox", name="Reason of the decision").fill("A promise that is not kept is no solution.")
    form.get_by_label("Offer it as an example for the rubric").check()
    form.get_by_role("button", name="Decide").click()
    expect(form).to_be_hidden()
    expect(row(host, "Solve")).to_have_accessible_name("Solve, you Pass, ben Fail, cara Pass, decided Fail")
    expect(host.page.locator(".qa-decision")).to_contain_text("Decided: Fail")
    expect(host.page.locator(".qa-decision")).to_contain_text("example for the rubric")
    decision = room.stored()["decisions"]["solve"]
    assert {k: decision[k] for k in ("rating", "reason", "example", "by")} == {
        "rating": "fail",
        "reason": "A promise that is not kept is no solution.",
        "example": True,
        "by": "ruth",
    }
    assert decision["evidence"] == [{"position": 3, "start": 0, "end": 16}]
    expect(stage(host, "c0")).to_have_text("1 to decide")
    press(host, "d")
    form.get_by_role("textbox", name="Reason of the decision").fill("Anew.")
    form.get_by_role("button", name="Decide").click()
    expect(host.page.locator(".qa-decision")).to_contain_text("Anew.")
    press(host, "u")
    expect(notice(host)).to_have_text("Undone: the decision on “Solve”")
    assert room.stored()["decisions"]["solve"]["reason"].startswith("A promise")
    assert host.do("host.keys") == []


def test_only_the_lead_decides_where_there_is_one(store: Store, small_rubric: Rubric, host_of: HostOf) -> None:
    room = Room(store, small_rubric, lead="ines")
    host = room.show(host_of)
    press(host, "d")
    expect(notice(host)).to_have_text("There is nothing to decide before all have submitted")
    room.reveal()
    expect(host.page.get_by_role("button", name="Decide")).to_have_count(0)
    press(host, "d")
    expect(notice(host)).to_have_text("Who leads this calibration decides")


def test_a_lead_who_does_not_rate_waits_compares_and_decides(
    store: Store, small_rubric: Rubric, host_of: HostOf
) -> None:
    room = Room(store, small_rubric, lead="ines")
    host = room.show(host_of, "ines")
    expect(host.page.locator(".qa-situation")).to_contain_text("The reviewers are rating.")
    press(host, "1")
    expect(notice(host)).to_have_text("You lead this calibration and do not rate")
    room.rate("ruth", CARA)
    room.others()
    expect(room.comparison).to_be_visible()
    assert host.page.locator(".qa-vote-head bdi").all_text_contents() == ["ruth", "ben", "cara"]
    expect(host.page.get_by_text("Rate again")).to_be_hidden()
    press(host, "d")
    host.page.get_by_role("textbox", name="Reason of the decision").fill("So it is.")
    host.page.get_by_role("form", name="Decision").get_by_role("button", name="Decide").click()
    expect(host.page.locator(".qa-decision")).to_contain_text("by ines")
    assert host.sent("rate") == []


# --- agreement ---

GAIN = {"before": 0.5, "after": 0.75, "gain": 0.25, "low": 0.1, "high": 0.4, "coefficient": "percent", "n": 2}


def test_the_agreement_before_and_after_is_drawn_with_its_interval(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    results = {
        "revealed": 2, "total": 2, "decided": 1, "reviewers": ["ruth", "ben", "cara"],
        "words": f"Better by a quarter. {BAD}",
        "overall": {"percent": GAIN, "ac1": {**GAIN, "coefficient": "ac1", "before": -0.2, "gain": 0.95}},
        "commandments": [{**GAIN, "commandment": "solve", "title": "Solve", "low": None, "high": None}],
    }  # fmt: skip
    monkeypatch.setattr(host.widget.session, "results", lambda: results, raising=False)
    press(host, "a")
    dialog = host.page.get_by_role("dialog", name="Agreement")
    expect(dialog).to_contain_text("Better by a quarter. <img")
    expect(dialog.get_by_role("img")).to_have_count(3)
    expect(dialog.get_by_role("img").first).to_have_accessible_name(
        "0.50 before, 0.75 after: gain 0.25 (95% 0.10 to 0.40), n = 2"
    )
    assert dialog.locator(".qa-gain-text").nth(4).text_content() == "+0.25 (0.10 to 0.40)"
    place = dialog.locator(".qa-gain-after").first.evaluate("one => one.style.left")
    assert float(place.rstrip("%")) == pytest.approx(100 * (0.75 + 0.5) / 1.5)  # the axis begins at -0.5
    assert dialog.locator(".qa-gain-range").count() == 2
    press(host, "Escape")
    expect(dialog).to_be_hidden()
    assert host.do("host.keys") == []


# --- nothing is lost ---


def test_what_did_not_reach_the_kernel_is_said_and_sent_again_after_a_reload(host: Host, room: Room) -> None:
    room.reveal()
    host.do("host.lose.push('ask:rate', 'ask:decide')")
    press(host, "2")
    press(host, "d")
    host.page.get_by_role("textbox", name="Reason of the decision").fill("Half is half.")
    form = host.page.get_by_role("form", name="Decision")
    form.get_by_role("radio", name="Partial").click()
    form.get_by_role("button", name="Decide").click()
    expect(host.page.get_by_role("alert").first).to_contain_text(
        "NOT SAVED: Solve, the decision on “Solve”", timeout=12_000
    )
    expect(votes(host, "Solve").first).to_have_text("Pass→Partial")
    host.reload()
    expect(notice(host)).to_contain_text("2 acts of before were sent again and saved")
    state = room.state()
    assert state["again"]["solve"]["rating"] == "partial"
    assert state["decisions"]["solve"]["reason"] == "Half is half."


def test_a_first_rating_that_comes_too_late_is_refused_and_said(host: Host, room: Room) -> None:
    host.do("host.lose.push('ask:rate')")
    press(host, "3")
    room.rate("ruth", CARA)
    room.others()
    expect(host.page.locator(".qa-saved")).to_have_text("NOT SAVED")
    host.reload()
    expect(host.page.get_by_role("alert").filter(has_text="Not saved: this was done before")).to_contain_text(
        "Listen: Fail"
    )
    assert room.state()["ratings"]["listen"]["rating"] == "pass"
    assert room.state()["again"] == {}


# --- two reviewers in two pages ---


def test_two_reviewers_go_through_a_whole_calibration(room: Room, browser: Browser, host_of: HostOf) -> None:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(30_000)
    other = Host(context.new_page(), CalibrateWidget(room.session("ben"))).open()
    ruth = room.show(host_of)
    room.rate("cara", CARA)
    press(ruth, "1", "1", "1", "Enter")
    at_the_other(ruth)
    expect(other.page.locator(".qa-msg").first).to_be_visible()
    expect(stage(other, "c0")).to_have_text("to rate")
    press(other, "1", "3", "1")
    other.page.get_by_role("button", name="Submit").click()
    form = other.page.get_by_role("form", name="No evidence")
    form.get_by_role("button", name="Submit all the same").click()
    expect(votes(other, "Solve")).to_have_text(["Fail", "Pass", "Pass"])
    ruth.page.get_by_role("button", name="c0").click()
    expect(votes(ruth, "Solve")).to_have_text(["Pass", "Fail", "Pass"])
    press(other, "1")
    expect(votes(ruth, "Solve").nth(1)).to_have_text("Fail→Pass")
    press(ruth, "j", "d")
    ruth.page.get_by_role("textbox", name="Reason of the decision").fill("A name is warm enough.")
    ruth.page.get_by_role("form", name="Decision").get_by_role("button", name="Decide").click()
    expect(stage(ruth, "c0")).to_have_text("decided")
    expect(stage(other, "c0")).to_have_text("decided")
    press(other, "j")
    expect(other.page.locator(".qa-decision")).to_contain_text("A name is warm enough.")
    assert other.errors == []
    context.close()
