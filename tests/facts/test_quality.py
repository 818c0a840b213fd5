"""What the documentation says of the held-out figures is what the package holds."""

from __future__ import annotations

import re

import pytest
from conftest import ROOT

from qa_toolkit.conversations.facts import KINDS, load_quality

PAGE = (ROOT / "docs" / "facts.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:-1] for line in PAGE.splitlines() if re.match(r"\| `.*\| \d+ of \d+ \|", line)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_of_held_out_figures_is_true(kind: str) -> None:
    quality = load_quality()[kind]
    row = next(row for row in ROWS if f"`{kind}`" in row[0])
    right, there = quality.tp, quality.tp + quality.fn
    outcomes = f"{quality.outcomes_right} of {quality.outcomes}" if quality.outcomes else ""
    assert [cell.strip() for cell in row[1:]] == [f"{right} of {right + quality.fp}", f"{right} of {there}", outcomes]


def test_every_kind_was_measured_on_at_least_twenty_lines_of_each_sort() -> None:
    for kind, quality in load_quality().items():
        assert quality.tp + quality.fn >= 20, kind
        assert quality.tn + quality.fp >= 20, kind
