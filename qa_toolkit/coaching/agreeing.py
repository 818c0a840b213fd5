"""What a coach and an agent agreed on, as acts in the log: the part of a `CoachSession` that keeps it."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, Final

from qa_toolkit.coaching.shapes import Json, agreed_shape
from qa_toolkit.coaching.values import iso_day
from qa_toolkit.errors import InvalidActError, NotFoundError, instead
from qa_toolkit.project import Project
from qa_toolkit.review.acts import checked_text
from qa_toolkit.store import Act

KIND: Final = "agreed"
NEVER: Final = "9999-12-31"


class Agreeing:
    """The part of a `CoachSession` that keeps what was agreed."""

    coach: str
    _project: Project
    _faults: Any

    def agree(
        self,
        agent: str,
        text: str = "",
        due: str | date = "",
        item_id: str | None = None,
        done: bool = False,
        dropped: bool = False,
        uid: str | None = None,
    ) -> Json:
        """Note what was agreed with an agent, change it, tick it off (``done=True``) or drop it (``dropped=True``).

        Parameters
        ----------
        agent : str
        text : str
            What was agreed, such as "says when the parcel comes". Left out for an item that is there: it keeps its text
            and its day.
        due : str or datetime.date
            By which day, such as "2026-03-31"; "" for none.
        item_id : str, optional
            Of what is changed. Something new gets the `uid` as its id.
        done, dropped : bool
            Whether it is done; whether it holds no longer.
        uid : str, optional
            Id of the act; the same id is written once.

        Returns
        -------
        dict
            ``agreed``: all of the coach's, as of `agreed`.

        Raises
        ------
        InvalidActError
            If there is no text, or it cannot be stored, or `due` is no day.
        NotFoundError
            If there is no such agent, or no such item.
        """
        uid = uid or uuid.uuid4().hex
        known = {} if item_id is None else self._known(item_id, agent, uid)
        if not checked_text(text, "text").strip():
            text, due = known.get("text", ""), known.get("due", "")
        if not text:
            raise InvalidActError("say what was agreed, such as 'says when the parcel comes'")
        if not known:
            self._check_agent(agent)
        item = {"item_id": item_id or uid, "agent": agent, "text": text.strip(), "due": iso_day(due)}
        payload = {**item, "done": bool(done), "dropped": bool(dropped)}
        self._project.store.append(Act(uid, self.coach, KIND, f"{KIND}:{item['item_id']}", payload=payload))
        return {"agreed": self.agreed()}

    def agreed(self, agent: str | None = None) -> list[Json]:
        """Return what the coach agreed on, with one agent or with all: open by day, then what is done, newest first.

        Returns
        -------
        list of dict
            ``item_id``, ``agent``, ``text``, ``due`` (a day, or ""), ``done``, and ``at``, when it was last changed.
        """
        frame = self._project.agreed(agent)
        rows: list[Any] = frame[frame["coach"] == self.coach].to_dict("records")
        mine = [agreed_shape(row) for row in rows]
        undone = sorted((one for one in mine if not one["done"]), key=lambda one: one["due"] or NEVER)
        return undone + [one for one in reversed(mine) if one["done"]]

    def _known(self, item_id: str, agent: str, uid: str) -> Json:
        """Return an item as it is; for an act that is known already, as that act left it."""
        sent = self._project.store.event(uid)
        if sent and sent.actor == self.coach and sent.payload.get("item_id") == item_id:
            return sent.payload
        items: list[Any] = self._project.store.agreed(self.coach, dropped=True).to_dict("records")
        found: Json | None = next((one for one in items if one["item_id"] == item_id), None)
        if found is None:
            raise NotFoundError(f"nothing was agreed under the id {item_id!r}; leave item_id out for something new")
        if found["agent"] != agent:
            raise InvalidActError(f"this was agreed with {found['agent']}; for {agent}, note it without an item_id")
        return found

    def _check_agent(self, agent: str) -> None:
        if agent in set(self._faults["agent"].dropna()):
            return
        known = sorted(self._project.conversations()["agent"].dropna().unique())
        if agent not in known:
            raise NotFoundError(f"there is no agent {agent!r} in this project; {instead(str(agent), known)}")
