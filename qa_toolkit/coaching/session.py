"""One coach's work: an agent's faults, suggestions for each, pins, and the pack to talk about.

`CoachSession` knows no widget. Pins and what was agreed are acts in the store's log, like ratings.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from qa_toolkit.coaching.agreeing import Agreeing
from qa_toolkit.coaching.once import Once
from qa_toolkit.coaching.packs import Packs
from qa_toolkit.coaching.pinning import answered_in, check_answer, pin_act
from qa_toolkit.coaching.shapes import Json, fault_shape, pin_shape, suggestion_shape
from qa_toolkit.coaching.values import fault_counts, filtered, values
from qa_toolkit.errors import InvalidActError, NotFoundError, QAToolkitError
from qa_toolkit.project import Project
from qa_toolkit.review.shapes import conversation_shape
from qa_toolkit.rubric import Commandment
from qa_toolkit.store import Conversation
from qa_toolkit.store.calibrations import CALIBRATION_KINDS
from qa_toolkit.suggest import Encoder, Suggester, Suggestions


class CoachSession(Agreeing, Packs):
    """The faults of agents and the good answers that one coach finds for them. Safe to use from any thread.

    Parameters
    ----------
    project : Project
    coach : str
        Who coaches.
    encoder : Encoder, optional
        The packaged all-MiniLM-L6-v2 if left out.

    Raises
    ------
    InvalidActError
        If the coach's name is empty.
    """

    def __init__(self, project: Project, coach: str, encoder: Encoder | None = None) -> None:
        if not coach.strip():
            raise InvalidActError("a coach needs a name, such as coach='ines'")
        self.coach = coach.strip()
        self._project = project
        self._encoder = encoder
        self._commandments: dict[str, Commandment] = {}
        self._seen = -1
        self.refresh()

    def __repr__(self) -> str:
        return f"CoachSession(coach={self.coach!r}, {len(self._faults)} faults)"

    def refresh(self) -> None:
        """Read faults and exemplars anew if anything was reviewed since they were last read."""
        newest = self._project.store.newest(besides=("pin", "agreed", "time", "fact", *CALIBRATION_KINDS))
        if newest == self._seen:
            return
        self._seen, self._forgotten = newest, self._project.store.last_forgotten()
        self._read: dict[str, Conversation] = {}
        self._faults = self._project.faults().set_index("fault_id", drop=False)
        for rubric_hash in self._project.ratings()["rubric_hash"].unique():
            self._commandments.update((c.id, c) for c in self._project.rubric(rubric_hash).commandments)
        self._titles = titles = {name: c.title for name, c in self._commandments.items()}
        self._suggester = Once[Suggester](lambda: self._project.suggester(self._encoder, titles))

    def _refresh_if_forgotten(self) -> None:
        """Of a customer who was forgotten, also a screen that was open before shows nothing more."""
        if self._project.store.last_forgotten() != self._forgotten:
            self.refresh()

    def warm(self) -> threading.Thread:
        """Load the model and embed the exemplars in the background, while the coach reads."""
        thread = threading.Thread(target=self._warm, daemon=True)
        thread.start()
        return thread

    def _warm(self) -> None:
        with suppress(QAToolkitError):  # the first suggestion says it, where somebody reads it
            self._suggester.get()

    # ------------------------------------------------------------------ reading

    def hello(self) -> Json:
        """Return what a screen needs to begin: agents and their faults counted, what to filter by, pins, agreements."""
        self.refresh()
        conversations = self._project.conversations()
        found = set(self._faults["commandment"])
        return {
            "coach": self.coach,
            "agents": fault_counts(self._faults),
            "commandments": [
                {"id": name, "title": c.title, "has_faults": name in found} for name, c in self._commandments.items()
            ],
            "channels": values(conversations["channel"]),
            "languages": values(conversations["language"]),
            "answerers": values(conversations["agent"]),
            "pins": self.pins(),
            "agreed": self.agreed(),
        }

    def faults(
        self,
        agent: str | None = None,
        commandment: str | None = None,
        channel: str | None = None,
        language: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> list[Json]:
        """Return faults, fails first, then by time, with their evidence quoted; None and "" do not filter.

        Parameters
        ----------
        agent, commandment, channel, language : str, optional
            Only those.
        since, until : str, optional
            Days such as "2026-03-31" (UTC): since <= start of the conversation < until.

        Raises
        ------
        InvalidActError
            If a day cannot be read.
        """
        self._refresh_if_forgotten()
        equal = {"agent": agent, "commandment": commandment, "channel": channel, "language": language}
        frame = filtered(self._faults, equal, since, until)
        return [self._shape(row) for row in frame.to_dict("records")]

    def _shape(self, row: Any) -> Json:
        return fault_shape(row, self._conversation(row["conversation_id"]), self._commandments[row["commandment"]])

    def _conversation(self, conversation_id: str) -> Conversation:
        # Conversations change only when their customer is forgotten, which is an event that `refresh` sees.
        if conversation_id not in self._read:
            self._read[conversation_id] = self._project.store.conversation(conversation_id)
        return self._read[conversation_id]

    def conversation(self, conversation_id: str) -> Json:
        """Return a conversation with its messages, to read a fault or an answer where it happened.

        Raises
        ------
        NotFoundError
            If there is no such conversation.
        """
        self._refresh_if_forgotten()
        return conversation_shape(self._conversation(conversation_id), 0)

    def suggest(self, fault_id: str, k: int = 5, **filters: Any) -> Json:
        """Return good answers for a fault: verified for its commandment first, never from its own conversation.

        Parameters
        ----------
        fault_id : str
        k : int
            At most so many.
        **filters
            As of `Suggester.suggest`.

        Returns
        -------
        dict
            ``suggestions``, best first, and ``reason``: why there are none, else "".

        Raises
        ------
        NotFoundError
            If there is no such fault.
        """
        self._refresh_if_forgotten()
        fault = self._fault(fault_id)
        arguments = {"commandment": fault["commandment"], **filters, "exclude_conversation": fault["conversation_id"]}
        situation = self._situation(fault)
        if not situation:  # nothing to be close to: the commandment alone is asked for
            situation, arguments["least"] = self._commandments[fault["commandment"]].title, 0.0
        return self._found(self._suggester.get().suggest(situation, k, **arguments))

    def search(self, text: str, k: int = 5, **filters: Any) -> Json:
        """Return good answers for a situation in the coach's own words, such as "refund refused, parcel lost".

        Parameters and result as of `suggest`.

        Raises
        ------
        InvalidActError
            If there is no text.
        """
        self._refresh_if_forgotten()
        return self._found(self._suggester.get().suggest(text, k, **filters))

    def _found(self, found: Suggestions) -> Json:
        shapes = [suggestion_shape(s, self._conversation(s.conversation_id), self._titles) for s in found]
        return {"suggestions": shapes, "reason": found.reason}

    def _situation(self, fault: Any) -> str:
        # Without evidence, the whole conversation up to its end is the situation.
        position, last = int(fault["position"]), len(self._conversation(fault["conversation_id"]).messages) - 1
        return self._project.situation(fault["conversation_id"], last if position < 0 else position)

    def _fault(self, fault_id: str) -> Any:
        if fault_id not in self._faults.index:
            raise NotFoundError("This fault is no longer there: its rating was changed. Reload the list of faults.")
        return self._faults.loc[fault_id]

    # ------------------------------------------------------------------ pins

    def pin(self, fault_id: str, exemplar_id: str, note: str = "", pinned: bool = True, uid: str | None = None) -> Json:
        """Pin a good answer to a fault, change its note, or take the pin back (``pinned=False``).

        Parameters
        ----------
        fault_id, exemplar_id : str
        note : str
            What the agent should see in it.
        pinned : bool
        uid : str, optional
            Id of the act; the same id is written once.

        Returns
        -------
        dict
            ``pins``: all of the coach's.

        Raises
        ------
        NotFoundError
            If there is no such fault or no such answer. A pin whose fault has gone can still be taken back.
        InvalidActError
            If the note cannot be stored.
        """
        fault: Any = {"fault_id": fault_id, "agent": None, "commandment": ""}
        if pinned:
            fault = self._fault(fault_id)
            check_answer(exemplar_id, self._conversation)
        self._project.store.append(pin_act(self.coach, fault, exemplar_id, note, pinned, uid))
        return {"pins": self.pins()}

    def pins(self) -> list[Json]:
        """Return the coach's pins, oldest first, each with the beginning of its answer and whether it still holds."""
        self._refresh_if_forgotten()
        return [self._pin(row) for row in self._project.pins(self.coach).to_dict("records")]

    def _pin(self, row: Any) -> Json:
        title = self._titles.get(row["commandment"], row["commandment"])
        conversation = answered_in(row["exemplar_id"], self._conversation)
        return pin_shape(row, title, conversation, row["fault_id"] in self._faults.index)
