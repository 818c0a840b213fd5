"""Help Scout: conversations with their threads."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, Final

from qa_toolkit.conversations.importers._fields import (
    id_in,
    names_in,
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

PEOPLE: Final = ("customer", "user", "team")
BY_TYPE: Final = {
    "customer": ("customer", "type is customer"),
    "note": ("note", "type is note"),
    "lineitem": ("system", "type is lineitem"),
    "forwardparent": ("note", "type is forwardparent: sent to others than the customer"),
}
BY_AUTHOR: Final = ("message", "chat", "beaconchat", "phone", "forwardchild")
UNSENT: Final = ("draft", "hidden", "review", "underreview")
CSAT: Final = {"great": 5, "okay": 3, "not_good": 1}
OF_CONVERSATION: Final = frozenset(
    {
        *("id", "type", "status", "subject", "preview", "threads", "createdAt", "createdBy", "tags", "cc", "bcc"),
        *("assignee", "primaryCustomer", "customer", "closedByUser", "customFields", "_embedded", "_links"),
    }
)
OF_THREAD: Final = frozenset(
    {
        *("id", "conversationId", "type", "state", "body", "createdAt", "createdBy", "customer", "rating"),
        *("assignedTo", "to", "cc", "bcc", "attachments", "_embedded", "_links"),
    }
)
LISTED: Final = "has no threads: list conversations with embed=threads, or export the threads of each"
NOBODY: Final = Party("agent", None)
NAMELESS: Final = "does not say of which conversation it is; name the file after it, such as 501.json"
_HTML: Final = re.compile(r"</?[a-z][a-z0-9]*(\s[^<>]*)?/?>|&(#\d+|#x[0-9a-f]+|[a-z]+);", re.IGNORECASE)


class HelpScout(Desk):
    """Importer of Help Scout's conversations, as versions 2 and 3 of its API give them."""

    name = "helpscout"
    tables = frozenset({"_embedded", "conversations", "threads"})
    inside = frozenset({"_embedded"})
    alone = True
    strange = "is no conversation or thread of Help Scout"

    def is_ours(self, table: str, value: dict[str, Any]) -> bool:  # noqa: ARG002
        """Say whether this is a conversation or a thread of Help Scout."""
        if "_embedded" in value or "_links" in value:
            return bool({"primaryCustomer", "mailboxId", "customerWaitingSince", "createdBy"} & value.keys())
        return {"mailboxId", "primaryCustomer"} <= value.keys() or {"createdBy", "state", "body"} <= value.keys()

    def kind(self, element: Element) -> str:
        """Say what an object is, by what it has."""
        value = element.value
        if element.table == "threads" or "conversationId" in value:
            return "message"
        if any(name in value for name in ("_embedded", "threads", "primaryCustomer", "mailboxId")):
            return "ticket"
        return "person" if value.get("type") in PEOPLE else ""

    def person(self, value: dict[str, Any]) -> Party:
        """Return a customer or a user."""
        return _party(value, "user")

    def ticket_of(self, element: Element) -> str:
        """Return the conversation of a thread: a list of threads is saved in a file named by its conversation."""
        found = id_in(element.value, "conversationId")
        numbers = re.findall("[0-9]+", PurePosixPath(element.file).name)
        if found is None and len(numbers) != 1:
            raise MalformedError(NAMELESS)
        return found or str(int(numbers[0]))

    def record(self, element: Element, beside: Beside, apart: list[Element]) -> Record:
        """Return a conversation as a record."""
        value = element.value
        threads = _threads(value) + [thread.value for thread in apart]
        if not threads and number_in(value, "threads"):
            raise MalformedError(LISTED)
        conversation = _Conversation(value, threads, Parties(beside.people))
        parts, labels = conversation.parts(), conversation.labels()
        record = record_of(
            element.line,
            parts,
            conversation.parties.people(),
            element.file,
            customer=conversation.parties.customer,
            conversation_id=needed_id(value),
            channel=conversation.channel,
            labels=labels,
            extra=rest(value, OF_CONVERSATION),
        )
        return replace(record, decisions=Counter(record.decisions) + conversation.decisions)


def _threads(value: dict[str, Any]) -> list[dict[str, Any]]:
    home = value if isinstance(value.get("threads"), list) else object_in(value, "_embedded")
    return objects_in(home, "threads")


