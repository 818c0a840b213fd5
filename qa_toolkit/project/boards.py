"""The board of a lead: who is where, from the assignments."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import pandas as pd

from qa_toolkit.report.board import COUNTS
from qa_toolkit.store.assigned_rules import HANDED_BACK, LIVE, POOL, TAKEN

POOL_NAME: Final = "(pool)"
COLUMNS: Final = ("sample", "reviewer", *COUNTS, "next_due", "last_act")


def board_of(assignments: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """Return a row for each sample and reviewer; see `Project.board`.

    Parameters
    ----------
    assignments : pandas.DataFrame
        As from `Project.assignments`.
    at : datetime.datetime
        Now.
    """
    rows = assignments.assign(reviewer=assignments["reviewer"].where(assignments["reviewer"] != POOL, POOL_NAME))
    state, places = rows["state"], rows["places"]
    for name in LIVE:
        rows[name] = places.where(state == name, 0)
    rows["overdue"] = places.where(rows["overdue"], 0)
    rows["late_leases"] = ((state == TAKEN) & (rows["lease_until"] < at)).astype("int64")
    rows["handed_back"] = (state == HANDED_BACK).astype("int64")
    rows["next_due"] = rows["due_at"].where(state.isin(("open", "taken")))
    rows["last_act"] = rows["acted_at"]
    last = dict.fromkeys(COUNTS, "sum") | {"next_due": "min", "last_act": "max"}
    board = rows.groupby(["sample", "reviewer"], as_index=False, sort=True).agg(last)
    return board[list(COLUMNS)]
