"""The queue of a session: its order, how far each review is, and which conversation comes next.

Nothing here takes longer in a longer queue, but for the first look: what the log has gained since the last look is
read, counts are kept, and the search for an open conversation is one search for a byte.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

import pandas as pd

from qa_toolkit.errors import NotFoundError
from qa_toolkit.review.shapes import Json
from qa_toolkit.store import Store
from qa_toolkit.store.replacing import IN_USE
from qa_toolkit.store.statuses import status

STATES: Final = ("submitted", "skipped", "draft")
DONE: Final = ("submitted", "skipped")
_OPEN: Final = 1


class Queue:
    """The conversations of one sample, in order, with the state of one reviewer's review of each.

    Where the sample has assignments it holds the reviewer's, by due date and then in the order of the draw.

    Parameters
    ----------
    store : Store
    sample, reviewer, rubric_hash : str

    Raises
    ------
    NotFoundError
        If there is no such sample.
    """

    def __init__(self, store: Store, sample: str, reviewer: str, rubric_hash: str) -> None:
        self._store = store
        self._sample = sample
        self._reviewer = reviewer
        self._rubric_hash = rubric_hash
        self._marks: tuple[int, int | None] = (0, None)  # of what was read of replacements and assignments
        self._lock = threading.Lock()
        self._load()

    @property
    def is_assigned(self) -> bool:
        """Whether the sample has assignments, so that only the reviewer's are here."""
        with self._lock:
            self._catch_up()
            return self._marks[1] is not None

    @property
    def order(self) -> tuple[str, ...]:
        """Ids of the conversations, in order; a substitute stands where the one was that it came for."""
        with self._lock:
            self._catch_up()
            return self._order

    def place(self, conversation_id: str) -> int:
        """Return the place of a conversation in the queue, from 0, or raise NotFoundError.

        One that was replaced has the place that it had: somebody may have it on the screen, and loses nothing.
        """
        with self._lock:
            return max(0, min(self._place(conversation_id), len(self._order) - 1))

    def before(self, conversation_id: str | None) -> str | None:
        """Return the conversation before this one (the last one for None), or None at the start."""
        with self._lock:
            self._catch_up()
            place = len(self._order) if conversation_id is None else self._place(conversation_id)
            return self._order[place - 1] if place else None

    def progress(self) -> Json:
        """Return how many conversations are submitted, skipped, in draft and open."""
        with self._lock:
            self._catch_up()
            counts, total = {name: self._counts[name] for name in STATES}, len(self._order)
        return {"total": total, **counts, "open": total - sum(counts.values())}

    def next_open(self, after: str | None = None) -> str | None:
        """Return the first conversation that is not done, or the first one after another, then from the beginning."""
        with self._lock:
            self._catch_up()
            start = 0 if after is None else self._place(after) + (after in self._places)
            found = self._open.find(_OPEN, start)
            found = self._open.find(_OPEN, 0, start) if found < 0 else found
            return None if found < 0 else self._order[found]

    def _place(self, conversation_id: str) -> int:
        place = self._places.get(conversation_id, self._left.get(conversation_id))
        if place is None:
            self._catch_up()  # it may have come for another since
            place = self._places.get(conversation_id)
        if place is None:
            whose = "" if self._marks[1] is None else f" that is assigned to {self._reviewer}"
            raise NotFoundError(f"the sample {self._sample!r} has no conversation {conversation_id!r}{whose}")
        return place

    def _load(self) -> None:
        self._marks = self._read_marks()
        if self._marks[1] is None:
            self._order, self._left = _seated(self._store.sample(self._sample))
        else:
            mine, left = self._store.assignments.queue(self._sample, self._reviewer)
            self._order, self._left = tuple(mine), left
        self._places = {conversation_id: i for i, conversation_id in enumerate(self._order)}
        self._open = bytearray([_OPEN]) * len(self._order)  # by place
        self._states: dict[str, str] = {}  # of those that were begun
        self._counts: Counter[str] = Counter()
        self._seen: int | None = None

    def _catch_up(self) -> None:
        """Read what the log has gained since the last look, by this session or by any other."""
        if self._read_marks() != self._marks:
            self._load()
        if self._seen is None:
            self._seen, states = self._store.states(self._reviewer, self._rubric_hash)
            for conversation_id, state in states.items():
                self._note(conversation_id, state)
            return
        self._seen, touched = self._store.touched(self._reviewer, self._seen)
        for conversation_id in touched:
            events = self._store.current_events(self._reviewer, conversation_id, self._rubric_hash)
            self._note(conversation_id, status(events)[0])

    def _read_marks(self) -> tuple[int, int | None]:
        return self._store.assignments.marks(self._sample, self._reviewer, self._marks[0])

    def _note(self, conversation_id: str, state: str) -> None:
        place = self._places.get(conversation_id)
        if place is not None:
            self._counts[self._states.get(conversation_id, "open")] -= 1
            self._counts[state] += 1
            self._states[conversation_id] = state
            self._open[place] = state not in DONE


def _seated(sample: pd.DataFrame) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return who is in the queue, in order, and the places that others left; who left for nobody, that of the next."""
    substitutes = {old: new for new, old in zip(sample["conversation_id"], sample["replaces"], strict=True)}
    in_use = set(sample.loc[sample["status"].isin(IN_USE), "conversation_id"])
    order: list[str] = []
    left: dict[str, int] = {}
    for conversation_id in sample.loc[sample["replaces"].isna(), "conversation_id"]:
        sitting = conversation_id
        while sitting in substitutes:
            left[sitting] = len(order)
            sitting = substitutes[sitting]
        if sitting in in_use:
            order.append(sitting)
        else:
            left[sitting] = len(order)
    return tuple(order), left
