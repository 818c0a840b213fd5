"""What an agent answered, and which turns are the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import pandas as pd

from qa_toolkit.errors import InvalidActError

# Over three times what the packaged model reads of a text.
SITUATION_CHARACTERS: Final = 4000
# A mail that follows days later is an answer of its own, a chat message that follows in minutes is not.
SAME_ANSWER: Final = timedelta(hours=1)


Size = Callable[[str], int]


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


@dataclass(frozen=True)
class Situation:
    """What an agent answered, cut to what a model reads, and what that left out.

    Parameters
    ----------
    text : str
        First what was answered, then the subject, then the earlier turns, newest first.
    turns : int
        How many turns are in it.
    left_out : int
        How many older turns are not.
    cut : int
        How many characters the end of the newest turn is short of, where it is longer than the limit by itself.
    """

    text: str
    turns: int = 0
    left_out: int = 0
    cut: int = 0

    def __str__(self) -> str:
        return self.text


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
        At most 4,000 characters, the newest turns whole; empty when nobody wrote before `position` and there is no
        subject. `cut_situation` says what was left out.
    """
    return cut_situation(messages, position, subject).text


def cut_situation(
    messages: pd.DataFrame,
    position: int,
    subject: str | None = None,
    limit: int = SITUATION_CHARACTERS,
    size: Size = len,
) -> Situation:
    """Return `situation`, cut to what a model reads, and say what was cut.

    Turns are taken as long as they fit: those that were answered, the newest first, then the subject, then the earlier
    ones, the newest first. The first that does not fit and all that are older are left out; none is cut in two, but for
    the newest where it is too long by itself.

    Parameters
    ----------
    messages, position, subject
        As of `situation`.
    limit : int
        How much of `size` the text may have, 1 or more.
    size : callable
        Returns the size of a text: by default its characters. For word pieces, give what counts them, such as
        ``lambda text: len(tokenizer.tokenize(text))``, and the model's window less its marks as `limit`.

    Raises
    ------
    InvalidActError
        If the limit is below 1.
    """
    if limit < 1:
        raise InvalidActError(f"the limit is {limit}; give how much a model reads, such as 254 word pieces")
    known = subject if isinstance(subject, str) else None  # frames say NaN for what is missing
    turns = [Turn(*pair) for pair in zip(messages["role"], messages["text"], strict=True)]
    return _cut(*_parts(turns, position, known), limit, size)


def situation_of(turns: Sequence[Turn], position: int, subject: str | None) -> str:
    """Return `situation` of turns."""
    return _cut(*_parts(turns, position, subject), SITUATION_CHARACTERS, len).text


def _parts(turns: Sequence[Turn], position: int, subject: str | None) -> tuple[list[str], str, list[str]]:
    """Return what was answered, in order, the subject, and the earlier turns, newest first."""
    end = position + 1 if turns[position].role == "customer" else position
    talk = [turn for turn in turns[:end] if turn.role in {"customer", "agent"} and turn.text.strip()]
    last = len(talk)
    while last and talk[last - 1].role != "customer":
        last -= 1
    first = last
    while first and talk[first - 1].role == "customer":
        first -= 1
    earlier = [*reversed(talk[last:]), *reversed(talk[:first])]
    return [turn.text.strip() for turn in talk[first:last]], (subject or "").strip(), [t.text.strip() for t in earlier]


def _cut(answered: list[str], subject: str, earlier: list[str], limit: int, size: Size) -> Situation:
    newest = next(iter([*answered[-1:], *earlier[:1]]), subject)
    if size(newest) > limit:
        kept, own = _beginning(newest, limit, size), int(bool(answered or earlier))
        return Situation(kept, own, len(answered) + len(earlier) - own, len(newest) - len(kept))
    said: list[str] = []
    before: list[str] = []
    named = ""
    for text in reversed(answered):
        if size(_joined([text, *said])) > limit:
            return Situation(_joined(said), len(said), len(answered) - len(said) + len(earlier))
        said.insert(0, text)
    if size(_joined([*said, subject])) <= limit:
        named = subject
    for text in earlier:
        if size(_joined([*said, named, *before, text])) > limit:
            break
        before.append(text)
    return Situation(_joined([*said, named, *before]), len(said) + len(before), len(earlier) - len(before))


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(part for part in parts if part)


def _beginning(text: str, limit: int, size: Size) -> str:
    """Return the longest beginning of a text that fits, found by halving."""
    low, high = 0, min(len(text), limit * 50)  # no word piece has 50 characters
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle]) <= limit else (low, middle - 1)
    return text[:low]


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
