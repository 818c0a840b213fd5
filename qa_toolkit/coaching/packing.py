"""From pins to a coaching pack, as text and as a file that a customer can be forgotten in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from qa_toolkit.coaching.shapes import Json, asked, quote, text_or_none
from qa_toolkit.errors import InvalidActError, NotFoundError, SamplingError
from qa_toolkit.exchange import recorded
from qa_toolkit.project import Project
from qa_toolkit.project.past import moment
from qa_toolkit.report.pack import Example, PackItem, Since, pack_html, pack_markdown
from qa_toolkit.report.progress import progress_words
from qa_toolkit.rubric import Commandment
from qa_toolkit.store import Conversation, Store
from qa_toolkit.suggest.reasons import VERBS

PACKS: Final = {"markdown": pack_markdown, "html": pack_html}
ENDINGS: Final = {".md": "markdown", ".html": "html"}


@dataclass(frozen=True)
class Pack:
    """A coaching pack: its text, how many pins are in it, and the ids of the conversations that it quotes."""

    text: str
    used: int
    conversation_ids: list[str]


def kind_of(path: Path) -> str:
    """Return the kind of pack that a file holds, by its ending.

    Raises
    ------
    InvalidActError
        If it has another ending.
    """
    kind = ENDINGS.get(path.suffix.lower())
    if kind is None:
        raise InvalidActError(f"{path.name!r} ends in neither .md nor .html; give one of these endings")
    return kind


def make_pack(
    project: Project,
    kind: str,
    coach: str,
    pins: Sequence[tuple[Json, Mapping[str, Any]]],
    conversation: Callable[[str], Conversation],
    commandments: Mapping[str, Commandment],
    at: str | date | None = None,
) -> Pack:
    """Return the pack of a coach as ``"markdown"`` or ``"html"``; the other parameters are as of `pack_items`.

    Parameters
    ----------
    at : str, datetime.date or datetime.datetime, optional
        Day of an earlier session, to begin with what became of it.

    Raises
    ------
    InvalidActError
        If the kind is another.
    StoreError
        If `at` is no date, or a time without a zone.
    """
    if kind not in PACKS:
        raise InvalidActError(f"{kind!r} is no kind of export; give markdown or html")
    read: dict[str, Conversation] = {}

    def reading(conversation_id: str) -> Conversation:
        # Whatever is read can be quoted, also by what is written after this.
        read[conversation_id] = conversation(conversation_id)
        return read[conversation_id]

    items = pack_items(pins, project.exemplars(), reading, commandments)
    since = since_session(project, at, [fault for _, fault in pins], commandments) if at else None
    return Pack(PACKS[kind](items, coach, since), sum(len(item.examples) for item in items), list(read))


def since_session(
    project: Project, at: str | date, faults: Iterable[Mapping[str, Any]], commandments: Mapping[str, Commandment]
) -> Since:
    """Compare the agents of some faults before and after the day of a session, over all and by their commandments.

    Raises
    ------
    StoreError
        If `at` is no date, or a time without a zone.
    """
    asked: dict[str, dict[str | None, None]] = {}
    for fault in faults:
        agent = text_or_none(fault["agent"])
        if agent is not None:
            asked.setdefault(agent, {None: None})[fault["commandment"]] = None
    day, lines = moment(at), []
    for agent, names in asked.items():
        try:
            for change in project.changes(agent, list(names), at):
                what = commandments[change.commandment].title if change.commandment else "All commandments"
                lines.append((f"{agent}, {what}", progress_words(change.found)))
        except (NotFoundError, SamplingError) as error:
            lines.append((agent, f"cannot be compared: {error}"))
    return Since(f"{day:%Y-%m-%d}", tuple(lines))


def check_used(pack: Pack, pins: Sequence[Json], agent: str | None) -> None:
    """Raise InvalidActError if none of the pins, which may be an agent's only, is in the pack."""
    if not pack.used:
        why = "what is pinned holds no longer" if pins else "nothing is pinned yet"
        raise InvalidActError(f"{why}{f' for {agent}' if agent else ''}: pin a good answer to a fault first")


def save_pack(store: Store, path: Path, pack: Pack) -> Path:
    """Write a pack to a file that the project remembers, and return its path.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    with recorded(store, path, "coaching pack", pack.conversation_ids) as part:
        part.write_text(pack.text, encoding="utf-8")
    return path


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
