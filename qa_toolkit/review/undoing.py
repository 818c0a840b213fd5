"""Undo: one more entry in the log, which says what counts no longer."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from qa_toolkit.errors import InvalidActError, StaleError
from qa_toolkit.review.acts import ActBuilder
from qa_toolkit.review.checks import must_not_be_below_submit
from qa_toolkit.store import Event, Store
from qa_toolkit.store.statuses import REVIEW_KINDS

ATTEMPTS: Final = 10


def newest_event(store: Store, build: ActBuilder) -> int:
    """Return the number of the newest act that an undo would take back, 0 for none."""
    last = store.last_act(build.reviewer, build.sample, REVIEW_KINDS, build.rubric_hash)
    return last.event_id if last else 0


def undo_newest(store: Store, build: ActBuilder, uid: str, after: int | None = None) -> Event:
    """Undo the newest act that was not undone, and what was done together with it; return the first undo.

    Reviews by another rubric, such as an earlier version, are not touched: the screen does not show them.

    Parameters
    ----------
    store : Store
    build : ActBuilder
    uid : str
        Id of the undo.
    after : int, optional
        The newest event that the screen knew: what is newer than that is not undone.

    Raises
    ------
    InvalidActError
        If there is nothing left to undo, or a submit in another sample stands on it.
    StaleError
        If the newest act is newer than `after`; its state holds the id of the conversation, and nothing more.
    """
    for _ in range(ATTEMPTS):
        last = store.last_act(build.reviewer, build.sample, REVIEW_KINDS, build.rubric_hash)
        if last is None:
            raise InvalidActError("there is nothing to undo")
        if after is not None and last.event_id > after:
            where = f"conversation {last.conversation_id!r}"
            known = {"conversation_id": last.conversation_id}
            raise StaleError(f"Nothing was undone: something newer was done elsewhere in {where}.", known)
        # The submit comes before the N/A that were written with it: the first undo says what was undone.
        events = sorted(store.group(last.uid.partition(":")[0]), key=lambda event: event.kind != "submit")
        uids = [uid, *(f"{uid}:{i}" for i in range(1, len(events)))]
        acts = [build.undo(e, part, len(events)) for e, part in zip(events, uids, strict=True)]
        with suppress(StaleError):  # another tab was faster: undo the one before
            return store.append_many(acts, must_not_be_below_submit(events))[0]
    raise InvalidActError("another tab undoes at the same time; try again")
