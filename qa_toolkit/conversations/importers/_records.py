"""One record of a file: checked, with what the frames need derived from it, or refused with a reason in plain words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Final

from qa_toolkit.conversations.importers._heads import head_row
from qa_toolkit.conversations.importers._times import EXAMPLE, Decided, TimeError, utc
from qa_toolkit.conversations.schema import ROLES, folds_problem, is_folds

FIELDS: Final = frozenset({"conversation_id", "channel", "customer", "source", "labels", "messages", "extra"})
MESSAGE_FIELDS: Final = frozenset({"role", "text", "sent_at", "author", "attachments", "folded", "votes", "extra"})
_NO_VALUE: Final = object()
ROLE_IS: Final = "role is "
_PLAIN: Final = re.compile(r"[a-z]{2,12}")  # no name, which begins with a capital, and no number or address
DEEPEST: Final = 100  # nested lists and objects; deeper ones cannot be stored as JSON everywhere
LARGEST: Final = 2**63 - 1
KINDS: Final = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """One conversation as rows of the two frames, values in the order of the schema's columns.

    ``decisions`` counts what was decided by rule while they were made.
    """

    conversation: tuple[Any, ...]
    messages: list[tuple[Any, ...]]
    decisions: Mapping[tuple[str, str], int] = field(default_factory=dict)


class MalformedError(ValueError):
    """A record cannot be imported.

    Parameters
    ----------
    reason : str
        Where the value stands in it, ``{}`` is written.
    position : int or None
        Of the message at fault, if it is one.
    value : object
        What the file has there. It stands apart, so that a reason can be shown without it.
    """

    def __init__(self, reason: str, position: int | None = None, value: Any = _NO_VALUE) -> None:
        self.reason = reason
        self.position = position
        self.value = value
        super().__init__(self._said(reason if value is _NO_VALUE else reason.replace("{}", _shown(value), 1)))

    @property
    def without_value(self) -> str:
        """The reason, where what the file has must not be shown; a role that is one plain word may be."""
        if self.reason.startswith(ROLE_IS) and isinstance(self.value, str) and _PLAIN.fullmatch(self.value):
            return str(self)
        return self._said(self.reason if self.value is _NO_VALUE else self.reason.replace("{}", "(value hidden)", 1))

    def at(self, position: int) -> MalformedError:
        """Return it as the error of one message."""
        return MalformedError(self.reason, position, self.value)

    def _said(self, reason: str) -> str:
        return reason if self.position is None else f"message {self.position + 1}: {reason}"


def known_id(content: Any) -> str | None:
    """Return the id of a record if it has one that can be used."""
    found = content.get("conversation_id") if isinstance(content, dict) else None
    return found if isinstance(found, str) and found.strip() else None


def rows_of(content: dict[str, Any], default_source: str, zone: tzinfo | None = None) -> Rows:
    """Check one conversation and derive the columns of its rows.

    Parameters
    ----------
    content : dict
        As of a `Record`.
    default_source : str
        The ``source``, if it names none.
    zone : datetime.tzinfo, optional
        Of times that come without one; they are refused if it is left out.

    Raises
    ------
    MalformedError
        For the first thing that is wrong with it.
    """
    conversation_id = known_id(content)
    if conversation_id is None:
        raise MalformedError(_id_problem(content.get("conversation_id")))
    labels = _labels(content)
    votes = _helpful_votes(labels.get("votes"))
    raw = _messages(content)
    decided: Decided = Counter()
    checked = [_message(position, message, zone, decided) for position, message in enumerate(raw)]
    messages = [(conversation_id, i, *fields, *_beyond(i, raw[i], votes.get(i))) for i, fields in enumerate(checked)]
    times = [sent_at for *_, sent_at in checked if sent_at]
    conversation = head_row(
        (conversation_id, _text(content, "source") or default_source, _text(content, "channel") or "unknown"),
        labels,
        [role for role, *_ in checked],
        [author for _, author, *_ in checked],
        (min(times, default=None), max(times, default=None)),
        _text(content, "customer") or None,
    )
    return Rows(conversation, messages, decided)


def _id_problem(found: Any) -> str:
    if found is None:
        return "conversation_id is missing"
    return "conversation_id is empty" if isinstance(found, str) else f"conversation_id is {_kind(found)}, not text"


def _messages(content: dict[str, Any]) -> list[Any]:
    messages = content.get("messages")
    if messages is None or messages == []:
        raise MalformedError("has no messages")
    if not isinstance(messages, list):
        raise MalformedError(f"messages is {_kind(messages)}, not a list")
    return messages


def _message(
    position: int, message: Any, zone: tzinfo | None, decided: Decided
) -> tuple[str, str | None, str, datetime | None]:
    try:
        if not isinstance(message, dict):
            raise MalformedError(f"is {_kind(message)}, not an object")
        role, text = message.get("role"), message.get("text")
        if not isinstance(role, str) or role not in ROLES:
            raise _role_error(role)
        if not isinstance(text, str):
            raise MalformedError("text is missing" if text is None else f"text is {_kind(text)}, not text")
        return role, _text(message, "author") or None, text, _time(message.get("sent_at"), zone, decided)
    except MalformedError as error:
        raise error.at(position) from None


def _beyond(position: int, message: dict[str, Any], votes: int | None) -> tuple[Any, ...]:
    """Return votes, attachments, folded parts and what else the message says."""
    try:
        own = message.get("votes")
        if own is not None and (type(own) is not int or not 0 <= own <= LARGEST):
            raise MalformedError("votes is {}, not a whole number from 0", value=own)
        extra = _extra(message, MESSAGE_FIELDS)
        attachments = message.get("attachments")
        names = _names(attachments)
        if attachments and attachments != names:
            extra = {**extra, "attachments": attachments}
        return votes if own is None else own, names, _folded(message), _shallow(extra, "extra") or None
    except MalformedError as error:
        raise error.at(position) from None


def _folded(message: dict[str, Any]) -> list[Any]:
    folded = message.get("folded")
    if not folded:
        return []
    if not is_folds(folded):
        raise MalformedError('folded is not a list of {"start": 0, "end": 9, "kind": "quote" or "signature"}')
    problem = folds_problem(folded, len(message["text"]))
    if problem:
        raise MalformedError(f"folded {problem}")
    return list(folded)


def _role_error(role: Any) -> MalformedError:
    if role is None:
        return MalformedError("role is missing")
    return MalformedError(f"{ROLE_IS}{{}}, not one of {', '.join(ROLES)}", value=role)


def _text(content: dict[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise MalformedError(f"{name} is {_kind(value)}, not text")
    return value


def _time(value: Any, zone: tzinfo | None, decided: Decided) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, str | datetime):
        raise MalformedError(f"sent_at is {_kind(value)}, not a time {EXAMPLE}")
    try:
        return utc(value, zone, decided)
    except TimeError as error:
        raise MalformedError(f"sent_at {{}} {error}", value=value) from None


def _labels(content: dict[str, Any]) -> dict[str, Any]:
    labels = content.get("labels")
    if labels is not None and not isinstance(labels, dict):
        raise MalformedError(f"labels is {_kind(labels)}, not an object")
    extra = _extra(content, FIELDS)
    return _shallow({**(labels or {}), "extra": extra} if extra else labels or {}, "labels")


def _extra(content: dict[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    """Keep what the layout does not name, so that nothing of the file is lost."""
    given = content.get("extra")
    if given is not None and not isinstance(given, dict):
        raise MalformedError(f"extra is {_kind(given)}, not an object")
    others = {name: value for name, value in content.items() if name not in fields}
    return others | given if given else others


def _shallow(value: dict[str, Any], name: str) -> dict[str, Any]:
    if value and depth(value) > DEEPEST:
        raise MalformedError(f"{name}: nested more than {DEEPEST} deep")
    return value


def depth(value: Any) -> int:
    """Return how deep lists and objects are nested in it."""
    deepest, level = 0, [value]
    while level := [v for v in level if isinstance(v, dict | list)]:
        deepest += 1
        level = [v for inner in level for v in (inner.values() if isinstance(inner, dict) else inner)]
    return deepest


def _helpful_votes(votes: Any) -> dict[int, int]:
    found = [v for v in votes if isinstance(v, dict)] if isinstance(votes, list) else []
    pairs = ((v.get("message"), v.get("helpful")) for v in found)
    return {i: n for i, n in pairs if type(i) is int and type(n) is int and 0 <= n <= LARGEST}


def _names(attachments: Any) -> list[str]:
    """Return the names of a message's attachments; what has no name stays in the labels only, with all the rest."""
    found = attachments if isinstance(attachments, list) else []
    names = (item.get("name") if isinstance(item, dict) else item for item in found)
    return [name for name in names if isinstance(name, str) and name.strip()]


def _kind(value: Any) -> str:
    return KINDS.get(type(value), "missing")


def _shown(value: Any) -> str:
    return repr(str(value) if isinstance(value, datetime) else value)[:40]
