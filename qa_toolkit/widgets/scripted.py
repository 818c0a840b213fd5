"""A reviewer or coach made of code: it sends a widget the messages that a browser sends, for notebooks and tests."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from qa_toolkit.errors import InvalidActError
from qa_toolkit.widgets._base import PROTOCOL, Screen

Rating = str | tuple[str, Sequence[int], str]
UNSAID: Final[Mapping[str, Mapping[str, Any]]] = {
    "rate": {"root_causes": []},
    "submit": {"without_evidence": True},
    "undo": {"after": None},
    "facts": {"asked": True},
}


class ScriptedReviewer:
    """Acts on a widget through the handler that answers the browser; what is shown follows, as if in another tab.

    Parameters
    ----------
    widget : ReviewWidget or CoachWidget
    """

    def __init__(self, widget: Screen) -> None:
        self._widget = widget

    def __repr__(self) -> str:
        return f"ScriptedReviewer({self._widget!r})"

    def act(self, kind: str, **fields: Any) -> Any:
        """Send one message and return the result of its answer.

        Parameters
        ----------
        kind : str
            One of the widget's kinds, such as ``"rate"`` or ``"suggest"``.
        **fields
            What that kind takes; what only a person at a screen has to say may be left out.

        Raises
        ------
        InvalidActError
            If the answer is a refusal; the message is that of the answer.
        """
        message = {"v": PROTOCOL, "id": uuid.uuid4().hex, "kind": kind, **UNSAID.get(kind, {}), **fields}
        # Through JSON and back, as between browser and kernel.
        answer = json.loads(json.dumps(self._widget.handle(json.loads(json.dumps(message)))))
        if not answer["ok"]:
            raise InvalidActError(answer["error"]["message"])
        return answer["result"]

    def review(self, conversation_id: str, ratings: Mapping[str, Rating]) -> dict[str, Any]:
        """View a conversation, rate every commandment and submit.

        Parameters
        ----------
        conversation_id : str
            One of the widget's sample.
        ratings : mapping of str to str or tuple
            By commandment id: ``"pass"``, or ``("fail", positions of the messages that are evidence, comment)``.
            What is missing is rated ``"na"``.

        Returns
        -------
        dict
            The result of the submit.

        Raises
        ------
        InvalidActError
            If a commandment is not in the rubric, or an act is refused. What was rated before stays a draft.
        """
        names = [c["id"] for c in self.act("hello")["rubric"]["commandments"]]
        unknown = sorted(ratings.keys() - set(names))
        if unknown:
            raise InvalidActError(f"the rubric has no commandment {unknown[0]!r}; it has {', '.join(names)}")
        state = self.act("view", conversation_id=conversation_id)["state"]
        for name in names:
            shown = state["ratings"].get(name, {"revision": state["cleared"].get(name, 0)})
            given = _fields(ratings.get(name, "na"))
            self.act("rate", conversation_id=conversation_id, commandment=name, base=shown["revision"], **given)
        result: dict[str, Any] = self.act("submit", conversation_id=conversation_id)
        return result


def _fields(rating: Rating) -> dict[str, Any]:
    value, positions, comment = (rating, (), "") if isinstance(rating, str) else rating
    evidence = [{"position": position, "start": None, "end": None} for position in positions]
    return {"rating": value, "evidence": evidence, "comment": comment}
