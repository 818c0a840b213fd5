"""What a coach says of suggestions, used or not useful, as acts in the log."""

from __future__ import annotations

import uuid
from typing import Any, Final

from qa_toolkit.coaching.pinning import check_answer
from qa_toolkit.coaching.reading import Reading
from qa_toolkit.coaching.shapes import Json
from qa_toolkit.errors import InvalidActError
from qa_toolkit.store import Act
from qa_toolkit.store.feedback import KIND, USEFUL

SHOWN: Final = ("fault_id", "exemplar_id", "useful")
NO_FAULT: Final = {"conversation_id": "", "position": -1, "commandment": ""}


class Judging(Reading):
    """The part of a `CoachSession` that says which suggestions were of use."""

    def judge(
        self, fault_id: str, exemplar_id: str, useful: str | None, rank: int | None = None, uid: str | None = None
    ) -> Json:
        """Say whether a good answer was of use for a fault; what is said later replaces what was said earlier.

        Parameters
        ----------
        fault_id, exemplar_id : str
        useful : {"used", "not useful"} or None
            None takes back what was said.
        rank : int, optional
            Its place among the suggestions for the fault, from 1; None where it was found otherwise, by a search.
        uid : str, optional
            Id of the act; the same id is written once.

        Returns
        -------
        dict
            ``judged``: all that the coach has said, as from `judged`.

        Raises
        ------
        NotFoundError
            If there is no such fault or no such answer. Of a fault that has gone, it can still be taken back.
        InvalidActError
            If `useful` is something else, or `rank` is no whole number from 1.
        """
        if useful is not None and useful not in USEFUL:
            raise InvalidActError(f"useful is {useful!r}: say {' or '.join(USEFUL)}, or None to take it back")
        if rank is not None and (type(rank) is not int or rank < 1):
            raise InvalidActError(f"rank is {rank!r}: give the place among the suggestions, from 1, or None")
        given = {"fault_id": fault_id, "exemplar_id": exemplar_id, "useful": useful}
        if useful is not None and self._was_sent(uid, {**given, "rank": rank}):
            return {"judged": self.judged()}
        about: dict[str, Any] = {**NO_FAULT, "rank": None, "model": ""}
        if useful is not None:
            fault = self._fault(fault_id)
            check_answer(exemplar_id, self._conversation)
            about = {**{name: fault[name] for name in NO_FAULT}, "rank": rank, "model": self._model_id}
        # int(): a number of pandas does not go through JSON.
        payload = {**about, "position": int(about["position"]), **given}
        slot = f"{KIND}:{fault_id}:{exemplar_id}"
        self._project.store.append(Act(uid or uuid.uuid4().hex, self.coach, KIND, slot, payload=payload))
        return {"judged": self.judged()}

    def judged(self) -> list[Json]:
        """Return what the coach has said of suggestions: ``fault_id``, ``exemplar_id``, ``useful``."""
        found = self._project.feedback(self.coach)
        return [{name: row[name] for name in SHOWN} for row in found.to_dict("records")]
