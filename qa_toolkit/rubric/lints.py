"""Find what is allowed in a rubric but makes it harder to rate alike, and what it costs to leave it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from qa_toolkit.errors import instead
from qa_toolkit.rubric.problems import Problem, name_of
from qa_toolkit.rubric.wording import asks_two_things, judging_word

Table = Mapping[str, Any]
Placed = Sequence[tuple[int, Table]]

ANCHORS: Final = ("pass", "partial", "fail")
TOO_ALIKE: Final = 0.85  # share of words in common; the closest pair of the rubrics of the package has 0.65
FEWEST_WORDS: Final = 3
CRITICAL_SHARE: Final = 5  # one in so many may be critical, and two in any rubric
_LONGEST_JUDGEMENT: Final = 8  # words; a longer anchor mostly says what it means


def find_doubts(data: Table, fact_kinds: Collection[str] | None = None) -> list[Problem]:
    """Find what a second look at a rubric would improve; nothing of it keeps the rubric from being used.

    Parameters
    ----------
    data : mapping
        What the TOML parser made of the file.
    fact_kinds : collection of str, optional
        Kinds of facts that there are; not looked at if left out.

    Returns
    -------
    list of Problem
        In no order; their paths give one.
    """
    listed = data.get("commandments")
    tables = listed if isinstance(listed, list) else []
    placed = [(i, t) for i, t in enumerate(tables) if isinstance(t, dict)]
    doubts = [*_outweighing(placed), *_too_many_critical(placed), *_empty_groups(data, placed), *_same_titles(placed)]
    for i, table in placed:
        doubts += [*_anchors(i, table), *_unknown_facts(i, table, fact_kinds)]
        if str(data.get("language", "")).casefold().split("-")[0] == "en":
            doubts += _double_barrelled(i, table)
    return doubts


def _double_barrelled(place: int, table: Table) -> Iterator[Problem]:
    for key in ("asks", "title"):
        joined = asks_two_things(_text(table, key))
        if joined:
            advice = "make two commandments of it, or rate only one"
            text = f"{name_of(place, table)}: {key} may ask two things at once (“{joined}”); {advice}"
            yield Problem(("commandments", place, key), text)
            return


def _anchors(place: int, table: Table) -> Iterator[Problem]:
    where = name_of(place, table)
    there = [key for key in ANCHORS if _text(table, key)]
    for key in there:
        words, judging = _words(_text(table, key)), judging_word(_text(table, key))
        path = ("commandments", place, key)
        if len(words) < FEWEST_WORDS:
            yield Problem(path, f"{where}: {key} says next to nothing; describe what stands in such a conversation")
        elif judging and len(words) <= _LONGEST_JUDGEMENT:
            advice = "describe what stands in such a conversation"
            yield Problem(path, f"{where}: {key} judges (“{judging}”) where it should describe; {advice}")
    for first, second in combinations(there, 2):
        a, b = _words(_text(table, first)), _words(_text(table, second))
        alike = difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()
        if alike >= TOO_ALIKE:
            text = f"{where}: {first} and {second} are nearly the same words; say what tells them apart"
            yield Problem(("commandments", place, second), text)


def _unknown_facts(place: int, table: Table, known: Collection[str] | None) -> Iterator[Problem]:
    facts = table.get("facts")
    if known is None or not isinstance(facts, list):
        return
    for kind in facts:
        if isinstance(kind, str) and kind not in known:
            advice = instead(kind, known, f"there are: {', '.join(known)}")
            text = f"{name_of(place, table)}: {kind!r} is no kind of fact; {advice}"
            yield Problem(("commandments", place, "facts"), text)


def _outweighing(commandments: Placed) -> Iterator[Problem]:
    weights = {i: float(t["weight"]) for i, t in commandments if _is_number(t.get("weight")) and t["weight"] > 0}
    for i, table in commandments if len(weights) > 2 else []:  # of two, one may well count more
        others = sum(weights.values()) - weights.get(i, 0)
        if 0 < others < weights.get(i, 0):
            text = f"weight {table['weight']:g} is more than all others together ({others:g}), so they hardly count"
            yield Problem(("commandments", i, "weight"), f"{name_of(i, table)}: {text}")


def _too_many_critical(commandments: Placed) -> Iterator[Problem]:
    critical = [i for i, t in commandments if t.get("critical") is True]
    most = max(2, len(commandments) // CRITICAL_SHARE)
    if len(critical) > most:
        text = f"{len(critical)} of {len(commandments)} commandments are critical; with more than {most}"
        yield Problem(("commandments", critical[most], "critical"), f"{text}, most of what is rated no longer counts")


def _empty_groups(data: Table, commandments: Placed) -> Iterator[Problem]:
    groups = data.get("groups")
    used = {_text(t, "group") for _, t in commandments}
    for group in groups if isinstance(groups, dict) else {}:
        if group not in used:
            yield Problem(("groups", group), f"the group {group!r} has no commandment; remove it, or add one")


def _same_titles(commandments: Placed) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for i, table in commandments:
        title = " ".join(_words(_text(table, "title")))
        if title in seen and title:
            text = f"{name_of(i, table)}: title is that of {seen[title]} too; a reviewer cannot tell them apart"
            yield Problem(("commandments", i, "title"), text)
        seen.setdefault(title, name_of(i, table))


def _text(table: Table, key: str) -> str:
    value = table.get(key)
    return value.strip() if isinstance(value, str) else ""


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
