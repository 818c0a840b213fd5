"""Exemplars ranked for a situation: by meaning and by words, fused by their ranks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import EncoderError, InvalidActError
from qa_toolkit.suggest.encoders import Encoder, Progress
from qa_toolkit.suggest.exemplars import EXEMPLARS
from qa_toolkit.suggest.filters import Filters
from qa_toolkit.suggest.fusion import Weights, fused
from qa_toolkit.suggest.index import DenseIndex, Mask, Rows, Scores
from qa_toolkit.suggest.lexical import LexicalIndex
from qa_toolkit.suggest.reasons import reasons
from qa_toolkit.suggest.situations import SITUATION_CHARACTERS
from qa_toolkit.suggest.suggestion import Suggestion, Suggestions, plain
from qa_toolkit.suggest.variety import Chosen, answer_key

# So many of each order are fused: what stands lower in all three does not come up.
DEPTH: Final = 1000
# So many of the fused ones, and 20 for each that is asked for, are looked at for duplicates and variety.
POOL: Final = 200


@dataclass(frozen=True)
class _Query:
    """What is asked, and how much every exemplar has of its words."""

    text: str
    vector: Scores
    lexical: Scores


class Suggester:
    """Finds past good answers for a situation.

    Parameters
    ----------
    encoder : Encoder
        Encodes the situations and the answers once, here, and each query.
    exemplars : pandas.DataFrame
        From `build_exemplars`; with a column ``team``, one can filter by it.
    titles : mapping of str to str, optional
        Commandment id to title, for the reasons; ids are shown where it has none.
    progress : callable, optional
        Called with (done, total) while situations and answers are encoded.
    weights : Weights
        How much situation, answer and words count.
    """

    def __init__(
        self,
        encoder: Encoder,
        exemplars: pd.DataFrame,
        titles: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        weights: Weights = Weights(),  # noqa: B008 - it cannot be changed
    ) -> None:
        # Rows in the order of their ids: equal scores keep the order of the rows.
        self._frame = exemplars.sort_values("exemplar_id", ignore_index=True)
        self._encoder = encoder
        self._model = encoder.model_id
        self._titles = dict(titles or {})
        self._weights = weights
        self._filters = Filters(self._frame)
        situations, answers = self._frame["situation"].tolist(), self._frame["answer"].tolist()
        self._keys = [answer_key(answer) for answer in answers]
        self._lexical = LexicalIndex([f"{s}\n{a}" for s, a in zip(situations, answers, strict=True)])
        # Two vectors, not one of both texts: a third of them together are longer than the packaged model reads.
        vectors = self._encode(situations + answers, progress)
        self._situations, self._answers = DenseIndex(vectors[: len(answers)]), DenseIndex(vectors[len(answers) :])

    def suggest(
        self,
        text: str,
        k: int = 5,
        *,
        commandment: str | None = None,
        agent: str | None = None,
        not_agent: str | None = None,
        team: str | None = None,
        channel: str | None = None,
        language: str | None = None,
        since: str | date | None = None,
        until: str | date | None = None,
        source: str | None = None,
        exclude: Collection[str] = (),
        exclude_conversation: str | None = None,
        include_unverified: bool = True,
        variety: float = 0.0,
    ) -> Suggestions:
        """Return the `k` best exemplars for a situation, each answer once.

        With a commandment, first those verified for it; then, while there is room, those that nobody judged for
        any commandment, which say so. An answer that somebody failed for the commandment is never among them; without a
        commandment, none that somebody failed for any.
        Within each part the order is that of reciprocal rank fusion of three orders: likeness of the situations,
        likeness of the answer to what is asked, shared words. Filters come before ranking. Of answers that differ in
        case, punctuation or white space only, or whose vectors have a cosine of 0.95 or more, the best stands for all.

        Parameters
        ----------
        text : str
            The situation; see `qa_toolkit.suggest.situation`. Its first 4,000 characters count, as of a situation.
        k : int
            At most so many.
        commandment : str, optional
            What the answer should be good at.
        agent, not_agent : str, optional
            Only, or nothing, by this agent.
        team, channel, language, source : str, optional
            Only this one; ``source`` is ``marked``, ``rated`` or ``votes``.
        since, until : str or datetime.date, optional
            Only answers with since <= sent_at < until; without a time zone, UTC.
        exclude : collection of str
            Ids of exemplars to leave out.
        exclude_conversation : str, optional
            The conversation that the situation is from.
        include_unverified : bool
            Whether answers that only customers found helpful may be suggested.
        variety : float
            From 0, the best ones, towards 1: ever more those that are unlike the ones above them.

        Returns
        -------
        Suggestions
            A list; empty with a ``reason``.

        Raises
        ------
        InvalidActError
            If `text` is blank, `k` is below 1, `variety` is not from 0 to 1, a date cannot be read, or a team is
            asked for and the exemplars have none.
        EncoderError
            If the encoder is of another model than the vectors of the exemplars.
        """
        _check(text, k, variety)
        if self._frame.empty:
            return Suggestions(reason="There are no exemplars yet: mark good answers, or import helpful votes.")
        equal = {"agent": agent, "team": team, "channel": channel, "language": language, "source": source}
        differ = {"agent": not_agent, "conversation_id": exclude_conversation}
        mask = self._filters.allowed(equal, differ, since, until, exclude)
        parts = self._filters.parts(mask, commandment, include_unverified)
        if not any(part.any() for part in parts):
            return Suggestions(reason=f"None of the {len(mask)} exemplars passes these filters: loosen one of them.")
        return Suggestions(self._best(self._query(text), k, commandment, parts, variety))

    def _query(self, text: str) -> _Query:
        if self._encoder.model_id != self._model:
            raise EncoderError(
                f"the exemplars were encoded by {self._model}, and the encoder is now {self._encoder.model_id}: "
                "vectors of two models do not compare, so build the suggester anew"
            )
        known = text.strip()[:SITUATION_CHARACTERS]
        return _Query(known, self._encoder.encode([known])[0], self._lexical.scores(known))

    def _encode(self, texts: list[str], progress: Progress | None) -> Scores:
        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        vectors = self._encoder.encode(texts, progress)
        vectors[[not text.strip() for text in texts]] = 0  # like nothing, rather than like the model's idea of ""
        return vectors

    def _best(
        self, query: _Query, k: int, commandment: str | None, parts: list[Mask], variety: float
    ) -> list[Suggestion]:
        chosen = Chosen(self._keys, variety)
        found: list[tuple[int, float]] = []
        for part in parts:
            found += self._taken(query, part, k - len(found), chosen)
        return [self._suggestion(query, row, i + 1, score, commandment) for i, (row, score) in enumerate(found)]

    def _taken(self, query: _Query, part: Mask, n: int, chosen: Chosen) -> list[tuple[int, float]]:
        """Return the rows of a part that are taken, with their fused scores."""
        found: list[tuple[int, float]] = []
        size, depth, pool = int(part.sum()), DEPTH, max(POOL, 20 * n)
        while size:
            all_rows, all_scores = self._fused(query, part, depth)
            rows, scores = all_rows[:pool], all_scores[:pool]
            vectors = self._answers.vectors(rows)
            found += [(int(rows[i]), float(scores[i])) for i in chosen.take(rows, scores, vectors, n - len(found))]
            if len(found) == n or (depth >= size and pool >= len(all_rows)):
                break
            depth, pool = depth * 10, pool * 10  # nearly all said the same: look further down
        return found

    def _fused(self, query: _Query, part: Mask, depth: int) -> tuple[Rows, Any]:
        orders = [
            (self._situations.search(query.vector, part, depth), self._weights.situation),
            (self._answers.search(query.vector, part, depth), self._weights.answer),
            (self._lexical.search(query.lexical, part, depth), self._weights.words),
        ]
        return fused(orders)

    def _suggestion(self, query: _Query, row: int, rank: int, score: float, commandment: str | None) -> Suggestion:
        values, at = self._frame.iloc[row], np.array([row])
        fields = {name: plain(name, values[name]) for name in EXEMPLARS}
        verified = bool(fields["verdicts"]) if commandment is None else commandment in fields["commandments"]
        return Suggestion(
            rank=rank,
            score=score,
            dense=float(self._situations.scores(query.vector, at)[0]),
            dense_answer=float(self._answers.scores(query.vector, at)[0]),
            lexical=float(query.lexical[row]),
            verified=verified,
            why=tuple(reasons(fields, verified, commandment, self._lexical.shared(query.text, row), self._titles)),
            **fields,
        )


def _check(text: str, k: int, variety: float) -> None:
    if not text.strip():
        raise InvalidActError("there is nothing to search by: give the text of a situation")
    if k < 1:
        raise InvalidActError(f"k is {k}: ask for at least 1 suggestion")
    if not 0 <= variety <= 1:
        raise InvalidActError(f"variety is {variety}: give a number from 0 (the best ones) to 1 (the most different)")
