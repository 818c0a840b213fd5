"""How much closer reviewers are in a second round of the same ratings, with a paired bootstrap over conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats.agreement import _formulas as formulas
from qa_toolkit.stats.agreement._intervals import UNDEFINED
from qa_toolkit.stats.agreement._sums import Array, Sums, Whole
from qa_toolkit.stats.agreement._words import TOO_FEW
from qa_toolkit.stats.agreement.table import OVERALL
from qa_toolkit.stats.frames import SCALE, checked_ratings

Q: Final = len(SCALE)
PAIRS, SHARES = slice(0, Q * Q), slice(Q * Q, Q * Q + Q)  # the columns of one round
HALF: Final = Q * Q + Q
SAME: Final = formulas.weight_matrix(Q, "identity")
FORMULAS: Final = {"percent": formulas.percent(SAME, PAIRS), "ac1": formulas.gwet(SAME, PAIRS, SHARES)}
MOST: Final = {"percent": 1.0, "ac1": 2.0}  # no gain is larger
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
    units = _coded(pairs, list(dict.fromkeys(rounds[0]["commandment"])))
    parts = [(name, units.of(units.commandment == i)) for i, name in enumerate(units.commandments)]
    rows = [_row(name, some, replicates, seed, level) for name, some in [*parts, (OVERALL, units)]]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class _Units:
    """Commandments of conversations, with how often each rating was given in both rounds, shape (units, 4)."""

    commandments: tuple[str, ...]
    commandment: Whole
    conversation: Whole
    before: Whole
    after: Whole

    def of(self, mask: npt.NDArray[np.bool_]) -> _Units:
        arrays = (self.commandment, self.conversation, self.before, self.after)
        return _Units(self.commandments, *(array[mask] for array in arrays))


def _coded(pairs: pd.DataFrame, names: list[Any]) -> _Units:
    commandment = pd.Index(names).get_indexer(pd.Index(pairs["commandment"]))
    conversation = pd.factorize(pairs["conversation_id"])[0]
    unit, keys = pd.factorize(commandment * (int(conversation.max(initial=0)) + 1) + conversation)
    first = np.unique(unit, return_index=True)[1]
    rated = [pd.Index([*SCALE, "na"]).get_indexer(pd.Index(pairs[f"rating_{name}"])) for name in ("before", "after")]
    counts = [np.bincount(unit * 4 + found, minlength=4 * len(keys)).reshape(-1, 4) for found in rated]
    return _Units(tuple(map(str, names)), commandment[first], conversation[first], counts[0], counts[1])


def _row(name: str, units: _Units, replicates: int, seed: int, level: float) -> dict[str, Any]:
    sums = _sums(units)
    n = sums.clusters
    again = _again(sums, replicates, seed) if replicates and n else None
    gains: dict[str, float] = {}
    for coefficient in FORMULAS:
        gains |= _gain(sums, again, coefficient, level)
    differ = {f"differ_on_na_{name}": _differ_on_na(units, counts) for name, counts in _rounds(units)}
    return {"commandment": name, "n": n, **gains, **differ, "words": _words(n, gains)}


def _rounds(units: _Units) -> tuple[tuple[str, Whole], tuple[str, Whole]]:
    return ("before", units.before), ("after", units.after)


def _sums(units: _Units) -> Sums:
    """Return what each conversation with a pair of ratings in a round adds to the sums of both rounds."""
    whole = [counts[:, :Q] for _, counts in _rounds(units)]
    adds = np.hstack([part for n in whole for part in (formulas.pair_shares(n), formulas.value_shares(n))])
    found, at = np.unique(units.conversation, return_inverse=True)
    each = np.zeros((len(found), 2 * HALF))
    np.add.at(each, at, adds)
    paired = np.bincount(at, np.maximum(*(n.sum(1) for n in whole)) >= 2, minlength=len(found)) > 0
    return Sums(each[paired], np.ones(int(paired.sum()), dtype=np.int64))


def _again(sums: Sums, replicates: int, seed: int) -> Array:
    """Return the sums of conversations drawn again: all in one step, since a calibration has a few dozen of them."""
    k = sums.clusters
    drawn = np.random.default_rng(seed).multinomial(k, np.full(k, 1 / k), replicates)
    return np.asarray(drawn @ sums.each, dtype=float)


def _gain(sums: Sums, again: Array | None, name: str, level: float) -> dict[str, float]:
    value = FORMULAS[name].value
    total = sums.total()
    before, after = float(value(total[:HALF])), float(value(total[HALF:]))
    low, high = np.nan, np.nan
    if again is not None:
        drawn = value(again[:, HALF:]) - value(again[:, :HALF])
        low, high = _interval(after - before, drawn, sums.clusters, level, MOST[name])
    values = (before, after, after - before, low, high)
    return {f"{name}_{what}": v for what, v in zip(("before", "after", "gain", "low", "high"), values, strict=True)}


def _interval(gain: float, drawn: Array, clusters: int, level: float, most: float) -> tuple[float, float]:
    if clusters < 2 or np.isnan(gain) or np.isnan(drawn).mean() > UNDEFINED:
        return np.nan, np.nan
    se = float(np.nanstd(drawn)) * (clusters / (clusters - 1)) ** 0.5
    if se < 1e-12:
        return np.nan, np.nan
    half = float(special.stdtrit(clusters - 1, (1 + level) / 2)) * se
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return max(-most, min(float(low), gain - half)), min(most, max(float(high), gain + half))


def _differ_on_na(units: _Units, counts: Whole) -> int:
    na, scale = counts[:, Q], counts[:, :Q].sum(1)
    return len(np.unique(units.conversation[(na > 0) & (scale > 0)]))


def _words(n: int, gain: dict[str, float]) -> str:
    if n == 0:
        return "nothing was rated twice"
    if gain["percent_before"] == gain["percent_after"] == 1:
        return "agreed from the start"
    if n < TOO_FEW:
        return "too few to say"
    if np.isnan(gain["percent_low"]):
        return "cannot tell: all conversations changed alike" if gain["percent_gain"] else "nothing changed"
    if gain["percent_low"] > 0:
        return "closer in the second round"
    if gain["percent_high"] < 0:
        return "further apart in the second round"
    return "cannot tell: the interval holds no change"
