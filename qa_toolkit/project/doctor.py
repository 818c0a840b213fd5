"""What is wrong with a project and what it stands on, and the command that mends it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from qa_toolkit.errors import QAToolkitError
from qa_toolkit.store import Store, open_store
from qa_toolkit.store.health import OK, WRONG, Finding, examine, mend, note, ok, wrong
from qa_toolkit.suggest.encoders import encoder_of
from qa_toolkit.suggest.index_file import IndexFile

__all__ = ["OK", "WRONG", "Finding", "doctor", "mend_project"]


def doctor(url: str, backup_days: int = 7, now: Callable[[], datetime] | None = None) -> list[Finding]:
    """Look at a project, its database and the machine, and change nothing.

    Parameters
    ----------
    url : str
    backup_days : int
        How old the newest backup may be; 0: none is asked for.
    now : callable, optional
        Gives the time, with a zone.

    Returns
    -------
    list of Finding
        Each with ``check``, ``state`` (ok, wrong, note), ``says``, and ``mend``: the command that mends it.
    """
    found = list(examine(url, now or (lambda: datetime.now(UTC)), backup_days))
    if any(one.check == "schema" and one.state == OK for one in found):
        store = open_store(url, create=False)
        try:
            found += _of_suggestions(store)
        except QAToolkitError as error:
            found.append(note("vectors", f"they could not be looked at: {error}"))
        finally:
            store.close()
    return found


def mend_project(url: str, findings: list[Finding]) -> list[str]:
    """Make missing indexes, triggers and views, set the counter of events; return which checks it was of."""
    return mend(url, [one for one in findings if one.state == WRONG and one.sql])


def _of_suggestions(store: Store) -> Iterator[Finding]:
    known = store.vectors.models()
    gone = {model: n for model, n in known.items() if encoder_of(model) is None}
    for model, n in gone.items():
        command = f"qa-toolkit embed --project {shlex.quote(store.shown_url)}"
        yield note("vectors", f"{n:,} are of {model}, which is not on this machine", f"{command} (with the one here)")
    if not gone:
        yield ok("vectors", ", ".join(f"{n:,} of {model}" for model, n in known.items()))
    path = store.index_file
    if path and path.exists():
        yield _of_index(path)


def _of_index(path: Path) -> Finding:
    fault = IndexFile(path).fault()
    if fault:
        return wrong("index file", f"{path} {fault}; suggestions build it anew", f"rm {shlex.quote(str(path))}")
    return ok("index file")
