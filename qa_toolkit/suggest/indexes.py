"""The two indexes of a suggester, of situations and of answers: which kind they are goes by the number of rows."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from qa_toolkit.suggest.approximate import ApproximateIndex, Halves, has_faiss
from qa_toolkit.suggest.asking import encoded
from qa_toolkit.suggest.backend import Words
from qa_toolkit.suggest.encoders import Encoder, Progress
from qa_toolkit.suggest.index import DenseIndex, Index, Rows
from qa_toolkit.suggest.index_file import Contents, IndexFile, row_keys
from qa_toolkit.suggest.lexical import LexicalIndex

# There, comparing all vectors of situations and of answers takes as long as everything else together.
EXACT_UP_TO: Final = 150_000
# Shares of the rows: so many that came or went are put in their place at each start, beyond that the file is written
# with them; from so many on since the cells were found, they are found anew.
SOME: Final = 0.02
MANY: Final = 0.25
CHUNK: Final = 50_000  # texts that are encoded at once where there are many: bounds the memory


def in_memory(
    encoder: Encoder, exact_up_to: int, file: Path | None
) -> Callable[[pd.DataFrame, Progress | None], tuple[tuple[Index, Index], Words]]:
    """Return what makes the indexes and the words of exemplars in this process, as a `Backend` does."""

    def over(frame: pd.DataFrame, progress: Progress | None) -> tuple[tuple[Index, Index], Words]:
        situations, answers = frame["situation"].tolist(), frame["answer"].tolist()
        words = LexicalIndex(f"{s}\n{a}" for s, a in zip(situations, answers, strict=True))
        # Two vectors, not one of both texts: a third of them together are longer than the packaged model reads.
        return make_indexes(encoder, situations, answers, exact_up_to, progress, file), words

    return over


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
        texts = _Texts(encoder, situations, answers)
        asked, said = texts.kept(IndexFile(file), progress) if file else texts.built(progress)
        return asked, said
    if len(situations) > exact_up_to:
        warnings.warn(
            f"{len(situations):,} exemplars are compared one by one, which takes longer than {exact_up_to:,} should: "
            'pip install "qa-toolkit[index]" brings an approximate index, which is used from there on.',
            stacklevel=3,
        )
    vectors = encoded(encoder, [*situations, *answers], progress)
    return DenseIndex(vectors[: len(situations)]), DenseIndex(vectors[len(situations) :])


class _Texts:
    """Situations and answers that approximate indexes are made of."""

    def __init__(self, encoder: Encoder, situations: Sequence[str], answers: Sequence[str]) -> None:
        self._encoder, self._sides = encoder, (situations, answers)

    def built(self, progress: Progress | None) -> list[ApproximateIndex]:
        """Return indexes whose cells are found anew."""
        halves, n = _halves(self._encoder, [*self._sides[0], *self._sides[1]], progress), len(self._sides[0])
        # What is asked for is a situation, whichever of the two it is compared with.
        return [ApproximateIndex.built(part, halves[:n]) for part in (halves[:n], halves[n:])]

    def kept(self, file: IndexFile, progress: Progress | None) -> list[ApproximateIndex]:
        """Return the indexes of a file, with what came and without what went since; built anew where that is much."""
        keys, model = row_keys(*self._sides), self._encoder.model_id
        found = file.read(model)
        if found is not None and found.keys == keys:
            return found.indexes
        if found is not None:
            known = {key: row for row, key in enumerate(found.keys)}
            places = np.array([known.get(key, -1) for key in keys], dtype=np.int64)
            came = int((places < 0).sum())
            now = 2 * came + len(known) - len(keys)  # came and went
            if found.changed + now <= MANY * len(keys):
                self._placed(found.indexes, places, progress)
                return found.indexes if now <= SOME * len(keys) else self._merged(file, found, keys, now)
            file.say("is of other exemplars")
        return file.write(model, Contents(keys, self.built(progress)))

    def _placed(self, indexes: Sequence[ApproximateIndex], places: Rows, progress: Progress | None) -> None:
        new = np.flatnonzero(places < 0).tolist()
        halves = _halves(self._encoder, [side[row] for side in self._sides for row in new], progress)
        parts = halves.reshape(2, len(new), -1) if new else np.zeros((2, 0, indexes[0].kept.shape[1]), np.float16)
        for index, part in zip(indexes, parts, strict=True):
            index.place(places, part.astype(np.float32))

    def _merged(self, file: IndexFile, found: Contents, keys: list[bytes], now: int) -> list[ApproximateIndex]:
        for index in found.indexes:
            index.measure(found.indexes[0].vectors)
        return file.write(self._encoder.model_id, Contents(keys, found.indexes, found.changed + now))


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
