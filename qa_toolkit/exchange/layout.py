"""What an export holds: rows of the frames as plain values, conversations with their messages inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from qa_toolkit.conversations.cells import MESSAGE_TABLE

OPTIONAL: Final = ("votes", "attachments", "folded", "extra")  # of a message; written where there is something
IN_LABELS: Final = ("subject", "language", "plan")
Row = dict[str, Any]


def rows(frame: pd.DataFrame) -> list[Row]:
    """Return the rows of a frame with None for what is missing, times as `datetime.datetime`."""
    columns = {str(name): _plain(frame[name]) for name in frame.columns}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _plain(column: pd.Series[Any]) -> list[Any]:
    values = column.astype(object)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return [None if value is pd.NaT else value.to_pydatetime() for value in values]
    return values.where(column.notna(), None).tolist()


def nested(conversations: pd.DataFrame, messages: pd.DataFrame) -> Iterator[Row]:
    """Yield each conversation as a row of its frame, with ``messages``, a list of the rows of the other."""
    bodies: dict[str, list[Row]] = {}
    for message in rows(messages):
        bodies.setdefault(message.pop("conversation_id"), []).append(message)
    for head in rows(conversations):
        yield head | {"messages": bodies[head["conversation_id"]]}


def uniform(conversation: Row) -> Row:
    """Return one line of the JSON Lines layout; importing it gives the same rows again."""
    head = {} if _wrote(conversation) else {"customer": conversation["customer"]}
    return head | {
        "conversation_id": conversation["conversation_id"],
        "channel": conversation["channel"],
        "source": conversation["source"],
        "labels": full_labels(conversation),
        "messages": [_message(message) for message in conversation["messages"]],
    }


def _wrote(conversation: Row) -> bool:
    """Say whether the customer is known from what they wrote, as in all but a few conversations."""
    authors = (message["author"] for message in conversation["messages"] if message["role"] == "customer")
    return conversation["customer"] in (None, *authors)


def full_labels(conversation: Row) -> Row:
    """Return the labels, and what an import would have derived from them if the rows were made in another way."""
    labels: Row = conversation["labels"]
    kept = {name: conversation[name] for name in IN_LABELS if conversation[name] is not None and name not in labels}
    if "locale" in labels:
        kept.pop("language", None)
    return labels | kept


def _message(message: Row) -> Row:
    kept = {name: message[name] for name in ("role", "text", "sent_at", "author")}
    return kept | {name: message[name] for name in OPTIONAL if message[name] or message[name] == 0}


def flat(conversation: Row) -> Iterator[Row]:
    """Yield the messages of a conversation as rows of `MESSAGE_TABLE`."""
    of_conversation: Mapping[str, Any] = {name: conversation[name] for name in ("channel", *IN_LABELS)}
    for message in conversation["messages"]:
        known = {"conversation_id": conversation["conversation_id"], **message, **of_conversation}
        yield {name: known[name] for name in MESSAGE_TABLE}
