"""What recognisers find, and the placeholders that stand for it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

NOT_CHECKED: Final = "[NOT CHECKED]"
KINDS: Final = {
    "CUSTOMER": "customer's name",
    "AGENT": "agent's name",
    "NAME": "other name",
    "EMAIL": "e-mail address",
    "PHONE": "phone number",
    "CARD": "card number",
    "IBAN": "IBAN",
    "IP": "IP address",
    "TOKEN": "secret in a link",
    "ORDER": "order number",
    "ACCOUNT": "account number",
}
"""The word of a placeholder, and what it stands for."""
MOST: Final = 9_999  # placeholders of one kind in a conversation; four digits hold no number worth hiding
MOST_COMPARED: Final = 200  # names by a model that a new one is compared with
PLACEHOLDER: Final = re.compile(rf"\[(?:({'|'.join(KINDS)}) ([1-9]\d{{0,3}})|NOT CHECKED)\]", re.ASCII)
# Of two places of the same length that overlap, the earlier kind names both.
_BEFORE: Final = ("ORDER", "ACCOUNT", "EMAIL", "IBAN", "CARD", "IP", "PHONE", "CUSTOMER", "AGENT", "NAME", "TOKEN")
RANK: Final = {kind: -place for place, kind in enumerate(_BEFORE)}


class Found(NamedTuple):
    """A place of a text that must not be read, and what is the same about all places that mean one thing.

    Parameters
    ----------
    start, end : int
    kind : str
        One of `KINDS`.
    key : str
        The value in its normal form, or which party it is.
    guessed : bool
        By a model; what a rule finds at the same place counts more.
    """

    start: int
    end: int
    kind: str
    key: str
    guessed: bool = False


class Pseudonyms:
    """The placeholders of one conversation: what is the same there has the same number.

    Parameters
    ----------
    taken : iterable of (str, int)
        Kinds and numbers of placeholders that its texts had before, so that ours are not taken for those.
    """

    def __init__(self, taken: set[tuple[str, int]]) -> None:
        self._taken = taken
        self._given: dict[tuple[str, str], str] = {}
        self._last: dict[str, int] = {}

    def placeholder(self, kind: str, key: str) -> str:
        """Return what stands for a value; from `MOST` values on, one stands for all further ones."""
        found = self._given.get((kind, key)) or (self._named(key) if kind == "NAME" else None)
        if found is None:
            number = self._last.get(kind, 0) + 1
            while (kind, number) in self._taken:
                number += 1
            number = self._last[kind] = min(number, MOST)
            found = self._given[kind, key] = f"[{kind} {number}]"
        return found

    def _named(self, name: str) -> str | None:
        """Return the placeholder of the one person whose name holds all of these words, or the other way round."""
        if self._last.get("NAME", 0) > MOST_COMPARED:
            return None
        words = set(name.split())
        found = {
            placeholder
            for (kind, known), placeholder in self._given.items()
            if kind == "NAME" and (words <= set(known.split()) or words >= set(known.split()))
        }
        return found.pop() if len(found) == 1 else None


def taken_in(values: Iterable[Any]) -> set[tuple[str, int]]:
    """Return the placeholders that stand in texts already, however deep, by kind and number."""
    taken: set[tuple[str, int]] = set()
    left = list(values)
    while left:
        value = left.pop()
        if isinstance(value, str):
            if "[" in value:
                taken.update((match[1], int(match[2])) for match in PLACEHOLDER.finditer(value) if match[1])
        elif isinstance(value, dict):
            left += (*value.keys(), *value.values())
        elif isinstance(value, list | tuple):
            left += value
    return taken
