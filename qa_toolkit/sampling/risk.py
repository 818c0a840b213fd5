"""How likely it is that something went wrong in a conversation, from what is known before anybody reads it.

The number only steers which conversations are drawn more often. It judges nobody, and as every probability is known,
estimates stay without bias however bad it is; a good one finds more faults in as many reviews.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import SamplingError
from qa_toolkit.sampling.frames import Floats, checked_ids, values_of

FACTS: Final[Mapping[str, tuple[float, str]]] = MappingProxyType(
    {
        "unanswered": (0.4, "a message left unanswered"),
        "closed-unsolved": (0.5, "closed without a solution"),
        "question-already-answered": (0.4, "asked for what had been said"),
        "repeated-question": (0.3, "asked the same twice"),
        "repeat-after-hand-over": (0.4, "told again after a hand-over"),
        "blame": (0.4, "blame"),
        "works-for-me": (0.4, "“works for me”"),
        "holding-reply": (0.2, "a holding reply"),
        "promise": (0.4, "a promise kept late"),
        "customer-wait": (0.3, "a long wait"),
    }
)
"""The kinds of facts that count, each with its weight and what it is called in a reason."""

WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {"csat": 0.6, "reopened": 0.5, "score": 0.6, "length": 0.3, **{kind: weight for kind, (weight, _) in FACTS.items()}}
)
"""The most that each sign adds to the risk of a conversation that has no other."""

CSAT: Final[Mapping[str, tuple[float, float]]] = MappingProxyType({"zendesk": (0, 1), "freshdesk": (-3, 3)})
ANY_CSAT: Final = (1.0, 5.0)
LONG: Final = 10  # messages; most conversations are shorter
A_DAY: Final = 24 * 60
REOPENED: Final = ("reopened", "reopens", "count_reopens", "reopen_count")
INSIDE: Final = ("extra", "metric_set", "metrics", "statistics", "stats")
SHOWN: Final = 3
NO_SIGN: Final = "nothing known"
Sign = tuple[Floats, Callable[[int], str]]  # of each conversation, from 0 to 1, and what it is in words


def risk_of(
    conversations: pd.DataFrame,
    facts: pd.DataFrame | None = None,
    score: str | None = None,
    csat: tuple[float, float] | None = None,
    weights: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return the risk of each conversation and where it comes from.

    Every sign is a number s from 0 (absent, or not known) to 1. They are put together as independent causes are,
    1 - (1 - w_1 s_1) (1 - w_2 s_2) ..., so that the risk of a conversation depends on itself alone and stays the same
    when others come in.

    Parameters
    ----------
    conversations : pandas.DataFrame
        ``conversation_id``, and what there is of ``labels`` (``csat``; ``reopened`` or ``reopens``, also of a
        helpdesk's own fields in ``extra``), ``n_messages`` and ``source``.
    facts : pandas.DataFrame, optional
        ``conversation_id``, ``kind`` and ``outcome`` of facts that were found; kinds that are not in `FACTS` count
        nothing. A promise counts where its outcome ends with "late", a wait of the customer by how much it is over a
        day.
    score : str, optional
        Column with a machine's score of the conversation, from 0 to 1; a low one is a sign.
    csat : tuple of float, optional
        The worst and the best answer of the survey; by default 0 and 1 for Zendesk, -3 and 3 for Freshdesk (as
        imported), else 1 and 5.
    weights : mapping of str to float, optional
        In place of some of `WEIGHTS`, each in [0, 1]; 0 switches a sign off.

    Returns
    -------
    pandas.DataFrame, shape (n_conversations, 3)
        ``conversation_id``, ``risk`` in [0, 1], ``risk_reason``: the three signs that count most, in words.

    Raises
    ------
    SamplingError
        If a weight is unknown or out of its range, or a column is not there.
    """
    ids = checked_ids(conversations)
    weight = _checked_weights(weights)
    signs: dict[str, Sign] = {
        "csat": _csat(conversations, csat),
        "reopened": _reopened(conversations),
        "length": _length(conversations),
    }
    if score is not None:
        signs["score"] = _score(conversations, score)
    if facts is not None:
        signs.update(_facts(ids, facts))
    added = np.column_stack([weight[name] * sign for name, (sign, _) in signs.items()])
    risk = 1 - np.prod(1 - added, axis=1)
    texts = {"conversation_id": ids, "risk_reason": _reasons(added, [words for _, words in signs.values()])}
    frame = pd.DataFrame(texts).astype("str")
    frame.insert(1, "risk", risk)
    return frame


