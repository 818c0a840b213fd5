"""The calibration screen: one reviewer's blind ratings, and after the reveal those of all, side by side."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from qa_toolkit.widgets import _fields as fields
from qa_toolkit.widgets._base import Field, Screen, join_modules, read_css, text_field
from qa_toolkit.widgets.review import MODULES as REVIEW_MODULES

if TYPE_CHECKING:
    from qa_toolkit.calibration import CalibrationSession

MODULES = (
    *REVIEW_MODULES[:-1],  # all but the last, which shows the review screen
    "calibrate_model.mjs",
    "calibrate_client.mjs",
    "calibrate_list.mjs",
    "calibrate_rows.mjs",
    "calibrate_comparison.mjs",
    "calibrate_forms.mjs",
    "calibrate.mjs",
)
_ROUND = Field(lambda value: type(value) is int and value in (1, 2), "1 or 2")


class CalibrateWidget(Screen):
    """Shows the conversations of a calibration session and takes one reviewer's ratings, first and second.

    Parameters
    ----------
    session : CalibrationSession
        For example ``CalibrationSession(project, "march", reviewer="ruth")``.

    Notes
    -----
    Nothing of a conversation is widget state: the page asks for it, and a saved notebook does not hold it. What
    the page gets of other reviewers is decided by the session alone: nothing before the reveal.
    """

    session: CalibrationSession
    _esm = join_modules(MODULES)
    _css = read_css() + read_css("review.css") + read_css("calibrate.css")

    reading: ClassVar[Collection[str]] = ("hello", "view", "refresh", "results")
    kinds: ClassVar[Mapping[str, Mapping[str, Field]]] = {
        "hello": {},
        "view": fields.WHERE,
        "refresh": {"conversation_id": fields.ID_OR_NULL},
        "results": {},
        "rate": {**fields.WHERE, **fields.GIVEN, "round": _ROUND, "rating": fields.RATING_OR_NULL},
        "submit": {**fields.WHERE, "round": _ROUND, "without_evidence": fields.FLAG},
        "note": {**fields.WHERE, "text": fields.WORDS},
        "decide": {
            **fields.WHERE,
            "commandment": fields.COMMANDMENT,
            "rating": fields.RATING,
            "reason": text_field(2000, shortest=1),
            "evidence": fields.EVIDENCE,
            "example": fields.FLAG,
            "base": Field(lambda value: value is None or text_field(200).fits(value), "the id of a decision, or null"),
        },
        "undo": {"after": fields.BASE},
    }

    def __init__(self, session: CalibrationSession, **traits: Any) -> None:
        self.session = session
        super().__init__(**traits)

    def __repr__(self) -> str:
        return f"CalibrateWidget(name={self.session.name!r}, reviewer={self.session.reviewer!r})"
