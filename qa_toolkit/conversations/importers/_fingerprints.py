"""What tells one import from another: the file as it is, and all that is asked for."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from qa_toolkit.conversations.importers._files import ImportFile, find_file

EDGE: Final = 1 << 16  # bytes at the start and at the end of a file that are looked at


def fingerprint(path: str | Path, **asked: Any) -> str:
    """Return a hash of a file or folder and of how it is read; a changed file has another.

    Of each file: its name, size, time of change, and the bytes at its start and at its end.

    Parameters
    ----------
    path : str or pathlib.Path
    **asked
        What decides what comes out of the file: kind, columns, zone, redaction.

    Raises
    ------
    FileFormatError
        If it cannot be read.
    """
    file = find_file(path)
    said = [Path(path).name, [_looks(part) for part in file.parts], {name: repr(asked[name]) for name in sorted(asked)}]
    return sha256(json.dumps(said).encode()).hexdigest()


def _looks(file: ImportFile) -> tuple[str, int, int, str]:
    status = file.path.stat()
    with file.path.open("rb") as raw:
        edges = sha256(raw.read(EDGE))
        raw.seek(max(status.st_size - EDGE, 0))
        edges.update(raw.read(EDGE))
    return file.name, status.st_size, status.st_mtime_ns, edges.hexdigest()
