"""Showing reviews to the agents whose conversations they are about."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

from qa_toolkit.exchange.people import who
from qa_toolkit.review import ReviewSettings, load_settings
from qa_toolkit.store import Act, Event, Store
from qa_toolkit.store.disputes import RELEASE, UPHELD
from qa_toolkit.store.statuses import status

RELEASED: Final = (
    *("rating_event", "conversation_id", "reviewer", "rubric_hash", "sample", "commandment", "rating", "evidence"),
    *("comment", "released_at", "until", "state"),
)
Settings = str | Path | ReviewSettings | None


@dataclass(frozen=True)
class ReleasedReview:
    """A submitted review whose sample is released: since when, and its events that are current."""

    sample: str
    released_at: datetime
    events: list[Event]

    def since(self, rating: Event) -> datetime:
        """Return when the agent could first see a rating."""
        return max(self.released_at, rating.at)


class Releasing:
    """The part of a `Project` that shows reviews to agents."""

    store: Store

    def release(self, sample: str, lead: str | None = None, *, released: bool = True) -> None:
        """Show the submitted reviews of a sample to their agents, or show them no longer.

        Reviews that are submitted later are shown as soon as they are.

        Parameters
        ----------
        sample : str
        lead : str, optional
            Who releases; the name of the user of this machine if left out.
        released : bool
            False: take the release back. What was disputed by then stays.

        Raises
        ------
        NotFoundError
            If there is no such sample.
        """
        self.store.people.refuse_role("release a sample")
        self.store.sample(sample)
        if released != (sample in self._released()):  # a second release must not begin the window anew
            payload = {"released": released}
            self.store.append(
                Act(
                    uuid.uuid4().hex,
                    who(self.store.people.or_me(lead), "lead"),
                    RELEASE,
                    f"{RELEASE}:{sample}",
                    sample=sample,
                    payload=payload,
                )
            )

    def released(self) -> pd.DataFrame:
        """Return which samples are released, or were and are no longer.

        Returns
        -------
        pandas.DataFrame
            ``sample``, ``released``, ``lead``, ``at``.
        """
        return self.store.disputes.releases()

    def released_ratings(self, agent: str, settings: Settings = None, *, named: bool = False) -> pd.DataFrame:
        """Return the ratings that an agent may see: of released reviews of the agent's own conversations.

        Parameters
        ----------
        agent : str
            As in the frame of conversations.
        settings : str, Path or ReviewSettings, optional
            Of the team; ``disputes.window`` says for how many days a rating can be disputed.
        named : bool
            False: reviewers are "Reviewer 1", "Reviewer 2", in the order of what they said first of what is shown.

        Returns
        -------
        pandas.DataFrame
            ``rating_event`` (what `dispute` takes), ``conversation_id``, ``reviewer``, ``rubric_hash``, ``sample``,
            ``commandment``, ``rating``, ``evidence``, ``comment``, ``released_at``, ``until`` (when the window closes)
            and ``state`` (of its dispute: open, upheld, overturned, withdrawn; "" if there is none). Of an overturned
            one, ``rating``, ``evidence`` and ``comment`` are the decision's.
        """
        window = timedelta(days=settings_of_team(settings).disputes_window)
        newest = {case.slot: case for case in self.store.disputes.cases()}
        rows = []
        for review, e in self._ratings_of(agent):
            case = newest.get((e.actor, e.conversation_id, e.rubric_hash, e.payload["commandment"]))
            since = review.since(e)
            says = case.decision.payload if case and case.decision and case.state != UPHELD else e.payload
            head = (e.event_id, e.conversation_id, e.actor, e.rubric_hash, review.sample, e.payload["commandment"])
            said = (says["rating"], says["evidence"], says["comment"])
            rows.append((*head, *said, since, since + window, case.state if case else ""))
        found = timed_frame(rows, RELEASED, ("released_at", "until"))
        return found if named else found.assign(reviewer=_unnamed(found))

    # ------------------------------------------------------------------ inside

    def _released(self) -> dict[str, datetime]:
        found = self.store.disputes.releases()
        found = found[found["released"]]
        return {name: at.to_pydatetime() for name, at in zip(found["sample"], found["at"], strict=True)}

    def _ratings_of(self, agent: str) -> Iterator[tuple[ReleasedReview, Event]]:
        releases = self._released()
        for events in self.store.disputes.reviews_of(agent):
            review = released_review(events, releases)
            for event in review.events if review else ():
                if event.kind == "rating" and event.payload["rating"] is not None:
                    yield review, event  # type: ignore[misc]  # there are no events without a review


def _unnamed(ratings: pd.DataFrame) -> pd.Series[str]:
    order = ratings.sort_values("rating_event")["reviewer"].unique()
    names = {name: f"Reviewer {i}" for i, name in enumerate(order, 1)}
    return ratings["reviewer"].map(names).astype("str")


def released_review(events: list[Event], releases: dict[str, datetime]) -> ReleasedReview | None:
    """Return a review if it is submitted and its sample released, from its current events."""
    submit = next((e for e in events if e.kind == "submit"), None)
    if submit is None or status(events)[0] != "submitted" or submit.sample not in releases:
        return None
    return ReleasedReview(submit.sample, max(releases[submit.sample], submit.at), events)


def settings_of_team(settings: Settings) -> ReviewSettings:
    """Return settings that are given as such, as a path, or not at all."""
    if isinstance(settings, str | Path):
        return load_settings(settings)
    return settings or ReviewSettings()


def timed_frame(rows: list[tuple[Any, ...]], columns: tuple[str, ...], times: tuple[str, ...]) -> pd.DataFrame:
    """Return a frame of texts with some columns of times (UTC)."""
    frame = pd.DataFrame(rows, columns=list(columns))
    for name in times:
        frame[name] = pd.to_datetime(frame[name], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    kinds: dict[str, Any] = {"rating_event": "int64", "dispute": "int64", "evidence": "object"}
    return frame.astype({name: kinds.get(name, "str") for name in columns if name not in times})
