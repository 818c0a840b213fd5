"""From pins and what was agreed to a coaching pack, and to a file that a customer can be forgotten in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import pandas as pd

from qa_toolkit.coaching.hiding import Hiding, Shown
from qa_toolkit.coaching.shapes import Json, asked, text_or_none
from qa_toolkit.coaching.since import agreed_items, since_session
from qa_toolkit.errors import InvalidActError
from qa_toolkit.exchange import recorded
from qa_toolkit.project import Project
from qa_toolkit.report.document import pack_docx
from qa_toolkit.report.pack import Example, PackItem, pack_html, pack_markdown
from qa_toolkit.rubric import Commandment
from qa_toolkit.store import Conversation, Store
from qa_toolkit.suggest.reasons import VERBS

PACKS: Final[dict[str, Callable[..., str | bytes]]] = {
    "markdown": pack_markdown,
    "html": pack_html,
    "docx": pack_docx,
}
ENDINGS: Final = {".md": "markdown", ".html": "html", ".docx": "docx"}
Pinned = Sequence[tuple[Json, Mapping[str, Any]]]  # each pin with its row of `Project.faults`


@dataclass(frozen=True)
class Pack:
    """A coaching pack: its content, how many pins and agreements are in it, the conversations that it may quote."""

    content: str | bytes
    used: int
    agreed: int
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
        raise InvalidActError(f"{path.name!r} ends in none of {', '.join(ENDINGS)}; give one of these endings")
    return kind


def check_kind(kind: str) -> None:
    """Raise InvalidActError if there is no such kind of pack."""
    if kind not in PACKS:
        raise InvalidActError(f"{kind!r} is no kind of export; give {', '.join(PACKS)}")


class PackMaker:
    """Makes the packs of one coach.

    Parameters
    ----------
    project : Project
    coach : str
    conversation : callable
        Gives a conversation by its id.
    commandments : mapping of str to Commandment
        By id.
    reviewers : iterable of str
        Who have found faults.
    shown : Shown
        What of people and private data.
    """

    def __init__(
        self,
        project: Project,
        coach: str,
        conversation: Callable[[str], Conversation],
        commandments: Mapping[str, Commandment],
        reviewers: Iterable[str],
        shown: Shown,
    ) -> None:
        self._project, self._coach, self._commandments = project, coach, commandments
        self._conversation, self._reviewers, self._shown = conversation, reviewers, shown
        self._read: dict[str, Conversation] = {}

    def make(self, kind: str, pins: Pinned, agreed: Sequence[Json], at: str | date | None) -> Pack:
        """Return a pack.

        Parameters
        ----------
        kind : str
            One of `PACKS`.
        pins : sequence of (pin, fault)
            Those whose fault holds.
        agreed : sequence of dict
            As from `CoachSession.agreed`.
        at : str, datetime.date or datetime.datetime, optional
            Day of an earlier session, to begin with what became of it.

        Raises
        ------
        StoreError
            If `at` is no date, or a time without a zone.
        """
        exemplars = self._project.exemplars()
        known = self._project.conversations()
        team, customers = self._team(exemplars, known["agent"]), known["customer"].dropna().unique()
        self._hiding = Hiding(self._project.store, self._shown, team, customers)
        items = self._items(pins, exemplars)
        read = list(self._read.values())
        listed = agreed_items(agreed, at, self._project.store.today(), lambda text: self._hiding.agreed(text, read))
        faults = [fault for _, fault in pins]
        agents = [one.agent for one in listed]
        since = since_session(self._project, at, faults, agents, self._commandments) if at else None
        content = PACKS[kind](items, self._coach, since, listed)
        named = {name for one in agreed for name in self._hiding.customers_in(one["text"])}
        ids = dict.fromkeys([*self._read, *known.loc[known["customer"].isin(named), "conversation_id"]])
        return Pack(content, sum(len(item.examples) for item in items), len(listed), list(ids))

    def _team(self, exemplars: pd.DataFrame, agents: pd.Series[Any]) -> set[str]:
        found = {who for verdicts in exemplars["verdicts"] for _, who, _ in verdicts}
        return {*found, *self._reviewers, *agents.dropna()} - {self._coach}

    def _reading(self, conversation_id: str) -> Conversation:
        # Whatever is read can be quoted, also by what is written after this.
        self._read[conversation_id] = self._conversation(conversation_id)
        return self._read[conversation_id]

    def _items(self, pins: Pinned, exemplars: pd.DataFrame) -> list[PackItem]:
        """Return the faults of pins, in the order in which they were first pinned, with the examples that still hold.

        What is no exemplar any more, or was failed for the commandment, is not taught.
        """
        known: dict[str, Any] = {row["exemplar_id"]: row for row in exemplars.to_dict("records")}
        found: dict[str, tuple[Mapping[str, Any], list[Example]]] = {}
        for pin, fault in pins:
            exemplar = known.get(pin["exemplar_id"])
            if exemplar is None or pin["commandment"] in exemplar["failed_for"]:
                continue
            example = self._example(exemplar, fault, pin)
            found.setdefault(pin["fault_id"], (fault, []))[1].append(example)
        return [self._item(fault, examples) for fault, examples in found.values()]

    def _item(self, row: Mapping[str, Any], examples: Sequence[Example]) -> PackItem:
        coached, hiding = text_or_none(row["agent"]), self._hiding
        conversation, commandment = self._reading(row["conversation_id"]), self._commandments[row["commandment"]]
        messages = conversation.messages
        return PackItem(
            agent=hiding.agent(coached, coached),
            title=commandment.title,
            asks=commandment.asks,
            rating=row["rating"],
            conversation=self._where(conversation, coached),
            comment=hiding.text(row["comment"], coached, conversation),
            situation=hiding.text(asked(messages, row["position"]), coached, conversation),
            evidence=tuple(hiding.quote(e, messages[e["position"]], coached, conversation) for e in row["evidence"]),
            examples=tuple(examples),
        )

    def _example(self, exemplar: Mapping[str, Any], fault: Mapping[str, Any], pin: Json) -> Example:
        coached, hiding = text_or_none(fault["agent"]), self._hiding
        answered, about = self._reading(exemplar["conversation_id"]), self._reading(fault["conversation_id"])
        situation = asked(answered.messages, exemplar["position"]) or exemplar["situation"]
        return Example(
            agent=hiding.agent(text_or_none(exemplar["agent"]), coached),
            conversation=self._where(answered, coached),
            situation=hiding.text(situation, coached, answered),
            answer=hiding.text(exemplar["answer"], coached, answered),
            why=tuple(self._why(exemplar, self._commandments[pin["commandment"]])),
            note=hiding.text(pin["note"], coached, answered, about),
        )

    def _why(self, exemplar: Mapping[str, Any], commandment: Commandment) -> Iterable[str]:
        # Who found it good for the commandment of this fault; its other merits are another talk.
        found: dict[str, dict[str, None]] = {}
        for name, who, kind in exemplar["verdicts"]:
            if name == commandment.id:
                found.setdefault(kind, {})[who] = None
        for kind, names in found.items():
            yield f"{VERBS[kind].capitalize()} for {commandment.title} by {self._hiding.reviewers(names)}"
        if exemplar["votes"]:
            yield f"{exemplar['votes']} helpful vote{'s' * (exemplar['votes'] > 1)}"
        if not found and not exemplar["votes"]:
            yield "Nobody has reviewed it for this commandment"

    def _where(self, conversation: Conversation, coached: str | None) -> str:
        subject = self._hiding.text(conversation.subject or conversation.conversation_id, coached, conversation)
        named = f"{conversation.channel} “{subject}”"
        return f"{named}, {conversation.started_at:%Y-%m-%d}" if conversation.started_at else named


def check_used(pack: Pack, pins: Sequence[Json], agent: str | None) -> None:
    """Raise InvalidActError if nothing is in the pack: none of the pins, which may be an agent's, and no agreement."""
    if not pack.used and not pack.agreed:
        why = "what is pinned holds no longer" if pins else "nothing is pinned yet"
        raise InvalidActError(
            f"{why}{f' for {agent}' if agent else ''}: pin a good answer to a fault, or agree on something, first"
        )


def save_pack(store: Store, path: Path, pack: Pack) -> Path:
    """Write a pack to a file that the project remembers, and return its path.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    content = pack.content.encode() if isinstance(pack.content, str) else pack.content
    with recorded(store, path, "coaching pack", pack.conversation_ids) as part:
        part.write_bytes(content)
    return path
