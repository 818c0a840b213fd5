"""Content words, cut to their stems, to tell whether two texts speak of the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_WORD: Final = re.compile(r"[^\W_][\w'-]{0,39}")
_ENDINGS: Final = ("ingly", "ations", "ation", "ments", "ment", "ings", "ing", "edly", "ies", "ed", "es", "s", "ly")
SHORTEST: Final = 3


def stem(word: str) -> str:
    """Cut the usual endings of English off; words of other languages lose little by it."""
    word = word.replace("'s", "").replace("'", "")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > SHORTEST and word[-1] == word[-2] else word.removesuffix("e")


def content_stems(text: str, empty: frozenset[str], same: Mapping[str, str]) -> frozenset[str]:
    """Return the stems of the words of a text that are not `empty`, one for all that mean the `same`."""
    words = [w.lower() for w in _WORD.findall(text)]
    full = [w for w in words if w.replace("'", "") not in empty and w.split("'")[0] not in empty]
    stems = ((w, stem(w)) for w in full)
    return frozenset(same.get(word) or same.get(cut) or cut for word, cut in stems)
