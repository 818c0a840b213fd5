"""What became of a file that was imported."""

from __future__ import annotations

from dataclasses import dataclass

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
        One row for each record that was not taken: ``line``, ``conversation_id``, ``reason``.
    """

    added: int
    known: int
    refused: pd.DataFrame

    def __str__(self) -> str:
        text = f"{self.added:,} conversations added, {self.known:,} known already, {len(self.refused):,} refused"
        if self.refused.empty:
            return text
        first = self.refused.iloc[0]
        where = first["conversation_id"] if pd.isna(first["line"]) else f"line {first['line']}"
        return f"{text} (the first, {where}: {first['reason']}; see .refused)"
