"""From the rows of a conversation as the file has them to rows that can be stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from qa_toolkit.conversations.importers._model import Person, Refusal
from qa_toolkit.conversations.importers._records import MalformedError, Rows
from qa_toolkit.conversations.redaction._fields import (
    CONVERSATION_RULES,
    MESSAGE_RULES,
    UNCHECKED,
    Fields,
    Rule,
    is_private_id,
)
from qa_toolkit.conversations.redaction._keys import hidden_id
from qa_toolkit.conversations.redaction._model import Found, Pseudonyms, taken_in
from qa_toolkit.conversations.redaction._parties import Parties
from qa_toolkit.conversations.redaction._texts import Rules, Scene, find, redact
from qa_toolkit.conversations.redaction.entities import load_model
from qa_toolkit.conversations.redaction.masks import compile_masks
from qa_toolkit.conversations.redaction.settings import RedactionSettings
from qa_toolkit.conversations.schema import CONVERSATIONS, MESSAGES, Column

Layout = list[tuple[Column, Rule | None]]
Decisions = Counter[tuple[str, str]]


class Redactor:
    """Takes private data out of conversations before anything else sees them.

    Parameters
    ----------
    settings : RedactionSettings
    key : bytes
        What makes the pseudonyms of a project its own: `qa_toolkit.store.Store.secret`.

    Notes
    -----
    Which value a placeholder stands for is forgotten with each conversation, and is written nowhere.
    """

    def __init__(self, settings: RedactionSettings, key: bytes) -> None:
        self._key = key
        self._names = [column.name for column in MESSAGES]
        self._of_messages: Layout = [(column, MESSAGE_RULES.get(column.name)) for column in MESSAGES]
        self._of_conversations: Layout = [(column, CONVERSATION_RULES.get(column.name)) for column in CONVERSATIONS]
        self._hide_agents = settings.agents == "pseudonym"
        self._private = frozenset(name.strip().lower() for name in settings.labels_private)
        if settings.names_model:
            load_model(settings.names_model)  # so that a wrong name is said before the file is read
        self._rules = Rules(
            settings.phones_regions,
            compile_masks(settings.orders_masks, settings.orders_expressions),
            compile_masks(settings.accounts_masks, settings.accounts_expressions),
            partial(load_model, settings.names_model) if settings.names_model else None,
        )

    def redact(self, rows: Rows, people: Iterable[Person] = ()) -> tuple[Rows, Decisions]:
        """Return a conversation without what is private, and what was found how often.

        Parameters
        ----------
        rows : Rows
        people : iterable of Person
            The parties, beside the authors of the messages.

        Raises
        ------
        MalformedError
            If a text that must be there cannot be checked.
        """
        fields = self._fields(rows, people)
        # The messages come first, so that their placeholders count from 1.
        messages = []
        for row in rows.messages:
            fields.begin(dict(zip(self._names, row, strict=True)))
            messages.append(tuple(_by_rules(self._of_messages, row, fields)))
        conversation = tuple(_by_rules(self._of_conversations, rows.conversation, fields))
        return replace(rows, conversation=conversation, messages=messages), fields.scene.counts

    def find(self, text: str, people: Iterable[Person] = ()) -> list[Found]:
        """Return what would be replaced in one text; for measuring and for trying settings out."""
        return find(text, self._rules, Parties(people))

    def hide(
        self, text: str, people: Iterable[Person] = (), parts: Sequence[dict[str, Any]] = ()
    ) -> tuple[str, list[dict[str, Any]]]:
        """Return one text with placeholders, and where parts of it (dicts with ``start`` and ``end``) are then.

        A part that lies within a value that is hidden is gone.
        """
        return redact(text, self._scene(people, taken_in([text])), list(parts))

    def refusal(self, refusal: Refusal, people: Iterable[Person] = (), content: Any = None) -> Refusal:
        """Return a refusal that shows nothing private: neither in the id nor in the reason.

        Parameters
        ----------
        refusal : Refusal
        people : iterable of Person
            The parties.
        content : dict, optional
            Of the record, as far as it is one: its authors are parties too.
        """
        messages = content.get("messages") if isinstance(content, dict) else None
        named = [one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []
        scene = self._scene([*people, *_authors(named)], set())
        given = refusal.conversation_id
        shown = hidden_id(self._key, given) if given is not None and is_private_id(given, scene) else given
        return replace(refusal, conversation_id=shown, reason=redact(refusal.reason, scene)[0])

    def _fields(self, rows: Rows, people: Iterable[Person]) -> Fields:
        named = [dict(zip(self._names, row, strict=True)) for row in rows.messages]
        people, authors = list(people), _authors(named)
        scene = self._scene([*people, *authors], taken_in([rows.conversation, *rows.messages]))
        agents = [Person("agent", (m["author"],)) for m in named if m["role"] == "agent" and m["author"]]
        # Who is known as a customer is one as the author of a note too.
        customers = _named(people, "customer") - _named([*people, *agents], "agent") | _named(authors, "customer")
        return Fields(scene, self._key, self._hide_agents, self._private, customers)

    def _scene(self, people: Iterable[Person], taken: set[tuple[str, int]]) -> Scene:
        return Scene(self._rules, Parties(people), Pseudonyms(taken))


def _by_rules(layout: Layout, row: tuple[Any, ...], fields: Fields) -> Iterator[Any]:
    for (column, rule), value in zip(layout, row, strict=True):
        yield value if rule is Fields.same or value is None else _checked(column, value, rule, fields)


def _checked(column: Column, value: Any, rule: Rule | None, fields: Fields) -> Any:
    try:
        if rule is not None:
            return rule(fields, value)
    except Exception:  # noqa: BLE001, S110 - whatever a rule stumbles over, the value is not stored
        pass
    fields.scene.counts[UNCHECKED] += 1
    if not column.required:
        return [] if column.kind in ("names", "folds") else None
    if column.kind == "labels":
        return {}
    raise MalformedError(f"{column.name} cannot be checked for private data, so the conversation is not kept")


def _named(people: Iterable[Person], role: str) -> set[str]:
    return {value.strip().casefold() for person in people if person.role == role for value in person.values if value}


def _authors(messages: list[dict[str, Any]]) -> list[Person]:
    """Return the authors of the messages, each once."""
    found: dict[tuple[str, str], None] = {}
    for message in messages:
        author, role = message.get("author"), message.get("role")
        if isinstance(author, str) and author.strip() and role != "system":
            found.setdefault(("customer" if role == "customer" else "agent", author), None)
    return [Person(role, (author,)) for role, author in found]
