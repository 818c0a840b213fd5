"""Where values of JSON begin and end in a stream of bytes, found without decoding them and with flat memory."""

from __future__ import annotations

import io
import re
from typing import Final

from qa_toolkit.conversations.importers._files import BOM, CHUNK

DEEPEST: Final = 200  # nested lists and objects
ENDS_EARLY: Final = "the file ends in the middle: what follows is missing; copy or export the file again"
UNCLOSED: Final = "is not valid JSON: a text or a bracket is not closed"
OPENERS: Final = frozenset(b"[{")

# No text of JSON holds a bare line end, so one that nobody closed ends with its line. And an object that starts a line
# of its own follows a comma, a colon or a bracket; if it does not, what is before it was cut short.
_TEXT: Final = rb'"[^"\\\n]*+(?:\\[^\n][^"\\\n]*+)*+"'
_LINE_END: Final = rb"\n(?=[^{])|(?:(?<=[,:\[ \t\n])|(?<=[,:\[]\r))\n"
_ONE: Final = rb'[^"\[\]{}\n]++|' + _TEXT + b"|" + _LINE_END
# What has no brackets in it is passed over with its own in one step, which takes half the time.
_BETWEEN: Final = b"(?:" + _ONE + rb"|[\[{](?:" + _ONE + rb")*+[\]}])*+"
BETWEEN: Final = re.compile(_BETWEEN)
BRACKET: Final = re.compile(_BETWEEN + rb"[\[\]{}]")
BLANK: Final = re.compile(rb"[ \t\r\n]*+")
TOKEN: Final = re.compile(_TEXT + rb'|[\[\]{},:]|[^\s\[\]{},:"]++(?=[\s\[\]{},:"])')


class BrokenError(ValueError):
    """The JSON is broken here; the message says how."""


class TooMuchError(ValueError):
    """A value is too large or nested too deep; it goes on at `place` from its start, `depth` brackets being open."""

    def __init__(self, reason: str, depth: int, place: int) -> None:
        super().__init__(reason)
        self.depth, self.place = depth, place


