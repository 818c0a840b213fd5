"""Which texts are encoded together: padding is what costs, so those of one length, and never too many tokens."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final

CHUNK: Final = 256
CHARACTERS: Final = 65_536  # of a chunk: some seconds on a small machine, which is what an interruption loses
TOKENS: Final = 512  # of a batch on a CPU: what a layer makes of more does not stay in its caches
TOKENS_ON_GPU: Final = 16_384


def chunks(texts: Sequence[str]) -> Iterator[list[int]]:
    """Yield row numbers in chunks of texts of about one length, long and short ones in turn.

    The order of the chunks is mixed (always alike), so that the time which the first ones took says how long the rest
    will.
    """
    found: list[list[int]] = []
    size = 0
    for row in sorted(range(len(texts)), key=lambda i: -len(texts[i])):
        size += len(texts[row])
        if not found or len(found[-1]) == CHUNK or size > CHARACTERS:
            found.append([])
            size = len(texts[row])
        found[-1].append(row)
    random.Random(len(texts)).shuffle(found)  # noqa: S311 - nothing is to be kept secret
    yield from found


def batches(lengths: Sequence[int], tokens: int = TOKENS) -> Iterator[list[int]]:
    """Yield row numbers in batches, longest first, each of at most so many tokens when padded (or of one row)."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    start = 0
    while start < len(order):
        stop = start + max(1, tokens // max(1, lengths[order[start]]))
        yield order[start:stop]
        start = stop
