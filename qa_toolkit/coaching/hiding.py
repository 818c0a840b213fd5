"""What a coaching pack shows of people and of private data."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from qa_toolkit.coaching.shapes import Json
from qa_toolkit.conversations import drop_folds
from qa_toolkit.conversations.redaction import Person, RedactionSettings, Redactor, agent_pseudonym
from qa_toolkit.exchange import settings_of
from qa_toolkit.store import Conversation, Message, Store

UNKNOWN = "unknown agent"


class Shown(NamedTuple):
    """What a pack may show.

    Parameters
    ----------
    redaction : bool, str, Path or RedactionSettings
        How private data is hidden, whatever was done when the conversations were imported; False: it is not.
    named : bool
        Whether colleagues of who is coached, and reviewers, are named.
    """

    redaction: bool | str | Path | RedactionSettings = True
    named: bool = False


class Hiding:
    """Takes out of the texts of a pack what it must not show.

    Parameters
    ----------
    store : Store
    shown : Shown
    team : collection of str
        Agents and reviewers whom texts may name.
    customers : collection of str
        All of the project.
    """

    def __init__(self, store: Store, shown: Shown, team: Collection[str], customers: Collection[str]) -> None:
        settings = settings_of(shown.redaction)
        self._key = b"" if shown.named and not settings else store.secret("pseudonyms")
        self._redactor = Redactor(settings, self._key) if settings else None
        self._named = shown.named
        self._team = sorted(team)
        self._customers = {name: name.strip().casefold() for name in customers if name.strip()}

    def agent(self, name: str | None, coached: str | None) -> str:
        """Return what an agent is called in the pack of another one: by a pseudonym that is always the same."""
        if name is None:
            return UNKNOWN
        shown = self._named or _is_one(name, coached)
        return name if shown else f"a colleague ({agent_pseudonym(self._key, name)})"

    def reviewers(self, names: Collection[str]) -> str:
        """Return who reviewed something, or how many."""
        if self._named:
            return ", ".join(names)
        return "a reviewer" if len(names) == 1 else f"{len(names)} reviewers"

    def text(self, text: str, coached: str | None, *conversations: Conversation) -> str:
        """Return a text of some conversations, or what a reviewer or coach has typed about them."""
        return self._hidden(text, self._people(coached, conversations))[0]

    def quote(self, item: Json, message: Message, coached: str | None, conversation: Conversation) -> str:
        """Return the words of a message that a piece of evidence means; all of it where they are hidden."""
        if item["start"] is not None:
            # The whole text is looked at: half of an address is not known for one.
            people = self._people(coached, [conversation])
            text, parts = self._hidden(message.text, people, [{"start": item["start"], "end": item["end"]}])
            words = text[parts[0]["start"] : parts[0]["end"]] if parts else ""
            if words.strip():
                return words
        return self.text(drop_folds(message.text, message.folded), coached, conversation)

    def agreed(self, text: str, conversations: Sequence[Conversation]) -> str:
        """Return what was agreed: with colleagues whom coach and agent have named, without customers."""
        parties = dict.fromkeys(one for conversation in conversations for one in _parties(conversation))
        names = dict.fromkeys(name for role, name in parties if role == "customer")
        names |= dict.fromkeys(self.customers_in(text))
        return self._hidden(text, [Person("customer", (name,)) for name in names])[0]

    def customers_in(self, text: str) -> list[str]:
        """Return the customers whose whole name is in a text, such as an agreement, which is of no conversation."""
        lower = text.casefold()
        near = ((name, re.escape(whole)) for name, whole in self._customers.items() if whole in lower)
        return [name for name, whole in near if re.search(rf"(?<!\w){whole}(?!\w)", lower)]

    def _hidden(
        self, text: str, people: Sequence[Person], parts: Sequence[dict[str, Any]] = ()
    ) -> tuple[str, list[dict[str, Any]]]:
        return self._redactor.hide(text, people, parts) if self._redactor else (text, list(parts))

    def _people(self, coached: str | None, conversations: Sequence[Conversation]) -> list[Person]:
        parties = (one for conversation in conversations for one in _parties(conversation))
        found = dict.fromkeys([*parties, *(("agent", name) for name in self._team)])
        return [
            Person(role, (name,))
            for role, name in found
            if role == "customer" or not (self._named or _is_one(name, coached))
        ]


def _parties(conversation: Conversation) -> Iterator[tuple[str, str]]:
    for role, name in [
        ("customer", conversation.customer),
        ("agent", conversation.agent),
        *((message.role, message.author) for message in conversation.messages if message.role != "system"),
    ]:
        if name and name.strip():
            yield ("customer" if role == "customer" else "agent"), name


def _is_one(name: str, other: str | None) -> bool:
    return other is not None and name.strip().casefold() == other.strip().casefold()
