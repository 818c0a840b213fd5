"""Exemplars ranked for a situation: by meaning and by words, fused by their ranks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import copy
from datetime import date
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
import pandas as pd

from qa_toolkit.errors import EncoderError, InvalidActError, NotFoundError
from qa_toolkit.suggest.asking import check, check_model, check_new, encoded, too_far
from qa_toolkit.suggest.backend import Backend
from qa_toolkit.suggest.closeness import Closeness, measured_closeness
from qa_toolkit.suggest.encoders import Encoder, Progress
from qa_toolkit.suggest.exemplars import EXEMPLARS
from qa_toolkit.suggest.filters import Filters
from qa_toolkit.suggest.fusion import Weights
from qa_toolkit.suggest.index import Part
from qa_toolkit.suggest.indexes import EXACT_UP_TO, in_memory
from qa_toolkit.suggest.reasons import reasons
from qa_toolkit.suggest.search import Found, Query, Search
from qa_toolkit.suggest.situations import SITUATION_CHARACTERS
from qa_toolkit.suggest.suggestion import Suggestion, Suggestions, plain
from qa_toolkit.suggest.together import one_core, together
from qa_toolkit.suggest.variety import answer_key


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
    closeness : Closeness, optional
        From `fit_threshold`: what is less close than its least is not suggested. If left out, the one that comes with
        the packaged model; with another model, nothing is too far.
    exact_up_to : int
        Up to so many exemplars, a query is compared with all of them; above, with those that an approximate index
        finds, if FAISS is installed. `index` says which it is.
    index_file : pathlib.Path, optional
        Where an approximate index is kept for the next time.
    backend : Backend, optional
        What searches in place of this process, such as a database.

    Raises
    ------
    EncoderError
        If the closeness was fitted with another model.
    """

    def __init__(
        self,
        encoder: Encoder,
        exemplars: pd.DataFrame,
        titles: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        weights: Weights = Weights(),  # noqa: B008 - it cannot be changed
        closeness: Closeness | None = None,
        exact_up_to: int = EXACT_UP_TO,
        index_file: Path | None = None,
        backend: Backend | None = None,
    ) -> None:
        # Rows in the order of their ids: equal scores keep the order of the rows.
        self._frame = exemplars.sort_values("exemplar_id", ignore_index=True)
        self._ids = set(self._frame["exemplar_id"])
        self._encoder, self.model_id, self.weights = encoder, encoder.model_id, weights
        self.closeness = closeness or measured_closeness(self.model_id)
        if self.closeness and self.closeness.model != self.model_id:
            raise EncoderError(
                f"the closeness was fitted with {self.closeness.model}, and the encoder is {self.model_id}: fit it anew"
            )
        self._titles, self._filters = dict(titles or {}), Filters(self._frame)
        self._keys = [answer_key(answer) for answer in self._frame["answer"]]
        over = backend.over if backend else in_memory(encoder, exact_up_to, index_file)
        self._indexes, self._lexical = over(self._frame, progress)
        self._search, self._lock = self._searching(), RLock()  # handlers of widgets run on any thread

    @property
    def index(self) -> str:
        """How the nearest exemplars are found: exactly, or approximately and with which recall."""
        situations, answers = map(repr, self._indexes)
        return situations if situations == answers else f"situations: {situations}; answers: {answers}"

    def __repr__(self) -> str:
        return f"Suggester({len(self._frame):,} exemplars, {self.model_id}; {self.index})"

    def add(self, exemplars: pd.DataFrame) -> None:
        """Make further exemplars searchable at once; the others are not encoded or indexed again.

        What is suggested then is what a suggester made anew would suggest, but that of equal ones, those that were
        there first come first, and that the cells of an approximate index stay where they are.

        Parameters
        ----------
        exemplars : pandas.DataFrame
            As for the suggester.

        Raises
        ------
        InvalidActError
            If one of them is there already, or twice.
        EncoderError
            If the encoder is of another model than the vectors of the exemplars.
        """
        if exemplars.empty:
            return
        new = exemplars.sort_values("exemplar_id", ignore_index=True)
        ids, situations, answers = (new[name].tolist() for name in ("exemplar_id", "situation", "answer"))
        check_model(self._encoder, self.model_id)
        vectors = encoded(self._encoder, situations + answers)
        with self._lock:
            check_new(ids, self._ids)
            # Nothing is changed that a suggester from `with_settings` looks at; first what can be refused.
            indexes = copy(self._indexes[0]), copy(self._indexes[1])
            for index, part in zip(indexes, (vectors[: len(new)], vectors[len(new) :]), strict=True):
                index.add(part)
            self._indexes, self._ids = indexes, self._ids.union(ids)
            self._frame = pd.concat([self._frame, new], ignore_index=True) if len(self._frame) else new
            self._filters = self._filters.extended(self._frame)
            self._lexical = copy(self._lexical)
            self._lexical.add(f"{s}\n{a}" for s, a in zip(situations, answers, strict=True))
            self._keys = [*self._keys, *map(answer_key, answers)]
            self._search = self._searching()

    def _searching(self) -> Search:
        situations, answers = self._indexes
        means, told = (situations.mean(), answers.mean()), self._frame["conversation_id"]
        return Search(situations, answers, self._lexical, self._keys, told, self.weights, self.closeness, means)

    def with_settings(self, weights: Weights | None = None, closeness: Closeness | None = None) -> Suggester:
        """Return a suggester with other weights or closeness; both share the exemplars, so `add` to neither then."""
        other = copy(self)
        other.weights, other.closeness = weights or self.weights, closeness or self.closeness
        other._search = other._searching()
        return other

    def suggest(
        self,
        text: str,
        k: int = 5,
        *,
        answer: str = "",
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
        least: float | None = None,
    ) -> Suggestions:
        """Return the `k` best exemplars for a situation, each answer once.

        With a commandment, first those verified for it; then, while there is room, those that nobody judged for
        any commandment, which say so. An answer that somebody failed for the commandment is never among them; without a
        commandment, none that somebody failed for any.
        Within each part the order is that of reciprocal rank fusion of three orders: likeness of the situations,
        likeness of the answer to what is asked, shared words; what was marked as good for the commandment counts 1.2
        times what was rated pass. Filters come before ranking. Of answers that differ in case, punctuation or white
        space only, or whose vectors have a cosine of 0.95 or more, the best stands for all, and a second answer of a
        conversation comes after those of others. Where the closeness of
        exemplars is known, one that is not close enough is left out, and if none is left, ``reason`` says so.

        Parameters
        ----------
        text : str
            The situation; see `qa_toolkit.suggest.situation`. Its first 4,000 characters count, as of a situation.
        k : int
            At most so many.
        answer : str
            What the answers should be like; if left out, they are compared with the situation. With one, nothing is
            too far.
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
        least : float, optional
            Only exemplars that are at least so close, 0 (all) to 1; if left out, as the closeness says, and with a
            commandment all: how an answer apologises is worth reading whatever it is about.

        Returns
        -------
        Suggestions
            A list; empty with a ``reason``.

        Raises
        ------
        InvalidActError
            If `text` and `answer` are blank, `k` is below 1, `variety` or `least` is not from 0 to 1, `least` is asked
            for and no closeness is known, a date cannot be read, or a team is asked for and the exemplars have none.
        EncoderError
            If the encoder is of another model than the vectors of the exemplars.
        """
        check(f"{text}{answer}", k, {"variety": variety, "least": least or 0.0})
        if self._frame.empty:
            return Suggestions(reason="There are no exemplars yet: mark good answers, or import helpful votes.")
        equal = {"agent": agent, "team": team, "channel": channel, "language": language, "source": source}
        differ = {"agent": not_agent, "conversation_id": exclude_conversation}
        with self._lock:
            allowed = self._filters.allowed(equal, differ, since, until, exclude)
            parts = self._filters.parts(allowed, commandment, include_unverified)
            n = int(np.any([part.mask for part in parts], axis=0).sum())
            if not n:
                reason = f"None of the {len(self._frame)} exemplars passes these filters: loosen one of them."
                return Suggestions(reason=reason)
            wanted = self._least(0.0 if least is None and commandment else least, text)
            query = self._query(text.strip(), answer.strip(), allowed)
            with one_core():
                found, closest = self._search.best(query, parts, k, variety, wanted, self._filters.marked(commandment))
            shown = [self._suggestion(query, one, rank, commandment) for rank, one in enumerate(found, 1)]
            return Suggestions(shown, "" if shown else too_far(n, closest, wanted))

    def like(self, exemplar_id: str, k: int = 5, **filters: Any) -> Suggestions:
        """Return exemplars that are like one of them, by its situation and by its answer.

        Parameters
        ----------
        exemplar_id : str
        k : int
            At most so many; it is never among them.
        **filters
            As of `suggest`.

        Raises
        ------
        NotFoundError
            If there is no such exemplar.
        """
        rows = self._frame.index[self._frame["exemplar_id"] == exemplar_id]
        if rows.empty:
            raise NotFoundError(f"there is no exemplar {exemplar_id!r}: it was never one, or is not suggested any more")
        one = self._frame.loc[rows[0]]
        exclude = [*filters.pop("exclude", ()), exemplar_id]
        return self.suggest(one["situation"], k, answer=one["answer"], exclude=exclude, **filters)

    def _least(self, least: float | None, text: str) -> float:
        if least and self.closeness is None:
            raise InvalidActError(
                f"how close an exemplar is, is not known with {self.model_id}: use `fit_threshold`, or give no least"
            )
        return least if least is not None else self.closeness.least_for(text) if self.closeness else 0.0

    def _query(self, text: str, answer: str, allowed: Part) -> Query:
        check_model(self._encoder, self.model_id)
        asked, wanted = text[:SITUATION_CHARACTERS], answer[:SITUATION_CHARACTERS]
        words = f"{asked}\n{wanted}".strip()
        texts = [asked, wanted] if wanted else [asked]
        lexical, vectors = together(lambda: self._lexical.scores(words, allowed), lambda: encoded(self._encoder, texts))
        return Query(words, vectors[0], vectors[-1], lexical, is_situation=not wanted)

    def _suggestion(self, query: Query, found: Found, rank: int, commandment: str | None) -> Suggestion:
        values = self._frame.iloc[found.row]
        fields = {name: plain(name, values[name]) for name in EXEMPLARS}
        verified = bool(fields["verdicts"]) if commandment is None else commandment in fields["commandments"]
        shared = self._lexical.shared(query.text, found.row)
        return Suggestion(
            rank=rank,
            score=found.score,
            dense=found.situation,
            dense_answer=found.answer,
            lexical=float(query.lexical[found.row]),
            words=found.words,
            closeness=found.closeness,
            verified=verified,
            why=tuple(reasons(fields, verified, commandment, shared, self._titles)),
            matched=self._lexical.matching(query.text, (fields["situation"], fields["answer"])),
            **fields,
        )
