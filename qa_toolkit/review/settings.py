"""What a team sets for its reviews: evidence, time, facts; read from TOML."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from qa_toolkit.errors import SettingsError

ON_FAIL: Final = ("ask", "require", "off")
SHOW: Final = ("asked", "rated", "never")
TIMINGS: Final = ("always", *SHOW)
_ANCHORS: Final = (
    "always is for timings alone: a fact that judges words, seen before the rating, makes the rating follow it"
)

Table = Mapping[str, Any]


@dataclass(frozen=True)
class ReviewSettings:
    """The settings of a team; each is named as its table and key in the file.

    Parameters
    ----------
    evidence_on_fail : {"ask", "require", "off"}
        What a submit does with a fail that has no evidence: refuse it once, refuse it, or take it.
    time_idle_after : int
        Seconds without a key, click, scroll or movement of the pointer, after which time no longer counts as spent.
    facts_show : {"asked", "rated", "never"}
        When facts that judge words are shown: when the reviewer asks or has rated, only once rated, or never.
    facts_timings : {"always", "asked", "rated", "never"}
        When the facts that rest on times alone are shown.
    facts_min_precision : float
        Held-out precision, 0 to 1, below which a kind of facts is not shown.
    facts_each : dict of str to str
        The same for single kinds of facts, in place of `facts_show` and `facts_timings`.
    facts_phrases : tuple of Path
        Phrase lists of the team.
    """

    evidence_on_fail: str = "ask"
    time_idle_after: int = 60
    facts_show: str = "asked"
    facts_timings: str = "always"
    facts_min_precision: float = 0.7
    facts_each: dict[str, str] = field(default_factory=dict, hash=False)
    facts_phrases: tuple[Path, ...] = ()


Rule = tuple[Callable[[Any], bool], str]


def _one_of(values: tuple[str, ...]) -> Rule:
    return lambda value: isinstance(value, str) and value in values, f"must be one of {', '.join(values)}"


def _is_seconds(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 5 <= value <= 3600


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and one for one in value)


_TABLE: Final[Rule] = (lambda value: isinstance(value, dict), "must be a table, such as [facts]")
KEYS: Final[Mapping[str, Mapping[str, Rule]]] = {
    "evidence": {"on_fail": _one_of(ON_FAIL)},
    "time": {"idle_after": (_is_seconds, "must be a whole number of seconds, 5 to 3600")},
    "facts": {
        "show": _one_of(SHOW),
        "timings": _one_of(TIMINGS),
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
    data = _read(file)
    problems, values = _checked(data)
    phrases = tuple(file.parent / name for name in values.pop("facts_phrases", ()))
    problems += [f"facts.phrases: there is no file {name}" for name in phrases if not name.is_file()]
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise SettingsError("\n- ".join([f"{file} has {count}:", *problems]))
    return ReviewSettings(**values, facts_phrases=phrases)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}; correct that place and load it again") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not UTF-8; save it in that encoding") from error
    except OSError as error:
        raise SettingsError(f"{file} cannot be read ({error.strerror}); check the path") from error


def _checked(data: Table) -> tuple[list[str], dict[str, Any]]:
    problems = _unknown("", data, KEYS)
    values: dict[str, Any] = {}
    for section, rules in KEYS.items():
        table = data.get(section, {})
        if not isinstance(table, dict):
            problems.append(f"{section} {_TABLE[1]}")
            continue
        problems += _unknown(f"{section}.", table, rules)
        for key, (fits, rule) in rules.items():
            if key in table and fits(table[key]):
                values[f"{section}_{key}"] = table[key]
            elif key in table:
                problems.append(f"{section}.{key} {_why(section, key, table[key], rule)}")
    return problems, values


def _why(section: str, key: str, value: Any, rule: str) -> str:
    if (section, key, value) == ("facts", "show", "always"):
        return f"{rule}; {_ANCHORS}"
    return rule if isinstance(value, dict | list) else f"{rule}; it is {value!r}"


def _unknown(where: str, table: Table, known: Mapping[str, Any]) -> list[str]:
    return [f"{where}{key} is no known key; {_instead(key, known)}" for key in table if key not in known]


def _instead(word: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
