"""From a file into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from qa_toolkit.conversations import Batch, ImportSummary, decisions_frame, read
from qa_toolkit.conversations.importers import fingerprint
from qa_toolkit.conversations.redaction import RedactionSettings, Redactor, load_redaction
from qa_toolkit.errors import ImportStoppedError
from qa_toolkit.exchange.progress import Meter
from qa_toolkit.store import Added, Mark, Store

REFUSED = ["line", "conversation_id", "reason", "file"]


def import_file(
    store: Store,
    path: str | Path,
    source: str | None = None,
    columns: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
    *,
    zone: str | None = None,
    agents: Sequence[str] = (),
    redaction: bool | str | Path | RedactionSettings = True,
    dayfirst: bool | None = None,
    encoding: str | None = None,
) -> ImportSummary:
    """Import a file into the store, a batch at a time; see `qa_toolkit.project.Project.import_file`."""
    settings = settings_of(redaction)
    redactor = Redactor(settings, store.secret("pseudonyms")) if settings else None
    said: dict[str, Any] = {"zone": zone, "agents": tuple(agents), "dayfirst": dayfirst, "encoding": encoding}
    asked = {"source": source, "columns": sorted((columns or {}).items()), "redaction": settings}
    start = Mark(fingerprint(path, **said, **asked, release=version("qa-toolkit")), Path(path).name, 0)
    start = replace(start, records=store.records_done(start.fingerprint))
    with Meter(progress) as meter:
        batches = read(path, source, columns, meter, **said, redactor=redactor, skip=start.records)
        return _store_all(store, batches, start, meter)


def _store_all(store: Store, batches: Iterator[Batch], start: Mark, meter: Meter) -> ImportSummary:
    """Store batches, each with the mark behind it."""
    tally, mark = Tally(start.records), start
    try:
        for batch in batches:
            if start.records and mark is start:
                meter.passed_over()
            after = replace(start, records=batch.records)
            tally.add(batch, store.add_conversations(batch.conversations, batch.messages, after))
            mark = after
            meter.messages += len(batch.messages)
    except KeyboardInterrupt:
        raise ImportStoppedError(
            f"stopped after record {mark.records:,} of {mark.file}. All up to there is in the project; "
            "the same command goes on from there"
        ) from None
    store.set_mark(replace(mark, done=True))
    return tally.summary()


class Tally:
    """Adds up what became of batches.

    Parameters
    ----------
    resumed_after : int
        As of an `ImportSummary`.
    """

    def __init__(self, resumed_after: int = 0) -> None:
        self._added = self._known = 0
        self._resumed_after = resumed_after
        self._refused = [pd.DataFrame(columns=REFUSED)]
        self._decisions: Counter[tuple[str, str]] = Counter()

    def add(self, batch: Batch, stored: Added) -> None:
        """Take one batch, and what the store said of it."""
        self._added += stored.added
        self._known += stored.known + batch.known
        self._refused += [batch.refused, stored.conflicts]
        self._decisions.update(batch.decisions)

    def summary(self) -> ImportSummary:
        """Return the sum."""
        frame = pd.concat(self._refused, ignore_index=True).reindex(columns=REFUSED).astype({"line": "Int64"})
        decided = decisions_frame(self._decisions)
        return ImportSummary(self._added, self._known, frame, decided, self._resumed_after)


def settings_of(redaction: bool | str | Path | RedactionSettings) -> RedactionSettings | None:
    """Return the settings to redact with: by default, those of a file, or given ones; None for no redaction."""
    if redaction is False:
        return None
    if redaction is True:
        return RedactionSettings()
    return redaction if isinstance(redaction, RedactionSettings) else load_redaction(redaction)
