"""The end of each actor's chain as this process has written it: what was acknowledged must still be there later.

A database can lose what it has acknowledged, and its chains are whole all the same: where an older copy was put in its
place, or where a drive does not lock and somebody else wrote over it.
"""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Dialect, Engine

from qa_toolkit.errors import StoreError
from qa_toolkit.store.acts import Event
from qa_toolkit.store.dialects import dialect_of

_written: WeakKeyDictionary[Dialect, dict[str, tuple[int, str]]] = WeakKeyDictionary()  # one for each engine


def remember(engine: Engine, events: Iterable[Event]) -> None:
    """Keep which events are on disk."""
    known = _written.setdefault(engine.dialect, {})
    for event in events:
        known[event.actor] = max(known.get(event.actor, (0, "")), (event.seq, event.hash))


def refuse_lost(engine: Engine, actor: str, seq: int, head: str) -> None:
    """Raise an error if the newest event of an actor is older than one that this process has written, or another."""
    last, known = _written.get(engine.dialect, {}).get(actor, (0, ""))
    if not seq and dialect_of(engine).on_server:
        return  # whoever was taken away from the people of a project sees nothing of it, and the guard says so
    if seq < last or (seq == last and head != known):
        raise StoreError(
            f"acts of {actor!r} that were saved here are not in the database any more ({seq} are there, {last} were "
            "written): an older copy of it was put in its place, or it lies on a drive that does not lock; nothing "
            "more is saved from here. Look with: qa-toolkit doctor; to go on with what is there, restart the kernel"
        )
