"""Reviewing: one reviewer's way through one sample, without a widget."""

from qa_toolkit.review.session import ReviewSession
from qa_toolkit.review.settings import ReviewSettings, load_settings
from qa_toolkit.rubric import RATINGS

__all__ = ["RATINGS", "ReviewSession", "ReviewSettings", "load_settings"]
