"""Columns as integer codes, so that millions of ratings are counted without touching their texts again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Codes = npt.NDArray[np.int64]
DENSE: Final = 4  # an array of so many places for each row is cheaper than a hash table of the rows
LARGEST: Final = 2**62


def codes_of(column: pd.Series[Any]) -> tuple[Codes, pd.Index[Any]]:
    """Return the code of each value and the values; a missing value has the code after the last.

    Parameters
    ----------
    column : pandas.Series, length n
        Of any kind; a categorical one costs nothing.

    Returns
    -------
    codes : ndarray of int64, shape (n,)
    values : pandas.Index
        Without the missing one; of a categorical column, also those that do not occur.
    """
    codes: Any
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, values = column.cat.codes, column.cat.categories
    else:
        codes, values = pd.factorize(column)
    found = np.asarray(codes).astype(np.int64)
    found[found < 0] = len(values)
    return found, pd.Index(values)


def as_category(codes: Codes, values: pd.Index[Any]) -> pd.Categorical:
    """Return what `codes_of` took apart as a categorical, which can be taken apart again at no cost."""
    return pd.Categorical.from_codes(np.where(codes == len(values), -1, codes), values)


def combined(parts: Iterable[tuple[Codes, int]], rows: int) -> tuple[Codes, int]:
    """Return one key for several codes, and the number of keys that there can be.

    Parameters
    ----------
    parts : iterable of (ndarray of int64, int)
        Codes of shape (rows,), each from 0 to below the number beside it.
    rows : int
    """
    key, size = np.zeros(rows, dtype=np.int64), 1
    for codes, number in parts:
        if size * number > LARGEST:  # the key would not fit 64 bits
            key, size = numbered(key, size)
        key, size = key * number + codes, size * number
    return key, size


def numbered(key: Codes, size: int) -> tuple[Codes, int]:
    """Return `key` counted from 0 without great gaps, and the number of keys: as it is where that is cheap."""
    if size <= DENSE * len(key) + 1:
        return key, size
    codes, values = pd.factorize(key)
    return codes.astype(np.int64, copy=False), len(values)


def observed(key: Codes, size: int) -> tuple[Codes, Codes]:
    """Return `key` counted from 0 without gaps, and the first row of each.

    Returns
    -------
    codes : ndarray of int64, shape (n,)
    first : ndarray of int64, shape (number of keys,)
    """
    key, size = numbered(key, size)
    first = np.full(size, -1, dtype=np.int64)
    first[key[::-1]] = np.arange(len(key) - 1, -1, -1)
    there = first >= 0
    return (np.cumsum(there) - 1)[key], first[there]


def add_up(codes: Codes, values: npt.NDArray[Any], number: int) -> npt.NDArray[np.float64]:
    """Return the sum of `values` at each code from 0 to below `number`."""
    return np.bincount(codes, values, number).astype(np.float64, copy=False)


def repeats(key: Codes) -> bool:
    """Return whether a key stands there twice."""
    ordered = np.sort(key)
    return bool((ordered[1:] == ordered[:-1]).any())
