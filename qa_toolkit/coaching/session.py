"""One coach's work: an agent's faults, suggestions for each, pins, and the pack to talk about.

`CoachSession` knows no widget. Pins, judgements and what was agreed are acts in the store's log, like ratings.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

from qa_toolkit.coaching.agreeing import Agreeing
from qa_toolkit.coaching.judging import Judging
from qa_toolkit.coaching.packs import Packs
from qa_toolkit.coaching.pinning import Pinning
from qa_toolkit.coaching.shapes import Json, fault_shape, suggestion_shape
from qa_toolkit.coaching.values import fault_counts, filtered, values
from qa_toolkit.errors import NotFoundError, QAToolkitError, instead
from qa_toolkit.review.shapes import conversation_shape


class CoachSession(Pinning, Judging, Agreeing, Packs):
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

    def __repr__(self) -> str:
        return f"CoachSession(coach={self.coach!r}, {len(self._faults)} faults)"

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
        """Return what a screen needs to begin: agents and their rates, filters, pins, judgements, agreements."""
        self.refresh()
        conversations = self._project.conversations()
        found = set(self._faults["commandment"])
        return {
            "coach": self.coach,
            "project": self._project.store.secret("browser").hex()[:16],
            "agents": fault_counts(self._faults, self._rates.get().of_agents()),
            "of_design": self._rates.get().of_design,
            "commandments": [
                {"id": name, "title": c.title, "has_faults": name in found} for name, c in self._commandments.items()
            ],
            "channels": values(conversations["channel"]),
            "languages": values(conversations["language"]),
            "answerers": values(conversations["agent"]),
            "pins": self.pins(),
            "judged": self.judged(),
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
        NotFoundError
            If no review of the agent is submitted.
        """
        self._refresh_if_gone()
        equal = {"agent": agent, "commandment": commandment, "channel": channel, "language": language}
        frame = filtered(self._faults, equal, since, until)
        if frame.empty:
            self._refuse_unknown(agent)
        return [self._shape(row) for row in frame.to_dict("records")]

    def rates(
        self,
        agent: str | None = None,
        commandment: str | None = None,
        channel: str | None = None,
        language: str | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Json:
        """Return the share of fails among what applies, by commandment; parameters and errors as of `faults`.

        Returns
        -------
        dict
            ``rates``: for each commandment ``n`` (conversations), ``rate``, ``low`` and ``high`` (95%), in [0, 1];
            ``of_design``: False where nothing was drawn by chance, so that the rates speak of what was reviewed only.
        """
        self._refresh_if_gone()
        found = self._rates.get()
        rates = found.of_commandments({"agent": agent, "channel": channel, "language": language}, since, until)
        if not rates:
            self._refuse_unknown(agent)
        wanted = {name: one for name, one in rates.items() if commandment in (None, "", name)}
        return {"rates": wanted, "of_design": found.of_design}

    def _refuse_unknown(self, agent: str | None) -> None:
        known = {str(name) for name in (*self._rates.get().of_agents(), *self._faults["agent"])}
        if agent and agent not in known:
            none = "" if known else "submit some, or load the sample data with: qa-toolkit init --sample-data"
            raise NotFoundError(f"no review of {agent!r} is submitted; {instead(agent, sorted(known), none)}")

    def _shape(self, row: Any) -> Json:
        return fault_shape(row, self._conversation(row["conversation_id"]), self._commandments[row["commandment"]])

    def conversation(self, conversation_id: str) -> Json:
        """Return a conversation with its messages, to read a fault or an answer where it happened.

        Raises
        ------
        NotFoundError
            If there is no such conversation.
        """
        self._refresh_if_gone()
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
            ``suggestions``, best first; ``reason``: why there are none, else ""; ``library`` as of `pin`.

        Raises
        ------
        NotFoundError
            If there is no such fault.
        """
        self._refresh_if_gone()
        fault = self._fault(fault_id)
        arguments = {"commandment": fault["commandment"], **filters, "exclude_conversation": fault["conversation_id"]}
        situation = self._project.fault_situation(fault["conversation_id"], int(fault["position"]))
        if not situation:  # nothing to be close to: the commandment alone is asked for
            situation, arguments["least"] = self._commandments[fault["commandment"]].title, 0.0
        return self._found(situation, k, **arguments)

    def search(self, text: str, k: int = 5, **filters: Any) -> Json:
        """Return good answers for a situation in the coach's own words, such as "refund refused, parcel lost".

        Parameters and result as of `suggest`.

        Raises
        ------
        InvalidActError
            If there is no text.
        """
        self._refresh_if_gone()
        return self._found(text, k, **filters)

    def _found(self, text: str, k: int, **filters: Any) -> Json:
        suggester = self._suggester.get()
        self._model_id = suggester.model_id
        found = suggester.suggest(text, k, exclude=self._rated_since(), **filters)
        shapes = [suggestion_shape(s, self._conversation(s.conversation_id), self._titles) for s in found]
        return {"suggestions": shapes, "reason": found.reason, "library": self._library}
