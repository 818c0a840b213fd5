"""What the suggester of a project has learned, as events in the log: which settings hold, and how well they did.

Each belongs to no conversation. What holds is not up to who said it: of what is learned for one model, the last counts.
"""

from __future__ import annotations

from typing import Final

import pandas as pd
from sqlalchemy.engine import Engine

from qa_toolkit.store import current
from qa_toolkit.store.engine import reading

KIND: Final = "learned"
WHAT: Final = ("weights", "closeness", "model")
FIELDS: Final = ("what", "model", "value", "pairs", "held_out", "measure", "gain", "low", "high")
COLUMNS: Final = (*FIELDS, "actor", "at", "in_use")


def learned(engine: Engine) -> pd.DataFrame:
    """Return one row for each thing that was learned, and each that was taken back, oldest first.

    Returns
    -------
    pandas.DataFrame
        ``what`` (weights, closeness, model), ``model`` (the encoder that it is for or, of a model, its own id),
        ``value`` (dict; None: taken back), ``pairs``, ``held_out`` (how many there were, and of them on the held-out
        part), ``measure``, ``gain``, ``low``, ``high``, ``actor``, ``at`` (UTC), ``in_use``: whether it holds.
    """
    with reading(engine) as connection:
        events = current.decided(connection, KIND)
    rows = [(*(e.payload[name] for name in FIELDS), e.actor, e.at, False) for e in events]
    frame = pd.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    frame["at"] = pd.to_datetime(frame["at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    numbers = dict.fromkeys(("gain", "low", "high"), "float64")
    texts = dict.fromkeys(("what", "model", "measure", "actor"), "str")
    frame = frame.astype({"pairs": "int64", "held_out": "int64", **numbers, **texts})
    # A project has one model, and settings for each model that it ever had.
    place = frame["model"].where(frame["what"] != "model", "")
    newest = ~pd.DataFrame({"what": frame["what"], "for": place}).duplicated(keep="last")
    return frame.assign(in_use=newest & frame["value"].notna())
