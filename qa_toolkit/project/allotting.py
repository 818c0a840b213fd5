"""Working out who gets which conversations of a sample, from what is assigned and reviewed already."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from qa_toolkit.errors import AssignmentError, NotFoundError
from qa_toolkit.sampling.allotting import BALANCED, allot, places_of
from qa_toolkit.store import Act, Store
from qa_toolkit.store.assigned_rules import DONE, KIND, LAPSED, LIVE, OPEN, POOL, names_slot, own, slot
from qa_toolkit.store.replacing import IN_USE

Item = tuple[str, int]  # a conversation and its place in the draw


@dataclass(frozen=True)
class Given:
    """What is to be assigned.

    Parameters
    ----------
    open, done : dict of str to list of (str, int)
        By reviewer: conversations with their places in the draw.
    pool : dict of int to list of (str, int)
        By how many people can take them.
    lacking : dict of str to int
        By conversation: how many more people it should go to, whom nobody is left for.
    """

    open: dict[str, list[Item]]
    done: dict[str, list[Item]]
    pool: dict[int, list[Item]]
    lacking: dict[str, int]

    def acts(self, sample: str, lead: str, due: datetime | None, agents: Mapping[str, str]) -> list[Act]:
        """Return the acts that assign it."""
        until = due.isoformat() if due else None
        acts = []
        if agents:
            payload = {"what": "agents", "agents": dict(agents)}
            acts = [Act(uuid.uuid4().hex, lead, KIND, names_slot(sample), sample=sample, payload=payload)]
        lists = [(name, 1, self.open.get(name, []), self.done.get(name, [])) for name in {**self.open, **self.done}]
        lists += [(POOL, places, items, []) for places, items in self.pool.items()]
        for name, places, items, done in lists:
            if items or done:
                what = {"what": "assign", "reviewer": name, "places": places, "due": until}
                content = {**what, "conversations": items, "done": done}
                acts.append(Act(uuid.uuid4().hex, lead, KIND, slot(sample, name), sample=sample, payload=content))
        return acts

    def frame(self) -> pd.DataFrame:
        """Return a row for each place."""
        rows = [(found, name, OPEN) for name, items in self.open.items() for found, _ in items]
        rows += [
            (found, POOL, OPEN) for places, items in self.pool.items() for found, _ in items for _ in range(places)
        ]
        rows += [(found, name, DONE) for name, items in self.done.items() for found, _ in items]
        rows += [(found, POOL, "lacking") for found, n in self.lacking.items() for _ in range(n)]
        return pd.DataFrame(rows, columns=["conversation_id", "reviewer", "state"]).astype("str")


@dataclass(frozen=True)
class Bars:
    """Who cannot have which conversations: not their own, and none twice.

    Parameters
    ----------
    names : mapping of str to str
        Which agents reviewers are, where that is another name.
    agent : mapping of str to (str or None)
        By conversation: its agent.
    had : mapping of str to set of str
        By conversation: who had it, or has submitted it.
    """

    names: Mapping[str, str]
    agent: Mapping[str, str | None]
    had: Mapping[str, set[str]]

    def of(self, reviewers: Sequence[str]) -> Callable[[str], set[str]]:
        """Return what says who of the reviewers cannot have a conversation."""
        mine: dict[str | None, set[str]] = {
            agent: {name for name in reviewers if own(agent, name, self.names)} for agent in set(self.agent.values())
        }
        return lambda found: mine.get(self.agent.get(found), set()) | self.had.get(found, set())

    def refusal(self, conversation_id: str, to: Sequence[str]) -> AssignmentError:
        """Return the error that nobody of `to` can have a conversation."""
        mine = [name for name in to if own(self.agent.get(conversation_id), name, self.names)]
        why = f"{mine[0]} is its agent" if mine else f"{', '.join(to)} had it already, or submitted a review of it"
        return AssignmentError(f"{conversation_id!r} cannot go to {', '.join(to)}: {why}; choose somebody else")


def moves_of(
    store: Store,
    sample: str,
    reviewer: str,
    to: Sequence[str],
    conversations: Sequence[str] | None,
    agents: Mapping[str, str],
) -> dict[str, str]:
    """Return who gets what of another's, or of what is in the pool; see `Project.reassign`."""
    if not to or (POOL in to and len(to) > 1):
        raise AssignmentError("name who gets it: one reviewer or several, or '' for the pool")
    holders = store.assignments.holders(sample, reviewer, to, conversations)
    if conversations is None and not holders.waiting:
        where = f"waits for {reviewer!r}" if reviewer else "is in the pool"
        others = ", ".join(store.assignments.waited_for(sample))
        raise NotFoundError(f"nothing of the sample {sample!r} {where}; something waits for: {others or 'nobody'}")
    if list(to) == [POOL]:
        return dict.fromkeys(holders.waiting, POOL)
    bars = Bars({**holders.names, **agents}, holders.agent, holders.had)
    found = allot(dict.fromkeys(holders.waiting, 1), to, BALANCED, barred=bars.of(to), loads=holders.loads)
    if found.lacking and conversations is not None:
        raise bars.refusal(next(iter(found.lacking)), to)
    moves = {one: name for name, ids in found.given.items() for one in ids}
    return {one: moves[one] for one in holders.waiting if one in moves}


