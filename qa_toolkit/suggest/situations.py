"""What an agent answered, and which turns are the answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, NamedTuple

import pandas as pd

from qa_toolkit.errors import InvalidActError

# Over three times what the packaged model reads of a text.
SITUATION_CHARACTERS: Final = 4000
# What the customer came with stands first if it has at most so many: a model reads little more than a thousand, and
# what was answered is to be among them.
OPENING_CHARACTERS: Final = 800
# Of tags: some helpdesks keep the marks of their automation among them, tens to a conversation.
TAG_CHARACTERS: Final = 100
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


def topic(subject: object, labels: Mapping[str, Any]) -> str:
    """Return what a conversation is about, as the helpdesk has it: the subject, and the label ``tags`` in brackets.

    Parameters
    ----------
    subject : str or missing
    labels : mapping
        Of the conversation; ``tags`` is a list of texts, or one text with commas.

    Returns
    -------
    str
        As "Charged twice (double charge, billing)". Tags are whole, in their order, up to 100 characters in all, and
        what is no text is passed over.
    """
    tags = labels.get("tags")
    tags = tags.split(",") if isinstance(tags, str) else tags if isinstance(tags, list) else []
    named = dict.fromkeys(" ".join(tag.replace("_", " ").split()) for tag in tags if isinstance(tag, str))
    kept = ""
    for tag in filter(None, named):
        longer = f"{kept}, {tag}" if kept else tag
        if len(longer) > TAG_CHARACTERS:
            break
        kept = longer
    known = subject.strip() if isinstance(subject, str) else ""  # frames say NaN for what is missing
    return f"{known} ({kept})".strip() if kept else known


@dataclass(frozen=True)
class Situation:
    """What an agent answered, cut to what a model reads, and what that left out.

    Parameters
    ----------
    text : str
        First the subject and what the customer came with, then what was answered, then the turns between, newest first.
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

    First the subject and what the customer came with (the first turns, up to 800 characters of them, else they are
    earlier turns like others), then the customer's turns that it answered, then the earlier turns, newest first: a
    model reads only the beginning of a text. What is said after `position`, and what bots, systems and notes say,
    is left out. For a message of the customer, that message is the end of the situation.

    Parameters
    ----------
    messages : pandas.DataFrame
        The messages of one conversation, in order.
    position : int
        Counted from 0.
    subject : str, optional
        Subject of the conversation, or its `topic`.

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

    Turns are taken as long as they fit: those that were answered, the newest first, then the subject, then those that
    the customer came with, all or none, then the earlier ones, the newest first. The first that does not fit and all
    that are older are left out; none is cut in two, but for the newest where it is too long by itself.

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
    return _cut(_parts(turns, position, known), limit, size)


def situation_of(turns: Sequence[Turn], position: int, subject: str | None) -> str:
    """Return `situation` of turns."""
    return _cut(_parts(turns, position, subject), SITUATION_CHARACTERS, len).text


class Parts(NamedTuple):
    """What a situation is made of: texts in order, but for the earlier ones, which are newest first."""

    answered: list[str]
    subject: str
    opening: list[str]
    earlier: list[str]


def _parts(turns: Sequence[Turn], position: int, subject: str | None) -> Parts:
    end = position + 1 if turns[position].role == "customer" else position
    talk = [turn for turn in turns[:end] if turn.role in {"customer", "agent"} and turn.text.strip()]
    roles, said = [turn.role for turn in talk], [turn.text.strip() for turn in talk]
    last = len(talk)
    while last and roles[last - 1] != "customer":
        last -= 1
    first = last
    while first and roles[first - 1] == "customer":
        first -= 1
    start, stop = _opening(roles, said, first)
    earlier = [*said[:start], *said[stop:first], *said[last:]]
    return Parts(said[first:last], (subject or "").strip(), said[start:stop], earlier[::-1])


def _opening(roles: Sequence[str], said: Sequence[str], end: int) -> tuple[int, int]:
    """Return where the customer's first turns begin and end, before `end`; nowhere if they are long."""
    start = next((at for at in range(end) if roles[at] == "customer"), end)
    stop = next((at for at in range(start, end) if roles[at] != "customer"), end)
    return (start, stop) if len(_joined(said[start:stop])) <= OPENING_CHARACTERS else (start, start)


def _cut(parts: Parts, limit: int, size: Size) -> Situation:
    answered, subject, opening, earlier = parts
    n = len(answered) + len(opening) + len(earlier)
    newest = next(iter([*answered[-1:], *earlier[:1]]), subject)
    if size(newest) > limit:
        kept, own = _beginning(newest, limit, size), int(n > 0)
        return Situation(kept, own, n - own, len(newest) - len(kept))
    said: list[str] = []
    for text in reversed(answered):
        if size(_joined([text, *said])) > limit:
            return Situation(_joined(said), len(said), n - len(said))
        said.insert(0, text)
    named = subject if size(_joined([subject, *said])) <= limit else ""
    came = opening if size(_joined([named, *opening, *said])) <= limit else []
    before: list[str] = []
    for text in earlier:
        if size(_joined([named, *came, *said, *before, text])) > limit:
            break
        before.append(text)
    taken = len(said) + len(came) + len(before)
    return Situation(_joined([named, *came, *said, *before]), taken, n - taken)


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
