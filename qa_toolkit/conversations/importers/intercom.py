"""Intercom: conversations with their parts, and the admins, teams and contacts that lie beside them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final

from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._fields import (
    flag_in,
    id_in,
    names_in,
    needed_id,
    number_in,
    object_in,
    objects_in,
    refuse_columns,
    rest,
    text_in,
    time_in,
    within,
)
from qa_toolkit.conversations.importers._files import ImportFile, Progress, unheard
from qa_toolkit.conversations.importers._json import Element, elements
from qa_toolkit.conversations.importers._model import Part, Record, Refusal, record_of
from qa_toolkit.conversations.importers._parties import Parties, Party
from qa_toolkit.conversations.importers._records import MalformedError
from qa_toolkit.conversations.text import read_body

TABLES: Final = frozenset({"conversations", "admins", "teams", "contacts", "data"})
CUSTOMERS: Final = frozenset({"user", "lead", "contact"})
AGENTS: Final = frozenset({"admin", "team"})
NOTES: Final = frozenset({"note", "note_and_reopen"})
AUTOMATIC: Final = frozenset({"automated", "campaigns_initiated", "operator_initiated"})
CHANNELS: Final = {"conversation": "chat", "phone_call": "phone", "phone_switch": "phone"}
OF_CONVERSATION: Final = frozenset(
    {
        *("type", "id", "created_at", "title", "open", "read", "state", "priority", "tags", "contacts", "teammates"),
        *("source", "conversation_message", "conversation_parts", "conversation_rating", "statistics", "ai_agent"),
        *("admin_assignee_id", "team_assignee_id", "custom_attributes"),
    }
)
OF_PART: Final = frozenset({"type", "id", "body", "subject", "created_at", "author", "attachments", "redacted"})
LISTED: Final = (
    "has no conversation_parts: a list of conversations leaves the messages out; export each conversation by itself"
)
_HEAD: Final = re.compile(rb'"type"\s*:\s*"conversation(\.list)?"')
_OPERATOR: Final = re.compile(r"operator\+[^@]*@intercom\.io", re.IGNORECASE)
_HTML: Final = re.compile(  # a body is HTML or plain text and does not say which, but HTML starts with a tag
    r"\s*<(!|/?(a|b|blockquote|body|br|center|code|div|em|figure|font|h[1-6]|head|html|i|img|ol|p|pre|span|strong|style"
    r"|table|u|ul)\b)",
    re.IGNORECASE,
)


@dataclass
class _Beside:
    """What lies beside the conversations."""

    parties: dict[tuple[str, str | None], Party] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)  # ids of conversations that have their parts


class Intercom:
    """Importer of the conversations of Intercom, as its API gives them."""

    name = "intercom"

    def recognises(self, file: ImportFile) -> bool:
        """Say whether a file starts with a conversation of Intercom."""
        return any(_HEAD.search(part.head) for part in file.parts)

    def records(self, file: ImportFile, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
        """Give each conversation as a record or a refusal.

        Raises
        ------
        FileFormatError
            If columns are given: only tables have them.
        """
        refuse_columns(file, options)
        return _records(file, progress)


def _records(file: ImportFile, progress: Progress) -> Iterator[Record | Refusal]:
    beside = _look_beside(file)
    for element in elements(file, progress, TABLES):
        found = element if isinstance(element, Refusal) else _taken(element, beside)
        if found is not None:
            yield found


def _look_beside(file: ImportFile) -> _Beside:
    beside = _Beside()
    for element in elements(file, unheard, TABLES):
        if isinstance(element, Refusal):
            continue  # the second reading reports it
        with suppress(MalformedError):
            if element.value.get("conversation_parts") is not None:
                beside.whole.add(needed_id(element.value))
            elif _is_party(element.value):
                party = _party(element.value)
                beside.parties[party.role, party.id] = party
    return beside


def _taken(element: Element, beside: _Beside) -> Record | Refusal | None:
    value, conversation_id = element.value, None
    try:
        if _is_party(value):
            _party(value)
            return None
        conversation_id = id_in(value, "id")
        if value.get("conversation_parts") is not None:
            return _record(element, _Conversation(value, beside))
        if value.get("type") != "conversation":
            raise MalformedError("is no conversation of Intercom")
        if needed_id(value) in beside.whole:
            return None
        raise MalformedError(LISTED)
    except MalformedError as error:
        return Refusal(element.line, conversation_id, str(error), element.file)


def _record(element: Element, conversation: _Conversation) -> Record:
    parts, labels = conversation.parts(), conversation.labels()
    record = record_of(
        element.line,
        parts,
        conversation.parties.people(),
        element.file,
        conversation_id=needed_id(element.value),
        channel=conversation.channel,
        labels=labels,
        extra=rest(element.value, OF_CONVERSATION),
    )
    return replace(record, decisions=Counter(record.decisions) + conversation.decisions)


class _Conversation:
    """One conversation as it is read, and who is part of it."""

    def __init__(self, value: dict[str, Any], beside: _Beside) -> None:
        self._value = value
        self._source = object_in(value, "source") or object_in(value, "conversation_message")
        self._listed = object_in(value, "conversation_parts")
        self._parts = objects_in(self._listed, "conversation_parts")
        kind = text_in(self._source, "type") or "unknown"
        self.channel = CHANNELS.get(kind, kind)
        self.decisions: Counter[tuple[str, str]] = Counter()
        self.parties = Parties(beside.parties)
        for contact in objects_in(object_in(value, "contacts"), "contacts"):
            self.parties.add(_party(contact | {"type": "contact"}))
        for place, part in enumerate((self._source, *self._parts)):
            with within(f"conversation part {place}" if place else "source"):
                self.parties.add(_party(object_in(part, "author")))

    def parts(self) -> list[Part]:
        """Return its messages; events without a text are left out and counted."""
        found = []
        with within("source"):
            found += [self._first()] if self._source else []
        for place, part in enumerate(self._parts, start=1):
            with within(f"conversation part {place}"):
                found += self._part(part)
        if (number_in(self._listed, "total_count") or 0) > len(self._parts):
            self.decisions["conversation", "not whole: Intercom gives 500 parts at most"] += 1
        return found

    def _first(self) -> Part:
        role, rule = self._role(self._source)
        if role == "agent" and text_in(self._source, "delivered_as") in AUTOMATIC:
            role, rule = "bot", "sent automatically"
        return self._message(self._source, "source", role, rule, time_in(self._value, "created_at"))

    def _part(self, part: dict[str, Any]) -> list[Part]:
        kind, sent_at = text_in(part, "part_type"), time_in(part, "created_at")
        assigned = object_in(part, "assigned_to")
        if text_in(part, "body") or part.get("attachments") or flag_in(part, "redacted"):
            role, rule = ("note", "part_type is note") if kind in NOTES else self._role(part)
            return [self._message(part, "part", role, rule, sent_at)]
        if kind == "assignment" and _is_party(assigned):
            text = f"Assigned to {self.parties.add(_party(assigned)).author}."
            return [self._message(part | {"body": text}, "part", "system", "part_type is assignment", sent_at)]
        self.decisions["message", "left out: an event without a text"] += 1
        return []

    def _message(self, part: dict[str, Any], what: str, role: str, rule: str, sent_at: Any) -> Part:
        body = text_in(part, "body") or ""
        html = body if _HTML.match(body) else None
        text, folded = read_body(html, None if html else body, self.channel == "email" and role != "note")
        return Part(
            role,
            rule,
            text,
            sent_at,
            self.parties.add(_party(author)).author if (author := object_in(part, "author")) else None,
            f"{what} {part_id}" if (part_id := id_in(part, "id")) else None,
            [text_in(file, "name") or "file" for file in objects_in(part, "attachments")],
            folded,
            rest(part, OF_PART) | ({"redacted": True} if flag_in(part, "redacted") else {}),
        )

    def _role(self, part: dict[str, Any]) -> tuple[str, str]:
        author = object_in(part, "author")
        kind = text_in(author, "type")
        if kind is None:
            return "system", "author is missing"
        if kind == "bot" or flag_in(author, "from_ai_agent") or _OPERATOR.fullmatch(text_in(author, "email") or ""):
            return "bot", "author is a bot"
        if kind in CUSTOMERS:
            return "customer", "author is a user, lead or contact"
        if kind in AGENTS:
            return "agent", "author is an admin or a team"
        raise MalformedError("author.type is none of user, lead, contact, admin, team, bot")

    def labels(self) -> dict[str, Any]:
        """Return what is known of it as a whole."""
        value, rating = self._value, object_in(self._value, "conversation_rating")
        labels = {
            "subject": _plain(text_in(self._source, "subject")) or text_in(value, "title"),
            "status": text_in(value, "state"),
            "priority": text_in(value, "priority"),
            "tags": names_in(objects_in(object_in(value, "tags"), "tags"), "name"),
            "assignee": self._named("admin", id_in(value, "admin_assignee_id")),
            "group": self._named("team", id_in(value, "team_assignee_id")),
            "csat": number_in(rating, "rating"),
            "csat_comment": text_in(rating, "remark"),
            "csat_agent": self._named("admin", id_in(object_in(rating, "teammate"), "id")),
        }
        kept = ("statistics", "custom_attributes", "ai_agent")
        return rest(labels | {name: object_in(value, name) for name in kept}, ())

    def _named(self, kind: str, found: str | None) -> str | None:
        return self.parties.add(_party({"type": kind, "id": found})).author if found and found != "0" else None


def _plain(text: str | None) -> str | None:
    return read_body(text, None, mail=False)[0] if text and _HTML.match(text) else text


def _is_party(value: dict[str, Any]) -> bool:
    kind = value.get("type")
    return isinstance(kind, str) and (kind in CUSTOMERS or kind in AGENTS)


def _party(value: dict[str, Any]) -> Party:
    kind = text_in(value, "type")
    role = "customer" if kind in CUSTOMERS else "bot" if kind == "bot" else "agent"
    names = (text_in(value, name) for name in ("name", "email", "phone"))
    return Party(role, id_in(value, "id"), *names)
