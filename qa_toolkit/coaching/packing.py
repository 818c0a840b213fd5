"""From pins to the items of a coaching pack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from qa_toolkit.coaching.shapes import Json, asked, quote, text_or_none
from qa_toolkit.report.pack import Example, PackItem
from qa_toolkit.rubric import Commandment
from qa_toolkit.store import Conversation
from qa_toolkit.suggest.reasons import VERBS


def pack_items(
    pins: Iterable[tuple[Json, Mapping[str, Any]]],
    exemplars: pd.DataFrame,
    conversation: Callable[[str], Conversation],
    commandments: Mapping[str, Commandment],
) -> list[PackItem]:
    """Return the faults of pins, in the order in which they were first pinned, with the examples that still hold.

    Parameters
    ----------
    pins : iterable of (pin, fault)
        Shapes of pins, each with its row of `Project.faults`.
    exemplars : pandas.DataFrame
        As of `Project.exemplars`; what is not among them, or was failed for the commandment, is not taught.
    conversation : callable
        Gives a conversation by its id.
    commandments : mapping of str to Commandment
        By id.
    """
    known: dict[str, Any] = {row["exemplar_id"]: row for row in exemplars.to_dict("records")}
    found: dict[str, tuple[Mapping[str, Any], list[Example]]] = {}
    for pin, fault in pins:
        exemplar = known.get(pin["exemplar_id"])
        if exemplar is None or pin["commandment"] in exemplar["failed_for"]:
            continue
        answered = conversation(exemplar["conversation_id"])
        one = _example(exemplar, answered, commandments[pin["commandment"]], pin["note"])
        found.setdefault(pin["fault_id"], (fault, []))[1].append(one)
    return [
        _item(fault, conversation(fault["conversation_id"]), commandments[fault["commandment"]], examples)
        for fault, examples in found.values()
    ]


def _item(
    row: Mapping[str, Any], conversation: Conversation, commandment: Commandment, examples: Sequence[Example]
) -> PackItem:
    return PackItem(
        agent=text_or_none(row["agent"]) or "unknown agent",
        title=commandment.title,
        asks=commandment.asks,
        rating=row["rating"],
        conversation=_where(conversation),
        comment=row["comment"],
        situation=asked(conversation.messages, row["position"]),
        evidence=tuple(quote(e, conversation.messages[e["position"]]) for e in row["evidence"]),
        examples=tuple(examples),
    )


def _example(exemplar: Mapping[str, Any], conversation: Conversation, commandment: Commandment, note: str) -> Example:
    # Who found it good for the commandment of this fault; its other merits are another talk.
    names = [(kind, who) for name, who, kind in exemplar["verdicts"] if name == commandment.id]
    why = [f"{VERBS[kind].capitalize()} for {commandment.title} by {who}" for kind, who in names]
    if exemplar["votes"]:
        why.append(f"{exemplar['votes']} helpful vote{'s' * (exemplar['votes'] > 1)}")
    return Example(
        agent=text_or_none(exemplar["agent"]) or "unknown agent",
        conversation=_where(conversation),
        situation=asked(conversation.messages, exemplar["position"]) or exemplar["situation"],
        answer=exemplar["answer"],
        why=tuple(why or ["Nobody has reviewed it for this commandment"]),
        note=note,
    )


def _where(conversation: Conversation) -> str:
    named = f"{conversation.channel} “{conversation.subject or conversation.conversation_id}”"
    return f"{named}, {conversation.started_at:%Y-%m-%d}" if conversation.started_at else named
