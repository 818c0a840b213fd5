"""Released samples, what agents dispute of their ratings, and what second reviewers decide, as events in the log.

An overturned rating is never changed: who reads ratings puts the decision in the place of the first value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.store import current, tables
from qa_toolkit.store.acts import RATING, Event, event_of
from qa_toolkit.store.engine import reading

RELEASE: Final = "release"
DISPUTE: Final = "dispute"
DECISION: Final = "dispute_decision"
OPEN, UPHELD, OVERTURNED, WITHDRAWN = "open", "upheld", "overturned", "withdrawn"
SLOT: Final = ("reviewer", "conversation_id", "rubric_hash", "commandment")  # what a rating stands in
Decided = dict[tuple[str, str, str, str], dict[str, Any]]
CHUNK: Final = 500  # ids in one query


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


class DisputeStore:
    """What the log holds of releases and disputes; of a store from `Store.as_of`, what it held then.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    blind : bool
        Whether the database hides from this login what is disputed; it tells only that something is.
    """

    def __init__(self, engine: Engine, blind: bool = False) -> None:
        self._engine = engine
        self.blind = blind

    def releases(self) -> pd.DataFrame:
        """Return whether samples are released, one row for each of which anybody said so.

        Returns
        -------
        pandas.DataFrame
            ``sample``, ``released``, ``lead``, ``at`` (UTC) of the newest word on it.
        """
        with reading(self._engine) as connection:
            newest = {e.sample: e for e in current.decided(connection, RELEASE)}
        rows = [(e.sample, bool(e.payload["released"]), e.actor, e.at) for e in newest.values()]
        frame = pd.DataFrame(rows, columns=["sample", "released", "lead", "at"])
        frame["at"] = pd.to_datetime(frame["at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
        return frame.astype({"sample": "str", "released": "bool", "lead": "str"})

    def cases(self) -> list[Case]:
        """Return all disputes, oldest first."""
        with reading(self._engine) as connection:
            return _hidden_cases(connection) if self.blind else cases(connection)

    def overturned(self) -> Decided:
        """Return what holds in place of each rating that was overturned; see `held`."""
        with reading(self._engine) as connection:
            return overturned(connection)

    def messages(self) -> set[tuple[str, int]]:
        """Return conversation and position of the messages that are evidence of a rating under dispute.

        Of a rating that was changed since, also those that are evidence of it now.
        """
        found: set[tuple[str, int]] = set()
        with reading(self._engine) as connection:
            for case in (one for one in cases(connection) if one.state == OPEN):
                reviewer, conversation_id, rubric_hash, commandment = case.slot
                now = current.of_review(connection, reviewer, conversation_id, rubric_hash)
                same = [e for e in now if e.kind == RATING and e.payload["commandment"] == commandment]
                spans = (item for e in (case.rating, *same) for item in e.payload["evidence"])
                found.update((conversation_id, item["position"]) for item in spans)
        return found

    def newest(self) -> int:
        """Return the number of the newest event of a dispute or a decision, 0 if there is none."""
        with reading(self._engine) as connection:
            e = current.log(connection)
            query = sa.select(sa.func.max(e.c.event_id)).where(current.among(e.c.kind, (DISPUTE, DECISION)))
            return connection.execute(query).scalar() or 0

    def event(self, event_id: int) -> Event | None:
        """Return the event with a number, if there is one."""
        with reading(self._engine) as connection:
            return _numbered(connection, [event_id]).get(event_id)

    def raters(self, conversation_ids: Collection[str]) -> set[tuple[str, str]]:
        """Return who has rated anything in some conversations, as pairs of name and conversation."""
        found: set[tuple[str, str]] = set()
        with reading(self._engine) as connection:
            e = current.log(connection).c
            for ids in _chunks(sorted(conversation_ids)):
                query = sa.select(e.actor, e.conversation_id).where(e.conversation_id.in_(ids), e.kind == RATING)
                found.update((actor, one) for actor, one in connection.execute(query.distinct()))
        return found

    def reviews_of(self, agent: str) -> list[list[Event]]:
        """Return the current events of each review of an agent's conversations, oldest first in each."""
        found: dict[tuple[str, str, str], list[Event]] = {}
        with reading(self._engine) as connection:
            c = tables.conversations.c
            ids = connection.execute(sa.select(c.conversation_id).where(c.agent == agent)).scalars().all()
            for chunk in _chunks(sorted(ids)):
                for event in current.of_conversations(connection, chunk):
                    found.setdefault((event.actor, event.conversation_id, event.rubric_hash), []).append(event)
        return list(found.values())


