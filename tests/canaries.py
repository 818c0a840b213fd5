"""Bodies of every importer, to plant private data in each of their fields, and the look for what came through."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from vendors import places, replaced

from qa_toolkit.conversations.redaction import RedactionSettings

SETTINGS = RedactionSettings(orders_masks=("ORD-######",), accounts_masks=("KTO-####-##",))
CUSTOMER = {"name": "Quillon Zaxby", "email": "quillon@zaxby.example"}
AGENT = {"name": "Mei", "email": "mei@team.example"}
# What must be found nowhere, by kind. Numbers are looked for without what stands between digits.
PRIVATE = {
    "first name": ("Quillon", "quillon"),
    "last name": ("Zaxby", "zaxby"),
    "address": ("zq.inbox@canary.example", "zq.inbox"),
    "phone": ("+44 20 7946 0718", "2079460718"),
    "national phone": ("020 7946 0719", "2079460719"),
    "card": ("4111 1111 1111 1111", "4111111111111111"),
    "IBAN": ("GB82 WEST 1234 5698 7654 32", "west12345698765432"),
    "IP": ("203.0.113.77", "203.0.113.77"),
    "token": ("https://canary.example/reset?token=zqzq81jf73kd92ls64", "zqzq81jf73kd92ls64"),
    "order": ("ORD-771234", "771234"),
    "account": ("KTO-8812-77", "881277"),
}
SECRET = "; ".join(f"{kind} is {value}" for kind, (value, _) in PRIVATE.items()) + "."
CARD = 4111111111111111  # a phone number without its zero could be any number
_BETWEEN = re.compile(r"(?<=\d)[ ./-](?=\d)|(?<=[a-z]) (?=\d)|(?<=\d) (?=[a-z])")


def leaks(*texts: str) -> list[str]:
    """Return the kinds of private data that stand in texts."""
    found = "\n".join(texts).casefold()
    joined = _BETWEEN.sub("", found)
    return [kind for kind, (_, sign) in PRIVATE.items() if sign in found or sign in joined]


@dataclass(frozen=True)
class Body:
    """A small export of one kind.

    Parameters
    ----------
    content : Any
        Dicts, lists, texts and numbers, from which the file is written.
    write : callable
        Writes such content into a folder, and returns the path to import.
    told : tuple
        Ways to the texts that people wrote, in which anything may stand.
    options : dict
        Of `read`.
    """

    content: Any
    write: Callable[[Path, Any], Path]
    told: tuple[tuple[Any, ...], ...]
    options: Mapping[str, Any] = field(default_factory=dict)

    def ways(self) -> list[tuple[Any, ...]]:
        """Return the way to every value that holds no other."""
        return [way for way in places(self.content) if not isinstance(self.at(way), dict | list)]

    def tables(self) -> list[tuple[Any, ...]]:
        """Return the way to every object, where a field that nobody knows can stand."""
        return [way for way in places(self.content) if isinstance(self.at(way), dict)]

    def at(self, way: tuple[Any, ...]) -> Any:
        """Return what stands at the end of a way."""
        value = self.content
        for key in way:
            value = value[key]
        return value

    def planted(self, way: tuple[Any, ...], value: Any) -> Any:
        """Return the content with another value at the end of a way."""
        return replaced(self.content, way, value)

    def told_everywhere(self) -> Any:
        """Return the content with private data in all that people wrote."""
        content = self.content
        for way in self.told:
            content = replaced(content, way, f"{self.at(way)} {SECRET}")
        return content


def _json(home: Path, content: Any) -> Path:
    path = home / "export.json"
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path


def _lines(home: Path, content: Any) -> Path:
    path = home / "export.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in content), encoding="utf-8")
    return path


def _folder(home: Path, content: Any) -> Path:
    for number, (name, value) in enumerate(content.items()):
        (home / f"{name if name.isalpha() else number}.json").write_text(json.dumps(value, indent=1), encoding="utf-8")
    return home


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _csv(home: Path, content: Any) -> Path:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(name for row in content for name in row)))
    writer.writeheader()
    writer.writerows({name: _plain(value) for name, value in row.items()} for row in content)
    (home / "export.csv").write_text(out.getvalue(), encoding="utf-8")
    return home / "export.csv"


def _excel(home: Path, content: Any) -> Path:
    rows = [{name: _plain(value) for name, value in row.items()} for row in content]
    pd.DataFrame(rows).to_excel(home / "export.xlsx", index=False)
    return home / "export.xlsx"


def _mailbox(home: Path, content: Any) -> Path:
    mails = []
    for mail in content:
        head = "".join(f"{name}: {_one_line(value)}\n" for name, value in mail["head"].items())
        parts = [(kind, f"{text}") for kind, text in mail["parts"].items()]
        body = "".join(f"--cut\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
        mails.append(
            f"From x Tue Mar  3 09:14:00 2026\n{head}Content-Type: multipart/mixed; boundary=cut\n\n{body}--cut--\n\n"
        )
    (home / "export.mbox").write_text("".join(mails), encoding="utf-8")
    return home / "export.mbox"


def _one_line(value: Any) -> str:
    return " ".join(str(value).split())


def _rows(number: str) -> list[dict[str, Any]]:
    return [
        {
            "conversation_id": number,
            "role": role,
            "text": text,
            "sent_at": f"2026-03-03T08:1{minute}:00Z",
            "author": who["name"],
            "channel": "email",
            "subject": "A lamp",
            "language": "en",
            "plan": "free",
            "reference": "a",
            "noted": text,
        }
        for minute, (role, who, text) in enumerate(
            [("customer", CUSTOMER, "It hums."), ("agent", AGENT, "Since when?")]
        )
    ]


_ROW_TEXTS = tuple((row, name) for row in (0, 1) for name in ("text", "subject", "noted"))
_START = 1_772_525_640


def _zendesk() -> Body:
    def comment(number: int, author: int, body: str, public: bool = True) -> dict[str, Any]:
        via = {"channel": "web", "source": {"from": {"address": "x@y.example", "name": "x"}, "to": {}, "rel": None}}
        body_ = {"body": body, "html_body": f"<p>{body}</p>", "plain_body": body, "public": public, "via": via}
        files = [{"file_name": "lamp.png", "content_url": "https://files.example/lamp.png", "id": 3}]
        head = {"id": number, "type": "Comment", "author_id": author, "created_at": f"2026-03-03T08:{number}:00Z"}
        return {**head, **body_, "attachments": files, "metadata": {"system": {"ip_address": "a", "client": "b"}}}

    ticket = {
        "id": 501,
        "created_at": "2026-03-03T08:00:00Z",
        "subject": "A lamp",
        "description": "It hums",
        "status": "solved",
        "priority": "high",
        "type": "problem",
        "requester_id": 71,
        "assignee_id": 81,
        "group_id": 9,
        "via": {"channel": "web", "source": {"from": {"address": "x@y.example"}, "to": {"name": "x"}, "rel": None}},
        "tags": ["lamp"],
        "custom_fields": [{"id": 5, "value": "red"}],
        "satisfaction_rating": {"score": "good", "comment": "Quick"},
        "comments": [comment(10, 71, "It hums"), comment(11, 81, "Since when?"), comment(12, 81, "odd", False)],
    }
    users = [
        {"id": 71, **CUSTOMER, "role": "end-user", "locale": "en-GB", "phone": "x", "details": "x", "notes": "x"},
        {"id": 81, **AGENT, "role": "agent", "signature": "x"},
    ]
    content = {"tickets": [ticket], "users": users, "groups": [{"id": 9, "name": "Lamps"}], "count": 1}
    head = ("tickets", 0)
    texts = [(*head, "comments", n, name) for n in (0, 1, 2) for name in ("body", "html_body", "plain_body")]
    others = [("subject",), ("description",), ("tags", 0), ("custom_fields", 0, "value")]
    return Body(content, _json, (*texts, *((*head, *way) for way in others), (*head, "satisfaction_rating", "comment")))


def _freshdesk() -> Body:
    def said(number: int, user: int, text: str, incoming: bool) -> dict[str, Any]:
        addresses = {"support_email": "help@team.example", "to_emails": ["x@y.example"], "from_email": "x@y.example"}
        texts = {"body": f"<div>{text}</div>", "body_text": text, "incoming": incoming, "private": False, "source": 0}
        time = {"created_at": f"2026-03-03T08:{number}:00Z", "attachments": [{"name": "lamp.png", "id": 3}]}
        return {"id": number, "ticket_id": 502, "user_id": user, **texts, **addresses, **time}

    ticket = {
        "id": 502,
        "subject": "A lamp",
        "description": "<div>It hums</div>",
        "description_text": "It hums",
        "source": 2,
        "status": 4,
        "priority": 3,
        "type": "Problem",
        "requester_id": 71,
        "responder_id": 81,
        "group_id": 9,
        "cc_emails": ["x@y.example"],
        "created_at": "2026-03-03T08:00:00Z",
        "tags": ["lamp"],
        "custom_fields": {"cf_colour": "red"},
        "conversations": [said(10, 81, "Since when?", False), said(11, 71, "Since Monday", True)],
    }
    people = {
        "agents": [{"id": 81, "signature": "x", "contact": {**AGENT, "phone": "x"}}],
        "contacts": [{"id": 71, **CUSTOMER, "phone": "x", "description": "x", "custom_fields": {"a": "x"}}],
        "groups": [{"id": 9, "name": "Lamps", "agent_ids": [81]}],
    }
    texts = [("description",), ("description_text",), ("subject",), ("tags", 0), ("custom_fields", "cf_colour")]
    texts += [("conversations", n, name) for n in (0, 1) for name in ("body", "body_text")]
    return Body({"tickets": [ticket], **people}, _folder, tuple(("tickets", 0, *way) for way in texts))


def _intercom() -> Body:
    user, admin = {"type": "user", "id": "64f0aa", **CUSTOMER}, {"type": "admin", "id": "311", **AGENT}

    def part(number: int, author: dict[str, Any], body: str, kind: str = "comment") -> dict[str, Any]:
        head = {"type": "conversation_part", "id": str(number), "part_type": kind, "body": f"<p>{body}</p>"}
        files = [{"type": "upload", "name": "lamp.png", "url": "https://files.example/lamp.png"}]
        return {**head, "created_at": _START + 60 * number, "author": author, "attachments": files, "redacted": False}

    parts = [part(1, admin, "Since when?"), part(2, user, "Monday"), part(3, admin, "odd", "note")]
    source = {"type": "conversation", "id": "9001", "subject": "A lamp", "body": "<p>It hums</p>", "author": user}
    conversation = {
        "type": "conversation",
        "id": "503",
        "created_at": _START,
        "source": {**source, "attachments": [], "url": "https://shop.example/lamps", "delivered_as": "x"},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "64f0aa", "external_id": "70"}]},
        "admin_assignee_id": 311,
        "state": "closed",
        "tags": {"type": "tag.list", "tags": [{"type": "tag", "id": "7", "name": "lamp"}]},
        "priority": "not_priority",
        "conversation_rating": {"rating": 4, "remark": "Quick", "created_at": _START},
        "title": "A lamp",
        "custom_attributes": {"colour": "red"},
        "conversation_parts": {"type": "conversation_part.list", "conversation_parts": parts, "total_count": 3},
    }
    texts = [("source", "body"), ("source", "subject"), ("title",), ("conversation_rating", "remark")]
    texts += [("conversation_parts", "conversation_parts", n, "body") for n in (0, 1, 2)]
    texts += [("custom_attributes", "colour"), ("tags", "tags", 0, "name"), ("source", "url")]
    return Body([conversation], _lines, tuple((0, *way) for way in texts))


def _chatwoot() -> Body:
    contact, user = {"id": 88, **CUSTOMER, "phone_number": "x", "type": "contact"}, {"id": 3, **AGENT, "type": "user"}

    def message(number: int, sender: dict[str, Any], content: str, private: bool = False) -> dict[str, Any]:
        kind = 0 if sender is contact else 1
        head = {"id": number, "content": content, "conversation_id": 504, "message_type": kind, "private": private}
        who = {"sender_type": ("Contact", "User")[kind], "sender_id": sender["id"], "sender": sender}
        files = [{"id": 1, "file_type": "image", "data_url": "https://files.example/lamp.png"}]
        more = {"content_type": "text", "content_attributes": {"email": {"subject": "x"}}, "attachments": files}
        return {**head, **who, **more, "created_at": _START + 60 * number}

    conversation = {
        "id": 504,
        "uuid": "3f1b",
        "account_id": 1,
        "inbox_id": 4,
        "meta": {
            "sender": contact,
            "channel": "Channel::WebWidget",
            "assignee": user,
            "team": {"id": 9, "name": "Lamps"},
        },
        "messages": [message(1, contact, "It hums"), message(2, user, "Since when?"), message(3, user, "odd", True)],
        "labels": ["lamp"],
        "status": "resolved",
        "priority": "high",
        "additional_attributes": {"referer": "https://shop.example/lamps", "browser": {"name": "x"}},
        "custom_attributes": {"colour": "red"},
        "created_at": _START,
    }
    texts = [*(("messages", n, "content") for n in (0, 1, 2)), ("labels", 0), ("custom_attributes", "colour")]
    return Body([conversation], _lines, tuple((0, *way) for way in (*texts, ("additional_attributes", "referer"))))


def _helpscout() -> Body:
    customer = {"id": 88, "type": "customer", "first": "Quillon", "last": "Zaxby", "email": CUSTOMER["email"]}
    user = {"id": 3, "type": "user", "first": "Mei", "last": "Lin", "email": AGENT["email"]}

    def thread(number: int, kind: str, body: str) -> dict[str, Any]:
        head = {"id": number, "type": kind, "status": "active", "state": "published", "body": body}
        people = {"customer": customer, "createdBy": customer if kind == "customer" else user, "to": ["x@y.example"]}
        files = {"attachments": [{"id": 1, "filename": "lamp.png", "mimeType": "image/png"}]}
        return {**head, **people, "cc": [], "createdAt": f"2026-03-03T08:{number}:00Z", "_embedded": files}

    threads = [thread(10, "customer", "It hums"), thread(11, "message", "Since when?"), thread(12, "note", "odd")]
    conversation = {
        "id": 505,
        "number": 12,
        "type": "email",
        "status": "closed",
        "subject": "A lamp",
        "preview": "It hums",
        "assignee": user,
        "createdBy": customer,
        "createdAt": "2026-03-03T08:00:00Z",
        "source": {"type": "email", "via": "customer"},
        "tags": [{"id": 1, "tag": "lamp"}],
        "cc": ["x@y.example"],
        "primaryCustomer": customer,
        "customFields": [{"id": 8, "name": "Colour", "value": "8518", "text": "red"}],
        "_embedded": {"threads": threads},
    }
    texts = [*(("_embedded", "threads", n, "body") for n in (0, 1, 2)), ("subject",), ("preview",)]
    return Body([conversation], _lines, tuple((0, *way) for way in (*texts, ("customFields", 0, "text"))))


def _mail() -> Body:
    def mail(number: int, sender: str, text: str, **more: str) -> dict[str, Any]:
        head = {
            "From": sender,
            "To": "help@team.example",
            "Cc": "x@y.example",
            "Subject": "A lamp",
            "Date": f"Tue, 3 Mar 2026 09:1{number}:00 +0100",
            "Message-ID": f"<m{number}@mail.example>",
            "X-Mailer": "x",
            "Reply-To": sender,
            **more,
        }
        return {"head": head, "parts": {"text/plain": text, 'image/png; name="lamp.png"': "x"}}

    first = mail(0, '"Quillon Zaxby" <quillon@zaxby.example>', "It hums")
    answer = mail(1, "Mei <mei@team.example>", "Since when?", **{"In-Reply-To": "<m0@mail.example>"})
    texts = tuple((n, *way) for n in (0, 1) for way in (("parts", "text/plain"), ("head", "Subject")))
    return Body([first, answer], _mailbox, texts, {"agents": ("@team.example",)})


def _jsonl() -> Body:
    messages = [
        {"role": role, "text": text, "author": who["name"], "sent_at": f"2026-03-03T08:1{n}:00Z", "other": text}
        | {"attachments": [{"name": "lamp.png", "url": "x"}], "extra": {"to": ["x"]}}
        for n, (role, who, text) in enumerate(
            [("customer", CUSTOMER, "It hums"), ("agent", AGENT, "Since when?"), ("note", AGENT, "odd")]
        )
    ]
    labels = {"subject": "A lamp", "language": "en", "plan": "free", "csat": 4, "csat_comment": "Quick", "tags": ["x"]}
    record = {"conversation_id": "506", "channel": "email", "source": "desk", "labels": labels, "messages": messages}
    texts = [*(("messages", n, name) for n in (0, 1, 2) for name in ("text", "other")), ("labels", "subject")]
    texts += [("labels", "csat_comment"), ("labels", "tags", 0), ("messages", 0, "attachments", 0, "name")]
    return Body([{**record, "other": {"a": "x"}}], _lines, tuple((0, *way) for way in (*texts, ("other", "a"))))


def _parquet(home: Path, content: Any) -> Path:
    rows = [{name: _plain(value) for name, value in row.items()} for row in content]
    pd.DataFrame(rows).to_parquet(home / "export.parquet", index=False)
    return home / "export.parquet"


BODIES: dict[str, Body] = {
    "zendesk": _zendesk(),
    "freshdesk": _freshdesk(),
    "intercom": _intercom(),
    "chatwoot": _chatwoot(),
    "helpscout": _helpscout(),
    "email": _mail(),
    "jsonl": _jsonl(),
    "csv": Body(_rows("507"), _csv, _ROW_TEXTS),
    "excel": Body(_rows("508"), _excel, _ROW_TEXTS),
    "parquet": Body(_rows("509"), _parquet, _ROW_TEXTS),
}
