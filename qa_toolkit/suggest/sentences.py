"""Which sentence of a text holds most of what is asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from typing import Final

# A sentence ends at a full stop, question or exclamation mark with a space behind it (none in Chinese or Japanese), or
# at the end of a line.
END: Final = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
LONGEST: Final = 240


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a text, without white space around them."""
    for part in END.split(text):
        if part.strip():
            yield " ".join(part.split())


def matching(
    texts: Collection[str],
    words: Collection[str],
    weight: Callable[[str], float],
    split: Callable[[str], Collection[str]],
) -> str:
    """Return the sentence of some texts with the heaviest of `words`, the first one of equals; "" if none has any.

    Parameters
    ----------
    texts : collection of str
        What comes first wins.
    words : collection of str
        What is looked for.
    weight : callable
        Weight of a word, above 0.
    split : callable
        Words of a sentence.
    """
    wanted, best, most = set(words), "", 0.0
    for text in texts:
        for sentence in sentences(text):
            found = sum(weight(word) for word in sorted(wanted & set(split(sentence))))
            if found > most:
                best, most = sentence, found
    return best if len(best) <= LONGEST else _around(best, wanted)


def _around(sentence: str, wanted: Collection[str]) -> str:
    """Return the part of a very long sentence that begins a little before the first word that was looked for."""
    lower = sentence.lower()
    first = min((lower.find(word) for word in wanted if word in lower), default=0)
    start = max(0, first - 40)
    cut = sentence[start : start + LONGEST].strip()
    return "…" * (start > 0) + cut + "…" * (start + LONGEST < len(sentence))
