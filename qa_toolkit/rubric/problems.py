"""What the linter says of a rubric, and where in the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """Something about a rubric that is wrong, or that a second look would improve.

    Parameters
    ----------
    path : tuple of str or int
        The keys that lead to it in the TOML, such as ``("commandments", 0, "weight")``; places count from 0.
    text : str
        One sentence for people: what it is about, what is wrong, what to do.
    """

    path: Path
    text: str


def name_of(place: int, table: Mapping[str, Any]) -> str:
    """Return how a commandment is called in a problem, by its place from 0 and its id if it has one."""
    name = table.get("id")
    return f"commandment {place + 1} ({name})" if isinstance(name, str) and name.strip() else f"commandment {place + 1}"
