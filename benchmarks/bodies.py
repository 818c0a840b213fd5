"""Exports of any size in the shape of each importer, for benchmarks: invented customers who write about lamps."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

PER_CONVERSATION = 8
CHARACTERS = 230  # of a message, about
FIRST = ("Nora", "Liam", "Aisha", "Jonas", "Chloe", "Mateo", "Freya", "Tariq", "Sofie", "Paul")
LAST = ("Vane", "Okafor", "Brandt", "Silva", "Moreau", "Jansen", "Kaya", "Holm", "Novak", "Reed")
AGENTS = ("Mei Castell", "Ida Holt", "Derek Moss", "Amara Quist")
SAID = (
    "The lamp that I bought in your shop hums as soon as the heating comes on, and my neighbours hear it too.",
    "I have tried another socket, another bulb and another room, and it is always the same sound.",
    "Thank you for the photo; I can see that the ring is loose, and that is ours to mend.",
    "Could you tell me the number on the label under the base, so that I can look up the series?",
    "We will send a new ring today, and you need not send the old one back to us.",
    "It has been eleven days now and nobody has told me where my parcel is.",
    "I am sorry that you had to wait; the carrier lost it, and a second one leaves this afternoon.",
    "Please write to {email} or call {phone} if it has not come by Friday, {first}.",
    "My order is {order}, it was paid by card, and the address has not changed since.",
)
Pair = tuple[dict[str, Any], list["Said"]]


@dataclass(frozen=True)
class Said:
    """One message of an invented conversation."""

    number: int
    is_customer: bool
    text: str
    at: datetime


def conversations(messages: int, seed: int = 1) -> Iterator[Pair]:
    """Yield invented conversations: who takes part, and what is said."""
    chance = random.Random(seed)
    start = datetime(2026, 3, 2, 8, tzinfo=UTC)
    for number in range(messages // PER_CONVERSATION):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        email = f"{first}.{last}{number % 9973}@mail.example".lower()
        who = {"number": number, "first": first, "last": last, "email": email, "agent": number % len(AGENTS)}
        who["phone"] = f"+44 20 7946 0{number % 1000:03}"
        who["order"] = f"ORD-{number % 1_000_000:06}"
        at = start + timedelta(minutes=number)
        said = [
            Said(number * PER_CONVERSATION + n, n % 2 == 0, _text(chance, who), at + timedelta(minutes=9 * n))
            for n in range(PER_CONVERSATION)
        ]
        yield who, said


def _text(chance: random.Random, who: dict[str, Any]) -> str:
    text = ""
    while len(text) < CHARACTERS - 50:
        text += chance.choice(SAID) + " "
    return text.strip().format(**who)


def _iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _name(who: dict[str, Any]) -> str:
    return f"{who['first']} {who['last']}"


def _lines(path: Path, messages: int, make: Callable[[dict[str, Any], list[Said]], Any]) -> Path:
    with path.open("w", encoding="utf-8") as out:
        for who, said in conversations(messages):
            out.write(json.dumps(make(who, said)) + "\n")
    return path


def jsonl(home: Path, messages: int) -> Path:
    """Write the uniform layout."""

    def make(who: dict[str, Any], said: list[Said]) -> Any:
        body = [
            {
                "role": "customer" if one.is_customer else "agent",
                "text": one.text,
                "sent_at": _iso(one.at),
                "author": who["email"] if one.is_customer else AGENTS[who["agent"]],
            }
            for one in said
        ]
        labels = {"subject": "A lamp", "language": "en", "plan": "free", "csat": 4}
        head = {"conversation_id": f"c{who['number']}", "channel": "email", "source": "desk", "labels": labels}
        return {**head, "messages": body}

    return _lines(home / "uniform.jsonl", messages, make)


def zendesk(home: Path, messages: int) -> Path:
    """Write pages of tickets with their comments and users."""

    def make(who: dict[str, Any], said: list[Said]) -> Any:
        customer, agent = 1_000_000 + who["number"], 900 + who["agent"]
        comments = [
            {
                "id": one.number,
                "type": "Comment",
                "author_id": customer if one.is_customer else agent,
                "body": one.text,
                "html_body": f'<div class="zd-comment">{one.text}</div>',
                "plain_body": one.text,
                "public": True,
                "attachments": [],
                "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
                "created_at": _iso(one.at),
            }
            for one in said
        ]
        ticket = {
            "id": who["number"] + 1,
            "subject": "A lamp",
            "status": "solved",
            "priority": "high",
            "requester_id": customer,
            "assignee_id": agent,
            "created_at": _iso(said[0].at),
            "via": {"channel": "web"},
            "tags": ["lamp"],
            "custom_fields": [],
            "satisfaction_rating": {"score": "good"},
            "comments": comments,
        }
        users = [
            {"id": customer, "name": _name(who), "email": who["email"], "role": "end-user", "phone": who["phone"]},
            {"id": agent, "name": AGENTS[who["agent"]], "email": "team@lamps.example", "role": "agent"},
        ]
        return {"tickets": [ticket], "users": users, "count": 1}

    return _lines(home / "zendesk.json", messages, make)


def freshdesk(home: Path, messages: int) -> Path:
    """Write a folder of tickets with their conversations, agents and contacts."""

    def make(who: dict[str, Any], said: list[Said]) -> Any:
        def reply(one: Said) -> dict[str, Any]:
            person = 1_000_000 + who["number"] if one.is_customer else 900 + who["agent"]
            texts = {"body": f"<div>{one.text}</div>", "body_text": one.text, "incoming": one.is_customer}
            head = {"id": one.number, "ticket_id": who["number"] + 1, "user_id": person, "private": False}
            return {**head, **texts, "source": 0, "created_at": _iso(one.at), "attachments": []}

        return {
            "id": who["number"] + 1,
            "subject": "A lamp",
            "description": f"<div>{said[0].text}</div>",
            "description_text": said[0].text,
            "source": 2,
            "status": 4,
            "priority": 3,
            "requester_id": 1_000_000 + who["number"],
            "responder_id": 900 + who["agent"],
            "created_at": _iso(said[0].at),
            "tags": ["lamp"],
            "custom_fields": {},
            "conversations": [reply(one) for one in said[1:]],
        }

    folder = home / "freshdesk"
    folder.mkdir(exist_ok=True)
    _lines(folder / "tickets.json", messages, make)
    agents = [
        {"id": 900 + n, "contact": {"name": name, "email": "team@lamps.example"}} for n, name in enumerate(AGENTS)
    ]
    (folder / "agents.json").write_text(json.dumps(agents), encoding="utf-8")
    with (folder / "contacts.json").open("w", encoding="utf-8") as out:
        for who, _ in conversations(messages):
            about = {"name": _name(who), "email": who["email"], "phone": who["phone"], "active": True}
            out.write(json.dumps({"id": 1_000_000 + who["number"], **about}) + "\n")
    return folder


def intercom(home: Path, messages: int) -> Path:
    """Write conversations with their parts."""

    def make(who: dict[str, Any], said: list[Said]) -> Any:
        user = {"type": "user", "id": f"u{who['number']}", "name": _name(who), "email": who["email"]}
        agent = {"type": "admin", "id": str(who["agent"]), "name": AGENTS[who["agent"]], "email": "team@lamps.example"}
        parts = [
            {
                "type": "conversation_part",
                "id": str(one.number),
                "part_type": "comment",
                "body": f"<p>{one.text}</p>",
                "created_at": int(one.at.timestamp()),
                "author": user if one.is_customer else agent,
                "attachments": [],
            }
            for one in said[1:]
        ]
        source = {"type": "conversation", "id": "s", "subject": "", "body": f"<p>{said[0].text}</p>", "author": user}
        return {
            "type": "conversation",
            "id": str(who["number"]),
            "created_at": int(said[0].at.timestamp()),
            "source": {**source, "attachments": []},
            "state": "closed",
            "tags": {"type": "tag.list", "tags": []},
            "conversation_rating": None,
            "conversation_parts": {"type": "conversation_part.list", "conversation_parts": parts},
        }

    return _lines(home / "intercom.json", messages, make)


def chatwoot(home: Path, messages: int) -> Path:
    """Write conversations with their messages."""

    def make(who: dict[str, Any], said: list[Said]) -> Any:
        contact = {"id": who["number"], "name": _name(who), "email": who["email"], "phone_number": who["phone"]}
        agent = {"id": who["agent"], "name": AGENTS[who["agent"]], "email": "team@lamps.example"}
        body = [
            {
                "id": one.number,
                "content": one.text,
                "message_type": 0 if one.is_customer else 1,
                "sender_type": "Contact" if one.is_customer else "User",
                "sender": contact if one.is_customer else agent,
                "private": False,
                "created_at": int(one.at.timestamp()),
                "content_type": "text",
            }
            for one in said
        ]
        meta = {"sender": contact, "assignee": agent, "channel": "Channel::WebWidget"}
        return {"id": who["number"] + 1, "meta": meta, "messages": body, "status": "resolved", "inbox_id": 4}

    return _lines(home / "chatwoot.json", messages, make)


def helpscout(home: Path, messages: int) -> Path:
    """Write conversations with their threads."""

    def make(who: dict[str, Any], said: list[Said]) -> Any:
        names = {"first": who["first"], "last": who["last"], "email": who["email"]}
        customer = {"id": who["number"] + 1, "type": "customer", **names}
        first, last = AGENTS[who["agent"]].split()
        user = {"id": who["agent"] + 1, "type": "user", "first": first, "last": last, "email": "team@lamps.example"}
        threads = [
            {
                "id": one.number,
                "type": "customer" if one.is_customer else "message",
                "state": "published",
                "body": one.text,
                "createdBy": customer if one.is_customer else user,
                "customer": customer,
                "createdAt": _iso(one.at),
            }
            for one in said
        ]
        head = {"id": who["number"] + 1, "number": who["number"] + 1, "type": "email", "subject": "A lamp"}
        people = {"primaryCustomer": customer, "createdBy": customer, "assignee": user}
        return {**head, **people, "createdAt": _iso(said[0].at), "_embedded": {"threads": threads}}

    return _lines(home / "helpscout.json", messages, make)


def mail(home: Path, messages: int) -> Path:
    """Write an mbox of threads, each mail quoting the one before it."""
    path = home / "mail.mbox"
    with path.open("w", encoding="utf-8", newline="\n") as out:
        for who, said in conversations(messages):
            before = ""
            for one in said:
                sender = f"{_name(who)} <{who['email']}>" if one.is_customer else "Mei Castell <mei@lamps.example>"
                letter = EmailMessage()
                letter["From"], letter["To"], letter["Subject"] = sender, "help@lamps.example", "A lamp"
                letter["Date"] = one.at
                letter["Message-ID"] = f"<m{one.number}@mail.example>"
                if before:
                    letter["In-Reply-To"] = f"<m{one.number - 1}@mail.example>"
                    letter["References"] = f"<m{said[0].number}@mail.example> <m{one.number - 1}@mail.example>"
                quoted = f"\n\nOn {one.at:%a, %d %b %Y at %H:%M}, somebody wrote:\n> {before}\n" if before else ""
                letter.set_content(one.text + quoted)
                out.write(f"From - Mon Mar  2 08:00:00 2026\n{letter.as_string()}\n")
                before = one.text
    return path


COLUMNS = ("conversation_id", "role", "text", "sent_at", "author", "channel", "subject")


def _rows(messages: int) -> Iterator[tuple[str, ...]]:
    for who, said in conversations(messages):
        for one in said:
            role = "customer" if one.is_customer else "agent"
            author = who["email"] if one.is_customer else AGENTS[who["agent"]]
            yield f"c{who['number']}", role, one.text, _iso(one.at), author, "email", "A lamp"


def table(home: Path, messages: int) -> Path:
    """Write a CSV, one message a row."""
    path = home / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerows(_rows(messages))
    return path


def excel(home: Path, messages: int) -> Path:
    """Write a sheet, one message a row."""
    path = home / "sheet.xlsx"
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(chain([COLUMNS], _rows(messages))):
            sheet.write_row(place, 0, row)
    return path


def parquet(home: Path, messages: int) -> Path:
    """Write a Parquet table, one message a row."""
    path = home / "table.parquet"
    schema = pa.schema([(name, pa.string()) for name in COLUMNS])
    given = _rows(messages)
    with pq.ParquetWriter(path, schema) as out:
        for start in range(0, messages, 50_000):
            rows = list(islice(given, min(50_000, messages - start)))
            if rows:
                out.write_table(pa.table(list(map(list, zip(*rows, strict=True))), schema=schema))
    return path


WRITERS: dict[str, Callable[[Path, int], Path]] = {
    "jsonl": jsonl,
    "zendesk": zendesk,
    "freshdesk": freshdesk,
    "intercom": intercom,
    "chatwoot": chatwoot,
    "helpscout": helpscout,
    "email": mail,
    "csv": table,
    "excel": excel,
    "parquet": parquet,
}
"""The name of each importer, and what writes an export for it."""
