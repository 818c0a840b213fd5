"""What of a project has to do with assignments: who reviews what by when."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pandas as pd

from qa_toolkit.errors import AssignmentError, ExportError
from qa_toolkit.exchange.keeping import whole
from qa_toolkit.exchange.people import who
from qa_toolkit.project import assigning_checks as checks
from qa_toolkit.project.allotting import Desk, moves_of
from qa_toolkit.project.boards import board_of
from qa_toolkit.project.past import moment
from qa_toolkit.report.board import board_html
from qa_toolkit.review.acts import checked_text, reason_of
from qa_toolkit.sampling.allotting import ROUND_ROBIN
from qa_toolkit.store import Store
from qa_toolkit.store.assigned_rules import POOL, WAITING
from qa_toolkit.store.pool import LEASE

MOST: Final = 100  # that one can take at a time
ATTEMPTS: Final = 5

Progress = Callable[[int, int], None]


class Assigning:
    """The part of a `Project` that gives conversations to reviewers."""

    store: Store

    def assign(
        self,
        sample: str,
        reviewers: Sequence[str] | Mapping[str, Sequence[str]] = (),
        *,
        how: str = ROUND_ROBIN,
        overlap: int = 1,
        share: float = 1.0,
        due: str | date | None = None,
        agents: Mapping[str, str] | None = None,
        by: str | None = None,
        progress: Progress | None = None,
    ) -> pd.DataFrame:
        """Say who reviews which conversations of a sample, or put them into a pool that reviewers take from.

        What is assigned already, or reviewed already in this sample, counts, so the same call again adds nothing.
        Nobody gets a conversation of their own, or the same one twice. From then on the queue of a reviewer in this
        sample holds what is assigned to them.

        Parameters
        ----------
        sample : str
        reviewers : sequence of str, or mapping of str to sequence of str
            Who; or, by hand, the conversations of each. None for a pool.
        how : {"round-robin", "balanced", "pool"}
            In turns; to whoever has least to do in all samples; or into the pool.
        overlap : int
            How many different people review a conversation, for agreement.
        share : float
            In (0, 1]: which share of the conversations goes to `overlap` people; the others go to one.
        due : str, datetime.date or datetime.datetime, optional
            A date ("2026-04-30"), to whose end in UTC there is time; or a time with its zone.
        agents : mapping of str to str, optional
            By reviewer: the agent that they are in the conversations, where that is another name. It is kept for the
            sample.
        by : str, optional
            Who assigns; the name of the user of this machine if left out.
        progress : callable, optional
            Called with conversations done and conversations in all.

        Returns
        -------
        pandas.DataFrame
            What is new, a row each: ``conversation_id``, ``reviewer`` ("" for the pool), ``state`` (open; done: they
            had submitted it; lacking: nobody was left who could have it).

        Raises
        ------
        AssignmentError
            If there are too few reviewers, or, by hand, somebody cannot have what is given to them; then nothing is
            assigned.
        NotFoundError
            If there is no such sample or, where people are known, no such reviewer.
        """
        lead, names = self._lead(by, "assign"), checks.agents_of(agents)
        until = None if due is None else moment(due)
        asked = checks.asked_of(reviewers, how, overlap, share)
        self.store.people.refuse_strangers(list(asked))
        for _ in range(ATTEMPTS):
            desk = Desk(self.store, sample, names)
            given = desk.hand_out(asked, how, overlap, share, progress)
            if self.store.assignments.assign(sample, given.acts(sample, lead, until, names), desk.version):
                return given.frame()
        raise AssignmentError("somebody else assigns this sample at the same time; look at it and try again")

    def take(
        self,
        sample: str,
        reviewer: str,
        n: int = 1,
        lease: timedelta | float = LEASE,
        agents: Mapping[str, str] | None = None,
        uid: str | None = None,
    ) -> list[str]:
        """Take the next conversations from the pool of a sample; no two people get the same place.

        Parameters
        ----------
        sample, reviewer : str
        n : int
            How many, at most 100.
        lease : datetime.timedelta or float
            For how long they are kept for the reviewer, who renews it with every act; a number is minutes.
        agents : mapping of str to str, optional
            As of `assign`.
        uid : str, optional
            Id of the act; the same id takes once.

        Returns
        -------
        list of str
            Conversations, the most urgent first; fewer than `n`, or none, where no more are left that the reviewer may
            have.

        Raises
        ------
        AssignmentError
            If nothing of the sample is assigned, or a number lies outside its range.
        """
        kept = lease if isinstance(lease, timedelta) else timedelta(minutes=lease)
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST:
            raise AssignmentError(f"n is {n!r}; take 1 to {MOST} at a time")
        if not timedelta(minutes=1) <= kept <= timedelta(days=30):
            raise AssignmentError(f"lease is {kept}; it must be a minute to 30 days")
        name, names = checks.name_of(reviewer), checks.agents_of(agents)
        self.store.people.refuse_other(name, "reviewer")
        return self.store.assignments.take(sample, name, n, kept, uid or uuid.uuid4().hex, names)

    def hand_back(
        self,
        sample: str,
        conversation_id: str,
        reviewer: str,
        reason: str,
        by: str | None = None,
        uid: str | None = None,
    ) -> None:
        """Give a conversation back to the pool, for a reason; the reviewer does not get it again, their draft stays.

        Parameters
        ----------
        sample, conversation_id, reviewer, reason : str
        by : str, optional
            Who does it; the reviewer if left out.
        uid : str, optional
            Id of the act; the same id is written once.

        Raises
        ------
        NotFoundError
            If it was never theirs.
        AssignmentError
            If it no longer is, or they are done with it.
        InvalidActError
            If there is no reason.
        """
        why, name = reason_of(reason), checks.name_of(reviewer)
        actor, uid = checks.name_of(by or name), uid or uuid.uuid4().hex
        self.store.people.refuse_other(actor, "by")
        self.store.assignments.hand_back(sample, conversation_id, name, why, uid, actor)

    def reassign(
        self,
        sample: str,
        reviewer: str,
        to: str | Sequence[str],
        conversations: Sequence[str] | None = None,
        *,
        reason: str = "",
        due: str | date | None = None,
        agents: Mapping[str, str] | None = None,
        by: str | None = None,
    ) -> pd.DataFrame:
        """Give what waits for one reviewer to others: to one, or shared out among several.

        Parameters
        ----------
        sample, reviewer : str
            Whose; "" for what is in the pool.
        to : str or sequence of str
            Who gets it; "" for the pool.
        conversations : sequence of str, optional
            All that they are not done with if left out.
        reason : str
        due : str, datetime.date or datetime.datetime, optional
            A new due date, as of `assign`; the old one stays if left out.
        agents, by : optional
            As of `assign`.

        Returns
        -------
        pandas.DataFrame
            ``conversation_id``, ``reviewer``: who has it now. What nobody of `to` can have stays where it was and is
            not in it, unless it was named; then that is an error.

        Raises
        ------
        AssignmentError, NotFoundError
            If something is not theirs, or they are done with it; or who is named cannot have it.
        """
        lead, why = self._lead(by, "reassign"), checked_text(reason, "reason").strip()
        if reviewer == POOL and to == POOL:
            raise AssignmentError("what is in the pool is there already; name who gets it")
        changed = {} if due is None else {"due": moment(due).isoformat()}
        others = [to] if isinstance(to, str) else list(to)
        self.store.people.refuse_strangers([name for name in others if name != POOL])
        moves = moves_of(self.store, sample, reviewer, others, conversations, checks.agents_of(agents))
        if moves:
            self.store.assignments.reassign(sample, moves, reviewer, why, lead, changed)
        return pd.DataFrame(list(moves.items()), columns=["conversation_id", "reviewer"]).astype("str")

    def assignments(self, sample: str | None = None, reviewer: str | None = None) -> pd.DataFrame:
        """Return who has what, in one sample or in all; of one reviewer or of all ("": the pool).

        Returns
        -------
        pandas.DataFrame
            ``sample``, ``conversation_id``, ``reviewer`` ("" for the pool), ``state`` (open, taken: begun or taken from
            the pool, done, skipped; or handed back, reassigned, lapsed, replaced: no longer theirs), ``places`` (how
            many people can still take it), ``draw``, ``due_at``, ``overdue`` (bool), ``lease_until``, ``acted_at``
            (when they last did something on it; UTC). By due date, then in the order of the draw.
        """
        frame = self.store.assignments.frame(sample or "", reviewer)
        frame.insert(7, "overdue", frame["state"].isin(WAITING) & (frame["due_at"] < self.store.now()))
        return frame

    def board(self, sample: str | None = None) -> pd.DataFrame:
        """Return who is where, a row for each sample and reviewer, and one for the pool of each sample.

        Returns
        -------
        pandas.DataFrame
            ``sample``, ``reviewer`` ("(pool)" for the pool), ``open``, ``taken``, ``done``, ``skipped``, ``overdue``
            (of those open or taken), ``late_leases`` (taken from the pool and not worked on in time, so that others can
            have it), ``handed_back``, ``next_due``, ``last_act`` (UTC).
        """
        rows = self.assignments(sample)
        if sample and rows.empty:
            self.store.sample(sample)  # there is one, or an error that lists those that there are
        return board_of(rows, self.store.now())

    def save_board(self, path: str | Path, sample: str | None = None, *, overwrite: bool = False) -> Path:
        """Write the board as a page that needs no network.

        Parameters
        ----------
        path : str or Path
            Ends in ``.html``.
        sample : str, optional
            All samples if left out.
        overwrite : bool
            Whether a file that is there is replaced.

        Raises
        ------
        ExportError
            If a file is there already or cannot be written.
        """
        path = Path(path)
        if path.suffix.lower() != ".html":
            raise ExportError(
                f"{path} is no page; give a name that ends in .html, or take the frame of project.board()"
            )
        title = f"Who is where: {sample}" if sample else "Who is where"
        with whole(path, overwrite) as part:
            part.write_text(board_html(self.board(sample), self.store.now(), title), encoding="utf-8")
        return path

    def _lead(self, by: str | None, act: str) -> str:
        self.store.people.refuse_role(act)
        name = who(self.store.people.or_me(by))
        self.store.people.refuse_other(name, "by")
        return name
