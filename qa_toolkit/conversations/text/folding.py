"""What of an e-mail is quoted or signature: found conservatively, in time that grows with the length alone.

Nothing is taken away: the parts are named by their places in the text. A quote that is answered piece by piece, or
that nothing announces, stays open.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final, NamedTuple, TypedDict

LOOKED_AT: Final = 400  # characters of a line in which a header is looked for
HEADER_LINES: Final = 3  # that "On ..., ... wrote:" may be broken into
BLOCK_LINES: Final = 8  # within which the fields of a header written into the text must stand
SIGNATURE_LINES: Final = 12  # that are no longer a signature if there are more
UNANNOUNCED: Final = 3  # lines that a quote at the end needs to be one without a header
LONGEST_DEVICE: Final = 100  # characters of "Sent from my ..."
RULE: Final = re.compile(r"[-_=*]{5,}$")
SURE: Final = re.compile(r"@|\d{1,2}[:.h]\d{2}")  # an address or an hour: no prose
WHEN: Final = re.compile(r"\d{1,2}[:.h]\d{2}|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}\.? \w{3,10}\.?,? \d{4}|@")


class Fold(TypedDict):
    """A part of a text that is shown folded."""

    start: int
    end: int
    kind: str


class _Line(NamedTuple):
    start: int
    end: int
    words: str  # without the blanks around it, and no longer than is looked at
    quoted: bool


@dataclass(frozen=True, slots=True)
class _Block:
    start: int  # with its header
    end: int
    headed: bool
    lines: int  # of >


@dataclass(frozen=True)
class _Words:
    wrote: re.Pattern[str]
    opens: re.Pattern[str]
    announces: re.Pattern[str]  # an older mail; the group says how
    inline: re.Pattern[str]
    device: re.Pattern[str]
    fields: dict[str, re.Pattern[str]]


def find_folds(text: str) -> list[Fold]:
    """Find the quoted parts and the signature of an e-mail.

    Found are what follows "On ..., ... wrote:", "-----Original Message-----" or a header written into the text (From,
    Sent, To, Subject), lines of ``>`` at the end, what follows a line ``--``, and "Sent from my ...", each in several
    languages.

    Parameters
    ----------
    text : str
        May be anything.

    Returns
    -------
    list of dict
        ``{"start", "end", "kind"}``, kind ``"quote"`` or ``"signature"``, in order and apart from each other. Empty if
        nothing but folded parts would remain.
    """
    lines = _lines(text)
    quotes = _quotes(lines)
    parts = [(*quote, "quote") for quote in quotes] + [(*part, "signature") for part in _signatures(lines, quotes)]
    folds = [Fold(start=lines[a].start, end=lines[b - 1].end, kind=kind) for a, b, kind in sorted(parts)]
    return folds if _remains(text, folds) else []


def _remains(text: str, folds: list[Fold]) -> bool:
    edges = [0, *(edge for fold in folds for edge in (fold["start"], fold["end"])), len(text)]
    return any(text[a:b].strip() for a, b in zip(edges[::2], edges[1::2], strict=True))


@cache
def _words() -> _Words:
    written = tomllib.loads(resources.files(__package__).joinpath("folding.toml").read_text("utf-8"))
    fields = {
        name: re.compile(rf"\*?(?:{_any(words)})\s?\*?\s?:", re.IGNORECASE) for name, words in written["fields"].items()
    }
    return _Words(
        re.compile(rf"\b(?:{_any(written['wrote'])})(?!\w).{{0,120}}:$", re.IGNORECASE),
        re.compile(rf"(?:{_any(written['opens'])})\b", re.IGNORECASE),
        re.compile(
            rf"(?P<original>[-_*]{{2,}}\s*(?:{_any(written['original'])})\s*[-_*]{{2,}})"
            rf"|(?P<above>[\W_]*+(?:{_any(written['above'])})[\W_]*$)"
            rf"|(?P<sender>{fields['from'].pattern})",
            re.IGNORECASE,
        ),
        re.compile(rf"\b(?:{_any(written['inline'])})\b", re.IGNORECASE),
        re.compile(rf"[(*_]?(?:{_any(written['device'])})\b", re.IGNORECASE),
        fields,
    )


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _lines(text: str) -> list[_Line]:
    lines, start = [], 0
    for raw in text.split("\n"):
        words = raw[:LOOKED_AT].strip()
        lines.append(_Line(start, start + len(raw.rstrip()), words, words.startswith((">", "|>"))))
        start += len(raw) + 1
    return lines


def _end(lines: list[_Line], end: int) -> int:
    """Return the end of the last line before `end` that is not empty."""
    while end and not lines[end - 1].words:
        end -= 1
    return end


def _quotes(lines: list[_Line]) -> list[tuple[int, int]]:
    """Return the quotes as (first line, line after the last)."""
    cut = _rest(lines)
    blocks = _blocks(lines, cut)
    found = [(block.start, block.end) for place, block in enumerate(blocks) if _is_folded(lines, blocks, place, cut)]
    if cut < len(lines):
        found.append((cut, _end(lines, len(lines))))
    return found


def _rest(lines: list[_Line]) -> int:
    """Return the line from which on all is an older mail that stands there without any ``>``."""
    own, inline = False, _words().inline
    for place, line in enumerate(lines):
        if line.quoted or not line.words:
            continue
        start = _announced(lines, place)
        if start is None:
            own = own or not RULE.match(line.words)
        elif own:
            if any(inline.search(before.words) for before in lines[:start] if not before.quoted):
                return len(lines)
            return start
    return len(lines)


def _announced(lines: list[_Line], place: int) -> int | None:
    """Return where the announcement begins that this line ends, if an older mail without ``>`` follows it."""
    words = lines[place].words
    found = _words().announces.match(words)
    if found is None:
        return _unmarked(lines, place) if words.endswith(":") else None
    if found.lastgroup != "sender":
        return place
    if not _is_written_header(lines, place):
        return None
    return place - 1 if place and RULE.match(lines[place - 1].words) else place


def _unmarked(lines: list[_Line], place: int) -> int | None:
    """Return where "On ..., ... wrote:" begins, if it ends with this line and no line of ``>`` follows."""
    start = _header(lines, place)
    if start is None or not SURE.search(" ".join(line.words for line in lines[start : place + 1])):
        return None
    follows = next((line for line in lines[place + 1 :] if line.words), None)
    return None if follows is None or follows.quoted else start


def _is_written_header(lines: list[_Line], place: int) -> bool:
    """Say whether From, Sent and Subject stand here; a journey has From, To and Date, but no subject."""
    fields = _words().fields
    below = [line.words for line in lines[place : place + BLOCK_LINES]]
    sent = [words for words in below if fields["sent"].match(words)]
    return any(fields["subject"].match(words) for words in below) and any(SURE.search(w) for w in (below[0], *sent[:1]))


def _header(lines: list[_Line], place: int) -> int | None:
    """Return where "On ..., ... wrote:" begins, if it ends with this line."""
    if not lines[place].words.endswith(":"):
        return None
    found, written = None, ""
    for start in range(place, max(-1, place - HEADER_LINES), -1):
        line = lines[start]
        if not line.words or line.quoted != lines[place].quoted:
            break
        written = f"{line.words.lstrip('> ')} {written}".strip()
        if WHEN.search(written) and _words().wrote.search(written):
            if _words().opens.match(written):
                return start
            found = place if start == place else found
    return found


def _blocks(lines: list[_Line], cut: int) -> list[_Block]:
    """Return the runs of lines of ``>`` before `cut`, blank lines within them included."""
    blocks: list[_Block] = []
    place = 0
    while place < cut:
        if not lines[place].quoted:
            place += 1
            continue
        end = place
        while end < cut and (lines[end].quoted or not lines[end].words):
            end += 1
        blocks.append(_block(lines, place, _end(lines, end), blocks[-1].end if blocks else 0))
        place = end
    return blocks


def _block(lines: list[_Line], first: int, end: int, before: int) -> _Block:
    above = _end(lines, first) - 1
    start = _header(lines, above) if above >= before else None
    inside = any(_header(lines, place) is not None for place in range(first, min(end, first + HEADER_LINES)))
    return _Block(first if start is None else start, end, start is not None or inside, end - first)


def _is_folded(lines: list[_Line], blocks: list[_Block], place: int, cut: int) -> bool:
    """Say whether a block is not answered piece by piece: the only one with a header, or what is left at the end."""
    block = blocks[place]
    if block.headed and len(blocks) == 1:
        return True
    if block.end < _end(lines, cut):
        return False
    above = _end(lines, block.start)
    introduced = above > 0 and lines[above - 1].words.endswith(":")
    return block.headed or (block.lines >= UNANNOUNCED and not introduced)


def _signatures(lines: list[_Line], quotes: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the signatures that stand before a folded quote or at the end."""
    last = _end(lines, len(lines))
    ends = [_end(lines, first) for first, _ in quotes]
    if not quotes or quotes[-1][1] < last:
        ends.append(last)
    return [(start, end) for end in ends if (start := _signature(lines, end)) is not None]


def _signature(lines: list[_Line], end: int) -> int | None:
    for place in range(end - 1, max(-1, end - 2 - SIGNATURE_LINES), -1):
        if lines[place].quoted:
            break
        if lines[place].words == "--" and place < end - 1:
            return place
    from_device = end and len(lines[end - 1].words) < LONGEST_DEVICE and _words().device.match(lines[end - 1].words)
    return end - 1 if from_device and not lines[end - 1].quoted else None
