"""Names that no export knows, found by a spaCy model; it comes with the extra ``names``."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from qa_toolkit.conversations.redaction._chunks import chunks
from qa_toolkit.conversations.redaction._model import Found
from qa_toolkit.conversations.redaction._words import WORD, fold
from qa_toolkit.errors import SettingsError

LABELS: Final = frozenset({"PERSON", "PER"})
LARGEST: Final = 50_000  # characters at a time: a model takes memory by the length of a text
_UNUSED: Final = ("tagger", "parser", "lemmatizer", "attribute_ruler", "morphologizer", "senter")


@cache
def load_model(name: str) -> Any:
    """Load a spaCy pipeline once.

    Raises
    ------
    SettingsError
        If spaCy or the model is not there, or finds no people.
    """
    try:
        import spacy
    except ImportError as error:
        raise SettingsError(f"names.model needs spaCy: pip install 'qa-toolkit[names]' ({error})") from error
    try:
        model = spacy.load(name, disable=list(_UNUSED))
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"names.model: spaCy cannot load {name!r}; install it, or give the folder of a saved pipeline"
        ) from error
    if not {"ner", "entity_ruler"} & set(model.pipe_names):
        raise SettingsError(f"names.model: the pipeline {name!r} finds no names; give one with ner or entity_ruler")
    return model


def find_people(model: Any, text: str) -> Iterator[Found]:
    """Find what the model takes for names of people."""
    for start, piece in chunks(text, LARGEST):
        for entity in model(piece).ents:
            words = [fold(word) for word in WORD.findall(entity.text)]
            if entity.label_ in LABELS and words:
                begin, end = start + entity.start_char, start + entity.end_char
                yield Found(begin, end, "NAME", " ".join(words), guessed=True)
