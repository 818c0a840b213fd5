"""What refuses an act by what the log holds of its review at the moment when it is written.

The store calls these while nobody else can write, so that two tabs cannot get past them together.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa_toolkit.errors import IncompleteError, InvalidActError, StaleError
from qa_toolkit.review.shapes import state_shape
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, Check, Event
from qa_toolkit.store.frames import status


def must_be_complete(rubric: Rubric) -> Check:
    """Return a check that refuses a submit while commandments are unrated."""

    def check(events: list[Event]) -> None:
        missing = state_shape("", events, rubric.ids)["missing"]
        if missing:
            names = ", ".join(rubric[name].title for name in missing)
            raise IncompleteError(f"{len(missing)} not rated yet: {names}. Rate them, or set the rest to N/A.")

    return check


def must_still_be_missing(acts: Sequence[Act]) -> Check:
    """Return a check that refuses to rate the rest when another tab has rated some of it by now."""
    wanted, own = {act.slot for act in acts}, {act.uid for act in acts}

    def check(events: list[Event]) -> None:
        if any(e.slot in wanted and e.uid not in own and e.payload["rating"] is not None for e in events):
            raise StaleError("Some of the rest was rated elsewhere since this screen showed it.", {})

    return check


def must_not_be_submitted(events: Sequence[Event]) -> None:
    """Refuse to take a rating back from a submitted review."""
    if status(events)[0] == "submitted":
        raise InvalidActError("this review is submitted; give another rating, or undo the submit first")


def must_not_be_below_submit(last: Event) -> Check:
    """Return a check that refuses to undo a rating on which a later submit, in another sample, stands."""

    def check(events: list[Event]) -> None:
        above = [e.sample for e in events if e.kind == "submit" and e.event_id > last.event_id]
        if above and last.kind == "rating":
            raise InvalidActError(f"this review was submitted in the sample {above[0]!r}; undo the submit there first")

    return check
