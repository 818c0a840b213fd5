"""Small pictures that stand in the cells of a table: an interval with its value, and the parts of a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

WIDTH: Final = 160
EDGE: Final = 5  # room for half a dot
LINE: Final = 14  # height of one interval
PARTS: Final = ("reviewed", "waiting", "replaced", "out_of_scope")


class Interval(NamedTuple):
    """A value with its limits; a hollow dot says that it is known too badly to rank by."""

    value: float
    low: float
    high: float
    hollow: bool = False


class Scale(NamedTuple):
    """What the ends of a picture stand for, and where it has lines."""

    low: float = 0.0
    high: float = 1.0
    lines: tuple[float, ...] = ()
    width: int = WIDTH

    def at(self, value: float) -> str:
        """Return the place of a value."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return f"{EDGE + share * (self.width - 2 * EDGE):.1f}"


def interval_mark(intervals: Sequence[Interval], scale: Scale) -> str:
    """Return the picture of intervals, each in its line; the numbers stand beside it, so it has no words."""
    height = LINE * len(intervals)
    parts = [_line("axis", scale.at(scale.low), scale.at(scale.high), height / 2)] if len(intervals) == 1 else []
    parts += [f'<path class="at" d="M{scale.at(x)} 0V{height}"/>' for x in scale.lines]
    for i, one in enumerate(intervals):
        if np.isnan(one.value):
            continue
        y = LINE * i + LINE / 2
        kind = "dot hollow" if one.hollow else "dot"
        parts += [] if np.isnan(one.low) else [_line("span", scale.at(one.low), scale.at(one.high), y)]
        parts.append(f'<circle class="{kind}" cx="{scale.at(one.value)}" cy="{y:.0f}" r="3.5"/>')
    return _picture(scale.width, height, "".join(parts))


def rate_marks(frame: pd.DataFrame, common: float, value: str = "rate") -> list[str]:
    """Return a picture of each row of an estimate, with a line at the value of all."""
    scale = Scale(lines=() if np.isnan(common) else (common,))
    rows = frame[[value, "low", "high", "too_few"]].itertuples(index=False, name=None)
    return [interval_mark([Interval(*row)], scale) for row in rows]


def difference_marks(frame: pd.DataFrame, value: str, few: pd.Series[bool]) -> list[str]:
    """Return a picture of each difference, with a line where there is none."""
    prefix = "" if f"{value}_low" not in frame else f"{value}_"
    numbers = frame[[value, f"{prefix}low", f"{prefix}high"]].to_numpy(dtype=float)
    limits = np.abs(numbers[:, 1:])
    widest = float(np.nanmax(limits)) if np.isfinite(limits).any() else 1.0
    reach = min(1.0, max(0.1, np.ceil(10 * widest) / 10))
    rows = zip(*numbers.T.tolist(), few.tolist(), strict=True)
    return [interval_mark([Interval(*row)], Scale(-reach, reach, (0.0,))) for row in rows]


def parts_mark(counts: dict[str, int]) -> str:
    """Return a bar of what became of what was drawn, in the order of `PARTS`."""
    return bar_mark({name: counts[name] for name in PARTS})


def bar_mark(counts: dict[str, int]) -> str:
    """Return a bar of the parts of a whole, in their order; each is of the class of its name."""
    whole, x, parts = sum(counts.values()), 0.0, []
    for name in counts:
        width = WIDTH * counts[name] / whole if whole else 0.0
        if width:
            parts.append(f'<rect class="{name}" x="{x:.1f}" y="2" width="{width:.1f}" height="10"/>')
        x += width
    return _picture(WIDTH, LINE, "".join(parts))


def swatch(name: str) -> str:
    """Return a small square in the colour of a part, for a legend."""
    square = f'<rect class="{name}" width="10" height="10"/>'
    return f'<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true">{square}</svg>'


def _line(kind: str, left: str, right: str, y: float) -> str:
    return f'<path class="{kind}" d="M{left} {y:.0f}H{right}"/>'


def _picture(width: int, height: int, inside: str) -> str:
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg class="mark" {size} aria-hidden="true">{inside}</svg>'
