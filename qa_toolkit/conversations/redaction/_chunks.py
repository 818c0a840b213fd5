"""Long texts in pieces, cut where no value is."""

from __future__ import annotations

from collections.abc import Iterator


def chunks(text: str, size: int) -> Iterator[tuple[int, str]]:
    """Yield pieces of a text of about `size` characters, with where they begin.

    They end with a line, else with a space between letters, since numbers have spaces in them, else with any space;
    where there is none, a piece is as long as it must be.
    """
    start = 0
    while len(text) - start > size:
        end = text.rfind("\n", start, start + size) + 1
        end = end if end > start else _between_words(text, start, start + size)
        end = end if end > start else text.rfind(" ", start, start + size) + 1
        if end <= start:
            end = min((at + 1 for c in "\n " if (at := text.find(c, start + size)) != -1), default=len(text))
        yield start, text[start:end]
        start = end
    if start < len(text) or not text:
        yield start, text[start:]


def _between_words(text: str, start: int, end: int) -> int:
    """Return the place behind the last space that has a letter on either side; 0 if there is none."""
    place = text.rfind(" ", start, end)
    while place != -1:
        if text[place - 1 : place].isalpha() and text[place + 1 : place + 2].isalpha():
            return place + 1
        place = text.rfind(" ", start, place)
    return 0
