"""Which rule each column of the two frames has. A column without one is not stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from qa_toolkit.conversations.redaction._keys import customer_pseudonym, hidden_id, is_pseudonym, pseudonym
from qa_toolkit.conversations.redaction._model import NOT_CHECKED, PLACEHOLDER
from qa_toolkit.conversations.redaction._texts import Scene, find, redact
from qa_toolkit.conversations.redaction._unseen import without_unseen
from qa_toolkit.conversations.redaction._words import Words

_KEY_ENDS: Final = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\-.]+")
# In words.toml, a space is written _, and so it is in most keys.
_NAMES: Final = frozenset(word.replace(" ", "_") for word in Words("labels", "names").all)
_PRIVATE: Final = frozenset(word.replace(" ", "_") for word in Words("labels", "private").all)


UNCHECKED: Final = ("redaction", "not checked, so not kept")


class Fields:
    """Applies the rules to the values of one conversation.

    Parameters
    ----------
    scene : Scene
    key : bytes
        Of the project's pseudonyms.
    hide_agents : bool
    private : frozenset of str
        Keys whose values are not kept.
    """

    def __init__(
        self, scene: Scene, key: bytes, hide_agents: bool, private: frozenset[str], customers: set[str]
    ) -> None:
        self.scene = scene
        self.key = key
        self.hide_agents = hide_agents
        self.private = private | _PRIVATE
        self.customers = customers
        self.role = ""
        self._ids: dict[str, str] = {}
        self.body: tuple[str, list[dict[str, Any]]] = ("", [])

    def begin(self, message: Mapping[str, Any]) -> None:
        """Take up a message: its text and the folded parts of it are redacted together."""
        self.role = message["role"]
        try:
            self.body = redact(_sound(message["text"]), self.scene, message["folded"])
        except Exception:  # noqa: BLE001 - whatever a rule stumbles over, the text is not stored
            self.scene.counts[UNCHECKED] += 1
            self.body = (NOT_CHECKED, [])

    def text(self, value: Any) -> Any:
        """Redact a text."""
        return redact(_sound(value), self.scene)[0]

    def each(self, values: list[str]) -> list[str]:
        """Redact the texts of a list."""
        return [self.text(value) for value in values]

    def body_text(self, _: Any) -> str:
        """Return the text of the message, redacted."""
        return self.body[0]

    def body_folds(self, _: Any) -> list[dict[str, Any]]:
        """Return the folded parts of the redacted text."""
        return self.body[1]

    def same(self, value: Any) -> Any:
        """Keep a value that the schema lets be nothing but a count, a time or one of a few words."""
        return value

    def identity(self, value: str) -> str:
        """Keep the id of a conversation, unless it holds something private."""
        if value not in self._ids:
            self._ids[value] = hidden_id(self.key, value) if is_private_id(_sound(value), self.scene) else value
        return self._ids[value]

    def customer(self, value: str) -> str:
        """Return the pseudonym of a customer."""
        return value if is_pseudonym(value) else customer_pseudonym(self.key, value)

    def agent(self, value: str) -> str:
        """Return the name of an agent, or the pseudonym if it is an address or the team wants it."""
        if is_pseudonym(value):
            return value
        hide = self.hide_agents or "@" in value or self.anonymous(value)
        return pseudonym("agent", self.key, value) if hide else value

    def anonymous(self, value: str) -> bool:
        """Say whether a name holds something beside a name, such as a phone number."""
        return _finds_beside_names(value, self.scene)

    def author(self, value: str) -> str:
        """Return what stands for the author of a message."""
        if self.role == "customer" or value.strip().casefold() in self.customers:
            return self.customer(value)
        return self.agent(value)

    def deep(self, value: Any, key: str = "") -> Any:
        """Redact a value of labels or extra fields, whatever is in it: keys, texts, numbers."""
        if isinstance(value, bool) or value is None or isinstance(value, date):
            return value
        name = _KEY_ENDS.sub("_", key).lower()
        if name in self.private and value not in ("", [], {}):
            return NOT_CHECKED
        if isinstance(value, str):
            return self._leaf(value, name)
        if isinstance(value, int | float):
            hidden = self._leaf(repr(value), name)
            return value if hidden == repr(value) else hidden
        if isinstance(value, list):
            return [self.deep(one, key) for one in value]
        return self._table(value) if isinstance(value, dict) else NOT_CHECKED

    def _leaf(self, value: str, name: str) -> str:
        try:
            return self._label(_sound(value), name)
        except Exception:  # noqa: BLE001 - of many labels, only the one that a rule stumbles over is not stored
            self.scene.counts[UNCHECKED] += 1
            return NOT_CHECKED

    def _label(self, value: str, name: str) -> str:
        if name in _NAMES and value.strip():
            hidden = self.text(value)
            # The key says that all of it is a name, so what no rule knew of it goes too.
            bare = any(map(str.isalnum, PLACEHOLDER.sub("", hidden))) and not is_pseudonym(value)
            return self.scene.pseudonyms.placeholder("NAME", value.strip().casefold()) if bare else hidden
        if not any(c.isalpha() for c in value) and sum(c.isdecimal() for c in value) > 5:
            # The key says what a number is, as a word before it does in a text.
            before = name.replace("_", " ") + ": "
            return redact(before + value, self.scene)[0].removeprefix(before)
        return str(self.text(value))

    def _table(self, value: dict[Any, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        for key, one in value.items():
            hidden = name = self._leaf(str(key), "")
            count = 1
            while name in out:
                count += 1
                name = f"{hidden} ({count})"
            out[name] = self.deep(one, str(key))
        return out


def is_private_id(value: str, scene: Scene) -> bool:
    """Say whether an id holds something private; a bare number is one only if it is a party's own."""
    value = without_unseen(value)
    digits = value.strip()
    if digits.isdecimal() and digits[-7:] not in scene.parties.numbers:
        team = (scene.rules.orders, scene.rules.accounts)
        return any(pattern is not None and pattern.search(digits) for pattern in team)
    return bool(find(value, scene.rules, scene.parties, with_model=False))


def _finds_beside_names(value: str, scene: Scene) -> bool:
    found = find(value, scene.rules, scene.parties, with_model=False)
    return any(one.kind not in ("AGENT", "CUSTOMER", "NAME") for one in found)


def _sound(text: str) -> str:
    """Refuse half of a character: it can be neither checked nor stored."""
    text.encode()
    return text


Rule = Callable[[Fields, Any], Any]
CONVERSATION_RULES: Final[Mapping[str, Rule]] = {
    "conversation_id": Fields.identity,
    "source": Fields.text,
    "channel": Fields.text,
    "language": Fields.text,
    "subject": Fields.text,
    "agent": Fields.agent,
    "customer": Fields.customer,
    "plan": Fields.same,
    "started_at": Fields.same,
    "ended_at": Fields.same,
    "n_messages": Fields.same,
    "labels": Fields.deep,
}
MESSAGE_RULES: Final[Mapping[str, Rule]] = {
    "conversation_id": Fields.identity,
    "position": Fields.same,
    "role": Fields.same,
    "author": Fields.author,
    "text": Fields.body_text,
    "sent_at": Fields.same,
    "votes": Fields.same,
    "attachments": Fields.each,
    "folded": Fields.body_folds,
    "extra": Fields.deep,
}
