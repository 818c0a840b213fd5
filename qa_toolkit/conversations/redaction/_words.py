"""Names as they are compared: without case and accents; and the word lists of ``words.toml``."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Any, Final

WORD: Final = re.compile(r"[^\W\d_]+(?:[\u0300-\u036f]+[^\W\d_]*)*")
_LETTERS: Final = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ß": "ss"}
_APART: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "ß": "ss"})
_TWO: Final = re.compile("ae|oe|ue|aa")
# Scripts that put no spaces between words: a name in them is looked for as it stands.
UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@cache
def _lists() -> dict[str, Any]:
    file = resources.files("qa_toolkit.conversations.redaction") / "words.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


class Words:
    """A list of ``words.toml``.

    Parameters
    ----------
    section, name : str
    """

    def __init__(self, section: str, name: str) -> None:
        self.all = tuple(word.replace("_", " ") for word in _lists()[section][name].split())
        self._whole = frozenset(word for word in self.all if not word.endswith("*"))
        self._beginnings = tuple(word[:-1] for word in self.all if word.endswith("*"))

    def __contains__(self, word: str) -> bool:
        return word in self._whole or word.startswith(self._beginnings)


def one_of(section: str, name: str) -> str:
    """Return an expression for the words of a list, for where more than one word counts."""
    return "(?:" + "|".join(map(re.escape, Words(section, name).all)) + ")"


def fold(text: str) -> str:
    """Return a word without case and accents."""
    if text.isascii():
        return text.lower()
    bare = (c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return "".join(_LETTERS.get(c, c) for c in bare)


def spellings(word: str) -> set[str]:
    """Return the ways in which a name is folded, with two letters for an umlaut, and one for two."""
    lower = unicodedata.normalize("NFC", word).lower()
    folded = fold(word)
    return {folded, fold(lower.translate(_APART)), _TWO.sub(lambda m: m.group()[0], folded)}
