"""Python's garbage collector, kept from looking again and again at what is no garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

NEW_OBJECTS: Final = 100_000  # that are made before it looks; by default 700, less than in ten rows


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the collector look less often, and only at objects that are made within the block.

    Rows come as hundreds of thousands of small lists and dicts, in no cycles. For each few hundred of them it would
    look at them, and time and again at all objects of the process: a third of the time of an import.
    """
    threshold, frozen = gc.get_threshold(), gc.get_freeze_count()
    gc.set_threshold(threshold[0] and max(threshold[0], NEW_OBJECTS), *threshold[1:])
    if not frozen:  # else somebody else has done so, and would not want it undone
        gc.freeze()
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        if not frozen:
            gc.unfreeze()
