"""Quantiles of scores, such as the median, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from qa_toolkit.stats.codes import Codes
from qa_toolkit.stats.design import Array, Cells, Design
from qa_toolkit.stats.estimates import grouped_scores, table_of
from qa_toolkit.stats.frames import check_level
from qa_toolkit.stats.hajek import Estimates, Precision
from qa_toolkit.stats.intervals import limits

ROUNDING = 1e-12


def score_quantiles(
    scores: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str] = (),
    score: str = "score",
    quantile: float = 0.5,
    finite: bool = False,
    level: float = 0.95,
    cluster: str | None = None,
) -> pd.DataFrame:
    """Estimate a quantile of a score, such as the median, with Woodruff's interval; parameters as in `mean_score`.

    Parameters
    ----------
    quantile : float
        In (0, 1): the part of the conversations whose score is at most so much.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, ``n``, ``n_effective``, ``quantile``, ``low``, ``high``, ``too_few``.

    References
    ----------
    Woodruff (1952), JASA 47, 635-646: the limits of the share at or below the quantile, read off as scores.
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile is {quantile}; it must be above 0 and below 1, such as 0.5 for the median")
    check_level(level)
    found = grouped_scores(scores, sample, by, score, cluster)
    cells = found.cells.known()
    heaps = Heaps.of(cells, found.design)
    value = heaps.at(np.full(cells.groups, quantile))
    below = replace(cells, top=(cells.top / cells.bottom <= value[cells.group]) * cells.bottom)
    of = Precision.of(below, found.design, finite, is_mean=False)
    effective = of.effective(level)
    low, high = (heaps.at(limit) for limit in limits(np.full(cells.groups, quantile), effective, level, "wilson"))
    return table_of(found, Estimates(of.n, effective, value, low, high), "quantile")


@dataclass(frozen=True)
class Heaps:
    """The scores of each group, the lowest first, and the share of its weight up to each.

    Parameters
    ----------
    score : ndarray, shape (cells,)
        In order of group, then of score.
    place : ndarray, shape (cells,)
        The number of the group plus the share, so that it grows all along.
    sizes : ndarray of int64, shape (groups,)
    """

    score: Array
    place: Array
    sizes: Codes

    @classmethod
    def of(cls, cells: Cells, design: Design) -> Heaps:
        """Order `cells`, which all have a score."""
        score, weight = cells.top / cells.bottom, design.weights[cells.unit] * cells.bottom
        order = np.lexsort((score, cells.group))
        sizes = np.bincount(cells.group, minlength=cells.groups)
        above = np.cumsum(weight[order])
        before = np.append(0.0, above)[np.cumsum(sizes) - sizes]  # of all groups before
        group = cells.group[order]
        share = (above - before[group]) / cells.sums(weight)[group]
        return cls(score[order], group + np.minimum(share, 1.0), sizes)

    def at(self, share: Array) -> Array:
        """Return the lowest score of each group up to which its `share` lies, shape (groups,); missing where it is."""
        groups = np.arange(len(self.sizes))
        last = np.cumsum(self.sizes) - 1
        found = np.searchsorted(self.place, groups + np.nan_to_num(share) - ROUNDING)
        found = np.clip(found, last - self.sizes + 1, last)
        known = (self.sizes > 0) & ~np.isnan(share)
        return np.where(known, np.append(self.score, np.nan)[np.where(known, found, -1)], np.nan)
