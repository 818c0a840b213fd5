"""Facts that rest on a phrase of the agent in one message: apologies, blame."""

from __future__ import annotations

from typing import Final

from qa_toolkit.conversations.facts.model import Fact, Span, found, none_found
from qa_toolkit.conversations.facts.reading import Reading

NAMES: Final = {"apology": "Apology", "blame": "Blame"}


def find_phrase(kind: str, reading: Reading) -> list[Fact]:
    """Find the phrases of a kind in the agents' messages, one fact for each message."""
    facts = []
    for passage in reading.by("agent"):
        bad = {hit.sentence for hit in passage.hits(f"{kind}.not")}
        hits = [h for h in passage.hits(f"{kind}.says") if h.sentence not in bad]
        if hits:
            facts.append(in_message(kind, NAMES[kind], *[passage.span(h) for h in hits]))
    return facts or [none_found(kind)]


def in_message(kind: str, name: str, *evidence: Span) -> Fact:
    """Make a fact of one message; messages are counted from 1 for people."""
    return found(kind, f"{name} in message {evidence[0].position + 1}", *evidence)
