"""What a rubric is made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from qa_toolkit.errors import RubricError

RATINGS: Final = ("pass", "partial", "fail", "na")
HAS: Final = ("times", "answer", "two-agents")  # messages carry times; an agent wrote; two or more agents wrote


def _without_empty(content: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if value}


@dataclass(frozen=True)
class Clause:
    """One thing that one of the source lists asks of customer support.

    Parameters
    ----------
    id : str
        Such as ``"keys-8b"``.
    source : str
        Id of the source list, which is also the id of the rubric made of that list.
    item : str
        The list's own number for it, or its place there.
    name : str
        A short name.
    gist : str
        What it asks, in a sentence.
    commandments : tuple of str
        Ids of the commandments of the unified rubric that rate it.
    met_by : str or None
        What meets it, where no commandment can: it asks something of the company, not of an answer.
    """

    id: str
    source: str
    item: str
    name: str
    gist: str
    commandments: tuple[str, ...]
    met_by: str | None = None


@dataclass(frozen=True)
class Applies:
    """Under what conditions a commandment can be rated at all; every condition that is named must hold.

    Parameters
    ----------
    channel, plan, language : tuple of str
        Any of these; empty for all.
    has : tuple of str
        What the conversation must have, out of `HAS`.
    when : dict of str to tuple of str
        Id of another commandment and the ratings of it that call for this one.
    otherwise : str
        The reason to show when it does not apply; made from the condition where it is empty.
    """

    channel: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    has: tuple[str, ...] = ()
    when: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    otherwise: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return what is not empty under the keys of the TOML file, ready for JSON."""
        lists = {name: list(getattr(self, name)) for name in ("channel", "plan", "language", "has")}
        when = {name: list(ratings) for name, ratings in self.when.items()}
        return _without_empty({**lists, "when": when, "otherwise": self.otherwise})


@dataclass(frozen=True)
class Commandment:
    """One thing that a conversation is rated for.

    Parameters
    ----------
    id : str
        Unique in its rubric.
    group : str
        Id of the group that it is shown in.
    title : str
        A few words.
    asks : str
        What it asks of the agent, in the customer's voice.
    pass_, partial, fail : str
        What a reviewer sees in a conversation that earns this rating.
    not_applicable : str
        When the conversation gives no occasion to rate it.
    weight : float
        How much it counts beside the others, > 0, no unit.
    critical : bool
        Whether a fail spoils the whole conversation, whatever else was good.
    clauses : tuple of str
        Ids of the clauses that it rates.
    root_causes : tuple of str
        Ids of the root causes to choose from after a partial or a fail; empty for all of the rubric.
    key : str
        The letter that jumps to it, together with Shift; empty for none.
    facts : tuple of str
        Kinds of facts that are shown beside it.
    applies : Applies
        When it can be rated.
    """

    id: str
    group: str
    title: str
    asks: str = field(repr=False)
    pass_: str = field(repr=False)
    partial: str = field(repr=False)
    fail: str = field(repr=False)
    not_applicable: str = field(repr=False)
    weight: float
    critical: bool
    clauses: tuple[str, ...] = field(default=(), repr=False)
    root_causes: tuple[str, ...] = field(default=(), repr=False)
    key: str = field(default="", repr=False)
    facts: tuple[str, ...] = field(default=(), repr=False)
    applies: Applies = field(default=Applies(), repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the content under the keys of the TOML file (``pass``, not ``pass_``), ready for JSON.

        What came after the first release is left out where it is empty, so that the hash of an older rubric stays.
        """
        names = ("id", "group", "title", "asks", "partial", "fail", "not_applicable", "weight", "critical")
        always = {name: getattr(self, name) for name in names} | {"pass": self.pass_, "clauses": list(self.clauses)}
        lists = {name: list(getattr(self, name)) for name in ("root_causes", "facts")}
        return always | _without_empty({**lists, "key": self.key, "applies": self.applies.as_dict()})


@dataclass(frozen=True, repr=False)
class Rubric:
    """A versioned list of commandments.

    ``rubric["be-clear"]`` is a commandment, ``len`` counts them, iteration gives them in order. Two rubrics
    are equal when their content is, whatever the comments in their files.

    Parameters
    ----------
    id, title, version, language : str
        What it is called, and the language that it is written in.
    groups : dict of str to str
        Id of each group and its heading, in the order of the screen.
    commandments : tuple of Commandment
        In the order of the screen.
    text : str
        The TOML that it was read from.
    root_causes : dict of str to str
        Id of each root cause and its text, in the order of the screen: why something went wrong.
    """

    id: str
    title: str
    version: str
    language: str
    groups: dict[str, str] = field(hash=False)
    commandments: tuple[Commandment, ...]
    text: str = field(compare=False)
    root_causes: dict[str, str] = field(default_factory=dict, hash=False)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """Ids of the commandments, in order."""
        return tuple(c.id for c in self.commandments)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the content in hexadecimal, 64 characters.

        Comments, blank lines and the order of keys do not change it; a changed word does.
        """
        head = {name: getattr(self, name) for name in ("id", "title", "version", "language", "groups")}
        head |= _without_empty({"root_causes": self.root_causes})
        content = head | {"commandments": [c.as_dict() for c in self.commandments]}
        canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def __getitem__(self, commandment_id: str) -> Commandment:
        for commandment in self.commandments:
            if commandment.id == commandment_id:
                return commandment
        known = ", ".join(self.ids)
        raise RubricError(f"the rubric {self.id!r} has no commandment {commandment_id!r}; it has: {known}")

    def __contains__(self, commandment_id: object) -> bool:
        return commandment_id in self.ids

    def __len__(self) -> int:
        return len(self.commandments)

    def __iter__(self) -> Iterator[Commandment]:
        return iter(self.commandments)

    def __repr__(self) -> str:
        return f"Rubric({self.id!r}, version {self.version}, {len(self)} commandments)"
