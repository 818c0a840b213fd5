"""The frame that is drawn from: its check, the values of its columns, and the strata that they make."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.errors import SamplingError

NONE: Final = "(none)"
OTHERS: Final = "(others)"
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Strata:
    """A partition of the frame.

    Parameters
    ----------
    labels : tuple of str
        Of the H strata, sorted.
    codes : numpy.ndarray of int, shape (N,)
        The stratum of each conversation, as an index into `labels`.
    """

    labels: tuple[str, ...]
    codes: Counts

    @cached_property
    def sizes(self) -> Counts:
        """How many conversations are in each stratum, shape (H,)."""
        return np.bincount(self.codes, minlength=len(self.labels))

    def of_each(self) -> list[str]:
        """Return the label of each conversation's stratum."""
        return [self.labels[code] for code in self.codes.tolist()]


def checked_ids(conversations: pd.DataFrame, left_out: Mapping[str, int] | None = None) -> list[str]:
    """Return the ids of a frame of conversations, each there once.

    Parameters
    ----------
    conversations : pandas.DataFrame
    left_out : mapping of str to int, optional
        How many were left out of it before, by why.

    Raises
    ------
    SamplingError
        If the frame is empty, has no column of ids, or an id is missing or repeated.
    """
    if "conversation_id" not in conversations:
        raise SamplingError("the frame has no column conversation_id; pass the frame of conversations")
    ids = _column(conversations, "conversation_id")
    if ids.empty:
        why = "".join(f"; left out for {reason}: {count:,}" for reason, count in (left_out or {}).items())
        raise SamplingError(
            f"there is nothing to draw from: the frame holds no conversation{why}; import some or widen the filter"
        )
    texts = [_whole_text(str(value)) for value in ids.tolist()]
    if ids.isna().any() or len(set(texts)) < len(texts):
        raise SamplingError("each conversation_id must be there once; drop missing and repeated ones first")
    return texts


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
    return pd.Series(_labels(conversations, columns), index=range(len(conversations)), dtype="str")


def partition(conversations: pd.DataFrame, columns: Sequence[str]) -> Strata:
    """Return the strata of a frame that is not empty; see `strata_of`."""
    labels, codes = np.unique(np.array(_labels(conversations, columns), dtype=object), return_inverse=True)
    return Strata(tuple(labels.tolist()), codes.astype(np.int64))


def _labels(conversations: pd.DataFrame, columns: Sequence[str]) -> list[str]:
    if not columns:
        return ["all"] * len(conversations)
    parts = [[label_of(value) for value in values_of(conversations, column)] for column in columns]
    if len(parts) == 1:
        return parts[0]
    rows = list(zip(*parts, strict=True))
    joined = {row: " / ".join(row) for row in set(rows)}
    if len(set(joined.values())) < len(joined):  # values that hold " / " themselves must not run into one another
        joined = {row: json.dumps(row, ensure_ascii=False) for row in joined}
    return [joined[row] for row in rows]


def values_of(conversations: pd.DataFrame, column: str) -> list[Any]:
    """Return the values of a column, or of a key of the labels, such as ``"labels.csat"``.

    Raises
    ------
    SamplingError
        If there is no such column; the message lists those that there are.
    """
    if column in conversations and column != "labels":
        values: list[Any] = _column(conversations, column).astype(object).tolist()
        return values
    labels = _column(conversations, "labels").tolist() if "labels" in conversations else []
    labels = [row if isinstance(row, dict) else {} for row in labels]
    keys = {str(key) for key in set().union(*labels)}
    if column.startswith("labels.") and column.removeprefix("labels.") in keys:
        return [row.get(column.removeprefix("labels.")) for row in labels]
    if column.startswith("labels.extra."):
        extra = [found if isinstance(found := row.get("extra"), dict) else {} for row in labels]
        return values_of(pd.DataFrame({"labels": extra}), column.replace("labels.extra.", "labels.", 1))
    there = [str(name) for name in conversations.columns if name != "labels"]
    there += [f"labels.{key}" for key in sorted(keys)[:20]]
    raise SamplingError(f"there is no column {column!r} to draw by; there are: {', '.join(there)}")


def _column(conversations: pd.DataFrame, name: str) -> pd.Series[Any]:
    found = conversations[name]
    if isinstance(found, pd.DataFrame):
        raise SamplingError(f"the frame has {found.shape[1]} columns {name!r}; keep one of them")
    return found


def label_of(value: Any) -> str:
    """Return what a stratum of this value is called."""
    if type(value) is not str:
        if isinstance(value, list | dict | tuple):
            return _whole_text(json.dumps(value, ensure_ascii=False, sort_keys=True, default=str))
        value = NONE if value is None or pd.isna(value) else str(value)
    return _whole_text(value) if value.strip() else NONE


def _whole_text(text: str) -> str:
    """Return a text without halves of surrogate pairs, which neither a database nor a hash takes."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def frame_hash(ids: Sequence[str], strata: Strata, further: Sequence[Sequence[Any]] = ()) -> str:
    """Return the SHA-256 of a frame: its ids, their strata and further columns, such as measures of size."""
    rows = sorted(zip(ids, strata.of_each(), *further, strict=True))
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
