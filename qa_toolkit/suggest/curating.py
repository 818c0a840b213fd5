"""What people decided about exemplars: retired, expired, merged, with a note, with an owner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import pandas as pd

from qa_toolkit.suggest.exemplars import ACTIVE, EXEMPLARS, FORGOTTEN

RETIRED: Final = "retired"
EXPIRED: Final = "expired"
MERGED: Final = "merged"
CURATED: Final = (*EXEMPLARS, "state", "reason", "owner", "expires_on", "stands_for")


@dataclass
class Curated:
    """What was decided about one exemplar.

    Parameters
    ----------
    retired : str
        Why it was retired and by whom; empty if it was not.
    expires_on : datetime.date or None
        From this day on it is not suggested.
    expiry : str
        Why, and by whom.
    into : str
        The exemplar that stands for it; empty if none does.
    note, owner : str
    """

    retired: str = ""
    expires_on: date | None = None
    expiry: str = ""
    into: str = ""
    note: str = ""
    owner: str = ""

    @property
    def hidden(self) -> bool:
        """Whether anything was decided that `restore` takes back."""
        return bool(self.retired or self.into or self.expires_on)


@dataclass
class Decisions:
    """What was decided about all exemplars; see `decided`."""

    by_id: dict[str, Curated] = field(default_factory=dict)

    def of(self, exemplar_id: str) -> Curated:
        """Return what was decided about one, to change it."""
        return self.by_id.setdefault(exemplar_id, Curated())


def decided(events: pd.DataFrame) -> Decisions:
    """Work out what was decided from the decisions one after another, whoever made them.

    Parameters
    ----------
    events : pandas.DataFrame
        As from `Store.curation`: exemplar_id, what, value, reason, actor, oldest first. ``what`` is ``retire``,
        ``restore`` (takes back what hides it), ``expiry`` (value: a day, or None), ``merge`` (value: the ids that it
        stands for from now on), ``note`` or ``owner`` (value: the text).
    """
    found = Decisions()
    columns = (events[name] for name in ("exemplar_id", "what", "value", "reason", "actor"))
    for exemplar_id, what, value, reason, actor in zip(*columns, strict=True):
        _decide(found, exemplar_id, what, value, f"{reason}, by {actor}" if reason else f"by {actor}")
    return found


def _decide(found: Decisions, exemplar_id: str, what: str, value: Any, why: str) -> None:
    one = found.of(exemplar_id)
    if what == "retire":
        one.retired = why
    elif what == "restore":
        one.retired, one.into, one.expires_on, one.expiry = "", "", None, ""
    elif what == "expiry":
        one.expires_on, one.expiry = (date.fromisoformat(value), why) if value else (None, "")
    elif what == "merge":
        one.into = ""  # it stands for itself again: so merging never goes round in a circle
        for other in set(value) - {exemplar_id}:
            found.of(other).into = exemplar_id
    elif what == "note":
        one.note = value
    elif what == "owner":
        one.owner = value


def curate(answers: pd.DataFrame, decisions: Decisions, today: date) -> pd.DataFrame:
    """Put what was decided to the answers that were found good.

    Of several reasons not to show an answer, the first of these counts: its customer was forgotten, a rating
    of it is under dispute, a review contradicts it, it was retired, it has expired, another one stands for it.

    Parameters
    ----------
    answers : pandas.DataFrame
        From `judged_answers`.
    decisions : Decisions
    today : datetime.date
        What has expired by.

    Returns
    -------
    pandas.DataFrame, shape (n_answers, 22)
        Columns `CURATED`: ``owner``, empty if there is none; ``expires_on``, missing if it does not expire;
        ``stands_for``, a list of the ids of merged exemplars. The note of whoever curates is the last line of ``note``.
    """
    ids = answers["exemplar_id"].tolist()
    ones = [decisions.by_id.get(exemplar_id, Curated()) for exemplar_id in ids]
    states = dict(zip(ids, zip(answers["state"], answers["reason"], strict=True), strict=True))
    for exemplar_id, one in zip(ids, ones, strict=True):
        if states[exemplar_id][0] == ACTIVE:
            states[exemplar_id] = _state(one, today)
    keepers = dict(_keepers(states, decisions))
    stands_for: dict[str, list[str]] = {exemplar_id: [] for exemplar_id in ids}
    for exemplar_id, keeper in keepers.items():
        stands_for[keeper].append(exemplar_id)
        if states[exemplar_id][0] == ACTIVE:
            states[exemplar_id] = (MERGED, f"merged into {keeper}")
    out = answers.copy()
    out["state"] = pd.Series([states[i][0] for i in ids], index=out.index, dtype="str")
    out["reason"] = pd.Series([states[i][1] for i in ids], index=out.index, dtype="str")
    notes = ["\n".join(filter(None, pair)) for pair in zip(out["note"], (one.note for one in ones), strict=True)]
    out["note"] = pd.Series(notes, index=out.index, dtype="str")
    out["owner"] = pd.Series([one.owner for one in ones], index=out.index, dtype="str")
    out["expires_on"] = pd.Series([one.expires_on for one in ones], index=out.index, dtype="datetime64[us]")
    out["stands_for"] = pd.Series([stands_for[i] for i in ids], index=out.index, dtype=object)
    return out[list(CURATED)]


def _state(one: Curated, today: date) -> tuple[str, str]:
    if one.retired:
        return RETIRED, one.retired
    if one.expires_on and one.expires_on <= today:
        return EXPIRED, f"expired on {one.expires_on}: {one.expiry}"
    return ACTIVE, ""


def _keepers(states: Mapping[str, tuple[str, str]], decisions: Decisions) -> Iterator[tuple[str, str]]:
    """Yield each merged exemplar and the one that stands for it: the last of its chain that has a text.

    One whose keeper was forgotten, or is no good answer any longer, stands for itself again. One whose keeper was
    retired, has expired or was contradicted does not: they say the same.
    """
    for exemplar_id in states:
        keeper, step = "", decisions.of(exemplar_id).into if exemplar_id in decisions.by_id else ""
        while step:
            if step in states and states[step][0] != FORGOTTEN:
                keeper = step
            step = decisions.by_id[step].into
        if keeper:
            yield exemplar_id, keeper


def best_first(exemplars: pd.DataFrame) -> list[str]:
    """Return the ids of exemplars, the best verified first.

    By how many people verified it, then marked before rated before what only customers found good, for how many
    commandments, by votes, then the newest; equals by id.
    """
    order = pd.DataFrame(
        {
            "exemplar_id": exemplars["exemplar_id"],
            "people": -exemplars["verified_by"].map(len),
            "source": exemplars["source"].map({"marked": 0, "rated": 1}).fillna(2),
            "commandments": -exemplars["commandments"].map(len),
            "votes": -exemplars["votes"],
            "sent_at": exemplars["sent_at"],
        }
    ).reset_index(drop=True)
    order = order.sort_values("exemplar_id").sort_values("sent_at", ascending=False, kind="stable")
    names = ["people", "source", "commandments", "votes"]
    ranked = order.sort_values(names, kind="stable")["exemplar_id"]
    return [str(exemplar_id) for exemplar_id in ranked]
