"""What changed between two versions of a rubric, and the same as text for a terminal."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from qa_toolkit.rubric.model import Commandment, Rubric

TEXTS: Final = ("title", "asks", "pass", "partial", "fail", "not_applicable")
REST: Final = ("clauses", "root_causes", "key", "facts", "applies")
TABLES: Final = {"groups": "group", "root_causes": "root cause"}
START: Final = "the start"


@dataclass(frozen=True)
class Change:
    """One thing that differs between two rubrics.

    Parameters
    ----------
    kind : str
        ``added``, ``removed``, ``moved``, ``reworded``, ``reweighted``, ``critical`` or ``changed``.
    part : str
        What it is about: ``rubric``, ``group``, ``root cause`` or ``commandment``.
    name : str
        Id of that part.
    field : str
        The key that differs, such as ``asks``; for what moved, ``group`` or ``place`` (and then the values say after
        which commandment it stands).
    before, after : str or None
        The two values; None for what is not there.
    """

    kind: str
    part: str
    name: str
    field: str
    before: str | None
    after: str | None


def diff_rubrics(before: Rubric, after: Rubric) -> list[Change]:
    """Return what changed from one rubric to another, in the order of the second; empty if their content is the same.

    Parts are matched by their ids: a commandment with a new id is one removed and one added, as its ratings are.
    ``pandas.DataFrame(diff_rubrics(a, b))`` makes a frame of it.
    """
    changes = [*_head(before, after)]
    for field, part in TABLES.items():
        changes += _table(part, getattr(before, field), getattr(after, field))
    changes += [_gone(c) for c in before if c.id not in after]
    moved = _moved([c.id for c in before if c.id in after], [c.id for c in after if c.id in before])
    for place, commandment in enumerate(after):
        if commandment.id not in before:
            changes.append(Change("added", "commandment", commandment.id, "title", None, commandment.title))
            continue
        if commandment.id in moved:
            where = (_stands(before, before.ids.index(commandment.id)), _stands(after, place))
            changes.append(Change("moved", "commandment", commandment.id, "place", *where))
        changes += _commandment(before[commandment.id], commandment)
    return changes


def _head(before: Rubric, after: Rubric) -> Iterator[Change]:
    for field in ("id", "version", "language", "title"):
        a, b = getattr(before, field), getattr(after, field)
        if a != b:
            yield Change("reworded" if field == "title" else "changed", "rubric", after.id, field, a, b)


def _table(part: str, before: dict[str, str], after: dict[str, str]) -> Iterator[Change]:
    for name in [*(n for n in before if n not in after), *after]:
        a, b = before.get(name), after.get(name)
        if a != b:
            kind = "removed" if b is None else "added" if a is None else "reworded"
            yield Change(kind, part, name, "text", a, b)


def _gone(commandment: Commandment) -> Change:
    return Change("removed", "commandment", commandment.id, "title", commandment.title, None)


def _moved(before: Sequence[str], after: Sequence[str]) -> set[str]:
    """Return the fewest ids whose moving makes one order of the other: those outside a longest rising run of places."""
    places = [before.index(name) for name in after]
    ends: list[int] = []  # ends[n]: the lowest place that a rising run of n + 1 can end with
    longest: list[list[str]] = []  # the run that ends so
    for name, place in zip(after, places, strict=True):
        n = bisect_left(ends, place)
        run = [*(longest[n - 1] if n else []), name]
        ends[n : n + 1] = [place]
        longest[n : n + 1] = [run]
    return set(after) - set(longest[-1] if longest else [])


def _stands(rubric: Rubric, place: int) -> str:
    return f"after {rubric.ids[place - 1]}" if place else START


def _commandment(before: Commandment, after: Commandment) -> Iterator[Change]:
    old, new = before.as_dict(), after.as_dict()

    def change(kind: str, field: str, shown: Callable[[Any], str]) -> Iterator[Change]:
        if old.get(field) != new.get(field):
            yield Change(kind, "commandment", after.id, field, shown(old.get(field)), shown(new.get(field)))

    yield from change("moved", "group", str)
    for field in TEXTS:
        yield from change("reworded", field, str)
    yield from change("reweighted", "weight", "{:g}".format)
    yield from change("critical", "critical", lambda value: "yes" if value else "no")
    for field in REST:
        yield from change("changed", field, _shown)


def _shown(value: Any) -> str:
    """Return a list, a table of conditions or a letter as one line."""
    if isinstance(value, dict):
        return "; ".join(f"{key}: {_shown(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return str(value or "none")


def word_diff(before: str, after: str) -> list[tuple[str, str]]:
    """Return the words of two texts as runs of (``" "``, ``"-"`` or ``"+"``; text): kept, taken out, put in."""
    old, new = before.split(), after.split()
    runs: list[tuple[str, str]] = []
    for kind, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            runs.append((" ", " ".join(old[i:j])))
            continue
        runs += [(sign, " ".join(words)) for sign, words in (("-", old[i:j]), ("+", new[k:m])) if words]
    return runs


Mark = Callable[[str, str], str]


def plain_mark(sign: str, text: str) -> str:
    """Mark a run of words without colours, as git does: ``[-taken out-]`` ``{+put in+}``."""
    return {"-": f"[-{text}-]", "+": f"{{+{text}+}}"}.get(sign, text)


def describe(changes: Sequence[Change], before: Rubric, after: Rubric, mark: Mark = plain_mark) -> str:
    """Return the changes as text, one line each, under a line that names both rubrics."""
    names = [f"{r.id} {r.version} ({r.hash[:12]})" for r in (before, after)]
    lines = [" → ".join(names)]
    lines += [f"{c.kind:<10} {_subject(c)}{_detail(c, mark)}" for c in changes]
    return "\n".join(lines if changes else [*lines, "no difference in content"])


def _subject(change: Change) -> str:
    return change.name if change.part == "commandment" else f"{change.part} {change.name}"


def _detail(change: Change, mark: Mark) -> str:
    before, after = change.before, change.after
    if before is None or after is None:
        sign, text = ("+", after) if before is None else ("-", before)
        return f": {mark(sign, text or '')}"
    if change.kind == "reworded":
        words = " ".join(mark(sign, text) for sign, text in word_diff(before, after))
        return f", {change.field}: {words}"
    field = "" if change.kind in ("reweighted", "critical") else f", {change.field}"
    return f"{field}: {before} → {after}"
