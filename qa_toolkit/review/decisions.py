"""Decisions of disputes as acts, and what refuses them when they are written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.store import Act, Event
from qa_toolkit.store.disputes import DECISION, DISPUTE, Case, sound

GONE: Final = "this was decided by somebody else or withdrawn meanwhile; go on with the next (n)"


def decision(act: Act, case: Case, number: int, *, final: bool) -> Act:
    """Make a decision of a rating: the `number`-th of one act, begun or final."""
    payload = {**act.payload, "dispute": case.dispute.event_id, "final": final}
    uid = f"{act.uid}:{number}" if number else act.uid
    slot = f"{DECISION}:{case.dispute.event_id}"
    where = case.dispute.conversation_id, case.dispute.rubric_hash, case.dispute.sample
    return Act(uid, act.actor, DECISION, slot, *where, payload)


def still_open(acts: Sequence[Act], base: int | None, blind: bool = False) -> Callable[[list[Event]], None]:
    """Return a check that refuses what was decided or withdrawn meanwhile, or changed since `base`.

    Of disputes in several samples it sees those of one at a time; then `base` cannot be compared. Where the database
    itself hides disputes (`blind`), it also refuses what is not open.
    """
    own, me, slots = {act.uid for act in acts}, acts[0].actor, {act.slot for act in acts}
    base = base if len({act.sample for act in acts}) == 1 else None

    def check(events: list[Event]) -> None:
        before = [e for e in events if e.uid not in own and (e.kind not in (DECISION, DISPUTE) or sound(e))]
        samples = {e.sample for e in before}
        asked = {act.payload["dispute"] for act in acts if act.sample in samples}
        there = {e.event_id for e in before if e.kind == DISPUTE and not e.payload.get("withdrawn")}
        final = {e.payload["dispute"] for e in before if e.kind == DECISION and e.payload["final"]}
        if not blind and (not asked or asked - there or asked & final):
            raise InvalidActError(GONE)
        newest = max((e.event_id for e in before if e.actor == me and e.slot in slots), default=0)
        if base is not None and newest != base:
            raise StaleError("This was changed elsewhere since this screen showed it.", {})

    return check
