"""One notebook: what in it can hold text, and the same notebook without some of it."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from qa_toolkit.errors import FileFormatError

_BOM: Final = b"\xef\xbb\xbf"
WIDGET: Final = "application/vnd.jupyter.widget-view+json"
_BINARY: Final = re.compile(r"(?:image/(?!svg)|audio/|video/|application/(?:pdf|octet-stream))")
_MARKED_UP: Final = re.compile(r"html|svg|xml|markdown")
_TAG: Final = re.compile(r"<[^<>]*>")
_INDENT: Final = re.compile(r"[\[{](\r?\n)( *)")
TOO_DEEP: Final = "is nested too deep to be a notebook"


@dataclass(frozen=True)
class Piece:
    """A part of a notebook.

    Parameters
    ----------
    where : str
        For people: ``"cell 3, output 1"``.
    text : str
        What it holds, to compare.
    output : bool
        Whether it is an output or the state of widgets, and can be taken out; a person has to change the rest.
    widget : bool
        Whether it is what a widget has left, which always goes.
    """

    where: str
    text: str
    output: bool = False
    widget: bool = False


class Notebook:
    """A notebook (nbformat 4), with its way of being written.

    Parameters
    ----------
    data : bytes
        Of the file.

    Raises
    ------
    FileFormatError
        If it is no such notebook; the message holds nothing of it.
    """

    def __init__(self, data: bytes) -> None:
        self._raw = data
        self._document = _parsed(data)
        self._cells: list[dict[str, Any]] = self._document["cells"]

    def pieces(self) -> Iterator[Piece]:
        """Yield all that can hold text."""
        if "widgets" in self._document.get("metadata", {}):
            yield Piece("state of widgets", "", output=True, widget=True)
        others = {name: value for name, value in self._document.get("metadata", {}).items() if name != "widgets"}
        yield Piece("metadata", _all_text(others))
        for number, cell in enumerate(self._cells, start=1):
            yield Piece(f"cell {number}", _all_text(cell.get("source")))
            yield Piece(f"cell {number}, metadata", _all_text(cell.get("metadata")))
            yield Piece(f"cell {number}, attachments", _all_text(_without_pictures(cell.get("attachments"))))
            for place, output in enumerate(_outputs(cell), start=1):
                yield _piece(f"cell {number}, output {place}", output)

    def without(self, goes: Callable[[Piece], bool]) -> bytes:
        """Return the file without the outputs and the state of widgets that are to go, written as it was."""
        pieces = [piece for piece in self.pieces() if piece.output]
        gone = {piece.where for piece in pieces if goes(piece)}
        if not gone:
            return self._raw
        if "state of widgets" in gone:
            del self._document["metadata"]["widgets"]
        for number, cell in enumerate(self._cells, start=1):
            if _outputs(cell):
                kept = [o for i, o in enumerate(cell["outputs"], start=1) if f"cell {number}, output {i}" not in gone]
                cell["outputs"] = kept
        return _written(self._document, self._raw)


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise FileFormatError("is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise FileFormatError(f"is no JSON ({error.msg}, line {error.lineno}); mend it or restore it") from None
    except RecursionError:
        raise FileFormatError(TOO_DEEP) from None
    except ValueError:  # a number of thousands of digits
        raise FileFormatError("holds a number that is none of a notebook") from None
    if not isinstance(document, dict) or not isinstance(document.get("metadata", {}), dict):
        raise FileFormatError("is no notebook")
    cells = document.get("cells")
    if not isinstance(cells, list) or not all(map(_is_cell, cells)):
        old = "worksheets" in document
        raise FileFormatError("is of an old format; open and save it in JupyterLab" if old else "is no notebook")
    return document


def _is_cell(cell: Any) -> bool:
    outputs = cell.get("outputs", []) if isinstance(cell, dict) else None
    return isinstance(outputs, list) and all(isinstance(output, dict) for output in outputs)


def _outputs(cell: dict[str, Any]) -> list[dict[str, Any]]:
    outputs: list[dict[str, Any]] = cell.get("outputs", [])
    return outputs


def _piece(where: str, output: dict[str, Any]) -> Piece:
    found = output.get("data")
    data: dict[str, Any] = found if isinstance(found, dict) else {}
    others = {name: value for name, value in output.items() if value is not data}  # streams, tracebacks, metadata
    texts = [_all_text(others), *(_shown(str(mime), value) for mime, value in data.items())]
    return Piece(where, "\n".join(texts), output=True, widget=WIDGET in data)


def _shown(mime: str, value: Any) -> str:
    if _BINARY.match(mime) and isinstance(value, str | list):
        return ""
    text = _all_text(value)
    if not _MARKED_UP.search(mime):
        return text
    # A page within a page (srcdoc) is an attribute, escaped once more.
    pages = (text, html.unescape(text))
    return "\n".join((text, *(html.unescape(_TAG.sub(" ", page)) for page in pages)))


def _without_pictures(attachments: Any) -> Any:
    if not isinstance(attachments, dict):
        return attachments
    return {
        name: {mime: value for mime, value in bundle.items() if not _BINARY.match(str(mime))}
        for name, bundle in attachments.items()
        if isinstance(bundle, dict)
    }


def _all_text(value: Any) -> str:
    """Return all texts within a value."""
    found, level = [], [value]
    while level:
        one = level.pop()
        if isinstance(one, dict):
            level += [*one.values(), *one.keys()]
        elif isinstance(one, list) and one and all(isinstance(line, str) for line in one):
            whole = all(line.endswith("\n") for line in one[:-1])  # a text that is written as its lines
            found.append(("" if whole else "\n").join(one))
        elif isinstance(one, list):
            level += one
        elif one is not None:
            found.append(str(one))
    return "\n".join(found)


def _written(document: dict[str, Any], like: bytes) -> bytes:
    """Return a document in the way in which it was written before."""
    text = like.decode("utf-8-sig")
    indent = _INDENT.search(text)
    escaped = text.isascii() and "\\u" in text
    after_colon = ": " if '": ' in text else ":"
    separators = (", " if after_colon == ": " and not indent else ",", after_colon)
    layout: dict[str, Any] = {"indent": len(indent[2]) if indent else None, "separators": separators}
    try:
        out = json.dumps(document, ensure_ascii=escaped, **layout).encode()
    except RecursionError:  # what can just be read may not be written
        raise FileFormatError(TOO_DEEP) from None
    except UnicodeEncodeError:  # half of a character, which only an escape can stand for
        out = json.dumps(document, **layout).encode()
    out += b"\n" if text.endswith("\n") else b""
    if indent and indent[1] == "\r\n":
        out = out.replace(b"\n", b"\r\n")
    return (_BOM if like.startswith(_BOM) else b"") + out
