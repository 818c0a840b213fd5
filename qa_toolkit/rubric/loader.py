"""Read rubrics: those that come with the package, and the user's own."""

from __future__ import annotations

import os
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from qa_toolkit.errors import RubricError, listed
from qa_toolkit.rubric.linter import find_problems
from qa_toolkit.rubric.model import Applies, Clause, Commandment, Rubric

_HERE = resources.files("qa_toolkit.rubric")


def rubric_names() -> list[str]:
    """Return the names of the rubrics that come with the package, in alphabetical order."""
    files = (entry.name for entry in (_HERE / "rubrics").iterdir())
    return sorted(name.removesuffix(".toml") for name in files if name.endswith(".toml"))


def load_rubric(name_or_path: str | os.PathLike[str] = "commandments") -> Rubric:
    """Read a rubric.

    Parameters
    ----------
    name_or_path : str or path
        One of `rubric_names`, or the path of a file that ends in ``.toml``.

    Raises
    ------
    RubricError
        If there is no such rubric, or with all that is wrong with the file.
    """
    return _parse(*read_rubric(name_or_path))


def read_rubric(name_or_path: str | os.PathLike[str]) -> tuple[str, str]:
    """Return the TOML text of a rubric and what to call it in a message, whether or not the text is sound.

    Raises
    ------
    RubricError
        If there is no such rubric, or the file cannot be read.
    """
    known = rubric_names()
    name = os.fspath(name_or_path)
    if name in known:
        return (_HERE / "rubrics" / f"{name}.toml").read_text(encoding="utf-8"), f"{name}.toml"
    path = Path(name)
    if path.suffix.lower() != ".toml":
        advice = f"choose one of {', '.join(known)}, or give the path of a .toml file of your own"
        raise RubricError(f"there is no rubric {name!r}; {advice}")
    return _read(path), str(path)


def parse_rubric(text: str) -> Rubric:
    """Make a rubric of its TOML text.

    Raises
    ------
    RubricError
        With all that is wrong with it.
    """
    return _parse(text, "the rubric")


def load_clauses() -> dict[str, Clause]:
    """Return every clause of the five source lists by its id, in the order of the lists."""
    data = tomllib.loads((_HERE / "clauses.toml").read_text(encoding="utf-8"))
    return {name: _clause(name, entry) for name, entry in data["clauses"].items()}


def load_source_lists() -> dict[str, str]:
    """Return the title of each of the five source lists by its id."""
    data = tomllib.loads((_HERE / "clauses.toml").read_text(encoding="utf-8"))
    return {name: entry["title"] for name, entry in data["lists"].items()}


def _clause(name: str, entry: dict[str, Any]) -> Clause:
    rest = {key: value for key, value in entry.items() if key not in ("list", "commandments")}
    return Clause(id=name, source=entry["list"], commandments=tuple(entry["commandments"]), **rest)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # editors on Windows begin the file with a mark
    except UnicodeDecodeError as error:
        raise RubricError(f"{path} is not UTF-8; save it in that encoding") from error
    except (OSError, ValueError) as error:
        raise RubricError(f"{path} cannot be read ({error}); check the path") from error


def _parse(text: str, where: str) -> Rubric:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RubricError(f"{where} is not TOML: {error}; correct that place and load it again") from error
    except RecursionError as error:
        raise RubricError(f"{where} is nested too deeply for a rubric; write its tables one by one") from error
    except ValueError as error:  # a number of 5,000 digits
        raise RubricError(f"{where} cannot be read ({error}); correct that and load it again") from error
    problems = find_problems(data, load_clauses())
    if problems:
        raise RubricError(listed(where, [problem.text for problem in problems]))
    return _build(data, text)


def _build(data: dict[str, Any], text: str) -> Rubric:
    commandments = tuple(_commandment(table) for table in data["commandments"])
    head = {key: data[key] for key in ("id", "title", "version", "language", "groups")}
    return Rubric(**head, commandments=commandments, text=text, root_causes=data.get("root_causes", {}))


def _commandment(table: dict[str, Any]) -> Commandment:
    texts = ("id", "group", "title", "asks", "partial", "fail", "not_applicable", "critical")
    return Commandment(
        **{key: table[key] for key in texts},
        pass_=table["pass"],
        weight=float(table["weight"]),
        clauses=tuple(table.get("clauses", ())),
        root_causes=tuple(table.get("root_causes", ())),
        key=table.get("key", ""),
        facts=tuple(table.get("facts", ())),
        applies=_applies(table.get("applies", {})),
    )


def _applies(table: dict[str, Any]) -> Applies:
    lists = {key: tuple(table.get(key, ())) for key in ("channel", "plan", "language", "has")}
    when = {name: tuple(ratings) for name, ratings in table.get("when", {}).items()}
    return Applies(**lists, when=when, otherwise=table.get("otherwise", ""))
