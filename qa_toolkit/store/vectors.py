"""Embeddings, kept by model and text, so that nothing is embedded twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.store import tables
from qa_toolkit.store.chunks import chunks
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.engine import reading, writing

Vector = npt.NDArray[np.float32]


class VectorStore:
    """Vectors of one database, as half-precision bytes.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, model: str, hashes: Sequence[str]) -> dict[str, Vector]:
        """Return the known vectors among `hashes` (SHA-256 of the text) for `model`; each has shape (dim,)."""
        v = tables.vectors.c
        rows = self._among(model, hashes, [v.text_hash, v.vector])
        return {key: np.frombuffer(blob, dtype="<f2").astype(np.float32) for key, blob in rows}

    def known(self, model: str, hashes: Sequence[str]) -> set[str]:
        """Return those of `hashes` for which a vector of `model` is kept; no vector is read."""
        return {key for (key,) in self._among(model, hashes, [tables.vectors.c.text_hash])}

    def _among(self, model: str, hashes: Sequence[str], columns: Sequence[Any]) -> Iterator[Any]:
        v = tables.vectors.c
        with reading(self._engine) as connection:
            for chunk in chunks(hashes):
                yield from connection.execute(sa.select(*columns).where(v.model == model, v.text_hash.in_(list(chunk))))

    def models(self) -> dict[str, int]:
        """Return how many vectors are kept of each model."""
        v = tables.vectors.c
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(v.model, sa.func.count()).group_by(v.model).order_by(v.model))
            return {str(model): int(n) for model, n in rows}

    def put(self, model: str, vectors: Mapping[str, Vector]) -> None:
        """Keep vectors by the hash of their text; what is known already stays."""
        rows: list[dict[str, Any]] = [
            {"model": model, "text_hash": key, "vector": value.astype("<f2").tobytes()}
            for key, value in vectors.items()
        ]
        if rows:
            with writing(self._engine) as connection:
                dialect_of(connection).insert_new(connection, tables.vectors, rows)
