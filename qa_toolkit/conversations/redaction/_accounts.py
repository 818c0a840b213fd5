"""Bank accounts as IBAN: by country, length and check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from stdnum import iban

from qa_toolkit.conversations.redaction._model import Found

_HEAD: Final = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ \u00a0-]?\d{2}(?=[ \u00a0.-]?[A-Za-z0-9]{2})", re.ASCII)
_FIELD: Final = re.compile(r"(\d+)!")
_BETWEEN: Final = " \u00a0.-"


def find_ibans(text: str) -> Iterator[Found]:
    """Find IBANs, with or without spaces, upper or lower case."""
    after = 0
    for head in _HEAD.finditer(text):
        if head.start() < after:
            continue
        found = _whole(text, head.start())
        if found:
            after = found.end
            yield found


def _whole(text: str, start: int) -> Found | None:
    country = text[start : start + 2].upper()
    compact, end = _characters(text, start, _length(country))
    if not compact or text[end : end + 1].isalnum():
        return None
    return Found(start, end, "IBAN", compact) if iban.is_valid(compact, check_country=False) else None


def _characters(text: str, start: int, length: int) -> tuple[str, int]:
    """Return that many letters and digits from a place on, and where they end; separators stand alone."""
    found: list[str] = []
    at, gap = start, False
    while at < len(text) and len(found) < length:
        if text[at].isascii() and text[at].isalnum():
            found.append(text[at].upper())
            gap = False
        elif text[at] in _BETWEEN and not gap:
            gap = True
        else:
            break
        at += 1
    return ("".join(found), at) if length and len(found) == length else ("", start)


@lru_cache(maxsize=700)
def _length(country: str) -> int:
    """Return how many characters the IBANs of a country have; 0 where there are none."""
    known = iban._ibandb.info(country + "00")[0][1]
    return 4 + sum(int(n) for n in _FIELD.findall(known["bban"])) if "bban" in known else 0
