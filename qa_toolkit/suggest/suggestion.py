"""What is suggested, as the callers get it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

LISTS: Final = ("commandments", "verified_by", "failed_for", "verdicts")


@dataclass(frozen=True)
class Suggestion:
    """One exemplar, suggested for a situation.

    Parameters
    ----------
    rank : int
        From 1.
    score : float
        Of the fusion; compares only suggestions of one call.
    dense : float
        Cosine of what was asked with the situation, -1 to 1.
    dense_answer : float
        Cosine of what was asked with the answer, -1 to 1.
    lexical : float
        BM25 of situation and answer for the query; 0 where no content word is shared.
    words : float
        Share of the weight of the words that were asked that situation and answer hold, 0 to 1.
    closeness : float or None
        How close it is, 0 to 1; see `Closeness`. None where that was not fitted for the model.
    verified : bool
        Whether a reviewer found it good: for the commandment asked for, if one was.
    why : tuple of str
        The reasons, for people.
    matched : str
        The sentence of situation or answer that holds most of what was asked; "" where no word is shared.

    All other fields are those of the exemplar; see `build_exemplars`.
    """

    rank: int
    score: float
    dense: float
    dense_answer: float
    lexical: float
    words: float
    closeness: float | None
    verified: bool
    why: tuple[str, ...]
    matched: str
    exemplar_id: str
    conversation_id: str
    position: int
    agent: str | None
    channel: str
    language: str | None
    plan: str | None
    sent_at: pd.Timestamp | None
    situation: str
    answer: str
    commandments: tuple[str, ...]
    source: str
    verified_by: tuple[str, ...]
    votes: int
    note: str
    verdicts: tuple[tuple[str, str, str], ...]
    failed_for: tuple[str, ...]


class Suggestions(list[Suggestion]):
    """Suggestions, best first; when there are none, ``reason`` says why in one sentence (else it is empty)."""

    def __init__(self, items: Collection[Suggestion] = (), reason: str = "") -> None:
        super().__init__(items)
        self.reason = reason


def plain(name: str, value: Any) -> Any:
    """Return a value of a frame as plain Python: tuples for lists, None for what is missing."""
    if name in LISTS:
        return tuple(value)
    if name in {"position", "votes"}:
        return int(value)
    return None if pd.isna(value) else value
