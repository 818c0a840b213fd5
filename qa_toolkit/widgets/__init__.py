"""The screens for JupyterLab: thin shells around objects that know no widget.

Import what you need from here; nothing is loaded before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa_toolkit.widgets.calibrate import CalibrateWidget
    from qa_toolkit.widgets.coach import CoachWidget
    from qa_toolkit.widgets.decide import DecideWidget
    from qa_toolkit.widgets.review import ReviewWidget
    from qa_toolkit.widgets.scripted import ScriptedReviewer

__all__ = ["CalibrateWidget", "CoachWidget", "DecideWidget", "ReviewWidget", "ScriptedReviewer"]

_HOMES = {
    "CalibrateWidget": "calibrate",
    "CoachWidget": "coach",
    "DecideWidget": "decide",
    "ReviewWidget": "review",
    "ScriptedReviewer": "scripted",
}


def __getattr__(name: str) -> Any:
    """Load a widget's module when the widget is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
