"""Pins: good answers that a coach has chosen for faults, as acts in the log."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from qa_toolkit.coaching.reading import Reading
from qa_toolkit.coaching.shapes import Json, pin_shape, text_or_none
from qa_toolkit.errors import NotFoundError
from qa_toolkit.review.acts import checked_text
from qa_toolkit.store import Act, Conversation


class Pinning(Reading):
    """The part of a `CoachSession` that pins."""

    def pin(self, fault_id: str, exemplar_id: str, note: str = "", pinned: bool = True, uid: str | None = None) -> Json:
        """Pin a good answer to a fault, change its note, or take the pin back (``pinned=False``).

        Parameters
        ----------
        fault_id, exemplar_id : str
        note : str
            What the agent should see in it.
        pinned : bool
        uid : str, optional
            Id of the act; the same id is written once.

        Returns
        -------
        dict
            ``pins``: all of the coach's; ``library``: another number once answers were retired or customers forgotten.

        Raises
        ------
        NotFoundError
            If there is no such fault or no such answer. A pin whose fault has gone can still be taken back.
        InvalidActError
            If the note cannot be stored.
        """
        given = {"fault_id": fault_id, "exemplar_id": exemplar_id, "note": note, "pinned": True}
        if pinned and self._was_sent(uid, given):
            return {"pins": self.pins(), "library": self._library}
        fault: Any = {"fault_id": fault_id, "agent": None, "commandment": ""}
        if pinned:
            fault = self._fault(fault_id)
            check_answer(exemplar_id, self._conversation)
        self._project.store.append(pin_act(self.coach, fault, exemplar_id, note, pinned, uid))
        return {"pins": self.pins(), "library": self._library}

    def pins(self) -> list[Json]:
        """Return the coach's pins, oldest first, each with the beginning of its answer and whether it still holds.

        It does not once its fault is rated otherwise, or its answer is retired.
        """
        self._refresh_if_gone()
        return [self._pin(row) for row in self._project.pins(self.coach).to_dict("records")]

    def _pin(self, row: Any) -> Json:
        title = self._titles.get(row["commandment"], row["commandment"])
        conversation = answered_in(row["exemplar_id"], self._conversation)
        holds = row["fault_id"] in self._faults.index and row["exemplar_id"] not in self._retired
        return pin_shape(row, title, conversation, holds)


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
