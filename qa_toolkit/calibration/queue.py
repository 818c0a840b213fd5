"""What to calibrate on next: conversations in which a second reviewer decided otherwise than the first one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pandas as pd

from qa_toolkit.project import Project
from qa_toolkit.store.disputes import OVERTURNED

COLUMNS: Final = ("conversation_id", "overturned", "commandments", "decided_at", "calibrated")


def calibration_queue(project: Project, sample: str | None = None) -> pd.DataFrame:
    """Return the conversations with overturned ratings, those first that are to be talked about first.

    First those that were in no calibration yet, then those in which most was overturned, then the newest decisions.

    Parameters
    ----------
    project : Project
    sample : str, optional
        Only conversations of this sample.

    Returns
    -------
    pandas.DataFrame
        ``conversation_id``, ``overturned`` (how many ratings), ``commandments`` (list), ``decided_at`` (the last, UTC),
        ``calibrated`` (whether a calibration was set up with it since it was disputed).
    """
    found = project.disputes(OVERTURNED)
    ids: Collection[str] = set(found["conversation_id"]) - set(project.store.forgotten())
    if sample is not None:
        items = project.store.sample(sample)
        ids = set(ids) & set(items.loc[items["status"].isin(["drawn", "substitute"]), "conversation_id"])
    found = found[found["conversation_id"].isin(ids)]
    settings = [(e.at, set(e.payload["conversations"])) for e in project.store.calibrations.settings()]
    rows = []
    for one, some in found.groupby("conversation_id", sort=True):
        names, first = list(dict.fromkeys(some["commandment"])), some["at"].min()
        calibrated = any(one in there and at >= first for at, there in settings)
        rows.append((one, len(some), names, some["decided_at"].max(), calibrated))
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame["decided_at"] = pd.to_datetime(frame["decided_at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    frame = frame.astype({"conversation_id": "str", "overturned": "int64", "calibrated": "bool"})
    order = ["calibrated", "overturned", "decided_at"]
    return frame.sort_values(order, ascending=[True, False, False], kind="stable", ignore_index=True)
