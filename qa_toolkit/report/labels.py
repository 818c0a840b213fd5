"""Where the names of points stand in a plot, so that they can be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

Box = tuple[float, float, float, float]  # left, bottom, right, top, in points of type
Boxes = npt.NDArray[np.float64]
LETTER, LINE, AWAY, DOT = 5.3, 11.0, 7.0, 4.0  # of 9 points of type
SIDES: Final = (("left", AWAY, 0.0), ("right", -AWAY, 0.0), ("center", 0.0, 11.0), ("center", 0.0, -11.0))


def label_places(points: Sequence[tuple[float, float]], names: Sequence[str]) -> list[tuple[str, float, float]]:
    """Return for each point where its name covers least of what is there: on the right, left, above or below.

    Parameters
    ----------
    points : sequence of (float, float)
        In points of type.
    names : sequence of str

    Returns
    -------
    list of (str, float, float)
        The horizontal alignment, and how far the name is from its point.
    """
    n = len(points)
    taken = np.zeros((2 * n, 4))  # of the dots, then of the names so far
    taken[:n] = [(x - DOT, y - DOT, x + DOT, y + DOT) for x, y in points] if n else taken[:n]
    places = []
    for i, ((x, y), name) in enumerate(zip(points, names, strict=True)):
        tried = [(_box(x, y, name, *side), side) for side in SIDES]
        costs = [_outside(box) + _covered(box, taken[: n + i]) for box, _ in tried]
        taken[n + i], side = tried[costs.index(min(costs))]
        places.append(side)
    return places


def _box(x: float, y: float, name: str, align: str, right: float, up: float) -> Box:
    width = LETTER * len(name)
    left = x + right - {"left": 0.0, "center": width / 2, "right": width}[align]
    return left, y + up - LINE / 2, left + width, y + up + LINE / 2


def _outside(box: Box) -> float:
    return max(0.0, -box[0]) * LINE  # a name must not lie on the axis


def _covered(box: Box, others: Boxes) -> float:
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    return float((width.clip(0) * height.clip(0)).sum())
