"""Find everything that is wrong with a rubric, all at once, each with what to do about it."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from qa_toolkit.errors import instead
from qa_toolkit.rubric.model import HAS, RATINGS
from qa_toolkit.rubric.problems import Path, Problem, name_of
from qa_toolkit.rubric.references import find_wrong_references

Table = Mapping[str, Any]
_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_KEY: Final = re.compile(r"[A-Z]")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_weight(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _is_named_texts(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(_is_id(k) and _is_text(v) for k, v in value.items())


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


def _is_list_out_of(known: Collection[str]) -> Callable[[Any], bool]:
    return lambda value: _is_list_of_texts(value) and bool(value) and all(v in known for v in value)


def _is_some_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(_is_text(v) for v in value)


def _is_list_of_ids(value: Any) -> bool:
    return isinstance(value, list) and all(_is_id(v) for v in value)


def _is_when(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(map(_is_list_out_of(RATINGS), value.values()))


Kind = tuple[Callable[[Any], bool], str]
_TEXT: Final[Kind] = (_is_text, "must be a text in quotes, and not empty")
_NAME: Final[Kind] = (_is_id, "must be lower-case words joined by hyphens, such as keep-your-word")
_WEIGHT: Final[Kind] = (_is_weight, "must be a number greater than 0")
_FLAG: Final[Kind] = (lambda value: isinstance(value, bool), "must be true or false, without quotes")
_CLAUSES: Final[Kind] = (_is_list_of_texts, 'must be a list of texts, such as ["keys-4"], or be left out')
_GROUPS: Final[Kind] = (
    _is_named_texts,
    'must hold at least one line such as solve = "Solve": a hyphenated id, a heading',
)
_CAUSES: Final[Kind] = (
    _is_named_texts,
    'must hold at least one line such as reading = "Did not read it all": a hyphenated id, a text',
)
_TABLES: Final[Kind] = (_is_tables, "must hold at least one commandment: begin each with a line [[commandments]]")
_OWN_CAUSES: Final[Kind] = (
    lambda value: _is_list_of_ids(value) and bool(value),
    "must be a list of ids out of [root_causes], or be left out for all of them",
)
_LETTER: Final[Kind] = (
    lambda value: isinstance(value, str) and _KEY.fullmatch(value) is not None,
    "must be one capital letter from A to Z, such as L",
)
_FACTS: Final[Kind] = (_is_list_of_ids, 'must be a list of kinds of facts, such as ["apology"], or be left out')
_CONDITIONS: Final[Kind] = (
    lambda value: isinstance(value, dict),
    'must be a table of conditions, such as { has = ["times"] }, or be left out',
)
_ANY_OF: Final[Kind] = (_is_some_texts, 'must be a list of texts, such as ["email", "chat"], or be left out')
_HAS: Final[Kind] = (_is_list_out_of(HAS), f"must be a list out of {', '.join(HAS)}, or be left out")
_WHEN: Final[Kind] = (
    _is_when,
    f'must name commandments and ratings ({", ".join(RATINGS)}), such as {{ solve-it = ["fail", "partial"] }}',
)

RUBRIC_KEYS: Final[Mapping[str, Kind]] = {
    "id": _NAME,
    "title": _TEXT,
    "version": _TEXT,
    "language": _TEXT,
    "groups": _GROUPS,
    "root_causes": _CAUSES,
    "commandments": _TABLES,
}
COMMANDMENT_KEYS: Final[Mapping[str, Kind]] = {
    "id": _NAME,
    "group": _TEXT,
    "title": _TEXT,
    "asks": _TEXT,
    "pass": _TEXT,
    "partial": _TEXT,
    "fail": _TEXT,
    "not_applicable": _TEXT,
    "weight": _WEIGHT,
    "critical": _FLAG,
    "clauses": _CLAUSES,
    "root_causes": _OWN_CAUSES,
    "key": _LETTER,
    "facts": _FACTS,
    "applies": _CONDITIONS,
}
APPLIES_KEYS: Final[Mapping[str, Kind]] = {
    "channel": _ANY_OF,
    "plan": _ANY_OF,
    "language": _ANY_OF,
    "has": _HAS,
    "when": _WHEN,
    "otherwise": _TEXT,
}
OPTIONAL: Final = ("clauses", "root_causes", "key", "facts", "applies")


def find_problems(data: Table, clause_ids: Collection[str]) -> list[Problem]:
    """Find what is wrong with a rubric.

    Parameters
    ----------
    data : mapping
        What the TOML parser made of the file; nothing about it is taken for granted.
    clause_ids : collection of str
        The clauses that a commandment may say it rates.

    Returns
    -------
    list of Problem
        The rubric's own first, then those of each commandment, then those between commandments; empty if it is sound.
    """
    problems = _shape("the rubric", (), data, RUBRIC_KEYS)
    listed = data.get("commandments")
    tables = listed if isinstance(listed, list) else []
    groups = data.get("groups")
    for i, table in enumerate(tables):
        if isinstance(table, dict):
            where, path = name_of(i, table), ("commandments", i)
            problems += _shape(where, path, table, COMMANDMENT_KEYS)
            problems += _group(where, path, table.get("group"), groups if isinstance(groups, dict) else {})
            problems += _clauses(where, path, table.get("clauses"), clause_ids)
            problems += _conditions(where, path, table.get("applies"))
    return problems + find_wrong_references(data, [(i, t) for i, t in enumerate(tables) if isinstance(t, dict)])


def _shape(
    where: str, path: Path, table: Table, keys: Mapping[str, Kind], optional: Collection[str] = OPTIONAL
) -> list[Problem]:
    problems = []
    for key, (is_right, rule) in keys.items():
        if key in table and not is_right(table[key]):
            problems.append(Problem((*path, key), f"{where}: {key} {rule}{_shown(table[key])}"))
        elif key not in table and key not in optional:
            problems.append(Problem(path, f"{where}: {key} is missing; it {rule}"))
    return problems + [
        Problem((*path, key), f"{where}: {key!r} is no known key; {instead(key, keys, 'remove it')}")
        for key in table
        if key not in keys
    ]


def _shown(value: Any) -> str:
    return "" if isinstance(value, dict | list) else f"; it is {value!r}"


def _group(where: str, path: Path, group: Any, groups: Table) -> list[Problem]:
    if not _is_text(group) or not groups or group in groups:
        return []
    advice = f"add it there, or use one of: {', '.join(groups)}"
    return [Problem((*path, "group"), f"{where}: the group {group!r} is not under [groups]; {advice}")]


def _clauses(where: str, path: Path, clauses: Any, known: Collection[str]) -> list[Problem]:
    if not _is_list_of_texts(clauses):
        return []
    unknown = [c for c in dict.fromkeys(clauses) if c not in known]
    advice = "load_clauses() has those that there are"
    texts = [f"{where}: {c!r} is no known clause; {instead(c, known, advice)}" for c in unknown]
    texts += [f"{where}: the clause {c!r} stands twice; remove one" for c in _repeated(clauses)]
    return [Problem((*path, "clauses"), text) for text in texts]


def _repeated(names: Sequence[str]) -> list[str]:
    return [name for name, n in Counter(names).items() if n > 1]


def _conditions(where: str, path: Path, conditions: Any) -> list[Problem]:
    if not isinstance(conditions, dict):
        return []
    return _shape(f"{where}, applies", (*path, "applies"), conditions, APPLIES_KEYS, APPLIES_KEYS)
