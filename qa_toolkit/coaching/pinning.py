"""Pins, as acts in the log."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from qa_toolkit.coaching.shapes import text_or_none
from qa_toolkit.errors import NotFoundError
from qa_toolkit.review.acts import checked_text
from qa_toolkit.store import Act, Conversation


def pin_act(coach: str, fault: Mapping[str, Any], exemplar_id: str, note: str, pinned: bool, uid: str | None) -> Act:
    """Pin an exemplar to a fault (``fault_id``, ``agent``, ``commandment``), change its note, or take the pin back.

    Raises
    ------
    InvalidActError
        If the note cannot be stored.
    """
    about = {"agent": text_or_none(fault["agent"]), "commandment": fault["commandment"], "fault_id": fault["fault_id"]}
    payload = {**about, "exemplar_id": exemplar_id, "note": checked_text(note, "note"), "pinned": pinned}
    return Act(uid or uuid.uuid4().hex, coach, "pin", f"pin:{fault['fault_id']}:{exemplar_id}", payload=payload)


def check_answer(exemplar_id: str, conversation: Callable[[str], Conversation]) -> None:
    """Raise NotFoundError unless this is the id of an agent's message; `conversation` gives one by its id."""
    conversation_id, _, position = exemplar_id.rpartition("#")
    messages = conversation(conversation_id).messages
    if not (position.isdecimal() and int(position) < len(messages) and messages[int(position)].role == "agent"):
        raise NotFoundError(f"there is no answer {exemplar_id!r}; pin one of the suggestions")


def answered_in(exemplar_id: str, conversation: Callable[[str], Conversation]) -> Conversation | None:
    """Return the conversation of an exemplar, or None where there is none any more."""
    with suppress(NotFoundError):
        return conversation(exemplar_id.rpartition("#")[0])
    return None
