"""What people do, before and after it is in the log."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

RATING = "rating"
SUBMIT = "submit"
UNDO = "undo"
TIME = "time"  # counts by itself: it is part of no review, and no undo takes it back


@dataclass(frozen=True)
class Act:
    """What somebody did, before it is in the log.

    Parameters
    ----------
    uid : str
        Made where the act was made; the same uid is written once, however often it is sent.
    actor : str
        Reviewer or coach.
    kind : str
        ``rating``, ``comment``, ``good_answer``, ``submit``, ``skip``, ``fact``, ``time``, ``pin``,
        ``feedback``, ``agreed``, ``learned``, ``undo``, ``exemplar``, ``forget``, ``replace``, ``release``,
        ``dispute``, ``dispute_decision``, or one of `qa_toolkit.store.calibrations.CALIBRATION_KINDS`.
    slot : str
        What a later act of the same actor on the same conversation and rubric replaces.
    conversation_id, rubric_hash, sample : str
        Where it belongs; empty where it belongs to none.
    payload : dict
        JSON-able content.
    target : int or None
        For ``undo``: the event that is undone.
    """

    uid: str
    actor: str
    kind: str
    slot: str
    conversation_id: str = ""
    rubric_hash: str = ""
    sample: str = ""
    payload: dict[str, Any] = field(default_factory=dict)
    target: int | None = None


@dataclass(frozen=True)
class Event(Act):
    """An act in the log: numbered, timed (UTC) and chained by hash."""

    event_id: int = 0
    seq: int = 0
    at: datetime = datetime.min
    prev_hash: str = ""
    hash: str = ""


Check = Callable[[list[Event]], None]


@dataclass(frozen=True)
class SampleCheck:
    """A check that gets what is current of everybody on the act's conversation in its sample, not of its actor alone.

    Parameters
    ----------
    check : callable
    """

    check: Check


def event_of(row: Any) -> Event:
    """Make an event of a row of the log."""
    return Event(**{**row, "payload": json.loads(row["payload"])})


def payload_of(text: str) -> Any:
    """Read what a row of the log holds with msgspec, in a quarter of the time; it refuses half characters and NaN."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return json.loads(text)
