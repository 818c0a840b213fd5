"""A reviewer of a calibration, as a process of its own; in a module that a spawned process can import by its name."""

from __future__ import annotations

from threading import Barrier

from qa_toolkit.calibration import CalibrationSession
from qa_toolkit.project import Project
from qa_toolkit.store import open_store


def rate_and_submit(url: str, reviewer: str, together: Barrier) -> None:
    """Rate every conversation of the calibration "march", and submit each at the moment when the others do."""
    store = open_store(url)
    session = CalibrationSession(Project(store), "march", reviewer)
    for conversation_id in session.setting.conversations:
        for name in session.rubric.ids:
            session.rate(conversation_id, 1, name, "pass")
        together.wait(60)
        session.submit(conversation_id, 1)
    store.close()
