"""How often suggestions were of use: what coaches said of them, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import InvalidActError
from qa_toolkit.stats.intervals import wilson_limits

KEY: Final = ["coach", "fault_id", "exemplar_id"]
SHARE: Final = ["used", "n", "share", "low", "high"]
LIMITS: Final = (
    "Only what was shown, and of that only what a coach judged or pinned, is counted: this tells nothing of good "
    "answers that were never suggested, nor of suggestions that nobody said anything of. High ranks are read more, so "
    "ranks do not compare fairly. The intervals take judgements as independent: many by one coach say less."
)


@dataclass(frozen=True)
class Usefulness:
    """The share of judged suggestions that were used.

    Parameters
    ----------
    overall, by_rank, by_model : pandas.DataFrame
        ``used``, ``n`` (judged), ``share``, ``low``, ``high`` (Wilson's interval); before them ``rank`` (missing:
        found by a search, or pinned only) or ``model`` ("": not known).
    pinned : int
        How many of those used were pinned, and nothing else was said of them.
    level : float
        Of the intervals.
    """

    overall: pd.DataFrame
    by_rank: pd.DataFrame
    by_model: pd.DataFrame
    pinned: int
    level: float
    limits: str = LIMITS

    def __str__(self) -> str:
        row = self.overall.iloc[0]
        if not row["n"]:
            return "No suggestion was judged or pinned yet."
        span = f"{row['share']:.0%} ({row['low']:.0%} to {row['high']:.0%}, {self.level:.0%} interval)"
        counts = f"{row['used']:.0f} of {row['n']:.0f}"
        head = f"{counts} judged suggestions were used: {span}; {self.pinned} of them by their pin."
        tables = (one.to_string(index=False, float_format="{:.2f}".format) for one in (self.by_rank, self.by_model))
        return "\n\n".join([head, *tables, self.limits])


def suggestions_used(feedback: pd.DataFrame, pins: pd.DataFrame, level: float = 0.95) -> Usefulness:
    """Return how often suggestions were used; one that is pinned counts as used unless its coach said otherwise.

    Parameters
    ----------
    feedback, pins : pandas.DataFrame
        As from the store.
    level : float
        Of the intervals, above 0 and below 1.

    Raises
    ------
    InvalidActError
        If `level` is out of its range.
    """
    if not 0 < level < 1:
        raise InvalidActError(f"level is {level}: give one above 0 and below 1, such as 0.95")
    judged = judgements(feedback, pins)
    by_rank = _shares(judged.groupby("rank", dropna=False, sort=True), level)
    by_model = _shares(judged.groupby("model", sort=True), level)
    overall = _shares(judged.assign(all="all").groupby("all"), level).drop(columns="all")
    if overall.empty:
        overall = pd.DataFrame([[0, 0, np.nan, np.nan, np.nan]], columns=SHARE)
    return Usefulness(overall, by_rank, by_model, int(judged["pinned"].sum()), level)


def judgements(feedback: pd.DataFrame, pins: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each suggestion that a coach judged, or pinned and did not judge.

    Returns
    -------
    pandas.DataFrame
        ``coach``, ``fault_id``, ``exemplar_id``, ``commandment``, ``rank``, ``model``, ``at``, ``used`` (bool),
        ``pinned`` (True: by the pin alone).
    """
    said = feedback.assign(used=feedback["useful"] == "used", pinned=False)
    known = pd.MultiIndex.from_frame(said[KEY])
    only = pins[~pd.MultiIndex.from_frame(pins[KEY]).isin(known)].rename(columns={"pinned_at": "at"})
    only = only.assign(used=True, pinned=True, model="", rank=pd.array([pd.NA] * len(only), dtype="Int64"))
    names = [*KEY, "commandment", "rank", "model", "at", "used", "pinned"]
    return pd.concat([said[names], only[names].astype(said[names].dtypes)], ignore_index=True)


def _shares(groups: Any, level: float) -> pd.DataFrame:
    out: pd.DataFrame = groups["used"].agg(used="sum", n="size").reset_index()
    out["share"] = out["used"] / out["n"]
    out["low"], out["high"] = wilson_limits(out["share"].to_numpy(float), out["n"].to_numpy(float), level)
    return out
