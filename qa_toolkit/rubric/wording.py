"""Find a text that asks two things at once, in English: half of it may be done, and then no rating fits.

Found are a second verb after "and" ("greet me and confirm my name"), two qualities joined by it ("polite and
accurate"), "and/or" and ", then". "Or" between verbs is left alone: it mostly names ways to the same end ("ask
somebody, or call me back"). The words are in ``wording.toml``, and so
are those that judge where a text should describe.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any, Final

_BEFORE: Final = r"(?:(?:also|then|always|never|not|do not|don't|does not|doesn't|did not|clearly|politely|please)\s+)*"
_SECOND: Final = re.compile(rf"\band\s+(?P<before>{_BEFORE})(?P<word>[a-z'-]+)(?:\s+(?P<next>[a-z]+))?", re.IGNORECASE)
_THEN: Final = re.compile(r",\s+then\s+(?P<word>[a-z-]+)", re.IGNORECASE)
_PAIR: Final = re.compile(
    r"(?P<first>[a-z-]+),?\s+and\s+(?:(?:very|also|not|more)\s+)?(?P<second>[a-z-]+)", re.IGNORECASE
)
# A verb after one of these belongs to what is spoken about, not to what is asked: "if it is known and open".
_WITHIN: Final = re.compile(
    r"\b(?:if|that|when|who|whom|which|whose|because|although|what|how|why|where)\b[^,;:.?!]*$", re.IGNORECASE
)
_ENDINGS: Final = (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("d", ""), ("ied", "y"))


@cache
def _words() -> dict[str, Any]:
    text = (resources.files("qa_toolkit.rubric") / "wording.toml").read_text(encoding="utf-8")
    return {name: words if name == "past" else frozenset(words) for name, words in tomllib.loads(text).items()}


def asks_two_things(text: str) -> str | None:
    """Return the words that join a second thing to a text that should ask one, or None."""
    if "and/or" in text.casefold():
        return "and/or"
    seconds = (m for m in _SECOND.finditer(text) if _is_second_verb(m) and not _WITHIN.search(text[: m.start()]))
    thens = (m for m in _THEN.finditer(text) if _base(m["word"]))
    pairs = (m for m in _PAIR.finditer(text) if _is_quality(m["first"]) and _is_quality(m["second"]))
    found = next(seconds, None) or next(thens, None) or next(pairs, None)
    return " ".join(found[0].lstrip(", ").split()) if found else None


def judging_word(text: str) -> str | None:
    """Return the first word of a text that judges where it should describe ("good", "poorly"), or None."""
    return next((word for word in re.findall(r"\w+", text) if word.casefold() in _words()["judging"]), None)


def _is_second_verb(match: re.Match[str]) -> bool:
    if re.search(r"do not|don't", match["before"], re.IGNORECASE):
        return True
    base = _base(match["word"])
    has_object = bool(match["before"]) or (match["next"] or "").casefold() in _words()["objects"]
    return base in _words()["verbs"] or (base in _words()["verbs_with_an_object"] and has_object)


def _base(word: str) -> str | None:
    """Return the verb that a word is a form of, or None."""
    word = word.casefold()
    stems = (word.removesuffix(ending) + more for ending, more in _ENDINGS if word.endswith(ending))
    known = _words()["verbs"] | _words()["verbs_with_an_object"]
    return next((w for w in (_words()["past"].get(word, word), *stems) if w in known), None)


def _is_quality(word: str) -> bool:
    word = word.casefold()
    adjectives = {word, word.removesuffix("ly"), word.removesuffix("ily") + "y", word.removesuffix("y") + "e"}
    return bool(adjectives & _words()["qualities"])
