"""How often agents fail, with intervals from the design of the samples: what is worst, and how certain that is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pandas as pd

from qa_toolkit.coaching.values import filtered
from qa_toolkit.errors import SamplingError
from qa_toolkit.project import Project
from qa_toolkit.project.curation import newest_ratings
from qa_toolkit.project.progress import random_part
from qa_toolkit.stats import pass_rates

Json = dict[str, Any]
KNOWN = ["conversation_id", "agent", "channel", "language", "started_at"]


class FailRates:
    """The share of fails among what applies, of whoever had the conversation; as of when this was made.

    Weighted by the design: of the one sample that there is, or of what chance alone put into several. Where nothing was
    drawn by chance, every conversation that was reviewed counts alike, and `of_design` is False.

    Parameters
    ----------
    project : Project
    """

    def __init__(self, project: Project) -> None:
        self._ratings = newest_ratings(project.store.rating_codes())
        drawn = _drawn(project)
        self.of_design = drawn is not None
        if drawn is None:
            reviewed = pd.DataFrame({"conversation_id": self._ratings["conversation_id"].unique()})
            drawn = reviewed.assign(stratum="all", inclusion_probability=1.0)
        self._sample = drawn.merge(project.conversations()[KNOWN], how="left", on="conversation_id")

    def of_agents(self) -> dict[str, Json]:
        """Return the rate of each agent over all commandments: ``n`` conversations, ``rate``, ``low``, ``high``."""
        return self._rates(self._sample, "agent")

    def of_commandments(
        self, equal: Mapping[str, str | None], since: str | None = None, until: str | None = None
    ) -> dict[str, Json]:
        """Return the rate of each commandment, in the conversations that `filtered` lets through.

        Raises
        ------
        InvalidActError
            If a day cannot be read.
        """
        mine = self._sample.index.isin(filtered(self._sample, equal, since, until).index)
        # The others stay: what a sample tells of a part of it depends on the whole.
        rates = self._rates(self._sample.assign(mine=mine), ["mine", "commandment"])
        return {name: numbers for (is_mine, name), numbers in rates.items() if is_mine}

    def _rates(self, sample: pd.DataFrame, by: Any) -> dict[Any, Json]:
        if self._ratings.empty:
            return {}
        table = pass_rates(self._ratings, sample, by, rating="fail").dropna(subset=["rate"])
        numbers = zip(table["n"], table["rate"], table["low"], table["high"], strict=True)
        keys = table[by].itertuples(index=False, name=None) if isinstance(by, list) else table[by]
        return {
            key: {"n": int(n), "rate": float(rate), "low": float(low), "high": float(high)}
            for key, (n, rate, low, high) in zip(keys, numbers, strict=True)
        }


def _drawn(project: Project) -> pd.DataFrame | None:
    """Return what the rates can be estimated from, or None where nothing was drawn by chance."""
    names = project.samples()["sample"].tolist()
    if len(names) == 1:
        items = project.store.sample(names[0])
        return items if items["inclusion_probability"].notna().any() else None
    with suppress(SamplingError):
        return random_part(project.store, names)
    return None
