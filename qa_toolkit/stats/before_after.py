"""One agent before and after a coaching session, and how much of the change chance alone would have made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from qa_toolkit.stats.comparing import rate_difference
from qa_toolkit.stats.frames import require
from qa_toolkit.stats.shrinking import shrunk_rates

BEFORE, AFTER = "before", "after"
FEWEST_AGENTS: Final = 3  # with fewer, nothing shows how far the true rates of agents differ
OTHERS: Final = "\0others"  # no agent is called so
FEW: Final = "too few to compare"
GAP: Final = ("difference", "low", "high")


class Span(NamedTuple):
    """A number with its interval; nan if not known."""

    value: float
    low: float
    high: float


NOTHING: Final = Span(np.nan, np.nan, np.nan)


@dataclass(frozen=True)
class BeforeAfter:
    """Pass rates of one agent before and after a day; rates are in [0, 1], differences in [-1, 1].

    Parameters
    ----------
    n_before, n_after : int
        Reviewed conversations.
    before, after : Span
        Pass rates.
    change : Span
        After minus before.
    expected : float
        The rate after that was to be expected if nothing had changed: the rate before, pulled to that of all agents
        as far as chance made it (`shrunk_rates`). Nan with fewer than three agents.
    beyond : Span
        After minus `expected`: the change that regression to the mean does not explain.
    others : Span
        After minus before of all other agents together.
    verdict : str
        Of `change`: "after higher", "before higher", "no difference shown" or "too few to compare".
    """

    n_before: int
    n_after: int
    before: Span
    after: Span
    change: Span
    expected: float
    beyond: Span
    others: Span
    verdict: str

    @property
    def too_few(self) -> bool:
        """Whether there are too few reviews on a side to compare."""
        return self.verdict == FEW

    @property
    def regression(self) -> float:
        """The change that was to be expected by chance alone: `expected` minus the rate before."""
        return self.expected - self.before.value


def before_after(ratings: pd.DataFrame, sample: pd.DataFrame, agent: str, level: float = 0.95) -> BeforeAfter:
    """Compare the pass rates of one agent before and after a coaching session.

    Who is coached was mostly chosen for a low rate, and a rate that is low by bad luck is higher the next time, coached
    or not: regression to the mean. So the rate after is held against two rates before: the plain one, and the one that
    is pulled to the rate of all agents as far as its few reviews ask for.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As in `pass_rates`; of the commandments that are asked for.
    sample : pandas.DataFrame
        As in `pass_rates`, drawn at random, with ``agent`` and ``period``: "before", "after", or anything else for what
        counts for neither.
    agent : str
    level : float
        Confidence, in (0, 1).

    Returns
    -------
    BeforeAfter

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.

    References
    ----------
    Galton (1886), Journal of the Anthropological Institute 15, 246-263. The interval of `change` is that of
    `rate_difference`, that of `beyond` is put together from the two intervals in the same way (Zou, Donner 2008,
    Statistics in Medicine 27, 1693-1702), the two periods having no conversation in common.
    """
    require("sample", sample, ["agent", "period"])
    agents = sample["agent"].astype("str")
    marked = sample.assign(agent=agents, who=np.where(agents == agent, agent, OTHERS))
    rates = shrunk_rates(ratings, marked, by="agent", each="period", level=level)
    n_agents = int(((rates["period"] == BEFORE) & (rates["n"] > 0)).sum())
    rates = rates[rates["agent"] == agent].set_index("period")
    gaps = rate_difference(ratings, marked, "period", AFTER, BEFORE, each="who", level=level).set_index("who")
    before, after = _span(rates, BEFORE), _span(rates, AFTER)
    prior = _span(rates, BEFORE, ("shrunk", "shrunk_low", "shrunk_high")) if n_agents >= FEWEST_AGENTS else NOTHING
    change = _span(gaps, agent, GAP)
    return BeforeAfter(
        n_before=int(rates["n"].get(BEFORE, 0)),
        n_after=int(rates["n"].get(AFTER, 0)),
        before=before,
        after=after,
        change=change,
        expected=prior.value,
        beyond=_minus(after, prior),
        others=_span(gaps, OTHERS, GAP),
        verdict=FEW if np.isnan(change.value) else str(gaps["verdict"][agent]),
    )


def _span(frame: pd.DataFrame, key: str, columns: tuple[str, str, str] = ("rate", "low", "high")) -> Span:
    return Span(*(float(frame[name][key]) for name in columns)) if key in frame.index else NOTHING


def _minus(one: Span, other: Span) -> Span:
    gap = one.value - other.value
    down = np.hypot(one.value - one.low, other.high - other.value)
    up = np.hypot(one.high - one.value, other.value - other.low)
    return Span(gap, gap - float(down), gap + float(up))
