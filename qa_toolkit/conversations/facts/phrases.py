"""Phrase lists: what is said in one language, by the kind of fact that it is looked for."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from qa_toolkit.conversations.facts.patterns import Pattern, PatternError, Piece, compile_pattern, name_words
from qa_toolkit.errors import FactsError

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "apology": ("says", "not"),
    "blame": ("says", "not"),
}
"""The groups that each section of a list may have. A kind without its section is not computed."""
_TOP: Final = ("language", "common", "words", *SECTIONS)


@dataclass(frozen=True)
class Phrases:
    """The phrases of one language.

    Parameters
    ----------
    language : str
        Primary code, such as ``"en"``.
    groups : mapping of str to tuple of Pattern
        By ``"section.group"``.
    """

    language: str
    groups: Mapping[str, tuple[Pattern, ...]]
    _exact: dict[str, list[tuple[str, Pattern]]] = field(default_factory=dict, compare=False, repr=False)
    _begins: dict[str, list[tuple[str, tuple[str, Pattern]]]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for group, patterns in self.groups.items():
            for pattern in patterns:
                for word in pattern.words:
                    self._add(word, (group, pattern))

    def _add(self, word: str, entry: tuple[str, Pattern]) -> None:
        if word.endswith("*"):
            self._begins.setdefault(word[:2], []).append((word[:-1], entry))
        else:
            self._exact.setdefault(word, []).append(entry)

    def has(self, section: str) -> bool:
        """Tell whether the list has anything in `section`."""
        return any(group.startswith(section + ".") for group in self.groups)

    def candidates(self, words: Collection[str]) -> dict[str, list[Pattern]]:
        """Return, by group, the patterns that can match a text of these words at all."""
        out: dict[str, dict[Pattern, None]] = {}
        for word in words:
            for group, pattern in self._with(word):
                out.setdefault(group, {})[pattern] = None
        return {group: list(patterns) for group, patterns in out.items()}

    def _with(self, word: str) -> Iterator[tuple[str, Pattern]]:
        yield from self._exact.get(word, ())
        for beginning, entry in self._begins.get(word[:2], ()):
            if word.startswith(beginning):
                yield entry


@cache
def packaged_phrases() -> Mapping[str, Phrases]:
    """Return the lists that come with the package, by language."""
    folder = resources.files("qa_toolkit.conversations.facts") / "phrases"
    files = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".toml"))
    lists = (parse_phrases((folder / name).read_text(encoding="utf-8"), name) for name in files)
    return {phrases.language: phrases for phrases in lists}


def load_phrases(path: str | os.PathLike[str]) -> Phrases:
    """Read a phrase list of the team's own.

    Raises
    ------
    FactsError
        With all that is wrong with the file.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FactsError(f"{path} is not UTF-8; save it in that encoding") from error
    except (OSError, ValueError) as error:
        raise FactsError(f"{path} cannot be read ({error}); check the path") from error
    return parse_phrases(text, str(path))


def parse_phrases(text: str, where: str = "the phrase list") -> Phrases:
    """Make a phrase list of its TOML text.

    Raises
    ------
    FactsError
        With all that is wrong with it.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FactsError(f"{where} is not TOML: {error}; correct that place and load it again") from error
    problems = _shape(data)
    named = {} if problems else _named(data.get("words", {}), problems)
    groups = {} if problems else _groups(data, named, problems)
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise FactsError("\n- ".join([f"{where} has {count}:", *problems]))
    return Phrases(data["language"].strip().lower(), groups)


def _shape(data: Mapping[str, Any]) -> list[str]:
    problems = [f"{key!r} is no known key; {_instead(key, _TOP)}" for key in data if key not in _TOP]
    if not isinstance(data.get("language"), str) or not data["language"].strip().isalpha():
        problems.append('language must be the code of one language, such as "de"')
    if not _is_texts(data.get("common", [])):
        problems.append('common must be a list of words, such as ["the", "and"]')
    for section in ("words", *SECTIONS):
        problems += _section_problems(section, data.get(section, {}))
    return problems


def _section_problems(section: str, table: Any) -> list[str]:
    if not isinstance(table, dict):
        return [f"{section} must be a table: begin it with a line [{section}]"]
    known = SECTIONS.get(section, tuple(table))
    return [
        f"{section}.{key} is no known group; {_instead(key, known)}"
        if key not in known
        else f'{section}.{key} must be a list of phrases in quotes, such as ["thank you"]'
        for key, value in table.items()
        if key not in known or not _is_texts(value)
    ]


def _instead(word: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(known)}"


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)


def _named(words: Mapping[str, list[str]], problems: list[str]) -> dict[str, Piece]:
    try:
        return name_words(words)
    except PatternError as error:
        problems.append(f"words.{error}")
        return {}


def _groups(data: Mapping[str, Any], named: Mapping[str, Piece], problems: list[str]) -> dict[str, tuple[Pattern, ...]]:
    common = frozenset(word.lower().replace("'", "") for word in data.get("common", []))
    groups: dict[str, tuple[Pattern, ...]] = {}
    for section in SECTIONS:
        for key, sources in data.get(section, {}).items():
            patterns = []
            for source in sources:
                try:
                    patterns.append(compile_pattern(source, named, common))
                except PatternError as error:
                    problems.append(f"{section}.{key}: {source[:60]!r} {error}")
            groups[f"{section}.{key}"] = tuple(patterns)
    return groups
