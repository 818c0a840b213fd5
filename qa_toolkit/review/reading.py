"""What a session shows: a queue, conversations, what cannot be rated in them, and the state of each review."""

from __future__ import annotations

from qa_toolkit.errors import InvalidActError
from qa_toolkit.review.acts import ActBuilder
from qa_toolkit.review.facts import FactReader
from qa_toolkit.review.queue import Queue
from qa_toolkit.review.settings import ReviewSettings
from qa_toolkit.review.shapes import (
    Json,
    assignment_shape,
    circumstances,
    conversation_shape,
    rubric_shape,
    settings_shape,
    state_shape,
)
from qa_toolkit.review.undoing import newest_event
from qa_toolkit.rubric import Rubric
from qa_toolkit.rubric.applies import not_applicable
from qa_toolkit.store import Event, Store


class ReviewReader:
    """The reading half of `ReviewSession`, whose parameters it takes. It writes no event."""

    def __init__(
        self, store: Store, sample: str, reviewer: str, rubric: Rubric, settings: ReviewSettings | None = None
    ) -> None:
        if not reviewer.strip():
            raise InvalidActError("a review needs the reviewer's name, such as reviewer='ruth'")
        self.reviewer = reviewer.strip()
        self.sample = sample
        self.rubric = rubric
        self.settings = settings or ReviewSettings()
        self._store = store
        self._acts = ActBuilder(store, sample, self.reviewer, rubric)
        self._queue = Queue(store, sample, self.reviewer, rubric.hash)
        self._closed: tuple[str, dict[str, str]] = "", {}  # of the conversation that was read last
        self._facts = FactReader(rubric, self.settings)
        store.save_rubric(rubric.hash, rubric.id, rubric.version, rubric.title, rubric.text)

    def __repr__(self) -> str:
        p = self.progress()
        done = f"{p['submitted']} of {p['total']} submitted"
        return f"{type(self).__name__}(reviewer={self.reviewer!r}, sample={self.sample!r}, {done})"

    @property
    def queue(self) -> tuple[str, ...]:
        """Ids of the conversations, in order."""
        return self._queue.order

    # ------------------------------------------------------------------ reading

    def hello(self) -> Json:
        """Return all that a screen needs to begin: rubric, settings, progress, the first conversation that is open."""
        head: Json = {"reviewer": self.reviewer, "sample": self.sample, "rubric": rubric_shape(self.rubric)}
        head["settings"] = settings_shape(self.settings)
        head["assigned"] = self._queue.is_assigned
        head["newest"] = newest_event(self._store, self._acts)
        return {**head, "progress": self.progress(), "view": self.first_open()}

    def view(self, conversation_id: str) -> Json:
        """Return a conversation of the queue, what cannot be rated in it and why, and the state of its review."""
        place = self._queue.place(conversation_id)
        return {
            "conversation": conversation_shape(self._acts.read_anew(conversation_id), place),
            "not_applicable": self.not_applicable(conversation_id),
            "state": self.state(conversation_id),
            "assignment": self.assignment(conversation_id),
        }

    def state(self, conversation_id: str) -> Json:
        """Return what the store holds of this reviewer's review of a conversation."""
        return state_shape(conversation_id, self._events(conversation_id), self.rubric.ids)

    def assignment(self, conversation_id: str) -> Json | None:
        """Return what becomes of a conversation that is, or was, assigned to this reviewer; None if it never was.

        Returns
        -------
        dict or None
            ``state``, ``due_at``, ``overdue``, ``lease_until``; times as ISO 8601, or None.
        """
        found = self._store.assignments.of(self.sample, conversation_id, self.reviewer)
        return None if found is None else assignment_shape(found, self._store.now())

    def progress(self) -> Json:
        """Return how many conversations of the queue are submitted, skipped, in draft and open."""
        return self._queue.progress()

    def refresh(self, conversation_id: str | None = None) -> Json:
        """Return what the store holds now of a review, or of none, and of the queue: another tab may have acted."""
        with self._store.one_view():
            head = {"progress": self.progress(), "assigned": self._queue.is_assigned}
            if conversation_id is None:
                return {"state": None, **head}
            state = self.state(self._queued(conversation_id))
            return {"state": state, **head, "assignment": self.assignment(conversation_id)}

    def facts(self, conversation_id: str, asked: bool = False) -> Json:
        """Return the facts of a conversation that may be seen now, and why others are withheld.

        Parameters
        ----------
        conversation_id : str
        asked : bool
            Whether the reviewer has asked to see them.
        """
        closed, state = self.not_applicable(conversation_id), self.state(conversation_id)
        return self._facts.read(self._acts.conversation(conversation_id), closed, state, asked)

    def first_open(self) -> Json | None:
        """Return the first conversation of the queue that is neither submitted nor skipped, or None."""
        return self._shown(self._queue.next_open())

    def next(self, conversation_id: str) -> Json | None:
        """Return the next conversation that is neither submitted nor skipped, from the start again after the last."""
        return self._shown(self._queue.next_open(conversation_id))

    def previous(self, conversation_id: str | None) -> Json | None:
        """Return the conversation before this one (the last one for None), or None at the start."""
        return self._shown(self._queue.before(conversation_id))

    def _shown(self, found: str | None) -> Json | None:
        return None if found is None else self.view(found)

    def _events(self, conversation_id: str) -> list[Event]:
        return self._store.current_events(self.reviewer, conversation_id, self.rubric.hash)

    def not_applicable(self, conversation_id: str) -> dict[str, str]:
        """Return id and reason of every commandment that cannot apply to a conversation, whatever the ratings."""
        read_id, reasons = self._closed
        if read_id != self._queued(conversation_id):  # what decides this never changes, so it stays right
            reasons = not_applicable(self.rubric, circumstances(self._acts.conversation(conversation_id)))
            self._closed = conversation_id, reasons
        return dict(reasons)

    def _queued(self, conversation_id: str) -> str:
        self._queue.place(conversation_id)
        return conversation_id
