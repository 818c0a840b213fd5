"""What a screen receives of a calibration: of peers nothing at all until all have submitted.

Numbers of the log are left out of all of it: they count what everybody does. A person's own acts are numbered by
themselves (``revision``), and decisions go by the id of their act.
"""

from __future__ import annotations

from collections.abc import Mapping

from qa_toolkit.calibration.acts import undoable
from qa_toolkit.calibration.folding import FIRST, SECOND, Folded, Rated
from qa_toolkit.calibration.setting import Setting
from qa_toolkit.review.shapes import Json
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Event


def stage(folded: Folded, viewer: str) -> str:
    """Return how far a conversation is for somebody: open, draft, waiting, revealed, again or decided."""
    if folded.revealed:
        if not folded.left:
            return "decided"
        return "again" if folded.submitted(viewer, SECOND) or folded.ratings(viewer, SECOND) else "revealed"
    if viewer not in folded.present or folded.submitted(viewer, FIRST):
        return "waiting"
    return "draft" if folded.ratings(viewer, FIRST) else "open"


def round_now(folded: Folded, viewer: str) -> int:
    """Return the round that somebody may rate in now: 1, 2, or 0 for none."""
    if viewer not in folded.present:
        return 0
    if not folded.submitted(viewer, FIRST):
        return FIRST
    return SECOND if folded.revealed and not folded.submitted(viewer, SECOND) else 0


def state_shape(folded: Folded, viewer: str, rubric: Rubric) -> Json:
    """Return the state of a conversation for somebody."""
    rated, is_in, ids = folded.ratings(viewer, FIRST), viewer in folded.present, rubric.ids
    shown = folded.revealed
    return {
        "conversation_id": folded.conversation_id,
        "stage": stage(folded, viewer),
        "round": round_now(folded, viewer),
        "revision": max((e.seq for e in folded.of(viewer)), default=0),
        "ratings": {name: _own_rating(e) for name, e in rated.items()},
        "again": {name: _own_rating(e) for name, e in folded.ratings(viewer, SECOND).items()},
        "submitted": folded.submitted(viewer, FIRST),
        "submitted_again": folded.submitted(viewer, SECOND),
        "missing": [name for name in ids if is_in and name not in rated],
        "excused": _excused(folded, viewer),
        "notes": _notes(folded, viewer),
        "decisions": {name: _decision(e) for name, e in folded.decisions.items()} if shown else {},
        "differences": [name for name in ids if shown and name in folded.differences],
        "differed": [name for name in ids if shown and name in folded.differed],
    }


def peers_shape(folded: Folded, viewer: str) -> list[Json] | None:
    """Return the ratings of the others, or None before all have submitted."""
    if not folded.revealed:
        return None
    return [_peer(folded, name) for name in folded.present if name != viewer]


def conversations_shape(all_folded: Mapping[str, Folded], viewer: str, rubric: Rubric) -> list[Json]:
    """Return how far each conversation is for somebody."""
    to_rate = len(rubric) if all_folded and viewer in next(iter(all_folded.values())).setting.reviewers else 0
    return [
        {
            "conversation_id": name,
            "position": position,
            "stage": stage(folded, viewer),
            "rated": len(folded.ratings(viewer, FIRST)),
            "to_rate": to_rate,
            "left": len(folded.left),
        }
        for position, (name, folded) in enumerate(all_folded.items())
    ]


def setting_shape(setting: Setting, viewer: str) -> Json:
    """Return how a calibration was set up, and what somebody may do in it."""
    return {
        "name": setting.name,
        "reviewer": viewer,
        "reviewers": list(setting.reviewers),
        "lead": setting.lead,
        "may_rate": viewer in setting.reviewers,
        "may_decide": setting.may_decide(viewer),
        "hide_agent": setting.hide_agent,
    }


def newest(all_folded: Mapping[str, Folded], viewer: str) -> int:
    """Return the person's own number of the newest act that an undo would take back, 0 for none."""
    return max((e.seq for folded in all_folded.values() for e in undoable(folded, viewer)), default=0)


def _peer(folded: Folded, reviewer: str) -> Json:
    return {
        "reviewer": reviewer,
        "ratings": _ratings(folded.ratings(reviewer, FIRST)),
        "again": _ratings(folded.ratings(reviewer, SECOND)),
        "submitted_again": folded.submitted(reviewer, SECOND),
    }


def _ratings(rated: Rated) -> Json:
    return {name: _rating(event) for name, event in rated.items()}


def _own_rating(event: Event) -> Json:
    return {**_rating(event), "revision": event.seq}


def _rating(event: Event) -> Json:
    p = event.payload
    shown = {"rating": p["rating"], "evidence": _spans(event), "comment": p["comment"]}
    return {**shown, "root_causes": p.get("root_causes", [])}


def _spans(event: Event) -> list[Json]:
    return [{key: span[key] for key in ("position", "start", "end")} for span in event.payload["evidence"]]


def _decision(event: Event) -> Json:
    kept = {name: event.payload[name] for name in ("rating", "reason", "example")}
    return {**kept, "evidence": _spans(event), "by": event.actor, "at": event.at.isoformat(), "uid": event.uid}


def _excused(folded: Folded, viewer: str) -> list[Json]:
    """Return who is excused; before the reveal only oneself, as it says of others that they have not submitted."""
    shown = {who: e for who, e in folded.excused.items() if folded.revealed or who == viewer}
    return [{"reviewer": who, "by": e.actor, "reason": e.payload["reason"]} for who, e in shown.items()]


def _notes(folded: Folded, viewer: str) -> list[Json]:
    notes = {who: e for who, e in folded.notes.items() if folded.revealed or who == viewer}
    return [{"reviewer": who, "text": event.payload["text"]} for who, event in notes.items()]
