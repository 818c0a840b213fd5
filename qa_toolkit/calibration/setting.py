"""How a calibration is set up: who rates which conversations, by which rubric. It is one event of the log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd

from qa_toolkit.calibration.queue import calibration_queue
from qa_toolkit.errors import InvalidActError, NotFoundError, SamplingError, instead
from qa_toolkit.project import Project
from qa_toolkit.project.numbers import rubric_of
from qa_toolkit.review.acts import checked_text
from qa_toolkit.review.shapes import text_hash
from qa_toolkit.rubric import Rubric
from qa_toolkit.sampling import draw
from qa_toolkit.store import Act, Event
from qa_toolkit.store.calibrations import SETTING

DEFAULT_N: Final = 10
MAX_CONVERSATIONS: Final = 500  # one query looks for them all; people discuss a few dozen
MAX_NAME: Final = 200  # characters
REVIEWED: Final = ("drawn", "substitute")  # statuses in a sample
COLUMNS: Final = ["name", "reviewers", "lead", "n", "hide_agent", "rubric_hash", "started_at"]


@dataclass(frozen=True)
class Setting:
    """How a calibration is set up.

    Parameters
    ----------
    name : str
    reviewers : tuple of str
        Who rates.
    conversations : tuple of str
        Ids, in the order in which they are shown.
    rubric_hash : str
    hide_agent : bool
        Whether the agents' names are hidden.
    lead : str
        Who decides where ratings differ; empty: each of the reviewers may.
    """

    name: str
    reviewers: tuple[str, ...]
    conversations: tuple[str, ...]
    rubric_hash: str
    hide_agent: bool
    lead: str

    @property
    def sample(self) -> str:
        """What the events of this calibration bear as their sample."""
        return f"{SETTING}:{self.name}"

    def may_decide(self, who: str) -> bool:
        """Say whether somebody may decide where ratings differ."""
        return who == self.lead if self.lead else who in self.reviewers


def start_calibration(
    project: Project,
    name: str,
    reviewers: Sequence[str],
    sample: str | None = None,
    conversations: Sequence[str] | None = None,
    lead: str = "",
    rubric: str | Path | Rubric = "commandments",
    hide_agent: bool = True,
    n: int | None = None,
    seed: int = 0,
    disputed: bool = False,
) -> Setting:
    """Set up a calibration: reviewers who are to rate the same conversations blind, and then to compare.

    The same call again returns what was set up, also when more conversations have come in since.

    Parameters
    ----------
    project : Project
    name : str
        Not taken by another calibration.
    reviewers : sequence of str
        Who rates. A single one, who rated the same conversations before, shows how steady one's own ratings are.
    sample : str, optional
        Draw from this sample.
    conversations : sequence of str, optional
        Ids of the conversations, in place of a draw.
    lead : str
        Who decides where ratings differ; if empty, each of the reviewers may. A lead need not rate.
    rubric : str, Path or Rubric
        Name of a rubric of the package, path of a TOML file, or a rubric.
    hide_agent : bool
        Whether the agents' names are hidden.
    n : int, optional
        How many conversations are drawn, 10 if left out (or all, if there are fewer).
    seed : int
        Another seed draws others.
    disputed : bool
        Whether what `calibration_queue` offers, and was in no calibration yet, comes first; the rest is drawn.

    Returns
    -------
    Setting

    Raises
    ------
    InvalidActError
        If names are missing, or the name of the calibration is taken.
    SamplingError
        If so many conversations cannot be drawn.
    NotFoundError
        If a conversation or the sample is not there.
    """
    people, title, chief = _names(reviewers), _name(name), checked_text(lead, "lead").strip()
    chosen = rubric_of(rubric)
    given = None if conversations is None else list(dict.fromkeys(conversations))
    asked: dict[str, Any] = {"sample": sample, "conversations": given, "n": n, "seed": int(seed)}
    if disputed:  # left out otherwise, so that what was set up before there were any stays the same
        asked["disputed"] = True
    head = {"reviewers": people, "lead": chief, "hide_agent": bool(hide_agent), "rubric_hash": chosen.hash}
    known = _find(project, title)
    if known is None:
        ids = _drawn(project, asked)
        project.store.save_rubric(chosen.hash, chosen.id, chosen.version, chosen.title, chosen.text)
        payload = {"name": title, **head, "conversations": ids, "asked": asked}
        # The id is the name's: of two people who start it at the same time, one is refused or gets what the other made.
        uid, who = text_hash(f"{SETTING}\n{title}"), chief or people[0]
        act = Act(uid, who, SETTING, SETTING, "", chosen.hash, f"{SETTING}:{title}", payload)
        try:
            known = project.store.append(act)
        except InvalidActError:
            known = _find(project, title)
    if known is None or {key: known.payload[key] for key in (*head, "asked")} != {**head, "asked": asked}:
        raise InvalidActError(f"there is a calibration {title!r} already, set up in another way; take another name")
    return _setting(known)


def setting_of(project: Project, name: str) -> Setting:
    """Return how a calibration was set up.

    Raises
    ------
    NotFoundError
        If there is no such calibration; the message lists those that there are.
    """
    known = _find(project, name.strip())
    if known is None:
        names = [event.payload["name"] for event in project.store.calibrations.settings()]
        there = instead(name, names) if names else "start one with start_calibration(...)"
        raise NotFoundError(f"there is no calibration {name!r}; {there}")
    return _setting(known)


def calibrations(project: Project) -> pd.DataFrame:
    """Return one row for each calibration, in the order in which they were set up.

    Returns
    -------
    pandas.DataFrame, shape (n, 7)
        ``name``, ``reviewers`` (list), ``lead``, ``n`` (conversations), ``hide_agent``, ``rubric_hash``,
        ``started_at`` (UTC).
    """
    rows = [{**e.payload, "n": len(e.payload["conversations"]), "started_at": e.at} for e in _settings(project)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["started_at"] = pd.to_datetime(frame["started_at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    texts = dict.fromkeys(("name", "lead", "rubric_hash"), "str")
    return frame.astype({**texts, "n": "int64", "hide_agent": "bool"})


def _settings(project: Project) -> list[Event]:
    return project.store.calibrations.settings()


def _find(project: Project, name: str) -> Event | None:
    return next((event for event in _settings(project) if event.payload["name"] == name), None)


def _setting(event: Event) -> Setting:
    p = event.payload
    lists = {key: tuple(p[key]) for key in ("reviewers", "conversations")}
    return Setting(name=p["name"], rubric_hash=p["rubric_hash"], hide_agent=p["hide_agent"], lead=p["lead"], **lists)


def _name(name: str) -> str:
    title = checked_text(name, "name").strip()
    if not title or len(title) > MAX_NAME:
        raise InvalidActError(f"a calibration needs a name of up to {MAX_NAME} characters, such as 'march'")
    return title


def _names(reviewers: Sequence[str]) -> list[str]:
    if isinstance(reviewers, str):
        raise InvalidActError(f"reviewers is the text {reviewers!r}; give a list of names, such as ['ruth', 'sam']")
    names = [checked_text(name, "reviewer's name").strip() for name in reviewers]
    if not names or not all(names):
        raise InvalidActError("a calibration needs the names of its reviewers, such as reviewers=['ruth', 'sam']")
    if len(set(names)) < len(names):
        raise InvalidActError("a reviewer is named twice; name each once")
    return names


def _drawn(project: Project, asked: dict[str, Any]) -> list[str]:
    if asked["conversations"] is not None:
        ids = _given(project, asked)
    else:
        frame = _frame(project, asked["sample"])
        n = min(DEFAULT_N, len(frame)) if asked["n"] is None else asked["n"]
        first = _disputed(project, asked["sample"], n) if asked.get("disputed") else []
        rest = frame[~frame["conversation_id"].isin(first)]
        left = n - len(first)
        more = [] if first and not left else draw(rest, left, seed=asked["seed"]).items["conversation_id"].tolist()
        ids = [*first, *more]
    if len(ids) > MAX_CONVERSATIONS:
        raise SamplingError(f"{len(ids):,} conversations are too many to discuss; take {MAX_CONVERSATIONS} at most")
    return ids


def _disputed(project: Project, sample: str | None, n: int) -> list[str]:
    queue = calibration_queue(project, sample)
    return [str(one) for one in queue.loc[~queue["calibrated"], "conversation_id"].head(n)]


def _given(project: Project, asked: dict[str, Any]) -> list[str]:
    ids: list[str] = asked["conversations"]
    if asked["sample"] is not None or asked["n"] is not None or asked.get("disputed"):
        raise SamplingError("give either the conversations, or what to draw: a sample, how many (n), disputed")
    missing = set(ids) - set(project.store.conversations(ids)["conversation_id"])
    if missing:
        raise NotFoundError(f"there is no conversation {min(missing)!r}; import it first")
    if not ids:
        raise SamplingError("name at least one conversation, or leave conversations out to have some drawn")
    return ids


def _frame(project: Project, sample: str | None) -> pd.DataFrame:
    """Return the conversations to draw from: of the sample or all, without those that nobody can read any more."""
    store = project.store
    if sample is None:
        frame = store.conversations()[["conversation_id"]]
    else:
        items = store.sample(sample)
        frame = items.loc[items["status"].isin(REVIEWED), ["conversation_id"]]
    frame = frame[~frame["conversation_id"].isin(store.forgotten())]
    if frame.empty:
        raise SamplingError("there is no conversation to draw; import some first, or name another sample")
    return frame
