"""How much closer reviewers are in a second round of the same ratings, with a paired bootstrap over conversations."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy import special

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats.agreement import _formulas as formulas
from qa_toolkit.stats.agreement._intervals import UNDEFINED
from qa_toolkit.stats.agreement._sums import Array, Sums
from qa_toolkit.stats.agreement._words import TOO_FEW
from qa_toolkit.stats.agreement.table import OVERALL, count_ratings
from qa_toolkit.stats.frames import SCALE, checked_ratings

Q: Final = len(SCALE)
PAIRS, SHARES = slice(0, Q * Q), slice(Q * Q, Q * Q + Q)  # the columns of one round
HALF: Final = Q * Q + Q
SAME: Final = formulas.weight_matrix(Q, "identity")
FORMULAS: Final = {"percent": formulas.percent(SAME, PAIRS), "ac1": formulas.gwet(SAME, PAIRS, SHARES)}
NOT_INDEPENDENT: Final = (
    "The second ratings were given after the first were compared and discussed, so they are not independent: they show "
    "that the reviewers came together on these conversations, not that they will agree on the next ones. Compare the "
    "first ratings of the next calibration for that."
)


def agreement_gain(
    before: pd.DataFrame, after: pd.DataFrame, replicates: int = 1000, seed: int = 0, level: float = 0.95
) -> pd.DataFrame:
    """Say for each commandment, and overall, how much more the reviewers agree in a second round.

    Parameters
    ----------
    before, after : pandas.DataFrame
        ``reviewer``, ``conversation_id``, ``commandment``, ``rating`` of both rounds, for the same reviewers,
        conversations and commandments. ``na`` is missing and counted apart.
    replicates : int
        Bootstrap samples. Both rounds of a conversation are drawn together.
    seed : int
        Of the bootstrap.
    level : float
        Confidence.

    Returns
    -------
    pandas.DataFrame
        One row for each commandment and a last one, "overall": ``n`` (conversations that two reviewers or more rated
        on the scale in a round), ``percent_before``, ``percent_after``, ``percent_gain``, ``percent_low``,
        ``percent_high`` (the interval of the gain), the same for ``ac1``, ``differ_on_na_before``,
        ``differ_on_na_after`` (conversations where some say that it does not apply and others do not), ``words``.

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have, or the rounds are not of the same ratings.

    Notes
    -----
    The interval is the percentile bootstrap's, or that of Student's t with the standard error of the bootstrap and one
    degree of freedom less than there are conversations, whichever reaches further: with few conversations, percentiles
    alone are too narrow. It is missing where all conversations changed alike.
    """
    key = ["reviewer", "conversation_id", "commandment"]
    rounds = [checked_ratings(frame)[[*key, "rating"]] for frame in (before, after)]
    pairs = rounds[0].merge(rounds[1], on=key, how="outer", indicator="where", suffixes=("_before", "_after"))
    if (pairs["where"] != "both").any():
        lone = pairs[pairs["where"] != "both"]
        who, conversation_id, commandment = lone.iloc[0][key]
        raise SchemaError(
            f"{who} rated {commandment!r} of {conversation_id!r} in one round only; give both rounds whole",
            pd.DataFrame({"row": lone.index, "column": "commandment", "reason": "is rated in one round only"}),
        )
    names = list(dict.fromkeys(rounds[0]["commandment"]))
    both = [pairs.rename(columns={f"rating_{name}": "rating"}) for name in ("before", "after")]
    parts = [(name, [frame[frame["commandment"] == name] for frame in both]) for name in names]
    return pd.DataFrame([_row(name, some, replicates, seed, level) for name, some in [*parts, (OVERALL, both)]])


def _row(name: str, rounds: list[pd.DataFrame], replicates: int, seed: int, level: float) -> dict[str, Any]:
    sums, n = _sums(rounds)
    again = sums.again(replicates, seed) if replicates and sums.clusters else None
    gains: dict[str, float] = {}
    for coefficient in FORMULAS:
        gains |= _gain(sums, again, coefficient, level)
    differ = dict(zip(("differ_on_na_before", "differ_on_na_after"), map(_differ_on_na, rounds), strict=True))
    return {"commandment": name, "n": n, **gains, **differ, "words": _words(n, gains)}


def _sums(rounds: list[pd.DataFrame]) -> tuple[Sums, int]:
    """Return what each conversation adds to the sums of both rounds, and how many have a pair of ratings in one."""
    counts = [count_ratings(frame) for frame in rounds]
    units = counts[0].index.union(counts[1].index)
    whole = [frame.reindex(units, fill_value=0).to_numpy(dtype=np.int64) for frame in counts]
    ids, conversations = pd.factorize(units.get_level_values("conversation_id"))
    adds = np.hstack([part for n in whole for part in (formulas.pair_shares(n), formulas.value_shares(n))])
    each = np.zeros((len(conversations), 2 * HALF))
    np.add.at(each, ids, adds)
    paired = np.zeros(len(conversations), dtype=bool)
    np.logical_or.at(paired, ids, (whole[0].sum(1) >= 2) | (whole[1].sum(1) >= 2))
    return Sums(each[paired], np.ones(int(paired.sum()), dtype=np.int64)), int(paired.sum())


def _gain(sums: Sums, again: Array | None, name: str, level: float) -> dict[str, float]:
    value = FORMULAS[name].value
    total = sums.total()
    before, after = float(value(total[:HALF])), float(value(total[HALF:]))
    low, high = np.nan, np.nan
    if again is not None:
        drawn = value(again[:, HALF:]) - value(again[:, :HALF])
        low, high = _interval(after - before, drawn, sums.clusters, level)
    values = (before, after, after - before, low, high)
    return {f"{name}_{what}": v for what, v in zip(("before", "after", "gain", "low", "high"), values, strict=True)}


def _interval(gain: float, drawn: Array, clusters: int, level: float) -> tuple[float, float]:
    if clusters < 2 or np.isnan(gain) or np.isnan(drawn).mean() > UNDEFINED:
        return np.nan, np.nan
    se = float(np.nanstd(drawn)) * (clusters / (clusters - 1)) ** 0.5
    if se < 1e-12:
        return np.nan, np.nan
    half = float(special.stdtrit(clusters - 1, (1 + level) / 2)) * se
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return max(-2.0, min(float(low), gain - half)), min(2.0, max(float(high), gain + half))


def _differ_on_na(frame: pd.DataFrame) -> int:
    marked = frame.assign(na=frame["rating"] == "na")
    sums = marked.groupby(["commandment", "conversation_id"], observed=True)["na"].agg(["sum", "count"])
    differ = sums[(sums["sum"] > 0) & (sums["sum"] < sums["count"])]
    return int(differ.index.get_level_values("conversation_id").nunique())


def _words(n: int, gain: dict[str, float]) -> str:
    if n == 0:
        return "nothing was rated twice"
    if gain["percent_before"] == gain["percent_after"] == 1:
        return "agreed from the start"
    if n < TOO_FEW:
        return "too few to say"
    if gain["percent_low"] > 0:
        return "closer in the second round"
    if gain["percent_high"] < 0:
        return "further apart in the second round"
    return "cannot tell: the interval holds no change"
