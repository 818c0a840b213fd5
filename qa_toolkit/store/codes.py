"""The ratings of submitted reviews as a lean frame: integer codes from the database to the columns.

A row of the log per rating would be millions of Python objects. The database gathers each review into one row of
numbers, which NumPy reads as a whole; which of several ratings in a slot is the newest, NumPy finds too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.store import current, tables
from qa_toolkit.store.dialects import Dialect, dialect_of
from qa_toolkit.store.disputes import Decided, held
from qa_toolkit.store.engine import reading

COLUMNS: Final = ("reviewer", "conversation_id", "rubric_hash", "commandment", "rating", "rated_at")
REVIEW: Final = ("actor", "conversation_id", "rubric_hash")
RATINGS: Final = ("fail", "partial", "pass", "na")
KINDS: Final = ("rating", "submit", "skip")
SLOT: Final = "rating:"
SUBMIT, SKIP, TAKEN_BACK, CODES = 4, 5, 6, 8  # beside the places in RATINGS
ROWS: Final = 1000  # reviews in one fetch

Codes = npt.NDArray[np.int64]
_NONE: Final[Codes] = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class _Log:
    """Acts on reviews: the reviews, the names of slots, and for each act its numbers, as arrays of one length."""

    reviews: list[tuple[str, ...]]
    slots: list[str]
    review: Codes
    slot: Codes
    event_id: Codes
    code: Codes
    at: Codes

    def take(self, rows: npt.NDArray[Any]) -> _Log:
        numbers = (self.review, self.slot, self.event_id, self.code, self.at)
        return _Log(self.reviews, self.slots, *(column[rows] for column in numbers))


def rating_codes(engine: Engine, exact: bool, decided: Decided) -> pd.DataFrame:
    """Return the current ratings of submitted reviews in the order of the log, without what was written beside them.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    exact : bool
        False: ``rated_at`` is when the review was last changed, which takes half of the time.
    decided : dict
        What holds in place of ratings that were overturned; from `DisputeStore.overturned`.

    Returns
    -------
    pandas.DataFrame
        ``reviewer``, ``conversation_id``, ``rubric_hash``, ``commandment`` and ``rating`` (fail, partial, pass, na) as
        categories, and ``rated_at`` (UTC).
    """
    with reading(engine) as connection:
        log = _read(connection, exact)
    rows = _newest(log)
    code, review = log.code[rows], log.review[rows]
    submitted = np.zeros(len(log.reviews), dtype=bool)
    submitted[review[code == SUBMIT]] = True
    return held(_frame(log.take(rows[(code < len(RATINGS)) & submitted[review]])), decided)


def _read(connection: Connection, exact: bool) -> _Log:
    reviews: list[tuple[str, ...]] = []
    known: dict[str, Codes] = {}  # most reviews rate the same commandments, so few lists of slots are taken apart
    places: dict[str, int] = {}
    slots, events, times = [_NONE], [_NONE], [_NONE]
    result = connection.execution_options(yield_per=ROWS).execute(_query(connection, exact))
    for rows in result.partitions():
        for *head, text, _, _ in rows:
            reviews.append(tuple(head))
            if text not in known:
                known[text] = np.array([places.setdefault(name, len(places)) for name in json.loads(text)])
            slots.append(known[text])
        events.append(_numbers(row[-2] for row in rows))
        times.append(_numbers(str(row[-1]) for row in rows))
    review: Codes = np.repeat(np.arange(len(reviews)), [len(found) for found in slots[1:]])
    event, at = np.concatenate(events), np.concatenate(times)
    numbers = event // CODES, event % CODES, at if exact else at[review]
    return _Log(reviews, list(places), review, np.concatenate(slots), *numbers)


def _numbers(lists: Iterable[str]) -> Codes:
    return np.fromstring(",".join(lists), dtype=np.int64, sep=",")


def _query(connection: Connection, exact: bool) -> sa.Select[Any]:
    dialect, log, undo = dialect_of(connection), current.log(connection), current.log(connection)
    e = log.c
    undone = sa.select(undo.c.target).where(undo.c.target.is_not(None))
    event = dialect.listed(e.event_id * CODES + _code(dialect, e.kind, e.payload))
    review = [e[name] for name in REVIEW]
    of_review = (
        sa.select(*review, dialect.json_list(e.slot).label("slots"), event.label("events"))
        .where(e.kind.in_(KINDS), e.event_id.not_in(undone))
        .group_by(*review)
    )
    if exact:
        return of_review.add_columns(dialect.listed(dialect.microseconds(e.at)))
    if dialect.on_server:  # which reads whole rows in any case
        return of_review.add_columns(dialect.microseconds(sa.func.max(e.at)))
    # The time is not in the index that SQLite reads alone: it is looked up once for each review.
    found, newest = of_review.add_columns(sa.func.max(e.event_id).label("last")).subquery(), tables.events.alias()
    at = sa.select(dialect.microseconds(newest.c.at)).where(newest.c.event_id == found.c.last)
    return sa.select(*found.c[*REVIEW, "slots", "events"], at.scalar_subquery())


def _code(dialect: Dialect, kind: Any, payload: Any) -> sa.ColumnElement[int]:
    rating = {name: code for code, name in enumerate(RATINGS)}
    other = sa.case({"submit": SUBMIT, "skip": SKIP}, value=kind, else_=TAKEN_BACK)
    return sa.case(rating, value=dialect.rating_word(kind, payload), else_=other)


def _newest(log: _Log) -> Codes:
    """Return the places of the newest act of each slot, in the order of the log."""
    rows = np.argsort(log.event_id, kind="stable")
    slot = pd.Series((log.review * len(log.slots) + log.slot)[rows])
    return rows[~slot.duplicated(keep="last").to_numpy()]


def _frame(log: _Log) -> pd.DataFrame:
    heads = zip(*log.reviews, strict=True) if log.reviews else ((), (), ())
    columns: dict[str, Any] = {
        name: _category(values, log.review) for name, values in zip(COLUMNS[:3], heads, strict=True)
    }
    columns["commandment"] = _category([name.removeprefix(SLOT) for name in log.slots], log.slot)
    columns["rating"] = pd.Categorical.from_codes(log.code, categories=pd.Index(RATINGS, dtype="str"))
    columns["rated_at"] = pd.DatetimeIndex(log.at.view("datetime64[us]")).tz_localize("UTC")
    return pd.DataFrame(columns)


def _category(values: Sequence[str], rows: Codes) -> pd.Categorical:
    """Return the values at places `rows` as categories, sorted, without those that no row has."""
    codes, names = pd.factorize(pd.Series(values, dtype="str"), sort=True)
    found = codes[rows]
    used = np.bincount(found, minlength=len(names)) > 0
    return pd.Categorical.from_codes((np.cumsum(used) - 1)[found], categories=names[used])
