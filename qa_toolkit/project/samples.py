"""What of a project has to do with samples: drawing them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from qa_toolkit.conversations.facts import Calendar
from qa_toolkit.errors import SamplingError
from qa_toolkit.project.risks import Progress, customer_vectors, facts_frame
from qa_toolkit.sampling import Draw, checked_arguments, draw, redraw, risk_of, within
from qa_toolkit.sampling.diverse import Vectors
from qa_toolkit.store import Store

RISK = "risk"


class Samples:
    """The part of a `Project` that draws."""

    store: Store

    def sample(
        self,
        name: str,
        n: int | None = None,
        *,
        facts: bool = False,
        risks: pd.DataFrame | None = None,
        vectors: Vectors | None = None,
        progress: Progress | None = None,
        **plan: Any,
    ) -> pd.DataFrame:
        """Draw conversations and keep the draw, with a reserve, under a name.

        The same call again returns what was drawn, also when more conversations have come in since.

        Parameters
        ----------
        name : str
            Not taken by a sample of another plan.
        n : int, optional
            How many.
        facts : bool
            With ``risk="risk"``: whether the risk is also by facts, about 100 conversations in a second.
        risks : pandas.DataFrame, optional
            With ``risk="risk"``: as from `risk`, which is called if this is left out.
        vectors : numpy.ndarray or callable, optional
            With ``diverse``: as of `qa_toolkit.sampling.draw`. If left out, what customers wrote is embedded, about 50
            conversations in a second the first time.
        progress : callable, optional
            Called with texts done and texts in all while they are embedded, or looked through for facts.
        **plan
            Passed to `qa_toolkit.sampling.draw`: ``fraction``, ``by``, ``per_stratum``, ``allocation``, ``seed``,
            ``size``, ``risk``, ``core``, ``spread``, ``since``, ``until``, ``where``, ``diverse``, ``parts``.

        Returns
        -------
        pandas.DataFrame
            As from ``store.sample(name)``, in the order of the draw.

        Raises
        ------
        SamplingError
            If the plan cannot be drawn, or the name is taken.
        """
        arguments = checked_arguments(n=n, **plan)
        if facts and (risks is not None or not _by_risk(arguments)):
            raise SamplingError("facts say how risky a conversation is; give risk='risk', and no risks of your own")
        plans = self.samples().set_index("sample")["plan"]
        if name not in plans.index:
            frame = self._frame(arguments, risks, facts, progress)
            drawn = draw(frame, **arguments, vectors=self._vectors(frame, arguments, vectors, progress))
            items = [drawn.items.assign(reserve=False), drawn.reserve.assign(reserve=True)]
            self.store.save_sample(name, pd.concat(items, ignore_index=True), {**drawn.plan, "facts": facts})
        elif (plans[name].get("arguments"), plans[name].get("facts", False)) != (arguments, facts):
            raise SamplingError(
                f"there is a sample {name!r} already, of another plan; a drawn sample stays as it is, so take another "
                "name"
            )
        return self.store.sample(name)

    def redraw(
        self,
        name: str,
        risks: pd.DataFrame | None = None,
        vectors: Vectors | None = None,
        progress: Progress | None = None,
    ) -> Draw:
        """Draw a sample again from its plan and the conversations that there were, and see that it is the same.

        Parameters
        ----------
        name : str
        risks, vectors, progress
            As they were given to `sample`.

        Raises
        ------
        SamplingError
            If it is not the same; the message says what has changed, such as labels that went with a customer who was
            forgotten.
        NotFoundError
            If there is no such sample.
        """
        known: dict[str, Any] = {row["sample"]: row for row in self.samples().to_dict("records")}
        if name not in known:
            self.store.sample(name)  # raises, and says which there are
        plan = known[name]["plan"]
        arguments = plan.get("arguments") or {}
        past = Samples()
        past.store = self.store.as_of(known[name]["drawn_at"].to_pydatetime())
        frame = past._frame(arguments, risks, plan.get("facts", False), progress)
        drawn = redraw(frame, plan, self._vectors(frame, arguments, vectors, progress))
        if drawn.items["conversation_id"].tolist() != past.store.sample(name)["conversation_id"].tolist():
            raise SamplingError(
                f"the plan of {name!r} draws other conversations than are stored; was the sample changed?"
            )
        return drawn

    def risk(
        self,
        conversations: pd.DataFrame | None = None,
        *,
        facts: bool = False,
        calendar: Calendar | None = None,
        progress: Progress | None = None,
        **signs: Any,
    ) -> pd.DataFrame:
        """Return the risk of conversations, from what is known before anybody reads them.

        Parameters
        ----------
        conversations : pandas.DataFrame, optional
            Rows of `conversations`; all that were not forgotten, if left out.
        facts : bool
            Whether to look for facts in the texts too, about 100 conversations in a second.
        calendar : Calendar, optional
            Of the team, for facts; else all hours count, in UTC.
        progress : callable, optional
            Called with conversations done and conversations in all while facts are found.
        **signs
            ``score``, ``csat`` and ``weights`` of `qa_toolkit.sampling.risk_of`.

        Returns
        -------
        pandas.DataFrame
            ``conversation_id``, ``risk`` in [0, 1], ``risk_reason``.
        """
        frame = self._readable() if conversations is None else conversations
        found = facts_frame(self.store, frame["conversation_id"].tolist(), calendar, progress) if facts else None
        return risk_of(frame, found, **signs)

    def samples(self) -> pd.DataFrame:
        """Return one row for each sample that was drawn."""
        return self.store.samples()

    def _readable(self) -> pd.DataFrame:
        """Return the conversations without what was forgotten, which nobody can read."""
        conversations = self.store.conversations()
        return conversations[~conversations["conversation_id"].isin(self.store.forgotten())]

    def _frame(
        self, arguments: Mapping[str, Any], risks: pd.DataFrame | None, facts: bool, progress: Progress | None
    ) -> pd.DataFrame:
        frame = self._readable()
        if not _by_risk(arguments):
            return frame
        if risks is None:
            inside, _ = within(frame, *(arguments.get(name) for name in ("since", "until", "where")))
            risks = (
                self.risk(inside, facts=facts, progress=progress)
                if len(inside)
                else pd.DataFrame(columns=["conversation_id", RISK])
            )
        columns = [name for name in ("conversation_id", RISK, f"{RISK}_reason") if name in risks]
        if columns[:2] != ["conversation_id", RISK] or risks["conversation_id"].duplicated().any():
            raise SamplingError("risks must have conversation_id, each once, and risk, as from project.risk()")
        return frame.merge(risks[columns], how="left", on="conversation_id")

    def _vectors(
        self,
        frame: pd.DataFrame,
        arguments: Mapping[str, Any],
        vectors: Vectors | None,
        progress: Progress | None,
    ) -> Vectors | None:
        wanted = any(part.get("diverse") for part in arguments.get("parts") or [arguments])
        return customer_vectors(self.store, frame, progress=progress) if wanted and vectors is None else vectors


def _by_risk(arguments: Mapping[str, Any]) -> bool:
    return any(part.get("risk") == RISK for part in arguments.get("parts") or [arguments])
