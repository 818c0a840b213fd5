"""Chatwoot: conversations with their messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote

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

TYPES: Final = ("incoming", "outgoing", "activity", "template")  # 0 to 3
ROLES: Final = {"incoming": "customer", "activity": "system", "template": "bot"}
CHANNELS: Final = {
    "WebWidget": "chat",
    "TwilioSms": "sms",
    "FacebookPage": "facebook",
    "TwitterProfile": "twitter",
}
OF_CONVERSATION: Final = frozenset(
    {
        *("id", "uuid", "account_id", "meta", "messages", "labels", "status", "priority", "channel", "inbox"),
        *("additional_attributes", "custom_attributes", "created_at", "timestamp", "last_non_activity_message"),
        *("unread_count", "can_reply", "contact_inbox"),
    }
)
OF_MESSAGE: Final = frozenset(
    {
        *("id", "content", "message_type", "private", "created_at", "attachments", "attachment", "account_id"),
        *("inbox_id", "conversation_id", "conversation", "sender", "sender_id", "sender_type", "sender_name"),
        "processed_message_content",
    }
)
LAST_ONLY: Final = (
    "has only its last message, as lists of conversations do; export the messages of each conversation too"
)
SOON: Final = 60  # seconds in which the first message of a conversation comes


class Chatwoot(Desk):
    """Importer of Chatwoot's conversations, as its API and its webhooks give them."""

    name = "chatwoot"
    tables = frozenset({"data", "payload", "conversations", "conversation", "messages"})
    inside = frozenset({"messages"})
    alone = True
    strange = "is no conversation or message of Chatwoot"

    def is_ours(self, table: str, value: dict[str, Any]) -> bool:  # noqa: ARG002
        """Say whether this is a conversation or a message of Chatwoot."""
        if "message_type" in value:
            return "content" in value or "conversation_id" in value
        return {"inbox_id", "messages"} <= value.keys() or {"inbox_id", "meta"} <= value.keys()

    def kind(self, element: Element) -> str:
        """Say what an object is, by what it has."""
        value = element.value
        if "message_type" in value:
            return "message"
        if "messages" in value or "meta" in value:
            return "ticket"
        return "person" if value.get("type") in ("contact", "user") else ""

    def person(self, value: dict[str, Any]) -> Party:
        """Return a contact or an agent."""
        return _party("customer" if value.get("type") == "contact" else "agent", value)

    def ticket_of(self, element: Element) -> str:
        """Return the conversation of a message."""
        return needed_id(element.value, "conversation_id")

    def record(self, element: Element, beside: Beside, apart: list[Element]) -> Record:
        """Return a conversation as a record."""
        value, meta = element.value, object_in(element.value, "meta")
        messages = objects_in(value, "messages") + [message.value for message in apart]
        channel = _channel(value, meta)
        parties, senders = _parties(Parties(beside.people), meta), []
        for place, message in enumerate(messages, start=1):
            with within(f"message {place}"):
                role, rule = _role(message)
                senders.append((role, rule, parties.add(_sender(message, role))))
        parts, labels = [], _labels(value, meta)
        for place, (message, sender) in enumerate(zip(messages, senders, strict=True), start=1):
            with within(f"message {place}"):
                parts.append(_part(message, *sender[:2], parties.add(sender[2]), channel == "email"))
                labels |= _survey(message)
        if not apart and _is_last_only(value, parts):
            raise MalformedError(LAST_ONLY)
        return record_of(
            element.line,
            parts,
            parties.people(),
            element.file,
            customer=parties.customer,
            conversation_id=needed_id(value),
            channel=channel,
            labels=labels,
            extra=rest(value, OF_CONVERSATION),
        )


def _is_last_only(value: dict[str, Any], parts: list[Part]) -> bool:
    """Say whether the one message came so late that there must have been others: lists give the last one alone."""
    started = time_in(value, "created_at")
    sent_at = parts[0].sent_at if len(parts) == 1 else None
    if not isinstance(sent_at, datetime) or started is None:
        return False
    return (sent_at.replace(tzinfo=None) - started.replace(tzinfo=None)).total_seconds() > SOON


