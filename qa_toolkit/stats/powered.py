"""Rates of human ratings, made narrower by a machine's scores of the whole frame (prediction-powered inference)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import SchemaError
from qa_toolkit.stats.codes import Codes, add_up, codes_of, combined, observed, repeats
from qa_toolkit.stats.design import Array, Cells, Design, Parts
from qa_toolkit.stats.estimates import TOO_FEW, grouped_ratings
from qa_toolkit.stats.frames import NONE, refuse, require
from qa_toolkit.stats.grouping import Grouped
from qa_toolkit.stats.hajek import hajek
from qa_toolkit.stats.intervals import wilson_limits
from qa_toolkit.stats.responses import answered

FEW: Final = 20  # conversations with human ratings, of equal weight, below which the machine does not count
NOTHING: Final = 1e-18
SAME_FRAME: Final = 1.1  # how many times larger or smaller than the sample stands for the scored frame may be
SOME_FRAME: Final = 3.0  # the same where what the sample stands for is itself estimated


def powered_rates(
    ratings: pd.DataFrame,
    sample: pd.DataFrame,
    machine_scores: pd.DataFrame,
    by: str | Sequence[str] = "commandment",
    rating: str = "pass",
    finite: bool = False,
    level: float = 0.95,
) -> pd.DataFrame:
    """Estimate what `pass_rates` does, with a machine's scores of every conversation of the frame to help.

    The machine's rate over the frame is put right by how far it is from the humans in the sample. So the estimate
    stays unbiased however wrong the machine is, and the interval is the narrower the more the machine goes with the
    humans. How much it counts is tuned on the sample: not at all where it does not help, or where fewer than 20
    conversations have human ratings.

    Parameters
    ----------
    ratings, sample, rating, finite, level
        As in `pass_rates`.
    machine_scores : pandas.DataFrame
        ``conversation_id``, ``commandment`` and ``score``: for each conversation of the frame that `sample` was drawn
        from, and no other, the machine's probability of `rating`, in [0, 1]; missing, or no row, where the commandment
        does not apply. The machine must not have learnt from these ratings.
    by : str or list of str
        Columns of all of `machine_scores`, and of `ratings` or `sample`; an empty list estimates over everything.

    Returns
    -------
    pandas.DataFrame
        The columns of `by`, ``n``, ``n_effective``, ``rate``, ``low``, ``high``, ``too_few`` as in `pass_rates`;
        ``human`` (the rate without the machine), ``machine`` (the machine's rate over the frame), ``weight`` (how much
        the machine counts, from 0 to 1), ``worth`` (how many times the reviews it is worth; 1 is nothing).

    Raises
    ------
    SchemaError
        If a frame does not have the shape that it must have, or the machine did not score the frame of the sample.

    References
    ----------
    Angelopoulos, Duchi, Zrnic (2023), PPI++, arXiv:2311.01453. Särndal, Swensson, Wretman (1992), Model Assisted
    Survey Sampling, 6.3: the difference estimator.
    """
    human = grouped_ratings(ratings, sample, by, rating, None)
    machine = _machine(machine_scores, human, answered(ratings["conversation_id"], sample).sample)
    plain = hajek(human.cells, human.design, finite, level, is_mean=False)
    found = [_powered(human, machine, group, finite) for group in range(len(human.keys))]
    weight, rate, gain, of_machine = (np.array([row[i] for row in found], dtype=np.float64) for i in range(4))
    effective = plain.n_effective * gain * np.where(weight > 0, (plain.n - 2) / np.maximum(plain.n - 1, 1), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = wilson_limits(rate, effective, level)
        worth = effective / plain.n_effective
    return human.table(
        n=plain.n,
        n_effective=effective,
        rate=rate,
        low=low,
        high=high,
        too_few=np.minimum(plain.n, effective) < TOO_FEW,
        human=plain.value,
        machine=of_machine,
        weight=weight,
        worth=worth,
    )


@dataclass(frozen=True)
class _Machine:
    """What the machine says of each group and conversation.

    Parameters
    ----------
    ends : ndarray of int64, shape (groups + 1,)
        Where the scores of each group of the human ratings begin, and where the last ones end.
    conversation : ndarray of int64, shape (scores,)
        From 0 to below `size`.
    score : ndarray, shape (scores,)
        Where the commandment applies.
    size : int
        Conversations of the frame.
    place : ndarray of int64, shape (n,)
        The conversation of each unit of the human design.
    """

    ends: Codes
    conversation: Codes
    score: Array
    size: int
    place: Codes


def _machine(scores: pd.DataFrame, human: Grouped, sample: pd.DataFrame) -> _Machine:
    require("machine_scores", scores, ["conversation_id", "commandment", "score", *human.columns])
    score = scores["score"].to_numpy(dtype=np.float64, na_value=np.nan)
    refuse("machine_scores", scores, (score < 0) | (score > 1), "score", "is not between 0 and 1")
    conversation, ids = codes_of(scores["conversation_id"])
    refuse("machine_scores", scores, conversation == len(ids), "conversation_id", "is missing")
    commandment, names = codes_of(scores["commandment"])
    pair, _ = combined([(conversation, len(ids)), (commandment, len(names) + 1)], len(scores))
    if repeats(pair):
        again = pd.Series(pair).duplicated().to_numpy()
        refuse("machine_scores", scores, again, "commandment", "is scored twice for one conversation")
    used = np.flatnonzero(np.bincount(conversation, minlength=len(ids)))
    place = np.full(len(ids) + 1, -1, dtype=np.int64)
    place[used] = np.arange(len(used))
    there = place[pd.Index(ids).get_indexer(pd.Index(sample["conversation_id"]))]
    _same_frame(there, sample, human.design, len(used))
    group = _groups(scores, human)
    known = np.flatnonzero(~np.isnan(score) & (group >= 0))
    known = known[np.argsort(group[known], kind="stable")]
    ends = np.searchsorted(group[known], np.arange(len(human.keys) + 1))
    return _Machine(ends, place[conversation[known]], score[known], len(used), there)


def _same_frame(there: Codes, sample: pd.DataFrame, design: Design, size: int) -> None:
    """Refuse scores of another frame than that of the sample: the estimate would be about neither."""
    reason = "is not scored by the machine; let it score every conversation of the frame"
    refuse("sample", sample, there < 0, "conversation_id", reason)
    stands_for = float(design.weights.sum())
    at_random = len(np.unique(design.weights.round(6))) > len(design.sizes)  # else it is exactly the frame's size
    most = SOME_FRAME if at_random else SAME_FRAME
    if len(there) and not 1 / most <= size / stands_for <= most:
        message = (
            f"machine_scores are of {size:,} conversations, but the sample stands for about {stands_for:,.0f}: keep "
            "the scores of exactly the frame that the sample was drawn from"
        )
        failures = pd.DataFrame({"row": ["all"], "column": "conversation_id", "reason": "are of another frame"})
        raise SchemaError(message, failures)


def _groups(scores: pd.DataFrame, human: Grouped) -> Codes:
    """Return the group of the human ratings of each row, -1 where they have none."""
    parts = [codes_of(scores[column]) for column in human.columns]
    key, size = combined([(codes, len(values) + 1) for codes, values in parts], len(scores))
    keys, first = observed(key, size)
    number = {name: place for place, name in enumerate(human.keys)}
    names = [tuple([*values, NONE][codes[row]] for codes, values in parts) for row in first]
    return np.array([number.get(name, -1) for name in names], dtype=np.int64)[keys]


def _powered(human: Grouped, machine: _Machine, group: int, finite: bool) -> tuple[float, float, float, float]:
    """Return weight of the machine, rate, gain in variance, and the machine's own rate, of one group."""
    design, mine = human.design, human.cells.group == group
    n, share = len(design.weights), design.weights / design.weights.sum()
    unit = human.cells.unit[mine]
    hits, applicable = (add_up(unit, part[mine], n) for part in (human.cells.top, human.cells.bottom))
    scored = slice(machine.ends[group], machine.ends[group + 1])
    top = add_up(machine.conversation[scored], machine.score[scored], machine.size)
    bottom = add_up(machine.conversation[scored], np.ones_like(machine.score[scored]), machine.size)
    of_machine = float(top.sum() / bottom.sum()) if bottom.any() else np.nan
    if not applicable.any():
        return 0.0, np.nan, 1.0, of_machine
    plain = float(share @ hits / (share @ applicable))
    error, guess = hits - plain * applicable, (top - plain * bottom)[machine.place]
    a, b, c = _variance(error, guess, machine.size, design, finite)
    counts = share * applicable
    kish = float(counts.sum() ** 2 / (counts @ counts))
    weight = float(np.clip(b / c, 0.0, 1.0)) if c > NOTHING and kish >= FEW else 0.0
    above = weight * top.mean() + share @ (hits - weight * top[machine.place])
    below = weight * bottom.mean() + share @ (applicable - weight * bottom[machine.place])
    variance = a - 2 * weight * b + weight**2 * c
    if weight == 0.0 or not 0 <= above <= below or variance <= 0:
        return 0.0, plain, 1.0, of_machine
    # Half a conversation more in which they differ: where they never did, that may be by chance.
    doubt = float(((share @ applicable) / kish) ** 2) / 2
    gain = (a + doubt) / (variance + doubt) * (below / (share @ applicable)) ** 2
    return weight, float(above / below), float(gain), of_machine


def _variance(error: Array, guess: Array, size: int, design: Design, finite: bool) -> tuple[float, float, float]:
    """Return a, b, c of the variance a - 2 b x + c x² of the estimate in which the machine has weight x.

    Parameters
    ----------
    error, guess : ndarray, shape (n,)
        What humans and what the machine add to the rate, of the conversations in the sample.
    size : int
        Conversations of the frame.
    """
    n, share = len(error), design.weights / design.weights.sum()
    both = np.column_stack([error, guess])
    both -= share @ both
    units = np.arange(n)
    cells = Cells(np.zeros(n, dtype=np.int64), units, np.ones(n), np.ones(n), 1)
    found = Parts.of(cells, share[:, None] * both, design, finite).covariances()[0]
    a, b, c = found[0, 0], found[0, 1], found[1, 1]
    if not finite:  # the frame is itself a sample of the practice, and those in the sample are in it too
        b -= share @ (both[:, 0] * both[:, 1]) / size
        c -= share @ both[:, 1] ** 2 / size
    return float(a), float(b), float(c)
