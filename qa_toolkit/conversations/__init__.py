"""Conversations and messages: their frames, and how they come in."""

from qa_toolkit.conversations.folds import blank_folds, drop_folds, without_folds
from qa_toolkit.conversations.importers import Batch, guess_columns, read
from qa_toolkit.conversations.schema import (
    CONVERSATIONS,
    MESSAGES,
    PLANS,
    ROLES,
    validate_conversations,
    validate_messages,
)
from qa_toolkit.conversations.summary import ImportSummary, decisions_frame

__all__ = [
    "CONVERSATIONS",
    "MESSAGES",
    "PLANS",
    "ROLES",
    "Batch",
    "ImportSummary",
    "blank_folds",
    "decisions_frame",
    "drop_folds",
    "guess_columns",
    "read",
    "validate_conversations",
    "validate_messages",
    "without_folds",
]
