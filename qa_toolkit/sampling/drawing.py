"""Drawing a sample from a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling.allocation import allocate, allocation_weights, pool
from qa_toolkit.sampling.frames import Floats, Strata, checked_ids, frame_hash, partition, values_of
from qa_toolkit.sampling.items import Drawn, items_of
from qa_toolkit.sampling.order import inclusion_probabilities, random_numbers, ranking, uniform
from qa_toolkit.sampling.plan import VERSION, Part, checked_arguments, part_of


@dataclass(frozen=True)
class Draw:
    """A drawn sample.

    Parameters
    ----------
    items : pandas.DataFrame, shape (n, 5)
        ``conversation_id``, ``stratum``, ``inclusion_probability`` in (0, 1], ``reason``, ``part`` (random, core or
        weighted); in random order, so that the part reviewed so far is itself a random part.
    plan : dict
        JSON-able. ``draw(conversations, **plan["arguments"])`` gives the identical sample while ``frame_hash``
        is the same; ``strata`` holds the size of each stratum and how many were drawn from it.
    reserve : pandas.DataFrame
        As `items`: those next in the order of their stratum and part, to stand in for what cannot be reviewed.
    """

    items: pd.DataFrame
    plan: dict[str, Any]
    reserve: pd.DataFrame


def draw(
    conversations: pd.DataFrame,
    n: int | None = None,
    fraction: float | None = None,
    by: str | Sequence[str] | None = None,
    per_stratum: int | None = None,
    allocation: str = "proportional",
    seed: int = 0,
    *,
    size: str | None = None,
    core: float | None = None,
    spread: Mapping[str, float] | None = None,
) -> Draw:
    """Draw a random sample without replacement: simple or stratified, with equal or unequal probabilities.

    Parameters
    ----------
    conversations : pandas.DataFrame
        The frame to draw from: a column ``conversation_id`` (unique) and the columns named in `by` and `size`.
    n : int, optional
        How many conversations in all. Give exactly one of `n`, `fraction` and `per_stratum`.
    fraction : float, optional
        In (0, 1]: the part of the frame to draw, at least one conversation.
    by : str or list of str, optional
        Columns that make the strata; ``"labels.KEY"`` for a key of the labels, ``"labels.extra.KEY"`` for a field that
        the layout does not name. A missing value counts as the stratum "(none)". With none, the sample is simple
        random.
    per_stratum : int, optional
        How many from each stratum; a smaller stratum is taken whole.
    allocation : {"proportional", "equal", "neyman"}
        How `n` is shared among the strata: by their size N_h, alike, or by N_h S_h, which gives the narrowest interval
        for the whole (Neyman 1934). The shares are whole, sum to `n`, and each stratum gets at least one; with more
        strata than `n`, the smallest are pooled as "(others)", so that every conversation keeps a chance.
    seed : int
        Another seed gives another sample.
    size : str, optional
        Column of numbers above 0: the odds of being drawn are proportional to it within each stratum.
    core : float, optional
        In [0, 1], with `size`: the part of the sample that is drawn with equal probabilities; 0 if left out. No
        weight is then above N / (core n), and sizes of 0 may be drawn too.
    spread : mapping of str to float, optional
        With ``allocation="neyman"``: the standard deviation S_h within each stratum, as from earlier reviews.

    Returns
    -------
    Draw
        The inclusion probability is n_h / N_h within stratum h; with `size`, that of Pareto sampling. They sum to n.

    Raises
    ------
    SamplingError
        If the plan cannot be drawn from this frame; the message says what to change.
    """
    arguments = checked_arguments(
        n=n, fraction=fraction, by=by, per_stratum=per_stratum, allocation=allocation, seed=seed,
        size=size, core=core, spread=spread,
    )  # fmt: skip
    ids, part = checked_ids(conversations), part_of(arguments)
    drawn = _draw_part(conversations, ids, part, str(arguments["seed"]))
    items, reserve = items_of(ids, [drawn])
    strata, shares = drawn.strata, drawn.shares.tolist()
    plan = {
        "version": VERSION,
        "method": f"{'stratified' if part.by else 'simple'} random" + (" by size" if part.size else ""),
        "arguments": arguments,
        "random_numbers": "blake2b, 8 bytes, of seed|conversation_id",
        "n": len(items),
        "frame_size": len(ids),
        "frame_hash": frame_hash(ids, strata, None if part.size is None else drawn.measure),
        "strata": {
            label: {"size": size, "drawn": share}
            for label, size, share in zip(strata.labels, strata.sizes.tolist(), shares, strict=True)
        },
        "pooled": list(drawn.pooled),
    }
    return Draw(items, plan, reserve)


def _draw_part(conversations: pd.DataFrame, ids: Sequence[str], part: Part, seed: str) -> Drawn:
    strata = partition(conversations, part.by)
    pooled: tuple[str, ...] = ()
    total = part.total(len(ids))
    values = _values(conversations, part)
    measure = _measure(values, part, strata)
    if total is None:
        shares = np.minimum(strata.sizes, part.per_stratum or 0)
    else:
        strata, pooled = pool(strata, total)
        weights = np.ones(total) if pooled else allocation_weights(strata, part.allocation, part.spread)
        shares = allocate(strata.sizes, weights, total)
    numbers = random_numbers(seed, ids)
    order, rank = ranking(numbers, measure, strata.codes)
    pi = inclusion_probabilities(measure, strata.codes, shares)
    is_core = np.zeros(len(ids), dtype=bool)
    if part.core:  # an equal-probability part of what is drawn, as pi is nowhere below core n_h / N_h
        fraction = (shares / strata.sizes)[strata.codes]
        is_core = uniform(random_numbers(f"{seed}/core", ids)) * pi < part.core * fraction
    return Drawn(part, strata, pooled, shares, numbers, values, measure, order, rank, pi, is_core)


def _values(conversations: pd.DataFrame, part: Part) -> Floats:
    """Return the sizes of the conversations, 1 each where none are named."""
    if part.size is None:
        return np.ones(len(conversations))
    given = pd.Series(values_of(conversations, part.size), dtype=object)
    values = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~np.isfinite(values) | (values < 0) | ((values == 0) & (part.core == 0))
    if bad.any():
        raise SamplingError(
            f"{part.size!r} is missing, not above 0 or no number in {bad.sum():,} of {len(bad):,} conversations, which "
            "could never be drawn; fill it in, or give core, such as core=0.3, for sizes of 0"
        )
    return np.asarray(values)


def _measure(values: Floats, part: Part, strata: Strata) -> Floats:
    """Return sizes with a mean of 1 in each stratum, so that the core is the same part of each."""
    if part.size is None:
        return values
    mean = np.bincount(strata.codes, values) / strata.sizes
    relative = np.divide(values, mean[strata.codes], out=np.ones_like(values), where=mean[strata.codes] > 0)
    return np.asarray(part.core + (1 - part.core) * relative)
