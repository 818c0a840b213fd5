"""Calibrations as of a past time: what was shown then is what is shown now of then."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from qa_toolkit.calibration import (
    CalibrationSession,
    calibration_progress,
    calibration_ratings,
    calibrations,
    examples,
    excuse,
    start_calibration,
)
from qa_toolkit.errors import NotFoundError, StoreError
from qa_toolkit.project import Project
from qa_toolkit.rubric import Rubric
from qa_toolkit.store import Store

IDS = ("listen", "solve", "warm")


def shown(project: Project) -> list[Any]:
    """Return all that is read of calibrations."""
    frames = calibrations(project), calibration_ratings(project), calibration_progress(project, "march")
    sessions = [CalibrationSession(project, "march", who) for who in ("ruth", "ines")]
    decided = examples(project)[["commandment", "rating", "reason"]]
    return [*(f.to_dict("records") for f in (*frames, decided)), *(s.refresh("c0") for s in sessions)]


@pytest.mark.every_database
def test_each_past_moment_is_as_it_was(store: Store, small_rubric: Rubric) -> None:
    project, people = Project(store), ["ruth", "sam", "tove"]
    start_calibration(project, "march", people, conversations=["c0"], rubric=small_rubric, lead="ines")
    ruth, sam, ines = (CalibrationSession(project, "march", who) for who in ("ruth", "sam", "ines"))
    acts = [lambda name=name, who=who: who.rate("c0", 1, name, "pass") for name in IDS for who in (ruth, sam)]
    acts += [
        lambda: ruth.rate("c0", 1, "solve", "partial"),
        ruth.undo,
        lambda: ruth.rate("c0", 1, "warm", "partial"),
        lambda: ruth.submit("c0", 1),
        lambda: sam.submit("c0", 1),
        lambda: excuse(project, "march", "tove", "ill", "ines"),
        lambda: ruth.rate("c0", 2, "warm", "fail"),
        lambda: ines.decide("c0", "warm", "pass", "it is warm enough"),
        ines.undo,
    ]
    moments: list[tuple[datetime, list[Any]]] = []
    for act in acts:
        act()
        moments.append((store._now(), shown(project)))
    assert [stages(seen) for _, seen in moments[-6:]] == [
        "waiting",
        "waiting",
        "revealed",
        "again",
        "decided",
        "again",
    ]
    for at, seen in moments:
        assert shown(project.as_of(at)) == seen


def stages(seen: list[Any]) -> str:
    return str(seen[-2]["state"]["stage"])


def test_a_past_calibration_can_only_be_read(store: Store, small_rubric: Rubric) -> None:
    project = Project(store)
    start_calibration(project, "march", ["ruth", "sam"], conversations=["c0"], rubric=small_rubric)
    past = project.as_of("2026-09-01")
    with pytest.raises(StoreError, match="can only be read"):
        CalibrationSession(past, "march", "ruth").rate("c0", 1, "warm", "pass")
    with pytest.raises(NotFoundError, match="no calibration 'march'"):
        CalibrationSession(project.as_of("2026-08-31"), "march", "ruth")
    assert calibrations(project.as_of("2026-08-31")).empty