def _channel(value: dict[str, Any], meta: dict[str, Any]) -> str:
    inbox = object_in(value, "inbox")
    found = text_in(meta, "channel") or text_in(value, "channel") or text_in(inbox, "channel_type") or "unknown"
    word = found.removeprefix("Channel::")
    return CHANNELS.get(word, word.lower())


def _parties(parties: Parties, meta: dict[str, Any]) -> Parties:
    for role, name in (("customer", "sender"), ("customer", "contact"), ("agent", "assignee")):
        parties.add(_party(role, object_in(meta, name)))
    return parties


def _part(message: dict[str, Any], role: str, rule: str, sender: Party, mail: bool) -> Part:
    text, folded = read_body(None, text_in(message, "content"), mail and role in ("customer", "agent"))
    return Part(
        role,
        rule,
        text,
        time_in(message, "created_at"),
        sender.author,
        id_in(message, "id"),
        [_file_name(file) for file in _files(message)],
        folded,
        rest(message, OF_MESSAGE),
    )


def _role(message: dict[str, Any]) -> tuple[str, str]:
    kind = _type(message)
    if flag_in(message, "private"):
        return "note", "private is true"
    if kind != "outgoing":
        return ROLES[kind], f"message_type is {kind}"
    sender = text_in(message, "sender_type") or text_in(object_in(message, "sender"), "type") or ""
    if sender.lower().startswith(("agentbot", "agent_bot", "captain")):
        return "bot", "message_type is outgoing, by a bot"
    if object_in(message, "content_attributes").get("automation_rule_id"):
        return "bot", "message_type is outgoing, by an automation rule"
    if object_in(message, "additional_attributes").get("campaign_id"):
        return "bot", "message_type is outgoing, by a campaign"
    return "agent", "message_type is outgoing"


def _type(message: dict[str, Any]) -> str:
    found = message.get("message_type")
    if type(found) is int and 0 <= found < len(TYPES):
        return TYPES[found]
    if isinstance(found, str) and found in TYPES:
        return found
    raise MalformedError(f"message_type is none of 0 to 3, {', '.join(TYPES)}")


def _sender(message: dict[str, Any], role: str) -> Party:
    sender = object_in(message, "sender")
    found = _party(role if role in ("customer", "bot") else "agent", sender)
    return found._replace(
        id=found.id or id_in(message, "sender_id"), name=found.name or text_in(message, "sender_name")
    )


def _party(role: str, value: dict[str, Any]) -> Party:
    name, email, phone = (text_in(value, name) for name in ("name", "email", "phone_number"))
    return Party(role, id_in(value, "id"), name, email, phone)


def _files(message: dict[str, Any]) -> list[dict[str, Any]]:
    old = object_in(message, "attachment")
    return objects_in(message, "attachments") + ([old] if old else [])


def _file_name(file: dict[str, Any]) -> str:
    """Return the name at the end of the address, else the title, else what kind of file it is."""
    path = (text_in(file, "data_url") or "").split("?")[0].split("#")[0]
    return unquote(path.rsplit("/", 1)[-1]) or text_in(file, "fallback_title") or text_in(file, "file_type") or "file"


def _labels(value: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    more = object_in(value, "additional_attributes")
    labels = {
        "subject": text_in(more, "mail_subject"),
        "language": text_in(more, "conversation_language"),
        "status": text_in(value, "status"),
        "priority": text_in(value, "priority"),
        "tags": texts_in(value, "labels") or texts_in(meta, "labels"),
        "assignee": _party("agent", object_in(meta, "assignee")).author,
        "group": text_in(object_in(meta, "team"), "name"),
        "inbox": text_in(object_in(value, "inbox"), "name"),
        "custom_attributes": object_in(value, "custom_attributes"),
        "additional_attributes": rest(more, ("mail_subject", "conversation_language")),
    }
    return rest(labels, ())


def _survey(message: dict[str, Any]) -> dict[str, Any]:
    """Return what the customer answered to the question how it was."""
    if message.get("content_type") != "input_csat":
        return {}
    answers = object_in(object_in(message, "content_attributes"), "submitted_values")
    found = object_in(answers, "csat_survey_response")
    return rest({"csat": number_in(found, "rating"), "csat_comment": text_in(found, "feedback_message")}, ())
