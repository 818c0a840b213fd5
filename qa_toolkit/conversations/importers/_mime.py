"""One mail read: who wrote it to whom, when, and its text. The mail is hostile: sizes and counts have caps."""

from __future__ import annotations

import dataclasses
import email.errors
import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.message import Message
from email.parser import BytesParser
from email.policy import Compat32
from typing import Any, Final

from qa_toolkit.conversations.importers._headers import Address, MailError, date, field, mailboxes, readable, words
from qa_toolkit.conversations.importers._mailbox import LONGEST_HEADERS, LONGEST_MAIL
from qa_toolkit.conversations.importers._threads import BLANK_LINE, Ids, ids_of
from qa_toolkit.conversations.importers._times import Decided
from qa_toolkit.conversations.text import Fold, decode, find_folds, html_to_text

LONGEST_TEXT: Final = 1_000_000
LONGEST_FIELD: Final = 1 << 16
LONGEST_PARAMETERS: Final = 1 << 13  # of Content-Type and the like, which the standard library reads slowly
MOST_FIELDS: Final = 2_000
MOST_PARTS: Final = 1_000
MOST_BOUNDARIES: Final = 100  # each line of a mail is held against each of them
MAIL_CUT: Final = f"[cut at import: the mail has more than {LONGEST_MAIL:,} bytes]"
TEXT_CUT: Final = f"[cut at import: the text has more than {LONGEST_TEXT:,} characters]"
PEOPLE: Final = ("from", "sender", "reply-to", "to", "cc")
# Everything that the standard library was seen to raise at, or may, on mail that nobody would write.
UNREADABLE: Final = (
    email.errors.MessageError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RecursionError,
    OverflowError,
)
BOUNDARY: Final = re.compile(rb"boundary\*?\d{0,3}\*?[ \t]*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mail:
    """What there is to know of a mail.

    Parameters
    ----------
    ids : Ids
    subject : str
    sent_at : datetime.datetime or None
        With its zone.
    sender : Address
    people : tuple of Address
        All who are named, the sender too.
    reply_to : tuple of Address
    recipients : tuple of Address
    automatic : str
        By which field it says that no person wrote it; else empty.
    bounce : bool
        Whether a mail server wrote it.
    text : str
    folds : list of dict
    attachments : list of str
    decided : Counter
        What was taken to mean something, as in a `Record`.
    """

    ids: Ids
    subject: str
    sent_at: datetime | None
    sender: Address
    people: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    recipients: tuple[Address, ...]
    automatic: str
    bounce: bool
    text: str
    folds: list[Fold]
    attachments: list[str]
    decided: Decided = dataclasses.field(default_factory=Counter)


@dataclass
class _Body:
    wanted: bool = True  # the text, not only the names of files
    texts: list[str] = dataclasses.field(default_factory=list)
    attachments: list[str] = dataclasses.field(default_factory=list)


class _Policy(Compat32):
    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        if len(value) > LONGEST_FIELD or (len(value) > LONGEST_PARAMETERS and name.lower().startswith("content-")):
            raise MailError("has a header field that is too long")
        return name, value


class _Counted(Message):
    """A mail or part of one that ends the reading where there are too many fields."""

    def set_raw(self, name: str, value: Any) -> None:
        if len(self) >= MOST_FIELDS:
            raise MailError(f"has more than {MOST_FIELDS:,} header fields")
        super().set_raw(name, value)


def read_mail(raw: bytes, zone: tzinfo | None = None) -> Mail:
    """Read a mail; `zone` is that of a Date without one.

    Raises
    ------
    MailError
        If it cannot be read, or only at a cost that no true mail has.
    """
    end = BLANK_LINE.search(raw, 0, LONGEST_HEADERS)
    if not end and len(raw) > LONGEST_HEADERS:
        raise MailError(f"has more than {LONGEST_HEADERS:,} bytes of headers")
    try:
        return _mail(_parsed(raw[:LONGEST_MAIL]), ids_of(raw), zone, len(raw) > LONGEST_MAIL)
    except MailError:
        raise
    except UNREADABLE as error:
        raise MailError(f"is no mail that can be read ({type(error).__name__})") from error


def _parsed(raw: bytes) -> Message:
    if len(BOUNDARY.findall(raw)) > MOST_BOUNDARIES:
        raise MailError(f"has more than {MOST_BOUNDARIES} mails or parts within each other")
    parts = 0

    def part(*_: Any, **more: Any) -> Message:
        nonlocal parts
        parts += 1
        if parts > MOST_PARTS:
            raise MailError(f"has more than {MOST_PARTS:,} parts")
        return _Counted(**more)

    return BytesParser(part, policy=_Policy()).parsebytes(raw)


def _mail(message: Message, ids: Ids, zone: tzinfo | None, cut: bool) -> Mail:
    by_field = {name: mailboxes(message, name) for name in PEOPLE}
    sender = next((found[0] for name in ("from", "sender") if (found := by_field[name])), Address("", ""))
    decided: Decided = Counter()
    body = _Body()
    _read_part(message, body)
    text, folds = _finished(body.texts, cut)
    return Mail(
        ids,
        " ".join(field(message, "subject").split()),
        date(message, zone, decided),
        sender,
        tuple(dict.fromkeys(person for found in by_field.values() for person in found)),
        tuple(by_field["reply-to"]),
        (*by_field["to"], *by_field["cc"]),
        _automatic(message),
        message.get_content_type() == "multipart/report" or sender.address.startswith("mailer-daemon@"),
        text,
        folds,
        body.attachments,
        decided,
    )


def _finished(texts: list[str], cut: bool) -> tuple[str, list[Fold]]:
    text = "\n\n".join(filter(None, (text.strip("\n") for text in texts)))
    marks = [TEXT_CUT] if len(text) > LONGEST_TEXT else []
    marks += [MAIL_CUT] if cut else []
    text = text[:LONGEST_TEXT]
    folds = find_folds(text)
    return "\n\n".join(filter(None, [text, *marks])), folds


def _automatic(message: Message) -> str:
    submitted = field(message, "auto-submitted").split(";")[0].strip().lower()
    if submitted and submitted != "no":
        return "Auto-Submitted"
    if field(message, "precedence").strip().lower() in ("bulk", "auto_reply", "auto-reply", "junk"):
        return "Precedence"
    answered = any(field(message, name).strip() for name in ("x-autoreply", "x-autorespond"))
    return "X-Autoreply" if answered else ""


def _read_part(part: Message, body: _Body) -> None:
    kind, name = part.get_content_type(), _name(part)
    if kind.startswith("message/"):
        body.attachments += [name or "message.eml"] if name or kind == "message/rfc822" else []
    elif part.is_multipart():
        inner: list[Message] = part.get_payload()  # type: ignore[assignment]
        (_read_alternatives if kind == "multipart/alternative" else _read_parts)(inner, body)
    elif name or part.get_content_disposition() == "attachment" or not kind.startswith(("text/", "multipart/")):
        body.attachments += [name] if name else []
    elif body.wanted:
        body.texts.append(_text(part, kind))


def _read_parts(parts: list[Message], body: _Body) -> None:
    for part in parts:
        _read_part(part, body)


def _read_alternatives(parts: list[Message], body: _Body) -> None:
    """Take the first that is plain text and says anything, else the last that does: the richest stands last."""
    plain = [part for part in parts if part.get_content_type() == "text/plain"]
    said: list[str] = []
    for part in (*plain, *(part for part in reversed(parts) if part not in plain)):
        one = _Body(wanted=body.wanted and not said)
        _read_part(part, one)
        body.attachments += one.attachments
        said = said or ([text] if (text := "\n\n".join(one.texts)).strip() else [])
    body.texts += said


def _name(part: Message) -> str:
    """Return the file name of a part, without control characters and folders."""
    name = part.get_filename() or ""
    name = words(readable(name))
    return re.split(r"[/\\]", "".join(c for c in name if c.isprintable()))[-1].strip()[:255]


def _text(part: Message, kind: str) -> str:
    raw = part.get_payload(decode=True)
    text, _ = decode(raw if isinstance(raw, bytes) else b"", part.get_content_charset())
    text = text.replace("\r\n", "\n")
    return html_to_text(text) if kind == "text/html" else text
