"""What agents dispute of their released ratings, and who decides it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from numbers import Integral
from typing import Any, Final

import pandas as pd

from qa_toolkit.errors import InvalidActError, NotFoundError, instead
from qa_toolkit.project.releasing import Releasing, Settings, released_review, settings_of_team, timed_frame
from qa_toolkit.review.acts import checked_text
from qa_toolkit.review.deciding import DecisionSession
from qa_toolkit.rubric import RATINGS, parse_rubric
from qa_toolkit.store import Act, Event, SampleCheck, Store
from qa_toolkit.store.disputes import DECISION, DISPUTE, OPEN, WITHDRAWN, Case, sound

MOST: Final = 2**63  # numbers of events are below
MAX_REASON: Final = 2000  # characters
AGAIN: Final = "this rating is disputed already; withdraw that dispute first"
DECIDED: Final = "a dispute of this rating was decided already, and the decision stays"
DISPUTABLE: Final = ("pass", "partial", "fail")
DISPUTES: Final = (
    *("dispute", "agent", "conversation_id", "sample", "rubric_hash", "commandment", "reviewer", "rating", "proposed"),
    *("reason", "at", "state", "decided", "decided_by", "comment", "decided_at"),
)


class Disputing(Releasing):
    """The part of a `Project` that has to do with agents' disputes."""

    def dispute(
        self,
        agent: str,
        rating: int,
        proposed: str,
        reason: str,
        *,
        settings: Settings = None,
        uid: str | None = None,
    ) -> int:
        """Dispute one rating; a second reviewer decides.

        Parameters
        ----------
        agent : str
            Whose conversation it is, as in the frame of conversations.
        rating : int
            ``rating_event`` of `released_ratings`.
        proposed : {"pass", "partial", "fail", "na"}
            What it should be.
        reason : str
            Why, up to 2,000 characters.
        settings : str, Path or ReviewSettings, optional
            Of the team.
        uid : str, optional
            Id of the act; the same id is written once.

        Returns
        -------
        int
            The number of the dispute.

        Raises
        ------
        NotFoundError
            If the agent has no such rating.
        InvalidActError
            If it is not released, was changed, is disputed already or decided, counts for nothing (N/A), if the window
            is closed, or if the reason or the proposed rating does not fit.
        """
        self.store.refuse_past()
        why = _reason(reason)
        known = self.store.event(uid) if uid else None
        event = self._of_agent(agent, rating)
        payload = {
            "reviewer": event.actor,
            "rating_event": event.event_id,
            "commandment": event.payload["commandment"],
            "reason": why,
            "proposed": proposed,
        }
        slot = f"{DISPUTE}:{event.actor}:{event.payload['commandment']}"
        sample = known.sample if known else self._disputable(event, proposed, settings)
        where = event.conversation_id, event.rubric_hash, sample, payload
        act = Act(uid or uuid.uuid4().hex, agent, DISPUTE, slot, *where)
        return self.store.append(act, check=SampleCheck(_not_disputed(act))).event_id

    def withdraw(self, agent: str, dispute: int) -> None:
        """Take a dispute back that is not decided; it stays in the log.

        Raises
        ------
        NotFoundError
            If the agent has no such dispute.
        InvalidActError
            If it was decided. A dispute that was withdrawn already stays so.
        """
        case = next((c for c in self.store.disputes.cases() if c.dispute.event_id == dispute), None)
        if case is None or case.dispute.actor != agent:
            raise NotFoundError(f"{agent} has no dispute {dispute}; project.disputes() lists all")
        if case.withdrawn:
            return
        d = case.dispute
        payload = {**d.payload, "withdrawn": d.event_id}
        act = Act(uuid.uuid4().hex, agent, DISPUTE, d.slot, d.conversation_id, d.rubric_hash, d.sample, payload)
        self.store.append(act, check=SampleCheck(_not_decided(d.event_id)))

    def disputes(self, state: str | None = None) -> pd.DataFrame:
        """Return all disputes, or those in one state, oldest first. A second reviewer must not see this.

        Returns
        -------
        pandas.DataFrame
            ``dispute`` (its number), ``agent``, ``conversation_id``, ``sample``, ``rubric_hash``, ``commandment``,
            ``reviewer``, ``rating``, ``proposed``, ``reason``, ``at``, ``state`` (open, upheld, overturned, withdrawn),
            and of a decision ``decided`` (the rating), ``decided_by``, ``comment``, ``decided_at``. Where PostgreSQL
            holds people apart, an agent is told "a reviewer" in place of names.
        """
        found, me = disputes_of(self.store), self.store.people.me
        if me and me.role == "agent":
            for name in ("reviewer", "decided_by"):
                found[name] = found[name].mask(found[name] != "", "a reviewer")
        return found if state is None else found[found["state"] == state].reset_index(drop=True)

    def decide(self, reviewer: str, settings: Settings = None) -> DecisionSession:
        """Return the open disputes that a second reviewer may decide, for `qa_toolkit.DecideWidget`.

        They are by one rubric: that of the oldest one.

        Parameters
        ----------
        reviewer : str
            Neither the agent, nor anybody who has rated or submitted the conversation.
        settings : str, Path or ReviewSettings, optional
            Of the team.

        Raises
        ------
        NotFoundError
            If none waits for this person.
        """
        name = checked_text(reviewer, "reviewer's name").strip()
        if not name:
            raise InvalidActError("a decision needs the reviewer's name, such as reviewer='ruth'")
        self.store.people.refuse_other(name, "reviewer")
        waiting = [case for case in self.store.disputes.cases() if case.state == OPEN]
        for rubric_hash in dict.fromkeys(case.dispute.rubric_hash for case in waiting):
            rubric = parse_rubric(self.store.rubric_text(rubric_hash))
            session = DecisionSession(self.store, name, rubric, settings_of_team(settings))
            if session.queue:
                return session
        also = f"; {len(waiting)} open, of what {name} has rated or had as agent" if waiting else ""
        raise NotFoundError(f"no dispute waits for {name}{also}. project.disputes() lists all")

    # ------------------------------------------------------------------ inside

    def _of_agent(self, agent: str, number: int) -> Event:
        given = isinstance(number, Integral) and not isinstance(number, bool) and 0 < number < MOST
        event = self.store.disputes.event(int(number)) if given else None
        is_theirs = event and event.kind == "rating" and event.conversation_id
        if event is None or not is_theirs or self.store.conversation(event.conversation_id).agent != agent:
            raise NotFoundError(
                f"{agent} has no rating {number!r}; project.released_ratings({agent!r}) lists those that there are"
            )
        return event

    def _disputable(self, event: Event, proposed: str, settings: Settings) -> str:
        """Return the sample of a rating that can be disputed now, or raise InvalidActError."""
        if proposed not in RATINGS:
            raise InvalidActError(f"{proposed!r} is no rating; {instead(str(proposed), RATINGS)}")
        events = self.store.current_events(event.actor, event.conversation_id, event.rubric_hash)
        review = released_review(events, self._released())
        if review is None:
            raise InvalidActError("this review is not released to agents; ask the lead to release its sample")
        if event.event_id not in {e.event_id for e in review.events}:
            raise InvalidActError("this rating was changed since; look at the newest one and dispute that")
        if event.payload["rating"] not in DISPUTABLE:
            raise InvalidActError("an N/A counts for nothing; dispute a pass, partial or fail")
        if event.payload["rating"] == proposed:
            raise InvalidActError(f"this rating is {proposed} already; propose another one")
        slot = event.actor, event.conversation_id, event.rubric_hash, event.payload["commandment"]
        for case in self.store.disputes.cases():
            if case.slot == slot and case.state != WITHDRAWN:
                raise InvalidActError(AGAIN if case.state == OPEN else DECIDED)
        until = review.since(event) + timedelta(days=settings_of_team(settings).disputes_window)
        if self.store.now() > until:
            raise InvalidActError(f"this rating could be disputed until {until:%Y-%m-%d %H:%M} UTC; talk to the lead")
        return review.sample


