"""What a session of coaching has read: faults, conversations, the titles of commandments, the suggester."""

from __future__ import annotations

from typing import Any, Final

from qa_toolkit.coaching.once import Once
from qa_toolkit.coaching.rates import FailRates
from qa_toolkit.coaching.shapes import Json
from qa_toolkit.conversations.importers import unheard
from qa_toolkit.errors import InvalidActError, NotFoundError
from qa_toolkit.project import Project
from qa_toolkit.rubric import Commandment
from qa_toolkit.store import Conversation
from qa_toolkit.store.calibrations import CALIBRATION_KINDS
from qa_toolkit.suggest import Encoder, Suggester, decided

# Kinds of events that change neither faults nor exemplars.
OTHER_KINDS: Final = ("pin", "feedback", "agreed", "time", "fact", "assignment", "release", *CALIBRATION_KINDS)


class Reading:
    """The part of a `CoachSession` that reads from the project, and knows when to read anew."""

    def __init__(self, project: Project, coach: str, encoder: Encoder | None = None) -> None:
        if not coach.strip():
            raise InvalidActError("a coach needs a name, such as coach='ines'")
        project.store.people.refuse_other(coach, "coach")
        self.coach = coach.strip()
        self._project = project
        self._encoder = encoder
        self._commandments: dict[str, Commandment] = {}
        self._seen, self._model_id = -1, ""
        self.refresh()

    def refresh(self) -> None:
        """Read faults and exemplars anew if anything was reviewed since they were last read."""
        newest = self._project.store.newest(besides=OTHER_KINDS)
        if newest == self._seen:
            return
        self._seen, self._library = newest, self._last_gone()
        self._read: dict[str, Conversation] = {}
        decisions = decided(self._project.curation()).by_id
        self._retired = {exemplar_id for exemplar_id, one in decisions.items() if one.retired}
        self._faults = self._project.faults().set_index("fault_id", drop=False)
        for rubric_hash in self._project.store.rating_codes(exact=False)["rubric_hash"].unique():
            self._commandments.update((c.id, c) for c in self._project.rubric(rubric_hash).commandments)
        self._titles = titles = {name: c.title for name, c in self._commandments.items()}
        self._rates = Once(lambda: FailRates(self._project))
        # In the background: a line of progress would land in whichever cell runs.
        self._suggester = Once[Suggester](lambda: self._project.suggester(self._encoder, titles, unheard))

    def _refresh_if_gone(self) -> None:
        """Let an open screen show nothing either of what was forgotten, retired or disputed since."""
        if self._last_gone() != self._library:
            self.refresh()

    def _rated_since(self) -> list[str]:
        """Return the ids that answers have in conversations that were rated since exemplars were read.

        Such an answer may have failed. Until everything is read anew, which can take long, none of them is suggested.
        """
        ids = self._project.store.touched_by_anybody(self._seen, besides=OTHER_KINDS)
        return [f"{one}#{m.position}" for one in ids for m in self._conversation(one).messages if m.role == "agent"]

    def _last_gone(self) -> int:
        store = self._project.store
        return max(store.last_forgotten(), store.last_curated(), store.disputes.newest())

    def _conversation(self, conversation_id: str) -> Conversation:
        # Conversations change only when their customer is forgotten, which is an event that `refresh` sees.
        if conversation_id not in self._read:
            self._read[conversation_id] = self._project.store.conversation(conversation_id)
        return self._read[conversation_id]

    def _fault(self, fault_id: str) -> Any:
        if fault_id not in self._faults.index:
            raise NotFoundError("This fault is no longer there: its rating was changed. Reload the list of faults.")
        return self._faults.loc[fault_id]

    def _was_sent(self, uid: str | None, given: Json) -> bool:
        """Return whether an act of the coach's is in the log; sent again, it holds although its fault may have gone."""
        known = self._project.store.event(uid) if uid else None
        return known is not None and known.actor == self.coach and given.items() <= known.payload.items()
