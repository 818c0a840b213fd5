"""Do the reviewers agree? Percent, Gwet's AC and Krippendorff's alpha, always together and with intervals.

Everything works on counts, shape (units, categories): how many reviewers gave a unit each category. A missing
rating makes the row's sum smaller. Formulas and sources are in ``docs/statistics.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from qa_toolkit.stats.frames import SCALE, checked_ratings
from qa_toolkit.stats.intervals import wilson

TOO_FEW: Final = 10  # conversations rated twice, and conversations with the rare value, below which nothing is said
RELIABLE, TENTATIVE = 0.8, 0.667
OVERALL: Final = "overall"
REPLICATES_AT_ONCE = 4_000_000
Array = npt.NDArray[np.float64]
Metric = Literal["nominal", "ordinal", "interval"]
Weights = Literal["identity", "linear", "quadratic", "ordinal"]


@dataclass(frozen=True)
class Coefficient:
    """A coefficient of agreement with its 95% interval; missing where it is not defined."""

    value: float
    low: float
    high: float
    se: float


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


def percent_agreement(counts: npt.ArrayLike) -> float:
    """Return the share of agreeing pairs of ratings, averaged over the units with two ratings or more."""
    n = np.asarray(counts, dtype=float)
    m = n.sum(1)
    n, m = n[m >= 2], m[m >= 2]
    return float(((n * (n - 1)).sum(1) / (m * (m - 1))).mean()) if len(n) else np.nan


def gwet_ac(
    counts: npt.ArrayLike, weights: Weights = "identity", clusters: npt.ArrayLike | None = None, level: float = 0.95
) -> Coefficient:
    """Return Gwet's AC1 (`weights` "identity") or AC2, with the analytic interval.

    Parameters
    ----------
    counts : array_like, shape (units, categories)
    weights : {"identity", "linear", "quadratic", "ordinal"}
        How near two categories count as agreeing.
    clusters : array_like, shape (units,), optional
        Units that belong together, such as the commandments of one conversation; the variance is then between
        clusters.
    level : float
        Confidence.

    Notes
    -----
    Where all agree, the analytic interval has no width; the lower limit then comes from Wilson's for n of n.

    References
    ----------
    Gwet (2008), British Journal of Mathematical and Statistical Psychology 61, 29-48; Gwet (2014), Handbook of
    Inter-Rater Reliability, 4th ed.
    """
    n = np.asarray(counts, dtype=float)
    ids = np.arange(len(n)) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    m = n.sum(1)
    n, ids, m = n[m > 0], ids[m > 0], m[m > 0]
    twice = m >= 2
    if not twice.any():
        return Coefficient(np.nan, np.nan, np.nan, np.nan)
    w = _weights(n.shape[1], weights)
    agreed = np.where(twice, (n * (n @ w - 1)).sum(1) / np.maximum(m * (m - 1), 1), 0.0)
    shares = (n / m[:, None]).mean(0)
    scale = w.sum() / (len(w) * (len(w) - 1))
    observed, chance = agreed.sum() / twice.sum(), scale * (shares * (1 - shares)).sum()
    value = float((observed - chance) / (1 - chance))
    each = len(n) / twice.sum() * (agreed - chance * twice) / (1 - chance)
    each -= 2 * (1 - value) * (scale * (n / m[:, None]) @ (1 - shares) - chance) / (1 - chance)
    totals = np.bincount(ids, each - value)[np.unique(ids)]
    k = len(totals)
    if k < 2 or observed > 1 - 1e-12:
        low = (wilson(float(observed), float(min(k, twice.sum())), level)[0] - chance) / (1 - chance)
        return Coefficient(value, float(low), 1.0, np.nan if k < 2 else 0.0)
    se = float(np.sqrt(k / (k - 1) * (totals**2).sum()) / len(n))
    half = float(special.stdtrit(k - 1, (1 + level) / 2)) * se
    return Coefficient(value, max(-1.0, value - half), min(1.0, value + half), se)


def _weights(q: int, kind: Weights) -> Array:
    i = np.arange(q, dtype=float)
    apart = np.abs(i[:, None] - i)
    if kind == "identity":
        return np.eye(q)
    if kind == "ordinal":  # pairs of categories within the distance, among all pairs
        return np.asarray(1 - (apart + 1) * apart / (q * (q - 1)))
    return np.asarray(1 - (apart / (q - 1)) ** (1 if kind == "linear" else 2))


def krippendorff_alpha(
    counts: npt.ArrayLike,
    metric: Metric = "ordinal",
    clusters: npt.ArrayLike | None = None,
    replicates: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> Coefficient:
    """Return Krippendorff's alpha with a percentile bootstrap interval over the clusters.

    Parameters
    ----------
    counts : array_like, shape (units, categories)
        Categories in order, at equal distances for "interval".
    metric : {"nominal", "ordinal", "interval"}
    clusters : array_like, shape (units,), optional
        What is drawn again, such as conversations; each unit by itself with none.
    replicates : int
        Bootstrap samples; 0 gives no interval.
    seed : int
        Of the bootstrap.
    level : float
        Confidence.

    Returns
    -------
    Coefficient
        Missing where only one value was ever used, for which alpha is not defined.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
    """
    n = np.asarray(counts, dtype=float)
    ids = np.arange(len(n)) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    pairs = _coincidences(n, ids)
    k, q = len(pairs), n.shape[1]
    if k == 0:
        return Coefficient(np.nan, np.nan, np.nan, np.nan)
    value = float(_alpha(pairs.sum(0), metric))
    if replicates == 0 or np.isnan(value):
        return Coefficient(value, np.nan, np.nan, np.nan)
    rng = np.random.default_rng(seed)
    sizes = [len(part) for part in np.array_split(np.arange(replicates), -(-replicates * k // REPLICATES_AT_ONCE))]
    drawn = [rng.multinomial(k, np.full(k, 1 / k), size=size) @ pairs.reshape(k, -1) for size in sizes]
    again = _alpha(np.concatenate(drawn).reshape(-1, q, q), metric)
    low, high = np.nanquantile(again, [(1 - level) / 2, (1 + level) / 2])
    return Coefficient(value, float(low), float(high), float(np.nanstd(again)))


def _coincidences(n: Array, ids: npt.NDArray[np.intp]) -> Array:
    """Return the coincidences of each cluster with pairs, shape (clusters, q, q)."""
    m = n.sum(1)
    n, ids, m = n[m >= 2], ids[m >= 2], m[m >= 2]
    q = n.shape[1]
    pairs = n[:, :, None] * n[:, None, :]
    pairs[:, np.arange(q), np.arange(q)] -= n
    flat = (pairs / (m - 1)[:, None, None]).reshape(len(n), q * q)
    names, at = np.unique(ids, return_inverse=True)
    out = np.stack([np.bincount(at, column, len(names)) for column in flat.T], axis=1)
    return np.asarray(out.reshape(len(names), q, q), dtype=float)


def _alpha(pairs: Array, metric: Metric) -> Array:
    """Return alpha of coincidences (..., q, q); missing where it is not defined."""
    g = pairs.sum(-1)
    total = g.sum(-1)
    q = pairs.shape[-1]
    apart: npt.NDArray[Any]
    if metric == "nominal":
        apart = 1 - np.eye(q)
    else:
        rank = np.arange(q, dtype=float) if metric == "interval" else np.cumsum(g, -1) - g / 2
        apart = (rank[..., :, None] - rank[..., None, :]) ** 2
    observed = (pairs * apart).sum((-1, -2)) / total
    expected = (g[..., :, None] * g[..., None, :] * apart).sum((-1, -2)) / (total * (total - 1))
    return np.asarray(1 - np.divide(observed, expected, out=np.full_like(observed, np.nan), where=expected > 0))


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
    nothing = Coefficient(np.nan, np.nan, np.nan, np.nan)
    ac1 = gwet_ac(units, clusters=conversations)
    alpha = krippendorff_alpha(units, "ordinal", conversations, replicates, seed) if rare >= TOO_FEW else nothing
    faults, others = units[:, :2].sum(1), units.sum(1) - 1
    chances = (faults * others).sum()
    return {
        "commandment": name,
        "n": conversations.nunique(),
        "n_both": both.index.get_level_values("conversation_id").nunique(),
        "n_differ_on_na": differ.index.get_level_values("conversation_id").nunique(),
        "percent": percent_agreement(units),
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
