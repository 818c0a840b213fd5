"""What of a project is asked for good answers: the suggester over its exemplars, and more like a message."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from qa_toolkit.conversations import without_folds
from qa_toolkit.errors import EncoderError, NotFoundError
from qa_toolkit.exchange.progress import Meter
from qa_toolkit.project.changing import ChangingSuggester, encoder_before, in_turn
from qa_toolkit.project.curation import Curation
from qa_toolkit.project.searching import ServerSearch, made_of, seen_of
from qa_toolkit.project.server_index import FEW
from qa_toolkit.report.rates import known_of
from qa_toolkit.report.summaries import TEAM
from qa_toolkit.report.usefulness import Usefulness, suggestions_used
from qa_toolkit.suggest import (
    CachedEncoder,
    Closeness,
    Encoder,
    SentenceTransformerEncoder,
    Suggester,
    Suggestions,
    Weights,
    situation,
)
from qa_toolkit.suggest.encoders import Progress
from qa_toolkit.suggest.situations import answer_of, answer_positions, topic, turns_of


class Suggesting(Curation):
    """The part of a `Project` that finds good answers."""

    def situation(self, conversation_id: str, position: int) -> str:
        """Return the topic, and what the customer had said when the message at `position` was written."""
        return situation(self._talk(conversation_id, position), position, self._topic(conversation_id))

    def fault_situation(self, conversation_id: str, position: int) -> str:
        """Return the situation of a fault; without evidence (position -1), the whole conversation is the situation."""
        if position < 0:
            position = len(self.store.conversation(conversation_id).messages) - 1
        return self.situation(conversation_id, position)

    def encoder(self, precision: str | None = None) -> SentenceTransformerEncoder:
        """Return the model that suggestions are made with, not loaded yet.

        That which the environment variable ``QA_TOOLKIT_MODEL`` names; else that which was fine-tuned for this project,
        with a warning where it is not on this machine; else the packaged all-MiniLM-L6-v2.

        Parameters
        ----------
        precision : str, optional
            As of `SentenceTransformerEncoder`.
        """
        used = self.store.learned()
        used = used[used["in_use"] & (used["what"] == "model")]
        if used.empty or os.environ.get("QA_TOOLKIT_MODEL"):
            return SentenceTransformerEncoder(precision=precision)
        folder, model = used["value"].iloc[-1]["folder"], used["model"].iloc[-1]
        found = SentenceTransformerEncoder(folder, precision)
        with suppress(EncoderError):
            if Path(folder).is_dir() and found.model_id.rpartition("/")[0] == model.rpartition("/")[0]:
                return found
        warnings.warn(
            f"the model of this project, {model}, is not in {folder}: the packaged one is used. Copy it there, or name "
            "its folder in QA_TOOLKIT_MODEL; if it was deleted with a customer, fine-tune again or take_back('model')",
            stacklevel=2,
        )
        return SentenceTransformerEncoder(precision=precision)

    def suggester(
        self,
        encoder: Encoder | None = None,
        titles: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        csat: float | None = None,
        team: str = TEAM,
        before: Encoder | None = None,
        *,
        wait: bool = False,
        **settings: Any,
    ) -> Suggester:
        """Return the suggester over the exemplars of this project; their vectors are kept in the store.

        When the model was changed, so that most exemplars are embedded by another one and not yet by this, it answers
        by the old vectors at first, embeds for the new model in the background, and goes over to it when all is done;
        print it to see how far it is.

        Parameters
        ----------
        encoder : Encoder, optional
            As of `encoder` if left out.
        titles : mapping of str to str, optional
            Commandment id to title, for the reasons of a suggestion.
        progress : callable, optional
            Called with texts done and texts in all while exemplars are embedded for the first time; by default, a line
            shows how far it is and the time left, once that takes long.
        csat : float, optional
            As of `exemplars`: from which CSAT on the answers of a conversation are candidates.
        team : str
            Column of the conversations, or path of a label, that says which team answered; for the filter ``team``.
        before : Encoder, optional
            The encoder until now. If left out, it is found by its id among those that the store has vectors of, if it
            is the packaged model or one that the Hugging Face cache has; a model in a folder of your own must be given.
        wait : bool
            Whether to embed first and return then, whatever the store has of other models.
        **settings
            As of `Suggester`: ``weights``, ``closeness``, if left out, those that were learned for the model;
            ``exact_up_to``; ``index_file``, if left out, beside an SQLite database; ``backend``, if left out, a
            PostgreSQL that has pgvector, and with None the memory of this process.

        Returns
        -------
        Suggester
            A `qa_toolkit.project.changing.ChangingSuggester` while the model is changed.
        """
        model = encoder or self.encoder()
        problem = None if "backend" in settings else self._server_problem()
        seen = [] if problem is None else seen_of(self.store)
        exemplars = self._in_teams(csat, team)
        if problem and len(exemplars) > FEW:
            warnings.warn(problem, stacklevel=2)

        def made(by: Encoder, told: Progress, given: Mapping[str, Any]) -> Suggester:
            cached = CachedEncoder(by, self.store.vectors)
            used = {"index_file": self.store.index_file, **self._settings_of(by.model_id), **given}
            if problem == "":
                used["backend"] = ServerSearch(self.store, cached, made_of(csat, team), seen)
            return Suggester(cached, exemplars, titles, told, **used)

        old = None if wait else encoder_before(self.store, model.model_id, exemplars, before)
        with Meter(progress) as meter:
            if old is None:
                return made(model, meter, settings)
            # A closeness is of one model, and what is given is meant for the new one.
            now = made(old, meter, {name: value for name, value in settings.items() if name != "closeness"})
        make = in_turn(self.store, model.model_id, lambda told: made(model, told, settings))
        return ChangingSuggester(now, make, model.model_id, progress)

    def _in_teams(self, csat: float | None, team: str) -> pd.DataFrame:
        exemplars = self.exemplars(csat)
        known = known_of(exemplars[["conversation_id"]], self.store.conversations(), team)
        return exemplars.assign(team=known["team"].to_numpy())

    def _server_problem(self) -> str | None:
        """Return why the server does not search, "" if it does, None if it never will; make what it needs for it."""
        problem = self.store.exemplars.problem()
        if problem == "":
            self.store.exemplars.make()
        return problem

    def learned(self) -> pd.DataFrame:
        """Return what the suggester has learned: settings for each model, when, from how much, with what gain.

        Returns
        -------
        pandas.DataFrame
            ``what`` (weights, closeness, model), ``model``, ``value`` (None: it was taken back), ``pairs``,
            ``held_out``, ``measure``, ``gain``, ``low``, ``high``, ``actor``, ``at``, ``in_use``; oldest first.
        """
        return self.store.learned()

    def _settings_of(self, model: str) -> dict[str, Any]:
        found = self.store.learned()
        found = found[found["in_use"] & (found["model"] == model)]
        makers = {"weights": Weights, "closeness": Closeness}
        values = zip(found["what"], found["value"], strict=True)
        return {what: makers[what](**value) for what, value in values if what in makers}

    def suggestions_used(self, level: float = 0.95) -> Usefulness:
        """Return which share of the judged suggestions was used, by rank and by model, and what that does not tell.

        Parameters
        ----------
        level : float
            Of the intervals, above 0 and below 1.

        Returns
        -------
        Usefulness
            Printed, it reads as a short report. What a coach pinned counts as used unless they said otherwise.
        """
        return suggestions_used(self.store.feedback(), self.store.pins(), level)

    def more_like(
        self, conversation_id: str, position: int, k: int = 5, suggester: Suggester | None = None, **filters: Any
    ) -> Suggestions:
        """Return good answers that are like a message, whether it is one of them or not.

        Of an agent's message, both count: the situation that it answered, and what it says (with the agent's turns that
        went on with it). Of a customer's, the situation up to it.

        Parameters
        ----------
        conversation_id : str
        position : int
            Of the message, from 0.
        k : int
            At most so many; the message itself is never among them.
        suggester : Suggester, optional
            From `suggester`, when more than one question is asked: making it reads all exemplars.
        **filters
            As of `Suggester.suggest`.

        Raises
        ------
        NotFoundError
            If there is no such message.
        InvalidActError
            If neither the message nor what came before it has any text.
        """
        messages = self._talk(conversation_id, position)
        turns = turns_of(messages, [conversation_id])[conversation_id]
        answer = answer_of(turns, answer_positions(turns, position)) if turns[position].role == "agent" else ""
        asked = situation(messages, position, self._topic(conversation_id))
        filters["exclude"] = [*filters.get("exclude", ()), f"{conversation_id}#{position}"]
        return (suggester or self.suggester()).suggest(asked, k, answer=answer, **filters)

    def _topic(self, conversation_id: str) -> str:
        known = self.store.conversation(conversation_id)
        return topic(known.subject, known.labels)

    def _talk(self, conversation_id: str, position: int) -> pd.DataFrame:
        messages = without_folds(self.store.messages([conversation_id]))
        if not 0 <= position < len(messages):
            raise NotFoundError(
                f"the conversation {conversation_id!r} has {len(messages)} messages; none at {position}"
            )
        return messages
