"""Who is part of a conversation, put together from all that an export says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from qa_toolkit.conversations.importers._model import Person


class Party(NamedTuple):
    """Somebody of whom an export speaks."""

    role: str  # "customer", "agent" or "bot"
    id: str | None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    others: tuple[str, ...] = ()  # further names, addresses and numbers

    @property
    def author(self) -> str | None:
        """What stands in the column: a customer is found by the address, an agent is known by the name."""
        return (self.email or self.id or self.name) if self.role == "customer" else (self.name or self.email or self.id)


class Parties:
    """Who is part of a conversation.

    Parameters
    ----------
    beside : mapping of (role, id) to Party
        What is known of people beside the conversation.
    """

    def __init__(self, beside: Mapping[tuple[str, str | None], Party] | None = None) -> None:
        self._beside = beside or {}
        self._found: dict[tuple[str, str | None], Party] = {}

    def add(self, party: Party) -> Party:
        """Take one in and return all that is known of them by now."""
        key = party.role, party.id or party.email or party.name
        for other in (self._found.get(key), self._beside.get(key)):
            if other is not None and other is not party:
                name, email, phone = (mine or theirs for mine, theirs in zip(party[2:5], other[2:5], strict=True))
                party = Party(party.role, party.id, name, email, phone, party.others or other.others)
        self._found[key] = party
        return party

    @property
    def customer(self) -> str | None:
        """Whose conversation it is, also if they wrote nothing in it: the first customer."""
        return next((p.author for p in self._found.values() if p.role == "customer" and p.author), None)

    def people(self) -> list[Person]:
        """Return the parties as redaction needs them; a bot is nobody."""
        found = ((p.role, tuple(filter(None, (*p[2:5], *p.others)))) for p in self._found.values() if p.role != "bot")
        return [Person(role, values) for role, values in found if values]
