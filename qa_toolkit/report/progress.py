"""What is said of an agent before and after a coaching session."""

from __future__ import annotations

import math
from typing import Final

from qa_toolkit.report.tables import percent, points
from qa_toolkit.stats.before_after import BeforeAfter, Span
from qa_toolkit.stats.estimates import TOO_FEW

ABOUT: Final = (
    "Only conversations that chance drew count, before and after the day of the session; the day itself does not. "
    "Ranges are 95% intervals. "
    "Whoever is chosen for a low rate looks better the next time by chance alone (regression to the mean); “beyond "
    "chance” is what is left without that. Even so, it shows that something changed, not that coaching did it."
)


def progress_words(found: BeforeAfter) -> str:
    """Return the numbers of one comparison in a few sentences."""
    before, after = _side(found.before, found.n_before), _side(found.after, found.n_after)
    if found.too_few:
        return f"{before} before, {after} after: too few to tell, {TOO_FEW} on each side are the least."
    words = [f"{before} before, {after} after: {_gap(found.change)}, {found.verdict}."]
    if not math.isnan(found.expected):
        words.append(
            f"Without any change {percent(found.expected)} were to be expected, {points(found.regression)} points by "
            f"chance alone; beyond chance {_gap(found.beyond)}."
        )
    if not math.isnan(found.others.value):
        words.append(f"All other agents in the same time: {_gap(found.others)}.")
    return " ".join(words)


def _side(rate: Span, n: int) -> str:
    limits = f"{percent(rate.low)} to {percent(rate.high)}"
    return f"{percent(rate.value)} ({n:,} {'review' if n == 1 else 'reviews'}, {limits})" if n else "no review"


def _gap(span: Span) -> str:
    return f"{points(span.value)} points ({points(span.low)} to {points(span.high)})"
