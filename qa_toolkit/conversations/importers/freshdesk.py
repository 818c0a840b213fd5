"""Freshdesk: tickets with their conversations, and the agents, contacts and ratings that lie beside them."""

from __future__ import annotations

from typing import Any, Final

from qa_toolkit.conversations.importers._fields import (
    flag_in,
    id_in,
    needed_id,
    number_in,
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
    **dict.fromkeys(("tickets", "results", "helpdesk_ticket"), "ticket"),
    **dict.fromkeys(("agents", "contacts", "agent", "contact"), "person"),
    **dict.fromkeys(("conversations", "satisfaction_ratings"), "message"),
    "groups": "groups",
}
CHANNELS: Final = {
    1: "email",
    2: "web",
    3: "phone",
    5: "twitter",
    6: "facebook",
    7: "chat",
    8: "mobile",
    9: "widget",
    10: "email",
    11: "e-commerce",
    12: "bot",
    13: "whatsapp",
}
OUTBOUND: Final = 10  # a ticket that an agent opened by writing to the customer
STATUSES: Final = {
    2: "open",
    3: "pending",
    4: "resolved",
    5: "closed",
    6: "waiting on customer",
    7: "waiting on third party",
}
PRIORITIES: Final = {1: "low", 2: "medium", 3: "high", 4: "urgent"}
BY_MAIL: Final = frozenset({0, 1, 8})  # sources of conversations: reply, reply, forwarded
OF_TICKET: Final = frozenset(
    {
        *("id", "subject", "description", "description_text", "description_html", "created_at", "conversations"),
        *("source", "source_name", "status", "status_name", "priority", "priority_name", "type", "ticket_type", "tags"),
        *("group_id", "responder_id", "requester_id", "requester", "cc_emails", "reply_cc_emails", "ticket_cc_emails"),
        *("fwd_emails", "to_emails", "cc_email", "attachments", "email", "phone", "name", "responder"),
        *("requester_name", "responder_name", "satisfaction_rating"),
    }
)
OF_CONVERSATION: Final = frozenset(
    {
        *("id", "ticket_id", "user_id", "body", "body_text", "incoming", "private", "created_at", "attachments"),
        *("from_email", "to_emails", "cc_emails", "bcc_emails"),
    }
)


class Freshdesk(Desk):
    """Importer of the tickets of Freshdesk, as version 2 of its API gives them."""

    name = "freshdesk"
    tables = frozenset(KINDS)
    inside = frozenset({"conversations"})
    strange = "is no ticket, conversation, agent, contact or rating of Freshdesk"

    def is_ours(self, table: str, value: dict[str, Any]) -> bool:  # noqa: ARG002
        """Say whether this is a ticket of Freshdesk, a message or a rating of one."""
        return (
            {"requester_id", "responder_id"} <= value.keys()
            or {"ticket_id", "incoming", "private"} <= value.keys()
            or {"ticket_id", "survey_id", "ratings"} <= value.keys()
        )

    def kind(self, element: Element) -> str:
        """Say what an object is, by its table or by what it has."""
        value = element.value
        if element.table:
            return KINDS[element.table]
        if "ticket_id" in value:
            return "message"
        if "requester_id" in value:
            return "ticket"
        if isinstance(value.get("contact"), dict) or ("email" in value and "name" in value):
            return "person"
        return "groups" if {"id", "name"} <= value.keys() else ""

    def person(self, value: dict[str, Any]) -> Party:
        """Return an agent, who has a contact within, or a contact."""
        contact = object_in(value, "contact")
        return _party("agent", contact | {"id": needed_id(value)}) if contact else _party("customer", value)

    def ticket_of(self, element: Element) -> str:
        """Return the ticket of a conversation or rating."""
        return needed_id(element.value, "ticket_id")

    def record(self, element: Element, beside: Beside, apart: list[Element]) -> Record:
        """Return a ticket as a record."""
        ratings = [other.value for other in apart if "ratings" in other.value]
        ticket = _Ticket(element.value, beside)
        parts = ticket.parts([other for other in apart if "ratings" not in other.value])
        return record_of(
            element.line,
            parts,
            ticket.parties.people(),
            element.file,
            customer=ticket.parties.customer,
            conversation_id=needed_id(element.value),
            channel=ticket.channel,
            labels=ticket.labels(ratings),
            extra=rest(element.value, OF_TICKET),
        )


def _party(role: str, value: dict[str, Any]) -> Party:
    phones = [phone for name in ("phone", "mobile") if (phone := id_in(value, name))]
    others = (*phones[1:], *texts_in(value, "other_emails"))
    return Party(
        role, id_in(value, "id"), text_in(value, "name"), text_in(value, "email"), next(iter(phones), None), others
    )


def _addressed(address: str) -> Party:
    """Return the customer of an address, written with a name before it or not."""
    name, bracket, email = address.rpartition("<")
    return Party("customer", None, name.strip(' "') or None, email.strip("> ") or None if bracket else address.strip())


