"""What an agent answered, and which turns are the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple

import pandas as pd

# Over three times what the packaged model reads of a text.
SITUATION_CHARACTERS: Final = 4000
# A mail that follows days later is an answer of its own, a chat message that follows in minutes is not.
SAME_ANSWER: Final = timedelta(hours=1)


class Turn(NamedTuple):
    """One message of a conversation, as far as situations and answers need it."""

    role: str
    text: str
    author: str | None = None
    sent_at: Any = None


def turns_of(messages: pd.DataFrame, conversation_ids: Collection[str]) -> dict[str, list[Turn]]:
    """Return the turns of some conversations, in the order of `messages`."""
    rows = messages[messages["conversation_id"].isin(list(conversation_ids))]
    names = ("conversation_id", "role", "text", "author", "sent_at")
    found: dict[str, list[Turn]] = defaultdict(list)
    for conversation, *turn in zip(*(rows[name] for name in names), strict=True):
        found[conversation].append(Turn(*turn))
    return found


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
    return situation_of([Turn(*pair) for pair in zip(messages["role"], messages["text"], strict=True)], position, known)


def situation_of(turns: Sequence[Turn], position: int, subject: str | None) -> str:
    """Return `situation` of turns."""
    end = position + 1 if turns[position].role == "customer" else position
    talk = [turn for turn in turns[:end] if turn.role in {"customer", "agent"}]
    last = len(talk)
    while last and talk[last - 1].role != "customer":
        last -= 1
    first = last
    while first and talk[first - 1].role == "customer":
        first -= 1
    earlier = [*reversed(talk[last:]), *reversed(talk[:first])]
    parts = [turn.text for turn in talk[first:last]] + [subject or ""] + [turn.text for turn in earlier]
    return "\n\n".join(part.strip() for part in parts if part.strip())[:SITUATION_CHARACTERS]


def answer_positions(turns: Sequence[Turn], position: int) -> list[int]:
    """Return the positions of an answer: of the agent's turn at `position`, and of those that went on with it.

    A turn goes on with the one before it when the same agent wrote it within an hour (or nobody knows when) and nobody
    else wrote in between; internal notes do not count as in between.
    """
    found = [position]
    for at in range(position + 1, len(turns)):
        turn, before = turns[at], turns[found[-1]]
        if turn.role == "note":
            continue
        if not (turn.role == "agent" and _same(turn.author, before.author) and _soon(before.sent_at, turn.sent_at)):
            break
        found.append(at)
    return found


def answer_of(turns: Sequence[Turn], positions: Sequence[int]) -> str:
    """Return the text of an answer: of one turn as it is, of more with a blank line between them."""
    if len(positions) == 1:
        return turns[positions[0]].text
    return "\n\n".join(turns[at].text.strip() for at in positions if turns[at].text.strip())


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) if isinstance(one, str) and isinstance(other, str) else pd.isna(one) and pd.isna(other)


def _soon(before: Any, after: Any) -> bool:
    return bool(pd.isna(before) or pd.isna(after) or after - before <= SAME_ANSWER)
