"""The log, out of a project and into another."""

from __future__ import annotations

from pathlib import Path

from qa_toolkit.exchange.frames import check_free
from qa_toolkit.exchange.keeping import sync_folder
from qa_toolkit.exchange.progress import Meter
from qa_toolkit.exchange.recording import recorded
from qa_toolkit.store import Store
from qa_toolkit.store.keeping import Imported, Progress

LOG = "log"  # kind of export; it holds no texts of customers


def export_log(store: Store, path: str | Path, progress: Progress | None = None) -> int:
    """Write the log to a file; see `qa_toolkit.project.Project.export_log`."""
    store.refuse_past()
    target = Path(path).absolute()
    check_free(target, overwrite=False)
    with recorded(store, target, LOG, []) as part, Meter(progress) as meter:
        n = store.keeping.export_log(part, meter)
    sync_folder(target)
    return n


def import_log(store: Store, path: str | Path, progress: Progress | None = None) -> Imported:
    """Bring the events of a file into the log; see `qa_toolkit.project.Project.import_log`."""
    with Meter(progress) as meter:
        return store.keeping.import_log(Path(path).absolute(), meter)
