"""An agent before and after a coaching session, from what chance drew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import NotFoundError, SamplingError, instead
from qa_toolkit.project.curation import newest_ratings
from qa_toolkit.project.past import moment
from qa_toolkit.report.progress import progress_words
from qa_toolkit.stats.before_after import AFTER, BEFORE, BeforeAfter, before_after
from qa_toolkit.stats.frames import originals
from qa_toolkit.store import Store

EVEN: Final = ("random", "core")  # the parts of a sample that nothing about a conversation was looked at for


@dataclass(frozen=True)
class Change:
    """A comparison of one agent before and after a day; print it.

    Parameters
    ----------
    agent : str
    commandment : str or None
        None: over all commandments.
    at : datetime.datetime
        The end of the day of the session, or its time.
    found : BeforeAfter
        The numbers.
    """

    agent: str
    commandment: str | None
    at: datetime
    found: BeforeAfter

    def __str__(self) -> str:
        return (
            f"{self.agent}, {self.commandment or 'all commandments'}, {self.at:%Y-%m-%d}: {progress_words(self.found)}"
        )


class Progressing:
    """The part of a `Project` that looks at what became of coaching."""

    store: Store

    def before_after(
        self,
        agent: str,
        commandment: str | None = None,
        *,
        at: str | date,
        sample: str | Sequence[str] | None = None,
        level: float = 0.95,
    ) -> Change:
        """Compare an agent's pass rates before and after a coaching session, on what chance drew only.

        What a sample holds for its risk, its size or its diversity is left out; see ``docs/coaching.md``.

        Parameters
        ----------
        agent : str
            Who had the conversations.
        commandment : str, optional
            Over all commandments if left out.
        at : str, datetime.date or datetime.datetime
            A date: what began on that day (in UTC) is neither before nor after; or a time with its zone.
        sample : str or list of str, optional
            All samples if left out. What several samples hold counts with the first.
        level : float
            Confidence, in (0, 1).

        Returns
        -------
        Change
            ``found`` holds the numbers; printed, it says them, with the change that was to be expected by chance alone.

        Raises
        ------
        NotFoundError
            If there is no such agent, commandment or sample.
        SamplingError
            If no sample has a part that was drawn at random.
        StoreError
            If `at` is no date, or a time without a zone.
        """
        return self.changes(agent, [commandment], at, sample, level)[0]

    def changes(
        self,
        agent: str,
        commandments: Sequence[str | None],
        at: str | date,
        sample: str | Sequence[str] | None = None,
        level: float = 0.95,
    ) -> list[Change]:
        """Return `before_after` for each of some commandments (None: over all), read once."""
        end = moment(at)
        drawn = random_part(self.store, [sample] if isinstance(sample, str) else sample)
        known = self.store.conversations(drawn["conversation_id"].tolist())
        marked = drawn.merge(known[["conversation_id", "agent", "started_at"]], on="conversation_id")
        marked["period"] = _period(marked["started_at"], end)
        _check("agent", agent, set(marked["agent"].dropna()), "in these samples")
        ratings = newest_ratings(self.store.rating_codes())
        rated = set(ratings["commandment"].unique())
        changes: list[Change] = []
        for name in commandments:
            if name is not None:
                _check("commandment", name, rated, "that was rated")
            mine = ratings if name is None else ratings[ratings["commandment"] == name]
            changes.append(Change(agent, name, end, before_after(mine, marked, agent, level)))
        return changes


def random_part(store: Store, names: Sequence[str] | None) -> pd.DataFrame:
    """Return what chance alone put into some samples (all if none is named), with strata of their own.

    Of a sample with a core, the core alone is an equal-probability sample of each stratum: its probability there is
    the number of core conversations, divided by the size of the stratum, Σ 1/π over all that was drawn.
    """
    names = store.samples()["sample"].tolist() if names is None else list(names)
    parts = [_even(store.sample(name)).assign(sample=name) for name in names]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if found.empty:
        listed = f" ({', '.join(names)})" if names else ""
        raise SamplingError(
            f"no sample{listed} has a random part; draw one with project.sample, at random or with a core"
        )
    found["stratum"] = found["sample"] + ": " + found["stratum"]
    return found.drop_duplicates("conversation_id").reset_index(drop=True)


def _even(items: pd.DataFrame) -> pd.DataFrame:
    even = items["part"].isin(EVEN)
    if (items["part"].isin(["core", "weighted"])).any():
        drawn, stratum = originals(items), items["stratum"].fillna("")
        size = (1 / items["inclusion_probability"]).where(drawn).groupby(stratum).sum()
        count = (even & drawn).groupby(stratum).sum()
        chance = stratum.map(count / size).clip(upper=1.0)
        items = items.assign(inclusion_probability=chance)
    return items[even]


def _period(started: pd.Series[pd.Timestamp], end: datetime) -> list[str]:
    begin = end.replace(hour=0, minute=0, second=0, microsecond=0) if end.time() == time.max else end
    return list(np.select([started < begin, started > end], [BEFORE, AFTER], "neither"))


def _check(what: str, value: str, known: set[str], where: str) -> None:
    if value not in known:
        names = sorted(map(str, known))
        raise NotFoundError(f"there is no {what} {value!r} {where}; {instead(value, names)}")
