"""On which line of a TOML file each key stands; the TOML parser of Python does not tell.

The text is cut into tokens, so that strings over several lines, quotes and comments are no obstacle, and these are
read as statements. What is no TOML is read as far as it goes: `tomllib` says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from qa_toolkit.rubric.problems import Path

_TOKEN: Final = re.compile(
    r"""
    (?P<skip>[ \t\r]+|\#[^\n]*)
  | (?P<string>\"\"\"(?:\\.|[^\\])*?\"\"\"\"{0,2} | '''.*?''''{0,2} | "(?:\\.|[^"\\\n])*" | '[^'\n]*')
  | (?P<bare>[A-Za-z0-9_-]+)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
Token = tuple[str, str, int]  # kind, text, line
_END: Final[Token] = ("end", "", 0)


@dataclass
class Lines:
    """Where the keys of a TOML text stand.

    Parameters
    ----------
    first : dict of tuple to int
        Path of keys to the line where it begins, from 1; places in a list count from 0.
    twice : list of (tuple, int)
        Path and line of each key that was there already, which TOML refuses.
    """

    first: dict[Path, int] = field(default_factory=dict)
    twice: list[tuple[Path, int]] = field(default_factory=list)

    def of(self, path: Path) -> int:
        """Return the line of the innermost part of a path that stands in the file; 1 where none does."""
        return next((self.first[path[:n]] for n in range(len(path), 0, -1) if path[:n] in self.first), 1)


def locate(text: str) -> Lines:
    """Find the line of every key, table and item of a TOML text."""
    return _Reader(text).read()


def find_value(text: str, path: Path) -> tuple[int, int]:
    """Return from where to where the text in quotes stands that is the value of a key, in characters of a TOML text.

    Of a key that does not begin its line it may be the value of another key of that name: parse what comes of it.
    """
    first = locate(text).of(path) - 1
    start = sum(len(line) for line in text.split("\n")[:first]) + first
    before: list[str] = []
    for match in _TOKEN.finditer(text, start):
        if match.lastgroup == "string" and before[-2:] == [str(path[-1]), "="]:
            return match.span()
        if match.lastgroup != "skip":
            before.append(match[0].strip("\"'"))
    return start, start


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = list(_tokens(text))
        self._at = 0
        self._table: Path = ()
        self._counts: dict[Path, int] = {}
        self._set: set[Path] = set()
        self._lines = Lines()

    def read(self) -> Lines:
        while self._peek() != _END:
            if self._peek()[1] == "\n":
                self._next()
            elif self._peek()[1] == "[":
                self._header()
            else:
                self._pair(self._table)
                self._rest_of_line()
        return self._lines

    def _header(self) -> None:
        _, _, line = self._next()
        is_list = self._peek()[1] == "["
        keys = self._keys(("]", "\n"))
        self._rest_of_line()
        *outer, last = keys or [""]
        path = (*self._inside(outer), last)
        if is_list:
            self._counts[path] = self._counts.get(path, 0) + 1
            self._lines.first.setdefault(path, line)
            path = self._newest(path)
        self._note(path, line)
        self._table = path

    def _pair(self, table: Path) -> None:
        line = self._peek()[2]
        keys = self._keys(("=", "\n"))
        if not keys:
            self._next()
            return
        path = table
        for key in keys[:-1]:
            path = (*path, key)
            self._lines.first.setdefault(path, line)
        path = (*path, keys[-1])
        self._note(path, line)
        if self._peek()[1] == "=":
            self._next()
            self._value(path)

    def _value(self, path: Path) -> None:
        opening = self._peek()[1] if self._peek()[0] == "mark" else ""
        if opening == "[":
            self._items(path)
        elif opening == "{":
            self._next()
            while self._skip_breaks()[1] not in ("}", ""):
                self._pair(path)
                self._to_next_item("}")
            self._next()
        else:
            self._to_next_item("]}\n")

    def _items(self, path: Path) -> None:
        self._next()
        place = 0
        while self._skip_breaks()[1] not in ("]", ""):
            self._lines.first.setdefault((*path, place), self._peek()[2])
            self._value((*path, place))
            self._to_next_item("]")
            place += 1
        self._next()

    def _to_next_item(self, ends: str) -> None:
        while self._peek() != _END and not (self._peek()[0] == "mark" and self._peek()[1] in f",{ends}"):
            self._next()
        if self._peek()[1] == "," and "\n" not in ends:
            self._next()

    def _keys(self, ends: tuple[str, ...]) -> list[str]:
        keys = []
        while self._peek() != _END and not (self._peek()[0] == "mark" and self._peek()[1] in ends):
            kind, text, _ = self._next()
            if kind in ("bare", "string"):
                keys.append(text.strip("\"'") if kind == "string" else text)
        return keys

    def _inside(self, keys: list[str]) -> Path:
        path: Path = ()
        for key in keys:
            path = self._newest((*path, key))
        return path

    def _newest(self, path: Path) -> Path:
        return (*path, self._counts[path] - 1) if path in self._counts else path

    def _note(self, path: Path, line: int) -> None:
        if path in self._set:
            self._lines.twice.append((path, line))
        self._set.add(path)
        self._lines.first.setdefault(path, line)

    def _rest_of_line(self) -> None:
        while self._peek()[1] not in ("\n", ""):
            self._next()

    def _skip_breaks(self) -> Token:
        while self._peek()[1] == "\n":
            self._next()
        return self._peek()

    def _peek(self) -> Token:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _next(self) -> Token:
        token = self._peek()
        self._at += 1
        return token


def _tokens(text: str) -> Iterator[Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        if match.lastgroup and match.lastgroup != "skip":
            yield match.lastgroup, match[0], line
        line += match[0].count("\n")
