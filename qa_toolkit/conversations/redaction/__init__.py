"""Redaction: private data is taken out of conversations before they are stored, embedded or shown."""

from qa_toolkit.conversations.importers._model import Person
from qa_toolkit.conversations.redaction._keys import agent_pseudonym, customer_pseudonym
from qa_toolkit.conversations.redaction._model import KINDS, NOT_CHECKED, PLACEHOLDER
from qa_toolkit.conversations.redaction.redactor import Redactor
from qa_toolkit.conversations.redaction.settings import RedactionSettings, load_redaction

__all__ = [
    "KINDS",
    "NOT_CHECKED",
    "PLACEHOLDER",
    "Person",
    "RedactionSettings",
    "Redactor",
    "agent_pseudonym",
    "customer_pseudonym",
    "load_redaction",
]
