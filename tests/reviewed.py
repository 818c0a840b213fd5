"""What a store must hold after a list of acts, worked out without it: the rules once more, in short."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Content = dict[str, Any]


class Reviewed:
    """The reviews of one reviewer, kept as a list of acts of which an undo takes the last away.

    Parameters
    ----------
    commandments : list of str

    Attributes
    ----------
    touched : set of str
        The conversations that an act was about, also one that was undone.
    """

    def __init__(self, commandments: list[str]) -> None:
        self._commandments = commandments
        self._acts: list[Mapping[str, Any]] = []
        self.touched: set[str] = set()

    def do(self, message: Mapping[str, Any]) -> None:
        """Take an act that was accepted, as the screen sent it."""
        self.touched |= {message["conversation_id"]} if "conversation_id" in message else set()
        if message["kind"] == "undo":
            self._acts.pop()
        elif message["kind"] == "rate_rest":
            missing = set(self._commandments) - self.state(message["conversation_id"])["ratings"].keys()
            self._acts.append({**message, "rest": missing})
        else:
            self._acts.append(message)

    def state(self, conversation_id: str) -> Content:
        """Return ratings, comment, good answers and status of a conversation."""
        ratings: Content = {}
        goods: Content = {}
        comment, status = "", "open"
        for act in self._acts:
            if act["conversation_id"] != conversation_id:
                continue
            kind = act["kind"]
            if kind == "rate":
                ratings[act["commandment"]] = {name: act[name] for name in ("rating", "evidence", "comment")}
            elif kind == "rate_rest":
                ratings |= {name: {"rating": "na", "evidence": [], "comment": ""} for name in act["rest"]}
            elif kind == "comment":
                comment = act["text"]
            elif kind == "mark_good":
                goods[act["position"]] = act["commandments"] if act["good"] else None
            status = _status(status, kind)
        return {
            "ratings": {name: rating for name, rating in ratings.items() if rating["rating"]},
            "comment": comment,
            "good_answers": {position: names for position, names in goods.items() if names},
            "status": status,
        }


def _status(before: str, kind: str) -> str:
    if kind in ("submit", "skip"):
        return {"submit": "submitted", "skip": "skipped"}[kind]
    return "submitted" if before == "submitted" else "draft"
