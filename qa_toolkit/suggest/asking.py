"""What may be asked of a suggester, and what it says when there is nothing to show."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from qa_toolkit.errors import EncoderError, InvalidActError
from qa_toolkit.suggest.encoders import Encoder, Progress
from qa_toolkit.suggest.index import Scores


def too_far(n: int, closest: float, least: float) -> str:
    """Return why nothing is shown though there are `n` exemplars."""
    return (
        f"Nothing is close enough: the closest of {n} exemplars has a closeness of {closest:.3f}, and {least:.3f} is "
        "the least. Say more of the situation, or ask with least=0 to see the nearest ones all the same."
    )


def check(text: str, k: int, shares: Mapping[str, float]) -> None:
    """Raise InvalidActError if the text is blank, `k` is below 1, or one of `shares` is not from 0 to 1."""
    if not text.strip():
        raise InvalidActError("there is nothing to search by: give the text of a situation")
    if k < 1:
        raise InvalidActError(f"k is {k}: ask for at least 1 suggestion")
    for name, value in shares.items():
        if not 0 <= value <= 1:
            raise InvalidActError(f"{name} is {value}: give a number from 0 to 1")


def check_new(ids: Sequence[str], known: Collection[str]) -> None:
    """Raise InvalidActError if one of `ids`, which are in order, is known already or comes twice."""
    for one, after in zip(ids, [*ids[1:], None], strict=True):
        if one in known or one == after:
            raise InvalidActError(f"the exemplar {one!r} is there already: build the suggester anew")


def check_model(encoder: Encoder, model_id: str) -> None:
    """Raise EncoderError if the encoder is of another model than the vectors of the exemplars."""
    if encoder.model_id != model_id:
        raise EncoderError(
            f"the exemplars were encoded by {model_id}, and the encoder is now {encoder.model_id}: "
            "vectors of two models do not compare, so build the suggester anew"
        )


def encoded(encoder: Encoder, texts: list[str], progress: Progress | None = None) -> Scores:
    """Return the vectors of texts, shape (n_texts, dim); that of a blank one is 0."""
    if not texts:
        return np.zeros((0, 0), dtype=np.float32)
    vectors = encoder.encode(texts, progress)
    vectors[[not text.strip() for text in texts]] = 0  # like nothing, rather than like the model's idea of ""
    return vectors
