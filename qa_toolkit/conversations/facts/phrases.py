"""Phrase lists: what is said in one language, by the kind of fact that it is looked for."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Any, Final

from qa_toolkit.conversations.facts.deadlines import NAMES as DEADLINE_NAMES
from qa_toolkit.conversations.facts.deadlines import NUMBER, DeadlineReader
from qa_toolkit.conversations.facts.patterns import Pattern, PatternError, Piece, compile_pattern, name_words
from qa_toolkit.conversations.facts.stems import stem
from qa_toolkit.errors import FactsError, instead, listed

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "common": ("solved", "thanks", "bye", "problem", "fixed"),
    "apology": ("says", "not"),
    "blame": ("says", "not", "asks"),
    "works-for-me": ("here", "nothing", "nobody", "not", "cares"),
    "holding-reply": ("says", "filler", "permission", "substance"),
    "unanswered": ("settled", "closing", "wants", "chases"),
    "questions": ("requests", "not", "other", "any", "unknown", "open", "opens"),
    "slots": (),
    "given": (),
    "hand-over": ("says", "system", "not"),
    "repeat-after-hand-over": ("minds",),
    "amends": ("says", "refused", "owed", "more", "asked", "refund"),
    "other-product": ("offers", "product", "sells", "not", "leave", "asked"),
    "closed-unsolved": ("says", "system", "not", "agrees"),
    "promise": ("commits", "not"),
}
"""The groups that each section of a list may have; where none are named, a list has its own."""
# Which of them are looked for in whose messages.
_OF_CUSTOMERS: Final = frozenset(
    {"common", "unanswered", "given", "questions", "repeat-after-hand-over", "amends.asked", "amends.refund"}
    | {"other-product.asked", "closed-unsolved.agrees"}
)
_OF_OTHERS: Final = frozenset(SECTIONS) - {"unanswered", "given", "repeat-after-hand-over"}
MOST_KEPT: Final = 50_000  # words of which it is kept what they begin with
_TOP: Final = ("language", "frequent", "empty", "or", "opposites", "words", "same", "deadline", *SECTIONS)


Index = dict[str, list[tuple[str, Pattern]]]


@dataclass(frozen=True)
class Phrases:
    """The phrases of one language.

    Parameters
    ----------
    language : str
        Primary code, such as ``"en"``.
    groups : mapping of str to tuple of Pattern
        By ``"section.group"``.
    times : mapping of str to Piece
        The words of deadlines, by their name under ``[deadline]``.
    same : mapping of str to str
        One word for all that mean the same.
    empty : frozenset of str
        Words that say nothing of the matter.
    opposites : frozenset of str
        Words by which two questions for the same sort of thing differ.
    choosing : tuple of str
        What stands between two things to choose from: "or".
    """

    language: str
    groups: Mapping[str, tuple[Pattern, ...]]
    times: Mapping[str, Piece] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    empty: frozenset[str] = frozenset()
    opposites: frozenset[str] = frozenset()
    choosing: tuple[str, ...] = ()
    _of_customers: Index = field(default_factory=dict, compare=False, repr=False)
    _of_others: Index = field(default_factory=dict, compare=False, repr=False)
    _beginnings: dict[str, set[str]] = field(default_factory=dict, compare=False, repr=False)
    _met: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for group, patterns in self.groups.items():
            for pattern in patterns:
                self._add(group, pattern)

    def _add(self, group: str, pattern: Pattern) -> None:
        for index, own in ((self._of_customers, _OF_CUSTOMERS), (self._of_others, _OF_OTHERS)):
            if not own.isdisjoint((group, group.split(".")[0])):
                for word in pattern.words or ("",):
                    index.setdefault(word, []).append((group, pattern))
        for word in pattern.words.union(*pattern.rest):
            if word.endswith("*"):
                self._beginnings.setdefault(word[:1], set()).add(word)

    @cached_property
    def deadlines(self) -> DeadlineReader:
        """What reads the deadlines of this language."""
        return DeadlineReader(self.times)

    @cached_property
    def choice(self) -> re.Pattern[str]:
        """What finds two words to choose from, with at most a short word between: "left or the right"."""
        words = "|".join(map(re.escape, self.choosing)) or r"(?!)"
        return re.compile(rf"([\w-]{{3,24}}),? (?:{words}) (?:\w{{1,3}} )?([\w-]{{3,24}})", re.IGNORECASE)

    def has(self, section: str) -> bool:
        """Tell whether the list has anything in `section`."""
        return any(group.startswith(section + ".") for group in self.groups)

    def candidates(self, words: Collection[str], role: str) -> list[tuple[str, Pattern]]:
        """Return the patterns, each with its group, that can match a text of these words at all.

        Those that are never looked for in messages of `role` are left out.
        """
        known = {""}
        for word in words:
            known.update(self._met.get(word) or self._meets(word))
        index = self._of_customers if role == "customer" else self._of_others
        return [
            entry
            for word in known
            for entry in index.get(word, ())
            if not entry[1].rest or not any(map(known.isdisjoint, entry[1].rest))
        ]

    def _meets(self, word: str) -> tuple[str, ...]:
        """Return a word and the beginnings that it has, and keep them: most words come again."""
        met = (word, *(b for b in self._beginnings.get(word[:1], ()) if word.startswith(b[:-1])))
        if len(self._met) < MOST_KEPT:
            self._met[word] = met
        return met


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
    except (RecursionError, ValueError) as error:  # ValueError: a number of 5,000 digits
        raise FactsError(f"{where} cannot be read ({error}); write plain lists of phrases") from error
    problems = _shape(data)
    named = {} if problems else _named("words", data, problems)
    times = {} if problems else _named("deadline", data, problems)
    groups = {} if problems else _groups(data, named, problems)
    if problems:
        raise FactsError(listed(where, problems))
    alike = [(name, word.lower()) for name, words in data.get("same", {}).items() for word in words]
    return Phrases(
        data["language"].strip().lower(),
        groups,
        times,
        {form: name for name, word in alike for form in (word, stem(word))},
        frozenset(data.get("empty", [])),
        frozenset(data.get("opposites", [])),
        tuple(data.get("or", [])),
    )


def _shape(data: Mapping[str, Any]) -> list[str]:
    problems = [f"{key!r} is no known key; {instead(key, _TOP)}" for key in data if key not in _TOP]
    if not isinstance(data.get("language"), str) or not data["language"].strip().isalpha():
        problems.append('language must be the code of one language, such as "de"')
    lists = [key for key in ("frequent", "empty", "or", "opposites") if not _is_texts(data.get(key, []))]
    problems += [f'{key} must be a list of words, such as ["the", "and"]' for key in lists]
    for section in ("words", "same", "deadline", *SECTIONS):
        problems += _section_problems(section, data.get(section, {}))
    return problems


def _section_problems(section: str, table: Any) -> list[str]:
    if not isinstance(table, dict):
        return [f"{section} must be a table: begin it with a line [{section}]"]
    problems = []
    known = DEADLINE_NAMES if section == "deadline" else SECTIONS.get(section) or tuple(table)
    for key, value in table.items():
        if key not in known and not (section == "deadline" and NUMBER.fullmatch(key)):
            problems.append(f"{section}.{key} is no known group; {instead(key, known)}")
        elif not _is_texts(value):
            problems.append(f'{section}.{key} must be a list of phrases in quotes, such as ["thank you"]')
    return problems


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(v, str) and v.strip() for v in value)


def _named(section: str, data: Mapping[str, Any], problems: list[str]) -> dict[str, Piece]:
    try:
        return name_words(data.get(section, {}))
    except PatternError as error:
        problems.append(f"{section}.{error}")
        return {}


def _groups(data: Mapping[str, Any], named: Mapping[str, Piece], problems: list[str]) -> dict[str, tuple[Pattern, ...]]:
    common = frozenset(word.lower().replace("'", "") for word in data.get("frequent", []))
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
