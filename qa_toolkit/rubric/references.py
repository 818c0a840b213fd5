"""Find what is wrong between the parts of a rubric: ids, keys, root causes and conditions that do not fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from qa_toolkit.errors import instead
from qa_toolkit.rubric.problems import Path, Problem, name_of

Table = Mapping[str, Any]
Placed = Sequence[tuple[int, Table]]

# Capital letters that the review screen may want for itself, whatever the rubric.
SCREEN_KEYS: Final = frozenset({"E", "F", "G", "N", "P", "V"})


def find_wrong_references(data: Table, commandments: Placed) -> list[Problem]:
    """Find repeated ids, clashing keys, unknown root causes, unknown conditions and conditions in a circle.

    Parameters
    ----------
    data : mapping
        The rubric as it was parsed.
    commandments : sequence of (int, mapping)
        Each commandment that is a table, with its place in the file from 0.
    """
    return [
        *_repeated_ids(commandments),
        *_key_clashes(commandments),
        *_unknown_causes(data, commandments),
        *_unknown_conditions(commandments),
        *_circles(commandments),
    ]


def _repeated_ids(commandments: Placed) -> Iterator[Problem]:
    named = [(i, t["id"]) for i, t in commandments if isinstance(t.get("id"), str) and t["id"].strip()]
    for name, n in Counter(name for _, name in named).items():
        if n > 1:
            last = max(i for i, other in named if other == name)
            text = f"the id {name!r} stands {n} times; give each commandment its own"
            yield Problem(("commandments", last, "id"), text)


def _key_clashes(commandments: Placed) -> Iterator[Problem]:
    taken: dict[str, str] = {}
    for i, table in commandments:
        key, name = table.get("key"), name_of(i, table)
        if not isinstance(key, str):
            continue
        path = ("commandments", i, "key")
        if key in SCREEN_KEYS:
            reserved = ", ".join(sorted(SCREEN_KEYS))
            yield Problem(path, f"{name}: the key {key} is the screen's own; take another letter than {reserved}")
        elif key in taken:
            yield Problem(path, f"{name}: the key {key} belongs to {taken[key]}; take another letter")
        taken.setdefault(key, name)


def _unknown_causes(data: Table, commandments: Placed) -> Iterator[Problem]:
    known = data.get("root_causes")
    causes = list(known) if isinstance(known, dict) else []
    for i, table in commandments:
        own = table.get("root_causes")
        for cause in dict.fromkeys(_texts(own)):
            if cause not in causes:
                advice = instead(cause, causes, "add it there, or remove it")
                text = f"{name_of(i, table)}: the root cause {cause!r} is not under [root_causes]; {advice}"
                yield Problem(("commandments", i, "root_causes"), text)


def _unknown_conditions(commandments: Placed) -> Iterator[Problem]:
    known = [t["id"] for _, t in commandments if isinstance(t.get("id"), str)]
    for i, table in commandments:
        for other in _when(table):
            if other not in known:
                advice = instead(other, known, "name one of this rubric")
                text = f"{name_of(i, table)}, applies: when names {other!r}, which is no commandment; {advice}"
                yield Problem(_when_path(i, other), text)


def _circles(commandments: Placed) -> Iterator[Problem]:
    needs = {t["id"]: list(_when(t)) for _, t in commandments if isinstance(t.get("id"), str)}
    told: set[str] = set()
    for i, table in commandments:
        name = table.get("id")
        circle = _circle(name, needs) if isinstance(name, str) and name not in told else []
        if circle:
            told.update(circle)
            way = " → ".join(circle)
            text = f"{name_of(i, table)}, applies: when goes in a circle ({way}), so none of them could ever be rated"
            yield Problem(_when_path(i, circle[1]), f"{text}; take one condition out")


def _circle(start: str, needs: Mapping[str, list[str]]) -> list[str]:
    """Return the way from a commandment back to itself, both ends included; empty if there is none."""
    ways, seen = [[start]], {start}
    while ways:
        way = ways.pop()
        for other in needs.get(way[-1], []):
            if other == start:
                return [*way, start]
            if other not in seen:
                seen.add(other)
                ways.append([*way, other])
    return []


def _when(table: Table) -> list[str]:
    applies = table.get("applies")
    when = applies.get("when") if isinstance(applies, dict) else None
    return list(when) if isinstance(when, dict) else []


def _when_path(place: int, other: str) -> Path:
    return ("commandments", place, "applies", "when", other)


def _texts(value: Any) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []
