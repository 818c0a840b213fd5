"""A conversation without what would lead a rating: labels, and the agents' names where they are to be hidden."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from qa_toolkit.store import Conversation, Message

COVER: Final = "█"  # for each character, so that the offsets of evidence hold
# Words in an agent's name that name nobody, so that covering them would only spoil the text.
_NO_NAMES = "admin agent and assistant bot care customer desk for help helpdesk info of service support team the"
# First names that are words too: covered with a capital only.
_WORDS_TOO = (
    "amber april art august bill chance chase christian daisy dawn dean don drew faith frank grace grant guy hope iris "
    "ivy jack jade joy june lane lily mark max may miles nick page pat pearl penny ray rich rob rose ruby sky star sue "
    "summer victor wade will"
)
NO_NAMES: Final = frozenset(_NO_NAMES.split())
WORDS_TOO: Final = frozenset(_WORDS_TOO.split())


def blinded(conversation: Conversation, hide_agent: bool) -> Conversation:
    """Return a conversation without labels, and with its agents' names covered if asked.

    Texts keep their length: each character of a name becomes one █.
    """
    bare = replace(conversation, labels={})
    if not hide_agent:
        return bare
    roles = _roles(bare)
    cover = _covering(roles)
    messages = tuple(_covered(message, roles, cover) for message in bare.messages)
    subject = _cover(bare.subject, cover)
    return replace(bare, agent=roles.get(bare.agent or "", bare.agent), subject=subject, messages=messages)


def _roles(conversation: Conversation) -> dict[str, str]:
    """Return what each of the team is called from now on: Agent, Agent 2, ..., in the order of their appearance."""
    team = [m.author for m in conversation.messages if m.role in ("agent", "note")]
    names = [name for name in dict.fromkeys([*team, conversation.agent]) if name and name != conversation.customer]
    return {name: f"Agent {i}" if i > 1 else "Agent" for i, name in enumerate(names, 1)}


def _covered(message: Message, roles: dict[str, str], cover: re.Pattern[str] | None) -> Message:
    attachments = tuple(_cover(name, cover) or "" for name in message.attachments)
    author = roles.get(message.author or "", message.author) if message.role != "customer" else message.author
    return replace(message, author=author, text=_cover(message.text, cover) or "", attachments=attachments)


def _cover(text: str | None, cover: re.Pattern[str] | None) -> str | None:
    return cover.sub(lambda found: COVER * len(found.group()), text) if cover and text else text


def _covering(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds the names, whole and by their parts; the longest first."""
    parts = {part for name in names for part in _parts(name)}
    patterns = [_pattern(part) for part in sorted(parts, key=lambda part: (-len(part), part))]
    return re.compile("|".join(patterns)) if patterns else None


def _parts(name: str) -> list[str]:
    words = re.findall(r"[^\W\d_]+", name.partition("@")[0])  # of an address, the part that can be a name
    named = [word for word in words if len(word) > 1 and word.casefold() not in NO_NAMES]
    is_own = named or any(char.isdigit() or char == "@" for char in name)  # "Support team" may be read
    return [*named, name] if is_own else []


def _pattern(part: str) -> str:
    word = re.escape(part)
    if part.casefold() in WORDS_TOO:
        word = f"(?:{re.escape(part.capitalize())}|{re.escape(part.upper())})"
    elif part.lower() != part.upper():
        word = f"(?i:{word})"
    else:  # of a script without capitals, which may have no spaces either
        return word
    return rf"(?<!\w){word}(?!\w)"
