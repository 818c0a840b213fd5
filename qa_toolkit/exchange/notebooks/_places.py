"""Where notebooks are: files and folders, or what is staged in git."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from qa_toolkit.errors import FileFormatError, NotebookError

NO_FILES: Final = ("120000", "160000")  # modes of links and of other repositories
SUFFIX: Final = ".ipynb"
CHECKPOINTS: Final = ".ipynb_checkpoints"  # copies that JupyterLab keeps: they hold text too


@dataclass(frozen=True)
class NotebookFile:
    """A notebook in a file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def read(self) -> bytes:
        """Return its bytes."""
        if self.path.is_symlink():
            raise FileFormatError("is a link; name the file that it leads to")
        if not self.path.is_file():  # a pipe would be waited for without end
            raise FileFormatError("is no file")
        try:
            return self.path.read_bytes()
        except OSError as error:
            raise FileFormatError(f"cannot be read ({error.strerror})") from error

    def write(self, data: bytes, /) -> None:
        """Put another content in its place, whole or not at all."""
        try:
            _replace(self.path, data)
        except OSError as error:
            raise FileFormatError(f"cannot be written ({error.strerror})") from error


@dataclass(frozen=True)
class StagedNotebook:
    """A notebook as the next commit would hold it, whatever is in the file."""

    name: str
    blob: str

    def __str__(self) -> str:
        return self.name

    def read(self) -> bytes:
        """Return its bytes."""
        return git("cat-file", "blob", self.blob)

    def write(self, _data: bytes, /) -> None:
        """Refuse: what is staged is only looked at."""
        raise NotebookError("what is staged can only be checked; clean the file and add it again")


def _replace(path: Path, data: bytes) -> None:
    number, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o7777)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def find_files(paths: Sequence[Path]) -> list[NotebookFile]:
    """Return the notebooks named, and those within the folders named, also below them; links in them are not followed.

    Raises
    ------
    NotebookError
        If there is nothing at a path.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.exists():
            raise NotebookError(f"there is nothing at {path}; name notebooks or folders with notebooks")
        found.update(dict.fromkeys(_below(path) if path.is_dir() else [path]))
    return [NotebookFile(path) for path in found]


def _below(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name == CHECKPOINTS or not name.startswith("."))
        files = (Path(root, name) for name in sorted(names) if name.endswith(SUFFIX))
        yield from (path for path in files if not path.is_symlink())


def find_staged() -> list[StagedNotebook]:
    """Return the notebooks that the next commit would add or change; links are none."""
    out = git("diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-filter=AMT")
    parts = iter(os.fsdecode(out).split("\0"))
    # ":mode mode hash hash status" and the name by turns, of before and after.
    heads = ((head.split(), next(parts)) for head in parts if head)
    files = (StagedNotebook(name, fields[3]) for fields, name in heads if fields[1] not in NO_FILES)
    return [file for file in files if file.name.endswith(SUFFIX)]


def git(*arguments: str) -> bytes:
    """Return what git says here.

    Raises
    ------
    NotebookError
        If it is not there or refuses.
    """
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, check=True)  # noqa: S603, S607 - fixed words
    except FileNotFoundError:
        raise NotebookError("git is not installed, or not on the PATH") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise NotebookError(f"git {arguments[0]} failed ({said}); call this within a git repository") from None
    return done.stdout
