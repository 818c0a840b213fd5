"""Exports of tickets in which people and messages may stand apart from their ticket, even in other files.

They are read twice: first for who is who, where the messages are and which version of a ticket is the latest; then
ticket by ticket.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from qa_toolkit.conversations.importers._apart import Apart
from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._fields import id_in, needed_id, refuse_columns
from qa_toolkit.conversations.importers._files import ImportFile, Progress
from qa_toolkit.conversations.importers._json import Element, elements, glance, is_cut
from qa_toolkit.conversations.importers._model import Record, Refusal
from qa_toolkit.conversations.importers._parties import Party
from qa_toolkit.conversations.importers._records import MalformedError

REPEATED = ("conversation", "repeated in the export, the latest version kept")


@dataclass
class Beside:
    """What an export says beside its tickets.

    Parameters
    ----------
    people : dict
        (role, id) to who it is.
    named : dict
        (table, id) to the name of a group or the like.
    apart : Apart
        Messages and ratings that stand apart from their ticket.
    languages : dict
        Id of a person to the language, as far as it is known.
    """

    apart: Apart
    languages: dict[str | None, str] = field(default_factory=dict)
    people: dict[tuple[str, str | None], Party] = field(default_factory=dict)
    named: dict[tuple[str, str], str] = field(default_factory=dict)
    latest: dict[str, tuple[str, int, int]] = field(default_factory=dict)  # ticket: version, its element, how many
    cut: str | None = None  # why messages may be missing

    def known(self, person_id: str | None) -> Party | None:
        """Return who has this id, whatever the role."""
        return self.people.get(("agent", person_id)) or self.people.get(("customer", person_id))

    def speaks(self, person_id: str | None, value: dict[str, Any]) -> None:
        """Take note of the language of a person."""
        found = value.get("locale") or value.get("language")
        if isinstance(found, str):
            self.languages[person_id] = found

    def add(self, ticket_id: str, version: str, element: int) -> None:
        """Take note of a version of a ticket; of equal ones the later counts."""
        before, place, count = self.latest.get(ticket_id, ("", -1, 0))
        later = version >= before
        self.latest[ticket_id] = (version if later else before, element if later else place, count + 1)


class Desk(ABC):
    """An importer of one helpdesk: what all of them share, and what differs between them."""

    name: str
    tables: frozenset[str]
    inside: frozenset[str]  # lists of a ticket that hold its messages, if they do not stand apart
    strange: str  # what to say of an object that is nothing known
    alone = False  # whether messages whose ticket is not there make one by themselves

    def recognises(self, file: ImportFile) -> bool:
        """Say whether something of this helpdesk stands near the start of a file."""
        return any(self.is_ours(table, value) for table, value in glance(file, self.tables))

    def records(self, file: ImportFile, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
        """Give each ticket as a record or a refusal.

        Raises
        ------
        FileFormatError
            If columns are given: only tables have them.
        """
        refuse_columns(file, options)
        return read_tickets(self, file, progress)

    @abstractmethod
    def is_ours(self, table: str, value: dict[str, Any]) -> bool:
        """Say whether only this helpdesk has such an object."""

    @abstractmethod
    def kind(self, element: Element) -> str:
        """Say what an object is.

        ``ticket``, ``person``, ``message`` (or what else belongs to a ticket), the name of another table, or empty for
        what is nothing known.
        """

    @abstractmethod
    def person(self, value: dict[str, Any]) -> Party:
        """Return a user, an agent or a contact."""

    @abstractmethod
    def ticket_of(self, element: Element) -> str:
        """Return the ticket that a message belongs to."""

    @abstractmethod
    def record(self, element: Element, beside: Beside, apart: list[Element]) -> Record:
        """Return a ticket as a record; `apart` are the messages that stand apart from it."""


def read_tickets(desk: Desk, file: ImportFile, progress: Progress) -> Iterator[Record | Refusal]:
    """Give each ticket of an export as a record or a refusal, and what belongs to none as a refusal."""
    beside = _beside(desk, file, lambda done, size: progress(done // 2, size))
    try:
        again = elements(file, lambda done, size: progress((size + done) // 2, size), desk.tables)
        for place, element in enumerate(again):
            found = element if isinstance(element, Refusal) else _taken(desk, beside, place, element)
            if found:
                yield found
        for element in beside.apart.never_asked():
            yield _alone(desk, beside, element)
    finally:
        beside.apart.close()


def _alone(desk: Desk, beside: Beside, element: Element) -> Record | Refusal:
    ticket_id = desk.ticket_of(element)
    try:
        if desk.alone:
            return desk.record(replace(element, value={"id": ticket_id}), beside, beside.apart.of(ticket_id))
        raise MalformedError("belongs to a ticket that is not in the export; export that too")
    except MalformedError as error:
        return Refusal(element.line, ticket_id, str(error), element.file)


def _beside(desk: Desk, file: ImportFile, progress: Progress) -> Beside:
    beside = Beside(Apart(file))
    holding: set[str] = set()  # files of messages
    others: set[str] = set()
    for place, element in enumerate(elements(file, progress, desk.tables)):
        if isinstance(element, Refusal):
            if is_cut(element) and (element.file in holding or element.file not in others):
                where = f" of {element.file}" if element.file else ""
                beside.cut = f"its messages may be missing: line {element.line}{where}: {element.reason}"
            continue
        with suppress(MalformedError):  # the second reading refuses it
            kind = desk.kind(element)
            if kind == "message":
                beside.apart.add(desk.ticket_of(element), element)
                holding.add(element.file)
                continue
            others.add(element.file)
            if kind == "ticket":
                beside.add(needed_id(element.value), _version(desk, element.value), place)
            elif kind == "person":
                party = desk.person(element.value)
                beside.people[party.role, party.id] = party
                beside.speaks(party.id, element.value)
            elif (found := id_in(element.value, "id")) and isinstance(element.value.get("name"), str):
                beside.named[kind, found] = element.value["name"]
    return beside


def _version(desk: Desk, value: dict[str, Any]) -> str:
    """Return what the latest version has most of: one with its messages beats one from a list that leaves them out."""
    whole = sum(bool(value.get(name)) for name in (*desk.inside, "description"))
    updated = value.get("updated_at")
    if type(updated) in (int, float):
        updated = f"{updated:020.6f}"
    return f"{whole}{updated if isinstance(updated, str) else ''}"


def _taken(desk: Desk, beside: Beside, place: int, element: Element) -> Record | Refusal | None:
    ticket_id = None
    try:
        kind = desk.kind(element)
        if kind == "person":
            desk.person(element.value)
        elif kind == "message":
            desk.ticket_of(element)
        elif not kind:
            raise MalformedError(desk.strange)
        elif kind == "ticket":
            ticket_id = needed_id(element.value)
            return _ticket(desk, beside, place, element, ticket_id)
    except MalformedError as error:
        return Refusal(element.line, ticket_id, str(error), element.file)
    return None


def _ticket(desk: Desk, beside: Beside, place: int, element: Element, ticket_id: str) -> Record | None:
    _, latest, count = beside.latest[ticket_id]
    if place != latest:
        return None
    apart = beside.apart.of(ticket_id)
    if beside.cut and not any(element.value.get(name) for name in desk.inside):
        raise MalformedError(beside.cut)
    record = desk.record(element, beside, apart)
    decisions = Counter(record.decisions)
    if count > 1:
        decisions[REPEATED] = count - 1
    return replace(record, decisions=decisions)
