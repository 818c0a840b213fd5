"""Suggestions: past good answers for a situation, found by meaning and by words, on this machine."""

from qa_toolkit.suggest.caching import CachedEncoder, Vectors, text_key
from qa_toolkit.suggest.closeness import Closeness, fit_threshold
from qa_toolkit.suggest.curating import CURATED, curate, decided
from qa_toolkit.suggest.duplicates import duplicate_answers
from qa_toolkit.suggest.encoders import Encoder, HashingEncoder, SentenceTransformerEncoder
from qa_toolkit.suggest.evaluation import Comparison, Evaluation, compare, evaluate
from qa_toolkit.suggest.exemplars import EXEMPLARS, build_exemplars, judged_answers
from qa_toolkit.suggest.fusion import Weights
from qa_toolkit.suggest.situations import Situation, cut_situation, situation, topic
from qa_toolkit.suggest.suggester import Suggester
from qa_toolkit.suggest.suggestion import Suggestion, Suggestions

__all__ = [
    "CURATED",
    "EXEMPLARS",
    "CachedEncoder",
    "Closeness",
    "Comparison",
    "Encoder",
    "Evaluation",
    "HashingEncoder",
    "SentenceTransformerEncoder",
    "Situation",
    "Suggester",
    "Suggestion",
    "Suggestions",
    "Vectors",
    "Weights",
    "build_exemplars",
    "compare",
    "curate",
    "cut_situation",
    "decided",
    "duplicate_answers",
    "evaluate",
    "fit_threshold",
    "judged_answers",
    "situation",
    "text_key",
    "topic",
]
