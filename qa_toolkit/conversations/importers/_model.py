"""What importers give: conversations as records, messages as parts, and what could not be taken as refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

Decisions = Mapping[tuple[str, str], int]
EARLIEST: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Person:
    """One party of a conversation, as far as the export knows them.

    Parameters
    ----------
    role : {"customer", "agent"}
    values : tuple of str
        Names, addresses, numbers: everything that must not be read in a text once it is redacted.
    """

    role: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """A conversation as the file has it, not checked yet.

    Parameters
    ----------
    line : int
        Line of the file where it starts, from 1.
    content : dict
        Keys as in one line of the JSON Lines layout. A time may be a `datetime.datetime` too.
    lines : tuple of int
        The line of each message, where each has its own.
    people : tuple of Person
        The parties, where the export says more of them than the authors of the messages.
    decisions : mapping of (str, str) to int
        What was decided by rule on the way here, as (about, rule) and how often: ``("role", "...")``.
    file : str
        Path within the folder, where a folder is read.
    """

    line: int
    content: dict[str, Any]
    lines: tuple[int, ...] = ()
    people: tuple[Person, ...] = ()
    decisions: Decisions = field(default_factory=dict)
    file: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that is not imported: its line, its id if that could be read, why, and in which file of a folder."""

    line: int
    conversation_id: str | None
    reason: str
    file: str = ""


@dataclass(slots=True)
class Part:
    """One message on its way into a `Record`; `record_of` brings parts into their order and drops repeats.

    Parameters
    ----------
    role : str
        As in the layout.
    rule : str
        Which rule found the role, in a few words that end up in a table: ``"incoming is true"``.
    text : str
    sent_at : datetime.datetime or str or None
        A naive time is taken to be in the zone that the user names, else refused.
    author : str or None
        Name if the export has one, else the id.
    id : str or None
        Of the message; of two with the same, the later one counts.
    attachments : list of str
        File names.
    folded : list of dict
        ``{"start", "end", "kind"}`` of quoted and signature parts of the text.
    extra : dict
        Fields that have no other place.
    line : int
        Line of the file where it stands, if it has one of its own.
    """

    role: str
    rule: str
    text: str
    sent_at: datetime | str | None = None
    author: str | None = None
    id: str | None = None
    attachments: list[str] = field(default_factory=list)
    folded: Sequence[Mapping[str, Any]] = ()
    extra: dict[str, Any] = field(default_factory=dict)
    line: int = 0


def record_of(
    line: int, parts: Iterable[Part], people: Iterable[Person] = (), file: str = "", **content: Any
) -> Record:
    """Make a record of the parts of one conversation, in the order of their times; repeats of an id are dropped.

    Parameters
    ----------
    line : int
        Line of the file where the conversation starts.
    parts : iterable of Part
        In the order of the file, which decides between equal times and for parts without one.
    people : iterable of Person
        The parties.
    file : str
        Path within the folder, where a folder is read.
    **content
        ``conversation_id``, ``channel``, ``source``, ``labels``, ``extra`` as in the layout.
    """
    given = list(parts)
    once = list({part.id or f"\0{place}": part for place, part in enumerate(given)}.values())
    ordered = _by_time(once)
    decisions = Counter(("role", f"{part.role}: {part.rule}") for part in ordered)
    if len(once) < len(given):
        decisions["message", "repeated id, the later one kept"] = len(given) - len(once)
    if any(a is not b for a, b in zip(once, ordered, strict=True)):
        decisions["order", "conversation put in order of time"] = 1
    lines = tuple(part.line for part in ordered) if any(part.line for part in ordered) else ()
    content["messages"] = [_message(part) for part in ordered]
    return Record(line, content, lines, tuple(people), decisions, file)


def _by_time(parts: list[Part]) -> list[Part]:
    """Sort by time; a part without one stays behind the one before it. Times as text are left in the file's order."""
    if any(isinstance(part.sent_at, str) for part in parts):
        return parts
    last, keys = EARLIEST, []
    for part in parts:
        if isinstance(part.sent_at, datetime):
            last = part.sent_at if part.sent_at.tzinfo else part.sent_at.replace(tzinfo=UTC)
        keys.append(last)
    return [parts[place] for place in sorted(range(len(parts)), key=keys.__getitem__)]


def _message(part: Part) -> dict[str, Any]:
    message: dict[str, Any] = {"role": part.role, "text": part.text, "sent_at": part.sent_at, "author": part.author}
    optional = {"attachments": part.attachments, "folded": part.folded, "extra": part.extra}
    return message | {name: value for name, value in optional.items() if value}
