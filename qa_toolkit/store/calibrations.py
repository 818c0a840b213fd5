"""The events of calibrations. They are of kinds of their own, so that no frame of reviews ever holds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.store import tables
from qa_toolkit.store.acts import Event, event_of
from qa_toolkit.store.engine import reading, there_by

SETTING: Final = "calibration"
RATING: Final = "calibration_rating"
SUBMIT: Final = "calibration_submit"
NOTE: Final = "calibration_note"
DECISION: Final = "calibration_decision"
EXCUSE: Final = "calibration_excuse"
CALIBRATION_KINDS: Final = (SETTING, RATING, SUBMIT, NOTE, DECISION, EXCUSE)


class CalibrationStore:
    """What the log holds of calibrations; of a store from `Store.as_of`, what it held then."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def settings(self) -> list[Event]:
        """Return how each calibration was set up, oldest first."""
        c = tables.events.c
        # Of no conversation, like few other kinds, so that an index makes it cheap.
        query = sa.select(tables.events).where(c.conversation_id == "", c.kind == SETTING, there_by(self._engine, c.at))
        query = query.order_by(c.event_id)
        with reading(self._engine) as connection:
            return [event_of(row) for row in connection.execute(query).mappings()]

    def events(self, sample: str, conversation_ids: Sequence[str], after: int = 0) -> list[Event]:
        """Return all events of one calibration that are numbered above `after`, undone ones and undos too."""
        c = tables.events.c
        query = (
            sa.select(tables.events)
            .where(c.conversation_id.in_(conversation_ids), c.sample == sample, c.event_id > after)
            .where(c.kind.in_((*CALIBRATION_KINDS, "undo")), there_by(self._engine, c.at))
            .order_by(c.event_id)
        )
        with reading(self._engine) as connection:
            return [event_of(row) for row in connection.execute(query).mappings()]
