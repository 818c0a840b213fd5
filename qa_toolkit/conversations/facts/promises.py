"""Promises with a deadline, and whether the agent wrote again in time."""

from __future__ import annotations

from datetime import datetime

from qa_toolkit.conversations.facts.deadlines import Deadline
from qa_toolkit.conversations.facts.hours import Calendar
from qa_toolkit.conversations.facts.model import Fact, Span, found, none_found, not_computed
from qa_toolkit.conversations.facts.reading import Passage, Reading

_WORDS = {"kept": "an update came in time", "late": "no update came in time", "open": "the conversation ends before it"}


def find_promises(reading: Reading, calendar: Calendar) -> list[Fact]:
    """Find what agents promised by a time, read in the zone of the calendar."""
    if all(turn.sent_at is None for turn in reading.turns):
        return [not_computed("promise", "the messages carry no times")]
    facts = []
    for passage in reading.by("agent"):
        for index in range(len(passage.sentences)):
            promise = _promise(passage, index, reading, calendar)
            if promise:
                facts.append(_fact(reading, passage, index, promise))
    return facts or [none_found("promise")]


def _promise(passage: Passage, index: int, reading: Reading, calendar: Calendar) -> Deadline | None:
    sentence = passage.sentences[index]
    if sentence.asks or not passage.says("promise.commits", index) or passage.says("promise.not", index):
        return None
    sent = passage.turn.sent_at
    if sent is None:
        return None
    return max(
        reading.phrases.deadlines.find(sentence.text, sent.astimezone(calendar.zone)), key=lambda d: d.at, default=None
    )


def _fact(reading: Reading, passage: Passage, index: int, deadline: Deadline) -> Fact:
    sentence = passage.sentences[index]
    span = Span(passage.position, sentence.start + deadline.start, sentence.start + deadline.end)
    state = _kept(reading, passage, deadline.at)
    words = sentence.text[deadline.start : deadline.end]
    local = f"{deadline.at:%Y-%m-%d %H:%M}"
    plain = f"Promise “{' '.join(words.split())}” in message {passage.position + 1}"
    text = f"{plain}, by {local}: {_WORDS[state]}"
    return found("promise", text, span, outcome=f"{deadline.at:%Y-%m-%dT%H:%M} {state}", plain=plain)


def _kept(reading: Reading, passage: Passage, deadline: datetime) -> str:
    for later in reading.passages[passage.position + 1 :]:
        if later.turn.sent_at is not None:
            if later.role == "agent":
                return "kept" if later.turn.sent_at <= deadline else "late"
            if later.turn.sent_at > deadline:
                return "late"
    return "open"