class _Conversation:
    """One conversation as it is read, and who is part of it."""

    def __init__(self, value: dict[str, Any], threads: list[dict[str, Any]], parties: Parties) -> None:
        self._value, self._threads, self.parties = value, threads, parties
        self.channel = text_in(value, "type") or "unknown"
        self.decisions: Counter[tuple[str, str]] = Counter()
        for name in ("primaryCustomer", "customer", "createdBy"):
            self._add(value, name, "customer")
        self._add(value, "closedByUser", "user")
        self._assignee = self._add(value, "assignee", "user")
        self._add_addresses(value)
        for place, thread in enumerate(threads, start=1):
            with within(f"thread {place}"):
                self._author(thread)
                self._add(thread, "customer", "customer")
                self._add(thread, "assignedTo", "user")
                self._add_addresses(thread)

    def _add(self, value: dict[str, Any], name: str, otherwise: str) -> Party:
        found = object_in(value, name)
        return self.parties.add(_party(found, otherwise)) if found else NOBODY

    def _add_addresses(self, value: dict[str, Any]) -> None:
        for name in ("to", "cc", "bcc"):
            for address in texts_in(value, name):
                self.parties.add(Party("customer", None, None, address))

    def _author(self, thread: dict[str, Any]) -> Party:
        by_customer = not thread.get("createdBy") and thread.get("type") == "customer"
        return self._add(thread, "customer", "customer") if by_customer else self._add(thread, "createdBy", "user")

    def parts(self) -> list[Part]:
        """Return its messages; what was never sent or has no text is left out and counted."""
        found = []
        for place, thread in enumerate(self._threads, start=1):
            with within(f"thread {place}"):
                if left_out := _left_out(thread):
                    self.decisions["message", f"left out: {left_out}"] += 1
                else:
                    found.append(self._part(thread))
        count = self._value.get("threads")
        if isinstance(count, int) and count > len(self._threads):
            self.decisions["conversation", "not whole: lists of Help Scout cut long chats"] += 1
        return found

    def _part(self, thread: dict[str, Any]) -> Part:
        role, rule = _role(thread)
        body = _body(thread) or ""
        html = body if _HTML.search(body) else None
        mail = self.channel == "email" and role in ("customer", "agent")
        text, folded = read_body(html, None if html else body, mail)
        return Part(
            role,
            rule,
            text,
            time_in(thread, "createdAt"),
            self._author(thread).author,
            id_in(thread, "id"),
            [text_in(file, "filename") or text_in(file, "fileName") or "file" for file in _files(thread)],
            folded,
            rest(thread, OF_THREAD if role != "system" else OF_THREAD | {"action"}),
        )

    def labels(self) -> dict[str, Any]:
        """Return what is known of it as a whole."""
        value = self._value
        held_by = "group" if object_in(value, "assignee").get("type") == "team" else "assignee"
        labels = {
            "subject": text_in(value, "subject"),
            "status": text_in(value, "status"),
            "tags": names_in(objects_in(value, "tags"), "tag", "name"),
            held_by: self._assignee.author,
            "custom_fields": {
                name: text_in(field, "text") or id_in(field, "value")
                for field in objects_in(value, "customFields")
                if (name := text_in(field, "name"))
            },
        }
        return rest(labels | self._rating(), ())

    def _rating(self) -> dict[str, Any]:
        """Return what the customer rated last."""
        rated = [thread for thread in self._threads if thread.get("rating")]
        if not rated:
            return {}
        last = max(rated, key=lambda thread: text_in(thread, "createdAt") or "")
        rating = object_in(last, "rating")
        word = text_in(rating, "rating")
        if word is not None and word not in CSAT:
            raise MalformedError(f"rating is none of {', '.join(CSAT)}")
        found = {"csat": CSAT.get(word or ""), "csat_status": word, "csat_comment": text_in(rating, "comments")}
        return found | {"csat_agent": self._author(last).author}


def _left_out(thread: dict[str, Any]) -> str | None:
    """Return why a thread is no message."""
    state = text_in(thread, "state")
    if state in UNSENT:
        return f"state is {state}"
    if state not in (None, "published"):
        raise MalformedError(f"state is none of published, {', '.join(UNSENT)}")
    return None if _body(thread) or _files(thread) else "without a text"


def _body(thread: dict[str, Any]) -> str | None:
    done = text_in(object_in(thread, "action"), "text")
    return text_in(thread, "body") or (done if thread.get("type") == "lineitem" else None)


def _files(thread: dict[str, Any]) -> list[dict[str, Any]]:
    return objects_in(object_in(thread, "_embedded"), "attachments") or objects_in(thread, "attachments")


def _role(thread: dict[str, Any]) -> tuple[str, str]:
    kind, author = text_in(thread, "type"), text_in(object_in(thread, "createdBy"), "type")
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if kind not in BY_AUTHOR:
        raise MalformedError(f"type is none of {', '.join((*BY_TYPE, *BY_AUTHOR))}")
    if author == "customer" and kind != "message":
        return "customer", f"type is {kind}, by a customer"
    if author == "system_user":
        return "bot", f"type is {kind}, by a system user"
    if text_in(object_in(thread, "source"), "type") == "workflows":
        return "bot", f"type is {kind}, sent by a workflow"
    return ("note", "type is phone, written down by a user") if kind == "phone" else ("agent", f"type is {kind}")


def _party(value: dict[str, Any], otherwise: str) -> Party:
    kind = text_in(value, "type") or otherwise
    role = {"customer": "customer", "system_user": "bot"}.get(kind, "agent")
    names = (text_in(value, name) for name in ("first", "last"))
    name = " ".join(filter(None, names)) or text_in(value, "name")
    return Party(role, id_in(value, "id"), name, text_in(value, "email"), text_in(value, "phone"))
