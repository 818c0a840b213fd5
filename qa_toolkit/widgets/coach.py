"""The coach screen: an agent's faults, good answers for each, pins, and the pack made of them."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, ClassVar

from qa_toolkit.store.feedback import USEFUL
from qa_toolkit.widgets._base import SHARED, Field, Screen, join_modules, read_css, text_field
from qa_toolkit.widgets._fields import FLAG, WORDS

if TYPE_CHECKING:
    from datetime import date
    from pathlib import Path

    from qa_toolkit.coaching import CoachSession
    from qa_toolkit.conversations.redaction import RedactionSettings

MODULES = (
    *SHARED,
    "review_model.mjs",
    "review_spans.mjs",
    "review_find.mjs",
    "review_folds.mjs",
    "review_message.mjs",
    "review_transcript.mjs",
    "browser_storage.mjs",
    "kept_acts.mjs",
    "coach_rates.mjs",
    "coach_model.mjs",
    "coach_match.mjs",
    "coach_client.mjs",
    "coach_faults.mjs",
    "coach_detail.mjs",
    "coach_suggestions.mjs",
    "coach_compare.mjs",
    "coach_agreed.mjs",
    "coach_parts.mjs",
    "coach_keys.mjs",
    "coach_question.mjs",
    "coach.mjs",
)
# Both may wait for the model, which takes seconds: other messages must not wait for them.
SLOW = ("suggest", "search")
ACTS = ("pin", "agree", "judge")
KINDS = ("markdown", "html", "docx")

_ID = text_field(3000, shortest=1)
_NAME = text_field(1000)
_MAYBE = Field(lambda value: value is None or _NAME.fits(value), f"{_NAME.what}, or null")
_FILTERS = ("agent", "not_agent", "commandment", "channel", "language", "since", "until", "source")


def _are_filters(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    texts = {name: one for name, one in value.items() if name != "include_unverified"}
    return (
        isinstance(value.get("include_unverified", True), bool)
        and texts.keys() <= set(_FILTERS)
        and all(_MAYBE.fits(one) for one in texts.values())
    )


_ASKED = {
    "k": Field(lambda value: type(value) is int and 1 <= value <= 20, "a number from 1 to 20"),
    "filters": Field(_are_filters, f"an object with some of {', '.join((*_FILTERS, 'include_unverified'))}"),
}


class CoachWidget(Screen):
    """Shows the faults of agents with good answers for each, and takes the coach's pins and what they say of answers.

    Parameters
    ----------
    session : CoachSession
        For example ``CoachSession(project, coach="ines")``.

    Notes
    -----
    Nothing of a conversation is widget state: the page asks for it, and a saved notebook does not hold it.
    """

    session: CoachSession
    _esm = join_modules(MODULES)
    _css = read_css() + read_css("coach.css")

    kinds: ClassVar[Mapping[str, Mapping[str, Field]]] = {
        "hello": {},
        "faults": dict.fromkeys(("agent", "commandment", "channel", "language", "since", "until"), _MAYBE),
        "conversation": {"conversation_id": _ID},
        "suggest": {"fault_id": _ID, **_ASKED},
        "search": {"text": text_field(10_000, shortest=1), **_ASKED},
        "pin": {
            "fault_id": _ID,
            "exemplar_id": _ID,
            "note": WORDS,
            "pinned": FLAG,
        },
        "agree": {
            "agent": text_field(1000, shortest=1),
            "text": WORDS,
            "due": text_field(40),
            "item_id": _MAYBE,
            "done": FLAG,
            "dropped": FLAG,
        },
        "judge": {
            "fault_id": _ID,
            "exemplar_id": _ID,
            "useful": Field(lambda value: value is None or value in USEFUL, f"{' or '.join(USEFUL)}, or null"),
            "rank": Field(
                lambda value: value is None or (type(value) is int and value >= 1), "a number from 1, or null"
            ),
        },
        "export": {
            "format": Field(lambda value: value in KINDS, f"one of {', '.join(KINDS)}"),
            "agent": _MAYBE,
            "at": _MAYBE,
        },
    }

    def __init__(self, session: CoachSession, **traits: Any) -> None:
        self.session = session
        super().__init__(**traits)

    def __repr__(self) -> str:
        pins = len(self.session.pins())
        return f"CoachWidget(coach={self.session.coach!r}, {pins} {'pin' if pins == 1 else 'pins'})"

    def perform(self, kind: str, uid: str, fields: dict[str, Any]) -> Any:
        """Hand a checked message to the session; saying hello also loads the model in the background."""
        if kind == "hello":
            hello = self.session.hello()
            self.session.warm()
            return hello
        if kind == "faults":
            return {"faults": self.session.faults(**fields), **self.session.rates(**fields)}
        if kind in ACTS:
            return getattr(self.session, kind)(**fields, uid=uid)
        if kind == "export":
            return self.session.pack(fields["format"], fields["agent"], fields["at"])
        filters = {name: value for name, value in fields.pop("filters", {}).items() if value not in ("", None)}
        return getattr(self.session, kind)(**fields, **filters)

    def export(
        self,
        path: str | Path,
        agent: str | None = None,
        at: str | date | None = None,
        *,
        redaction: bool | str | Path | RedactionSettings = True,
        named: bool = False,
        overwrite: bool = False,
    ) -> Path:
        """Write the pinned faults with their examples, and what was agreed, as a coaching pack.

        Parameters
        ----------
        path : str or Path
            Ends in ``.md``, ``.html`` or ``.docx``.
        agent : str, optional
            Only this agent's.
        at : str, datetime.date or datetime.datetime, optional
            Day of an earlier session, to begin with what became of it.
        redaction, named
            Of private data and of people: as of `CoachSession.pack`.
        overwrite : bool
            Whether a file that is there is replaced.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InvalidActError
            If the ending is another, or nothing is pinned or agreed.
        ExportError
            If the file is there already or cannot be written.
        """
        return self.session.save(path, agent, at, redaction=redaction, named=named, overwrite=overwrite)

    def _answer(self, widget: Any, message: Any, buffers: Any) -> None:
        if isinstance(message, dict) and message.get("kind") in SLOW:
            # The context holds what the kernel needs to know which request an answer belongs to.
            work = copy_context().run
            threading.Thread(target=work, args=(lambda: self.send(self._answer_to(message)),), daemon=True).start()
        else:
            super()._answer(widget, message, buffers)
