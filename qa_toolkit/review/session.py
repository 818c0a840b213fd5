"""One reviewer's way through one sample: what to read next, what was rated, undo, progress.

`ReviewSession` knows no widget: the review screen, the notebooks and the tests call the same methods. It keeps
nothing that the store does not hold, so a new session, after a restart or in a second tab, goes on where the log says.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import pandas as pd

from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.review.assigned import AssignedSession
from qa_toolkit.review.checks import must_not_be_submitted, must_still_be_missing
from qa_toolkit.review.recording import check_whole, recorded
from qa_toolkit.review.shapes import Json, text_hash
from qa_toolkit.review.submitting import Submitter
from qa_toolkit.review.undoing import undo_newest
from qa_toolkit.store import Act, Check, Event
from qa_toolkit.store.acts import UNDO


class ReviewSession(AssignedSession):
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
    settings : ReviewSettings, optional
        Of the team.

    Raises
    ------
    NotFoundError
        If there is no such sample.
    InvalidActError
        If the reviewer's name is empty.
    """

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
        root_causes: Sequence[str] = (),
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
        root_causes : sequence of str
            Why it went wrong, by ids of the rubric's root causes; for a partial or a fail.

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
        act = self._acts.rating(self._queued(conversation_id), commandment, rating, evidence, comment, uid, root_causes)
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
        return self._told(self._store.group(uid)[-1])

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

    def submit(self, conversation_id: str, without_evidence: bool = False, uid: str | None = None) -> Json:
        """Declare the review of a conversation finished; what cannot apply and is not rated is rated N/A with it.

        Parameters
        ----------
        conversation_id : str
        without_evidence : bool
            Submit although a fail has no evidence, if the settings let it.
        uid : str, optional
            Id of the act; the same id is written once.

        Raises
        ------
        IncompleteError
            If commandments are not rated; "na" is a rating.
        EvidenceError
            If a fail has no evidence.
        """
        closed = self.not_applicable(conversation_id)
        submitter = Submitter(self._store, self._acts, self.rubric, self.settings)
        event = submitter.submit(conversation_id, closed, without_evidence, uid)
        return self._told(event)

    def skip(self, conversation_id: str, reason: str, uid: str | None = None) -> Json:
        """Leave a conversation unrated, for a reason."""
        return self._write(self._acts.skip(self._queued(conversation_id), reason, uid))

    def dispute_fact(
        self, conversation_id: str, fact: str, wrong: bool = True, note: str = "", uid: str | None = None
    ) -> Json:
        """Say that a fact is wrong, or take that back (``wrong=False``).

        Raises
        ------
        InvalidActError
            If there is no such fact that the reviewer may see.
        """
        act = self._acts.dispute(self._queued(conversation_id), fact, wrong, note, uid)
        if not self._store.event(act.uid):
            closed, state = self.not_applicable(conversation_id), self.state(conversation_id)
            shown = self._facts.can_see(self._acts.conversation(conversation_id), closed, state, fact)
            if not shown and fact not in state["disputed_facts"]:
                raise InvalidActError(f"this conversation shows no fact {fact!r}; look at the facts again")
        return self._write(act)

    def spent(self, conversation_id: str, seconds: int, idle: int = 0, uid: str | None = None) -> Json:
        """Note that time was spent on a conversation; each call adds to it, and no undo takes it back.

        Parameters
        ----------
        conversation_id : str
        seconds, idle : int
            With and without the reviewer being active.
        uid : str, optional
            Id of the act; the same id is written once.

        Returns
        -------
        dict
            ``event_id``, ``at``.
        """
        event = self._store.append(self._acts.spent(self._queued(conversation_id), seconds, idle, uid))
        return {"event_id": event.event_id, "at": event.at.isoformat()}

    def undo(self, uid: str | None = None, after: int | None = None) -> Json:
        """Undo the newest act of this reviewer in this sample, by this rubric, that was not undone, a submit too.

        Parameters
        ----------
        uid : str, optional
            Id of the act; the same id is written once.
        after : int, optional
            The newest event that was known where the undo was asked for.

        Returns
        -------
        dict
            As of other acts, and ``undone`` (kind, commandment, conversation_id, and of how many events) and ``view``
            of that conversation.

        Raises
        ------
        InvalidActError
            If there is nothing left to undo, or a submit in another sample stands on it.
        StaleError
            If something newer than `after` would be undone.
        """
        event = self._store.event(uid) if uid else None
        if event is None:
            try:
                event = undo_newest(self._store, self._acts, uid or uuid.uuid4().hex, after)
            except StaleError as error:
                raise StaleError(str(error), self.state(error.state["conversation_id"])) from None
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
        return self._told(event)

    def _told(self, event: Event) -> Json:
        with self._store.one_view():
            return self._answer(event, self.state(event.conversation_id))
