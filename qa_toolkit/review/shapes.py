"""What a screen receives of conversations, commandments and reviews: plain dicts that go through JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Conversation, Event
from qa_toolkit.store.frames import status

Json = dict[str, Any]


def rubric_shape(rubric: Rubric) -> Json:
    """Return a rubric with its groups and commandments."""
    head = {"id": rubric.id, "title": rubric.title, "hash": rubric.hash, "groups": dict(rubric.groups)}
    return {**head, "commandments": [c.as_dict() for c in rubric.commandments]}


def conversation_shape(c: Conversation, index: int) -> Json:
    """Return a conversation with its messages; `index` is its place in the queue, from 0."""
    names = ("conversation_id", "source", "channel", "language", "subject", "agent", "customer", "plan", "labels")
    messages = [
        {"position": m.position, "role": m.role, "author": m.author, "text": m.text, "sent_at": iso_or_none(m.sent_at)}
        for m in c.messages
    ]
    head = {name: getattr(c, name) for name in names}
    return {
        **head,
        "index": index,
        "started_at": iso_or_none(c.started_at),
        "n_messages": len(messages),
        "messages": messages,
    }


def state_shape(conversation_id: str, events: Sequence[Event], rubric_ids: Sequence[str]) -> Json:
    """Return the state of one review from its current events.

    ``revision`` is the id of the newest event, 0 where there is none; each rating carries its own, and ``cleared``
    those of ratings that were taken back.
    """
    ratings = [e for e in events if e.kind == "rating"]
    rated = {e.payload["commandment"]: e for e in ratings if e.payload["rating"] is not None}
    marks = [e.payload for e in events if e.kind == "good_answer" and e.payload["good"]]
    state, reason = status(events)
    return {
        "conversation_id": conversation_id,
        "status": state,
        "reason": reason,
        "revision": max((e.event_id for e in events), default=0),
        "ratings": {name: _rating(e) for name, e in rated.items()},
        "cleared": {e.payload["commandment"]: e.event_id for e in ratings if e.payload["rating"] is None},
        "comment": next((e.payload["text"] for e in events if e.kind == "comment"), ""),
        "good_answers": [{k: m[k] for k in ("position", "commandments", "note")} for m in marks],
        "missing": [name for name in rubric_ids if name not in rated],
    }


def _rating(event: Event) -> Json:
    p = event.payload
    evidence = [{k: e[k] for k in ("position", "start", "end")} for e in p["evidence"]]
    return {"rating": p["rating"], "evidence": evidence, "comment": p["comment"], "revision": event.event_id}


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text, which an event holds in place of the text itself."""
    return hashlib.sha256(text.encode()).hexdigest()


def iso_or_none(time: datetime | None) -> str | None:
    """Return a time as ISO 8601, or None where there is none."""
    return time.isoformat() if time else None