def _checked_weights(given: Mapping[str, float] | None) -> dict[str, float]:
    weights = {**WEIGHTS, **(given or {})}
    unknown = sorted(set(weights) - set(WEIGHTS))
    if unknown:
        raise SamplingError(f"there is no sign of risk {unknown[0]!r}; there are: {', '.join(WEIGHTS)}")
    for name, value in weights.items():
        if not 0 <= value <= 1:
            raise SamplingError(f"the weight of {name} is {value}; it must be at least 0 and at most 1")
    return weights


def _labels(conversations: pd.DataFrame) -> list[dict[str, Any]]:
    found = conversations["labels"].tolist() if "labels" in conversations else [{}] * len(conversations)
    return [row if isinstance(row, dict) else {} for row in found]


def _number(value: Any) -> float:
    """Return a number, NaN for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return np.nan


def _numbers(values: Iterable[Any]) -> Floats:
    return np.array([_number(value) for value in values], dtype=np.float64)


def _csat(conversations: pd.DataFrame, scale: tuple[float, float] | None) -> Sign:
    answers = _numbers(row.get("csat") for row in _labels(conversations))
    sources = conversations["source"].tolist() if "source" in conversations else [""] * len(answers)
    scales = np.array([scale or CSAT.get(source, ANY_CSAT) for source in sources], dtype=np.float64)
    worst, best = scales[:, 0], scales[:, 1]
    if (worst >= best).any():
        raise SamplingError(f"csat is {scale}; give the worst and then the best answer of the survey, such as (1, 5)")
    return _known((best - answers) / (best - worst)), lambda row: f"CSAT {answers[row]:.4g}"


def _reopened(conversations: pd.DataFrame) -> Sign:
    times = np.array([_reopens(row) for row in _labels(conversations)], dtype=np.float64)
    return (times > 0).astype(np.float64), lambda _: "reopened"


def _reopens(labels: Mapping[str, Any], depth: int = 2) -> float:
    found = [_number(labels[key]) for key in REOPENED if key in labels]
    if depth:
        found += [_reopens(labels[key], depth - 1) for key in INSIDE if isinstance(labels.get(key), dict)]
    return max((times for times in found if times > 0), default=0.0)


def _length(conversations: pd.DataFrame) -> Sign:
    if "n_messages" not in conversations:
        return np.zeros(len(conversations)), lambda _: ""
    n = _numbers(conversations["n_messages"].astype(object))
    return _known(1 - LONG / np.maximum(n, LONG)), lambda row: f"{n[row]:.0f} messages"


def _score(conversations: pd.DataFrame, column: str) -> Sign:
    scores = _numbers(values_of(conversations, column))
    if ((scores < 0) | (scores > 1)).any():
        raise SamplingError(
            f"{column!r} is a score from 0 to 1; some are outside of it: divide by the best score first"
        )
    return _known(1 - scores), lambda row: f"machine score {scores[row]:.2g}"


def _facts(ids: Sequence[str], facts: pd.DataFrame) -> dict[str, Sign]:
    missing = {"conversation_id", "kind"} - set(facts.columns)
    if missing:
        raise SamplingError(f"facts have no column {sorted(missing)[0]}; give conversation_id, kind and outcome")
    place = {found: i for i, found in enumerate(ids)}
    signs = {kind: np.zeros(len(ids)) for kind in FACTS}
    outcomes = facts["outcome"].tolist() if "outcome" in facts else [""] * len(facts)
    for found, kind, outcome in zip(facts["conversation_id"].tolist(), facts["kind"].tolist(), outcomes, strict=True):
        if found in place and kind in signs:
            sign = signs[kind]
            sign[place[found]] = max(sign[place[found]], _fact_sign(kind, outcome))
    return {kind: (sign, partial(_said, FACTS[kind][1])) for kind, sign in signs.items()}


def _said(words: str, _: int) -> str:
    return words


def _fact_sign(kind: str, outcome: Any) -> float:
    if kind == "promise":
        return float(isinstance(outcome, str) and outcome.endswith("late"))
    if kind == "customer-wait":
        minutes = _number(outcome)
        return 1 - A_DAY / minutes if minutes > A_DAY else 0.0
    return 1.0


def _known(sign: Floats) -> Floats:
    """Return a sign between 0 and 1, and 0 where it is not known."""
    return np.asarray(np.clip(np.nan_to_num(sign, nan=0.0), 0, 1))


def _reasons(added: Floats, words: Sequence[Callable[[int], str]]) -> list[str]:
    reasons = [NO_SIGN] * len(added)
    order = np.argsort(-added, axis=1, kind="stable")[:, :SHOWN]
    for row in np.flatnonzero(added.any(axis=1)).tolist():
        reasons[row] = "; ".join(words[sign](row) for sign in order[row].tolist() if added[row, sign] > 0)
    return reasons
