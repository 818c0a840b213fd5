"""A frame of ratings as whole numbers, only as far as it can tell about agreement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.stats.agreement._sums import Whole
from qa_toolkit.stats.codes import DENSE
from qa_toolkit.stats.frames import SCALE, checked_ratings, refuse, require

RATINGS: Final = (*SCALE, "na")
NA: Final = len(SCALE)


@dataclass(frozen=True)
class Coded:
    """Units that two reviewers or more rated; a unit is a conversation under a commandment.

    Parameters
    ----------
    commandments, reviewers : list of str
        All that the frame names, also those without such a unit; commandments in the order of the frame.
    conversation, commandment : ndarray of int, shape (units,)
        Of each unit; conversations in order of their ids.
    counts : ndarray of int, shape (units, 4)
        How many gave it fail, partial, pass and na.
    unit, reviewer, rating : ndarray of int, shape (ratings,)
        Each rating of these units, in order of unit and reviewer; `rating` is a place in `RATINGS`.
    """

    commandments: list[Any]
    reviewers: list[Any]
    conversation: Whole
    commandment: Whole
    counts: Whole
    unit: Whole
    reviewer: Whole
    rating: Whole


def coded(ratings: pd.DataFrame) -> Coded:
    """Return the ratings of the units that were rated twice or more; a wrong frame raises SchemaError."""
    require("ratings", ratings, ["reviewer", "conversation_id", "commandment", "rating"])
    conversation, _ = _codes(ratings, "conversation_id", sort=True)
    commandment, commandments = _codes(ratings, "commandment", sort=False)
    reviewer, reviewers = _codes(ratings, "reviewer", sort=True)
    rating, values = pd.factorize(ratings["rating"])
    place = np.append(pd.Index(RATINGS).get_indexer(pd.Index(values)), -1)[rating]  # the last: a missing rating
    unit, found = _in_order(conversation * max(len(commandments), 1) + commandment)
    twice = np.bincount(unit, minlength=len(found)) >= 2
    rows = np.flatnonzero(twice[unit])
    names, unit = found[twice], (np.cumsum(twice) - 1)[unit[rows]]
    order = np.argsort(unit * max(len(reviewers), 1) + reviewer[rows], kind="stable")
    unit, rows = unit[order], rows[order]
    again = (unit[1:] == unit[:-1]) & (reviewer[rows][1:] == reviewer[rows][:-1])
    if (place < 0).any() or again.any():
        checked_ratings(ratings)  # names every row that is wrong
    value = place[rows].astype(np.int64)
    counts = np.bincount(unit * len(RATINGS) + value, minlength=len(names) * len(RATINGS))
    return Coded(
        commandments,
        reviewers,
        names // max(len(commandments), 1),
        names % max(len(commandments), 1),
        counts.reshape(len(names), len(RATINGS)),
        unit,
        reviewer[rows],
        value,
    )


def _in_order(key: Whole) -> tuple[Whole, Whole]:
    """Return `key` counted from 0 in order, and what each number stands for."""
    size = int(key.max(initial=-1)) + 1
    if size > DENSE * len(key) + 1:
        found, key = np.unique(key, return_inverse=True)
        return key, found
    there = np.bincount(key, minlength=size) > 0
    return (np.cumsum(there) - 1)[key], np.flatnonzero(there)


def _codes(rated: pd.DataFrame, column: str, sort: bool) -> tuple[Whole, list[Any]]:
    codes, names = pd.factorize(rated[column], sort=sort)
    if (codes < 0).any():
        refuse("ratings", rated, pd.Series(codes < 0, index=rated.index), column, "is missing")
    return codes.astype(np.int64), list(names)