class Window:
    """The part of a stream that is being looked at; `at` is the place in it, and what is before may be forgotten.

    Parameters
    ----------
    stream : binary file
        Read to its end, never back.
    """

    def __init__(self, stream: io.RawIOBase | io.BufferedIOBase) -> None:
        self._stream = stream
        self.data, self.at, self.ended = b"", 0, False
        self._before = 0  # bytes of the stream before the data
        self._line, self._counted = 1, 0
        self.column: int | None = 0  # blanks between the start of the line and `at`, if there is nothing else
        self._peeked = -1  # offset up to which blanks were passed over
        self.more()
        if self.data.startswith(BOM):
            self.at = len(BOM)

    @property
    def offset(self) -> int:
        """Bytes of the stream before `at`."""
        return self._before + self.at

    @property
    def line(self) -> int:
        """The line of `at`, from 1."""
        self._line += self.data.count(b"\n", self._counted, self.at)
        self._counted = self.at
        return self._line

    def more(self) -> bool:
        """Read on, at least as much as is kept, so that a long value is not looked at too often; False at the end."""
        kept = self.data[self.at :]
        wanted = max(CHUNK, len(kept))
        chunks = []
        while wanted > 0 and (chunk := self._stream.read(wanted)):
            chunks.append(chunk)
            wanted -= len(chunk)
        self.ended = not chunks
        if chunks:
            self._replace(b"".join((kept, *chunks)), self.offset)
        return not self.ended

    def _replace(self, data: bytes, before: int) -> None:
        self._line = self.line
        self.data, self.at, self._counted, self._before = data, 0, 0, before

    def peek(self) -> int:
        """Go to the next byte that is no blank and return it; -1 at the end."""
        if self.offset == self._peeked and self.at < len(self.data):
            return self.data[self.at]
        if self._peeked >= 0:
            self.column = None
        while True:
            start, self.at = self.at, BLANK.match(self.data, self.at).end()  # type: ignore[union-attr]
            line_end = self.data.rfind(b"\n", start, self.at)
            if line_end >= 0:
                self.column = self.at - line_end - 1
            elif self.column is not None:
                self.column += self.at - start
            self._peeked = self.offset
            if self.at < len(self.data):
                return self.data[self.at]
            if not self.more():
                return -1

    def token(self, most: int) -> bytes:
        """Take the next bracket, comma, colon, text or bare word, of at most `most` bytes."""
        self.peek()
        while not (found := TOKEN.match(self.data, self.at)):
            rest = len(self.data) - self.at
            if self.data.find(b"\n", self.at) >= 0 or rest > most:
                raise BrokenError(UNCLOSED)
            if not self.more():
                raise BrokenError(ENDS_EARLY)
        self.at = found.end()
        return found[0]

    def extent(self, most: int) -> int:
        """Return how many bytes the list or object at `at` has.

        Raises
        ------
        BrokenError
            If it is not closed.
        TooMuchError
            If it has more than `most` or is nested more than 200 deep.
        """
        opened = [self.data[self.at]]
        place = 1
        while True:
            found = BRACKET.match(self.data, self.at + place)
            if found is None:
                place = self._refill(place, most, len(opened))
                continue
            place = found.end() - self.at
            bracket = self.data[self.at + place - 1]
            if bracket in OPENERS:
                opened.append(bracket)
            elif bracket - opened.pop() != 2:  # "[" and "]" are two apart, and so are "{" and "}"
                raise BrokenError(UNCLOSED)
            if place > most:
                raise TooMuchError(f"is larger than {most >> 20} MB", len(opened), place)
            if not opened:
                return place
            if len(opened) >= DEEPEST:  # and what is in it is one deeper
                raise TooMuchError(f"is nested more than {DEEPEST} deep", len(opened), place)

    def _refill(self, place: int, most: int, depth: int) -> int:
        place = self._clean(place)
        if len(self.data) - self.at > most:
            raise TooMuchError(f"is larger than {most >> 20} MB", depth, place)
        if not self.more():
            raise BrokenError(ENDS_EARLY)
        return place

    def _clean(self, place: int) -> int:
        """Return how far from `at` all is whole, if more bytes can make the rest whole."""
        end = BETWEEN.match(self.data, self.at + place).end()  # type: ignore[union-attr]
        line_end = self.data.find(b"\n", end)
        if line_end >= 0 and (line_end > end or len(self.data) > end + 1):
            raise BrokenError(UNCLOSED)
        return end - self.at

    def outline(self, most: int) -> bytes:
        """Return the object at `at`, as far as it was read, without most of what its members hold."""
        kept, depth, place, end = [b"{"], 1, self.at + 1, self.at + most
        while depth and (found := BRACKET.match(self.data, place, end)):
            opens = self.data[found.end() - 1] in OPENERS
            if depth == 1 or (depth == 2 and not opens):
                kept.append(self.data[place if depth == 1 else found.end() - 1 : found.end()])
            depth, place = depth + (1 if opens else -1), found.end()
        if depth > 1:
            kept.append(b"}" if kept[-1].endswith(b"{") else b"]")
        return b"".join(kept) + (b"}" if depth else b"")

    def skip(self, depth: int = 0, place: int = 0) -> None:
        """Pass over the list or object at `at`, or over the rest of one, `depth` brackets of which are open."""
        depth, self.at = depth or 1, self.at + (place or 1)
        while True:
            found = BRACKET.match(self.data, self.at)
            if found is None:
                self._let_go()
                continue
            self.at = found.end()
            depth += 1 if self.data[self.at - 1] in OPENERS else -1
            if depth <= 0:
                return

    def _let_go(self) -> None:
        self.at += self._clean(0)
        if len(self.data) - self.at > CHUNK:  # a long text: of what is read of it, only that it is open matters
            rest = self.data[self.at :]
            odd = (len(rest) - len(rest.rstrip(b"\\"))) % 2
            kept = b'"' + b"\\" * odd
            self._replace(kept, self._before + len(self.data) - len(kept))
        if not self.more():
            raise BrokenError(ENDS_EARLY)

    def find_start(self, column: int | None) -> bool:
        """Go to the next line on which a value starts at `column` (True) or at the very start of the line (False).

        If there is none, go to the end.
        """
        blanks = b"" if column is None else b"[ \t]{%d}" % column
        start = re.compile(rb"\n(?:" + blanks + rb")?(?=[{\[])")
        while True:
            found = start.search(self.data, self.at)
            if found:
                self.at = found.end()
                self._peeked, self.column = self.offset, len(found[0]) - 1
                return self.column == column
            line_end = self.data.rfind(b"\n", self.at)
            near = line_end >= 0 and len(self.data) - line_end <= (column or 0) + 1
            self.at = line_end if near else len(self.data)
            if not self.more():
                self.at = len(self.data)
                return False
