"""A cache around an encoder, so that no text is embedded twice."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import numpy as np

from qa_toolkit.suggest.batches import chunks
from qa_toolkit.suggest.encoders import Encoder, Matrix, Progress, unit


class Vectors(Protocol):
    """Where `CachedEncoder` keeps vectors of shape (dim,), by model and by SHA-256 of the text."""

    def get(self, model: str, hashes: Sequence[str]) -> Mapping[str, Matrix]:
        """Return the known vectors among `hashes`."""

    def known(self, model: str, hashes: Sequence[str]) -> Collection[str]:
        """Return those of `hashes` whose vectors are known."""

    def put(self, model: str, vectors: Mapping[str, Matrix]) -> None:
        """Keep `vectors` by the hash of their text."""


class CachedEncoder:
    """An encoder that computes no text twice.

    Texts are equal when they differ in white space or Unicode composition only. New vectors are kept after each
    256 texts or 65,536 characters, so an interrupted run goes on where it stopped. Vectors are rounded to half
    precision before use, as they are kept, so that the first answer and all later ones are the same to the bit.

    Parameters
    ----------
    encoder : Encoder
        Computes what is missing.
    vectors : Vectors
        Keeps the vectors; see `qa_toolkit.store.VectorStore`.
    """

    def __init__(self, encoder: Encoder, vectors: Vectors) -> None:
        self._encoder = encoder
        self._vectors = vectors

    @property
    def model_id(self) -> str:
        """The id of the encoder inside."""
        return self._encoder.model_id

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._encoder.dim

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Matrix:
        """Return one vector of length 1 for each text, shape (n_texts, dim), float32.

        `progress` counts the texts that must be computed; it is not called when there are none.
        """
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        normal = [_normal(text) for text in texts]
        keys = [_key(text) for text in normal]
        by_key = dict(zip(keys, normal, strict=True))
        known = dict(self._vectors.get(self.model_id, list(by_key)))
        known |= self.compute({key: text for key, text in by_key.items() if key not in known}, progress)
        return unit(np.stack([known[key] for key in keys]))

    def missing(self, texts: Sequence[str]) -> dict[str, str]:
        """Return the texts that no vector is kept of, each once, by their key."""
        by_key = different(texts)
        known = self._vectors.known(self.model_id, list(by_key))
        return {key: text for key, text in by_key.items() if key not in known}

    def compute(self, missing: Mapping[str, str], progress: Progress | None = None) -> dict[str, Matrix]:
        """Encode and keep texts, given by their key; return their vectors."""
        keys, texts = list(missing), list(missing.values())
        found: dict[str, Matrix] = {}
        for rows in chunks(texts):
            vectors = self._encoder.encode([texts[i] for i in rows]).astype("<f2").astype(np.float32)
            fresh = {keys[i]: vector for i, vector in zip(rows, vectors, strict=True)}
            self._vectors.put(self.model_id, fresh)
            found.update(fresh)
            if progress:
                progress(len(found), len(texts))
        return found


def different(texts: Sequence[str]) -> dict[str, str]:
    """Return each different text once, as it is encoded, by its key."""
    return {_key(normal): normal for normal in map(_normal, texts)}


def text_key(text: str) -> str:
    """Return the key under which the vector of a text is kept."""
    return _key(_normal(text))


def _key(normal: str) -> str:
    return hashlib.sha256(normal.encode("utf-8")).hexdigest()


def _normal(text: str) -> str:
    # A browser can send half a surrogate pair, which no tokenizer takes.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return " ".join(unicodedata.normalize("NFC", whole).split())
