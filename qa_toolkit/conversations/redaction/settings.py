"""What a team sets for redaction; read from TOML."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import phonenumbers

from qa_toolkit.conversations.redaction.masks import MaskError, check_expression, read_mask
from qa_toolkit.errors import SettingsError, instead, listed
from qa_toolkit.settings_file import read_settings

AGENTS: Final = ("keep", "pseudonym")
REGIONS: Final = ("US", "GB", "DE", "FR", "NL", "ES")
_TABLE: Final = "must be a table"


@dataclass(frozen=True)
class RedactionSettings:
    """The settings of a team; each is named as its table and its key in the file.

    Parameters
    ----------
    agents : {"keep", "pseudonym"}
        What stands in the columns ``agent`` and ``author`` for an agent: the name, or a pseudonym. In texts, agents
        have placeholders either way.
    phones_regions : tuple of str
        Countries whose national phone formats are read, by their two letters; international ones always are.
    orders_masks, accounts_masks : tuple of str
        The team's order and account numbers, such as ``"ORD-######"``; see `qa_toolkit.conversations.redaction.masks`.
    orders_expressions, accounts_expressions : tuple of str
        The same as regular expressions, where no mask will do.
    names_model : str
        A spaCy pipeline, by name or path, that finds further names; none if empty.
    labels_private : tuple of str
        Labels and extra fields that are not kept, whatever is in them, by their keys.
    """

    agents: str = "keep"
    phones_regions: tuple[str, ...] = REGIONS
    orders_masks: tuple[str, ...] = ()
    orders_expressions: tuple[str, ...] = ()
    accounts_masks: tuple[str, ...] = ()
    accounts_expressions: tuple[str, ...] = ()
    names_model: str = ""
    labels_private: tuple[str, ...] = ()


Check = Callable[[str, Any], list[str]]


def load_redaction(path: str | os.PathLike[str]) -> RedactionSettings:
    """Read the settings of a team from a TOML file.

    Raises
    ------
    SettingsError
        If the file cannot be read, or with all that is wrong with it.
    """
    file = Path(path)
    data = read_settings(file)
    problems = [f"{key} is no known key; {instead(key, KEYS)}" for key in data if key not in KEYS]
    values: dict[str, Any] = {}
    for section, checks in KEYS.items():
        values |= _section(section, checks, data.get(section, {}), problems)
    if problems:
        raise SettingsError(listed(str(file), problems))
    return RedactionSettings(**values)


def _section(section: str, checks: Mapping[str, Check], table: Any, problems: list[str]) -> dict[str, Any]:
    if not isinstance(table, dict):
        problems.append(f"{section} {_TABLE}: begin it with a line [{section}]")
        return {}
    problems += [f"{section}.{key} is no known key; {instead(key, checks)}" for key in table if key not in checks]
    values = {}
    for key, value in table.items():
        if key in checks:
            problems += checks[key](f"{section}.{key}", value)
            name = "agents" if section == "agents" else f"{section}_{key}"
            values[name] = tuple(value) if isinstance(value, list) else value
    return values


def _one_of_agents(where: str, value: Any) -> list[str]:
    return [] if value in AGENTS else [f"{where} must be one of {', '.join(AGENTS)}; it is {value!r}"]


def _is_text(where: str, value: Any) -> list[str]:
    return [] if isinstance(value, str) else [f'{where} must be text, such as "en_core_web_sm"; it is {value!r}']


def _each(example: str, problem: Callable[[str], str | None]) -> Check:
    def check(where: str, value: Any) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            return [f"{where} must be a list of texts, such as [{example}]"]
        return [f"{where}: {one!r} {why}" for one in value if (why := problem(one))]

    return check


def _mask_problem(mask: str) -> str | None:
    return _problem(read_mask, mask)


def _expression_problem(expression: str) -> str | None:
    return _problem(check_expression, expression)


def _problem(read: Callable[[str], str], value: str) -> str | None:
    try:
        read(value)
    except MaskError as error:
        return str(error)
    return None


def _region_problem(region: str) -> str | None:
    known = phonenumbers.SUPPORTED_REGIONS
    return None if region in known else f"is no country; {instead(region, sorted(known), 'write two capitals: GB, DE')}"


_NUMBERS: Final[Mapping[str, Check]] = {
    "masks": _each('"ORD-######"', _mask_problem),
    "expressions": _each("'ORD-\\d{6}'", _expression_problem),
}
KEYS: Final[Mapping[str, Mapping[str, Check]]] = {
    "agents": {"show": _one_of_agents},
    "phones": {"regions": _each('"GB", "DE"', _region_problem)},
    "orders": _NUMBERS,
    "accounts": _NUMBERS,
    "names": {"model": _is_text},
    "labels": {"private": _each('"birthday"', lambda _: None)},
}
