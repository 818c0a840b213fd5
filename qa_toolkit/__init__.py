"""Quality review of customer support in JupyterLab.

`open_project` is where everything begins; `ReviewWidget`, `DecideWidget`, `CalibrateWidget` and `CoachWidget` are the
screens.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa_toolkit.calibration import CalibrationSession, start_calibration
    from qa_toolkit.coaching import CoachSession
    from qa_toolkit.project import Project, open_project
    from qa_toolkit.review import ReviewSession, ReviewSettings, load_settings
    from qa_toolkit.rubric import Rubric, load_rubric
    from qa_toolkit.widgets import CalibrateWidget, CoachWidget, DecideWidget, ReviewWidget, ScriptedReviewer

__version__ = version("qa-toolkit")
__all__ = [
    "CalibrateWidget",
    "CalibrationSession",
    "CoachSession",
    "CoachWidget",
    "DecideWidget",
    "Project",
    "ReviewSession",
    "ReviewSettings",
    "ReviewWidget",
    "Rubric",
    "ScriptedReviewer",
    "load_rubric",
    "load_settings",
    "open_project",
    "start_calibration",
]

# Looked up on first use, so that importing the package stays quick and needs no notebook.
_HOMES = {
    "CalibrateWidget": "widgets",
    "CalibrationSession": "calibration",
    "CoachSession": "coaching",
    "CoachWidget": "widgets",
    "DecideWidget": "widgets",
    "Project": "project",
    "ReviewSession": "review",
    "ReviewSettings": "review",
    "ReviewWidget": "widgets",
    "Rubric": "rubric",
    "ScriptedReviewer": "widgets",
    "load_rubric": "rubric",
    "load_settings": "review",
    "open_project": "project",
    "start_calibration": "calibration",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qa_toolkit' has no attribute {name!r}")
    return getattr(import_module(f"qa_toolkit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
