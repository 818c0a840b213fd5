"""A git hook that lets no notebook with conversation text into a commit."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Final

from qa_toolkit.errors import NotebookError
from qa_toolkit.exchange.notebooks._places import git

MARK: Final = "# Written by qa-toolkit: no notebook with conversation text is committed."
HOOK: Final = "pre-commit"


def install_hook(arguments: list[str]) -> Path:
    """Write the hook into the repository of this folder, and return where it is.

    Parameters
    ----------
    arguments : list of str
        What the check is called with, such as ``["--project", "sqlite:////data/mine.db"]``.

    Raises
    ------
    NotebookError
        If there is a hook that somebody else wrote, or hooks are taken from outside of the repository; the message
        says which line to add there.
    """
    line = shlex.join([sys.executable, "-m", "qa_toolkit.cli", "clean-notebooks", "--check", "--staged", *arguments])
    path = _path()
    if not path.resolve().is_relative_to(_inside()) and not path.resolve().is_relative_to(_top()):
        raise NotebookError(
            f"git takes its hooks from {path.parent}, for other repositories too; add to {path}: {line}"
        )
    if path.is_symlink() or (path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace")):
        raise NotebookError(f"there is a hook at {path} already, which stays as it is; add this line to it: {line}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{MARK}\n# To take it away, delete this file.\nexec {line}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def _path() -> Path:
    return Path(_said("rev-parse", "--git-path", "hooks")).absolute() / HOOK


def _inside() -> Path:
    return Path(_said("rev-parse", "--git-common-dir")).resolve()


def _top() -> Path:
    return Path(_said("rev-parse", "--show-toplevel")).resolve()


def _said(*arguments: str) -> str:
    return os.fsdecode(git(*arguments)).rstrip("\n")
