"""JSON documents of any layout as a stream of their elements: lists, lists in objects, one after another, or lines."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from qa_toolkit.conversations.importers import _files
from qa_toolkit.conversations.importers._files import ImportFile, Progress
from qa_toolkit.conversations.importers._model import Refusal
from qa_toolkit.conversations.importers._records import MalformedError
from qa_toolkit.conversations.importers._scan import (
    DEEPEST,
    ENDS_EARLY,
    UNCLOSED,
    BrokenError,
    TooMuchError,
    Window,
)

LARGEST: Final = 1 << 26  # bytes of one element
OPENED: Final = 1 << 22  # an object beyond this that holds tables is not read as a whole
LINE: Final = 1 << 16  # a line up to this is tried as a whole
OBJECT: Final = 123  # "{"
LIST: Final = 91  # "["


@dataclass(frozen=True, slots=True)
class Element:
    """One object of a document.

    Parameters
    ----------
    table : str
        Name of the list that it stands in, if that is one of the names asked for; else empty.
    line : int
        Where it starts, from 1.
    file : str
        Path within the folder, where a folder is read.
    value : dict
        The object.
    offset : int
        Where in the file it starts, decompressed.
    raw : bytes
        The object as it is written there.
    """

    table: str
    line: int
    file: str
    value: dict[str, Any]
    offset: int
    raw: bytes


def elements(file: ImportFile, progress: Progress, tables: frozenset[str] = frozenset()) -> Iterator[Element | Refusal]:
    """Give the objects of all parts of a file; what is broken is refused, and what can be read after it is read.

    Documents may stand one after another or one on each line. A list gives its objects. An object gives itself, unless
    it has no ``id`` and one of `tables` in it is a list or an object: then it is a page, which gives what is in those.

    Parameters
    ----------
    file : ImportFile
        A file, or a folder of such files.
    progress : callable
        Called with (bytes done, bytes in all) of all parts.
    tables : frozenset of str
        Names of the lists that pages hold, such as ``{"tickets", "users"}``.
    """
    done = 0
    for part in file.parts:

        def report(read: int, _size: int, before: int = done) -> None:
            progress(before + read, file.size)

        with part.open(report) as stream:
            for found in _Pages(Window(stream), part.name, tables).all():
                if isinstance(found, Refusal) and found.reason == ENDS_EARLY and stream.fault:
                    yield Refusal(found.line, None, stream.fault, part.name)
                    break
                yield found
            else:
                if stream.fault:
                    yield Refusal(1, None, stream.fault, part.name)
        done += part.size


def is_cut(refusal: Refusal) -> bool:
    """Say whether a file ends in this refusal, so that nobody knows what is missing."""
    return refusal.reason in (ENDS_EARLY, _files.ENDS_EARLY, _files.DAMAGED)


def glance(file: ImportFile, tables: frozenset[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the table and the fields of each object in the heads of the parts, of a cut one those that are seen."""
    for part in file.parts:
        pages = _Pages(Window(io.BytesIO(part.head)), "", tables)
        yield from ((e.table, e.value) for e in pages.all() if isinstance(e, Element))
        yield pages.unfinished


def decode(raw: bytes) -> Any:
    """Decode JSON strictly; its brackets and texts are known to be closed.

    Raises
    ------
    MalformedError
        If it is not valid, or holds something that is no character.
    """
    try:
        return msgspec.json.decode(raw)
    except UnicodeDecodeError:
        raise MalformedError("is not UTF-8 text; save the file as UTF-8") from None
    except msgspec.DecodeError as error:
        # Of half a character at the end of a text, msgspec says that the data is truncated.
        lone = "surrogate" in str(error) or "truncated" in str(error)
        raise MalformedError(
            "has half of a character (a lone surrogate)" if lone else f"is not valid JSON: {error}"
        ) from None
    except RecursionError:
        raise MalformedError(f"is nested more than {DEEPEST} deep") from None


class _LostError(Exception):
    """What encloses a broken value is given up; the window stands where a document may start."""


