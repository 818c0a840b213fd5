"""What was decided about exemplars, as events in the log.

Each belongs to no conversation, like few other kinds, so that an index makes it cheap to find them; the exemplar stands
in the payload. What holds is not up to who said it: whoever decides last about an exemplar decides.
"""

from __future__ import annotations

from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.store import current, tables
from qa_toolkit.store.acts import Event
from qa_toolkit.store.engine import reading

KIND: Final = "exemplar"
COLUMNS: Final = ("exemplar_id", "what", "value", "reason", "actor", "at")


def decisions(connection: Connection) -> list[Event]:
    """Return what was decided and not undone, by anybody, oldest first; now, or as of a time."""
    return current.decided(connection, KIND)


def curation(engine: Engine) -> pd.DataFrame:
    """Return one row for each decision about an exemplar, oldest first.

    Returns
    -------
    pandas.DataFrame
        ``exemplar_id``, ``what`` (retire, restore, merge, note, expiry or owner), ``value`` (object: a text, a day, a
        list of ids or None), ``reason``, ``actor``, ``at`` (UTC).
    """
    with reading(engine) as connection:
        found = decisions(connection)
    rows = [(*(e.payload[name] for name in COLUMNS[:4]), e.actor, e.at) for e in found]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)  # else None among texts becomes NaN
    frame["at"] = pd.to_datetime(frame["at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    return frame.astype(dict.fromkeys(("exemplar_id", "what", "reason", "actor"), "str"))


def last(engine: Engine) -> int:
    """Return the number of the newest decision about an exemplar, 0 if there is none."""
    e = tables.events.c
    query = sa.select(sa.func.max(e.event_id)).where(e.conversation_id == "", e.kind == KIND)
    with reading(engine) as connection:
        return connection.execute(query).scalar() or 0


def has_words(payload: dict[str, Any]) -> bool:
    """Whether a person typed something into a decision."""
    return bool(payload["reason"].strip() or (payload["what"] == "note" and payload["value"].strip()))
