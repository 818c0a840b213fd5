"""Pairs of a situation and a good answer to it: to train a model on, and to measure it on others."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import InvalidActError
from qa_toolkit.suggest.encoders import Encoder
from qa_toolkit.suggest.evaluation import Evaluation, evaluate
from qa_toolkit.suggest.fusion import Weights
from qa_toolkit.suggest.suggester import Suggester
from qa_toolkit.suggest.variety import answer_key

LEAST_PAIRS: Final = 200
HELD_OUT: Final = 0.25
MEASURES: Final = ("ndcg@10", "mrr@10")


def split_pairs(pairs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return pairs to train on, and those of the newest quarter of the conversations, to measure on.

    Parameters
    ----------
    pairs : pandas.DataFrame
        ``situation``, ``answer``, ``cluster`` (the conversation), ``at`` (when it began; missing counts as newest).

    Returns
    -------
    train, held_out : pandas.DataFrame
        No conversation is in both, and no answer: what is measured is whether unseen answers are found.

    Raises
    ------
    InvalidActError
        If there are too few.
    """
    if len(pairs) < LEAST_PAIRS:
        raise InvalidActError(
            f"there are {len(pairs)} pairs of a situation and a good answer, and {LEAST_PAIRS} are needed: mark more "
            "good answers, or judge more suggestions"
        )
    new = newer(pairs, int(pairs["cluster"].nunique() * (1 - HELD_OUT)))
    keys = pairs["answer"].map(answer_key)
    train = pairs[~new & ~keys.isin(keys[new])]
    return train.reset_index(drop=True), pairs[new].reset_index(drop=True)


def newer(frame: pd.DataFrame, n: int) -> pd.Series[bool]:
    """Return which rows are of other conversations (``cluster``) than the `n` that began (``at``) first."""
    began = frame.groupby("cluster")["at"].min().sort_values(kind="stable", na_position="last")
    return frame["cluster"].isin(began.index[n:])


def found_again(encoder: Encoder, held_out: pd.DataFrame, answers: pd.Series[str], name: str) -> Evaluation:
    """Measure how high a model ranks the answer to each situation among many answers, by its cosine with the situation.

    Parameters
    ----------
    encoder : Encoder
    held_out : pandas.DataFrame
        As from `split_pairs`.
    answers : pandas.Series of str
        What the right answers must be told from.
    name : str
        Of the model, for people.
    """
    keys = [*held_out["answer"].map(answer_key), *answers.map(answer_key)]
    texts = dict(zip(keys, [*held_out["answer"], *answers], strict=True))
    ids = list(texts)
    among, asked = encoder.encode(list(texts.values())), encoder.encode(held_out["situation"].tolist())

    def rank(row: str, k: int, /, **_: Any) -> list[str]:
        order = np.argsort(-np.round(among @ asked[int(row)], 6), kind="stable")
        return [ids[i] for i in order[:k]]

    rows = [str(row) for row in range(len(held_out))]
    queries = pd.DataFrame({"query_id": rows, "text": rows, "cluster": held_out["cluster"].to_numpy()})
    right = pd.DataFrame({"query_id": rows, "exemplar_id": keys[: len(rows)], "gain": 1})
    return evaluate(rank, queries, right, name=name, measures=MEASURES)


def suggested_again(encoder: Encoder, held_out: pd.DataFrame, exemplars: pd.DataFrame, name: str) -> Evaluation | None:
    """Measure how high a suggester ranks the answer to each situation, by its likeness and its words, fused.

    It knows no situations: by its own one, each answer would be found at once, and by those of others, others.

    Parameters
    ----------
    encoder : Encoder
    held_out : pandas.DataFrame
        As from `split_pairs`.
    exemplars : pandas.DataFrame
        As for a suggester.
    name : str
        Of the model, for people.

    Returns
    -------
    Evaluation or None
        None if none of the answers is among the exemplars.
    """
    keys = exemplars["answer"].map(answer_key)
    asked = held_out.assign(key=held_out["answer"].map(answer_key)).reset_index(drop=True)
    asked = asked[asked["key"].isin(keys)]
    if asked.empty:
        return None
    rows = asked.index.astype("str")
    queries = pd.DataFrame({"query_id": rows, "text": asked["situation"], "cluster": asked["cluster"]})
    ids = pd.DataFrame({"key": keys, "exemplar_id": exemplars["exemplar_id"], "gain": 1})
    right = pd.DataFrame({"query_id": rows, "key": asked["key"].to_numpy()}).merge(ids, on="key")
    # Without a commandment, what failed for any is never suggested; here it is to be found all the same.
    nothing: list[list[str]] = [[] for _ in exemplars.index]
    faultless = pd.Series(nothing, index=exemplars.index, dtype=object)
    known = exemplars.assign(situation="", failed_for=faultless)
    found = Suggester(encoder, known, weights=Weights(situation=0))

    def rank(text: str, k: int, /, **_: Any) -> list[str]:
        return [one.exemplar_id for one in found.suggest(text, k, least=0.0)]

    return evaluate(rank, queries, right.drop(columns="key"), name=name, measures=MEASURES)
