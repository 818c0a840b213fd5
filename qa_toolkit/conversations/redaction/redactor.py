"""From the rows of a conversation as the file has them to rows that can be stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from qa_toolkit.conversations.importers._model import Person, Refusal
from qa_toolkit.conversations.importers._records import MalformedError, Rows
from qa_toolkit.conversations.redaction._fields import CONVERSATION_RULES, MESSAGE_RULES, Fields, is_private_id
from qa_toolkit.conversations.redaction._keys import hidden_id
from qa_toolkit.conversations.redaction._model import NOT_CHECKED, Pseudonyms, taken_in
from qa_toolkit.conversations.redaction._parties import Parties
from qa_toolkit.conversations.redaction._texts import Rules, Scene, redact
from qa_toolkit.conversations.redaction.entities import load_model
from qa_toolkit.conversations.redaction.masks import compile_masks
from qa_toolkit.conversations.redaction.settings import RedactionSettings
from qa_toolkit.conversations.schema import CONVERSATIONS, MESSAGES, Column

Decisions = Counter[tuple[str, str]]
_UNCHECKED: Final = ("redaction", "not checked, so not kept")


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
        conversation_id = fields.identity(rows.conversation[0])
        messages = [self._message(row, fields, conversation_id) for row in rows.messages]
        conversation = tuple(_by_rules(CONVERSATIONS, rows.conversation, CONVERSATION_RULES.get, fields))
        return replace(rows, conversation=conversation, messages=messages), fields.scene.counts

    def refusal(self, refusal: Refusal, people: Iterable[Person] = ()) -> Refusal:
        """Return a refusal that shows nothing private: neither in the id nor in the reason."""
        scene = self._scene(people, set())
        given = refusal.conversation_id
        shown = hidden_id(self._key, given) if given is not None and is_private_id(given, scene) else given
        return replace(refusal, conversation_id=shown, reason=redact(refusal.reason, scene)[0])

    def _fields(self, rows: Rows, people: Iterable[Person]) -> Fields:
        authors = _authors(rows)
        texts = [value for row in (rows.conversation, *rows.messages) for value in row if isinstance(value, str)]
        scene = self._scene([*people, *authors], taken_in(texts))
        fields = Fields(scene, self._key, self._hide_agents, self._private)
        fields.customers.update(p.values[0].strip().casefold() for p in authors if p.role == "customer")
        return fields

    def _scene(self, people: Iterable[Person], taken: set[tuple[str, int]]) -> Scene:
        return Scene(self._rules, Parties(people), Pseudonyms(taken))

    def _message(self, row: tuple[Any, ...], fields: Fields, conversation_id: str) -> tuple[Any, ...]:
        named = dict(zip((column.name for column in MESSAGES), row, strict=True))
        given = {"conversation_id": lambda *_: conversation_id, **MESSAGE_RULES}
        given["author"] = lambda _, value: fields.author(value, named["role"])
        text, folds = _checked_text(named, fields)
        given |= {"text": lambda *_: text, "folded": lambda *_: folds}
        return tuple(_by_rules(MESSAGES, row, given.get, fields))


def _checked_text(named: dict[str, Any], fields: Fields) -> tuple[str, list[dict[str, Any]]]:
    try:
        named["text"].encode()  # half of a character can be neither checked nor stored
        return redact(named["text"], fields.scene, named["folded"])
    except Exception:  # noqa: BLE001 - whatever a rule stumbles over, the text is not stored
        fields.scene.counts[_UNCHECKED] += 1
        return NOT_CHECKED, []


def _by_rules(
    columns: tuple[Column, ...],
    row: tuple[Any, ...],
    rule_of: Callable[[str], Callable[[Fields, Any], Any] | None],
    fields: Fields,
) -> Iterator[Any]:
    for column, value in zip(columns, row, strict=True):
        rule = rule_of(column.name)
        yield None if value is None else _checked(column, value, rule, fields)


def _checked(column: Column, value: Any, rule: Callable[[Fields, Any], Any] | None, fields: Fields) -> Any:
    try:
        if rule is not None:
            return rule(fields, value)
    except Exception:  # noqa: BLE001, S110 - whatever a rule stumbles over, the value is not stored
        pass
    fields.scene.counts[_UNCHECKED] += 1
    if not column.required:
        return [] if column.kind in ("names", "folds") else None
    if column.kind == "labels":
        return {}
    raise MalformedError(f"{column.name} cannot be checked for private data, so the conversation is not kept")


def _authors(rows: Rows) -> list[Person]:
    """Return the authors of the messages, each once."""
    place = {column.name: at for at, column in enumerate(MESSAGES)}
    found: dict[tuple[str, str], None] = {}
    for row in rows.messages:
        author, role = row[place["author"]], row[place["role"]]
        if isinstance(author, str) and author.strip() and role != "system":
            found.setdefault(("customer" if role == "customer" else "agent", author), None)
    return [Person(role, (author,)) for role, author in found]
