"""The acts of a calibration, checked before they go into the log, and what refuses them there."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from qa_toolkit.calibration.folding import FIRST, SECOND, Folded
from qa_toolkit.calibration.setting import Setting
from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.review.acts import ActBuilder, checked_text
from qa_toolkit.review.shapes import Json
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, Check, Event, SampleCheck, Store
from qa_toolkit.store.acts import UNDO
from qa_toolkit.store.calibrations import DECISION, EXCUSE, NOTE, RATING, SUBMIT

MAX_REASON: Final = 2000  # characters
FEWEST: Final = 2  # reviewers whose ratings can be compared
NAMES: Final = {RATING: "rate", SUBMIT: "submit", NOTE: "note", DECISION: "decide"}  # what the screen calls them


class CalibrationActs:
    """Makes the acts of one person in one calibration; raises `InvalidActError` for what does not fit.

    They bear no rubric's hash, so that they are part of no review; the setting has it.
    """

    def __init__(self, store: Store, setting: Setting, actor: str, rubric: Rubric) -> None:
        self._setting = setting
        self._actor = actor
        self.build = ActBuilder(store, setting.sample, actor, rubric)

    def rating(
        self,
        where: tuple[str, int],
        commandment: str,
        rating: str | None,
        evidence: Sequence[Json],
        comment: str,
        uid: str | None,
        root_causes: Sequence[str] = (),
    ) -> Act:
        """Rate one commandment in a round, or take its rating back (None); `where` is conversation and round."""
        conversation_id, round_ = where
        act = self.build.rating(conversation_id, commandment, rating, evidence, comment, uid, root_causes)
        return self._ours(act, RATING, f"{round_}:{commandment}", {**act.payload, "round": round_})

    def submit(self, conversation_id: str, round_: int, uid: str | None) -> Act:
        """Finish a round."""
        return self._ours(self.build.submit(conversation_id, uid), SUBMIT, f"{round_}", {"round": round_})

    def note(self, conversation_id: str, text: str, uid: str | None) -> Act:
        """Write the note on a conversation."""
        act = self.build.comment(conversation_id, text, uid)
        return self._ours(act, NOTE, "", act.payload)

    def decision(
        self,
        conversation_id: str,
        commandment: str,
        rating: str,
        reason: str,
        evidence: Sequence[Json],
        example: bool,
        uid: str | None,
    ) -> Act:
        """Decide what the rating of a commandment is to be, for a reason."""
        if rating is None or not _has_words(reason):
            raise InvalidActError("a decision needs a rating and the reason for it; the next reviewer goes by it")
        checked = self.build.rating(conversation_id, commandment, rating, evidence, "", uid).payload
        kept = {name: checked[name] for name in ("commandment", "rating", "evidence")}
        act = self.build.comment(conversation_id, "", uid)
        return self._ours(act, DECISION, commandment, {**kept, "reason": reason, "example": bool(example)})

    def excuse(self, conversation_id: str, reviewer: str, reason: str) -> Act:
        """Say, for a reason, that a reviewer is not waited for."""
        if not _has_words(reason):
            raise InvalidActError("say why the reviewer is excused; the others see it beside the ratings")
        act = self.build.comment(conversation_id, "", None)
        return self._ours(act, EXCUSE, reviewer, {"reviewer": reviewer, "reason": reason})

    def undo(self, event: Event, uid: str | None) -> Act:
        """Undo an event."""
        payload: Json = {name: event.payload[name] for name in ("commandment", "round") if name in event.payload}
        where = event.conversation_id, "", self._setting.sample
        who = uid or uuid.uuid4().hex, self._actor, UNDO, ""
        return Act(*who, *where, {"kind": NAMES[event.kind], **payload}, event.event_id)

    def _ours(self, act: Act, kind: str, slot: str, payload: Json) -> Act:
        slot = f"{self._setting.sample}:{kind}:{slot}"
        return replace(act, kind=kind, slot=slot, payload=payload, rubric_hash="")


def _has_words(reason: str) -> bool:
    if len(checked_text(reason, "reason")) > MAX_REASON:
        raise InvalidActError(f"the reason has {len(reason)} characters; keep it under {MAX_REASON}")
    return bool(reason.strip())


def round_is_open(setting: Setting, actor: str, round_: int, besides: Collection[str] = ()) -> Check:
    """Return a check of what everybody did on a conversation: it refuses an act in a round that is closed to the actor.

    One's own submit closes it, if it is none of the acts `besides`; and an excuse.
    """

    def check(events: list[Event]) -> None:
        must_not_be_excused(Folded("", setting, tuple(events)), actor)
        for e in events:
            if (e.actor, e.kind, e.payload.get("round")) == (actor, SUBMIT, round_) and e.uid not in besides:
                stays = (
                    "it stays as it is; rate again once all have submitted" if round_ == FIRST else "undo that first"
                )
                raise InvalidActError(f"you have submitted your {('first', 'second')[round_ - 1]} rating: {stays}")

    return check


def same_decision(act: Act, base: str) -> SampleCheck:
    """Return a check that refuses a decision if another than `base` (the id of its act, "" for none) counts by now."""

    def check(events: list[Event]) -> None:
        known = [e.uid for e in events if (e.kind, e.slot) == (DECISION, act.slot)]
        if (known[-1] if known else "") != base:
            raise StaleError("Somebody else decided this meanwhile; look at that decision before you decide anew.", {})

    return SampleCheck(check)


def must_not_be_excused(folded: Folded, actor: str) -> None:
    """Refuse what somebody does who was excused: the others may see each other's ratings by now."""
    if actor in folded.excused:
        by, reason = folded.excused[actor].actor, folded.excused[actor].payload["reason"]
        raise InvalidActError(f"{by} excused you from this conversation, so you rate nothing here: {reason}")


def may_excuse(setting: Setting, reviewer: str) -> SampleCheck:
    """Return a check that refuses to excuse somebody for whom nobody waits any more, or without whom one is left."""

    def check(events: list[Event]) -> None:
        folded = Folded("", setting, tuple(events))
        if not folded.waits_for(reviewer):
            raise StaleError("This reviewer has submitted, or was excused, meanwhile.", {})
        # Without regard to who has submitted, so that the answer does not tell.
        left = [who for who in setting.reviewers if who != reviewer and who not in folded.asked_to_excuse]
        if len(left) < FEWEST:
            raise InvalidActError(
                f"without {reviewer} there would not be two to compare in a conversation; "
                "let the reviewer go on, or start another calibration"
            )

    return SampleCheck(check)


def must_be_revealed(folded: Folded) -> None:
    """Refuse what must wait until all have submitted. Nobody can take a first submit back, so this stays true."""
    if not folded.revealed:
        raise InvalidActError("not all have submitted their first rating of this conversation; wait for them")


def undoable(folded: Folded, actor: str) -> list[Event]:
    """Return what one may undo in a conversation, oldest first: no excuse, no first submit, nor what these locked."""
    locked = folded.submitted(actor, FIRST) or actor in folded.excused
    own = (e for e in folded.of(actor) if e.kind != EXCUSE)
    return [e for e in own if not (locked and e.payload.get("round") == FIRST)]


def still_undoable(setting: Setting, event: Event) -> SampleCheck | None:
    """Return a check that refuses to undo a rating on which a submit stands by now."""
    round_ = event.payload.get("round")
    if event.kind != RATING or round_ not in (FIRST, SECOND):
        return None
    return SampleCheck(round_is_open(setting, event.actor, round_))
