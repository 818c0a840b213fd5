"""Finishing a review: what has to be rated first, and what is rated N/A by itself."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from contextlib import suppress

from qa_toolkit.errors import EvidenceError, IncompleteError, InvalidActError, StaleError
from qa_toolkit.review.acts import ActBuilder
from qa_toolkit.review.settings import ReviewSettings
from qa_toolkit.review.shapes import Json, state_shape
from qa_toolkit.rubric import Rubric
from qa_toolkit.rubric.applies import unmet
from qa_toolkit.store import Check, Event, Store

ATTEMPTS = 10


class Submitter:
    """Submits the reviews of one reviewer in one sample.

    Parameters
    ----------
    store : Store
    build : ActBuilder
    rubric : Rubric
    settings : ReviewSettings
    """

    def __init__(self, store: Store, build: ActBuilder, rubric: Rubric, settings: ReviewSettings) -> None:
        self._store = store
        self._build = build
        self._rubric = rubric
        self._on_fail = settings.evidence_on_fail

    def submit(
        self, conversation_id: str, not_applicable: Collection[str], without_evidence: bool, uid: str | None
    ) -> Event:
        """Write the submit, with N/A for what cannot apply and is not rated, all in one transaction.

        Parameters
        ----------
        conversation_id : str
        not_applicable : collection of str
            Commandments that cannot apply to this conversation.
        without_evidence : bool
            Whether the reviewer was asked for the evidence of fails and has none.
        uid : str, optional
            Id of the act.

        Returns
        -------
        Event
            The submit, which is the last of what was written.

        Raises
        ------
        IncompleteError, EvidenceError
            If ratings, or the evidence of fails, are missing.
        """
        submit = self._build.submit(conversation_id, uid or uuid.uuid4().hex)
        if self._store.event(submit.uid):
            return self._store.append(submit)
        for _ in range(ATTEMPTS):
            names = self._closed(self._events(conversation_id), not_applicable)
            acts = [self._build.rating(conversation_id, n, "na", (), "", f"{submit.uid}:{n}") for n in names]
            own = {act.uid for act in acts}
            with suppress(StaleError):  # another tab was faster: look again
                return self._store.append_many(
                    [*acts, submit], self._check(own, names, not_applicable, without_evidence)
                )[-1]
        raise InvalidActError("another tab rates this conversation at the same time; try again")

    def _check(
        self, own: Collection[str], names: list[str], not_applicable: Collection[str], without_evidence: bool
    ) -> Check:
        def check(events: list[Event]) -> None:
            before = [e for e in events if e.uid not in own]
            state = state_shape(before[0].conversation_id if before else "", before, self._rubric.ids)
            closed = closed_commandments(self._rubric, not_applicable, ratings_of(state))
            self._refuse_missing([name for name in state["missing"] if name not in closed])
            self._refuse_unproven(state, without_evidence)
            if closed != names:
                raise StaleError("This was changed elsewhere since this screen showed it.", {})

        return check

    def _closed(self, events: list[Event], not_applicable: Collection[str]) -> list[str]:
        ratings = ratings_of(state_shape("", events, self._rubric.ids))
        return closed_commandments(self._rubric, not_applicable, ratings)

    def _events(self, conversation_id: str) -> list[Event]:
        return self._store.current_events(self._build.reviewer, conversation_id, self._rubric.hash)

    def _refuse_missing(self, missing: list[str]) -> None:
        if missing:
            names = ", ".join(self._rubric[name].title for name in missing)
            raise IncompleteError(f"{len(missing)} not rated yet: {names}. Rate them, or set the rest to N/A.")

    def _refuse_unproven(self, state: Json, without_evidence: bool) -> None:
        if self._on_fail == "off" or (self._on_fail == "ask" and without_evidence):
            return
        fails = [name for name, r in state["ratings"].items() if r["rating"] == "fail" and not r["evidence"]]
        if fails:
            names = ", ".join(self._rubric[name].title for name in self._rubric.ids if name in fails)
            instead = ", or submit without it" if self._on_fail == "ask" else ""
            raise EvidenceError(f"No evidence for {names}. Mark the message that shows it{instead}.", state)


def ratings_of(state: Json) -> dict[str, str]:
    """Return commandment id to rating, from the state of a review."""
    return {name: rating["rating"] for name, rating in state["ratings"].items()}


def closed_commandments(rubric: Rubric, not_applicable: Collection[str], ratings: Mapping[str, str]) -> list[str]:
    """Return what is not rated and cannot apply, in the order of the rubric: a submit rates it N/A."""
    conditional = unmet(rubric, ratings)
    return [n for n in rubric.ids if n not in ratings and (n in not_applicable or n in conditional)]
