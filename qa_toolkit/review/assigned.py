"""What a session has to do with assignments: taking the next ones from the pool, handing one back, what is due."""

from __future__ import annotations

import uuid

from qa_toolkit.errors import AssignmentError
from qa_toolkit.review.acts import reason_of
from qa_toolkit.review.reading import ReviewReader
from qa_toolkit.review.shapes import Json
from qa_toolkit.store import Event
from qa_toolkit.store.pool import LEASE


class AssignedSession(ReviewReader):
    """The part of `ReviewSession` that changes whose a conversation is; its parameters are those of a session."""

    def take(self, n: int = 1, uid: str | None = None) -> Json:
        """Take the next conversations from the pool of the sample; they stand in the queue at once.

        Parameters
        ----------
        n : int
            How many.
        uid : str, optional
            Id of the act; the same id takes once.

        Returns
        -------
        dict
            As of other acts, and ``taken`` (how many) and ``view`` of the first of them.

        Raises
        ------
        AssignmentError
            If nothing of the sample is assigned, or nothing is left that the reviewer may have.
        """
        uid = uid or uuid.uuid4().hex
        found = self._store.assignments.take(self.sample, self.reviewer, n, LEASE, uid, {})
        event = self._store.event(uid)
        if event is None:
            raise AssignmentError("Nothing is left in the pool that you may have. Your lead can assign more.")
        view = self.view(found[0])
        return {**self._answer(event, view["state"]), "taken": len(found), "view": view}

    def hand_back(self, conversation_id: str, reason: str, uid: str | None = None) -> Json:
        """Give a conversation back to the pool, for a reason; somebody else gets it, and the draft stays in the log.

        Raises
        ------
        AssignmentError
            If it is no longer this reviewer's, or they are done with it.
        InvalidActError
            If there is no reason.
        """
        why = reason_of(reason)
        uid = uid or uuid.uuid4().hex
        queued = self._queued(conversation_id)
        event = self._store.assignments.hand_back(self.sample, queued, self.reviewer, why, uid, self.reviewer)
        return self._answer(event, self.state(conversation_id))

    def _answer(self, event: Event, state: Json) -> Json:
        return {"state": state, "progress": self.progress(), "event_id": event.event_id, "at": event.at.isoformat()}
