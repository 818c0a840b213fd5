"""Hostile text: a megabyte of it is read in a time that grows as the text does."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest
from facts.turns import Line, facts_of

from qa_toolkit.conversations.facts import KINDS, TIMINGS, Calendar, find_facts
from qa_toolkit.conversations.facts.reading import LONGEST_READ

SENT = datetime(2026, 3, 2, tzinfo=UTC)
PIECES = (
    "sorry ",
    "a ",
    "\n",
    "> ",
    '"',
    "will you ",
    "On 1 ",
    "A1-",
    "''''",
    "x or y? ",
    "order 1? ",
    "may 1 ",
    "in two to two ",
)


def seconds(piece: str, size: int, messages: int) -> float:
    roles = ("customer", "agent")
    text = (piece * size)[:size]
    turns = [Line(i, roles[i % 2], text, "x", SENT) for i in range(messages)]
    began = time.process_time()
    find_facts(turns, language="en", calendar=Calendar())
    return time.process_time() - began


@pytest.mark.parametrize("piece", PIECES)
def test_the_time_grows_as_the_text_does(piece: str) -> None:
    """Of a message sixteen times as long, less than fifty times the time: quadratic would be 256."""
    seconds(piece, 1_000, 2)
    short = max(min(seconds(piece, 1_000, 2) for _ in range(3)), 2e-3)
    assert min(seconds(piece, 16_000, 2) for _ in range(2)) / short < 50


@pytest.mark.parametrize("piece", ["we will call you by friday, sorry ", "x or y? "])
def test_a_megabyte_in_many_messages_takes_as_long_as_its_parts(piece: str) -> None:
    seconds(piece, 5_000, 20)
    short = max(seconds(piece, 5_000, 20), 2e-2)
    assert seconds(piece, 5_000, 200) / short < 60


def test_a_megabyte_in_one_message_is_cut_and_the_fact_says_so() -> None:
    (fact,) = facts_of("apology", ("agent", "x " * 500_000 + "sorry"))
    assert fact.state == "none-found"
    assert fact.text.endswith(f"(read without what is beyond {LONGEST_READ:,} characters of message 1)")


def test_what_stands_before_the_cut_is_found() -> None:
    (fact,) = facts_of("apology", ("agent", "Sorry. " + "x " * 500_000))
    assert fact.state == "found"
    assert "beyond" in fact.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "\x00",
        "\ud7ff",
        "İİİ sorry",
        "🐱" * 50,
        "?" * 50,
        "9" * 400,
        "2026-99-99",
        "31 february",
        "within 999 months",
    ],
)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in TIMINGS])
def test_odd_text_raises_nothing(kind: str, text: str) -> None:
    course = [
        (role, text, "2026-03-02T09:00Z")
        for role in ("customer", "agent", "system", "note", "bot", "customer", "agent")
    ]
    promise = [("agent", f"We will call you back by {text}.", "2026-03-02T09:00Z")]
    assert facts_of(kind, *course, *promise)


def test_code_points_stay_in_place_where_lower_case_is_longer() -> None:
    text = "İİİ We are sorry"
    (fact,) = facts_of("apology", ("agent", text))
    assert [text[s.start : s.end] for s in fact.evidence] == ["sorry"]
