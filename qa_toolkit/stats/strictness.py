"""How strict reviewers are, and what agents' scores would be without it; formulas in ``docs/statistics.md``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, special

from qa_toolkit.stats.codes import Codes, add_up, observed
from qa_toolkit.stats.coding import Coded, coded
from qa_toolkit.stats.design import Array, Cells, Parts
from qa_toolkit.stats.estimates import TOO_FEW
from qa_toolkit.stats.hajek import ALIKE, Precision, hajek, ratios
from qa_toolkit.stats.intervals import wilson_limits
from qa_toolkit.stats.severity import MOST_LEVER, Model, centred, model_of, shared_error

AGENT = ("agent", "n", "raw", "raw_low", "raw_high", "adjusted", "low", "high", "too_few", "group")
REVIEWER = ("reviewer", "n", "raw", "severity", "low", "high", "too_few", "verdict", "group")
COMMANDMENT = ("commandment", "n", "raw", "difficulty", "low", "high", "too_few")


@dataclass(frozen=True)
class Strictness:
    """What belongs to the agents and what to the reviewers.

    Parameters
    ----------
    agents : pandas.DataFrame
        ``agent``, ``n`` (conversations), ``raw``, ``raw_low``, ``raw_high`` (the score in [0, 1] as it was rated: pass
        1, partial 0.5, fail 0, weighted by the design), ``adjusted``, ``low``, ``high`` (the score that the same
        conversations would have from the average reviewer), ``too_few`` (to rank by), ``group``.
    reviewers : pandas.DataFrame
        ``reviewer``, ``n``, ``raw`` (mean score given), ``severity``, ``low``, ``high`` (how far below the average
        reviewer this one rates the same work, so above 0 is strict), ``too_few``, ``verdict``, ``group``.
    commandments : pandas.DataFrame
        ``commandment``, ``n``, ``raw``, ``difficulty``, ``low``, ``high`` (how far below the average commandment it is
        rated, with the same agents and reviewers), ``too_few``.
    note : str
        What to heed; empty where there is nothing. Only what has the same ``group`` can be compared: between groups, no
        agent and no conversation tells what is the reviewer's and what the agent's. ``group`` is missing where an
        agent's reviewers are of several.
    """

    agents: pd.DataFrame
    reviewers: pd.DataFrame
    commandments: pd.DataFrame
    note: str


def strictness(ratings: pd.DataFrame, sample: pd.DataFrame, level: float = 0.95) -> Strictness:
    """Separate the strictness of reviewers from the scores of agents.

    An additive model, agent + reviewer + commandment, is fitted to the values of the ratings by least squares with the
    weights of the design. Its errors are clustered by conversation. The average reviewer is the mean over what was
    rated, so that adjusting moves agents and leaves the whole where it is.

    Parameters
    ----------
    ratings : pandas.DataFrame
        As from ``store.ratings(submitted=True)``; ``na`` is left out.
    sample : pandas.DataFrame
        ``conversation_id``, ``stratum``, ``inclusion_probability``, ``agent``.
    level : float
        Confidence, in (0, 1).

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have.

    References
    ----------
    Searle (1971), *Linear Models*; Liang and Zeger (1986), Biometrika 73, 13-22; Mancl and DeRouen (2001), Biometrics
    57, 126-134; Zou and Donner (2008), Statistics in Medicine 27, 1693-1702.
    """
    found = coded(ratings, sample)
    return strictness_of(found, shared_error(found), level)


def strictness_of(found: Coded, shared: float, level: float = 0.95) -> Strictness:
    """Return `strictness` of coded ratings, with the `shared_error` of theirs."""
    if not len(found.value):
        agents, reviewers, commandments = (pd.DataFrame(columns=list(c)) for c in (AGENT, REVIEWER, COMMANDMENT))
        return Strictness(agents, reviewers, commandments, "Nothing is rated yet.")
    model = model_of(found, shared)
    columns, influence = model.levels(found.reviewer, 0, level)
    agents = pd.DataFrame({"agent": found.agents, **_agents(model, columns["below"], influence, level)})
    agents["group"] = _groups_of_agents(found.agent, columns["group"][found.reviewer])
    reviewers = pd.DataFrame({"reviewer": found.reviewers, "severity": columns.pop("below"), **columns})
    reviewers["verdict"] = [
        _verdict(*row) for row in zip(*(columns[c] for c in ("low", "high", "too_few")), strict=True)
    ]
    columns, _ = model.levels(found.commandment, len(found.reviewers), level)
    commandments = pd.DataFrame({"commandment": found.commandments, "difficulty": columns.pop("below"), **columns})
    note = _note(reviewers)
    return Strictness(agents[list(AGENT)], reviewers[list(REVIEWER)], commandments[list(COMMANDMENT)], note)


def _agents(model: Model, severity: Array, influence: Array, level: float) -> dict[str, Any]:
    """Return raw and adjusted scores.

    The adjusted one has the error of the score and that of the severities; their limits are put together by squares,
    with the correlation of the two (Zou and Donner 2008).
    """
    found, design = model.found, model.found.design
    n_agents, n = len(found.agents), len(design.weights)
    raw, own = (_cells(found, value) for value in (found.value, found.value + severity[found.reviewer]))
    estimate = hajek(raw, design, False, level, is_mean=True)
    raw_variance = Precision.of(raw, design, False, is_mean=True).variance
    total, adjusted, parts = ratios(own, design)
    held = design.weights[own.unit] * own.bottom / total[own.group]
    parts = parts / (1 - np.clip(held, 0.0, MOST_LEVER))  # as leaving the conversation out would show
    variance = Parts.of(own, parts[:, None], design, finite=False).covariances()[:, 0, 0]

    mix = add_up(found.agent * len(severity) + found.reviewer, found.weight, n_agents * len(severity))
    mix = mix.reshape(n_agents, -1) / total[:, None]
    errors = centred(influence, design)
    error = np.sqrt(np.maximum(np.einsum("ar,rs,as->a", mix, influence.T @ errors, mix, optimize=True), 0.0))
    by_agent = sparse.csr_matrix((np.nan_to_num(parts), (own.group, own.unit)), shape=(n_agents, n))
    together, both = (mix * (by_agent @ errors)).sum(1), np.sqrt(variance) * error
    correlation = np.clip(np.divide(together, both, out=np.zeros(n_agents), where=both > ALIKE), -1, 1)
    spread = (raw_variance > ALIKE) & (variance > ALIKE)
    ratio = np.divide(raw_variance, variance, out=np.ones(n_agents), where=spread)
    low, high = wilson_limits(estimate.value, estimate.n_effective * ratio, level)
    error *= special.stdtrit(np.maximum(estimate.n - 1, 1), (1 + level) / 2)

    def distance(gap: Array) -> Array:
        return np.asarray(np.sqrt(np.maximum(gap**2 + error**2 + 2 * correlation * gap * error, 0.0)))

    return {
        "n": estimate.n,
        "raw": estimate.value,
        "raw_low": estimate.low,
        "raw_high": estimate.high,
        "adjusted": np.clip(adjusted, 0.0, 1.0),
        "low": np.clip(adjusted - distance(estimate.value - low), 0.0, 1.0),
        "high": np.clip(adjusted + distance(high - estimate.value), 0.0, 1.0),
        "too_few": np.minimum(estimate.n, estimate.n_effective) < TOO_FEW,
    }


def _cells(found: Coded, value: Array) -> Cells:
    """Return what each conversation adds to its agent's score."""
    unit, first = observed(found.conversation, len(found.design.weights))
    weight = found.weight / found.design.weights[found.conversation]
    top, bottom = (add_up(unit, part, len(first)) for part in (weight * value, weight))
    return Cells(found.agent[first], found.conversation[first], top, bottom, len(found.agents))


def _groups_of_agents(agent: Codes, group: Codes) -> Any:
    """Return the group of each agent's reviewers, missing where they are of several."""
    found = pd.Series(group).groupby(agent).agg(["min", "max"])
    return found["min"].where(found["min"] == found["max"]).astype("Int64").to_numpy()


def _verdict(low: float, high: float, few: bool) -> str:
    if np.isnan(low):
        return "nobody to compare with"
    if few:
        return "too few to say"
    if low > 0 or high < 0:
        return "stricter than average" if low > 0 else "milder than average"
    return "no difference shown"


def _note(reviewers: pd.DataFrame) -> str:
    groups = reviewers.groupby("group")["reviewer"].agg(list)
    if len(reviewers) == 1:
        return "One reviewer rated everything: what is strictness and what is the agents' work cannot be told apart."
    if len(groups) == 1:
        return ""
    parts = "; ".join(f"{number}: {', '.join(map(str, names))}" for number, names in groups.items())
    return (
        f"The reviewers fall into {len(groups)} groups that no agent or conversation connects ({parts}). Severities "
        "and adjusted scores are against the average reviewer of the same group; compare them within a group only. "
        "Where a reviewer is alone, they are missing. Let reviewers of different groups rate the same 20 conversations."
    )
