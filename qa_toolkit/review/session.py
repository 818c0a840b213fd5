"""One reviewer's way through one sample: what to read next, what was rated, undo, progress.

`ReviewSession` knows no widget: the review screen, the notebooks and the tests call the same methods. It keeps
nothing that the store does not hold, so a new session, after a restart or in a second tab, goes on where the log says.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence

import pandas as pd

from qa_toolkit.errors import InvalidActError, NotFoundError, StaleError
from qa_toolkit.review.acts import ActBuilder
from qa_toolkit.review.checks import must_be_complete, must_not_be_submitted, must_still_be_missing
from qa_toolkit.review.recording import check_whole, recorded
from qa_toolkit.review.shapes import Json, conversation_shape, rubric_shape, state_shape, text_hash
from qa_toolkit.review.undoing import undo_newest
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, Check, Event, Store
from qa_toolkit.store.events import UNDO
from qa_toolkit.store.frames import status


class ReviewSession:
    """The reviews of one reviewer in one sample, by one rubric.

    Parameters
    ----------
    store : Store
    sample : str
        Name of a sample that was drawn.
    reviewer : str
        Who reviews.
    rubric : Rubric
        Kept in the store by its content hash, which every review carries.

    Raises
    ------
    NotFoundError
        If there is no such sample.
    InvalidActError
        If the reviewer's name is empty.
    """

    def __init__(self, store: Store, sample: str, reviewer: str, rubric: Rubric) -> None:
        if not reviewer.strip():
            raise InvalidActError("a review needs the reviewer's name, such as reviewer='ruth'")
        self.reviewer = reviewer.strip()
        self.sample = sample
        self.rubric = rubric
        self._store = store
        self._acts = ActBuilder(store, sample, self.reviewer, rubric)
        self.queue: tuple[str, ...] = tuple(store.sample(sample)["conversation_id"])
        self._lock = threading.Lock()
        self._seen = 0
        self._known: dict[str, str] = {}
        self._place = {conversation_id: i for i, conversation_id in enumerate(self.queue)}
        store.save_rubric(rubric.hash, rubric.id, rubric.version, rubric.title, rubric.text)

    def __repr__(self) -> str:
        p = self.progress()
        done = f"{p['submitted']} of {p['total']} submitted"
        return f"ReviewSession(reviewer={self.reviewer!r}, sample={self.sample!r}, {done})"

    # ------------------------------------------------------------------ reading

    def hello(self) -> Json:
        """Return all that a screen needs to begin: rubric, progress, and the first conversation that is open."""
        head = {"reviewer": self.reviewer, "sample": self.sample, "rubric": rubric_shape(self.rubric)}
        return {**head, "progress": self.progress(), "view": self.first_open()}

    def view(self, conversation_id: str) -> Json:
        """Return a conversation of the queue with the state of its review."""
        self._queued(conversation_id)
        shown = conversation_shape(self._store.conversation(conversation_id), self._place[conversation_id])
        return {"conversation": shown, "state": self.state(conversation_id)}

    def state(self, conversation_id: str) -> Json:
        """Return what the store holds of this reviewer's review of a conversation."""
        return state_shape(conversation_id, self._events(conversation_id), self.rubric.ids)

    def progress(self) -> Json:
        """Return how many conversations of the queue are submitted, skipped, in draft and open."""
        states = list(self._states().values())
        counts = {name: states.count(name) for name in ("submitted", "skipped", "draft")}
        total = len(self.queue)
        return {"total": total, **counts, "open": total - sum(counts.values())}

    def first_open(self) -> Json | None:
        """Return the first conversation of the queue that is neither submitted nor skipped, or None."""
        return self._seek(0)

    def next(self, conversation_id: str) -> Json | None:
        """Return the next conversation that is neither submitted nor skipped, from the start again after the last."""
        return self._seek(self._place[self._queued(conversation_id)] + 1)

    def previous(self, conversation_id: str | None) -> Json | None:
        """Return the conversation before this one (the last one for None), or None at the start."""
        place = len(self.queue) if conversation_id is None else self._place[self._queued(conversation_id)]
        return self.view(self.queue[place - 1]) if place else None

    def _seek(self, start: int) -> Json | None:
        states = self._states()
        order = [*self.queue[start:], *self.queue[:start]]
        found = next((c for c in order if states.get(c) not in ("submitted", "skipped")), None)
        return self.view(found) if found else None

    def _states(self) -> dict[str, str]:
        # Only what the log gained since the last look is read again, by this session or by any other.
        with self._lock:
            first = self._seen == 0
            self._seen, touched = self._store.touched(self.reviewer, self._seen)
            if first:
                reviews = self._store.reviews(self.reviewer)
                reviews = reviews[reviews["rubric_hash"] == self.rubric.hash]
                self._known = dict(zip(reviews["conversation_id"], reviews["state"], strict=True))
            else:
                self._known.update((c, status(self._events(c))[0]) for c in touched)
            return {c: state for c, state in self._known.items() if c in self._place}

    def _events(self, conversation_id: str) -> list[Event]:
        return self._store.current_events(self.reviewer, conversation_id, self.rubric.hash)

    # ------------------------------------------------------------------ acts

    def rate(
        self,
        conversation_id: str,
        commandment: str,
        rating: str | None,
        evidence: Sequence[Json] = (),
        comment: str = "",
        base: int | None = None,
        uid: str | None = None,
    ) -> Json:
        """Rate one commandment, with its evidence and comment; a later call replaces an earlier one.

        Parameters
        ----------
        conversation_id : str
        commandment : str
            Id in the rubric.
        rating : {"pass", "partial", "fail", "na"} or None
            None takes the rating back.
        evidence : sequence of dict
            ``{"position": int, "start": int | None, "end": int | None}``; offsets in characters of the message's text.
        comment : str
        base : int, optional
            The revision of this rating that was on the screen, 0 for none.
        uid : str, optional
            Id of the act; the same id is written once.

        Returns
        -------
        dict
            ``state``, ``progress``, ``event_id``, ``at``.

        Raises
        ------
        InvalidActError
            If something does not fit the rubric or the conversation.
        StaleError
            If the rating was changed elsewhere since `base`.
        """
        act = self._acts.rating(self._queued(conversation_id), commandment, rating, evidence, comment, uid)
        return self._write(act, base, must_not_be_submitted if rating is None else None)

    def rate_rest(self, conversation_id: str, rating: str = "na", uid: str | None = None) -> Json:
        """Give every commandment that is not rated yet the same rating, as one act that one undo takes back.

        Raises
        ------
        InvalidActError
            If all are rated.
        """
        uid = uid or uuid.uuid4().hex
        if not self._store.event(uid):
            missing = self.state(self._queued(conversation_id))["missing"]
            if not missing:
                raise InvalidActError("every commandment is rated already")
            uids = [uid, *(f"{uid}:{name}" for name in missing[1:])]
            acts = [
                self._acts.rating(conversation_id, name, rating, (), "", part)
                for name, part in zip(missing, uids, strict=True)
            ]
            try:
                self._store.append_many(acts, must_still_be_missing(acts))
            except StaleError as error:
                raise StaleError(str(error), self.state(conversation_id)) from None
        return self._answer(self._store.group(uid)[-1], self.state(conversation_id))

    def comment(self, conversation_id: str, text: str, uid: str | None = None) -> Json:
        """Write the comment on the whole conversation; a later call replaces an earlier one."""
        return self._write(self._acts.comment(self._queued(conversation_id), text, uid))

    def mark_good(
        self,
        conversation_id: str,
        position: int,
        commandments: Sequence[str] = (),
        note: str = "",
        good: bool = True,
        uid: str | None = None,
    ) -> Json:
        """Mark an agent's message as a good answer for some commandments, or take the mark back (``good=False``)."""
        act = self._acts.good_answer(self._queued(conversation_id), position, commandments, note, good, uid)
        return self._write(act)

    def submit(self, conversation_id: str, uid: str | None = None) -> Json:
        """Declare the review of a conversation finished.

        Raises
        ------
        IncompleteError
            If commandments are not rated; "na" is a rating.
        """
        return self._write(self._acts.submit(self._queued(conversation_id), uid), check=must_be_complete(self.rubric))

    def skip(self, conversation_id: str, reason: str, uid: str | None = None) -> Json:
        """Leave a conversation unrated, for a reason."""
        return self._write(self._acts.skip(self._queued(conversation_id), reason, uid))

    def undo(self, uid: str | None = None) -> Json:
        """Undo the newest act of this reviewer in this sample that was not undone, a submit too.

        Returns
        -------
        dict
            As of other acts, and ``undone`` (kind, commandment, conversation_id, and of how many events) and ``view``
            of that conversation.

        Raises
        ------
        InvalidActError
            If there is nothing left to undo, or a submit in another sample stands on it.
        """
        event = self._store.event(uid) if uid else None
        if event is None:
            event = undo_newest(self._store, self._acts, uid or uuid.uuid4().hex)
        elif (event.kind, event.actor, event.sample) != (UNDO, self.reviewer, self.sample):
            raise InvalidActError(f"the id {uid!r} was used for another act; undo with a new id")
        view = self.view(event.conversation_id)
        undone = {**event.payload, "conversation_id": event.conversation_id}
        return {**self._answer(event, view["state"]), "undone": undone, "view": view}

    def record(self, ratings: pd.DataFrame, good_answers: pd.DataFrame | None = None) -> int:
        """Write finished reviews that were made elsewhere, all in one transaction.

        Recording the same reviews again adds nothing; other ratings for them are refused.

        Parameters
        ----------
        ratings : pandas.DataFrame
            One row for each rating: ``conversation_id``, ``commandment``, ``rating``, ``evidence`` (list of dict, as in
            `rate`), ``comment``. Every commandment of the rubric must be rated for each conversation.
        good_answers : pandas.DataFrame, optional
            One row for each mark: ``conversation_id``, ``position``, ``commandments`` (list), ``note``.

        Returns
        -------
        int
            Reviews in the frame.

        Raises
        ------
        InvalidActError, IncompleteError, NotFoundError
            As of the single acts; then nothing is written.
        """
        check_whole(ratings, self.rubric)
        acts = recorded(self._acts, self._uid, ratings, good_answers)
        for name in {act.conversation_id for act in acts}:
            self._queued(name)
        try:
            self._store.append_many(acts)
        except InvalidActError as error:
            raise InvalidActError("some of this was recorded before and differs; change it with rate(...)") from error
        return sum(act.kind == "submit" for act in acts)

    # ------------------------------------------------------------------ inside

    def _uid(self, *parts: object) -> str:
        return text_hash("\n".join(map(str, (self.reviewer, self.sample, self.rubric.hash, *parts))))

    def _write(self, act: Act, base: int | None = None, check: Check | None = None) -> Json:
        try:
            event = self._store.append(act, base, check)
        except StaleError as error:
            raise StaleError(str(error), self.state(act.conversation_id)) from None
        return self._answer(event, self.state(act.conversation_id))

    def _answer(self, event: Event, state: Json) -> Json:
        return {"state": state, "progress": self.progress(), "event_id": event.event_id, "at": event.at.isoformat()}

    def _queued(self, conversation_id: str) -> str:
        if conversation_id not in self._place:
            raise NotFoundError(f"the sample {self.sample!r} has no conversation {conversation_id!r}")
        return conversation_id
