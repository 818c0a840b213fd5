"""Other words in a rubric, with everything else of its file, comments too, left as it is."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from qa_toolkit.errors import RubricError, listed
from qa_toolkit.rubric.check import check_rubric
from qa_toolkit.rubric.loader import parse_rubric
from qa_toolkit.rubric.locator import find_value
from qa_toolkit.rubric.model import Rubric
from qa_toolkit.rubric.problems import Path


def reworded(rubric: Rubric, texts: Mapping[tuple[str, str], str], version: str = "") -> Rubric:
    """Return a new version of a rubric in which some texts of commandments are others.

    Parameters
    ----------
    rubric : Rubric
    texts : mapping of (str, str) to str
        Id of a commandment and key of the file, such as ``("be-clear", "pass")``, to the new text.
    version : str
        Of the new rubric; if empty, the last number of the old one is counted up.

    Raises
    ------
    RubricError
        If there is no such commandment, or the check of rubrics finds something in the new text that it did not find
        in the old one.
    """
    after = version or next_version(rubric.version)
    changes: dict[Path, str] = {("version",): after}
    for (name, key), text in texts.items():
        rubric[name]  # raises if there is none
        changes["commandments", rubric.ids.index(name), key] = text
    edited = rubric.text
    wanted = copy.deepcopy(tomllib.loads(edited))
    for path, text in changes.items():
        edited = _replaced(edited, path, text)
        _set(wanted, path, text)
    _check(rubric.text, edited, wanted)
    return parse_rubric(edited)


def next_version(version: str) -> str:
    """Return a version with its last number counted up, or with .1 after it where it has none."""
    numbers = list(re.finditer(r"\d+", version, re.ASCII))
    if not numbers:
        return f"{version}.1"
    last = numbers[-1]
    return f"{version[: last.start()]}{int(last[0]) + 1:0{len(last[0])}}{version[last.end() :]}"


def _replaced(toml: str, path: Path, text: str) -> str:
    start, end = find_value(toml, path)
    # JSON's escapes are TOML's too, but for this one character, which TOML wants escaped.
    quoted = json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
    return toml[:start] + quoted + toml[end:]


def _set(data: Any, path: Path, text: str) -> None:
    *outer, last = path
    for key in outer:
        data = data[key]
    data[last] = text


def _check(before: str, after: str, wanted: dict[str, Any]) -> None:
    try:
        same = tomllib.loads(after) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise RubricError("its file is written so that a text in it cannot be replaced; use [[commandments]] tables")
    known = {finding.text for finding in check_rubric(before)}
    new = [finding.text for finding in check_rubric(after) if finding.text not in known]
    if new:
        raise RubricError(listed("the rubric with the new texts", new))
