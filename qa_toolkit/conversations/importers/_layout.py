"""Where a table has what: as its header or the user says, or an error that carries a guess."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qa_toolkit.conversations.cells import MESSAGE_TABLE
from qa_toolkit.conversations.importers._base import ReadOptions
from qa_toolkit.conversations.importers._columns import (
    NAMES,
    REQUIRED,
    Found,
    by_our_names,
    guess,
    no_header,
)
from qa_toolkit.errors import ColumnsError, FileFormatError, instead


@dataclass(frozen=True)
class Layout:
    """Where a table has what.

    Parameters
    ----------
    header : tuple of str
        The table's column names, unnamed ones numbered.
    places : mapping of str to int
        Our name to the place of its column.
    escaped : bool
        Whether its texts were kept from being formulas.
    """

    header: tuple[str, ...]
    places: Mapping[str, int]
    escaped: bool = False

    @property
    def ours(self) -> bool:
        """Whether the table is one that this package writes."""
        return self.header == MESSAGE_TABLE

    def value(self, cells: list[str], name: str) -> str:
        """Return what a row has in the column of our `name`; empty where there is none."""
        place = self.places.get(name, len(cells))
        return cells[place] if place < len(cells) else ""

    def votes(self, cells: list[str]) -> int | None:
        """Return the helpful votes of a message in a table of ours."""
        found = cells[MESSAGE_TABLE.index("votes")] if self.ours else ""
        return int(found) if found.isascii() and found.isdigit() else None


def named(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of a header's cells; a cell without one gets its number."""
    return tuple(name.strip() or f"column {place}" for place, name in enumerate(names, start=1))


def lay_out(path: Path, header: tuple[str, ...], sample: Sequence[Sequence[str]], options: ReadOptions) -> Layout:
    """Return where a table has what.

    Raises
    ------
    ColumnsError
        If what is needed bears other names; a guess at it is in the error, and nothing is read before a yes.
    FileFormatError
        If a column that is named is not there, or there twice, or the table has no header.
    """
    if header == MESSAGE_TABLE and not options.columns:
        return Layout(header, {name: header.index(name) for name in NAMES}, escaped=True)
    places = _known(path, header, options.columns)
    by_author = "author" in places and bool(options.agents)  # who is an agent says what the role is
    missing = [name for name in REQUIRED if name not in places and not (name == "role" and by_author)]
    if missing:
        raise _guessed(path, header, sample, places, bool(options.agents))
    for name, place in places.items():
        if header.count(header[place]) > 1:
            raise FileFormatError(f"{path} has two columns {header[place]!r}, wanted for {name}; rename one")
    return Layout(header, places)


def _known(path: Path, header: tuple[str, ...], columns: Mapping[str, str]) -> dict[str, int]:
    unknown = [name for name in columns if name not in NAMES]
    if unknown:
        near = [name for name in NAMES if name.endswith(f"_{unknown[0]}")]
        meant = f"did you mean {near[0]!r}?" if near else instead(unknown[0], NAMES)
        raise FileFormatError(
            f"a column is said to be our {unknown[0]!r} (columns=, --column), which there is not; {meant}"
        )
    for name, theirs in columns.items():
        if theirs not in header:
            raise FileFormatError(
                f"{path} has no column {theirs!r}, named for {name}; it has {_listed(header)}. Name one of them"
            )
    ours = {name: place for name, place in by_our_names(header).items() if name not in columns}
    return ours | {name: header.index(theirs) for name, theirs in columns.items()}


def _listed(header: Sequence[str]) -> str:
    return ", ".join(repr(column[:40]) for column in header[:50])


def _guessed(
    path: Path, header: tuple[str, ...], sample: Sequence[Sequence[str]], places: Mapping[str, int], by_author: bool
) -> FileFormatError:
    check_header(path, header)
    found = guess(header, sample, places)
    names = [one.ours for one in found]
    by_author = by_author and "author" in names
    missing = tuple(name for name in REQUIRED if name not in names and not (name == "role" and by_author))
    message = f"{path} {_not_found(header, found, missing) if missing else _proposal(header, found)}"
    return ColumnsError(
        message,
        {one.ours: header[one.place] for one in found},
        {one.ours: one.why for one in found},
        {one.ours: one.example for one in found},
        missing,
    )


def check_header(path: Path, header: Sequence[str]) -> None:
    """Refuse a table whose first row is one of values.

    Raises
    ------
    FileFormatError
    """
    if no_header(header):
        raise FileFormatError(
            f"the first row of {path} has values, not the names of columns; put a row of names above it, "
            f"such as {', '.join(REQUIRED)}, sent_at, author"
        )


def _proposal(header: Sequence[str], found: Sequence[Found]) -> str:
    columns = {one.ours: header[one.place] for one in found}
    guesses = ", ".join(f"{one.ours} is {header[one.place]!r} (by {one.why})" for one in found)
    return (
        f"names its columns in its own way. A guess that waits for your yes: {guesses}. "
        f"If that is right, import it with columns={columns}, or on the command line with --accept-columns"
    )


def _not_found(header: Sequence[str], found: Sequence[Found], missing: Sequence[str]) -> str:
    columns = {one.ours: header[one.place] for one in found}
    example = {name: columns.get(name, "...") for name in (*REQUIRED, *(n for n in columns if n not in REQUIRED))}
    option = " ".join(f"--column {ours}={theirs}" for ours, theirs in example.items() if ours in REQUIRED)
    agents = " Where only authors tell who is who, name the agents (agents=, or --agent)." * ("role" in missing)
    return (
        f"has no column for {', '.join(missing)}; it has {_listed(header)}. "
        f"Say which is which: columns={example}, or {option}.{agents}"
    )
