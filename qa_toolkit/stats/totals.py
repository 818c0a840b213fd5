"""How many conversations of the whole frame: totals from a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.stats.codes import add_up, codes_of, combined, observed
from qa_toolkit.stats.design import Array, Cells, Design
from qa_toolkit.stats.frames import SCALE, check_level, choose, coded_ratings
from qa_toolkit.stats.grouping import grouped
from qa_toolkit.stats.hajek import ALIKE, NOTHING_LEFT
from qa_toolkit.stats.intervals import limits


def totals(
    ratings: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str] = "commandment",
    rating: str = "fail",
    size: int | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate in how many conversations of the whole frame at least one rating of the group is `rating`.

    A conversation that several reviewers rated counts with the share of them that gave one. The interval is about
    exactly the conversations of the frame.

    Parameters
    ----------
    ratings, sample, by, level
        As in `pass_rates`.
    rating : {"fail", "partial", "pass"}
    size : int, optional
        How many conversations the frame has, as ``plan["frame_size"]``. With it, the estimate of Hájek stands beside
        that of Horvitz and Thompson: the surer one where probabilities differ but say little about the rating.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, ``n`` (reviewed conversations of the group), ``found`` (those of them with such a rating),
        ``total``, ``low``, ``high``; and with `size`, ``hajek``, ``hajek_low``, ``hajek_high``.

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.
    ValueError
        If an argument is none of what it can be, or the frame is said to be smaller than what was reviewed of it.

    References
    ----------
    Horvitz, Thompson (1952), JASA 47, 663-685. Hájek (1971), in Foundations of Statistical Inference.
    """
    choose("rating", rating, SCALE)
    check_level(level)
    columns = [by] if isinstance(by, str) else list(by)
    reviews, marks = _reviews(ratings, [column for column in columns if column not in sample], rating)
    found = grouped("ratings", reviews, sample, columns, marks)
    cells, design = found.cells, found.design
    if size is not None and size < len(design.weights):
        raise ValueError(
            f"size is {size:,}, but {len(design.weights):,} conversations are reviewed; give the frame's size"
        )
    n = np.bincount(cells.group[cells.bottom > 0], minlength=cells.groups)
    numbers: dict[str, npt.NDArray[Any]] = {
        "n": n,
        "found": np.bincount(cells.group[cells.top > 0], minlength=cells.groups),
    }
    numbers |= dict(zip(("total", "low", "high"), estimated(cells, design, None, level), strict=True))
    if size is not None:
        numbers |= dict(zip(("hajek", "hajek_low", "hajek_high"), estimated(cells, design, size, level), strict=True))
    return found.table(**numbers)


def _reviews(ratings: pd.DataFrame, own: list[str], rating: str) -> tuple[pd.DataFrame, tuple[Array, Array]]:
    """Return a row for each review and group, and whether one of its ratings is `rating` and whether any applies."""
    rated = coded_ratings(ratings, own)
    codes, values = codes_of(rated["rating"])
    parts = [codes_of(rated[column]) for column in dict.fromkeys(["conversation_id", "reviewer", *own])]
    review, first = observed(*combined(((part, len(there) + 1) for part, there in parts), len(rated)))
    some, applies = (add_up(review, mark[codes], len(first)) > 0 for mark in (values == rating, values != "na"))
    columns = list(dict.fromkeys(["conversation_id", *own]))
    return rated[columns].iloc[first], (some.astype(np.float64), applies.astype(np.float64))


def estimated(cells: Cells, design: Design, size: int | None, level: float) -> tuple[Array, Array, Array]:
    """Return the totals of Horvitz and Thompson, or of Hájek for a frame of `size`, and their limits.

    A total is the share of all conversations times their number, so that its limits are those of a share.
    """
    if not len(design.weights):
        unknown = np.full(cells.groups, np.nan)
        return unknown, unknown, unknown
    weights = design.weights[cells.unit]
    whole = float(design.weights.sum())
    share = cells.sums(weights * cells.top) / whole
    variance = _variances(cells, design, share, is_ratio=size is not None) / whole**2
    answers = len(design.weights)
    left = max(0.0, 1 - answers / max(whole, answers))
    effective = np.full(cells.groups, whole**2 / float((design.weights**2).sum()))
    spread = variance >= ALIKE
    effective[spread] = (share * (1 - share))[spread] / variance[spread] * answers / max(answers - 1, 1) * left
    effective = effective / left if left > NOTHING_LEFT else np.full(cells.groups, np.inf)
    low, high = limits(share, effective, level, "wilson")
    number = whole if size is None else float(size)
    return share * number, low * number, high * number


def _variances(cells: Cells, design: Design, share: Array, is_ratio: bool) -> Array:
    """Return the variance of each group's Σ w top, or if `is_ratio` of Σ w (top - share), over all who answer.

    A stratum of one conversation is held against the share of all. Where a group has no cell in a stratum, its part is
    share² times a number that is the same for all groups, so only strata with cells are looked at one by one.
    """
    strata, sizes = design.strata, design.sizes
    chance = np.clip(1 - 1 / design.weights, 0, 1)
    n, c = sizes.astype(np.float64), add_up(strata, chance, len(sizes))
    a, b = (add_up(strata, chance * design.weights**power, len(sizes)) for power in (1, 2))
    held = (n == 1) | is_ratio
    silent = held * _spread(b, a, c, n)
    pair, first = observed(cells.group * len(sizes) + strata[cells.unit], cells.groups * len(sizes))
    group, at = cells.group[first], strata[cells.unit[first]]
    w, k = design.weights[cells.unit], chance[cells.unit]
    marks = (w * cells.top, w**2 * cells.top, (w * cells.top) ** 2)
    sums, mixed, squares = (add_up(pair, k * mark, len(first)) for mark in marks)
    s = share[group] * held[at]
    spread = _spread(squares - 2 * s * mixed + s**2 * b[at], sums - s * a[at], c[at], n[at])
    without: Array = share**2 * (silent.sum() - add_up(group, silent[at], cells.groups))
    return add_up(group, spread, cells.groups) + without


def _spread(squares: Array, sums: Array, whole: Array, n: Array) -> Array:
    mean = np.divide(sums**2, whole, out=np.zeros(len(n)), where=whole > 0)
    return np.where(n == 1, squares, np.maximum(squares - mean, 0.0) * n / np.maximum(n - 1, 1))
