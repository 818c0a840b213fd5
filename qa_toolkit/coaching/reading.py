"""What a session of coaching has read: faults, conversations, the titles of commandments, the suggester."""

from __future__ import annotations

from typing import Any

from qa_toolkit.coaching.once import Once
from qa_toolkit.errors import InvalidActError, NotFoundError
from qa_toolkit.project import Project
from qa_toolkit.rubric import Commandment
from qa_toolkit.store import Conversation
from qa_toolkit.store.calibrations import CALIBRATION_KINDS
from qa_toolkit.suggest import Encoder, Suggester


class Reading:
    """The part of a `CoachSession` that reads from the project, and knows when to read anew."""

    def __init__(self, project: Project, coach: str, encoder: Encoder | None = None) -> None:
        if not coach.strip():
            raise InvalidActError("a coach needs a name, such as coach='ines'")
        self.coach = coach.strip()
        self._project = project
        self._encoder = encoder
        self._commandments: dict[str, Commandment] = {}
        self._seen, self._model_id = -1, ""
        self.refresh()

    def refresh(self) -> None:
        """Read faults and exemplars anew if anything was reviewed since they were last read."""
        newest = self._project.store.newest(besides=("pin", "feedback", "agreed", "time", "fact", *CALIBRATION_KINDS))
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

    def _conversation(self, conversation_id: str) -> Conversation:
        # Conversations change only when their customer is forgotten, which is an event that `refresh` sees.
        if conversation_id not in self._read:
            self._read[conversation_id] = self._project.store.conversation(conversation_id)
        return self._read[conversation_id]

    def _fault(self, fault_id: str) -> Any:
        if fault_id not in self._faults.index:
            raise NotFoundError("This fault is no longer there: its rating was changed. Reload the list of faults.")
        return self._faults.loc[fault_id]