def _reason(reason: str) -> str:
    why = checked_text(reason, "reason").strip()
    if not why:
        raise InvalidActError("give the reason for the dispute, such as 'message 4 answers the question'")
    if len(why) > MAX_REASON:
        raise InvalidActError(f"the reason has {len(why):,} characters; keep it under {MAX_REASON:,}")
    return why


def _not_disputed(act: Act) -> Callable[[list[Event]], None]:
    def check(events: list[Event]) -> None:
        before = [e for e in events if e.kind == DISPUTE and (e.actor, e.slot) == (act.actor, act.slot)]
        before = [e for e in before if e.rubric_hash == act.rubric_hash and sound(e)]
        decided = {e.payload["dispute"] for e in events if _is_final(e)}
        if any(e.event_id in decided for e in before):
            raise InvalidActError(DECIDED)
        if any(not e.payload.get("withdrawn") for e in before):
            raise InvalidActError(AGAIN)

    return check


def _not_decided(dispute: int) -> Callable[[list[Event]], None]:
    def check(events: list[Event]) -> None:
        if any(_is_final(e) and e.payload["dispute"] == dispute for e in events):
            raise InvalidActError("this dispute was decided; the decision stays")

    return check


def _is_final(event: Event) -> bool:
    return event.kind == DECISION and sound(event) and event.payload["final"] is True


def disputes_of(store: Store) -> pd.DataFrame:
    """Return all disputes of a store; see `Disputing.disputes`."""
    found = [] if store.disputes.blind else store.disputes.cases()  # who is blind to disputes can be told of none
    return timed_frame([_row(case) for case in found], DISPUTES, ("at", "decided_at"))


def _row(case: Case) -> tuple[Any, ...]:
    d, p, rated, said = case.dispute, case.dispute.payload, case.rating, case.decision
    head = (d.event_id, d.actor, d.conversation_id, d.sample, d.rubric_hash, p["commandment"], p["reviewer"])
    asked = (rated.payload["rating"], p["proposed"], p["reason"], d.at, case.state)
    end = (said.payload["rating"], said.actor, said.payload["comment"], said.at) if said else ("", "", "", None)
    return (*head, *asked, *end)
