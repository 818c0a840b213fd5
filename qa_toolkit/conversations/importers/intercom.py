"""Intercom: conversations with their parts, and the admins, teams and contacts that lie beside them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Any, Final

from qa_toolkit.conversations.importers._fields import (
    flag_in,
    id_in,
    names_in,
    needed_id,
    number_in,
    object_in,
    objects_in,
    rest,
    text_in,
    time_in,
    within,
)
from qa_toolkit.conversations.importers._json import Element
from qa_toolkit.conversations.importers._model import Part, Record, record_of
from qa_toolkit.conversations.importers._parties import Parties, Party
from qa_toolkit.conversations.importers._records import MalformedError
from qa_toolkit.conversations.importers._tickets import Beside, Desk
from qa_toolkit.conversations.text import read_body

CUSTOMERS: Final = frozenset({"user", "lead", "contact"})
AGENTS: Final = frozenset({"admin", "team"})
PEOPLE: Final = ("admin", "contact", "user", "lead")
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
OF_PART: Final = frozenset(
    {"type", "id", "body", "subject", "created_at", "author", "attachments", "redacted", "conversation_id"}
)
LISTED: Final = (
    "has no conversation_parts: a list of conversations leaves the messages out; export each conversation by itself"
)
_OPERATOR: Final = re.compile(r"operator\+[^@]*@intercom\.io", re.IGNORECASE)
_HTML: Final = re.compile(  # a body is HTML or plain text and does not say which, but HTML starts with a tag
    r"\s*<(!|/?(a|b|blockquote|body|br|center|code|div|em|figure|font|h[1-6]|head|html|i|img|ol|p|pre|span|strong|style"
    r"|table|u|ul)\b)",
    re.IGNORECASE,
)


class Intercom(Desk):
    """Importer of the conversations of Intercom, as its API gives them."""

    name = "intercom"
    tables = frozenset({"conversations", "admins", "teams", "contacts", "data"})
    inside = frozenset({"conversation_parts"})
    strange = "is no conversation of Intercom"

    def is_ours(self, table: str, value: dict[str, Any]) -> bool:
        """Say whether this is a conversation of Intercom."""
        return value.get("type") == "conversation" and (
            table == "conversations" or "source" in value or "contacts" in value
        )

    def kind(self, element: Element) -> str:
        """Say what an object is, by its type."""
        kind = element.value.get("type")
        if kind == "conversation_part":
            return "message"
        if kind == "conversation" or "conversation_parts" in element.value:
            return "ticket"
        return "teams" if kind == "team" else "person" if kind in PEOPLE else ""

    def person(self, value: dict[str, Any]) -> Party:
        """Return an admin or a contact."""
        return _party(value)

    def ticket_of(self, element: Element) -> str:
        """Return the conversation of a part that stands apart."""
        return needed_id(element.value, "conversation_id")

    def record(self, element: Element, beside: Beside, apart: list[Element]) -> Record:
        """Return a conversation as a record."""
        if element.value.get("conversation_parts") is None and not apart:
            raise MalformedError(LISTED)
        conversation = _Conversation(element.value, beside, [part.value for part in apart])
        parts, labels = conversation.parts(), conversation.labels()
        record = record_of(
            element.line,
            parts,
            conversation.parties.people(),
            element.file,
            customer=conversation.parties.customer,
            conversation_id=needed_id(element.value),
            channel=conversation.channel,
            labels=labels,
            extra=rest(element.value, OF_CONVERSATION),
        )
        return replace(record, decisions=Counter(record.decisions) + conversation.decisions)


class _Conversation:
    """One conversation as it is read, and who is part of it."""

    def __init__(self, value: dict[str, Any], beside: Beside, apart: list[dict[str, Any]]) -> None:
        self._value, self._teams = value, beside.named
        self._source = object_in(value, "source") or object_in(value, "conversation_message")
        self._listed = object_in(value, "conversation_parts")
        self._parts = objects_in(self._listed, "conversation_parts") + apart
        kind = text_in(self._source, "type") or "unknown"
        self.channel = CHANNELS.get(kind, kind)
        self.decisions: Counter[tuple[str, str]] = Counter()
        self.parties = Parties(beside.people)
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
        if kind == "assignment" and (name := self._named(text_in(assigned, "type"), id_in(assigned, "id"))):
            text = f"Assigned to {name}."
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

    def _named(self, kind: str | None, found: str | None) -> str | None:
        if not found or found == "0" or kind not in AGENTS | {"bot"}:
            return None
        if kind == "team":
            return self._teams.get(("teams", found)) or found
        return self.parties.add(_party({"type": kind, "id": found})).author


def _plain(text: str | None) -> str | None:
    return read_body(text, None, mail=False)[0] if text and _HTML.match(text) else text


def _party(value: dict[str, Any]) -> Party:
    kind = text_in(value, "type")
    # Whose kind the export does not say may be a customer, whose name must not be shown.
    role = "agent" if kind in AGENTS else "bot" if kind == "bot" else "customer"
    name, email, phone = (text_in(value, name) for name in ("name", "email", "phone"))
    return Party(role, id_in(value, "id"), name, email, phone)
