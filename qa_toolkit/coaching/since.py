"""What became of coaching since an earlier session: agents' rates before and after it, and what was agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from qa_toolkit.coaching.shapes import Json, text_or_none
from qa_toolkit.errors import NotFoundError, SamplingError
from qa_toolkit.project import Project
from qa_toolkit.project.past import moment
from qa_toolkit.report.pack import OVERDUE, Agreed, Since
from qa_toolkit.report.progress import progress_words
from qa_toolkit.rubric import Commandment


def since_session(
    project: Project,
    at: str | date,
    faults: Iterable[Mapping[str, Any]],
    others: Iterable[str],
    commandments: Mapping[str, Commandment],
) -> Since:
    """Compare agents before and after the day of a session, over all and by the commandments of their faults.

    Parameters
    ----------
    project : Project
    at : str, datetime.date or datetime.datetime
        Day of the session.
    faults : iterable of mapping
        Rows of `Project.faults`.
    others : iterable of str
        Agents who may have none of these.
    commandments : mapping of str to Commandment
        By id.

    Raises
    ------
    StoreError
        If `at` is no date, or a time without a zone.
    """
    asked: dict[str, dict[str | None, None]] = {}
    for fault in faults:
        agent = text_or_none(fault["agent"])
        if agent is not None:
            asked.setdefault(agent, {None: None})[fault["commandment"]] = None
    for other in others:
        asked.setdefault(other, {None: None})
    day, lines = moment(at), []
    for agent, names in asked.items():
        try:
            for change in project.changes(agent, list(names), at):
                what = commandments[change.commandment].title if change.commandment else "All commandments"
                lines.append((f"{agent}, {what}", progress_words(change.found)))
        except NotFoundError:  # its text would name other agents
            lines.append((agent, "cannot be compared: chance drew no conversation of theirs for any sample"))
        except SamplingError as error:
            lines.append((agent, f"cannot be compared: {error}"))
    return Since(f"{day:%Y-%m-%d}", tuple(lines))


def agreed_items(
    agreed: Sequence[Json], at: str | date | None, today: date, shown: Callable[[str], str]
) -> list[Agreed]:
    """Return what is open, and what was done since an earlier session, if one is given.

    Parameters
    ----------
    agreed : sequence of dict
        As from `CoachSession.agreed`.
    at : str, datetime.date or datetime.datetime, optional
        Day of the earlier session.
    today : datetime.date
        What was due before is overdue.
    shown : callable
        Returns a text without what is private.
    """
    last = moment(at) if at else None
    return [
        Agreed(one["agent"], shown(one["text"]), one["due"], _state(one, today))
        for one in agreed
        if not one["done"] or (last is not None and datetime.fromisoformat(one["at"]) > last)
    ]


def _state(one: Json, today: date) -> str:
    if one["done"]:
        return f"done on {one['at'][:10]}"
    return OVERDUE if one["due"] and date.fromisoformat(one["due"]) < today else "open"
