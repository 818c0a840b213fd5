"""Ratings as integer codes with their design weights: what the models compute with, without a string in sight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from qa_toolkit.stats.codes import Codes, codes_of
from qa_toolkit.stats.design import Array, Design
from qa_toolkit.stats.frames import NONE, VALUES, coded_ratings, refuse, require
from qa_toolkit.stats.responses import answered


@dataclass(frozen=True)
class Coded:
    """The applicable ratings of the conversations of a sample that answer, m of them.

    Parameters
    ----------
    value : ndarray, shape (m,)
        1 for pass, 0.5 for partial, 0 for fail.
    weight : ndarray, shape (m,)
        The conversation's weight, divided by how many rated the commandment there (``na`` too), so that a
        conversation that several reviewers rated counts once.
    conversation, agent, reviewer, commandment : ndarray of int64, shape (m,)
        Codes; the conversation's is its place in `sample` and `design`.
    row : ndarray of int64, shape (m,)
        Position in the frame of ratings.
    sample : pandas.DataFrame
        The rows of the sample that answer.
    design : Design
    agents, reviewers, commandments : list of str
        What the codes stand for.
    """

    value: Array
    weight: Array
    conversation: Codes
    agent: Codes
    reviewer: Codes
    commandment: Codes
    row: Codes
    sample: pd.DataFrame
    design: Design
    agents: list[str]
    reviewers: list[str]
    commandments: list[str]


def coded(ratings: pd.DataFrame, sample: pd.DataFrame) -> Coded:
    """Turn ratings into codes, and leave out ``na`` and what has no weight in the sample.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``; strings or categories.
    sample : pandas.DataFrame
        As in `checked_sample`, and ``agent``.

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.
    """
    require("sample", sample, ["agent"])
    rated = coded_ratings(ratings)
    answers = answered(rated["conversation_id"], sample)
    kinds, kind_names = codes_of(rated["commandment"])
    words, word_names = codes_of(rated["rating"])
    values = np.array([VALUES.get(word, np.nan) for word in word_names])
    inside = np.flatnonzero(answers.at >= 0)
    cell = answers.at[inside] * (len(kind_names) + 1) + kinds[inside]
    value = values[words[inside]]
    weight = answers.design.weights[answers.at[inside]] / np.bincount(cell, minlength=1)[cell]
    applies = ~np.isnan(value)
    row = inside[applies]
    conversation = answers.at[row]
    names = answers.sample["agent"].astype("str").fillna(NONE)
    agent, agents = _used(names, conversation)
    reviewer, reviewers = _used(rated["reviewer"], row)
    commandment, commandments = _used(rated["commandment"], row)
    codes = (conversation, agent, reviewer, commandment, row)
    return Coded(
        value[applies], weight[applies], *codes, answers.sample, answers.design, agents, reviewers, commandments
    )


def _used(column: pd.Series[str], rows: Codes) -> tuple[Codes, list[str]]:
    """Return codes of some rows of a column for the names that occur there, in order of the alphabet."""
    codes, names = codes_of(column)
    refuse("ratings", column.to_frame(), codes == len(names), str(column.name), "is missing")
    codes = codes[rows]
    used = np.flatnonzero(np.bincount(codes, minlength=len(names)))
    used = used[np.argsort(np.array(names[used], dtype=object), kind="stable")]
    numbers = np.zeros(len(names), dtype=np.int64)
    numbers[used] = np.arange(len(used))
    return numbers[codes], list(names[used])
