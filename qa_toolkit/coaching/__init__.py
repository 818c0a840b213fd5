"""Coaching without a screen: what went wrong, good answers for it, pins, and the pack made of them."""

from qa_toolkit.coaching.session import CoachSession

__all__ = ["CoachSession"]