class Desk:
    """A sample, what is assigned of it, and who cannot have what.

    Parameters
    ----------
    store : Store
    sample : str
    agents : mapping of str to str
        Which agent each reviewer is, where that is another name.
    """

    def __init__(self, store: Store, sample: str, agents: Mapping[str, str]) -> None:
        self._store, self._sample = store, sample
        names = {**store.assignments.agents(sample), **agents}
        self.version = store.assignments.version(sample)  # before all that is worked on
        self.draws = _draws(store.sample(sample))
        self._rows = store.assignments.frame(sample)
        had: dict[str, set[str]] = {}  # by conversation: who had it, or has submitted it
        self._submitted: dict[str, list[str]] = {}  # by conversation: who has, in this sample
        for name, found, state in self._rows[["reviewer", "conversation_id", "state"]].itertuples(index=False):
            if name and state != LAPSED:
                had.setdefault(found, set()).add(name)
        for name, found, where in store.assignments.submitted():
            if found in self.draws:
                if where == sample and name not in had.get(found, ()):
                    self._submitted.setdefault(found, []).append(name)
                had.setdefault(found, set()).add(name)
        self._bars = Bars(names, store.assignments.conversation_agents(sample), had)

    def hand_out(
        self,
        asked: Mapping[str, list[str]],
        how: str,
        overlap: int,
        share: float,
        progress: Callable[[int, int], None] | None = None,
    ) -> Given:
        """Work out who gets what; see `Project.assign`."""
        done = self._done()
        if any(asked.values()):
            return Given(self._by_hand(asked), done, {}, {})
        places, filled, holders = places_of(list(self.draws), overlap, share), self._filled(), self._holders()
        if not asked:
            return Given({}, done, self._pooled(places, filled), {})
        loads = self._store.assignments.loads(list(asked)) if how == BALANCED else {}
        barred = self._bars.of(list(asked))
        shared = allot(
            places, list(asked), how, barred=barred, holders=holders, filled=filled, loads=loads, progress=progress
        )
        given = {name: [(one, self.draws[one]) for one in ids] for name, ids in shared.given.items()}
        return Given(given, done, {}, shared.lacking)

    def _done(self) -> dict[str, list[Item]]:
        done: dict[str, list[Item]] = {}
        for found, names in self._submitted.items():
            for name in names:
                done.setdefault(name, []).append((found, self.draws[found]))
        return done

    def _by_hand(self, asked: Mapping[str, list[str]]) -> dict[str, list[Item]]:
        barred = self._bars.of(list(asked))
        for name, ids in asked.items():
            for found in ids:
                if found not in self.draws:
                    raise NotFoundError(f"the sample {self._sample!r} has no conversation {found!r} to be reviewed")
                if name in barred(found):
                    raise self._bars.refusal(found, [name])
            if len(set(ids)) < len(ids):
                raise AssignmentError(f"a conversation is given to {name} twice; name each once")
        return {name: [(found, self.draws[found]) for found in ids] for name, ids in asked.items()}

    def _filled(self) -> dict[str, int]:
        rows = self._rows[self._rows["state"].isin(LIVE)]
        filled = {str(found): int(n) for found, n in rows.groupby("conversation_id")["places"].sum().items()}
        return {found: filled.get(found, 0) + len(self._submitted.get(found, ())) for found in self.draws}

    def _holders(self) -> dict[str, list[str]]:
        rows = self._rows[self._rows["state"].isin(LIVE) & (self._rows["reviewer"] != POOL)]
        holders = {found: list(names) for found, names in self._submitted.items()}
        for found, name in rows[["conversation_id", "reviewer"]].itertuples(index=False):
            holders.setdefault(found, []).append(name)
        return holders

    def _pooled(self, places: Mapping[str, int], filled: Mapping[str, int]) -> dict[int, list[Item]]:
        pool: dict[int, list[Item]] = {}
        for found, wanted in places.items():
            missing = wanted - filled[found]
            if missing > 0:
                pool.setdefault(missing, []).append((found, self.draws[found]))
        return pool


def _draws(items: pd.DataFrame) -> dict[str, int]:
    """Return what is to be reviewed with its place in the draw; a substitute has that of what was drawn."""
    place: dict[str, int] = {}
    pairs = items[["conversation_id", "replaces"]].dropna()
    came_for = dict(zip(pairs["conversation_id"], pairs["replaces"], strict=True))
    for i, found in enumerate(items["conversation_id"]):
        first = found
        while first in came_for:
            first = came_for[first]
        place[found] = place.get(first, i)
    in_use = items.loc[items["status"].isin(IN_USE), "conversation_id"]
    return {found: place[found] for found in sorted(in_use, key=place.__getitem__)}
