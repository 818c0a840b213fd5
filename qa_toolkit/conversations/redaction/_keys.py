"""Pseudonyms that are the same in all conversations of a project, and in no other project."""

from __future__ import annotations

import hmac
import re
import unicodedata
from typing import Final

_PSEUDONYM: Final = re.compile(r"(?:customer|agent)-[0-9a-f]{10}|id-[0-9a-f]{16}", re.ASCII)


def pseudonym(role: str, key: bytes, value: str) -> str:
    """Return the pseudonym of a party; upper and lower case are one, and so are the ways to write an accent."""
    return f"{role}-{_digest(key, unicodedata.normalize('NFC', value.strip().casefold()))[:10]}"


def customer_pseudonym(key: bytes, value: str) -> str:
    """Return the pseudonym of a customer, as it stands in the columns ``customer`` and ``author``."""
    return pseudonym("customer", key, value)


def agent_pseudonym(key: bytes, value: str) -> str:
    """Return the pseudonym of an agent; one that is a pseudonym already stays."""
    return value if is_pseudonym(value) else pseudonym("agent", key, value)


def hidden_id(key: bytes, value: str) -> str:
    """Return what stands for the id of a conversation that holds something private."""
    return f"id-{_digest(key, value)[:16]}"


def is_pseudonym(value: str) -> bool:
    """Say whether a value is one already."""
    return bool(_PSEUDONYM.fullmatch(value))


def _digest(key: bytes, value: str) -> str:
    return hmac.new(key, value.encode("utf-8", "surrogatepass"), "sha256").hexdigest()
