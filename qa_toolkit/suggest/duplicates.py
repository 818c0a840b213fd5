"""Answers that say the same: macros, and what somebody sent again with another name or number in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.errors import InvalidActError
from qa_toolkit.suggest.curating import best_first
from qa_toolkit.suggest.variety import answer_key

DUPLICATES: Final = (
    "group",
    "exemplar_id",
    "keep",
    "likeness",
    "agent",
    "commandments",
    "source",
    "verified_by",
    "votes",
    "answer",
)
THRESHOLD: Final = 0.6
WORDS: Final = 3  # in a shingle
# 25 bands of 4: two answers of likeness 0.6 share a band with probability 0.97, of 0.3 with 0.18.
BANDS: Final = 25
ROWS: Final = 4

Hashes = npt.NDArray[np.uint64]


def duplicate_answers(exemplars: pd.DataFrame, threshold: float = THRESHOLD) -> pd.DataFrame:
    """Group exemplars whose answers say the same, each group around the one that is verified best.

    Two answers are alike by the Jaccard index of their runs of three words, whatever their case, punctuation and
    white space: the share of the runs of either that are in both. All of a group are alike the best one, not
    only each other, so that it can stand for all of them.

    Parameters
    ----------
    exemplars : pandas.DataFrame
        As from `Project.exemplars`.
    threshold : float
        In (0, 1]: how alike an answer must be to the best one of its group; 1 for the same words only.

    Returns
    -------
    pandas.DataFrame
        Columns `DUPLICATES`, the largest group first and in it the best one, whose ``keep`` is True; ``likeness`` in
        [0, 1] is that to the best one. Empty where no two are alike.

    Raises
    ------
    InvalidActError
        If `threshold` is out of range.

    References
    ----------
    Broder (1997), On the resemblance and containment of documents; candidates by bands of MinHash values as in
    Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, 3.4.
    """
    if not 0 < threshold <= 1:
        raise InvalidActError(f"the threshold is {threshold}; give a number above 0, up to 1 for the same words only")
    frame = exemplars.set_index("exemplar_id", drop=False).loc[best_first(exemplars)].reset_index(drop=True)
    by_key: dict[str, list[int]] = defaultdict(list)
    for row, answer in enumerate(frame["answer"]):
        by_key[answer_key(answer)].append(row)
    same = list(by_key.values())  # in the order of their best one
    rows, groups, keep, likeness = [], [], [], []
    for number, members in enumerate(_groups(list(by_key), same, threshold)):
        for row, like in members:
            rows.append(row)
            groups.append(number)
            keep.append(row == members[0][0])
            likeness.append(like)
    out = frame.iloc[rows].reset_index(drop=True)
    out["group"] = pd.Series(groups, index=out.index, dtype="int64")
    out["keep"] = pd.Series(keep, index=out.index, dtype="bool")
    out["likeness"] = pd.Series(likeness, index=out.index, dtype="float64")
    return out[list(DUPLICATES)]


def _groups(keys: list[str], same: list[list[int]], threshold: float) -> list[list[tuple[int, float]]]:
    """Return groups of at least two rows with their likeness to the first, the largest group first."""
    found = [
        [(row, 1.0) for row in same[key]] + [(row, like) for other, like in others for row in same[other]]
        for key, others in _stars(keys, threshold)
    ]
    return sorted((group for group in found if len(group) > 1), key=lambda group: (-len(group), group[0][0]))


def _stars(keys: list[str], threshold: float) -> Iterator[tuple[int, list[tuple[int, float]]]]:
    """Yield each text that no better one stands for, and those that are like it, with their likeness."""
    shingles = _shingles(keys)
    buckets = _buckets(_bands(shingles))
    of_text: dict[int, list[int]] = defaultdict(list)
    for number, texts in enumerate(buckets):
        for text in texts:
            of_text[text].append(number)
    free = np.ones(len(keys), dtype=bool)
    for text in range(len(keys)):
        if not free[text]:
            continue
        free[text] = False
        near = {other for number in of_text.get(text, ()) for other in buckets[number] if free[other]}
        scores = [(other, _jaccard(shingles[text], shingles[other])) for other in sorted(near)]
        alike = [(other, score) for other, score in scores if score >= threshold]
        free[[other for other, _ in alike]] = False
        yield text, alike


def _buckets(bands: Hashes) -> list[list[int]]:
    """Return the texts that share a band, for each value that more than one of them has."""
    found: list[list[int]] = []
    for values in bands.T:
        order = np.argsort(values, kind="stable")
        cuts = np.flatnonzero(np.diff(values[order])) + 1
        ends = np.concatenate([cuts, [len(values)]])
        for start, end in zip(np.concatenate([[0], cuts]), ends, strict=True):
            if end - start > 1:
                found.append(order[start:end].tolist())
    return found


def _shingles(keys: Sequence[str]) -> list[Hashes]:
    """Return the different runs of three words of each text, as hashes; of a shorter text all its words as one."""
    numbers: dict[str, int] = {}
    words = [[numbers.setdefault(word, len(numbers) + 1) for word in key.split()] for key in keys]
    words = [one + [0] * (WORDS - len(one)) for one in words]
    lengths = np.array([len(one) for one in words], dtype=np.int64)
    whole = np.fromiter((word for one in words for word in one), dtype=np.uint64, count=int(lengths.sum()))
    texts = np.repeat(np.arange(len(keys)), lengths)
    n = max(0, len(whole) - WORDS + 1)
    runs = np.zeros(n, dtype=np.uint64)
    for step in range(WORDS):
        runs = _mixed(runs ^ whole[step : step + n])
    inside = texts[:n] == texts[WORDS - 1 :]  # a run does not go on into the next text
    runs, texts = runs[inside], texts[:n][inside]
    order = np.lexsort((runs, texts))
    runs, texts = runs[order], texts[order]
    first = np.ones(len(runs), dtype=bool)
    first[1:] = (runs[1:] != runs[:-1]) | (texts[1:] != texts[:-1])
    runs, texts = runs[first], texts[first]
    return np.split(runs, np.searchsorted(texts, np.arange(1, len(keys)))) if keys else []


def _bands(shingles: list[Hashes]) -> Hashes:
    """Return a hash of each band of MinHash values of each text, shape (n_texts, BANDS)."""
    if not shingles:
        return np.zeros((0, BANDS), dtype=np.uint64)
    factors = np.random.default_rng(2).integers(0, 2**64, BANDS * ROWS, dtype=np.uint64) | np.uint64(1)
    whole, starts = np.concatenate(shingles), np.cumsum([0, *(len(one) for one in shingles[:-1])])
    out = np.zeros((len(shingles), BANDS), dtype=np.uint64)
    for at, factor in enumerate(factors):
        # The hashes are mixed already, so that times an odd number they come in another order.
        least = np.minimum.reduceat(whole * factor, starts)
        out[:, at // ROWS] = _mixed(out[:, at // ROWS] ^ least)
    return out


def _mixed(values: Hashes) -> Hashes:
    """Return values whose every bit depends on all bits of the given ones (the finaliser of MurmurHash3)."""
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        values = (values ^ (values >> np.uint64(33))) * np.uint64(factor)
    return values ^ (values >> np.uint64(33))


def _jaccard(one: Hashes, other: Hashes) -> float:
    both = int(np.intersect1d(one, other, assume_unique=True).size)
    return both / (len(one) + len(other) - both)
