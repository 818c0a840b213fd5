"""Many tables of rates from ratings that are counted once; each is what `pass_rates` gives."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.stats.codes import add_up
from qa_toolkit.stats.comparing import compared
from qa_toolkit.stats.design import Array, Cells
from qa_toolkit.stats.estimates import ratings_alike, table_of
from qa_toolkit.stats.grouping import Grouped, beside
from qa_toolkit.stats.hajek import hajek
from qa_toolkit.stats.responses import answered

COMMANDMENT: Final = "commandment"


class Tally:
    """Ratings of a sample, counted by conversation and commandment, for tables of the share of `rating`.

    Parameters
    ----------
    ratings, sample, rating
        As in `pass_rates`.

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.
    """

    def __init__(self, ratings: pd.DataFrame, sample: pd.DataFrame, rating: str = "pass") -> None:
        self._sample = answered(ratings["conversation_id"], sample).sample
        self._each, self._values = ratings_alike(ratings, sample, COMMANDMENT, [rating, None], None)
        self._is_mean = False

    @cached_property
    def scores(self) -> Tally:
        """The same tables of the mean of ratings, pass 1, partial 0.5, fail 0: in ``mean`` instead of ``rate``."""
        scores = Tally.__new__(Tally)
        scores._sample, scores._each, scores._values, scores._is_mean = self._sample, self._values, self._values, True
        return scores

    def rates(self, by: str | Sequence[str] = COMMANDMENT, finite: bool = False, level: float = 0.95) -> pd.DataFrame:
        """Return what `pass_rates` gives for ``commandment`` and columns of the sample."""
        return self._table(self._grouped(by), finite, level)

    def pooled(
        self, sets: Mapping[str, Collection[str]], name: str, finite: bool = False, level: float = 0.95
    ) -> pd.DataFrame:
        """Return the rate over each of some sets of commandments; the sets may overlap.

        Parameters
        ----------
        sets : mapping of str to collection of str
            Commandments of each set.
        name : str
            Of the column with the keys of `sets`, which comes first.
        finite, level
            As in `pass_rates`.

        Returns
        -------
        pandas.DataFrame
            As from `pass_rates`, in the order of `sets`; without those of which no conversation was rated.
        """
        inside = np.array([[key[0] in members for members in sets.values()] for key in self._each.keys], dtype=float)
        top, bottom, there = (values @ inside.reshape(self._each.cells.groups, len(sets)) for values in self._spread)
        unit, group = np.nonzero(there)
        pooled = Cells(group, unit, top[unit, group], bottom[unit, group], len(sets))
        found = Grouped(pooled, self._each.design, [name], [(key,) for key in sets])
        table = self._table(found, finite, level)
        known = np.flatnonzero(there.sum(0) > 0)
        place = {key: i for i, key in enumerate(sets)}
        order = table[name].map(place)
        return table[order.isin(known)].iloc[np.argsort(order[order.isin(known)])].reset_index(drop=True)

    def difference(
        self, by: str, first: Any, second: Any, each: str | Sequence[str] = COMMANDMENT, level: float = 0.95
    ) -> pd.DataFrame:
        """Return what `rate_difference` gives."""
        columns = [each] if isinstance(each, str) else list(each)
        return compared(self._grouped([*columns, by]), (first, second), level, is_mean=self._is_mean)

    def _grouped(self, by: str | Sequence[str]) -> Grouped:
        columns = [by] if isinstance(by, str) else list(by)
        return beside(self._each if COMMANDMENT in columns else self._whole, self._sample, columns)

    @cached_property
    def _spread(self) -> tuple[Array, Array, Array]:
        """Top, bottom and whether there is a cell, of each conversation and commandment."""
        cells = self._each.cells
        shape, at = (len(self._sample), cells.groups), cells.unit * cells.groups + cells.group
        ones = np.ones(len(at))
        top, bottom, there = (add_up(at, v, shape[0] * shape[1]) for v in (cells.top, cells.bottom, ones))
        return top.reshape(shape), bottom.reshape(shape), there.reshape(shape)

    @cached_property
    def _whole(self) -> Grouped:
        """Return the cells of everything, without regard to the commandment."""
        cells, units = self._each.cells, len(self._sample)
        unit = np.flatnonzero(np.bincount(cells.unit, minlength=units))
        top, bottom = (add_up(cells.unit, value, units)[unit] for value in (cells.top, cells.bottom))
        whole = Cells(np.zeros(len(unit), dtype=np.int64), unit, top, bottom, 1)
        return replace(self._each, cells=whole, columns=[], keys=[()])

    def _table(self, found: Grouped, finite: bool, level: float) -> pd.DataFrame:
        of = hajek(found.cells, found.design, finite, level, self._is_mean)
        return table_of(found, of, "mean" if self._is_mean else "rate")
