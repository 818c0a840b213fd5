"""All words of the conversations, one after another; memory does not grow with the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.store import tables
from qa_toolkit.store.engine import reading

ROWS: Final = 2000  # in one fetch


def texts(engine: Engine) -> Iterator[tuple[str, str, str]]:
    """Yield (conversation_id, kind, text) of each text, subject, label and extra field, and of customers' names.

    The kind is ``"name"`` for what a customer is called, else ``"text"``.
    """
    c, m = tables.conversations.c, tables.messages.c
    heads = sa.select(c.conversation_id, c.customer, c.subject, c.labels)
    bodies = sa.select(m.conversation_id, m.role, m.author, m.text, m.attachments, m.extra)
    with reading(engine) as connection:
        streaming = connection.execution_options(yield_per=ROWS)
        for conversation_id, customer, *rest in streaming.execute(heads):
            yield from _named(conversation_id, customer, rest)
        for conversation_id, role, author, *rest in streaming.execute(bodies):
            yield from _named(conversation_id, author if role == "customer" else None, rest)


def _named(conversation_id: str, name: str | None, values: list[Any]) -> Iterator[tuple[str, str, str]]:
    if name:
        yield conversation_id, "name", name
    for value in values:
        for text in _texts_in(value):
            yield conversation_id, "text", text


def _texts_in(value: Any) -> Iterator[str]:
    level = [value]
    while level:
        one = level.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            level += one.values()
        elif isinstance(one, list):
            level += one
        elif type(one) in (int, float):
            yield str(one)
