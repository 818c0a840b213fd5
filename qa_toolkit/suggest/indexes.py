"""The two indexes of a suggester, of situations and of answers: which kind they are goes by the number of rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from qa_toolkit.suggest.approximate import ApproximateIndex, Halves, has_faiss
from qa_toolkit.suggest.encoders import Progress
from qa_toolkit.suggest.index import DenseIndex, Index, Scores

# There, comparing all vectors of situations and of answers takes as long as everything else together.
EXACT_UP_TO: Final = 150_000
CHUNK: Final = 50_000  # texts that are encoded at once where there are many: bounds the memory

Encode = Callable[[list[str], Progress | None], Scores]


def make_indexes(
    encode: Encode,
    situations: Sequence[str],
    answers: Sequence[str],
    exact_up_to: int = EXACT_UP_TO,
    progress: Progress | None = None,
) -> tuple[Index, Index]:
    """Return the indexes of situations and of answers: exact ones up to a number of rows, above it approximate ones.

    Parameters
    ----------
    encode : callable
        Returns the vectors of texts.
    situations, answers : sequence of str
        One of each for each row.
    exact_up_to : int
        Rows up to which all vectors are compared.
    progress : callable, optional
        Called with texts done and texts in all.
    """
    if len(situations) > exact_up_to and has_faiss():
        halves = _halves(encode, [*situations, *answers], progress)
        asked, said = halves[: len(situations)], halves[len(situations) :]
        # What is asked for is a situation, whichever of the two it is compared with.
        return ApproximateIndex.built(asked, asked), ApproximateIndex.built(said, asked)
    if len(situations) > exact_up_to:
        warnings.warn(
            f"{len(situations):,} exemplars are compared one by one, which takes longer than {exact_up_to:,} should: "
            'pip install "qa-toolkit[index]" brings an approximate index, which is used from there on.',
            stacklevel=3,
        )
    vectors = encode([*situations, *answers], progress)
    return DenseIndex(vectors[: len(situations)]), DenseIndex(vectors[len(situations) :])


def _halves(encode: Encode, texts: Sequence[str], progress: Progress | None) -> Halves:
    parts = []
    for start in range(0, len(texts), CHUNK):
        told = None if progress is None else _from(progress, start, len(texts))
        parts.append(encode(list(texts[start : start + CHUNK]), told).astype(np.float16))
    return np.concatenate(parts)


def _from(progress: Progress, start: int, total: int) -> Progress:
    return lambda done, _: progress(start + done, total)
