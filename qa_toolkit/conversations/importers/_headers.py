"""The header fields of a mail: encoded words, people, dates."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Final

from qa_toolkit.conversations.importers._times import Decided, TimeError, utc
from qa_toolkit.conversations.text import decode

LONGEST_DATE: Final = 200
WORD: Final = re.compile(r"=\?([^?\s]{1,60})\?([bq])\?([^?]*+)\?=([ \t\r\n]+(?==\?))?", re.IGNORECASE)
# A mailbox among others: quoted or bare words up to a comma, semicolon, or the end.
MAILBOX: Final = re.compile(r'(?:"(?:[^"\\]|\\.){0,500}+"|<[^<>]{0,500}+>|[^,;])++')
ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\"@]{1,128}@[^\s<>()\[\],;:\"@]{1,255}")


class MailError(ValueError):
    """A mail cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """Somebody named in the headers; the address in small letters, both may be empty."""

    address: str
    name: str


def field(message: Message, name: str) -> str:
    """Return a field of the header with its encoded words read; empty if it is not there."""
    return words(next((readable(value) for key, value in message.raw_items() if key.lower() == name), ""))


def readable(value: object) -> str:
    """Return a value as the parser gives it with its bytes beyond ASCII read, whatever they are."""
    text = str(value)
    return text if text.isascii() else decode(text.encode("utf-8", "surrogateescape"))[0]


def words(value: str) -> str:
    """Read encoded words; those that follow each other in one encoding may share a character, so bytes are joined."""
    if "=?" not in value:
        return value
    pieces: list[tuple[str, bytes]] = []
    place = 0
    for found in WORD.finditer(value):
        if found.start() > place:
            pieces.append(("", value[place : found.start()].encode("utf-8", "replace")))
        charset = found[1].partition("*")[0].lower()
        before = pieces.pop()[1] if pieces and pieces[-1][0] == charset else b""
        pieces.append((charset, before + _unpacked(found[2].lower(), found[3])))
        place = found.end()
    pieces.append(("", value[place:].encode("utf-8", "replace")))
    return "".join(decode(piece, charset)[0] for charset, piece in pieces)


def _unpacked(encoding: str, written: str) -> bytes:
    raw = written.encode("utf-8", "replace")
    if encoding == "q":
        return quopri.decodestring(raw, header=True)
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return raw


def mailboxes(message: Message, name: str) -> list[Address]:
    """Return who is named in the fields of this name; the words are read after the commas are found."""
    found = []
    for key, value in message.raw_items():
        if key.lower() == name:
            found += [_mailbox(piece) for piece in MAILBOX.findall(readable(value))]
    return [person for person in found if person.address or person.name]


def _mailbox(written: str) -> Address:
    address = ADDRESS.search(written, max(0, written.rfind("<"))) or ADDRESS.search(written)
    if address is None:
        name = written
    elif "<" in written:
        name = written[: written.rfind("<")]
    else:
        name = written[: address.start()] + written[address.end() :]
    plain = re.sub(r'\\(.)|"', r"\1", words(name))
    plain = " ".join(plain.rsplit(":", 1)[-1].split() if '"' not in name and "=?" not in name else plain.split())
    return Address(address.group().lower() if address else "", plain.strip(" ()<>'"))


def date(message: Message, zone: tzinfo | None, decided: Decided) -> datetime | None:
    """Return when the mail was sent, in UTC; `decided` counts what was taken to mean something.

    Raises
    ------
    MailError
        If the Date is none, or has no zone and `zone` is none.
    """
    written = field(message, "date").strip()
    if not written:
        return None
    try:
        return utc(parsedate_to_datetime(written[:LONGEST_DATE]), zone, decided).replace(tzinfo=UTC)
    except TimeError as error:
        raise MailError(f"Date {error}") from None
    except (ValueError, TypeError, IndexError, OverflowError):
        raise MailError("Date is no date, such as Tue, 3 Mar 2026 09:14:00 +0000") from None
