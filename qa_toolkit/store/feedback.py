"""What coaches said of suggestions, as events in the log.

Like pins, each belongs to no conversation; fault and exemplar stand in the payload, by their ids.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
from sqlalchemy.engine import Engine

from qa_toolkit.store import current
from qa_toolkit.store.engine import reading

KIND: Final = "feedback"
USEFUL: Final = ("used", "not useful")
FIELDS: Final = ("useful", "exemplar_id", "fault_id", "conversation_id", "position", "commandment", "rank", "model")
COLUMNS: Final = ("coach", *FIELDS, "at")


def feedback(engine: Engine, coach: str = "") -> pd.DataFrame:
    """Return what is said of suggestions now, or was at a time, oldest first; by all coaches, or by one.

    Returns
    -------
    pandas.DataFrame
        ``coach``, ``useful`` (used, not useful), ``exemplar_id``, ``fault_id``, ``conversation_id`` and ``position`` of
        the fault (-1: it has no evidence), ``commandment``, ``rank`` (missing where it was no suggestion for the
        fault), ``model`` ("" where it is not known), ``at`` (UTC).
    """
    with reading(engine) as connection:
        found = current.of_kinds(connection, (KIND,), coach)
    rows = [(e.actor, *(e.payload[name] for name in FIELDS), e.at) for e in found if e.payload["useful"] is not None]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    frame["at"] = pd.to_datetime(frame["at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    numbers = {"position": "int64", "rank": "Int64"}
    return frame.astype({name: numbers.get(name, "str") for name in COLUMNS[:-1]})
