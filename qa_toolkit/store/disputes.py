"""Released samples, what agents dispute of their ratings, and what second reviewers decide, as events in the log.

An overturned rating is never changed: who reads ratings puts the decision in the place of the first value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

import numpy as np
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.store import current, tables
from qa_toolkit.store.acts import RATING, Event
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dockets import (
    DECISION,
    DISPUTE,
    OPEN,
    OVERTURNED,
    UPHELD,
    WITHDRAWN,
    Case,
    Docket,
    cases,
    hidden_cases,
    numbered,
    sound,
)
from qa_toolkit.store.engine import reading

__all__ = [
    "DECISION",
    "DISPUTE",
    "OPEN",
    "OVERTURNED",
    "RELEASE",
    "SLOT",
    "UPHELD",
    "WITHDRAWN",
    "Case",
    "Decided",
    "DisputeStore",
    "held",
    "sound",
]
RELEASE: Final = "release"
SLOT: Final = ("reviewer", "conversation_id", "rubric_hash", "commandment")  # what a rating stands in
SEEN: Final = (RATING, "submit")  # after which one may know what others rated
FINAL: Final = '"final":true'  # in the payload of a decision that was submitted, as the log writes it
Decided = dict[tuple[str, str, str, str], dict[str, Any]]


class DisputeStore:
    """What the log holds of releases and disputes; of a store from `Store.as_of`, what it held then.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    role : str
        Of whom the walls of the database bind; "" where it has none. From a reviewer it hides what is disputed, and
        tells only that something is.
    """

    def __init__(self, engine: Engine, role: str = "") -> None:
        self._engine = engine
        self.blind = role == "reviewer"
        self._docket = Docket() if role in ("", "lead") else None

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
            return self._cases(connection)

    def _cases(self, connection: Connection) -> list[Case]:
        if self.blind:
            return hidden_cases(connection)
        return self._docket.read(connection) if self._docket else cases(connection)

    def overturned(self) -> Decided:
        """Return what holds in place of each rating that was overturned, by its `SLOT`; see `held`.

        It is the payload of the decision, with ``decided_by``.
        """
        with reading(self._engine) as connection:
            return {} if self.blind else _overturned(self._cases(connection))

    def messages(self) -> set[tuple[str, int]]:
        """Return conversation and position of the messages that are evidence of a rating under dispute.

        Of a rating that was changed since, also those that are evidence of it now. Who is blind to the evidence is
        told all that agents wrote in these conversations.
        """
        found: set[tuple[str, int]] = set()
        with reading(self._engine) as connection:
            waiting = [one for one in self._cases(connection) if one.state == OPEN]
            if self.blind:
                return _answers(connection, {case.dispute.conversation_id for case in waiting})
            for case in waiting:
                reviewer, conversation_id, rubric_hash, commandment = case.slot
                now = current.of_review(connection, reviewer, conversation_id, rubric_hash)
                same = [e for e in now if e.kind == RATING and e.payload["commandment"] == commandment]
                spans = (item for e in (case.rating, *same) for item in e.payload.get("evidence", ()))
                found.update((conversation_id, item["position"]) for item in spans)
        return found

    def newest(self) -> int:
        """Return the number of the newest event of a dispute or a submitted decision, 0 if there is none."""
        with reading(self._engine) as connection:
            return max(current.newest(connection, (DISPUTE,)), current.newest(connection, (DECISION,), FINAL))

    def event(self, event_id: int) -> Event | None:
        """Return the event with a number, if there is one."""
        with reading(self._engine) as connection:
            return numbered(connection, [event_id]).get(event_id)

    def raters(self, conversation_ids: Collection[str]) -> set[tuple[str, str]]:
        """Return who ever rated anything in some conversations, or submitted them, as pairs of name and conversation.

        A submit opens what others rated, so that it counts without a rating too, and where it was undone.
        """
        found: set[tuple[str, str]] = set()
        with reading(self._engine) as connection:
            e = current.log(connection).c
            for ids in chunks(sorted(conversation_ids)):
                query = sa.select(e.actor, e.conversation_id).where(e.conversation_id.in_(ids), e.kind.in_(SEEN))
                found.update((actor, one) for actor, one in connection.execute(query.distinct()))
        return found

    def reviews_of(self, agent: str) -> list[list[Event]]:
        """Return the current events of each review of an agent's conversations, oldest first in each."""
        found: dict[tuple[str, str, str], list[Event]] = {}
        with reading(self._engine) as connection:
            c = tables.conversations.c
            ids = connection.execute(sa.select(c.conversation_id).where(c.agent == agent)).scalars().all()
            for chunk in chunks(sorted(ids)):
                for event in current.of_conversations(connection, chunk):
                    found.setdefault((event.actor, event.conversation_id, event.rubric_hash), []).append(event)
        return list(found.values())


def _answers(connection: Connection, conversation_ids: Collection[str]) -> set[tuple[str, int]]:
    m, found = tables.messages.c, set[tuple[str, int]]()
    for ids in chunks(sorted(conversation_ids)):
        query = sa.select(m.conversation_id, m.position).where(m.conversation_id.in_(ids), m.role == "agent")
        found.update((row.conversation_id, row.position) for row in connection.execute(query))
    return found


def _overturned(found_cases: Iterable[Case]) -> Decided:
    found: Decided = {}
    for case in found_cases:
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
        From `DisputeStore.overturned`.
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
