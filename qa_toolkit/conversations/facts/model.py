"""The words of facts: what a fact is, and which kinds there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, Protocol

State = Literal["found", "none-found", "not-computed"]

KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "first-response": "First response",
        "customer-wait": "Longest wait of the customer",
        "agent-wait": "Longest wait for the customer",
        "unanswered": "Messages left unanswered",
        "holding-reply": "Holding replies",
        "repeated-question": "Questions asked twice",
        "question-already-answered": "Questions already answered",
        "apology": "Apologies",
        "blame": "Blame",
        "works-for-me": "“Works for me”",
        "promise": "Promises with a deadline",
        "hand-over": "Hand-overs",
        "repeat-after-hand-over": "Said again after a hand-over",
        "amends": "Amends offered",
        "other-product": "Other products offered",
        "closed-unsolved": "Closed without a solution",
    }
)
"""The kinds of facts by id, in the order in which they are shown, each with its title."""

TIMINGS: Final = ("first-response", "customer-wait", "agent-wait")
"""The kinds that rest on times alone and judge no words."""


class Turn(Protocol):
    """One message, as much of it as facts need; `qa_toolkit.store.Message` is one."""

    @property
    def position(self) -> int:
        """Place in the conversation, from 0."""

    @property
    def role(self) -> str:
        """One of `qa_toolkit.conversations.ROLES`."""

    @property
    def author(self) -> str | None:
        """Who wrote it, if known."""

    @property
    def text(self) -> str:
        """What was written."""

    @property
    def sent_at(self) -> datetime | None:
        """When, with a zone, if known."""


@dataclass(frozen=True)
class Span:
    """What a fact rests on: a message, or some of its code points.

    Parameters
    ----------
    position : int
        Position of the message.
    start, end : int or None
        Half-open range of code points of its text; both None for the whole message.
    """

    position: int
    start: int | None = None
    end: int | None = None

    def __str__(self) -> str:
        return f"{self.position}" if self.start is None else f"{self.position}:{self.start}-{self.end}"


@dataclass(frozen=True)
class Fact:
    """Something computed from the transcript. It is shown beside a commandment and scores nothing.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    state : {"found", "none-found", "not-computed"}
        ``none-found`` says that the rules found nothing, not that there is nothing.
    text : str
        One line for people.
    outcome : str
        What programs read: minutes, a deadline with what became of it, and so on; empty for most kinds.
    evidence : tuple of Span
        The places that it rests on, in the order of the conversation.
    plain : str
        `text` without the outcome, where that can be wrong while the rest is right; empty where it cannot.
    """

    kind: str
    state: State
    text: str
    outcome: str = ""
    evidence: tuple[Span, ...] = ()
    plain: str = ""

    @property
    def id(self) -> str:
        """The kind and the evidence: the same for as long as the messages are the same."""
        return ":".join((self.kind, ",".join(map(str, self.evidence)))) if self.evidence else self.kind


def found(kind: str, text: str, *evidence: Span, outcome: str = "", plain: str = "") -> Fact:
    """Make a fact that was found."""
    return Fact(kind, "found", text, outcome, evidence, plain)


def none_found(kind: str) -> Fact:
    """Say that nothing was found, in words that do not claim that nothing is there."""
    return Fact(kind, "none-found", "none found (which is not to say that there is none)")


def not_computed(kind: str, why: str) -> Fact:
    """Say that the kind was not computed, and why."""
    return Fact(kind, "not-computed", f"not computed: {why}")
