"""The table of agreement: each commandment, and overall, with a verdict in plain words."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.stats.agreement._intervals import Coefficient, missing
from qa_toolkit.stats.agreement.coefficients import gwet_ac, krippendorff_alpha, percent_agreement
from qa_toolkit.stats.frames import SCALE, checked_ratings

TOO_FEW: Final = 10  # conversations rated twice, and conversations with the rare value, below which nothing is said
RELIABLE, TENTATIVE = 0.8, 0.667
OVERALL: Final = "overall"


def count_ratings(frame: pd.DataFrame, categories: tuple[str, ...] = SCALE) -> pd.DataFrame:
    """Count the ratings of each unit, a conversation under a commandment.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``conversation_id``, ``commandment``, ``rating``; ratings outside `categories`, such as ``na``, are
        left out.

    Returns
    -------
    pandas.DataFrame, shape (units, len(categories))
        Indexed by commandment and conversation_id, with the categories in their order as columns.
    """
    rated = frame[frame["rating"].isin(categories)]
    counts = rated.groupby(["commandment", "conversation_id", "rating"], sort=True).size().unstack(fill_value=0)
    return counts.reindex(columns=list(categories), fill_value=0)


def agreement(ratings: pd.DataFrame, seed: int = 0, replicates: int = 1000) -> pd.DataFrame:
    """Say for each commandment, and overall, how far the reviewers agree.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``. The scale is ordinal: fail, partial, pass. ``na`` is missing
        and counted apart.
    seed, replicates : int
        Of the bootstrap of alpha.

    Returns
    -------
    pandas.DataFrame
        One row for each commandment and a last one, "overall": ``n`` (conversations that two reviewers or more
        rated on the scale; all other numbers but the next two are about these), ``n_both`` (that two or more
        rated at all), ``n_differ_on_na`` (of those, where some say that it does not apply and others do not),
        ``percent``, ``ac1``, ``ac1_low``, ``ac1_high``, ``alpha``, ``alpha_low``, ``alpha_high`` (missing below
        10 conversations with a value other than the usual one), ``share_pass`` and ``n_faults`` (ratings partial
        or fail), ``fault_agreement`` (given one says fault, how often another does), ``verdict``.

    Raises
    ------
    SchemaError
        If `ratings` do not have the shape that they must have.
    """
    rated = checked_ratings(ratings)
    names = list(dict.fromkeys(rated["commandment"]))
    counts, applies = count_ratings(rated), _applies(rated)
    rows = [_row(name, counts[_is(counts, name)], applies[_is(applies, name)], seed, replicates) for name in names]
    return pd.DataFrame([*rows, _row(OVERALL, counts, applies, seed, replicates)])


def _is(frame: pd.DataFrame, commandment: str) -> npt.NDArray[np.bool_]:
    return np.asarray(frame.index.get_level_values("commandment") == commandment)


def _applies(rated: pd.DataFrame) -> pd.DataFrame:
    marked = rated.assign(na=rated["rating"] == "na")
    return marked.groupby(["commandment", "conversation_id"])["na"].agg(["sum", "count"])


def _row(name: str, counts: pd.DataFrame, applies: pd.DataFrame, seed: int, replicates: int) -> dict[str, Any]:
    double = counts[counts.sum(axis=1) >= 2]
    conversations = double.index.get_level_values("conversation_id")
    units = double.to_numpy(dtype=float)
    both = applies[applies["count"] >= 2]
    differ = both[(both["sum"] > 0) & (both["sum"] < both["count"])]
    rare = conversations[(units.sum(1) - units[:, units.sum(0).argmax()]) > 0].nunique()
    ac1 = gwet_ac(units, clusters=conversations, replicates=0)
    few = missing("too few ratings differ from the usual one")
    alpha = krippendorff_alpha(units, "ordinal", conversations, replicates, seed) if rare >= TOO_FEW else few
    faults, others = units[:, :2].sum(1), units.sum(1) - 1
    chances = (faults * others).sum()
    return {
        "commandment": name,
        "n": conversations.nunique(),
        "n_both": both.index.get_level_values("conversation_id").nunique(),
        "n_differ_on_na": differ.index.get_level_values("conversation_id").nunique(),
        "percent": percent_agreement(units, replicates=0).value,
        "ac1": ac1.value, "ac1_low": ac1.low, "ac1_high": ac1.high,
        "alpha": alpha.value, "alpha_low": alpha.low, "alpha_high": alpha.high,
        "share_pass": units[:, 2].sum() / units.sum() if len(units) else np.nan,
        "n_faults": int(faults.sum()),
        "fault_agreement": (faults * (faults - 1)).sum() / chances if chances else np.nan,
        "verdict": verdict(conversations.nunique(), ac1, alpha),
    }  # fmt: skip


def verdict(n: int, ac1: Coefficient, alpha: Coefficient) -> str:
    """Put agreement into words, from the intervals and not from the values.

    Parameters
    ----------
    n : int
        Conversations rated twice.
    ac1, alpha : Coefficient
        `alpha` is missing where the rare value was too rare for it.
    """
    if n < TOO_FEW:
        return "too few to say"
    if ac1.high < TENTATIVE:
        return "reviewers differ: make the wording clearer"
    if ac1.low < TENTATIVE:
        return "cannot tell yet: the interval is too wide"
    degree = "agree well" if ac1.low >= RELIABLE else "agree fairly"
    if np.isnan(alpha.value):
        return f"reviewers {degree}, but too few differing ratings to say whether on faults too"
    if alpha.high < TENTATIVE:
        return f"reviewers {degree} on the usual rating, and differ on faults: make the wording clearer"
    sure = "" if alpha.low >= TENTATIVE else ", on faults not surely"
    return f"reviewers {degree}{sure}"
