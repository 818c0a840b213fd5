"""Deadlines by the calendar, and whether an update came in time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from facts.turns import facts_of

from qa_toolkit.conversations.facts import packaged_phrases

WEDNESDAY = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)


def deadline(text: str, now: datetime = WEDNESDAY) -> str:
    found = list(packaged_phrases()["en"].deadlines.find(text, now))
    return max(found, key=lambda d: d.at).at.strftime("%m-%d %H:%M") if found else ""


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("by Friday", "03-06 23:59"),
        ("by Wednesday", "03-11 23:59"),  # today is one
        ("by next Friday", "03-13 23:59"),
        ("Monday morning", "03-09 12:00"),
        ("Thursday afternoon", "03-05 18:00"),
        ("tomorrow", "03-05 23:59"),
        ("the day after tomorrow", "03-06 23:59"),
        ("tomorrow morning", "03-05 12:00"),
        ("in the morning", "03-05 12:00"),
        ("this morning", "03-04 12:00"),
        ("this afternoon", "03-04 18:00"),
        ("tonight", "03-04 23:59"),
        ("by end of day", "03-04 23:59"),
        ("by close of business tomorrow", "03-05 17:00"),
        ("by COB", "03-04 17:00"),
        ("by the end of the week", "03-06 23:59"),
        ("by the end of the month", "03-31 23:59"),
        ("by 5pm", "03-04 17:00"),
        ("by 5 pm tomorrow", "03-05 17:00"),
        ("by 16:30", "03-04 16:30"),
        ("by 4.30 pm", "03-04 16:30"),
        ("the 22.40 for the carriage", ""),
        ("the parts arrive on Monday and we fit them on Tuesday", "03-10 23:59"),
        ("within five (5) working days", "03-11 23:59"),
        ("in the next hour", "03-04 11:30"),
        ("by noon", "03-04 12:00"),
        ("by 9 am", "03-05 09:00"),  # past today
        ("at ten tomorrow", "03-05 10:00"),
        ("at half past three", "03-04 15:30"),
        ("at quarter to four", "03-04 15:45"),
        ("within two hours", "03-04 12:30"),
        ("within the hour", "03-04 11:30"),
        ("in half an hour", "03-04 11:00"),
        ("in a couple of hours", "03-04 12:30"),
        ("within 24 hours", "03-05 10:30"),
        ("within 2-3 hours", "03-04 13:30"),
        ("24 hours tops", "03-05 10:30"),
        ("in three days", "03-07 23:59"),
        ("in 3-5 business days", "03-11 23:59"),
        ("within two to three working days", "03-09 23:59"),
        ("within 2 weeks", "03-18 23:59"),
        ("in a month", "04-04 23:59"),
        ("by 12 March", "03-12 23:59"),
        ("by March 12th", "03-12 23:59"),
        ("on the 2nd", "04-02 23:59"),
        ("by 1 May", "05-01 23:59"),
        ("by 2026-03-20", "03-20 23:59"),
        ("on 30 February", ""),
        ("about today's call", ""),
        ("it costs £4.00", ""),
        ("version 5.30.1", ""),
        ("soon", ""),
    ],
)
def test_deadlines(text: str, at: str) -> None:
    assert deadline(text) == at


def test_hours_are_hours_that_pass() -> None:
    """Two hours from half past one on the night when the clocks go forward."""
    now = datetime(2026, 3, 29, 1, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    assert deadline("within two hours", now) == "03-29 04:30"


@pytest.mark.parametrize(("now", "at"), [((2026, 1, 31, 9), "02-28 23:59"), ((2026, 12, 31, 9), "01-31 23:59")])
def test_a_month_ends_with_its_last_day_at_most(now: tuple[int, ...], at: str) -> None:
    assert deadline("within one month", datetime(*now, tzinfo=UTC)) == at


def test_a_day_ends_in_the_zone_of_the_team() -> None:
    promise = ("agent", "I will write to you tomorrow.", "2026-03-04T23:30Z")  # half past eight on the 5th in Tokyo
    (fact,) = facts_of("promise", promise, timezone="Asia/Tokyo")
    assert fact.outcome == "2026-03-06T23:59 open"


@pytest.mark.parametrize(
    ("rest", "state"),
    [
        ([("agent", "Here it is.", "2026-03-06T12:00Z")], "kept"),
        ([("bot", "We are closed.", "2026-03-05T12:00Z"), ("agent", "Here.", "2026-03-07T12:00Z")], "late"),
        ([("customer", "And?", "2026-03-07T08:00Z")], "late"),
        ([("customer", "Thanks.", "2026-03-04T11:00Z")], "open"),
        ([], "open"),
    ],
)
def test_whether_an_update_came_in_time(rest: list[tuple[str, str, str]], state: str) -> None:
    text = "I looked. I will write to you by Friday."
    (fact,) = facts_of("promise", ("agent", text, "2026-03-04T10:00Z"), *rest)
    assert fact.outcome == f"2026-03-06T23:59 {state}"
    (span,) = fact.evidence
    assert text[span.start : span.end] == "Friday"


@pytest.mark.parametrize(
    "text",
    [
        "Please send it by Friday.",
        "Can I call you tomorrow?",
        "The sale ends on Friday.",
        "I can't say whether it will be there by Friday.",
    ],
)
def test_a_date_is_no_promise(text: str) -> None:
    assert facts_of("promise", ("agent", text, "2026-03-04T10:00Z"))[0].state == "none-found"


def test_without_times_a_promise_is_found_without_its_deadline() -> None:
    (fact,) = facts_of("promise", ("agent", "I will write to you by Friday."))
    assert fact.state == "not-computed"
    assert fact.text == "not computed: the messages carry no times"
