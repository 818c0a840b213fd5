"""What people did, read from the log: the part of a `Store` that gives frames of reviews."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import pandas as pd
from sqlalchemy.engine import Engine

from qa_toolkit.store import codes, curation, feedback, frames, learned
from qa_toolkit.store import log as logs
from qa_toolkit.store.acts import Event
from qa_toolkit.store.dialects import dialect_of
from qa_toolkit.store.disputes import Decided, DisputeStore
from qa_toolkit.store.engine import as_of, until_of


class Work:
    """The part of a `Store` that reads what is current in the log."""

    _engine: Engine
    _now: Callable[[], datetime]
    disputes: DisputeStore

    def _at(self, until: datetime | None) -> Engine:
        return self._engine if until is None else as_of(self._engine, until)

    @property
    def on_server(self) -> bool:
        """Whether another process does the work, so that several reads at a time take less than one after the other."""
        return dialect_of(self._engine).on_server

    def current_events(self, actor: str, conversation_id: str, rubric_hash: str) -> list[Event]:
        """Return what is current in one review, oldest first."""
        return frames.review_events(self._engine, actor, conversation_id, rubric_hash)

    def ratings(
        self,
        submitted: bool | None = None,
        until: datetime | None = None,
        first: bool = False,
        ids: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return the current ratings, now or as of a time (with a zone); see `frames.ratings`.

        Where one was overturned after a dispute, it is what was decided; with `first`, what each reviewer said.
        """
        return frames.ratings(self._at(until), submitted, self._decided(until, first), ids)

    def faults(self, ids: Sequence[str] | None = None, commandment: str | None = None) -> pd.DataFrame:
        """Return the ratings that count and say fail or partial; see `frames.faults`."""
        return frames.faults(self._engine, self._decided(None, False), ids, commandment)

    def with_evidence(self) -> pd.DataFrame:
        """Return the ratings of submitted reviews without most of those that have no evidence; see `frames`."""
        return frames.with_evidence(self._engine, self._decided(None, False))

    def rating_codes(self, until: datetime | None = None, exact: bool = True, first: bool = False) -> pd.DataFrame:
        """Return the ratings of submitted reviews without evidence and comments, in little memory.

        Now, or as of a time (with a zone); see `codes.rating_codes`. Which value holds is as of `ratings`.
        """
        return codes.rating_codes(self._at(until), exact, self._decided(until, first))

    def _decided(self, until: datetime | None, first: bool) -> Decided:
        if first:
            return {}
        return (self.disputes if until is None else DisputeStore(self._at(until))).overturned()

    def states(self, actor: str, rubric_hash: str) -> tuple[int, dict[str, str]]:
        """Return the number of the actor's newest event, and the state of each review of theirs by one rubric."""
        return frames.states(self._engine, actor, rubric_hash)

    def reviews(self, reviewer: str = "") -> pd.DataFrame:
        """Return the reviews that were begun, with their state; all, or one reviewer's."""
        return frames.reviews(self._engine, reviewer)

    def good_answers(self) -> pd.DataFrame:
        """Return the messages that are marked as good answers."""
        return frames.good_answers(self._engine)

    def disputed_facts(self) -> pd.DataFrame:
        """Return what reviewers said of facts."""
        return frames.disputed_facts(self._engine)

    def time_spent(self) -> pd.DataFrame:
        """Return the time that reviewers spent on conversations."""
        return frames.time_spent(self._engine)

    def pins(self, coach: str = "") -> pd.DataFrame:
        """Return what is pinned, by all coaches or by one."""
        return frames.pins(self._engine, coach)

    def agreed(self, coach: str = "", dropped: bool = False) -> pd.DataFrame:
        """Return what coaches and agents agreed on; see `frames.agreed`."""
        return frames.agreed(self._engine, coach, dropped)

    def feedback(self, coach: str = "") -> pd.DataFrame:
        """Return what all coaches, or one, said of suggestions; see `feedback.feedback`."""
        return feedback.feedback(self._engine, coach)

    def learned(self) -> pd.DataFrame:
        """Return what the suggester has learned, oldest first; see `learned.learned`."""
        return learned.learned(self._engine)

    def curation(self) -> pd.DataFrame:
        """Return what was decided about exemplars, oldest first."""
        return curation.curation(self._engine)

    def last_curated(self) -> int:
        """Return the number of the newest decision about an exemplar, 0 if there is none."""
        return curation.last(self._engine)

    def now(self) -> datetime:
        """Return the time that it is, or that is read as of."""
        return (until_of(self._engine) or self._now()).astimezone(UTC)

    def today(self) -> date:
        """Return the day (UTC) that it is, or that is read as of."""
        return self.now().date()

    def log(
        self,
        equal: dict[str, str],
        since: datetime | None = None,
        until: datetime | None = None,
        last: int | None = None,
    ) -> pd.DataFrame:
        """Return what people did, one row for each event; see `log.log_frame`."""
        return logs.log_frame(self._engine, equal, since, until, last)
