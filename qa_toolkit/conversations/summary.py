"""What became of a file that was imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class ImportSummary:
    """What became of the conversations of a file.

    Parameters
    ----------
    added : int
        New in the project.
    known : int
        In the project already, with the same content.
    refused : pandas.DataFrame
        One row for each record that was not taken: ``line``, ``conversation_id``, ``reason``, ``file`` (of a folder).
    decisions : pandas.DataFrame
        What was decided by rule, such as the role of a message: ``about``, ``rule``, ``n``.
    resumed_after : int
        Records at the start of the file that an import which was stopped had dealt with already; they are not counted
        in the other numbers.
    """

    added: int
    known: int
    refused: pd.DataFrame
    decisions: pd.DataFrame
    resumed_after: int = 0

    def __str__(self) -> str:
        text = f"{self.added:,} conversations added, {self.known:,} known already, {len(self.refused):,} refused"
        if self.resumed_after:
            text = f"resumed after record {self.resumed_after:,}: {text}"
        if self.refused.empty:
            return text
        first = self.refused.iloc[0]
        line = None if pd.isna(first["line"]) else f"line {first['line']}"
        places = [first["file"], line or first["conversation_id"]]
        where = ", ".join(str(place) for place in places if not pd.isna(place))
        return f"{text} (the first, {where}: {first['reason']})"


def decisions_frame(decisions: Mapping[tuple[str, str], int]) -> pd.DataFrame:
    """Return counted decisions as a frame: ``about``, ``rule``, ``n``, the most frequent of each first."""
    rows = sorted(((*key, n) for key, n in decisions.items()), key=lambda row: (row[0], -row[2], row[1]))
    kinds: dict[str, Any] = {"about": "str", "rule": "str", "n": "int64"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
