"""What the events of a calibration come to: for each conversation the ratings of both rounds, submits and decisions.

Nothing here is blind: it is what is true. What of it somebody may see, `qa_toolkit.calibration.shapes` decides.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from qa_toolkit.calibration.setting import Setting
from qa_toolkit.store import Event, Store
from qa_toolkit.store.acts import UNDO
from qa_toolkit.store.calibrations import DECISION, EXCUSE, NOTE, RATING, SUBMIT

FIRST, SECOND = 1, 2
Rated = Mapping[str, Event]  # by commandment


@dataclass(frozen=True)
class Folded:
    """What is true of one conversation of a calibration.

    Parameters
    ----------
    conversation_id : str
    setting : Setting
    events : tuple of Event
        Those that were not undone, oldest first, without undos.
    """

    conversation_id: str
    setting: Setting
    events: tuple[Event, ...]

    @cached_property
    def slots(self) -> dict[tuple[str, str], Event]:
        """By actor and slot: the newest event."""
        return {(event.actor, event.slot): event for event in self.events}

    @cached_property
    def _rated(self) -> dict[tuple[str, int], dict[str, Event]]:
        found: dict[tuple[str, int], dict[str, Event]] = {}
        for event in self.slots.values():
            if event.kind == RATING and event.payload["rating"] is not None:
                by_commandment = found.setdefault((event.actor, event.payload["round"]), {})
                by_commandment[event.payload["commandment"]] = event
        return found

    def ratings(self, reviewer: str, round_: int) -> Rated:
        """Return what a reviewer gave in one round, by commandment."""
        return self._rated.get((reviewer, round_), {})

    def standing(self, reviewer: str) -> Rated:
        """Return a reviewer's ratings as they stand: the second ones, and the first ones where there is no second."""
        return {**self.ratings(reviewer, FIRST), **self.ratings(reviewer, SECOND)}

    @cached_property
    def _submitted(self) -> set[tuple[str, int]]:
        return {(e.actor, e.payload["round"]) for e in self.slots.values() if e.kind == SUBMIT}

    def submitted(self, reviewer: str, round_: int) -> bool:
        """Say whether a reviewer has submitted a round."""
        return (reviewer, round_) in self._submitted

    @cached_property
    def revealed(self) -> bool:
        """Whether all who are not excused have submitted their first ratings: from then on, for good, all may see them.

        Neither a submit nor an excuse can be taken back, and an excuse leaves two at least.
        """
        return all(self.submitted(reviewer, FIRST) for reviewer in self.present)

    @cached_property
    def asked_to_excuse(self) -> dict[str, Event]:
        """By reviewer: the first excuse, also of one who has submitted before it."""
        return {e.payload["reviewer"]: e for e in reversed(self.events) if e.kind == EXCUSE}

    @cached_property
    def excused(self) -> dict[str, Event]:
        """By reviewer: the excuse of one who has not submitted. After it, nobody can."""
        return {who: event for who, event in self.asked_to_excuse.items() if not self.submitted(who, FIRST)}

    @cached_property
    def present(self) -> tuple[str, ...]:
        """The reviewers who are not excused: those who are waited for, and whose ratings count."""
        return tuple(reviewer for reviewer in self.setting.reviewers if reviewer not in self.excused)

    def waits_for(self, reviewer: str) -> bool:
        """Say whether a reviewer can be excused; without a lead, whatever this one has submitted: nobody may tell."""
        if self.revealed or reviewer in self.asked_to_excuse:
            return False
        return not (self.setting.lead and self.submitted(reviewer, FIRST))

    @cached_property
    def notes(self) -> dict[str, Event]:
        """By person: the note."""
        return {e.actor: e for e in self.slots.values() if e.kind == NOTE and e.payload["text"]}

    @cached_property
    def decisions(self) -> dict[str, Event]:
        """By commandment: what was decided last, whoever did."""
        found = sorted((e for e in self.slots.values() if e.kind == DECISION), key=lambda e: e.event_id)
        return {event.payload["commandment"]: event for event in found}

    @cached_property
    def differed(self) -> set[str]:
        """Commandments whose first ratings are not all the same."""
        return _differing(self.ratings(reviewer, FIRST) for reviewer in self.present)

    @cached_property
    def differences(self) -> set[str]:
        """Commandments whose ratings as they stand are not all the same."""
        return _differing(self.standing(reviewer) for reviewer in self.present)

    @cached_property
    def left(self) -> set[str]:
        """Differences without a decision, once all is revealed."""
        return self.differences - self.decisions.keys() if self.revealed else set()

    def of(self, actor: str) -> list[Event]:
        """Return the events of one actor, oldest first."""
        return [event for event in self.events if event.actor == actor]


def _differing(ratings: Iterable[Rated]) -> set[str]:
    values: dict[str, set[str]] = {}
    for rated in ratings:
        for commandment, event in rated.items():
            values.setdefault(commandment, set()).add(event.payload["rating"])
    return {commandment for commandment, found in values.items() if len(found) > 1}


class Log:
    """The events of one calibration, read as they come in. Safe to use from any thread.

    Parameters
    ----------
    store : Store
    setting : Setting
    """

    def __init__(self, store: Store, setting: Setting) -> None:
        self._store = store
        self._setting = setting
        self._seen = 0
        self._undone: set[int] = set()
        self._events: dict[str, list[Event]] = {name: [] for name in setting.conversations}
        self._folded: dict[str, Folded] = {}
        self._lock = threading.Lock()

    def read(self) -> dict[str, Folded]:
        """Return what is true now of each conversation, in the order of the setting."""
        with self._lock:
            self._catch_up()
            for name in self._setting.conversations:
                if name not in self._folded:
                    live = (e for e in self._events[name] if e.event_id not in self._undone)
                    self._folded[name] = Folded(name, self._setting, tuple(live))
            return {name: self._folded[name] for name in self._setting.conversations}

    def _catch_up(self) -> None:
        setting = self._setting
        found = self._store.calibrations.events(setting.sample, setting.conversations, self._seen)
        if not self._store.people.sees_all and any(event.kind in (SUBMIT, EXCUSE) for event in found):
            # What was written before can be seen since: behind walls the database itself is blind.
            self._undone, self._folded = set(), {}
            self._events = {name: [] for name in setting.conversations}
            found = self._store.calibrations.events(setting.sample, setting.conversations, 0)
        for event in found:
            self._seen = event.event_id
            self._folded.pop(event.conversation_id, None)
            if event.kind == UNDO and event.target is not None:
                self._undone.add(event.target)
            else:
                self._events[event.conversation_id].append(event)
