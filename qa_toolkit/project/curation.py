"""What of a project has to do with its exemplars: which there are, and what is decided about them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import pandas as pd

from qa_toolkit.conversations import without_folds
from qa_toolkit.errors import InvalidActError, NotFoundError
from qa_toolkit.exchange.people import who
from qa_toolkit.review.acts import checked_text
from qa_toolkit.store import Act, Store
from qa_toolkit.store.curation import KIND
from qa_toolkit.suggest import curate, decided, judged_answers
from qa_toolkit.suggest.curating import best_first
from qa_toolkit.suggest.duplicates import THRESHOLD, duplicate_answers
from qa_toolkit.suggest.exemplars import ACTIVE

RATED: Final = ["reviewer", "conversation_id", "commandment"]


class Curation:
    """The part of a `Project` that keeps good answers good."""

    store: Store

    def exemplars(self, csat: float | None = None) -> pd.DataFrame:
        """Return the good answers that suggestions are made from, with the situation that each answered.

        An answer that a review contradicts, a rating of which is under dispute, whose customer was forgotten, that was
        retired, that has expired or that another one stands for is not among them; `all_exemplars` says why.

        Parameters
        ----------
        csat : float, optional
            Take also the answers of conversations whose label ``csat`` is at least this, as candidates that nobody
            verified (source ``csat``): one satisfied customer says little of a single answer.

        Returns
        -------
        pandas.DataFrame
            Columns of `qa_toolkit.suggest.CURATED`; ``state`` is ``active`` in every row.
        """
        found = self.all_exemplars(csat)
        return found[found["state"] == ACTIVE].reset_index(drop=True)

    def all_exemplars(self, csat: float | None = None) -> pd.DataFrame:
        """Return all answers that anybody found good, also those that are not suggested any more.

        Parameters
        ----------
        csat : float, optional
            As of `exemplars`.

        Returns
        -------
        pandas.DataFrame
            Columns of `qa_toolkit.suggest.CURATED`: those of `qa_toolkit.suggest.build_exemplars`, then ``state``
            (``active``, ``forgotten``, ``disputed``, ``contradicted``, ``retired``, ``expired``, ``merged``),
            ``reason`` (why it is not active), ``owner``, ``expires_on``, ``stands_for`` (ids of those merged into it).
        """
        ratings, forgotten = newest_ratings(self.store.with_evidence()), self.store.forgotten()
        texts = self.store.conversations(), without_folds(self.store.messages())
        satisfied = [] if csat is None else _satisfied(texts[0], csat)
        disputed = self.store.disputes.messages()
        answers = judged_answers(*texts, ratings, self.store.good_answers(), forgotten, satisfied, disputed)
        return curate(answers, decided(self.store.curation()), self.store.today())

    def curation(self) -> pd.DataFrame:
        """Return what was decided about exemplars, one row for each decision, oldest first.

        Returns
        -------
        pandas.DataFrame
            ``exemplar_id``, ``what``, ``value``, ``reason``, ``actor``, ``at``.
        """
        return self.store.curation()

    def retire_exemplar(self, exemplar_id: str, reason: str, by: str | None = None) -> None:
        """Never suggest an answer again, whoever found it good; what was merged into it goes with it.

        Parameters
        ----------
        exemplar_id : str
        reason : str
            Why, such as "the offer has ended".
        by : str, optional
            Who does it; the name of the user of this machine if left out. So for all that is decided here.

        Raises
        ------
        InvalidActError
            If there is no reason.
        NotFoundError
            If there is no such answer. So for all that is decided here.
        """
        if not checked_text(reason, "reason").strip():
            raise InvalidActError("give the reason for retiring it, such as 'the offer has ended'")
        self._decide(exemplar_id, "retire", None, reason, by)

    def restore_exemplar(self, exemplar_id: str, reason: str = "", by: str | None = None) -> None:
        """Suggest an answer again that was retired, merged, or given a day on which it expires.

        Raises
        ------
        InvalidActError
            If none of that was done. A review that contradicts an answer has to be changed itself.
        """
        one = decided(self.store.curation()).by_id.get(exemplar_id)
        if one is None or not one.hidden:
            raise InvalidActError(
                f"{exemplar_id!r} was not retired, not merged, and does not expire, so there is nothing to restore; "
                "project.all_exemplars() says in `reason` why an answer is not suggested"
            )
        self._decide(exemplar_id, "restore", None, reason, by)

    def note_exemplar(self, exemplar_id: str, note: str, by: str | None = None) -> None:
        """Say something to whoever sees an answer suggested, in place of the last such note; "" takes it away."""
        self._decide(exemplar_id, "note", checked_text(note, "note").strip(), "", by)

    def own_exemplar(self, exemplar_id: str, owner: str, by: str | None = None) -> None:
        """Say who sees to it that an answer stays right; "" for nobody."""
        self._decide(exemplar_id, "owner", checked_text(owner, "owner").strip(), "", by)

    def expire_exemplar(self, exemplar_id: str, on: str | date | None, reason: str = "", by: str | None = None) -> None:
        """Say from which day on an answer is not suggested any more.

        Parameters
        ----------
        exemplar_id : str
        on : str or datetime.date or None
            Such as "2026-03-31": the first day (UTC) without it. None: it does not expire.
        reason : str
            Such as "the policy changes".
        by : str, optional

        Raises
        ------
        InvalidActError
            If `on` is no day.
        """
        self._decide(exemplar_id, "expiry", None if on is None else _day(on).isoformat(), reason, by)

    def merge_exemplars(
        self, exemplar_ids: Sequence[str], keep: str | None = None, reason: str = "", by: str | None = None
    ) -> str:
        """Let one of some answers that say the same stand for all of them.

        Parameters
        ----------
        exemplar_ids : sequence of str
            Two or more that are suggested now; see `duplicate_exemplars`.
        keep : str, optional
            The one that stays; if left out, the best verified: by how many people, marked before rated before votes,
            for how many commandments, by votes, then the newest.
        reason : str
        by : str, optional

        Returns
        -------
        str
            The one that stays.

        Raises
        ------
        InvalidActError
            If there are fewer than two, one of them is not suggested, or `keep` is not among them.
        """
        ids = [exemplar_ids] if isinstance(exemplar_ids, str) else list(dict.fromkeys(exemplar_ids))
        if len(ids) < 2:
            raise InvalidActError("give at least two different exemplars to merge, as a list of their ids")
        active = self.exemplars().set_index("exemplar_id", drop=False)
        missing = [exemplar_id for exemplar_id in ids if exemplar_id not in active.index]
        if missing:
            raise InvalidActError(
                f"{missing[0]!r} is none of the exemplars that are suggested; project.all_exemplars() says why"
            )
        if keep is not None and keep not in ids:
            raise InvalidActError(f"{keep!r} is not among the exemplars to merge; keep one of {', '.join(ids)}")
        kept: str = best_first(active.loc[ids])[0] if keep is None else keep
        self._decide(kept, "merge", [exemplar_id for exemplar_id in ids if exemplar_id != kept], reason, by)
        return kept

    def duplicate_exemplars(self, threshold: float = THRESHOLD) -> pd.DataFrame:
        """Group the exemplars whose answers say the same, such as macros, to merge them.

        Parameters
        ----------
        threshold : float
            In (0, 1]: which share of their runs of three words is in both; 1 for the same words only.

        Returns
        -------
        pandas.DataFrame
            As from `qa_toolkit.suggest.duplicate_answers`: ``group``, ``exemplar_id``, ``keep`` (True for the best
            verified of the group), ``likeness`` to that one, ``agent``, ``commandments``, ``source``, ``verified_by``,
            ``votes``, ``answer``.

        Raises
        ------
        InvalidActError
            If `threshold` is out of range.
        """
        return duplicate_answers(self.exemplars(), threshold)

    def _decide(self, exemplar_id: str, what: str, value: Any, reason: str, by: str | None) -> None:
        _check_answer(self.store, exemplar_id)
        payload = {
            "exemplar_id": exemplar_id,
            "what": what,
            "value": value,
            "reason": checked_text(reason, "reason").strip(),
        }
        slot = f"{KIND}:{exemplar_id}:{what}"
        self.store.append(Act(uuid.uuid4().hex, who(self.store.people.or_me(by)), KIND, slot, payload=payload))


def newest_ratings(ratings: pd.DataFrame) -> pd.DataFrame:
    """Return the ratings that count: of one that was made by two versions of a rubric, the newest."""
    return ratings.sort_values("rated_at", kind="stable").drop_duplicates(RATED, keep="last")


def _satisfied(conversations: pd.DataFrame, least: float) -> list[str]:
    values = pd.Series([labels.get("csat") for labels in conversations["labels"]], index=conversations.index)
    return conversations.loc[pd.to_numeric(values, errors="coerce") >= least, "conversation_id"].tolist()


def _check_answer(store: Store, exemplar_id: str) -> None:
    conversation_id, _, position = str(exemplar_id).rpartition("#")
    advice = NotFoundError(f"there is no answer {exemplar_id!r}; project.all_exemplars() lists the ids of all")
    try:
        messages = store.conversation(conversation_id).messages
    except NotFoundError:
        raise advice from None
    if not (position.isdecimal() and int(position) < len(messages) and messages[int(position)].role == "agent"):
        raise advice


def _day(on: str | date) -> date:
    advice = f"{on!r} is no day; write it as '2026-03-31'"
    if isinstance(on, datetime):
        raise InvalidActError(f"{on} is a time; give the day, such as '2026-03-31'")
    if isinstance(on, date):
        return on
    try:
        return date.fromisoformat(on.strip())
    except (ValueError, AttributeError):
        raise InvalidActError(advice) from None
