"""What refuses an act by what the log holds of its review at the moment when it is written.

The store calls these while nobody else can write, so that two tabs cannot get past them together.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.store import Act, Check, Event
from qa_toolkit.store.statuses import status


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


def must_not_be_below_submit(undone: Sequence[Event]) -> Check:
    """Return a check that refuses to undo ratings on which a later submit, in another sample, stands."""
    last, has_ratings = max(event.event_id for event in undone), any(event.kind == "rating" for event in undone)

    def check(events: list[Event]) -> None:
        above = [e.sample for e in events if e.kind == "submit" and e.event_id > last]
        if above and has_ratings:
            raise InvalidActError(f"this review was submitted in the sample {above[0]!r}; undo the submit there first")

    return check
