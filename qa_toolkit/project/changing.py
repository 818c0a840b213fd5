"""A change of model: suggestions come from the old vectors until all the new ones are there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from qa_toolkit.errors import QAToolkitError
from qa_toolkit.exchange.progress import Meter
from qa_toolkit.store import Store
from qa_toolkit.suggest import Encoder, Suggester
from qa_toolkit.suggest.caching import different
from qa_toolkit.suggest.encoders import Progress, encoder_of

FEW: Final = 64  # texts: they are embedded at once, in about a second
OWN: Final = frozenset({"add", "wait", "model_after", "problem"})
_BUSY: Final[dict[tuple[str, str], threading.Lock]] = {}


class ChangingSuggester(Suggester):
    """Answers as the suggester before does, while another one is made in the background; then as that one.

    It is used as any suggester. Each call is answered by one of the two, never by both. Print it to see how far it is,
    or why the change failed: then it goes on as before.

    Parameters
    ----------
    before : Suggester
        Of the model until now.
    make : callable
        Makes the one of the new model; gets a callable to tell (done, in all) to.
    model_after : str
        Id of the new model.
    progress : callable, optional
        Called with texts done and texts in all, from the background.

    Attributes
    ----------
    model_after : str
    problem : str
        Why the change failed; empty while it goes on, and when all is well.
    """

    def __init__(
        self, before: Suggester, make: Callable[[Progress], Suggester], model_after: str, progress: Progress | None
    ) -> None:
        self._now = before
        self.model_after, self.problem = model_after, ""
        self._heard, self._start, self._far = progress, time.monotonic(), (0, 0)
        self._added: list[pd.DataFrame] = []
        self._adding = threading.Lock()
        self._thread = threading.Thread(target=self._change, args=(make,), name="qa-toolkit-change", daemon=True)
        self._thread.start()

    def __getattribute__(self, name: str) -> Any:
        own = object.__getattribute__
        return own(self, name) if name.startswith("_") or name in OWN else getattr(own(self, "_now"), name)

    def __repr__(self) -> str:
        if self.problem:
            state = f"the change to {self.model_after} failed: {self.problem}"
        elif self._now.model_id == self.model_after:
            state = "all is embedded"
        else:
            line = Meter().line(*self._far, time.monotonic() - self._start) if self._far[1] else "begun"
            state = f"embedding for {self.model_after}: {line}"
        return f"ChangingSuggester({self._now!r}; {state})"

    def add(self, exemplars: pd.DataFrame) -> None:
        """Make further exemplars searchable at once, now and after the change; see `Suggester.add`."""
        with self._adding:
            self._now.add(exemplars)
            self._added.append(exemplars)

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until the change is done or has failed, at most so long; return whether it is done well."""
        self._thread.join(seconds)
        return self._now.model_id == self.model_after

    def _change(self, make: Callable[[Progress], Suggester]) -> None:
        try:
            after = make(self._tell)
            with self._adding:
                for exemplars in self._added:
                    after.add(exemplars)
                self._now = after
        except QAToolkitError as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001 - nobody else would hear of it; its words could quote a text
            self.problem = type(error).__name__

    def _tell(self, done: int, total: int) -> None:
        self._far = done, total
        if self._heard:
            self._heard(done, total)


def in_turn(store: Store, model_id: str, make: Callable[[Progress], Suggester]) -> Callable[[Progress], Suggester]:
    """Return `make` so that of several changes to a model one embeds, and those after it find its vectors."""
    lock = _BUSY.setdefault((store.url, model_id), threading.Lock())

    def made(told: Progress) -> Suggester:
        with lock:
            return make(told)

    return made


def encoder_before(store: Store, model_id: str, exemplars: pd.DataFrame, given: Encoder | None) -> Encoder | None:
    """Return the encoder that most texts of exemplars are embedded by, if they are not by `model_id` and are many.

    Parameters
    ----------
    store : Store
    model_id : str
        Of the new model.
    exemplars : pandas.DataFrame
    given : Encoder, optional
        The encoder until now; if left out, it is looked for by the ids that the store knows.
    """
    counts = store.vectors.models()
    names = [name for name in counts if name != model_id]
    if not (names or given) or counts.get(model_id, 0) >= 2 * len(exemplars) - FEW:
        return None  # without reading all the vectors
    keys = list(different([*exemplars["situation"], *exemplars["answer"]]))
    missing = len(keys) - len(store.vectors.known(model_id, keys))
    if missing <= FEW:
        return None
    known = [given] if given else [one for one in map(encoder_of, names) if one]
    lacks = [(len(keys) - len(store.vectors.known(one.model_id, keys)), one) for one in known]
    least, best = min(lacks, key=lambda pair: pair[0], default=(len(keys), None))
    return best if least < missing and least <= len(keys) / 2 else None
