"""Signs that nobody sees, and that part a value for a rule but not for a reader."""

from __future__ import annotations

import re
from typing import Final

# Soft hyphens, spaces of no width, joiners, signs of direction, and control characters but those that end lines.
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)


def without_unseen(text: str) -> str:
    """Return a text as a reader sees it."""
    return text if text.isascii() and text.isprintable() else _UNSEEN.sub("", text)


def seen_places(text: str) -> list[int] | None:
    """Return where each character of `without_unseen` stands in the text; None if all are seen."""
    if not _UNSEEN.search(text):
        return None
    return [place for place, sign in enumerate(text) if not _UNSEEN.match(sign)]
