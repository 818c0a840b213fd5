"""A file with texts of customers: there whole or not at all, and never there without being recorded."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from qa_toolkit.errors import ExportError
from qa_toolkit.store import Store


@contextmanager
def recorded(store: Store, path: Path, kind: str, conversation_ids: Sequence[str] | None) -> Iterator[Path]:
    """Give a path to write to; when the block has ended without an error, that file is recorded and moved to `path`.

    Parameters
    ----------
    store : Store
    path : pathlib.Path
        A file that is there is replaced.
    kind, conversation_ids
        As of `Store.record_export`.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    if path.is_dir() or not path.parent.is_dir():
        where = f"{path} is a folder" if path.is_dir() else f"the folder {path.parent} does not exist"
        raise ExportError(f"{where}; name a file in a folder that is there")
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        # Recorded first: if all ends here, a file is listed that is not there, and none is there unlisted.
        store.record_export(path, kind, sha256_of(part), conversation_ids)
        part.replace(path)
    except OSError as error:
        raise ExportError(
            f"{path} cannot be written ({error.strerror}); give another path, or free some room"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
