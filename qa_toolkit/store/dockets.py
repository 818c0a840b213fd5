"""Disputes as cases: each with what became of it, folded from the events of the log."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from qa_toolkit.store import current
from qa_toolkit.store.acts import RATING, UNDO, Event, event_of
from qa_toolkit.store.chunks import chunks

DISPUTE: Final = "dispute"
DECISION: Final = "dispute_decision"
OPEN, UPHELD, OVERTURNED, WITHDRAWN = "open", "upheld", "overturned", "withdrawn"
KINDS: Final = (DISPUTE, DECISION)
RATED: Final = ("pass", "partial", "fail", "na")


@dataclass(frozen=True)
class Case:
    """One dispute and what became of it.

    Parameters
    ----------
    dispute : Event
    rating : Event
        The rating that is disputed.
    withdrawn : bool
    decision : Event or None
        The one that holds.
    drafts : tuple of Event
        Decisions that were begun and not submitted, the newest of each second reviewer.
    """

    dispute: Event
    rating: Event
    withdrawn: bool = False
    decision: Event | None = None
    drafts: tuple[Event, ...] = ()

    @property
    def slot(self) -> tuple[str, str, str, str]:
        """Reviewer, conversation, rubric and commandment of the rating."""
        d = self.dispute
        return d.payload["reviewer"], d.conversation_id, d.rubric_hash, d.payload["commandment"]

    @property
    def state(self) -> str:
        """One of open, upheld, overturned, withdrawn."""
        if self.decision:
            same = self.decision.payload["rating"] == self.rating.payload["rating"]
            return UPHELD if same else OVERTURNED
        return WITHDRAWN if self.withdrawn else OPEN


class Docket:
    """The disputes of a log that can be read as a whole: what is known is kept, and only what is new is read.

    Of a log that hides rows from a login this would not do: an older row can come to be seen.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._rated: dict[int, Event] = {}
        self._seen = 0

    def read(self, connection: Connection) -> list[Case]:
        """Return all disputes, oldest first."""
        with self._lock:
            e = current.log(connection)
            here = current.among(e.c.kind, (*KINDS, UNDO))
            newest = current.newest(connection, (*KINDS, UNDO))
            new = self._new(connection, sa.select(e).where(here, e.c.event_id > self._seen)) if self._seen else None
            if new is None:
                self._events, new = [], current.standing(connection, KINDS)
            self._events += new
            self._seen = max(self._seen, newest)
            self._rated.update(numbered(connection, [one.payload["rating_event"] for one in _asked(new)]))
            return folded(self._events, self._rated)

    def _new(self, connection: Connection, query: sa.Select[Any]) -> list[Event] | None:
        """Return what is new, oldest first; None if one of these events was undone, so that all is to be read anew."""
        found = [event_of(row) for row in connection.execute(query.order_by("event_id")).mappings()]
        undone = {one.target for one in found if one.kind == UNDO}
        if undone and any(one.event_id in undone for one in (*self._events, *found)):
            return None
        return [one for one in found if one.kind != UNDO]


def cases(connection: Connection) -> list[Case]:
    """Return all disputes, oldest first."""
    events = current.standing(connection, KINDS)
    return folded(events, numbered(connection, [e.payload["rating_event"] for e in _asked(events)]))


def sound(event: Event) -> bool:
    """Whether an event is a dispute, a withdrawal or a decision that holds all that one must; others say nothing."""
    p = event.payload
    if event.kind == DECISION:
        ratings = RATED if p.get("final") is True else (*RATED, None)
        spans = p.get("evidence")
        whole = isinstance(spans, list) and all(_is_span(one) for one in spans)
        known = whole and _is_number(p.get("dispute")) and isinstance(p.get("final"), bool)
        return known and p.get("rating") in ratings and _are_texts(p, "commandment", "comment")
    numbered = _is_number(p.get("rating_event")) and (p.get("withdrawn") is None or _is_number(p["withdrawn"]))
    texts = _are_texts(p, "reviewer", "commandment", "reason", "proposed")
    return event.kind == DISPUTE and numbered and texts


def _is_span(value: object) -> bool:
    return isinstance(value, dict) and _is_number(value.get("position")) and {"start", "end"} <= value.keys()


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_texts(payload: Mapping[str, Any], *names: str) -> bool:
    return all(isinstance(payload.get(name), str) for name in names)


def _asked(events: Iterable[Event]) -> list[Event]:
    return [e for e in events if e.kind == DISPUTE and sound(e) and e.payload.get("withdrawn") is None]


def _is_of(dispute: Event, rating: Event | None) -> bool:
    """Whether a rating is the one that is disputed; what was released and is no longer, an agent does not see."""
    if rating is None or rating.kind != RATING or rating.payload.get("rating") not in RATED:
        return False
    said = dispute.payload["reviewer"], dispute.conversation_id, dispute.payload["commandment"]
    return said == (rating.actor, rating.conversation_id, rating.payload.get("commandment"))


def folded(events: Sequence[Event], rated: Mapping[int, Event]) -> list[Case]:
    """Return disputes, oldest first, from their events that stand, oldest first, and the disputed ratings by number."""
    events = [e for e in events if sound(e)]
    withdrawn = {(e.actor, e.payload.get("withdrawn")) for e in events if e.kind == DISPUTE}
    final: dict[int, Event] = {}
    drafts: dict[int, dict[str, Event]] = {}
    for e in events:
        if e.kind == DECISION and e.payload["final"]:
            final.setdefault(e.payload["dispute"], e)
        elif e.kind == DECISION:
            drafts.setdefault(e.payload["dispute"], {})[e.actor] = e
    return [
        Case(
            e,
            rated[e.payload["rating_event"]],
            (e.actor, e.event_id) in withdrawn,
            final.get(e.event_id),
            tuple(drafts.get(e.event_id, {}).values()),
        )
        for e in _asked(events)
        if _is_of(e, rated.get(e.payload["rating_event"]))
    ]


def hidden_cases(connection: Connection) -> list[Case]:
    """Return the disputes that somebody may decide who may see nothing of them, oldest first."""
    decisions = [e for e in current.standing(connection, (DECISION,)) if sound(e)]
    found = connection.execute(sa.text("SELECT * FROM qa_disputes() ORDER BY event_id")).mappings()
    return [_hidden(row, [e for e in decisions if e.payload["dispute"] == row["event_id"]]) for row in found]


def _hidden(row: Any, own: Sequence[Event]) -> Case:
    where = {name: row[name] for name in ("event_id", "conversation_id", "rubric_hash", "sample")}
    payload = {"reviewer": "", "commandment": row["commandment"], "rating": ""}
    dispute = Event(uid="", actor="", kind=DISPUTE, slot="", payload=payload, **where)
    final = [e for e in own if e.payload["final"]]
    drafts = {e.actor: e for e in own if not e.payload["final"]}
    return Case(dispute, dispute, decision=final[0] if final else None, drafts=tuple(drafts.values()))


def numbered(connection: Connection, numbers: Sequence[int]) -> dict[int, Event]:
    """Return events by their numbers."""
    e, found = current.log(connection), {}
    for chunk in chunks(sorted(set(numbers))):
        for row in connection.execute(sa.select(e).where(e.c.event_id.in_(chunk))).mappings():
            found[row["event_id"]] = event_of(row)
    return found
