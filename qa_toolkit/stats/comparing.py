"""Differences between two groups, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.stats.codes import Codes, add_up, observed
from qa_toolkit.stats.design import Array, Cells, Parts
from qa_toolkit.stats.estimates import TOO_FEW, grouped_ratings, grouped_scores
from qa_toolkit.stats.frames import check_level, require
from qa_toolkit.stats.grouping import Grouped
from qa_toolkit.stats.hajek import ALIKE, Precision, ratios

STEPS: Final = 40  # halvings of the interval in which p is looked for
LOGARITHMS: Final = (-15.0, -1e-9)  # between which log10 p is looked for


def rate_difference(
    ratings: pd.DataFrame,
    sample: pd.DataFrame,
    by: str,
    first: Any,
    second: Any,
    each: str | Sequence[str] = "commandment",
    rating: str = "pass",
    level: float = 0.95,
    cluster: str | None = None,
) -> pd.DataFrame:
    """Compare the share of `rating` in two groups: first minus second, also where they share conversations.

    Groups may be two plans, agents, channels, or periods, and also two commandments of the same conversations. The
    interval is that of Zou and Donner from the two Wilson intervals and the correlation that the design gives the two
    estimates; for groups that share nothing in a simple sample it is Newcombe's.

    Parameters
    ----------
    ratings, sample, rating, level, cluster
        As in `pass_rates`. To compare two samples, put them together with a column for `by` and strata of their own.
    by : str
        A column of `ratings` or `sample` that holds `first` and `second`.
    each : str or list of str
        A row for each value of these columns; an empty list compares once over everything.

    Returns
    -------
    pandas.DataFrame
        The columns of `each`, ``difference``, ``low``, ``high`` in [-1, 1], ``n_first``, ``n_second``, ``p`` (of the
        test that the interval makes), ``p_adjusted`` (by Holm, over all rows that are not too few), ``verdict`` (by
        the adjusted one: of many rows, one or so would differ by chance alone).

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.

    References
    ----------
    Zou, Donner (2008), Statistics in Medicine 27, 1693-1702. Newcombe (1998), Statistics in Medicine 17, 873-890.
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    columns = [each] if isinstance(each, str) else list(each)
    columns = [column for column in columns if column != by]
    found = grouped_ratings(ratings, sample, [*columns, by], rating, cluster)
    return compared(found, (first, second), level, is_mean=False)


def score_difference(
    scores: pd.DataFrame,
    sample: pd.DataFrame,
    by: str,
    first: Any,
    second: Any,
    each: str | Sequence[str] = (),
    score: str = "score",
    level: float = 0.95,
    cluster: str | None = None,
) -> pd.DataFrame:
    """Compare the mean of a score in [0, 1] in two groups: first minus second.

    Parameters are those of `mean_score` and `rate_difference`, the result is that of `rate_difference`.
    """
    columns = [each] if isinstance(each, str) else list(each)
    found = grouped_scores(scores, sample, [*columns, by], score, cluster)
    return compared(found, (first, second), level, is_mean=True)


@dataclass(frozen=True)
class _Pairs:
    """Two groups for each row of a comparison.

    Parameters
    ----------
    first, second : ndarray of int64, shape (rows,)
        The groups of each row.
    correlation : ndarray, shape (rows,)
        Of their two estimates.
    of : Precision
        Of all groups.
    """

    first: Codes
    second: Codes
    correlation: Array
    of: Precision

    def difference(self) -> Array:
        return self.of.value[self.first] - self.of.value[self.second]

    def limits(self, level: Any) -> tuple[Array, Array]:
        """Return the limits of each difference at one or each row's own `level`."""
        levels = np.full(len(self.of.n), 0.5)
        levels[self.first] = levels[self.second] = level
        low, high = self.of.limits(levels)
        value, a, b = self.of.value, self.first, self.second
        gap = self.difference()
        down = _distance(value[a] - low[a], high[b] - value[b], self.correlation)
        up = _distance(high[a] - value[a], value[b] - low[b], self.correlation)
        return gap - down, gap + up

    def p(self) -> Array:
        """Return 1 - the level at which each interval just reaches 0."""
        below, above = (np.full(len(self.first), end) for end in LOGARITHMS)
        for _ in range(STEPS):
            middle = (below + above) / 2
            low, high = self.limits(1 - 10**middle)
            holds = (low <= 0) & (high >= 0)
            below, above = np.where(holds, middle, below), np.where(holds, above, middle)
        return np.where(np.isnan(self.difference()), np.nan, 10**above)


def _distance(a: Array, b: Array, correlation: Array) -> Array:
    return np.sqrt(np.maximum(a**2 + b**2 - 2 * correlation * a * b, 0.0))


