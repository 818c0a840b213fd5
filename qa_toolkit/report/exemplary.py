"""Which verified answers stand in the example library: the best for each commandment, and none of them twice."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import pandas as pd

SAME: Final = 0.8  # share of two answers' pairs of words that both have, from which they say the same
WORD: Final = re.compile(r"\w+")
DIGITS: Final = re.compile(r"\d+")


@dataclass(frozen=True)
class Exemplary:
    """One answer for one commandment: its row of `Project.exemplars`, and who found it good for the commandment."""

    row: dict[str, Any]
    reviewers: tuple[str, ...]
    marked: bool


def choose_exemplary(exemplars: pd.DataFrame, commandments: Sequence[str], n: int) -> dict[str, list[Exemplary]]:
    """Choose the best `n` verified answers for each commandment.

    The best are those that no review found short of anything; then those that somebody marked as a good answer, before
    those that were only rated pass; then by how many reviewers found them good for the commandment, with a note before
    without, by votes; the newest of equals. An answer in nearly the words of a better one is passed over, see
    `same_words`.

    Parameters
    ----------
    exemplars : pandas.DataFrame
        As from `Project.exemplars`.
    commandments : sequence of str
        Ids.
    n : int
        At most so many for each.

    Returns
    -------
    dict of str to list of Exemplary
        By the id of each commandment, in their order; an empty list where nobody verified an answer.
    """
    found: dict[str, list[Exemplary]] = defaultdict(list)
    for row in exemplars.to_dict("records"):
        for name in row["commandments"]:
            verdicts = [(who, kind) for about, who, kind in row["verdicts"] if about == name]
            reviewers = tuple(sorted({who for who, _ in verdicts}))
            marked = any(kind == "marked" for _, kind in verdicts)
            found[name].append(Exemplary({str(k): v for k, v in row.items()}, reviewers, marked))
    return {name: _unlike(sorted(found[name], key=_rank), n) for name in commandments}


def _rank(one: Exemplary) -> tuple[Any, ...]:
    row = one.row
    age = -row["sent_at"].timestamp() if pd.notna(row["sent_at"]) else float("inf")
    praise = (one.marked, len(one.reviewers), bool(row["note"].strip()), row["votes"])
    return (len(row["failed_for"]) > 0, *(-value for value in praise), age, row["exemplar_id"])


def _unlike(ranked: Iterable[Exemplary], n: int) -> list[Exemplary]:
    kept: list[Exemplary] = []
    seen: list[frozenset[str]] = []
    for one in ranked:
        if len(kept) >= n:
            break
        pairs = word_pairs(one.row["answer"])
        if not any(same_words(pairs, other) for other in seen):
            kept.append(one)
            seen.append(pairs)
    return kept


def word_pairs(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring words of a text, without case and punctuation, every number as 0."""
    words = WORD.findall(DIGITS.sub("0", unicodedata.normalize("NFKC", text).casefold()))
    return frozenset(map(" ".join, pairwise(words))) or frozenset(words or [text.strip()])


def same_words(one: frozenset[str], other: frozenset[str]) -> bool:
    """Return whether two texts have at least 80% of their pairs of words in common (Jaccard)."""
    return len(one & other) >= SAME * len(one | other)
