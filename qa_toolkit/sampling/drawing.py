"""Drawing a sample from a frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling.allocation import allocate, allocation_weights, pool
from qa_toolkit.sampling.diverse import Matrix, Vectors, farthest_first, unit_vectors
from qa_toolkit.sampling.frames import NONE, Floats, Strata, checked_ids, label_of, partition, values_of
from qa_toolkit.sampling.items import Drawn, Picked, Union, reserve_size
from qa_toolkit.sampling.manifest import manifest
from qa_toolkit.sampling.order import inclusion_probabilities, random_numbers, ranking, uniform
from qa_toolkit.sampling.plan import Part, checked_arguments, picked, random_parts
from qa_toolkit.sampling.window import within

LONGEST_NOTE: Final = 200


@dataclass(frozen=True)
class Draw:
    """A drawn sample.

    Parameters
    ----------
    items : pandas.DataFrame, shape (n, 5)
        ``conversation_id``, ``stratum``, ``inclusion_probability`` in (0, 1] (missing for what is picked), ``reason``,
        ``part`` (random, core, weighted or diverse); in random order, so that the part reviewed so far is itself a
        random part.
    plan : dict
        JSON-able, as from `qa_toolkit.sampling.manifest`; `redraw` gives the identical sample.
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
    risk: str | None = None,
    core: float | None = None,
    spread: Mapping[str, float] | None = None,
    since: Any = None,
    until: Any = None,
    where: Mapping[str, Any] | None = None,
    diverse: int | None = None,
    vectors: Vectors | None = None,
    parts: Sequence[Mapping[str, Any]] | None = None,
) -> Draw:
    """Draw a sample without replacement: simple or stratified, with equal or unequal probabilities, or of such parts.

    Parameters
    ----------
    conversations : pandas.DataFrame
        The frame to draw from: a column ``conversation_id`` (unique) and the columns that are named in
        the other arguments.
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
    risk : str, optional
        In place of `size`: column of numbers in [0, 1], as from `risk_of`; a column of the same name that ends with
        ``_reason`` says in words where each comes from.
    core : float, optional
        In [0, 1], with `size` or `risk`: the part of the sample that is drawn with equal probabilities; if left out, 0
        with `size` and 0.3 with `risk`. No weight is above N / (core n), and sizes of 0 may be drawn too.
    spread : mapping of str to float, optional
        With ``allocation="neyman"``: the standard deviation S_h within each stratum, as from earlier reviews.
    since, until : str or datetime, optional
        Draw only from what has ``since <= started_at < until``; a time without a zone is in UTC.
    where : mapping of str to value or list, optional
        Draw only from what has one of these values in a column, such as ``{"channel": ["email", "chat"]}``; columns
        as in `by`. Estimates are then about that part.
    diverse : int, optional
        How many more to pick because they are unlike all that is drawn, to find new kinds of problem. They have no
        inclusion probability and are in no estimate. With nothing else, the whole sample is picked.
    vectors : numpy.ndarray, shape (n_conversations, dim), or callable, optional
        With `diverse`: what is alike lies close, as by an embedding; or what returns such rows for a list of ids.
    parts : list of dict, optional
        Several draws in one sample, each with its own `n` (or `fraction` or `per_stratum`), `allocation`, `size` or
        `risk`, `core`, `spread`; or with `diverse`. They are drawn independently, from the same frame and by the same
        strata; a part with ``"by": None`` has none. A conversation can be drawn by several: the sample is then
        smaller than the sum, and pi = 1 - (1 - pi_1) (1 - pi_2) ...

    Returns
    -------
    Draw
        The inclusion probability is n_h / N_h within stratum h; with `size` or `risk`, that of Pareto sampling.
        They sum to n.

    Raises
    ------
    SamplingError
        If the plan cannot be drawn from this frame; the message says what to change.
    """
    arguments = checked_arguments(
        n=n, fraction=fraction, by=by, per_stratum=per_stratum, allocation=allocation, seed=seed, size=size, risk=risk,
        core=core, spread=spread, since=since, until=until, where=where, diverse=diverse, parts=parts,
    )  # fmt: skip
    return draw_plan(conversations, arguments, vectors)


