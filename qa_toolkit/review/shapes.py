"""What a screen receives of conversations, commandments and reviews: plain dicts that go through JSON."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from qa_toolkit.review.settings import ReviewSettings
from qa_toolkit.rubric import Rubric
from qa_toolkit.rubric.applies import Circumstances
from qa_toolkit.store import Conversation, Event, Message
from qa_toolkit.store.assigned_rules import WAITING
from qa_toolkit.store.assignments import Assignment
from qa_toolkit.store.statuses import status

Json = dict[str, Any]


def rubric_shape(rubric: Rubric) -> Json:
    """Return a rubric with its groups and commandments."""
    head = {"id": rubric.id, "title": rubric.title, "hash": rubric.hash, "groups": dict(rubric.groups)}
    head["root_causes"] = dict(rubric.root_causes)
    return {**head, "commandments": [c.as_dict() for c in rubric.commandments]}


def settings_shape(settings: ReviewSettings) -> Json:
    """Return the settings that a screen has to know."""
    return {"evidence_on_fail": settings.evidence_on_fail, "idle_after": settings.time_idle_after}


def assignment_shape(a: Assignment, at: datetime) -> Json:
    """Return what a reviewer has to know of an assignment, at a time."""
    overdue = a.state in WAITING and a.due_at is not None and a.due_at < at
    times = {"due_at": iso_or_none(a.due_at), "lease_until": iso_or_none(a.lease_until)}
    return {"state": a.state, "overdue": overdue, **times}


def circumstances(c: Conversation) -> Circumstances:
    """Return what of a conversation decides which commandments apply to it."""
    roles, authors, times = zip(*((m.role, m.author, m.sent_at) for m in c.messages), strict=True)
    return Circumstances(c.channel, c.plan, c.language, roles, authors, times)


def conversation_shape(c: Conversation, index: int) -> Json:
    """Return a conversation with its messages; `index` is its place in the queue, from 0."""
    names = ("conversation_id", "source", "channel", "language", "subject", "agent", "customer", "plan", "labels")
    messages = [_message(m) for m in c.messages]
    head = {name: getattr(c, name) for name in names}
    return {
        **head,
        "index": index,
        "forgotten_at": iso_or_none(c.forgotten_at),
        "started_at": iso_or_none(c.started_at),
        "n_messages": len(messages),
        "messages": messages,
    }


def _message(m: Message) -> Json:
    plain = {name: getattr(m, name) for name in ("position", "role", "author", "text")}
    return {**plain, "sent_at": iso_or_none(m.sent_at), "attachments": list(m.attachments), "folded": list(m.folded)}


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
        "ratings": {name: rating_shape(e) for name, e in rated.items()},
        "cleared": {e.payload["commandment"]: e.event_id for e in ratings if e.payload["rating"] is None},
        "comment": next((e.payload["text"] for e in events if e.kind == "comment"), ""),
        "good_answers": [{k: m[k] for k in ("position", "commandments", "note")} for m in marks],
        "disputed_facts": [e.payload["fact"] for e in events if e.kind == "fact" and e.payload["wrong"]],
        "missing": [name for name in rubric_ids if name not in rated],
    }


def rating_shape(event: Event) -> Json:
    """Return what an event says of one commandment; ``revision`` is its number."""
    p = event.payload
    evidence = [{k: e[k] for k in ("position", "start", "end")} for e in p["evidence"]]
    shown = {"rating": p["rating"], "evidence": evidence, "comment": p["comment"], "revision": event.event_id}
    return {**shown, "root_causes": p.get("root_causes", [])}


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text, which an event holds in place of the text itself."""
    return hashlib.sha256(text.encode()).hexdigest()


def iso_or_none(time: datetime | None) -> str | None:
    """Return a time as ISO 8601, or None where there is none."""
    return time.isoformat() if time else None
