"""Sampling plans: which conversations are reviewed, with what probability, and why.

Every conversation has a permanent random number, made from the seed and its id. A draw takes the smallest
ones of each stratum, so it does not depend on the order of the frame, and drawing more keeps what was drawn
(Ohlsson 1995, "Coordination of samples using permanent random numbers").
"""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.errors import SamplingError

NONE = "(none)"
OTHERS = "(others)"
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Draw:
    """A drawn sample.

    Parameters
    ----------
    items : pandas.DataFrame, shape (n, 4)
        ``conversation_id``, ``stratum``, ``inclusion_probability`` in (0, 1], ``reason``; in random order, so
        that the part reviewed so far is itself a random part.
    plan : dict
        JSON-able. ``draw(conversations, **plan["arguments"])`` gives the identical sample while ``frame_hash``
        is the same; ``strata`` holds the size of each stratum and how many were drawn from it.
    """

    items: pd.DataFrame
    plan: dict[str, Any]


def draw(
    conversations: pd.DataFrame,
    n: int | None = None,
    fraction: float | None = None,
    by: str | Sequence[str] | None = None,
    per_stratum: int | None = None,
    allocation: str = "proportional",
    seed: int = 0,
) -> Draw:
    """Draw a simple or a stratified random sample without replacement.

    Parameters
    ----------
    conversations : pandas.DataFrame
        The frame to draw from: a column ``conversation_id`` (unique) and the columns named in `by`.
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
    allocation : {"proportional", "equal"}
        How `n` is shared among the strata. The shares are whole, sum to `n`, and each stratum gets at least
        one; with more strata than `n`, the smallest are pooled as "(others)", so that every conversation
        keeps a chance.
    seed : int
        Another seed gives another sample.

    Returns
    -------
    Draw
        The inclusion probability is n_h / N_h within stratum h.

    Raises
    ------
    SamplingError
        If the plan cannot be drawn from this frame; the message says what to change.
    """
    ids = _checked_ids(conversations)
    columns = [by] if isinstance(by, str) else list(by or ())
    total = _checked_size(len(ids), n, fraction, per_stratum, columns)
    if allocation not in ("proportional", "equal"):
        raise SamplingError(f"allocation is {allocation!r}; it must be 'proportional' or 'equal'")
    strata = strata_of(conversations, columns)
    pooled: list[str] = []
    if total is not None:
        strata, pooled = _pool(strata, total)
    sizes = strata.value_counts().sort_index()
    counts: Counts = np.asarray(sizes, dtype=np.int64)
    shares = np.minimum(counts, per_stratum or 0) if total is None else _allocate(counts, total, allocation)
    drawn = dict(zip(sizes.index, shares.tolist(), strict=True))
    checked_seed = _checked_seed(seed)
    items = _take(ids, strata, drawn, sizes, checked_seed, ", ".join(columns))
    plan = {
        "method": "stratified random" if columns else "simple random",
        "arguments": {
            "n": n if n is None else int(n), "fraction": fraction if fraction is None else float(fraction),
            "by": columns or None, "per_stratum": per_stratum if per_stratum is None else int(per_stratum),
            "allocation": allocation, "seed": checked_seed,
        },
        "random_numbers": "blake2b, 8 bytes, of seed|conversation_id",
        "n": len(items),
        "frame_size": len(ids),
        "frame_hash": _frame_hash(ids, strata),
        "strata": {label: {"size": int(size), "drawn": drawn[label]} for label, size in sizes.items()},
        "pooled": pooled,
    }  # fmt: skip
    return Draw(items, plan)


def _checked_ids(conversations: pd.DataFrame) -> pd.Series[Any]:
    if "conversation_id" not in conversations:
        raise SamplingError("the frame has no column conversation_id; pass the frame of conversations")
    ids = conversations["conversation_id"].reset_index(drop=True)
    if ids.empty:
        raise SamplingError(
            "there is nothing to draw from: the frame holds no conversation; import some or widen the filter"
        )
    if ids.isna().any() or ids.duplicated().any():
        raise SamplingError("each conversation_id must be there once; drop missing and repeated ones first")
    return ids.astype("str")


def _checked_size(
    size: int, n: int | None, fraction: float | None, per_stratum: int | None, columns: list[str]
) -> int | None:
    if sum(value is not None for value in (n, fraction, per_stratum)) != 1:
        raise SamplingError("say how many: give exactly one of n, fraction and per_stratum")
    if per_stratum is not None:
        if not columns:
            raise SamplingError("per_stratum needs strata; give by, such as by='agent'")
        _whole("per_stratum", per_stratum)
        return None
    if fraction is not None:
        if not 0 < fraction <= 1:
            raise SamplingError(f"fraction is {fraction}; it must be above 0 and at most 1")
        return max(1, int(fraction * size + 0.5))
    total = _whole("n", n)
    if total > size:
        raise SamplingError(
            f"{total:,} were asked for, but there are only {size:,} conversations; take n={size} or less"
        )
    return total


