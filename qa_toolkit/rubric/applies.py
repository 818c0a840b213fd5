"""Whether a commandment can be rated in a conversation, from plain values; what is not known speaks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from qa_toolkit.rubric.model import Applies, Commandment, Rubric

_LACKS: Final = {
    "times": "Times are missing from the transcript.",
    "answer": "No agent wrote anything.",
    "two-agents": "Only one agent wrote.",
}


@dataclass(frozen=True)
class Circumstances:
    """What of a conversation decides which commandments apply.

    Parameters
    ----------
    channel, plan, language : str or None
        None where it is not known.
    roles : sequence of str
        Who wrote each message: customer, agent, bot, system or note.
    authors : sequence of (str or None)
        Name of the author of each message.
    times : sequence of (datetime or None)
        When each message was sent.
    """

    channel: str | None
    plan: str | None
    language: str | None
    roles: Sequence[str]
    authors: Sequence[str | None]
    times: Sequence[datetime | None]

    def has(self) -> set[str]:
        """Return what the conversation has, out of `qa_toolkit.rubric.model.HAS`."""
        agents = [author for role, author in zip(self.roles, self.authors, strict=True) if role == "agent"]
        found = {
            "times": sum(time is not None for time in self.times) > 1,  # a wait is between two
            "answer": bool(agents),
            "two-agents": len({author for author in agents if author}) > 1,
        }
        return {name for name, is_there in found.items() if is_there}


def why_not(commandment: Commandment, conversation: Circumstances) -> str | None:
    """Return why a commandment cannot apply to a conversation, or None if it may; ``when`` is not looked at.

    Where the channel, plan or language of the conversation is not known, the commandment applies: a reviewer can see
    more than the data say.
    """
    reason = _broken(commandment.applies, conversation)
    return (commandment.applies.otherwise or reason) if reason else None


def not_applicable(rubric: Rubric, conversation: Circumstances) -> dict[str, str]:
    """Return id and reason of every commandment of a rubric that cannot apply to a conversation."""
    reasons = ((commandment.id, why_not(commandment, conversation)) for commandment in rubric)
    return {name: reason for name, reason in reasons if reason}


def unmet(rubric: Rubric, ratings: Mapping[str, str]) -> dict[str, str]:
    """Return id and reason of every commandment whose ``when`` the ratings do not meet.

    Parameters
    ----------
    rubric : Rubric
    ratings : mapping of str to str
        Commandment id to rating, of those that are rated by now.
    """
    found = {}
    for commandment in rubric:
        for other, calling in commandment.applies.when.items():
            if ratings.get(other) not in calling:
                needed = f"Applies once “{rubric[other].title}” is rated {_either(calling)}."
                found[commandment.id] = commandment.applies.otherwise or needed
                break
    return found


def _broken(applies: Applies, conversation: Circumstances) -> str | None:
    for name in ("channel", "plan", "language"):
        wanted, value = getattr(applies, name), getattr(conversation, name)
        if wanted and value and not any(_fits(name, value, one) for one in wanted):
            return f"Only for the {name} {_either(wanted)}; this one is {value}."
    there = conversation.has() if applies.has else set()
    return next((_LACKS[name] for name in applies.has if name not in there), None)


def _fits(name: str, value: str, wanted: str) -> bool:
    have, want = value.casefold(), wanted.casefold()
    return have == want or (name == "language" and have.startswith(f"{want}-"))  # en-GB is en


def _either(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last
