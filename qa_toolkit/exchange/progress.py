"""A line that says how far a long job is: the share done, messages a second, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, TextIO

SHOWN_AFTER: Final = 1.0  # seconds; what is done before then needs no line
EVERY: Final = 0.2


class Meter:
    """Measures a job, and shows it where somebody is looking: in a terminal or in a notebook, once it takes long.

    Parameters
    ----------
    heard : callable, optional
        Called with (done, in all) in place of the line.
    out : file, optional
        Where the line goes; by default the standard error.
    now : callable
        Gives the time in seconds.
    """

    def __init__(
        self,
        heard: Callable[[int, int], None] | None = None,
        out: TextIO | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.messages = 0
        self._heard, self._out, self._now = heard, out or sys.stderr, now
        self._start = self._told = now()
        self._done = self._resumed = 0
        self._width = 0
        self._is_shown = heard is None and _is_seen(self._out)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._width:
            self._out.write("\r" + " " * self._width + "\r")
            self._out.flush()

    def __call__(self, done: int, total: int) -> None:
        """Take how much is done, of how much in all."""
        self._done = done
        if self._heard:
            self._heard(done, total)
        elif self._is_shown:
            self._show(done, total)

    def passed_over(self) -> None:
        """Take what was done so far as the work of an earlier run: it says nothing of the time that is left."""
        self._resumed, self._start = self._done, self._now()

    def _show(self, done: int, total: int) -> None:
        now = self._now()
        if now - self._start < SHOWN_AFTER or now - self._told < EVERY:
            return
        self._told = now
        line = self.line(done, total, now - self._start)
        self._out.write("\r" + line.ljust(self._width))
        self._out.flush()
        self._width = max(self._width, len(line))

    def line(self, done: int, total: int, seconds: float) -> str:
        """Return the line for a job that has taken some seconds."""
        here = done - self._resumed
        left = f", {clock((total - done) * seconds / here)} left" if here > 0 and seconds > 0 else ""
        pace = f", {self.messages / seconds:,.0f} messages/s" if self.messages and seconds > 0 else ""
        return f"{done / total if total else 1:.0%}{pace}{left}"


def _is_seen(out: TextIO) -> bool:
    return out.isatty() or type(out).__module__.startswith("ipykernel")


def clock(seconds: float) -> str:
    """Return a time as people write it: ``0:32``, ``1:02:05``."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
