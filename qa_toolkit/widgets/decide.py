"""The screen on which a second reviewer decides disputes: the transcript, and only what is disputed of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from qa_toolkit.widgets import _fields as fields
from qa_toolkit.widgets._base import Field, Screen, join_modules, read_css
from qa_toolkit.widgets.review import MODULES as REVIEW_MODULES

if TYPE_CHECKING:
    from qa_toolkit.review.deciding import DecisionSession

MODULES = (*REVIEW_MODULES[:-1], "decide.mjs")  # all but the last, which shows the review screen


class DecideWidget(Screen):
    """Shows the conversations of a session over disputes and takes the decisions of a second reviewer.

    Parameters
    ----------
    session : DecisionSession
        For example ``project.decide(reviewer="otto")``.

    Notes
    -----
    Nothing of a conversation is widget state. What the page gets is decided by the session alone: neither the first
    rating, nor the proposed one, nor a reason.
    """

    session: DecisionSession
    _esm = join_modules(MODULES)
    _css = read_css() + read_css("review.css")

    reading: ClassVar[Collection[str]] = ("hello", "view", "next", "previous", "refresh")
    kinds: ClassVar[Mapping[str, Mapping[str, Field]]] = {
        "hello": {},
        "view": fields.WHERE,
        "next": fields.WHERE,
        "previous": {"conversation_id": fields.ID_OR_NULL},
        "refresh": {"conversation_id": fields.ID_OR_NULL},
        "rate": {**fields.WHERE, **fields.GIVEN, "rating": fields.RATING_OR_NULL},
        "submit": {**fields.WHERE, "without_evidence": fields.FLAG},
        "undo": {"after": fields.BASE},
    }

    def __init__(self, session: DecisionSession, **traits: Any) -> None:
        self.session = session
        super().__init__(**traits)

    def __repr__(self) -> str:
        progress = self.session.progress()
        done = f"{progress['submitted']} of {progress['total']} submitted"
        return f"DecideWidget(reviewer={self.session.reviewer!r}, {done})"
