"""The acts of a reviewer, checked against the rubric and the conversation before they go into the log."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from qa_toolkit.errors import InvalidActError
from qa_toolkit.review.shapes import Json, text_hash
from qa_toolkit.rubric import RATINGS, Rubric
from qa_toolkit.store import Act, Conversation, Event, Message, Store
from qa_toolkit.store.acts import TIME

MAX_TEXT: Final = 10_000  # characters of a comment, note or reason
MAX_SECONDS: Final = 86_400  # a day


class ActBuilder:
    """Makes the acts of one reviewer in one sample; raises `InvalidActError` for what does not fit."""

    def __init__(self, store: Store, sample: str, reviewer: str, rubric: Rubric) -> None:
        self._store = store
        self.sample = sample
        self.reviewer = reviewer
        self._rubric = rubric
        self.rubric_hash = rubric.hash
        self._last: Conversation | None = None

    def rating(
        self,
        conversation_id: str,
        commandment: str,
        rating: str | None,
        evidence: Sequence[Json],
        comment: str,
        uid: str | None,
        root_causes: Sequence[str] = (),
    ) -> Act:
        """Rate one commandment, or take its rating back (None)."""
        self._check_commandments([commandment])
        if rating is not None and rating not in RATINGS:
            raise InvalidActError(f"{rating!r} is no rating; give one of {', '.join(RATINGS)}")
        payload: Json = {
            "commandment": commandment,
            "rating": rating,
            "evidence": [self._evidence(conversation_id, item) for item in evidence],
            "comment": checked_text(comment, "comment"),
        }
        if root_causes:  # left out where there are none, so that what was recorded before there were any stays the same
            payload["root_causes"] = self._root_causes(commandment, rating, root_causes)
        return self._act(conversation_id, "rating", f"rating:{commandment}", payload, uid)

    def comment(self, conversation_id: str, text: str, uid: str | None) -> Act:
        """Comment on the whole conversation."""
        return self._act(conversation_id, "comment", "comment", {"text": checked_text(text, "comment")}, uid)

    def good_answer(
        self,
        conversation_id: str,
        position: int,
        commandments: Sequence[str],
        note: str,
        good: bool,
        uid: str | None,
    ) -> Act:
        """Mark a message as a good answer for some commandments, or take the mark back."""
        message = self._message(conversation_id, position)
        if good and message.role != "agent":
            raise InvalidActError(f"message {position + 1} is not the agent's, so it is no answer")
        if good and not commandments:
            raise InvalidActError("choose the commandments that it is a good answer for")
        self._check_commandments(commandments)
        payload = {
            "position": message.position,
            "text_hash": text_hash(message.text),
            "commandments": list(commandments) if good else [],
            "note": checked_text(note, "note"),
            "good": good,
        }
        return self._act(conversation_id, "good_answer", f"good_answer:{position}", payload, uid)

    def dispute(self, conversation_id: str, fact: str, wrong: bool, note: str, uid: str | None) -> Act:
        """Say that a fact is wrong, or take that back."""
        payload = {"fact": fact, "wrong": wrong, "note": checked_text(note, "note")}
        return self._act(conversation_id, "fact", f"fact:{fact}", payload, uid)

    def spent(self, conversation_id: str, seconds: int, idle: int, uid: str | None) -> Act:
        """Note time that was spent on a conversation. It belongs to no rubric, so it is no part of the review."""
        if not all(0 <= n <= MAX_SECONDS for n in (seconds, idle)):
            raise InvalidActError(f"{seconds} s and {idle} s idle cannot be spent at one time; give 0 to {MAX_SECONDS}")
        uid = uid or uuid.uuid4().hex
        payload = {"seconds": seconds, "idle": idle}
        return Act(uid, self.reviewer, TIME, f"{TIME}:{uid}", conversation_id, "", self.sample, payload)

    def submit(self, conversation_id: str, uid: str | None) -> Act:
        """Finish the review of a conversation."""
        return self._act(conversation_id, "submit", "status", {}, uid)

    def skip(self, conversation_id: str, reason: str, uid: str | None) -> Act:
        """Leave a conversation unrated, for a reason."""
        if not checked_text(reason, "reason").strip():
            raise InvalidActError("give the reason for skipping, such as 'spam' or 'not my language'")
        return self._act(conversation_id, "skip", "status", {"reason": reason}, uid)

    def undo(self, event: Event, uid: str, number: int) -> Act:
        """Undo an event, one of `number` that are undone together."""
        payload = {"kind": event.kind, "commandment": event.payload.get("commandment"), "number": number}
        return self._act(event.conversation_id, "undo", "", payload, uid, event.event_id)

    def _act(
        self, conversation_id: str, kind: str, slot: str, payload: Json, uid: str | None, target: int | None = None
    ) -> Act:
        uid = uid or uuid.uuid4().hex
        return Act(uid, self.reviewer, kind, slot, conversation_id, self.rubric_hash, self.sample, payload, target)

    def _check_commandments(self, names: Sequence[str]) -> None:
        unknown = [name for name in names if name not in self._rubric.ids]
        if unknown:
            raise InvalidActError(f"the rubric {self._rubric.id!r} has no commandment {unknown[0]!r}")

    def _root_causes(self, commandment: str, rating: str | None, names: Sequence[str]) -> list[str]:
        if rating not in ("partial", "fail"):
            raise InvalidActError("root causes go with a partial or a fail only")
        allowed = self._rubric[commandment].root_causes or tuple(self._rubric.root_causes)
        unknown = [name for name in names if name not in allowed]
        if unknown:
            raise InvalidActError(f"{commandment!r} has no root cause {unknown[0]!r}")
        return list(dict.fromkeys(names))

    def conversation(self, conversation_id: str) -> Conversation:
        """Return a conversation; the last one is kept, because acts mostly follow one another on the same."""
        last = self._last
        if last is None or last.conversation_id != conversation_id:
            self._last = last = self._store.conversation(conversation_id)
        return last

    def read_anew(self, conversation_id: str) -> Conversation:
        """Return a conversation as the store has it now: its customer may have been forgotten since it was kept."""
        self._last = None
        return self.conversation(conversation_id)

    def _message(self, conversation_id: str, position: object) -> Message:
        last = self.conversation(conversation_id)
        n = len(last.messages)
        if not isinstance(position, int) or isinstance(position, bool) or not 0 <= position < n:
            raise InvalidActError(f"the conversation has {n} messages; there is none at position {position!r}")
        return last.messages[position]

    def _evidence(self, conversation_id: str, item: Json) -> Json:
        message = self._message(conversation_id, item.get("position"))
        start, end = item.get("start"), item.get("end")
        if (start, end) != (None, None) and not _is_span(start, end, len(message.text)):
            raise InvalidActError(f"characters {start!r} to {end!r} are not within message {message.position + 1}")
        return {"position": message.position, "start": start, "end": end, "text_hash": text_hash(message.text)}


def _is_span(start: object, end: object, length: int) -> bool:
    return isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= length


def checked_text(text: object, what: str) -> str:
    """Return what a person wrote, or raise InvalidActError if it cannot be stored."""
    if not isinstance(text, str):
        raise InvalidActError(f"the {what} is no text: {text!r}")
    if len(text) > MAX_TEXT:
        raise InvalidActError(f"the {what} has {len(text)} characters; keep it under {MAX_TEXT}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidActError(f"the {what} holds half a character; type it again") from None
    return text


def reason_of(reason: str) -> str:
    """Return the reason for handing something back, or raise InvalidActError if there is none."""
    why = checked_text(reason, "reason").strip()
    if not why:
        raise InvalidActError("give the reason for handing it back, such as 'I know the customer'")
    return why
