"""One second reviewer's way through the ratings that agents dispute: rate each anew, without seeing what is disputed.

`DecisionSession` answers the same calls as `ReviewSession`, so that the review screen shows it. Nothing that it gives
holds the first rating, the proposed one, the reason or who rated first.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from qa_toolkit.errors import EvidenceError, IncompleteError, InvalidActError, NotFoundError, StaleError
from qa_toolkit.review.acts import ActBuilder
from qa_toolkit.review.decisions import GONE, decision, still_open
from qa_toolkit.review.settings import ReviewSettings
from qa_toolkit.review.shapes import Json, conversation_shape, rating_shape, rubric_shape, settings_shape
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Act, Event, SampleCheck, Store
from qa_toolkit.store.acts import UNDO
from qa_toolkit.store.assigned_rules import own
from qa_toolkit.store.disputes import OPEN, Case

Cases = dict[str, list[Case]]


class DecisionSession:
    """The open disputes that one person may decide, by one rubric: none of their own ratings or conversations.

    Parameters
    ----------
    store : Store
    reviewer : str
        Who decides; neither the agent, under whichever name, nor anybody who has rated or submitted the conversation.
    rubric : Rubric
    settings : ReviewSettings, optional
        Of the team.
    """

    def __init__(self, store: Store, reviewer: str, rubric: Rubric, settings: ReviewSettings | None = None) -> None:
        self.reviewer = reviewer
        self.rubric = rubric
        self.settings = settings or ReviewSettings()
        self._store = store
        self._acts = ActBuilder(store, "", reviewer, rubric)
        self._since = store.newest()

    def __repr__(self) -> str:
        p = self.progress()
        return f"DecisionSession(reviewer={self.reviewer!r}, {p['submitted']} of {p['total']} submitted)"

    @property
    def queue(self) -> tuple[str, ...]:
        """Ids of the conversations, that which was disputed first comes first."""
        return tuple(self._cases())

    # ------------------------------------------------------------------ reading

    def hello(self) -> Json:
        """Return all that a screen needs to begin."""
        found = self._cases()
        newest = max((e.event_id for some in found.values() for e in self._drafts(some)), default=0)
        head = {"reviewer": self.reviewer, "sample": "disputes", "rubric": rubric_shape(self.rubric)}
        view = self._next(found, None)
        return {
            **head, "settings": settings_shape(self.settings), "newest": newest, "progress": self.progress(),
            "view": view,
        }  # fmt: skip

    def view(self, conversation_id: str) -> Json:
        """Return a conversation with only the commandments that are disputed in it, and what was rated here so far."""
        found = self._cases()
        some = self._some(found, conversation_id)
        names = {case.slot[3] for case in some}
        shape = rubric_shape(self.rubric)
        shape["commandments"] = [c for c in shape["commandments"] if c["id"] in names]
        place = list(found).index(conversation_id)
        conversation = conversation_shape(self._acts.read_anew(conversation_id), place)
        return {
            "conversation": {**conversation, "labels": {}},  # a score of the helpdesk could sway the rating
            "rubric": shape,
            "not_applicable": {},
            "state": self._state(conversation_id, some),
        }

    def state(self, conversation_id: str) -> Json:
        """Return what the store holds of this person's decisions on a conversation."""
        return self._state(conversation_id, self._some(self._cases(), conversation_id))

    def progress(self) -> Json:
        """Return how many conversations are decided here, begun and open."""
        return self._progress(self._cases())

    def _progress(self, found: Cases) -> Json:
        states = [self._state(one, some)["status"] for one, some in found.items()]
        counts = {name: states.count(name) for name in ("submitted", "draft", "open")}
        return {"total": len(states), "skipped": 0, **counts}

    def refresh(self, conversation_id: str | None = None) -> Json:
        """Return what the store holds now of a conversation, or of none, and how far all is."""
        some = self._cases().get(conversation_id or "")
        state = self._state(conversation_id, some) if conversation_id and some else None
        return {"state": state, "progress": self.progress()}

    def next(self, conversation_id: str | None) -> Json | None:
        """Return the next conversation that is not decided, from the start again after the last; None if all are."""
        return self._next(self._cases(), conversation_id)

    def previous(self, conversation_id: str | None) -> Json | None:
        """Return the conversation before this one (the last one for None), or None at the start."""
        order = list(self._cases())
        place = order.index(conversation_id) if conversation_id in order else len(order)
        return self.view(order[place - 1]) if place else None

    # ------------------------------------------------------------------ acts

    def rate(
        self,
        conversation_id: str,
        commandment: str,
        rating: str | None,
        evidence: Sequence[Json] = (),
        comment: str = "",
        base: int | None = None,
        uid: str | None = None,
        root_causes: Sequence[str] = (),
    ) -> Json:
        """Rate a disputed commandment anew; it decides once it is submitted. Parameters as of `ReviewSession.rate`.

        Raises
        ------
        InvalidActError
            If it is not disputed in this conversation, was decided or withdrawn, or does not fit the rubric.
        StaleError
            If the rating was changed elsewhere since `base`.
        """
        act = self._acts.rating(conversation_id, commandment, rating, evidence, comment, uid, root_causes)
        if not self._store.event(act.uid):
            some = [case for case in self._some(self._cases(), conversation_id) if case.slot[3] == commandment]
            if not some:
                raise InvalidActError(f"{commandment!r} is not disputed in this conversation")
            self._append([decision(act, case, i, final=False) for i, case in enumerate(some)], base)
        return self._answer(act.uid)

    def submit(self, conversation_id: str, without_evidence: bool = False, uid: str | None = None) -> Json:
        """Decide: what was rated here holds from now on, for good.

        Raises
        ------
        IncompleteError
            If a disputed commandment is not rated.
        EvidenceError
            If a fail has no evidence; `without_evidence` submits all the same, if the settings let it.
        """
        uid = uid or uuid.uuid4().hex
        if not self._store.event(uid):
            some = self._some(self._cases(), conversation_id)
            self._refuse_unready(self._state(conversation_id, some), without_evidence)
            said, waiting = self._said(some), [case for case in some if case.decision is None]
            if not waiting:
                raise InvalidActError("this is decided already, and a decision stays; go on with the next (n)")
            rated = [(replace(said[case.slot[3]], uid=uid), case) for case in waiting]
            self._append([decision(act, case, i, final=True) for i, (act, case) in enumerate(rated)], None)
        return self._answer(uid)

    def undo(self, uid: str | None = None, after: int | None = None) -> Json:
        """Undo the newest rating that was not submitted; parameters and answer as of `ReviewSession.undo`."""
        event = self._store.event(uid) if uid else None
        if event is None:
            event = self._undone(uid or uuid.uuid4().hex, after)
        elif (event.kind, event.actor) != (UNDO, self.reviewer):
            raise InvalidActError(f"the id {uid!r} was used for another act; undo with a new id")
        view = self.view(event.conversation_id)
        undone = {**event.payload, "conversation_id": event.conversation_id}
        return {**self._answer(event.uid), "undone": undone, "view": view}

    # ------------------------------------------------------------------ inside

    def _cases(self) -> Cases:
        mine = [case for case in self._store.disputes.cases() if self._is_shown(case)]
        known = {name: self._store.assignments.agents(name) for name in {case.dispute.sample for case in mine}}
        mine = [c for c in mine if not own(c.dispute.actor, self.reviewer, known[c.dispute.sample])]
        raters = self._store.disputes.raters({case.slot[1] for case in mine})
        found: Cases = {}
        for case in mine:
            if (self.reviewer, case.slot[1]) not in raters:
                found.setdefault(case.slot[1], []).append(case)
        return found

    def _is_shown(self, case: Case) -> bool:
        ours = case.dispute.rubric_hash == self.rubric.hash and self.reviewer != case.slot[0]
        decided = case.decision
        here = decided and decided.actor == self.reviewer and decided.event_id > self._since
        return ours and (case.state == OPEN or bool(here))

    def _some(self, found: Cases, conversation_id: str) -> list[Case]:
        if conversation_id not in found:
            raise NotFoundError(f"no dispute of {conversation_id!r} waits for {self.reviewer}: {GONE}")
        return found[conversation_id]

    def _next(self, found: Cases, after: str | None) -> Json | None:
        order = list(found)
        start = order.index(after) + 1 if after in order else 0
        for one in (*order[start:], *order[:start]):
            if any(case.decision is None for case in found[one]):
                return self.view(one)
        return None

    def _drafts(self, some: Sequence[Case]) -> list[Event]:
        return [e for case in some if not case.decision for e in case.drafts if e.actor == self.reviewer]

    def _said(self, some: Sequence[Case]) -> dict[str, Event]:
        """Return what was rated here of each commandment last, submitted or not."""
        decided = [case.decision for case in some if case.decision]
        return {e.payload["commandment"]: e for e in (*decided, *self._drafts(some))}

    def _state(self, conversation_id: str, some: Sequence[Case]) -> Json:
        said = self._said(some)
        rated = {name: e for name, e in said.items() if e.payload["rating"] is not None}
        status = "draft" if rated else "open"
        return {
            "conversation_id": conversation_id,
            "status": "submitted" if all(case.decision for case in some) else status,
            "reason": None,
            "revision": max((e.event_id for e in said.values()), default=0),
            "ratings": {name: rating_shape(e) for name, e in rated.items()},
            "cleared": {name: e.event_id for name, e in said.items() if name not in rated},
            "comment": "",
            "good_answers": [],
            "disputed_facts": [],
            "missing": [name for name in dict.fromkeys(case.slot[3] for case in some) if name not in rated],
        }

    def _refuse_unready(self, state: Json, without_evidence: bool) -> None:
        if state["missing"]:
            names = ", ".join(self.rubric[name].title for name in state["missing"])
            raise IncompleteError(f"{len(state['missing'])} not rated yet: {names}. Rate them.")
        on_fail = self.settings.evidence_on_fail
        fails = [name for name, r in state["ratings"].items() if r["rating"] == "fail" and not r["evidence"]]
        if fails and on_fail != "off" and not (on_fail == "ask" and without_evidence):
            instead = ", or submit without it" if on_fail == "ask" else ""
            names = ", ".join(self.rubric[name].title for name in fails)
            raise EvidenceError(f"No evidence for {names}. Mark the message that shows it{instead}.", state)

    def _append(self, acts: Sequence[Act], base: int | None) -> None:
        try:
            self._store.append_many(acts, SampleCheck(still_open(acts, base, self._store.disputes.blind)))
        except StaleError as error:
            raise StaleError(str(error), self.state(acts[0].conversation_id)) from None

    def _undone(self, uid: str, after: int | None) -> Event:
        drafts = [e for some in self._cases().values() for e in self._drafts(some)]
        if not drafts:
            raise InvalidActError("there is nothing to undo; a decision that was submitted stays")
        last = max(drafts, key=lambda e: e.event_id)
        if after is not None and last.event_id > after:
            words = f"Nothing was undone: something newer was done elsewhere in conversation {last.conversation_id!r}."
            raise StaleError(words, self.state(last.conversation_id))
        events = self._store.group(last.uid.partition(":")[0])
        payload: Json = {"kind": "rating", "commandment": last.payload["commandment"], "number": len(events)}
        where = last.conversation_id, last.rubric_hash, last.sample, payload
        acts = [
            Act(f"{uid}:{i}" if i else uid, self.reviewer, UNDO, "", *where, target=e.event_id)
            for i, e in enumerate(events)
        ]
        return self._store.append_many(acts)[0]

    def _answer(self, uid: str) -> Json:
        event = self._store.group(uid)[-1]
        found = self._cases()
        state = self._state(event.conversation_id, found.get(event.conversation_id, []))
        return {
            "state": state,
            "progress": self._progress(found),
            "event_id": event.event_id,
            "at": event.at.isoformat(),
        }
