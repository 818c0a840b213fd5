"""Which of the drawn conversations answer, and for how many of the frame each stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from qa_toolkit.stats.codes import Codes, add_up, codes_of, observed
from qa_toolkit.stats.design import Design
from qa_toolkit.stats.frames import NONE, checked_sample, originals, require


@dataclass(frozen=True)
class Answers:
    """The conversations of a sample that tell something.

    Parameters
    ----------
    sample : pandas.DataFrame
        Their rows of the sample, in its order.
    design : Design
        Of the same conversations.
    at : ndarray of int64, shape (rows of the frame of ratings,)
        The place in `sample` of the conversation of each row, or -1 where the row has no weight.
    """

    sample: pd.DataFrame
    design: Design
    at: Codes


def answered(conversation: pd.Series[Any], sample: pd.DataFrame, cluster: str | None = None) -> Answers:
    """Find what of a sample answers, with its weights raised to stand for all that was drawn in the same stratum.

    A drawn conversation and a substitute answer when they are rated. One that is out of scope answers that nothing
    applies to it. One that was replaced does not answer, whatever was rated before. What was drawn, replaced or out
    of scope is the whole of a stratum; a substitute is not, for it was not drawn.

    Parameters
    ----------
    conversation : pandas.Series
        ``conversation_id`` of each rating or score.
    sample : pandas.DataFrame
        As in `checked_sample`.
    cluster : str, optional
        A column of `sample`, such as ``customer``. A conversation where it is missing is a cluster by itself.

    References
    ----------
    Särndal, Swensson, Wretman (1992), Model Assisted Survey Sampling, 15.6: response homogeneity groups.
    """
    drawn = checked_sample(sample)
    codes, ids = codes_of(conversation)
    place = pd.Index(drawn["conversation_id"]).get_indexer(ids)
    rated = np.zeros(len(drawn), dtype=np.bool_)
    rated[place[(np.bincount(codes, minlength=len(ids) + 1)[:-1] > 0) & (place >= 0)]] = True
    status = drawn["status"].to_numpy() if "status" in drawn else np.full(len(drawn), "drawn")
    rated &= (status == "drawn") | (status == "substitute")
    answers = rated | (status == "out of scope")
    rank = np.append(np.where(rated, np.cumsum(answers) - 1, -1), -1)  # the last: what is not in the sample
    design = _design(drawn, answers, originals(drawn), cluster)
    return Answers(drawn[answers], design, rank[np.append(place, -1)[codes]])


def _design(drawn: pd.DataFrame, answers: Any, original: Any, cluster: str | None) -> Design:
    strata, labels = codes_of(drawn["stratum"])
    if NONE in labels:
        strata[strata == len(labels)] = int(labels.get_indexer(pd.Index([NONE]))[0])
    weights = 1 / drawn["inclusion_probability"].to_numpy(dtype=np.float64)
    whole, part = (add_up(strata[rows], weights[rows], len(labels) + 1) for rows in (original, answers))
    strata = strata[answers]
    clusters = None if cluster is None else _clusters(drawn[answers], cluster)
    return Design(weights[answers] * whole[strata] / part[strata], strata, clusters)


def _clusters(drawn: pd.DataFrame, cluster: str) -> Codes:
    require("sample", drawn, [cluster])
    codes, values = codes_of(drawn[cluster])
    alone = codes == len(values)
    codes[alone] += np.arange(alone.sum())
    return observed(codes, len(values) + len(codes) + 1)[0]
