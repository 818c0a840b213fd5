"""What a project knows of conversations before anybody reads them: their risk, and vectors of what customers wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from qa_toolkit.conversations import blank_folds, without_folds
from qa_toolkit.conversations.facts import Calendar, find_facts
from qa_toolkit.sampling.risk import FACTS
from qa_toolkit.store import Conversation, Store
from qa_toolkit.suggest import CachedEncoder, Encoder, SentenceTransformerEncoder

Progress = Callable[[int, int], None]
LONGEST: Final = 2000  # characters; the packaged model reads the first 256 word pieces


def facts_frame(
    store: Store, ids: Sequence[str], calendar: Calendar | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """Return the facts of conversations that count for their risk.

    Parameters
    ----------
    store : Store
    ids : sequence of str
    calendar : Calendar, optional
        Of the team; else all hours count, in UTC.
    progress : callable, optional
        Called with conversations done and conversations in all.

    Returns
    -------
    pandas.DataFrame
        ``conversation_id``, ``kind``, ``outcome``: one row for each fact that was found.
    """
    rows: list[tuple[str, str, str]] = []
    for done, conversation_id in enumerate(ids, 1):
        rows += _facts(store.conversation(conversation_id), calendar or Calendar())
        if progress:
            progress(done, len(ids))
    return pd.DataFrame(rows, columns=["conversation_id", "kind", "outcome"], dtype="str")


def _facts(conversation: Conversation, calendar: Calendar) -> list[tuple[str, str, str]]:
    turns = [replace(m, text=blank_folds(m.text, m.folded)) if m.folded else m for m in conversation.messages]
    facts = find_facts(turns, language=conversation.language, calendar=calendar, kinds=FACTS.keys())
    return [(conversation.conversation_id, fact.kind, fact.outcome) for fact in facts if fact.state == "found"]


def customer_vectors(
    store: Store, conversations: pd.DataFrame, encoder: Encoder | None = None, progress: Progress | None = None
) -> Callable[[Sequence[str]], npt.NDArray[Any]]:
    """Return what gives the vectors of what customers wrote, for ids of `conversations`; they are kept in the store."""
    # In one precision everywhere, whatever was learned: a draw for diversity can be repeated.
    cached = CachedEncoder(encoder or SentenceTransformerEncoder(precision="fp32"), store.vectors)
    subjects = dict(zip(conversations["conversation_id"], conversations["subject"].fillna(""), strict=True))

    def vectors(ids: Sequence[str]) -> npt.NDArray[Any]:
        said = _said(store, ids)
        texts = [f"{subjects[found]}\n{said.get(found, '')}".strip()[:LONGEST] for found in ids]
        return np.asarray(cached.encode(texts, progress))

    return vectors


def _said(store: Store, ids: Sequence[str]) -> dict[str, str]:
    messages = without_folds(store.messages(list(ids)))
    mine = messages[messages["role"] == "customer"]
    texts: dict[str, list[str]] = {}
    for found, text in zip(mine["conversation_id"].tolist(), mine["text"].tolist(), strict=True):
        texts.setdefault(found, []).append(text)
    return {found: "\n".join(parts) for found, parts in texts.items()}
