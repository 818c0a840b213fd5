"""From the rows of a table to conversations: one message a row, whatever kind of file the rows are of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from qa_toolkit.conversations.cells import plain_text
from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._columns import (
    ATTACHMENTS,
    OF_LABELS,
    REQUIRED,
    by_our_names,
    guess,
    known_role,
)
from qa_toolkit.conversations.importers._files import ImportFile, Progress
from qa_toolkit.conversations.importers._layout import Layout, check_header, lay_out
from qa_toolkit.conversations.importers._model import Person, Record, Refusal
from qa_toolkit.conversations.importers._times import DayOrder, Decided, TimeError, read_time
from qa_toolkit.errors import ColumnsError, FileFormatError

SAMPLE: Final = 200  # rows that a guess at the columns looks at
OF_MESSAGE: Final = ("role", "text", "sent_at", "author")


class Row(NamedTuple):
    """One row: where it begins, its cells, and what is wrong with it as a row.

    A row without cells says that its file breaks off there, and why.
    """

    line: int
    cells: list[str]
    problem: str | None = None
    file: str = ""


class Table(Protocol):
    """Rows of text under a header, which can be read from their start again and again."""

    header: tuple[str, ...]
    sample: list[list[str]]
    decided: Decided

    def rows(self, id_place: int, progress: Progress) -> Iterator[Row]:
        """Give the rows below the header; a row that is cut off within or before the cell at `id_place` is left out."""


@dataclass(slots=True)
class _Open:
    """A conversation of which rows are still to come."""

    left: int
    rows: list[Row] = field(default_factory=list)
    refusal: Refusal | None = None

    def add(self, row: Row, conversation_id: str) -> None:
        self.left -= 1
        if row.problem and self.refusal is None:
            self.refusal = Refusal(row.line, conversation_id, row.problem, row.file)
        if self.refusal:
            self.rows.clear()
        else:
            self.rows.append(row)


@dataclass
class _Counted:
    """What the first reading of a table found: rows of each conversation, the order of days, where files break off."""

    left: Counter[str] = field(default_factory=Counter)
    days: DayOrder = field(default_factory=DayOrder)
    broken: list[Refusal] = field(default_factory=list)


class TableImporter:
    """Base of the importers of tables."""

    name = ""

    def recognises(self, file: ImportFile) -> bool:
        """Say whether this file is of the importer's kind."""
        raise NotImplementedError

    def tables(self, file: ImportFile, options: ReadOptions) -> Iterator[Table]:
        """Give the tables of a file that have rows; of them the first that has the columns is read."""
        raise NotImplementedError

    def checked(self, file: ImportFile, layout: Layout) -> Layout:  # noqa: ARG002
        """Return the layout as it is in files of this kind, or refuse it; most kinds have nothing to say."""
        return layout

    def records(self, file: ImportFile, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
        """Give each conversation when its last row was read, or its refusal.

        Raises
        ------
        ColumnsError
            If what is needed bears other names; a guess at it is in the error, and nothing is read before a yes.
        FileFormatError
            If the file cannot be read, or a column that is named is not there; the message shows those that are.
        """
        table, layout = self._first(file, options)
        return conversations(table, self.checked(file, layout), options, progress)

    def guess(self, file: ImportFile, options: ReadOptions) -> list[tuple[str, str | None, str | None, str | None]]:
        """Return ours, theirs, why and the first value of each column that is known, guessed or needed."""
        tables = [
            (table, guess(table.header, table.sample, by_our_names(table.header)))
            for table in self.tables(file, options)
        ]
        if not tables:
            raise _no_table(file)
        table, found = max(tables, key=lambda pair: sum(one.ours in REQUIRED for one in pair[1]))
        check_header(file.path, table.header)
        rows = [(one.ours, table.header[one.place], one.why, one.example) for one in found]
        there = {row[0] for row in rows}
        return rows + [(name, None, None, None) for name in REQUIRED if name not in there]

    def _first(self, file: ImportFile, options: ReadOptions) -> tuple[Table, Layout]:
        errors: list[FileFormatError] = []
        for table in self.tables(file, options):
            try:
                return table, lay_out(file.path, table.header, table.sample, options)
            except FileFormatError as error:
                errors.append(error)
        whole = (error for error in errors if isinstance(error, ColumnsError) and not error.missing)
        raise next(whole, errors[0] if errors else _no_table(file))


def _no_table(file: ImportFile) -> FileFormatError:
    return FileFormatError(f"{file.path} holds no table: no row with two filled cells; name another file")


def conversations(table: Table, layout: Layout, options: ReadOptions, progress: Progress) -> Iterator[Record | Refusal]:
    """Give each conversation of a table when its last row was read, or its refusal.

    The rows are counted first, so that only conversations with rows still to come are held in memory.
    """
    counted = _count(table, layout, lambda done, total: progress(done // 2, total))
    yield from counted.broken
    told = {refusal.conversation_id: refusal for refusal in counted.broken}
    make = _Maker(layout, counted.days.dayfirst if options.dayfirst is None else options.dayfirst, options.agents)
    make.decided.update(table.decided)
    opened: dict[str, _Open] = {}
    for row in _rows(table, layout, lambda done, total: progress((total + done) // 2, total)):
        conversation_id = _id(layout, row)
        if conversation_id is None:
            if row.cells:
                yield Refusal(row.line, None, row.problem or "conversation_id is empty", row.file)
            continue
        one = opened.get(conversation_id)
        if one is None:
            one = opened[conversation_id] = _Open(counted.left.pop(conversation_id), [], told.get(conversation_id))
        one.add(row, conversation_id)
        if one.left == 0:
            del opened[conversation_id]
            if one.refusal is None:
                yield make.record(conversation_id, one.rows)
            elif one.refusal not in counted.broken:
                yield one.refusal


def _count(table: Table, layout: Layout, progress: Progress) -> _Counted:
    """Count the rows of each conversation; refuse the one in which a file breaks off, for it may lack messages."""
    found, place = _Counted(), layout.places.get("sent_at")
    last: dict[str, str] = {}  # of each file
    for row in _rows(table, layout, progress):
        if not row.cells:
            found.broken.append(Refusal(row.line, last.get(row.file), row.problem or "", row.file))
            continue
        conversation_id = _id(layout, row)
        if conversation_id is not None:
            found.left[conversation_id] += 1
            last[row.file] = conversation_id
        if place is not None and place < len(row.cells):
            found.days.look(row.cells[place].strip())
    return found


def _rows(table: Table, layout: Layout, progress: Progress) -> Iterator[Row]:
    rows = table.rows(layout.places["conversation_id"], progress)
    return (row._replace(cells=list(map(plain_text, row.cells))) for row in rows) if layout.escaped else rows


def _id(layout: Layout, row: Row) -> str | None:
    found = layout.value(row.cells, "conversation_id")
    return found if found.strip() and encodes(found) else None


def encodes(text: str) -> bool:
    """Say whether a text is whole: bytes that could not be read are halves of characters in it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Maker:
    """Makes records of rows."""

    def __init__(self, layout: Layout, dayfirst: bool | None, agents: tuple[str, ...]) -> None:
        self._layout, self._dayfirst = layout, dayfirst
        self._agents = tuple(agent.strip().casefold() for agent in agents)
        self._channel = "channel" in layout.places
        ours = set(layout.places.values())
        named = ("position", "votes") if layout.ours else ()
        self._others = [(i, name) for i, name in enumerate(layout.header) if i not in ours and name not in named]
        self.decided: Decided = Counter()  # of the file; the next record carries them

    def record(self, conversation_id: str, rows: list[Row]) -> Record | Refusal:
        """Return one conversation, or why a time of it cannot be read."""
        decided, self.decided = self.decided, Counter()
        messages = []
        for position, row in enumerate(rows):
            try:
                messages.append(self._message(row.cells, decided))
            except TimeError as error:
                reason = f"message {position + 1}: sent_at {error}"
                return Refusal(row.line, conversation_id, reason, row.file)
        content = {
            "conversation_id": conversation_id,
            "channel": self._first(rows, "channel") if self._channel else None,
            "labels": self._labels(rows),
            "messages": messages,
        }
        lines = tuple(row.line for row in rows)
        return Record(rows[0].line, content, lines, _people(messages), +decided, rows[0].file)

    def _message(self, cells: list[str], decided: Decided) -> dict[str, Any]:
        said, text, sent_at, author = (self._layout.value(cells, name) for name in OF_MESSAGE)
        sent_at = sent_at.strip()
        message: dict[str, Any] = {
            "role": self._role(said, author, decided),
            "text": text,
            "sent_at": read_time(sent_at, self._dayfirst, decided) if sent_at else None,
            "author": author or None,
        }
        listed = self._layout.value(cells, ATTACHMENTS)
        names = [name.strip() for name in re.split(r"[;|\n]", listed) if name.strip()] if listed else None
        votes = self._layout.votes(cells)
        return message | ({ATTACHMENTS: names} if names else {}) | ({} if votes is None else {"votes": votes})

    def _role(self, said: str, author: str, decided: Decided) -> str | None:
        if "role" in self._layout.places:
            role, word = known_role(said)
            decided["role", f"{role}: the column says {word}"] += 1
            return role or None
        role = "agent" if is_agent(author, self._agents) else "customer"
        decided["role", f"{role}: the author is {'' if role == 'agent' else 'not '}among the agents named"] += 1
        return role

    def _first(self, rows: list[Row], name: str) -> str | None:
        return next((value for row in rows if (value := self._layout.value(row.cells, name)).strip()), None)

    def _labels(self, rows: list[Row]) -> dict[str, Any]:
        """Keep every other column: one value where all rows agree, else the values of the messages in their order."""
        labels: dict[str, Any] = {}
        for place, name in self._others:
            values = [row.cells[place] for row in rows]
            if any(values):
                labels[name] = values[0] if len(set(values)) == 1 else values
        return labels | {name: value for name in OF_LABELS if (value := self._first(rows, name))}


def is_agent(author: str, agents: tuple[str, ...]) -> bool:
    """Say whether an author is one of the agents: addresses, names or ``@domain``, in small letters."""
    name = author.strip().casefold()
    return name in agents or any(agent.startswith("@") and name.endswith(agent) for agent in agents)


def _people(messages: list[dict[str, Any]]) -> tuple[Person, ...]:
    roles = {"customer": "customer", "agent": "agent", "note": "agent"}
    named = dict.fromkeys((roles[m["role"]], m["author"]) for m in messages if m["author"] and m["role"] in roles)
    return tuple(Person(role, (author,)) for role, author in named)
