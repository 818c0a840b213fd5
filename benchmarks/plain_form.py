"""The review form of plain ipywidgets, with the same session behind it: what the review screen is measured against.

It does less: evidence is typed as numbers, nothing is sent again, two pages do not agree. The transcript is one HTML
widget with escaped text; a checkbox for each message, to pick evidence with the mouse, would be much slower.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

import ipywidgets as w

from qa_toolkit.review import RATINGS, ReviewSession

NONE = "–"


class PlainForm(w.VBox):
    """A conversation, a row of toggle buttons and a comment for each commandment, Next and Submit.

    Parameters
    ----------
    session : ReviewSession
    """

    def __init__(self, session: ReviewSession) -> None:
        self.session = session
        self.filling = False
        self.head = _classed(w.Label(), "plain-id")
        self.saved = _classed(w.Label(), "plain-saved")
        self.transcript = w.HTML(layout=w.Layout(height="600px", overflow="auto", width="50%"))
        self.rows = {c.id: self._row(c.id, c.title) for c in session.rubric.commandments}
        move = _classed(w.Button(description="Next"), "plain-next")
        move.on_click(lambda _: self.show(session.next(self.conversation_id)))
        form = w.VBox([w.HBox(row) for row in self.rows.values()])
        super().__init__([w.HBox([self.head, self.saved, move]), w.HBox([self.transcript, form])])
        self.show(session.first_open())

    def _row(self, commandment: str, title: str) -> tuple[w.Label, w.ToggleButtons, w.Text, w.Text]:
        choice = _classed(w.ToggleButtons(options=[NONE, *RATINGS], style={"button_width": "55px"}), "plain-choice")
        evidence = w.Text(placeholder="messages", layout=w.Layout(width="80px"))
        comment = w.Text(placeholder="comment", continuous_update=False)
        for field in (choice, evidence, comment):
            field.observe(self._rater(commandment), "value")
        return w.Label(title, layout=w.Layout(width="180px")), choice, evidence, comment

    def _rater(self, commandment: str) -> Callable[[Any], None]:
        def rate(_change: Any) -> None:
            _, choice, evidence, comment = self.rows[commandment]
            if self.filling or choice.value == NONE:
                return
            spans = [{"position": int(n) - 1, "start": None, "end": None} for n in evidence.value.split()]
            answer = self.session.rate(self.conversation_id, commandment, choice.value, spans, comment.value)
            self.saved.value = f"Saved #{answer['event_id']}"

        return rate

    def show(self, view: dict[str, Any]) -> None:
        """Show another conversation in the widgets that are there."""
        shown, ratings = view["conversation"], view["state"]["ratings"]
        self.conversation_id = shown["conversation_id"]
        self.filling = True
        self.transcript.value = "".join(map(_message, shown["messages"]))
        for name, (_, choice, evidence, comment) in self.rows.items():
            rating = ratings.get(name, {"rating": NONE, "evidence": [], "comment": ""})
            choice.value, comment.value = rating["rating"], rating["comment"]
            evidence.value = " ".join(str(span["position"] + 1) for span in rating["evidence"])
        self.filling = False
        self.head.value = self.conversation_id


def _message(message: dict[str, Any]) -> str:
    head = f"{message['position'] + 1} {message['role']} {message['author'] or ''} {message['sent_at'] or ''}"
    return f"<p><b>{html.escape(head)}</b><br>{html.escape(message['text'])}</p>"


def _classed(widget: Any, name: str) -> Any:
    return widget.add_class(name)
