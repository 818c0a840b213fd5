"""Long texts in pieces, cut where no value is."""

from __future__ import annotations

from collections.abc import Iterator


def chunks(text: str, size: int) -> Iterator[tuple[int, str]]:
    """Yield pieces of a text of about `size` characters, with where they begin.

    They end with a line, else with a space; where there is neither, a piece is as long as it must be.
    """
    start = 0
    while len(text) - start > size:
        end = text.rfind("\n", start, start + size) + 1
        end = end if end > start else text.rfind(" ", start, start + size) + 1
        if end <= start:
            end = min((at + 1 for c in "\n " if (at := text.find(c, start + size)) != -1), default=len(text))
        yield start, text[start:end]
        start = end
    if start < len(text) or not text:
        yield start, text[start:]
