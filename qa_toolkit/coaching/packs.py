"""The coaching packs of one coach: the part of a `CoachSession` that hands them out."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from qa_toolkit.coaching.hiding import Shown
from qa_toolkit.coaching.packing import Pack, PackMaker, check_kind, check_used, kind_of, save_pack
from qa_toolkit.coaching.shapes import Json
from qa_toolkit.conversations.redaction import RedactionSettings
from qa_toolkit.exchange import check_free
from qa_toolkit.project import Project
from qa_toolkit.rubric import Commandment
from qa_toolkit.store import Conversation


class Packs:
    """The part of a `CoachSession` that makes coaching packs."""

    coach: str
    _project: Project
    _commandments: dict[str, Commandment]
    _faults: Any
    _conversation: Callable[[str], Conversation]
    _fault: Callable[[str], Any]
    pins: Callable[[], list[Json]]
    agreed: Callable[[str | None], list[Json]]
    refresh: Callable[[], None]

    def pack(
        self,
        kind: str,
        agent: str | None = None,
        at: str | date | None = None,
        *,
        redaction: bool | str | Path | RedactionSettings = True,
        named: bool = False,
    ) -> Json:
        """Return the pinned faults with their examples, and what was agreed, as a coaching pack.

        Parameters
        ----------
        kind : {"markdown", "html", "docx"}
        agent : str, optional
            Only this agent's faults and agreements.
        at : str, datetime.date or datetime.datetime, optional
            Day of an earlier session: the pack begins with `Project.before_after`, over all and by commandment, and
            says what was done since.
        redaction : bool, str, Path or RedactionSettings
            How private data is hidden, whatever was done when the conversations were imported; False: it is not.
        named : bool
            True: colleagues of who is coached, and reviewers, are named. False: colleagues are under a pseudonym that
            is the same in all packs of the project, and reviewers are only counted.

        Returns
        -------
        dict
            ``text`` (of a docx, ``data``: its bytes in base64), and how many pins are in it (``used``) and are not
            (``left_out``), because their fault's rating was changed or their answer is no good answer any more.

        Raises
        ------
        InvalidActError
            If nothing was agreed, nothing is pinned that still holds, or the kind is another.
        StoreError
            If `at` is no date, or a time without a zone.
        """
        check_kind(kind)
        pack, left_out = self._pack(kind, agent, at, Shown(redaction, named))
        counts = {"used": pack.used, "left_out": left_out}
        if isinstance(pack.content, bytes):
            return {"data": b64encode(pack.content).decode(), **counts}
        return {"text": pack.content, **counts}

    def save(
        self,
        path: str | Path,
        agent: str | None = None,
        at: str | date | None = None,
        *,
        redaction: bool | str | Path | RedactionSettings = True,
        named: bool = False,
        overwrite: bool = False,
    ) -> Path:
        """Write the pack to a file that `Project.forget` knows of.

        Parameters
        ----------
        path : str or Path
            Ends in ``.md``, ``.html`` or ``.docx``.
        agent, at, redaction, named
            As of `pack`.
        overwrite : bool
            Whether a file that is there is replaced.

        Raises
        ------
        InvalidActError
            If the ending is another, or as of `pack`.
        ExportError
            If the file is there already or cannot be written.
        """
        kind = kind_of(Path(path))
        check_free(Path(path), overwrite or Path(path).is_dir())  # of a folder, more is said where it is written
        return save_pack(self._project.store, Path(path), self._pack(kind, agent, at, Shown(redaction, named))[0])

    def _pack(self, kind: str, agent: str | None, at: str | date | None, shown: Shown) -> tuple[Pack, int]:
        self.refresh()
        pins = [pin for pin in self.pins() if agent in (None, pin["agent"])]
        holding = [(pin, self._fault(pin["fault_id"])) for pin in pins if pin["holds"]]
        reviewers = {*self._faults["reviewer"], *self._faults["decided_by"].dropna()}
        maker = PackMaker(self._project, self.coach, self._conversation, self._commandments, reviewers, shown)
        pack = maker.make(kind, holding, self.agreed(agent), at)
        check_used(pack, pins, agent)
        return pack, len(pins) - pack.used
