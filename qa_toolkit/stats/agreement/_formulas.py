"""Coefficients of agreement as formulas on sums; every one works on many replicates at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Metric = Literal["nominal", "ordinal", "interval"]
Weights = Literal["identity", "linear", "quadratic", "ordinal"]
TINY = 1e-300  # below every sum that is not zero
CERTAIN = 1 - 1e-12  # chance agreement from which on a coefficient is not defined


@dataclass(frozen=True)
class Formula:
    """A coefficient of sums, shape (..., columns).

    Parameters
    ----------
    value : callable
        From sums to the coefficient; missing where it is not defined.
    agreed : callable, optional
        From sums to the agreement that is observed and that of chance, for intervals that must not be narrower than
        Wilson's of that agreement.
    always : bool
        Whether that holds for every interval, and not only where few clusters disagree.
    """

    value: Callable[[Array], Array]
    agreed: Callable[[Array], tuple[Array, Array]] | None = None
    always: bool = False


EVERY = slice(None)


def percent(weights: Array, pairs: slice = EVERY) -> Formula:
    """Return the weighted share of agreeing pairs; `pairs` are the columns of pair shares."""

    def agreed(sums: Array) -> tuple[Array, Array]:
        return _observed(_square(sums[..., pairs]), weights), np.zeros(())

    return _beyond_chance(agreed, always=True)


def gwet(weights: Array, pairs: slice, shares: slice) -> Formula:
    """Return Gwet's AC1 or AC2; `shares` are the columns of value shares."""
    q = len(weights)
    scale = weights.sum() / (q * (q - 1))

    def agreed(sums: Array) -> tuple[Array, Array]:
        pi = _mean_shares(sums[..., shares])
        return _observed(_square(sums[..., pairs]), weights), scale * (pi * (1 - pi)).sum(-1)

    return _beyond_chance(agreed, always=True)


def fleiss(weights: Array, pairs: slice, shares: slice) -> Formula:
    """Return Fleiss' kappa."""

    def agreed(sums: Array) -> tuple[Array, Array]:
        pi = _mean_shares(sums[..., shares])
        return _observed(_square(sums[..., pairs]), weights), ((pi @ weights) * pi).sum(-1)

    return _beyond_chance(agreed)


def cohen(weights: Array, cells: slice = EVERY) -> Formula:
    """Return Cohen's kappa; `cells` are those of the table with one reviewer in rows and the other in columns."""

    def agreed(sums: Array) -> tuple[Array, Array]:
        table = _square(sums[..., cells])
        n = np.maximum(table.sum((-1, -2)), TINY)[..., None]
        rows, columns = table.sum(-1) / n, table.sum(-2) / n
        return _observed(table, weights), ((rows @ weights) * columns).sum(-1)

    return _beyond_chance(agreed)


def alpha(metric: Metric, pairs: slice = EVERY) -> Formula:
    """Return Krippendorff's alpha; `pairs` are the columns of coincidences."""
    if metric not in ("nominal", "ordinal", "interval"):
        raise ValueError(f"metric {metric!r} is none of nominal, ordinal, interval")

    def agreed(sums: Array) -> tuple[Array, Array]:
        found = _square(sums[..., pairs])
        g = found.sum(-1)
        total = g.sum(-1)
        apart = _distances(g, metric)
        differing = ratio((found * apart).sum((-1, -2)), total)
        expected = ratio((g[..., :, None] * g[..., None, :] * apart).sum((-1, -2)), total * (total - 1))
        return 1 - differing, 1 - expected

    return _beyond_chance(agreed)


def _distances(g: Array, metric: Metric) -> Array:
    """Return how far each two values are apart, at most 1 for those in use; `g` (..., q) is how often each was used."""
    q = g.shape[-1]
    if metric == "nominal":
        return 1 - np.eye(q)
    rank = np.arange(q, dtype=float) if metric == "interval" else np.cumsum(g, -1) - g / 2
    used = g > 0
    farthest = np.where(used, rank, -np.inf).max(-1) - np.where(used, rank, np.inf).min(-1)
    farthest = np.where(farthest > 0, farthest, np.inf)[..., None, None]  # with one value in use there is no distance
    return np.asarray(((rank[..., :, None] - rank[..., None, :]) / farthest) ** 2)


