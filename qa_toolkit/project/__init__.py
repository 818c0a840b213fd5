"""The one object that notebooks and the command line hold: a database and what can be done with it."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd

from qa_toolkit.project.agent_pages import AgentPages
from qa_toolkit.project.assigning import Assigning
from qa_toolkit.project.embedding import Embedding
from qa_toolkit.project.exchange import Exchange
from qa_toolkit.project.keeping import copy_project, migrate_project, restore_project
from qa_toolkit.project.library import Library
from qa_toolkit.project.numbers import Numbers, rubric_of
from qa_toolkit.project.past import moment
from qa_toolkit.project.planning import Planning
from qa_toolkit.project.progress import Progressing
from qa_toolkit.project.replacing import Replacing
from qa_toolkit.project.samples import Samples
from qa_toolkit.project.training import Training
from qa_toolkit.report.faults import HEAD, WROTE, find_faults
from qa_toolkit.review import ReviewSession, ReviewSettings, load_settings
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store, Verification, open_store

__all__ = ["Project", "copy_project", "migrate_project", "open_project", "restore_project"]

DEFAULT_URL = "sqlite:///qa_project.db"


def open_project(url: str | None = None, create: bool = True) -> Project:
    """Open a project, and make its database if there is none.

    Parameters
    ----------
    url : str, optional
        ``sqlite:///name.db`` or ``postgresql://user@host/database``; if left out, the environment variable
        ``QA_TOOLKIT_PROJECT``, else ``sqlite:///qa_project.db`` in the current folder.

    create : bool
        False: a database that is not there, or holds no project, is an error.

    Raises
    ------
    StoreError
        If the database cannot be opened.
    """
    return Project(open_store(url or os.environ.get("QA_TOOLKIT_PROJECT") or DEFAULT_URL, create=create))


class Project(
    AgentPages, Embedding, Training, Progressing, Library, Exchange, Samples, Assigning, Replacing, Planning, Numbers
):
    """Conversations, samples, reviews and suggestions of one database.

    Use `open_project` to get one.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def __repr__(self) -> str:
        until = "" if self.store.until is None else f" as of {self.store.until:%Y-%m-%d %H:%M} UTC"
        return f"Project({self.store.shown_url!r}{until})"

    def as_of(self, when: str | date) -> Project:
        """Return the project as it was at a past time, for reading only: reviews, samples, conversations.

        Parameters
        ----------
        when : str, datetime.date or datetime.datetime
            A date (``"2026-03-31"``), to whose end in UTC all counts; or a time with its zone
            (``"2026-03-31T18:00+02:00"``).

        Returns
        -------
        Project
            What writes to it raises a `StoreError`. The texts of a customer who was forgotten since are not there.

        Raises
        ------
        StoreError
            If `when` is no date, or a time without a zone.
        """
        return Project(self.store.as_of(moment(when)))

    # ------------------------------------------------------------------ conversations

    def conversations(self) -> pd.DataFrame:
        """Return one row for each conversation."""
        return self.store.conversations()

    def messages(self) -> pd.DataFrame:
        """Return one row for each message."""
        return self.store.messages()

    # ------------------------------------------------------------------ reviews

    def review(
        self,
        sample: str,
        reviewer: str,
        rubric: str | Path | Rubric = "commandments",
        settings: str | Path | ReviewSettings | None = None,
    ) -> ReviewSession:
        """Return the reviews of one reviewer in one sample; they go on where the store says.

        Parameters
        ----------
        sample : str
        reviewer : str
        rubric : str, Path or Rubric
            Name of a rubric of the package, path of a TOML file, or a rubric.
        settings : str, Path or ReviewSettings, optional
            Of the team: path of a TOML file, or settings; see ``docs/settings.md``.

        Raises
        ------
        InvalidActError
            If the database holds people apart, and `reviewer` is another than who is logged in; see ``docs/team.md``.
        """
        self.store.people.refuse_other(reviewer, "reviewer")
        chosen = load_settings(settings) if isinstance(settings, str | Path) else settings
        return ReviewSession(self.store, sample, reviewer, rubric_of(rubric), chosen)

    def keep_rubric(self, rubric: str | Path | Rubric = "commandments") -> Rubric:
        """Take a rubric into the project, before anybody reviews by it: where people are held apart, only a lead can.

        Parameters
        ----------
        rubric : str, Path or Rubric
            As of `review`.
        """
        chosen = rubric_of(rubric)
        self.store.save_rubric(chosen.hash, chosen.id, chosen.version, chosen.title, chosen.text)
        return chosen

    def disputed_facts(self) -> pd.DataFrame:
        """Return what reviewers said of facts, one row for each; ``wrong`` is False where it was taken back."""
        return self.store.disputed_facts()

    def time_spent(self) -> pd.DataFrame:
        """Return the time that reviewers spent, one row for each reviewer, conversation and sample.

        Returns
        -------
        pandas.DataFrame
            ``reviewer``, ``conversation_id``, ``sample``, ``seconds`` (without the idle ones), ``idle_seconds``, ``n``.
        """
        return self.store.time_spent()

    def ratings(self, submitted: bool | None = True, *, first: bool = False) -> pd.DataFrame:
        """Return the current ratings, one row each; by default only those of submitted reviews.

        Where one was overturned after a dispute, it is what was decided, and ``decided_by`` says by whom; with
        ``first=True`` what the reviewer said, which is what the agreement of reviewers is about. To a reviewer whom
        PostgreSQL keeps apart, it is always that.
        """
        return self.store.ratings(submitted, first=first)

    def reviews(self) -> pd.DataFrame:
        """Return the reviews that were begun, with their state."""
        return self.store.reviews()

    def good_answers(self) -> pd.DataFrame:
        """Return the messages that reviewers marked as good answers."""
        return self.store.good_answers()

    def verify(self) -> Verification:
        """Check that nothing in the log of events was altered or taken out."""
        return self.store.verify()

    # ------------------------------------------------------------------ coaching

    def faults(self, agent: str | None = None, commandment: str | None = None) -> pd.DataFrame:
        """Return what reviewers found wrong, one row for each rating of fail or partial.

        Parameters
        ----------
        agent, commandment : str, optional
            Only those.

        Returns
        -------
        pandas.DataFrame
            As from `qa_toolkit.report.find_faults`: of submitted reviews, fails first.
        """
        with self.store.one_view():
            ratings = self.store.faults(None if agent is None else self.store.ids_of_agent(agent), commandment)
            ids = sorted(set(ratings["conversation_id"]))
            faults = find_faults(ratings, self.store.conversations(ids, HEAD), self.store.messages(ids, WROTE))
        return faults if agent is None else faults[faults["agent"] == agent].reset_index(drop=True)

    def pins(self, coach: str = "") -> pd.DataFrame:
        """Return what was pinned, by one coach or by all."""
        return self.store.pins(coach)

    def feedback(self, coach: str | None = None) -> pd.DataFrame:
        """Return what was said of suggestions, by one coach or by all; only what holds now, oldest first.

        Returns
        -------
        pandas.DataFrame
            ``coach``, ``useful`` (used, not useful), ``exemplar_id``, ``fault_id``, ``conversation_id`` and
            ``position`` of the fault (-1: without evidence), ``commandment``, ``rank`` (missing: it was found by a
            search), ``model`` ("": not known), ``at``.
        """
        return self.store.feedback(coach or "")

    def agreed(self, agent: str | None = None) -> pd.DataFrame:
        """Return what coaches and agents agreed on, with one agent or with all.

        Parameters
        ----------
        agent : str, optional

        Returns
        -------
        pandas.DataFrame
            ``coach``, ``agent``, ``item_id``, ``text``, ``due`` (a day such as "2026-03-31", or ""), ``done``, and
            ``at``, when it was last changed; without what was dropped.
        """
        found = self.store.agreed()
        return found if agent is None else found[found["agent"] == agent].reset_index(drop=True)
