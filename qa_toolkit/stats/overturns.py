"""How often a second reviewer decides otherwise, of the ratings that agents dispute."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.stats.estimates import TOO_FEW
from qa_toolkit.stats.intervals import limits

COLUMNS: Final = (
    *("commandment", "n_disputed", "n_open", "decided", "overturned", "n_effective", "overturn_rate", "low", "high"),
    "too_few",
)
OVERALL: Final = "overall"


def overturn_rates(disputes: pd.DataFrame, commandments: Sequence[str] = (), level: float = 0.95) -> pd.DataFrame:
    """Estimate the share of decided disputes in which the rating was overturned, by commandment and over all.

    No sampling plan draws disputes, so they bear no weights: this says of ratings that agents dispute how often they
    fall, and nothing of ratings that nobody disputes. Intervals are Wilson's. Disputes of one conversation go together,
    so n is made smaller by how much more the counts vary between conversations than they would one by one.

    Parameters
    ----------
    disputes : pandas.DataFrame
        ``conversation_id``, ``commandment``, ``state`` (open, upheld, overturned, withdrawn), as from
        `Project.disputes`.
    commandments : sequence of str
        Their order; what is disputed and not among them comes last.
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        A row for each commandment that was disputed and a last one, "overall": ``n_disputed`` (without those that were
        withdrawn), ``n_open``, ``decided``, ``overturned``, ``n_effective``, ``overturn_rate`` with ``low`` and
        ``high`` in [0, 1] (missing where nothing is decided), ``too_few`` (worth fewer than 20).
    """
    kept = disputes[disputes["state"] != "withdrawn"]
    there = set(kept["commandment"])
    order = [name for name in dict.fromkeys((*commandments, *sorted(there))) if name in there]
    parts = [*((name, kept[kept["commandment"] == name]) for name in order), (OVERALL, kept)]
    table = pd.DataFrame([_row(name, part, level) for name, part in parts], columns=list(COLUMNS))
    counts = dict.fromkeys(("n_disputed", "n_open", "decided", "overturned"), "int64")
    return table.astype({"commandment": "str", **counts, "too_few": "bool"})


def _row(name: str, disputes: pd.DataFrame, level: float) -> tuple[Any, ...]:
    decided = disputes[disputes["state"] != "open"]
    fell = np.asarray(decided["state"] == "overturned", dtype=np.float64)
    worth = _worth(fell, decided["conversation_id"])
    rate = float(fell.mean()) if len(fell) else float("nan")
    low, high = limits(np.float64(rate), np.float64(worth), level, "wilson")
    counts = len(disputes), len(disputes) - len(decided), len(decided), int(fell.sum())
    return (name, *counts, worth, rate, float(low), float(high), worth < TOO_FEW)


def _worth(fell: npt.NDArray[np.float64], conversations: pd.Series[str]) -> float:
    """Return how many independent disputes tell as much: n, over the design effect of conversations as clusters."""
    n = len(fell)
    if n == 0:
        return 0.0
    codes, ids = pd.factorize(conversations)
    rate = fell.mean()
    between = np.square(np.bincount(codes, fell - rate)).sum()
    return float(min(n, n * n * rate * (1 - rate) / between)) if between > 0 else float(len(ids))
