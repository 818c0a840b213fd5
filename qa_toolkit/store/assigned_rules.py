"""What each event about assignments does to the rows of the table, wherever they are: in the database, or in memory.

`assigned` holds them in the database, one event after another; `replaying` in memory, where the table is made anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from qa_toolkit.errors import AssignmentError
from qa_toolkit.store.acts import Event

KIND: Final = "assignment"
REPLACE: Final = "replace"
POOL: Final = ""  # stands where a reviewer's name does
OPEN, TAKEN, DONE, SKIPPED = "open", "taken", "done", "skipped"
LIVE: Final = (OPEN, TAKEN, DONE, SKIPPED)  # the states of what is somebody's
WAITING: Final = (OPEN, TAKEN)
HANDED_BACK, REASSIGNED, LAPSED, REPLACED, EMPTY = "handed back", "reassigned", "lapsed", "replaced", "empty"
NO_DUE: Final = datetime(9000, 1, 1, tzinfo=UTC)

Row = dict[str, Any]


class Rows(Protocol):
    """The rows of the table, by conversation, reviewer and sample."""

    def one(self, conversation_id: str, reviewer: str, sample: str) -> Row | None:
        """Return a copy of one row, whatever its state."""

    def live(self, conversation_id: str, sample: str) -> list[Row]:
        """Return copies of the rows of a conversation that are somebody's, or in the pool."""

    def pooled(self, sample: str, ids: Sequence[str]) -> dict[str, int]:
        """Return which of some conversations have a row of the pool, with their places in the draw."""

    def submitted(self, reviewer: str, ids: Sequence[str]) -> set[str]:
        """Return which of some conversations a reviewer has submitted, in whatever sample and by whatever rubric."""

    def agents(self, sample: str) -> Mapping[str, str]:
        """Return the names that reviewers of a sample have as agents."""

    def agent(self, conversation_id: str) -> str | None:
        """Return whose a conversation is."""

    def insert(self, rows: Sequence[Row]) -> None:
        """Put rows in that are not there."""

    def change(self, row: Row, values: Mapping[str, Any]) -> None:
        """Change a row that is there."""

    def delete(self, sample: str, reviewer: str, ids: Sequence[str], state: str | None = None) -> None:
        """Take a reviewer's rows of some conversations away, of one state or of any, where they are there."""


def own(agent: str | None, reviewer: str, agents: Mapping[str, str]) -> bool:
    """Whether a conversation is the reviewer's own: its agent bears their name, or the one they have as an agent."""
    names = {reviewer.strip().casefold(), agents.get(reviewer, reviewer).strip().casefold()}
    return agent is not None and agent.strip().casefold() in names


def names_slot(sample: str) -> str:
    """Return the slot of the event that says which agents the reviewers of a sample are."""
    return f"{KIND}_agents:{sample}"


def slot(sample: str, reviewer: str) -> str:
    """Return the slot of what happens to the assignments of a reviewer, or of the pool, in a sample."""
    return f"{KIND}:{sample}:{reviewer}"


def apply(rows: Rows, event: Event) -> None:
    """Change rows as one event of kind `KIND` or `REPLACE` says.

    Raises
    ------
    AssignmentError
        If what is to change is nobody's any more.
    """
    if event.kind == REPLACE:
        _replaced(rows, event)
    else:
        _CHANGES[event.payload["what"]](rows, event)


# ---------------------------------------------------------------------- what each event does


def _assign(rows: Rows, event: Event) -> None:
    p, reviewer = event.payload, event.payload["reviewer"]
    common = {"reviewer": reviewer, "sample": event.sample, "due_at": _due(p), "event_id": event.event_id}
    empty = {"lease": None, "lease_until": None, "acted_at": None}
    ids = [found for found, _ in p["conversations"]]
    known = rows.pooled(event.sample, ids) if reviewer == POOL else {}
    done = set() if reviewer == POOL else rows.submitted(reviewer, ids)
    given = [
        {"conversation_id": found, "draw": draw, "places": p["places"], **common, **empty}
        | {"state": DONE if found in done else state}
        for state, items in ((OPEN, p["conversations"]), (DONE, p["done"]))
        for found, draw in items
    ]
    new = [row for row in given if row["conversation_id"] not in known]
    for row in given:
        if row["conversation_id"] in known:
            _to_pool(rows, event, {**row, "draw": known[row["conversation_id"]]}, row["places"])
    if new and reviewer != POOL:  # what they had until their lease ran out, they get again
        rows.delete(event.sample, reviewer, [row["conversation_id"] for row in new], LAPSED)
    if new:
        rows.insert(new)


