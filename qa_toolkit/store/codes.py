"""The ratings of submitted reviews as a lean frame: integer codes from the database to the columns.

A row of the log per rating would be millions of Python objects. The database gathers each review into one row of
numbers, which NumPy reads as a whole; which of several ratings in a slot is the newest, NumPy finds too.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from qa_toolkit.store import current, tables
from qa_toolkit.store.acts import RATING
from qa_toolkit.store.dialects import Dialect, dialect_of
from qa_toolkit.store.disputes import Decided, held
from qa_toolkit.store.engine import reading

COLUMNS: Final = ("reviewer", "conversation_id", "rubric_hash", "commandment", "rating", "rated_at")
REVIEW: Final = ("actor", "conversation_id", "rubric_hash")
FAULTS: Final = ("fail", "partial")
RATINGS: Final = (*FAULTS, "pass", "na")
KINDS: Final = (RATING, "submit", "skip")
NO_EVIDENCE: Final = '"evidence":[]'  # as the log writes it; what was typed has a backslash before each quote
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
        log = _submitted(connection, exact)
    return held(_frame(log), decided)


def fault_numbers(connection: Connection, decided: Decided, commandment: str | None = None) -> list[int]:
    """Return the numbers of the events that tell the faults of submitted reviews, oldest first.

    These say fail or partial, or they could count in place of another (see `_telling`). An event by itself is a Python
    object, of which a log has no room for one of each rating.
    """
    log = _submitted(connection, exact=False)
    if commandment is not None:
        log = log.take(np.array([name == SLOT + commandment for name in log.slots], dtype=bool)[log.slot])
    return _telling(log, log.code < len(FAULTS), decided)


def evidence_numbers(connection: Connection, decided: Decided) -> list[int]:
    """Return the numbers of the ratings of submitted reviews that have evidence, or as of `fault_numbers`."""
    log, e = _submitted(connection, exact=False), current.log(connection).c
    without = e.payload.contains(NO_EVIDENCE, autoescape=True)
    query = sa.select(dialect_of(connection).listed(e.event_id)).where(e.kind == RATING, ~without)
    return _telling(log, np.isin(log.event_id, _numbers([connection.execute(query).scalar() or ""])), decided)


def _telling(log: _Log, rows: npt.NDArray[np.bool_], decided: Decided) -> list[int]:
    """Return the numbers of the events in some rows, and of whole reviews of which one value may hide another.

    So it is where a conversation was reviewed by two versions of a rubric, or where something was overturned.
    """
    again = Counter((actor, conversation) for actor, conversation, _ in log.reviews)
    cases = {conversation for _, conversation, *_ in decided}
    whole = np.array([again[actor, c] > 1 or c in cases for actor, c, _ in log.reviews], dtype=bool)
    found: list[int] = log.event_id[rows | whole[log.review]].tolist()
    return found


def _submitted(connection: Connection, exact: bool) -> _Log:
    """Return the current ratings of submitted reviews, in the order of the log."""
    log = _read(connection, exact)
    rows = _newest(log)
    code, review = log.code[rows], log.review[rows]
    submitted = np.zeros(len(log.reviews), dtype=bool)
    submitted[review[code == SUBMIT]] = True
    return log.take(rows[(code < len(RATINGS)) & submitted[review]])


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
