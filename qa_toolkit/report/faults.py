"""Faults: what reviewers rated fail or partial, and whose message it was."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

HEAD: Final = ["conversation_id", "agent", "channel", "language", "started_at"]
WROTE: Final = ["conversation_id", "position", "role", "author"]
RATED: Final = ["commandment", "rating", "reviewer", "comment", "evidence", "position", "decided_by"]


def find_faults(ratings: pd.DataFrame, conversations: pd.DataFrame, messages: pd.DataFrame) -> pd.DataFrame:
    """Return one row for each rating of fail or partial.

    Parameters
    ----------
    ratings, conversations, messages : pandas.DataFrame
        As from the store; the conversations and messages of all ratings must be among them. Of conversations the
        columns `HEAD` will do, of messages `WROTE`.

    Returns
    -------
    pandas.DataFrame
        ``fault_id``, ``conversation_id``, ``agent``, ``channel``, ``language``, ``started_at``, ``commandment``,
        ``rating``, ``reviewer``, ``comment``, ``evidence``, ``position`` (of the first message of the evidence that an
        agent wrote, else of the first, or -1), ``decided_by`` (who said so instead of the reviewer, where that was
        overturned; else missing); fails first, then by time. The agent is the author of that message, else of the
        conversation.
    """
    found = ratings[ratings["rating"].isin(["fail", "partial"])]
    faults = found.merge(conversations[HEAD], on="conversation_id")
    agents = messages.loc[messages["role"] == "agent", ["conversation_id", "position", "author"]]
    authors = {(c, p): author for c, p, author in agents.itertuples(index=False)}
    places = [_place(c, e, authors) for c, e in zip(faults["conversation_id"], faults["evidence"], strict=True)]
    faults["position"] = pd.Series(places, index=faults.index, dtype="int64")
    wrote = [authors.get(key) for key in zip(faults["conversation_id"], places, strict=True)]
    faults["agent"] = pd.Series(wrote, index=faults.index, dtype="str").fillna(faults["agent"])
    faults["fault_id"] = faults["conversation_id"] + "#" + faults["commandment"] + "#" + faults["reviewer"]
    faults = faults.sort_values(["rating", "started_at", "fault_id"])  # "fail" comes before "partial"
    return faults[["fault_id", *HEAD, *RATED]].reset_index(drop=True)


def _place(conversation_id: str, evidence: list[dict[str, Any]], authors: dict[tuple[str, int], str]) -> int:
    positions = [int(item["position"]) for item in evidence]
    return next((p for p in positions if (conversation_id, p) in authors), positions[0] if positions else -1)
