"""Several reviewers rate the same conversations blind, see where they differ, and rate again."""

from qa_toolkit.calibration.examples import examples, rubric_with_examples
from qa_toolkit.calibration.excusing import calibration_progress, excuse
from qa_toolkit.calibration.frames import calibration_gain, calibration_ratings, calibration_repeats
from qa_toolkit.calibration.queue import calibration_queue
from qa_toolkit.calibration.session import CalibrationSession
from qa_toolkit.calibration.setting import Setting, calibrations, setting_of, start_calibration

__all__ = [
    "CalibrationSession",
    "Setting",
    "calibration_gain",
    "calibration_progress",
    "calibration_queue",
    "calibration_ratings",
    "calibration_repeats",
    "calibrations",
    "examples",
    "excuse",
    "rubric_with_examples",
    "setting_of",
    "start_calibration",
]
