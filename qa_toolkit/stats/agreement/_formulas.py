"""Coefficients of agreement as formulas on sums; every one works on many replicates at once."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Metric = Literal["nominal", "ordinal", "interval"]
Weights = Literal["identity", "linear", "quadratic", "ordinal"]
CERTAIN = 1 - 1e-12  # chance agreement from which on a coefficient is not defined


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


def coincidences(counts: npt.NDArray[Any]) -> Array:
    """Return Krippendorff's coincidences of each unit, shape (units, q * q)."""
    return np.asarray(pair_shares(counts) * counts.sum(1)[:, None])


def value_shares(counts: npt.NDArray[Any]) -> Array:
    """Return for each unit the share of each value among its ratings, shape (units, q)."""
    return np.asarray(counts / np.maximum(counts.sum(1), 1)[:, None])


def square(flat: Array) -> Array:
    """Return rows of length q * q as matrices, shape (..., q, q)."""
    q = round(flat.shape[-1] ** 0.5)
    return flat.reshape(*flat.shape[:-1], q, q)


def observed(pairs: Array, weights: Array) -> Array:
    """Return the agreement of pairs (..., q, q): the weighted share of them, missing where there are none."""
    return ratio((pairs * weights).sum((-1, -2)), pairs.sum((-1, -2)))


def fleiss(pairs: Array, shares: Array, weights: Array) -> Array:
    """Return Fleiss' kappa of sums of pair shares (..., q, q) and value shares (..., q)."""
    pi = shares / np.maximum(shares.sum(-1, keepdims=True), 1e-300)
    return beyond_chance(observed(pairs, weights), ((pi @ weights) * pi).sum(-1))


def gwet_chance(shares: Array, weights: Array) -> Array:
    """Return the agreement that Gwet's coefficients take for chance, of sums of value shares (..., q)."""
    pi = shares / np.maximum(shares.sum(-1, keepdims=True), 1e-300)
    q = shares.shape[-1]
    return np.asarray(weights.sum() / (q * (q - 1)) * (pi * (1 - pi)).sum(-1))


def cohen(table: Array, weights: Array) -> Array:
    """Return Cohen's kappa of tables (..., q, q), one reviewer in rows and the other in columns."""
    n = np.maximum(table.sum((-1, -2)), 1e-300)[..., None]
    rows, columns = table.sum(-1) / n, table.sum(-2) / n
    return beyond_chance(observed(table, weights), ((rows @ weights) * columns).sum(-1))


def alpha(pairs: Array, metric: Metric) -> Array:
    """Return alpha of coincidences (..., q, q); missing where it is not defined."""
    g = pairs.sum(-1)
    total = g.sum(-1)
    q = pairs.shape[-1]
    apart: npt.NDArray[Any]
    if metric == "nominal":
        apart = 1 - np.eye(q)
    elif metric in ("ordinal", "interval"):
        rank = np.arange(q, dtype=float) if metric == "interval" else np.cumsum(g, -1) - g / 2
        apart = (rank[..., :, None] - rank[..., None, :]) ** 2
    else:
        raise ValueError(f"metric {metric!r} is none of nominal, ordinal, interval")
    differing = ratio((pairs * apart).sum((-1, -2)), total)
    expected = ratio((g[..., :, None] * g[..., None, :] * apart).sum((-1, -2)), total * (total - 1))
    return np.asarray(1 - ratio(differing, expected))


def beyond_chance(agreed: Array, chance: Array) -> Array:
    """Return (agreed - chance) / (1 - chance); missing where chance alone would agree always."""
    return ratio(agreed - chance, np.where(chance < CERTAIN, 1 - chance, 0.0))


def ratio(top: Array, bottom: Array) -> Array:
    """Return top / bottom; missing where `bottom` is not above 0."""
    top, bottom = np.broadcast_arrays(np.asarray(top, dtype=float), np.asarray(bottom, dtype=float))
    return np.asarray(np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0))
