"""Whether the locks of files work on a drive: SQLite trusts them; where they do nothing, writers undo one another."""

from __future__ import annotations

import os
import struct
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

WHOLE = struct.pack("hhqqixxxx", 1, os.SEEK_SET, 0, 0, 0)  # struct flock of Linux: a lock for writing


def hold(folder: Path) -> bool:
    """Whether two who have a file of a folder open keep each other out; True where this cannot be tried.

    The file is one of its own: to close one that SQLite has open would take away SQLite's locks.
    """
    try:
        import fcntl

        ask = fcntl.F_OFD_SETLK  # of who has opened the file, not of the process, so that one process can try it
    except (ImportError, AttributeError):
        return True
    with suppress(OSError), TemporaryDirectory(dir=folder, prefix=".qa-") as made:
        tried = Path(made) / "locks"
        with tried.open("wb") as one, tried.open("rb+") as other:
            fcntl.fcntl(one, ask, WHOLE)
            try:
                fcntl.fcntl(other, ask, WHOLE)
            except OSError:
                return True
            return False
    return True
