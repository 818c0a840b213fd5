"""Hand-overs, and what the customer had to say again after one."""

from __future__ import annotations

import re
from typing import Final

from qa_toolkit.conversations.facts.model import Fact, Span, found, none_found
from qa_toolkit.conversations.facts.reading import Passage, Reading
from qa_toolkit.conversations.facts.wording import spans_of, without

SHARED: Final = 0.4  # share of a message's content words that an earlier one had
SHARED_CODES: Final = 0.15  # the same, where a number is among them
ENOUGH: Final = 2  # shared content words
LOOK_BACK: Final = 200  # messages to compare with
_CODE: Final = re.compile(r"\d{2,}|@")


def find_hand_overs(reading: Reading) -> list[Fact]:
    """Find where a matter was passed on, or another agent took over."""
    facts = []
    for passage, spans in hand_overs(reading):
        who = f" to {passage.turn.author}" if spans[0].start is None and passage.turn.author else ""
        facts.append(found("hand-over", f"Hand-over{who} in message {passage.position + 1}", *spans))
    return facts or [none_found("hand-over")]


def hand_overs(reading: Reading) -> list[tuple[Passage, list[Span]]]:
    """Return the messages that say so or are the first of another agent, each with its evidence."""
    out = []
    before: str | None = None
    for passage in reading.by("agent", "system", "note"):
        spans = _said(passage)
        author = passage.turn.author if passage.role == "agent" else None
        if not spans and author and before and author != before:
            spans = [Span(passage.position)]
        if spans:
            out.append((passage, spans))
        before = author or before
    return out


def _said(passage: Passage) -> list[Span]:
    if passage.role == "system":
        hits = passage.hits("hand-over.system")
        return spans_of(passage, without(passage, hits, "hand-over.not"))
    hits = without(passage, passage.hits("hand-over.says"), "hand-over.not")
    return spans_of(passage, [hit for hit in hits if not passage.sentences[hit.sentence].asks])


def find_repeated_after(reading: Reading) -> list[Fact]:
    """Find what the customer told again after a hand-over."""
    passed = {passage.position for passage, _ in hand_overs(reading)}
    facts = []
    earlier: list[Passage] = []  # told before the last hand-over
    since: list[Passage] = []  # told after it
    asked = False  # whether an agent asked for anything after it
    for passage in reading.passages:
        if passage.position in passed:
            earlier, since, asked = [*earlier, *since][-LOOK_BACK:], [], False
        if passage.role == "agent":
            asked = asked or any(s.asks for s in passage.sentences) or passage.says("questions.requests")
        if passage.role == "customer":
            since.append(passage)
            first = _told_before(passage, earlier) if asked or _minds(passage) else None
            if first is not None:
                facts.append(_repeated(first, passage))
    return facts or [none_found("repeat-after-hand-over")]


def _repeated(first: Passage, again: Passage) -> Fact:
    text = f"Told in message {first.position + 1} and, after a hand-over, again in message {again.position + 1}"
    return found("repeat-after-hand-over", text, Span(first.position), Span(again.position))


def _minds(passage: Passage) -> bool:
    return passage.says("repeat-after-hand-over.minds")


def _told_before(passage: Passage, earlier: list[Passage]) -> Passage | None:
    """Return the message that told most of what this one tells."""
    words, minds = passage.stems, _minds(passage)
    best, most = None, 0.0
    for other in earlier:
        shared = words & other.stems
        share = len(shared) / len(words) if shared else 0.0
        if share > most and _is_same(shared, len(words), minds):
            best, most = other, share
    if best is None and minds and earlier:
        return max(earlier, key=lambda p: len(p.text))
    return best


def _is_same(shared: frozenset[str], words: int, minds: bool) -> bool:
    if minds or (any(_CODE.search(word) for word in shared) and len(shared) >= SHARED_CODES * words):
        return True
    return len(shared) >= SHARED * words and (len(shared) >= ENOUGH or len(shared) == words)
