"""Two things at the same time, each on one core: most of what a suggestion takes is spent outside of Python."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


def together(aside: Callable[[], A], here: Callable[[], B]) -> tuple[A, B]:
    """Return what both give: the first runs in a thread of its own, the second in this one; both are waited for."""
    with ThreadPoolExecutor(1, "qa-toolkit-suggest") as pool:
        other = pool.submit(aside)
        mine = here()
        return other.result(), mine


def one_core() -> AbstractContextManager[Any]:
    """Let each product of matrices run on one core, as long as this lasts.

    Those of a search are small, or two at the same time: threads that wait for one another take longer than the work.
    """
    found: AbstractContextManager[Any] = _controller().limit(limits=1, user_api="blas")
    return found


@cache
def _controller() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
