"""The coaching packs of one coach: the part of a `CoachSession` that hands them out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from qa_toolkit.coaching.packing import Pack, check_used, kind_of, make_pack, save_pack
from qa_toolkit.coaching.shapes import Json
from qa_toolkit.project import Project
from qa_toolkit.rubric import Commandment
from qa_toolkit.store import Conversation


class Packs:
    """The part of a `CoachSession` that makes coaching packs."""

    coach: str
    _project: Project
    _commandments: dict[str, Commandment]
    _conversation: Callable[[str], Conversation]
    _fault: Callable[[str], Any]
    pins: Callable[[], list[Json]]
    refresh: Callable[[], None]

    def pack(self, kind: str, agent: str | None = None, at: str | date | None = None) -> Json:
        """Return the pinned faults with their examples as a coaching pack.

        Parameters
        ----------
        kind : {"markdown", "html"}
        agent : str, optional
            Only this agent's faults.
        at : str, datetime.date or datetime.datetime, optional
            Day of an earlier session: the pack begins with `Project.before_after`, over all and by commandment.

        Returns
        -------
        dict
            ``text``, and how many pins are in it (``used``) and are not (``left_out``), because their fault's rating
            was changed or their answer is no good answer any more.

        Raises
        ------
        InvalidActError
            If nothing is pinned that still holds, or the kind is another.
        StoreError
            If `at` is no date, or a time without a zone.
        """
        pack, left_out = self._pack(kind, agent, at)
        return {"text": pack.text, "used": pack.used, "left_out": left_out}

    def save(self, path: str | Path, agent: str | None = None, at: str | date | None = None) -> Path:
        """Write the pack to a file that ends in ``.md`` or ``.html``, and that `Project.forget` knows of.

        Raises
        ------
        InvalidActError
            If the ending is another, or as of `pack`.
        ExportError
            If the file cannot be written.
        """
        return save_pack(self._project.store, Path(path), self._pack(kind_of(Path(path)), agent, at)[0])

    def _pack(self, kind: str, agent: str | None, at: str | date | None) -> tuple[Pack, int]:
        self.refresh()
        pins = [pin for pin in self.pins() if agent in (None, pin["agent"])]
        holding = [(pin, self._fault(pin["fault_id"])) for pin in pins if pin["holds"]]
        pack = make_pack(self._project, kind, self.coach, holding, self._conversation, self._commandments, at)
        check_used(pack, pins, agent)
        return pack, len(pins) - pack.used