def _whole(name: str, value: Any) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise SamplingError(f"{name} is {value!r}; it must be a whole number of at least 1")
    return number


def _checked_seed(seed: Any) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise SamplingError(f"seed is {seed!r}; it must be a whole number, such as 7")
    return int(seed)


def strata_of(conversations: pd.DataFrame, columns: Sequence[str]) -> pd.Series[Any]:
    """Return the stratum of each conversation, in their order.

    Parameters
    ----------
    conversations : pandas.DataFrame
    columns : sequence of str
        As `by` of `draw`.

    Raises
    ------
    SamplingError
        If there is no such column.
    """
    if not columns:
        return pd.Series("all", index=range(len(conversations)), dtype="str")
    parts = [[_label(value) for value in _values(conversations, column)] for column in columns]
    return pd.Series([" / ".join(row) for row in zip(*parts, strict=True)], dtype="str")


def _values(conversations: pd.DataFrame, column: str) -> list[Any]:
    if column in conversations and column != "labels":
        return conversations[column].astype(object).tolist()
    labels = conversations["labels"].tolist() if "labels" in conversations else []
    keys = sorted({str(key) for row in labels for key in row})
    if column.startswith("labels.") and column.removeprefix("labels.") in keys:
        return [row.get(column.removeprefix("labels.")) for row in labels]
    if column.startswith("labels.extra."):
        extra = [found if isinstance(found := row.get("extra"), dict) else {} for row in labels]
        return _values(pd.DataFrame({"labels": extra}), column.replace("labels.extra.", "labels.", 1))
    there = [str(name) for name in conversations.columns if name != "labels"] + [f"labels.{key}" for key in keys[:20]]
    raise SamplingError(f"there is no column {column!r} to stratify by; there are: {', '.join(there)}")


def _label(value: Any) -> str:
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return NONE if value is None or pd.isna(value) or not str(value).strip() else str(value)


def _pool(strata: pd.Series[Any], total: int) -> tuple[pd.Series[Any], list[str]]:
    sizes = strata.value_counts().sort_index().sort_values(kind="stable")
    surplus = len(sizes) - total
    if surplus <= 0:
        return strata, []
    pooled = [str(label) for label in sizes.index[: surplus + 1]]
    return strata.mask(strata.isin(pooled), OTHERS), sorted(pooled)


def _allocate(sizes: Counts, total: int, allocation: str) -> Counts:
    """Share `total` among strata of `sizes` (H,): whole shares, 1 <= share <= size, sum `total`."""
    quotas = total * sizes / sizes.sum() if allocation == "proportional" else _equal(sizes, total)
    shares: Counts = np.clip(np.floor(quotas).astype(np.int64), 1, sizes)
    while shares.sum() != total:
        step = 1 if shares.sum() < total else -1
        free = shares < sizes if step > 0 else shares > 1
        shares[np.argmax(np.where(free, step * (quotas - shares), -np.inf))] += step
    return shares


def _equal(sizes: Counts, total: int) -> npt.NDArray[np.float64]:
    """Give every stratum the same, small ones what they have, and share out what is then left."""
    quotas = np.zeros(len(sizes))
    open_ = np.ones(len(sizes), dtype=bool)
    while open_.any():
        level = (total - quotas[~open_].sum()) / open_.sum()
        full = open_ & (sizes <= level)
        quotas[open_] = np.minimum(sizes[open_], level)
        if not full.any():
            break
        open_ &= ~full
    return quotas


def _take(
    ids: pd.Series[Any], strata: pd.Series[Any], drawn: dict[str, int], sizes: pd.Series[Any], seed: int, by: str
) -> pd.DataFrame:
    frame = pd.DataFrame({"conversation_id": ids, "stratum": strata})
    frame["number"] = [_random_number(seed, conversation_id) for conversation_id in ids]
    frame = frame.sort_values(["number", "conversation_id"], ignore_index=True)
    rank = frame.groupby("stratum").cumcount()
    frame = frame[rank < frame["stratum"].map(drawn)].reset_index(drop=True)
    n_h, size_h = frame["stratum"].map(drawn), frame["stratum"].map(sizes)
    frame["inclusion_probability"] = (n_h / size_h).astype("float64")
    frame["reason"] = [
        f"random within {by} = {label}, {n:,} of {size:,}" if by else f"simple random, {n:,} of {size:,}"
        for label, n, size in zip(frame["stratum"], n_h, size_h, strict=True)
    ]
    return frame.drop(columns="number").astype({"reason": "str"})


def _random_number(seed: int, conversation_id: str) -> int:
    digest = hashlib.blake2b(f"{seed}|{conversation_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1  # 63 bits fit pandas' int64


def _frame_hash(ids: pd.Series[Any], strata: pd.Series[Any]) -> str:
    rows = sorted(zip(ids, strata, strict=True))
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
