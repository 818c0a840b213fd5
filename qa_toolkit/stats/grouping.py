"""From frames to cells: what each reviewed conversation adds to each group of a table."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.stats.codes import Codes, add_up, codes_of, combined, observed
from qa_toolkit.stats.design import Array, Cells, Design
from qa_toolkit.stats.frames import NONE, require
from qa_toolkit.stats.responses import answered

Sized = list[tuple[Codes, int]]


@dataclass(frozen=True)
class Grouped:
    """The groups of a table and what they are estimated from.

    Parameters
    ----------
    cells : Cells
    design : Design
    columns : list of str
        What the table is broken down by.
    keys : list of tuple
        The values of `columns` of each group.
    """

    cells: Cells
    design: Design
    columns: list[str]
    keys: list[tuple[Any, ...]]

    def table(self, **values: npt.NDArray[Any]) -> pd.DataFrame:
        """Return a row for each group: its key and its `values`, in order of the key."""
        if taken := [column for column in self.columns if column in values]:
            raise ValueError(f"the table has a column {taken[0]} of its own; rename the one that it is broken down by")
        out = pd.DataFrame(self.keys, columns=self.columns, index=range(len(self.keys))).assign(**values)
        if not self.columns:
            return out
        return out.sort_values(self.columns, ignore_index=True, key=lambda column: column.astype("str"))


def grouped(
    name: str,
    frame: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str],
    marks: tuple[Array, Array],
    unit: Sequence[str] = (),
    cluster: str | None = None,
) -> Grouped:
    """Group what the rows of `frame` say by columns of it and of the sample.

    Parameters
    ----------
    name : str
        What messages call `frame`.
    frame : pandas.DataFrame
        ``conversation_id``, the columns of `unit`, and those of `by` that the sample does not have.
    sample : pandas.DataFrame
    by : str or list of str
    marks : tuple of ndarray, each of shape (rows of `frame`,)
        Top and bottom of each row. Rows of the same conversation, `unit` and group count as one, with their mean.
    unit : sequence of str
    cluster : str, optional
        A column of `sample` that says which conversations are not independent.
    """
    return grouped_alike(name, frame, sample, by, marks[:1], marks[1], unit, cluster)[0]


def grouped_alike(
    name: str,
    frame: pd.DataFrame,
    sample: pd.DataFrame,
    by: str | Sequence[str],
    tops: Sequence[Array],
    bottom: Array,
    unit: Sequence[str] = (),
    cluster: str | None = None,
) -> list[Grouped]:
    """Return what `grouped` gives for each of some tops over the same bottom, in the time of one."""
    columns = [by] if isinstance(by, str) else list(dict.fromkeys(by))
    own = [column for column in columns if column not in sample]
    require(name, frame, ["conversation_id", *unit, *own])
    answers = answered(frame["conversation_id"], sample, cluster)
    rows: Any = slice(None) if (answers.at >= 0).all() else np.flatnonzero(answers.at >= 0)
    at = answers.at[rows]
    parts = {column: _coded(frame[column], rows) for column in dict.fromkeys([*unit, *own])}
    units = len(answers.sample)
    share = _share([(at, units), *((codes, len(values)) for codes, values in parts.values())], len(at))
    group, keys = _keys([parts[column] for column in own], len(at))
    cell, first = observed(*combined([(group, len(keys)), (at, units)], len(at)))
    group, at = group[first], at[first]
    under, *overs = (add_up(cell, share * mark[rows], len(first)) for mark in (bottom, *tops))
    each = [Grouped(Cells(group, at, over, under, len(keys)), answers.design, own, keys) for over in overs]
    return [beside(found, answers.sample, columns) for found in each]


def beside(found: Grouped, sample: pd.DataFrame, columns: list[str]) -> Grouped:
    """Break groups down further, by columns of the sample.

    Parameters
    ----------
    found : Grouped
    sample : pandas.DataFrame
        A row for each conversation of the design.
    columns : list of str
        Those of `found` and of `sample`, in the order that the table is to have.
    """
    cells, others = found.cells, [column for column in columns if column not in found.columns]
    codes, names = _keys([_coded(sample[column], cells.unit) for column in others], len(cells.unit))
    finer = replace(cells, group=cells.group * len(names) + codes, groups=cells.groups * len(names))
    order = [[*found.columns, *others].index(column) for column in columns]
    both = (own_key + other for own_key, other in itertools.product(found.keys, names))
    return Grouped(finer, found.design, columns, [tuple(key[i] for i in order) for key in both])


def _coded(column: pd.Series[Any], rows: Any) -> tuple[Codes, list[Any]]:
    """Return codes and values of a column; a missing value and "(none)" are the same."""
    codes, values = codes_of(column)
    if NONE in values:
        codes[codes == len(values)] = int(values.get_indexer(pd.Index([NONE]))[0])
    return codes[rows], [*values.astype(object), NONE]


def _share(parts: Sized, rows: int) -> Array:
    """Return what a row counts: one over how many rows say something about the same thing."""
    key, size = combined(parts, rows)
    codes, first = observed(key, size)
    if len(first) == rows:
        return np.ones(rows)
    return 1 / np.bincount(codes)[codes]


def _keys(parts: list[tuple[Codes, list[Any]]], rows: int) -> tuple[Codes, list[tuple[Any, ...]]]:
    """Return the group of each row, from 0, and the values that make each."""
    if not parts:
        return np.zeros(rows, dtype=np.int64), [()]  # everything is one group, also where nothing is rated yet
    group, first = observed(*combined(((codes, len(values)) for codes, values in parts), rows))
    return group, [tuple(values[codes[row]] for codes, values in parts) for row in first]