def draw_plan(
    conversations: pd.DataFrame,
    arguments: Mapping[str, Any],
    vectors: Vectors | None = None,
    shares: Mapping[str, int] | None = None,
) -> Draw:
    """Draw by checked arguments.

    Parameters
    ----------
    conversations : pandas.DataFrame
    arguments : mapping
        As from `checked_arguments`.
    vectors : numpy.ndarray or callable, optional
        As of `draw`.
    shares : mapping of str to int, optional
        How many are drawn from each stratum, in place of what the allocation says; for plans of version 1.
    """
    window = (arguments.get(name) for name in ("since", "until", "where"))
    kept, left_out = within(conversations.reset_index(drop=True), *window)
    ids, seed = checked_ids(kept, left_out), str(arguments["seed"])
    by_id = sorted(range(len(ids)), key=ids.__getitem__)  # sums must not depend on the order of the frame
    kept, ids = kept.iloc[by_id], [ids[i] for i in by_id]
    parts = [
        _draw_part(kept, ids, part, f"{seed}/{k + 1}" if k else seed, shares)
        for k, part in enumerate(random_parts(arguments))
    ]
    sample = Union(ids, parts, by_number=shares is not None)
    n_picked = picked(arguments)
    if n_picked:
        rows = kept.index.to_numpy(dtype=np.intp)
        unit = unit_vectors(vectors, ids, rows, len(conversations))
        sample = replace(sample, picked=_pick(unit, sample, n_picked, f"{seed}/diverse"))
    items = sample.items()
    return Draw(items, manifest(sample, arguments, left_out, items), sample.reserve())


def _pick(unit: Matrix, sample: Union, n: int, seed: str) -> Picked:
    there = np.flatnonzero(sample.taken)
    free = len(sample.ids) - len(there)
    if n > free:
        raise SamplingError(f"diverse={n:,} were asked for, but only {free:,} conversations are not drawn; take less")
    numbers = random_numbers(seed, sample.ids)
    rows, nearest = farthest_first(unit, there, numbers, min(free, n + int(reserve_size(n))))
    return Picked(rows[:n], rows[n:], nearest, numbers)


def _draw_part(
    conversations: pd.DataFrame, ids: Sequence[str], part: Part, seed: str, given: Mapping[str, int] | None
) -> Drawn:
    strata = partition(conversations, part.by)
    pooled: tuple[str, ...] = ()
    total = part.total(len(ids))
    values, notes = _values(conversations, part), _notes(conversations, part)
    measure = _measure(values, part, strata)
    if total is None:
        shares = np.minimum(strata.sizes, part.per_stratum or 0)
    else:
        strata, pooled = pool(strata, total)
        weights = np.ones(total) if pooled else allocation_weights(strata, part.allocation, part.spread)
        shares = allocate(strata.sizes, weights, total)
    if given is not None:
        shares = np.array([given.get(label, 0) for label in strata.labels], dtype=np.int64)
    numbers = random_numbers(seed, ids)
    order, rank = ranking(numbers, measure, strata.codes)
    pi = inclusion_probabilities(measure, strata.codes, shares)
    is_core = np.zeros(len(ids), dtype=bool)
    if part.core:  # an equal-probability part of what is drawn, as pi is nowhere below core n_h / N_h
        fraction = (shares / strata.sizes)[strata.codes]
        is_core = uniform(random_numbers(f"{seed}/core", ids)) * pi < part.core * fraction
    return Drawn(part, strata, pooled, shares, numbers, values, notes, measure, order, rank, pi, is_core)


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
    if part.is_risk and (values > 1).any():
        raise SamplingError(f"{part.size!r} is a risk from 0 to 1; some are above 1: use it as size, or divide it")
    return np.asarray(values)


def _notes(conversations: pd.DataFrame, part: Part) -> list[str]:
    name = f"{part.size}_reason"
    if part.size is None or name not in conversations:
        return []
    return [
        "" if (text := label_of(value)) == NONE else text[:LONGEST_NOTE] for value in values_of(conversations, name)
    ]


def _measure(values: Floats, part: Part, strata: Strata) -> Floats:
    """Return sizes with a mean of 1 in each stratum, so that the core is the same part of each."""
    if part.size is None:
        return values
    mean = np.bincount(strata.codes, values) / strata.sizes
    relative = np.divide(values, mean[strata.codes], out=np.ones_like(values), where=mean[strata.codes] > 0)
    return np.asarray(part.core + (1 - part.core) * relative)
