"""Finishing a round: what has to be rated first, and what is rated N/A by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from qa_toolkit.calibration.acts import CalibrationActs, must_not_be_excused, round_is_open
from qa_toolkit.calibration.folding import FIRST, Folded
from qa_toolkit.calibration.setting import Setting
from qa_toolkit.calibration.shapes import state_shape
from qa_toolkit.errors import EvidenceError, IncompleteError, InvalidActError, StaleError
from qa_toolkit.review.shapes import Json
from qa_toolkit.review.submitting import closed_commandments, ratings_of
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, Event, SampleCheck, Store

ATTEMPTS: Final = 10


@dataclass(frozen=True)
class Submitter:
    """Submits the rounds of one reviewer.

    Parameters
    ----------
    store : Store
    acts : CalibrationActs
    setting : Setting
    rubric : Rubric
    reviewer : str
    on_fail : {"ask", "require", "off"}
        What a submit does with a fail that has no evidence.
    """

    store: Store
    acts: CalibrationActs
    setting: Setting
    rubric: Rubric
    reviewer: str
    on_fail: str

    def submit(
        self, act: Act, not_applicable: Collection[str], without_evidence: bool, read: Callable[[], Folded]
    ) -> Event:
        """Write a submit, and with a first one N/A for what cannot apply and is not rated, all in one transaction.

        Parameters
        ----------
        act : Act
            The submit.
        not_applicable : collection of str
            Commandments that cannot apply to this conversation.
        without_evidence : bool
            Whether the reviewer was asked for the evidence of fails and has none.
        read : callable
            Returns what is true of the conversation now.
        """
        if self.store.event(act.uid):
            return self.store.append(act)
        round_ = act.payload["round"]
        for _ in range(ATTEMPTS):
            folded = read()
            must_not_be_excused(folded, self.reviewer)
            before = state_shape(folded, self.reviewer, self.rubric)
            names = closed_commandments(self.rubric, not_applicable, ratings_of(before)) if round_ == FIRST else []
            where = act.conversation_id, round_
            rest = [self.acts.rating(where, name, "na", (), "", f"{act.uid}:{name}") for name in names]
            own = {act.uid, *(other.uid for other in rest)}
            self._refuse(before, round_, names, without_evidence)
            with suppress(StaleError):  # another tab was faster: look again
                return self.store.append_many([*rest, act], self._check(before, round_, own))[-1]
        raise InvalidActError("another tab rates this conversation at the same time; try again")

    def _check(self, before: Json, round_: int, own: Collection[str]) -> SampleCheck:
        """Return a check that refuses if one's own acts on this conversation are not those that were looked at."""
        is_open = round_is_open(self.setting, self.reviewer, round_, own)

        def check(events: list[Event]) -> None:
            is_open(events)
            seen = [e.seq for e in events if e.actor == self.reviewer and e.uid not in own]
            if max(seen, default=0) != before["revision"]:
                raise StaleError("This was changed elsewhere since this screen showed it.", {})

        return SampleCheck(check)

    def _refuse(self, state: Json, round_: int, closed: Collection[str], without_evidence: bool) -> None:
        missing = [name for name in state["missing"] if name not in closed]
        if round_ == FIRST and missing:
            names = ", ".join(self.rubric[name].title for name in missing)
            raise IncompleteError(f"{len(missing)} not rated yet: {names}. Rate them, or set the rest to N/A.")
        if self.on_fail == "off" or (self.on_fail == "ask" and without_evidence):
            return
        ratings = state["ratings" if round_ == FIRST else "again"]
        fails = [name for name, r in ratings.items() if r["rating"] == "fail" and not r["evidence"]]
        if fails:
            names = ", ".join(self.rubric[name].title for name in self.rubric.ids if name in fails)
            instead = ", or submit without it" if self.on_fail == "ask" else ""
            raise EvidenceError(f"No evidence for {names}. Mark the message that shows it{instead}.", state)
