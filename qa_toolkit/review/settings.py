"""What a team sets for its reviews: evidence, time, facts and its calendar; read from TOML."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from qa_toolkit.conversations.facts import KINDS, TIMINGS, Calendar, Phrases, load_phrases, make_calendar
from qa_toolkit.errors import FactsError, SettingsError, instead, listed
from qa_toolkit.settings_file import read_settings

ON_FAIL: Final = ("ask", "require", "off")
SHOW: Final = ("asked", "rated", "never")
SHOW_TIMINGS: Final = ("always", *SHOW)
_ANCHORS: Final = "a fact that judges words, seen before the rating, makes the rating follow it: use asked or rated"

Table = Mapping[str, Any]
Rule = tuple[Callable[[Any], bool], str]


@dataclass(frozen=True)
class ReviewSettings:
    """The settings of a team; each is named as its table and its key in the file.

    Parameters
    ----------
    evidence_on_fail : {"ask", "require", "off"}
        What a submit does with a fail that has no evidence: refuse it once, refuse it, or take it.
    time_idle_after : int
        Seconds without a key, click, scroll or movement of the pointer, after which time no longer counts as spent.
    facts_show : {"asked", "rated", "never"}
        When facts that judge words are shown: once the reviewer asks or has rated, only once rated, or never.
    facts_timings : {"always", "asked", "rated", "never"}
        When the facts that rest on times alone are shown.
    facts_min_precision : float
        Held-out precision, 0 to 1, below which a kind of facts is not shown.
    facts_phrases : dict of str to Phrases
        Phrase lists of the team, by language.
    facts_each : dict of str to str
        The same for single kinds of facts, in place of `facts_show` and `facts_timings`.
    calendar : Calendar
        When the team works.
    disputes_window : int
        Days after the release in which an agent can dispute a rating.
    """

    evidence_on_fail: str = "ask"
    time_idle_after: int = 60
    facts_show: str = "asked"
    facts_timings: str = "always"
    facts_min_precision: float = 0.7
    facts_phrases: Mapping[str, Phrases] = field(default_factory=dict, hash=False)
    facts_each: Mapping[str, str] = field(default_factory=dict, hash=False)
    calendar: Calendar = field(default_factory=Calendar)
    disputes_window: int = 14

    def shows(self, kind: str) -> str:
        """Return when facts of a kind are shown: always, asked, rated or never."""
        return self.facts_each.get(kind) or (self.facts_timings if kind in TIMINGS else self.facts_show)


def _one_of(values: tuple[str, ...]) -> Rule:
    return lambda value: isinstance(value, str) and value in values, f"must be one of {', '.join(values)}"


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 5 <= value <= 3600


def _is_days(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 365


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


_TABLE: Final[Rule] = (lambda value: isinstance(value, dict), "must be a table")
KEYS: Final[Mapping[str, Mapping[str, Rule]]] = {
    "evidence": {"on_fail": _one_of(ON_FAIL)},
    "time": {"idle_after": (_is_seconds, "must be a whole number of seconds from 5 to 3600")},
    "disputes": {"window": (_is_days, "must be a whole number of days from 1 to 365")},
    "facts": {
        "show": _one_of(SHOW),
        "timings": _one_of(SHOW_TIMINGS),
        "min_precision": (_is_share, "must be a number from 0 to 1"),
        "phrases": (_is_list_of_names, 'must be a list of file names, such as ["de.toml"]'),
        "each": _TABLE,
    },
}


def load_settings(path: str | os.PathLike[str]) -> ReviewSettings:
    """Read the settings of a team from a TOML file.

    Raises
    ------
    SettingsError
        If the file cannot be read, or with all that is wrong with it.
    """
    file = Path(path)
    data = read_settings(file)
    problems = _unknown("", data, [*KEYS, "calendar"])
    values = _values(data, problems)
    values["facts_phrases"] = _phrases(file.parent, values.get("facts_phrases", ()), problems)
    values["calendar"] = _calendar(data.get("calendar", {}), problems)
    if problems:
        raise SettingsError(listed(str(file), problems))
    return ReviewSettings(**values)


def _values(data: Table, problems: list[str]) -> dict[str, Any]:
    """Return what fits by the names of `ReviewSettings`; what does not is put to the problems."""
    values: dict[str, Any] = {}
    for section, rules in KEYS.items():
        table = data.get(section, {})
        if isinstance(table, dict):
            problems += _unknown(f"{section}.", table, rules)
            values |= {f"{section}_{k}": v for k, v in _fitting(f"{section}.", table, rules, problems).items()}
        else:
            problems.append(f"{section} {_TABLE[1]}: begin it with a line [{section}]")
    each = values.get("facts_each", {})
    rules = {kind: _one_of(SHOW_TIMINGS if kind in TIMINGS else SHOW) for kind in KINDS}
    problems += _unknown("facts.each.", each, rules)
    return values | {"facts_each": _fitting("facts.each.", each, rules, problems)}


def _fitting(where: str, table: Table, rules: Mapping[str, Rule], problems: list[str]) -> dict[str, Any]:
    known = {key: value for key, value in table.items() if key in rules}
    bad = {key: value for key, value in known.items() if not rules[key][0](value)}
    problems += [f"{where}{key} {rules[key][1]}{_shown(value)}" for key, value in bad.items()]
    return {key: value for key, value in known.items() if key not in bad}


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return ""
    return f"; it is {value!r}, but {_ANCHORS}" if value == "always" else f"; it is {value!r}"


def _unknown(where: str, table: Table, known: Collection[str]) -> list[str]:
    return [f"{where}{key} is no known key; {instead(key, known)}" for key in table if key not in known]


def _phrases(folder: Path, names: Collection[str], problems: list[str]) -> dict[str, Phrases]:
    lists: dict[str, Phrases] = {}
    for name in names:
        try:
            phrases = load_phrases(folder / name)
        except FactsError as error:
            problems.append(f"facts.phrases: {error}")
        else:
            if phrases.language in lists:
                problems.append(f"facts.phrases: two lists for the language {phrases.language!r}; put them into one")
            lists[phrases.language] = phrases
    return lists


def _calendar(table: Any, problems: list[str]) -> Calendar:
    if not isinstance(table, dict):
        problems.append(f"calendar {_TABLE[1]}: begin it with a line [calendar]")
        return Calendar()
    try:
        return make_calendar(table)
    except FactsError as error:
        problems += [f"calendar.{line}" for line in str(error).splitlines()]
        return Calendar()
