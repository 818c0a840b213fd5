"""How often each kind of fact is right, as counted on lines that no rule was tuned on."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources


@dataclass(frozen=True)
class Quality:
    """Counts of one kind on its held-out lines.

    Parameters
    ----------
    tp, fp, fn, tn : int
        Lines by whether the fact was found and is there. Found in the wrong message is a false positive and a
        false negative.
    outcomes, outcomes_right : int
        Lines found rightly that have an outcome, and those of them whose outcome is right.
    """

    tp: int = 0
    fp: int = 0
    fn: int = 0
    tn: int = 0
    outcomes: int = 0
    outcomes_right: int = 0

    @property
    def n(self) -> int:
        """How many lines were counted; one that was found in the wrong message counts twice."""
        return self.tp + self.fp + self.fn + self.tn

    @property
    def precision(self) -> float | None:
        """Share of what was found that is there; None where nothing was found."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else None

    @property
    def recall(self) -> float | None:
        """Share of what is there that was found; None where nothing is there."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else None

    @property
    def outcome_accuracy(self) -> float | None:
        """Share of outcomes that are right; None where the kind has none."""
        return self.outcomes_right / self.outcomes if self.outcomes else None


@cache
def load_quality() -> Mapping[str, Quality]:
    """Return the held-out counts that come with the package, by kind; a kind that was not counted is left out."""
    file = resources.files("qa_toolkit.conversations.facts") / "quality.toml"
    data = tomllib.loads(file.read_text(encoding="utf-8"))
    return {kind: Quality(**counts) for kind, counts in data.items()}
