"""The coach screen in Chromium, with a small fake front end; the answers come from a real session and store."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import census, conversation_frames
from playwright.sync_api import Page, expect

from browser.conftest import BAD, Host, press, stop_clock
from qa_toolkit.coaching import CoachSession
from qa_toolkit.errors import InvalidActError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSession
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store
from qa_toolkit.suggest import HashingEncoder
from qa_toolkit.widgets import CoachWidget

pytestmark = pytest.mark.browser

HostOf = Callable[[CoachWidget], Host]
SPAN = [{"position": 1, "start": 0, "end": 18}]
LATER = [{"position": 3, "start": None, "end": None}]
# Derek fails two and half fails one; amara has two good answers for the first.
REVIEWS: dict[str, dict[str, Any]] = {
    "c1": {
        "listen": ("fail", SPAN, "the wait was not the matter"),
        "warm": ("partial", [], "cool"),
        "solve": ("pass", [], ""),
    },
    "c4": {"solve": ("fail", LATER, "no van came")},
    "c2": {"listen": ("partial", LATER, "")},
    "c0": {"listen": ("pass", LATER, "")},
    "c3": {"listen": ("pass", [{"position": 1, "start": None, "end": None}], "")},
}
FAULT = "c1#listen#ruth"


def review(session: ReviewSession, conversation_id: str, ratings: dict[str, Any]) -> None:
    for name in session.rubric.ids:
        session.rate(conversation_id, name, *ratings.get(name, ("na",)))
    session.submit(conversation_id)


@pytest.fixture
def coach(store: Store, session: ReviewSession) -> CoachSession:
    for conversation_id, ratings in REVIEWS.items():
        review(session, conversation_id, ratings)
    return CoachSession(Project(store), "ines", HashingEncoder())


@pytest.fixture
def host(host_of: HostOf, coach: CoachSession) -> Host:
    host = host_of(CoachWidget(coach))
    expect(answer(host.page, 1)).to_be_visible()
    return host


def answer(page: Page, rank: int) -> Any:
    return page.get_by_role("article", name=re.compile(f"^Answer {rank},"))


def fault(page: Page, words: str) -> Any:
    return page.get_by_role("option").filter(has_text=words)


def pinned(coach: CoachSession) -> list[tuple[str, str, str]]:
    return [(p["fault_id"], p["exemplar_id"], p["note"]) for p in coach.pins()]


def saved(host: Host, text: str = "Saved") -> None:
    expect(host.page.locator(".qa-saved")).to_have_text(text)


def test_the_screen_opens_with_who_failed_most_and_answers_to_learn_from(host: Host) -> None:
    page = host.page
    expect(page.get_by_label("Agent", exact=True)).to_have_value("derek")
    assert page.get_by_label("Agent", exact=True).locator("option").all_text_contents() == [
        "derek · fails 50% (3–97%)",
        "mei · fails 0% (0–79%)",
    ]
    expect(page.get_by_text("2 fails, 1 partial", exact=True)).to_be_visible()
    groups = page.get_by_role("listbox", name="Faults").get_by_role("group")
    assert [groups.nth(i).get_attribute("aria-label") for i in range(3)] == [
        "Listen, 1 fail, fails 100% (21% to 100%) in 1 conversation",
        "Solve, critical, 1 fail, fails 50% (9% to 91%) in 2 conversations",
        "Be warm, 1 partial, fails 0% (0% to 79%) in 1 conversation",
    ]
    expect(fault(page, "the wait was not the matter")).to_have_attribute("aria-selected", "true")
    middle = page.get_by_role("region", name="Fault", exact=True)
    for text in ("I ask for listen.", "Parcel 1", "Tue 3 Mar 2026, 09:00 UTC", "ruth found", "Sorry for the wait"):
        expect(middle.get_by_text(text, exact=True)).to_be_visible()
    expect(middle).to_contain_text("Where is my parcel? 📦")
    first = answer(page, 1)
    for text in ("amara", "verified", "rated pass for Listen by ruth", "Good at: Listen"):
        expect(first.get_by_text(text, exact=True)).to_be_visible()
    expect(first.get_by_role("mark").first).to_have_text("Parcel 3 (late)")


def test_keys_move_open_pin_and_take_back(host: Host, coach: CoachSession) -> None:
    press(host, "1", "2")
    saved(host)
    assert [p[0] for p in pinned(coach)] == [FAULT, FAULT]
    expect(host.page.get_by_role("button", name="2 pins for derek")).to_be_visible()
    press(host, "1")
    expect(host.page.get_by_role("button", name="1 pin for derek")).to_be_visible()
    saved(host)
    assert len(pinned(coach)) == 1
    press(host, "j", "Enter")
    expect(fault(host.page, "no van came")).to_have_attribute("aria-selected", "true")
    press(host, "ArrowUp", "o")
    expect(fault(host.page, "the wait was not the matter")).to_have_attribute("aria-selected", "true")
    assert len(host.sent("suggest")) == 2, "what was found once is not asked for again"


def test_a_word_on_an_answer_is_kept_and_can_be_taken_back(host: Host, coach: CoachSession) -> None:
    used = host.page.get_by_role("button", name="Used: answer 1")
    press(host, "u")
    expect(host.page.get_by_text("Used: which answer? Press its number.")).to_be_visible()
    press(host, "1", "n", "2")
    saved(host)
    told = {(one["exemplar_id"], one["useful"]) for one in coach.judged()}
    assert told == {("c3#1", "used"), ("c0#3", "not useful")}
    assert [message["rank"] for message in host.sent("judge")] == [1, 2]
    host.reload()
    expect(used).to_have_attribute("aria-pressed", "true")
    used.click()
    expect(used).to_have_attribute("aria-pressed", "false")
    press(host, "u", "Escape", "1")
    saved(host)
    assert [one["useful"] for one in coach.judged()] == ["not useful"]
    assert len(pinned(coach)) == 1, "Escape leaves the question, and a number pins again"


def test_answers_stand_beside_each_other(host: Host, coach: CoachSession) -> None:
    page = host.page
    both = page.get_by_role("region", name="Two answers beside each other")
    press(host, "v", "1", "2")
    expect(both).to_be_focused()
    sides = both.get_by_role("article")
    expect(sides.nth(0)).to_contain_text("I will ring the depot")
    expect(sides.nth(1)).to_contain_text("It is on the van")
    expect(answer(page, 1)).to_be_hidden()
    press(host, "2")
    expect(sides.nth(1).get_by_role("button", name="★ Pinned")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("combobox", name="On the left").select_option(label="what derek wrote")
    expect(sides.nth(0)).to_contain_text("Fail for Listen by ruth: the wait was not the matter")
    page.get_by_role("combobox", name="On the right").select_option(label="answer 1, by amara")
    expect(sides.nth(0)).to_contain_text("Sorry for the wait")
    press(host, "Escape")
    expect(both).to_be_hidden()
    expect(page.get_by_role("listbox", name="Faults")).to_be_focused()
    press(host, "v", "1", "1")
    expect(page.get_by_text("Choose two answers that are not the same")).to_be_visible()
    press(host, "v", "1", "5")
    expect(page.get_by_text("There is no answer 5 to compare")).to_be_visible()
    answer(page, 1).get_by_role("button", name="Compare answer 1").click()
    expect(page.get_by_role("combobox", name="On the left")).to_have_value("0")
    saved(host)
    assert [pin[1] for pin in pinned(coach)] == ["c0#3"]


def test_what_was_agreed_is_noted_ticked_changed_and_dropped(host: Host, coach: CoachSession) -> None:
    page = host.page
    agreed = page.get_by_role("region", name="Agreed")
    press(host, "t")
    page.keyboard.type("says when the parcel comes 📦")
    agreed.get_by_label("To be done by").fill("2026-03-31")
    press(host, "Enter")
    expect(agreed.get_by_text("overdue since 2026-03-31")).to_be_visible()
    expect(page.get_by_role("button", name="0 pins, 1 agreed for derek")).to_be_visible()
    saved(host)
    agreed.get_by_role("button", name="Change: says when").click()
    page.keyboard.type("says it by noon")
    press(host, "Enter")
    agreed.get_by_role("checkbox", name="says it by noon").check()
    saved(host)
    [item] = coach.agreed("derek")
    assert (item["text"], item["due"], item["done"]) == ("says it by noon", "2026-03-31", True)
    host.reload()
    expect(answer(page, 1)).to_be_visible()
    press(host, "p")
    expect(agreed.get_by_role("checkbox", name="says it by noon")).to_be_checked()
    agreed.get_by_role("button", name="Drop: says it by noon").click()
    expect(agreed.get_by_text("Nothing is agreed with derek yet.")).to_be_visible()
    saved(host, "Nothing pinned yet")
    assert coach.agreed() == []


def test_what_is_agreed_is_not_lost(host: Host, coach: CoachSession, monkeypatch: pytest.MonkeyPatch) -> None:
    stop_clock(host.page)  # by itself it is sent again after a second
    host.do("host.dead = true")
    press(host, "t")
    host.page.keyboard.type("rings the depot")
    press(host, "Enter", "Escape")
    expect(host.page.get_by_role("alert")).to_contain_text("NOT SAVED: “rings the depot”.")
    host.do("host.dead = false")
    host.page.get_by_role("button", name="Try again").click()
    saved(host)
    assert [item["text"] for item in coach.agreed("derek")] == ["rings the depot"]
    assert len({message["id"] for message in host.sent("agree")}) == 1

    def refuse(**_fields: Any) -> None:
        raise InvalidActError("no")

    monkeypatch.setattr(coach, "agree", refuse)
    press(host, "t")
    host.page.keyboard.type("rings twice")
    press(host, "Enter")
    expect(host.page.get_by_text("no Not saved: “rings twice”")).to_be_visible()
    expect(host.page.get_by_label("What was agreed")).to_have_value("rings twice")


def test_an_answer_that_was_retired_goes_with_the_next_pin(host: Host, coach: CoachSession) -> None:
    Project(coach._project.store).retire_exemplar("c3#1", "the depot closed", by="ben")
    press(host, "1", "p")
    expect(host.page.get_by_role("region", name="Pins")).to_contain_text("holds no longer")
    expect(host.page.locator("article[data-exemplar='c3#1']")).to_have_count(0)
    expect(answer(host.page, 1)).to_be_visible()


def test_what_two_reviewers_found_stands_once(
    store: Store, session_of: Callable[[str], ReviewSession], coach: CoachSession, host_of: HostOf
) -> None:
    review(session_of("otto"), "c1", {"listen": ("partial", LATER, "so so")})
    coach.refresh()
    coach.pin("c1#listen#otto", "c3#1")
    page = host_of(CoachWidget(coach)).page
    row = fault(page, "the wait was not the matter")
    expect(row).to_contain_text("ruth and otto")
    expect(row.get_by_role("img", name="has pins")).to_be_visible()
    expect(page.locator(".qa-fault")).to_have_count(3)
    row.click()
    middle = page.get_by_role("region", name="Fault", exact=True)
    for text in ("ruth found", "otto found (partial)", "so so"):
        expect(middle.get_by_text(text, exact=True)).to_be_visible()
    expect(middle.locator(".qa-quoted")).to_have_count(2)
    expect(answer(page, 1).get_by_role("button", name="★ Pinned")).to_be_visible()


def test_a_note_is_saved_with_its_pin(host: Host, coach: CoachSession) -> None:
    answer(host.page, 1).get_by_role("button", name=re.compile("^Pin")).click()
    note = host.page.get_by_label("Note on answer 1")
    note.fill("see how it begins 📦")
    note.press("Enter")
    expect(host.page.get_by_role("listbox", name="Faults")).to_be_focused()
    saved(host)
    assert pinned(coach)[0][2] == "see how it begins 📦"


def test_the_conversation_opens_in_place_with_the_evidence_marked(host: Host) -> None:
    press(host, "c")
    page = host.page
    expect(page.locator(".qa-msg")).to_have_count(4)
    expect(page.locator(".qa-msg.qa-evidence mark")).to_have_text("Sorry for the wait")
    press(host, "c")
    expect(page.locator(".qa-msg").first).to_be_hidden()
    answer(page, 1).get_by_role("button", name="Conversation of answer 1").click()
    expect(page.locator(".qa-msg.qa-is-good")).to_have_count(1)
    press(host, "Escape")
    expect(page.get_by_text("ruth found")).to_be_visible()


def test_a_search_shows_its_own_results_and_escape_goes_back(host: Host, coach: CoachSession) -> None:
    press(host, "/")
    host.page.keyboard.type("parcel j 1 ?")
    press(host, "Enter")
    expect(host.page.get_by_role("heading", name="Good answers for “parcel j 1 ?”")).to_be_visible()
    expect(answer(host.page, 1)).to_be_visible()
    assert host.sent("search")[0]["text"] == "parcel j 1 ?"
    press(host, "1")
    saved(host)
    assert pinned(coach)[0][0] == FAULT
    press(host, "Escape")
    expect(host.page.get_by_role("heading", name="Good answers to learn from")).to_be_visible()
    expect(host.page.get_by_label("Search good answers")).to_have_value("")


def test_faults_are_filtered(host: Host) -> None:
    page = host.page
    press(host, "f")
    expect(page.get_by_label("Faults: commandment")).to_be_focused()
    page.get_by_label("Faults: commandment").select_option("solve")
    expect(page.get_by_role("option").filter(has_text="no van came")).to_be_visible()
    expect(page.locator(".qa-fault")).to_have_count(1)
    page.get_by_label("Faults: to day").fill("2026-03-04")
    page.get_by_label("Faults: to day").press("Tab")
    expect(page.get_by_text("No faults here.")).to_be_visible()
    assert host.sent("faults")[-1]["until"] == "2026-03-05"
    n = len(host.sent("faults"))
    page.get_by_label("Faults: from day").fill("last week")
    page.get_by_label("Faults: from day").press("Tab")
    assert len(host.sent("faults")) == n
    page.get_by_role("button", name="all faults").click()
    expect(page.locator(".qa-fault")).to_have_count(3)


def test_answers_are_filtered(host: Host) -> None:
    page = host.page
    right = page.get_by_role("region", name="Good answers")
    right.get_by_role("button", name="filter").click()
    page.get_by_label("Answers: answerer").select_option("mei")
    expect(page.get_by_text("loosen one of them")).to_be_visible()
    assert host.sent("suggest")[-1]["filters"] == {"agent": "mei"}
    page.get_by_label("Answers: answerer").select_option(label="by others only")
    expect(answer(page, 1)).to_be_visible()
    assert host.sent("suggest")[-1]["filters"] == {"not_agent": "derek"}


def test_another_agent(host: Host) -> None:
    host.page.get_by_label("Agent", exact=True).select_option("mei")
    expect(host.page.locator(".qa-fault")).to_have_count(1)
    expect(host.page.get_by_role("button", name="0 pins for mei")).to_be_visible()


def test_a_late_list_stays_at_the_fault_that_was_opened_meanwhile(host: Host) -> None:
    host.do("host.lose = ['faults']")
    host.page.get_by_label("Agent", exact=True).select_option("mei")
    host.page.get_by_label("Agent", exact=True).select_option("derek")
    message = host.sent("faults")[-1]
    fault(host.page, "Parcel 4").click()
    expect(fault(host.page, "Parcel 4")).to_have_attribute("aria-selected", "true")
    host.do(f"host.deliver({json.dumps(host.widget._answer_to(message))})")
    expect(fault(host.page, "Parcel 4")).to_have_attribute("aria-selected", "true")


def test_the_tray_leads_to_its_fault_also_behind_a_filter(host: Host, coach: CoachSession) -> None:
    page = host.page
    press(host, "1", "f")
    page.get_by_label("Faults: commandment").select_option("solve")
    expect(page.locator(".qa-fault")).to_have_count(1)
    page.get_by_role("button", name="1 pin for derek").click()
    page.get_by_role("region", name="Pins").get_by_role("button", name=re.compile("^Listen by amara")).click()
    expect(fault(page, "the wait was not the matter")).to_have_attribute("aria-selected", "true")
    page.get_by_role("button", name=re.compile("^Remove the pin")).click()
    expect(page.get_by_text("Nothing is pinned for derek yet.")).to_be_visible()
    saved(host, "Nothing pinned yet")
    assert pinned(coach) == []


@pytest.mark.parametrize(
    ("name", "ending", "begins"),
    [("Markdown", "md", b"# Coaching"), ("HTML", "html", b"<!doctype"), ("Word", "docx", b"PK")],
)
def test_the_pack_is_a_download(host: Host, name: str, ending: str, begins: bytes) -> None:
    expect(host.page.get_by_role("button", name=name)).to_be_disabled()
    press(host, "1")
    saved(host)
    host.page.get_by_label("Day of the earlier session, for before and after").fill("2026-03-04")
    with host.page.expect_download() as waiting:
        host.page.get_by_role("button", name=name).click()
    assert host.sent("export")[0]["at"] == "2026-03-04"
    assert waiting.value.suggested_filename == f"coaching-pack-derek.{ending}"
    assert Path(waiting.value.path()).read_bytes().startswith(begins)
    expect(host.page.get_by_text("1 example", exact=False)).to_be_visible()


def test_while_the_model_loads_the_screen_says_so_and_works(host_of: HostOf, coach: CoachSession) -> None:
    host = host_of(CoachWidget(coach))
    page = host.page
    host.do("host.lose.push('ask:suggest')")
    host.do("host.cleanup(); host.mount()")
    expect(page.get_by_text("Loading the model…", exact=False)).to_be_visible()
    expect(page.get_by_role("region", name="Good answers")).to_have_attribute("aria-busy", "true")
    press(host, "c")
    expect(page.locator(".qa-msg")).to_have_count(4)
    press(host, "1")
    expect(page.get_by_text("There is no answer 1 to pin")).to_be_visible()
    # The answer to what was asked first comes when another fault is open: it is not shown there.
    asked = host.do("host.sent.findLast(({ kind }) => kind === 'suggest')")
    host.do("host.lose = []")
    fault(page, "cool").click()
    expect(page.get_by_text("not reviewed for Be warm").or_(page.get_by_text("None of the")).first).to_be_visible()
    shown = page.locator(".qa-right").text_content()
    host.do(f"host.deliver({{ v: 1, id: '{asked['id']}', ok: true, result: {{ suggestions: [], reason: 'late' }} }})")
    assert page.locator(".qa-right").text_content() == shown


def test_a_refusal_of_suggestions_is_shown_where_they_belong(
    host_of: HostOf, coach: CoachSession, monkeypatch: Any
) -> None:
    monkeypatch.setattr(coach, "suggest", lambda *_a, **_k: coach.search(" "))
    host = host_of(CoachWidget(coach))
    expect(host.page.get_by_role("status").filter(has_text="No answers came.")).to_be_visible()


def test_a_pin_without_an_answer_is_not_saved_and_goes_again_once(host: Host, coach: CoachSession) -> None:
    stop_clock(host.page)  # by itself it goes again after a second
    host.do("host.dead = true")
    press(host, "1")
    expect(host.page.get_by_role("alert")).to_contain_text("NOT SAVED: the pin of amara.")
    assert pinned(coach) == []
    host.do("host.dead = false")
    host.page.get_by_role("button", name="Try again").click()
    saved(host)
    assert len(pinned(coach)) == 1
    ids = [message["id"] for message in host.sent("pin")]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_what_a_page_left_unsaved_is_sent_by_the_next(host: Host, coach: CoachSession) -> None:
    host.do("host.lose = ['ask:pin', 'ask:agree']")
    press(host, "1", "t")
    host.page.keyboard.type("rings the depot")
    press(host, "Enter")
    kept = host.do("Object.values(localStorage).join()")
    assert "rings the depot" in kept
    assert "Sorry for the wait" not in kept, "what somebody else wrote is not kept in the browser"
    ids = [message["id"] for message in host.do("host.sent") if message["kind"] in ("pin", "agree")]
    host.reload()
    expect(host.page.get_by_text("Of an earlier page, 2 acts were not saved: sent again")).to_be_visible()
    expect(host.page.get_by_role("button", name="1 pin, 1 agreed for derek")).to_be_visible()
    saved(host)
    assert [message["id"] for message in host.do("host.sent") if message["kind"] in ("pin", "agree")] == ids
    assert (len(pinned(coach)), [item["text"] for item in coach.agreed()]) == (1, ["rings the depot"])
    assert host.do("localStorage.length") == 0


def test_pins_of_another_tab_appear(host: Host, coach: CoachSession) -> None:
    coach.pin(FAULT, "c0#3", "from elsewhere")
    answers = CoachWidget(coach)._answer_to(
        {
            "v": 1,
            "id": "another-tab",
            "kind": "pin",
            "fault_id": FAULT,
            "exemplar_id": "c3#1",
            "note": "",
            "pinned": True,
        }
    )
    host.page.evaluate("(answer) => host.deliver(answer)", answers)
    expect(host.page.get_by_role("button", name="2 pins for derek")).to_be_visible()


def test_after_a_reload_everything_is_as_the_store_says(host: Host, coach: CoachSession) -> None:
    press(host, "2")
    saved(host)
    host.reload()
    expect(host.page.get_by_role("button", name="1 pin for derek")).to_be_visible()
    expect(answer(host.page, 2).get_by_role("button", name="★ Pinned")).to_have_attribute("aria-pressed", "true")


def test_a_lost_connection_is_said(host: Host) -> None:
    host.do("host.emit('comm_live_update')")
    expect(host.page.get_by_role("alert")).to_contain_text("The connection to the kernel was lost.")


def test_no_key_reaches_the_notebook(host: Host) -> None:
    press(host, "d", "d", "x", "a", "Escape", "b", "m", "0", "0", "f", "j", "Escape", "/", "x", "Escape", "Shift+Enter")
    press(host, "Control+Enter", "?", "d", "Escape", "p", "c", "F2")
    assert host.do("host.keys") == []
    press(host, "Control+s", "Tab")
    assert {key.split(":")[1] for key in host.do("host.keys")} <= {"s", "Tab", "Control"}


def test_keys_in_a_list_of_choices_are_its_own(host: Host, coach: CoachSession) -> None:
    press(host, "a", "1", "j", "c")
    expect(host.page.locator(".qa-msg").first).to_be_hidden()
    assert pinned(coach) == []


def test_the_help_names_the_keys(host: Host) -> None:
    press(host, "?")
    expect(host.page.get_by_role("dialog", name="Keys")).to_be_visible()
    press(host, "1")
    press(host, "Escape")
    expect(host.page.get_by_role("dialog", name="Keys")).to_be_hidden()
    assert host.sent("pin") == []


def test_hostile_text_runs_nothing(store: Store, small_rubric: Rubric, host_of: HostOf) -> None:
    conversations, messages = conversation_frames(2, [("customer", BAD), ("agent", BAD)])
    conversations["conversation_id"] = ["bad<b>1", "bad<b>2"]
    messages["conversation_id"] = ["bad<b>1", "bad<b>1", "bad<b>2", "bad<b>2"]
    for name in ("subject", "agent", "channel", "language"):
        conversations[name] = BAD
    messages["author"] = BAD
    store.add_conversations(conversations, messages)
    store.save_sample("bad", census(conversations), {})
    session = ReviewSession(store, "bad", BAD, small_rubric)
    evidence = [{"position": 1, "start": None, "end": None}]
    review(session, "bad<b>1", {"listen": ("fail", evidence, BAD)})
    review(session, "bad<b>2", {"listen": ("pass", evidence, BAD)})
    session.mark_good("bad<b>2", 1, ["listen"], BAD, True)
    host = host_of(CoachWidget(CoachSession(Project(store), BAD, HashingEncoder())))
    page = host.page
    expect(answer(page, 1)).to_be_visible()
    press(host, "1", "p", "c", "f")
    page.get_by_label("Note on answer 1").fill(BAD)
    page.get_by_label("Note on answer 1").press("Enter")
    page.get_by_label("Search good answers").fill(BAD)
    page.get_by_label("Search good answers").press("Enter")
    expect(answer(page, 1)).to_be_visible()
    press(host, "t")
    page.keyboard.type(BAD)
    press(host, "Enter", "Escape", "v", "0", "1")
    expect(page.get_by_role("region", name="Two answers beside each other")).to_contain_text(BAD)
    assert page.locator("#place img, #place script, #place b").count() == 0
    assert host.do("window.pwned === undefined")
    expect(page.locator(".qa-msg .qa-text").first).to_have_text(BAD)


def test_a_long_answer_and_emoji_and_right_to_left_text(store: Store, small_rubric: Rubric, host_of: HostOf) -> None:
    texts = [("customer", "🙂"), ("agent", "مرحبا بك في الدعم " * 30_000)]
    conversations, messages = conversation_frames(2, texts)
    conversations["conversation_id"], messages["conversation_id"] = ["l1", "l2"], ["l1", "l1", "l2", "l2"]
    messages.loc[3, "text"] = "تم"
    store.add_conversations(conversations, messages)
    store.save_sample("long", census(conversations), {})
    session = ReviewSession(store, "long", "ruth", small_rubric)
    evidence = [{"position": 1, "start": None, "end": None}]
    review(session, "l1", {"listen": ("pass", evidence, "")})
    review(session, "l2", {"listen": ("fail", evidence, "")})
    host = host_of(CoachWidget(CoachSession(Project(store), "ines", HashingEncoder())))
    expect(answer(host.page, 1)).to_contain_text("مرحبا")
    assert len(answer(host.page, 1).text_content()) < 60_000
    expect(host.page.locator(".qa-customer-words").first).to_have_text("🙂")
    expect(host.page.locator(".qa-agent-words").first).to_have_css("direction", "rtl")


def test_without_faults_it_says_so(store: Store, host_of: HostOf) -> None:
    host = host_of(CoachWidget(CoachSession(Project(store), "ines", HashingEncoder())))
    expect(host.page.get_by_role("heading", name="No faults yet")).to_be_visible()
    press(host, "j", "Enter", "c", "1", "p", "?")


@pytest.mark.parametrize("width", [900, 1400])
def test_nothing_is_cut_off_at_the_side(host: Host, width: int) -> None:
    host.page.set_viewport_size({"width": width, "height": 800})
    for selector in (".qa-coach", ".qa-left", ".qa-middle", ".qa-right", ".qa-foot"):
        assert host.do(
            f"(() => {{ const n = document.querySelector('{selector}'); return n.scrollWidth <= n.clientWidth; }})()"
        )


def test_on_a_laptop_each_rate_and_the_period_are_one_line(host: Host) -> None:
    host.page.set_viewport_size({"width": 1200, "height": 700})  # the left side is at its narrowest
    rate = host.page.locator(".qa-rated-line").first
    rate.locator(".qa-rate-bar + *").evaluate("text => { text.textContent = 'fails 100% (74% to 100%)'; }")
    for line in (rate, host.page.locator(".qa-period")):
        tops = line.evaluate("line => [...line.children].map(one => Math.round(one.getBoundingClientRect().height))")
        assert line.evaluate("line => line.getBoundingClientRect().height") < 1.4 * max(tops)
        assert max(tops) < 30


def test_leaving_the_page_leaves_nothing_behind(host: Host) -> None:
    host.do("host.cleanup()")
    assert host.do("host.listeners()") == 0
    assert host.do("document.getElementById('place').childElementCount") == 0


def test_a_hello_that_is_answered_late_opens_the_screen(host_of: HostOf, coach: CoachSession, page: Page) -> None:
    stop_clock(page)
    host = host_of(CoachWidget(coach))
    expect(answer(page, 1)).to_be_visible()
    host.do("host.lose = ['hello']; host.cleanup(); host.mount()")
    host.forward(21_000)
    expect(page.get_by_role("alert")).to_contain_text("The kernel has not answered")
    host.do("host.lose = []; host.deliver(host.answers[0])")
    expect(answer(page, 1)).to_be_visible()
    expect(page.get_by_role("alert")).to_be_hidden()