def _take(rows: Rows, event: Event) -> None:
    p = event.payload
    row = _row(rows, event, p["from"])
    _give_up(rows, event, row, LAPSED)
    _put(rows, event, p["reviewer"], {**row, "lease": p["lease"]}, _time(p["until"]))


def _hand_back(rows: Rows, event: Event) -> None:
    row = _row(rows, event, event.payload["reviewer"])
    _leave(rows, event, row, HANDED_BACK)
    _to_pool(rows, event, row)


def _reassign(rows: Rows, event: Event) -> None:
    p = event.payload
    row = _row(rows, event, p["from"])
    _give_up(rows, event, row, REASSIGNED)
    if "due" in p:
        row["due_at"] = _due(p)
    if p["reviewer"] == POOL:
        _to_pool(rows, event, row)
    else:
        _put(rows, event, p["reviewer"], {**row, "lease": None}, None)


def _replaced(rows: Rows, event: Event) -> None:
    """Give what was somebody's to review to the substitute, also where they had skipped it."""
    substitute = event.payload["substitute"]
    found = rows.live(event.payload["conversation_id"], event.sample)
    names = rows.agents(event.sample) if found else {}
    agent = rows.agent(substitute) if found and substitute is not None else None
    for row in found:
        _leave(rows, event, row, REPLACED)
        if substitute is None:
            continue
        row["conversation_id"] = substitute
        if row["reviewer"] == POOL or own(agent, row["reviewer"], names):
            _to_pool(rows, event, row, row["places"])
        else:
            _put(rows, event, row["reviewer"], row, row["lease_until"])


_CHANGES: Final[dict[str, Callable[[Rows, Event], None]]] = {
    "agents": lambda *_: None,  # is only looked up
    "assign": _assign,
    "take": _take,
    "hand_back": _hand_back,
    "reassign": _reassign,
}


# ---------------------------------------------------------------------- rows


def _due(payload: Mapping[str, Any]) -> datetime:
    return NO_DUE if payload["due"] is None else _time(payload["due"])


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found.astimezone(UTC)


def _row(rows: Rows, event: Event, reviewer: str) -> Row:
    row = rows.one(event.conversation_id, reviewer, event.sample)
    state = row["state"] if row else "nobody's"
    if row is None or state not in LIVE:
        raise AssignmentError(f"what is to change is {state}; look at project.assignments()")
    return row


def _leave(rows: Rows, event: Event, row: Row, state: str) -> None:
    rows.change(row, {"state": state, "lease_until": None, "event_id": event.event_id})


def _give_up(rows: Rows, event: Event, row: Row, state: str) -> None:
    """Take one place from the pool, or all from a reviewer."""
    if row["reviewer"] != POOL:
        _leave(rows, event, row, state)
        return
    left = row["places"] - 1
    rows.change(row, {"places": left, "state": OPEN if left > 0 else EMPTY, "event_id": event.event_id})


def _put(rows: Rows, event: Event, reviewer: str, row: Row, until: datetime | None) -> None:
    """Make something a reviewer's. There is a row already where they had it and their lease ran out."""
    new = {**row, "reviewer": reviewer, "places": 1, "lease_until": until, "acted_at": None, "event_id": event.event_id}
    rows.delete(row["sample"], reviewer, [row["conversation_id"]])
    done = rows.submitted(reviewer, [row["conversation_id"]])
    rows.insert([{**new, "state": DONE if done else TAKEN if row["lease"] else OPEN}])


def _to_pool(rows: Rows, event: Event, row: Row, places: int = 1) -> None:
    there = rows.one(row["conversation_id"], POOL, row["sample"])
    if there:
        due = row["due_at"] if there["state"] == EMPTY else min(there["due_at"], row["due_at"])
        values = {"places": there["places"] + places, "state": OPEN, "due_at": due, "event_id": event.event_id}
        rows.change(there, values)
        return
    new = {**row, "reviewer": POOL, "places": places, "state": OPEN, "event_id": event.event_id}
    rows.insert([{**new, "lease": None, "lease_until": None, "acted_at": None}])
