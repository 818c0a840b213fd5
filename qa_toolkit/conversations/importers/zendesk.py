"""Zendesk: tickets with their comments, or with the audits that hold these, and users."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any, Final

from qa_toolkit.conversations.importers._fields import (
    flag_in,
    id_in,
    ids_in,
    needed_id,
    object_in,
    objects_in,
    rest,
    text_in,
    texts_in,
    time_in,
    within,
)
from qa_toolkit.conversations.importers._json import Element
from qa_toolkit.conversations.importers._model import Part, Record, record_of
from qa_toolkit.conversations.importers._parties import Parties, Party
from qa_toolkit.conversations.importers._records import MalformedError
from qa_toolkit.conversations.importers._tickets import Beside, Desk
from qa_toolkit.conversations.text import read_body

KINDS: Final = {
    **dict.fromkeys(("tickets", "ticket"), "ticket"),
    **dict.fromkeys(("users", "user"), "person"),
    **dict.fromkeys(("comments", "audits", "ticket_events"), "message"),
    **dict.fromkeys(("groups", "organizations", "brands", "ticket_forms"), "groups"),
}
TEXTS: Final = frozenset({"Comment", "VoiceComment"})  # events of an audit that are messages
CHANNELS: Final = {
    **dict.fromkeys(("mail", "4"), "email"),
    **dict.fromkeys(("web_form", "web_widget", "dropbox", "0"), "web"),
    **dict.fromkeys(("web_service", "5"), "api"),
    **dict.fromkeys(("native_messaging", "chat_transcript"), "chat"),
    **dict.fromkeys(("voice", "phone_call_inbound", "phone_call_outbound", "voicemail"), "phone"),
}
AUTOMATIC: Final = frozenset({"rule", "8", "system", "batch", "merge"})
BOTS: Final = ("answer_bot", "chat_bot", "ai_agent")
CSAT: Final = {"good": 1, "bad": 0}
OF_TICKET: Final = frozenset(
    {
        *("id", "subject", "raw_subject", "description", "created_at", "comments", "audits", "via", "tags", "status"),
        *("priority", "type", "group_id", "group", "assignee_id", "assignee", "requester_id", "requester", "fields"),
        *("submitter_id", "submitter", "satisfaction_rating", "collaborator_ids", "follower_ids", "email_cc_ids"),
    }
)
OF_COMMENT: Final = frozenset(
    {
        *("id", "type", "event_type", "ticket_id", "audit_id", "author_id", "author", "public", "body", "html_body"),
        *("plain_body", "created_at", "timestamp", "attachments", "via"),
    }
)


class Zendesk(Desk):
    """Importer of the tickets of Zendesk Support, from its API or its JSON export."""

    name = "zendesk"
    tables = frozenset(KINDS)
    inside = frozenset({"comments", "audits"})
    strange = "is no ticket, comment, audit or user of Zendesk"

    def is_ours(self, table: str, value: dict[str, Any]) -> bool:
        """Say whether this is a ticket or an audit of Zendesk."""
        if table in ("audits", "ticket_events") or {"ticket_id", "author_id", "events"} <= value.keys():
            return True
        asked_by = "requester_id" in value or "requester" in value
        return asked_by and "responder_id" not in value and bool({"submitter_id", "assignee_id"} & value.keys())

    def kind(self, element: Element) -> str:
        """Say what an object is, by its table or by what it has."""
        value = element.value
        if element.table:
            return KINDS[element.table]
        if "ticket_id" in value or ("author_id" in value and "body" in value):
            return "message"
        if "requester_id" in value or "requester" in value or "comments" in value:
            return "ticket"
        if "role" in value and "name" in value:
            return "person"
        return "groups" if {"id", "name", "url"} <= value.keys() else ""

    def person(self, value: dict[str, Any]) -> Party:
        """Return a user."""
        role = "agent" if text_in(value, "role") in ("agent", "admin") else "customer"
        alias = text_in(value, "alias")
        name, email, phone = (text_in(value, field) for field in ("name", "email", "phone"))
        return Party(role, needed_id(value), name, email, phone, (alias,) if alias else ())

    def ticket_of(self, element: Element) -> str:
        """Return the ticket of a comment or audit: a list of comments is saved in a file named by its ticket."""
        if found := id_in(element.value, "ticket_id"):
            return found
        numbers = re.findall("[0-9]+", PurePosixPath(element.file).name)
        if len(numbers) != 1:
            raise MalformedError("ticket_id is missing, and the file is not named by the number of a ticket")
        return str(int(numbers[0]))

    def record(self, element: Element, beside: Beside, apart: list[Element]) -> Record:
        """Return a ticket as a record."""
        ticket = _Ticket(element.value, beside)
        return record_of(
            element.line,
            ticket.parts(apart),
            ticket.parties.people(),
            element.file,
            customer=ticket.parties.customer,
            conversation_id=needed_id(element.value),
            channel=ticket.channel,
            labels=ticket.labels(),
            extra=ticket.extra(),
        )


class _Ticket:
    """One ticket as it is read, and who is part of it."""

    def __init__(self, value: dict[str, Any], beside: Beside) -> None:
        self._value, self._beside = value, beside
        self.channel = _channel(value) or "unknown"
        self.parties = Parties(beside.people)
        self._requester = self._party("requester", "customer")
        self._assignee = self._party("assignee", "agent")
        self._party("submitter", "customer" if value.get("submitter_id") == value.get("requester_id") else "agent")
        for name in ("collaborator_ids", "follower_ids", "email_cc_ids"):
            for person_id in ids_in(value, name):
                self._known(person_id)
        self._from_mail(value, "customer")

    def _party(self, field: str, role: str) -> Party | None:
        """Return one that the ticket names by id, or describes."""
        value = object_in(self._value, field)
        person_id = id_in(self._value, f"{field}_id") or id_in(value, "id")
        known = self._beside.known(person_id)
        if person_id is None and not value:
            return None
        name, email, phone = (text_in(value, known_as) for known_as in ("name", "email", "phone"))
        return self.parties.add(Party(known.role if known else role, person_id, name, email, phone))

    def _known(self, person_id: str | None) -> Party | None:
        known = self._beside.known(person_id)
        return self.parties.add(known) if known else None

    def _from_mail(self, value: dict[str, Any], role: str) -> None:
        """Note the customer of a mail: who sent it, or to whom an agent did."""
        party = object_in(object_in(object_in(value, "via"), "source"), "from" if role == "customer" else "to")
        name, email, phone = (text_in(party, field) for field in ("name", "address", "phone"))
        if name or email or phone:
            self.parties.add(Party("customer", None, name, email, phone))

    def parts(self, apart: list[Element]) -> list[Part]:
        """Return the comments, wherever they are; the description stands for them if there are none."""
        found = [part for comment in objects_in(self._value, "comments") for part in self._parts(comment, 0)]
        found += [part for audit in objects_in(self._value, "audits") for part in self._parts(audit, 0)]
        for element in apart:
            found += self._parts(element.value, element.line)
        return found or self._description()

    def _parts(self, value: dict[str, Any], line: int) -> list[Part]:
        events = value.get("events", value.get("child_events"))
        with within(f"comment {id_in(value, 'id') or '?'}"):
            if events is None:
                return [self._comment(value, line)]
            shared = {"author_id": value.get("author_id", value.get("updater_id"))}
            shared |= {name: value.get(name) for name in ("created_at", "timestamp", "via")}
            found = objects_in({"events": events}, "events")
            texts = [event for event in found if (event.get("type") or event.get("event_type")) in TEXTS]
            return [self._comment(shared | rest(event, ()), line) for event in texts]

    def _comment(self, value: dict[str, Any], line: int) -> Part:
        author = self._author(value)
        role, rule = self._role(value, author)
        self._from_mail(value, role)
        mail = (_channel(value) or self.channel) == "email" and role != "note"
        plain = text_in(value, "plain_body") or text_in(value, "body")
        text, folded = read_body(text_in(value, "html_body"), plain, mail)
        return Part(
            role,
            rule,
            text,
            time_in(value, "created_at") or time_in(value, "timestamp"),
            author.author if author else None,
            id_in(value, "id"),
            [text_in(file, "file_name") or "file" for file in objects_in(value, "attachments")],
            folded,
            rest(value, OF_COMMENT),
            line,
        )

    def _author(self, value: dict[str, Any]) -> Party | None:
        author_id = id_in(value, "author_id") or id_in(object_in(value, "author"), "id")
        if author_id in (None, "-1"):
            return None
        if self._requester and author_id == self._requester.id:
            return self._requester
        return self._known(author_id) or self.parties.add(Party("agent", author_id))

    def _role(self, value: dict[str, Any], author: Party | None) -> tuple[str, str]:
        channel = _channel(value) or ""
        if value.get("public") is not None and not flag_in(value, "public"):
            return "note", "public is false"
        if channel.startswith(BOTS):
            return "bot", "sent by an answer bot"
        if channel in AUTOMATIC or author is None:
            return "system", "sent by a rule or the system"
        if self._beside.known(author.id):
            return author.role, f"author is {'an agent' if author.role == 'agent' else 'an end-user'}"
        if author is self._requester:
            return "customer", "author is not among the users, but is the requester"
        return "agent", "author is not among the users and not the requester"

    def _description(self) -> list[Part]:
        text = text_in(self._value, "description")
        if not text:
            return []
        text, folded = read_body(None, text, self.channel == "email")
        author = self._requester.author if self._requester else None
        rule = "the description stands for the first comment"
        return [Part("customer", rule, text, time_in(self._value, "created_at"), author, folded=folded)]

    def labels(self) -> dict[str, Any]:
        """Return what is known of it as a whole."""
        value, rating = self._value, object_in(self._value, "satisfaction_rating")
        group = id_in(value, "group_id")
        score = text_in(rating, "score")
        labels = {name: text_in(value, name) for name in ("subject", "status", "priority", "type")} | {
            "tags": texts_in(value, "tags"),
            "group": text_in(object_in(value, "group"), "name")
            or self._beside.named.get(("groups", group or ""))
            or group,
            "assignee": self._assignee.author if self._assignee else None,
            "language": self._beside.languages.get(self._requester.id) if self._requester else None,
            "csat": CSAT.get(score or ""),
            "csat_status": score,
            "csat_comment": text_in(rating, "comment"),
            "csat_reason": text_in(rating, "reason"),
        }
        return rest(labels, ())

    def extra(self) -> dict[str, Any]:
        """Return what else the ticket says; custom fields that nobody filled in say nothing."""
        filled = [field for field in objects_in(self._value, "custom_fields") if rest(field, ("id",))]
        return rest({**self._value, "custom_fields": filled}, OF_TICKET)


def _channel(value: dict[str, Any]) -> str | None:
    channel = id_in(object_in(value, "via"), "channel")
    return CHANNELS.get(channel, channel) if channel else None
