"""Check the TOML text of a rubric: every error and every doubt, each with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from qa_toolkit.rubric.linter import find_problems
from qa_toolkit.rubric.lints import find_doubts
from qa_toolkit.rubric.loader import load_clauses
from qa_toolkit.rubric.locator import Lines, locate
from qa_toolkit.rubric.problems import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that the check of a rubric found.

    Parameters
    ----------
    line : int
        Line of the file, from 1.
    text : str
        One sentence for people.
    is_error : bool
        Whether the rubric cannot be used because of it; else it is a warning.
    """

    line: int
    text: str
    is_error: bool


def check_rubric(text: str, fact_kinds: Collection[str] | None = None) -> list[Finding]:
    """Check the TOML text of a rubric.

    Parameters
    ----------
    text : str
        TOML; where it is not even that, only the first mistake is known, and the keys that stand twice.
    fact_kinds : collection of str, optional
        Kinds of facts that there are, to warn of others.

    Returns
    -------
    list of Finding
        Errors and warnings in the order of the lines; empty if nothing was found.
    """
    try:
        lines = locate(text)
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return _not_toml(text, str(error), lines)
    except RecursionError:
        return [Finding(1, "nested too deeply for a rubric; write its tables one by one", True)]
    except ValueError as error:  # a number of 5,000 digits
        return [Finding(1, f"cannot be read: {error}", True)]
    errors = [Finding(lines.of(p.path), p.text, True) for p in find_problems(data, load_clauses())]
    doubts = [Finding(lines.of(p.path), p.text, False) for p in find_doubts(data, fact_kinds)]
    return sorted([*errors, *doubts], key=lambda finding: (finding.line, not finding.is_error))


def _not_toml(text: str, message: str, lines: Lines) -> list[Finding]:
    twice = [Finding(line, _twice(path, lines.first[path]), True) for path, line in lines.twice]
    if twice:
        return twice
    found = re.search(r"\(at line (\d+), column \d+\)", message)
    line = int(found[1]) if found else text.count("\n") + 1
    what = re.sub(r" \(at .*\)$", "", message)
    return [Finding(line, f"not TOML: {what}; correct this place and check again", True)]


def _twice(path: Path, first: int) -> str:
    key: Any = next(part for part in reversed(path) if isinstance(part, str))
    return f"{key!r} stands twice, here and on line {first}; remove one"


def report(findings: Collection[Finding], where: str) -> str:
    """Return the findings as text, errors and warnings apart, each line with the file and the line to go to."""
    parts = []
    for is_error, word in ((True, "error"), (False, "warning")):
        lines = [f"{where}:{f.line}: {f.text}" for f in findings if f.is_error is is_error]
        if lines:
            parts.append("\n".join([f"{len(lines)} {word}{'s' if len(lines) > 1 else ''}", *lines]))
    return "\n\n".join(parts) or f"{where}: nothing found"
