"""The review screen: transcript left, commandments right, for one reviewer and one sample."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from qa_toolkit.widgets import _fields as fields
from qa_toolkit.widgets._base import SHARED, Field, Screen, join_modules, read_css, text_field

if TYPE_CHECKING:
    from qa_toolkit.review import ReviewSession

MODULES = (
    *SHARED,
    "review_model.mjs",
    "review_assigned.mjs",
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
    "review_pace.mjs",
    "review_refusals.mjs",
    "review_watch.mjs",
    "review_screen.mjs",
    "review.mjs",
)


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

    session: ReviewSession
    _esm = join_modules(MODULES)
    _css = read_css() + read_css("review.css")

    reading: ClassVar[Collection[str]] = ("hello", "view", "next", "previous", "refresh", "facts")
    kinds: ClassVar[Mapping[str, Mapping[str, Field]]] = {
        "hello": {},
        "view": fields.WHERE,
        "next": fields.WHERE,
        "previous": {"conversation_id": fields.ID_OR_NULL},
        "rate": {**fields.WHERE, **fields.GIVEN, "rating": fields.RATING_OR_NULL},
        "rate_rest": {**fields.WHERE, "rating": fields.RATING},
        "comment": {**fields.WHERE, "text": fields.WORDS},
        "mark_good": {
            **fields.WHERE,
            "position": Field(fields.is_count, "the position of a message"),
            "commandments": Field(fields.are_ids, "a list of commandments"),
            "note": fields.WORDS,
            "good": fields.FLAG,
        },
        "submit": {**fields.WHERE, "without_evidence": fields.FLAG},
        "take": {"n": Field(lambda value: fields.is_count(value) and 1 <= value <= 20, "a number from 1 to 20")},
        "hand_back": {**fields.WHERE, "reason": text_field(2000, shortest=1)},
        "skip": {**fields.WHERE, "reason": text_field(2000, shortest=1)},
        "undo": {"after": fields.BASE},
        "facts": {**fields.WHERE, "asked": fields.FLAG},
        "dispute_fact": {
            **fields.WHERE,
            "fact": text_field(1000, shortest=1),
            "wrong": fields.FLAG,
            "note": fields.WORDS,
        },
        "spent": {**fields.WHERE, "seconds": fields.SECONDS, "idle": fields.SECONDS},
        "refresh": {"conversation_id": fields.ID_OR_NULL},
    }

    def __init__(self, session: ReviewSession, **traits: Any) -> None:
        self.session = session
        super().__init__(**traits)

    def __repr__(self) -> str:
        progress = self.session.progress()
        done = f"{progress['submitted']} of {progress['total']} submitted"
        return f"ReviewWidget(reviewer={self.session.reviewer!r}, sample={self.session.sample!r}, {done})"
