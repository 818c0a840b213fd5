"""Exemplars: good answers, each with the situation that it answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pandas as pd

EXEMPLARS: Final = (
    "exemplar_id",
    "conversation_id",
    "position",
    "agent",
    "channel",
    "language",
    "plan",
    "sent_at",
    "situation",
    "answer",
    "commandments",
    "source",
    "verified_by",
    "votes",
    "note",
    "verdicts",
    "failed_for",
)
# Over three times what the packaged model reads of a text.
SITUATION_CHARACTERS: Final = 4000

Key = tuple[str, int]
Pair = tuple[str, str]
Verdict = tuple[str, str, str]  # commandment ("" for the answer as a whole), reviewer, "marked" or "rated"


def build_exemplars(
    conversations: pd.DataFrame, messages: pd.DataFrame, ratings: pd.DataFrame, good_answers: pd.DataFrame
) -> pd.DataFrame:
    """Collect the agents' answers that a reviewer or a customer found good.

    An answer counts when a reviewer marked it good (source ``marked``), when a submitted rating is ``pass`` with
    that message as evidence (``rated``), or when it has helpful votes (``votes``: nobody verified it, and it
    lists no commandment). An answer that any submitted rating fails for a commandment, with that message as
    evidence, does not list that commandment, whoever else liked it.

    Parameters
    ----------
    conversations, messages : pandas.DataFrame
        As `qa_toolkit.conversations` validates them.
    ratings : pandas.DataFrame
        Current ratings: reviewer, conversation_id, commandment, rating, evidence (list of dicts with
        ``position``), submitted.
    good_answers : pandas.DataFrame
        Current marks: reviewer, conversation_id, position, commandments (list), note.

    Returns
    -------
    pandas.DataFrame, shape (n_exemplars, 17)
        Columns `EXEMPLARS`, in the order of `messages`. ``exemplar_id`` is ``conversation_id#position``;
        ``verdicts`` holds (commandment, reviewer, "marked" or "rated") for each reason; ``failed_for`` the
        commandments that somebody failed this answer for.
    """
    failed = _rated(ratings, "fail")
    verdicts, notes = _verdicts(ratings, good_answers, failed)
    answers = _answers(conversations, messages, verdicts)
    keys = list(zip(answers["conversation_id"], answers["position"], strict=True))
    found = [verdicts.get(key, []) for key in keys]
    turns = _turns(messages, answers["conversation_id"])
    subjects = answers["subject"].where(answers["subject"].notna(), "")
    columns: dict[str, list[Any]] = {
        "exemplar_id": [f"{conversation}#{position}" for conversation, position in keys],
        "situation": [_situation(turns[c], p, s) for (c, p), s in zip(keys, subjects, strict=True)],
        "commandments": [_unique(c for c, _, _ in some if c) for some in found],
        "source": [_source(some) for some in found],
        "verified_by": [_unique(reviewer for _, reviewer, _ in some) for some in found],
        "note": [_note(some, notes.get(key, [])) for key, some in zip(keys, found, strict=True)],
        "verdicts": found,
        "failed_for": [_unique(commandment for commandment, _ in failed.get(key, [])) for key in keys],
    }
    for name, values in columns.items():
        kind: Any = "str" if name in {"exemplar_id", "situation", "source", "note"} else object
        answers[name] = pd.Series(values, index=answers.index, dtype=kind)
    return answers[list(EXEMPLARS)]


def situation(messages: pd.DataFrame, position: int, subject: str | None = None) -> str:
    """Return what the message at `position` answered, as a text to search by.

    First the customer's turns that it answered, then the subject, then the earlier turns, newest first: a model
    reads only the beginning of a text. What is said after `position`, and what bots, systems and notes say,
    is left out. For a message of the customer, that message is the end of the situation.

    Parameters
    ----------
    messages : pandas.DataFrame
        The messages of one conversation, in order.
    position : int
        Counted from 0.
    subject : str, optional
        Subject of the conversation.

    Returns
    -------
    str
        At most 4,000 characters; empty when nobody wrote before `position` and there is no subject.
    """
    known = subject if isinstance(subject, str) else None  # frames say NaN for what is missing
    return _situation(list(zip(messages["role"], messages["text"], strict=True)), position, known)


def _situation(turns: Sequence[Pair], position: int, subject: str | None) -> str:
    end = position + 1 if turns[position][0] == "customer" else position
    talk = [turn for turn in turns[:end] if turn[0] in {"customer", "agent"}]
    last = len(talk)
    while last and talk[last - 1][0] != "customer":
        last -= 1
    first = last
    while first and talk[first - 1][0] == "customer":
        first -= 1
    earlier = [*reversed(talk[last:]), *reversed(talk[:first])]
    parts = [text for _, text in talk[first:last]] + [subject or ""] + [text for _, text in earlier]
    return "\n\n".join(part.strip() for part in parts if part.strip())[:SITUATION_CHARACTERS]


def _rated(ratings: pd.DataFrame, rating: str) -> dict[Key, list[Pair]]:
    """Return (commandment, reviewer) of the submitted ratings of one kind, by the message that is their evidence."""
    rows = ratings[ratings["submitted"].astype(bool) & (ratings["rating"] == rating)]
    found: dict[Key, list[Pair]] = defaultdict(list)
    columns = (rows[name] for name in ("conversation_id", "commandment", "reviewer", "evidence"))
    for conversation, commandment, reviewer, evidence in zip(*columns, strict=True):
        for position in {span["position"] for span in evidence}:
            found[conversation, position].append((commandment, reviewer))
    return found


def _verdicts(
    ratings: pd.DataFrame, good_answers: pd.DataFrame, failed: dict[Key, list[Pair]]
) -> tuple[dict[Key, list[Verdict]], dict[Key, list[Pair]]]:
    """Return what speaks for each answer, less what somebody failed it for, and the (reviewer, note) of its marks."""
    found: dict[Key, list[Verdict]] = defaultdict(list)
    notes: dict[Key, list[Pair]] = defaultdict(list)
    columns = (good_answers[name] for name in ("conversation_id", "position", "reviewer", "commandments", "note"))
    for conversation, position, reviewer, commandments, note in zip(*columns, strict=True):
        found[conversation, position] += [(commandment, reviewer, "marked") for commandment in commandments or [""]]
        if isinstance(note, str) and note.strip():
            notes[conversation, position].append((reviewer, note.strip()))
    for key, pairs in _rated(ratings, "pass").items():
        found[key] += [(commandment, reviewer, "rated") for commandment, reviewer in pairs]
    for key, pairs in failed.items():
        refused = {commandment for commandment, _ in pairs}
        found[key] = [verdict for verdict in found[key] if verdict[0] not in refused]
    return {key: some for key, some in found.items() if some}, notes


def _answers(conversations: pd.DataFrame, messages: pd.DataFrame, verdicts: dict[Key, list[Verdict]]) -> pd.DataFrame:
    """Return the agents' messages that have a verdict or a vote, with what is known of their conversation."""
    said = messages[(messages["role"] == "agent") & (messages["text"].str.strip() != "")]
    voted = (said["votes"].fillna(0) > 0).to_numpy(dtype=bool)
    judged = pd.MultiIndex.from_frame(said[["conversation_id", "position"]]).isin(list(verdicts))
    about = conversations[["conversation_id", "subject", "agent", "channel", "language", "plan"]]
    answers = said[voted | judged].merge(about, on="conversation_id", how="inner")
    answers["agent"] = answers["author"].where(answers["author"].notna(), answers["agent"])
    answers["votes"] = answers["votes"].fillna(0).astype("int64")
    return answers.rename(columns={"text": "answer"})


def _turns(messages: pd.DataFrame, conversation_ids: pd.Series[Any]) -> dict[str, list[Pair]]:
    rows = messages[messages["conversation_id"].isin(conversation_ids)]
    turns: dict[str, list[Pair]] = defaultdict(list)
    for conversation, role, text in zip(rows["conversation_id"], rows["role"], rows["text"], strict=True):
        turns[conversation].append((role, text))
    return turns


def _source(verdicts: list[Verdict]) -> str:
    kinds = {kind for _, _, kind in verdicts}
    return "marked" if "marked" in kinds else "rated" if kinds else "votes"


def _note(verdicts: list[Verdict], notes: list[Pair]) -> str:
    """Return the notes of the marks that still stand."""
    standing = {reviewer for _, reviewer, kind in verdicts if kind == "marked"}
    return "\n".join(note for reviewer, note in notes if reviewer in standing)


def _unique(values: Iterable[str]) -> list[str]:
    return sorted(set(values))
