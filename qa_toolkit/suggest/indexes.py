"""The two indexes of a suggester, of situations and of answers: which kind they are goes by the number of rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from qa_toolkit.suggest.approximate import ApproximateIndex, Halves, has_faiss
from qa_toolkit.suggest.asking import encoded
from qa_toolkit.suggest.encoders import Encoder, Progress
from qa_toolkit.suggest.index import DenseIndex, Index
from qa_toolkit.suggest.index_file import IndexFile, digest

# There, comparing all vectors of situations and of answers takes as long as everything else together.
EXACT_UP_TO: Final = 150_000
CHUNK: Final = 50_000  # texts that are encoded at once where there are many: bounds the memory


def make_indexes(
    encoder: Encoder,
    situations: Sequence[str],
    answers: Sequence[str],
    exact_up_to: int = EXACT_UP_TO,
    progress: Progress | None = None,
    file: Path | None = None,
) -> tuple[Index, Index]:
    """Return the indexes of situations and of answers: exact ones up to a number of rows, above it approximate ones.

    Parameters
    ----------
    encoder : Encoder
    situations, answers : sequence of str
        One of each for each row.
    exact_up_to : int
        Rows up to which all vectors are compared.
    progress : callable, optional
        Called with texts done and texts in all.
    file : pathlib.Path, optional
        Where approximate indexes are kept for the next time.
    """
    if len(situations) > exact_up_to and has_faiss():
        asked, said = _approximate(encoder, [*situations, *answers], progress, file)
        return asked, said
    if len(situations) > exact_up_to:
        warnings.warn(
            f"{len(situations):,} exemplars are compared one by one, which takes longer than {exact_up_to:,} should: "
            'pip install "qa-toolkit[index]" brings an approximate index, which is used from there on.',
            stacklevel=3,
        )
    vectors = encoded(encoder, [*situations, *answers], progress)
    return DenseIndex(vectors[: len(situations)]), DenseIndex(vectors[len(situations) :])


def _approximate(
    encoder: Encoder, texts: Sequence[str], progress: Progress | None, path: Path | None
) -> Sequence[ApproximateIndex]:
    kept, rows = IndexFile(path) if path else None, digest(texts) if path else ""
    found = kept.read(encoder.model_id, rows) if kept else None
    if found is None:
        halves, n = _halves(encoder, texts, progress), len(texts) // 2
        # What is asked for is a situation, whichever of the two it is compared with.
        found = [ApproximateIndex.built(part, halves[:n]) for part in (halves[:n], halves[n:])]
        found = kept.write(encoder.model_id, rows, found) if kept else found
    return found


def _halves(encoder: Encoder, texts: Sequence[str], progress: Progress | None) -> Halves:
    out: Halves | None = None
    for start in range(0, len(texts), CHUNK):
        told = None if progress is None else _from(progress, start, len(texts))
        found = encoded(encoder, list(texts[start : start + CHUNK]), told)
        out = np.empty((len(texts), found.shape[1]), dtype=np.float16) if out is None else out
        out[start : start + CHUNK] = found
    return np.zeros((0, 0), dtype=np.float16) if out is None else out


def _from(progress: Progress, start: int, total: int) -> Progress:
    return lambda done, _: progress(start + done, total)
