"""The log for people: who did what, when, on what, by which version of which rubric."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from qa_toolkit.errors import NotFoundError, instead
from qa_toolkit.store import current, tables
from qa_toolkit.store.engine import reading

COLUMNS: Final = ["event_id", "at", "actor", "kind", "conversation_id", "sample", "rubric", "version", "what"]
Payload = dict[str, Any]


def log_frame(
    engine: Engine,
    equal: dict[str, str],
    since: datetime | None = None,
    until: datetime | None = None,
    last: int | None = None,
) -> pd.DataFrame:
    """Return one row for each event, in the order of the log.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    equal : dict of str to str
        Columns of the log, and what they must hold.
    since, until : datetime.datetime, optional
        With a zone; both count.
    last : int, optional
        Only so many, the newest.

    Returns
    -------
    pandas.DataFrame
        ``event_id``, ``at`` (UTC), ``actor``, ``kind``, ``conversation_id``, ``sample``, ``rubric``, ``version``
        (missing where it belongs to none) and ``what``, in words. What people typed is not in it, only that they did.

    Raises
    ------
    NotFoundError
        If there is no event of this kind or by this actor at all.
    """
    with reading(engine) as connection:
        e, r = current.log(connection).c, tables.rubrics.c
        where = [e[name] == value for name, value in equal.items()]
        where += [] if since is None else [e.at >= since]
        where += [] if until is None else [e.at <= until]
        columns = (e.event_id, e.at, e.actor, e.kind, e.conversation_id, e.sample, r.rubric_id, r.version)
        join = e.event_id.table.outerjoin(tables.rubrics, e.rubric_hash == r.rubric_hash)
        query = sa.select(*columns, e.slot, e.target, e.payload).select_from(join).where(*where)
        rows = connection.execute(query.order_by(e.event_id.desc()).limit(last)).all()
        if not rows:
            _refuse_unknown(connection, e, equal)
    told = [(*row[:8], in_words(row.kind, row.slot, row.target, json.loads(row.payload))) for row in reversed(rows)]
    frame = pd.DataFrame(told, columns=COLUMNS)
    frame["at"] = pd.to_datetime(frame["at"], utc=True).astype(pd.DatetimeTZDtype("us", "UTC"))
    return frame.astype({"event_id": "int64"} | dict.fromkeys(COLUMNS[2:], "str"))


def _refuse_unknown(connection: sa.Connection, e: Any, equal: dict[str, str]) -> None:
    for name in ("actor", "kind"):
        if name in equal:
            known = list(connection.execute(sa.select(e[name]).distinct().order_by(e[name])).scalars())
            if known and equal[name] not in known:
                raise NotFoundError(f"no event has the {name} {equal[name]!r}; {instead(equal[name], known)}")


def in_words(kind: str, slot: str, target: int | None, payload: Payload) -> str:
    """Say what an event did, without what was typed and without texts of customers."""
    if kind == "undo":
        return f"undid event {target}"
    tell = WORDS.get(kind)
    try:
        said = tell(payload) if tell else slot.replace(":", " ")
    except (KeyError, TypeError, AttributeError):  # by another program
        said = slot.replace(":", " ")
    typed = [name for name in TYPED if isinstance(payload.get(name), str) and payload[name].strip()]
    return said + "".join(f", with a {name}" for name in typed if name not in NAMED.get(kind, ()))


def _rated(payload: Payload) -> str:
    n = len(payload.get("evidence") or ())
    value = payload["rating"] or "taken back"
    return f"{payload['commandment']}: {value}" + (f", {n} piece{'s' * (n != 1)} of evidence" if n else "")


def _pinned(payload: Payload) -> str:
    verb = "pinned" if payload["pinned"] else "unpinned"
    return f"{verb} {payload['exemplar_id']} for {payload['fault_id']}"


def _agreed(payload: Payload) -> str:
    state = "dropped" if payload["dropped"] else "done" if payload["done"] else "agreed"
    return f"{state} with {payload['agent']}" + (f", due {payload['due']}" if payload["due"] else "")


def _forgotten(payload: Payload) -> str:
    return f"forgot a customer: {payload['conversations']:,} conversations, {payload['messages']:,} messages"


def _assigned(payload: Payload) -> str:
    what, to = payload["what"], payload.get("reviewer") or "the pool"
    if what == "assign":
        n, done = len(payload["conversations"]), len(payload["done"])
        return f"assigned {n:,} to {to}" + (f", {done:,} were done" if done else "")
    if what == "agents":
        return "said which agents the reviewers are"
    if what == "hand_back":
        return f"put what {to} had back into the pool"
    said = {"take": "took it from {}", "reassign": "gave it from {} to {}"}[what]
    return said.format(payload["from"] or "the pool", to)


TYPED: Final = ("comment", "note", "reason")
NAMED: Final = {"skip": ("reason",)}
WORDS: Final[dict[str, Callable[[Payload], str]]] = {
    "assignment": _assigned,
    "rating": _rated,
    "calibration_rating": _rated,
    "dispute_decision": lambda p: f"decided {_rated(p)}, dispute {p['dispute']}",
    "dispute": lambda p: f"disputed {p['commandment']} of {p['reviewer']}, proposed {p['proposed']}",
    "release": lambda _: "released the sample" if _["released"] else "took the release back",
    "comment": lambda _: "on the whole conversation",
    "good_answer": lambda p: f"message {p['position']} {'marked' if p['good'] else 'unmarked'} as a good answer",
    "submit": lambda _: "submitted the review",
    "skip": lambda p: f"skipped: {p['reason']}",
    "fact": lambda p: f"fact {p['fact']} {'wrong' if p['wrong'] else 'not wrong'}",
    "time": lambda p: f"{p['seconds']} s on it, {p['idle']} s idle",
    "pin": _pinned,
    "agreed": _agreed,
    "feedback": lambda p: f"suggestion {p['exemplar_id']}: {p['useful'] or 'taken back'}",
    "learned": lambda p: f"learned {p['what']}",
    "exemplar": lambda p: f"{p['what']} {p['exemplar_id']}",
    "replace": lambda p: f"{p['conversation_id']} left the sample",
    "forget": _forgotten,
}
