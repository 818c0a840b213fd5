"""The queue of a session: its order, how far each review is, and which conversation comes next.

Nothing here takes longer in a longer queue, but for the first look: what the log has gained since the last look is
read, counts are kept, and the search for an open conversation is one search for a byte.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Final

from qa_toolkit.errors import NotFoundError
from qa_toolkit.review.shapes import Json
from qa_toolkit.store import Store
from qa_toolkit.store.frames import status

STATES: Final = ("submitted", "skipped", "draft")
DONE: Final = ("submitted", "skipped")
_OPEN: Final = 1


class Queue:
    """The conversations of one sample, in order, with the state of one reviewer's review of each.

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
        self.order: tuple[str, ...] = tuple(store.sample(sample)["conversation_id"])
        self._store = store
        self._sample = sample
        self._reviewer = reviewer
        self._rubric_hash = rubric_hash
        self._places = {conversation_id: i for i, conversation_id in enumerate(self.order)}
        self._open = bytearray([_OPEN]) * len(self.order)  # by place
        self._states: dict[str, str] = {}  # of those that were begun
        self._counts: Counter[str] = Counter()
        self._seen: int | None = None
        self._lock = threading.Lock()

    def place(self, conversation_id: str) -> int:
        """Return the place of a conversation in the queue, from 0, or raise NotFoundError."""
        try:
            return self._places[conversation_id]
        except KeyError:
            raise NotFoundError(f"the sample {self._sample!r} has no conversation {conversation_id!r}") from None

    def progress(self) -> Json:
        """Return how many conversations are submitted, skipped, in draft and open."""
        with self._lock:
            self._catch_up()
            counts = {name: self._counts[name] for name in STATES}
        total = len(self.order)
        return {"total": total, **counts, "open": total - sum(counts.values())}

    def next_open(self, start: int) -> str | None:
        """Return the first conversation from a place on, then from the beginning, that is not done; None if all are."""
        with self._lock:
            self._catch_up()
            found = self._open.find(_OPEN, start)
            found = self._open.find(_OPEN, 0, start) if found < 0 else found
        return None if found < 0 else self.order[found]

    def _catch_up(self) -> None:
        """Read what the log has gained since the last look, by this session or by any other."""
        if self._seen is None:
            self._seen, states = self._store.states(self._reviewer, self._rubric_hash)
            for conversation_id, state in states.items():
                self._note(conversation_id, state)
            return
        self._seen, touched = self._store.touched(self._reviewer, self._seen)
        for conversation_id in touched:
            events = self._store.current_events(self._reviewer, conversation_id, self._rubric_hash)
            self._note(conversation_id, status(events)[0])

    def _note(self, conversation_id: str, state: str) -> None:
        place = self._places.get(conversation_id)
        if place is not None:
            self._counts[self._states.get(conversation_id, "open")] -= 1
            self._counts[state] += 1
            self._states[conversation_id] = state
            self._open[place] = state not in DONE
