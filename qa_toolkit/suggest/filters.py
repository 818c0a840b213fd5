"""Which exemplars may be suggested at all: filters come before ranking."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.errors import InvalidActError
from qa_toolkit.suggest.index import Condition, Mask, Part, Rows

VERIFIED: Final = ("marked", "rated")  # the sources in which a reviewer found it good


class Filters:
    """Masks over exemplars, from what was worked out once for each column that is asked for.

    Parameters
    ----------
    frame : pandas.DataFrame
        Exemplars.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self._rows = pd.Index(frame["exemplar_id"])
        self._passed, self._failed = _by_name(frame["commandments"]), _by_name(frame["failed_for"])
        self._marked = _by_name(frame["verdicts"].map(_marked))
        self._unjudged = np.array([not listed for listed in frame["commandments"]], dtype=bool)
        self._faultless = np.array([not listed for listed in frame["failed_for"]], dtype=bool)
        self._verified = frame["source"].isin(VERIFIED).to_numpy(dtype=bool)
        self._codes: dict[str, tuple[npt.NDArray[np.int64], dict[Any, int]]] = {}

    def extended(self, frame: pd.DataFrame) -> Filters:
        """Return the filters of a frame whose first rows are those of this one's; only the others are looked at."""
        n, other = len(self._frame), copy(self)
        new = Filters(frame.iloc[n:])
        other._frame, other._rows, other._codes = frame, pd.Index(frame["exemplar_id"]), {}
        other._passed = _joined(self._passed, new._passed, n)
        other._failed = _joined(self._failed, new._failed, n)
        other._marked = _joined(self._marked, new._marked, n)
        other._unjudged = np.concatenate([self._unjudged, new._unjudged])
        other._faultless = np.concatenate([self._faultless, new._faultless])
        other._verified = np.concatenate([self._verified, new._verified])
        return other

    def allowed(
        self,
        equal: Mapping[str, str | None],
        differ: Mapping[str, str | None],
        since: str | date | None,
        until: str | date | None,
        exclude: Collection[str],
    ) -> Part:
        """Return which exemplars pass all filters; None filters nothing.

        Parameters
        ----------
        equal, differ : mapping of str to str or None
            Column to the only value it may have, or the one it may not have.
        since, until : str or datetime.date, optional
            since <= sent_at < until; without a time zone, UTC.
        exclude : collection of str
            Ids of exemplars to leave out.

        Raises
        ------
        InvalidActError
            If a date cannot be read, or the exemplars have no such column.
        """
        keep, where = np.ones(len(self._frame), dtype=bool), list[Condition]()
        for column, wanted in equal.items():
            if wanted is not None:
                keep &= self._equals(column, wanted)
                where.append((column, "=", wanted))
        for column, unwanted in differ.items():
            if unwanted is not None:
                keep &= ~self._equals(column, unwanted)
                where.append((column, "!=", unwanted))
        first, end = _instant("since", since), _instant("until", until)
        if first is not None:
            keep &= (self._frame["sent_at"] >= first).to_numpy(dtype=bool)
            where.append(("sent_at", ">=", first.to_pydatetime()))
        if end is not None:
            keep &= (self._frame["sent_at"] < end).to_numpy(dtype=bool)
            where.append(("sent_at", "<", end.to_pydatetime()))
        left_out = self._rows.get_indexer(pd.Index(list(exclude), dtype=object))
        keep[left_out[left_out >= 0]] = False
        if len(exclude):
            where.append(("exemplar_id", "not in", sorted(exclude)))
        return Part(keep, tuple(where))

    def parts(self, part: Part, commandment: str | None, include_unverified: bool) -> list[Part]:
        """Return what may be suggested, what was verified for the commandment first; nothing that failed for it."""
        if commandment is None:
            sound = _within(part, self._faultless, ("failed_for", "empty", None))
            return [sound if include_unverified else _within(sound, self._verified, ("source", "in", list(VERIFIED)))]
        good = np.zeros(len(self._frame), dtype=bool)
        good[self._passed.get(commandment, [])] = True
        found = [_within(part, good, ("commandments", "holds", commandment))]
        if include_unverified:
            unjudged = self._unjudged.copy()
            unjudged[self._failed.get(commandment, [])] = False
            conditions = ("commandments", "empty", None), ("failed_for", "lacks", commandment)
            found.append(_within(part, unjudged, *conditions))
        return found

    def marked(self, commandment: str | None) -> Mask | None:
        """Return which exemplars a reviewer marked as good for a commandment; None without one."""
        if commandment is None:
            return None
        found = np.zeros(len(self._frame), dtype=bool)
        found[self._marked.get(commandment, [])] = True
        return found

    def _equals(self, column: str, value: str) -> Mask:
        if column not in self._frame:
            raise InvalidActError(f"the {column} of these exemplars is not known: give their frame a column {column!r}")
        if column not in self._codes:
            codes, values = pd.factorize(self._frame[column])
            self._codes[column] = codes, {one: code for code, one in enumerate(values)}
        codes, numbers = self._codes[column]
        return np.asarray(codes == numbers.get(value, len(numbers)), dtype=bool)


def _within(part: Part, mask: Mask, *conditions: Condition) -> Part:
    return Part(part.mask & mask, (*part.where, *conditions))


def _by_name(lists: pd.Series[Any]) -> dict[str, Rows]:
    """Return the rows whose list holds a name, by name."""
    found: dict[str, list[int]] = {}
    for row, names in enumerate(lists):
        for name in names:
            found.setdefault(name, []).append(row)
    return {name: np.array(rows, dtype=np.int64) for name, rows in found.items()}


def _marked(verdicts: Collection[tuple[str, str, str]]) -> list[str]:
    return sorted({name for name, _, kind in verdicts if kind == "marked"})


def _joined(rows: Mapping[str, Rows], later: Mapping[str, Rows], n: int) -> dict[str, Rows]:
    """Return the rows by name of both, where the first of `later` is row `n`."""
    nothing = np.zeros(0, dtype=np.int64)
    names = {**rows, **later}
    return {name: np.concatenate([rows.get(name, nothing), later.get(name, nothing) + n]) for name in names}


def _instant(name: str, value: str | date | None) -> pd.Timestamp | None:
    if value is None:
        return None
    when = pd.to_datetime(value, errors="coerce")
    if pd.isna(when):
        raise InvalidActError(f"{name} is {value!r}: give a date such as 2024-05-31")
    return when.tz_localize("UTC") if when.tzinfo is None else when.tz_convert("UTC")