def compared(found: Grouped, sides: tuple[Any, Any], level: float, is_mean: bool) -> pd.DataFrame:
    """Compare two groups of each row; `sides` are values of the last column of `found`."""
    check_level(level)
    place = {key: group for group, key in enumerate(found.keys)}
    keys = [key[:-1] for key in found.keys if key[-1] == sides[0] and (*key[:-1], sides[1]) in place]
    first, second = (np.array([place[*key, side] for key in keys], dtype=np.int64) for side in sides)
    of = Precision.of(found.cells, found.design, finite=False, is_mean=is_mean)
    pairs = _Pairs(first, second, correlations(found, first, second), of)
    low, high = pairs.limits(level)
    effective = np.minimum(of.n, of.effective(level))
    few = np.minimum(effective[first], effective[second]) < TOO_FEW
    p = pairs.p()
    adjusted = holm(np.where(few, np.nan, p))
    gap = pairs.difference()
    verdict = [
        _verdict(*row, 1 - level, sides) for row in zip(gap.tolist(), few.tolist(), adjusted.tolist(), strict=True)
    ]
    rows = Grouped(found.cells, found.design, found.columns[:-1], keys)
    return rows.table(
        difference=gap, low=low, high=high, n_first=of.n[first], n_second=of.n[second],
        p=p, p_adjusted=adjusted, verdict=np.array(verdict, dtype=object),
    ).astype({"verdict": "str"})  # fmt: skip


def correlations(found: Grouped, first: Codes, second: Codes) -> Array:
    """Return the correlation of the estimates of two groups in each row."""
    cells, rows = found.cells, len(first)
    linear = ratios(cells, found.design)[2]
    row = np.full((2, cells.groups), -1)
    row[0, first] = row[1, second] = np.arange(rows)
    mine = [np.flatnonzero(row[side, cells.group] >= 0) for side in (0, 1)]
    at = np.concatenate(mine)
    side = np.repeat([0, 1], [len(part) for part in mine])
    both, units = row[side, cells.group[at]], cells.unit[at]
    cell, one = observed(both * len(found.design.weights) + units, rows * len(found.design.weights))
    value = np.column_stack([add_up(cell, linear[at] * (side == k), len(one)) for k in (0, 1)])
    bottom = add_up(cell, cells.bottom[at], len(one))
    joint = Cells(both[one], units[one], bottom, bottom, rows)
    covariance = Parts.of(joint, value, found.design, finite=False).covariances()
    product = covariance[:, 0, 0] * covariance[:, 1, 1]
    spread = np.minimum(covariance[:, 0, 0], covariance[:, 1, 1]) > ALIKE
    return np.clip(np.divide(covariance[:, 0, 1], np.sqrt(product), out=np.zeros(rows), where=spread), -1, 1)


def holm(p: Array) -> Array:
    """Return p values adjusted for their number, in their order; a missing one stays missing and does not count.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.
    """
    out = np.full(len(p), np.nan)
    order = np.argsort(p)[: int((~np.isnan(p)).sum())]
    steps = p[order] * np.arange(len(order), 0, -1)
    out[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return out


def _verdict(gap: float, few: bool, p: float, limit: float, sides: tuple[Any, Any]) -> str:
    if few:
        return "too few to compare"
    return f"{sides[0] if gap > 0 else sides[1]} higher" if p < limit else "no difference shown"


def difference(rates: pd.DataFrame, by: str, first: str, second: str) -> pd.DataFrame:
    """Compare two groups of `pass_rates`: first minus second, with Newcombe's interval from their weighted limits.

    Parameters
    ----------
    rates : pandas.DataFrame
        From `pass_rates` with ``finite=False``; its groups must not share conversations.
    by : str
        The column that holds `first` and `second`; other columns, such as ``commandment``, give a row each.

    Returns
    -------
    pandas.DataFrame
        The other columns, ``difference``, ``low``, ``high`` in [-1, 1], ``n_first``, ``n_second``, ``verdict``.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17, 873-890, method 10.
    """
    require("rates", rates, [by, "n", "rate", "low", "high"])
    keys = [c for c in rates.columns[: list(rates.columns).index("n")] if c != by]
    sides = [rates[rates[by] == name].set_index(keys) if keys else rates[rates[by] == name] for name in (first, second)]
    a, b = sides if keys else [side.reset_index(drop=True) for side in sides]
    common = a.index.intersection(b.index)
    a, b = a.loc[common], b.loc[common]
    gap = a["rate"] - b["rate"]
    out = pd.DataFrame({"difference": gap})
    out["low"] = gap - np.sqrt((a["rate"] - a["low"]) ** 2 + (b["high"] - b["rate"]) ** 2)
    out["high"] = gap + np.sqrt((a["high"] - a["rate"]) ** 2 + (b["rate"] - b["low"]) ** 2)
    out["n_first"], out["n_second"] = a["n"], b["n"]
    out["verdict"] = [
        _compared(low, high, few, first, second)
        for low, high, few in zip(out["low"], out["high"], a["too_few"] | b["too_few"], strict=True)
    ]
    return out.reset_index(drop=not keys)


def _compared(low: float, high: float, few: bool, first: str, second: str) -> str:
    if few:
        return "too few to compare"
    if low > 0 or high < 0:
        return f"{first if low > 0 else second} higher"
    return "no difference shown"
