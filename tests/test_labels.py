"""Names of points in a plot: none lies on another, or on a dot."""

from __future__ import annotations

import numpy as np

from qa_toolkit.report.labels import SIDES, _box, _covered, label_places

# As the agents of the sample data: two pairs are close to each other.
POINTS = [(249.0, 189.0), (282.0, 190.0), (54.0, 108.0), (87.0, 105.0), (420.0, 177.0), (3.0, 40.0)]
NAMES = ["lucia", "mei", "priya", "tom", "yusuf", "a long name"]


def test_names_of_neighbours_do_not_lie_on_each_other() -> None:
    places = label_places(POINTS, NAMES)
    boxes = [_box(x, y, name, *place) for (x, y), name, place in zip(POINTS, NAMES, places, strict=True)]
    assert [_covered(box, np.array(boxes[:i])) for i, box in enumerate(boxes) if i] == [0.0] * 5
    assert min(box[0] for box in boxes) >= 0


def test_a_point_alone_has_its_name_on_the_right() -> None:
    assert label_places([(100.0, 100.0)], ["ben"]) == [SIDES[0]]


def test_a_name_that_fits_nowhere_is_where_it_covers_least() -> None:
    places = label_places([(100.0, 100.0)] * 5, ["one"] * 5)
    assert set(places[:4]) == set(SIDES)


def test_no_point_has_no_name() -> None:
    assert label_places([], []) == []
