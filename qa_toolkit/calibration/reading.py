"""What somebody sees of a calibration: the conversations without what would lead a rating, and how far each is."""

from __future__ import annotations

from qa_toolkit.calibration.acts import CalibrationActs
from qa_toolkit.calibration.blinding import blinded
from qa_toolkit.calibration.folding import FIRST, Folded, Log
from qa_toolkit.calibration.results import results_shape
from qa_toolkit.calibration.setting import setting_of
from qa_toolkit.calibration.shapes import conversations_shape, newest, peers_shape, setting_shape, stage, state_shape
from qa_toolkit.errors import InvalidActError, NotFoundError
from qa_toolkit.project import Project
from qa_toolkit.review import ReviewSettings
from qa_toolkit.review.shapes import Json, circumstances, conversation_shape, rubric_shape, settings_shape
from qa_toolkit.rubric.applies import not_applicable

WAITS_FOR_ONE = ("open", "draft", "revealed", "again")  # stages in which there is something to do, the first one first


class CalibrationReader:
    """The reading half of `CalibrationSession`, whose parameters it takes. It writes no event."""

    def __init__(self, project: Project, name: str, reviewer: str, settings: ReviewSettings | None = None) -> None:
        project.store.people.refuse_other(reviewer, "reviewer")
        self.setting = setting_of(project, name)
        self.name, self.reviewer = self.setting.name, reviewer.strip()
        if self.reviewer not in (*self.setting.reviewers, self.setting.lead) or not self.reviewer:
            people = ", ".join(dict.fromkeys((*self.setting.reviewers, *filter(None, [self.setting.lead]))))
            raise InvalidActError(f"{reviewer!r} takes no part in the calibration {name!r}; these do: {people}")
        self.rubric = project.rubric(self.setting.rubric_hash)
        self.settings = settings or ReviewSettings()
        self._store = project.store
        self._acts = CalibrationActs(project.store, self.setting, self.reviewer, self.rubric)
        self._log = Log(project.store, self.setting)

    def __repr__(self) -> str:
        done = sum(folded.submitted(self.reviewer, FIRST) for folded in self._log.read().values())
        n = len(self.setting.conversations)
        return f"{type(self).__name__}({self.name!r}, reviewer={self.reviewer!r}, {done} of {n} submitted)"

    def hello(self) -> Json:
        """Return all that a screen needs to begin, with the first conversation that waits for this person."""
        all_folded = self._log.read()
        stages = {name: stage(folded, self.reviewer) for name, folded in all_folded.items()}
        waiting = [name for wanted in WAITS_FOR_ONE for name, found in stages.items() if found == wanted]
        return {
            **setting_shape(self.setting, self.reviewer),
            "rubric": rubric_shape(self.rubric),
            "settings": settings_shape(self.settings),
            **self._overview(all_folded),
            "view": self.view([*waiting, *stages][0]),
        }

    def view(self, conversation_id: str) -> Json:
        """Return a conversation without what would lead a rating, its state, and the peers' ratings once revealed."""
        folded = self._folded(conversation_id)
        conversation = blinded(self._acts.build.read_anew(conversation_id), self.setting.hide_agent)
        place = self.setting.conversations.index(conversation_id)
        shape = conversation_shape(conversation, place)
        return {"conversation": shape, "not_applicable": self.not_applicable(conversation_id), **self._shown(folded)}

    def not_applicable(self, conversation_id: str) -> dict[str, str]:
        """Return id and reason of every commandment that cannot apply to a conversation, whatever the ratings."""
        return not_applicable(self.rubric, circumstances(self._acts.build.conversation(conversation_id)))

    def refresh(self, conversation_id: str | None = None) -> Json:
        """Return what is true now of one conversation, or of none, and how far all are: peers may have submitted."""
        all_folded = self._log.read()
        nothing: Json = {"state": None, "peers": None}
        shown = nothing if conversation_id is None else self._shown(self._folded(conversation_id))
        return {**shown, **self._overview(all_folded)}

    def results(self) -> Json:
        """Return how far the reviewers agreed before and after, over the conversations that are revealed."""
        return results_shape(self.setting, self._log.read(), self.rubric)

    def _folded(self, conversation_id: str) -> Folded:
        try:
            return self._log.read()[conversation_id]
        except KeyError:
            raise NotFoundError(f"the calibration {self.name!r} has no conversation {conversation_id!r}") from None

    def _shown(self, folded: Folded) -> Json:
        state = state_shape(folded, self.reviewer, self.rubric)
        return {"state": state, "peers": peers_shape(folded, self.reviewer)}

    def _overview(self, all_folded: dict[str, Folded]) -> Json:
        overview = conversations_shape(all_folded, self.reviewer, self.rubric)
        return {"conversations": overview, "newest": newest(all_folded, self.reviewer)}
