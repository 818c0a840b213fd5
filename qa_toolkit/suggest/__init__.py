"""Suggestions: past good answers for a situation, found by meaning and by words, on this machine."""

from qa_toolkit.suggest.caching import CachedEncoder, Vectors, text_key
from qa_toolkit.suggest.encoders import Encoder, HashingEncoder, SentenceTransformerEncoder
from qa_toolkit.suggest.evaluation import Comparison, Evaluation, compare, evaluate
from qa_toolkit.suggest.exemplars import EXEMPLARS, build_exemplars, situation
from qa_toolkit.suggest.suggester import Suggester, Suggestion, Suggestions

__all__ = [
    "EXEMPLARS",
    "CachedEncoder",
    "Comparison",
    "Encoder",
    "Evaluation",
    "HashingEncoder",
    "SentenceTransformerEncoder",
    "Suggester",
    "Suggestion",
    "Suggestions",
    "Vectors",
    "build_exemplars",
    "compare",
    "evaluate",
    "situation",
    "text_key",
]
