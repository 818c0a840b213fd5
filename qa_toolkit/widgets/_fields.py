"""Fields that the messages of the review screen and of the calibration screen have."""

from __future__ import annotations

from typing import Any, Final

from qa_toolkit.review import RATINGS
from qa_toolkit.review.acts import MAX_SECONDS, MAX_TEXT
from qa_toolkit.widgets._base import Field, text_field


def is_count(value: Any) -> bool:
    """Say whether a value is a whole number from 0 that JSON holds exactly."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def are_ids(value: Any) -> bool:
    """Say whether a value is a list of at most 500 ids."""
    return isinstance(value, list) and len(value) <= 500 and all(isinstance(one, str) and one for one in value)


def _is_evidence(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 500 and all(_is_span(item) for item in value)


def _is_span(item: Any) -> bool:
    if not isinstance(item, dict) or item.keys() != {"position", "start", "end"} or not is_count(item["position"]):
        return False
    start, end = item["start"], item["end"]
    return (start is None and end is None) or (is_count(start) and is_count(end) and start < end)


ID: Final = text_field(1000, shortest=1)
ID_OR_NULL: Final = Field(lambda value: value is None or ID.fits(value), f"{ID.what}, or null for none")
WHERE: Final = {"conversation_id": ID}
COMMANDMENT: Final = text_field(200, shortest=1)
WORDS: Final = text_field(MAX_TEXT)
FLAG: Final = Field(lambda value: isinstance(value, bool), "true or false")
RATING: Final = Field(lambda value: value in RATINGS, f"one of {', '.join(RATINGS)}")
RATING_OR_NULL: Final = Field(lambda value: value is None or value in RATINGS, f"one of {', '.join(RATINGS)}, or null")
EVIDENCE: Final = Field(_is_evidence, "a list of {position, start, end}")
SECONDS: Final = Field(lambda value: is_count(value) and value <= MAX_SECONDS, f"whole seconds, 0 to {MAX_SECONDS:,}")
BASE: Final = Field(lambda value: value is None or is_count(value), "the number of an event, or null")
GIVEN: Final = {  # what a rating says besides what it is
    "commandment": COMMANDMENT,
    "evidence": EVIDENCE,
    "comment": WORDS,
    "root_causes": Field(are_ids, "a list of root causes"),
    "base": BASE,
}
