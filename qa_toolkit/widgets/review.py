"""The review screen: transcript left, commandments right, for one reviewer and one sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from qa_toolkit.review import RATINGS
from qa_toolkit.review.acts import MAX_SECONDS, MAX_TEXT
from qa_toolkit.widgets._base import SHARED, Field, Screen, join_modules, read_css, text_field

if TYPE_CHECKING:
    from qa_toolkit.review import ReviewSession

MODULES = (
    *SHARED,
    "review_model.mjs",
    "browser_storage.mjs",
    "review_words.mjs",
    "review_drafts.mjs",
    "kept_acts.mjs",
    "review_facts.mjs",
    "review_time.mjs",
    "review_shown.mjs",
    "review_link.mjs",
    "review_client.mjs",
    "review_spans.mjs",
    "review_find.mjs",
    "review_folds.mjs",
    "review_message.mjs",
    "review_transcript.mjs",
    "fact_words.mjs",
    "fact_list.mjs",
    "review_row.mjs",
    "review_detail.mjs",
    "review_commandments.mjs",
    "review_forms.mjs",
    "review_panels.mjs",
    "review_header.mjs",
    "review_keys.mjs",
    "review_refusals.mjs",
    "review_watch.mjs",
    "review.mjs",
)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _is_evidence(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 500 and all(_is_span(item) for item in value)


def _is_span(item: Any) -> bool:
    if not isinstance(item, dict) or item.keys() != {"position", "start", "end"} or not _is_count(item["position"]):
        return False
    start, end = item["start"], item["end"]
    return (start is None and end is None) or (_is_count(start) and _is_count(end) and start < end)


def _are_ids(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= 500 and all(isinstance(one, str) and one for one in value)


_ID = text_field(1000, shortest=1)
_WHERE = {"conversation_id": _ID}
_WHERE_OR_END = Field(lambda value: value is None or _ID.fits(value), f"{_ID.what}, or null for the end of the queue")
_WORDS = text_field(MAX_TEXT)
_FLAG = Field(lambda value: isinstance(value, bool), "true or false")
_SECONDS = Field(lambda value: _is_count(value) and value <= MAX_SECONDS, f"whole seconds, 0 to {MAX_SECONDS:,}")
_BASE = Field(lambda value: value is None or _is_count(value), "the number of an event, or null")
READING = ("hello", "view", "next", "previous", "refresh", "facts")


class ReviewWidget(Screen):
    """Shows the conversations of a review session and takes the reviewer's ratings.

    Parameters
    ----------
    session : ReviewSession
        For example ``project.review(sample="first", reviewer="ruth")``.

    Notes
    -----
    Nothing of a conversation is widget state: the page asks for it, and a saved notebook does not hold it.
    """

    _esm = join_modules(MODULES)
    _css = read_css() + read_css("review.css")

    kinds: ClassVar[Mapping[str, Mapping[str, Field]]] = {
        "hello": {},
        "view": _WHERE,
        "next": _WHERE,
        "previous": {"conversation_id": _WHERE_OR_END},
        "rate": {
            **_WHERE,
            "commandment": text_field(200, shortest=1),
            "rating": Field(lambda value: value is None or value in RATINGS, f"one of {', '.join(RATINGS)}, or null"),
            "evidence": Field(_is_evidence, "a list of {position, start, end}"),
            "comment": _WORDS,
            "root_causes": Field(_are_ids, "a list of root causes"),
            "base": _BASE,
        },
        "rate_rest": {**_WHERE, "rating": Field(lambda value: value in RATINGS, f"one of {', '.join(RATINGS)}")},
        "comment": {**_WHERE, "text": _WORDS},
        "mark_good": {
            **_WHERE,
            "position": Field(_is_count, "the position of a message"),
            "commandments": Field(_are_ids, "a list of commandments"),
            "note": _WORDS,
            "good": _FLAG,
        },
        "submit": {**_WHERE, "without_evidence": _FLAG},
        "skip": {**_WHERE, "reason": text_field(2000, shortest=1)},
        "undo": {"after": _BASE},
        "facts": {**_WHERE, "asked": _FLAG},
        "dispute_fact": {**_WHERE, "fact": text_field(1000, shortest=1), "wrong": _FLAG, "note": _WORDS},
        "spent": {**_WHERE, "seconds": _SECONDS, "idle": _SECONDS},
        "refresh": {"conversation_id": Field(lambda value: value is None or _ID.fits(value), f"{_ID.what}, or null")},
    }

    def __init__(self, session: ReviewSession, **traits: Any) -> None:
        self.session = session
        super().__init__(**traits)

    def perform(self, kind: str, uid: str, fields: dict[str, Any]) -> Any:
        """Hand a checked message to the session."""
        act = getattr(self.session, kind)
        return act(**fields) if kind in READING else act(**fields, uid=uid)

    def __repr__(self) -> str:
        progress = self.session.progress()
        done = f"{progress['submitted']} of {progress['total']} submitted"
        return f"ReviewWidget(reviewer={self.session.reviewer!r}, sample={self.session.sample!r}, {done})"
