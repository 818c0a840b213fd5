"""Exemplars ranked for a situation: by meaning and by words, fused by their ranks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from qa_toolkit.errors import InvalidActError
from qa_toolkit.suggest.encoders import Encoder, Progress
from qa_toolkit.suggest.exemplars import EXEMPLARS
from qa_toolkit.suggest.index import DenseIndex, Mask, Rows, Scores, ranked
from qa_toolkit.suggest.lexical import LexicalIndex
from qa_toolkit.suggest.reasons import reasons

# Cormack, Clarke and Buettcher 2009: reciprocal rank fusion; 60 is their constant.
RRF_K: Final = 60
DENSE_WEIGHT: Final = 2.0
LISTS: Final = ("commandments", "verified_by", "failed_for", "verdicts")


@dataclass(frozen=True)
class Suggestion:
    """One exemplar, suggested for a situation.

    Parameters
    ----------
    rank : int
        From 1.
    score : float
        Of the fusion; compares only suggestions of one call.
    dense : float
        Cosine of the two situations, -1 to 1.
    lexical : float
        BM25 of situation and answer for the query; 0 where no content word is shared.
    verified : bool
        Whether a reviewer found it good: for the commandment asked for, if one was.
    why : tuple of str
        The reasons, for people.

    All other fields are those of the exemplar; see `build_exemplars`.
    """

    rank: int
    score: float
    dense: float
    lexical: float
    verified: bool
    why: tuple[str, ...]
    exemplar_id: str
    conversation_id: str
    position: int
    agent: str | None
    channel: str
    language: str | None
    plan: str | None
    sent_at: pd.Timestamp | None
    situation: str
    answer: str
    commandments: tuple[str, ...]
    source: str
    verified_by: tuple[str, ...]
    votes: int
    note: str
    verdicts: tuple[tuple[str, str, str], ...]
    failed_for: tuple[str, ...]


class Suggestions(list[Suggestion]):
    """Suggestions, best first; when there are none, ``reason`` says why in one sentence (else it is empty)."""

    def __init__(self, items: Collection[Suggestion] = (), reason: str = "") -> None:
        super().__init__(items)
        self.reason = reason


class Suggester:
    """Finds past good answers for a situation.

    Parameters
    ----------
    encoder : Encoder
        Encodes the situations once, here, and each query.
    exemplars : pandas.DataFrame
        From `build_exemplars`.
    titles : mapping of str to str, optional
        Commandment id to title, for the reasons; ids are shown where it has none.
    progress : callable, optional
        Called with (done, total) while the situations are encoded.
    """

    def __init__(
        self,
        encoder: Encoder,
        exemplars: pd.DataFrame,
        titles: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> None:
        # Rows in the order of their ids: equal scores keep the order of the rows.
        self._frame = exemplars.sort_values("exemplar_id", ignore_index=True)
        self._encoder = encoder
        self._titles = dict(titles or {})
        self._situations = self._frame["situation"].tolist()
        self._same = [" ".join(answer.split()) for answer in self._frame["answer"]]
        texts = [f"{s}\n{a}" for s, a in zip(self._situations, self._same, strict=True)]
        self._lexical = LexicalIndex(texts)
        self._dense = DenseIndex(self._encode(progress))

    def suggest(
        self,
        text: str,
        k: int = 5,
        *,
        commandment: str | None = None,
        agent: str | None = None,
        not_agent: str | None = None,
        channel: str | None = None,
        language: str | None = None,
        since: str | date | None = None,
        until: str | date | None = None,
        source: str | None = None,
        exclude: Collection[str] = (),
        exclude_conversation: str | None = None,
        include_unverified: bool = True,
    ) -> Suggestions:
        """Return the `k` best exemplars for a situation, each answer text once.

        With a commandment, first those verified for it; then, while there is room, those that nobody judged for
        any commandment, which say so. An answer that somebody failed for the commandment is never among them.
        Within each part the order is that of reciprocal rank fusion: weight 2 for the likeness of the situations,
        1 for shared words. Filters come before ranking.

        Parameters
        ----------
        text : str
            The situation; see `qa_toolkit.suggest.situation`.
        k : int
            At most so many.
        commandment : str, optional
            What the answer should be good at.
        agent, not_agent : str, optional
            Only, or nothing, by this agent.
        channel, language, source : str, optional
            Only this one; ``source`` is ``marked``, ``rated`` or ``votes``.
        since, until : str or datetime.date, optional
            Only answers with since <= sent_at < until; without a time zone, UTC.
        exclude : collection of str
            Ids of exemplars to leave out.
        exclude_conversation : str, optional
            The conversation that the situation is from.
        include_unverified : bool
            Whether answers that only customers found helpful may be suggested.

        Returns
        -------
        Suggestions
            A list; empty with a ``reason``.

        Raises
        ------
        InvalidActError
            If `text` is blank, `k` is below 1, or a date cannot be read.
        """
        if not text.strip():
            raise InvalidActError("there is nothing to search by: give the text of a situation")
        if k < 1:
            raise InvalidActError(f"k is {k}: ask for at least 1 suggestion")
        if self._frame.empty:
            return Suggestions(reason="There are no exemplars yet: mark good answers, or import helpful votes.")
        equal = {"agent": agent, "channel": channel, "language": language, "source": source}
        differ = {"agent": not_agent, "conversation_id": exclude_conversation}
        mask = self._mask(equal, differ, _instant("since", since), _instant("until", until))
        mask = mask & ~self._frame["exemplar_id"].isin(exclude).to_numpy(dtype=bool)
        parts = self._parts(mask, commandment, include_unverified)
        if not any(part.any() for part in parts):
            return Suggestions(reason=f"None of the {len(mask)} exemplars passes these filters: loosen one of them.")
        return Suggestions(self._best(text, k, commandment, parts))

    def _encode(self, progress: Progress | None) -> Scores:
        if not self._situations:
            return np.zeros((0, 0), dtype=np.float32)
        vectors = self._encoder.encode(self._situations, progress)
        vectors[[not text for text in self._situations]] = 0  # like nothing, rather than like the model's idea of ""
        return vectors

    def _mask(self, equal: Mapping[str, str | None], differ: Mapping[str, str | None], since: Any, until: Any) -> Mask:
        keep = pd.Series(True, index=self._frame.index)
        for column, wanted in equal.items():
            keep &= True if wanted is None else self._frame[column] == wanted
        for column, unwanted in differ.items():
            keep &= True if unwanted is None else self._frame[column] != unwanted
        keep &= True if since is None else self._frame["sent_at"] >= since
        keep &= True if until is None else self._frame["sent_at"] < until
        return keep.to_numpy(dtype=bool)

    def _parts(self, mask: Mask, commandment: str | None, include_unverified: bool) -> list[Mask]:
        """Return what may be suggested: one mask, or the verified and the unverified for a commandment."""
        voted = (self._frame["source"] == "votes").to_numpy(dtype=bool)
        if commandment is None:
            return [mask if include_unverified else mask & ~voted]
        good = np.array([commandment in listed for listed in self._frame["commandments"]], dtype=bool)
        parts = [mask & good]
        if include_unverified:
            unjudged = np.array([not listed for listed in self._frame["commandments"]], dtype=bool)
            failed = np.array([commandment in listed for listed in self._frame["failed_for"]], dtype=bool)
            parts.append(mask & unjudged & ~failed)
        return parts

    def _best(self, text: str, k: int, commandment: str | None, parts: list[Mask]) -> list[Suggestion]:
        dense = self._dense.scores(self._encoder.encode([text])[0])
        lexical = self._lexical.scores(text)
        found: list[Suggestion] = []
        for row, score in self._distinct(dense, lexical, parts):
            found.append(self._suggestion(row, len(found) + 1, score, dense, lexical, text, commandment))
            if len(found) == k:
                break
        return found

    def _distinct(self, dense: Scores, lexical: Scores, parts: list[Mask]) -> Iterator[tuple[int, float]]:
        """Yield rows and fused scores, best first, the first of each answer text."""
        seen: set[str] = set()
        for part in parts:
            fused = np.zeros(len(dense))
            fused += _reciprocal(ranked(dense, part), len(dense), DENSE_WEIGHT)
            fused += _reciprocal(ranked(lexical, part & (lexical > 0)), len(dense), 1.0)
            for row in ranked(fused, part):
                if self._same[row] not in seen:
                    seen.add(self._same[row])
                    yield int(row), float(fused[row])

    def _suggestion(
        self, row: int, rank: int, score: float, dense: Scores, lexical: Scores, text: str, commandment: str | None
    ) -> Suggestion:
        values = self._frame.iloc[row]
        fields = {name: _plain(name, values[name]) for name in EXEMPLARS}
        verified = bool(fields["verdicts"]) if commandment is None else commandment in fields["commandments"]
        return Suggestion(
            rank=rank,
            score=score,
            dense=float(dense[row]),
            lexical=float(lexical[row]),
            verified=verified,
            why=tuple(reasons(fields, verified, commandment, self._lexical.shared(text, row), self._titles)),
            **fields,
        )


def _reciprocal(rows: Rows, n: int, weight: float) -> Any:
    out = np.zeros(n)
    out[rows] = weight / (RRF_K + 1 + np.arange(len(rows)))
    return out


def _instant(name: str, value: str | date | None) -> pd.Timestamp | None:
    if value is None:
        return None
    instant = pd.to_datetime(value, errors="coerce")
    if pd.isna(instant):
        raise InvalidActError(f"{name} is {value!r}: give a date such as 2024-05-31")
    return instant.tz_localize("UTC") if instant.tzinfo is None else instant.tz_convert("UTC")


def _plain(name: str, value: Any) -> Any:
    """Return a value of a frame as plain Python: tuples for lists, None for what is missing."""
    if name in LISTS:
        return tuple(value)
    if name in {"position", "votes"}:
        return int(value)
    return None if pd.isna(value) else value
