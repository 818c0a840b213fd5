"""What a coach screen receives of faults, suggestions and pins: plain dicts that go through JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from itertools import dropwhile, takewhile
from typing import Any

import pandas as pd

from qa_toolkit.conversations import drop_folds
from qa_toolkit.review.shapes import iso_or_none
from qa_toolkit.rubric import Commandment
from qa_toolkit.store import Conversation, Message
from qa_toolkit.suggest import Suggestion

Json = dict[str, Any]

# A screen lists many faults at once; the conversation itself shows all of a long message.
QUOTE_CHARACTERS = 1500


def asked(messages: Sequence[Message], position: int) -> str:
    """Return what the customer had last written when the message at `position` came; -1 stands for the end.

    A message of the customer's own is part of it. What agents, bots and systems wrote in between is left out.
    """
    end = len(messages) if position < 0 else position
    if 0 <= position < len(messages) and messages[position].role == "customer":
        end += 1
    talk = [m for m in messages[:end] if m.role in ("customer", "agent")]
    before = dropwhile(lambda m: m.role == "agent", reversed(talk))
    turns = list(takewhile(lambda m: m.role == "customer", before))
    said = (drop_folds(m.text, m.folded) for m in reversed(turns))
    return "\n\n".join(text for text in said if text)


def fault_shape(row: Mapping[str, Any], conversation: Conversation, commandment: Commandment) -> Json:
    """Return one fault with its evidence quoted; `row` is one of `Project.faults`."""
    names = ("fault_id", "conversation_id", "commandment", "rating", "comment")
    return {
        **{name: row[name] for name in names},
        "reviewer": text_or_none(row["decided_by"]) or row["reviewer"],
        "agent": text_or_none(row["agent"]),
        "channel": conversation.channel,
        "subject": conversation.subject,
        "started_at": iso_or_none(conversation.started_at),
        "title": commandment.title,
        "asks": commandment.asks,
        "critical": commandment.critical,
        "situation": _cut(asked(conversation.messages, row["position"])),
        "evidence": [_evidence(e, conversation.messages[e["position"]]) for e in row["evidence"]],
    }


def _evidence(item: Json, message: Message) -> Json:
    head = {"position": message.position, "role": message.role, "author": message.author}
    span = {"start": item["start"], "end": item["end"]}
    return {**head, **span, "sent_at": iso_or_none(message.sent_at), "quote": _cut(quote(item, message))}


def quote(item: Json, message: Message) -> str:
    """Return the words of a message that a piece of evidence means: a span of it, or all that was not folded."""
    if item["start"] is None:
        return drop_folds(message.text, message.folded)
    return message.text[item["start"] : item["end"]]


def suggestion_shape(found: Suggestion, conversation: Conversation, titles: Mapping[str, str]) -> Json:
    """Return a suggestion; its ``situation`` is what the customer had written, without what a search adds to it."""
    fields = dataclasses.asdict(found)
    return {
        **fields,
        "sent_at": iso_or_none(found.sent_at),
        "situation": asked(conversation.messages, found.position) or found.situation,
        "subject": conversation.subject,
        "passes": [titles.get(name, name) for name in found.commandments],
    }


def pin_shape(row: Mapping[str, Any], title: str, conversation: Conversation | None, holds: bool) -> Json:
    """Return a pin with what a list of pins shows of it; without its answer, it ``holds`` no longer either."""
    position = int(row["exemplar_id"].rpartition("#")[2])
    answer = conversation.messages[position] if conversation else None
    names = ("fault_id", "exemplar_id", "note", "commandment")
    return {
        **{name: row[name] for name in names},
        "agent": text_or_none(row["agent"]),
        "title": title,
        "answered_by": (answer.author or conversation.agent) if answer and conversation else None,
        "answer": _cut(drop_folds(answer.text, answer.folded)) if answer else "",
        "holds": holds and answer is not None and not (conversation and conversation.forgotten_at),
    }


def agreed_shape(row: Mapping[str, Any]) -> Json:
    """Return what was agreed as a list of it shows it; `row` is one of `Project.agreed`."""
    names = ("item_id", "agent", "text", "due", "done")
    return {**{name: row[name] for name in names}, "at": iso_or_none(row["at"])}


def text_or_none(value: Any) -> str | None:
    """Return a cell of a frame as text, or None where it is missing."""
    return None if pd.isna(value) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= QUOTE_CHARACTERS else f"{text[:QUOTE_CHARACTERS]}…"
