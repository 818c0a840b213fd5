"""Many values in pieces that one query takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, TypeVar

CHUNK: Final = 500  # SQLite takes a limited number of variables

T = TypeVar("T")


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield the values, in their order, in pieces of at most `CHUNK`."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
