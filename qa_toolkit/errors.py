"""What a user can get wrong, one class each, and words that its messages share.

Every message says what is wrong and what to do about it. ``code`` is the short name that the
review screen and the coach screen receive.
"""

from __future__ import annotations

import difflib
import operator
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


class QAToolkitError(Exception):
    """Base of every error that this package raises on purpose."""

    code = "error"


class FileFormatError(QAToolkitError):
    """A file cannot be read at all: missing, empty, cut short, or of no known kind."""

    code = "file"


class ColumnsError(FileFormatError):
    """A table's columns bear names of their own; what they are was guessed and waits for a yes.

    Parameters
    ----------
    message : str
        One sentence for people.
    guess : dict of str to str
        Our names to the names of the file's columns, as ``columns=`` takes them.
    why : dict of str to str
        Of each of our names: what the guess goes by.
    examples : dict of str to str
        Of each of our names: the first value. These are texts of customers.
    missing : tuple of str
        Those of our names that are needed and for which nothing was found.
    """

    code = "columns"

    def __init__(
        self,
        message: str,
        guess: dict[str, str],
        why: dict[str, str],
        examples: dict[str, str],
        missing: tuple[str, ...],
    ) -> None:
        super().__init__(message)
        self.guess, self.why, self.examples, self.missing = guess, why, examples, missing


class ImportStoppedError(QAToolkitError):
    """An import was interrupted; what it had stored stays, and it can go on."""

    code = "stopped"


class ExportError(QAToolkitError):
    """A file cannot be written as it was asked for."""

    code = "export"


class ClusterError(QAToolkitError):
    """A Dask cluster cannot be used."""

    code = "cluster"


class SchemaError(QAToolkitError):
    """A frame does not have the shape that it must have.

    Parameters
    ----------
    message : str
        One sentence for people.
    failures : pandas.DataFrame
        Columns ``row``, ``column``, ``reason``: everything that is wrong, at once.
    """

    code = "schema"

    def __init__(self, message: str, failures: pd.DataFrame) -> None:
        super().__init__(message)
        self.failures = failures


class RubricError(QAToolkitError):
    """A rubric is unknown or its text is wrong."""

    code = "rubric"


class FactsError(QAToolkitError):
    """A calendar or a phrase list that facts are computed with is wrong."""

    code = "facts"


class SamplingError(QAToolkitError):
    """A sampling plan cannot be drawn from these conversations."""

    code = "sampling"


class StoreError(QAToolkitError):
    """The database cannot be opened, or refuses what was asked."""

    code = "store"


class NotFoundError(QAToolkitError):
    """Something was asked for by a name or id that is not there."""

    code = "not-found"


class InvalidActError(QAToolkitError):
    """An act of a reviewer or coach does not fit the conversation or the rubric."""

    code = "invalid"


class AssignmentError(QAToolkitError):
    """Reviews cannot be assigned, taken, handed back or reassigned as was asked for."""

    code = "assignment"


class RefusedError(QAToolkitError):
    """An act was refused for what the store holds; the error carries it.

    Parameters
    ----------
    message : str
        One sentence for people.
    state : dict
        The state of the conversation as it is in the store.
    """

    def __init__(self, message: str, state: dict[str, Any]) -> None:
        super().__init__(message)
        self.state = state


class StaleError(RefusedError):
    """The same rating was changed elsewhere, after what this screen shows."""

    code = "stale"


class IncompleteError(QAToolkitError):
    """A review was submitted with commandments that are not rated yet."""

    code = "incomplete"


class EvidenceError(RefusedError):
    """A review was submitted with a fail that has no evidence."""

    code = "evidence"


class SettingsError(QAToolkitError):
    """The settings of a team are wrong."""

    code = "settings"


class EncoderError(QAToolkitError):
    """The embedding model is not there or is not the one that it should be."""

    code = "encoder"


class LabError(QAToolkitError):
    """JupyterLab cannot be started."""

    code = "lab"


class NotebookError(QAToolkitError):
    """Notebooks cannot be cleaned or checked."""

    code = "notebook"


def instead(word: str, known: Collection[str], otherwise: str = "") -> str:
    """Return advice for a word that is not known: the closest known one, else `otherwise`, else all known ones."""
    close = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {close[0]!r}?" if close else otherwise or f"known are {', '.join(known)}"


def listed(where: str, problems: Collection[str]) -> str:
    """Return all that is wrong with a file as one message, a line each."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return "\n- ".join([f"{where} has {count}:", *problems])


def whole_number(name: str, value: Any) -> int:
    """Return a whole number of at least 1, such as how many to draw; else raise SamplingError."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise SamplingError(f"{name} is {value!r}; it must be a whole number of at least 1")
    return number
