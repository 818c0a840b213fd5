"""What every screen shares: its page text, and the answering of messages.

The browser sends ``{v: 1, id, kind, ...fields}`` and always gets ``{v: 1, id, ok: true, result}`` or
``{v: 1, id, ok: false, error: {code, message, state?}}``, also when something goes wrong that nobody thought of:
the front end shows no exception of a handler anywhere.
"""

from __future__ import annotations

import logging
import re
import threading
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, ClassVar

import anywidget

from qa_toolkit.errors import InvalidActError, QAToolkitError

PROTOCOL = 1
# Modules of every screen.
SHARED = ("dom.mjs", "offsets.mjs", "times.mjs", "keys.mjs", "fit.mjs", "wire.mjs", "outbox.mjs")
_LOG = logging.getLogger(__name__)
_STATIC = files("qa_toolkit.widgets") / "static"
_LOCAL_IMPORT = re.compile(r'^import\s[^;]*?from "\./[^"]+";\n', re.MULTILINE)
_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_EXPORT = re.compile(r"^export (?=(?:async |)(?:function|class|const)\b)", re.MULTILINE)


@dataclass(frozen=True)
class Field:
    """What may stand in one field of a message.

    Parameters
    ----------
    fits : callable
        Says whether a value (JSON: str, int, list, ...) is allowed.
    what : str
        What the value must be, for people.
    """

    fits: Callable[[Any], bool]
    what: str


def text_field(longest: int, shortest: int = 0) -> Field:
    """Return a field that holds `shortest` to `longest` characters of text."""
    return Field(
        lambda value: isinstance(value, str) and shortest <= len(value) <= longest,
        f"text of {shortest} to {longest:,} characters",
    )


def join_modules(names: Sequence[str]) -> str:
    """Join modules of ``static/`` into one text that needs no other file.

    Parameters
    ----------
    names : sequence of str
        File names, each after those that it imports from; the last has the default export.

    Returns
    -------
    str
        The text of one ES module.
    """
    texts = [_LOCAL_IMPORT.sub("", (_STATIC / name).read_text("utf-8")) for name in names]
    return "\n".join(_EXPORT.sub("", text) for text in texts)


def read_css(name: str = "qa.css") -> str:
    """Return the text of a style sheet of ``static/``."""
    return (_STATIC / name).read_text("utf-8")


class Screen(anywidget.AnyWidget):
    """A widget that answers messages; its traits hold no customer text.

    A subclass sets `kinds`, `reading` and `session`, or has its own :meth:`perform`. Messages may come on any thread;
    they are answered one after another.

    Raises
    ------
    TypeError
        If a keyword is given that is no trait.
    """

    kinds: ClassVar[Mapping[str, Mapping[str, Field]]] = {}
    """The kinds of messages, each with its fields; all of them must be there, and no other."""
    reading: ClassVar[Collection[str]] = ()
    """The kinds that change nothing; all others are acts, which bear the id of their message."""
    session: Any

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(name for name in traits if not self.has_trait(name))
        if unknown:
            raise TypeError(f"{type(self).__name__} has no {', '.join(unknown)}; check the spelling of the keywords")
        self._turn = threading.RLock()
        super().__init__(**traits)
        self.on_msg(self._answer)

    def perform(self, kind: str, uid: str, fields: dict[str, Any]) -> Any:
        """Have the session's method of that name do what a message asks, and return the JSON-able result.

        Parameters
        ----------
        kind : str
            One of `kinds`.
        uid : str
            The id of the message: the same for the same act, however often it is sent.
        fields : dict
            The fields of that kind, checked.
        """
        act = getattr(self.session, kind)
        return act(**fields) if kind in self.reading else act(**fields, uid=uid)

    def handle(self, message: Any) -> dict[str, Any]:
        """Answer a message: the answer goes to every page that shows this widget, and is returned."""
        with self._turn:
            answer = self._answer_to(message)
            self.send(answer)
        return answer

    def _answer(self, _widget: Any, message: Any, _buffers: Any) -> None:
        self.handle(message)

    def _answer_to(self, message: Any) -> dict[str, Any]:
        uid = message.get("id") if isinstance(message, dict) else None
        answer = {"v": PROTOCOL, "id": uid if isinstance(uid, str) else None}
        try:
            kind, fields = self._checked(message)
            return {**answer, "ok": True, "result": self.perform(kind, message["id"], fields)}
        except QAToolkitError as error:
            return {**answer, "ok": False, "error": _refusal(error)}
        except Exception as error:  # noqa: BLE001 - a handler's exception shows nowhere; the page must hear of it
            # Its text may quote a customer, so the log gets the kind and the place only.
            place = "".join(traceback.format_tb(error.__traceback__))
            _LOG.error("a message to %r failed: %s\n%s", self, type(error).__name__, place)
            wrong = "Something went wrong in the kernel; its log says what. Try again, or run the cell again."
            return {**answer, "ok": False, "error": {"code": "internal", "message": wrong}}

    def _checked(self, message: Any) -> tuple[str, dict[str, Any]]:
        """Return kind and fields of a message, or raise InvalidActError: a script in the page can send anything."""
        if not isinstance(message, dict) or message.get("v") != PROTOCOL:
            raise InvalidActError("The page speaks another version: run the cell again and reload the page.")
        uid, kind = message.get("id"), message.get("kind")
        if not isinstance(uid, str) or not _ID.fullmatch(uid):
            raise InvalidActError("A message needs an id of 8 to 64 letters, digits and dashes.")
        if not isinstance(kind, str) or kind not in self.kinds:
            raise InvalidActError(f"There is no kind {str(kind)[:40]!r}; known: {', '.join(self.kinds)}.")
        fields = {name: value for name, value in message.items() if name not in ("v", "id", "kind")}
        wanted = self.kinds[kind]
        if fields.keys() != wanted.keys():
            raise InvalidActError(f"{kind} takes {', '.join(wanted) or 'no fields'}, each of them once.")
        for name, field in wanted.items():
            if not field.fits(fields[name]):
                raise InvalidActError(f"{name} of {kind} must be {field.what}.")
        return kind, fields


def _refusal(error: QAToolkitError) -> dict[str, Any]:
    refusal: dict[str, Any] = {"code": error.code, "message": str(error)}
    state = getattr(error, "state", None)
    return {**refusal, "state": state} if state else refusal