def weight_matrix(q: int, kind: Weights) -> Array:
    """Return how far each two of `q` categories agree, from 0 to 1, shape (q, q)."""
    i = np.arange(q, dtype=float)
    apart = np.abs(i[:, None] - i)
    if kind == "identity":
        return np.eye(q)
    if kind == "ordinal":  # pairs of categories within the distance, among all pairs
        return np.asarray(1 - (apart + 1) * apart / (q * (q - 1)))
    if kind in ("linear", "quadratic"):
        return np.asarray(1 - (apart / (q - 1)) ** (1 if kind == "linear" else 2))
    raise ValueError(f"weights {kind!r} are none of identity, linear, quadratic, ordinal")


def pair_shares(counts: npt.NDArray[Any]) -> Array:
    """Return for each unit the share of each pair of values among its pairs of ratings, shape (units, q * q).

    Counts have the shape (units, q). A unit with one rating or none has no pairs.
    """
    n = counts.astype(float)
    m, q = n.sum(1), n.shape[1]
    pairs = n[:, :, None] * n[:, None, :]
    pairs[:, np.arange(q), np.arange(q)] -= n
    return np.asarray(pairs.reshape(len(n), q * q) / np.maximum(m * (m - 1), 1)[:, None])


def total_pairs(counts: npt.NDArray[Any]) -> Array:
    """Return the sums of `pair_shares` over the units, shape (q * q,), without those of each."""
    n, m = _with_sums(counts)
    return _weighted_pairs(n, 1 / np.maximum(m * (m - 1), 1))


def total_coincidences(counts: npt.NDArray[Any]) -> Array:
    """Return the sums of `coincidences` over the units, shape (q * q,)."""
    n, m = _with_sums(counts)
    return _weighted_pairs(n, 1 / np.maximum(m - 1, 1))


def total_shares(counts: npt.NDArray[Any]) -> Array:
    """Return the sums of `value_shares` over the units, shape (q,)."""
    n, m = _with_sums(counts)
    return np.asarray((1 / np.maximum(m, 1)) @ n)


def _with_sums(counts: npt.NDArray[Any]) -> tuple[Array, Array]:
    n = counts.astype(float)
    return n, n @ np.ones(n.shape[1])  # much faster than a sum along the short axis


def _weighted_pairs(n: Array, weights: Array) -> Array:
    return np.asarray(n.T @ (n * weights[:, None]) - np.diag(weights @ n)).ravel()


def coincidences(counts: npt.NDArray[Any]) -> Array:
    """Return Krippendorff's coincidences of each unit, shape (units, q * q)."""
    return np.asarray(pair_shares(counts) * counts.sum(1)[:, None])


def value_shares(counts: npt.NDArray[Any]) -> Array:
    """Return for each unit the share of each value among its ratings, shape (units, q)."""
    return np.asarray(counts / np.maximum(counts.sum(1), 1)[:, None])


def _square(flat: Array) -> Array:
    q = round(flat.shape[-1] ** 0.5)
    return flat.reshape(*flat.shape[:-1], q, q)


def _mean_shares(shares: Array) -> Array:
    return np.asarray(shares / np.maximum(shares.sum(-1, keepdims=True), TINY))


def _observed(pairs: Array, weights: Array) -> Array:
    return ratio((pairs * weights).sum((-1, -2)), pairs.sum((-1, -2)))


def _beyond_chance(agreed: Callable[[Array], tuple[Array, Array]], always: bool = False) -> Formula:
    """Return (agreed - chance) / (1 - chance); missing where chance alone would agree always."""

    def value(sums: Array) -> Array:
        share, chance = agreed(sums)
        return ratio(share - chance, np.where(chance < CERTAIN, 1 - chance, 0.0))

    return Formula(value, agreed, always)


def ratio(top: Array, bottom: Array) -> Array:
    """Return top / bottom; missing where `bottom` is not above 0."""
    top, bottom = np.broadcast_arrays(np.asarray(top, dtype=float), np.asarray(bottom, dtype=float))
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0))
