"""Facts: what can be computed from a transcript, shown beside the commandments and never scored by itself."""

from qa_toolkit.conversations.facts.finding import find_facts
from qa_toolkit.conversations.facts.hours import Calendar, make_calendar
from qa_toolkit.conversations.facts.model import KINDS, TIMINGS, Fact, Span, Turn
from qa_toolkit.conversations.facts.phrases import Phrases, load_phrases, packaged_phrases
from qa_toolkit.conversations.facts.quality import Quality, load_quality

__all__ = [
    "KINDS",
    "TIMINGS",
    "Calendar",
    "Fact",
    "Phrases",
    "Quality",
    "Span",
    "Turn",
    "find_facts",
    "load_phrases",
    "load_quality",
    "make_calendar",
    "packaged_phrases",
]
