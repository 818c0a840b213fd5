"""One person's part in a calibration: rate blind, submit, compare, rate again, decide.

`CalibrationSession` knows no widget and keeps nothing that the store does not hold. Until all reviewers have submitted
a conversation, no answer of it depends on anything that a peer does: not on ratings, and not on counts or times either.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa_toolkit.calibration.acts import (
    must_be_revealed,
    round_is_open,
    same_decision,
    still_undoable,
    undoable,
)
from qa_toolkit.calibration.folding import FIRST, SECOND, Folded
from qa_toolkit.calibration.reading import CalibrationReader
from qa_toolkit.calibration.shapes import state_shape
from qa_toolkit.calibration.submitting import Submitter
from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.review.shapes import Json
from qa_toolkit.store import Act, Event, SampleCheck
from qa_toolkit.store.acts import UNDO

ATTEMPTS = 10


class CalibrationSession(CalibrationReader):
    """What one reviewer, or the lead, does in a calibration. Safe to use from any thread.

    Parameters
    ----------
    project : Project
    name : str
        Of a calibration that was set up with `start_calibration`.
    reviewer : str
        One of its reviewers, or its lead.
    settings : ReviewSettings, optional
        Of the team: what a submit asks for.

    Raises
    ------
    NotFoundError
        If there is no such calibration.
    InvalidActError
        If the person takes no part in it.
    """

    def rate(
        self,
        conversation_id: str,
        round: int,  # noqa: A002 - the word of the field
        commandment: str,
        rating: str | None,
        evidence: Sequence[Json] = (),
        comment: str = "",
        root_causes: Sequence[str] = (),
        base: int | None = None,
        uid: str | None = None,
    ) -> Json:
        """Rate one commandment; a later call replaces an earlier one of the same round.

        Parameters
        ----------
        conversation_id : str
        round : {1, 2}
            1: blind, before one's own submit. 2: once all have submitted.
        commandment : str
            Id in the rubric.
        rating : {"pass", "partial", "fail", "na"} or None
            None takes the rating back; in round 2 the first one then stands.
        evidence : sequence of dict
            ``{"position": int, "start": int | None, "end": int | None}``; offsets in characters of the message's text.
        comment : str
        root_causes : sequence of str
            For a partial or a fail.
        base : int, optional
            The revision of this rating that was on the screen, 0 for none.
        uid : str, optional
            Id of the act; the same id is written once.

        Returns
        -------
        dict
            ``state``, ``peers``, ``conversations``, ``newest``, ``revision``, ``at``.

        Raises
        ------
        InvalidActError
            If something does not fit, or the round is over or has not begun.
        StaleError
            If the rating was changed elsewhere since `base`.
        """
        folded = self._to_rate(conversation_id, round)
        act = self._acts.rating((conversation_id, round), commandment, rating, evidence, comment, uid, root_causes)
        if base is not None and not self._store.event(act.uid):
            slot = folded.slots.get((self.reviewer, act.slot))
            is_given = slot is not None and slot.payload["rating"] is not None  # one that was taken back shows nowhere
            self._refuse_stale(folded, (slot.seq if slot and is_given else 0) == base)
        return self._write(act, SampleCheck(round_is_open(self.setting, self.reviewer, round)))

    def submit(
        self,
        conversation_id: str,
        round: int,  # noqa: A002
        without_evidence: bool = False,
        uid: str | None = None,
    ) -> Json:
        """Finish a round. The first one is locked by it for good; what cannot apply and is not rated is rated N/A.

        Raises
        ------
        IncompleteError
            If commandments are not rated in the first round.
        EvidenceError
            If a fail has no evidence.
        InvalidActError
            If the round was submitted, or has not begun.
        """
        self._to_rate(conversation_id, round)
        act = self._acts.submit(conversation_id, round, uid)
        closed = self.not_applicable(conversation_id)
        on_fail = self.settings.evidence_on_fail
        submitter = Submitter(self._store, self._acts, self.setting, self.rubric, self.reviewer, on_fail)
        return self._answer(submitter.submit(act, closed, without_evidence, lambda: self._folded(conversation_id)))

    def note(self, conversation_id: str, text: str, uid: str | None = None) -> Json:
        """Write one's note on a conversation; peers see it once all have submitted."""
        self._folded(conversation_id)
        return self._write(self._acts.note(conversation_id, text, uid))

    def decide(
        self,
        conversation_id: str,
        commandment: str,
        rating: str,
        reason: str,
        evidence: Sequence[Json] = (),
        example: bool = False,
        base: str | None = None,
        uid: str | None = None,
    ) -> Json:
        """Decide what the rating of a commandment is to be, once all have submitted; the newest decision counts.

        Parameters
        ----------
        conversation_id, commandment : str
        rating : {"pass", "partial", "fail", "na"}
        reason : str
            Why; at most 2,000 characters.
        evidence : sequence of dict
            As in `rate`: what shows it.
        example : bool
            Whether it may go into the rubric as an example.
        base : str, optional
            The ``uid`` of the decision that was on the screen, "" for none.
        uid : str, optional
            Id of the act; the same id is written once.

        Raises
        ------
        InvalidActError
            If not all have submitted, this person may not decide, or the reason is missing.
        StaleError
            If somebody else decided since `base`.
        """
        must_be_revealed(self._folded(conversation_id))
        if not self.setting.may_decide(self.reviewer):
            raise InvalidActError(f"{self.setting.lead} decides in this calibration; write a note on what you think")
        act = self._acts.decision(conversation_id, commandment, rating, reason, evidence, example, uid)
        return self._write(act, None if base is None else same_decision(act, base))

    def undo(self, after: int | None = None, uid: str | None = None) -> Json:
        """Undo one's newest act that can be undone: no first submit, nor what it locked.

        Parameters
        ----------
        after : int, optional
            The newest of one's own acts that was known where the undo was asked for.
        uid : str, optional
            Id of the act; the same id is written once.

        Returns
        -------
        dict
            As of other acts, and ``undone`` and the ``view`` of its conversation.

        Raises
        ------
        InvalidActError
            If there is nothing left to undo.
        StaleError
            If something newer than `after` would be undone.
        """
        event = self._store.event(uid) if uid else None
        if event is None:
            event = self._undone(after, uid)
        elif (event.kind, event.actor, event.sample) != (UNDO, self.reviewer, self.setting.sample):
            raise InvalidActError(f"the id {uid!r} was used for another act; undo with a new id")
        undone = {
            "commandment": None,
            "round": 0,
            "number": 1,
            **event.payload,
            "conversation_id": event.conversation_id,
        }
        return {**self._answer(event), "undone": undone, "view": self.view(event.conversation_id)}

    # ------------------------------------------------------------------ inside

    def _undone(self, after: int | None, uid: str | None) -> Event:
        for _ in range(ATTEMPTS):
            found = [e for folded in self._log.read().values() for e in undoable(folded, self.reviewer)]
            if not found:
                raise InvalidActError("there is nothing to undo; a first rating that was submitted stays")
            last = max(found, key=lambda e: e.seq)
            self._refuse_stale(self._folded(last.conversation_id), after is None or last.seq <= after)
            try:
                return self._store.append(self._acts.undo(last, uid), check=still_undoable(self.setting, last))
            except StaleError:  # another tab was faster: undo the one before
                continue
        raise InvalidActError("another tab undoes at the same time; try again")

    def _to_rate(self, conversation_id: str, round_: int) -> Folded:
        folded = self._folded(conversation_id)
        if self.reviewer not in self.setting.reviewers:
            raise InvalidActError("you lead this calibration and do not rate in it; decide once all have submitted")
        if round_ not in (FIRST, SECOND) or isinstance(round_, bool):
            raise InvalidActError(f"there is no round {round_!r}; it is 1 (blind) or 2 (once all have submitted)")
        if round_ == SECOND:
            must_be_revealed(folded)
        return folded

    def _refuse_stale(self, folded: Folded, same: bool) -> None:
        if not same:
            words = "This was changed elsewhere since this screen showed it."
            raise StaleError(words, state_shape(folded, self.reviewer, self.rubric))

    def _write(self, act: Act, check: SampleCheck | None = None) -> Json:
        try:
            event = self._store.append(act, check=check)
        except StaleError as error:
            raise StaleError(str(error), self._shown(self._folded(act.conversation_id))["state"]) from None
        return self._answer(event)

    def _answer(self, event: Event) -> Json:
        all_folded = self._log.read()
        shown = self._shown(all_folded[event.conversation_id])
        return {**shown, **self._overview(all_folded), "revision": event.seq, "at": event.at.isoformat()}
