"""A whole project from one place to another: copied, into a backup, and out of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import Engine

from qa_toolkit.store.engine import refuse_past
from qa_toolkit.store.keeping import journal, moving
from qa_toolkit.store.keeping.journal import Imported
from qa_toolkit.store.keeping.moving import Moved, restore
from qa_toolkit.store.keeping.moving import back_up as back_up_database
from qa_toolkit.store.keeping.whole import Progress

__all__ = ["Imported", "Keeping", "Moved", "Progress", "back_up_database", "restore"]


class Keeping:
    """The part of a `Store` that carries all of it elsewhere.

    Parameters
    ----------
    engine : sqlalchemy.engine.Engine
    now : callable
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def back_up(self, path: Path, progress: Progress | None = None) -> Moved:
        """Write all that there is to a file that is not there yet; see `moving.back_up`."""
        refuse_past(self._engine)
        return moving.back_up(self._engine, path, self._now, progress)

    def copy_to(self, url: str, progress: Progress | None = None) -> Moved:
        """Carry all that there is into an empty database; see `moving.copy`."""
        refuse_past(self._engine)
        return moving.copy(self._engine, url, progress)

    def export_log(self, path: Path, progress: Progress | None = None) -> int:
        """Write all events to a file that is not there yet; see `journal.export_log`."""
        refuse_past(self._engine)
        return journal.export_log(self._engine, path, progress)

    def import_log(self, path: Path, progress: Progress | None = None) -> Imported:
        """Append the events of a file that the log lacks; see `journal.import_log`."""
        return journal.import_log(self._engine, path, progress)
