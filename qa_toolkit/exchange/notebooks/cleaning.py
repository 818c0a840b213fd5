"""Conversation text, out of the outputs of notebooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from qa_toolkit.errors import FileFormatError
from qa_toolkit.exchange.notebooks._document import Notebook, Piece
from qa_toolkit.exchange.notebooks._matching import Matcher, Texts

AT_ONCE: Final = 1_000_000  # runs of words that are looked for in one reading of the store
LONGEST: Final = 20_000_000  # characters of an output; a longer one goes without being compared


class Place(Protocol):
    """A notebook that can be read, and perhaps written."""

    def read(self) -> bytes:
        """Return its bytes, or raise FileFormatError."""

    def write(self, data: bytes, /) -> None:
        """Put another content in its place."""


@dataclass(frozen=True)
class Cleaned:
    """What became of one notebook.

    Parameters
    ----------
    name : str
    outputs : tuple of str
        What was taken out, or would be: ``"cell 3, output 1"``.
    by_hand : tuple of (str, str)
        What else holds words of conversations, and only a person can change: ``"cell 5"``, and which words.
    fault : str
        Why it could not be read or written; else empty.
    """

    name: str
    outputs: tuple[str, ...] = ()
    by_hand: tuple[tuple[str, str], ...] = ()
    fault: str = ""


def clean_notebooks(
    places: Iterable[Place], texts: Callable[[], Texts] | None, everything: bool = False, check: bool = False
) -> Iterator[Cleaned]:
    """Take out of notebooks what widgets have left, and the outputs that hold conversation text.

    Parameters
    ----------
    places : iterable
        The notebooks; ``str()`` of each is its name.
    texts : callable or None
        Gives the texts of all conversations, anew at each call; None: nothing is compared.
    everything : bool
        Take out every output.
    check : bool
        Change nothing.

    Yields
    ------
    Cleaned
        One for each notebook, in order; one that is broken has a fault, and the others go on.
    """
    for group in _groups(places, texts is not None):
        if texts is not None and len(group.matcher):
            group.matcher.read(texts())
        for place, fault in group.places:
            yield Cleaned(str(place), fault=fault) if fault else _clean(place, group.matcher, everything, check)


@dataclass(frozen=True)
class _Group:
    places: list[tuple[Place, str]]
    matcher: Matcher


def _groups(places: Iterable[Place], comparing: bool) -> Iterator[_Group]:
    group = _Group([], Matcher())
    for place in places:
        fault = _want(place, group.matcher) if comparing else ""
        group.places.append((place, fault))
        if len(group.matcher) > AT_ONCE:
            yield group
            group = _Group([], Matcher())
    yield group


def _want(place: Place, matcher: Matcher) -> str:
    try:
        for piece in Notebook(place.read()).pieces():
            if len(piece.text) <= LONGEST:
                matcher.want(piece.text)
    except FileFormatError as error:
        return str(error)
    return ""


def _clean(place: Place, matcher: Matcher, everything: bool, check: bool) -> Cleaned:
    name = str(place)
    try:
        notebook = Notebook(place.read())
        found = [piece for piece in notebook.pieces() if _is_to_go(piece, matcher, everything)]
        outputs = tuple(piece.where for piece in found if piece.output)
        if outputs and not check:
            place.write(notebook.without(lambda piece: piece.where in outputs))
        return Cleaned(
            name, outputs, tuple((piece.where, matcher.found(piece.text)) for piece in found if not piece.output)
        )
    except FileFormatError as error:
        return Cleaned(name, fault=str(error))


def _is_to_go(piece: Piece, matcher: Matcher, everything: bool) -> bool:
    if piece.output and (everything or piece.widget or len(piece.text) > LONGEST):
        return True
    return len(piece.text) <= LONGEST and bool(matcher.found(piece.text))
