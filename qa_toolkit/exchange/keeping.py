"""A project as a whole, into a backup, out of one, and into another database."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from qa_toolkit.errors import ExportError, StoreError
from qa_toolkit.exchange.frames import check_free
from qa_toolkit.exchange.progress import Meter
from qa_toolkit.exchange.recording import recorded, sha256_of
from qa_toolkit.store import Store, migrations, open_store
from qa_toolkit.store.dialects import parse_url, shown_url
from qa_toolkit.store.engine import make_engine
from qa_toolkit.store.keeping import Moved, Progress, back_up_database, restore

KIND: Final = "backup"
ENDING: Final = ".backup.jsonl.gz"


@dataclass(frozen=True)
class Migrated:
    """What was done to bring a database to the schema of this release, or would be.

    Parameters
    ----------
    place : str
    revision : str
        The schema that it had.
    steps : tuple of tuple of str
        Each schema that it lacked, and what it brings.
    backup : str or None
        The backup that was taken before.
    done : bool
    """

    place: str
    revision: str
    steps: tuple[tuple[str, str], ...]
    backup: str | None = None
    done: bool = False

    def __str__(self) -> str:
        if not self.steps:
            return f"{self.place} has schema {self.revision}, which is that of this release"
        lines = [f"{self.place} {'had' if self.done else 'has'} schema {self.revision}"]
        lines += [f"  {revision}  {what}" for revision, what in self.steps]
        lines += [f"backup: {self.backup}"] * (self.backup is not None)
        return "\n".join([*lines, f"now it has {self.steps[-1][0]}" if self.done else "nothing was changed"])


@dataclass(frozen=True)
class Kept:
    """A backup that was taken, or a project that was made: where, and what is in it."""

    place: str
    moved: Moved

    def __str__(self) -> str:
        return f"{self.place}: {self.moved}"


def back_up(store: Store, to: str | Path | None = None, progress: Progress | None = None) -> Kept:
    """Take a backup; see `qa_toolkit.project.Project.backup`."""
    store.refuse_past()
    path = backup_path(store.url, to)
    check_free(path, overwrite=False)
    with recorded(store, path, KIND, None) as part, Meter(progress) as meter:
        moved = store.keeping.back_up(part, meter)
    sync_folder(path)
    return Kept(str(path), moved)


def backup_path(url: str, to: str | Path | None = None) -> Path:
    """Return where a backup goes that is taken now: to a file, into a folder, or into the current folder."""
    path = Path(to or "").absolute()
    if not path.is_dir():
        if to and path.suffix.lower() != ".gz":  # a disk that is not mounted must not make a file of its name
            raise ExportError(f"there is no folder {path}; make or mount it, or name a file that ends in {ENDING}")
        return path
    name = Path(parse_url(url).database or "project").stem
    return path / f"{name}-{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}{ENDING}"


def restore_project(file: str | Path, url: str, progress: Progress | None = None) -> Kept:
    """Make a project of a backup; see `qa_toolkit.project.restore_project`."""
    path = Path(file).absolute()
    with Meter(progress) as meter:
        moved = restore(path, url, meter)
    store = open_store(url)
    store.record_export(path, KIND, sha256_of(path), None)  # it holds texts of this project, too
    store.close()
    return Kept(shown_url(url), moved)


def copy_project(source: str, target: str, progress: Progress | None = None) -> Kept:
    """Carry a project into another database; see `qa_toolkit.project.copy_project`."""
    if parse_url(source) == parse_url(target):
        raise StoreError("both are the same database; name another one to copy to")
    store = open_store(source, create=False)
    try:
        with Meter(progress) as meter:
            moved = store.keeping.copy_to(target, meter)
    finally:
        store.close()
    return Kept(shown_url(target), moved)


def migrate_project(
    url: str, backup: bool, to: str | Path | None = None, dry_run: bool = False, progress: Progress | None = None
) -> Migrated:
    """Bring a database to the schema of this release; see `qa_toolkit.project.migrate_project`."""
    engine = make_engine(url, create=False)
    try:
        revision, steps = migrations.pending(engine)
        found = Migrated(shown_url(url), revision, tuple(steps))
        if dry_run or not steps:
            return found
        path = backup_path(url, to) if backup else None
        if path is not None:
            with whole(path) as part, Meter(progress) as meter:
                back_up_database(engine, part, lambda: datetime.now(UTC), meter)
        migrations.upgrade(engine)
    finally:
        engine.dispose()
    if path is not None:  # an old database has no list of such files
        store = open_store(url, create=False)
        store.record_export(path, KIND, sha256_of(path), None)
        store.close()
    return replace(found, backup=None if path is None else str(path), done=True)


@contextmanager
def whole(path: Path, overwrite: bool = False) -> Iterator[Path]:
    """Give a path to write to, and move it to `path` when the block has ended without an error.

    Raises
    ------
    ExportError
        If a file is there and not to be replaced, or cannot be written.
    """
    check_free(path, overwrite)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        part.replace(path)
        sync_folder(path)
    except OSError as error:
        raise ExportError(f"{path} cannot be written ({error.strerror}); give another path") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    """Have the name of a file that was moved to its place on disk, too."""
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(folder)
    except OSError as error:
        raise ExportError(f"{path} may not survive a power cut ({error.strerror}); look at the disk") from error
    finally:
        os.close(folder)
