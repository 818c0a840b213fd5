"""Short quotes of a conversation, without what is private."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import dropwhile, takewhile
from typing import Any, Final

import pandas as pd

from qa_toolkit.conversations import drop_folds
from qa_toolkit.conversations.redaction import Person, Redactor

LONGEST: Final = 320  # characters of a quote
BLANK: Final = re.compile(r"\s*\n\s*\n\s*")
GONE: Final = "[the text was removed]"
Json = Mapping[str, Any]


class Quotes:
    """Quotes from some conversations.

    Parameters
    ----------
    conversations, messages : pandas.DataFrame
        As from the store.
    redactor : Redactor or None
        Hides what is private, also what was not hidden when the conversations were imported; None: nothing is hidden.
    """

    def __init__(self, conversations: pd.DataFrame, messages: pd.DataFrame, redactor: Redactor | None) -> None:
        self._redactor = redactor
        self._messages: dict[str, dict[int, dict[str, Any]]] = {}
        for row in messages.to_dict("records"):
            self._messages.setdefault(row["conversation_id"], {})[row["position"]] = {str(k): v for k, v in row.items()}
        self._people: dict[str, list[Person]] = {
            one: _people(messages.values()) for one, messages in self._messages.items()
        }
        for one, customer in conversations[["conversation_id", "customer"]].itertuples(index=False):
            if isinstance(customer, str):
                self._people.setdefault(one, []).append(Person("customer", (customer,)))

    def message(self, conversation_id: str, position: int, longest: int = LONGEST) -> str:
        """Return the beginning of a message, without quoted mail and signature."""
        message = self._messages.get(conversation_id, {}).get(position)
        if message is None or not message["text"].strip():
            return GONE
        text, folds = self._hidden(conversation_id, message["text"], message["folded"])
        for fold in reversed(folds):
            text = text[: fold["start"]] + " " + text[fold["end"] :]
        return shortened(text, longest)

    def span(self, item: Json, conversation_id: str) -> str:
        """Return what an item of evidence points at: words of a message, or its beginning."""
        message = self._messages.get(conversation_id, {}).get(item["position"])
        if message is None or item["start"] is None:
            return self.message(conversation_id, item["position"])
        text, parts = self._hidden(conversation_id, message["text"], [{"start": item["start"], "end": item["end"]}])
        words = text[parts[0]["start"] : parts[0]["end"]] if parts else ""
        return shortened(words) if words.strip() else self.message(conversation_id, item["position"])

    def asked(self, conversation_id: str, position: int) -> str:
        """Return what the customer had last written before a message; empty if nothing."""
        before = [m for p, m in self._messages.get(conversation_id, {}).items() if p < position]
        asked = max((m["position"] for m in before if m["role"] == "customer"), default=None)
        return "" if asked is None else self.message(conversation_id, asked)

    def turns(self, conversation_id: str, position: int, longest: int) -> str:
        """Return what the customer had written without an answer before a message, with its lines; empty if nothing."""
        before = {p: m for p, m in self._messages.get(conversation_id, {}).items() if p < position}
        talk = [before[p] for p in sorted(before, reverse=True) if before[p]["role"] in ("customer", "agent")]
        asked = list(takewhile(_by_customer, dropwhile(lambda m: not _by_customer(m), talk)))
        said = (drop_folds(m["text"], m["folded"]) for m in reversed(asked))
        return self.lines(conversation_id, "\n\n".join(text for text in said if text), longest)

    def lines(self, conversation_id: str, text: str, longest: int) -> str:
        """Return a text of a conversation with its lines, cut between words where it is too long."""
        hidden = BLANK.sub("\n\n", self._hidden(conversation_id, text, [])[0].strip())
        return hidden if len(hidden) <= longest else f"{_cut(hidden, longest)} …"

    def author(self, conversation_id: str, positions: Sequence[int]) -> str | None:
        """Return the agent who wrote the first of some messages that an agent wrote."""
        found = (self._messages.get(conversation_id, {}).get(position) for position in positions)
        return next((m["author"] for m in found if m and m["role"] == "agent" and isinstance(m["author"], str)), None)

    def words(self, conversation_id: str, text: str) -> str:
        """Return a reviewer's words on a conversation."""
        return shortened(self._hidden(conversation_id, text, [])[0])

    def _hidden(self, one: str, text: str, parts: Sequence[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
        if self._redactor is None:
            return text, list(parts)
        return self._redactor.hide(text, self._people.get(one, []), parts)


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text on one line, cut between words where it is too long."""
    line = " ".join(text.split())
    if len(line) <= longest:
        return line
    return f"{_cut(line, longest)} …"


def _cut(text: str, longest: int) -> str:
    cut = text[:longest]
    return cut[: cut.rfind(" ")] if " " in cut[longest // 2 :] else cut


def _by_customer(message: Json) -> bool:
    return bool(message["role"] == "customer")


def _people(messages: Any) -> list[Person]:
    authors = {(m["author"], m["role"]): None for m in messages if isinstance(m["author"], str) and m["author"].strip()}
    return [
        Person("customer" if role == "customer" else "agent", (author,)) for author, role in authors if role != "system"
    ]
