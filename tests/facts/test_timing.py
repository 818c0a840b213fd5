"""Waits, on transcripts worked by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from facts.turns import facts_of, turns

from qa_toolkit.conversations.facts import TIMINGS, Calendar, find_facts
from qa_toolkit.conversations.facts.timing import duration

DAY = "2026-03-04T"
COURSE = (
    ("customer", "My export fails.", DAY + "09:00Z"),
    ("bot", "Thank you, someone will be with you.", DAY + "09:01Z"),
    ("customer", "It says error 4.", DAY + "09:10Z"),
    ("note", "Known fault, see 88.", DAY + "09:30Z"),
    ("agent", "Which version do you use?", DAY + "12:12Z"),
    ("agent", "And which system?", DAY + "12:20Z"),
    ("customer", "5.2, on Linux.", DAY + "16:00Z"),
    ("system", "Set to open.", DAY + "16:01Z"),
    ("agent", "Please take 5.3.", DAY + "16:45Z"),
    ("customer", "Thanks!", "2026-03-05T08:00Z"),
)


@pytest.mark.parametrize(
    ("kind", "minutes", "evidence"),
    [("first-response", "192", [0, 4]), ("customer-wait", "192", [0, 4]), ("agent-wait", "915", [8, 9])],
)
def test_a_wait_runs_from_the_first_message_of_a_run(kind: str, minutes: str, evidence: list[int]) -> None:
    (fact,) = facts_of(kind, *COURSE)
    assert (fact.state, fact.outcome) == ("found", minutes)
    assert [span.position for span in fact.evidence] == evidence
    assert all(span.start is None for span in fact.evidence)


def test_a_wait_is_given_on_the_clock_and_in_business_hours() -> None:
    (fact,) = facts_of("first-response", ("customer", "Hello?", DAY + "15:48Z"), ("agent", "Yes?", DAY + "19:00Z"))
    assert fact.text == "First response after 3 h 12 min; 1 h 12 min of business hours"
    (fact,) = facts_of("first-response", ("customer", "Hello?", DAY + "17:48Z"), ("agent", "Yes?", DAY + "19:00Z"))
    assert fact.text == "First response after 1 h 12 min; none of it business hours"


def test_the_longest_wait_need_not_be_the_first() -> None:
    course = [("customer", "?", DAY + "09:00Z"), ("agent", "!", DAY + "09:05Z"), ("customer", "?", DAY + "10:00Z")]
    course.append(("agent", "!", DAY + "11:00Z"))
    assert facts_of("customer-wait", *course)[0].outcome == "60"
    assert facts_of("first-response", *course)[0].outcome == "5"


def test_a_bot_is_no_answer() -> None:
    (fact,) = facts_of("first-response", ("customer", "Hello", DAY + "09:00Z"), ("bot", "Hi", DAY + "09:00Z"))
    assert (fact.state, fact.evidence) == ("none-found", ())


def test_the_first_response_is_none_where_its_time_is_unknown() -> None:
    """The second answer, whose time is known, is not taken for the first."""
    course = (
        ("customer", "a", DAY + "09:00Z"),
        ("agent", "b"),
        ("customer", "c", DAY + "10:00Z"),
        ("agent", "d", DAY + "11:00Z"),
    )
    assert facts_of("first-response", *course)[0].state == "none-found"
    assert facts_of("customer-wait", *course)[0].outcome == "60"


@pytest.mark.parametrize("kind", TIMINGS)
def test_without_times_nothing_is_computed(kind: str) -> None:
    (fact,) = facts_of(kind, ("customer", "Hello"), ("agent", "Hello"))
    assert (fact.state, fact.text) == ("not-computed", "not computed: the messages carry no times")


def test_timings_need_no_language() -> None:
    course = turns(("customer", "Żółć?", DAY + "09:00Z"), ("agent", "Hm.", DAY + "09:01Z"))
    facts = find_facts(course, language="xx", calendar=Calendar(), kinds=TIMINGS)
    assert [fact.state for fact in facts] == ["found", "found", "none-found"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min"), (11520, "3 h 12 min"), (90000, "1 d 1 h"), (86400, "1 d")],
)
def test_durations_read_well(seconds: int, text: str) -> None:
    assert duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize("odd", ["0001-01-01T00:00+02:00", "9999-12-31T23:30+00:00", "9999-12-31T23:30-08:00"])
@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_an_impossible_time_is_not_known(odd: str, timezone: str) -> None:
    said = "We will call you by tomorrow."
    course = turns(("customer", "Hi?", odd), ("agent", said, odd), ("customer", "And?", odd), ("agent", said, odd))
    facts = find_facts(course, language="en", calendar=Calendar(timezone), kinds=[*TIMINGS, "promise"])
    assert {fact.text for fact in facts} == {"not computed: the messages carry no times"}


def test_one_time_that_is_far_off_costs_only_its_waits() -> None:
    lines = (
        ("customer", "Hi?", "1970-01-01T00:00Z"),
        ("agent", "Yes?", DAY + "09:00Z"),
        ("customer", "It fails.", DAY + "09:05Z"),
    )
    facts = {fact.kind: fact for fact in find_facts(turns(*lines), language="en", calendar=Calendar())}
    assert facts["first-response"].text == "not computed: messages 1 and 2 are more than ten years apart"
    assert (facts["agent-wait"].state, facts["agent-wait"].outcome) == ("found", "5")
