"""From a file into the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from qa_toolkit.conversations import ImportSummary, decisions_frame, read
from qa_toolkit.conversations.redaction import RedactionSettings, Redactor, load_redaction
from qa_toolkit.store import Store

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
    added = known = 0
    refused = [pd.DataFrame(columns=REFUSED)]
    decisions: Counter[tuple[str, str]] = Counter()
    said: dict[str, Any] = {"zone": zone, "agents": agents, "dayfirst": dayfirst, "encoding": encoding}
    for batch in read(path, source, columns, progress, **said, redactor=make_redactor(store, redaction)):
        result = store.add_conversations(batch.conversations, batch.messages)
        added += result.added
        known += result.known + batch.known
        refused += [batch.refused, result.conflicts]
        decisions.update(batch.decisions)
    frame = pd.concat(refused, ignore_index=True).reindex(columns=REFUSED)
    return ImportSummary(added, known, frame.astype({"line": "Int64"}), decisions_frame(decisions))


def make_redactor(store: Store, redaction: bool | str | Path | RedactionSettings) -> Redactor | None:
    """Return what redacts with the pseudonyms of a project: by default settings, a file of them or given ones."""
    if redaction is False:
        return None
    settings = load_redaction(redaction) if isinstance(redaction, str | Path) else redaction
    return Redactor(RedactionSettings() if settings is True else settings, store.secret("pseudonyms"))
