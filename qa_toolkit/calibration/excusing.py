"""Excusing a reviewer who never submits, so that the others see each other's ratings; and what the lead sees for it."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import pandas as pd

from qa_toolkit.calibration.acts import CalibrationActs, may_excuse
from qa_toolkit.calibration.folding import FIRST, Folded, Log
from qa_toolkit.calibration.setting import Setting, setting_of
from qa_toolkit.errors import InvalidActError, NotFoundError, StaleError
from qa_toolkit.project import Project

ATTEMPTS: Final = 10
COLUMNS: Final = ["conversation_id", "reviewer", "status", "reason", "revealed"]


def excuse(
    project: Project, name: str, reviewer: str, reason: str, by: str, conversation_id: str | None = None
) -> list[str]:
    """Let a calibration go on without a reviewer: who is excused from a conversation is waited for no longer.

    It cannot be taken back: the others may see each other's ratings from then on. Whoever is excused can rate nothing
    there any more, and sees what the others gave once they all have submitted.

    Parameters
    ----------
    project : Project
    name : str
        Of a calibration.
    reviewer : str
        Who is excused.
    reason : str
        Why; at most 2,000 characters. All see it after the reveal.
    by : str
        The lead, or one of the reviewers if the calibration has no lead.
    conversation_id : str, optional
        From this conversation; from all that are not revealed, if left out.

    Returns
    -------
    list of str
        The conversations for which it was written. With a lead, those that the reviewer has not submitted. Without one,
        all that are not revealed, so that nobody learns what a peer has submitted; what was submitted still counts.

    Raises
    ------
    NotFoundError
        If there is no such calibration or conversation.
    InvalidActError
        If `by` may not, there is no reason, nobody waits for the reviewer there, or fewer than two would be left.
    """
    setting = setting_of(project, name)
    actor, excused = by.strip(), reviewer.strip()
    _refuse(setting, actor, excused, conversation_id)
    acts = CalibrationActs(project.store, setting, actor, project.rubric(setting.rubric_hash))
    wanted = setting.conversations if conversation_id is None else (conversation_id,)
    log = Log(project.store, setting)
    for _ in range(ATTEMPTS):
        all_folded = log.read()
        left = [one for one in wanted if all_folded[one].waits_for(excused)]
        if not left:
            raise InvalidActError(_nobody_waits(setting, excused, conversation_id))
        with suppress(StaleError):  # one was submitted or excused meanwhile: look again
            made = [acts.excuse(one, excused, reason) for one in left]
            return [event.conversation_id for event in project.store.append_many(made, may_excuse(setting, excused))]
    raise InvalidActError("others submit or excuse at the same time; try again")


def calibration_progress(project: Project, name: str) -> pd.DataFrame:
    """Return for the lead who has submitted what, to see who is waited for. It shows no rating, nor how many there are.

    Nothing of it is in any message to a screen, so that reviewers still learn nothing of each other.

    Parameters
    ----------
    project : Project
    name : str
        Of a calibration that has a lead.

    Returns
    -------
    pandas.DataFrame, shape (n, 5)
        One row for each conversation and reviewer: ``conversation_id``, ``reviewer``, ``status`` ("submitted",
        "missing", "excused"), ``reason`` (of an excuse, else empty), ``revealed``.

    Raises
    ------
    NotFoundError
        If there is no such calibration.
    InvalidActError
        If it has no lead: then all who could look rate blind themselves.
    """
    setting = setting_of(project, name)
    if not setting.lead:
        raise InvalidActError(
            f"the calibration {setting.name!r} has no lead, and its reviewers are not to know how far the others are; "
            "ask them, or excuse one who cannot go on: nothing is said of whether that one has submitted"
        )
    rows = [_row(folded, who) for folded in Log(project.store, setting).read().values() for who in setting.reviewers]
    texts = dict.fromkeys(COLUMNS[:-1], "str")
    return pd.DataFrame(rows, columns=COLUMNS).astype({**texts, "revealed": "bool"})


def _refuse(setting: Setting, by: str, reviewer: str, conversation_id: str | None) -> None:
    if not setting.may_decide(by):
        who = setting.lead or f"one of {', '.join(setting.reviewers)}"
        raise InvalidActError(f"{by!r} cannot excuse anybody in the calibration {setting.name!r}; {who} can")
    if reviewer not in setting.reviewers:
        names = ", ".join(setting.reviewers)
        raise InvalidActError(f"{reviewer!r} does not rate in the calibration {setting.name!r}; these do: {names}")
    if conversation_id is not None and conversation_id not in setting.conversations:
        raise NotFoundError(f"the calibration {setting.name!r} has no conversation {conversation_id!r}")


def _nobody_waits(setting: Setting, reviewer: str, conversation_id: str | None) -> str:
    where = "any conversation" if conversation_id is None else f"the conversation {conversation_id!r}"
    how = "has submitted it, or is excused" if setting.lead else "is excused"
    return f"nobody waits for {reviewer} in {where}: {reviewer} {how}, or it is revealed"


def _row(folded: Folded, reviewer: str) -> tuple[str, str, str, str, bool]:
    excused = folded.excused.get(reviewer)
    status = "submitted" if folded.submitted(reviewer, FIRST) else "excused" if excused else "missing"
    reason = excused.payload["reason"] if excused else ""
    return folded.conversation_id, reviewer, status, reason, folded.revealed
