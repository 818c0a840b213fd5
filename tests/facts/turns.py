"""Transcripts for the tests of facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from qa_toolkit.conversations.facts import Calendar, Fact, Phrases, find_facts


@dataclass(frozen=True)
class Line:
    """A message, as much of it as facts need."""

    position: int
    role: str
    text: str
    author: str | None = None
    sent_at: datetime | None = None


def turns(*lines: tuple[str, str] | tuple[str, str, str]) -> list[Line]:
    """Make messages of (role, text) or (role, text, ISO time)."""
    return [
        Line(i, line[0], line[1], None, datetime.fromisoformat(line[2]) if len(line) > 2 else None)
        for i, line in enumerate(lines)
    ]


def facts_of(
    kind: str,
    *lines: tuple[str, str] | tuple[str, str, str],
    timezone: str = "UTC",
    language: str | None = "en",
    phrases: Mapping[str, Phrases] | None = None,
) -> list[Fact]:
    """Find the facts of one kind."""
    calendar = Calendar(timezone)
    return find_facts(turns(*lines), language=language, calendar=calendar, kinds=[kind], phrases=phrases)