class _Ticket:
    """One ticket as it is read, and who is part of it."""

    def __init__(self, value: dict[str, Any], beside: Beside) -> None:
        self._value, self._beside = value, beside
        self._source = int(number_in(value, "source") or 0)
        self.channel = CHANNELS.get(self._source, text_in(value, "source_name") or "unknown")
        self.parties = Parties(beside.people)
        requester = {name: value.get(name) for name in ("name", "email", "phone")} | object_in(value, "requester")
        self._requester = self._added("customer", requester | {"id": value.get("requester_id")})
        self._responder = self._added("agent", object_in(value, "responder") | {"id": value.get("responder_id")})
        copied = object_in(value, "cc_email")
        for name in ("cc_emails", "reply_cc_emails", "ticket_cc_emails", "reply_cc"):
            self._copied(value, name)
            self._copied(copied, name)

    def _added(self, role: str, value: dict[str, Any]) -> Party | None:
        party = _party(role, value)
        known = self._beside.known(party.id)
        party = party._replace(role=known.role) if known else party
        return self.parties.add(party) if any(party[1:]) else None

    def _copied(self, value: dict[str, Any], name: str) -> None:
        for address in texts_in(value, name):
            self.parties.add(_addressed(address))

    def parts(self, apart: list[Element]) -> list[Part]:
        """Return the description and what followed it."""
        found = [self._message(message, 0) for message in objects_in(self._value, "conversations")]
        found += [self._message(element.value, element.line) for element in apart]
        return self._description() + found

    def _description(self) -> list[Part]:
        html = text_in(self._value, "description_html") or text_in(self._value, "description")
        plain = text_in(self._value, "description_text")
        names = _attached(self._value)
        if not (html or plain or names):
            return []
        text, folded = read_body(html, plain, self.channel == "email")
        outbound = self._source == OUTBOUND
        author = self._responder if outbound else self._requester
        role, rule = ("agent", "outbound e-mail") if outbound else ("customer", "description of a ticket")
        sent_at = time_in(self._value, "created_at")
        return [Part(role, rule, text, sent_at, author.author if author else None, "description", names, folded)]

    def _message(self, value: dict[str, Any], line: int) -> Part:
        with within(f"conversation {id_in(value, 'id') or '?'}"):
            source = number_in(value, "source")
            role, rule = self._role(value)
            mail = role != "note" and (source in BY_MAIL or (source is None and self.channel == "email"))
            text, folded = read_body(text_in(value, "body"), text_in(value, "body_text"), mail)
            message_id = id_in(value, "id")
            return Part(
                role,
                rule,
                text,
                time_in(value, "created_at"),
                self._author(value, role),
                f"conversation {message_id}" if message_id else None,
                _attached(value),
                folded,
                rest(value, OF_CONVERSATION),
                line,
            )

    def _role(self, value: dict[str, Any]) -> tuple[str, str]:
        if flag_in(value, "private"):
            return "note", "private is true"
        if value.get("incoming") is not None:
            incoming = flag_in(value, "incoming")
            return ("customer", "incoming is true") if incoming else ("agent", "incoming is false")
        user_id = id_in(value, "user_id")
        known = self._beside.known(user_id)
        if known:
            return known.role, f"user is {'an agent' if known.role == 'agent' else 'a contact'}"
        if user_id and self._requester and user_id == self._requester.id:
            return "customer", "user is not known, but is the requester"
        return "agent", "user is not known and not the requester"

    def _author(self, value: dict[str, Any], role: str) -> str | None:
        for name in ("to_emails", "cc_emails", "bcc_emails") if role == "agent" else ("cc_emails",):
            self._copied(value, name)
        sender = text_in(value, "from_email")
        party = self._added("customer" if role == "customer" else "agent", {"id": value.get("user_id")})
        if sender and role == "customer":
            written = _addressed(sender)
            party = self.parties.add(written._replace(id=party.id if party else None))
        return party.author if party else None

    def labels(self, ratings: list[dict[str, Any]]) -> dict[str, Any]:
        """Return what is known of it as a whole."""
        value, group = self._value, id_in(self._value, "group_id")
        labels = {
            "subject": text_in(value, "subject"),
            "status": text_in(value, "status_name") or _named(STATUSES, value, "status"),
            "priority": text_in(value, "priority_name") or _named(PRIORITIES, value, "priority"),
            "type": text_in(value, "type") or text_in(value, "ticket_type"),
            "tags": texts_in(value, "tags"),
            "group": self._beside.named.get(("groups", group or "")) or group,
            "assignee": self._responder.author if self._responder else None,
            "language": self._beside.languages.get(self._requester.id) if self._requester else None,
        }
        rating = ratings[-1] if ratings else object_in(value, "satisfaction_rating")
        return rest(labels | _rated(rating), ())


def _named(names: dict[int, str], value: dict[str, Any], name: str) -> str | None:
    code = id_in(value, name)
    return names.get(int(code), code) if code and code.isdecimal() else code


def _attached(value: dict[str, Any]) -> list[str]:
    return [text_in(file, "name") or "file" for file in objects_in(value, "attachments")]


def _rated(value: dict[str, Any]) -> dict[str, Any]:
    """Return a rating: 103 (extremely happy) to 100 (neutral) and -103 (extremely unhappy) as 3 to 0 and -3."""
    answers = object_in(value, "ratings")
    answer = number_in(answers, "default_question")
    if answer is not None and not 100 <= abs(answer) <= 103:
        raise MalformedError("ratings.default_question is none of -103 to -100 and 100 to 103")
    score = None if answer is None else abs(answer) - 100
    return {
        "csat": -score if answer and answer < 0 and score else score,
        "csat_comment": text_in(value, "feedback"),
        "csat_answers": rest(answers, ("default_question",)),
    }