class _Pages:
    def __init__(self, window: Window, name: str, tables: frozenset[str]) -> None:
        self._window, self._name, self._tables = window, name, tables
        self._has_lines = False  # an object a line, so that a broken one ends with its line
        self._has_pages = False
        self._lost = False
        self.unfinished: tuple[str, dict[str, Any]] = ("", {})  # the object that is broken: its table, what is seen

    def all(self) -> Iterator[Element | Refusal]:
        window = self._window
        while (byte := window.peek()) != -1:
            try:
                if byte in (OBJECT, LIST):
                    yield from self._value("")
                elif self._lost and byte in b",]}":
                    window.at += 1  # of what was given up
                else:
                    yield self._refusal(window.line, "is not an object or a list of objects")
                    window.find_start(0)
            except BrokenError as error:
                yield self._refusal(window.line, str(error))
                window.find_start(None)
                self._lost = True
            except _LostError:
                self._lost = True

    def _refusal(self, line: int, reason: str) -> Refusal:
        return Refusal(line, None, reason, self._name)

    def _value(self, table: str) -> Iterator[Element | Refusal]:
        return self._list(table) if self._window.peek() == LIST else self._item(table, opens=True)

    def _list(self, table: str) -> Iterator[Element | Refusal]:
        window = self._window
        window.at += 1
        while (byte := window.peek()) != -1:
            if byte in (OBJECT, LIST):
                yield from self._item(table, opens=not table or self._lost)  # in a table there are no pages
                continue
            line, token = window.line, window.token(LARGEST)
            if token == b"]":
                return
            if token in (b"}", b":"):
                raise BrokenError("is not valid JSON: a comma or a bracket is missing")
            if token != b",":
                yield self._refusal(line, "is not an object")
        raise BrokenError(ENDS_EARLY)

    def _members(self) -> Iterator[Element | Refusal]:
        window = self._window
        window.at += 1
        while (key := window.token(LARGEST)) != b"}":
            if key == b",":
                continue
            if not key.startswith(b'"') or window.token(LARGEST) != b":":
                raise BrokenError("is not valid JSON: a name, a colon or a bracket is missing")
            if window.peek() not in (OBJECT, LIST):
                window.token(LARGEST)
            elif (name := key[1:-1].decode("utf-8", "replace")) in self._tables:
                yield from self._value(name)
            else:
                window.skip()

    def _item(self, table: str, opens: bool) -> Iterator[Element | Refusal]:
        window = self._window
        window.peek()
        line, column = window.line, window.column
        try:
            raw, value = self._line() or (self._raw(opens), None)
        except TooMuchError as error:
            yield self._refusal(line, str(error))
            self._pass_over(error, column)
        except BrokenError as error:
            self.unfinished = self.unfinished if self.unfinished[1] else (table, _outline(window))
            goes_on = self._recovers(column, str(error) == ENDS_EARLY)
            yield self._refusal(line, UNCLOSED if goes_on else str(error))
            if not goes_on:
                raise _LostError from error
        else:
            yield from self._found(table, raw, value, opens)

    def _found(self, table: str, raw: bytes, value: Any, opens: bool) -> Iterator[Element | Refusal]:
        window = self._window
        line, offset = window.line, window.offset
        try:
            value = decode(raw) if raw and value is None else value
            if isinstance(value, list):
                raise MalformedError("is a list, not an object")
        except MalformedError as error:
            window.at += len(raw)
            yield self._refusal(line, str(error))
            return
        if not raw or (opens and self._is_page(value)):
            self._has_pages = True
            yield from self._members()
        else:
            window.at += len(raw)
            yield Element(table, line, self._name, value, offset, raw)

    def _line(self) -> tuple[bytes, Any] | None:
        """Decode what is left of the line if that is one object, which is the quickest way."""
        window = self._window
        end = window.data.find(b"\n", window.at, window.at + LINE)
        raw = window.data[window.at : end].rstrip(b"\r\t ,") if end >= 0 else b""
        if not raw.endswith(b"}") or raw.count(b"{") + raw.count(b"[") > DEEPEST:
            return None
        try:
            value = decode(raw)
        except MalformedError:
            return None
        self._has_lines = self._has_lines or (bool(value) and not self._is_page(value))
        return raw, value

    def _raw(self, opens: bool) -> bytes:
        """Return the bytes of the list or object; none for a page that is broken or too large to be read as a whole."""
        window = self._window
        if opens and self._has_pages and self._is_page(_outline(window, LINE)):
            return b""
        try:
            size = window.extent(OPENED if opens else LARGEST)
        except (BrokenError, TooMuchError) as error:
            if not opens:
                raise
            if self._is_page(_outline(window)):
                return b""
            if isinstance(error, BrokenError):
                raise
            size = window.extent(LARGEST)
        return window.data[window.at : window.at + size]

    def _is_page(self, value: Any) -> bool:
        return "id" not in value and any(isinstance(value.get(name), list | dict) for name in self._tables)

    def _pass_over(self, error: TooMuchError, column: int | None) -> None:
        try:
            if not self._has_lines:
                self._window.skip(error.depth, error.place)
                return
        except BrokenError:
            pass
        if not self._recovers(column, ended=False):
            raise _LostError from error

    def _recovers(self, column: int | None, ended: bool) -> bool:
        """Go on where the next value seems to start: on a line of its own, as far to the right as the broken one."""
        window = self._window
        if ended and not self._has_lines:
            window.at = len(window.data)
            return False
        return window.find_start(column)


def _outline(window: Window, most: int = OPENED) -> dict[str, Any]:
    """Return the members of the object at the window, as far as they were read, without most of what is in them."""
    try:
        outline = msgspec.json.decode(window.outline(most))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return outline if isinstance(outline, dict) else {}
