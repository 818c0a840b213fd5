"""What tables of agreement say in words, and how they name what they hold."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from qa_toolkit.stats.agreement._coded import RATINGS
from qa_toolkit.stats.agreement._intervals import Coefficient

TOO_FEW: Final = 10  # conversations rated twice, and conversations with the rare value, below which nothing is said
RELIABLE, TENTATIVE = 0.8, 0.667
TOO_FEW_DIFFER: Final = f"fewer than {TOO_FEW} conversations have a rating other than the usual one"
LEANING: Final = 6  # conversations with a difference; with fewer, no sign test tells a leaning with 95% confidence


def limits(found: dict[str, Coefficient]) -> dict[str, float]:
    """Return the columns of coefficients: each value, and its limits under ``_low`` and ``_high``."""
    each = ({name: c.value, f"{name}_low": c.low, f"{name}_high": c.high} for name, c in found.items())
    return {key: value for columns in each for key, value in columns.items()}


def notes(found: dict[str, Coefficient]) -> str:
    """Return why coefficients, or their intervals, are missing; empty where nothing is."""
    reasons = dict.fromkeys(c.note for c in found.values() if c.note)
    whose = {note: ", ".join(name for name, c in found.items() if c.note == note) for note in reasons}
    return "; ".join(f"{names}: {note}" for note, names in whose.items())


def pair_of_values(pairs: npt.NDArray[Any]) -> str:
    """Return the two values that are confused most often, such as "partial / pass"; empty where all agree.

    Parameters
    ----------
    pairs : ndarray, shape (4, 4)
        How often two different values meet, above the diagonal.
    """
    if not pairs.max(initial=0):
        return ""
    first, second = np.unravel_index(pairs.argmax(), pairs.shape)
    return f"{RATINGS[first]} / {RATINGS[second]}"


def verdict(n: int, ac1: Coefficient, alpha: Coefficient) -> str:
    """Put agreement into words, from the intervals and not from the values.

    Parameters
    ----------
    n : int
        Conversations rated twice.
    ac1, alpha : Coefficient
        `alpha` is missing where the rare value was too rare for it.
    """
    if n < TOO_FEW:
        return "too few to say"
    if ac1.high < TENTATIVE:
        return "reviewers differ: make the wording clearer"
    if ac1.low < TENTATIVE:
        return "cannot tell yet: the interval is too wide"
    degree = "agree well" if ac1.low >= RELIABLE else "agree fairly"
    if np.isnan(alpha.value):
        return f"reviewers {degree}, but too few differing ratings to say whether on faults too"
    if alpha.high < TENTATIVE:
        return f"reviewers {degree} on the usual rating, and differ on faults: make the wording clearer"
    sure = "" if alpha.low >= TENTATIVE else ", on faults not surely"
    return f"reviewers {degree}{sure}"


def verdict_on_one(row: dict[str, Any], whom: str, milder: str = "milder", harsher: str = "harsher") -> str:
    """Put one comparison into words, from the intervals and not from the values.

    Parameters
    ----------
    row : dict
        As from `row_of`.
    whom : str
        What the ratings are held against, such as "with the others".
    milder, harsher : str
        What is said where severity is surely above or below 0.
    """
    if row["n"] < TOO_FEW:
        return "too few to say"
    degree = f"differs {whom}" if row["ac1_high"] < TENTATIVE else f"cannot tell yet how far it agrees {whom}"
    if row["ac1_low"] >= TENTATIVE:
        degree = f"agrees {'well' if row['ac1_low'] >= RELIABLE else 'fairly'} {whom}"
    if row["n_apart"] < LEANING or row["severity_low"] <= 0 <= row["severity_high"]:
        return degree
    return f"{degree}; {milder if row['severity_low'] > 0 else harsher}"