def cases(connection: Connection) -> list[Case]:
    """Return all disputes, oldest first."""
    events = current.standing(connection, (DISPUTE, DECISION))
    asked = [e for e in events if e.kind == DISPUTE and not e.payload.get("withdrawn")]
    withdrawn = {e.payload["withdrawn"] for e in events if e.kind == DISPUTE and e.payload.get("withdrawn")}
    final: dict[int, Event] = {}
    drafts: dict[int, dict[str, Event]] = {}
    for e in events:
        if e.kind == DECISION and e.payload["final"]:
            final.setdefault(e.payload["dispute"], e)
        elif e.kind == DECISION:
            drafts.setdefault(e.payload["dispute"], {})[e.actor] = e
    rated = _numbered(connection, [e.payload["rating_event"] for e in asked])
    return [
        Case(
            e,
            rated[e.payload["rating_event"]],
            e.event_id in withdrawn,
            final.get(e.event_id),
            tuple(drafts.get(e.event_id, {}).values()),
        )
        for e in asked
        if e.payload["rating_event"] in rated  # what was released and is no longer, an agent does not see
    ]


def _hidden_cases(connection: Connection) -> list[Case]:
    """Return the disputes that somebody may decide who may see nothing of them, oldest first."""
    decisions = current.standing(connection, (DECISION,))
    found = connection.execute(sa.text("SELECT * FROM qa_disputes() ORDER BY event_id")).mappings()
    return [_hidden(row, [e for e in decisions if e.payload["dispute"] == row["event_id"]]) for row in found]


def _hidden(row: Any, own: Sequence[Event]) -> Case:
    where = {name: row[name] for name in ("event_id", "conversation_id", "rubric_hash", "sample")}
    payload = {"reviewer": "", "commandment": row["commandment"], "rating": ""}
    dispute = Event(uid="", actor="", kind=DISPUTE, slot="", payload=payload, **where)
    final = [e for e in own if e.payload["final"]]
    drafts = {e.actor: e for e in own if not e.payload["final"]}
    return Case(dispute, dispute, decision=final[0] if final else None, drafts=tuple(drafts.values()))


def overturned(connection: Connection) -> Decided:
    """Return what holds in place of each rating that was overturned, by its `SLOT`.

    It is the payload of the decision, with ``decided_by``.
    """
    found: Decided = {}
    for case in cases(connection):
        if case.decision and case.state == OVERTURNED:
            found[case.slot] = {**case.decision.payload, "decided_by": case.decision.actor}
    return found


def held(ratings: pd.DataFrame, decided: Decided) -> pd.DataFrame:
    """Return ratings with what was decided in place of what was overturned.

    Parameters
    ----------
    ratings : pandas.DataFrame
        `SLOT`, as categories, and ``rating``, as categories too.
    decided : dict
        From `overturned`.
    """
    if not decided or ratings.empty:
        return ratings
    keys, places = np.zeros(len(ratings), dtype=np.int64), [0] * len(decided)
    known = [True] * len(decided)
    for i, name in enumerate(SLOT):
        column = ratings[name].cat
        at = column.categories.get_indexer(pd.Index([slot[i] for slot in decided], dtype="str"))
        keys = keys * len(column.categories) + column.codes.to_numpy()
        places = [place * len(column.categories) + int(code) for place, code in zip(places, at, strict=True)]
        known = [so_far and bool(code >= 0) for so_far, code in zip(known, at, strict=True)]
    values = [says["rating"] for says in decided.values()]
    new = {key: value for key, value, there in zip(places, values, known, strict=True) if there}
    rows = np.flatnonzero(np.isin(keys, list(new)))
    rating = ratings["rating"].copy()
    rating.iloc[rows] = [new[key] for key in keys[rows].tolist()]
    return ratings.assign(rating=rating)


def _numbered(connection: Connection, numbers: Sequence[int]) -> dict[int, Event]:
    e, found = current.log(connection), {}
    for chunk in _chunks(sorted(set(numbers))):
        for row in connection.execute(sa.select(e).where(e.c.event_id.in_(chunk))).mappings():
            found[row["event_id"]] = event_of(row)
    return found


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
