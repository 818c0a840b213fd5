"""Find everything that is wrong with a rubric, all at once, each with what to do about it."""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

Table = Mapping[str, Any]
_ID: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_weight(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _is_groups(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(_is_id(k) and _is_text(v) for k, v in value.items())


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) for v in value)


Kind = tuple[Callable[[Any], bool], str]
_TEXT: Final[Kind] = (_is_text, "must be a text in quotes, and not empty")
_NAME: Final[Kind] = (_is_id, "must be lower-case words joined by hyphens, such as keep-your-word")
_WEIGHT: Final[Kind] = (_is_weight, "must be a number greater than 0")
_FLAG: Final[Kind] = (lambda value: isinstance(value, bool), "must be true or false, without quotes")
_CLAUSES: Final[Kind] = (_is_list_of_texts, 'must be a list of texts, such as ["keys-4"], or be left out')
_GROUPS: Final[Kind] = (_is_groups, 'must hold at least one line such as solve = "Solve": a hyphenated id, a heading')
_TABLES: Final[Kind] = (_is_tables, "must hold at least one commandment: begin each with a line [[commandments]]")

RUBRIC_KEYS: Final[Mapping[str, Kind]] = {
    "id": _NAME,
    "title": _TEXT,
    "version": _TEXT,
    "language": _TEXT,
    "groups": _GROUPS,
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
}


def find_problems(data: Table, clause_ids: Collection[str]) -> list[str]:
    """Find what is wrong with a rubric.

    Parameters
    ----------
    data : mapping
        What the TOML parser made of the file; nothing about it is taken for granted.
    clause_ids : collection of str
        The clauses that a commandment may say it rates.

    Returns
    -------
    list of str
        One sentence for each problem, in the order of the file; empty if the rubric is sound.
    """
    problems = _shape("the rubric", data, RUBRIC_KEYS)
    listed = data.get("commandments")
    tables = [c for c in listed if isinstance(c, dict)] if isinstance(listed, list) else []
    groups = data.get("groups")
    for number, table in enumerate(tables, start=1):
        where = _where(number, table)
        problems += _shape(where, table, COMMANDMENT_KEYS, optional=("clauses",))
        problems += _group(where, table.get("group"), groups if isinstance(groups, dict) else {})
        problems += _clauses(where, table.get("clauses"), clause_ids)
    return problems + _repeated_ids(tables)


def _where(number: int, table: Table) -> str:
    name = table.get("id")
    return f"commandment {number} ({name})" if _is_text(name) else f"commandment {number}"


def _shape(where: str, table: Table, keys: Mapping[str, Kind], optional: Collection[str] = ()) -> list[str]:
    problems = []
    for key, (is_right, rule) in keys.items():
        if key in table and not is_right(table[key]):
            problems.append(f"{where}: {key} {rule}{_shown(table[key])}")
        elif key not in table and key not in optional:
            problems.append(f"{where}: {key} is missing; it {rule}")
    unknown = (key for key in table if key not in keys)
    return problems + [f"{where}: {key!r} is no known key; {_instead(key, keys, 'remove it')}" for key in unknown]


def _shown(value: Any) -> str:
    return "" if isinstance(value, dict | list) else f"; it is {value!r}"


def _instead(word: str, known: Collection[str], otherwise: str) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else otherwise


def _group(where: str, group: Any, groups: Table) -> list[str]:
    if not _is_text(group) or not groups or group in groups:
        return []
    return [f"{where}: the group {group!r} is not under [groups]; add it there, or use one of: {', '.join(groups)}"]


def _clauses(where: str, clauses: Any, known: Collection[str]) -> list[str]:
    if not _is_list_of_texts(clauses):
        return []
    unknown = [c for c in dict.fromkeys(clauses) if c not in known]
    advice = "load_clauses() has those that there are"
    problems = [f"{where}: {c!r} is no known clause; {_instead(c, known, advice)}" for c in unknown]
    twice = [c for c, n in Counter(clauses).items() if n > 1]
    return problems + [f"{where}: the clause {c!r} stands twice; remove one" for c in twice]


def _repeated_ids(tables: Sequence[Table]) -> list[str]:
    counts = Counter(t["id"] for t in tables if _is_text(t.get("id")))
    return [f"the id {name!r} stands {n} times; give each commandment its own" for name, n in counts.items() if n > 1]
